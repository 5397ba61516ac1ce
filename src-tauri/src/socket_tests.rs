//! The local socket: whose it is, what travels through it.
//!
//! Tests of the file of the same name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

struct House {
    folder: tempfile::TempDir,
    raised: Arc<AtomicU32>,
    _listening: Listening,
}

fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let raised = Arc::new(AtomicU32::new(0));
    let counting = raised.clone();
    let shell = Shell::real(folder.path().join("guichet"));
    let listening = listen(shell, move || {
        counting.fetch_add(1, Ordering::SeqCst);
    });
    House { folder, raised, _listening: listening.unwrap() }
}

impl House {
    async fn visit(&self) -> Beside {
        Beside::connect(&self.folder.path().join("guichet")).await.unwrap()
    }
}

#[tokio::test]
async fn the_socket_is_its_owners_alone() {
    let house = house();
    let folder = house.folder.path().join("guichet");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&address(&folder)), 0o600);
    assert_eq!(mode(&folder), 0o700);
}

#[tokio::test]
async fn commands_and_refusals_travel() {
    let house = house();
    let mut beside = house.visit().await;
    let app = beside.call("app", Value::Null).await.unwrap();
    assert_eq!(app["firstStart"], json!(true));
    assert_eq!(beside.call("desk", Value::Null).await.unwrap_err(), Problem::Opening);
    let unknown = Problem::Invalid { field: "dance".into() };
    assert_eq!(beside.call("dance", Value::Null).await.unwrap_err(), unknown);
}

#[tokio::test]
async fn a_second_start_raises_the_first_window() {
    let house = house();
    house.visit().await.call("raise", Value::Null).await.unwrap();
    assert_eq!(house.raised.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_second_listener_is_refused_and_the_first_keeps_its_socket() {
    let house = house();
    let folder = house.folder.path().join("guichet");
    let second = listen(Shell::real(folder.clone()), || {});
    assert_eq!(second.err().unwrap().kind(), io::ErrorKind::AddrInUse);
    assert!(raise_other(&folder).await);
    assert_eq!(house.raised.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_a_crash_left_behind_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    drop(std::os::unix::net::UnixListener::bind(address(folder.path())).unwrap());
    assert!(!raise_other(folder.path()).await);
    let listening = listen(Shell::real(folder.path().to_owned()), || {}).unwrap();
    assert!(raise_other(folder.path()).await);
    drop(listening);
    assert!(!address(folder.path()).exists());
    listen(Shell::real(folder.path().to_owned()), || {}).unwrap();
}

#[tokio::test]
async fn changes_are_streamed() {
    let house = house();
    let mut listening = house.visit().await;
    let stream = json!({ "name": "changes", "args": null });
    write(listening.0.get_mut(), &stream).await.unwrap();
    let mut other = house.visit().await;
    let mut line = String::new();
    // The stream may begin after the first change: preferences change until one is heard.
    for theme in ["dark", "light"].iter().cycle().take(100) {
        let args = json!({ "name": "theme", "value": theme });
        other.call("set_preference", args).await.unwrap();
        let heard = listening.0.read_line(&mut line);
        if tokio::time::timeout(Duration::from_millis(50), heard).await.is_ok() {
            break;
        }
    }
    let heard: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(heard["change"]["all"], json!(true));
}

#[tokio::test]
async fn nobody_answers_where_no_window_is_open() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Beside::connect(folder.path()).await.is_none());
}
