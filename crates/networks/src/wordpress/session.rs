//! One signed-in account: the contract of a session, each part told in its own file.

use super::api::{Api, Query};
use super::convert::{self, Me, Named};
use super::posts::{Given, list};
use super::tree::Tree;
use super::wire::{self, Comment};
use super::{curate, find, look, me, pull, send};
use crate::http::Http;
use async_trait::async_trait;
use guichet_model::*;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) const COMMENTS: &str = "/wp/v2/comments";
/// Texts remembered, to see edits.
const MOST_TEXTS: usize = 50_000;

pub(crate) struct Account {
    pub api: Api,
    pub me: Me,
    /// Whether we moderate here, and when the site said so.
    moderates: Mutex<Option<(Millis, bool)>>,
    memory: Mutex<Memory>,
}

/// What was read, as far as it spares questions.
#[derive(Default)]
pub(crate) struct Memory {
    pub tree: Tree,
    pub given: Given,
    /// Of each text, its hash: WordPress dates no edit.
    texts: HashMap<u64, u64>,
}

impl Memory {
    /// Keeps the text; whether another was known.
    pub fn changes(&mut self, comment: &Comment) -> bool {
        if self.texts.len() >= MOST_TEXTS {
            self.texts.clear();
        }
        let mut hash = DefaultHasher::new();
        convert::body(comment).text.hash(&mut hash);
        let hash = hash.finish();
        self.texts.insert(comment.id, hash).is_some_and(|known| known != hash)
    }
}

impl Account {
    pub fn new(http: Arc<Http>, identity: Identity, doors: Doors) -> Self {
        Self {
            me: Me::new(&identity),
            api: Api::new(http, doors, &identity.server),
            moderates: Mutex::default(),
            memory: Mutex::default(),
        }
    }

    pub fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether we moderate comments here, asked at most once a day.
    pub async fn moderates(&self) -> Result<bool, Fault> {
        let now = self.api.now();
        let known = *self.moderates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, moderates)) = known
            && (0..DAY).contains(&now.since(at))
        {
            return Ok(moderates);
        }
        let moderates = me::read(&self.api).await?.moderates;
        *self.moderates.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, moderates));
        Ok(moderates)
    }

    /// Which form of a comment to ask for: a moderator's has what was written, and by whom.
    pub async fn context(&self) -> Result<&'static str, Fault> {
        Ok(if self.moderates().await? { "edit" } else { "view" })
    }

    /// The comments of these numbers that are shown to us, wherever they stand, and those that could not be read.
    pub async fn comments(&self, ids: &[u64]) -> Result<(Vec<Comment>, Vec<Unread>), Fault> {
        let moderates = self.moderates().await?;
        let query: Query = vec![
            ("include", list(ids)),
            ("per_page", ids.len().clamp(1, 100).to_string()),
            ("context", self.context().await?.to_owned()),
            // Spam and trash too (WP_Comment_Query: "any" overrides the others).
            ("status", if moderates { "any" } else { "approve" }.to_owned()),
        ];
        let told = self.api.list(COMMENTS, &query).await?;
        Ok(pull::read(&told.values))
    }

    /// One comment. `Gone` where the site says that there is none; one that waits for a moderator is `Forbidden` to whoever
    /// is none, until it is approved.
    pub async fn comment(&self, id: u64) -> Result<Comment, Fault> {
        let query = [("context", self.context().await?.to_owned())];
        let told = self.api.json(&format!("{COMMENTS}/{id}"), &query).await?;
        let comment = Comment::read(&told).map_err(Fault::unreadable)?;
        comment.ok_or_else(|| Fault::refused(RefusalCode::NotOffered, None))
    }

    pub fn item(&self, comment: &Comment) -> Item {
        let top = match comment.parent {
            None => Some(comment.id),
            Some(parent) => self.memory().tree.top(parent).ok(),
        };
        convert::item(comment, top, &self.me, self.api.server())
    }

    /// The item in an answer that holds one comment; what cannot be read may have been done.
    pub fn told(&self, answer: &crate::http::Answer) -> Result<(Comment, Item), Fault> {
        let told = answer.json().map_err(|_| Fault::Unsure)?;
        let comment = Comment::read(&told).ok().flatten().ok_or(Fault::Unsure)?;
        self.memory().changes(&comment);
        let item = self.item(&comment);
        Ok((comment, item))
    }
}

/// The comment that a name names; nothing else can be moderated or edited.
pub(crate) fn comment_id(remote: &RemoteId) -> Result<u64, Fault> {
    match convert::named(remote) {
        Some(Named::Comment(id)) => Ok(id),
        _ => Err(Fault::refused(RefusalCode::NotOffered, None)),
    }
}

/// The values of a list that are comments.
pub(crate) fn all(values: &[serde_json::Value]) -> Vec<Comment> {
    values.iter().filter_map(|value| wire::Comment::read(value).ok().flatten()).collect()
}

#[async_trait]
impl Session for Account {
    async fn capabilities(&self) -> Result<Capabilities, Fault> {
        Ok(me::capabilities(self.moderates().await?))
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
impl Curation for Account {
    async fn put(&self, item: &RemoteId, to: Publication) -> Result<Publication, Fault> {
        curate::put(self, item, to).await
    }
}

#[async_trait]
impl Own for Account {
    async fn edit(&self, item: &RemoteId, text: &str) -> Result<Item, Fault> {
        curate::edit(self, item, text).await
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

    async fn look(&self, items: &[RemoteId]) -> Result<Page, Fault> {
        look::look(self, items).await
    }
}
