//! The system's keychain, asked on a thread of its own: a locked or absent one can block a call for ever.

use super::{Key, Keys, KeysFault};
use std::sync::mpsc;
use std::time::Duration;

/// Long enough for a person to unlock it, short enough not to look dead.
const PATIENCE: Duration = Duration::from_secs(10);
/// The entry's user name: the service tells one Guichet from another.
const ENTRY: &str = "vault";

pub struct Keychain {
    service: String,
}

impl Keychain {
    pub fn new(service: impl Into<String>) -> Self {
        Self { service: service.into() }
    }

    fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(keyring::Entry) -> keyring::Result<T> + Send + 'static,
    ) -> Result<T, Silence> {
        let (answer, asked) = mpsc::sync_channel(1);
        let service = self.service.clone();
        std::thread::Builder::new()
            .name("keychain".into())
            .spawn(move || {
                let said = keyring::Entry::new(&service, ENTRY).and_then(question);
                // Nobody waits any more once the patience is over.
                let _ = answer.send(said);
            })
            .map_err(|_| Silence::NoAnswer)?;
        match asked.recv_timeout(PATIENCE) {
            Ok(Ok(said)) => Ok(said),
            Ok(Err(keyring::Error::NoEntry)) => Err(Silence::NoEntry),
            Ok(Err(_)) | Err(_) => Err(Silence::NoAnswer),
        }
    }
}

enum Silence {
    NoEntry,
    NoAnswer,
}

impl Keys for Keychain {
    fn get(&self) -> Result<Option<Key>, KeysFault> {
        match self.ask(|entry| entry.get_password()) {
            Ok(text) => Key::parse(&text).map(Some).ok_or(KeysFault::Torn),
            Err(Silence::NoEntry) => Ok(None),
            Err(Silence::NoAnswer) => Err(KeysFault::Keychain),
        }
    }

    fn set(&self, key: &Key) -> Result<(), KeysFault> {
        let text = key.clone();
        self.ask(move |entry| entry.set_password(text.expose())).map_err(|_| KeysFault::Keychain)
    }
}
