//! How the AppView shows what there is to whoever looks: people with what lies between them and us, posts with their
//! pictures and quotes. What was written too lately for a read that lags is not there yet.

use super::lexicon::{FOLLOW, GATE, LIKE, POST, QUOTE_GATE, REPOST};
use super::names::instant;
use super::server::Host;
use super::world::{Person, Record, Sky};
use serde_json::{Value, json};

/// Who looks, and how far the AppView has come.
pub(crate) struct Eye<'a> {
    pub host: &'a Host,
    pub sky: &'a Sky,
    pub me: &'a str,
    pub until_ms: i64,
    /// The data server mixes in what its account has just written.
    pub own_fresh: bool,
}

impl<'a> Eye<'a> {
    pub fn sees(&self, record: &Record) -> bool {
        record.applied_ms <= self.until_ms || (self.own_fresh && record.did == self.me)
    }

    pub fn post(&self, uri: &str) -> Option<&'a Record> {
        self.sky.post(uri).filter(|record| self.sees(record))
    }

    pub fn apart(&self, did: &str) -> bool {
        self.sky.apart(self.me, did)
    }

    fn posts(&self) -> impl Iterator<Item = &'a Record> {
        self.sky.records.values().filter(|record| record.collection == POST && self.sees(record))
    }

    /// The answers to a post, oldest first.
    pub fn answers(&self, uri: &str) -> Vec<&'a Record> {
        let answers = |record: &&Record| record.parent() == Some(uri) && self.sky.is_placed(record);
        let mut found: Vec<&Record> = self.posts().filter(answers).collect();
        found.sort_by_key(|record| record.at_ms);
        found
    }

    pub fn quotes(&self, uri: &str) -> Vec<&'a Record> {
        let mut found: Vec<&Record> =
            self.posts().filter(|record| record.quoted() == Some(uri) && !self.is_detached(record)).collect();
        found.sort_by_key(|record| -record.at_ms);
        found
    }

    /// Whether the author of the quoted post has cut that quote off.
    fn is_detached(&self, record: &Record) -> bool {
        let gate = record.quoted().and_then(|uri| self.sky.records.get(&uri.replacen(POST, QUOTE_GATE, 1)));
        let cut = gate.and_then(|gate| gate.value["detachedEmbeddingUris"].as_array());
        cut.into_iter().flatten().any(|uri| *uri == record.uri)
    }

    /// The record of ours by which we like or repost that.
    fn mine(&self, collection: &str, uri: &str) -> Option<&'a Record> {
        self.sky.of(self.me, collection).find(|record| record.value["subject"]["uri"] == uri)
    }

    fn about(&self, collection: &str, uri: &str) -> usize {
        let about = |record: &&Record| record.collection == collection && record.value["subject"]["uri"] == uri;
        self.sky.records.values().filter(about).count()
    }

    fn follow(&self, by: &str, of: &str) -> Option<&'a Record> {
        self.sky.of(by, FOLLOW).find(|record| record.value["subject"] == of)
    }

    fn between(&self, did: &str) -> Value {
        let muted = self.sky.mutes.contains(&(self.me.to_owned(), did.to_owned()));
        let mut viewer = json!({
            "muted": muted,
            "mutedOnlyReposts": false,
            "mutedOnlyQuoteposts": false,
            "blockedBy": self.sky.block(did, self.me).is_some(),
        });
        for (name, record) in [
            ("blocking", self.sky.block(self.me, did)),
            ("following", self.follow(self.me, did)),
            ("followedBy", self.follow(did, self.me)),
        ] {
            if let Some(record) = record {
                viewer[name] = record.uri.clone().into();
            }
        }
        viewer
    }

    /// Somebody, in a few words.
    pub fn person(&self, did: &str) -> Value {
        let Some(person) = self.sky.people.get(did) else {
            return json!({"did": did, "handle": "handle.invalid"});
        };
        json!({
            "did": did,
            "handle": person.handle,
            "displayName": person.name,
            "avatar": self.avatar(person),
            "associated": {"activitySubscription": {"allowSubscriptions": "followers"}},
            "viewer": self.between(did),
            "labels": [],
            "createdAt": instant(person.created_ms),
        })
    }

    fn avatar(&self, person: &Person) -> String {
        format!("{}/img/avatar/plain/{}/{}@jpeg", self.host.origin, person.did, person.handle)
    }

    /// Somebody, at length.
    pub fn profile(&self, person: &Person) -> Value {
        let mut shape = self.person(&person.did);
        shape["description"] = person.note.clone().into();
        shape["indexedAt"] = instant(person.created_ms).into();
        shape["followersCount"] = person.followers.into();
        shape["followsCount"] = person.follows.into();
        shape["postsCount"] = self.posts().filter(|record| record.did == person.did).count().into();
        let none = json!({"lists": 0, "feedgens": 0, "starterPacks": 0, "labeler": false});
        for (name, number) in none.as_object().into_iter().flatten() {
            shape["associated"][name] = number.clone();
        }
        shape
    }

    pub fn shown(&self, record: &Record) -> Value {
        let uri = record.uri.as_str();
        let gate = self.sky.gate(record.root().unwrap_or(uri));
        let mut viewer = json!({
            "bookmarked": false,
            "threadMuted": self.thread_is_muted(record),
            "embeddingDisabled": false,
        });
        for (name, mine) in [("like", self.mine(LIKE, uri)), ("repost", self.mine(REPOST, uri))] {
            if let Some(mine) = mine {
                viewer[name] = mine.uri.clone().into();
            }
        }
        if gate.is_some() {
            viewer["replyDisabled"] = self.may_not_answer(record).into();
        }
        let mut shape = json!({
            "uri": uri,
            "cid": record.cid,
            "author": self.person(&record.did),
            "record": record.value,
            "bookmarkCount": 0,
            "replyCount": self.answers(uri).len(),
            "repostCount": self.about(REPOST, uri),
            "likeCount": self.about(LIKE, uri) + record.likes as usize,
            "quoteCount": self.quotes(uri).len(),
            "indexedAt": instant(record.at_ms),
            "viewer": viewer,
            "labels": [],
        });
        if let Some(embed) = self.embed(record) {
            shape["embed"] = embed;
        }
        if let Some(gate) = gate.filter(|_| record.root().is_none()) {
            shape["threadgate"] = self.gate(gate);
        }
        shape
    }

    pub fn gate(&self, gate: &Record) -> Value {
        json!({"uri": gate.uri, "cid": gate.cid, "record": gate.value, "lists": []})
    }

    fn thread_is_muted(&self, record: &Record) -> bool {
        let root = record.root().unwrap_or(&record.uri).to_owned();
        self.sky.quiet_threads.contains(&(self.me.to_owned(), root))
    }

    /// Whether the rules of the thread keep the viewer out: nobody but its author, where the list of who may is empty.
    fn may_not_answer(&self, record: &Record) -> bool {
        let root = record.root().unwrap_or(&record.uri);
        let gate = self.sky.records.get(&root.replacen(POST, GATE, 1));
        let closed = gate.and_then(|gate| gate.value["allow"].as_array()).is_some_and(Vec::is_empty);
        closed && !root.starts_with(&format!("at://{}/", self.me))
    }

    fn embed(&self, record: &Record) -> Option<Value> {
        let embed = &record.value["embed"];
        match embed["$type"].as_str()? {
            "app.bsky.embed.images" => Some(self.images(record)),
            "app.bsky.embed.record" => {
                Some(json!({"$type": "app.bsky.embed.record#view", "record": self.quote(record)?}))
            }
            "app.bsky.embed.recordWithMedia" => Some(json!({
                "$type": "app.bsky.embed.recordWithMedia#view",
                "record": {"record": self.quote(record)?},
                "media": self.images(record),
            })),
            "app.bsky.embed.external" => {
                let external = &embed["external"];
                let shown = json!({
                    "uri": external["uri"], "title": external["title"], "description": external["description"],
                });
                Some(json!({"$type": "app.bsky.embed.external#view", "external": shown}))
            }
            _ => None,
        }
    }

    fn images(&self, record: &Record) -> Value {
        let embed = &record.value["embed"];
        let images = embed["images"].as_array().or_else(|| embed["media"]["images"].as_array());
        let address =
            |size: &str, link: &str| format!("{}/img/{size}/plain/{}/{link}@jpeg", self.host.origin, record.did);
        let view = |image: &Value| {
            let link = image["image"]["ref"]["$link"].as_str().unwrap_or_default();
            let mut view = json!({
                "thumb": address("feed_thumbnail", link),
                "fullsize": address("feed_fullsize", link),
                "alt": image["alt"],
            });
            if !image["aspectRatio"].is_null() {
                view["aspectRatio"] = image["aspectRatio"].clone();
            }
            view
        };
        json!({"$type": "app.bsky.embed.images#view", "images": images.into_iter().flatten().map(view).collect::<Vec<_>>()})
    }

    /// The post that a post quotes, as it stands in it.
    fn quote(&self, record: &Record) -> Option<Value> {
        let uri = record.quoted()?;
        if self.is_detached(record) {
            return Some(json!({"$type": "app.bsky.embed.record#viewDetached", "uri": uri, "detached": true}));
        }
        let Some(quoted) = self.post(uri) else {
            return Some(json!({"$type": "app.bsky.embed.record#viewNotFound", "uri": uri, "notFound": true}));
        };
        if self.apart(&quoted.did) {
            return Some(json!({"$type": "app.bsky.embed.record#viewBlocked", "uri": uri, "blocked": true,
                "author": {"did": quoted.did, "viewer": self.between(&quoted.did)}}));
        }
        let pictures = if quoted.pictures().is_empty() { Vec::new() } else { vec![self.images(quoted)] };
        Some(json!({
            "$type": "app.bsky.embed.record#viewRecord",
            "uri": uri,
            "cid": quoted.cid,
            "author": self.person(&quoted.did),
            "value": quoted.value,
            "labels": [],
            "likeCount": self.about(LIKE, uri) + quoted.likes as usize,
            "replyCount": self.answers(uri).len(),
            "repostCount": self.about(REPOST, uri),
            "quoteCount": self.quotes(uri).len(),
            "indexedAt": instant(quoted.at_ms),
            "embeds": pictures,
        }))
    }

    pub fn blocked(&self, record: &Record) -> Value {
        let author = json!({"did": record.did, "viewer": self.between(&record.did)});
        json!({"$type": "app.bsky.feed.defs#blockedPost", "uri": record.uri, "blocked": true, "author": author})
    }

    pub fn missing(&self, uri: &str) -> Value {
        json!({"$type": "app.bsky.feed.defs#notFoundPost", "uri": uri, "notFound": true})
    }
}
