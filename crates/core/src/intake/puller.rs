//! One account's readings: at the pace of its sources, at once when its stream rings, later when the network asks for it.
//!
//! Due instants are wall-clock values in the store: a laptop that slept ten days finds everything due when it wakes, and a
//! clock that moved cannot put a pull off for ever.

use super::again::AGAIN;
use super::live::Stream;
use super::run::{TICK, Wakefulness};
use super::{READ_BACK, health, take};
use crate::desk::Desk;
use crate::store::Durability;
use crate::view::{Change, Health, Problem};
use guichet_model::{AccountId, Cursor, DAY, Fault, Millis, Page, Ring, SECOND, Session};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};

/// A stream that rings without end is answered this often.
const BETWEEN_RINGS: i64 = 2 * SECOND;
/// Pages of one source in a row, before the others have their turn.
const PAGES_A_TURN: usize = 40;

/// What is known is looked at again this often at most, however often the stream rings.
const BETWEEN_LOOKS: i64 = 30 * SECOND;

/// One account's readings.
pub(super) struct Puller {
    pub(super) desk: Desk,
    pub(super) account: AccountId,
    /// Sources whose last reading failed: the account is well when none is left.
    pub(super) failing: HashMap<&'static str, u32>,
    /// Rung, with when: pulled before their time.
    rung: HashMap<&'static str, Millis>,
    pulled: HashMap<&'static str, Millis>,
    asked_capabilities: Option<Millis>,
    /// Known items are not looked at again before.
    looks_from: Millis,
    /// The network asked to wait until then: nobody's impatience counts against it.
    not_before: Millis,
    /// The clock at the last turn.
    seen: Millis,
    /// The system said that there is no network.
    was_offline: bool,
    /// How often the network had come back at the last turn.
    comebacks: u64,
}

/// A source as it stands in the store.
struct Stand {
    cursor: Option<Cursor>,
    since: Millis,
    next_at: Millis,
}

impl Puller {
    pub fn new(desk: Desk, account: AccountId) -> Self {
        let comebacks = desk.inner.online.comebacks();
        Self {
            desk,
            comebacks,
            account,
            failing: HashMap::new(),
            rung: HashMap::new(),
            pulled: HashMap::new(),
            asked_capabilities: None,
            looks_from: Millis(0),
            not_before: Millis(0),
            seen: Millis(0),
            was_offline: false,
        }
    }

    pub async fn run(mut self, ring: Arc<Notify>) {
        let (heard, mut hears) = mpsc::unbounded_channel();
        let mut stream = Stream::default();
        let mut everything = false;
        let mut slept = Wakefulness::new(&self.desk);
        loop {
            let next = match self.turn(std::mem::take(&mut everything)).await {
                Ok((session, next)) => {
                    stream.follow(&session, &self.desk, &heard);
                    next
                }
                Err(problem) => {
                    tracing::warn!(account = self.account.0, %problem, "a turn of pulling failed");
                    // The session may remember threads that the store did not get.
                    self.desk.inner.forget_session(self.account);
                    self.desk.now().plus(30 * SECOND)
                }
            };
            let wait = u64::try_from(next.since(self.desk.now())).unwrap_or(0).max(50);
            let wait = Duration::from_millis(wait).min(TICK);
            tokio::select! {
                () = tokio::time::sleep(wait) => everything = slept.looks(&self.desk),
                // Somebody rang: the due instants have been brought forward.
                () = ring.notified() => {}
                Some(ring) = hears.recv() => self.hear(ring).await,
            }
            while let Ok(ring) = hears.try_recv() {
                self.hear(ring).await;
            }
        }
    }

    async fn hear(&mut self, ring: Ring) {
        let now = self.desk.now();
        match ring {
            Ring::Connected => {
                // What the stream did not carry while it was down is nowhere but in a pull.
                if let Ok(session) = self.desk.session(self.account).await {
                    self.rung.extend(session.sources().iter().map(|source| (source.name, now)));
                }
            }
            Ring::Pull(source) => {
                self.rung.entry(source).or_insert(now);
            }
            Ring::Gone(name) => {
                let account = self.account;
                let gone = self.desk.store().write(Durability::Normal, move |tx| super::gone(tx, account, &name, now));
                match gone.await {
                    Ok(change) => self.desk.announce(change),
                    Err(problem) => {
                        tracing::warn!(account = account.0, %problem, "a deletion could not be kept");
                    }
                }
            }
        }
    }

    /// Pulls every source that is due, or all of them; when to come back.
    pub async fn turn(&mut self, everything: bool) -> Result<(Arc<dyn Session>, Millis), Problem> {
        let session = self.desk.session(self.account).await?;
        let now = self.desk.now();
        // A clock that was set back makes no rest longer.
        let by = self.seen.since(now).max(0);
        (self.not_before, self.seen) = (self.not_before.plus(-by), now);
        let soon = now.plus(30 * SECOND);
        let offline = !self.desk.system_online();
        let back = std::mem::replace(&mut self.was_offline, offline) && !offline;
        // Another account's answer says that the network is back: what failed without one need not be waited for.
        let comebacks = self.desk.inner.online.comebacks();
        let came_back = std::mem::replace(&mut self.comebacks, comebacks) != comebacks && !self.failing.is_empty();
        let everything = everything || back || came_back;
        if offline || self.not_before > now {
            return Ok((session, if offline { soon } else { self.not_before }));
        }
        if let Some(until) = self.blocked().await? {
            return Ok((session, until.unwrap_or(soon).min(soon)));
        }
        // One that fails again and again comes after those that do not.
        let mut sources = session.sources();
        sources.sort_by_key(|source| self.failing.get(source.name).copied().unwrap_or(0));
        let mut next = now.plus(DAY);
        let mut pulling = None;
        let mut stopped = false;
        for source in &sources {
            let stand = self.stand(source.name).await?;
            let rung = self
                .rung
                .get(source.name)
                .map(|_| self.pulled.get(source.name).map_or(now, |last| last.plus(BETWEEN_RINGS)));
            let due = if everything { now } else { rung.map_or(stand.next_at, |at| at.min(stand.next_at)) };
            if due > now {
                next = next.min(due);
                continue;
            }
            if pulling.is_none() {
                pulling = Some(Running::begin(&self.desk));
                if let Err(fault) = self.ask_capabilities(&session).await? {
                    self.failed(source.name, &fault).await?;
                    next = next.min(soon);
                    stopped = true;
                    break;
                }
            }
            self.rung.remove(source.name);
            match self.pull(&session, source.name, source.every, stand).await? {
                Ok(again) => next = next.min(again),
                Err(fault) => {
                    let again = self.failed(source.name, &fault).await?;
                    next = next.min(again);
                    if concerns_all(&fault) {
                        stopped = true;
                        break;
                    }
                }
            }
        }
        drop(pulling);
        if let Some(again) = session.again().filter(|_| !stopped && self.looks_from <= now) {
            self.looks_from = match self.look_again(again).await? {
                Ok(()) => self.desk.now().plus(BETWEEN_LOOKS),
                Err(fault) => self.failed(AGAIN, &fault).await?,
            };
        }
        Ok((session, next))
    }

    /// A source to its end, page by page; each is safe in the store before the next is asked for.
    async fn pull(
        &mut self,
        session: &Arc<dyn Session>,
        source: &'static str,
        every: i64,
        stand: Stand,
    ) -> Result<Result<Millis, Fault>, Problem> {
        let mut cursor = stand.cursor;
        for _ in 0..PAGES_A_TURN {
            // Another account of the access may have been told to stop meanwhile.
            if self.blocked().await?.is_some() {
                return Ok(Ok(self.desk.now()));
            }
            let page = match session.pull(source, cursor.as_ref(), stand.since).await {
                Ok(page) => page,
                Err(fault) => return Ok(Err(fault)),
            };
            self.desk.heard_clock(self.account, session.clock_apart());
            let (more, stuck) = (page.more, page.cursor.is_none() || page.cursor == cursor);
            if let Some(next) = &page.cursor {
                cursor = Some(next.clone());
            }
            self.desk.step("page pulled");
            self.keep(source, every, page).await?;
            self.desk.step("page kept");
            // A page that says "more" and does not move would be asked for without end.
            if !more || stuck {
                return Ok(Ok(self.desk.now().plus(every)));
            }
        }
        self.rung.insert(source, self.desk.now());
        Ok(Ok(self.desk.now()))
    }

    pub(super) async fn blocked(&self) -> Result<Option<Option<Millis>>, Problem> {
        let (account, now) = (self.account, self.desk.now());
        self.desk.store().read(move |conn| health::blocked(conn, account, now)).await
    }

    async fn keep(&mut self, source: &'static str, every: i64, page: Page) -> Result<(), Problem> {
        let (account, now) = (self.account, self.desk.now());
        self.failing.remove(source);
        self.pulled.insert(source, now);
        self.desk.met_network(account, None);
        let well = self.failing.is_empty();
        let mut change = self
            .desk
            .store()
            .write(Durability::Normal, move |tx| {
                let mut change = take(tx, account, source, &page, now)?;
                read_up_to(tx, account, source, now, now.plus(every))?;
                if well {
                    change.desk |= health::write(tx, account, Health::Good, None, now)?;
                }
                Ok(change)
            })
            .await?;
        if !change.replies.is_empty() {
            // A message of ours came where a reply was lost.
            self.desk.inner.wake_outbox.notify_one();
        }
        // « Relevé à » moved, whatever came.
        change.desk = true;
        self.desk.announce(change);
        Ok(())
    }

    /// What a fault leaves: the account's health, and when this source is asked again.
    async fn failed(&mut self, source: &'static str, fault: &Fault) -> Result<Millis, Problem> {
        let (account, now, fault) = (self.account, self.desk.now(), fault.clone());
        tracing::info!(account = account.0, source, %fault, "a pull failed");
        self.desk.met_network(account, Some(&fault));
        if let Fault::Later { after } = &fault {
            // What is known can wait: what comes new does not wait for it, and nothing is wrong.
            if source == AGAIN {
                return Ok(*after);
            }
            self.not_before = *after;
        }
        let failures = self.failing.entry(source).or_insert(0);
        let again = health::again_at(&fault, *failures, now);
        *failures += 1;
        let looks = health::of(&fault);
        if looks.is_none() {
            self.failing.remove(source);
        }
        let changed = self
            .desk
            .store()
            .write(Durability::Normal, move |tx| {
                tx.prepare_cached("UPDATE source SET next_at = ?3 WHERE account = ?1 AND name = ?2")?
                    .execute(params![account.0, source, again.0])?;
                match looks {
                    Some(looks) => health::write(tx, account, looks, Some(&fault), now),
                    None => Ok(false),
                }
            })
            .await?;
        self.desk.announce(Change { desk: changed, ..Change::default() });
        Ok(again)
    }

    /// Once a day; kept, so that they are known without a network too.
    async fn ask_capabilities(&mut self, session: &Arc<dyn Session>) -> Result<Result<(), Fault>, Problem> {
        let (account, now) = (self.account, self.desk.now());
        if self.asked_capabilities.is_some_and(|at| now.since(at) < DAY) {
            return Ok(Ok(()));
        }
        let capabilities = match session.capabilities().await {
            Ok(capabilities) => capabilities,
            Err(fault) => return Ok(Err(fault)),
        };
        self.asked_capabilities = Some(now);
        let told = serde_json::to_string(&capabilities)
            .map_err(|_| Problem::Unexpected { what: "json of capabilities".into() })?;
        let changed = self
            .desk
            .store()
            .write(Durability::Normal, move |tx| {
                Ok(tx
                    .prepare_cached("UPDATE account SET capabilities = ?2 WHERE id = ?1 AND capabilities IS NOT ?2")?
                    .execute(params![account.0, told])?)
            })
            .await?;
        self.desk.announce(Change { desk: changed > 0, all: changed > 0, ..Change::default() });
        Ok(Ok(()))
    }

    async fn stand(&self, source: &'static str) -> Result<Stand, Problem> {
        let account = self.account;
        let known = self.desk.store().read(move |conn| stand(conn, account, source)).await?;
        if let Some(known) = known {
            return Ok(known);
        }
        let since = self.desk.now().plus(-READ_BACK);
        self.desk
            .store()
            .write(Durability::Normal, move |tx| {
                tx.prepare_cached(
                    "INSERT OR IGNORE INTO source (account, name, since, next_at) VALUES (?1, ?2, ?3, 0)",
                )?
                .execute(params![account.0, source, since.0])?;
                Ok(())
            })
            .await?;
        Ok(Stand { cursor: None, since, next_at: Millis(0) })
    }
}

/// Whether the account's other sources would meet the same.
fn concerns_all(fault: &Fault) -> bool {
    !matches!(fault, Fault::Refused { .. } | Fault::Unreadable { .. })
}

fn stand(conn: &Connection, account: AccountId, source: &str) -> Result<Option<Stand>, Problem> {
    Ok(conn
        .prepare_cached("SELECT cursor, since, next_at FROM source WHERE account = ?1 AND name = ?2")?
        .query_row(params![account.0, source], |row| {
            Ok(Stand {
                cursor: row.get::<_, Option<String>>(0)?.map(Cursor),
                since: Millis(row.get(1)?),
                next_at: Millis(row.get(2)?),
            })
        })
        .optional()?)
}

fn read_up_to(
    tx: &Transaction<'_>,
    account: AccountId,
    source: &str,
    now: Millis,
    next: Millis,
) -> Result<(), Problem> {
    tx.prepare_cached("UPDATE source SET pulled_at = ?3, next_at = ?4 WHERE account = ?1 AND name = ?2")?
        .execute(params![account.0, source, now.0, next.0])?;
    tx.prepare_cached("UPDATE account SET last_success = ?2 WHERE id = ?1")?.execute(params![account.0, now.0])?;
    Ok(())
}

/// Counted while a pull runs, however it ends.
struct Running(Desk);

impl Running {
    fn begin(desk: &Desk) -> Self {
        desk.inner.pulling.fetch_add(1, Ordering::Relaxed);
        Self(desk.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.inner.pulling.fetch_sub(1, Ordering::Relaxed);
        self.0.announce(Change { desk: true, ..Change::default() });
    }
}

#[cfg(test)]
#[path = "puller_tests.rs"]
mod tests;
