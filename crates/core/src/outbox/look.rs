//! Looking for a reply whose answer was lost.
//!
//! What the network shows of ours at the place since the first attempt is either known, another reply's, or a
//! candidate of those it can be. One that stands under the name frozen with a reply is that reply. As many others of a text
//! as unsure replies that could be them are paired in order (`pair`). Anything else settles nothing by itself: not finding
//! it proves nothing, since servers apply requests minutes late and reads lag. Only a network that refuses a second copy
//! is sent the same bytes again; otherwise the CM decides, with both texts in view.

use super::attempt::{self, Going};
use super::changed;
use super::last;
use super::outcome::{self, After};
use super::pair::pairs;
use super::row::{Detail, Reply};
use super::run::Walk;
use super::schedule;
use super::state::{Event, State};
use crate::desk::Desk;
use crate::store::Durability;
use crate::view::{Change, Problem};
use crate::{attachment, budget, changes, hold, intake};
use guichet_model::{
    AccountId, ByName, DAY, Fault, Found, HOUR, Item, MINUTE, MessageId, Millis, Prepared, RemoteId, ReplyId, SECOND,
    Session,
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::sync::Arc;

/// From one look to the next.
const LOOKS: [i64; 8] = [5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY];

pub(super) async fn look(desk: &Desk, id: ReplyId) -> Result<After, Problem> {
    let reply = desk.store().read(move |conn| Reply::one(conn, id)).await?;
    if reply.state != State::Unsure {
        return Ok(After::Stays);
    }
    let session = desk.inner.session(reply.account).await?;
    if let Err(fault) = prepare(desk, &session, &reply).await? {
        return give_up(desk, reply, fault).await;
    }
    // Its equals are looked for with it: as far back as the first of them was tried.
    let read = move |conn: &Connection| {
        let reply = Reply::one(conn, id)?;
        let earliest = twins(conn, &reply)?.iter().map(|twin| twin.known.since).min();
        let since = earliest.unwrap_or(reply.known.since);
        Ok((reply, since))
    };
    let (reply, since) = desk.store().read(read).await?;
    let (State::Unsure, Some(prepared)) = (reply.state, reply.prepared.clone()) else {
        return Ok(After::Stays);
    };
    let found = budget::first(session.find(&prepared, since)).await;
    desk.step("reply looked for");
    desk.met_network(reply.account, found.as_ref().err());
    let now = desk.now();
    let found = match found {
        Ok(found) => found,
        // What could not be looked for is not repeated either: a server just heard is what tells how old a key is.
        Err(fault) => return give_up(desk, reply, fault).await,
    };
    let change = desk.store().write(Durability::Full, move |tx| weigh(tx, &reply, found, since, now)).await?;
    desk.announce(change);
    repeat(desk, session, id, prepared).await
}

/// The same bytes once more, where the network refuses a second copy.
async fn repeat(desk: &Desk, session: Arc<dyn Session>, id: ReplyId, prepared: Prepared) -> Result<After, Problem> {
    let now = desk.now();
    let apart = session.clock_apart();
    let held = last::held(desk);
    let again = desk.store().write(Durability::Full, move |tx| leave_again(tx, id, now, apart)).await?;
    match again {
        Some(reply) => {
            desk.announce(changed(reply.id, reply.conversation));
            let going = Going::now(desk, session, reply, prepared, now, held);
            attempt::send(desk, going, &mut Walk::alone()).await
        }
        None => Ok(After::GoOn),
    }
}

/// Those of this place that were never prepared, in a copy of the store that knew nothing of their sending: what each
/// would look like tells which of them a message is. All of them, since twins are told apart by their number.
async fn prepare(desk: &Desk, session: &Arc<dyn Session>, reply: &Reply) -> Result<Result<(), Fault>, Problem> {
    let (account, place) = (reply.account, reply.place.remote.clone());
    let read = move |conn: &Connection| {
        let mut lost = at_place(conn, account, &place)?;
        lost.retain(|reply| reply.prepared.is_none());
        Ok(lost)
    };
    for lost in desk.store().read(read).await? {
        let prepared = match attempt::prepare(desk, session, &lost).await? {
            Ok(prepared) => prepared,
            // Another one that cannot be prepared at all does not keep this one from being looked for.
            Err(Fault::Refused { .. }) if lost.id != reply.id => continue,
            Err(fault) => return Ok(Err(fault)),
        };
        let write = move |tx: &Transaction<'_>| {
            tx.prepare_cached(
                "UPDATE reply SET prepared = ?2 WHERE id = ?1 AND key = ?3 AND state = 'unsure' AND prepared IS NULL",
            )?
            .execute(params![lost.id.0, serde_json::to_string(&prepared)?, lost.key])?;
            Ok(())
        };
        desk.store().write(Durability::Full, write).await?;
    }
    Ok(Ok(()))
}

/// This look saw nothing: the next one later.
async fn give_up(desk: &Desk, reply: Reply, fault: Fault) -> Result<After, Problem> {
    let now = desk.now();
    desk.store()
        .write(Durability::Full, move |tx| {
            // Without a network nothing was looked at: the patience of looking is kept for when there is one.
            if !matches!(fault, Fault::Offline { .. }) {
                later(tx, &reply, now)?;
            }
            outcome::account_after(tx, reply.account, &fault, now)
        })
        .await
}

/// For each message of ours that intake meets for the first time: a reply lost at its place is looked for at once.
pub(crate) fn noticed(tx: &Transaction<'_>, message: MessageId) -> Result<Vec<ReplyId>, Problem> {
    let mut lost = tx.prepare_cached(
        "UPDATE reply SET not_before = 0
          WHERE state = 'unsure' AND not_before > 0
            AND account = (SELECT account FROM message WHERE id = ?1)
            AND json_extract(place, '$.remote') = (SELECT in_reply_to FROM message WHERE id = ?1)
          RETURNING id",
    )?;
    let rows = lost.query_map([message.0], |row| row.get(0).map(ReplyId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What was found since then, against what is unsure: adopts, or writes down what was seen.
fn weigh(tx: &Transaction<'_>, reply: &Reply, found: Found, since: Millis, now: Millis) -> Result<Change, Problem> {
    // Between the looking and now the CM may have settled it.
    let twins = twins(tx, reply)?;
    let mut same = could_be(tx, &twins, found.same)?;
    let other = could_be(tx, &twins, found.other)?;
    same.sort_by(|a, b| (a.at, &a.remote).cmp(&(b.at, &b.remote)));
    let mut fits = Vec::with_capacity(twins.len());
    for twin in &twins {
        // The same words with other pictures, or none, are another message; whether they are ours is for the CM to see.
        let pictures = attachment::carried(tx, &twin.key)?.len();
        let fit = |item: &Item| is_new(twin, item) && item.attachments.len() == pictures;
        fits.push(same.iter().map(fit).collect::<Vec<bool>>());
    }
    let its_own = |item: &Item| matches!(&found.by_name, ByName::There(own) if *own == item.remote);
    if let Some(own) = same.iter().position(its_own)
        && let Some(looked_for) = twins.iter().position(|twin| twin.id == reply.id)
        && fits[looked_for][own]
    {
        // Its name says that it is this one: it can be no other, and this one no other message.
        for (twin, fits) in fits.iter_mut().enumerate() {
            for (message, fit) in fits.iter_mut().enumerate() {
                *fit &= (twin == looked_for) == (message == own);
            }
        }
    }
    let paired = pairs(&fits);
    let mut change = Change::default();
    let mut found_now = Vec::new();
    for (twin, message) in twins.iter().zip(&paired) {
        if let Some(item) = message.and_then(|message| same.get(message)) {
            changes::join(&mut change, outcome::arrive(tx, twin, Event::Found, item, now)?);
            found_now.extend(Reply::one(tx, twin.id)?.message);
            tracing::info!(reply = twin.id.0, "reply found");
        }
    }
    let mut open = Vec::new();
    for (at, item) in same.into_iter().enumerate() {
        if !paired.contains(&Some(at)) {
            open.push(item);
        }
    }
    open.extend(other);
    let mut seen = Vec::new();
    for item in open {
        let (message, entered) = intake::enter(tx, reply.account, &item, now)?;
        seen.extend(message.map(|message| (message, item)));
        changes::join(&mut change, entered);
    }
    // Where messages bear the names of their replies, each is looked for under its own: of its equals this look says no more
    // than what they are not, nor need it have read what else stands there.
    let told_of = |twin: &Reply| twin.id == reply.id || found.by_name == ByName::Unnamed;
    for (twin, _) in twins.iter().zip(&paired).filter(|(_, message)| message.is_none()) {
        let could_be = seen.iter().filter(|(_, item)| is_new(twin, item)).map(|(message, _)| *message);
        let mut candidates = if told_of(twin) { could_be.collect() } else { twin.detail.candidates.clone() };
        candidates.retain(|message| !found_now.contains(message));
        candidates.sort_unstable();
        candidates.dedup();
        // "Not there" is shown: only a whole look, as far back as this one's first attempt, that saw nothing may say so.
        let absent = candidates.is_empty() && found.complete && twin.known.since >= since;
        let looked_at = if told_of(twin) { absent.then_some(now) } else { twin.looked_at };
        let detail = Detail { candidates, ..Detail::default() };
        tx.prepare_cached("UPDATE reply SET detail = ?2, looked_at = ?3 WHERE id = ?1 AND state = 'unsure'")?
            .execute(params![twin.id.0, serde_json::to_string(&detail)?, looked_at.map(|at| at.0)])?;
        changes::join(&mut change, changed(twin.id, twin.conversation));
    }
    for twin in twins.iter().filter(|twin| told_of(twin)) {
        later(tx, twin, now)?;
    }
    Ok(change)
}

/// Unsure replies of the same text at the same place, oldest attempt first.
fn twins(conn: &Connection, reply: &Reply) -> Result<Vec<Reply>, Problem> {
    let text = |reply: &Reply| reply.prepared.as_ref().map(|prepared| prepared.text.clone());
    let mut twins = at_place(conn, reply.account, &reply.place.remote)?;
    twins.retain(|other| text(other) == text(reply));
    Ok(twins)
}

fn at_place(conn: &Connection, account: AccountId, place: &RemoteId) -> Result<Vec<Reply>, Problem> {
    let lost = "r.account = ?1 AND json_extract(r.place, '$.remote') = ?2 AND r.state = 'unsure'
        ORDER BY r.first_try, r.id";
    Reply::all(conn, lost, params![account.0, place.0])
}

/// Of what was seen: ours, what one of these can be, no other reply's; each once.
fn could_be(conn: &Connection, twins: &[Reply], items: Vec<Item>) -> Result<Vec<Item>, Problem> {
    let mut kept: Vec<Item> = Vec::new();
    for item in items {
        let twice = kept.iter().any(|other| other.remote == item.remote);
        if item.ours && !twice && twins.iter().any(|twin| is_new(twin, &item)) && is_free(conn, &twins[0], &item)? {
            kept.push(item);
        }
    }
    Ok(kept)
}

/// Not known before the first attempt of this one.
fn is_new(twin: &Reply, item: &Item) -> bool {
    item.at >= twin.known.since && !twin.known.ids.contains(&item.remote.0)
}

/// No other reply's.
fn is_free(conn: &Connection, reply: &Reply, item: &Item) -> Result<bool, Problem> {
    let message: Option<i64> = conn
        .prepare_cached("SELECT message FROM alias WHERE account = ? AND scope = 'id' AND name = ?")?
        .query_row(params![reply.account.0, item.remote.0], |row| row.get(0))
        .optional()?
        .flatten();
    match message {
        Some(message) => Ok(!outcome::adopted(conn, MessageId(message))?),
        None => Ok(true),
    }
}

fn later(tx: &Transaction<'_>, reply: &Reply, now: Millis) -> Result<(), Problem> {
    let wait = LOOKS[(reply.looks as usize).min(LOOKS.len() - 1)];
    tx.prepare_cached(
        "UPDATE reply SET looks = looks + 1, not_before = ?2, rests_from = ?3 WHERE id = ?1 AND state = 'unsure'",
    )?
    .execute(params![reply.id.0, now.plus(wait).0, now.0])?;
    Ok(())
}

/// The compare-and-set before a repetition: still unsure, nothing holds it, its instant has come, and the network refuses
/// a second copy.
fn leave_again(tx: &Transaction<'_>, id: ReplyId, now: Millis, apart: Option<i64>) -> Result<Option<Reply>, Problem> {
    let reply = Reply::one(tx, id)?;
    let (State::Unsure, Some(prepared), Some(first_try)) = (reply.state, &reply.prepared, reply.first_try) else {
        return Ok(None);
    };
    let kept = intake::health::blocked(tx, reply.account, now)?.is_some()
        || schedule::chosen(reply.send_at, now).is_some()
        || hold::covers(tx, id)?
        // What is looked for in any order leaves in the one it was written in.
        || reply.is_behind(tx)?;
    let by_server = attempt::server_now(tx, reply.account, now, apart)?.since(first_try);
    let since = if by_server < 0 { by_server } else { by_server.max(now.since(reply.known.wall)) };
    // A clock that went back cannot tell how old the key is.
    if kept || since < 0 || prepared.key != reply.key || !prepared.proof.allows_resend(since) {
        return Ok(None);
    }
    let detail = Detail { candidates: reply.detail.candidates.clone(), ..Detail::default() };
    if !reply.step(tx, Event::LeavesAgain, detail)? {
        return Ok(None);
    }
    tx.prepare_cached("UPDATE reply SET tries = tries + 1 WHERE id = ?")?.execute([id.0])?;
    Reply::one(tx, id).map(Some)
}
