//! What the clipboard is given, and what is told where it takes nothing. Nothing here opens a browser: these items stand
//! at no address.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::contract::dispatch;
use crate::rehearsal::Rehearsal;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// A comment listed in a file without an address, and its answer written.
async fn written() -> (Shell, Value, Value) {
    let shell = Shell::rehearsing(Rehearsal::start("calme").await.unwrap());
    shell.open(None).await.unwrap();
    let client = dispatch(&shell, "add_client", json!({ "name": "Quai", "color": 2 })).await.unwrap();
    let mapping = json!({ "text": "t", "author": "a", "link": null, "date": null, "network": null, "rating": null, "of": "facebook", "dayFirst": true });
    let file = json!({ "client": client, "bytes": STANDARD.encode("a;t\nLéa;Ouvert ?\n"), "mapping": mapping });
    let conversation = dispatch(&shell, "import_file", file).await.unwrap()["conversation"].take();
    let draft = json!({ "text": "Oui, à neuf heures." });
    let mut whole = serde_json::to_value(guichet_core::view::DraftView::default()).unwrap();
    whole["text"] = draft["text"].clone();
    let args = json!({ "conversation": conversation, "draft": whole, "thenDone": false });
    let reply = dispatch(&shell, "send_reply", args).await.unwrap()["reply"].take();
    (shell, reply, conversation)
}

async fn hand_over(shell: &Shell, reply: &Value) -> Value {
    dispatch(shell, "hand_over", json!({ "reply": reply })).await.unwrap()
}

fn told(over: &Value) -> [bool; 3] {
    ["given", "copied", "opened"].map(|name| over[name].as_bool().unwrap())
}

#[tokio::test]
async fn the_text_is_on_the_clipboard_and_asked_about() {
    let (shell, reply, conversation) = written().await;
    let taken = Arc::new(Mutex::new(Vec::new()));
    let clipboard = taken.clone();
    shell.lends_clipboard(Box::new(move |text| {
        clipboard.lock().unwrap().push(text);
        true
    }));
    let over = hand_over(&shell, &reply).await;
    assert_eq!((told(&over), &over["reply"]["state"]["state"]), ([true, true, false], &json!("handed")));
    assert_eq!(told(&hand_over(&shell, &reply).await), [true, true, false], "as often as one likes");
    assert_eq!(*taken.lock().unwrap(), ["Oui, à neuf heures."; 2]);
    let yes = json!({ "replies": [reply], "word": { "word": "published" } });
    dispatch(&shell, "settle", yes).await.unwrap();
    let view = dispatch(&shell, "conversation", json!({ "id": conversation })).await.unwrap();
    assert_eq!(view["messages"][1]["text"], "Oui, à neuf heures.");
    let refused = dispatch(&shell, "hand_over", json!({ "reply": reply })).await.unwrap_err();
    assert_eq!(refused, Problem::TooLate, "what is published is copied no more");
    shell.rehearsal().unwrap().throw_away();
}

#[tokio::test]
async fn where_no_clipboard_takes_it_that_is_said_and_nothing_opens() {
    let (shell, reply, _) = written().await;
    // A command line has none.
    assert_eq!(told(&hand_over(&shell, &reply).await), [true, false, false]);
    shell.lends_clipboard(Box::new(|_| false));
    let over = hand_over(&shell, &reply).await;
    assert_eq!((told(&over), &over["reply"]["text"]), ([true, false, false], &json!("Oui, à neuf heures.")));
    assert_eq!(over["reply"]["state"]["state"], "handed", "the page shows it: it may be published all the same");
    shell.rehearsal().unwrap().throw_away();
}

#[tokio::test]
async fn under_a_hold_nothing_reaches_the_clipboard() {
    let (shell, reply, _) = written().await;
    shell.lends_clipboard(Box::new(|_| panic!("it is held")));
    let target = json!({ "targets": [{ "scope": "everything" }], "why": "" });
    dispatch(&shell, "hold", target).await.unwrap();
    let over = hand_over(&shell, &reply).await;
    assert_eq!((told(&over), &over["reply"]["state"]["state"]), ([false, false, false], &json!("held")));
    shell.rehearsal().unwrap().throw_away();
}
