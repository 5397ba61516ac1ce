//! Looking for a reply whose answer was lost.
//!
//! What the network shows of ours at the place since the first attempt is either known, another reply's, or a
//! candidate. As many candidates of that text as unsure replies of it are paired in order. Anything else settles
//! nothing by itself: not finding it proves nothing, since servers apply requests minutes late and reads lag. Only a
//! network that refuses a second copy is sent the same bytes again; otherwise the CM decides, with both texts in view.

use super::attempt;
use super::changed;
use super::outcome::{self, After};
use super::row::{Detail, OPEN, Reply};
use super::state::{Event, State};
use crate::desk::Desk;
use crate::store::Durability;
use crate::view::{Change, Problem};
use crate::{budget, changes, intake};
use guichet_model::{DAY, Fault, Found, HOUR, Item, MINUTE, MessageId, Millis, ReplyId, SECOND};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

/// From one look to the next.
const LOOKS: [i64; 8] = [5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY];

pub(super) async fn look(desk: &Desk, id: ReplyId) -> Result<After, Problem> {
    let reply = desk.store().read(move |conn| Reply::one(conn, id)).await?;
    let (State::Unsure, Some(prepared)) = (reply.state, reply.prepared.clone()) else {
        return Ok(After::GoOn);
    };
    let session = desk.inner.session(reply.account).await?;
    let found = budget::first(session.find(&prepared, reply.known.since)).await;
    desk.step("reply looked for");
    desk.met_network(!matches!(found, Err(Fault::Offline { .. })));
    let now = desk.now();
    let (change, after) = desk
        .store()
        .write(Durability::Full, move |tx| match found {
            Ok(found) => Ok((weigh(tx, &reply, found, now)?, After::GoOn)),
            Err(fault) => {
                // Without a network nothing was looked at: the patience of looking is kept for when there is one.
                if !matches!(fault, Fault::Offline { .. }) {
                    later(tx, &reply, now)?;
                }
                let after = outcome::account_after(tx, reply.account, &fault, now)?;
                Ok((Change::default(), after))
            }
        })
        .await?;
    desk.announce(change);
    if after != After::GoOn {
        return Ok(after);
    }
    let again = desk.store().write(Durability::Full, move |tx| repeat(tx, id, now)).await?;
    match again {
        Some(reply) => {
            desk.announce(changed(reply.id, reply.conversation));
            desk.step("reply frozen");
            attempt::send(desk, &session, reply, &prepared).await
        }
        None => Ok(After::GoOn),
    }
}

/// For each message of ours that intake meets for the first time: a reply lost at its place is looked for at once.
pub(crate) fn noticed(tx: &Transaction<'_>, message: MessageId) -> Result<(), Problem> {
    tx.prepare_cached(
        // The index of open replies is asked by its own words: the table keeps every reply ever sent.
        "UPDATE reply SET not_before = 0
          WHERE state IN ('to_approve','waiting','sending','refused','unsure') AND state = 'unsure' AND not_before > 0
            AND (account, json_extract(place, '$.remote')) IN (SELECT account, in_reply_to FROM message WHERE id = ?)",
    )?
    .execute([message.0])?;
    Ok(())
}

/// What was found, against what is unsure: adopts, or writes down what was seen.
fn weigh(tx: &Transaction<'_>, reply: &Reply, found: Found, now: Millis) -> Result<Change, Problem> {
    // Between the looking and now the CM may have settled it.
    let twins = twins(tx, reply)?;
    let Some(first) = twins.first() else {
        return Ok(Change::default());
    };
    let mut same = Vec::new();
    for item in found.same {
        if is_candidate(tx, first, &item)? {
            same.push(item);
        }
    }
    let mut other = Vec::new();
    for item in found.other {
        if is_candidate(tx, first, &item)? {
            other.push(item);
        }
    }
    let mut change = Change::default();
    if same.len() == twins.len() {
        same.sort_by(|a, b| (a.at, &a.remote).cmp(&(b.at, &b.remote)));
        for (twin, item) in twins.iter().zip(&same) {
            changes::join(&mut change, outcome::arrive(tx, twin, Event::Found, item, now)?);
            tracing::info!(reply = twin.id.0, "reply found");
        }
        return Ok(change);
    }
    let absent = same.is_empty() && other.is_empty() && found.complete;
    let mut candidates = Vec::new();
    for item in same.iter().chain(&other) {
        let (message, entered) = intake::enter(tx, reply.account, item, now)?;
        candidates.extend(message);
        changes::join(&mut change, entered);
    }
    candidates.sort_unstable();
    candidates.dedup();
    for twin in &twins {
        let detail = Detail { candidates: candidates.clone(), ..Detail::default() };
        // `looked_at` is shown as "not there": only a whole look that saw nothing may say so.
        tx.prepare_cached(
            "UPDATE reply SET detail = ?2, looked_at = CASE WHEN ?3 THEN ?4 ELSE NULL END WHERE id = ?1 AND state = 'unsure'",
        )?
        .execute(params![twin.id.0, serde_json::to_string(&detail)?, absent, now.0])?;
        later(tx, twin, now)?;
        changes::join(&mut change, changed(twin.id, twin.conversation));
    }
    Ok(change)
}

/// Unsure replies of the same text at the same place, oldest attempt first.
fn twins(conn: &Connection, reply: &Reply) -> Result<Vec<Reply>, Problem> {
    let unsure = format!("r.account = ? AND r.state IN {OPEN} AND r.state = 'unsure' ORDER BY r.first_try, r.id");
    let open = Reply::all(conn, &unsure, [reply.account.0])?;
    let text = |reply: &Reply| reply.prepared.as_ref().map(|prepared| prepared.text.clone());
    Ok(open
        .into_iter()
        .filter(|other| other.place.remote == reply.place.remote && text(other) == text(reply))
        .collect())
}

/// Ours, not known before the first attempt, no other reply's.
fn is_candidate(conn: &Connection, first: &Reply, item: &Item) -> Result<bool, Problem> {
    if !item.ours || item.at < first.known.since || first.known.ids.contains(&item.remote.0) {
        return Ok(false);
    }
    let message: Option<i64> = conn
        .prepare_cached("SELECT message FROM alias WHERE account = ? AND scope = 'id' AND name = ?")?
        .query_row(params![first.account.0, item.remote.0], |row| row.get(0))
        .optional()?
        .flatten();
    match message {
        Some(message) => Ok(!outcome::adopted(conn, MessageId(message))?),
        None => Ok(true),
    }
}

fn later(tx: &Transaction<'_>, reply: &Reply, now: Millis) -> Result<(), Problem> {
    let wait = LOOKS[(reply.looks as usize).min(LOOKS.len() - 1)];
    tx.prepare_cached("UPDATE reply SET looks = looks + 1, not_before = ?2 WHERE id = ?1 AND state = 'unsure'")?
        .execute(params![reply.id.0, now.plus(wait).0])?;
    Ok(())
}

/// The compare-and-set before a repetition: still unsure, and the network refuses a second copy.
fn repeat(tx: &Transaction<'_>, id: ReplyId, now: Millis) -> Result<Option<Reply>, Problem> {
    let reply = Reply::one(tx, id)?;
    let (State::Unsure, Some(prepared), Some(first_try)) = (reply.state, &reply.prepared, reply.first_try) else {
        return Ok(None);
    };
    let blocked = intake::health::blocked(tx, reply.account, now)?.is_some();
    let by_server = attempt::server_now(tx, reply.account, now)?.since(first_try);
    let since = if by_server < 0 { by_server } else { by_server.max(now.since(reply.known.wall)) };
    // A clock that went back cannot tell how old the key is.
    if blocked || since < 0 || prepared.key != reply.key || !prepared.proof.allows_resend(since) {
        return Ok(None);
    }
    let detail = Detail { candidates: reply.detail.candidates.clone(), ..Detail::default() };
    if !reply.step(tx, Event::LeavesAgain, detail)? {
        return Ok(None);
    }
    tx.prepare_cached("UPDATE reply SET tries = tries + 1 WHERE id = ?")?.execute([id.0])?;
    Reply::one(tx, id).map(Some)
}
