//! `guichet backup` and `guichet restore`: the passphrases they ask for, and a restoring without a window.

use super::{Asked, Verb};
use crate::doors::{self, SystemClock, SystemRandom};
use crate::shown::Locale;
use crate::socket::Beside;
use crate::words::say;
use guichet_core::Doors;
use guichet_core::view::{Problem, RestoredView};
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How often two different passphrases are asked again.
const TRIES: u32 = 3;

/// What the file descriptor gave: of a backup its own passphrase first, then the inbox's.
#[derive(Default)]
pub struct Given {
    pub file: Option<String>,
    pub inbox: Option<String>,
}

/// Read once: a pipe gives its lines to the first who asks.
pub fn given(asked: &Asked) -> Result<Given, Problem> {
    let Some(fd) = asked.passphrase_fd else {
        return Ok(Given::default());
    };
    // Through /dev/fd, so that no foreign descriptor is taken over by number.
    let mut file = std::fs::File::open(format!("/dev/fd/{fd}"))?;
    let mut text = String::new();
    Read::by_ref(&mut file).take(4096).read_to_string(&mut text)?;
    let mut lines = text.lines().map(str::to_owned);
    let file = match asked.verb {
        Verb::Backup { .. } | Verb::Restore { .. } => Some(lines.next().unwrap_or_default()),
        _ => None,
    };
    Ok(Given { file, inbox: lines.next() })
}

/// A passphrase that nobody knows yet, asked twice: of a backup, or of the inbox.
pub fn new_passphrase(given: Option<String>, locale: Locale, asks: &str) -> Result<String, Problem> {
    if let Some(given) = given {
        return Ok(given);
    }
    for _ in 0..TRIES {
        let first = prompt(locale, asks)?;
        if first == prompt(locale, "cli.backup.again")? {
            return Ok(first);
        }
        eprintln!("{}", say(locale, "closed.differ", &[]));
    }
    Err(Problem::Passphrase { wrong: true })
}

/// Writes the inbox back while no window is open.
pub async fn restore(asked: &Asked, file: &str, folder: &Path, locale: Locale) -> Result<RestoredView, Problem> {
    if Beside::connect(folder).await.is_some() {
        return Err(Problem::Busy);
    }
    // Said before a passphrase is typed.
    if !Path::new(file).exists() {
        return Err(Problem::NoFile { file: file.to_owned() });
    }
    let given = given(asked)?;
    let phrase = match given.file {
        Some(phrase) => phrase,
        None => prompt(locale, "cli.restore.passphrase")?,
    };
    // What a passphrase kept so far it goes on keeping.
    let inbox = match given.inbox {
        None if folder.join("vault.key").exists() && std::io::stdin().is_terminal() => {
            Some(prompt(locale, "cli.passphrase")?)
        }
        given => given,
    };
    let mark = say(locale, "cli.restore.mark", &[]);
    let restoring = |inbox: Option<String>| {
        guichet_core::restore(doors(folder, inbox), PathBuf::from(file), phrase.clone(), mark.clone())
    };
    match restoring(inbox.clone()).await {
        Err(Problem::Keychain) if inbox.is_none() && std::io::stdin().is_terminal() => {
            eprintln!("{}", say(locale, "closed.choose", &[]));
            restoring(Some(new_passphrase(None, locale, "cli.passphrase")?)).await
        }
        done => done,
    }
}

fn doors(folder: &Path, inbox: Option<String>) -> Doors {
    Doors {
        clock: Arc::new(SystemClock),
        folder: folder.to_owned(),
        keys: doors::keys(folder, inbox),
        networks: Vec::new(),
        random: Arc::new(SystemRandom),
    }
}

fn prompt(locale: Locale, key: &str) -> Result<String, Problem> {
    if !std::io::stdin().is_terminal() {
        return Err(Problem::Invalid { field: "--passphrase-fd".into() });
    }
    Ok(rpassword::prompt_password(say(locale, key, &[]))?)
}

#[cfg(test)]
#[path = "keep_tests.rs"]
mod tests;
