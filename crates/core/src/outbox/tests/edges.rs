//! The exact instants at which the outbox decides otherwise, and how long each trouble keeps an account.

use super::paper::Fate;
use super::*;
use crate::outbox::Steps;
use crate::outbox::attempt::server_now;
use crate::outbox::outcome::{account_after, pause_for};
use crate::store::{Durability, Store};
use crate::testing::EVENING;
use crate::view::Waiting;
use guichet_model::{BlockScope, DAY, Fault, HOUR, MINUTE, Proof, Reason, RefusalCode, RemoteId};

/// Does something to the store at one step.
struct At(&'static str, Store, String);

impl Steps for At {
    fn at(&self, step: &'static str) {
        if step == self.0 {
            let change = |tx: &rusqlite::Transaction<'_>| Ok(tx.execute_batch(&self.2)?);
            self.1.write_now(Durability::Full, change).unwrap();
        }
    }
}

fn blocked(until: Option<Millis>) -> Fault {
    Fault::Blocked { scope: BlockScope::Account, until, reason: Reason { code: RefusalCode::Suspended, said: None } }
}

fn block_sql(until: Option<Millis>) -> String {
    format!("UPDATE account SET blocked = '{}'", serde_json::to_string(&blocked(until)).unwrap())
}

impl Scene {
    /// Looks at the place again, and sendings, that the network saw.
    fn asked(&self) -> (u32, u32) {
        let server = self.server();
        (server.rechecks, server.sends)
    }

    fn number(&self, sql: &str) -> i64 {
        self.room.desk.store().read_now(|conn| Ok(conn.query_row(sql, [], |row| row.get(0))?)).unwrap()
    }

    async fn waits(&self, reply: ReplyId) -> Waiting {
        match self.state(reply).await {
            ReplyState::Waiting { why } => why,
            other => panic!("{other:?}"),
        }
    }

    /// A first attempt whose answer was lost, and the look after it as well.
    async fn lost_under(&self, proof: Proof) -> ReplyId {
        {
            let mut server = self.server();
            server.proof = proof;
            server.sendings = [Fate::Lost].into();
            server.findings = [Fault::Unsure].into();
        }
        let (conversation, _) = self.conversation("Léa");
        self.sent(conversation, "Merci").await
    }
}

#[tokio::test]
async fn it_is_looked_at_again_from_ten_minutes_on() {
    for (wait, looks) in [(10 * MINUTE, 0), (10 * MINUTE + 1, 1)] {
        let scene = Scene::new().await;
        let (conversation, _) = scene.conversation("Léa");
        scene.write(conversation, "Merci").await;
        scene.forward(wait);
        scene.work().await;
        assert_eq!(scene.asked(), (looks, 1), "{wait}");
    }
}

#[tokio::test]
async fn written_offline_it_is_looked_at_however_young() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.room.desk.set_system_online(false);
    scene.write(conversation, "Merci").await;
    scene.room.desk.set_system_online(true);
    scene.forward(21 * SECOND);
    scene.work().await;
    assert_eq!(scene.asked(), (1, 1));
}

#[tokio::test]
async fn a_look_counts_for_ten_minutes() {
    let scene = Scene::new().await;
    scene.server().sendings = [Fate::Fault(Fault::OFFLINE), Fate::Fault(Fault::OFFLINE)].into();
    let (conversation, _) = scene.conversation("Léa");
    scene.write(conversation, "Merci").await;
    for (wait, asked) in [(10 * MINUTE + 1, (1, 1)), (10 * MINUTE, (1, 2)), (1, (2, 3))] {
        scene.forward(wait);
        scene.work().await;
        assert_eq!(scene.asked(), asked);
    }
}

#[tokio::test]
async fn each_trouble_keeps_its_account_for_so_long() {
    let scene = Scene::new().await;
    let (now, account) = (EVENING, scene.account);
    let soft = |wait: i64| After::Pause { until: now.plus(wait), firm: false };
    let firm = |wait: i64| After::Pause { until: now.plus(wait), firm: true };
    for (fault, after) in [
        (Fault::OFFLINE, soft(10 * SECOND)),
        (Fault::NeedsLogin, soft(5 * MINUTE)),
        (Fault::Later { after: now }, firm(SECOND)),
        (Fault::Later { after: now.plus(HOUR) }, firm(HOUR)),
        (blocked(None), soft(15 * MINUTE)),
        (blocked(Some(now)), firm(SECOND)),
        (blocked(Some(now.plus(HOUR))), firm(HOUR)),
        (Fault::refused(RefusalCode::Forbidden, None), After::GoOn),
        (Fault::Unsure, After::GoOn),
        (Fault::Unreadable { what: "page".into() }, After::GoOn),
    ] {
        let met = fault.clone();
        let write = move |tx: &rusqlite::Transaction<'_>| account_after(tx, account, &met, now);
        assert_eq!(scene.room.desk.store().write_now(Durability::Full, write).unwrap(), after, "{fault:?}");
    }
    assert_eq!(pause_for(None, now), soft(15 * MINUTE));
}

#[tokio::test]
async fn a_network_that_wants_it_later_gets_it_no_sooner() {
    for (after, until) in [(EVENING, EVENING.plus(22 * SECOND)), (EVENING.plus(HOUR), EVENING.plus(HOUR))] {
        let scene = Scene::new().await;
        let (conversation, _) = scene.conversation("Léa");
        scene.server().sendings = [Fate::Fault(Fault::Later { after })].into();
        let reply = scene.write(conversation, "Merci").await;
        scene.forward(21 * SECOND);
        let desk = &scene.room.desk;
        let mut walk = Walk::default();
        let met = turn(desk, scene.account, &mut walk).await.unwrap();
        assert_eq!(met, Some(After::Pause { until, firm: true }));
        assert_eq!(scene.waits(reply).await, Waiting::Until { at: after.max(desk.now()) });
        assert_eq!(scene.number("SELECT not_before FROM reply"), until.0);
    }
}

#[tokio::test]
async fn a_block_or_no_network_keeps_the_account_until_it_ends() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.write(conversation, "Merci").await;
    scene.forward(21 * SECOND);
    let now = scene.room.desk.now();
    for until in [None, Some(now.plus(HOUR))] {
        scene.sql(&block_sql(until));
        let after = After::Pause { until: until.unwrap_or(now.plus(30 * SECOND)), firm: false };
        assert_eq!(scene.work().await, Some(after));
        assert_eq!(scene.waits(reply).await, Waiting::Blocked { until });
    }
    scene.sql("UPDATE account SET blocked = NULL");
    scene.room.desk.set_system_online(false);
    assert_eq!(scene.work().await, Some(After::Pause { until: now.plus(30 * SECOND), firm: false }));
    assert_eq!(scene.waits(reply).await, Waiting::Network);
    assert_eq!(scene.asked(), (0, 0));
}

#[tokio::test]
async fn a_block_told_while_it_was_prepared_stops_it() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.write(conversation, "Merci").await;
    let until = Some(EVENING.plus(HOUR));
    let desk = &scene.room.desk;
    desk.watch_steps(Arc::new(At("reply prepared", desk.store().clone(), block_sql(until))));
    scene.forward(21 * SECOND);
    let met = turn(desk, scene.account, &mut Walk::default()).await.unwrap();
    assert_eq!(met, Some(After::Pause { until: EVENING.plus(HOUR), firm: true }));
    assert_eq!((scene.waits(reply).await, scene.asked()), (Waiting::Blocked { until }, (0, 0)));
}

#[tokio::test]
async fn a_block_told_while_it_was_looked_for_stops_the_repetition() {
    let scene = Scene::new().await;
    let reply = scene.lost_under(Proof::Key { valid_for: HOUR }).await;
    let desk = &scene.room.desk;
    desk.watch_steps(Arc::new(At("reply looked for", desk.store().clone(), block_sql(None))));
    scene.forward(MINUTE);
    scene.work().await;
    assert_eq!(scene.asked(), (0, 1));
    assert!(matches!(scene.state(reply).await, ReplyState::Unsure { looked_at: Some(_), .. }));
}

/// How old a key is: by the server's clock and by ours, whichever says more; a clock that went back says nothing.
#[tokio::test]
async fn a_key_is_as_old_as_the_slower_clock_can_tell() {
    // By how much the server's clock has moved away since, how long ours says it was, and whether it leaves again.
    for (apart, wait, again) in [
        (0, 30 * MINUTE - 1, true),
        (0, 30 * MINUTE, false),
        (MINUTE, 29 * MINUTE, false),
        (-30 * MINUTE, 30 * MINUTE, false),
        (-39 * MINUTE, 40 * MINUTE, false),
        (-MINUTE, 30 * MINUTE - 1, true),
        (-MINUTE, MINUTE, true),
        (-MINUTE - 1, MINUTE, false),
    ] {
        let scene = Scene::new().await;
        scene.server().apart = Some(-7 * DAY);
        scene.lost_under(Proof::Key { valid_for: 30 * MINUTE }).await;
        scene.server().apart = Some(-7 * DAY + apart);
        scene.forward(wait);
        scene.work().await;
        assert_eq!(scene.asked().1, 1 + u32::from(again), "{apart} {wait}");
    }
}

#[tokio::test]
async fn only_the_key_that_was_frozen_repeats_it() {
    let scene = Scene::new().await;
    scene.lost_under(Proof::Key { valid_for: HOUR }).await;
    scene.sql("UPDATE reply SET prepared = json_set(prepared, '$.key', 'autre')");
    scene.forward(MINUTE);
    scene.work().await;
    assert_eq!(scene.asked().1, 1);
}

#[tokio::test]
async fn the_servers_clock_is_what_it_says_or_the_later_of_what_is_known() {
    let scene = Scene::new().await;
    let (account, now) = (scene.account, EVENING.plus(HOUR));
    let told = |apart| {
        let read = move |conn: &rusqlite::Connection| server_now(conn, account, now, apart);
        scene.room.desk.store().read_now(read).unwrap()
    };
    assert_eq!(told(None), now, "nothing was read");
    scene.conversation("Léa");
    assert_eq!((told(None), told(Some(5)), told(Some(-5))), (now, now.plus(5), now.plus(-5)));
    scene.sql(&format!("UPDATE conversation SET last_at = {}", now.0 + 9));
    assert_eq!((told(None), told(Some(-5))), (now.plus(9), now.plus(-5)));
}

/// What is remembered of the instant before the first attempt: the newest of the account, within what clocks may differ.
#[tokio::test]
async fn what_is_found_is_searched_from_when_the_server_may_have_it() {
    let day = 26 * HOUR;
    for (newest, answered, since) in [
        (-HOUR, -3 * DAY, -HOUR),
        (-MINUTE, -3 * DAY, -2 * MINUTE),
        (HOUR, -3 * DAY, -2 * MINUTE),
        (-2 * DAY, -3 * DAY, -day),
        (-HOUR, -MINUTE, -MINUTE),
    ] {
        let scene = Scene::new().await;
        let (conversation, _) = scene.conversation("Léa");
        scene.write(conversation, "Merci").await;
        scene.forward(21 * SECOND);
        let now = scene.room.desk.now();
        scene.sql(&format!(
            "UPDATE conversation SET last_at = {}; UPDATE message SET at = {};",
            now.plus(newest).0,
            now.plus(answered).0
        ));
        scene.server().sendings = [Fate::Lost].into();
        scene.work().await;
        assert_eq!(scene.number("SELECT json_extract(known, '$.since') FROM reply") - now.0, since);
        assert_eq!(scene.number("SELECT json_extract(known, '$.wall') FROM reply"), now.0);
    }
}

#[tokio::test]
async fn each_look_is_later_than_the_one_before() {
    let scene = Scene::new().await;
    scene.server().sendings = [Fate::Lost].into();
    let (conversation, _) = scene.conversation("Léa");
    scene.sent(conversation, "Merci").await;
    let mut waits = Vec::new();
    for _ in 0..10 {
        let wait = scene.number("SELECT not_before FROM reply") - scene.room.desk.now().0;
        waits.push(wait);
        scene.forward(wait - 1);
        scene.work().await;
        assert_eq!(scene.number("SELECT not_before FROM reply") - scene.room.desk.now().0, 1, "not before its instant");
        scene.forward(1);
        scene.work().await;
    }
    let (seconds, minutes) = ([5, 15].map(|n| n * SECOND), [1, 5, 15].map(|n| n * MINUTE));
    assert_eq!(waits, [&seconds[..], &minutes, &[HOUR, 6 * HOUR, DAY, DAY, DAY]].concat());
}

#[tokio::test]
async fn without_a_network_no_look_is_counted() {
    let scene = Scene::new().await;
    scene.server().sendings = [Fate::Lost].into();
    scene.server().findings = [Fault::OFFLINE, Fault::Unsure].into();
    let (conversation, _) = scene.conversation("Léa");
    scene.sent(conversation, "Merci").await;
    let now = scene.room.desk.now().0;
    let looks = || (scene.number("SELECT looks FROM reply"), scene.number("SELECT not_before FROM reply") - now);
    assert_eq!(looks(), (0, 0));
    assert_eq!(scene.room.desk.inner.online.now(), Some(false));
    scene.work().await;
    assert_eq!(looks(), (1, 5 * SECOND));
}

/// Twins are paired by when their messages were written, not by the order in which the network names them.
#[tokio::test]
async fn of_two_equal_ones_the_first_has_the_first_message() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let first = scene.write(conversation, "Merci").await;
    let second = scene.write(conversation, "Merci").await;
    crate::outbox::restored(&scene.room.desk).await.unwrap();
    let place = RemoteId::new("m-1");
    let (later, sooner) = {
        let mut server = scene.server();
        let later = server.post(&place, "Merci", "k-2", EVENING.plus(MINUTE)).remote;
        (later, server.post(&place, "Merci", "k-1", EVENING.plus(SECOND)).remote)
    };
    scene.forward(HOUR);
    scene.work().await;
    for (reply, remote) in [(first, sooner), (second, later)] {
        assert_eq!(scene.reply(reply).await.url, Some(format!("https://exemple.test/{remote}")));
    }
}

#[tokio::test]
async fn a_message_of_the_very_instant_may_be_it() {
    for (at, found) in [(EVENING, true), (EVENING.plus(-1), false)] {
        let scene = Scene::new().await;
        let (conversation, _) = scene.conversation("Léa");
        scene.server().sendings = [Fate::Lost].into();
        let reply = scene.write(conversation, "Merci").await;
        scene.forward(21 * SECOND);
        scene.server().post(&RemoteId::new("m-1"), "Merci", "k", at);
        scene.work().await;
        assert_eq!(matches!(scene.state(reply).await, ReplyState::Sent { .. }), found, "{at:?}");
    }
}

/// The same is open wherever it is asked.
#[test]
fn what_is_open_is_so_in_the_store_as_well() {
    use crate::outbox::{OPEN, state::STATES};
    for state in STATES {
        assert_eq!(state.is_open(), OPEN.contains(&format!("'{}'", state.stored())), "{state:?}");
    }
}

/// What keeps one keeps the account: the others that would leave now say so, without a try of their own.
#[tokio::test]
async fn trouble_of_the_account_is_told_of_its_other_replies() {
    for (fault, told) in [
        (Fault::NeedsLogin, Waiting::Login),
        (Fault::OFFLINE, Waiting::Network),
        (Fault::refused(RefusalCode::Forbidden, None), Waiting::Until { at: EVENING.plus(20 * SECOND) }),
    ] {
        let scene = Scene::new().await;
        let (first, _) = scene.conversation("Léa");
        let (second, _) = scene.conversation("Paul");
        scene.server().sendings = [Fate::Fault(fault)].into();
        scene.write(first, "Un").await;
        let other = scene.write(second, "Deux").await;
        scene.forward(21 * SECOND);
        turn(&scene.room.desk, scene.account, &mut Walk::default()).await.unwrap();
        assert_eq!((scene.waits(other).await, scene.asked().1), (told, 1));
    }
}
