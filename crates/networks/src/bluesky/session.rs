//! One signed-in account: the contract of a session, each part told in its own file.

use super::api::{Api, CHAT};
use super::convert::Me;
use super::renew::Renewals;
use super::thread::Places;
use super::wire::Person;
use super::{acts, chat, curate, find, look, me, pull, send};
use crate::http::Http;
use async_trait::async_trait;
use guichet_model::*;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many troubled threads, people and versions of posts are remembered.
const MOST_REMEMBERED: usize = 5_000;

pub(crate) struct Account {
    pub api: Arc<Api>,
    pub me: Me,
    places: Mutex<Places>,
    people: Mutex<HashMap<String, Person>>,
    /// The version of each post when it was last read: a record may be overwritten.
    versions: Mutex<HashMap<String, String>>,
    /// Threads that could not be told, and how often.
    stumbles: Mutex<HashMap<String, u8>>,
    /// Whether this access opens private messages, and when the network said so.
    chats: Mutex<Option<(Millis, bool)>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps it, forgetting all rather than growing without end.
fn remember<T>(kept: &mut HashMap<String, T>, name: &str, value: T) -> Option<T> {
    if kept.len() >= MOST_REMEMBERED {
        kept.clear();
    }
    kept.insert(name.to_owned(), value)
}

impl Account {
    pub fn new(http: Arc<Http>, identity: Identity, doors: Doors, renewals: &Renewals) -> Self {
        Self {
            me: Me::new(&identity),
            api: Arc::new(Api::new(http, doors, &identity, renewals)),
            places: Mutex::default(),
            people: Mutex::default(),
            versions: Mutex::default(),
            stumbles: Mutex::default(),
            chats: Mutex::default(),
        }
    }

    pub fn places(&self) -> MutexGuard<'_, Places> {
        locked(&self.places)
    }

    /// Whether this access opens private messages, asked at most once a day: an app password may be made without.
    pub async fn chats(&self) -> Result<bool, Fault> {
        let now = self.api.now();
        let known = *locked(&self.chats);
        if let Some((at, chats)) = known
            && (0..DAY).contains(&now.since(at))
        {
            return Ok(chats);
        }
        let asked = self.api.get_by("chat.bsky.convo.listConvos", &[("limit", "1".to_owned())], CHAT).await;
        let chats = match asked {
            Ok(_) => true,
            Err(Fault::Refused { reason })
                if matches!(reason.code, RefusalCode::NotOffered | RefusalCode::Forbidden) =>
            {
                false
            }
            Err(fault) => return Err(fault),
        };
        *locked(&self.chats) = Some((now, chats));
        Ok(chats)
    }

    /// Keeps who the people of an exchange are.
    pub fn meets(&self, told: &Value) {
        let mut people = locked(&self.people);
        for person in chat::people(told) {
            let did = person.did.clone();
            remember(&mut people, &did, person);
        }
    }

    pub fn person(&self, did: &str) -> Option<Person> {
        locked(&self.people).get(did).cloned()
    }

    /// Keeps the version; whether another was known.
    pub fn saw(&self, uri: &str, cid: &str) -> bool {
        remember(&mut locked(&self.versions), uri, cid.to_owned()).is_some_and(|known| known != cid)
    }

    /// Whether a thread that could not be told has been a trouble before.
    pub fn stumbles_again(&self, uri: &str) -> bool {
        let mut stumbles = locked(&self.stumbles);
        let times = stumbles.get(uri).copied().unwrap_or(0);
        remember(&mut stumbles, uri, times.saturating_add(1));
        times >= 1
    }
}

#[async_trait]
impl Session for Account {
    async fn capabilities(&self) -> Result<Capabilities, Fault> {
        let chats = match self.chats().await {
            Ok(chats) => chats,
            // The other service is not well: what it lets us do is as it was, and posts are none of its business.
            Err(Fault::Later { .. } | Fault::Unreadable { .. } | Fault::Refused { .. }) => {
                locked(&self.chats).is_some_and(|(_, chats)| chats)
            }
            Err(fault) => return Err(fault),
        };
        Ok(me::capabilities(chats))
    }

    fn sources(&self) -> Vec<Source> {
        pull::sources()
    }

    async fn pull(&self, source: &str, cursor: Option<&Cursor>, since: Millis) -> Result<Page, Fault> {
        pull::pull(self, source, cursor, since).await
    }

    async fn prepare(&self, outgoing: &Outgoing) -> Result<Prepared, Fault> {
        send::prepare(self, outgoing).await
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

    fn curation(&self) -> Option<&dyn Curation> {
        Some(self)
    }

    fn own(&self) -> Option<&dyn Own> {
        Some(self)
    }

    fn again(&self) -> Option<&dyn Again> {
        Some(self)
    }
}

#[async_trait]
impl Reactions for Account {
    async fn like(&self, item: &RemoteId, on: bool) -> Result<(), Fault> {
        acts::like(self, item, on).await
    }
}

#[async_trait]
impl Moderation for Account {
    async fn mute(&self, person: &RemoteId, on: bool) -> Result<(), Fault> {
        acts::mute(self, person, on).await
    }

    async fn block(&self, person: &RemoteId, on: bool) -> Result<(), Fault> {
        acts::block(self, person, on).await
    }

    async fn report(&self, report: &Report) -> Result<(), Fault> {
        acts::report(self, report).await
    }
}

#[async_trait]
impl Curation for Account {
    async fn put(&self, item: &RemoteId, to: Publication) -> Result<Publication, Fault> {
        curate::put(self, item, to).await
    }
}

#[async_trait]
impl Own for Account {
    async fn edit(&self, _: &RemoteId, _: &str) -> Result<Item, Fault> {
        // Apps show the first version of a record for ever.
        Err(Fault::refused(RefusalCode::NotOffered, None))
    }

    async fn delete(&self, item: &RemoteId) -> Result<(), Fault> {
        curate::delete(self, item).await
    }
}

#[async_trait]
impl Again for Account {
    fn most(&self) -> usize {
        look::MOST
    }

    fn looks_at(&self, item: &RemoteId) -> bool {
        look::looks_at(item)
    }

    async fn look(&self, items: &[RemoteId]) -> Result<Page, Fault> {
        look::look(self, items).await
    }
}
