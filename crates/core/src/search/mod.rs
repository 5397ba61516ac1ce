//! Instant search on every message, newest first.
//!
//! The index answers rows in the order of time, so that a frequent word costs no more than its first screen; only the
//! messages of that screen are then read. A query that matches nothing says what of it was not understood.

mod dates;
mod excerpt;
mod fold;
mod index;
mod query;

pub(crate) use index::{Whereabouts, add, free_row, remove, said, user};

use crate::Desk;
use crate::intake::{kind_of, publication_of, stored};
use crate::setting;
use crate::view::{Hit, Hits, Problem, Triage};
use guichet_model::{ClientId, ConversationId, MessageId, Millis};
use jiff::tz::TimeZone;
use query::{Here, Query};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, params};

/// More than a screen, whatever is asked.
const MOST: u32 = 200;

/// A wider question is given up where, after so many rows looked at, fewer than one in `ONE_IN` is an answer: then the
/// narrow one gathers few rows, and costs less than looking on.
const LOOKED_AT: usize = 64;
const ONE_IN: usize = 8;

/// The setting that names the CM's time zone (IANA), for the days of a query; told by the shell. Without it: UTC.
pub const ZONE: &str = "zone";

impl Desk {
    /// At most `limit` hits (200), newest first, older than the row `before`: `Hits::next` of the page above.
    pub async fn search(&self, text: String, limit: u32, before: Option<i64>) -> Result<Hits, Problem> {
        let now = self.now();
        self.store().read(move |conn| hits(conn, &text, limit.min(MOST), before, now)).await
    }
}

pub(crate) fn hits(
    conn: &Connection,
    typed: &str,
    limit: u32,
    before: Option<i64>,
    now: Millis,
) -> Result<Hits, Problem> {
    let zone = zone(conn)?;
    let here = Here { conn, now, zone: &zone };
    let query = query::read(typed, &here)?;
    let mut hits = Hits { rows: Vec::new(), more: false, next: None, unknown: query.unknown.clone() };
    if query.asks_nothing() {
        return Ok(hits);
    }
    let mut rows = rows(conn, &query, limit.saturating_add(1), before)?;
    if rows.len() > limit as usize {
        rows.truncate(limit as usize);
        hits.more = true;
        hits.next = rows.last().copied();
    }
    for row in rows {
        hits.rows.extend(hit(conn, row, &query, now)?);
    }
    Ok(hits)
}

/// The person's own, as they set it.
pub(crate) fn zone(conn: &Connection) -> Result<TimeZone, Problem> {
    let name = setting::read(conn, ZONE)?;
    // A name this system does not know is no reason to find nothing.
    Ok(name.and_then(|name| TimeZone::get(&name).ok()).unwrap_or(TimeZone::UTC))
}

/// From `from` on, before `to`: rows of the index.
#[derive(Clone, Copy)]
struct Within {
    from: i64,
    to: i64,
}

/// Rows of the index, newest first.
fn rows(conn: &Connection, query: &Query, limit: u32, before: Option<i64>) -> Result<Vec<i64>, Problem> {
    let to = query.to.map_or(i64::MAX, index::row_at);
    let within =
        Within { from: query.from.map_or(i64::MIN, index::row_at), to: before.map_or(to, |before| before.min(to)) };
    let Some(expression) = &query.expression else {
        let mut found = conn.prepare_cached(
            "SELECT word_row FROM message WHERE word_row >= ?1 AND word_row < ?2
             ORDER BY word_row DESC LIMIT ?3",
        )?;
        let rows = found.query_map(params![within.from, within.to, limit], |row| row.get(0))?;
        return Ok(rows.collect::<Result<_, _>>()?);
    };
    if let Some(wide) = &query.wide
        && let Some(rows) = looked_at(conn, query, wide, limit, within)?
    {
        return Ok(rows);
    }
    let mut found = conn.prepare_cached(
        "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid >= ?2 AND rowid < ?3
         ORDER BY rowid DESC LIMIT ?4",
    )?;
    let rows = found.query_map(params![expression, within.from, within.to, limit], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The rows of a wider question that answer the query itself. `None` where those are few and far between: then the
/// query's own words are rare enough to be gathered.
fn looked_at(
    conn: &Connection,
    query: &Query,
    wide: &str,
    limit: u32,
    within: Within,
) -> Result<Option<Vec<i64>>, Problem> {
    let mut found = conn.prepare_cached(
        "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid >= ?2 AND rowid < ?3 ORDER BY rowid DESC",
    )?;
    let mut message = conn.prepare_cached("SELECT text, body, attachments, scope FROM message WHERE word_row = ?1")?;
    let mut candidates = found.query(params![wide, within.from, within.to])?;
    let mut rows = Vec::new();
    let mut looked_at = 0;
    while let Some(candidate) = candidates.next()? {
        if looked_at >= LOOKED_AT && rows.len() * ONE_IN < looked_at {
            return Ok(None);
        }
        looked_at += 1;
        let row: i64 = candidate.get(0)?;
        let answers = message
            .query_row([row], |row| {
                let text = |nth| -> rusqlite::Result<&str> { Ok(row.get_ref(nth)?.as_str()?) };
                Ok(stored(text(0)?, text(1)?, text(2)?).map(|said| (said, row.get::<_, String>(3))))
            })
            .optional()?;
        let Some(answers) = answers else {
            continue;
        };
        let (said, scope) = answers?;
        if query.is_answered_by(&said, &scope?) {
            rows.push(row);
            if rows.len() >= limit as usize {
                return Ok(Some(rows));
            }
        }
    }
    Ok(Some(rows))
}

/// `None`: the network wants it forgotten by now.
fn hit(conn: &Connection, row: i64, query: &Query, now: Millis) -> Result<Option<Hit>, Problem> {
    let found = conn
        .prepare_cached(
            "SELECT m.id, m.conversation, m.client, a.network, c.kind, c.triage, c.later_until, p.name, p.handle,
                    m.at, m.ours, m.text, m.body, m.attachments, m.publication, m.gone_at IS NOT NULL
               FROM message m
               JOIN account a ON a.id = m.account
               JOIN conversation c ON c.id = m.conversation
               JOIN person p ON p.id = m.person
              WHERE m.word_row = ?1 AND (m.expires_at IS NULL OR m.expires_at > ?2)",
        )?
        .query_row(params![row, now.0], |row| {
            let name: String = row.get(7)?;
            let said = said(
                &row.get::<_, String>(11)?,
                json::<Warned>(row.get(12)?, 12)?.warning.as_deref(),
                &json::<Vec<guichet_model::Attachment>>(row.get(13)?, 13)?,
            );
            let (excerpt, marks) = excerpt::around(&said, &query.wanted);
            Ok(Hit {
                message: MessageId(row.get(0)?),
                conversation: ConversationId(row.get(1)?),
                client: ClientId(row.get(2)?),
                network: row.get(3)?,
                kind: kind_of(&row.get::<_, String>(4)?),
                triage: triage(row.get(5)?, row.get(6)?),
                author: if name.is_empty() { row.get(8)? } else { name },
                at: Millis(row.get(9)?),
                excerpt,
                marks,
                ours: row.get(10)?,
                publication: publication_of(row.get_ref(14)?.as_str()?),
                gone: row.get(15)?,
            })
        })
        .optional()?;
    Ok(found)
}

#[derive(serde::Deserialize)]
struct Warned {
    warning: Option<String>,
}

fn json<T: serde::de::DeserializeOwned>(text: String, column: usize) -> rusqlite::Result<T> {
    serde_json::from_str(&text).map_err(|_| rusqlite::Error::InvalidColumnType(column, "json".into(), Type::Text))
}

fn triage(stored: i64, until: Option<i64>) -> Triage {
    match stored {
        0 => Triage::Open,
        1 => Triage::Later { until: until.map(Millis) },
        _ => Triage::Done,
    }
}

#[cfg(test)]
mod tests;
