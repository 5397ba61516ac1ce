//! When a reply may leave: after the delay to take it back, at the instant that the CM chose, once somebody said yes.

use super::restore;
use super::row::{Detail, Reply};
use super::settle::Word;
use super::state::{Event, State};
use crate::client;
use crate::desk::Desk;
use crate::intake::health;
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

/// Of a reply that waits so: when its rest began. `None`: the CM chose its instant, which stands by the clock on the wall.
pub(super) fn rests_from(why: Waiting, now: Millis) -> Option<i64> {
    (!matches!(why, Waiting::Scheduled { .. })).then_some(now.0)
}

/// After the clock went back: no reply and no account rests for longer than was meant, by the clock as it goes now.
pub(super) fn bound_rests(tx: &Transaction<'_>, now: Millis) -> Result<usize, Problem> {
    let bounded = tx
        .prepare_cached(
            "UPDATE reply SET not_before = ?1 + not_before - rests_from, rests_from = ?1,
                detail = CASE why WHEN 'until'
                    THEN json_set(detail, '$.why.at', ?1 + json_extract(detail, '$.why.at') - rests_from) ELSE detail END
              WHERE account IN (SELECT id FROM account) AND state IN ('waiting','unsure') AND by_hand = 0
                AND not_before > ?1 AND rests_from > ?1",
        )?
        .execute([now.0])?;
    Ok(bounded + health::bound(tx, now)?)
}

fn approve(tx: &Transaction<'_>, reply: &Reply, now: Millis) -> Result<(), Problem> {
    let (not_before, why) = leaves(tx, reply.client, reply.send_at, now)?;
    if !reply.step(tx, Event::Approved, Detail { why: Some(why), ..Detail::default() })? {
        return Err(Problem::TooLate);
    }
    tx.prepare_cached("UPDATE reply SET not_before = ?2, rests_from = ?3 WHERE id = ?1")?.execute(params![
        reply.id.0,
        not_before.0,
        rests_from(why, now)
    ])?;
    restore::look_first(tx, reply.id, now)
}

fn reschedule(tx: &Transaction<'_>, reply: &Reply, send_at: Option<Millis>, now: Millis) -> Result<(), Problem> {
    // Nothing sends at an instant what the CM publishes.
    if reply.by_hand || !matches!(reply.state, State::Waiting | State::ToApprove) {
        return Err(Problem::TooLate);
    }
    stand_at(tx, reply, send_at, now)
}

/// Waits for its instant, or for the delay to take it back, beginning now.
pub(super) fn stand_at(
    tx: &Transaction<'_>,
    reply: &Reply,
    send_at: Option<Millis>,
    now: Millis,
) -> Result<(), Problem> {
    let (not_before, why) = leaves(tx, reply.client, send_at, now)?;
    let rests_from = rests_from(why, now);
    // Whatever changed is still for the CM to look at.
    let why = match reply.detail.why {
        Some(conflict @ Waiting::Conflict { .. }) => Some(conflict),
        _ => (reply.state == State::Waiting).then_some(why),
    };
    let detail = Detail { why, ..reply.detail.clone() };
    let send_at = chosen(send_at, now).map(|at| at.0);
    tx.prepare_cached(
        "UPDATE reply SET send_at = ?2, not_before = ?3, rests_from = ?4, detail = ?5, why = json_extract(?5, '$.why.why')
          WHERE id = ?1",
    )?
    .execute(params![reply.id.0, send_at, not_before.0, rests_from, serde_json::to_string(&detail)?])?;
    Ok(())
}
