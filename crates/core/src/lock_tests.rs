//! One engine at a time, also between processes, and free again when one dies.
//! The other process is this very test binary, started with one test that holds the lock.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

const FOLDER: &str = "GUICHET_LOCK_TEST_FOLDER";

#[test]
fn one_at_a_time_and_free_again_after() {
    let folder = tempfile::tempdir().unwrap();
    let held = take(folder.path()).unwrap();
    assert_eq!(take(folder.path()).err(), Some(Problem::Busy));
    drop(held);
    assert!(take(folder.path()).is_ok());
}

/// Not a test of its own: the other process of the next one. Says so once it holds the lock, and waits to be killed.
#[test]
fn other_process() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let _held = take(Path::new(&folder)).unwrap();
    std::io::stderr().write_all(b"held\n").unwrap();
    let mut line = String::new();
    let _ = std::io::stdin().read_line(&mut line);
}

#[test]
fn another_process_is_seen_and_its_death_frees() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = Command::new(std::env::current_exe().unwrap())
        .args(["lock::tests::other_process", "--exact", "--nocapture"])
        .env(FOLDER, folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(other.stderr.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap() == "held"));
    assert_eq!(take(folder.path()).err(), Some(Problem::Busy));
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(take(folder.path()).is_ok());
}
