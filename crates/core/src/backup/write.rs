//! Writing a backup: copy, seal, read back, and only then the name it was asked for.

use super::Header;
use super::sealed;
use crate::desk::Desk;
use crate::lock;
use crate::store;
use crate::view::Problem;
use guichet_model::Millis;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

/// What sealing adds to a store, at the most: one part in a thousand, and the vault.
const AROUND: u64 = 1 << 20;

/// A file of ours on the way, gone when this is dropped.
struct Passing(PathBuf);

impl Drop for Passing {
    fn drop(&mut self) {
        // It may bear its final name already.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Its size in bytes.
pub(super) fn backup(desk: &Desk, file: &Path, phrase: &str, now: Millis) -> Result<u64, Problem> {
    if phrase.trim().is_empty() {
        return Err(Problem::Invalid { field: "passphrase".into() });
    }
    let beside = part_of(file, now)?;
    if file.symlink_metadata().is_ok() {
        return Err(Problem::FileThere);
    }
    let (doors, vault) = (&desk.inner.doors, &desk.inner.vault);
    let (store_file, key) = (doors.folder.join("desk.db"), vault.store_key()?);
    let size = std::fs::metadata(&store_file)?.len();
    let copies = doors.folder.join("copies");
    lock::private_folder(&copies)?;
    room(&copies, size)?;
    // Named as the copies before a migration are: one left by a crash goes with them.
    let copy = Passing(copies.join(format!("backup-{}.db", now.0)));
    store::copy_into(&store_file, &key, &copy.0)?;
    store::check(&copy.0, &key)?;

    let vault = vault.carried()?;
    let header = Header::new(now, sealed::measure_bytes(&vault), sealed::measure(&copy.0)?);
    room(beside.parent().unwrap_or(Path::new(".")), header.store.size + header.store.size / 1_000 + AROUND)?;
    let mut options = OpenOptions::new();
    let out = lock::private(options.write(true).create_new(true)).open(&beside).map_err(there)?;
    let beside = Passing(beside);
    sealed::seal(&out, phrase, &header, &vault, &mut File::open(&copy.0)?)?;
    out.sync_all()?;
    let size = out.metadata()?.len();
    drop(out);

    let mut again = sealed::open(&beside.0, phrase)?;
    if again.header != header || *again.vault != *vault {
        return Err(Problem::TornBackup);
    }
    again.store(&mut std::io::sink())?;
    // Taken first, since a renaming would go over another's file.
    lock::private(OpenOptions::new().write(true).create_new(true)).open(file).map_err(there)?;
    if let Err(error) = std::fs::rename(&beside.0, file) {
        let _ = std::fs::remove_file(file);
        return Err(error.into());
    }
    sync_folder(file)?;
    Ok(size)
}

/// Beside the final name, on the same disk.
fn part_of(file: &Path, now: Millis) -> Result<PathBuf, Problem> {
    let invalid = || Problem::Invalid { field: "file".into() };
    let name = file.file_name().and_then(|name| name.to_str()).ok_or_else(invalid)?;
    let folder = match file.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return Err(invalid()),
    };
    if !folder.is_dir() {
        return Err(invalid());
    }
    Ok(folder.join(format!(".{name}.{}.part", now.0)))
}

pub(super) fn room(folder: &Path, wanted: u64) -> Result<(), Problem> {
    if fs4::available_space(folder)? < wanted { Err(Problem::DiskFull) } else { Ok(()) }
}

fn there(error: std::io::Error) -> Problem {
    match error.kind() {
        std::io::ErrorKind::AlreadyExists => Problem::FileThere,
        _ => error.into(),
    }
}

/// Elsewhere a folder cannot be opened as a file, and a renaming is durable by itself.
pub(super) fn sync_folder(file: &Path) -> Result<(), Problem> {
    #[cfg(unix)]
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
