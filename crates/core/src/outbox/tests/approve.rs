//! Replies that want a yes, and one word said of several.

use super::paper::Fate;
use super::*;
use crate::view::{ActedOn, Opening, Problem, Settle, Waiting};
use guichet_model::{Fault, RefusalCode};

impl Scene {
    async fn wants_a_yes(&self, to_approve: bool) {
        let rules = ClientRules { undo_seconds: 20, to_approve, hours: Vec::new() };
        self.room.desk.set_rules(self.client, rules).await.unwrap();
    }

    fn draft(&self, conversation: ConversationId) -> Option<String> {
        let read = move |conn: &rusqlite::Connection| crate::draft::read(conn, conversation);
        self.room.desk.store().read_now(read).unwrap().map(|draft| draft.text)
    }
}

#[tokio::test]
async fn nothing_leaves_without_the_yes_and_what_stands_behind_waits() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let (beside, _) = scene.conversation("Paul");
    scene.wants_a_yes(true).await;
    let asked = scene.write(conversation, "Un").await;
    // The rule is for what is written from now on: the first still wants its yes.
    scene.wants_a_yes(false).await;
    let behind = scene.write(conversation, "Deux").await;
    let other = scene.sent(beside, "Trois").await;
    assert_eq!(scene.state(asked).await, ReplyState::ToApprove);
    assert_eq!(scene.state(behind).await, ReplyState::Waiting { why: Waiting::Earlier });
    assert!(matches!(scene.state(other).await, ReplyState::Sent { .. }));
    assert_eq!(scene.outbox().await.rows[0].id, asked, "what wants the CM stands first");
    let acted = scene.room.desk.approve(vec![asked]).await.unwrap();
    assert_eq!(acted.left, []);
    assert!(matches!(scene.state(asked).await, ReplyState::Waiting { why: Waiting::Until { .. } }));
    scene.work().await;
    assert_eq!(scene.texts(), ["Trois"], "it can still be taken back");
    scene.forward(20 * SECOND);
    scene.work().await;
    assert_eq!(scene.texts(), ["Trois", "Un", "Deux"]);
}

#[tokio::test]
async fn without_the_yes_its_text_comes_back_by_each_way() {
    let scene = Scene::new().await;
    scene.wants_a_yes(true).await;
    for way in 0..3 {
        let (conversation, _) = scene.conversation("Léa");
        let sent = scene.room.desk.send_reply(conversation, text("Merci"), false).await.unwrap();
        let reply = vec![sent.reply];
        match way {
            0 => drop(scene.room.desk.take_back(reply).await.unwrap()),
            1 => drop(scene.room.desk.settle(reply, Settle::GiveUp).await.unwrap()),
            _ => drop(scene.room.desk.undo(sent.acted.act).await.unwrap()),
        }
        assert_eq!(scene.draft(conversation).as_deref(), Some("Merci"));
        assert_eq!(scene.room.desk.approve(vec![sent.reply]).await, Err(Problem::TooLate));
    }
}

#[tokio::test]
async fn one_word_for_several_leaves_those_it_is_too_late_for() {
    let scene = Scene::new().await;
    let (first, _) = scene.conversation("Léa");
    let (second, _) = scene.conversation("Paul");
    let gone = scene.sent(first, "Parti").await;
    let one = scene.write(second, "Un").await;
    let two = scene.write(second, "Deux").await;
    let acted = scene.room.desk.take_back(vec![two, gone, one, two]).await.unwrap();
    assert_eq!(acted.left, [gone]);
    assert!(acted.acted.act.is_some());
    assert_eq!(acted.acted.change.replies, [one, two]);
    assert_eq!(scene.draft(second).as_deref(), Some("Un\n\nDeux"), "in the order written");
    // Nothing left to do is no act; of one alone it is the answer.
    let ActedOn { acted, left } = scene.room.desk.take_back(vec![gone, one]).await.unwrap();
    assert_eq!((acted.act, left), (None, vec![gone, one]));
    assert_eq!(scene.room.desk.take_back(vec![gone]).await, Err(Problem::TooLate));
    assert_eq!(scene.room.desk.take_back(vec![]).await.unwrap().left, []);
    assert_eq!(scene.room.desk.take_back(vec![ReplyId(99), one]).await, Err(Problem::NotFound));
}

#[tokio::test]
async fn a_message_settles_one_reply_alone() {
    let scene = Scene::new().await;
    let (conversation, message) = scene.conversation("Léa");
    let replies = vec![scene.write(conversation, "Un").await, scene.write(conversation, "Deux").await];
    let refused = scene.room.desk.settle(replies, Settle::IsThere { message }).await;
    assert_eq!(refused, Err(Problem::Invalid { field: "replies".into() }));
}

#[tokio::test]
async fn refused_ones_are_tried_again_together() {
    let scene = Scene::new().await;
    let no = || Fate::Fault(Fault::refused(RefusalCode::Forbidden, None));
    scene.server().sendings = [no(), no()].into();
    let mut refused = Vec::new();
    for person in ["Léa", "Paul"] {
        let (conversation, _) = scene.conversation(person);
        refused.push(scene.write(conversation, person).await);
    }
    scene.forward(21 * SECOND);
    scene.work().await;
    assert_eq!(scene.texts(), Vec::<String>::new());
    assert_eq!(scene.room.desk.retry(refused).await.unwrap().left, []);
    scene.work().await;
    assert_eq!(scene.texts(), ["Léa", "Paul"]);
}

#[tokio::test]
async fn rules_are_checked_kept_and_undone() {
    let scene = Scene::new().await;
    let desk = &scene.room.desk;
    let opening = Opening { day: 1, from: 540, to: 1_080 };
    let rules = ClientRules { undo_seconds: 0, to_approve: true, hours: vec![opening] };
    let refused = |rules: ClientRules| async move { desk.set_rules(scene.client, rules).await.unwrap_err() };
    let invalid = |field: &str| Problem::Invalid { field: field.into() };
    assert_eq!(refused(ClientRules { undo_seconds: 121, ..rules.clone() }).await, invalid("undo_seconds"));
    let never = vec![Opening { from: 1_080, ..opening }];
    assert_eq!(refused(ClientRules { hours: never, ..rules.clone() }).await, invalid("hours"));
    assert_eq!(desk.set_rules(ClientId(99), rules.clone()).await, Err(Problem::NotFound));
    let shown = || async { desk.desk().await.unwrap().clients.remove(0).rules };
    let before = shown().await;
    assert_eq!(before, ClientRules { undo_seconds: 20, to_approve: false, hours: Vec::new() });
    desk.set_rules(scene.client, rules.clone()).await.unwrap();
    assert_eq!(shown().await, rules);
    assert_eq!(desk.set_rules(scene.client, rules).await.unwrap().act, None);
    assert_eq!(desk.undo(None).await.unwrap().what, "set_rules");
    assert_eq!(shown().await, before);
}
