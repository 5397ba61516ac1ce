//! The wish to close the window: asked once, meant the second time, forgotten where one stayed.
//!
//! Tests of the file of the same name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::contract::dispatch;
use serde_json::Value;

#[tokio::test]
async fn who_stayed_is_asked_again_and_a_silent_page_holds_no_window() {
    let folder = tempfile::tempdir().unwrap();
    let shell = Shell::real(folder.path().join("guichet"));
    assert!(!shell.meant_to_close(), "asked first");
    dispatch(&shell, "stay", Value::Null).await.unwrap();
    assert!(!shell.meant_to_close(), "asked again, since one had stayed");
    assert!(shell.meant_to_close(), "nobody answered: it is meant");
}
