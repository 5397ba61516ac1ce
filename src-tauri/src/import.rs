//! Files dropped on the window, looked at and then taken in: lists of items, with a mapping of their columns; and
//! notification mails, which need none.
//!
//! The page keeps the file and gives it again with each question, so that nothing of it lies in the shell meanwhile.

use crate::shell::Shell;
use crate::shown::{FileRow, FileView};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use guichet_core::view::{Added, Problem};
use guichet_model::{ClientId, Mapping, Noticed, Route, Unread, link};
use guichet_networks::door::mail;
use guichet_networks::door::table::{self, Table};
use jiff::tz::TimeZone;

/// Rows shown before anything is taken in.
const SHOWN: usize = 5;

impl Shell {
    /// The file as a mapping reads it; without one, as we guess. `Invalid` of `file`: it is no list of items.
    pub async fn look_at_file(&self, bytes: String, mapping: Option<Mapping>) -> Result<FileView, Problem> {
        let (table, mapping, rows) = off_thread(move || {
            let bytes = decoded(&bytes)?;
            let mails = mail::mails(&bytes);
            let table = if mails.is_empty() { table::read(&bytes).ok_or_else(invalid)? } else { Table::default() };
            let mapping = mapping.unwrap_or_else(|| table::guess(&table));
            let rows: Vec<_> = match mails.is_empty() {
                true => table::take(&table, &mapping, &TimeZone::system()),
                false => mails.into_iter().map(mail::notice).collect(),
            };
            Ok((table, mapping, rows))
        })
        .await?;
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let (total, unreadable) = (count(rows.len()), count(rows.iter().filter(|row| row.is_err()).count()));
        let mut first = Vec::new();
        for row in rows.into_iter().take(SHOWN) {
            first.push(match row {
                Ok(one) => self.desk()?.as_taught(vec![one]).await?.into_iter().map(Ok).map(shown).collect(),
                Err(one) => vec![shown(Err(one))],
            });
        }
        Ok(FileView { total, unreadable, rows: first.concat(), columns: table.columns, mapping })
    }

    pub async fn import_file(&self, client: ClientId, bytes: String, mapping: Mapping) -> Result<Added, Problem> {
        let (route, rows) = off_thread(move || {
            let bytes = decoded(&bytes)?;
            let mails = mail::mails(&bytes);
            if !mails.is_empty() {
                return Ok((Route::Mail, mails.into_iter().map(mail::notice).collect()));
            }
            let table = table::read(&bytes).ok_or_else(invalid)?;
            Ok((Route::File, table::take(&table, &mapping, &TimeZone::system())))
        })
        .await?;
        let (mut noticed, mut unread) = (Vec::new(), Vec::new());
        for row in rows {
            match row {
                Ok(one) => noticed.push(one),
                Err(one) => unread.push(one),
            }
        }
        // A mapping that reads nothing is no import: the file stays where it is.
        if noticed.is_empty() {
            return Err(invalid());
        }
        self.desk()?.notice(client, route, noticed, unread).await
    }
}

fn decoded(bytes: &str) -> Result<Vec<u8>, Problem> {
    STANDARD.decode(bytes).map_err(|_| invalid())
}

fn shown(row: Result<Noticed, Unread>) -> FileRow {
    match row {
        Ok(one) => {
            let linked = one.link.as_deref().and_then(link::read).map(|linked| linked.network.to_owned());
            FileRow {
                network: linked.or(one.network),
                author: one.author,
                text: one.text.chars().take(200).collect(),
                at: one.at,
                link: one.link,
                rating: one.rating,
                raw: one.raw,
                wrong: None,
            }
        }
        Err(unread) => {
            FileRow { text: unread.raw.chars().take(200).collect(), wrong: Some(unread.why), ..FileRow::default() }
        }
    }
}

fn invalid() -> Problem {
    Problem::Invalid { field: "file".into() }
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Problem::Unexpected { what: "file thread".into() })?
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
