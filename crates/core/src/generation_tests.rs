//! Which openings are of a restored inbox, and which only look like one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::desk::Doors;
use crate::store::{StoreKey, copy_into};
use crate::testing::{Room, room};
use guichet_model::SECOND;
use std::sync::Arc;

/// When the inbox behind these doors was found restored, after one more opening.
async fn opened(doors: &Doors) -> Option<String> {
    let desk = Desk::open(doors.clone()).await.unwrap();
    desk.setting(RESTORED_AT.into()).await.unwrap()
}

/// A room whose desk was opened, started and stopped, and is closed.
async fn left() -> Room {
    let room = room(Vec::new()).await;
    room.desk.start().stop().await;
    room
}

impl Room {
    fn file(&self) -> std::path::PathBuf {
        self.doors.folder.join("desk.db")
    }

    /// Closes the desk and gives what the room keeps of it.
    fn close(self) -> (Doors, Arc<crate::testing::HandClock>, tempfile::TempDir) {
        drop(self.desk);
        (self.doors, self.clock, self.folder)
    }

    fn key(&self) -> StoreKey {
        self.desk.inner.vault.store_key().unwrap()
    }
}

#[tokio::test]
async fn life_after_life_is_no_restoring() {
    let room = left().await;
    let (doors, _, _folder) = room.close();
    for _ in 0..3 {
        assert_eq!(opened(&doors).await, None);
        // And one that stops as a person who quits does.
        let desk = Desk::open(doors.clone()).await.unwrap();
        desk.start().stop().await;
    }
    assert_eq!(opened(&doors).await, None);
}

#[tokio::test]
async fn a_crash_between_the_two_numbers_is_no_restoring() {
    let room = left().await;
    let (doors, _, _folder) = room.close();
    let file = doors.folder.join("desk.db");
    for _ in 0..3 {
        let vault = Vault::open(&doors).unwrap();
        let store = Store::open(&file, &vault.store_key().unwrap(), doors.now()).unwrap();
        let ahead = raise_store(&store, &vault, None).unwrap();
        assert_eq!(ahead, vault.lives().generation + 1);
        assert_eq!(is_restored(&store, &vault, &file), Ok(false));
    }
    assert_eq!(opened(&doors).await, None);
    assert_eq!(opened(&doors).await, None);
}

#[tokio::test]
async fn an_older_store_under_a_newer_vault_is_a_restored_one_and_only_once() {
    let room = left().await;
    let file = room.file();
    let (doors, clock, _folder) = room.close();
    let older = std::fs::read(&file).unwrap();
    assert_eq!(opened(&doors).await, None);
    // Into the same file: nothing but the number tells it.
    std::fs::write(&file, &older).unwrap();
    let now = Some(doors.now().0.to_string());
    assert_eq!(opened(&doors).await, now);
    clock.forward(SECOND);
    assert_eq!(opened(&doors).await, now, "found restored a second time");
}

#[tokio::test]
async fn a_copy_made_while_it_was_open_is_older_once_it_has_stopped() {
    let room = room(Vec::new()).await;
    let engine = room.desk.start();
    let (file, copy) = (room.file(), room.doors.folder.join("copy.db"));
    copy_into(&file, &room.key(), &copy).unwrap();
    engine.stop().await;
    let (doors, _, _folder) = room.close();
    std::fs::write(&file, std::fs::read(&copy).unwrap()).unwrap();
    assert!(opened(&doors).await.is_some());
}

#[tokio::test]
async fn a_vault_older_than_its_store_is_told_as_well() {
    let room = left().await;
    let (doors, _, _folder) = room.close();
    let vault = doors.folder.join("vault");
    let older = std::fs::read(&vault).unwrap();
    for _ in 0..2 {
        assert_eq!(opened(&doors).await, None);
    }
    std::fs::write(&vault, older).unwrap();
    assert!(opened(&doors).await.is_some());
    // From here on both count on.
    let (store, known) = {
        let vault = Vault::open(&doors).unwrap();
        let store = Store::open(&doors.folder.join("desk.db"), &vault.store_key().unwrap(), doors.now()).unwrap();
        (store.read_now(of_store).unwrap(), vault.lives().generation)
    };
    assert_eq!(store, known);
}

#[cfg(unix)]
#[tokio::test]
async fn a_copied_folder_is_a_restored_inbox() {
    let room = left().await;
    let (doors, _, _folder) = room.close();
    let other = tempfile::tempdir().unwrap();
    for name in ["desk.db", "vault"] {
        std::fs::copy(doors.folder.join(name), other.path().join(name)).unwrap();
    }
    let copied = Doors { folder: other.path().to_owned(), ..doors.clone() };
    assert!(opened(&copied).await.is_some());
    // The one it was copied from is none.
    assert_eq!(opened(&doors).await, None);
}

#[tokio::test]
async fn a_restoring_cut_short_is_done_again() {
    let room = left().await;
    let (doors, _, _folder) = room.close();
    let file = doors.folder.join("desk.db");
    let vault = Vault::open(&doors).unwrap();
    vault.set_lives(Lives { restored: true, ..vault.lives() }).unwrap();
    let store = Store::open(&file, &vault.store_key().unwrap(), doors.now()).unwrap();
    assert_eq!(is_restored(&store, &vault, &file), Ok(true));
    raise_store(&store, &vault, Some(doors.now())).unwrap();
    assert_eq!(is_restored(&store, &vault, &file), Ok(true), "the vault was not written yet");
    raise(&store, &vault, &file, Some(doors.now())).unwrap();
    assert_eq!(is_restored(&store, &vault, &file), Ok(false));
}

#[tokio::test]
async fn an_inbox_opened_by_its_recovery_phrase_is_a_restored_one() {
    let room = left().await;
    let phrase = room.desk.recovery_phrase().await.unwrap();
    room.desk.confirm_recovery(phrase.to_string()).await.unwrap();
    let (doors, _, _folder) = room.close();
    let reset = Doors { keys: Arc::new(crate::vault::InMemory::default()), ..doors };
    let desk = Desk::recover(reset, phrase.to_string()).await.unwrap();
    assert!(desk.setting(RESTORED_AT.into()).await.unwrap().is_some());
}

/// Everything beside the store, as it lies there.
fn lying(doors: &Doors) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(&doors.folder)
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().is_file())
        .map(|entry| (entry.file_name(), std::fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn a_store_emptied_or_gone_is_torn_and_nothing_is_written_over_it() {
    let room = left().await;
    let file = room.file();
    let (doors, _, _folder) = room.close();
    std::fs::write(doors.folder.join("desk.db-wal"), b"what a crash left in the log").unwrap();
    std::fs::write(doors.folder.join("keepsake"), b"drafts").unwrap();
    let whole = std::fs::read(&file).unwrap();
    for cut in [0, 1, 16, 4_095] {
        std::fs::write(&file, &whole[..cut]).unwrap();
        let before = lying(&doors);
        let opened = Desk::open(doors.clone()).await.map(drop);
        assert_eq!(opened, Err(Problem::Torn), "{cut} bytes");
        assert!(lying(&doors) == before, "{cut} bytes: touched");
    }
    std::fs::remove_file(&file).unwrap();
    let before = lying(&doors);
    assert_eq!(Desk::open(doors.clone()).await.map(drop), Err(Problem::Torn));
    assert!(lying(&doors) == before, "gone: touched");
}

#[tokio::test]
async fn a_first_start_that_stopped_before_its_store_is_gone_on_with() {
    let room = room(Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let doors = Doors {
        folder: folder.path().to_owned(),
        keys: Arc::new(crate::vault::InMemory::default()),
        ..room.doors.clone()
    };
    drop(Vault::open(&doors).unwrap());
    assert_eq!(opened(&doors).await, None, "a vault alone");
    let folder = tempfile::tempdir().unwrap();
    let doors = Doors {
        folder: folder.path().to_owned(),
        keys: Arc::new(crate::vault::InMemory::default()),
        ..room.doors.clone()
    };
    drop(Vault::open(&doors).unwrap());
    std::fs::write(doors.folder.join("desk.db"), b"").unwrap();
    assert_eq!(opened(&doors).await, None, "and a store not yet written");
}
