//! What a release would let go, with what became stale meanwhile.

use super::{cover, scope_of};
use crate::desk::Desk;
use crate::outbox::{self, CONFLICT, STALE};
use crate::view::{Conflict, Problem, StaleView};
use guichet_model::{HoldId, Millis, ReplyId};
use rusqlite::{Connection, params};

/// No list that a person reads is longer; the hold says how many there are.
const MOST: u32 = 500;

impl Desk {
    /// Waiting replies that only this hold stops: first those whose place changed as far as we know, then old ones; 500
    /// at most.
    pub async fn release_preview(&self, hold: HoldId) -> Result<Vec<StaleView>, Problem> {
        let now = self.now();
        self.store().read(move |conn| preview(conn, hold, now)).await
    }
}

fn preview(conn: &Connection, hold: HoldId, now: Millis) -> Result<Vec<StaleView>, Problem> {
    let covered = cover::only(conn, hold, &scope_of(conn, hold)?)?;
    let sql = format!(
        "SELECT r.id, r.written_at < ?2 AS old, {CONFLICT} AS conflict {covered}
          ORDER BY conflict IS NULL, old DESC, r.not_before, r.id LIMIT ?3"
    );
    let mut read = conn.prepare_cached(&sql)?;
    let rows = read
        .query_map(params![hold.0, now.plus(-STALE).0, MOST], |row| {
            Ok((ReplyId(row.get(0)?), row.get::<_, bool>(1)?, row.get::<_, Option<String>>(2)?))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    rows.into_iter()
        .map(|(reply, old, conflict)| {
            Ok(StaleView { reply: outbox::reply(conn, reply)?, old, conflict: conflict.and_then(named) })
        })
        .collect()
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
