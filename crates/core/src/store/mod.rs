//! The encrypted inbox: one writer, three read-only readers, closures on blocking threads.
//!
//! The key is given raw with its salt, so that opening a connection derives nothing. Every act of a person commits
//! with `synchronous=FULL`; intake commits with NORMAL, since it can be read again: a later FULL commit carries it.

mod copy;
mod file_id;
mod key;
mod migrations;
mod pool;

pub(crate) use copy::{check, copy_into};
pub(crate) use file_id::FileId;
pub use key::StoreKey;
pub(crate) use migrations::SCHEMA;

use crate::view::Problem;
use guichet_model::Millis;
use pool::Readers;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The disk's own word, on every Unix; `ErrorKind` has none for it.
const EIO: i32 = 5;

/// How sure a commit must be before it returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// On the disk: acts, drafts, replies, secrets.
    Full,
    /// In order, but perhaps lost with the power: intake alone.
    Normal,
}

#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

/// The readers close first: the last to close, which can write, leaves one whole file and no log beside it.
struct Inner {
    readers: Readers,
    writer: Mutex<Writer>,
}

struct Writer {
    connection: Connection,
    durability: Durability,
}

impl Store {
    /// Opens or makes the store, brings its schema up to date; `now` dates the copy kept aside before a migration.
    pub fn open(file: &Path, key: &StoreKey, now: Millis) -> Result<Self, Problem> {
        if header_is_foreign(file, key)? {
            return Err(Problem::NoKey);
        }
        let mut connection = connect(file, key, false)?;
        migrations::run(&mut connection, file, now)?;
        let readers = Readers::new((0..3).map(|_| connect(file, key, true)).collect::<Result<_, _>>()?);
        Ok(Self {
            inner: Arc::new(Inner { writer: Mutex::new(Writer { connection, durability: Durability::Full }), readers }),
        })
    }

    /// One IMMEDIATE transaction; committed when `f` returns `Ok`, rolled back otherwise.
    pub async fn write<T: Send + 'static>(
        &self,
        durability: Durability,
        f: impl FnOnce(&Transaction<'_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let store = self.clone();
        on_thread(move || store.write_now(durability, f)).await
    }

    /// Everything `f` reads is one moment of the store.
    pub async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let store = self.clone();
        on_thread(move || store.read_now(f)).await
    }

    /// `read`, through the writer, whose pages are at hand: every commit makes the readers decrypt theirs again. For short
    /// questions between two writes; it waits for a writer at work.
    pub async fn reread<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let store = self.clone();
        on_thread(move || {
            let mut writer = store.inner.writer.lock().unwrap_or_else(PoisonError::into_inner);
            let moment = writer.connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
            f(&moment)
        })
        .await
    }

    /// `write`, on this thread.
    pub fn write_now<T>(
        &self,
        durability: Durability,
        f: impl FnOnce(&Transaction<'_>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let mut writer = self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if writer.durability != durability {
            // SQLite refuses to change it inside a transaction.
            let level = match durability {
                Durability::Full => "FULL",
                Durability::Normal => "NORMAL",
            };
            writer.connection.pragma_update(None, "synchronous", level)?;
            writer.durability = durability;
        }
        let transaction = writer.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let answer = f(&transaction)?;
        transaction.commit()?;
        Ok(answer)
    }

    /// `read`, on this thread.
    pub fn read_now<T>(&self, f: impl FnOnce(&Connection) -> Result<T, Problem>) -> Result<T, Problem> {
        let reader = self.inner.readers.take();
        let moment = reader.unchecked_transaction()?;
        f(&moment)
    }
}

async fn on_thread<T: Send + 'static>(f: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(f).await {
        Ok(answer) => answer,
        Err(_) => Err(Problem::Unexpected { what: "store thread".into() }),
    }
}

/// Whether the file is there and was written with another salt than ours: another key's store, not a torn one.
fn header_is_foreign(file: &Path, key: &StoreKey) -> Result<bool, Problem> {
    let mut header = [0u8; 16];
    match std::fs::File::open(file) {
        Ok(mut open) => Ok(open.read_exact(&mut header).is_ok() && header != key.salt()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn connect(file: &Path, key: &StoreKey, read_only: bool) -> Result<Connection, Problem> {
    let flags = if read_only {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    } else {
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
    };
    let connection = Connection::open_with_flags(file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // Before the key, and for the copies this connection makes too. Processors have instructions for this hash, not for
    // SQLCipher's own choice: a page is written and read in half the time.
    connection.pragma_update(None, "cipher_default_hmac_algorithm", "HMAC_SHA256")?;
    connection.pragma_update(None, "key", key.literal().as_str())?;
    // SQLCipher writes to stderr by itself: what went wrong comes back as a `Problem`.
    connection.pragma_update(None, "cipher_log_level", "NONE")?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "cache_size", -8_000)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    if !read_only {
        // The first statement that touches the file: a torn one shows here.
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        connection.pragma_update_and_check(None, "secure_delete", "ON", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        // Pages written again and again go home once in 16 MiB of log, not once in four.
        connection.pragma_update_and_check(None, "wal_autocheckpoint", 4_000, |_| Ok(()))?;
    }
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

impl From<rusqlite::Error> for Problem {
    /// The code alone: SQLite's messages may quote what was being written.
    fn from(error: rusqlite::Error) -> Self {
        if matches!(error, rusqlite::Error::QueryReturnedNoRows) {
            return Self::NotFound;
        }
        let Some(code) = error.sqlite_error() else {
            return Self::Unexpected {
                what: match error {
                    rusqlite::Error::FromSqlConversionFailure(..) => "sqlite conversion".into(),
                    rusqlite::Error::InvalidColumnType(..) => "sqlite column type".into(),
                    rusqlite::Error::InvalidParameterName(_) => "sqlite parameter".into(),
                    rusqlite::Error::InvalidParameterCount(..) => "sqlite parameter count".into(),
                    rusqlite::Error::ExecuteReturnedResults => "sqlite results".into(),
                    _ => "sqlite".into(),
                },
            };
        };
        match code.code {
            ErrorCode::DiskFull => Self::DiskFull,
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Self::ReadOnly,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Torn,
            ErrorCode::SystemIoFailure => Self::Disk,
            _ => Self::Unexpected { what: format!("sqlite {}", code.extended_code) },
        }
    }
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull,
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => Self::ReadOnly,
            _ if error.raw_os_error() == Some(EIO) => Self::Disk,
            kind => Self::Unexpected { what: format!("file {kind:?}") },
        }
    }
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        Self::Unexpected { what: format!("json {:?}", error.classify()) }
    }
}

#[cfg(all(test, unix))]
mod disk_tests;
#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
