//! The contract of a network: a small required core; what only some networks can do is an accessor that answers
//! `None` by default, so that a claim and its implementation cannot disagree.

use crate::{
    Author, Capabilities, Doors, Fault, Found, Interval, Item, Login, Millis, Noticed, Offer, Outgoing, Picture, Place,
    Prepared, Publication, Recheck, RemoteId,
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub trait Network: Send + Sync {
    /// Lower case, stable: it is stored (`mastodon`).
    fn name(&self) -> &'static str;
    /// Connects to nothing.
    fn offer(&self) -> Offer;
    fn login(&self) -> Box<dyn Login>;
    fn session(&self, identity: Identity, doors: Doors) -> Arc<dyn Session>;
}

/// Who a session speaks as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The origin the access was issued for (`https://exemple.social`).
    pub server: String,
    pub me: Author,
}

#[async_trait]
pub trait Session: Send + Sync {
    /// Read from the server where it differs by server; the connector keeps it for a day.
    async fn capabilities(&self) -> Result<Capabilities, Fault>;
    /// What there is to pull, most urgent first. Connects to nothing.
    fn sources(&self) -> Vec<Source>;
    /// One page of a source, from where `cursor` stands; `None`: from `since` on.
    async fn pull(&self, source: &str, cursor: Option<&Cursor>, since: Millis) -> Result<Page, Fault>;
    /// Repeatable and invisible outside: makes the exact request.
    async fn prepare(&self, outgoing: &Outgoing) -> Result<Prepared, Fault>;
    /// Exactly one visible request: never repeats, never follows a redirect, never sleeps. Once connected it asks `last`,
    /// and lets no byte leave where that says no: then it was `Offline`.
    async fn send(&self, prepared: &Prepared, last: Arc<dyn LastWord>) -> Result<Item, Fault>;
    /// Our messages at the place since an instant by the server's time.
    async fn find(&self, prepared: &Prepared, since: Millis) -> Result<Found, Fault>;
    /// Whether the item we answer is still there, as we read it, and unanswered.
    async fn recheck(&self, place: &Place) -> Result<Recheck, Fault>;

    /// The server's clock less ours in milliseconds, as its last answer told; `None`: none told yet.
    fn clock_apart(&self) -> Option<i64> {
        None
    }

    fn reactions(&self) -> Option<&dyn Reactions> {
        None
    }
    fn moderation(&self) -> Option<&dyn Moderation> {
        None
    }
    fn curation(&self) -> Option<&dyn Curation> {
        None
    }
    fn own(&self) -> Option<&dyn Own> {
        None
    }
    fn again(&self) -> Option<&dyn Again> {
        None
    }
    fn live(&self) -> Option<&dyn Live> {
        None
    }
    fn uploads(&self) -> Option<&dyn Uploads> {
        None
    }
    fn files(&self) -> Option<&dyn Files> {
        None
    }
}

/// Asked when the way to the network stands open, just before the first byte leaves: connecting takes seconds, in which a
/// hold may have been placed.
#[async_trait]
pub trait LastWord: Send + Sync {
    async fn may_leave(&self) -> bool;
}

/// Something to pull, with the pace that suits it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub name: &'static str,
    /// Milliseconds between two pulls while nothing rings.
    pub every: i64,
}

/// Where reading stopped: the connector's own JSON, opaque to the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

#[derive(Clone, Debug, Default)]
pub struct Page {
    pub items: Vec<Item>,
    /// Items the network says are gone, in its explicit word.
    pub gone: Vec<RemoteId>,
    /// Items that could not be read, kept raw and counted.
    pub unreadable: Vec<Unread>,
    /// Items of other networks, told by their notification mails: the mailbox's client's, answered by hand.
    pub noticed: Vec<Noticed>,
    /// Where to go on; `None`: as before.
    pub cursor: Option<Cursor>,
    /// Whether another page waits now.
    pub more: bool,
    /// The interval this page proves read.
    pub covered: Option<Interval>,
    /// What was skipped and cannot be read by going on (a first sync cut short, a retention passed).
    pub missing: Option<Interval>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    pub raw: String,
    pub why: String,
}

#[async_trait]
pub trait Reactions: Send + Sync {
    async fn like(&self, item: &RemoteId, on: bool) -> Result<(), Fault>;
}

/// What can be done about people and what they wrote. Each has its own opposite at the network.
#[async_trait]
pub trait Moderation: Send + Sync {
    async fn mute(&self, person: &RemoteId, on: bool) -> Result<(), Fault>;
    async fn block(&self, person: &RemoteId, on: bool) -> Result<(), Fault>;
    async fn report(&self, report: &Report) -> Result<(), Fault>;
}

/// Where what others wrote in our place stands: approved, put back, hidden, filed as spam, thrown away.
#[async_trait]
pub trait Curation: Send + Sync {
    /// Where the network says it stands afterwards: some ignore what they do not know.
    async fn put(&self, item: &RemoteId, to: Publication) -> Result<Publication, Fault>;
}

/// What we published ourselves, changed or taken away.
#[async_trait]
pub trait Own: Send + Sync {
    /// The item as it stands now; `NotOffered` where the network only deletes.
    async fn edit(&self, item: &RemoteId, text: &str) -> Result<Item, Fault>;
    async fn delete(&self, item: &RemoteId) -> Result<(), Fault>;
}

/// Items looked at again by their names, where the network tells of no edit and no deletion by itself.
#[async_trait]
pub trait Again: Send + Sync {
    /// How many names one request takes.
    fn most(&self) -> usize;
    /// Whether one of that name can be asked for. One that cannot is never missed.
    fn looks_at(&self, _item: &RemoteId) -> bool {
        true
    }
    /// Those that are there, as they stand; those said to be gone, in the network's explicit word. One that is in neither
    /// was missed: the second miss makes it gone.
    async fn look(&self, items: &[RemoteId]) -> Result<Page, Fault>;
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub person: RemoteId,
    pub items: Vec<RemoteId>,
    pub category: ReportCategory,
    /// At most 1,000 characters.
    pub comment: String,
    /// Whether the person's own server is told too.
    pub forward: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum ReportCategory {
    Spam,
    Legal,
    Violation,
    Other,
}

/// Pictures for a reply that has not left yet. What is uploaded and then not used is seen by nobody.
#[async_trait]
pub trait Uploads: Send + Sync {
    /// The network's id of the picture, ready to be named in a reply.
    async fn upload(&self, picture: &Picture) -> Result<RemoteId, Fault>;
}

/// Files that hang on what others wrote, fetched when somebody wants one.
#[async_trait]
pub trait Files: Send + Sync {
    /// Its bytes as they were sent. `url` is the attachment's own. `Refused` as `Gone` where the item or the file is no
    /// longer there, as `TooLong` above the limit told in the capabilities; `Unreadable` where it came torn.
    async fn file(&self, item: &RemoteId, url: &str) -> Result<Vec<u8>, Fault>;
}

/// A live stream that only says "pull now"; what it carries is read again by pulling.
#[async_trait]
pub trait Live: Send + Sync {
    /// Runs until the stream ends, and says why. `ring` names the source to pull, or an item that is gone.
    async fn run(&self, ring: &(dyn Fn(Ring) + Send + Sync)) -> Fault;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ring {
    /// The stream stands: what came before it must be pulled once.
    Connected,
    Pull(&'static str),
    Gone(RemoteId),
}
