//! What the vault knows of the store's lives, and its contents on their way into a backup and out of it.

use super::{Contents, Key, Keys, KeysFault, Vault, read, sealed, write};
use crate::store::{FileId, StoreKey};
use crate::view::Problem;
use serde::{Deserialize, Serialize};
use std::path::Path;
use zeroize::Zeroizing;

/// The store as it was left. Its own number may be ahead by one: it is written first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Lives {
    pub generation: u64,
    /// `None`: not told yet, or files are not told apart here.
    pub file: Option<FileId>,
    /// Written from a backup, or opened by the recovery phrase, and not opened since.
    pub restored: bool,
}

impl Vault {
    pub fn lives(&self) -> Lives {
        self.contents().lives.clone()
    }

    /// Durable when it returns. Blocks for some milliseconds.
    pub fn set_lives(&self, lives: Lives) -> Result<(), Problem> {
        self.change(|contents| contents.lives = lives)
    }

    /// Everything in it, in clear: for the inside of a sealed file alone.
    pub fn carried(&self) -> Result<Zeroizing<Vec<u8>>, Problem> {
        Ok(Zeroizing::new(serde_json::to_vec(&*self.contents())?))
    }

    /// Seals to the vault's own key and replaces `file` with it.
    pub fn keep_beside(&self, file: &Path, plain: &[u8]) -> Result<(), Problem> {
        sealed::replace(file, &sealed::seal_to_key(plain, &self.inner.key)?)
    }
}

/// A vault's contents without its file.
pub(crate) struct Carried(Contents);

impl Carried {
    /// `Torn` where it does not read.
    pub fn read(plain: &[u8]) -> Result<Self, Problem> {
        serde_json::from_slice(plain).map(Self).map_err(|_| Problem::Torn)
    }

    pub fn store_key(&self) -> Result<StoreKey, Problem> {
        StoreKey::from_hex(&self.0.store_key.0).ok_or(Problem::Torn)
    }

    /// As a vault in `folder`, sealed to `key`, whose store is a restored one of that generation.
    pub fn settle(mut self, folder: &Path, key: &Key, generation: u64) -> Result<(), Problem> {
        self.0.lives = Lives { generation, file: None, restored: true };
        write(&folder.join(Vault::FILE), key, &self.0)
    }

    /// What was kept beside the vault of `folder`, where that vault opens and is of the same inbox.
    pub fn beside(&self, folder: &Path, key: &Key, file: &Path) -> Option<Zeroizing<Vec<u8>>> {
        let there = read(&folder.join(Vault::FILE), key).ok()?;
        if there.store_key != self.0.store_key {
            return None;
        }
        sealed::open_with_key(&std::fs::read(file).ok()?, key).ok()
    }
}

/// The key to seal a vault with: the one that is kept here, since a vault put aside still needs it; else a new one,
/// not yet given to its keeper. `Keychain` where nobody can say.
pub(crate) fn key_for(keys: &dyn Keys) -> Result<Key, Problem> {
    match keys.get() {
        Ok(Some(key)) => Ok(key),
        // What does not open is a file, which is put aside whole.
        Ok(None) | Err(KeysFault::WrongPassphrase | KeysFault::Torn) => Ok(Key::make()),
        Err(fault) => Err(fault.into()),
    }
}
