//! Authors, as one client sees them. The last reading says what they are called.

use super::Intake;
use crate::view::Problem;
use guichet_model::Author;
use rusqlite::{OptionalExtension, params};

impl Intake<'_> {
    /// The row of an author, made or brought up to date; asked once a page.
    pub(super) fn person(&mut self, author: &Author) -> Result<i64, Problem> {
        if let Some(id) = self.persons.get(&author.remote) {
            return Ok(*id);
        }
        let known = self
            .tx
            .prepare_cached(
                "SELECT id, handle = ?5 AND name = ?6 AND avatar IS ?7 AND url IS ?8 AND bot = ?9
                   FROM person WHERE client = ?1 AND network = ?2 AND server = ?3 AND remote = ?4",
            )?
            .query_row(
                params![
                    self.client.0,
                    self.network,
                    self.server,
                    author.remote.0,
                    author.handle,
                    author.name,
                    author.avatar,
                    author.url,
                    author.bot
                ],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?)),
            )
            .optional()?;
        let id = match known {
            Some((id, true)) => id,
            Some((id, false)) => {
                self.tx
                    .prepare_cached(
                        "UPDATE person SET handle = ?2, name = ?3, avatar = ?4, url = ?5, bot = ?6 WHERE id = ?1",
                    )?
                    .execute(params![id, author.handle, author.name, author.avatar, author.url, author.bot])?;
                id
            }
            None => {
                self.tx
                    .prepare_cached(
                        "INSERT INTO person (client, network, server, remote, handle, name, avatar, url, bot)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                    )?
                    .execute(params![
                        self.client.0,
                        self.network,
                        self.server,
                        author.remote.0,
                        author.handle,
                        author.name,
                        author.avatar,
                        author.url,
                        author.bot
                    ])?;
                self.tx.last_insert_rowid()
            }
        };
        self.persons.insert(author.remote.clone(), id);
        Ok(id)
    }
}
