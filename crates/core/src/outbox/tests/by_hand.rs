//! What the CM publishes: where it is counted and listed, what their yes files, and what its undo gives back.

use crate::testing::{Room, room};
use crate::view::{
    Added, ByHand, ClientRules, Counts, DraftView, ListQuery, OutboxQuery, ReplyState, RoundTrip, Settle, Triage, View,
    Waiting,
};
use guichet_model::{ActId, ClientId, ConversationId, MINUTE, ReplyId};

const ONE: &str = "https://www.facebook.com/phare/posts/pfbid0abc?comment_id=812345678901234";
const OTHER: &str = "https://www.facebook.com/phare/posts/pfbid0abc?comment_id=900000000000001";

struct Hand {
    room: Room,
    client: ClientId,
}

impl Hand {
    async fn new() -> Self {
        let room = room(Vec::new()).await;
        let client = room.desk.add_client("Phare".into(), 1).await.unwrap();
        Self { room, client }
    }

    async fn added(&self, link: &str, text: &str, author: &str) -> Added {
        let item = ByHand { link: link.into(), text: text.into(), author: Some(author.into()), at: None };
        self.room.desk.add_by_hand(self.client, item).await.unwrap()
    }

    /// What Léa asks, to be answered.
    async fn asked(&self, link: &str) -> ConversationId {
        let conversation = self.added(link, "Ouvert demain ?", "Léa").await.conversation.unwrap();
        self.room.clock.forward(MINUTE);
        conversation
    }

    async fn written(&self, conversation: ConversationId, then_done: bool) -> ReplyId {
        let draft = DraftView { text: "Oui, à neuf heures.".into(), ..DraftView::default() };
        self.room.desk.send_reply(conversation, draft, then_done).await.unwrap().reply
    }

    async fn copied(&self, conversation: ConversationId, then_done: bool) -> ReplyId {
        let reply = self.written(conversation, then_done).await;
        self.room.clock.forward(MINUTE);
        assert!(self.room.desk.copy_reply(reply).await.unwrap().text.is_some());
        self.room.clock.forward(MINUTE);
        reply
    }

    async fn yes(&self, replies: &[ReplyId]) -> ActId {
        let said = self.room.desk.settle(replies.to_vec(), Settle::Published).await.unwrap();
        self.room.clock.forward(MINUTE);
        said.acted.act.unwrap()
    }

    async fn undo(&self, act: ActId) -> (String, u32) {
        let undone = self.room.desk.undo(Some(act)).await.unwrap();
        (undone.what, undone.left)
    }

    async fn triage(&self, conversation: ConversationId) -> Triage {
        self.room.desk.conversation(conversation).await.unwrap().row.triage
    }

    async fn counts(&self) -> Counts {
        self.room.desk.desk().await.unwrap().counts
    }

    async fn trip(&self) -> RoundTrip {
        self.room.desk.desk().await.unwrap().clients[0].accounts[0].round_trip
    }

    async fn outbox(&self) -> Vec<(ReplyId, ReplyState)> {
        let page = self.room.desk.outbox(OutboxQuery::default(), 0, 100).await.unwrap();
        page.rows.into_iter().map(|row| (row.id, row.state)).collect()
    }

    async fn owed(&self) -> Vec<ConversationId> {
        let query = ListQuery { view: View::Owed, client: None, account: None };
        self.room.desk.list(query, 0, 100).await.unwrap().rows.into_iter().map(|row| row.id).collect()
    }
}

#[tokio::test]
async fn it_waits_for_the_cm_and_not_to_leave() {
    let hand = Hand::new().await;
    let rules = |to_approve| ClientRules { undo_seconds: 20, to_approve, hours: Vec::new() };
    hand.room.desk.set_rules(hand.client, rules(true)).await.unwrap();
    let first = hand.asked(ONE).await;
    let to_approve = hand.written(first, false).await;
    let counts = hand.counts().await;
    assert_eq!((counts.outbox, counts.trouble), (1, 0));
    hand.room.desk.set_rules(hand.client, rules(false)).await.unwrap();
    let other = hand.asked(OTHER).await;
    let by_hand = hand.written(other, false).await;
    let counts = hand.counts().await;
    assert_eq!((counts.outbox, counts.trouble), (2, 1));
    let waiting = ReplyState::Waiting { why: Waiting::Hand };
    let listed = [(by_hand, waiting.clone()), (to_approve, ReplyState::ToApprove)];
    assert_eq!(hand.outbox().await, listed, "what wants them stands before what wants a yes");
    hand.room.desk.approve(vec![to_approve]).await.unwrap();
    assert_eq!(hand.outbox().await, [(to_approve, waiting.clone()), (by_hand, waiting)]);
    hand.room.desk.copy_reply(by_hand).await.unwrap();
    let counts = hand.counts().await;
    assert_eq!((counts.outbox, counts.trouble), (2, 2));
    hand.yes(&[by_hand]).await;
    hand.room.desk.take_back(vec![to_approve]).await.unwrap();
    let counts = hand.counts().await;
    assert_eq!((counts.outbox, counts.trouble), (0, 0));
}

#[tokio::test]
async fn a_yes_files_its_conversation_and_one_undo_takes_both_back() {
    let hand = Hand::new().await;
    let conversations = [hand.asked(ONE).await, hand.asked(OTHER).await];
    let owed = hand.owed().await;
    let replies = [hand.copied(conversations[0], false).await, hand.copied(conversations[1], false).await];
    assert_eq!(hand.triage(conversations[0]).await, Triage::Open);
    let act = hand.yes(&replies).await;
    assert_eq!((hand.counts().await.owed, hand.counts().await.done), (0, 2));
    assert_eq!(hand.undo(act).await, ("settle_published".into(), 0));
    assert!(hand.outbox().await.iter().all(|(_, state)| *state == ReplyState::Handed));
    assert_eq!(hand.owed().await, owed, "owed as before, and as long");
    // What was put off is so again.
    hand.room.desk.triage(vec![conversations[0]], Triage::Later { until: None }).await.unwrap();
    let act = hand.yes(&replies[..1]).await;
    assert_eq!(hand.triage(conversations[0]).await, Triage::Done);
    hand.undo(act).await;
    assert_eq!(hand.triage(conversations[0]).await, Triage::Later { until: None });
    hand.room.desk.triage(vec![conversations[0]], Triage::Open).await.unwrap();
    let act = hand.yes(&replies[..1]).await;
    hand.undo(act).await;
    assert_eq!(hand.owed().await, owed);
}

#[tokio::test]
async fn what_they_wrote_since_is_owed_and_unread_after_a_yes() {
    let hand = Hand::new().await;
    let conversation = hand.asked(ONE).await;
    let reply = hand.copied(conversation, false).await;
    let more = hand.added(&format!("{ONE}&reply_comment_id=92"), "Et dimanche ?", "Paul").await;
    assert_eq!(more.conversation, Some(conversation));
    hand.room.clock.forward(MINUTE);
    let act = hand.yes(&[reply]).await;
    let view = hand.room.desk.conversation(conversation).await.unwrap();
    assert_eq!((view.row.triage, view.row.unread), (Triage::Open, 1));
    let texts: Vec<&str> = view.messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["Ouvert demain ?", "Oui, à neuf heures.", "Et dimanche ?"], "it was there before, perhaps");
    assert_eq!(hand.undo(act).await, ("settle_published".into(), 0));
    assert_eq!(hand.triage(conversation).await, Triage::Open);
    // Its answer is written with that in view.
    let draft = DraftView { text: "Dimanche aussi.".into(), ..DraftView::default() };
    let second = hand.room.desk.send_reply(conversation, draft, false).await.unwrap().reply;
    let first = hand.yes(&[reply]).await;
    assert_eq!(hand.triage(conversation).await, Triage::Open);
    let copied = hand.room.desk.copy_reply(second).await.unwrap();
    assert_eq!(copied.reply.state, ReplyState::Handed);
    hand.yes(&[second]).await;
    assert_eq!(hand.triage(conversation).await, Triage::Done);
    assert_eq!(hand.undo(first).await.1, 1, "the second stands on it");
}

#[tokio::test]
async fn what_was_filed_before_is_filed_after_the_undo() {
    let hand = Hand::new().await;
    let conversation = hand.asked(ONE).await;
    let reply = hand.copied(conversation, true).await;
    assert_eq!(hand.triage(conversation).await, Triage::Done);
    let act = hand.yes(&[reply]).await;
    assert_eq!(hand.undo(act).await, ("settle_published".into(), 0));
    assert_eq!(hand.triage(conversation).await, Triage::Done, "publishing had moved nothing");
    assert_eq!(hand.outbox().await, [(reply, ReplyState::Handed)]);
}

#[tokio::test]
async fn an_account_is_proved_by_what_still_stands() {
    let hand = Hand::new().await;
    let conversations = [hand.asked(ONE).await, hand.asked(OTHER).await];
    let replies = [hand.copied(conversations[0], false).await, hand.copied(conversations[1], false).await];
    let read = hand.trip().await;
    assert_eq!((read.answered, read.seen), (None, None));
    let first = hand.yes(&replies[..1]).await;
    assert!(hand.trip().await.answered.is_some() && hand.trip().await.seen.is_some());
    let said = hand.room.desk.now();
    let second = hand.yes(&replies[1..]).await;
    hand.undo(first).await;
    assert_eq!(hand.trip().await, RoundTrip { answered: Some(said), seen: Some(said), ..read });
    hand.undo(second).await;
    assert_eq!(hand.trip().await, read);
}
