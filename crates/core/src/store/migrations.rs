//! The schema's history: numbered SQL files, each run once in a transaction that also moves `user_version`.
//!
//! Before the first pending one of an existing store, a copy goes aside (`VACUUM INTO` keeps it encrypted with the
//! same key) and stays seven days. A store of a newer Guichet is refused untouched. A migration never drops an unsent
//! reply.

use crate::view::Problem;
use guichet_model::{DAY, Millis};
use rusqlite::{Connection, TransactionBehavior};
use std::path::{Path, PathBuf};

/// Every migration, in order: the version of a store is how many of them it has seen.
const ALL: &[&str] = &[include_str!("migrations/0001_desk.sql")];

/// The version of a store that has seen them all.
pub(crate) const SCHEMA: usize = ALL.len();

pub(super) fn run(connection: &mut Connection, file: &Path, now: Millis) -> Result<(), Problem> {
    run_list(connection, file, now, ALL)
}

fn run_list(connection: &mut Connection, file: &Path, now: Millis, all: &[&str]) -> Result<(), Problem> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let seen = usize::try_from(version).map_err(|_| Problem::Torn)?;
    if seen > all.len() {
        return Err(Problem::NewerStore);
    }
    drop_old_copies(file, now);
    if seen > 0 && seen < all.len() {
        copy_aside(connection, file, seen, now)?;
    }
    for (at, sql) in all.iter().enumerate().skip(seen) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", i64::try_from(at + 1).unwrap_or(i64::MAX))?;
        transaction.commit()?;
    }
    Ok(())
}

fn copy_aside(connection: &Connection, file: &Path, version: usize, now: Millis) -> Result<(), Problem> {
    let folder = copies(file);
    std::fs::create_dir_all(&folder)?;
    let size = std::fs::metadata(file)?.len();
    // The copy, and as much again for what the migration itself writes.
    if fs4::available_space(&folder)? < size.saturating_mul(2) {
        return Err(Problem::DiskFull);
    }
    let copy = folder.join(format!("v{version}-{}.db", now.0));
    let made = connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()]);
    if let Err(error) = made {
        // A copy that stopped half-way is no copy.
        let _ = std::fs::remove_file(&copy);
        return Err(error.into());
    }
    Ok(())
}

/// Best effort: an old copy that cannot be removed now is removed at a later start.
fn drop_old_copies(file: &Path, now: Millis) {
    let Ok(entries) = std::fs::read_dir(copies(file)) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        let written = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .and_then(|stem| stem.rsplit('-').next()?.parse().ok())
            .map(Millis);
        if written.is_some_and(|written| now.since(written) > 7 * DAY) {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Beside the store: copies of it, each named for its instant.
pub(super) fn copies(file: &Path) -> PathBuf {
    file.with_file_name("copies")
}

#[cfg(test)]
#[path = "migrations_tests.rs"]
mod tests;
