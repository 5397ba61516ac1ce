//! Plays the outside: simulated networks on loopback, speaking the real wire formats over real HTTP.
//!
//! One folder a network, listed in `network`; beside them what all share: doors that shut, faults
//! by command, time and chance, pictures, the play. A `Scenario` is an evening written as data; `Rehearsal::start` peoples
//! the servers and lets it happen. Clients of the crate can then make trouble (`fault`, `offline`), make people speak
//! (`say`), and count what really exists (`posted`). Nothing here knows the program it rehearses: no type is shared with
//! it, so that a mistake made on one side is not forgiven by the other.

mod bluesky;
mod browser;
mod clock;
pub mod control;
mod discourse;
mod door;
mod email;
mod faults;
mod luck;
mod mastodon;
mod network;
mod paper;
mod pictures;
mod play;
mod said;
mod scenario;
mod wordpress;

pub use clock::{Pace, time_runs};
pub use email::notices::{Notice, notices};
pub use faults::{Effect, FaultRule};
pub use said::{Posted, Say, Speaker, Visibility};
pub use scenario::{AccountCard, ClientCard, Scenario, SignIn, TemplateCard};

use door::Door;
use faults::Faults;
use luck::Luck;
use network::{Server, Stand};
use play::Stage;
use serde::Serialize;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::JoinHandle;

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
    pub network: String,
    /// `http://127.0.0.1:PORT`
    pub origin: String,
    /// What a person types to sign in: the origin, with its folder where it has one.
    pub address: String,
    pub domain: String,
}

/// Running servers. Dropping it stops them.
pub struct Rehearsal {
    stage: Arc<Stage>,
    clients: Vec<ClientCard>,
    faults: Arc<Faults>,
    tasks: Vec<JoinHandle<()>>,
}

impl Rehearsal {
    /// Binds the servers, peoples them, and starts the evening.
    ///
    /// # Errors
    /// Where a port is taken, or a scenario names a network that is not played here.
    pub async fn start(options: Options) -> io::Result<Rehearsal> {
        let faults = Arc::new(Faults::default());
        let ports = options.ports.unwrap_or_default();
        let mut servers = Vec::new();
        for (index, line) in options.scenario.servers.iter().enumerate() {
            let network = network::named(&line.network)
                .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("network: {}", line.network)))?;
            let door = Door::bind(ports.get(index).copied().unwrap_or(0))?;
            let server = (network.build)(Stand {
                index,
                origin: format!("http://127.0.0.1:{}", door.port()),
                line: line.clone(),
                faults: Arc::clone(&faults),
                luck: Luck::new(options.seed.wrapping_mul(31).wrapping_add(index as u64)),
                gallery: pictures::Gallery::default(),
                door,
            });
            server.bind()?;
            servers.push(server);
        }
        let stage = Arc::new(Stage::set(options.scenario, servers));
        let clients = stage.cards();
        let mut tasks: Vec<JoinHandle<()>> = stage.servers.iter().cloned().flat_map(network::open).collect();
        let playing = Arc::clone(&stage);
        tasks.push(tokio::spawn(async move { playing.play(options.pace).await }));
        Ok(Rehearsal { stage, clients, faults, tasks })
    }

    /// The clients, their accounts with ready tokens, and their canned replies.
    pub fn clients(&self) -> Vec<ClientCard> {
        self.clients.clone()
    }

    pub fn servers(&self) -> Vec<ServerCard> {
        let card = |server: &Arc<dyn Server>| ServerCard {
            network: server.stand().line.network.clone(),
            origin: server.stand().origin.clone(),
            address: server.address(),
            domain: server.stand().line.domain.clone(),
        };
        self.stage.servers.iter().map(card).collect()
    }

    /// Plays the person in the browser: opens the page of a sign-in, says yes for an account, and goes where that leads,
    /// which must be on loopback. What the page shows to copy instead, where nobody waits for a return.
    ///
    /// # Errors
    /// Where the page refuses, or what it leads to cannot be reached.
    pub async fn consent(&self, page: &str, account: &AccountCard) -> io::Result<Option<String>> {
        browser::consent(page, &account.remote).await
    }

    /// Shuts every port (connections refused, existing ones cut), or opens them again on the same numbers. People go on
    /// writing meanwhile.
    pub fn offline(&self, yes: bool) {
        for server in &self.stage.servers {
            for door in network::doors(server.as_ref()) {
                if yes {
                    door.shut();
                } else if let Err(error) = door.open() {
                    tracing::warn!(%error, server = server.stand().index, "a simulated server could not open again");
                }
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
        said::posted(&self.stage.servers)
    }

    /// The pictures that a post shows, as they were brought, in its order.
    pub fn shown(&self, post: &str) -> Vec<Vec<u8>> {
        said::shown(&self.stage.servers, post)
    }

    /// How many pictures were brought since the start, shown in a post or not.
    pub fn uploads(&self) -> usize {
        self.stage.servers.iter().map(|server| server.uploads()).sum()
    }

    /// Whether `Idempotency-Key` is honoured; a server that does not introduces itself as another software.
    pub fn honour_keys(&self, yes: bool) {
        self.stage.servers.iter().for_each(|server| server.honour_keys(yes));
    }

    /// Other rate limits than Mastodon's 300 requests in 5 minutes and 300 posts in 3 hours, counted from now.
    pub fn limits(&self, requests: u32, posts: u32) {
        self.stage.servers.iter().for_each(|server| server.limits(requests, posts));
    }

    /// Somebody writes, edits, deletes or moderates now. The id of what it is about; `None` where the place or the post is
    /// not there.
    pub fn say(&self, line: Say) -> Option<String> {
        said::say(&self.stage.servers, &line)
    }
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        for server in &self.stage.servers {
            network::doors(server.as_ref()).for_each(|door| door.shut());
        }
    }
}

/// Locks; a thread that died holding the lock does not stop the play.
pub(crate) fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
