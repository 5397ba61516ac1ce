//! Plays the outside: simulated networks on loopback, speaking the real wire formats over real HTTP.
//!
//! First network: Mastodon. A `Scenario` is an evening written as data; `Rehearsal::start` peoples the servers and lets the
//! evening happen. Clients of the crate can then make trouble (`fault`, `offline`), make people speak (`say`), and count
//! what really exists (`posted`). Nothing here knows the program it rehearses: no type is shared with it, so that a
//! mistake made on one side is not forgiven by the other.

mod accounts;
mod acts;
mod clock;
pub mod control;
mod conversations;
mod door;
mod faults;
mod instance;
mod limits;
mod luck;
mod media;
mod notifications;
mod oauth;
mod pages;
mod paging;
mod params;
mod pictures;
mod play;
mod said;
mod scenario;
mod server;
mod shapes;
mod statuses;
mod streaming;
mod text;
mod uploads;
mod world;

pub use clock::{Pace, time_runs};
pub use faults::{Effect, FaultRule};
pub use said::{Posted, Say, Speaker};
pub use scenario::{AccountCard, ClientCard, Scenario, TemplateCard};
pub use world::Visibility;

use door::Door;
use faults::Faults;
use luck::Luck;
use play::Stage;
use serde::Serialize;
use server::Host;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

/// Events a stream may fall behind before it is closed.
const STREAM_DEPTH: usize = 1024;
/// Where the numbers of notifications begin: a server that has lived.
const FIRST_NUMBER: u64 = 34_975_000;

pub struct Options {
    pub scenario: Scenario,
    /// Ids, codes and tokens come out of it, always the same.
    pub seed: u64,
    /// Simulated seconds per second for what arrives: 1.0 as written, 0.0 nothing arrives.
    pub pace: f64,
    /// One port a server, in the scenario's order; `None` or too few: any free port.
    pub ports: Option<Vec<u16>>,
}

/// Where a server listens and what it is called.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServerCard {
    /// `http://127.0.0.1:PORT`
    pub origin: String,
    pub domain: String,
}

/// Running servers. Dropping it stops them.
pub struct Rehearsal {
    stage: Arc<Stage>,
    clients: Vec<ClientCard>,
    faults: Arc<Faults>,
    honours_keys: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Rehearsal {
    /// Binds the servers, peoples them, and starts the evening.
    ///
    /// # Errors
    /// Where a port is taken.
    pub async fn start(options: Options) -> io::Result<Rehearsal> {
        let faults = Arc::new(Faults::default());
        let honours_keys = Arc::new(AtomicBool::new(true));
        let ports = options.ports.unwrap_or_default();
        let mut hosts = Vec::new();
        for (index, line) in options.scenario.servers.iter().enumerate() {
            let door = Door::bind(ports.get(index).copied().unwrap_or(0))?;
            let town = world::Town { counter: FIRST_NUMBER, ..world::Town::default() };
            hosts.push(Arc::new(Host {
                index,
                origin: format!("http://127.0.0.1:{}", door.port()),
                domain: line.domain.clone(),
                title: line.title.clone(),
                description: line.description.clone(),
                rules: line.rules.clone(),
                town: Mutex::new(town),
                oauth: Mutex::default(),
                limits: Mutex::default(),
                events: broadcast::channel(STREAM_DEPTH).0,
                honours_keys: Arc::clone(&honours_keys),
                faults: Arc::clone(&faults),
                luck: Luck::new(options.seed.wrapping_mul(31).wrapping_add(index as u64)),
                gallery: pictures::Gallery::default(),
                door,
            }));
        }
        let stage = Arc::new(Stage::set(options.scenario, hosts));
        let clients = stage.cards();
        let mut tasks: Vec<JoinHandle<()>> = stage.hosts.iter().cloned().map(server::open).collect();
        let playing = Arc::clone(&stage);
        tasks.push(tokio::spawn(async move { playing.play(options.pace).await }));
        Ok(Rehearsal { stage, clients, faults, honours_keys, tasks })
    }

    /// The clients, their accounts with ready tokens, and their canned replies.
    pub fn clients(&self) -> Vec<ClientCard> {
        self.clients.clone()
    }

    pub fn servers(&self) -> Vec<ServerCard> {
        let card = |host: &Arc<Host>| ServerCard { origin: host.origin.clone(), domain: host.domain.clone() };
        self.stage.hosts.iter().map(card).collect()
    }

    /// Shuts every port (connections refused, existing ones cut), or opens them again on the same numbers. People go on
    /// writing meanwhile.
    pub fn offline(&self, yes: bool) {
        for host in &self.stage.hosts {
            if yes {
                host.door.shut();
            } else if let Err(error) = host.door.open() {
                tracing::warn!(%error, server = host.index, "a simulated server could not open again");
            }
        }
    }

    pub fn fault(&self, rule: FaultRule) {
        self.faults.add(rule);
    }

    pub fn clear_faults(&self) {
        self.faults.clear();
    }

    /// Requests whose connection was cut and that are still to be applied.
    pub fn late(&self) -> usize {
        self.faults.late()
    }

    /// What really exists, written by our accounts through the API or natively since the start, oldest first.
    pub fn posted(&self) -> Vec<Posted> {
        said::posted(&self.stage.hosts)
    }

    /// The pictures that a post shows, as they were brought, in its order.
    pub fn shown(&self, post: &str) -> Vec<Vec<u8>> {
        said::shown(&self.stage.hosts, post)
    }

    /// How many pictures were brought since the start, shown in a post or not.
    pub fn uploads(&self) -> usize {
        self.stage.hosts.iter().map(|host| hold(&host.town).uploads.len()).sum()
    }

    /// Whether `Idempotency-Key` is honoured; a server that does not introduces itself as another software.
    pub fn honour_keys(&self, yes: bool) {
        self.honours_keys.store(yes, Ordering::SeqCst);
    }

    /// Other rate limits than Mastodon's 300 requests in 5 minutes and 300 posts in 3 hours, counted from now.
    pub fn limits(&self, requests: u32, posts: u32) {
        for host in &self.stage.hosts {
            hold(&host.limits).set(requests, posts);
        }
    }

    /// Somebody writes, edits or deletes now. The post's id; `None` where the place or the post is not there.
    pub fn say(&self, line: Say) -> Option<String> {
        said::say(&self.stage.hosts, line)
    }
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        for host in &self.stage.hosts {
            host.door.shut();
        }
    }
}

/// Locks; a thread that died holding the lock does not stop the play.
pub(crate) fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
