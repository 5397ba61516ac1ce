//! What a release would let go, with what became stale meanwhile.

use super::{cover, scope_of};
use crate::desk::Desk;
use crate::outbox::{self, CONFLICT, STALE};
use crate::view::{Conflict, Problem, Slice, StaleView};
use guichet_model::{HoldId, Millis, ReplyId};
use rusqlite::{Connection, params};
use std::collections::HashSet;

/// No list that a person reads is longer.
const MOST: usize = 500;

impl Desk {
    /// Waiting replies that these holds stop, one or several of them, and no other: first those whose place changed as far
    /// as we know, then old ones; 500 at most of the number told.
    pub async fn release_preview(&self, holds: Vec<HoldId>) -> Result<Slice<StaleView>, Problem> {
        let now = self.now();
        self.store().read(move |conn| preview(conn, &holds, now)).await
    }
}

/// What one would see of a reply first.
type Rank = (bool, bool, i64, ReplyId);

fn preview(conn: &Connection, holds: &[HoldId], now: Millis) -> Result<Slice<StaleView>, Problem> {
    let mut found: Vec<(Rank, Option<String>)> = Vec::new();
    let mut full = false;
    for hold in holds {
        let covered = cover::only(conn, &scope_of(conn, *hold)?, holds)?;
        let sql = format!(
            "SELECT r.id, r.written_at < ?2 AS old, {CONFLICT} AS conflict, r.not_before {covered}
              ORDER BY conflict IS NULL, old DESC, r.not_before, r.id LIMIT ?3"
        );
        let mut read = conn.prepare_cached(&sql)?;
        let rows = read
            .query_map(params![hold.0, now.plus(-STALE).0, MOST as i64], |row| {
                let conflict: Option<String> = row.get(2)?;
                Ok(((conflict.is_none(), !row.get::<_, bool>(1)?, row.get(3)?, ReplyId(row.get(0)?)), conflict))
            })?
            .collect::<Result<Vec<_>, _>>()?;
        full |= rows.len() == MOST;
        found.extend(rows);
    }
    found.sort();
    // One that several of them stop is one.
    found.dedup_by_key(|(rank, _)| *rank);
    let total = if full { number(conn, holds)? } else { found.len() };
    let rows = found.into_iter().take(MOST).map(|((_, young, _, reply), conflict)| {
        Ok(StaleView { reply: outbox::reply(conn, reply)?, old: !young, conflict: conflict.and_then(named) })
    });
    Ok(Slice {
        total: u32::try_from(total).unwrap_or(u32::MAX),
        offset: 0,
        rows: rows.collect::<Result<_, Problem>>()?,
    })
}

/// All that would leave, each once.
fn number(conn: &Connection, holds: &[HoldId]) -> Result<usize, Problem> {
    let mut all: HashSet<i64> = HashSet::new();
    for hold in holds {
        let covered = cover::only(conn, &scope_of(conn, *hold)?, holds)?;
        let mut read = conn.prepare_cached(&format!("SELECT r.id {covered}"))?;
        all.extend(read.query_map([hold.0], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?);
    }
    Ok(all.len())
}

/// A conflict as `CONFLICT` says it.
pub(crate) fn named(conflict: String) -> Option<Conflict> {
    match conflict.as_str() {
        "gone" => Some(Conflict::Gone),
        "edited" => Some(Conflict::Edited),
        "answered" => Some(Conflict::Answered),
        _ => None,
    }
}
