//! People made to speak by command, and the count of what really exists: the two ends that tests hold.

use crate::acts::LOUD;
use crate::hold;
use crate::play::{add_person, new_person};
use crate::server::Host;
use crate::world::{Id, Origin, Visibility, Writing, now_ms};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Who speaks. `acct` is `name@server.example`, or the username of one of our accounts writing natively.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Speaker {
    pub acct: String,
    /// The shown name, for somebody not met yet.
    #[serde(default)]
    pub name: String,
}

impl Speaker {
    pub fn new(acct: &str, name: &str) -> Speaker {
        Speaker { acct: acct.to_owned(), name: name.to_owned() }
    }
}

/// A line said now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Say {
    /// A new post. `to` is the username of our account that is named in front; `reply_to` a post's id.
    Write {
        by: Speaker,
        #[serde(default)]
        to: Option<String>,
        #[serde(default)]
        reply_to: Option<String>,
        text: String,
        #[serde(default)]
        direct: bool,
        #[serde(default)]
        spoiler: String,
    },
    Edit {
        status: String,
        text: String,
    },
    Delete {
        status: String,
    },
}

impl Say {
    /// Somebody names our account in a public post.
    pub fn mention(by: Speaker, to: &str, text: &str) -> Say {
        Say::Write {
            by,
            to: Some(to.to_owned()),
            reply_to: None,
            text: text.to_owned(),
            direct: false,
            spoiler: String::new(),
        }
    }

    /// Somebody writes to our account alone.
    pub fn direct(by: Speaker, to: &str, text: &str) -> Say {
        match Say::mention(by, to, text) {
            Say::Write { by, to, text, .. } => {
                Say::Write { by, to, reply_to: None, text, direct: true, spoiler: String::new() }
            }
            other => other,
        }
    }

    /// Somebody answers a post, naming `to` or nobody.
    pub fn reply(by: Speaker, status: &str, to: Option<&str>, text: &str) -> Say {
        Say::Write {
            by,
            to: to.map(str::to_owned),
            reply_to: Some(status.to_owned()),
            text: text.to_owned(),
            direct: false,
            spoiler: String::new(),
        }
    }
}

/// One post that exists, by one of our accounts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Posted {
    /// The server's origin.
    pub server: String,
    /// The account's id there.
    pub account: String,
    /// The post's id.
    pub id: String,
    /// The parent asked for, even if it is gone since.
    pub in_reply_to: Option<String>,
    /// Plain, as sent.
    pub text: String,
    /// What its pictures show, in order; empty where nobody said.
    pub pictures: Vec<String>,
    pub visibility: Visibility,
    /// The `Idempotency-Key` sent with it, honoured or not.
    pub key: Option<String>,
    /// When it was applied, in milliseconds since 1970.
    pub at_ms: i64,
    /// Written on the network itself, not through the API.
    pub native: bool,
}

pub(crate) fn posted(hosts: &[Arc<Host>]) -> Vec<Posted> {
    let mut all = Vec::new();
    for host in hosts {
        let town = hold(&host.town);
        for status in town.statuses.values() {
            if !host.is_ours(&town, status.author) {
                continue;
            }
            let (key, parent, native) = match &status.origin {
                Origin::Seed => continue,
                Origin::Said => (None, status.reply_to, true),
                Origin::Api { key, asked_parent } => (key.clone(), *asked_parent, false),
            };
            all.push(Posted {
                server: host.origin.clone(),
                account: status.author.to_string(),
                id: status.id.to_string(),
                in_reply_to: parent.map(|id| id.to_string()),
                text: status.text.clone(),
                pictures: status.pictures.iter().map(|picture| picture.alt.clone()).collect(),
                visibility: status.visibility,
                key,
                at_ms: status.applied_ms,
                native,
            });
        }
    }
    // Stable: within a server the ids already tell the order of application.
    all.sort_by_key(|post| post.at_ms);
    all
}

pub(crate) fn shown(hosts: &[Arc<Host>], post: &str) -> Vec<Vec<u8>> {
    let Some((host, id)) = find(hosts, post) else {
        return Vec::new();
    };
    let town = hold(&host.town);
    let pictures = town.statuses.get(&id).map(|status| status.pictures.as_slice()).unwrap_or_default();
    pictures.iter().filter_map(|picture| Some(town.uploads.get(&picture.id)?.bytes.to_vec())).collect()
}

pub(crate) fn say(hosts: &[Arc<Host>], line: Say) -> Option<String> {
    match line {
        Say::Write { by, to, reply_to, text, direct, spoiler } => {
            let parent = match reply_to {
                Some(id) => Some(find(hosts, &id)?),
                None => None,
            };
            let host = match (&parent, &to) {
                (Some((host, _)), _) => *host,
                (None, Some(to)) => home(hosts, to)?,
                (None, None) => home(hosts, &by.acct)?,
            };
            let author = speaker(host, &by);
            let text = match to {
                Some(to) => format!("@{to} {text}"),
                None => text,
            };
            let mut writing = Writing::plain(author, &text, now_ms(), Origin::Said);
            writing.reply_to = parent.map(|(_, id)| id);
            writing.spoiler = spoiler;
            if direct {
                writing.visibility = Visibility::Direct;
            }
            Some(host.write(writing, LOUD).to_string())
        }
        Say::Edit { status, text } => {
            let (host, id) = find(hosts, &status)?;
            host.edit(id, &text, None, now_ms()).then_some(status)
        }
        Say::Delete { status } => {
            let (host, id) = find(hosts, &status)?;
            host.delete(id).map(|_| status)
        }
    }
}

fn find<'a>(hosts: &'a [Arc<Host>], id: &str) -> Option<(&'a Arc<Host>, Id)> {
    let id = id.parse().ok()?;
    hosts.iter().find(|host| hold(&host.town).statuses.contains_key(&id)).map(|host| (host, id))
}

/// Where the account of ours of that username lives.
fn home<'a>(hosts: &'a [Arc<Host>], username: &str) -> Option<&'a Arc<Host>> {
    hosts.iter().find(|host| hold(&host.town).person(username, None).is_some_and(|person| person.ours))
}

/// The speaker on this server, met for the first time if need be.
fn speaker(host: &Host, by: &Speaker) -> Id {
    let (user, domain) = match by.acct.split_once('@') {
        Some((user, domain)) => (user, Some(domain)),
        None => (by.acct.as_str(), None),
    };
    let known = host.find_person(&hold(&host.town), user, domain);
    known.unwrap_or_else(|| {
        let name = if by.name.is_empty() { user } else { &by.name };
        add_person(host, new_person(user, domain.filter(|domain| *domain != host.domain), name, ""))
    })
}
