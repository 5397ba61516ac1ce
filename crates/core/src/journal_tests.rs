//! What undo finds, what it steps over, and what one key that sent and filed takes back.
//! Each inverse is tested with its own noun.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{EVENING, client_row, conversation_row, room, store};
use crate::view::{DraftView, Triage};
use serde_json::json;

#[tokio::test]
async fn undo_steps_over_what_has_no_inverse() {
    let room = room(Vec::new()).await;
    let (desk, store) = (&room.desk, room.desk.store());
    let (client, account) = client_row(store, "Mairie");
    let (id, _) = conversation_row(store, client, account, "Zoé", "?", EVENING);
    desk.triage(vec![id], Triage::Done).await.unwrap();
    let liked = store
        .write_now(Durability::Full, |tx| record(tx, EVENING.plus(1), "like", Some(client), json!({ "message": 1 })))
        .unwrap();
    assert_eq!(desk.undo(Some(liked)).await, Err(Problem::NotFound));
    assert_eq!(desk.undo(None).await.unwrap().what, "triage");
}

#[tokio::test]
async fn one_key_sent_and_filed_and_one_undo_takes_both_back() {
    let room = room(Vec::new()).await;
    let (desk, store) = (&room.desk, room.desk.store());
    let (client, account) = client_row(store, "Mairie");
    let (id, _) = conversation_row(store, client, account, "Zoé", "C'est ouvert dimanche ?", EVENING);
    let draft = DraftView { text: "Oui, de 9 h à midi.".into(), ..DraftView::default() };
    desk.save_draft(id, draft.clone()).await.unwrap();
    desk.send_reply(id, draft.clone(), true).await.unwrap();
    let sent = desk.conversation(id).await.unwrap();
    assert_eq!((sent.row.triage, sent.replies.len(), sent.draft.is_none()), (Triage::Done, 1, true));

    let undone = desk.undo(None).await.unwrap();
    assert_eq!((undone.what.as_str(), undone.left), ("send_reply", 0));
    let back = desk.conversation(id).await.unwrap();
    assert_eq!((back.row.triage, back.replies.len()), (Triage::Open, 0));
    assert_eq!(back.draft.unwrap().text, draft.text);
    assert_eq!(desk.undo(None).await, Err(Problem::NotFound));
}

#[tokio::test]
async fn what_has_left_is_said_and_its_filing_is_the_next_to_undo() {
    let room = room(Vec::new()).await;
    let (desk, store) = (&room.desk, room.desk.store());
    let (client, account) = client_row(store, "Mairie");
    let (id, _) = conversation_row(store, client, account, "Zoé", "C'est ouvert dimanche ?", EVENING);
    let draft = DraftView { text: "Oui.".into(), ..DraftView::default() };
    desk.send_reply(id, draft, true).await.unwrap();
    store.write_now(Durability::Full, |tx| Ok(tx.execute("UPDATE reply SET state = 'sent', tries = 1", [])?)).unwrap();
    let undone = desk.undo(None).await.unwrap();
    assert_eq!((undone.left, undone.change), (1, Change::default()));
    assert_eq!(desk.conversation(id).await.unwrap().row.triage, Triage::Done);
    assert_eq!(desk.undo(None).await.unwrap().conversations, [id]);
    assert_eq!(desk.conversation(id).await.unwrap().row.triage, Triage::Open);
}

/// The list that undo looks for and the one it dispatches on are written twice: each kind must have its inverse.
#[test]
fn every_undoable_kind_has_an_inverse() {
    let (store, _folder) = store();
    for kind in UNDOABLE.trim_matches(['(', ')']).split(',').map(|kind| kind.trim_matches('\'')) {
        let tried: Result<Undone, Problem> = store.write_now(Durability::Full, |tx| {
            let act = record(tx, EVENING, kind, None, json!({}))?;
            undo(tx, Some(act), EVENING)
        });
        assert_ne!(tried.err(), Some(Problem::NotFound), "{kind}");
    }
}
