//! A second migration, invented here, on a store with a reply that has not left.
//! Whatever happens to it, the reply is there afterwards.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::store::{Durability, Store, StoreKey, connect};
use crate::testing::{EVENING, Seeded, client_row, conversation_row, reply_row};
use std::sync::atomic::AtomicU64;

const SECOND_STEP: &str = "ALTER TABLE reply ADD COLUMN mood TEXT; UPDATE reply SET mood = 'calm';";

fn key() -> StoreKey {
    StoreKey::make(&Seeded(AtomicU64::new(3)))
}

/// A store of the first version, with a reply that has not left.
fn old_store(file: &Path) {
    let store = Store::open(file, &key(), EVENING).unwrap();
    let (client, account) = client_row(&store, "Mairie");
    let (_, message) = conversation_row(&store, client, account, "Zoé", "Bonjour ?", EVENING);
    store.write_now(Durability::Full, |tx| Ok(reply_row(tx, message, "k", "Bonjour !")?)).unwrap();
}

fn two_steps(file: &Path, now: Millis, second: &str) -> Result<Connection, Problem> {
    let mut connection = connect(file, &key(), false)?;
    run_list(&mut connection, file, now, &[ALL[0], second])?;
    Ok(connection)
}

#[test]
fn a_newer_store_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("desk.db");
    old_store(&file);
    connect(&file, &key(), false).unwrap().pragma_update(None, "user_version", ALL.len() as i64 + 1).unwrap();
    assert_eq!(Store::open(&file, &key(), EVENING).err(), Some(Problem::NewerStore));
}

#[test]
fn an_unsent_reply_survives_and_a_copy_stands_aside() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("desk.db");
    old_store(&file);
    let connection = two_steps(&file, EVENING, SECOND_STEP).unwrap();
    let reply: (String, String) =
        connection.query_row("SELECT text, mood FROM reply", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(reply, ("Bonjour !".into(), "calm".into()));

    let copy = folder.path().join("copies").join(format!("v1-{}.db", EVENING.0));
    assert!(!std::fs::read(&copy).unwrap().windows(7).any(|part| part == b"Bonjour"));
    let copied = connect(&copy, &key(), false).unwrap();
    let text: String = copied.query_row("SELECT text FROM reply", [], |row| row.get(0)).unwrap();
    assert_eq!(text, "Bonjour !");
}

#[test]
fn a_copy_is_kept_seven_days() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("desk.db");
    old_store(&file);
    two_steps(&file, EVENING, SECOND_STEP).unwrap();
    let copies = || std::fs::read_dir(folder.path().join("copies")).unwrap().count();
    two_steps(&file, EVENING.plus(7 * DAY), SECOND_STEP).unwrap();
    assert_eq!(copies(), 1);
    two_steps(&file, EVENING.plus(7 * DAY + 1), SECOND_STEP).unwrap();
    assert_eq!(copies(), 0);
}

#[test]
fn a_migration_that_fails_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("desk.db");
    old_store(&file);
    let broken = "UPDATE reply SET text = ''; SELECT nothing FROM nowhere;";
    assert!(two_steps(&file, EVENING, broken).is_err());
    let store = Store::open(&file, &key(), EVENING).unwrap();
    let text: String =
        store.read_now(|conn| Ok(conn.query_row("SELECT text FROM reply", [], |row| row.get(0))?)).unwrap();
    assert_eq!(text, "Bonjour !");
}

#[test]
fn a_first_start_makes_no_copy() {
    let folder = tempfile::tempdir().unwrap();
    Store::open(&folder.path().join("desk.db"), &key(), EVENING).unwrap();
    assert!(!folder.path().join("copies").exists());
}
