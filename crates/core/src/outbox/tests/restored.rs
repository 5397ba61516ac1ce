//! An older copy of the store was opened: nothing it had not sent leaves before it was looked for and released.

use super::paper::Fate;
use super::*;
use crate::view::HoldTarget;
use guichet_model::{Fault, HOUR, MINUTE, Proof, RemoteId};

const KEY: Proof = Proof::Key { valid_for: HOUR };

impl Scene {
    async fn restore(&self) {
        crate::outbox::restored(&self.room.desk).await.unwrap();
    }

    /// Closed and opened again, on an older copy of its store if there is one; and the store as it was closed.
    async fn reopened(self, older: Option<&[u8]>) -> (Self, Vec<u8>) {
        let Room { desk, clock, doors, folder } = self.room;
        drop(desk);
        let file = doors.folder.join("desk.db");
        let kept = std::fs::read(&file).unwrap();
        if let Some(older) = older {
            std::fs::write(&file, older).unwrap();
        }
        let desk = crate::Desk::open(doors.clone()).await.unwrap();
        (Self { room: Room { desk, clock, doors, folder }, ..self }, kept)
    }

    fn key(&self, reply: ReplyId) -> String {
        let read = move |conn: &rusqlite::Connection| Ok(crate::outbox::row::Reply::one(conn, reply)?.key);
        self.room.desk.store().read_now(read).unwrap()
    }

    /// The one hold there is.
    async fn only_hold(&self) -> crate::view::HoldView {
        let mut holds = self.room.desk.holds().await.unwrap();
        assert_eq!(holds.len(), 1);
        holds.remove(0)
    }
}

fn unsure(state: &ReplyState) -> bool {
    matches!(state, ReplyState::Unsure { .. })
}

#[tokio::test]
async fn what_the_other_copy_sent_is_found_and_the_rest_stays() {
    let scene = Scene::new().await;
    let (first, _) = scene.conversation("Léa");
    let (second, _) = scene.conversation("Paul");
    let (third, _) = scene.conversation("Zoé");
    let there = scene.write(first, "Un").await;
    let absent = scene.write(second, "Deux").await;
    let rules = ClientRules { undo_seconds: 0, to_approve: true, hours: Vec::new() };
    scene.room.desk.set_rules(scene.client, rules).await.unwrap();
    let asked = scene.write(third, "Trois").await;
    scene.restore().await;
    // The other copy sent it a little after the backup, and intake has read it since.
    scene.forward(HOUR);
    let at = scene.room.desk.now().plus(-HOUR + MINUTE);
    let post = scene.server().post(&RemoteId::new("m-1"), "Un", "k", at);
    let item = super::paper::item(&post);
    let page = guichet_model::Page { items: vec![item], ..Default::default() };
    scene.room.desk.take(scene.account, "mentions", page).await.unwrap();
    assert!(unsure(&scene.state(there).await) && unsure(&scene.state(absent).await));
    scene.work().await;
    assert!(matches!(scene.state(there).await, ReplyState::Sent { .. }));
    assert_eq!(
        scene.state(absent).await,
        ReplyState::Unsure { looked_at: Some(scene.room.desk.now()), candidates: Vec::new() }
    );
    assert_eq!(scene.state(asked).await, ReplyState::ToApprove);
    let hold = scene.only_hold().await;
    assert!(hold.by_program && hold.target == HoldTarget::Restored);
    assert_eq!(hold.replies, 0, "what is unsure wants the CM, held or not");
    // The yes does not let it leave: the hold still stands. What is written now is not the copy's.
    scene.room.desk.approve(vec![asked]).await.unwrap();
    let fresh = scene.write(first, "Quatre").await;
    scene.room.desk.approve(vec![fresh]).await.unwrap();
    scene.work().await;
    // The other copy may have had its yes before: it is looked for, like the others.
    assert!(unsure(&scene.state(asked).await));
    assert!(matches!(scene.state(fresh).await, ReplyState::Sent { .. }));
    assert_eq!(scene.server().sends, 1);
    scene.room.desk.release(vec![hold.id]).await.unwrap();
    scene.work().await;
    // Not found is no proof: without a key the CM says what becomes of it.
    assert!(unsure(&scene.state(absent).await) && unsure(&scene.state(asked).await));
    assert_eq!(scene.server().sends, 1);
}

#[tokio::test]
async fn under_a_key_it_leaves_after_the_release_and_not_before() {
    let scene = Scene::new().await;
    scene.server().proof = KEY;
    let (conversation, _) = scene.conversation("Léa");
    let (other, _) = scene.conversation("Paul");
    let at = scene.room.desk.now().plus(40 * MINUTE);
    let reply = scene.write(conversation, "Merci").await;
    let draft = DraftView { send_at: Some(at), ..text("Plus tard") };
    let chosen = scene.room.desk.send_reply(other, draft, false).await.unwrap().reply;
    scene.restore().await;
    scene.work().await;
    assert_eq!(scene.server().sends, 0);
    let hold = scene.only_hold().await;
    scene.room.desk.release(vec![hold.id]).await.unwrap();
    scene.forward(MINUTE);
    scene.work().await;
    assert!(matches!(scene.state(reply).await, ReplyState::Sent { .. }));
    assert_eq!(scene.texts(), ["Merci"], "the other one's instant has not come");
    assert!(unsure(&scene.state(chosen).await));
}

/// In an older copy several of one conversation may be unsure: each is found by itself, and repeated in its turn.
#[tokio::test]
async fn one_behind_an_unsure_one_is_looked_for_too_and_does_not_overtake() {
    let scene = Scene::new().await;
    scene.server().proof = KEY;
    let (conversation, _) = scene.conversation("Léa");
    let first = scene.write(conversation, "Un").await;
    let second = scene.write(conversation, "Deux").await;
    let third = scene.write(conversation, "Trois").await;
    scene.restore().await;
    let at = scene.room.desk.now();
    let _there = scene.server().post(&RemoteId::new("m-1"), "Deux", "k", at);
    scene.work().await;
    assert!(matches!(scene.state(second).await, ReplyState::Sent { .. }), "found, though the one before it is not");
    assert!(unsure(&scene.state(first).await) && unsure(&scene.state(third).await));
    let hold = scene.only_hold().await;
    scene.room.desk.release(vec![hold.id]).await.unwrap();
    scene.server().sendings.push_back(Fate::Lost);
    scene.forward(MINUTE);
    scene.work().await;
    assert_eq!(scene.server().sends, 1, "the third waits for what becomes of the first");
    scene.forward(5 * MINUTE);
    scene.work().await;
    assert_eq!(scene.texts(), ["Deux", "Un", "Trois"]);
}

/// The key may have been used when it was written: an hour later it proves nothing any more.
#[tokio::test]
async fn a_key_as_old_as_the_reply_repeats_nothing() {
    let scene = Scene::new().await;
    scene.server().proof = KEY;
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.write(conversation, "Merci").await;
    scene.forward(2 * HOUR);
    scene.restore().await;
    let hold = scene.only_hold().await;
    scene.room.desk.release(vec![hold.id]).await.unwrap();
    scene.work().await;
    assert!(unsure(&scene.state(reply).await));
    assert_eq!(scene.server().sends, 0);
}

#[tokio::test]
async fn two_equal_ones_and_one_message_cannot_be_told_apart() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let replies = [scene.write(conversation, "Merci").await, scene.write(conversation, "Merci").await];
    scene.restore().await;
    scene.forward(MINUTE);
    let now = scene.room.desk.now();
    scene.server().post(&RemoteId::new("m-1"), "Merci", "k", now);
    scene.work().await;
    for reply in replies {
        match scene.state(reply).await {
            ReplyState::Unsure { looked_at: None, candidates } => assert_eq!(candidates.len(), 1),
            other => panic!("{other:?}"),
        }
    }
}

/// Where a message stands under the name of its reply, that another reply says the same does not make it anybody's.
#[tokio::test]
async fn a_message_under_the_name_of_its_reply_is_that_one() {
    let scene = Scene::new().await;
    scene.server().names = true;
    let (conversation, _) = scene.conversation("Léa");
    let (first, second) = (scene.write(conversation, "Merci").await, scene.write(conversation, "Merci").await);
    scene.restore().await;
    scene.forward(MINUTE);
    let key = scene.key(second);
    let now = scene.room.desk.now();
    let there = scene.server().post(&RemoteId::new("m-1"), "Merci", &key, now);
    scene.work().await;
    assert!(matches!(scene.state(second).await, ReplyState::Sent { .. }), "{:?}", scene.state(second).await);
    let names = scene.room.desk.names_of_replies().await.unwrap();
    assert_eq!(names, [(second, RemoteId::new(&there.remote))]);
    let ReplyState::Unsure { candidates, .. } = scene.state(first).await else { panic!("the first is not there") };
    assert_eq!(candidates, []);
}

/// Its id is our own, and comes from its key: whatever the copy does not know, it chooses the same.
#[tokio::test]
async fn what_was_sent_under_an_id_of_our_own_is_there_once_and_adopted() {
    let scene = Scene::new().await;
    scene.server().proof = Proof::OwnId;
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.write(conversation, "Merci").await;
    let (scene, copy) = scene.reopened(None).await;
    scene.forward(MINUTE);
    scene.work().await;
    let sent = scene.server().posts[0].remote.clone();
    // The same words from elsewhere: neither has been read by the copy.
    let now = scene.room.desk.now();
    scene.server().post(&RemoteId::new("m-1"), "Merci", "elsewhere", now);
    let (scene, _) = scene.reopened(Some(&copy)).await;
    let hold = scene.only_hold().await;
    assert!(unsure(&scene.state(reply).await));
    scene.room.desk.release(vec![hold.id]).await.unwrap();
    scene.work().await;
    assert!(matches!(scene.state(reply).await, ReplyState::Sent { .. }), "{:?}", scene.state(reply).await);
    assert_eq!(scene.room.desk.names_of_replies().await.unwrap(), [(reply, RemoteId::new(&sent))]);
    assert_eq!((scene.texts().len(), scene.server().sends), (2, 1));
}

/// A reading that lags shows neither: it leaves again under the same id, and is refused as there.
#[tokio::test]
async fn under_an_id_of_our_own_a_copy_repeats_and_posts_nothing_twice() {
    let scene = Scene::new().await;
    scene.server().proof = Proof::OwnId;
    scene.server().lag = 2 * MINUTE;
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.write(conversation, "Merci").await;
    let (scene, copy) = scene.reopened(None).await;
    scene.forward(MINUTE);
    scene.work().await;
    let now = scene.room.desk.now();
    scene.server().post(&RemoteId::new("m-1"), "Merci", "elsewhere", now);
    let (scene, _) = scene.reopened(Some(&copy)).await;
    let hold = scene.only_hold().await;
    scene.room.desk.release(vec![hold.id]).await.unwrap();
    scene.work().await;
    assert!(unsure(&scene.state(reply).await));
    assert_eq!((scene.texts().len(), scene.server().sends), (2, 2));
    scene.forward(5 * MINUTE);
    scene.work().await;
    assert!(matches!(scene.state(reply).await, ReplyState::Sent { .. }), "{:?}", scene.state(reply).await);
    assert_eq!(scene.texts().len(), 2);
}

/// The look for one of them ends with its name: it need not have read what else stands there, and says nothing of the other.
#[tokio::test]
async fn where_each_has_its_name_only_the_one_looked_for_is_told_to_be_absent() {
    let scene = Scene::new().await;
    scene.server().names = true;
    let (conversation, _) = scene.conversation("Léa");
    let first = scene.write(conversation, "Merci").await;
    let second = scene.write(conversation, "Merci").await;
    scene.restore().await;
    let key = scene.key(first);
    let now = scene.room.desk.now();
    scene.server().post(&RemoteId::new("m-1"), "Merci", &key, now);
    let mut walk = Walk::default();
    turn(&scene.room.desk, scene.account, &mut walk).await.unwrap();
    assert!(matches!(scene.state(first).await, ReplyState::Sent { .. }));
    assert_eq!(scene.state(second).await, ReplyState::Unsure { looked_at: None, candidates: Vec::new() });
    turn(&scene.room.desk, scene.account, &mut walk).await.unwrap();
    assert_eq!(scene.state(second).await, ReplyState::Unsure { looked_at: Some(now), candidates: Vec::new() });
}

#[tokio::test]
async fn on_the_wire_in_the_copy_it_is_looked_for_as_what_had_left() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.server().sendings = [Fate::Deaf].into();
    scene.server().findings = [guichet_model::Fault::OFFLINE].into();
    let reply = scene.sent(conversation, "Merci").await;
    scene.sql("UPDATE reply SET state = 'sending'");
    scene.restore().await;
    scene.restore().await;
    assert!(unsure(&scene.state(reply).await));
    assert_eq!(scene.room.desk.holds().await.unwrap().len(), 1, "restored twice, held once");
    scene.work().await;
    assert!(matches!(scene.state(reply).await, ReplyState::Sent { .. }));
    assert_eq!((scene.texts().len(), scene.server().sends), (1, 1));
}

#[tokio::test]
async fn a_copy_with_nothing_unsent_holds_nothing() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.sent(conversation, "Merci").await;
    scene.restore().await;
    assert_eq!(scene.room.desk.holds().await.unwrap(), []);
}

/// Refused here, then tried again and sent by the other copy: another try here looks for it first.
#[tokio::test]
async fn what_the_other_copy_tried_again_is_not_tried_twice() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let refused = guichet_model::Fault::refused(guichet_model::RefusalCode::Forbidden, None);
    scene.server().sendings.push_back(Fate::Fault(refused));
    let reply = scene.sent(conversation, "Merci").await;
    assert!(matches!(scene.state(reply).await, ReplyState::Refused { .. }));
    scene.restore().await;
    let now = scene.room.desk.now();
    let post = scene.server().post(&RemoteId::new("m-1"), "Merci", "k", now);
    let page = guichet_model::Page { items: vec![super::paper::item(&post)], ..Default::default() };
    scene.room.desk.take(scene.account, "mentions", page).await.unwrap();
    let hold = scene.only_hold().await;
    scene.room.desk.release(vec![hold.id]).await.unwrap();
    scene.room.desk.retry(vec![reply]).await.unwrap();
    scene.work().await;
    assert!(matches!(scene.state(reply).await, ReplyState::Sent { .. }));
    assert_eq!(scene.texts(), ["Merci"]);
}

/// Two equal ones in a copy: what only the first can be is the first's, since the second was written when it was known.
#[tokio::test]
async fn equal_ones_are_told_apart_by_what_each_had_known() {
    let scene = Scene::new().await;
    let (conversation, message) = scene.conversation("Léa");
    scene.server().sendings = [Fate::Deaf].into();
    scene.server().findings = [Fault::Unsure].into();
    let first = scene.sent(conversation, "Merci").await;
    let place = scene.server().posts[0].clone();
    let account = scene.account;
    let item = super::paper::item(&place);
    let enter = move |tx: &rusqlite::Transaction<'_>| {
        let now = item.at;
        let (entered, _) = crate::intake::enter(tx, account, &item, now)?;
        assert!(entered.is_some());
        // Taken in before the look that follows, as another reading would have.
        tx.execute("UPDATE reply SET not_before = 9e15", [])?;
        Ok(())
    };
    scene.room.desk.store().write_now(crate::store::Durability::Full, enter).unwrap();
    let second = scene.write(conversation, "Merci").await;
    crate::outbox::restored(&scene.room.desk).await.unwrap();
    scene.work().await;
    assert!(matches!(scene.state(first).await, ReplyState::Sent { .. }), "{:?}", scene.state(first).await);
    let ReplyState::Unsure { looked_at, candidates } = scene.state(second).await else { panic!("it was not sent") };
    assert!(looked_at.is_some() && candidates.is_empty());
    assert_ne!(scene.reply(first).await.message, Some(message));
}
