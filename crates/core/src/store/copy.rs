//! A whole copy of the store while it is written to, and the proof that a file is a whole store.

use super::{StoreKey, connect, header_is_foreign};
use crate::view::Problem;
use std::path::Path;

/// One moment of the store at `file` as a new file at `copy`, encrypted with the same key. Nobody is kept waiting.
pub(crate) fn copy_into(file: &Path, key: &StoreKey, copy: &Path) -> Result<(), Problem> {
    let connection = connect(file, key, true)?;
    connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
    Ok(())
}

/// Reads every page: `Torn` where one is not as it was written, `NoKey` where another key wrote it.
pub(crate) fn check(file: &Path, key: &StoreKey) -> Result<(), Problem> {
    if header_is_foreign(file, key)? {
        return Err(Problem::NoKey);
    }
    let connection = connect(file, key, true)?;
    // It names the pages that fail, and says nothing where all is well.
    let mut pages = connection.prepare("PRAGMA cipher_integrity_check")?;
    if pages.query([])?.next()?.is_some() {
        return Err(Problem::Torn);
    }
    let said: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if said == "ok" { Ok(()) } else { Err(Problem::Torn) }
}

#[cfg(test)]
#[path = "copy_tests.rs"]
mod tests;
