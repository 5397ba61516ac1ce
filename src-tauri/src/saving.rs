//! Saving what hangs on a message: fetched first, so that what cannot be had is said before anybody chooses a place for it;
//! then the system's own dialog asks where. What was fetched is written there and nowhere else, and never opened.

use crate::shell::Shell;
use crate::shown::Locale;
use crate::words::say;
use guichet_core::Fetched;
use guichet_core::view::{FileTrouble, Problem};
use guichet_model::{MessageId, file_name};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use tokio::sync::oneshot;

/// Asks the person for a place for a file of this name; no answer: nowhere.
pub type AskPlace = Box<dyn Fn(String) -> oneshot::Receiver<PathBuf> + Send + Sync>;

/// The endings of what people send without a name.
const ENDINGS: [(&str, &str); 12] = [
    ("application/pdf", "pdf"),
    ("application/zip", "zip"),
    ("audio/mpeg", "mp3"),
    ("image/gif", "gif"),
    ("image/jpeg", "jpg"),
    ("image/png", "png"),
    ("image/webp", "webp"),
    ("message/rfc822", "eml"),
    ("text/calendar", "ics"),
    ("text/csv", "csv"),
    ("text/plain", "txt"),
    ("video/mp4", "mp4"),
];

impl Shell {
    pub fn asks_place(&self, ask: AskPlace) {
        if self.inner.place.set(ask).is_err() {
            tracing::warn!("places are asked for already");
        }
    }

    /// `NotOffered` where there is no window to ask in.
    pub async fn save_file(&self, message: MessageId, url: String) -> Result<Option<String>, Problem> {
        let ask = self.inner.place.get().ok_or(Problem::NotOffered)?;
        let fetched = self.desk()?.file(message, url).await?;
        let name = suggested(&fetched, self.inner.preferences.get().locale());
        let Ok(place) = ask(name).await else { return Ok(None) };
        let told = place.file_name().map(|name| name.to_string_lossy().into_owned());
        let written = tokio::task::spawn_blocking(move || write(&place, &fetched.bytes));
        written.await.map_err(|_| Problem::Unexpected { what: "saving thread".into() })??;
        Ok(told)
    }
}

/// The name to begin with.
fn suggested(fetched: &Fetched, locale: Locale) -> String {
    let name = file_name::safe(&fetched.name);
    if !name.is_empty() {
        return name;
    }
    let name = say(locale, "attachment.unnamed", &[]);
    match ENDINGS.iter().find(|(kind, _)| *kind == fetched.media_type) {
        Some((_, ending)) => format!("{name}.{ending}"),
        None => name,
    }
}

/// Whole or not at all, readable by its owner and run by nobody.
fn write(place: &Path, bytes: &[u8]) -> Result<(), Problem> {
    let told = |error: std::io::Error| match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::NotFound | ErrorKind::IsADirectory => {
            Problem::File { what: FileTrouble::Place, most: 0 }
        }
        _ => Problem::from(error),
    };
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(told)?;
    file.write_all(bytes).map_err(told)?;
    file.as_file().sync_all().map_err(told)?;
    // The dialog asked whether what stands there may go.
    file.persist(place).map_err(|failed| told(failed.error))?;
    Ok(())
}

#[cfg(test)]
#[path = "saving_tests.rs"]
mod tests;
