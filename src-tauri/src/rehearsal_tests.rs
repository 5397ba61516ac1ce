//! What a killed rehearsal leaves, and who removes it.
//!
//! Tests of the file of the same name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use std::time::SystemTime;

/// A rehearsal's folder whose lock was made so long ago.
fn left(temporary: &Path, name: &str, ago: Duration) -> (std::path::PathBuf, File) {
    let folder = temporary.join(name);
    std::fs::create_dir(&folder).unwrap();
    let lock = File::create(folder.join("engine.lock")).unwrap();
    lock.set_modified(SystemTime::now() - ago).unwrap();
    (folder, lock)
}

#[test]
fn a_killed_rehearsal_is_removed_and_a_living_one_is_not() {
    let temporary = tempfile::tempdir().unwrap();
    let long = STARTING * 2;
    let (killed, _) = left(temporary.path(), "guichet-rehearsal-a", long);
    let (living, held) = left(temporary.path(), "guichet-rehearsal-b", long);
    let (starting, _) = left(temporary.path(), "guichet-rehearsal-c", Duration::ZERO);
    let (foreign, _) = left(temporary.path(), "somebody-elses", long);
    held.lock().unwrap();
    sweep(temporary.path());
    assert!(!killed.exists());
    assert!(living.exists() && starting.exists() && foreign.exists());
}
