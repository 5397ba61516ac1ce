//! The vault with its key, without it, with another's, torn, and behind a passphrase.
//! Nothing of a secret may stand on the disk or in a printout.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{EVENING, HandClock, Seeded};
use std::sync::atomic::AtomicU64;

struct Mute;

impl Keys for Mute {
    fn get(&self) -> Result<Option<Key>, KeysFault> {
        Err(KeysFault::Keychain)
    }

    fn set(&self, _: &Key) -> Result<(), KeysFault> {
        Err(KeysFault::Keychain)
    }
}

fn doors(folder: &Path, keys: Arc<dyn Keys>) -> Doors {
    Doors {
        clock: HandClock::at(EVENING),
        folder: folder.to_owned(),
        keys,
        networks: Vec::new(),
        random: Arc::new(Seeded(AtomicU64::new(5))),
    }
}

fn secret() -> Secret {
    Secret("{\"token\":\"jeton-lisible\"}".into())
}

#[test]
fn secrets_are_there_after_reopening_and_never_in_clear() {
    let folder = tempfile::tempdir().unwrap();
    let doors = doors(folder.path(), Arc::new(InMemory::default()));
    let vault = Vault::open(&doors).unwrap();
    vault.keep("access/1", secret()).unwrap();
    vault.keep("access/2", secret()).unwrap();
    vault.forget("access/2").unwrap();
    let again = Vault::open(&doors).unwrap();
    assert_eq!(again.secret("access/1"), Some(secret()));
    assert_eq!(again.secret("access/2"), None);
    assert!(again.store_key().unwrap() == vault.store_key().unwrap());
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(5).any(|part| part == b"jeton"));
    }
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    Vault::open(&doors(folder.path(), Arc::new(InMemory::default()))).unwrap();
    let mode = std::fs::metadata(folder.path().join("vault")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_lost_key_is_said_and_no_new_one_made() {
    let folder = tempfile::tempdir().unwrap();
    Vault::open(&doors(folder.path(), Arc::new(InMemory::default()))).unwrap();
    let reset = Arc::new(InMemory::default());
    assert_eq!(Vault::open(&doors(folder.path(), reset.clone())).err(), Some(Problem::NoKey));
    assert_eq!(reset.get(), Ok(None));
}

#[test]
fn no_vault_is_made_beside_a_store() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("desk.db"), b"something").unwrap();
    let keys = Arc::new(InMemory::default());
    assert_eq!(Vault::open(&doors(folder.path(), keys.clone())).err(), Some(Problem::NoKey));
    assert_eq!(keys.get(), Ok(None));
    assert!(!folder.path().join("vault").exists());
}

#[test]
fn another_vaults_key_does_not_open_it() {
    let folder = tempfile::tempdir().unwrap();
    Vault::open(&doors(folder.path(), Arc::new(InMemory::default()))).unwrap();
    let other = InMemory::default();
    other.set(&Key::make()).unwrap();
    assert_eq!(Vault::open(&doors(folder.path(), Arc::new(other))).err(), Some(Problem::NoKey));
}

#[test]
fn a_torn_vault_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let doors = doors(folder.path(), Arc::new(InMemory::default()));
    Vault::open(&doors).unwrap();
    let file = folder.path().join("vault");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() - 20]).unwrap();
    assert_eq!(Vault::open(&doors).err(), Some(Problem::Torn));
}

#[test]
fn a_mute_keychain_is_said() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Vault::open(&doors(folder.path(), Arc::new(Mute))).err(), Some(Problem::Keychain));
    assert!(!folder.path().join("vault").exists());
}

#[test]
fn a_passphrase_opens_what_it_sealed_and_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let with = |phrase: &str| Arc::new(Passphrase::new(folder.path().to_owned(), phrase.into()));
    let vault = Vault::open(&doors(folder.path(), with("le chat dort"))).unwrap();
    vault.keep("access/1", secret()).unwrap();
    let again = Vault::open(&doors(folder.path(), with("le chat dort"))).unwrap();
    assert_eq!(again.secret("access/1"), Some(secret()));
    let wrong = Vault::open(&doors(folder.path(), with("le chien dort")));
    assert_eq!(wrong.err(), Some(Problem::Passphrase { wrong: true }));
    let asked = Some(Problem::Passphrase { wrong: false });
    assert_eq!(Vault::open(&doors(folder.path(), Arc::new(Mute))).err(), asked);
    assert_eq!(Vault::open(&doors(folder.path(), Arc::new(InMemory::default()))).err(), asked);
    let older = Arc::new(InMemory::default());
    older.set(&Key::make()).unwrap();
    assert_eq!(Vault::open(&doors(folder.path(), older)).err(), asked);
}

#[test]
fn a_change_that_cannot_be_written_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(&doors(folder.path(), Arc::new(InMemory::default()))).unwrap();
    // A folder where the new file should go: it cannot be written, whoever runs the test.
    std::fs::create_dir(folder.path().join("vault.new")).unwrap();
    assert!(vault.keep("access/1", secret()).is_err());
    assert_eq!(vault.secret("access/1"), None);
}

#[test]
fn keys_and_secrets_are_never_printed() {
    let key = Key::make();
    assert_eq!(format!("{key:?}"), "Key(…)");
    assert_eq!(format!("{:?}", secret()), "Secret(…)");
    assert!(Key::parse(key.expose()) == Some(key));
    assert!(Key::parse("quelque chose").is_none());
}

#[tokio::test]
async fn a_session_reads_and_replaces_the_secret_of_its_access() {
    use guichet_model::{Fault, Secrets};
    let folder = tempfile::tempdir().unwrap();
    let doors = doors(folder.path(), Arc::new(InMemory::default()));
    let vault = Vault::open(&doors).unwrap();
    let secrets = AccessSecrets { vault, name: "access/1".into() };
    assert_eq!(secrets.read().await, Err(Fault::NeedsLogin));
    secrets.replace(secret()).await.unwrap();
    assert_eq!(secrets.read().await, Ok(secret()));
    assert_eq!(Vault::open(&doors).unwrap().secret("access/1"), Some(secret()));
}
