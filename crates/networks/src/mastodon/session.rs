//! One signed-in account: the contract of a session, each part told in its own file.

use super::api::Api;
use super::convert::Me;
use super::instance::{self, Instance};
use super::thread::Places;
use super::uploads::{self, Unfinished};
use super::{find, live, moderation, pull, send};
use crate::http::Http;
use async_trait::async_trait;
use guichet_model::*;
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many troubled threads are remembered.
const MOST_STUMBLES: usize = 1_000;

pub(crate) struct Account {
    pub api: Api,
    pub me: Me,
    pub identity: Identity,
    places: Mutex<Places>,
    /// Threads that could not be told, and how often.
    stumbles: Mutex<HashMap<String, u8>>,
    /// What the server said about itself, and when.
    told: Mutex<Option<(Millis, Instance)>>,
    pub unfinished: Unfinished,
    /// Whether the server can be asked for kinds of notifications, and for several statuses at once. Believed
    /// until it refuses.
    pub knows_types: AtomicBool,
    pub knows_batches: AtomicBool,
}

impl Account {
    pub fn new(http: Arc<Http>, identity: Identity, doors: Doors) -> Self {
        Self {
            api: Api::new(http, doors, &identity.server),
            me: Me::new(&identity),
            identity,
            places: Mutex::default(),
            stumbles: Mutex::default(),
            told: Mutex::default(),
            unfinished: Unfinished::default(),
            knows_types: AtomicBool::new(true),
            knows_batches: AtomicBool::new(true),
        }
    }

    /// Counts a thread that the server could not tell; whether that is the third time.
    pub fn stumbles_again(&self, id: &str) -> bool {
        let mut stumbles = self.stumbles.lock().unwrap_or_else(PoisonError::into_inner);
        if stumbles.len() >= MOST_STUMBLES {
            stumbles.clear();
        }
        let times = stumbles.entry(id.to_owned()).or_insert(0);
        *times = times.saturating_add(1);
        *times >= 3
    }

    pub fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self) -> MutexGuard<'_, Option<(Millis, Instance)>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the server says about itself, asked at most once a day.
    pub async fn instance(&self) -> Result<Instance, Fault> {
        let now = self.api.now();
        if let Some((at, instance)) = &*self.told()
            && (0..DAY).contains(&now.since(*at))
        {
            return Ok(instance.clone());
        }
        let instance = instance::read(&self.api).await?;
        *self.told() = Some((now, instance.clone()));
        Ok(instance)
    }
}

/// An id as one segment of a path: ids are opaque, and a stranger's server chose it.
pub(crate) fn segment(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~' | b'.') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[async_trait]
impl Session for Account {
    async fn capabilities(&self) -> Result<Capabilities, Fault> {
        let mut capabilities = instance::capabilities(&self.instance().await?);
        if !self.api.granted("write:media").await? {
            capabilities.pictures = None;
        }
        Ok(capabilities)
    }

    fn sources(&self) -> Vec<Source> {
        pull::sources()
    }

    async fn pull(&self, source: &str, cursor: Option<&Cursor>, since: Millis) -> Result<Page, Fault> {
        pull::pull(self, source, cursor, since).await
    }

    async fn prepare(&self, outgoing: &Outgoing) -> Result<Prepared, Fault> {
        let capabilities = self.capabilities().await?;
        send::prepare(outgoing, &self.identity, &capabilities)
    }

    async fn send(&self, prepared: &Prepared, last: Arc<dyn LastWord>) -> Result<Item, Fault> {
        send::send(self, prepared, last).await
    }

    async fn find(&self, prepared: &Prepared, since: Millis) -> Result<Found, Fault> {
        find::find(self, prepared, since).await
    }

    async fn recheck(&self, place: &Place) -> Result<Recheck, Fault> {
        find::recheck(self, place).await
    }

    fn clock_apart(&self) -> Option<i64> {
        self.api.known_skew()
    }

    fn reactions(&self) -> Option<&dyn Reactions> {
        Some(self)
    }

    fn moderation(&self) -> Option<&dyn Moderation> {
        Some(self)
    }

    fn live(&self) -> Option<&dyn Live> {
        Some(self)
    }

    fn uploads(&self) -> Option<&dyn Uploads> {
        Some(self)
    }
}

#[async_trait]
impl Reactions for Account {
    async fn like(&self, item: &RemoteId, on: bool) -> Result<(), Fault> {
        moderation::like(self, item, on).await
    }
}

#[async_trait]
impl Moderation for Account {
    async fn mute(&self, person: &RemoteId, on: bool) -> Result<(), Fault> {
        moderation::relate(self, person, if on { "mute" } else { "unmute" }).await
    }

    async fn block(&self, person: &RemoteId, on: bool) -> Result<(), Fault> {
        moderation::relate(self, person, if on { "block" } else { "unblock" }).await
    }

    async fn report(&self, report: &Report) -> Result<(), Fault> {
        moderation::report(self, report).await
    }
}

#[async_trait]
impl Uploads for Account {
    async fn upload(&self, picture: &Picture) -> Result<RemoteId, Fault> {
        uploads::upload(self, picture).await
    }
}

#[async_trait]
impl Live for Account {
    async fn run(&self, ring: &(dyn Fn(Ring) + Send + Sync)) -> Fault {
        live::run(self, ring).await
    }
}
