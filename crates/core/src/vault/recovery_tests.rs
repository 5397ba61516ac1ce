//! The recovery phrase: as it is typed, asked back, and used on a machine whose keychain was reset.
//! A phrase nobody read back must cost nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{Room, Seeded, client_row, room};
use crate::vault::InMemory;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// The same folder, on a machine whose keychain was reset.
fn reset(room: &Room) -> Doors {
    Doors { keys: Arc::new(InMemory::default()), ..room.doors.clone() }
}

#[test]
fn a_phrase_reads_the_same_however_it_is_typed() {
    let phrase = make(&Seeded(AtomicU64::new(7)));
    assert_eq!(phrase.split('-').map(str::len).collect::<Vec<_>>(), [4; 8]);
    let typed = phrase.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
    assert_eq!(bare(&typed), bare(&phrase));
    assert_ne!(*phrase, *make(&Seeded(AtomicU64::new(8))));
}

#[tokio::test]
async fn a_reset_keychain_does_not_cost_the_inbox() {
    let room = room(Vec::new()).await;
    client_row(room.desk.store(), "Mairie");
    assert!(!room.desk.has_recovery());
    let phrase = room.desk.recovery_phrase().await.unwrap();
    assert_eq!(room.desk.confirm_recovery("0000".into()).await, Err(Problem::Passphrase { wrong: true }));
    assert!(!room.desk.has_recovery());
    room.desk.confirm_recovery(phrase.to_lowercase()).await.unwrap();
    assert!(room.desk.has_recovery());

    let doors = reset(&room);
    assert_eq!(Desk::recover(doors.clone(), phrase.to_string()).await.err(), Some(Problem::Busy));
    drop(room.desk);
    assert_eq!(Desk::open(doors.clone()).await.err(), Some(Problem::NoKey));
    let wrong = Desk::recover(doors.clone(), "0000".into()).await;
    assert_eq!(wrong.err(), Some(Problem::Passphrase { wrong: true }));
    assert_eq!(doors.keys.get(), Ok(None));
    let again = Desk::recover(doors.clone(), phrase.to_string()).await.unwrap();
    assert_eq!(again.desk().await.unwrap().clients[0].name, "Mairie");
    drop(again);
    assert!(Desk::open(doors).await.is_ok());
}

#[tokio::test]
async fn a_phrase_never_read_back_leaves_the_earlier_one() {
    let room = room(Vec::new()).await;
    let first = room.desk.recovery_phrase().await.unwrap();
    room.desk.confirm_recovery(first.to_string()).await.unwrap();
    assert_eq!(room.desk.confirm_recovery(first.to_string()).await, Err(Problem::NotFound));
    let second = room.desk.recovery_phrase().await.unwrap();
    let doors = reset(&room);
    drop(room.desk);
    let refused = Desk::recover(doors.clone(), second.to_string()).await;
    assert_eq!(refused.err(), Some(Problem::Passphrase { wrong: true }));
    assert!(Desk::recover(doors, first.to_string()).await.is_ok());
}

#[tokio::test]
async fn what_the_phrase_opens_is_a_restored_inbox() {
    let room = room(Vec::new()).await;
    let phrase = room.desk.recovery_phrase().await.unwrap();
    room.desk.confirm_recovery(phrase.to_string()).await.unwrap();
    let doors = reset(&room);
    drop(room.desk);
    let again = Desk::recover(doors, phrase.to_string()).await.unwrap();
    assert!(again.setting(crate::RESTORED_AT.into()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_phrase_of_another_vault_gives_nothing_back() {
    let room = room(Vec::new()).await;
    let phrase = room.desk.recovery_phrase().await.unwrap();
    let doors = reset(&room);
    drop(room.desk);
    let recover = || Desk::recover(doors.clone(), phrase.to_string());
    assert_eq!(recover().await.err(), Some(Problem::NotFound), "never confirmed");
    let file = recovery_file(&doors.folder);
    let seal = |plain: &[u8]| sealed::seal_to_phrase(plain, &bare(&phrase)).unwrap();
    std::fs::write(&file, seal(Key::make().expose().as_bytes())).unwrap();
    assert_eq!(recover().await.err(), Some(Problem::NoKey));
    std::fs::write(&file, seal(b"quelque chose")).unwrap();
    assert_eq!(recover().await.err(), Some(Problem::Torn));
    std::fs::remove_file(&file).unwrap();
    // A folder of its name does not read, and is not missing.
    std::fs::create_dir(&file).unwrap();
    assert_ne!(recover().await.err(), Some(Problem::NotFound));
    assert_eq!(doors.keys.get(), Ok(None));
}

#[test]
fn a_phrase_uses_all_its_letters_and_starts_with_no_dash() {
    let phrases: Vec<_> = (0..64).map(|seed| make(&Seeded(AtomicU64::new(seed)))).collect();
    assert!(phrases.iter().all(|phrase| phrase.len() == GROUPS * GROUP + GROUPS - 1 && !phrase.starts_with('-')));
    let used: std::collections::BTreeSet<char> = phrases.iter().flat_map(|phrase| phrase.chars()).collect();
    assert_eq!(used.len(), LETTERS.len() + 1);
}
