//! The workers: one an account, so that one account's trouble never delays another's.
//!
//! Woken by whoever writes to the outbox, by the nearest instant something waits for, and every thirty seconds in any
//! case: a laptop that slept finds its clock moved, never a timer that waits on.

use super::attempt;
use super::look;
use super::outcome::{self, After};
use super::row::OPEN;
use super::settle;
use crate::desk::Desk;
use crate::intake::health;
use crate::store::Durability;
use crate::view::{Problem, Waiting};
use guichet_model::{AccountId, Millis, ReplyId, SECOND};
use rusqlite::{Connection, params};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};

const TICK: i64 = 30 * SECOND;
/// Steps of one account before the others are looked at again.
const IN_A_ROW: usize = 200;

/// Until told to stop; then each worker ends its step first.
pub(crate) async fn run(desk: Desk, mut stop: watch::Receiver<bool>) {
    let mut workers: JoinSet<(AccountId, After)> = JoinSet::new();
    let mut working: HashMap<Id, AccountId> = HashMap::new();
    let mut paused: HashMap<AccountId, (Millis, bool)> = HashMap::new();
    while !*stop.borrow() {
        let now = desk.now();
        // A clock that went back must not prolong a pause by as much.
        paused.retain(|_, (until, _)| *until > now && until.since(now) < 24 * 3_600 * SECOND);
        let plan = desk.store().read(move |conn| plan(conn, now)).await;
        let plan = plan.unwrap_or_else(|problem| {
            tracing::error!(%problem, "outbox unread");
            Plan::default()
        });
        let mut next = plan.next.map_or(TICK, |at| at.since(now));
        for account in plan.due {
            match paused.get(&account) {
                Some((until, _)) => next = next.min(until.since(now)),
                None if working.values().any(|busy| *busy == account) => {}
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
            () = desk.inner.wake_outbox.notified() => paused.retain(|_, (_, firm)| *firm),
            () = tokio::time::sleep(wait) => {}
            Some(joined) = workers.join_next_with_id() => match joined {
                Ok((id, (account, after))) => {
                    working.remove(&id);
                    if let After::Pause { until, firm } = after {
                        paused.insert(account, (until, firm));
                    }
                }
                Err(error) => {
                    // A worker that broke is not begun again at once.
                    if let Some(account) = working.remove(&error.id()) {
                        paused.insert(account, (desk.now().plus(TICK), true));
                    }
                }
            },
        }
    }
    while workers.join_next().await.is_some() {}
}

/// Whatever of one account can be done now, one thing after the other.
async fn work(desk: Desk, account: AccountId, stop: watch::Receiver<bool>) -> (AccountId, After) {
    for _ in 0..IN_A_ROW {
        if *stop.borrow() {
            break;
        }
        match turn(&desk, account).await {
            Ok(Some(After::GoOn)) => {}
            Ok(Some(pause)) => return (account, pause),
            Ok(None) => break,
            Err(problem) => {
                tracing::error!(account = account.0, %problem, "outbox step failed");
                let until = desk.now().plus(TICK);
                return (account, After::Pause { until, firm: false });
            }
        }
    }
    (account, After::GoOn)
}

/// One step of an account; `None`: nothing can be done now.
pub(super) async fn turn(desk: &Desk, account: AccountId) -> Result<Option<After>, Problem> {
    let now = desk.now();
    let read =
        desk.store().read(move |conn| Ok((heads(conn, Some(account))?, health::blocked(conn, account, now)?))).await?;
    let (mut heads, blocked) = read;
    heads.retain(|head| head.due(now));
    heads.sort_by_key(|head| (head.not_before, head.id));
    let Some(head) = heads.first() else {
        return Ok(None);
    };
    if head.state == "sending" {
        let change = desk.store().write(Durability::Full, move |tx| settle::orphans(tx, Some(account), now)).await?;
        desk.announce(change);
        return Ok(Some(After::GoOn));
    }
    let held = match blocked {
        Some(until) => Some((Waiting::Blocked { until }, until.unwrap_or(now.plus(TICK)))),
        None if !desk.system_online() => Some((Waiting::Network, now.plus(TICK))),
        None => None,
    };
    if let Some((why, until)) = held {
        desk.store().write(Durability::Full, move |tx| outcome::mark(tx, account, why, now)).await?;
        return Ok(Some(After::Pause { until, firm: false }));
    }
    let id = head.id;
    let after = match head.state.as_str() {
        "unsure" => look::look(desk, id).await?,
        _ => attempt::leave(desk, id).await?,
    };
    Ok(Some(after))
}

#[derive(Default)]
struct Plan {
    due: Vec<AccountId>,
    next: Option<Millis>,
}

fn plan(conn: &Connection, now: Millis) -> Result<Plan, Problem> {
    let mut plan = Plan::default();
    for head in heads(conn, None)? {
        if head.due(now) {
            plan.due.push(head.account);
        } else if plan.next.is_none_or(|next| head.not_before < next) {
            plan.next = Some(head.not_before);
        }
    }
    plan.due.sort_unstable();
    plan.due.dedup();
    Ok(plan)
}

/// The first unsettled reply of a conversation: those behind it wait for their turn.
struct Head {
    id: ReplyId,
    account: AccountId,
    state: String,
    not_before: Millis,
}

impl Head {
    fn due(&self, now: Millis) -> bool {
        self.state == "sending" || self.not_before <= now
    }
}

/// Those that do not wait for the CM, of accounts that are still ours.
fn heads(conn: &Connection, account: Option<AccountId>) -> Result<Vec<Head>, Problem> {
    let sql = format!(
        "SELECT r.id, r.account, r.state, r.not_before FROM reply r JOIN account a ON a.id = r.account
          WHERE r.state IN {OPEN} AND r.state <> 'refused' AND a.removed_at IS NULL
            AND (?1 IS NULL OR r.account = ?1)
            AND NOT (r.state = 'waiting' AND r.detail LIKE '%\"conflict\"%')
            AND NOT EXISTS (SELECT 1 FROM reply e WHERE e.conversation = r.conversation AND e.id < r.id AND e.state IN {OPEN})"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params![account.map(|account| account.0)], |row| {
        Ok(Head {
            id: ReplyId(row.get(0)?),
            account: AccountId(row.get(1)?),
            state: row.get(2)?,
            not_before: Millis(row.get(3)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
