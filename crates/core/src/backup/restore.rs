//! Writing an inbox back from a backup: everything is proven first, and nothing that was here is deleted.
//!
//! The new store and vault are made whole in a folder of their own. Then the inbox that was here moves into
//! `aside-<instant>`, and the new one into its place, the store before the vault: a crash in between leaves a store
//! whose key is not found, which says so, and never an empty inbox. The vault says that this inbox is a restored one,
//! so that its first opening holds whatever had not left.

use super::sealed::{self, Opened};
use super::write::{room, sync_folder};
use crate::desk::Doors;
use crate::keepsake::{self, Keepsake, PutBack};
use crate::store::{Durability, Store, StoreKey, check};
use crate::vault::{Carried, key_for};
use crate::view::{Problem, RestoredView};
use crate::{generation, lock};
use guichet_model::Millis;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What is an inbox's own: with the log of a store goes what it had not yet folded in.
const INBOX: [&str; 9] = [
    "vault",
    "vault.key",
    "vault.recovery",
    "vault.recovery.asked",
    "keepsake",
    "copies",
    "desk.db-wal",
    "desk.db-shm",
    "desk.db",
];

/// No desk is open. `Busy` where one is; `NotFound`, `NoBackup`, `TornBackup`, `NewerBackup`, `Passphrase`,
/// `DiskFull`, `Keychain` as they say, and then nothing has changed. `mark` goes before a newer text that may have left
/// already, as `[…]` that keeps it from leaving.
pub async fn restore(doors: Doors, file: PathBuf, passphrase: String, mark: String) -> Result<RestoredView, Problem> {
    let phrase = Zeroizing::new(passphrase);
    let restored = tokio::task::spawn_blocking(move || restore_now(&doors, &file, &phrase, &mark));
    restored.await.map_err(|_| Problem::Unexpected { what: "restoring thread".into() })?
}

const WORKSHOP: &str = "restoring-";

/// What a restoring that died left behind: never an inbox of anybody's, since it bore no name yet.
fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(WORKSHOP) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// The folder where the new inbox is made; removed with whatever is left in it.
struct Workshop(PathBuf);

impl Drop for Workshop {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn restore_now(doors: &Doors, file: &Path, phrase: &str, mark: &str) -> Result<RestoredView, Problem> {
    let now = doors.now();
    lock::private_folder(&doors.folder)?;
    let _engine = lock::take(&doors.folder)?;
    let mut backup = sealed::open(file, phrase)?;
    let carried = Carried::read(&backup.vault).map_err(|_| Problem::TornBackup)?;
    let store_key = carried.store_key().map_err(|_| Problem::TornBackup)?;

    sweep(&doors.folder);
    let workshop = Workshop(doors.folder.join(format!("{WORKSHOP}{}", now.0)));
    lock::private_folder(&workshop.0)?;
    let made = workshop.0.join("desk.db");
    unpack(&mut backup, &made, &store_key)?;
    let key = key_for(doors.keys.as_ref())?;
    let newer = carried
        .beside(&doors.folder, &key, &keepsake::file(&doors.folder))
        .and_then(|plain| serde_json::from_slice::<Keepsake>(&plain).ok())
        .filter(|kept| kept.at > backup.header.created);
    let (generation, put_back) = bring_up(doors, &made, &store_key, newer, mark, now)?;
    File::open(&made)?.sync_all()?;
    carried.settle(&workshop.0, &key, generation)?;

    let mut moves = Moves::default();
    let aside = match aside(doors, &mut moves, now) {
        // Given back to its keeper, whose own file may have gone aside.
        Ok(aside) => doors.keys.set(&key).map_err(Problem::from).map(|()| aside),
        refused => refused,
    };
    let placed = aside.and_then(|aside| {
        for name in ["desk.db", "vault"] {
            moves.go(workshop.0.join(name), doors.folder.join(name))?;
        }
        sync_folder(&made)?;
        sync_folder(&doors.folder.join("desk.db"))?;
        Ok(aside)
    });
    let aside = placed.inspect_err(|_| moves.undo())?;
    tracing::info!(aside = aside.is_some(), drafts = put_back.drafts, "inbox restored");
    Ok(RestoredView {
        at: backup.header.created,
        aside: aside.map(|folder| folder.display().to_string()),
        drafts: put_back.drafts,
        templates: put_back.templates,
        left: put_back.left,
    })
}

/// The store out of the backup, whole: every page of it reads.
fn unpack(backup: &mut Opened, to: &Path, key: &StoreKey) -> Result<(), Problem> {
    // And as much again for a migration.
    room(to.parent().unwrap_or(to), backup.header.store.size.saturating_mul(2))?;
    let mut out = lock::private(OpenOptions::new().write(true).create_new(true)).open(to)?;
    backup.store(&mut out)?;
    out.sync_all()?;
    check(to, key).map_err(torn)
}

/// To this Guichet's schema, with the newer texts in it. Its generation.
fn bring_up(
    doors: &Doors,
    file: &Path,
    key: &StoreKey,
    newer: Option<Keepsake>,
    mark: &str,
    now: Millis,
) -> Result<(u64, PutBack), Problem> {
    let store = Store::open(file, key, now).map_err(torn)?;
    let put_back = match newer {
        Some(kept) => {
            store.write_now(Durability::Full, |tx| keepsake::put_back(tx, kept, mark, now, &|| doors.uuid()))?
        }
        None => PutBack::default(),
    };
    Ok((store.read_now(generation::of_store)?, put_back))
}

fn torn(problem: Problem) -> Problem {
    match problem {
        Problem::Torn | Problem::NoKey => Problem::TornBackup,
        Problem::NewerStore => Problem::NewerBackup,
        problem => problem,
    }
}

/// Where the inbox that was here went; `None` where there was none.
fn aside(doors: &Doors, moves: &mut Moves, now: Millis) -> Result<Option<PathBuf>, Problem> {
    let there: Vec<&str> = INBOX.into_iter().filter(|name| doors.folder.join(name).exists()).collect();
    if there.is_empty() {
        return Ok(None);
    }
    let aside = doors.folder.join(format!("aside-{}", now.0));
    std::fs::create_dir(&aside)?;
    moves.made = Some(aside.clone());
    lock::private_folder(&aside)?;
    for name in there {
        moves.go(doors.folder.join(name), aside.join(name))?;
    }
    sync_folder(&aside.join("desk.db"))?;
    Ok(Some(aside))
}

/// Renamings, to be taken back where a later one fails.
#[derive(Default)]
struct Moves {
    done: Vec<(PathBuf, PathBuf)>,
    made: Option<PathBuf>,
}

impl Moves {
    fn go(&mut self, from: PathBuf, to: PathBuf) -> Result<(), Problem> {
        std::fs::rename(&from, &to)?;
        self.done.push((from, to));
        Ok(())
    }

    fn undo(&mut self) {
        for (from, to) in self.done.drain(..).rev() {
            if let Err(error) = std::fs::rename(&to, &from) {
                tracing::error!(kind = ?error.kind(), "a file stays where it was put");
            }
        }
        if let Some(folder) = self.made.take() {
            // Empty now; where it is not, it holds what could not go back.
            let _ = std::fs::remove_dir(folder);
        }
    }
}
