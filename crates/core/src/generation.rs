//! Whether the store is the one that was left here, or an older one, a copy, or another's: then nothing of it may
//! leave by itself.
//!
//! Store and vault carry the same number, raised at every opening and when the desk stops: a copy made in between is
//! older from then on. The store's is written first, so that a crash between the two leaves the store ahead by one,
//! and the next opening writes that same number again. What the vault cannot see is a copy of a life that ended in a
//! crash, written back into the very same file.

use crate::desk::Desk;
use crate::setting;
use crate::store::{Durability, FileId, Store};
use crate::vault::{Lives, Vault};
use crate::view::Problem;
use guichet_model::Millis;
use rusqlite::Connection;
use std::path::Path;

/// The setting that says when a restored inbox was first opened: milliseconds.
pub const RESTORED_AT: &str = "restored_at";

/// No store is shorter.
const PAGE: u64 = 4_096;

/// `Torn` where the store of a vault that has lived is gone, or shorter than any: before anything is opened, since SQLite
/// would make a new one of it, throw the log beside it away, and an empty keepsake would follow. Only a first start that
/// stopped before it had made its store leaves as much behind.
pub(crate) fn not_emptied(vault: &Vault, file: &Path) -> Result<(), Problem> {
    let size = match std::fs::metadata(file) {
        Ok(told) => told.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error.into()),
    };
    if size < PAGE && vault.lives() != Lives::default() { Err(Problem::Torn) } else { Ok(()) }
}

/// Under the engine's lock, before anything may leave.
pub(crate) fn is_restored(store: &Store, vault: &Vault, file: &Path) -> Result<bool, Problem> {
    let lives = vault.lives();
    let here = store.read_now(of_store)?;
    let as_left = here == lives.generation || here == lives.generation + 1;
    let another = match (lives.file, FileId::of(file)) {
        (Some(left), Some(found)) => !left.is(&found),
        _ => false,
    };
    let restored = lives.restored || !as_left || another;
    if restored {
        tracing::warn!(store = here, vault = lives.generation, another, marked = lives.restored, "a restored inbox");
    }
    Ok(restored)
}

/// The next life, in both. `restored`: when, if this one is a restored one; what that asks for was done before.
pub(crate) fn raise(store: &Store, vault: &Vault, file: &Path, restored: Option<Millis>) -> Result<(), Problem> {
    let generation = raise_store(store, vault, restored)?;
    vault.set_lives(Lives { generation, file: FileId::of(file), restored: false })
}

fn raise_store(store: &Store, vault: &Vault, restored: Option<Millis>) -> Result<u64, Problem> {
    let left = vault.lives().generation;
    store.write_now(Durability::Full, |tx| {
        // Never the next after its own: that would run away where the vault cannot be written.
        let next = of_store(tx)?.max(left + 1);
        tx.execute("UPDATE opening SET generation = ?1", [i64::try_from(next).unwrap_or(i64::MAX)])?;
        if let Some(at) = restored {
            setting::write(tx, RESTORED_AT, &at.0.to_string())?;
        }
        Ok(next)
    })
}

pub(crate) fn of_store(conn: &Connection) -> Result<u64, Problem> {
    let generation: i64 = conn.query_row("SELECT generation FROM opening", [], |row| row.get(0))?;
    u64::try_from(generation).map_err(|_| Problem::Torn)
}

impl Desk {
    /// `raise`, off the runtime's threads.
    pub(crate) async fn next_life(&self, restored: bool) -> Result<(), Problem> {
        let desk = self.clone();
        let restored = restored.then(|| self.now());
        let raised = tokio::task::spawn_blocking(move || {
            raise(&desk.inner.store, &desk.inner.vault, &desk.inner.doors.folder.join("desk.db"), restored)
        });
        raised.await.map_err(|_| Problem::Unexpected { what: "generation thread".into() })?
    }
}

#[cfg(test)]
#[path = "generation_tests.rs"]
mod tests;
