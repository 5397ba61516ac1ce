//! Pictures of others, kept encrypted beside the inbox, so that an evening without a network has its faces.
//!
//! A cache and no more: a file of its own, in no backup, bounded, made anew where it cannot be read. What the person
//! attaches is not here but in the inbox (`attachment`).

use crate::desk::Desk;
use crate::store::{StoreKey, connect};
use crate::view::Problem;
use guichet_model::{DAY, Millis};
use rusqlite::{Connection, OptionalExtension, params};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

const FILE: &str = "pictures.db";
/// Bytes of pictures kept: some thousands of faces, and the pictures of a season.
const MOST: i64 = 200_000_000;
/// One larger than this would push out a hundred faces.
const LARGEST: usize = 5_000_000;

/// Opened when the first picture is asked for, never on the way to the first list.
pub(crate) struct Pictures {
    file: PathBuf,
    kept: Arc<Mutex<Option<Connection>>>,
}

impl Desk {
    /// A picture kept under this name: its media type and its bytes.
    pub async fn kept_picture(&self, name: String) -> Result<Option<(String, Vec<u8>)>, Problem> {
        let now = self.now();
        self.with_pictures(move |kept| read(kept, &name, now)).await
    }

    /// Keeps a picture under a name, in the place of those not looked at for longest.
    pub async fn keep_picture(&self, name: String, media_type: String, bytes: Vec<u8>) -> Result<(), Problem> {
        if bytes.len() > LARGEST {
            return Ok(());
        }
        let now = self.now();
        self.with_pictures(move |kept| write(kept, &name, &media_type, &bytes, now, MOST)).await
    }

    async fn with_pictures<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (file, kept) = (self.inner.pictures.file.clone(), self.inner.pictures.kept.clone());
        let key = self.inner.vault.store_key()?;
        let done = tokio::task::spawn_blocking(move || {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            let open = match kept.take() {
                Some(open) => open,
                None => open(&file, &key)?,
            };
            work(kept.insert(open))
        });
        done.await.map_err(|_| Problem::Unexpected { what: "pictures thread".into() })?
    }
}

impl Pictures {
    pub fn new(folder: &Path) -> Self {
        Self { file: folder.join(FILE), kept: Arc::default() }
    }
}

/// What cannot be read, a torn file or one of another key, is thrown away: it can be fetched again.
fn open(file: &Path, key: &StoreKey) -> Result<Connection, Problem> {
    match furnished(file, key) {
        Err(Problem::Torn) => {
            for suffix in ["", "-wal", "-shm"] {
                let mut part = file.as_os_str().to_owned();
                part.push(suffix);
                match std::fs::remove_file(&part) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                    _ => {}
                }
            }
            furnished(file, key)
        }
        opened => opened,
    }
}

fn furnished(file: &Path, key: &StoreKey) -> Result<Connection, Problem> {
    let connection = connect(file, key, false)?;
    // It can be fetched again: no disk is made to wait for it.
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS picture (
            name TEXT PRIMARY KEY,
            media_type TEXT NOT NULL,
            bytes BLOB NOT NULL,
            size INTEGER NOT NULL,
            seen_at INTEGER NOT NULL   -- to the day
         ) STRICT;
         CREATE INDEX IF NOT EXISTS picture_seen ON picture (seen_at, size);",
    )?;
    Ok(connection)
}

fn read(kept: &mut Connection, name: &str, now: Millis) -> Result<Option<(String, Vec<u8>)>, Problem> {
    let found = kept
        .prepare_cached("SELECT media_type, bytes FROM picture WHERE name = ?1")?
        .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if found.is_some() {
        kept.prepare_cached("UPDATE picture SET seen_at = ?2 WHERE name = ?1 AND seen_at < ?2 - ?3")?
            .execute(params![name, now.0, DAY])?;
    }
    Ok(found)
}

fn write(
    kept: &mut Connection,
    name: &str,
    media_type: &str,
    bytes: &[u8],
    now: Millis,
    most: i64,
) -> Result<(), Problem> {
    let tx = kept.transaction()?;
    tx.prepare_cached(
        "INSERT OR REPLACE INTO picture (name, media_type, bytes, size, seen_at) VALUES (?1, ?2, ?3, length(?3), ?4)",
    )?
    .execute(params![name, media_type, bytes, now.0])?;
    let mut held: i64 =
        tx.prepare_cached("SELECT ifnull(sum(size), 0) FROM picture")?.query_row([], |row| row.get(0))?;
    while held > most {
        let (oldest, size): (String, i64) = tx
            .prepare_cached("SELECT name, size FROM picture ORDER BY seen_at, rowid LIMIT 1")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        tx.prepare_cached("DELETE FROM picture WHERE name = ?1")?.execute([&oldest])?;
        held -= size;
    }
    tx.commit()?;
    Ok(())
}

#[cfg(test)]
#[path = "picture_tests.rs"]
mod tests;
