//! What a simulated Bluesky holds: people, their records, what each was told of, pictures, exchanges. Nouns, and the few
//! questions that everything else asks of them; what the AppView makes of a new record is in `index`.
//!
//! All repositories live on this one server, strangers' too: a client cannot see the difference.

use super::chat::Chat;
use super::lexicon::{BLOCK, POST};
use super::names::{base32, cid_of_bytes, tid};
use super::tokens::Keys;
use axum::body::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) struct Person {
    pub did: String,
    pub handle: String,
    pub name: String,
    pub note: String,
    pub ours: bool,
    pub followers: u32,
    pub follows: u32,
    pub created_ms: i64,
}

/// Where a record or a message comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// There before the evening began.
    Seed,
    /// Written in Bluesky's own app, by others or by us.
    Said,
    Api,
}

#[derive(Clone)]
pub(crate) struct Record {
    pub uri: String,
    pub did: String,
    pub collection: String,
    pub key: String,
    pub cid: String,
    pub value: Value,
    /// When it was said, and not later than it was known: what lists are sorted by.
    pub at_ms: i64,
    /// When the servers got it; reads that lag count from here.
    pub applied_ms: i64,
    pub origin: Origin,
    /// The client chose the key.
    pub asked_key: bool,
    /// Likes of people who have no name here.
    pub likes: u32,
}

impl Record {
    pub fn text(&self) -> &str {
        self.value["text"].as_str().unwrap_or_default()
    }

    pub fn parent(&self) -> Option<&str> {
        self.value["reply"]["parent"]["uri"].as_str()
    }

    pub fn root(&self) -> Option<&str> {
        self.value["reply"]["root"]["uri"].as_str()
    }

    /// The post that it quotes.
    pub fn quoted(&self) -> Option<&str> {
        let embed = &self.value["embed"];
        embed["record"]["uri"].as_str().or_else(|| embed["record"]["record"]["uri"].as_str())
    }

    /// The blobs of its pictures, with what they show.
    pub fn pictures(&self) -> Vec<(&str, &str)> {
        let embed = &self.value["embed"];
        let images = embed["images"].as_array().or_else(|| embed["media"]["images"].as_array());
        images
            .into_iter()
            .flatten()
            .filter_map(|image| Some((image["image"]["ref"]["$link"].as_str()?, image["alt"].as_str()?)))
            .collect()
    }
}

/// What somebody is told.
pub(crate) struct Notice {
    pub to: String,
    /// The record that tells it, and its place in time.
    pub uri: String,
    pub reason: &'static str,
    /// The record of theirs that it is about.
    pub subject: Option<String>,
    pub at_ms: i64,
    pub applied_ms: i64,
}

pub(crate) enum Blob {
    Brought {
        bytes: Bytes,
        kind: String,
        by: String,
    },
    /// A scene, drawn when it is looked at.
    Drawn {
        scene: String,
        seed: u64,
    },
}

#[derive(Default)]
pub(crate) struct Sky {
    pub people: BTreeMap<String, Person>,
    pub records: BTreeMap<String, Record>,
    pub notices: Vec<Notice>,
    /// What each has seen their notices up to.
    pub seen: BTreeMap<String, i64>,
    pub mutes: BTreeSet<(String, String)>,
    pub quiet_threads: BTreeSet<(String, String)>,
    pub reports: u64,
    pub blobs: BTreeMap<String, Blob>,
    pub keys: Keys,
    pub chat: Chat,
    /// The last microsecond that a key was made of.
    last_us: u64,
}

impl Sky {
    /// A key later than every other.
    pub fn next_tid(&mut self, now_ms: i64) -> String {
        let now = u64::try_from(now_ms).unwrap_or_default() * 1000;
        self.last_us = now.max(self.last_us + 1);
        tid(self.last_us, 23)
    }

    /// A key of a time long ago, not taken in that place.
    pub fn old_tid(&self, did: &str, collection: &str, at_ms: i64) -> String {
        let mut us = u64::try_from(at_ms).unwrap_or_default() * 1000;
        loop {
            let key = tid(us, 23);
            if !self.records.contains_key(&uri(did, collection, &key)) {
                return key;
            }
            us += 1;
        }
    }

    /// The did of a did or a handle that is known.
    pub fn did_of(&self, actor: &str) -> Option<String> {
        if self.people.contains_key(actor) {
            return Some(actor.to_owned());
        }
        let handle = actor.to_lowercase();
        self.people.values().find(|person| person.handle == handle).map(|person| person.did.clone())
    }

    /// The address with its did, where a handle was written.
    pub fn plain_uri(&self, text: &str) -> Option<String> {
        let (who, rest) = text.strip_prefix("at://")?.split_once('/')?;
        Some(format!("at://{}/{rest}", self.did_of(who)?))
    }

    pub fn post(&self, uri: &str) -> Option<&Record> {
        self.records.get(uri).filter(|record| record.collection == POST)
    }

    /// The record by which one person blocks another.
    pub fn block(&self, by: &str, of: &str) -> Option<&Record> {
        let mut blocks = self.of(by, BLOCK);
        blocks.find(|record| record.value["subject"] == of)
    }

    pub fn apart(&self, one: &str, other: &str) -> bool {
        one != other && (self.block(one, other).is_some() || self.block(other, one).is_some())
    }

    /// Somebody's records of a collection, the oldest key first.
    pub fn of<'a>(&'a self, did: &str, collection: &str) -> impl DoubleEndedIterator<Item = &'a Record> + use<'a> {
        let from = format!("at://{did}/{collection}/");
        // The sign after the slash: all that begins so, and nothing else.
        let until = format!("at://{did}/{collection}0");
        self.records.range(from..until).map(|(_, record)| record)
    }

    /// The first of our accounts with that name: a handle, or its first part.
    pub fn ours(&self, name: &str) -> Option<&Person> {
        let named =
            |person: &&Person| person.ours && (person.handle == name || person.handle.split('.').next() == Some(name));
        self.people.values().find(named)
    }

    /// A new person, under a did made of the handle.
    pub fn welcome(&mut self, handle: &str, name: &str, note: &str, ours: bool, created_ms: i64) -> String {
        let hash = base32(&Sha256::digest(handle.as_bytes()));
        let did = format!("did:plc:{}", hash.get(..24).unwrap_or_default());
        let (followers, follows) = (hash.len() as u32 % 97 + 12, hash.bytes().map(u32::from).sum::<u32>() % 300);
        let person = Person {
            did: did.clone(),
            handle: handle.to_owned(),
            name: name.to_owned(),
            note: note.to_owned(),
            ours,
            followers,
            follows,
            created_ms,
        };
        self.people.entry(did.clone()).or_insert(person);
        did
    }

    /// Keeps a picture; its content id.
    pub fn keep(&mut self, blob: Blob) -> String {
        let cid = match &blob {
            Blob::Brought { bytes, .. } => cid_of_bytes(bytes),
            Blob::Drawn { scene, seed } => cid_of_bytes(format!("{scene}/{seed}").as_bytes()),
        };
        self.blobs.insert(cid.clone(), blob);
        cid
    }
}

pub(crate) fn uri(did: &str, collection: &str, key: &str) -> String {
    format!("at://{did}/{collection}/{key}")
}
