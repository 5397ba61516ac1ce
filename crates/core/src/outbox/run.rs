//! The workers: one an account, so that one account's trouble never delays another's.
//!
//! A worker walks once through what is due in its account and goes on from where it stands, so that a step costs the same
//! behind 10,000 replies that wait or are held. When a walk moved nothing the account rests: until somebody writes to the
//! outbox, until the nearest instant something waits for, and thirty seconds in any case: a laptop that slept finds its
//! clock moved, never a timer that waits on. After such a sleep the networks are read before anything leaves.

use super::attempt::{self, Going};
use super::look;
use super::outcome::{self, After};
use super::row::{OPEN, Reply};
use super::schedule;
use super::settle;
use super::state::State;
use crate::desk::Desk;
use crate::hold;
use crate::intake::{Wakefulness, health};
use crate::store::Durability;
use crate::view::{Problem, Waiting};
use guichet_model::{AccountId, MINUTE, Millis, ReplyId, SECOND};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};
use tokio::time::Instant;

const TICK: i64 = 30 * SECOND;
/// Steps of one account before the others are looked at again.
const IN_A_ROW: usize = 200;
/// Asleep for longer than this, what was written before is answered by a world that has gone on.
const LONG_SLEEP: i64 = 2 * MINUTE;
/// How long a reading may take to begin after a sleep, and to end.
const READING_BEGINS: Duration = Duration::from_millis(500);
const READING_ENDS: Duration = Duration::from_secs(20);

/// Until told to stop; then each worker ends its step first.
pub(crate) async fn run(desk: Desk, mut stop: watch::Receiver<bool>) {
    let mut workers: JoinSet<(AccountId, After)> = JoinSet::new();
    let mut working: HashMap<Id, AccountId> = HashMap::new();
    // Woken while they worked: what woke them may have come after they looked.
    let mut again: HashSet<AccountId> = HashSet::new();
    let mut resting: HashMap<AccountId, (Millis, bool)> = HashMap::new();
    let mut awake = Wakefulness::new(&desk);
    // The clock as it was last seen; none at the start, when it may have been set while nobody looked.
    let mut seen: Option<Millis> = None;
    while !*stop.borrow() {
        if awake.slept(&desk) > LONG_SLEEP {
            resting.retain(|_, (_, firm)| *firm);
            read_first(&desk, &stop).await;
        }
        let now = desk.now();
        if seen.is_none_or(|seen| now < seen) {
            went_back(&desk, seen, now, &mut resting).await;
        }
        seen = Some(now);
        resting.retain(|_, (until, _)| *until > now && until.since(now) < 24 * 3_600 * SECOND);
        let busy = desk.store().read(busy).await.unwrap_or_else(|problem| {
            tracing::error!(%problem, "outbox unread");
            Vec::new()
        });
        let mut next = TICK;
        for account in busy {
            match resting.get(&account) {
                Some((until, _)) => next = next.min(until.since(now)),
                None if working.values().any(|at_work| *at_work == account) => {}
                None => {
                    let task = workers.spawn(work(desk.clone(), account, stop.clone()));
                    working.insert(task.id(), account);
                }
            }
        }
        let wait = Duration::from_millis(next.clamp(10, TICK).unsigned_abs());
        tokio::select! {
            ended = stop.changed() => {
                if ended.is_err() {
                    break;
                }
            }
            () = desk.inner.wake_outbox.notified() => {
                resting.retain(|_, (_, firm)| *firm);
                again.extend(working.values());
            }
            () = tokio::time::sleep(wait) => {}
            Some(joined) = workers.join_next_with_id() => match joined {
                Ok((id, (account, after))) => {
                    working.remove(&id);
                    let woken = again.remove(&account);
                    if let After::Pause { until, firm } = after && (firm || !woken) {
                        resting.insert(account, (until, firm));
                    }
                }
                Err(error) => {
                    // A worker that broke is not begun again at once.
                    if let Some(account) = working.remove(&error.id()) {
                        again.remove(&account);
                        resting.insert(account, (desk.now().plus(TICK), true));
                    }
                }
            },
        }
    }
    while workers.join_next().await.is_some() {}
}

/// The clock went back, or may have: nothing rests for longer than it was to, of the replies and of the accounts.
async fn went_back(desk: &Desk, seen: Option<Millis>, now: Millis, resting: &mut HashMap<AccountId, (Millis, bool)>) {
    let by = seen.map_or(0, |seen| seen.since(now));
    for (until, _) in resting.values_mut() {
        *until = until.plus(-by);
    }
    match desk.store().write(Durability::Full, move |tx| schedule::bound_rests(tx, now)).await {
        Ok(0) => {}
        Ok(replies) => tracing::info!(replies, by, "the clock went back: rests begin anew"),
        Err(problem) => tracing::error!(%problem, "rests stay as they are"),
    }
}

/// Sets the reading of the networks going and waits for its end, but not for ever: a network that does not answer keeps
/// nobody's replies.
async fn read_first(desk: &Desk, stop: &watch::Receiver<bool>) {
    tracing::info!("the machine slept: read first, then send");
    desk.inner.wake_intake.notify_one();
    let begun = Instant::now();
    let mut seen = false;
    while begun.elapsed() < READING_ENDS && !*stop.borrow() {
        let reads = desk.inner.pulling.load(Ordering::SeqCst) > 0;
        seen |= reads;
        if !reads && (seen || begun.elapsed() > READING_BEGINS) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Whatever of one account can be done now, one thing after the other; then when to come back.
async fn work(desk: Desk, account: AccountId, stop: watch::Receiver<bool>) -> (AccountId, After) {
    let mut walk = Walk::default();
    for steps in 1.. {
        walk.ends = steps >= IN_A_ROW || *stop.borrow();
        // What is frozen leaves first: nobody else would send it.
        if walk.ends && walk.going.is_none() {
            break;
        }
        match turn(&desk, account, &mut walk).await {
            Ok(Some(After::GoOn | After::Stays)) => {}
            Ok(Some(pause)) => return (account, pause),
            Ok(None) => return (account, rest(&desk, account).await),
            Err(problem) => {
                tracing::error!(account = account.0, %problem, "outbox step failed");
                let until = desk.now().plus(TICK);
                return (account, After::Pause { until, firm: false });
            }
        }
    }
    (account, After::GoOn)
}

/// Where one walk through an account's due replies stands.
#[derive(Default)]
pub(super) struct Walk {
    after: Option<(Millis, ReplyId)>,
    moved: bool,
    /// Frozen when the one before it was settled: the next turn is its.
    going: Option<Going>,
    /// Nothing more is frozen ahead of its turn.
    ends: bool,
}

impl Walk {
    /// Of one reply, that nothing follows.
    pub fn alone() -> Self {
        Self { ends: true, ..Self::default() }
    }

    /// Where the one that follows is looked for; `None`: nothing is to follow.
    pub fn ahead(&self) -> Option<(Millis, ReplyId)> {
        self.after.filter(|_| !self.ends)
    }

    pub fn follow(&mut self, at: (Millis, ReplyId), going: Going) {
        self.after = Some(at);
        self.going = Some(going);
    }
}

/// One step of an account; `None`: nothing can be done now.
pub(super) async fn turn(desk: &Desk, account: AccountId, walk: &mut Walk) -> Result<Option<After>, Problem> {
    if let Some(going) = walk.going.take() {
        walk.moved = true;
        return attempt::send(desk, going, walk).await.map(Some);
    }
    let now = desk.now();
    let Some(step) = next_step(desk, account, walk, now).await? else {
        return Ok(None);
    };
    let due = match step {
        Step::Orphans => {
            let change =
                desk.store().write(Durability::Full, move |tx| settle::orphans(tx, Some(account), now)).await?;
            desk.announce(change);
            return Ok(Some(After::GoOn));
        }
        Step::Kept(why, until) => {
            desk.store().write(Durability::Full, move |tx| outcome::mark(tx, account, why, now)).await?;
            return Ok(Some(After::Pause { until, firm: false }));
        }
        Step::Due(due) => due,
    };
    walk.after = Some((due.not_before, due.reply.id));
    let after = match due.reply.state {
        State::Unsure => look::look(desk, due.reply.id).await?,
        _ => attempt::leave(desk, due.reply, walk).await?,
    };
    walk.moved |= after != After::Stays;
    Ok(Some(after))
}

enum Step {
    /// Replies on the wire that nobody sends.
    Orphans,
    /// Nothing of the account may leave until then.
    Kept(Waiting, Millis),
    Due(Box<Due>),
}

/// The first unsettled reply of its conversation, which could move now.
pub(super) struct Due {
    pub reply: Reply,
    pub not_before: Millis,
}

async fn next_step(desk: &Desk, account: AccountId, walk: &mut Walk, now: Millis) -> Result<Option<Step>, Problem> {
    let (after, moved, connected) = (walk.after, walk.moved, desk.system_online());
    let (step, again) = desk
        .store()
        .reread(move |conn| {
            if orphaned(conn, account)? {
                return Ok((Some(Step::Orphans), false));
            }
            let (due, again) = match next_due(conn, account, now, after)? {
                // What moved may have been in the way of what was passed.
                None if after.is_some() && moved => (next_due(conn, account, now, None)?, true),
                due => (due, false),
            };
            let Some(due) = due else {
                return Ok((None, again));
            };
            let kept = match health::blocked(conn, account, now)? {
                Some(until) => Some(Step::Kept(Waiting::Blocked { until }, until.unwrap_or(now.plus(TICK)))),
                None if !connected => Some(Step::Kept(Waiting::Network, now.plus(TICK))),
                None => None,
            };
            Ok((Some(kept.unwrap_or_else(|| Step::Due(Box::new(due)))), again))
        })
        .await?;
    if again {
        (walk.after, walk.moved) = (None, false);
    }
    Ok(step)
}

fn orphaned(conn: &Connection, account: AccountId) -> Result<bool, Problem> {
    let sql = "SELECT EXISTS (SELECT 1 FROM reply WHERE account = ? AND state = 'sending')";
    Ok(conn.prepare_cached(sql)?.query_row([account.0], |row| row.get(0))?)
}

/// The next one after `after` that is due, does not wait for the CM, and stands first in its conversation. A hold and an
/// earlier reply keep what waits, never the looking; `covered`: whether a hold covers the reply `r`.
pub(super) fn due_order(covered: &str) -> String {
    format!(
        "SELECT r.id, r.not_before FROM reply r
          WHERE r.account = ?1 AND r.state IN ('waiting','unsure') AND r.by_hand = 0 AND r.not_before <= ?2
            AND (r.not_before, r.id) > (?3, ?4) AND r.why IS NOT 'conflict'
            AND NOT (r.state = 'waiting' AND EXISTS (SELECT 1 FROM reply e
                             WHERE e.conversation = r.conversation AND e.id < r.id AND e.state IN {OPEN}))
            AND NOT (r.state = 'waiting' AND {covered})
          ORDER BY r.not_before, r.id LIMIT 1"
    )
}

pub(super) fn next_due(
    conn: &Connection,
    account: AccountId,
    now: Millis,
    after: Option<(Millis, ReplyId)>,
) -> Result<Option<Due>, Problem> {
    let (at, id) = after.unwrap_or((Millis(i64::MIN), ReplyId(0)));
    let found = conn
        .prepare_cached(&due_order(&hold::covered_now(conn)?))?
        .query_row(params![account.0, now.0, at.0, id.0], |row| Ok((ReplyId(row.get(0)?), Millis(row.get(1)?))))
        .optional()?;
    found.map(|(id, not_before)| Ok(Due { reply: Reply::one(conn, id)?, not_before })).transpose()
}

/// Until the nearest instant that something of the account waits for.
async fn rest(desk: &Desk, account: AccountId) -> After {
    let now = desk.now();
    let next = desk.store().read(move |conn| next_at(conn, account, now)).await;
    let tick = now.plus(TICK);
    After::Pause { until: next.ok().flatten().map_or(tick, |next| next.min(tick)), firm: false }
}

fn next_at(conn: &Connection, account: AccountId, now: Millis) -> Result<Option<Millis>, Problem> {
    let sql = "SELECT min(not_before) FROM reply
                WHERE account = ?1 AND state IN ('waiting','unsure') AND by_hand = 0 AND not_before > ?2";
    let next: Option<i64> = conn.prepare_cached(sql)?.query_row([account.0, now.0], |row| row.get(0))?;
    Ok(next.map(Millis))
}

/// Accounts that are still ours and have something on its way.
fn busy(conn: &Connection) -> Result<Vec<AccountId>, Problem> {
    let sql = "SELECT a.id FROM account a WHERE a.removed_at IS NULL
                  AND (EXISTS (SELECT 1 FROM reply r WHERE r.account = a.id AND r.state IN ('waiting','unsure') AND r.by_hand = 0)
                    OR EXISTS (SELECT 1 FROM reply r WHERE r.account = a.id AND r.state = 'sending'))";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok(AccountId(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
