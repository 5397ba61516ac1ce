//! Which file the store is, as the system knows it: a copy of it is another file, whatever stands inside.
//!
//! A file keeps its number and its instant of birth for life, and no copy or unpacked archive can take them over; a
//! number alone may be given to the next file once it is free. Some systems number their devices anew at each start
//! (btrfs, network folders), so that the device counts only where no birth is told.

use serde::{Deserialize, Serialize};
use std::path::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileId {
    device: u64,
    inode: u64,
    /// Nanoseconds since 1970.
    born: Option<u64>,
}

impl FileId {
    /// `None` where the system does not tell files apart this way.
    #[cfg(unix)]
    pub fn of(file: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let told = std::fs::metadata(file).ok()?;
        let born = told.created().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        Some(Self {
            device: told.dev(),
            inode: told.ino(),
            born: born.and_then(|since| u64::try_from(since.as_nanos()).ok()),
        })
    }

    #[cfg(not(unix))]
    pub fn of(_: &Path) -> Option<Self> {
        None
    }

    /// Whether both are one file.
    pub fn is(&self, other: &Self) -> bool {
        let same_place = match (self.born, other.born) {
            (Some(here), Some(there)) => here == there,
            _ => self.device == other.device,
        };
        self.inode == other.inode && same_place
    }
}

#[cfg(test)]
#[path = "file_id_tests.rs"]
mod tests;
