//! When accounts are pulled, against a network on paper and a clock set by hand.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::testing::paper::{self, MENTIONS, OWN, Paper, item, page};
use crate::testing::{self, EVENING, Room};
use guichet_model::{BlockScope, HOUR, Interval, MINUTE, Reason, RefusalCode, Unreached};

async fn room() -> (Room, Paper, AccountId) {
    let network = Paper::default();
    let room = testing::room(vec![Arc::new(network.clone())]).await;
    let client = room.desk.add_client("Boulangerie".into(), 1).await.unwrap();
    let ids = room.desk.add_account(client, paper::NAME.into(), testing::signed("Fournil")).await.unwrap();
    (room, network, ids[0])
}

async fn health(room: &Room) -> Health {
    room.desk.desk().await.unwrap().clients[0].accounts[0].health
}

/// Until something is so; a test that waits in vain fails.
async fn until(what: impl Fn() -> bool) {
    for _ in 0..500 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(what(), "waited in vain");
}

#[tokio::test]
async fn pages_are_read_to_their_end_and_then_in_their_time() {
    let (room, network, account) = room().await;
    let mut first = page(vec![item("1", "Léa", EVENING, "Un")]);
    (first.cursor, first.more) = (Some(Cursor("a".into())), true);
    let mut second = page(vec![item("2", "Léa", EVENING, "Deux")]);
    second.cursor = Some(Cursor("b".into()));
    network.page(MENTIONS, first);
    network.page(MENTIONS, second);
    room.desk.pull_account(account).await.unwrap();
    assert_eq!((network.pulls(MENTIONS), network.pulls(OWN)), (2, 1));
    room.desk.pull_account(account).await.unwrap();
    assert_eq!(network.pulls(MENTIONS), 2, "not due yet");
    room.clock.forward(MINUTE);
    room.desk.pull_account(account).await.unwrap();
    let asked = network.asked();
    assert!(asked.contains(&paper::Asked::Pull(MENTIONS.into(), Some(Cursor("b".into())))));
    assert_eq!(health(&room).await, Health::Good);
}

#[tokio::test]
async fn a_page_that_says_more_without_moving_is_not_asked_for_ever() {
    let (room, network, account) = room().await;
    for _ in 0..100 {
        let mut page = page(Vec::new());
        (page.cursor, page.more) = (Some(Cursor("a".into())), true);
        network.page(OWN, page);
    }
    room.desk.pull_account(account).await.unwrap();
    assert_eq!(network.pulls(OWN), 2);
}

#[tokio::test]
async fn each_fault_shows_and_waits_in_its_own_way() {
    let blocked = Fault::Blocked {
        scope: BlockScope::Access,
        until: Some(EVENING.plus(HOUR)),
        reason: Reason { code: RefusalCode::Suspended, said: None },
    };
    let cases = [
        (Fault::OFFLINE, Health::Offline { why: Unreached::NoAnswer }, 5 * SECOND),
        (Fault::Later { after: EVENING.plus(MINUTE) }, Health::Waiting { until: EVENING.plus(MINUTE) }, MINUTE),
        (Fault::NeedsLogin, Health::NeedsLogin, 15 * MINUTE),
        (Fault::unreadable("x"), Health::Unreadable, 5 * SECOND),
        (blocked, Health::Blocked { until: Some(EVENING.plus(HOUR)) }, HOUR),
    ];
    for (fault, shows, waits) in cases {
        let (room, network, account) = room().await;
        network.answer(MENTIONS, Err(fault.clone()));
        room.desk.pull_account(account).await.unwrap();
        assert_eq!(health(&room).await, shows, "{fault:?}");
        room.clock.forward(waits - 1);
        room.desk.pull_account(account).await.unwrap();
        assert_eq!(network.pulls(MENTIONS), 1, "{fault:?}: too early");
        room.clock.forward(1);
        room.desk.pull_account(account).await.unwrap();
        assert_eq!(network.pulls(MENTIONS), 2, "{fault:?}");
        assert_eq!(health(&room).await, Health::Good, "{fault:?}");
    }
}

/// What a network asked for is kept by the clock that goes, not by one that was two hours ahead.
#[tokio::test]
async fn a_clock_set_back_makes_no_reading_wait_longer() {
    let reason = Reason { code: RefusalCode::Suspended, said: None };
    let blocked = Fault::Blocked { scope: BlockScope::Account, until: Some(EVENING.plus(HOUR)), reason };
    for fault in [None, Some(Fault::OFFLINE), Some(blocked)] {
        let (room, network, account) = room().await;
        if let Some(fault) = fault.clone() {
            network.answer(MENTIONS, Err(fault));
        }
        room.desk.pull_account(account).await.unwrap();
        room.clock.forward(-2 * HOUR);
        let now = room.desk.now();
        let bound = |tx: &Transaction<'_>| super::super::health::bound(tx, now);
        room.desk.store().write_now(Durability::Full, bound).unwrap();
        room.desk.pull_account(account).await.unwrap();
        let at_once = if fault.is_none() { 2 } else { 1 };
        assert_eq!(network.pulls(MENTIONS), at_once, "{fault:?}");
        room.clock.forward(HOUR);
        room.desk.pull_account(account).await.unwrap();
        assert_eq!(network.pulls(MENTIONS), at_once + 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_list_that_the_network_lacks_does_not_trouble_the_account() {
    let (room, network, account) = room().await;
    network.answer(MENTIONS, Err(Fault::refused(RefusalCode::NotOffered, None)));
    room.desk.pull_account(account).await.unwrap();
    assert_eq!((health(&room).await, network.pulls(OWN)), (Health::Good, 1));
}

#[tokio::test]
async fn the_first_reading_says_what_it_does_not_hold() {
    let (room, network, account) = room().await;
    let mut first = page(vec![item("1", "Léa", EVENING, "Un")]);
    first.covered = Some(Interval { from: EVENING.plus(-DAY), to: EVENING });
    first.missing = Some(Interval { from: EVENING.plus(-30 * DAY), to: EVENING.plus(-DAY) });
    network.page(MENTIONS, first);
    room.desk.pull_account(account).await.unwrap();
    let seen = &room.desk.desk().await.unwrap().clients[0].accounts[0];
    assert_eq!((seen.holes.len(), seen.holes[0].fillable), (1, false));
    assert_eq!(seen.last_success, Some(EVENING));
}

#[tokio::test]
async fn a_stream_rings_and_what_it_says_is_gone_is_gone() {
    let (room, network, _) = room().await;
    network.page(MENTIONS, page(vec![item("1", "Léa", EVENING, "Un")]));
    let engine = room.desk.start();
    until(|| network.pulls(MENTIONS) == 1 && network.pulls(OWN) == 1).await;
    room.clock.forward(10 * SECOND);
    network.page(OWN, page(vec![item("2", "Hugo", EVENING, "Deux")]));
    network.ring(Ring::Pull(OWN));
    until(|| network.pulls(OWN) == 2).await;
    network.ring(Ring::Gone(guichet_model::RemoteId::new("1")));
    for _ in 0..500 {
        if room.desk.dump().await.unwrap().contains("(gone): Un") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let dump = room.desk.dump().await.unwrap();
    assert!(dump.contains("(gone): Un") && dump.contains("Deux"), "{dump}");
    assert_eq!(network.pulls(MENTIONS), 1);
    engine.stop().await;
}

#[tokio::test]
async fn asked_by_hand_it_pulls_before_its_time() {
    let (room, network, account) = room().await;
    let engine = room.desk.start();
    until(|| network.pulls(OWN) == 1).await;
    room.desk.pull_now(Some(account)).await.unwrap();
    until(|| network.pulls(OWN) == 2 && network.pulls(MENTIONS) == 2).await;
    engine.stop().await;
}

#[tokio::test]
async fn without_a_network_nothing_is_asked_and_everything_is_when_it_is_back() {
    let (room, network, _) = room().await;
    room.desk.set_system_online(false);
    let engine = room.desk.start();
    tokio::time::sleep(Duration::from_millis(80)).await;
    assert!(network.asked().is_empty());
    room.desk.set_system_online(true);
    until(|| network.pulls(OWN) == 1).await;
    engine.stop().await;
}

/// Stops the access in the store as another of its accounts would, once a page was kept.
struct StopsIt(crate::Store);

impl crate::Steps for StopsIt {
    fn at(&self, step: &'static str) {
        if step == "page kept" {
            let reason = Reason { code: RefusalCode::Suspended, said: None };
            let blocked = Fault::Blocked { scope: BlockScope::Access, until: None, reason };
            let blocked = serde_json::to_string(&blocked).unwrap();
            let write = |tx: &Transaction<'_>| Ok(tx.execute("UPDATE access SET blocked = ?1", [blocked])?);
            self.0.write_now(Durability::Full, write).unwrap();
        }
    }
}

#[tokio::test]
async fn an_access_blocked_elsewhere_is_not_asked_for_its_next_page() {
    let (room, network, account) = room().await;
    let mut first = page(vec![item("1", "Léa", EVENING, "Un")]);
    (first.cursor, first.more) = (Some(Cursor("a".into())), true);
    network.page(MENTIONS, first);
    room.desk.watch_steps(Arc::new(StopsIt(room.desk.store().clone())));
    room.desk.pull_account(account).await.unwrap();
    room.desk.pull_account(account).await.unwrap();
    assert_eq!((network.pulls(MENTIONS), network.pulls(OWN)), (1, 0));
}

/// A reply whose answer was lost is looked for as soon as a message of ours comes to its place.
#[tokio::test]
async fn a_message_of_ours_where_a_reply_was_lost_wakes_the_outbox() {
    let (room, network, account) = room().await;
    network.page(MENTIONS, page(vec![item("1", "Léa", EVENING, "Bonjour ?")]));
    room.desk.pull_account(account).await.unwrap();
    let write = |tx: &Transaction<'_>| {
        testing::reply_row(tx, guichet_model::MessageId(1), "k", "Merci")?;
        tx.execute("UPDATE reply SET state = 'unsure', not_before = 9000000000000, place = '{\"remote\":\"1\"}'", [])?;
        Ok(())
    };
    room.desk.store().write_now(Durability::Full, write).unwrap();
    // Signing in woke it as well.
    let _already = tokio::time::timeout(Duration::from_millis(20), room.desk.inner.wake_outbox.notified()).await;
    room.clock.forward(MINUTE);
    network.page(OWN, page(vec![paper::ours(paper::answer("2", "1", "Fournil", EVENING, "Merci"))]));
    room.desk.pull_account(account).await.unwrap();
    let woken = tokio::time::timeout(Duration::from_secs(5), room.desk.inner.wake_outbox.notified()).await;
    assert!(woken.is_ok());
    let read = |conn: &Connection| Ok(conn.query_row("SELECT not_before FROM reply", [], |row| row.get::<_, i64>(0))?);
    assert_eq!(room.desk.store().read_now(read).unwrap(), 0);
}
