//! One try to send a reply: looked at, prepared, frozen, sent, written down.
//!
//! The order is what makes it safe. Everything that can be asked beforehand is asked first; then key and exact bytes
//! are on the disk, in a compare-and-set, before the first byte leaves: a process that dies at any instant leaves
//! either a reply that surely did not go, or one whose bytes and key are known.

use super::ahead;
use super::changed;
use super::last::{self, Last};
use super::outcome::{After, arrive, failed, mark, pause_for};
use super::pictures;
use super::row::{Detail, Known, OPEN, Reply};
use super::run::Walk;
use super::state::{Event, State};
use crate::desk::Desk;
use crate::hold::{self, COVERED};
use crate::intake::{self, health};
use crate::store::Durability;
use crate::view::{Change, Conflict, Problem, Waiting};
use crate::{budget, changes};
use guichet_model::{
    AccountId, ConversationId, Fault, HOUR, Item, MINUTE, Millis, Prepared, Reason, Recheck, RefusalCode, Session,
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::sync::Arc;

/// Written longer ago than this, what it answers is looked at again first.
pub(crate) const STALE: i64 = 10 * MINUTE;
/// How far a laptop's clock may be ahead before a message of ours is searched in the wrong hours: a day of time
/// zones and a wrong summer.
const CLOCKS_APART: i64 = 26 * HOUR;
const CLOCKS_CLOSE: i64 = 2 * MINUTE;

/// What stopped a try before its first byte.
enum Halt {
    Conflict(Conflict, Option<Box<Item>>),
    Fault(Fault),
}

/// On the wire in the store, and nowhere else yet: whoever has it sends it.
pub(super) struct Going {
    session: Arc<dyn Session>,
    reply: Reply,
    prepared: Prepared,
    last: Last,
}

impl Going {
    /// Just frozen; `held` as `last::held` told before that.
    pub fn now(
        desk: &Desk,
        session: Arc<dyn Session>,
        reply: Reply,
        prepared: Prepared,
        frozen: Millis,
        held: u64,
    ) -> Self {
        desk.step("reply frozen");
        let last = Last::of(desk, reply.id, frozen, held);
        Self { session, reply, prepared, last }
    }
}

pub(super) async fn leave(desk: &Desk, reply: Reply, walk: &mut Walk) -> Result<After, Problem> {
    if reply.state != State::Waiting {
        return Ok(After::Stays);
    }
    let session = desk.inner.session(reply.account).await?;
    let (reply, prepared) = match ready(desk, &session, reply).await? {
        Ok(ready) => ready,
        Err((reply, halt)) => return stop(desk, reply, halt).await,
    };
    let now = desk.now();
    let apart = session.clock_apart();
    let held = last::held(desk);
    let frozen = desk.store().write(Durability::Full, move |tx| freeze(tx, &reply, prepared, now, apart)).await?;
    match frozen {
        Frozen::Stays(change) => {
            let after = if change == Change::default() { After::Stays } else { After::GoOn };
            desk.announce(change);
            Ok(after)
        }
        Frozen::Blocked(until) => Ok(pause_for(until, now)),
        Frozen::Goes(reply, prepared) => {
            desk.announce(changed(reply.id, reply.conversation));
            send(desk, Going::now(desk, session, *reply, *prepared, now, held), walk).await
        }
    }
}

/// The one visible request, and what came of it. The reply is on the wire in the store since it was frozen: what came
/// between that and the first byte has the last word. The one that follows it in the walk may be frozen as it is settled.
pub(super) async fn send(desk: &Desk, going: Going, walk: &mut Walk) -> Result<After, Problem> {
    let Going { session, reply, prepared, last } = going;
    let last = Arc::new(last);
    let slept = last.slept();
    let sending = async {
        match slept {
            true => Err(Fault::OFFLINE),
            false => session.send(&prepared, last.clone()).await,
        }
    };
    let (answer, follower) = tokio::join!(sending, ahead::ready(desk, &session, reply.account, walk));
    let kept = last.refused() && matches!(answer, Err(Fault::Offline { .. }));
    desk.step("reply answered");
    if !slept && !kept {
        desk.met_network(reply.account, answer.as_ref().err());
    }
    let (now, held, apart) = (desk.now(), last::held(desk), session.clock_apart());
    let (change, after, follower) = desk
        .store()
        .write(Durability::Full, move |tx| match answer {
            Ok(item) => {
                let mut change = arrive(tx, &reply, Event::Arrived, &item, now)?;
                let follower = follower.map(|ahead| ahead.freeze(tx, now, apart, &mut change)).transpose()?.flatten();
                Ok((change, After::GoOn, follower))
            }
            Err(_) if kept => Ok((changed(reply.id, reply.conversation), last::stopped(tx, &reply, now)?, None)),
            Err(fault) => failed(tx, &reply, fault, now).map(|(change, after)| (change, after, None)),
        })
        .await?;
    desk.step("reply settled");
    desk.announce(change);
    if let Some((due, prepared)) = follower {
        walk.follow((due.not_before, due.reply.id), Going::now(desk, session, due.reply, prepared, now, held));
    }
    Ok(after)
}

type Ready = Result<(Reply, Prepared), (Reply, Halt)>;

/// Everything that can be asked before the first byte.
async fn ready(desk: &Desk, session: &Arc<dyn Session>, reply: Reply) -> Result<Ready, Problem> {
    let now = desk.now();
    if needs_recheck(&reply, now) {
        let looked = budget::first(session.recheck(&reply.place)).await;
        desk.step("reply rechecked");
        let halt = match looked {
            Ok(Recheck::Same) => None,
            Ok(Recheck::Edited(item)) => Some(Halt::Conflict(Conflict::Edited, Some(item))),
            Ok(Recheck::Gone) => Some(Halt::Conflict(Conflict::Gone, None)),
            Ok(Recheck::Answered(item)) => {
                let (account, seen, remote) = (reply.account, reply.seen, item.remote.0.clone());
                let known = desk.store().read(move |conn| answer_was_known(conn, account, seen, &remote)).await?;
                (!known).then_some(Halt::Conflict(Conflict::Answered, Some(item)))
            }
            Err(Fault::Refused { reason }) if reason.code == RefusalCode::Gone => {
                Some(Halt::Conflict(Conflict::Gone, None))
            }
            Err(fault) => Some(Halt::Fault(fault)),
        };
        if let Some(halt) = halt {
            return Ok(Err((reply, halt)));
        }
        let id = reply.id;
        desk.store()
            .write(Durability::Full, move |tx| {
                tx.prepare_cached("UPDATE reply SET checked_at = ?2 WHERE id = ?1")?.execute(params![id.0, now.0])?;
                Ok(())
            })
            .await?;
    }
    // Frozen once, it leaves as it was frozen.
    if let Some(prepared) = reply.prepared.clone() {
        return Ok(Ok((reply, prepared)));
    }
    Ok(match prepare(desk, session, &reply).await? {
        Ok(prepared) => Ok((reply, prepared)),
        Err(fault) => Err((reply, Halt::Fault(fault))),
    })
}

/// Invisible, and as often as one likes.
pub(super) async fn prepare(
    desk: &Desk,
    session: &Arc<dyn Session>,
    reply: &Reply,
) -> Result<Result<Prepared, Fault>, Problem> {
    let outgoing = match pictures::outgoing(desk, session, reply).await? {
        Ok(outgoing) => outgoing,
        Err(fault) => return Ok(Err(fault)),
    };
    let made = budget::first(session.prepare(&outgoing)).await;
    desk.step("reply prepared");
    Ok(made)
}

/// Whether it may be frozen as it is: nothing to look at again, nothing to upload.
pub(super) fn asks_nothing(reply: &Reply, now: Millis) -> bool {
    reply.state == State::Waiting && !needs_recheck(reply, now) && (!reply.pictured || reply.prepared.is_some())
}

fn needs_recheck(reply: &Reply, now: Millis) -> bool {
    let stale = reply.offline || reply.send_at.is_some() || now.since(reply.written_at) > STALE;
    let fresh = reply.checked_at.is_some_and(|at| (0..=STALE).contains(&now.since(at)));
    stale && !fresh && !reply.anyway
}

/// An answer of ours that the CM had read when they wrote, or that came from this outbox, is no surprise.
fn answer_was_known(conn: &Connection, account: AccountId, seen: i64, remote: &str) -> Result<bool, Problem> {
    let known = conn
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM alias a JOIN message m ON m.id = a.message
               WHERE a.account = ?1 AND a.scope = 'id' AND a.name = ?2
                 AND (m.id <= ?3 OR EXISTS (SELECT 1 FROM reply r WHERE r.message = m.id)))",
        )?
        .query_row(params![account.0, remote, seen], |row| row.get(0))?;
    Ok(known)
}

/// Nothing left: the reply waits, is refused, or shows the CM what changed.
async fn stop(desk: &Desk, reply: Reply, halt: Halt) -> Result<After, Problem> {
    let now = desk.now();
    desk.met_network(
        reply.account,
        match &halt {
            Halt::Fault(fault) => Some(fault),
            Halt::Conflict(..) => None,
        },
    );
    let (change, after) = desk
        .store()
        .write(Durability::Full, move |tx| match halt {
            Halt::Fault(fault) => failed(tx, &reply, fault, now),
            Halt::Conflict(conflict, item) => {
                let mut change = match &item {
                    Some(item) => intake::enter(tx, reply.account, item, now)?.1,
                    None if conflict == Conflict::Gone => intake::gone(tx, reply.account, &reply.place.remote, now)?,
                    None => Change::default(),
                };
                stand_in_conflict(tx, &reply, conflict)?;
                changes::join(&mut change, changed(reply.id, reply.conversation));
                Ok((change, After::GoOn))
            }
        })
        .await?;
    desk.announce(change);
    Ok(after)
}

pub(super) enum Frozen {
    Goes(Box<Reply>, Box<Prepared>),
    /// It waits, for the reason now written in its row.
    Stays(Change),
    Blocked(Option<Millis>),
}

/// The compare-and-set: still waiting, its turn, nothing suspended, what it answers unchanged as far as we know.
pub(super) fn freeze(
    tx: &Transaction<'_>,
    reply: &Reply,
    prepared: Prepared,
    now: Millis,
    apart: Option<i64>,
) -> Result<Frozen, Problem> {
    if let Some(until) = health::blocked(tx, reply.account, now)? {
        mark(tx, reply.account, Waiting::Blocked { until }, now)?;
        return Ok(Frozen::Blocked(until));
    }
    let free: Option<bool> = tx
        .prepare_cached(&format!(
            "SELECT CASE
                WHEN a.removed_at IS NOT NULL OR r.not_before > ?2 OR {COVERED}
                  OR EXISTS (SELECT 1 FROM reply e
                              WHERE e.conversation = r.conversation AND e.id < r.id AND e.state IN {OPEN}) THEN 0
                WHEN a.client = r.client AND c.client = r.client AND c.account = r.account THEN 1 END
               FROM reply r JOIN account a ON a.id = r.account JOIN conversation c ON c.id = r.conversation
              WHERE r.id = ?1"
        ))?
        .query_row([reply.id.0, now.0], |row| row.get(0))?;
    match free {
        Some(true) => {}
        Some(false) => return Ok(Frozen::Stays(Change::default())),
        None => {
            // The wall between clients, asked one last time.
            let reason = Some(Reason { code: RefusalCode::Forbidden, said: None });
            reply.step(tx, Event::Refused, Detail { reason, ..Detail::default() })?;
            return Ok(Frozen::Stays(changed(reply.id, reply.conversation)));
        }
    }
    if let Some(conflict) = conflict_here(tx, reply)? {
        stand_in_conflict(tx, reply, conflict)?;
        return Ok(Frozen::Stays(changed(reply.id, reply.conversation)));
    }
    if !reply.step(tx, Event::Leaves, Detail::default())? {
        return Ok(Frozen::Stays(Change::default()));
    }
    let known = match reply.first_try {
        Some(_) => reply.known.clone(),
        None => known(tx, reply, now)?,
    };
    tx.prepare_cached(
        "UPDATE reply SET tries = tries + 1, prepared = ?2, known = ?3, first_try = ifnull(first_try, ?4) WHERE id = ?1",
    )?
    .execute(params![
        reply.id.0,
        serde_json::to_string(&prepared)?,
        serde_json::to_string(&known)?,
        server_now(tx, reply.account, now, apart)?.0,
    ])?;
    let frozen = Reply::one(tx, reply.id)?;
    Ok(Frozen::Goes(Box::new(frozen), Box::new(prepared)))
}

/// What intake has told since the CM wrote, of the reply `r` that answers the message `m`: NULL where nothing changed, or
/// where the CM has seen what did.
pub(crate) const CONFLICT: &str = "CASE
    WHEN r.anyway THEN NULL
    WHEN m.gone_at IS NOT NULL OR m.publication IN ('spam', 'trash') THEN 'gone'
    WHEN m.edited_at IS NOT json_extract(r.place, '$.edited_at') THEN 'edited'
    WHEN EXISTS (SELECT 1 FROM message n
                  WHERE n.conversation = r.conversation AND n.ours = 1 AND n.id > r.seen
                    AND n.in_reply_to = json_extract(r.place, '$.remote') AND n.gone_at IS NULL
                    AND NOT EXISTS (SELECT 1 FROM reply o WHERE o.message = n.id)) THEN 'answered' END";

pub(super) fn conflict_here(conn: &Connection, reply: &Reply) -> Result<Option<Conflict>, Problem> {
    let sql = format!("SELECT {CONFLICT} FROM reply r JOIN message m ON m.id = r.answers WHERE r.id = ?");
    let conflict: Option<String> = conn.prepare_cached(&sql)?.query_row([reply.id.0], |row| row.get(0))?;
    Ok(conflict.and_then(hold::conflict_named))
}

pub(super) fn stand_in_conflict(tx: &Transaction<'_>, reply: &Reply, conflict: Conflict) -> Result<(), Problem> {
    let detail = Detail { why: Some(Waiting::Conflict { conflict }), ..Detail::default() };
    reply.step(tx, Event::NotDone, detail)?;
    Ok(())
}

fn known(conn: &Connection, reply: &Reply, now: Millis) -> Result<Known, Problem> {
    let newest = newest(conn, reply.account)?.unwrap_or(now);
    let latest = newest.clamp(now.plus(-CLOCKS_APART), now.plus(-CLOCKS_CLOSE));
    Ok(Known { ids: known_at(conn, reply.conversation)?, since: after_answered(conn, reply, latest)?, wall: now })
}

/// Remote ids of ours in a conversation.
pub(super) fn known_at(conn: &Connection, conversation: ConversationId) -> Result<Vec<String>, Problem> {
    Ok(conn
        .prepare_cached("SELECT remote FROM message WHERE conversation = ? AND ours = 1")?
        .query_map([conversation.0], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// The earliest that the server's clock can have shown at an instant of ours of which nothing else is known.
pub(super) fn reach(conn: &Connection, reply: &Reply, at: Millis) -> Result<Millis, Problem> {
    after_answered(conn, reply, at.plus(-CLOCKS_APART))
}

/// Nothing answers what is not there yet.
fn after_answered(conn: &Connection, reply: &Reply, since: Millis) -> Result<Millis, Problem> {
    let at: i64 =
        conn.prepare_cached("SELECT at FROM message WHERE id = ?")?.query_row([reply.answers.0], |row| row.get(0))?;
    Ok(since.max(Millis(at)))
}

/// The server's clock, where its answers have told it: a clock of ours that is set meanwhile makes no key young. Else the
/// larger of the wall clock and what the server's own times prove it to be.
pub(super) fn server_now(
    conn: &Connection,
    account: AccountId,
    now: Millis,
    apart: Option<i64>,
) -> Result<Millis, Problem> {
    match apart {
        Some(apart) => Ok(now.plus(apart)),
        None => Ok(newest(conn, account)?.map_or(now, |newest| newest.max(now))),
    }
}

fn newest(conn: &Connection, account: AccountId) -> Result<Option<Millis>, Problem> {
    let newest: Option<i64> = conn
        .prepare_cached("SELECT last_at FROM conversation WHERE account = ? ORDER BY last_at DESC LIMIT 1")?
        .query_row([account.0], |row| row.get(0))
        .optional()?;
    Ok(newest.map(Millis))
}
