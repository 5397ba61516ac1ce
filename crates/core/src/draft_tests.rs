//! A draft is one, is safe, and comes back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{Room, evening};
use guichet_model::Visibility;

fn text(text: &str) -> DraftView {
    DraftView { text: text.into(), visibility: Some(Visibility::Public), ..DraftView::default() }
}

fn key(room: &Room) -> Option<String> {
    let read = |conn: &Connection| {
        let key = conn.query_row("SELECT key FROM draft", [], |row| row.get(0));
        Ok(key.optional()?)
    };
    room.desk.store().read_now(read).unwrap()
}

fn written(room: &Room, conversation: ConversationId) -> Option<String> {
    let read = |conn: &Connection| read(conn, conversation);
    room.desk.store().read_now(read).unwrap().map(|draft| draft.text)
}

#[tokio::test]
async fn keeps_its_key_from_the_first_keystroke() {
    let (room, conversation) = evening().await;
    room.desk.save_draft(conversation, text("B")).await.unwrap();
    let first = key(&room).unwrap();
    let change = room.desk.save_draft(conversation, text("Bonjour")).await.unwrap();
    assert_eq!(change.conversations, [conversation]);
    assert_eq!(key(&room).unwrap(), first);
    assert_eq!(written(&room, conversation).unwrap(), "Bonjour");
    room.desk.save_draft(conversation, text("  ")).await.unwrap();
    assert_eq!(key(&room), None);
}

#[tokio::test]
async fn survives_the_process() {
    let (room, conversation) = evening().await;
    room.desk.save_draft(conversation, text("Bonjour")).await.unwrap();
    let Room { desk, doors, folder, .. } = room;
    drop(desk);
    let desk = Desk::open(doors).await.unwrap();
    let kept = desk.store().read_now(|conn| read(conn, conversation)).unwrap();
    assert_eq!(kept.unwrap().text, "Bonjour");
    drop(folder);
}

#[tokio::test]
async fn thrown_away_it_can_be_had_back_before_what_came_since() {
    let (room, conversation) = evening().await;
    assert_eq!(room.desk.discard_draft(conversation).await, Err(Problem::NotFound));
    room.desk.save_draft(conversation, text("Premier")).await.unwrap();
    let acted = room.desk.discard_draft(conversation).await.unwrap();
    assert_eq!(written(&room, conversation), None);
    room.desk.save_draft(conversation, text("Second")).await.unwrap();
    let undone = room.desk.undo(acted.act).await.unwrap();
    assert_eq!((undone.left, undone.conversations), (0, vec![conversation]));
    assert_eq!(written(&room, conversation).unwrap(), "Premier\n\nSecond");
}

#[tokio::test]
async fn the_journal_carries_no_text() {
    let (room, conversation) = evening().await;
    room.desk.save_draft(conversation, text("secretissime")).await.unwrap();
    room.desk.discard_draft(conversation).await.unwrap();
    let told: String = room
        .desk
        .store()
        .read_now(|conn| Ok(conn.query_row("SELECT group_concat(detail) FROM journal", [], |row| row.get(0))?))
        .unwrap();
    assert!(!told.contains("secretissime"), "{told}");
}
