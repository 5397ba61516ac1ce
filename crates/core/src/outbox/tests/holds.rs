//! What is held does not leave, whatever holds it and whenever; what is released leaves, looked at again where it is old.

use super::paper::Fate;
use super::*;
use crate::outbox::Steps;
use crate::view::{Conflict, Held, HoldTarget, Problem, Waiting};
use guichet_model::{HoldId, MINUTE, PostId, Proof, RefusalCode};

const KEY: Proof = Proof::Key { valid_for: 30 * MINUTE };

fn sent(state: &ReplyState) -> bool {
    matches!(state, ReplyState::Sent { .. })
}

impl Scene {
    async fn hold(&self, target: HoldTarget) -> Held {
        self.room.desk.hold(vec![target], "Rappel de lot".into()).await.unwrap()
    }

    async fn release(&self, hold: HoldId) {
        self.room.desk.release(vec![hold]).await.unwrap();
    }

    /// The hold that a reply is shown under.
    async fn held_by(&self, reply: ReplyId) -> Option<HoldId> {
        match self.state(reply).await {
            ReplyState::Held { hold } => Some(hold.id),
            _ => None,
        }
    }
}

/// Each scope with whether it also covers the other client's account on the same network.
#[tokio::test]
async fn each_scope_stops_what_it_covers_and_nothing_else() {
    for nth in 0..8 {
        let scene = Scene::new().await;
        let (conversation, _) = scene.conversation("Léa");
        let (_, neighbour, theirs) = scene.neighbour("Quai", "Paul");
        scene.sql(
            "INSERT INTO post (id, client, account, remote, ours, at, text, body, attachments, counts, known)
             SELECT 7, client, account, 'post-7', 1, 0, '', '{}', '[]', '{}', 1 FROM conversation WHERE id = 1;
             UPDATE conversation SET post = 7 WHERE id = 1;",
        );
        let reply = scene.write(conversation, "Merci").await;
        let other = scene.write(theirs, "Entendu").await;
        let (target, wide) = match nth {
            0 => (HoldTarget::Reply { reply }, false),
            1 => (HoldTarget::Conversation { conversation }, false),
            2 => (HoldTarget::Post { post: PostId(7) }, false),
            3 => (HoldTarget::Account { account: scene.account }, false),
            4 => (HoldTarget::Client { client: scene.client }, false),
            5 => (HoldTarget::Network { network: "paper".into() }, true),
            6 => (HoldTarget::Incident { name: "Rappel".into(), conversations: vec![conversation] }, false),
            _ => (HoldTarget::Everything, true),
        };
        let held = scene.hold(target.clone()).await;
        assert_eq!(held.on_wire, 0);
        scene.forward(21 * SECOND);
        assert_eq!(scene.work().await, None, "{target:?}");
        scene.work_of(neighbour).await;
        let listed = scene.room.desk.holds().await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!((&listed[0].target, listed[0].replies), (&target, if wide { 2 } else { 1 }));
        assert_eq!(scene.held_by(reply).await, Some(held.holds[0]), "{target:?}");
        assert_eq!(sent(&scene.state(other).await), !wide, "{target:?}");
        assert_eq!(scene.server().sends, u32::from(!wide), "{target:?}");
        scene.release(held.holds[0]).await;
        scene.work().await;
        scene.work_of(neighbour).await;
        assert!(sent(&scene.state(reply).await) && sent(&scene.state(other).await), "{target:?}");
        assert_eq!(scene.room.desk.holds().await.unwrap(), []);
    }
}

#[tokio::test]
async fn the_narrowest_is_named_and_each_must_be_released() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.write(conversation, "Merci").await;
    let wide = scene.hold(HoldTarget::Everything).await.holds[0];
    let narrow = scene.hold(HoldTarget::Conversation { conversation }).await.holds[0];
    assert_eq!(scene.held_by(reply).await, Some(narrow));
    let preview = |holds: Vec<_>| async { scene.room.desk.release_preview(holds).await.unwrap() };
    assert_eq!(preview(vec![narrow]).await.rows, [], "another one holds it too");
    let both = preview(vec![wide, narrow]).await;
    assert_eq!((both.total, both.rows.len()), (1, 1), "released with it");
    scene.release(narrow).await;
    assert_eq!(scene.held_by(reply).await, Some(wide));
    assert_eq!(preview(vec![wide]).await.rows.len(), 1);
    assert_eq!(preview(vec![narrow]).await.rows, [], "released already, it lets nothing go");
    assert_eq!(scene.room.desk.desk().await.unwrap().holds, 1);
}

#[tokio::test]
async fn what_is_written_under_a_hold_is_held_and_after_a_restart_as_well() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let hold = scene.hold(HoldTarget::Client { client: scene.client }).await.holds[0];
    let reply = scene.write(conversation, "Merci").await;
    let Room { desk, clock, doors, folder } = scene.room;
    drop(desk);
    let desk = crate::desk::Desk::open(doors.clone()).await.unwrap();
    let scene = Scene { room: Room { desk, clock, doors, folder }, ..scene };
    scene.forward(MINUTE);
    scene.work().await;
    assert_eq!(scene.held_by(reply).await, Some(hold));
    assert_eq!(scene.server().sends, 0);
}

/// Does something to the store when a reply has been prepared, and no byte has left yet.
struct JustBefore(crate::Store, &'static str);

impl Steps for JustBefore {
    fn at(&self, step: &'static str) {
        if step == "reply prepared" {
            let change = |tx: &rusqlite::Transaction<'_>| Ok(tx.execute_batch(self.1)?);
            self.0.write_now(crate::store::Durability::Full, change).unwrap();
        }
    }
}

/// The one instant that matters: after everything was asked, before the first byte.
#[tokio::test]
async fn a_hold_or_another_instant_is_obeyed_up_to_the_last_moment() {
    for change in [
        "INSERT INTO hold (scope, at) VALUES ('everything', 0)",
        "UPDATE reply SET not_before = not_before + 3600000, send_at = not_before + 3600000",
        "UPDATE reply SET state = 'taken_back'",
    ] {
        let scene = Scene::new().await;
        let (conversation, _) = scene.conversation("Léa");
        let reply = scene.write(conversation, "Merci").await;
        scene.room.desk.watch_steps(Arc::new(JustBefore(scene.room.desk.store().clone(), change)));
        scene.forward(21 * SECOND);
        scene.work().await;
        assert_eq!(scene.server().sends, 0, "{change}");
        assert!(!sent(&scene.state(reply).await), "{change}");
    }
}

#[tokio::test]
async fn under_a_hold_one_looks_and_does_not_repeat() {
    let scene = Scene::new().await;
    scene.server().proof = KEY;
    scene.server().sendings = [Fate::Lost].into();
    scene.server().findings = [guichet_model::Fault::OFFLINE].into();
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.sent(conversation, "Merci").await;
    let hold = scene.hold(HoldTarget::Account { account: scene.account }).await.holds[0];
    scene.forward(MINUTE);
    scene.work().await;
    let looked = |state: &ReplyState| matches!(state, ReplyState::Unsure { looked_at: Some(_), .. });
    assert!(looked(&scene.state(reply).await), "it was looked for");
    assert_eq!(scene.server().sends, 1, "it was not sent again");
    scene.release(hold).await;
    scene.forward(MINUTE);
    scene.work().await;
    assert!(sent(&scene.state(reply).await));
    assert_eq!((scene.texts().len(), scene.server().sends), (1, 2));
}

#[tokio::test]
async fn what_had_begun_to_leave_is_counted() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.write(conversation, "Merci").await;
    scene.sql("UPDATE reply SET state = 'sending'");
    assert_eq!(scene.hold(HoldTarget::Everything).await.on_wire, 1);
    assert_eq!(scene.hold(HoldTarget::Reply { reply }).await.on_wire, 1);
}

#[tokio::test]
async fn the_release_shows_what_became_stale_first_and_looks_again() {
    let scene = Scene::new().await;
    let (quiet, _) = scene.conversation("Léa");
    let (edited, message) = scene.conversation("Paul");
    let (young, _) = scene.conversation("Zoé");
    let first = scene.write(quiet, "Un").await;
    let second = scene.write(edited, "Deux").await;
    let hold = scene.hold(HoldTarget::Everything).await.holds[0];
    scene.forward(11 * MINUTE);
    let third = scene.write(young, "Trois").await;
    scene.sql(&format!("UPDATE message SET edited_at = 5 WHERE id = {}", message.0));
    let shown = scene.room.desk.release_preview(vec![hold]).await.unwrap().rows;
    let told: Vec<_> = shown.iter().map(|stale| (stale.reply.id, stale.old, stale.conflict)).collect();
    assert_eq!(told, [(second, true, Some(Conflict::Edited)), (first, true, None), (third, false, None)]);
    scene.release(hold).await;
    scene.forward(MINUTE);
    scene.work().await;
    assert_eq!(scene.texts(), ["Un", "Trois"]);
    // The old one was looked at again at its source; of the edited one the source said that it is the same.
    assert_eq!(scene.server().rechecks, 2);
    assert_eq!(
        scene.state(second).await,
        ReplyState::Waiting { why: Waiting::Conflict { conflict: Conflict::Edited } }
    );
}

#[tokio::test]
async fn an_incident_grows_by_its_name() {
    let scene = Scene::new().await;
    let (first, _) = scene.conversation("Léa");
    let (second, _) = scene.conversation("Paul");
    let incident = |name: &str, id| HoldTarget::Incident { name: name.into(), conversations: vec![id] };
    let begun = scene.hold(incident("Rappel du lot", first)).await;
    let reply = scene.write(second, "Merci").await;
    assert_eq!(scene.held_by(reply).await, None);
    let joined = scene.hold(incident(" Rappel  du lot ", second)).await;
    assert_eq!(joined.holds, begun.holds);
    assert_eq!(scene.held_by(reply).await, Some(begun.holds[0]));
    // Its undo takes back what it added, not what stood before.
    scene.room.desk.undo(joined.acted.act).await.unwrap();
    assert_eq!(scene.held_by(reply).await, None);
    assert_eq!(scene.room.desk.holds().await.unwrap()[0].target, incident("Rappel du lot", first));
}

#[tokio::test]
async fn a_conversation_found_to_be_part_of_another_stays_held() {
    for incident in [false, true] {
        let scene = Scene::new().await;
        let (kept, _) = scene.conversation("Léa");
        let (other, _) = scene.conversation("Paul");
        let target = match incident {
            false => HoldTarget::Conversation { conversation: other },
            true => HoldTarget::Incident { name: "Rappel".into(), conversations: vec![kept, other] },
        };
        let hold = scene.hold(target).await.holds[0];
        let reply = scene.write(kept, "Merci").await;
        let merge = |tx: &rusqlite::Transaction<'_>| crate::hold::follow(tx, kept, other);
        scene.room.desk.store().write_now(crate::store::Durability::Full, merge).unwrap();
        assert_eq!(scene.held_by(reply).await, Some(hold));
    }
}

#[tokio::test]
async fn holding_is_undone_by_releasing_and_releasing_by_holding() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.write(conversation, "Merci").await;
    let held = scene.hold(HoldTarget::Everything).await;
    let again = scene.hold(HoldTarget::Everything).await;
    assert_eq!((again.holds, again.acted.act), (held.holds.clone(), None), "held once");
    let undone = scene.room.desk.undo(None).await.unwrap();
    assert_eq!((undone.what.as_str(), undone.left), ("hold", 0));
    assert_eq!(scene.held_by(reply).await, None);
    let held = scene.hold(HoldTarget::Everything).await;
    let released = scene.room.desk.release(held.holds.clone()).await.unwrap();
    assert_eq!(scene.room.desk.release(held.holds.clone()).await.unwrap().act, None);
    assert_eq!(scene.room.desk.undo(released.act).await.unwrap().what, "release");
    assert_eq!(scene.held_by(reply).await, Some(held.holds[0]));
}

#[tokio::test]
async fn what_cannot_be_held_is_refused_and_the_journal_carries_no_words() {
    let scene = Scene::new().await;
    let desk = &scene.room.desk;
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.sent(conversation, "Merci").await;
    let refused = |targets: Vec<HoldTarget>| async move { desk.hold(targets, String::new()).await.unwrap_err() };
    let invalid = |field: &str| Problem::Invalid { field: field.into() };
    assert_eq!(refused(vec![]).await, invalid("targets"));
    assert_eq!(refused(vec![HoldTarget::Restored]).await, invalid("targets"));
    assert_eq!(refused(vec![HoldTarget::Everything, HoldTarget::Reply { reply }]).await, Problem::TooLate);
    assert_eq!(refused(vec![HoldTarget::Client { client: ClientId(99) }]).await, Problem::NotFound);
    assert_eq!(refused(vec![HoldTarget::Network { network: "nulle-part".into() }]).await, Problem::NotFound);
    let nameless = HoldTarget::Incident { name: " ".into(), conversations: vec![conversation] };
    assert_eq!(refused(vec![nameless]).await, invalid("name"));
    assert_eq!(desk.release(vec![HoldId(99)]).await.unwrap_err(), Problem::NotFound);
    assert_eq!(desk.holds().await.unwrap(), [], "nothing was held by halves");
    scene.hold(HoldTarget::Incident { name: "Affaire Martin".into(), conversations: vec![conversation] }).await;
    let read = |conn: &rusqlite::Connection| {
        Ok(conn.query_row("SELECT group_concat(detail) FROM journal", [], |row| row.get::<_, String>(0))?)
    };
    let journal = desk.store().read_now(read).unwrap();
    assert!(!journal.contains("Martin") && !journal.contains("Rappel"), "{journal}");
}

/// What was refused stands among what is to be looked at, held or not: a hold counts what the outbox lists as held.
#[tokio::test]
async fn a_hold_counts_what_it_stops() {
    let scene = Scene::new().await;
    let (first, _) = scene.conversation("Léa");
    let (second, _) = scene.conversation("Paul");
    scene.server().sendings = [Fate::Fault(guichet_model::Fault::refused(RefusalCode::Gone, None))].into();
    let refused = scene.sent(first, "Un").await;
    scene.write(second, "Deux").await;
    scene.hold(HoldTarget::Everything).await;
    let (held, listed) = (
        scene.room.desk.holds().await.unwrap()[0].replies,
        scene.room.desk.outbox(Default::default(), 0, 50).await.unwrap(),
    );
    let shown = listed.rows.iter().filter(|it| matches!(it.state, ReplyState::Held { .. })).count();
    assert!(listed.rows.iter().any(|it| it.id == refused));
    assert_eq!((held as usize, shown), (1, 1));
}
