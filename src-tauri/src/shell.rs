//! The shell: holds the inbox over the life of the process, and answers what is not the desk's to answer.
//!
//! The window does not wait for the inbox, because the keychain may ask its owner or stay silent for seconds. Until then
//! commands answer `opening`. On a first start it does not open at all before the first client is added: nobody is asked
//! for a keychain by a program they only look at.

mod recovery;
mod zone;

use crate::doors::{self, SystemClock, SystemRandom};
use crate::hand_over::ToClipboard;
use crate::preferences::Kept;
use crate::rehearsal::Rehearsal;
use crate::saving::AskPlace;
use crate::shown::{AppView, InboxState, NetworkTile};
use crate::sign_in::SigningIn;
use guichet_core::view::{Change, Problem};
use guichet_core::{Desk, Doors, Engine, InMemory, Keys};
use guichet_model::Network;
use guichet_networks::Reach;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, broadcast, watch};

/// A command line beside us may hold the engine's lock for a while: this long we wait for our turn.
const BUSY_TRIES: u32 = 60;
const BUSY_PAUSE: Duration = Duration::from_millis(500);
/// Two wishes to close within this time are one that is meant.
const TWICE: Duration = Duration::from_secs(10);
/// What the engine may take to finish its step before the process ends without it; the outbox survives that.
const STOPPING: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct Shell {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    folder: PathBuf,
    pub networks: Vec<Arc<dyn Network>>,
    pub preferences: Kept,
    inbox: watch::Sender<Inbox>,
    /// One opening at a time.
    opening: tokio::sync::Mutex<()>,
    engine: Mutex<Option<Engine>>,
    relay: broadcast::Sender<Change>,
    pub signing_in: SigningIn,
    rehearsal: Option<Rehearsal>,
    /// Lent by the window, once; a command line has neither.
    pub clipboard: OnceLock<ToClipboard>,
    pub place: OnceLock<AskPlace>,
    /// The person has said that the program may end though replies wait.
    closed: Notify,
    /// When the window was last asked to close.
    wish: Mutex<Option<Instant>>,
}

#[derive(Clone)]
enum Inbox {
    /// First start: there is no inbox, and none is made yet.
    NotYet,
    Opening,
    Open(Desk),
    Closed(Problem),
}

impl Shell {
    /// On the user's own inbox.
    pub fn real(folder: PathBuf) -> Self {
        let inbox = if Self::is_there(&folder) { Inbox::Opening } else { Inbox::NotYet };
        let preferences = Kept::open(&folder, None);
        Self::new(folder, preferences, guichet_networks::all(Reach::Public), inbox, None)
    }

    /// Whether an inbox was ever made here. A vault without its store is no first start: the store was lost.
    pub fn is_there(folder: &Path) -> bool {
        ["desk.db", "vault"].iter().any(|name| folder.join(name).exists())
    }

    /// On simulated networks, with an inbox that is thrown away.
    pub fn rehearsing(rehearsal: Rehearsal) -> Self {
        let folder = rehearsal.folder().to_owned();
        let preferences = Kept::open(&folder, doors::folder().as_deref());
        let networks = guichet_networks::all(Reach::Loopback);
        Self::new(folder, preferences, networks, Inbox::Opening, Some(rehearsal))
    }

    fn new(
        folder: PathBuf,
        preferences: Kept,
        networks: Vec<Arc<dyn Network>>,
        inbox: Inbox,
        rehearsal: Option<Rehearsal>,
    ) -> Self {
        let inner = Inner {
            folder,
            networks,
            preferences,
            inbox: watch::Sender::new(inbox),
            opening: tokio::sync::Mutex::new(()),
            engine: Mutex::new(None),
            relay: broadcast::Sender::new(64),
            signing_in: SigningIn::default(),
            rehearsal,
            clipboard: OnceLock::new(),
            place: OnceLock::new(),
            closed: Notify::new(),
            wish: Mutex::new(None),
        };
        Self { inner: Arc::new(inner) }
    }

    pub fn folder(&self) -> &Path {
        &self.inner.folder
    }

    pub fn rehearsal(&self) -> Option<&Rehearsal> {
        self.inner.rehearsal.as_ref()
    }

    /// What changes from now on: the desk's changes, and the shell's own as `all`.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.inner.relay.subscribe()
    }

    /// The desk, or why there is none: `opening`, or what keeps it closed.
    pub fn desk(&self) -> Result<Desk, Problem> {
        match &*self.inner.inbox.borrow() {
            Inbox::Open(desk) => Ok(desk.clone()),
            Inbox::Closed(problem) => Err(problem.clone()),
            Inbox::NotYet | Inbox::Opening => Err(Problem::Opening),
        }
    }

    /// The desk for one command. The first client is what an inbox is made for.
    pub(crate) async fn desk_for(&self, command: &str) -> Result<Desk, Problem> {
        let not_yet = matches!(*self.inner.inbox.borrow(), Inbox::NotYet);
        if not_yet && command == "add_client" {
            self.open(None).await?;
            self.start();
        }
        self.desk()
    }

    /// Whether an inbox is there to be opened at start.
    pub fn has_inbox(&self) -> bool {
        !matches!(*self.inner.inbox.borrow(), Inbox::NotYet)
    }

    /// Opens the inbox; may wait for the keychain's owner.
    pub async fn open(&self, passphrase: Option<String>) -> Result<(), Problem> {
        let _one = self.inner.opening.lock().await;
        if matches!(*self.inner.inbox.borrow(), Inbox::Open(_)) {
            return Ok(());
        }
        self.inner.inbox.send_replace(Inbox::Opening);
        let opened = self.opened(passphrase).await;
        let done = opened.as_ref().map(|_| ()).map_err(Clone::clone);
        let inbox = match opened {
            Ok(desk) => {
                self.relay(&desk);
                Inbox::Open(desk)
            }
            Err(problem) => {
                tracing::warn!(%problem, "the inbox stays closed");
                Inbox::Closed(problem)
            }
        };
        self.inner.inbox.send_replace(inbox);
        self.announce_all();
        done
    }

    async fn opened(&self, passphrase: Option<String>) -> Result<Desk, Problem> {
        let doors = self.doors(passphrase);
        for _ in 1..BUSY_TRIES {
            match Desk::open(doors.clone()).await {
                Err(Problem::Busy) => tokio::time::sleep(BUSY_PAUSE).await,
                opened => return self.furnished(opened?).await,
            }
        }
        self.furnished(Desk::open(doors).await?).await
    }

    fn doors(&self, passphrase: Option<String>) -> Doors {
        let keys: Arc<dyn Keys> = match self.inner.rehearsal {
            Some(_) => Arc::new(InMemory::default()),
            None => doors::keys(&self.inner.folder, passphrase),
        };
        Doors {
            clock: Arc::new(SystemClock),
            folder: self.inner.folder.clone(),
            keys,
            networks: self.inner.networks.clone(),
            random: Arc::new(SystemRandom),
        }
    }

    /// In a rehearsal, the desk with its scenario's clients, accounts and templates.
    async fn furnished(&self, desk: Desk) -> Result<Desk, Problem> {
        zone::tell(&desk, &jiff::tz::TimeZone::system()).await?;
        if let Some(rehearsal) = &self.inner.rehearsal {
            rehearsal.furnish(&desk).await?;
        }
        Ok(desk)
    }

    /// Starts pulling and sending, once.
    pub fn start(&self) {
        let Ok(desk) = self.desk() else { return };
        let mut engine = self.inner.engine.lock().unwrap_or_else(PoisonError::into_inner);
        engine.get_or_insert_with(|| {
            zone::follow(self);
            desk.start()
        });
    }

    /// Lets the engine finish its step.
    pub async fn stop(&self) {
        let engine = self.inner.engine.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(engine) = engine {
            let late = tokio::time::timeout(STOPPING, engine.stop()).await.is_err();
            if late {
                tracing::warn!("the engine did not stop in time");
            }
        }
    }

    fn relay(&self, desk: &Desk) {
        let mut changes = desk.changes();
        let relay = self.inner.relay.clone();
        tokio::spawn(async move {
            loop {
                let change = match changes.recv().await {
                    Ok(change) => change,
                    Err(broadcast::error::RecvError::Lagged(_)) => everything(),
                    Err(broadcast::error::RecvError::Closed) => return,
                };
                // No listener is no fault: the next one reads everything.
                let _ = relay.send(change);
            }
        });
    }

    /// Something of the program's own state changed.
    pub(crate) fn announce_all(&self) {
        let _ = self.inner.relay.send(everything());
    }

    /// Replies that have not left this computer and may yet, were the program to stay: not those refused or unsure, nor those
    /// that the CM publishes, which no program sends. A rehearsal's are nobody's.
    pub async fn replies_waiting(&self) -> u32 {
        let Ok(desk) = self.desk() else { return 0 };
        match desk.desk().await {
            Ok(view) if self.rehearsal().is_none() => view.counts.outbox.saturating_sub(view.counts.trouble),
            // An inbox that cannot be read is no reason to keep a window open.
            _ => 0,
        }
    }

    /// The window is asked to close: whether that is meant, since it was asked a moment ago and nobody chose to stay.
    pub fn meant_to_close(&self) -> bool {
        let before = self.wish().replace(Instant::now());
        before.is_some_and(|before| before.elapsed() < TWICE)
    }

    fn wish(&self) -> MutexGuard<'_, Option<Instant>> {
        self.inner.wish.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns once `close` was called.
    pub async fn closed(&self) {
        self.inner.closed.notified().await;
    }

    // The shell's own commands, as the contract lists them.

    pub async fn close(&self) -> Result<(), Problem> {
        self.inner.closed.notify_one();
        Ok(())
    }

    pub async fn stay(&self) -> Result<(), Problem> {
        *self.wish() = None;
        Ok(())
    }

    pub async fn app(&self) -> Result<AppView, Problem> {
        let preferences = self.inner.preferences.get();
        let inbox = self.inner.inbox.borrow().clone();
        let first_start = match &inbox {
            _ if self.inner.rehearsal.is_some() => false,
            Inbox::NotYet => true,
            Inbox::Open(desk) => desk.desk().await?.clients.iter().all(|c| c.accounts.is_empty()),
            Inbox::Opening | Inbox::Closed(_) => false,
        };
        Ok(AppView {
            rehearsal: self.inner.rehearsal.is_some(),
            locale: preferences.locale(),
            version: env!("CARGO_PKG_VERSION").into(),
            first_start,
            theme: preferences.theme,
            single_keys: preferences.single_keys,
            demo_offline: self.inner.rehearsal.as_ref().is_some_and(Rehearsal::is_offline),
            inbox: match inbox {
                Inbox::NotYet => InboxState::NotYet,
                Inbox::Opening => InboxState::Opening,
                Inbox::Open(_) => InboxState::Open,
                Inbox::Closed(problem) => InboxState::Closed { problem, made: self.folder().join("desk.db").exists() },
            },
        })
    }

    pub async fn settled(&self) -> Result<(), Problem> {
        let mut inbox = self.inner.inbox.subscribe();
        // It fails only where the shell is gone, and nobody asks then.
        let _ = inbox.wait_for(|inbox| !matches!(inbox, Inbox::Opening)).await;
        Ok(())
    }

    pub async fn set_preference(&self, name: String, value: String) -> Result<(), Problem> {
        self.inner.preferences.set(&name, &value)?;
        self.announce_all();
        Ok(())
    }

    pub async fn unlock(&self, passphrase: String) -> Result<(), Problem> {
        self.open(Some(passphrase)).await?;
        self.start();
        Ok(())
    }

    pub async fn reopen(&self) -> Result<(), Problem> {
        self.open(None).await?;
        self.start();
        Ok(())
    }

    pub async fn start_rehearsal(&self) -> Result<(), Problem> {
        let program = std::env::current_exe()?;
        let mut child = std::process::Command::new(program).arg("--rehearsal").spawn()?;
        // Waited for on a thread of its own, so that its end leaves no trace in the process table.
        std::thread::spawn(move || child.wait());
        Ok(())
    }

    pub async fn rehearsal_offline(&self, on: bool) -> Result<(), Problem> {
        let rehearsal = self.inner.rehearsal.as_ref().ok_or(Problem::NotOffered)?;
        rehearsal.set_offline(on).await?;
        // As a system would say when its Wi-Fi goes.
        self.desk()?.set_system_online(!on);
        self.announce_all();
        Ok(())
    }

    pub async fn networks(&self) -> Result<Vec<NetworkTile>, Problem> {
        Ok(self.inner.networks.iter().map(|network| NetworkTile::of(network.as_ref())).collect())
    }

    pub async fn open_link(&self, url: String) -> Result<(), Problem> {
        let invalid = || Problem::Invalid { field: "url".into() };
        let url = url::Url::parse(&url).map_err(|_| invalid())?;
        match url.scheme() {
            "http" | "https" if url.has_host() => {}
            "mailto" => {}
            _ => return Err(invalid()),
        }
        open::that_detached(url.as_str()).map_err(Problem::from)
    }
}

fn everything() -> Change {
    Change { all: true, ..Change::default() }
}

#[cfg(test)]
#[path = "shell_tests.rs"]
mod tests;
