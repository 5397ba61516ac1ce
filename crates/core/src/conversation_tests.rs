//! A conversation as it reads: order, depth, what was opened, the post above, the author's other messages.
//! Networks also send circles and names of nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{EVENING, client_row, conversation_row, room};
use guichet_model::MINUTE;

/// A further message of the conversation, answering one by its remote name.
fn message(desk: &Desk, first: MessageId, remote: &str, answers: Option<&str>, at: i64) -> MessageId {
    desk.store()
        .write_now(Durability::Full, |tx| {
            tx.execute(
                "INSERT INTO message (client, account, conversation, person, remote, in_reply_to, ours, at, text, body,
                                      attachments, word_row)
                 SELECT client, account, conversation, person, ?2, ?3, 0, ?4, 'Et lundi ?', body, '[]', ?4
                   FROM message WHERE id = ?1",
                params![first.0, remote, answers, EVENING.0 + at],
            )?;
            let id = tx.last_insert_rowid();
            tx.execute("INSERT INTO alias (account, scope, name, message) SELECT account, 'id', remote, id FROM message WHERE id = ?1", [id])?;
            Ok(MessageId(id))
        })
        .unwrap()
}

#[tokio::test]
async fn messages_stand_in_order_with_their_depth() {
    let room = room(Vec::new()).await;
    let desk = &room.desk;
    let (client, account) = client_row(desk.store(), "Mairie");
    let (id, first) = conversation_row(desk.store(), client, account, "Zoé", "C'est ouvert dimanche ?", EVENING);
    let c = message(desk, first, "m-c", Some("m-b"), 3 * MINUTE);
    let b = message(desk, first, "m-b", Some("m-1"), 2 * MINUTE);
    let elsewhere = message(desk, first, "m-d", Some("m-nowhere"), 4 * MINUTE);
    let round = message(desk, first, "m-e", Some("m-e"), 5 * MINUTE);
    let view = desk.conversation(id).await.unwrap();
    let read: Vec<_> = view.messages.iter().map(|message| (message.id, message.depth)).collect();
    assert_eq!(read, [(first, 0), (b, 1), (c, 2), (elsewhere, 0), (round, 0)]);
}

#[tokio::test]
async fn a_networks_circle_ends() {
    let room = room(Vec::new()).await;
    let desk = &room.desk;
    let (client, account) = client_row(desk.store(), "Mairie");
    let (id, first) = conversation_row(desk.store(), client, account, "Zoé", "?", EVENING);
    message(desk, first, "m-a", Some("m-b"), 1);
    message(desk, first, "m-b", Some("m-a"), 2);
    message(desk, first, "m-c", Some("m-b"), 3);
    assert_eq!(desk.conversation(id).await.unwrap().messages.len(), 4);
}

#[tokio::test]
async fn opening_marks_it_once_and_is_announced() {
    let room = room(Vec::new()).await;
    let desk = &room.desk;
    let (client, account) = client_row(desk.store(), "Mairie");
    let (id, _) = conversation_row(desk.store(), client, account, "Zoé", "?", EVENING);
    let mut heard = desk.changes();
    assert_eq!(desk.conversation(id).await.unwrap().row.unread, 1);
    assert_eq!(desk.opened(id).await.unwrap().conversations, [id]);
    assert_eq!(heard.recv().await.unwrap().conversations, [id]);
    assert_eq!(desk.conversation(id).await.unwrap().row.unread, 0);
    assert_eq!(desk.opened(id).await.unwrap(), Change::default());
    assert_eq!(desk.opened(ConversationId(99)).await, Err(Problem::NotFound));
}

#[tokio::test]
async fn the_post_stands_above_until_the_network_wants_it_forgotten() {
    let room = room(Vec::new()).await;
    let desk = &room.desk;
    let (client, account) = client_row(desk.store(), "Mairie");
    let (id, _) = conversation_row(desk.store(), client, account, "Zoé", "?", EVENING);
    let post = |known: bool| {
        desk.store()
            .write_now(Durability::Full, |tx| {
                tx.execute("UPDATE conversation SET post = NULL", [])?;
                tx.execute("DELETE FROM post", [])?;
                tx.execute(
                    "INSERT INTO post (client, account, person, remote, ours, at, text, body, attachments, counts, known,
                                       expires_at)
                     SELECT ?1, ?2, id, 'p-1', 1, 0, 'Le marché revient', ?3, '[]', '{\"replies\":2,\"shares\":0,\"likes\":5}', ?4, ?5
                       FROM person",
                    params![
                        client.0,
                        account.0,
                        "{\"text\":\"\",\"warning\":\"Foule\",\"links\":[{\"start\":0,\"end\":2,\"url\":\"https://exemple.test/\"}],\"mentions\":[],\"emoji\":[]}",
                        known,
                        EVENING.0 + 1
                    ],
                )?;
                tx.execute("UPDATE conversation SET post = (SELECT id FROM post)", [])?;
                Ok(())
            })
            .unwrap();
    };
    post(false);
    assert_eq!(desk.conversation(id).await.unwrap().post, None);
    post(true);
    let view = desk.conversation(id).await.unwrap();
    let shown = view.post.unwrap();
    assert_eq!(
        (shown.text.as_str(), shown.warning.as_deref(), shown.tallies.likes),
        ("Le marché revient", Some("Foule"), 5)
    );
    assert_eq!(shown.links.len(), 1);
    assert_eq!(view.row.post.as_deref(), Some("Le marché revient"));
    room.clock.forward(1);
    let later = desk.conversation(id).await.unwrap();
    assert_eq!((later.post, later.row.post), (None, None));
}

#[tokio::test]
async fn an_author_is_counted_within_one_client() {
    let room = room(Vec::new()).await;
    let desk = &room.desk;
    let (client, account) = client_row(desk.store(), "Mairie");
    let (other, others) = client_row(desk.store(), "Théâtre");
    let (id, _) = conversation_row(desk.store(), client, account, "Zoé", "?", EVENING);
    conversation_row(desk.store(), client, account, "Zoé", "Et lundi ?", EVENING);
    let (elsewhere, _) = conversation_row(desk.store(), other, others, "Zoé", "Il reste des places ?", EVENING);
    let seen = async |id: ConversationId| {
        let view = desk.conversation(id).await.unwrap();
        (view.row.client, view.messages[0].author_messages)
    };
    assert_eq!(seen(id).await, (client, 1));
    assert_eq!(seen(elsewhere).await, (other, 0));
    assert_eq!(desk.conversation(ConversationId(99)).await.err(), Some(Problem::NotFound));
}
