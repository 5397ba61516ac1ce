//! One signed-in account: the contract of a session, each part told in its own file, and what was read as far as it spares
//! requests.

use super::acts::Level;
use super::api::{Api, ME};
use super::convert::{self, Me, Under, post_name, queued_name};
use super::pace::For;
use super::site::{self, Limits};
use super::wire::{Post, Topic};
use super::{acts, find, look, pull, send};
use crate::http::Http;
use async_trait::async_trait;
use guichet_model::*;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Topics and numbers remembered; then the memory begins anew.
const MOST: usize = 20_000;

pub(crate) struct Account {
    pub api: Api,
    pub me: Me,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// What the forum allows, and when it said so.
    limits: Option<(Millis, Limits)>,
    topics: HashMap<u64, Known>,
    /// By a post's id: its number.
    numbers: HashMap<u64, u64>,
    /// Names of texts of ours that wait for approval: the first post that says the same is theirs.
    expected: HashSet<RemoteId>,
    /// Topics that could not be told.
    stumbled: HashSet<u64>,
}

/// What of a topic its posts need to know.
#[derive(Clone)]
pub(crate) struct Known {
    pub private: bool,
    pub ours: bool,
    pub slug: String,
}

impl Account {
    pub fn new(http: Arc<Http>, identity: Identity, doors: Doors) -> Self {
        Self { me: Me::new(&identity), api: Api::new(http, doors, &identity.server), memory: Mutex::default() }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long a text must be and may be, asked at most once a day.
    pub async fn limits(&self, what: For) -> Result<Limits, Fault> {
        let now = self.api.now();
        if let Some((at, limits)) = self.memory().limits
            && (0..DAY).contains(&now.since(at))
        {
            return Ok(limits);
        }
        let limits = site::read(&self.api, what).await?;
        self.memory().limits = Some((now, limits));
        Ok(limits)
    }

    pub fn topic(&self, id: u64) -> Option<Known> {
        self.memory().topics.get(&id).cloned()
    }

    pub fn is_private(&self, topic: u64) -> bool {
        self.topic(topic).is_some_and(|known| known.private)
    }

    pub fn remember(&self, topic: &Topic, ours: bool) {
        let mut memory = self.memory();
        if memory.topics.len() >= MOST {
            memory.topics.clear();
        }
        let known = Known { private: topic.private, ours, slug: topic.slug.clone() };
        memory.topics.insert(topic.id, known);
    }

    /// Whether a topic could not be told before either, while the forum has an answer to other questions.
    pub async fn stumbles_again(&self, topic: u64, fault: &Fault) -> bool {
        let by_itself = match fault {
            Fault::Unreadable { .. } => true,
            Fault::Later { .. } => self.api.is_troubled(),
            _ => false,
        };
        let again = by_itself && !self.memory().stumbled.insert(topic);
        again && self.api.get(For::Pull, ME, &[]).await.is_ok()
    }

    fn number(&self, post: &Post) {
        let mut memory = self.memory();
        if memory.numbers.len() >= MOST {
            memory.numbers.clear();
        }
        memory.numbers.insert(post.id, post.number);
    }

    /// One post; `None` where the forum says that there is none.
    pub async fn post(&self, what: For, id: u64) -> Result<Option<Post>, Fault> {
        match self.api.get(what, &format!("/posts/{id}.json"), &[]).await {
            Ok(told) => {
                let post = Post::read(&told).map_err(Fault::unreadable)?;
                post.iter().for_each(|post| self.number(post));
                Ok(post)
            }
            Err(fault) if look::is_gone(&fault) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Where an answer to a post goes: the topic it stands in now, and its number there.
    pub async fn place(&self, topic: u64, id: u64) -> Result<(u64, Option<u64>), Fault> {
        let known = self.memory().numbers.get(&id).copied();
        if let Some(number) = known {
            return Ok((topic, Some(number)));
        }
        let post = self.post(For::Send, id).await?.filter(|post| !post.gone);
        let post = post.ok_or_else(|| Fault::refused(RefusalCode::Gone, None))?;
        Ok((post.topic, Some(post.number)))
    }

    /// A text of ours waits for approval.
    pub fn expect(&self, topic: u64, raw: &str) {
        self.memory().expected.insert(queued_name(topic, raw));
    }

    /// Where this post is what had waited for approval, it is that one, and no second.
    pub fn adopt(&self, item: &mut Item, post: &Post) {
        self.number(post);
        let Some(raw) = post.raw.as_deref().filter(|_| item.ours) else { return };
        let name = queued_name(post.topic, raw);
        if self.memory().expected.contains(&name) {
            item.aliases.push(Alias { scope: "id".to_owned(), name: name.as_str().to_owned() });
        }
    }

    /// The item of a post that came alone: its thread is as known as what it answers.
    pub fn item_of(&self, post: &Post, above: Option<RemoteId>) -> Item {
        let known = self.topic(post.topic);
        let topic = Topic {
            id: post.topic,
            title: String::new(),
            slug: known.as_ref().map(|k| k.slug.clone()).or_else(|| post.slug.clone()).unwrap_or_default(),
            at: post.at,
            private: known.as_ref().is_some_and(|known| known.private),
            username: String::new(),
            name: String::new(),
            avatar: None,
            stream: None,
            pending: Vec::new(),
        };
        let under = Under { topic: &topic, ours: known.is_none_or(|known| known.ours) };
        let top = (post.reply_to.is_none() && above.is_none()).then_some(post.id);
        let mut item = convert::item(post, &under, (top, None), &self.me, self.api.server());
        if above.as_ref() != Some(&post_name(post.topic, post.id)) {
            item.in_reply_to = above;
        }
        self.adopt(&mut item, post);
        item
    }
}

#[async_trait]
impl Session for Account {
    async fn capabilities(&self) -> Result<Capabilities, Fault> {
        Ok(site::capabilities(self.limits(For::Pull).await?))
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
        acts::level(self, person, if on { Level::Mute } else { Level::Normal }).await
    }

    /// The nearest that a forum has: what they write is not shown to us, nor their messages brought.
    async fn block(&self, person: &RemoteId, on: bool) -> Result<(), Fault> {
        acts::level(self, person, if on { Level::Ignore } else { Level::Normal }).await
    }

    async fn report(&self, report: &Report) -> Result<(), Fault> {
        acts::report(self, report).await
    }
}

#[async_trait]
impl Own for Account {
    async fn edit(&self, item: &RemoteId, text: &str) -> Result<Item, Fault> {
        acts::edit(self, item, text).await
    }

    async fn delete(&self, item: &RemoteId) -> Result<(), Fault> {
        acts::delete(self, item).await
    }
}

#[async_trait]
impl Again for Account {
    fn most(&self) -> usize {
        look::MOST
    }

    async fn look(&self, items: &[RemoteId]) -> Result<Page, Fault> {
        look::look(self, items).await
    }
}
