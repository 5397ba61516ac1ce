//! The recovery phrase over the seam, on a shell whose inbox is not there or is thrown away.
//!
//! Tests of the file of the same name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::contract::dispatch;
use crate::rehearsal::Rehearsal;
use serde_json::{Value, json};

#[tokio::test]
async fn a_phrase_counts_once_it_was_asked_back() {
    let rehearsal = Rehearsal::start("soirée").await.unwrap();
    let shell = Shell::rehearsing(rehearsal);
    shell.open(None).await.unwrap();
    let phrase = dispatch(&shell, "recovery_phrase", Value::Null).await.unwrap();
    let wrong = dispatch(&shell, "confirm_recovery", json!({ "phrase": "0000" })).await.unwrap_err();
    assert_eq!(wrong, Problem::Passphrase { wrong: true });
    assert_eq!(dispatch(&shell, "has_recovery", Value::Null).await.unwrap(), json!(false));
    let mut changes = shell.changes();
    dispatch(&shell, "confirm_recovery", json!({ "phrase": phrase })).await.unwrap();
    assert_eq!(dispatch(&shell, "has_recovery", Value::Null).await.unwrap(), json!(true));
    assert!(changes.recv().await.unwrap().all);
    shell.rehearsal().unwrap().throw_away();
}

#[tokio::test]
async fn a_phrase_that_opens_nothing_leaves_the_inbox_closed_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let shell = Shell::real(folder.path().to_owned());
    shell.inner.inbox.send_replace(Inbox::Closed(Problem::NoKey));
    let refused = dispatch(&shell, "recover", json!({ "phrase": "0000" })).await.unwrap_err();
    assert_eq!(refused, Problem::NotFound);
    assert_eq!(shell.desk().err(), Some(Problem::NoKey));
}
