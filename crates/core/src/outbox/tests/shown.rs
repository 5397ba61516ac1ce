//! What is told of a reply: the foremost of a conversation, who reads it, how a page is cut, what an undo leaves.

use super::paper::Fate;
use super::*;
use crate::outbox::foremost;
use crate::testing::paper::{Paper as Newspaper, item, ours};
use crate::view::{HoldTarget, Problem, Settle, Waiting};
use guichet_model::{Addressee, Fault, Item, RefusalCode, RemoteId, Visibility};

fn label(state: &ReplyState) -> &'static str {
    match state {
        ReplyState::Unsure { .. } => "unsure",
        ReplyState::Refused { .. } => "refused",
        ReplyState::Waiting { why: Waiting::Conflict { .. } } => "conflict",
        ReplyState::Waiting { .. } => "waiting",
        ReplyState::ToApprove => "to_approve",
        ReplyState::Held { .. } => "held",
        ReplyState::Sending => "sending",
        _ => "settled",
    }
}

#[tokio::test]
async fn the_foremost_is_the_one_that_wants_the_cm() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let mut replies = Vec::new();
    for nth in 0..7 {
        replies.push(scene.write(conversation, &format!("Merci {nth}")).await);
    }
    scene.room.desk.hold(vec![HoldTarget::Reply { reply: replies[2] }], String::new()).await.unwrap();
    for (nth, change) in [
        (1, "state = 'sending'"),
        (3, "state = 'to_approve'"),
        (4, r#"why = 'conflict', detail = '{"why":{"why":"conflict","conflict":"gone"}}'"#),
        (5, "state = 'refused'"),
        (6, "state = 'unsure'"),
    ] {
        scene.sql(&format!("UPDATE reply SET {change} WHERE id = {}", replies[nth].0));
    }
    let told = || scene.room.desk.store().read_now(|conn| foremost(conn, conversation)).unwrap();
    for (nth, kind) in
        [(6, "unsure"), (5, "refused"), (4, "conflict"), (3, "to_approve"), (2, "held"), (1, "sending"), (0, "waiting")]
    {
        assert_eq!(told().as_ref().map(label), Some(kind));
        scene.sql(&format!("UPDATE reply SET state = 'taken_back' WHERE id = {}", replies[nth].0));
    }
    assert_eq!(told(), None);
}

#[tokio::test]
async fn a_sent_one_says_whether_it_is_private() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let open = scene.sent(conversation, "Merci").await;
    scene.sql("UPDATE message SET visibility = 'direct' WHERE ours = 0");
    let to = vec![Addressee { remote: RemoteId::new("p-Léa"), handle: "léa@exemple.test".into() }];
    let direct = scene.room.desk.send_reply(conversation, DraftView { to, ..text("Oui") }, false).await.unwrap().reply;
    scene.forward(21 * SECOND);
    scene.work().await;
    assert_eq!(scene.state(open).await, ReplyState::Sent { private: false, altered: false });
    assert_eq!(scene.state(direct).await, ReplyState::Sent { private: true, altered: false });
}

/// The network made it private, or wrote it otherwise: it says so.
#[tokio::test]
async fn what_the_network_made_of_it_is_told() {
    for (visibility, words, private, altered) in [
        (Visibility::Public, "Merci", false, false),
        (Visibility::Direct, "Merci", true, false),
        (Visibility::Public, "Merci bien", false, true),
    ] {
        let paper = Newspaper::default();
        let room = room(vec![Arc::new(paper.clone())]).await;
        let (client, account) = client_row(room.desk.store(), "Phare");
        let now = room.desk.now();
        let (conversation, _) = conversation_row(room.desk.store(), client, account, "Léa", "Bonjour ?", now);
        let answer = Item { visibility: Some(visibility), ..ours(item("s-1", "Phare", now, words)) };
        paper.script().sends.push_back(Ok(answer));
        let id = room.desk.send_reply(conversation, text("Merci"), false).await.unwrap().reply;
        room.clock.forward(21 * SECOND);
        let met = turn(&room.desk, account, &mut Walk::default()).await.unwrap();
        assert_eq!(met, Some(After::GoOn));
        let read = move |conn: &rusqlite::Connection| crate::outbox::reply(conn, id);
        let view = room.desk.store().read(read).await.unwrap();
        assert_eq!(view.state, ReplyState::Sent { private, altered });
        assert_eq!(view.sent_at, Some(room.desk.now()));
    }
}

#[tokio::test]
async fn the_cms_word_says_it_too() {
    for (change, state) in [
        ("SELECT 1", ReplyState::Sent { private: false, altered: false }),
        ("UPDATE message SET visibility = 'direct'", ReplyState::Sent { private: true, altered: false }),
        ("UPDATE reply SET visibility = 'direct'", ReplyState::Sent { private: true, altered: false }),
        ("UPDATE message SET text = 'Merci bien' WHERE ours", ReplyState::Sent { private: false, altered: true }),
        ("UPDATE reply SET prepared = NULL, text = 'Merci !'", ReplyState::Sent { private: false, altered: true }),
    ] {
        let scene = Scene::new().await;
        let (conversation, _) = scene.conversation("Léa");
        scene.server().sendings = [Fate::Lost].into();
        let reply = scene.write(conversation, "Merci").await;
        scene.forward(21 * SECOND);
        let now = scene.room.desk.now();
        // Two of them: it cannot be told by itself which one it is.
        for key in ["k-1", "k-2"] {
            scene.server().post(&RemoteId::new("m-1"), "Merci", key, now);
        }
        scene.work().await;
        let ReplyState::Unsure { candidates, .. } = scene.state(reply).await else { panic!("settled") };
        assert_eq!(candidates.len(), 2);
        scene.sql(change);
        scene.room.desk.settle(vec![reply], Settle::IsThere { message: candidates[1] }).await.unwrap();
        assert_eq!(scene.state(reply).await, state, "{change}");
        assert_eq!(
            (scene.reply(reply).await.message, scene.reply(reply).await.sent_at),
            (Some(candidates[1]), Some(now))
        );
    }
}

/// One message is one reply's, and what was never lost is not found.
#[tokio::test]
async fn a_message_that_cannot_be_it_settles_nothing() {
    let scene = Scene::new().await;
    let (conversation, theirs) = scene.conversation("Léa");
    let first = scene.sent(conversation, "Merci").await;
    let message = scene.reply(first).await.message.unwrap();
    let second = scene.write(conversation, "Encore").await;
    let there = |message| scene.room.desk.settle(vec![second], Settle::IsThere { message });
    scene.sql("UPDATE reply SET state = 'unsure' WHERE id = 2");
    let invalid = Err(Problem::Invalid { field: "message".into() });
    assert_eq!((there(message).await, there(theirs).await), (invalid.clone(), invalid));
    scene.sql("UPDATE reply SET message = NULL WHERE id = 1; UPDATE reply SET state = 'waiting' WHERE id = 2");
    assert_eq!(there(message).await, Err(Problem::TooLate), "it waits: nothing is lost");
    scene.sql("UPDATE reply SET state = 'unsure' WHERE id = 2");
    assert_eq!(there(message).await.unwrap().left, []);
}

#[tokio::test]
async fn a_page_goes_on_where_the_last_one_ended() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let mut sent = Vec::new();
    for nth in 0..3 {
        sent.insert(0, scene.sent(conversation, &format!("Parti {nth}")).await);
    }
    let mut rows = Vec::new();
    for nth in 0..3 {
        rows.push(scene.write(conversation, &format!("Attend {nth}")).await);
    }
    rows.extend(sent);
    for offset in 0..8_u32 {
        for limit in 0..8_u32 {
            let page = scene.room.desk.outbox(OutboxQuery::default(), offset, limit).await.unwrap();
            let ids: Vec<ReplyId> = page.rows.iter().map(|row| row.id).collect();
            let cut: Vec<ReplyId> = rows.iter().skip(offset as usize).take(limit as usize).copied().collect();
            assert_eq!((page.total, page.offset, ids), (6, offset, cut));
        }
    }
}

#[tokio::test]
async fn the_last_fifty_sent_are_shown_and_five_hundred_rows_at_most() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.sent(conversation, "Merci").await;
    let copies = "INSERT INTO reply (client, account, conversation, answers, key, text, addressees, place, seen, state,
                                     written_at, offline, not_before, sent_at)
                  SELECT client, account, conversation, answers, key || i, text, addressees, place, seen, %, written_at,
                         offline, not_before, sent_at + i FROM reply, n WHERE reply.id = 1";
    let numbers =
        |many: u32| format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many}) ");
    scene.sql(&(numbers(59) + &copies.replace('%', "'sent'")));
    let page = scene.room.desk.outbox(OutboxQuery::default(), 0, 500).await.unwrap();
    assert_eq!((page.total, page.rows.len()), (50, 50));
    assert_eq!(page.rows[0].id, ReplyId(60), "newest first");
    scene.sql(
        &(numbers(600).replace("SELECT 1 ", "SELECT 1001 ").replace("< 600", "< 1600")
            + &copies.replace('%', "'refused'")),
    );
    let page = scene.room.desk.outbox(OutboxQuery::default(), 0, 9_999).await.unwrap();
    assert_eq!((page.total, page.rows.len()), (650, 500));
    assert!(page.rows.iter().all(|row| matches!(row.state, ReplyState::Refused { .. })));
    let page = scene.room.desk.outbox(OutboxQuery::default(), 590, 500).await.unwrap();
    assert_eq!(page.rows.len(), 60);
}

#[tokio::test]
async fn what_has_left_is_not_undone() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let sent = scene.room.desk.send_reply(conversation, text("Merci"), false).await.unwrap();
    scene.forward(21 * SECOND);
    scene.work().await;
    let undone = scene.room.desk.undo(sent.acted.act).await.unwrap();
    assert_eq!(undone.left, 1);
    assert!(matches!(scene.state(sent.reply).await, ReplyState::Sent { .. }));
    let read = move |conn: &rusqlite::Connection| crate::draft::read(conn, conversation);
    assert_eq!(scene.room.desk.store().read_now(read).unwrap(), None);
}

/// Tried again it is the same reply, in the bytes that were frozen.
#[tokio::test]
async fn tried_again_its_bytes_stay() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.server().sendings = [Fate::Fault(Fault::refused(RefusalCode::Forbidden, None))].into();
    let reply = scene.sent(conversation, "Merci").await;
    scene.room.desk.retry(vec![reply]).await.unwrap();
    let frozen = |conn: &rusqlite::Connection| {
        Ok(conn.query_row("SELECT prepared IS NOT NULL, anyway FROM reply", [], |row| Ok((row.get(0)?, row.get(1)?)))?)
    };
    assert_eq!(scene.room.desk.store().read_now::<(bool, bool)>(frozen).unwrap(), (true, false));
}

/// An act on replies of one client is that client's in the journal; on several it is nobody's.
#[tokio::test]
async fn an_act_is_its_clients() {
    let scene = Scene::new().await;
    let (_, _, theirs) = scene.neighbour("Quai", "Paul");
    for (both, client) in [(false, Some(scene.client.0)), (true, None)] {
        let (conversation, _) = scene.conversation("Léa");
        let mut replies = vec![scene.write(conversation, "Un").await, scene.write(conversation, "Deux").await];
        if both {
            replies.push(scene.write(theirs, "Trois").await);
        }
        scene.room.desk.take_back(replies).await.unwrap();
        let read = |conn: &rusqlite::Connection| {
            Ok(conn.query_row("SELECT client FROM journal ORDER BY id DESC LIMIT 1", [], |row| row.get(0))?)
        };
        assert_eq!(scene.room.desk.store().read_now::<Option<i64>>(read).unwrap(), client);
    }
}

/// In the conversation a message of ours carries the reply it was, and no other message does.
#[tokio::test]
async fn a_message_tells_which_reply_it_was() {
    let scene = Scene::new().await;
    let (conversation, theirs) = scene.conversation("Léa");
    let reply = scene.sent(conversation, "Merci").await;
    let message = scene.reply(reply).await.message.unwrap();
    let view = scene.room.desk.conversation(conversation).await.unwrap();
    let told: Vec<_> = view.messages.iter().map(|of| (of.id, of.reply.as_ref().map(|reply| reply.id))).collect();
    assert_eq!(told, [(theirs, None), (message, Some(reply))]);
    assert_eq!(view.replies, [], "it is no longer on its way");
}
