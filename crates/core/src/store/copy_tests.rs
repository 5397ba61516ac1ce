//! A copy taken under way is whole, and one flipped byte of it is found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::store::{Durability, Store};
use crate::testing::{EVENING, Seeded, client_row, store};
use std::sync::atomic::AtomicU64;

fn key(seed: u64) -> StoreKey {
    StoreKey::make(&Seeded(AtomicU64::new(seed)))
}

#[test]
fn a_copy_holds_what_was_committed_and_not_what_comes_after() {
    let (store, folder) = store();
    let (file, copy) = (folder.path().join("desk.db"), folder.path().join("copy.db"));
    client_row(&store, "Mairie");
    // A writer in the middle of its transaction is not waited for.
    store
        .write_now(Durability::Full, |tx| {
            tx.execute("INSERT INTO setting (name, value) VALUES ('a', 'b')", [])?;
            copy_into(&file, &key(2), &copy)
        })
        .unwrap();
    check(&copy, &key(2)).unwrap();
    let copied = Store::open(&copy, &key(2), EVENING).unwrap();
    let name: String =
        copied.read_now(|conn| Ok(conn.query_row("SELECT name FROM client", [], |row| row.get(0))?)).unwrap();
    assert_eq!(name, "Mairie");
    assert_eq!(copied.read_now(|conn| crate::setting::read(conn, "a")), Ok(None));
    assert!(copy_into(&file, &key(2), &copy).is_err(), "never over a file that is there");
}

#[test]
fn a_flipped_byte_and_a_lost_end_are_found() {
    let (store, folder) = store();
    let (file, copy) = (folder.path().join("desk.db"), folder.path().join("copy.db"));
    client_row(&store, "Mairie");
    copy_into(&file, &key(2), &copy).unwrap();
    let whole = std::fs::read(&copy).unwrap();
    for at in [whole.len() / 2, whole.len() - 3_000] {
        let mut torn = whole.clone();
        torn[at] ^= 1;
        std::fs::write(&copy, &torn).unwrap();
        assert_eq!(check(&copy, &key(2)), Err(Problem::Torn), "byte {at}");
    }
    std::fs::write(&copy, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(check(&copy, &key(2)), Err(Problem::Torn));
    assert_eq!(check(&copy, &key(9)), Err(Problem::NoKey));
}
