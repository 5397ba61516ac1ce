//! One file that holds the whole inbox: a copy of the store and what the vault holds, sealed with a passphrase.
//!
//! It is a plain age file. Inside: one line of JSON (format, instant, sizes, digests), the vault's contents, and the
//! store, still encrypted with its own key. Everything streams: memory holds one buffer. A backup counts once it was
//! read back whole; until then it has another name. Preferences and cached pictures of others are left out.

mod restore;
mod sealed;
mod write;

pub use restore::restore;

use crate::desk::Desk;
use crate::store::SCHEMA;
use crate::view::{BackupView, Problem};
use guichet_model::Millis;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// The setting that says when the last backup was made: milliseconds.
pub const BACKUP_AT: &str = "backup_at";

/// What a newer Guichet raises when an older one could no longer read its backups.
const FORMAT: u32 = 1;

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    guichet: String,
    format: u32,
    created: Millis,
    /// Migrations that the store has seen.
    schema: usize,
    vault: Part,
    store: Part,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Part {
    /// In bytes.
    size: u64,
    /// Hexadecimal.
    sha256: String,
}

impl Header {
    fn new(created: Millis, vault: Part, store: Part) -> Self {
        Self { guichet: "backup".into(), format: FORMAT, created, schema: SCHEMA, vault, store }
    }

    /// From its line. The format comes first: of a newer one nothing else is known.
    fn read(line: &[u8]) -> Result<Self, Problem> {
        let plain: serde_json::Value = serde_json::from_slice(line).map_err(|_| Problem::NoBackup)?;
        let newer = |name: &str, most: u64| plain[name].as_u64().is_some_and(|n| n > most);
        if plain["guichet"] != "backup" {
            return Err(Problem::NoBackup);
        }
        if newer("format", u64::from(FORMAT)) || newer("schema", SCHEMA as u64) {
            return Err(Problem::NewerBackup);
        }
        serde_json::from_value(plain).map_err(|_| Problem::TornBackup)
    }
}

impl Desk {
    /// Writes a new file and reads it back before it bears its name. `FileThere` where one of that name exists,
    /// `DiskFull`, `Invalid` for a `file` in no folder or an empty `passphrase`. Nothing waits for it meanwhile.
    pub async fn backup(&self, file: String, passphrase: String) -> Result<BackupView, Problem> {
        let (desk, now, phrase) = (self.clone(), self.now(), Zeroizing::new(passphrase));
        let path = PathBuf::from(&file);
        let written = tokio::task::spawn_blocking(move || write::backup(&desk, &path, &phrase, now));
        let size = written.await.map_err(|_| Problem::Unexpected { what: "backup thread".into() })??;
        self.set_setting(BACKUP_AT.into(), now.0.to_string()).await?;
        tracing::info!(size, "backup written");
        Ok(BackupView { file, at: now, size })
    }
}

#[cfg(test)]
mod tests;
