//! What the AppView makes of records as they come: who is told of them, what stands in which thread. A reply that names the
//! wrong root is kept by its author's server and shown to nobody, as on the real network.

use super::lexicon::{FOLLOW, GATE, LIKE, POST, REPOST};
use super::names::{cid_of, datetime, instant};
use super::world::{Notice, Origin, Record, Sky, uri};
use serde_json::Value;

/// How far up a thread people are told of an answer.
const ANCESTORS: usize = 5;

/// A record about to be written.
pub(crate) struct Writing {
    pub did: String,
    pub collection: String,
    pub key: String,
    pub value: Value,
    pub applied_ms: i64,
    pub origin: Origin,
    pub asked_key: bool,
    pub likes: u32,
}

impl Sky {
    /// Writes, in the place of what stood there, and tells whom it concerns. The content id.
    pub fn write(&mut self, writing: Writing) -> String {
        let uri = uri(&writing.did, &writing.collection, &writing.key);
        let cid = cid_of(&writing.value).unwrap_or_default();
        let said = writing.value["createdAt"].as_str().and_then(datetime).unwrap_or(writing.applied_ms);
        let known = self.records.remove(&uri);
        let record = Record {
            uri: uri.clone(),
            did: writing.did,
            collection: writing.collection,
            key: writing.key,
            cid: cid.clone(),
            value: writing.value,
            at_ms: said.min(writing.applied_ms),
            applied_ms: known.as_ref().map_or(writing.applied_ms, |known| known.applied_ms),
            origin: known.as_ref().map_or(writing.origin, |known| known.origin),
            asked_key: writing.asked_key,
            likes: known.as_ref().map_or(writing.likes, |known| known.likes),
        };
        if known.is_none() {
            let told = self.told(&record);
            self.notices.extend(told);
        }
        self.records.insert(uri, record);
        cid
    }

    /// Takes a record away, and what was told of it.
    pub fn remove(&mut self, uri: &str) -> Option<Record> {
        self.notices.retain(|notice| notice.uri != uri);
        self.records.remove(uri)
    }

    /// One notice a person at most: named first, then quoted, then answered.
    fn told(&self, record: &Record) -> Vec<Notice> {
        let mut told: Vec<(String, &'static str, Option<String>)> = Vec::new();
        let mut tell = |to: &str, reason: &'static str, subject: Option<&str>| {
            if to != record.did && self.people.contains_key(to) && told.iter().all(|(known, _, _)| known != to) {
                told.push((to.to_owned(), reason, subject.map(str::to_owned)));
            }
        };
        let subject = record.value["subject"]["uri"].as_str().and_then(|uri| self.post(uri));
        match (record.collection.as_str(), subject) {
            (LIKE, Some(post)) => tell(&post.did, "like", Some(&post.uri)),
            (REPOST, Some(post)) => tell(&post.did, "repost", Some(&post.uri)),
            (FOLLOW, _) => tell(record.value["subject"].as_str().unwrap_or_default(), "follow", None),
            (POST, _) => {
                for facet in record.value["facets"].as_array().into_iter().flatten() {
                    for feature in facet["features"].as_array().into_iter().flatten() {
                        tell(feature["did"].as_str().unwrap_or_default(), "mention", None);
                    }
                }
                if let Some(quoted) = record.quoted().and_then(|uri| self.post(uri)) {
                    tell(&quoted.did, "quote", Some(&quoted.uri));
                }
                if self.is_placed(record) {
                    let mut above = record.parent().and_then(|uri| self.post(uri));
                    for _ in 0..ANCESTORS {
                        let Some(post) = above else { break };
                        tell(&post.did, "reply", Some(&post.uri));
                        above = post.parent().and_then(|uri| self.post(uri));
                    }
                }
            }
            _ => {}
        }
        let notice = |(to, reason, subject)| Notice {
            to,
            uri: record.uri.clone(),
            reason,
            subject,
            at_ms: record.at_ms,
            applied_ms: record.applied_ms,
        };
        told.into_iter().map(notice).collect()
    }

    /// Whether an answer stands where it says: what it answers is known, and of the thread that it names.
    pub fn is_placed(&self, record: &Record) -> bool {
        let Some(parent) = record.parent() else { return true };
        match self.post(parent) {
            Some(post) => record.root() == Some(post.root().unwrap_or(&post.uri)),
            // What was there may be gone since: an answer then stays where it stood.
            None => record.root().is_some(),
        }
    }

    /// Whether the author of a thread has hidden that answer in it.
    pub fn is_hidden(&self, record: &Record) -> bool {
        let Some(gate) = record.root().and_then(|root| self.gate(root)) else { return false };
        let hidden = gate.value["hiddenReplies"].as_array();
        hidden.into_iter().flatten().any(|uri| *uri == record.uri)
    }

    /// The rules of a thread: a record under the same key as its first post, by its author.
    pub fn gate(&self, root: &str) -> Option<&Record> {
        let gate = self.records.get(&root.replacen(POST, GATE, 1))?;
        (gate.value["post"] == root).then_some(gate)
    }
}

/// A post's record as people's apps write it.
pub(crate) fn post_value(text: &str, facets: Value, lang: &str, at_ms: i64) -> Value {
    let mut value = serde_json::json!({
        "$type": POST, "text": text, "createdAt": instant(at_ms), "langs": [lang],
    });
    if facets.as_array().is_some_and(|facets| !facets.is_empty()) {
        value["facets"] = facets;
    }
    value
}
