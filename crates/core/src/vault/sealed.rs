//! Sealing and opening bytes with age, and replacing a file so that a crash leaves the old one or the new one.

use super::Key;
use crate::lock::private;
use crate::view::Problem;
use age::secrecy::SecretString;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The vault's key, sealed with a passphrase.
pub(super) fn passphrase_file(folder: &Path) -> PathBuf {
    folder.join("vault.key")
}

pub(super) fn seal_to_key(plain: &[u8], key: &Key) -> Result<Vec<u8>, Problem> {
    let recipient = key.identity().ok_or(Problem::NoKey)?.to_public();
    age::encrypt(&recipient, plain).map_err(|_| sealing())
}

/// `NoKey` where it was sealed to another key, `Torn` where it does not read.
pub(super) fn open_with_key(sealed: &[u8], key: &Key) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let identity = key.identity().ok_or(Problem::NoKey)?;
    match age::decrypt(&identity, sealed) {
        Ok(plain) => Ok(Zeroizing::new(plain)),
        Err(age::DecryptError::NoMatchingKeys) => Err(Problem::NoKey),
        Err(_) => Err(Problem::Torn),
    }
}

pub(super) fn seal_to_phrase(plain: &[u8], phrase: &str) -> Result<Vec<u8>, Problem> {
    let recipient = age::scrypt::Recipient::new(SecretString::from(phrase.to_owned()));
    age::encrypt(&recipient, plain).map_err(|_| sealing())
}

/// `Passphrase { wrong: true }` where another phrase sealed it, `Torn` where it does not read.
pub(super) fn open_with_phrase(sealed: &[u8], phrase: &str) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let identity = age::scrypt::Identity::new(SecretString::from(phrase.to_owned()));
    match age::decrypt(&identity, sealed) {
        Ok(plain) => Ok(Zeroizing::new(plain)),
        Err(
            age::DecryptError::DecryptionFailed
            | age::DecryptError::KeyDecryptionFailed
            | age::DecryptError::NoMatchingKeys,
        ) => Err(Problem::Passphrase { wrong: true }),
        Err(_) => Err(Problem::Torn),
    }
}

/// Written beside, synced, renamed over, the folder synced: durable when it returns.
pub(super) fn replace(file: &Path, bytes: &[u8]) -> Result<(), Problem> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    let mut open = private(&mut options).open(&beside)?;
    open.write_all(bytes)?;
    open.sync_all()?;
    drop(open);
    std::fs::rename(&beside, file)?;
    // Elsewhere a folder cannot be opened as a file, and the rename is durable by itself.
    #[cfg(unix)]
    if let Some(folder) = file.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn sealing() -> Problem {
    Problem::Unexpected { what: "sealing".into() }
}
