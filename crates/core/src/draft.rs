//! What is being written: one draft a conversation, on the disk within a keystroke batch, restored after a crash.
//!
//! A draft is made with the key that its reply will carry, from the first keystroke, and belongs to the client and
//! account of its conversation. Pictures hang on that key: with one of them a draft needs no text. What is thrown away can
//! be had back for thirty days.

use crate::desk::Desk;
use crate::journal;
use crate::store::Durability;
use crate::view::{Acted, Change, DraftView, Problem};
use crate::{attachment, outbox};
use guichet_model::{AccountId, ActId, AttachmentId, ClientId, ConversationId, DAY, Millis};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};
use serde_json::json;

const KEPT: i64 = 30 * DAY;
/// A text no network takes: the seam is no place for a book.
const MOST: usize = 100_000;

impl Desk {
    /// On the disk when it returns. An empty text without a picture removes the draft.
    pub async fn save_draft(&self, conversation: ConversationId, draft: DraftView) -> Result<Change, Problem> {
        let (now, key) = (self.now(), self.inner.doors.uuid());
        self.store().write(Durability::Full, move |tx| save(tx, conversation, draft, key, now)).await?;
        Ok(self.draft_changed(conversation))
    }

    /// `NotFound` where there is none.
    pub async fn discard_draft(&self, conversation: ConversationId) -> Result<Acted, Problem> {
        let now = self.now();
        let act = self.store().write(Durability::Full, move |tx| discard(tx, conversation, now)).await?;
        Ok(Acted { act: Some(act), change: self.draft_changed(conversation) })
    }

    pub(crate) fn draft_changed(&self, conversation: ConversationId) -> Change {
        let change = Change { conversations: vec![conversation], desk: true, ..Change::default() };
        self.announce(change.clone());
        change
    }
}

pub(crate) fn read(conn: &Connection, conversation: ConversationId) -> Result<Option<DraftView>, Problem> {
    Ok(kept(conn, conversation)?.map(|(_, view)| view))
}

pub(crate) fn key_of(conn: &Connection, conversation: ConversationId) -> Result<Option<String>, Problem> {
    Ok(kept(conn, conversation)?.map(|(key, _)| key))
}

/// The key of the draft, begun under the given one where there is none. `NotOffered` where nothing can be answered.
pub(crate) fn begin(
    tx: &Transaction<'_>,
    conversation: ConversationId,
    key: String,
    now: Millis,
) -> Result<String, Problem> {
    if let Some(key) = key_of(tx, conversation)? {
        return Ok(key);
    }
    let composer = outbox::composer(tx, conversation)?;
    if !composer.able {
        return Err(Problem::NotOffered);
    }
    let empty = DraftView { at: now, ..composer.draft("") };
    put(tx, conversation, &empty, &key)?;
    Ok(key)
}

/// Removes a draft of which nothing is left.
pub(crate) fn end_if_empty(tx: &Transaction<'_>, conversation: ConversationId) -> Result<(), Problem> {
    if let Some((key, view)) = kept(tx, conversation)?
        && view.text.trim().is_empty()
        && !attachment::any(tx, &key)?
    {
        tx.execute("DELETE FROM draft WHERE conversation = ?", [conversation.0])?;
    }
    Ok(())
}

/// The draft leaves as a reply: its key, and the row removed. `OtherClient` where it was begun for another account
/// than its conversation's.
pub(crate) fn take(tx: &Transaction<'_>, conversation: ConversationId) -> Result<Option<String>, Problem> {
    let begun: Option<(String, bool)> = tx
        .query_row(
            "SELECT d.key, d.client = c.client AND d.account = c.account
               FROM draft d JOIN conversation c ON c.id = d.conversation WHERE c.id = ?",
            [conversation.0],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((key, ours)) = begun else {
        return Ok(None);
    };
    if !ours {
        return Err(Problem::OtherClient);
    }
    tx.execute("DELETE FROM draft WHERE conversation = ?", [conversation.0])?;
    Ok(Some(key))
}

/// A text that comes back: alone it is the draft under `key`; before what has been written meanwhile otherwise, and
/// then in its key.
pub(crate) fn give_back(
    tx: &Transaction<'_>,
    conversation: ConversationId,
    back: DraftView,
    key: &str,
) -> Result<(), Problem> {
    let (key, view) = match kept(tx, conversation)? {
        Some((key, mut view)) => {
            // Beside a draft of pictures alone there is nothing to part the text from.
            let parts = [back.text.trim_end(), view.text.as_str()];
            view.text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
            // Of two audiences the narrower: nothing written in private comes out wider.
            view.visibility = view.visibility.max(back.visibility);
            view.template = view.template.or(back.template);
            view.warning = view.warning.or(back.warning);
            (key, view)
        }
        None => (key.to_owned(), back),
    };
    put(tx, conversation, &view, &key)
}

/// The composer that a reply's text comes back to: what it held before, so that the text can be taken out again.
#[derive(Serialize, Deserialize)]
pub(crate) struct GivenBack {
    /// The draft's, afterwards.
    key: Option<String>,
    before: Option<DraftView>,
    /// That came with the text.
    pictures: Vec<AttachmentId>,
}

impl GivenBack {
    /// `reply`: its key.
    pub fn before(conn: &Connection, conversation: ConversationId, reply: &str) -> Result<Self, Problem> {
        Ok(Self { key: None, before: read(conn, conversation)?, pictures: pictures(conn, reply)? })
    }

    pub fn after(self, conn: &Connection, conversation: ConversationId) -> Result<Self, Problem> {
        Ok(Self { key: key_of(conn, conversation)?, ..self })
    }

    /// The text leaves the composer again, with its pictures, under the key `reply`. `false`, and nothing written, where it
    /// is not there any more as it came: sent, thrown away, or being changed.
    pub fn take_again(
        &self,
        tx: &Transaction<'_>,
        conversation: ConversationId,
        back: &DraftView,
        reply: &str,
    ) -> Result<bool, Problem> {
        let Some((key, view)) = kept(tx, conversation)?.filter(|(key, _)| Some(key) == self.key.as_ref()) else {
            return Ok(false);
        };
        let there = pictures(tx, &key)?;
        match &self.before {
            None => {
                if (DraftView { at: back.at, ..view }) != *back || there != self.pictures {
                    return Ok(false);
                }
                tx.execute("DELETE FROM draft WHERE conversation = ?", [conversation.0])?;
            }
            Some(before) => {
                let Some(view) = without(view, before, back) else { return Ok(false) };
                if !self.pictures.iter().all(|picture| there.contains(picture)) {
                    return Ok(false);
                }
                put(tx, conversation, &view, &key)?;
            }
        }
        attachment::take(tx, &self.pictures, reply)?;
        Ok(true)
    }
}

fn pictures(conn: &Connection, key: &str) -> Result<Vec<AttachmentId>, Problem> {
    Ok(attachment::carried(conn, key)?.into_iter().map(|picture| picture.id).collect())
}

/// A draft without the text that `give_back` put before it; what was written behind it since stays.
fn without(mut view: DraftView, before: &DraftView, back: &DraftView) -> Option<DraftView> {
    let came = back.text.trim_end();
    let rest = view.text.strip_prefix(came)?;
    let rest = match (came.is_empty(), before.text.is_empty()) {
        (true, _) => rest,
        (false, true) => Some(rest).filter(|rest| rest.is_empty())?,
        (false, false) => rest.strip_prefix("\n\n")?,
    };
    view.text = rest.to_owned();
    if view.visibility == before.visibility.max(back.visibility) {
        view.visibility = before.visibility;
    }
    if view.template == before.template.clone().or_else(|| back.template.clone()) {
        view.template = before.template.clone();
    }
    if view.warning == before.warning.clone().or_else(|| back.warning.clone()) {
        view.warning = before.warning.clone();
    }
    Some(view)
}

/// Gives back a draft thrown away. Returns whether it could.
pub(crate) fn undo_discard(tx: &Transaction<'_>, detail: &serde_json::Value) -> Result<bool, Problem> {
    let Some(id) = detail["discarded"].as_i64() else {
        return Ok(false);
    };
    let thrown: Option<(i64, String, String)> = tx
        .query_row("SELECT conversation, key, view FROM draft_discarded WHERE id = ?", [id], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((conversation, key, view)) = thrown else {
        return Ok(false);
    };
    give_back(tx, ConversationId(conversation), serde_json::from_str(&view)?, &key)?;
    attachment::follow(tx, ConversationId(conversation), &key)?;
    tx.execute("DELETE FROM draft_discarded WHERE id = ?", [id])?;
    Ok(true)
}

fn save(
    tx: &Transaction<'_>,
    conversation: ConversationId,
    mut draft: DraftView,
    key: String,
    now: Millis,
) -> Result<(), Problem> {
    if draft.text.len() > MOST {
        return Err(Problem::Invalid { field: "text".into() });
    }
    let known = key_of(tx, conversation)?;
    if known.is_none() && draft.text.trim().is_empty() {
        return Ok(());
    }
    draft.at = now;
    put(tx, conversation, &draft, &known.unwrap_or(key))?;
    end_if_empty(tx, conversation)
}

fn discard(tx: &Transaction<'_>, conversation: ConversationId, now: Millis) -> Result<ActId, Problem> {
    let (key, view) = kept(tx, conversation)?.ok_or(Problem::NotFound)?;
    let (client, _) = owner(tx, conversation)?;
    let expired = now.plus(-KEPT).0;
    tx.execute("DELETE FROM attachment WHERE key IN (SELECT key FROM draft_discarded WHERE at < ?)", [expired])?;
    tx.execute("DELETE FROM draft_discarded WHERE at < ?", [expired])?;
    tx.execute(
        "INSERT INTO draft_discarded (conversation, key, view, at) VALUES (?, ?, ?, ?)",
        params![conversation.0, key, serde_json::to_string(&view)?, now.0],
    )?;
    let discarded = tx.last_insert_rowid();
    tx.execute("DELETE FROM draft WHERE conversation = ?", [conversation.0])?;
    let detail = json!({ "conversation": conversation, "discarded": discarded });
    journal::record(tx, now, "discard_draft", Some(client), detail)
}

fn put(tx: &Transaction<'_>, conversation: ConversationId, view: &DraftView, key: &str) -> Result<(), Problem> {
    let (client, account) = owner(tx, conversation)?;
    tx.execute(
        "INSERT INTO draft (conversation, client, account, key, view, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (conversation) DO UPDATE SET view = ?5, at = ?6",
        params![conversation.0, client.0, account.0, key, serde_json::to_string(view)?, view.at.0],
    )?;
    Ok(())
}

fn owner(conn: &Connection, conversation: ConversationId) -> Result<(ClientId, AccountId), Problem> {
    let owner = conn.query_row("SELECT client, account FROM conversation WHERE id = ?", [conversation.0], |row| {
        Ok((ClientId(row.get(0)?), AccountId(row.get(1)?)))
    })?;
    Ok(owner)
}

fn kept(conn: &Connection, conversation: ConversationId) -> Result<Option<(String, DraftView)>, Problem> {
    let row: Option<(String, String)> = conn
        .prepare_cached("SELECT key, view FROM draft WHERE conversation = ?")?
        .query_row([conversation.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(match row {
        Some((key, view)) => Some((key, serde_json::from_str(&view)?)),
        None => None,
    })
}

#[cfg(test)]
#[path = "draft_tests.rs"]
mod tests;
