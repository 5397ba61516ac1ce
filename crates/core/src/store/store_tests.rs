//! The encrypted file: what opens it, what does not, what a crash or a refusal leaves.
//! The schema stands beside as a snapshot: a change of it is seen in review.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{EVENING, Seeded, client_row, store};
use std::sync::atomic::AtomicU64;

fn key(seed: u64) -> StoreKey {
    StoreKey::make(&Seeded(AtomicU64::new(seed)))
}

#[test]
fn what_was_written_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("desk.db");
    client_row(&Store::open(&file, &key(1), EVENING).unwrap(), "Mairie");
    let again = Store::open(&file, &key(1), EVENING).unwrap();
    let name: String =
        again.read_now(|conn| Ok(conn.query_row("SELECT name FROM client", [], |row| row.get(0))?)).unwrap();
    assert_eq!(name, "Mairie");
}

#[test]
fn another_key_is_said_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("desk.db");
    client_row(&Store::open(&file, &key(1), EVENING).unwrap(), "Mairie");
    let before = std::fs::read(&file).unwrap();
    assert_eq!(Store::open(&file, &key(9), EVENING).err(), Some(Problem::NoKey));
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn a_torn_file_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("desk.db");
    drop(Store::open(&file, &key(1), EVENING).unwrap());
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[100..2_000].fill(7);
    std::fs::write(&file, bytes).unwrap();
    assert_eq!(Store::open(&file, &key(1), EVENING).err(), Some(Problem::Torn));
}

#[test]
fn nothing_stands_in_clear_on_the_disk() {
    let (store, folder) = store();
    client_row(&store, "Coquelicot-lisible");
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(10).any(|part| part == b"Coquelicot"));
        assert!(!bytes.windows(13).any(|part| part == b"SQLite format"));
    }
}

#[test]
fn a_refused_transaction_leaves_nothing() {
    let (store, _folder) = store();
    let refused: Result<(), Problem> = store.write_now(Durability::Full, |tx| {
        tx.execute("INSERT INTO setting (name, value) VALUES ('a', 'b')", [])?;
        Err(Problem::TooLate)
    });
    assert_eq!(refused, Err(Problem::TooLate));
    assert_eq!(store.read_now(|conn| crate::setting::read(conn, "a")), Ok(None));
}

#[test]
fn readers_cannot_write() {
    let (store, _folder) = store();
    let tried = store.read_now(|conn| Ok(conn.execute("DELETE FROM setting", [])?));
    assert_eq!(tried, Err(Problem::ReadOnly));
}

#[test]
fn a_read_is_one_moment() {
    let (store, _folder) = store();
    let count = |conn: &Connection| -> Result<i64, Problem> {
        Ok(conn.query_row("SELECT count(*) FROM client", [], |row| row.get(0))?)
    };
    let counts = store
        .read_now(|conn| {
            let before = count(conn)?;
            client_row(&store, "Mairie");
            Ok((before, count(conn)?))
        })
        .unwrap();
    assert_eq!(counts, (0, 0));
    assert_eq!(store.read_now(count), Ok(1));
}

#[test]
fn each_transaction_has_its_durability() {
    let (store, _folder) = store();
    let level = |tx: &Transaction<'_>| -> Result<i64, Problem> {
        Ok(tx.query_row("PRAGMA synchronous", [], |row| row.get(0))?)
    };
    assert_eq!(store.write_now(Durability::Full, level), Ok(2));
    assert_eq!(store.write_now(Durability::Normal, level), Ok(1));
    assert_eq!(store.write_now(Durability::Full, level), Ok(2));
}

#[test]
fn every_connection_keeps_the_house_rules() {
    let (store, _folder) = store();
    let pragma = |conn: &Connection, name: &str| -> Result<String, Problem> {
        Ok(conn
            .pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))
            .map(|v| format!("{v:?}"))?)
    };
    store
        .write_now(Durability::Full, |tx| {
            assert_eq!(pragma(tx, "journal_mode")?, "Text(\"wal\")");
            assert_eq!(pragma(tx, "secure_delete")?, "Integer(1)");
            assert_eq!(pragma(tx, "foreign_keys")?, "Integer(1)");
            assert_eq!(pragma(tx, "temp_store")?, "Integer(2)");
            Ok(())
        })
        .unwrap();
    store
        .read_now(|conn| {
            assert_eq!(pragma(conn, "cache_size")?, "Integer(-8000)");
            assert_eq!(pragma(conn, "temp_store")?, "Integer(2)");
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_key_is_never_printed() {
    let key = key(1);
    assert_eq!(format!("{key:?}"), "StoreKey(…)");
    assert!(StoreKey::from_hex(&key.hex()) == Some(key));
    assert!(StoreKey::from_hex("é").is_none());
}

#[test]
fn the_schema() {
    let (store, _folder) = store();
    let schema = store
        .read_now(|conn| {
            let mut read = conn.prepare(
                "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'words_%' ORDER BY rowid",
            )?;
            let parts = read.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
            Ok(parts.join(";\n"))
        })
        .unwrap();
    insta::assert_snapshot!(schema);
}
