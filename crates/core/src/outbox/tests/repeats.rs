//! What a repetition leaves as it was, and what looking for one reply is not kept from by another.

use super::paper::{Fate, item};
use super::*;
use crate::view::Settle;
use guichet_model::{Fault, HOUR, MINUTE, Page, Proof, RefusalCode, RemoteId};

fn unsure(state: &ReplyState) -> bool {
    matches!(state, ReplyState::Unsure { .. })
}

/// Something of ours stood there before it was ever tried: it is not it, whatever became of the repetition.
#[tokio::test]
async fn whatever_met_the_repetition_what_was_known_before_the_first_is_known() {
    for fate in [
        Fate::Fault(Fault::refused(RefusalCode::Forbidden, None)),
        Fate::Fault(Fault::OFFLINE),
        Fate::Fault(Fault::Later { after: Millis(0) }),
        Fate::Fault(Fault::NeedsLogin),
        Fate::Lost,
    ] {
        let scene = Scene::new().await;
        let (conversation, _) = scene.conversation("Léa");
        let now = scene.room.desk.now();
        let native = scene.server().post(&RemoteId::new("m-1"), "Merci", "native", now);
        let page = Page { items: vec![item(&native)], ..Page::default() };
        scene.room.desk.take(scene.account, "mentions", page).await.unwrap();
        scene.server().proof = Proof::Key { valid_for: HOUR };
        scene.server().sendings = [Fate::Lost, fate.clone()].into();
        let reply = scene.sent(conversation, "Merci").await;
        assert_eq!(scene.server().sends, 2, "{fate:?}");
        // No third time: only looking can settle it.
        scene.forward(2 * HOUR);
        scene.work().await;
        assert!(unsure(&scene.state(reply).await), "{fate:?}: what stood there before was taken for it");
        assert_eq!(scene.server().sends, 2, "{fate:?}");
    }
}

#[tokio::test]
async fn a_lost_repetition_leaves_what_was_found_in_view() {
    let scene = Scene::new().await;
    scene.server().proof = Proof::Key { valid_for: HOUR };
    scene.server().rewrites = true;
    scene.server().sendings = [Fate::Deaf, Fate::Lost].into();
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.sent(conversation, "Merci").await;
    assert_eq!(scene.server().sends, 2);
    match scene.state(reply).await {
        ReplyState::Unsure { candidates, .. } => assert_eq!(candidates.len(), 1),
        other => panic!("{other:?}"),
    }
}

/// In an older copy nothing was prepared: what cannot be keeps only itself from being looked for.
#[tokio::test]
async fn one_that_cannot_be_prepared_does_not_hide_the_other() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let first = scene.write(conversation, "Un").await;
    let second = scene.write(conversation, "Deux").await;
    // A picture, which this network takes none of.
    scene.sql(&format!(
        "INSERT INTO attachment (key, conversation, position, name, media_type, bytes)
         SELECT key, conversation, 1, 'a.png', 'image/png', x'00' FROM reply WHERE id = {}",
        first.0
    ));
    crate::outbox::restored(&scene.room.desk).await.unwrap();
    let at = scene.room.desk.now();
    scene.server().post(&RemoteId::new("m-1"), "Deux", "k", at);
    scene.forward(MINUTE);
    scene.work().await;
    assert!(matches!(scene.state(second).await, ReplyState::Sent { .. }));
    assert!(unsure(&scene.state(first).await));
    let read = |conn: &rusqlite::Connection| {
        Ok(conn.query_row("SELECT looks, not_before FROM reply WHERE id = ?", [first.0], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?)
    };
    let next = scene.room.desk.now().plus(5 * SECOND).0;
    assert_eq!(
        scene.room.desk.store().read_now::<(i64, i64)>(read).unwrap(),
        (1, next),
        "it is not asked at once again"
    );
}

/// Two equal ones and one message: the CM says whose it is, and the other one is looked for without it.
#[tokio::test]
async fn a_message_that_the_cm_gave_to_one_is_not_the_others() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let replies = [scene.write(conversation, "Merci").await, scene.write(conversation, "Merci").await];
    crate::outbox::restored(&scene.room.desk).await.unwrap();
    scene.forward(MINUTE);
    let now = scene.room.desk.now();
    scene.server().post(&RemoteId::new("m-1"), "Merci", "k", now);
    scene.work().await;
    let ReplyState::Unsure { candidates, .. } = scene.state(replies[0]).await else { panic!("it was told") };
    let word = Settle::IsThere { message: candidates[0] };
    scene.room.desk.settle(vec![replies[0]], word).await.unwrap();
    scene.forward(MINUTE);
    scene.work().await;
    let looked_at = Some(scene.room.desk.now());
    assert_eq!(scene.state(replies[1]).await, ReplyState::Unsure { looked_at, candidates: Vec::new() });
}

/// The answer could not be written down, and the process goes on: nobody sends what stands on the wire.
#[tokio::test]
async fn what_nobody_sends_is_looked_for_without_a_restart() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.server().sendings = [Fate::Deaf].into();
    scene.server().findings = [Fault::OFFLINE].into();
    let reply = scene.sent(conversation, "Merci").await;
    scene.sql("UPDATE reply SET state = 'sending'");
    scene.work().await;
    assert!(matches!(scene.state(reply).await, ReplyState::Sent { .. }));
    assert_eq!((scene.texts().len(), scene.server().sends), (1, 1));
}

/// Tried again it rests for nothing, also by a clock that is set back then; an instant that the CM chose is one of the wall.
#[tokio::test]
async fn tried_again_it_waits_for_no_clock_that_went_back() {
    for chosen in [false, true] {
        let scene = Scene::new().await;
        let (conversation, _) = scene.conversation("Léa");
        let at = scene.room.desk.now().plus(HOUR);
        let draft = DraftView { send_at: chosen.then_some(at), ..text("Merci") };
        let reply = scene.room.desk.send_reply(conversation, draft, false).await.unwrap().reply;
        scene.room.desk.retry(vec![reply]).await.unwrap();
        scene.forward(-2 * HOUR);
        let now = scene.room.desk.now();
        let bound = |tx: &rusqlite::Transaction<'_>| crate::outbox::schedule::bound_rests(tx, now);
        scene.room.desk.store().write_now(crate::store::Durability::Full, bound).unwrap();
        scene.work().await;
        assert_eq!(scene.server().sends, u32::from(!chosen));
        // An hour and a half too soon for the wall, though late for a rest.
        scene.forward(HOUR + HOUR / 2);
        scene.work().await;
        assert_eq!(scene.server().sends, u32::from(!chosen));
    }
}

/// What was surely not done is no first attempt: the key is as young as the one that may have been.
#[tokio::test]
async fn a_key_ages_from_the_first_attempt_that_may_have_been_done() {
    let scene = Scene::new().await;
    scene.server().proof = Proof::Key { valid_for: HOUR / 2 };
    scene.server().sendings = [Fate::Fault(Fault::OFFLINE), Fate::Lost].into();
    scene.server().findings = [Fault::Unsure].into();
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.sent(conversation, "Merci").await;
    scene.forward(40 * MINUTE);
    scene.work().await;
    assert!(unsure(&scene.state(reply).await));
    scene.forward(MINUTE);
    scene.work().await;
    assert!(matches!(scene.state(reply).await, ReplyState::Sent { .. }));
    assert_eq!((scene.texts().len(), scene.server().sends), (1, 3));
}
