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
    // Of a vault that is there it is no lost key: the keychain may only be locked.
    Vault::open(&doors(folder.path(), Arc::new(InMemory::default()))).unwrap();
    assert_eq!(Vault::open(&doors(folder.path(), Arc::new(Mute))).err(), Some(Problem::Keychain));
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

#[test]
fn a_first_start_that_stopped_halfway_goes_on_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let keys = Arc::new(InMemory::default());
    let key = Key::make();
    keys.set(&key).unwrap();
    let doors = doors(folder.path(), keys.clone());
    let vault = Vault::open(&doors).unwrap();
    assert!(keys.get() == Ok(Some(key)));
    assert!(Vault::open(&doors).unwrap().store_key().unwrap() == vault.store_key().unwrap());
}

#[test]
fn a_key_makes_no_vault_beside_a_store_either() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("desk.db"), b"something").unwrap();
    let keys = InMemory::default();
    keys.set(&Key::make()).unwrap();
    assert_eq!(Vault::open(&doors(folder.path(), Arc::new(keys))).err(), Some(Problem::NoKey));
    assert!(!folder.path().join("vault").exists());
}

#[test]
fn a_passphrases_file_that_does_not_read_is_no_missing_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = sealed::passphrase_file(folder.path());
    let keys = Passphrase::new(folder.path().to_owned(), "le chat dort".into());
    assert_eq!(keys.get(), Ok(None));
    // A folder of its name, which is neither read nor replaced, whoever runs the test.
    std::fs::create_dir(&file).unwrap();
    assert_eq!((keys.get(), keys.set(&Key::make())), (Err(KeysFault::File), Err(KeysFault::File)));
    std::fs::remove_dir(&file).unwrap();
    std::fs::write(&file, b"quelque chose").unwrap();
    assert_eq!(keys.get(), Err(KeysFault::Torn));
    std::fs::write(&file, sealed::seal_to_phrase(b"quelque chose", "le chat dort").unwrap()).unwrap();
    assert_eq!(keys.get(), Err(KeysFault::Torn), "sealed by the passphrase, but no key");
}

#[test]
fn what_does_not_read_is_torn_and_what_another_sealed_is_not_ours() {
    let key = Key::make();
    let bytes = sealed::seal_to_key(b"un", &key).unwrap();
    assert_eq!(sealed::open_with_key(&bytes, &key).as_deref().map(Vec::as_slice), Ok(&b"un"[..]));
    assert_eq!(sealed::open_with_key(&bytes, &Key::make()).err(), Some(Problem::NoKey));
    assert_eq!(sealed::open_with_key(&bytes[..bytes.len() - 1], &key).err(), Some(Problem::Torn));
    assert_eq!(sealed::open_with_key(b"quelque chose", &key).err(), Some(Problem::Torn));
    let bytes = sealed::seal_to_phrase(b"un", "le chat dort").unwrap();
    let wrong = Some(Problem::Passphrase { wrong: true });
    assert_eq!(sealed::open_with_phrase(&bytes, "le chien dort").err(), wrong);
    assert_eq!(sealed::open_with_phrase(&bytes[..bytes.len() - 1], "le chat dort").err(), Some(Problem::Torn));
    assert_eq!(sealed::open_with_phrase(b"quelque chose", "le chat dort").err(), Some(Problem::Torn));
}

/// Says one thing, and keeps nothing.
struct Says(KeysFault);

impl Keys for Says {
    fn get(&self) -> Result<Option<Key>, KeysFault> {
        Err(self.0)
    }

    fn set(&self, _: &Key) -> Result<(), KeysFault> {
        Err(self.0)
    }
}

#[test]
fn a_vault_is_sealed_anew_with_the_key_that_is_kept() {
    let keys = InMemory::default();
    let fresh = key_for(&keys).unwrap();
    assert_eq!(keys.get(), Ok(None), "it is not its keeper's yet");
    keys.set(&fresh).unwrap();
    assert!(key_for(&keys).unwrap() == fresh);
    for fault in [KeysFault::WrongPassphrase, KeysFault::Torn] {
        assert!(key_for(&Says(fault)).unwrap() != fresh);
    }
    assert_eq!(key_for(&Says(KeysFault::Keychain)).err(), Some(Problem::Keychain));
    assert_eq!(key_for(&Says(KeysFault::File)).err(), Some(Problem::ReadOnly));
}

#[test]
fn its_contents_go_along_and_become_another_vault() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let keys = Arc::new(InMemory::default());
    let vault = Vault::open(&doors(here.path(), keys.clone())).unwrap();
    vault.keep("access/1", secret()).unwrap();
    let lives = Lives { generation: 3, file: None, restored: false };
    vault.set_lives(lives.clone()).unwrap();
    assert_eq!(Vault::open(&doors(here.path(), keys)).unwrap().lives(), lives);
    let carried = Carried::read(&vault.carried().unwrap()).unwrap();
    assert!(carried.store_key().unwrap() == vault.store_key().unwrap());
    let key = Key::make();
    carried.settle(there.path(), &key, 9).unwrap();
    let keys = Arc::new(InMemory::default());
    keys.set(&key).unwrap();
    let settled = Vault::open(&doors(there.path(), keys)).unwrap();
    assert_eq!(settled.lives(), Lives { generation: 9, file: None, restored: true });
    assert_eq!(settled.secret("access/1"), Some(secret()));
    assert_eq!(Carried::read(b"{}").err(), Some(Problem::Torn));
}

#[test]
fn what_lies_beside_a_vault_is_read_by_its_own_inbox_alone() {
    let folder = tempfile::tempdir().unwrap();
    let keys = Arc::new(InMemory::default());
    let vault = Vault::open(&doors(folder.path(), keys.clone())).unwrap();
    let (key, beside) = (keys.get().unwrap().unwrap(), folder.path().join("keepsake"));
    vault.keep_beside(&beside, b"un mot").unwrap();
    let own = Carried::read(&vault.carried().unwrap()).unwrap();
    let read = |carried: &Carried, key: &Key| carried.beside(folder.path(), key, &beside).map(|plain| plain.to_vec());
    assert_eq!(read(&own, &key).as_deref(), Some(&b"un mot"[..]));
    assert_eq!(read(&own, &Key::make()), None);
    let elsewhere = tempfile::tempdir().unwrap();
    let other =
        Doors { random: Arc::new(Seeded(AtomicU64::new(6))), ..doors(elsewhere.path(), Arc::new(InMemory::default())) };
    let other = Carried::read(&Vault::open(&other).unwrap().carried().unwrap()).unwrap();
    assert_eq!(read(&other, &key), None);
}
