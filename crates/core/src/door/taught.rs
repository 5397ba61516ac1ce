//! How notification mails read, as the CM shows it: on one that was not understood, who speaks and what they say. What is
//! learnt from it (`model/look.rs`) is kept by the domain that sent it; what came from there and was not understood
//! either is read again at once, and what comes later as it comes.
//!
//! A look is the shape of a network's form, and no client's: shown once, it serves them all. Our own patterns are asked
//! first, so that what is shown never spoils what was understood.

use super::item;
use crate::desk::Desk;
use crate::intake;
use crate::store::Durability;
use crate::view::{Acted, Change, MailView, Problem, Taught};
use crate::{changes, journal};
use guichet_model::look::{Look, Piece, Span, Told};
use guichet_model::{AccountId, ClientId, MessageId, Millis, Noticed, RemoteId};
use rusqlite::{Connection, Row, Transaction, params};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Read again by one act, the newest first.
const MOST_AGAIN: usize = 500;
/// Beyond so many of one domain the oldest are asked no more.
const MOST_LOOKS: usize = 50;

impl Desk {
    /// The mail that told of a message, for somebody to show its parts. `NotFound` where none was kept.
    pub async fn mail_of(&self, message: MessageId) -> Result<MailView, Problem> {
        let kept = self.store().read(move |conn| Kept::one(conn, message)).await?;
        Ok(MailView { text: kept.told.whole() })
    }

    /// Who speaks in that mail (`None`: nobody is named) and what they say, as parts of what `mail_of` gave. `Invalid` of
    /// `author` or `text` where that is no part of it; `TooLate` where the message is understood by now.
    pub async fn teach(&self, message: MessageId, author: Option<Span>, text: Span) -> Result<Taught, Problem> {
        let now = self.now();
        let taught = self.store().write(Durability::Full, move |tx| teach(tx, message, author, text, now)).await?;
        self.announce(taught.acted.change.clone());
        Ok(taught)
    }

    /// These as the desk would take them in: what was taught is known.
    pub async fn as_taught(&self, noticed: Vec<Noticed>) -> Result<Vec<Noticed>, Problem> {
        self.store().read(move |conn| understood(conn, noticed)).await
    }
}

/// What our own patterns did not understand, by those that were taught.
pub(super) fn understood(conn: &Connection, mut noticed: Vec<Noticed>) -> Result<Vec<Noticed>, Problem> {
    // One look is asked about many mails: its expressions are made once.
    let mut known: HashMap<String, Vec<Look>> = HashMap::new();
    for one in noticed.iter_mut().filter(|one| one.raw) {
        let Some(told) = &one.told else { continue };
        if !known.contains_key(&told.domain) {
            known.insert(told.domain.clone(), looks(conn, &told.domain)?);
        }
        let found = known.get(&told.domain).and_then(|looks| looks.iter().find_map(|look| look.read(told)));
        if let Some((author, text)) = found {
            let author = named(told, author);
            (one.author, one.text, one.raw) = (author, text, false);
        }
    }
    Ok(noticed)
}

/// Newest first.
fn looks(conn: &Connection, domain: &str) -> Result<Vec<Look>, Problem> {
    let sql = format!("SELECT look FROM mail_look WHERE domain = ?1 ORDER BY id DESC LIMIT {MOST_LOOKS}");
    let mut kept = conn.prepare_cached(&sql)?;
    let kept = kept.query_map([domain], |row| row.get::<_, String>(0))?;
    let mut looks = Vec::new();
    for look in kept {
        looks.push(serde_json::from_str(&look?)?);
    }
    Ok(looks)
}

/// As such authors are called there; where the mail names nobody, as our own patterns found them.
fn named(told: &Told, author: Option<String>) -> Option<String> {
    let as_called = |name: String| if told.handles { format!("@{}", name.trim_start_matches('@')) } else { name };
    author.map(as_called).or_else(|| told.author.clone())
}

/// A message and the mail that told of it.
struct Kept {
    message: MessageId,
    account: AccountId,
    client: ClientId,
    owner: String,
    remote: String,
    url: Option<String>,
    at: Millis,
    rating: Option<u8>,
    text: String,
    raw: bool,
    told: Told,
}

const KEPT: &str = "SELECT m.id, m.account, m.client, c.name, m.remote, m.url, m.at, m.rating, m.text, m.raw, n.told
    FROM notice_mail n JOIN message m ON m.id = n.message JOIN client c ON c.id = m.client
   WHERE n.told IS NOT NULL AND m.route = 'mail' AND m.gone_at IS NULL AND ";

impl Kept {
    fn one(conn: &Connection, message: MessageId) -> Result<Self, Problem> {
        whole(conn.prepare_cached(&format!("{KEPT} m.id = ?1"))?.query_row([message.0], Self::row)?)
    }

    /// Of one domain, not understood.
    fn raw(conn: &Connection, domain: &str) -> Result<Vec<Self>, Problem> {
        let sql = format!("{KEPT} m.raw = 1 AND n.told ->> 'domain' = ?1 ORDER BY m.id DESC LIMIT {MOST_AGAIN}");
        let mut kept = conn.prepare_cached(&sql)?;
        kept.query_map([domain], Self::row)?.map(|row| whole(row?)).collect()
    }

    fn row(row: &Row<'_>) -> rusqlite::Result<(Self, String)> {
        let kept = Self {
            message: MessageId(row.get(0)?),
            account: AccountId(row.get(1)?),
            client: ClientId(row.get(2)?),
            owner: row.get(3)?,
            remote: row.get(4)?,
            url: row.get(5)?,
            at: Millis(row.get(6)?),
            rating: row.get(7)?,
            text: row.get(8)?,
            raw: row.get(9)?,
            told: Told::default(),
        };
        Ok((kept, row.get(10)?))
    }

    /// The same row, with another author and another text; `raw`: they are the whole of what came.
    fn reads(
        &self,
        tx: &Transaction<'_>,
        author: Option<String>,
        text: String,
        raw: bool,
        now: Millis,
    ) -> Result<Change, Problem> {
        let noticed = Noticed {
            link: self.url.clone(),
            author,
            text,
            at: Some(self.at),
            rating: self.rating,
            raw,
            ..Noticed::default()
        };
        let Some((_, mut item)) = item::of(&noticed, &self.owner, now) else { return Ok(Change::default()) };
        item.remote = RemoteId(self.remote.clone());
        intake::read_again(tx, self.account, &item, raw, now)
    }
}

fn whole((kept, told): (Kept, String)) -> Result<Kept, Problem> {
    Ok(Kept { told: serde_json::from_str(&told)?, ..kept })
}

/// What was shown in a mail.
fn shown(told: &Told, author: Option<Span>, text: Span) -> Result<(Option<Piece>, Piece), Problem> {
    let invalid = |field: &str| Problem::Invalid { field: field.to_owned() };
    let author = author.map(|span| told.piece(span).ok_or_else(|| invalid("author"))).transpose()?;
    Ok((author, told.piece(text).ok_or_else(|| invalid("text"))?))
}

fn teach(
    tx: &Transaction<'_>,
    message: MessageId,
    author: Option<Span>,
    text: Span,
    now: Millis,
) -> Result<Taught, Problem> {
    let kept = Kept::one(tx, message)?;
    if !kept.raw {
        return Err(Problem::TooLate);
    }
    let told = &kept.told;
    let (who, what) = shown(told, author, text)?;
    let look = Look::learn(told, who, what);
    let id = match &look {
        Some(look) => {
            tx.execute(
                "INSERT INTO mail_look (domain, look, at) VALUES (?1, ?2, ?3)",
                params![told.domain, serde_json::to_string(look)?, now.0],
            )?;
            Some(tx.last_insert_rowid())
        }
        None => None,
    };
    let said = |piece: Piece| told.said(piece).to_owned();
    let mut change = kept.reads(tx, named(told, who.map(said)), said(what), false, now)?;
    let mut others = Vec::new();
    if let Some(look) = &look {
        for other in Kept::raw(tx, &told.domain)? {
            if let Some((author, text)) = look.read(&other.told) {
                changes::join(&mut change, other.reads(tx, named(&other.told, author), text, false, now)?);
                others.push(other.message);
            }
        }
    }
    let detail = json!({ "look": id, "message": message, "text": text, "others": others });
    let act = journal::record(tx, now, "teach", Some(kept.client), detail)?;
    tracing::info!(message = message.0, learned = look.is_some(), others = others.len(), "a mail was shown");
    let others = super::count(others.len());
    Ok(Taught { learned: look.is_some(), others, acted: Acted { act: Some(act), change } })
}

/// The look is forgotten, and what was read by it is not understood again: where that still reads so.
pub(crate) fn undo_teach(tx: &Transaction<'_>, detail: &Value, now: Millis) -> Result<journal::Restored, Problem> {
    let mut restored = journal::Restored::default();
    let id: Option<i64> = serde_json::from_value(detail["look"].clone())?;
    let look: Option<Look> = match id {
        Some(id) => {
            let look: String =
                tx.query_row("DELETE FROM mail_look WHERE id = ?1 RETURNING look", [id], |row| row.get(0))?;
            Some(serde_json::from_str(&look)?)
        }
        None => None,
    };
    let message: MessageId = serde_json::from_value(detail["message"].clone())?;
    let others: Vec<MessageId> = serde_json::from_value(detail["others"].clone())?;
    let span: Span = serde_json::from_value(detail["text"].clone())?;
    for id in std::iter::once(message).chain(others) {
        let kept = match Kept::one(tx, id) {
            Ok(kept) => kept,
            // Gone, or shown by its network since.
            Err(Problem::NotFound) => {
                restored.left += 1;
                continue;
            }
            Err(problem) => return Err(problem),
        };
        let told = &kept.told;
        let read = match &look {
            Some(look) if id != message => look.read(told).map(|(_, text)| text),
            _ => told.piece(span).map(|piece| told.said(piece).to_owned()),
        };
        if kept.raw || read.as_deref() != Some(kept.text.as_str()) {
            restored.left += 1;
            continue;
        }
        let whole = told.unread();
        changes::join(&mut restored.change, kept.reads(tx, told.author.clone(), whole, true, now)?);
    }
    restored.change.desk = true;
    Ok(restored)
}

#[cfg(test)]
#[path = "taught_tests.rs"]
mod tests;
