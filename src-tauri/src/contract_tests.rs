//! The seam: its TypeScript is fresh, and what cannot be answered is refused by a code.
//!
//! Tests of the file of the same name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::shell::Shell;
use serde_json::json;

#[test]
fn the_committed_contract_is_fresh() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/src/backend/contract.ts");
    let committed = std::fs::read_to_string(file).unwrap();
    assert!(committed == typescript(), "stale: write it again with `cargo run -p guichet --example contract`");
}

#[test]
fn types_are_declared_once_and_commands_have_camel_case_arguments() {
    let ts = typescript();
    assert_eq!(ts.matches("export type Row ").count(), 1);
    assert!(ts.contains("send_reply: { args: { conversation: ConversationId; draft: DraftView; thenDone: boolean }"));
    assert!(!ts.contains("bigint"));
}

#[tokio::test]
async fn a_desk_that_is_not_open_says_so_and_the_shell_answers() {
    let folder = tempfile::tempdir().unwrap();
    let shell = Shell::real(folder.path().to_owned());
    let refused = dispatch(&shell, "desk", Value::Null).await.unwrap_err();
    assert_eq!(refused, Problem::Opening);
    let app = dispatch(&shell, "app", Value::Null).await.unwrap();
    assert_eq!(app["firstStart"], json!(true));
    assert_eq!(app["inbox"], json!({ "inbox": "not_yet" }));
}

#[tokio::test]
async fn what_is_not_in_the_list_or_does_not_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let shell = Shell::real(folder.path().to_owned());
    let unknown = dispatch(&shell, "format_disk", Value::Null).await.unwrap_err();
    assert_eq!(unknown, Problem::Invalid { field: "format_disk".into() });
    let torn = dispatch(&shell, "open_link", json!({ "url": 3 })).await.unwrap_err();
    assert_eq!(torn, Problem::Invalid { field: "arguments".into() });
    for url in ["file:///etc/passwd", "javascript:alert(1)", "guichet://1", "https://", "rien"] {
        let refused = dispatch(&shell, "open_link", json!({ "url": url })).await.unwrap_err();
        assert_eq!(refused, Problem::Invalid { field: "url".into() }, "{url}");
    }
}
