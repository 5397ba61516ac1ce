//! Every file that is no whole backup, every door that does not open: said plainly, and nothing has changed.

use super::super::{sealed, write};
use super::*;

/// A file of that header before that vault and store, whatever they are, sealed with the phrase.
fn forged(file: &Path, header: &Header, vault: &[u8], store: &[u8]) {
    let mut recipient = age::scrypt::Recipient::new(PHRASE.to_owned().into());
    recipient.set_work_factor(4);
    let plain = [&serde_json::to_vec(header).unwrap(), b"\n".as_slice(), vault, store].concat();
    std::fs::write(file, age::encrypt(&recipient, &plain).unwrap()).unwrap();
}

/// The parts of a true backup.
fn parts(file: &Path) -> (Header, Vec<u8>, Vec<u8>) {
    let mut opened = sealed::open(file, PHRASE).unwrap();
    let mut store = Vec::new();
    opened.store(&mut store).unwrap();
    (opened.header.clone(), opened.vault.to_vec(), store)
}

#[tokio::test]
async fn a_backup_never_goes_over_a_file_or_nowhere() {
    let house = House::new().await;
    std::fs::write(house.file("là"), b"des vacances").unwrap();
    assert_eq!(house.backup("là").await, Err(Problem::FileThere));
    assert_eq!(std::fs::read(house.file("là")).unwrap(), b"des vacances");
    let nowhere = house.file("aucun/dossier/copie").display().to_string();
    let file = Problem::Invalid { field: "file".into() };
    assert_eq!(house.desk().backup(nowhere, PHRASE.into()).await, Err(file));
    let bare = house.file("copie").display().to_string();
    let passphrase = Problem::Invalid { field: "passphrase".into() };
    assert_eq!(house.desk().backup(bare, "  ".into()).await, Err(passphrase));
    assert_eq!(names(house.shelf.path()), ["là"], "nothing is left of what was refused");
    assert_eq!(house.desk().setting(BACKUP_AT.into()).await, Ok(None));
}

#[test]
fn a_disk_without_room_is_said_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(write::room(folder.path(), u64::MAX), Err(Problem::DiskFull));
    assert_eq!(write::room(folder.path(), 1), Ok(()));
}

#[tokio::test]
async fn what_is_no_whole_backup_changes_nothing() {
    let house = House::new().await;
    house.backup("vraie").await.unwrap();
    house.draft("Écrit après la copie.").await;
    house.room.clock.forward(SECOND);
    house.backup("suivante").await.unwrap();
    let (doors, other, shelf, _folders) = house.close();
    let before = contents(&doors.folder);
    let (_, _, next_store) = parts(&shelf.join("suivante"));
    let (header, vault, store) = parts(&shelf.join("vraie"));
    let bytes = std::fs::read(shelf.join("vraie")).unwrap();
    let file = shelf.join("fausse");

    let mut tried = Vec::new();
    let mut refused = async |what: &str, expected: Problem| {
        for doors in [&doors, &other] {
            assert_eq!(restored(doors, &file).await, Err(expected.clone()), "{what}");
        }
        assert_eq!(contents(&doors.folder), before, "{what}");
        assert_eq!(contents(&other.folder), BTreeMap::new(), "{what}");
        assert_eq!(other.keys.get(), Ok(None), "{what}");
        tried.push(what.to_owned());
    };

    refused("no file", Problem::NotFound).await;
    for (what, text) in [("an empty file", ""), ("another file", "Liste des courses : thé, lait.")] {
        std::fs::write(&file, text).unwrap();
        refused(what, Problem::NoBackup).await;
    }
    std::fs::write(&file, age::encrypt(&age::x25519::Identity::generate().to_public(), b"?").unwrap()).unwrap();
    refused("sealed to a key", Problem::NoBackup).await;
    std::fs::write(&file, &bytes[..30]).unwrap();
    refused("a beginning", Problem::NoBackup).await;
    for (what, cut) in [("half of it", bytes.len() / 2), ("all but the end", bytes.len() - 1)] {
        std::fs::write(&file, &bytes[..cut]).unwrap();
        refused(what, Problem::TornBackup).await;
    }
    for (what, at) in [("a byte of the first part", 700), ("a byte of the store", bytes.len() / 2)] {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        std::fs::write(&file, flipped).unwrap();
        refused(what, Problem::TornBackup).await;
    }
    std::fs::write(&file, [bytes.as_slice(), b"encore"].concat()).unwrap();
    refused("something after it", Problem::TornBackup).await;

    forged(&file, &Header { format: 2, ..header.clone() }, &vault, &store);
    refused("a newer format", Problem::NewerBackup).await;
    forged(&file, &Header { schema: SCHEMA + 1, ..header.clone() }, &vault, &store);
    refused("a newer schema", Problem::NewerBackup).await;
    forged(&file, &Header { guichet: "recette".into(), ..header.clone() }, &vault, &store);
    refused("another program's", Problem::NoBackup).await;
    let other_token = String::from_utf8(vault.clone()).unwrap().replace("jeton-de-la", "jeton-de-sa");
    forged(&file, &header, other_token.as_bytes(), &store);
    refused("another vault, that reads", Problem::TornBackup).await;
    forged(&file, &header, &vault, &next_store);
    refused("another store, that reads", Problem::TornBackup).await;
    let nothing = b"{}";
    forged(&file, &Header { vault: sealed::measure_bytes(nothing), ..header.clone() }, nothing, &store);
    refused("a vault without a key", Problem::TornBackup).await;
    let mut page = store.clone();
    let middle = page.len() / 2;
    page[middle] ^= 1;
    forged(&file, &Header { store: sealed::measure_bytes(&page), ..header.clone() }, &vault, &page);
    refused("a store whose pages do not read", Problem::TornBackup).await;
    assert_eq!(tried.len(), 17);

    let vast = Header { store: Part { size: u64::MAX / 4, ..header.store.clone() }, ..header.clone() };
    forged(&file, &vast, &vault, &store);
    assert_eq!(restored(&other, &file).await, Err(Problem::DiskFull), "no room for what it says");
    assert_eq!(contents(&other.folder), BTreeMap::new());
    // Forged as these are, the true parts make a true backup.
    forged(&file, &header, &vault, &store);
    restored(&other, &file).await.unwrap();
    restored(&doors, &shelf.join("vraie")).await.unwrap();
}

#[tokio::test]
async fn another_passphrase_changes_nothing() {
    let house = House::new().await;
    house.backup("vraie").await.unwrap();
    let (_, other, shelf, _folders) = house.close();
    let wrong = restore(other.clone(), shelf.join("vraie"), "un autre train".into(), MARK.into()).await;
    assert_eq!(wrong, Err(Problem::Passphrase { wrong: true }));
    assert_eq!(contents(&other.folder), BTreeMap::new());
}

#[tokio::test]
async fn nothing_is_restored_under_an_open_desk() {
    let house = House::new().await;
    house.backup("vraie").await.unwrap();
    let doors = house.room.doors.clone();
    assert_eq!(restored(&doors, &house.file("vraie")).await, Err(Problem::Busy));
    assert_eq!(draft_of(house.desk(), house.conversation).await.as_deref(), Some("Nous regardons."));
}

/// A keychain that has no key and takes none, or does not answer at all.
struct Stubborn {
    answers: bool,
}

impl Keys for Stubborn {
    fn get(&self) -> Result<Option<Key>, KeysFault> {
        if self.answers { Ok(None) } else { Err(KeysFault::Keychain) }
    }

    fn set(&self, _: &Key) -> Result<(), KeysFault> {
        Err(KeysFault::Keychain)
    }
}

#[tokio::test]
async fn a_keychain_that_takes_no_key_leaves_the_inbox_that_was_there() {
    let house = House::new().await;
    house.backup("vraie").await.unwrap();
    let (doors, _, shelf, _folders) = house.close();
    let before = contents(&doors.folder);
    for answers in [true, false] {
        let stubborn = Doors { keys: Arc::new(Stubborn { answers }), ..doors.clone() };
        assert_eq!(restored(&stubborn, &shelf.join("vraie")).await, Err(Problem::Keychain));
        assert_eq!(contents(&doors.folder), before);
    }
    assert!(Desk::open(doors).await.is_ok());
}
