//! The doors of the desk, as the system fills them: the clock, the folder, the keys, randomness.

use guichet_core::{Keychain, Keys, Passphrase, Random};
use guichet_model::{Clock, Millis};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

pub struct SystemRandom;

impl Random for SystemRandom {
    fn bytes(&self, buf: &mut [u8]) {
        // Without randomness there are no keys: stopping is the only safe answer, and no system here ever gives it.
        if getrandom::fill(buf).is_err() {
            std::process::abort();
        }
    }
}

/// Where the inbox lives: `$XDG_DATA_HOME/guichet`, or `~/.local/share/guichet`.
pub fn folder() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share"))).map(|data| data.join("guichet"))
}

/// The keychain, where it answers; with a passphrase, the file that it opens.
pub fn keys(folder: &Path, passphrase: Option<String>) -> Arc<dyn Keys> {
    match passphrase {
        Some(passphrase) => Arc::new(Passphrase::new(folder.to_owned(), passphrase)),
        None => Arc::new(Keychain::new("guichet")),
    }
}
