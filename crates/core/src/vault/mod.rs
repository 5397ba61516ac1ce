//! The vault: one file, `vault`, that holds the store's key and every secret, sealed to one key.
//!
//! The key is an age identity. It is kept by whatever answers at the door `Keys`: the system's keychain, or a file
//! `vault.key` sealed with a passphrase. A second copy may be sealed with a recovery phrase in `vault.recovery`, since
//! a reset keychain is ordinary and must not cost the inbox. The file is replaced whole, synced before and after, so
//! that a rotated token is durable before it is used.

mod carry;
mod keychain;
mod keys;
mod recovery;
mod sealed;
mod secrets;

pub(crate) use carry::{Carried, Lives, key_for};
pub use keychain::Keychain;
pub use keys::{InMemory, Key, Keys, KeysFault, Passphrase};
pub(crate) use secrets::AccessSecrets;

use crate::desk::Doors;
use crate::store::StoreKey;
use crate::view::Problem;
use guichet_model::Secret;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

#[derive(Clone)]
pub(crate) struct Vault {
    inner: Arc<Inner>,
}

struct Inner {
    file: PathBuf,
    key: Key,
    contents: Mutex<Contents>,
}

/// What is sealed.
#[derive(Clone, Serialize, Deserialize)]
struct Contents {
    store_key: Secret,
    secrets: BTreeMap<String, Secret>,
    #[serde(default)]
    lives: Lives,
}

impl Vault {
    const FILE: &str = "vault";

    /// Under the engine's lock. Makes a key and an empty vault only where neither vault nor store is there.
    pub fn open(doors: &Doors) -> Result<Self, Problem> {
        let file = doors.folder.join(Self::FILE);
        let kept = doors.keys.get();
        let key = match kept {
            Ok(key) => key,
            // The keychain's trouble is not the answer where a passphrase is the way in.
            Err(KeysFault::Keychain) if sealed::passphrase_file(&doors.folder).exists() => None,
            Err(fault) => return Err(fault.into()),
        };
        match (key, file.exists()) {
            (Some(key), true) => match read(&file, &key) {
                Ok(contents) => Ok(Self::new(file, key, contents)),
                // An older vault's key is still in the keychain.
                Err(Problem::NoKey) if sealed::passphrase_file(&doors.folder).exists() => {
                    Err(Problem::Passphrase { wrong: false })
                }
                Err(problem) => Err(problem),
            },
            (None, true) if sealed::passphrase_file(&doors.folder).exists() => {
                Err(Problem::Passphrase { wrong: false })
            }
            (None, true) => Err(Problem::NoKey),
            (_, false) if doors.folder.join("desk.db").exists() => Err(Problem::NoKey),
            (kept, false) => {
                let key = match kept {
                    // A first start that stopped between the key and the vault.
                    Some(key) => key,
                    None => {
                        let key = Key::make();
                        doors.keys.set(&key)?;
                        key
                    }
                };
                let contents = Contents {
                    store_key: Secret(StoreKey::make(doors.random.as_ref()).hex().to_string()),
                    secrets: BTreeMap::new(),
                    lives: Lives::default(),
                };
                write(&file, &key, &contents)?;
                Ok(Self::new(file, key, contents))
            }
        }
    }

    fn new(file: PathBuf, key: Key, contents: Contents) -> Self {
        Self { inner: Arc::new(Inner { file, key, contents: Mutex::new(contents) }) }
    }

    pub fn store_key(&self) -> Result<StoreKey, Problem> {
        StoreKey::from_hex(&self.contents().store_key.0).ok_or(Problem::Torn)
    }

    pub fn secret(&self, name: &str) -> Option<Secret> {
        self.contents().secrets.get(name).cloned()
    }

    /// Durable when it returns. Blocks for some milliseconds.
    pub fn keep(&self, name: &str, secret: Secret) -> Result<(), Problem> {
        self.change(|contents| {
            contents.secrets.insert(name.to_owned(), secret);
        })
    }

    pub fn forget(&self, name: &str) -> Result<(), Problem> {
        self.change(|contents| {
            contents.secrets.remove(name);
        })
    }

    /// Memory changes only once the disk has: a failed write leaves both as they were.
    fn change(&self, f: impl FnOnce(&mut Contents)) -> Result<(), Problem> {
        let mut contents = self.contents();
        let mut next = contents.clone();
        f(&mut next);
        write(&self.inner.file, &self.inner.key, &next)?;
        *contents = next;
        Ok(())
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.inner.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(file: &Path, key: &Key) -> Result<Contents, Problem> {
    let plain = sealed::open_with_key(&std::fs::read(file)?, key)?;
    serde_json::from_slice(&plain).map_err(|_| Problem::Torn)
}

fn write(file: &Path, key: &Key, contents: &Contents) -> Result<(), Problem> {
    let plain = Zeroizing::new(serde_json::to_vec(contents)?);
    sealed::replace(file, &sealed::seal_to_key(&plain, key)?)
}

#[cfg(test)]
#[path = "vault_tests.rs"]
mod tests;
