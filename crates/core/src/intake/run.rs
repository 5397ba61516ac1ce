//! When each account is pulled: one task an account, so that a slow server delays nobody else's, and a look at the list of
//! accounts and at what was put off on a tick of half a minute at most.

use super::puller::Puller;
use crate::desk::Desk;
use crate::store::Durability;
use crate::triage;
use crate::view::Problem;
use guichet_model::{AccountId, Millis, SECOND};
use rusqlite::Connection;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

/// Wall-clock values are looked at this often at least.
pub(super) const TICK: Duration = Duration::from_secs(30);
/// The wall clock ran ahead of ours by more than this: the machine slept.
const SLEPT: i64 = 20 * SECOND;

impl Desk {
    /// Pulls now what would be pulled later: one account, or all. What a network asked to wait for is still waited for.
    pub async fn pull_now(&self, account: Option<AccountId>) -> Result<(), Problem> {
        self.store()
            .write(Durability::Normal, move |tx| {
                tx.prepare_cached("UPDATE source SET next_at = 0 WHERE ?1 IS NULL OR account = ?1")?
                    .execute([account.map(|id| id.0)])?;
                Ok(())
            })
            .await?;
        self.inner.wake_intake.notify_one();
        Ok(())
    }

    /// One turn of an account, without the scheduler: every source that is due, to its end. For the command line's
    /// `sync` and for tests.
    pub async fn pull_account(&self, account: AccountId) -> Result<(), Problem> {
        Puller::new(self.clone(), account).turn(false).await.map(|_| ())
    }
}

/// Until it is told to stop, or dropped; everything it started ends with it. A page being written is written whole.
pub(crate) async fn run(desk: Desk, mut stopped: watch::Receiver<bool>) {
    let mut tasks = JoinSet::new();
    let mut running: BTreeMap<AccountId, (Arc<Notify>, AbortHandle)> = BTreeMap::new();
    loop {
        if let Err(problem) = triage::wake_due(&desk).await {
            tracing::warn!(%problem, "what was put off could not be brought back");
        }
        match desk.store().read(accounts).await {
            Ok(accounts) => {
                running.retain(|id, (_, task)| {
                    let stays = accounts.contains(id) && !task.is_finished();
                    if !stays {
                        task.abort();
                    }
                    stays
                });
                for id in accounts {
                    running.entry(id).or_insert_with(|| {
                        let ring = Arc::new(Notify::new());
                        let puller = Puller::new(desk.clone(), id);
                        let task = tasks.spawn(puller.run(ring.clone()));
                        (ring, task)
                    });
                }
            }
            Err(problem) => tracing::warn!(%problem, "accounts could not be listed"),
        }
        tokio::select! {
            () = tokio::time::sleep(TICK) => {}
            () = desk.inner.wake_intake.notified() => {
                running.values().for_each(|(ring, _)| ring.notify_one());
            }
            _ = stopped.wait_for(|stop| *stop) => return,
        }
        while tasks.try_join_next().is_some() {}
    }
}

fn accounts(conn: &Connection) -> Result<HashSet<AccountId>, Problem> {
    let mut ids = conn.prepare_cached(
        "SELECT a.id FROM account a JOIN access w ON w.id = a.access WHERE a.removed_at IS NULL AND w.route = 'api'",
    )?;
    let rows = ids.query_map([], |row| Ok(AccountId(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Compares the wall clock with the machine's own, which stands still while it sleeps.
pub(crate) struct Wakefulness {
    wall: Millis,
    own: Instant,
}

impl Wakefulness {
    pub fn new(desk: &Desk) -> Self {
        Self { wall: desk.now(), own: Instant::now() }
    }

    /// Whether the machine slept since the last look.
    pub fn looks(&mut self, desk: &Desk) -> bool {
        self.slept(desk) > SLEPT
    }

    /// How long it slept since then, in milliseconds, as far as two clocks tell.
    pub fn slept(&mut self, desk: &Desk) -> i64 {
        let before = std::mem::replace(self, Self::new(desk));
        let own = i64::try_from(self.own.duration_since(before.own).as_millis()).unwrap_or(i64::MAX);
        self.wall.since(before.wall) - own
    }
}
