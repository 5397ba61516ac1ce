//! The desk: the one face of the core. It is opened with doors and holds the engine's lock until it is dropped.
//!
//! Commands live with their nouns, each in an `impl Desk` of its own file; this one holds what they share.

use crate::changes::Changes;
use crate::lock::{self, EngineLock};
use crate::online::Online;
use crate::picture::Pictures;
use crate::store::Store;
use crate::vault::{Keys, Vault};
use crate::view::{Change, Problem};
use crate::{generation, intake, keepsake, outbox};
use guichet_model::{AccessId, AccountId, Budget, Clock, Millis, Network, Session};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex, OnceLock};
use tokio::sync::{Notify, broadcast, watch};
use tokio::task::JoinHandle;

/// Randomness that comes in: the system's in earnest, a seed's in the rehearsal.
pub trait Random: Send + Sync {
    fn bytes(&self, buf: &mut [u8]);
}

/// Everything the desk is given from outside.
#[derive(Clone)]
pub struct Doors {
    pub clock: Arc<dyn Clock>,
    /// Ours alone: the store, the vault, the lock, copies.
    pub folder: PathBuf,
    pub keys: Arc<dyn Keys>,
    pub networks: Vec<Arc<dyn Network>>,
    pub random: Arc<dyn Random>,
}

impl Doors {
    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    /// A random UUID, version 4, lower case.
    pub fn uuid(&self) -> String {
        let mut bytes = [0u8; 16];
        self.random.bytes(&mut bytes);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let n = u128::from_be_bytes(bytes);
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            n >> 96,
            n >> 80 & 0xffff,
            n >> 64 & 0xffff,
            n >> 48 & 0xffff,
            n & 0xffff_ffff_ffff
        )
    }
}

#[derive(Clone)]
pub struct Desk {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub store: Store,
    pub vault: Vault,
    pub pictures: Pictures,
    pub doors: Doors,
    pub changes: Changes,
    /// Made when first asked for; forgotten when the account signs in again or leaves.
    pub sessions: Mutex<HashMap<AccountId, Arc<dyn Session>>>,
    /// One an access: shared by all its accounts, and kept when sessions are made anew.
    pub budgets: Mutex<HashMap<AccessId, Arc<dyn Budget>>>,
    /// Something waits in the outbox.
    pub wake_outbox: Notify,
    /// Something should be pulled before its time.
    pub wake_intake: Notify,
    /// How often something was held: a reply on its way asks the store only where this moved.
    pub held: AtomicU64,
    pub online: Online,
    /// Intakes running now.
    pub pulling: AtomicUsize,
    /// Told where the outbox stands; set by crash tests alone.
    pub steps: OnceLock<Arc<dyn outbox::Steps>>,
    /// What the keepsake was last written with.
    pub kept: keepsake::Last,
    _lock: EngineLock,
}

impl Desk {
    /// Takes the engine's lock, opens vault and store. `Busy` where another process is the engine; `NoKey` where the
    /// store is there but its key is not; `Keychain`, `Passphrase`, `NewerStore`, `Torn`, `DiskFull` as they say.
    pub async fn open(doors: Doors) -> Result<Self, Problem> {
        let opening = doors.clone();
        let opened = tokio::task::spawn_blocking(move || {
            lock::private_folder(&opening.folder)?;
            let lock = lock::take(&opening.folder)?;
            let vault = Vault::open(&opening)?;
            let file = opening.folder.join("desk.db");
            generation::not_emptied(&vault, &file)?;
            let store = Store::open(&file, &vault.store_key()?, opening.now())?;
            let restored = generation::is_restored(&store, &vault, &file)?;
            Ok::<_, Problem>((lock, vault, store, restored))
        });
        let (lock, vault, store, restored) =
            opened.await.map_err(|_| Problem::Unexpected { what: "opening thread".into() })??;
        let desk = Self {
            inner: Arc::new(Inner {
                store,
                vault,
                pictures: Pictures::new(&doors.folder),
                doors,
                changes: Changes::new(),
                sessions: Mutex::default(),
                budgets: Mutex::default(),
                wake_outbox: Notify::new(),
                wake_intake: Notify::new(),
                held: AtomicU64::new(0),
                online: Online::default(),
                pulling: AtomicUsize::new(0),
                steps: OnceLock::new(),
                kept: keepsake::Last::default(),
                _lock: lock,
            }),
        };
        // Under the lock: whatever another process left on the wire is nobody's now.
        if restored {
            outbox::restored(&desk).await?;
        }
        outbox::recover(&desk).await?;
        // Only now, so that an opening cut short finds a restored inbox restored still.
        desk.next_life(restored).await?;
        Ok(desk)
    }

    /// Sets intake and outbox going, on this runtime.
    pub fn start(&self) -> Engine {
        let (stop, stopped) = watch::channel(false);
        Engine {
            stop,
            desk: self.clone(),
            running: [
                tokio::spawn(intake::run(self.clone(), stopped.clone())),
                tokio::spawn(keepsake::run(self.clone(), stopped.clone())),
                tokio::spawn(outbox::run(self.clone(), stopped)),
            ],
        }
    }

    /// What changes from now on. A listener that lags reads everything again.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.inner.changes.listen()
    }

    /// After the commit, ids only.
    pub(crate) fn announce(&self, change: Change) {
        self.inner.changes.announce(change);
    }

    pub(crate) async fn session(&self, account: AccountId) -> Result<Arc<dyn Session>, Problem> {
        self.inner.session(account).await
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn now(&self) -> Millis {
        self.inner.doors.now()
    }
}

/// The running intake and outbox, and the keepsake. Dropping it stops them where they stand, which is safe and leaves
/// what is on the wire unsure; `stop` lets them end their step.
pub struct Engine {
    stop: watch::Sender<bool>,
    desk: Desk,
    running: [JoinHandle<()>; 3],
}

impl Engine {
    pub async fn stop(mut self) {
        // Nobody listens any more where one has ended by itself; if it panicked, its thread has said so.
        let _ = self.stop.send(true);
        for task in &mut self.running {
            let _ = task.await;
        }
        keepsake::keep(&self.desk).await;
        // A copy made while we ran is an older one from now on.
        if let Err(problem) = self.desk.next_life(false).await {
            tracing::warn!(%problem, "the generation stays");
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        for task in &self.running {
            task.abort();
        }
    }
}
