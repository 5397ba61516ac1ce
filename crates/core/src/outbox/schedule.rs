//! When a reply may leave: after the delay to take it back, at the instant that the CM chose, once somebody said yes.

use super::restore;
use super::row::{Detail, Reply};
use super::settle::Word;
use super::state::{Event, State};
use crate::client;
use crate::desk::Desk;
use crate::view::{ActedOn, Problem, Waiting};
use guichet_model::{ClientId, Millis, ReplyId, SECOND};
use rusqlite::{Connection, Transaction, params};

impl Desk {
    /// The yes that their client wants: they wait, and can be taken back for as long as any other. `TooLate` for one that
    /// wants none.
    pub async fn approve(&self, replies: Vec<ReplyId>) -> Result<ActedOn, Problem> {
        self.say(replies, "approve", Word::new(|tx, reply, _, now| approve(tx, reply, now))).await
    }

    /// Another instant for those that wait; `None`, or an instant of the past: as soon as they can no longer be taken
    /// back.
    pub async fn reschedule(&self, replies: Vec<ReplyId>, send_at: Option<Millis>) -> Result<ActedOn, Problem> {
        self.say(replies, "reschedule", Word::new(move |tx, reply, _, now| reschedule(tx, reply, send_at, now))).await
    }
}

/// The instant a CM chose, unless it is over.
pub(super) fn chosen(send_at: Option<Millis>, now: Millis) -> Option<Millis> {
    send_at.filter(|at| *at > now)
}

/// From when on a reply of this client may leave, and how that is told.
pub(super) fn leaves(
    conn: &Connection,
    client: ClientId,
    send_at: Option<Millis>,
    now: Millis,
) -> Result<(Millis, Waiting), Problem> {
    let undo = client::rules(conn, client)?.undo_seconds;
    let undone = now.plus(i64::from(undo) * SECOND);
    Ok(match chosen(send_at, now) {
        Some(at) if at > undone => (at, Waiting::Scheduled { at }),
        _ if undone > now => (undone, Waiting::Until { at: undone }),
        _ => (now, Waiting::Turn),
    })
}

fn approve(tx: &Transaction<'_>, reply: &Reply, now: Millis) -> Result<(), Problem> {
    let (not_before, why) = leaves(tx, reply.client, reply.send_at, now)?;
    if !reply.step(tx, Event::Approved, Detail { why: Some(why), ..Detail::default() })? {
        return Err(Problem::TooLate);
    }
    tx.prepare_cached("UPDATE reply SET not_before = ?2 WHERE id = ?1")?.execute(params![reply.id.0, not_before.0])?;
    restore::look_first(tx, reply.id, now)
}

fn reschedule(tx: &Transaction<'_>, reply: &Reply, send_at: Option<Millis>, now: Millis) -> Result<(), Problem> {
    if !matches!(reply.state, State::Waiting | State::ToApprove) {
        return Err(Problem::TooLate);
    }
    let (not_before, why) = leaves(tx, reply.client, send_at, now)?;
    // Whatever changed is still for the CM to look at.
    let why = match reply.detail.why {
        Some(conflict @ Waiting::Conflict { .. }) => Some(conflict),
        _ => (reply.state == State::Waiting).then_some(why),
    };
    let detail = Detail { why, ..reply.detail.clone() };
    tx.prepare_cached("UPDATE reply SET send_at = ?2, not_before = ?3, detail = ?4, why = json_extract(?4, '$.why.why') WHERE id = ?1")?.execute(
        params![reply.id.0, chosen(send_at, now).map(|at| at.0), not_before.0, serde_json::to_string(&detail)?],
    )?;
    Ok(())
}
