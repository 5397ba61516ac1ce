//! Writes and removes what the search reads, in the transaction that writes the message.
//!
//! The index is contentless: a row is removed by giving back exactly the words it was written with. So the words come
//! from the message's own columns, and its scope is kept beside it: a person's new name, or a conversation's new
//! kind, must not leave old words behind.

use super::fold;
use crate::view::Problem;
use guichet_model::{AccountId, Attachment, Author, ClientId, Kind, Millis};
use rusqlite::{Connection, params};

/// Rows of one millisecond. Small, so that a row stays below 2^53 and crosses the seam as a number.
const ROWS_A_MILLISECOND: i64 = 2_048;

/// Before every word of the scope: no text can hold it, so that neither side finds the other.
const SCOPE: char = '\u{E001}';

/// What is indexed of a message beside who and where.
pub(crate) fn said(text: &str, warning: Option<&str>, attachments: &[Attachment]) -> String {
    let mut said = String::with_capacity(text.len() + 16);
    let others = attachments.iter().flat_map(|a| a.alt.as_deref().into_iter().chain(a.file.as_ref().map(|f| &*f.name)));
    for part in warning.into_iter().chain([text]).chain(others) {
        if !said.is_empty() && !part.is_empty() {
            said.push('\n');
        }
        said.push_str(part);
    }
    said
}

/// The first row of an instant: newest first is the order of rows.
pub(crate) fn row_at(at: Millis) -> i64 {
    at.0.saturating_mul(ROWS_A_MILLISECOND)
}

/// A free row for a message of this instant.
pub(crate) fn free_row(tx: &Connection, at: Millis) -> Result<i64, Problem> {
    let first = row_at(at);
    let last: Option<i64> = tx
        .prepare_cached("SELECT max(word_row) FROM message WHERE word_row >= ?1 AND word_row < ?2")?
        .query_row(params![first, first + ROWS_A_MILLISECOND], |row| row.get(0))?;
    let Some(mut row) = last.map(|last| last + 1) else {
        return Ok(first);
    };
    // A full millisecond runs over into the next one, where some rows may be taken.
    while tx.prepare_cached("SELECT 1 FROM message WHERE word_row = ?1")?.exists([row])? {
        row += 1;
    }
    Ok(row)
}

pub(crate) fn add(tx: &Connection, row: i64, said: &str, scope: &str) -> Result<(), Problem> {
    tx.prepare_cached("INSERT INTO words (rowid, text, scope) VALUES (?1, ?2, ?3)")?.execute(params![
        row,
        fold::indexed(said),
        scope
    ])?;
    Ok(())
}

/// `said` and `scope` are what `add` was given.
pub(crate) fn remove(tx: &Connection, row: i64, said: &str, scope: &str) -> Result<(), Problem> {
    tx.prepare_cached("INSERT INTO words (words, rowid, text, scope) VALUES ('delete', ?1, ?2, ?3)")?
        .execute(params![row, fold::indexed(said), scope])?;
    Ok(())
}

/// Who and where, as words of the index. Triage is not among them: it changes too often.
pub(crate) struct Whereabouts<'a> {
    pub client: ClientId,
    pub account: AccountId,
    pub network: &'a str,
    pub kind: Kind,
    pub ours: bool,
    pub author: &'a Author,
    pub lang: Option<&'a str>,
}

impl Whereabouts<'_> {
    pub fn scope(&self) -> String {
        let mut scope = String::with_capacity(96);
        let mut push = |word: String| {
            if !scope.is_empty() {
                scope.push(' ');
            }
            scope.push_str(&word);
        };
        push(client(self.client));
        push(account(self.account));
        push(network(self.network));
        push(kind(self.kind));
        if self.ours {
            push(ours());
        }
        if let Some(tag) = self.lang {
            push(language(tag));
        }
        // The server's name stands in thousands of handles and tells nobody apart.
        let handle = fold::words(user(&self.author.handle));
        let mut known = Vec::with_capacity(4);
        for word in fold::words(&self.author.name).into_iter().chain(handle) {
            if !known.contains(&word.plain) {
                push(author(&word.plain));
                known.push(word.plain);
            }
        }
        scope
    }
}

pub(super) fn client(id: ClientId) -> String {
    format!("{SCOPE}c{}", id.0)
}

pub(super) fn account(id: AccountId) -> String {
    format!("{SCOPE}a{}", id.0)
}

pub(super) fn network(name: &str) -> String {
    format!("{SCOPE}n{}", joined(name))
}

pub(super) fn kind(kind: Kind) -> String {
    let letter = match kind {
        Kind::Post => 'p',
        Kind::Comment => 'c',
        Kind::Mention => 'm',
        Kind::Message => 'd',
        Kind::Review => 'r',
    };
    format!("{SCOPE}k{letter}")
}

pub(super) fn ours() -> String {
    format!("{SCOPE}u")
}

/// By its main part: `fr` finds `fr-CA`.
pub(super) fn language(tag: &str) -> String {
    format!("{SCOPE}l{}", joined(tag.split(['-', '_']).next().unwrap_or(tag)))
}

pub(super) fn author(word: &str) -> String {
    format!("{SCOPE}w{word}")
}

/// The part of a handle before its server.
pub(crate) fn user(handle: &str) -> &str {
    let handle = handle.trim_start_matches('@');
    handle.split_once('@').map_or(handle, |(user, _)| user)
}

fn joined(name: &str) -> String {
    fold::words(name).iter().map(|w| w.plain.as_str()).collect()
}
