//! Open, later, done: the CM's own order, never sent anywhere.
//!
//! An act keeps what each conversation was, so that its undo puts back exactly those that still stand as it left them.

use crate::desk::Desk;
use crate::journal::{self, Restored};
use crate::store::Durability;
use crate::view::{Acted, Change, Problem, Triage};
use guichet_model::{ClientId, ConversationId, Millis};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// As the store keeps it; also what the journal keeps of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stand {
    triage: i64,
    until: Option<i64>,
    at: i64,
}

impl Stand {
    fn of(to: Triage, now: Millis) -> Self {
        let (triage, until) = match to {
            Triage::Open => (0, None),
            Triage::Later { until } => (1, until.map(|until| until.0)),
            Triage::Done => (2, None),
        };
        Self { triage, until, at: now.0 }
    }
}

/// The journal's detail of one act.
#[derive(Serialize, Deserialize)]
struct Detail {
    to: Stand,
    was: Vec<(i64, Stand)>,
}

impl Desk {
    /// Conversations that stand so already are left alone, and an act that changes nothing is not kept.
    pub async fn triage(&self, ids: Vec<ConversationId>, to: Triage) -> Result<Acted, Problem> {
        let now = self.now();
        let acted = self.store().write(Durability::Full, move |tx| set(tx, &ids, to, now)).await?;
        self.announce(acted.change.clone());
        Ok(acted)
    }
}

/// In a transaction of the caller's: a reply that also files its conversation is one act.
pub(crate) fn set(tx: &Transaction<'_>, ids: &[ConversationId], to: Triage, now: Millis) -> Result<Acted, Problem> {
    let stand = Stand::of(to, now);
    let mut was = Vec::new();
    let mut clients = Vec::new();
    for id in ids {
        let Some((before, client)) = standing(tx, *id)? else {
            continue;
        };
        if (before.triage, before.until) == (stand.triage, stand.until) {
            continue;
        }
        put(tx, id.0, stand)?;
        was.push((id.0, before));
        clients.push(client);
    }
    if was.is_empty() {
        return Ok(Acted { act: None, change: Change::default() });
    }
    let change = changed(was.iter().map(|(id, _)| *id));
    clients.dedup();
    let client = match clients.as_slice() {
        [one] => Some(*one),
        _ => None,
    };
    let detail = serde_json::to_value(Detail { to: stand, was })?;
    let act = journal::record(tx, now, "triage", client, detail)?;
    Ok(Acted { act: Some(act), change })
}

/// What fell due while the laptop slept comes back once, in order.
pub(crate) async fn wake_due(desk: &Desk) -> Result<(), Problem> {
    let now = desk.now();
    // Asked of a reader first: the tick must not write where nothing is due.
    if desk.store().read(move |conn| due(conn, now)).await?.is_empty() {
        return Ok(());
    }
    let change = desk.store().write(Durability::Full, move |tx| wake_due_in(tx, now)).await?;
    desk.announce(change);
    Ok(())
}

fn wake_due_in(tx: &Transaction<'_>, now: Millis) -> Result<Change, Problem> {
    let due = due(tx, now)?;
    for id in &due {
        put(tx, *id, Stand::of(Triage::Open, now))?;
    }
    Ok(changed(due.into_iter()))
}

fn due(conn: &Connection, now: Millis) -> Result<Vec<i64>, Problem> {
    Ok(conn
        .prepare_cached(
            "SELECT id FROM conversation
              WHERE triage = 1 AND ifnull(later_until, 9223372036854775807) <= ?1
              ORDER BY ifnull(later_until, 9223372036854775807), id",
        )?
        .query_map([now.0], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// Puts back those that still stand as the act left them.
pub(crate) fn undo(tx: &Transaction<'_>, detail: &Value) -> Result<Restored, Problem> {
    let detail: Detail = serde_json::from_value(detail.clone())?;
    let mut restored = Vec::new();
    let mut left = 0;
    for (id, before) in detail.was {
        match standing(tx, ConversationId(id))? {
            Some((now, _)) if now == detail.to => {
                put(tx, id, before)?;
                restored.push(id);
            }
            _ => left += 1,
        }
    }
    Ok(Restored { change: changed(restored.into_iter()), left })
}

/// As it is shown.
pub(crate) fn shown(triage: i64, until: Option<i64>) -> Triage {
    match triage {
        0 => Triage::Open,
        1 => Triage::Later { until: until.map(Millis) },
        _ => Triage::Done,
    }
}

fn standing(conn: &Connection, id: ConversationId) -> Result<Option<(Stand, ClientId)>, Problem> {
    Ok(conn
        .prepare_cached("SELECT triage, later_until, triaged_at, client FROM conversation WHERE id = ?1")?
        .query_row([id.0], |row: &Row<'_>| {
            let stand = Stand { triage: row.get(0)?, until: row.get(1)?, at: row.get(2)? };
            Ok((stand, ClientId(row.get(3)?)))
        })
        .optional()?)
}

fn put(tx: &Transaction<'_>, id: i64, stand: Stand) -> Result<(), Problem> {
    tx.prepare_cached("UPDATE conversation SET triage = ?2, later_until = ?3, triaged_at = ?4 WHERE id = ?1")?
        .execute(params![id, stand.triage, stand.until, stand.at])?;
    Ok(())
}

fn changed(ids: impl Iterator<Item = i64>) -> Change {
    let conversations: Vec<_> = ids.map(ConversationId).collect();
    Change { desk: !conversations.is_empty(), conversations, ..Change::default() }
}

#[cfg(test)]
#[path = "triage_tests.rs"]
mod tests;
