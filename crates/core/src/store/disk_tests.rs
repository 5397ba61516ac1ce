//! The store on a disk that fills up, fails, goes read-only or loses its power; and copies of it that are torn.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::disk::{Disk, Trouble};
use crate::testing::{EVENING, Seeded, client_row};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;

struct Shelf {
    folder: tempfile::TempDir,
    disk: Arc<Disk>,
}

impl Shelf {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::under(folder.path());
        Self { folder, disk }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("desk.db")
    }

    fn open(&self) -> Result<Store, Problem> {
        Store::open(&self.file(), &StoreKey::make(&Seeded(AtomicU64::new(3))), EVENING)
    }
}

fn keep(store: &Store, name: &str) -> Result<(), Problem> {
    store.write_now(Durability::Full, |tx| {
        tx.execute("INSERT INTO setting (name, value) VALUES (?1, ?1)", [name])?;
        Ok(())
    })
}

fn kept(store: &Store) -> Result<Vec<String>, Problem> {
    store.read_now(|conn| {
        let mut read = conn.prepare("SELECT name FROM setting WHERE name LIKE 'n%' ORDER BY name")?;
        Ok(read.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    })
}

fn whole(store: &Store) -> Result<(), Problem> {
    let said: String = store.read_now(|conn| Ok(conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))?))?;
    if said == "ok" { Ok(()) } else { Err(Problem::Torn) }
}

/// What it meets is said; what was kept before is there meanwhile, after, and after reopening.
fn met(trouble: Trouble, said: &Problem) {
    let mut times = 0;
    for nth in 1..8 {
        let shelf = Shelf::new();
        let store = shelf.open().unwrap();
        keep(&store, "n1").unwrap();
        shelf.disk.meets(trouble, nth);
        let mut there = vec!["n1".to_owned()];
        match keep(&store, "n2") {
            Ok(()) => there.push("n2".into()),
            Err(problem) => {
                assert_eq!(&problem, said, "{trouble:?} at {nth}");
                times += 1;
            }
        }
        assert_eq!(kept(&store).as_ref(), Ok(&there));
        shelf.disk.recovers();
        keep(&store, "n3").unwrap();
        there.push("n3".into());
        assert_eq!(kept(&store).as_ref(), Ok(&there));
        drop(store);
        let again = shelf.open().unwrap();
        assert_eq!(kept(&again), Ok(there));
        whole(&again).unwrap();
    }
    assert!(times > 0, "{trouble:?} was never met");
}

#[test]
fn a_full_disk_is_said() {
    met(Trouble::Full, &Problem::DiskFull);
}

#[test]
fn a_disk_gone_read_only_is_said() {
    met(Trouble::ReadOnly, &Problem::ReadOnly);
}

#[test]
fn a_disk_that_fails_is_said() {
    met(Trouble::WriteFails, &Problem::Disk);
    met(Trouble::SyncFails, &Problem::Disk);
}

#[test]
fn a_new_inbox_on_a_disk_in_trouble_is_said_and_made_later() {
    for (trouble, said) in [
        (Trouble::Full, Problem::DiskFull),
        (Trouble::ReadOnly, Problem::ReadOnly),
        (Trouble::WriteFails, Problem::Disk),
    ] {
        for nth in [1, 2, 5, 40] {
            let shelf = Shelf::new();
            shelf.disk.meets(trouble, nth);
            assert_eq!(shelf.open().err(), Some(said.clone()), "{trouble:?} at {nth}");
            shelf.disk.recovers();
            keep(&shelf.open().unwrap(), "n1").unwrap();
        }
    }
}

/// Cut at every instant of the store's first life, whatever of the unsynced is on the disk afterwards.
#[test]
fn a_power_cut_while_the_inbox_is_made_leaves_one_that_opens() {
    let mut through = false;
    for nth in (1..4_000).step_by(7) {
        let shelf = Shelf::new();
        shelf.disk.meets(Trouble::PowerCut, nth);
        let acknowledged = shelf.open().is_ok_and(|store| keep(&store, "n1").is_ok());
        through = !shelf.disk.met();
        if through {
            break;
        }
        shelf.disk.power_returns(nth);
        let store = shelf.open().unwrap_or_else(|problem| panic!("{problem} after a cut at {nth}"));
        assert_eq!(kept(&store).unwrap().len(), usize::from(acknowledged), "cut at {nth}");
        whole(&store).unwrap();
    }
    assert!(through, "the cuts never came to an end");
}

/// Opened, or read where it opens: the torn place is said, and the file stays as it was.
fn is_torn(bytes: &[u8], what: &str) {
    let shelf = Shelf::new();
    std::fs::write(shelf.file(), bytes).unwrap();
    let read = shelf.open().and_then(|store| {
        let tables: Vec<String> = store.read_now(|conn| {
            let mut read =
                conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'words%'")?;
            Ok(read.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })?;
        for table in tables {
            store.read_now(|conn| Ok(conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |_| Ok(()))?))?;
        }
        whole(&store)
    });
    assert_eq!(read, Err(Problem::Torn), "{what}");
    assert_eq!(std::fs::read(shelf.file()).unwrap(), bytes, "{what}: touched");
}

fn written() -> Vec<u8> {
    let shelf = Shelf::new();
    let store = shelf.open().unwrap();
    client_row(&store, "Mairie");
    keep(&store, "n1").unwrap();
    drop(store);
    std::fs::read(shelf.file()).unwrap()
}

#[test]
fn a_copy_cut_short_is_said() {
    let bytes = written();
    let pages = bytes.len() / 4_096;
    for page in 1..pages {
        is_torn(&bytes[..page * 4_096], &format!("{page} pages of {pages}"));
    }
    for short in [1_000, 4_095, bytes.len() - 4_000, bytes.len() - 40] {
        is_torn(&bytes[..short], &format!("{short} bytes"));
    }
}

#[test]
fn a_copy_with_flipped_bytes_is_said() {
    let bytes = written();
    for page in 0..bytes.len() / 4_096 {
        let mut torn = bytes.clone();
        // Past the salt, which another key's store would have.
        torn[page * 4_096 + 100 + page % 3_000] ^= 0x40;
        is_torn(&torn, &format!("page {page}"));
    }
}

/// A desk whose folder is left as it was when its files are torn, and said to be so.
#[tokio::test]
async fn a_torn_vault_is_said_and_left_as_it_is() {
    let crate::testing::Room { desk, doors, folder, .. } = crate::testing::room(Vec::new()).await;
    drop(desk);
    let file = folder.path().join("vault");
    let bytes = std::fs::read(&file).unwrap();
    let mut torn: Vec<Vec<u8>> = (0..bytes.len()).step_by(37).map(|short| bytes[..short].to_vec()).collect();
    torn.extend((0..bytes.len()).step_by(29).map(|at| {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        flipped
    }));
    for torn in torn {
        std::fs::write(&file, &torn).unwrap();
        let opened = opened(&doors).await;
        assert!(matches!(opened, Err(Problem::Torn | Problem::NoKey)), "{} bytes: {opened:?}", torn.len());
        assert_eq!(std::fs::read(&file).unwrap(), torn);
    }
    // A new one that was half written when the power went is none yet.
    std::fs::write(&file, &bytes).unwrap();
    std::fs::write(folder.path().join("vault.new"), &bytes[..20]).unwrap();
    opened(&doors).await.unwrap();
}

async fn opened(doors: &crate::Doors) -> Result<(), Problem> {
    for _ in 0..200 {
        match crate::Desk::open(doors.clone()).await {
            Err(Problem::Busy) => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
            other => return other.map(drop),
        }
    }
    Err(Problem::Busy)
}

/// Where nobody may write, not even root: the kernel's own folder.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_that_cannot_be_written_is_said() {
    let crate::testing::Room { mut doors, .. } = crate::testing::room(Vec::new()).await;
    doors.folder = "/sys/kernel/guichet".into();
    assert_eq!(opened(&doors).await, Err(Problem::ReadOnly));
}

#[test]
fn what_a_file_answers_is_told_apart() {
    use std::io::{Error, ErrorKind};
    let told = |kind: ErrorKind| Problem::from(Error::from(kind));
    assert_eq!(told(ErrorKind::StorageFull), Problem::DiskFull);
    assert_eq!(told(ErrorKind::ReadOnlyFilesystem), Problem::ReadOnly);
    assert_eq!(told(ErrorKind::PermissionDenied), Problem::ReadOnly);
    // EIO has no kind of its own.
    assert_eq!(Problem::from(Error::from_raw_os_error(5)), Problem::Disk);
}
