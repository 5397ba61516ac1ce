//! Going back on the CM's word: only from where it left the reply, and never so that it could leave twice.

use super::paper::Fate;
use super::*;
use crate::view::{Conflict, Problem, Settle, Undone, Waiting};
use guichet_model::{Fault, HOUR, MINUTE, Recheck, RefusalCode};

impl Scene {
    async fn go_back(&self) -> Undone {
        self.room.desk.undo(None).await.unwrap()
    }

    fn composer(&self, conversation: ConversationId) -> Option<String> {
        let read = move |conn: &rusqlite::Connection| crate::draft::read(conn, conversation);
        self.room.desk.store().read_now(read).unwrap().map(|draft| draft.text)
    }

    /// Past every delay, with a network that is well.
    async fn end(&self) -> Vec<String> {
        for _ in 0..6 {
            self.forward(3 * MINUTE);
            self.work().await;
        }
        self.texts()
    }

    async fn ask_first(&self) {
        let rules = ClientRules { undo_seconds: 20, to_approve: true, hours: Vec::new() };
        self.room.desk.set_rules(self.client, rules).await.unwrap();
    }

    /// Lost on its way, and not found.
    async fn lost(&self, conversation: ConversationId, words: &str, fate: Fate) -> ReplyId {
        self.server().sendings = [fate].into();
        self.server().findings = [Fault::Unsure].into();
        let reply = self.sent(conversation, words).await;
        assert!(matches!(self.state(reply).await, ReplyState::Unsure { .. }));
        reply
    }
}

#[tokio::test]
async fn a_yes_is_gone_back_on_while_it_waits() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.ask_first().await;
    let reply = scene.write(conversation, "Un").await;
    scene.room.desk.approve(vec![reply]).await.unwrap();
    let undone = scene.go_back().await;
    assert_eq!((undone.what.as_str(), undone.left), ("approve", 0));
    assert_eq!(scene.state(reply).await, ReplyState::ToApprove);
    assert_eq!(scene.end().await, Vec::<String>::new(), "it wants its yes again");
    scene.room.desk.approve(vec![reply]).await.unwrap();
    assert_eq!(scene.end().await, ["Un"]);
    assert_eq!(scene.room.desk.undo(undone_act(&scene, "approve")).await.unwrap().left, 1, "it has left");
    assert_eq!(scene.texts(), ["Un"]);
}

/// The newest act of that kind that is not undone.
fn undone_act(scene: &Scene, kind: &'static str) -> Option<guichet_model::ActId> {
    let sql = "SELECT id FROM journal WHERE kind = ? AND undone_at IS NULL ORDER BY id DESC LIMIT 1";
    let read = move |conn: &rusqlite::Connection| Ok(conn.query_row(sql, [kind], |row| row.get(0))?);
    Some(guichet_model::ActId(scene.room.desk.store().read_now(read).unwrap()))
}

#[tokio::test]
async fn texts_taken_back_return_to_the_outbox_in_their_order() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let one = scene.write(conversation, "Un").await;
    let two = scene.write(conversation, "Deux").await;
    scene.room.desk.save_draft(conversation, text("Trois")).await.unwrap();
    scene.room.desk.take_back(vec![one, two]).await.unwrap();
    assert_eq!(scene.composer(conversation).as_deref(), Some("Un\n\nDeux\n\nTrois"));
    scene.forward(HOUR);
    let undone = scene.go_back().await;
    assert_eq!((undone.what.as_str(), undone.left), ("take_back", 0));
    assert_eq!(scene.composer(conversation).as_deref(), Some("Trois"));
    scene.work().await;
    assert_eq!(scene.texts(), Vec::<String>::new(), "they can be taken back for as long as any other");
    assert_eq!(scene.end().await, ["Un", "Deux"]);
}

#[tokio::test]
async fn a_text_in_other_hands_is_left_where_it_is() {
    let scene = Scene::new().await;
    for way in 0..4 {
        let (conversation, _) = scene.conversation("Léa");
        let reply = scene.write(conversation, "Un").await;
        scene.room.desk.take_back(vec![reply]).await.unwrap();
        let act = undone_act(&scene, "take_back");
        match way {
            0 => drop(scene.room.desk.save_draft(conversation, text("Un, changé")).await.unwrap()),
            1 => drop(scene.room.desk.discard_draft(conversation).await.unwrap()),
            2 => drop(scene.write(conversation, "Un").await),
            _ => {
                scene.write(conversation, "Un").await;
                scene.room.desk.save_draft(conversation, text("Un")).await.unwrap();
            }
        }
        let before = scene.composer(conversation);
        assert_eq!(scene.room.desk.undo(act).await.unwrap().left, 1, "way {way}");
        assert_eq!(scene.state(reply).await, ReplyState::TakenBack);
        assert_eq!(scene.composer(conversation), before);
    }
    assert_eq!(scene.end().await, ["Un", "Un"], "what was sent anew, once each");
}

#[tokio::test]
async fn nothing_comes_back_before_what_has_left_behind_it() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let one = scene.write(conversation, "Un").await;
    scene.write(conversation, "Deux").await;
    scene.room.desk.take_back(vec![one]).await.unwrap();
    assert_eq!(scene.end().await, ["Deux"]);
    assert_eq!(scene.go_back().await.left, 1);
    assert_eq!(scene.composer(conversation).as_deref(), Some("Un"));
    assert_eq!(scene.end().await, ["Deux"]);
}

#[tokio::test]
async fn what_was_given_up_is_as_unsure_as_before() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.lost(conversation, "Merci", Fate::Deaf).await;
    scene.room.desk.settle(vec![reply], Settle::GiveUp).await.unwrap();
    let undone = scene.go_back().await;
    assert_eq!((undone.what.as_str(), undone.left), ("settle_give_up", 0));
    assert!(matches!(scene.state(reply).await, ReplyState::Unsure { .. }));
    assert_eq!(scene.composer(conversation), None);
    scene.work().await;
    assert!(matches!(scene.state(reply).await, ReplyState::Sent { .. }), "found, where it had been all along");
    assert_eq!(scene.end().await, ["Merci"]);
}

#[tokio::test]
async fn sent_again_is_gone_back_on_before_it_leaves() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.lost(conversation, "Merci", Fate::Deaf).await;
    scene.room.desk.settle(vec![reply], Settle::SendAgain).await.unwrap();
    assert_eq!(scene.go_back().await.left, 0);
    assert!(matches!(scene.state(reply).await, ReplyState::Unsure { .. }));
    assert_eq!(scene.end().await, ["Merci"], "once");

    let reply = scene.lost(conversation, "Encore", Fate::Lost).await;
    scene.room.desk.settle(vec![reply], Settle::SendAgain).await.unwrap();
    scene.work().await;
    assert_eq!(scene.go_back().await.left, 1, "it has left");
    assert_eq!(scene.end().await, ["Merci", "Encore"]);
}

#[tokio::test]
async fn a_message_said_to_be_it_is_free_again() {
    let scene = Scene::new().await;
    let (conversation, answered) = scene.conversation("Léa");
    scene.server().rewrites = true;
    scene.server().sendings = [Fate::Deaf].into();
    let reply = scene.sent(conversation, "Merci").await;
    let ReplyState::Unsure { candidates, .. } = scene.state(reply).await else { panic!("it was found") };
    let word = Settle::IsThere { message: candidates[0] };
    scene.room.desk.settle(vec![reply], word).await.unwrap();
    assert_eq!(scene.go_back().await.left, 0);
    let back = scene.reply(reply).await;
    assert!(matches!(back.state, ReplyState::Unsure { .. }) && back.message.is_none() && back.sent_at.is_none());
    assert_ne!(candidates[0], answered);
    scene.room.desk.settle(vec![reply], word).await.unwrap();
    assert!(matches!(scene.state(reply).await, ReplyState::Sent { .. }));
    assert_eq!(scene.end().await.len(), 1);
}

#[tokio::test]
async fn a_try_is_gone_back_on_to_what_the_cm_had_before_them() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.server().sendings = [Fate::Fault(Fault::refused(RefusalCode::Forbidden, Some("non".into())))].into();
    let reply = scene.sent(conversation, "Merci").await;
    let refused = scene.state(reply).await;
    scene.room.desk.retry(vec![reply]).await.unwrap();
    assert_eq!(scene.go_back().await.left, 0);
    assert_eq!(scene.state(reply).await, refused, "with the network's words");
    assert_eq!(scene.end().await, Vec::<String>::new());

    let (other, _) = scene.conversation("Paul");
    let at = scene.room.desk.now().plus(MINUTE);
    let draft = DraftView { send_at: Some(at), ..text("Oui") };
    let reply = scene.room.desk.send_reply(other, draft, false).await.unwrap().reply;
    scene.server().recheck = Some(Recheck::Gone);
    scene.forward(MINUTE);
    scene.work().await;
    let conflict = ReplyState::Waiting { why: Waiting::Conflict { conflict: Conflict::Gone } };
    assert_eq!(scene.state(reply).await, conflict);
    scene.room.desk.retry(vec![reply]).await.unwrap();
    scene.go_back().await;
    assert_eq!(scene.state(reply).await, conflict);
    assert_eq!(scene.end().await, Vec::<String>::new(), "it does not leave anyway");
}

#[tokio::test]
async fn an_instant_is_put_back() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.write(conversation, "Merci").await;
    let at = scene.room.desk.now().plus(HOUR);
    scene.room.desk.reschedule(vec![reply], Some(at)).await.unwrap();
    assert_eq!(scene.reply(reply).await.send_at, Some(at));
    assert_eq!(scene.go_back().await.left, 0);
    assert_eq!(scene.reply(reply).await.send_at, None);
    assert_eq!(scene.end().await, ["Merci"]);
}

/// What was said before a copy was made may have been gone back on, and sent, by the other copy.
#[tokio::test]
async fn a_copy_goes_back_on_nothing_said_before_it() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.write(conversation, "Merci").await;
    scene.room.desk.take_back(vec![reply]).await.unwrap();
    crate::outbox::restored(&scene.room.desk).await.unwrap();
    assert_eq!(scene.go_back().await.left, 1);
    assert_eq!(scene.state(reply).await, ReplyState::TakenBack);
    assert_eq!(scene.room.desk.undo(None).await.map(|undone| undone.what), Ok("send_reply".to_owned()));
    assert_eq!(scene.room.desk.undo(None).await, Err(Problem::NotFound));
}
