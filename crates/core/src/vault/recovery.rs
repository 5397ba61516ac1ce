//! The recovery phrase: a second seal around the vault's key, for the day the keychain was reset.
//!
//! It counts only once it was asked back: until then an earlier phrase still opens. The phrase itself is kept nowhere.

use super::{Key, Vault, read, sealed, write};
use crate::desk::{Desk, Doors, Random};
use crate::lock;
use crate::view::Problem;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// 32 letters and digits that are not taken for one another: 5 bits each, 160 in all.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUPS: usize = 8;
const GROUP: usize = 4;

impl Desk {
    /// A new phrase, eight groups of four, shown once. It opens nothing until `confirm_recovery` has read it back.
    pub async fn recovery_phrase(&self) -> Result<Zeroizing<String>, Problem> {
        let (vault, folder) = (self.inner.vault.clone(), self.inner.doors.folder.clone());
        let phrase = make(self.inner.doors.random.as_ref());
        let shown = phrase.clone();
        on_thread(move || {
            let bytes = sealed::seal_to_phrase(vault.inner.key.expose().as_bytes(), &bare(&phrase))?;
            sealed::replace(&asked_file(&folder), &bytes)
        })
        .await?;
        Ok(shown)
    }

    /// What the person copied, asked back. `Passphrase { wrong: true }` where it is another, `NotFound` where none was
    /// made since the last one was confirmed.
    pub async fn confirm_recovery(&self, phrase: String) -> Result<(), Problem> {
        let folder = self.inner.doors.folder.clone();
        on_thread(move || {
            let bytes = read_if_there(&asked_file(&folder))?;
            sealed::open_with_phrase(&bytes, &bare(&phrase))?;
            sealed::replace(&recovery_file(&folder), &bytes)?;
            Ok(std::fs::remove_file(asked_file(&folder))?)
        })
        .await
    }

    /// Whether a confirmed phrase opens this vault.
    pub fn has_recovery(&self) -> bool {
        recovery_file(&self.inner.doors.folder).exists()
    }

    /// Gives the key back to its keeper, then opens as a restored inbox. `NotFound` where no phrase was ever confirmed.
    pub async fn recover(doors: Doors, phrase: String) -> Result<Self, Problem> {
        let giving = doors.clone();
        on_thread(move || {
            let _engine = lock::take(&giving.folder)?;
            let bytes = read_if_there(&recovery_file(&giving.folder))?;
            let plain = sealed::open_with_phrase(&bytes, &bare(&phrase))?;
            let key = std::str::from_utf8(&plain).ok().and_then(Key::parse).ok_or(Problem::Torn)?;
            // Only a key that opens this vault may take the place of another.
            let file = giving.folder.join(Vault::FILE);
            let mut contents = read(&file, &key)?;
            // Nobody knows since when this folder lay there: what it had not sent waits for a look and a word.
            contents.lives.restored = true;
            write(&file, &key, &contents)?;
            Ok(giving.keys.set(&key)?)
        })
        .await?;
        Self::open(doors).await
    }
}

fn make(random: &dyn Random) -> Zeroizing<String> {
    let mut drawn = Zeroizing::new([0u8; GROUPS * GROUP]);
    random.bytes(drawn.as_mut());
    let mut phrase = Zeroizing::new(String::new());
    for (at, byte) in drawn.iter().enumerate() {
        if at > 0 && at % GROUP == 0 {
            phrase.push('-');
        }
        phrase.push(char::from(LETTERS[usize::from(byte % 32)]));
    }
    phrase
}

/// As it was sealed, however it was typed: case, dashes and spaces do not matter, nor O for 0, I and L for 1.
fn bare(typed: &str) -> Zeroizing<String> {
    let letters = typed.chars().filter(|c| c.is_alphanumeric()).map(|c| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    });
    Zeroizing::new(letters.collect())
}

fn recovery_file(folder: &Path) -> PathBuf {
    folder.join("vault.recovery")
}

fn asked_file(folder: &Path) -> PathBuf {
    folder.join("vault.recovery.asked")
}

fn read_if_there(file: &Path) -> Result<Vec<u8>, Problem> {
    match std::fs::read(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Problem::NotFound),
        read => Ok(read?),
    }
}

async fn on_thread<T: Send + 'static>(f: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(f).await.map_err(|_| Problem::Unexpected { what: "vault thread".into() })?
}

#[cfg(test)]
#[path = "recovery_tests.rs"]
mod tests;
