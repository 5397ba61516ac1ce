//! The journal: every act of the CM in order, with ids and states, never texts; and the undo that reads it.
//!
//! An inverse applies only to what still stands as its act left it; what changed since is left and said. Acts at a
//! network have their own opposite instead, so undo steps over them.

use crate::changes;
use crate::desk::Desk;
use crate::store::Durability;
use crate::view::{Change, Problem, Undone};
use crate::{account, client, door, draft, hold, outbox, round_trip, template, triage};
use guichet_model::{ActId, ClientId, ConversationId, DAY, Millis, ReplyId};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::Value;
use std::sync::atomic::Ordering;

/// How long an act can be undone.
pub(crate) const UNDONE_WITHIN: i64 = 30 * DAY;

/// The acts that have an inverse. The list undo dispatches on, and the one it looks for.
const UNDOABLE: &str = "('triage','edit_client','set_rules','remove_account','send_reply','discard_draft',\
    'remove_template','hold','release','approve','retry','take_back','reschedule','settle_is_there',\
    'settle_send_again','settle_give_up','settle_published','settle_not_published','add_items','teach','seen_outside')";

/// In the transaction of the act itself.
pub(crate) fn record(
    tx: &Transaction<'_>,
    at: Millis,
    kind: &str,
    client: Option<ClientId>,
    detail: Value,
) -> Result<ActId, Problem> {
    tx.prepare_cached("INSERT INTO journal (at, kind, client, detail) VALUES (?1, ?2, ?3, ?4)")?.execute(params![
        at.0,
        kind,
        client.map(|client| client.0),
        detail.to_string()
    ])?;
    Ok(ActId(tx.last_insert_rowid()))
}

/// What an inverse did: what it put back, and how many things it left as they have become.
#[derive(Debug, Default)]
pub(crate) struct Restored {
    pub change: Change,
    pub left: u32,
}

impl Restored {
    /// Of an act about one thing: its detail names it.
    fn of_one(detail: &Value, done: bool, templates: bool) -> Self {
        if !done {
            return Self { left: 1, ..Self::default() };
        }
        let id = |name: &str| detail.get(name).and_then(Value::as_i64);
        let change = Change {
            conversations: id("conversation").map(ConversationId).into_iter().collect(),
            replies: id("reply").map(ReplyId).into_iter().collect(),
            templates,
            desk: true,
            all: false,
        };
        Self { change, left: 0 }
    }
}

impl Desk {
    /// Undoes an act, or the last one that can be. `NotFound` where there is none, it was already undone, or it has
    /// no inverse; `TooLate` after thirty days.
    pub async fn undo(&self, act: Option<ActId>) -> Result<Undone, Problem> {
        let now = self.now();
        let undone = self.store().write(Durability::Full, move |tx| undo(tx, act, now)).await?;
        // It may have been a release.
        self.inner.held.fetch_add(1, Ordering::SeqCst);
        self.announce(undone.change.clone());
        self.inner.wake_outbox.notify_one();
        Ok(undone)
    }
}

fn undo(tx: &Transaction<'_>, act: Option<ActId>, now: Millis) -> Result<Undone, Problem> {
    let (act, at, kind, detail) = find(tx, act, now)?.ok_or(Problem::NotFound)?;
    if now.since(at) > UNDONE_WITHIN {
        return Err(Problem::TooLate);
    }
    let detail: Value = serde_json::from_str(&detail)?;
    let mut restored = match kind.as_str() {
        "triage" => triage::undo(tx, &detail)?,
        "edit_client" => Restored::of_one(&detail, client::undo_edit(tx, &detail)?, false),
        "set_rules" => Restored::of_one(&detail, client::undo_rules(tx, &detail)?, false),
        "hold" => hold::undo_hold(tx, &detail, now)?,
        "release" => hold::undo_release(tx, &detail)?,
        "remove_account" => Restored::of_one(&detail, account::undo_remove(tx, &detail)?, false),
        "seen_outside" => Restored::of_one(&detail, round_trip::undo_seen(tx, &detail)?, false),
        "send_reply" => Restored::of_one(&detail, outbox::undo_send(tx, &detail)?, false),
        "approve"
        | "retry"
        | "take_back"
        | "reschedule"
        | "settle_is_there"
        | "settle_send_again"
        | "settle_give_up"
        | "settle_published"
        | "settle_not_published" => outbox::undo_word(tx, ActId(act), &detail, now)?,
        "add_items" => door::undo_add(tx, &detail, now)?,
        "teach" => door::undo_teach(tx, &detail, now)?,
        "discard_draft" => Restored::of_one(&detail, draft::undo_discard(tx, &detail)?, false),
        "remove_template" => Restored::of_one(&detail, template::undo_remove(tx, &detail)?, true),
        _ => return Err(Problem::NotFound),
    };
    // Undone even where everything had moved on: the next undo goes further back.
    tx.prepare_cached("UPDATE journal SET undone_at = ?2 WHERE id = ?1")?.execute(params![act, now.0])?;
    // One key sent and filed: both come back together. Of a reply that has left, the filing stays too, and is the next
    // to be undone.
    let with = detail.get("with_act").and_then(Value::as_i64).map(ActId);
    if let Some(with) = with.filter(|_| restored.left == 0)
        && find(tx, Some(with), now)?.is_some()
    {
        let other = undo(tx, Some(with), now)?;
        changes::join(&mut restored.change, other.change);
        restored.left += other.left;
    }
    Ok(Undone {
        what: kind,
        conversations: restored.change.conversations.clone(),
        left: restored.left,
        change: restored.change,
    })
}

type Act = (i64, Millis, String, String);

fn find(conn: &Connection, act: Option<ActId>, now: Millis) -> Result<Option<Act>, Problem> {
    let sql = match act {
        Some(_) => format!(
            "SELECT id, at, kind, detail FROM journal
              WHERE id = ?1 AND undone_at IS NULL AND kind IN {UNDOABLE}"
        ),
        None => format!(
            "SELECT id, at, kind, detail FROM journal
              WHERE at >= ?1 AND undone_at IS NULL AND kind IN {UNDOABLE} ORDER BY at DESC, id DESC LIMIT 1"
        ),
    };
    let which = act.map_or(now.plus(-UNDONE_WITHIN).0, |act| act.0);
    Ok(conn
        .prepare_cached(&sql)?
        .query_row([which], |row| Ok((row.get(0)?, Millis(row.get(1)?), row.get(2)?, row.get(3)?)))
        .optional()?)
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
