//! What a look at the place can meet before a reply leaves, and what a look for a lost one can see.

use super::*;
use crate::testing::EVENING;
use crate::testing::paper::{Asked, Paper as Newspaper, item, ours, page};
use crate::view::{Conflict, Waiting};
use guichet_model::{
    Alias, Fault, Found, HOUR, Item, MINUTE, Proof, Reason, Recheck, RefusalCode, RemoteId, Unreached,
};

/// A reply written eleven minutes ago, and the message that it answers.
struct Old {
    room: Room,
    paper: Newspaper,
    account: AccountId,
    message: MessageId,
    reply: ReplyId,
}

impl Old {
    async fn new() -> Self {
        let paper = Newspaper::default();
        let room = room(vec![Arc::new(paper.clone())]).await;
        let (_, account) = client_row(room.desk.store(), "Phare");
        let there = item("m-1", "Léa", EVENING.plus(-HOUR), "Bonjour ?");
        room.desk.take(account, "mentions", page(vec![there])).await.unwrap();
        let (conversation, message) = (ConversationId(1), MessageId(1));
        let reply = room.desk.send_reply(conversation, text("Merci"), false).await.unwrap().reply;
        room.clock.forward(11 * MINUTE);
        Self { room, paper, account, message, reply }
    }

    async fn work(&self) -> Option<After> {
        let mut walk = Walk::default();
        for _ in 0..20 {
            match turn(&self.room.desk, self.account, &mut walk).await.unwrap() {
                Some(After::GoOn | After::Stays) => {}
                other => return other,
            }
        }
        panic!("the outbox never rests");
    }

    async fn state(&self) -> ReplyState {
        let id = self.reply;
        let read = move |conn: &rusqlite::Connection| {
            crate::outbox::read::view(conn, &crate::outbox::row::Reply::one(conn, id)?)
        };
        self.room.desk.store().read(read).await.unwrap().state
    }

    fn number(&self, sql: &str) -> i64 {
        self.room.desk.store().read_now(|conn| Ok(conn.query_row(sql, [], |row| row.get(0))?)).unwrap()
    }

    fn sends(&self) -> usize {
        self.paper.asked().iter().filter(|asked| matches!(asked, Asked::Send(_))).count()
    }

    fn online(&self) -> Option<bool> {
        self.room.desk.inner.online.now()
    }

    /// Said of what it answers: whether it is gone, its text, and how many messages there are in all.
    fn place(&self) -> (bool, String, i64) {
        let sql = format!("SELECT gone_at IS NOT NULL, text FROM message WHERE id = {}", self.message.0);
        let read = |conn: &rusqlite::Connection| Ok(conn.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?);
        let (gone, text) = self.room.desk.store().read_now(read).unwrap();
        (gone, text, self.number("SELECT count(*) FROM message"))
    }
}

fn waiting(why: Waiting) -> ReplyState {
    ReplyState::Waiting { why }
}

#[tokio::test]
async fn a_place_that_cannot_be_looked_at_keeps_it() {
    let later = EVENING.plus(HOUR);
    for (fault, why, online) in [
        (Fault::OFFLINE, Waiting::Network, Some(false)),
        (Fault::Offline { why: Unreached::Portal }, Waiting::Network, Some(false)),
        (Fault::NeedsLogin, Waiting::Login, None),
        (Fault::Later { after: later }, Waiting::Until { at: later }, Some(true)),
        (Fault::Unreadable { what: "page".into() }, Waiting::Network, None),
        (Fault::Unsure, Waiting::Network, Some(true)),
    ] {
        let old = Old::new().await;
        old.paper.script().rechecks.push_back(Err(fault.clone()));
        old.work().await;
        assert_eq!((old.state().await, old.sends()), (waiting(why), 0), "{fault:?}");
        assert_eq!(old.online(), online, "{fault:?}");
    }
}

#[tokio::test]
async fn nonsense_is_asked_again_a_minute_later() {
    let old = Old::new().await;
    old.paper.script().rechecks.push_back(Err(Fault::Unreadable { what: "page".into() }));
    old.work().await;
    assert_eq!(old.number("SELECT not_before FROM reply"), EVENING.plus(12 * MINUTE).0);
    old.room.clock.forward(MINUTE - 1);
    old.work().await;
    assert_eq!(old.sends(), 0);
    old.room.clock.forward(1);
    old.work().await;
    assert_eq!(old.sends(), 1);
}

#[tokio::test]
async fn a_refused_look_says_gone_or_refuses() {
    for (code, gone) in [(RefusalCode::Gone, true), (RefusalCode::Forbidden, false)] {
        let old = Old::new().await;
        old.paper.script().rechecks.push_back(Err(Fault::refused(code, None)));
        old.work().await;
        let state = match gone {
            true => waiting(Waiting::Conflict { conflict: Conflict::Gone }),
            false => ReplyState::Refused { reason: Reason { code, said: None } },
        };
        assert_eq!((old.state().await, old.sends(), old.place().0), (state, 0, gone));
        assert_eq!(old.online(), gone.then_some(true), "a refusal of our own is met without a network");
    }
}

#[tokio::test]
async fn what_the_look_brought_is_there_to_be_read() {
    let seen = |at: Item| Box::new(Item { edited_at: Some(EVENING), ..at });
    let edited = Recheck::Edited(seen(item("m-1", "Léa", EVENING.plus(-HOUR), "Bonsoir ?")));
    let answered = ours(Item { in_reply_to: Some(RemoteId::new("m-1")), ..item("s-9", "Phare", EVENING, "Déjà vu") });
    for (recheck, conflict, place) in [
        (edited, Conflict::Edited, (false, "Bonsoir ?", 1)),
        (Recheck::Gone, Conflict::Gone, (true, "Bonjour ?", 1)),
        (Recheck::Answered(Box::new(answered)), Conflict::Answered, (false, "Bonjour ?", 2)),
    ] {
        let old = Old::new().await;
        old.paper.script().rechecks.push_back(Ok(recheck));
        let mut heard = old.room.desk.changes();
        old.work().await;
        assert_eq!((old.state().await, old.sends()), (waiting(Waiting::Conflict { conflict }), 0));
        assert_eq!(old.place(), (place.0, place.1.to_owned(), place.2));
        assert_eq!(old.online(), Some(true));
        assert!(heard.recv().await.unwrap().replies.contains(&old.reply), "whoever shows it reads it again");
    }
}

/// A reply whose answer was lost, looked for by its CM.
async fn lost(found: Found) -> Old {
    let old = Old::new().await;
    {
        let mut script = old.paper.script();
        script.proof = Some(Proof::None);
        script.sends.push_back(Err(Fault::Unsure));
        script.finds.push_back(Ok(found));
    }
    old.work().await;
    old
}

#[tokio::test]
async fn only_a_whole_look_that_saw_nothing_says_not_there() {
    let now = EVENING.plus(11 * MINUTE);
    for complete in [true, false] {
        let old = lost(Found { complete, ..Found::default() }).await;
        let looked_at = complete.then_some(now);
        assert_eq!(old.state().await, ReplyState::Unsure { looked_at, candidates: Vec::new() });
        assert_eq!(old.online(), Some(true));
    }
}

#[tokio::test]
async fn what_others_wrote_is_not_it() {
    for mine in [true, false] {
        let there = item("s-1", "Phare", EVENING.plus(11 * MINUTE), "Merci");
        let there = Item { ours: mine, in_reply_to: Some(RemoteId::new("m-1")), ..there };
        let old = lost(Found { same: vec![there], complete: true, ..Found::default() }).await;
        assert_eq!(matches!(old.state().await, ReplyState::Sent { .. }), mine);
    }
}

/// What another text of ours says of it is shown; what stands there of others is not.
#[tokio::test]
async fn another_text_is_a_candidate_where_it_is_ours() {
    for mine in [true, false] {
        let there = item("s-1", "Phare", EVENING.plus(11 * MINUTE), "Merci !");
        let there = Item { ours: mine, in_reply_to: Some(RemoteId::new("m-1")), ..there };
        let old = lost(Found { other: vec![there], complete: true, ..Found::default() }).await;
        match old.state().await {
            ReplyState::Unsure { looked_at, candidates } => {
                assert_eq!((looked_at.is_some(), candidates.len()), (!mine, usize::from(mine)));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// A second reply of the conversation, past the delay to take it back.
async fn another(old: &Old) -> ReplyId {
    let reply = old.room.desk.send_reply(ConversationId(1), text("Encore"), false).await.unwrap().reply;
    old.room.clock.forward(21 * SECOND);
    old.work().await;
    reply
}

async fn told(old: &Old, reply: ReplyId) -> ReplyState {
    let read = move |conn: &rusqlite::Connection| crate::outbox::reply(conn, reply);
    old.room.desk.store().read(read).await.unwrap().state
}

/// What the network answers a second time with is no second message: the CM looks.
#[tokio::test]
async fn a_message_answered_twice_is_the_first_ones() {
    let old = Old::new().await;
    let there = ours(item("s-1", "Phare", EVENING, "Merci"));
    old.paper.script().sends.extend([Ok(there.clone()), Ok(there)]);
    old.work().await;
    assert!(matches!(old.state().await, ReplyState::Sent { .. }));
    // The look that follows at once sees nothing.
    old.paper.script().finds.push_back(Err(Fault::Unsure));
    let second = another(&old).await;
    match told(&old, second).await {
        ReplyState::Unsure { candidates, .. } => assert_eq!(candidates.len(), 1),
        other => panic!("{other:?}"),
    }
}

/// Found under another name it is still the first one's.
#[tokio::test]
async fn a_message_known_under_two_names_is_one() {
    let old = Old::new().await;
    let uri = || vec![Alias { scope: "uri".into(), name: "u-1".into() }];
    let there = Item { aliases: uri(), ..ours(item("s-1", "Phare", EVENING, "Merci")) };
    let again = Item { aliases: uri(), ..ours(item("s-2", "Phare", EVENING.plus(12 * MINUTE), "Encore")) };
    {
        let mut script = old.paper.script();
        script.sends.extend([Ok(there), Err(Fault::Unsure)]);
        script.finds.push_back(Ok(Found { same: vec![again], complete: true, ..Found::default() }));
    }
    old.work().await;
    assert!(matches!(old.state().await, ReplyState::Sent { .. }));
    let second = another(&old).await;
    assert!(matches!(told(&old, second).await, ReplyState::Unsure { .. }));
}
