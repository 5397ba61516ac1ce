//! The door to wherever the vault's key is kept.

use super::sealed;
use crate::view::Problem;
use age::secrecy::ExposeSecret;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use zeroize::Zeroizing;

/// The vault's key: an age identity, as text. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Zeroizing<String>);

impl Key {
    pub(super) fn make() -> Self {
        let identity = age::x25519::Identity::generate();
        Self(Zeroizing::new(identity.to_string().expose_secret().to_owned()))
    }

    /// From what `expose` gave; `None` where it is no key.
    pub fn parse(text: &str) -> Option<Self> {
        let key = Self(Zeroizing::new(text.trim().to_owned()));
        key.identity().is_some().then_some(key)
    }

    /// For whoever keeps it, and nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(super) fn identity(&self) -> Option<age::x25519::Identity> {
        self.0.parse().ok()
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Where the key is kept. Both calls may block, for a bounded time.
pub trait Keys: Send + Sync {
    /// `None`: there is none here.
    fn get(&self) -> Result<Option<Key>, KeysFault>;
    /// Kept when it returns.
    fn set(&self, key: &Key) -> Result<(), KeysFault>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysFault {
    /// No keychain, locked, or silent for too long.
    #[error("the keychain does not answer")]
    Keychain,
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// What is kept is no key.
    #[error("torn key")]
    Torn,
    #[error("the key's file cannot be read or written")]
    File,
}

impl From<KeysFault> for Problem {
    fn from(fault: KeysFault) -> Self {
        match fault {
            KeysFault::Keychain => Self::Keychain,
            KeysFault::WrongPassphrase => Self::Passphrase { wrong: true },
            KeysFault::Torn => Self::Torn,
            KeysFault::File => Self::ReadOnly,
        }
    }
}

/// The key in a file beside the vault, sealed with a passphrase (scrypt, about a second of work).
pub struct Passphrase {
    folder: PathBuf,
    passphrase: Zeroizing<String>,
}

impl Passphrase {
    pub fn new(folder: PathBuf, passphrase: String) -> Self {
        Self { folder, passphrase: Zeroizing::new(passphrase) }
    }
}

impl Keys for Passphrase {
    fn get(&self) -> Result<Option<Key>, KeysFault> {
        let sealed = match std::fs::read(sealed::passphrase_file(&self.folder)) {
            Ok(sealed) => sealed,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(_) => return Err(KeysFault::File),
        };
        match sealed::open_with_phrase(&sealed, &self.passphrase) {
            Ok(plain) => std::str::from_utf8(&plain).ok().and_then(Key::parse).map(Some).ok_or(KeysFault::Torn),
            Err(Problem::Passphrase { .. }) => Err(KeysFault::WrongPassphrase),
            Err(_) => Err(KeysFault::Torn),
        }
    }

    fn set(&self, key: &Key) -> Result<(), KeysFault> {
        sealed::seal_to_phrase(key.expose().as_bytes(), &self.passphrase)
            .and_then(|sealed| sealed::replace(&sealed::passphrase_file(&self.folder), &sealed))
            .map_err(|_| KeysFault::File)
    }
}

/// The key in this process alone: the rehearsal, whose vault is thrown away, and tests.
#[derive(Default)]
pub struct InMemory(Mutex<Option<Key>>);

impl Keys for InMemory {
    fn get(&self) -> Result<Option<Key>, KeysFault> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn set(&self, key: &Key) -> Result<(), KeysFault> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(key.clone());
        Ok(())
    }
}
