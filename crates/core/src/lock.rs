//! The engine's lock: one process at a time talks to networks, renews tokens and makes keys.
//!
//! An operating system's file lock, which the kernel releases at death: never a lease by time.

use crate::view::Problem;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// Held as long as it lives.
pub(crate) struct EngineLock {
    _file: File,
}

/// `Busy` where another process, or another desk of this one, holds it.
pub(crate) fn take(folder: &Path) -> Result<EngineLock, Problem> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let file = private(&mut options).open(folder.join("engine.lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(EngineLock { _file: file }),
        Err(TryLockError::WouldBlock) => Err(Problem::Busy),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Files of ours are their owner's alone where the system knows owners.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// Makes the folder, its owner's alone, if it is not there.
pub(crate) fn private_folder(folder: &Path) -> Result<(), Problem> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)?;
    Ok(())
}

#[cfg(test)]
#[path = "lock_tests.rs"]
mod tests;
