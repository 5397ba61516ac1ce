//! Recorded answers of servers that speak Mastodon's language. Nobody is signed in here, so what a text is follows
//! from the answer alone: private ones are messages, answers are comments, a notification's text is a mention.

use super::convert;
use super::live::Frames;
use super::thread::Placing;
use super::wire::{self, Status};
use crate::asked::Ask;
use crate::recorded::{Exchange, Reading, What, line};
use guichet_model::{Kind, RemoteId};
use serde_json::Value;
use std::collections::HashMap;

/// Somewhere in an answer where a status should be.
struct Told<'a> {
    status: &'a Value,
    kind: Option<Kind>,
    /// In a context: whether it stands under the status asked for.
    under: bool,
}

pub(crate) const WHATS: &[What] = &[
    What {
        name: "status",
        asked: |method, path| {
            let after = path.strip_prefix("/api/v1/statuses");
            // What was deleted comes back without its text.
            method != "DELETE" && after.is_some_and(|rest| !LISTS_OF_A_STATUS.iter().any(|list| rest.ends_with(list)))
        },
        text: false,
        read: |told, reading| statuses(told, reading, alone_or_each),
    },
    What {
        name: "statuses",
        asked: |method, path| {
            let lists = ["/api/v1/favourites", "/api/v1/bookmarks", "/api/v1/trends/statuses", "/api/v1/statuses"];
            let own = path.starts_with("/api/v1/accounts/") && path.ends_with("/statuses");
            let quotes = path.starts_with("/api/v1/statuses/") && path.ends_with("/quotes");
            let timeline = path.starts_with("/api/v1/timelines/");
            method == "GET" && (own || quotes || timeline || lists.contains(&path))
        },
        text: false,
        read: |told, reading| statuses(told, reading, alone_or_each),
    },
    What {
        name: "notifications",
        asked: |method, path| {
            let rest = path.strip_prefix("/api/v1/notifications");
            let one = |rest: &str| !rest.contains("/requests") && !rest.ends_with("unread_count");
            method == "GET" && rest.is_some_and(one)
        },
        text: false,
        read: |told, reading| statuses(told, reading, |body| each(body).filter_map(notification).collect()),
    },
    What {
        name: "grouped",
        asked: |method, path| {
            let rest = path.strip_prefix("/api/v2/notifications");
            method == "GET" && rest.is_some_and(|rest| !rest.ends_with("/accounts") && rest != "/policy")
        },
        text: false,
        read: |told, reading| statuses(told, reading, grouped),
    },
    What {
        name: "context",
        asked: |_, path| path.ends_with("/context"),
        text: false,
        read: |told, reading| statuses(told, reading, context),
    },
    What {
        name: "conversations",
        asked: |method, path| method == "GET" && path == "/api/v1/conversations",
        text: false,
        read: |told, reading| statuses(told, reading, |body| last_statuses(body, Some(Kind::Message))),
    },
    What {
        name: "requests",
        asked: |method, path| {
            method == "GET" && path.starts_with("/api/v1/notifications/requests") && !path.ends_with("/merged")
        },
        text: false,
        read: |told, reading| statuses(told, reading, |body| last_statuses(body, Some(Kind::Mention))),
    },
    What {
        name: "search",
        asked: |_, path| path == "/api/v2/search",
        text: false,
        read: |told, reading| statuses(told, reading, |body| wire::list(body.at("statuses")).map(plain).collect()),
    },
    What {
        name: "streaming",
        asked: |_, path| path.contains("/api/v1/streaming") && !path.ends_with("/health"),
        text: true,
        read: |told, reading| told.body.as_str().into_iter().for_each(|stream| read_stream(stream, reading)),
    },
];

const LISTS_OF_A_STATUS: &[&str] =
    &["/context", "/history", "/source", "/quotes", "/favourited_by", "/reblogged_by", "/translate", "/card"];

fn plain(status: &Value) -> Told<'_> {
    Told { status, kind: None, under: false }
}

/// The elements of an array, or the one thing that is there.
fn each(body: &Value) -> impl Iterator<Item = &Value> {
    let one = if body.is_array() { None } else { Some(body) };
    wire::list(body).chain(one)
}

fn alone_or_each(body: &Value) -> Vec<Told<'_>> {
    each(body).map(plain).collect()
}

/// Favourites, boosts and followers bring no text.
fn brings(kind: &str) -> Option<Option<Kind>> {
    match kind {
        "mention" | "quote" | "reply" | "comment" => Some(Some(Kind::Mention)),
        "status" | "update" | "quoted_update" => Some(None),
        _ => None,
    }
}

fn notification(value: &Value) -> Option<Told<'_>> {
    let Some(kind) = value.at("type").as_str() else {
        // Not a notification at all: counted as something that could not be read.
        return Some(plain(value));
    };
    let kind = brings(kind)?;
    let status = value.at("status");
    (!status.is_null()).then_some(Told { status, kind, under: false })
}

fn grouped(body: &Value) -> Vec<Told<'_>> {
    let by_id: HashMap<String, &Value> =
        wire::list(body.at("statuses")).filter_map(|status| Some((wire::id(status.at("id"))?, status))).collect();
    if !body.at("notification_groups").is_array() {
        return vec![plain(body)];
    }
    let group = |group: &Value| {
        let kind = brings(group.at("type").as_str()?)?;
        let status = by_id.get(&wire::id(group.at("status_id"))?).copied()?;
        Some(Told { status, kind, under: false })
    };
    wire::list(body.at("notification_groups")).filter_map(group).collect()
}

fn context(body: &Value) -> Vec<Told<'_>> {
    if !body.at("ancestors").is_array() && !body.at("descendants").is_array() {
        return vec![plain(body)];
    }
    let below = |status| Told { status, kind: None, under: true };
    let above = wire::list(body.at("ancestors")).map(plain);
    above.chain(wire::list(body.at("descendants")).map(below)).collect()
}

fn last_statuses(body: &Value, kind: Option<Kind>) -> Vec<Told<'_>> {
    let last = |value: &'_ Value| value.at("last_status").is_null() && value.at("id").is_string();
    each(body)
        .filter(|value| !last(value))
        .map(|value| Told { status: value.at("last_status"), kind, under: false })
        .collect()
}

fn statuses(exchange: &Exchange, reading: &mut Reading, found: fn(&Value) -> Vec<Told<'_>>) {
    let mut statuses = Vec::new();
    for told in found(&exchange.body) {
        match Status::read(told.status) {
            Ok(status) => statuses.push((status, told.kind, told.under)),
            Err(_) => reading.unreadable += 1,
        }
    }
    let asked = exchange.path.as_deref().and_then(|path| {
        let path = path.strip_suffix("/context")?;
        path.rsplit('/').next().map(str::to_owned)
    });
    let roots = Roots::new(&statuses, asked);
    for (status, kind, under) in &statuses {
        let placing = Placing {
            kind: kind_of(status, *kind),
            conversation: roots.of(status, *under).map(RemoteId::new),
            post: None,
        };
        reading.lines.push(line(&convert::item(status, placing, false)));
    }
}

fn kind_of(status: &Status, by_answer: Option<Kind>) -> Kind {
    match by_answer {
        _ if status.direct() => Kind::Message,
        Some(kind) => kind,
        None if status.in_reply_to.is_some() => Kind::Comment,
        None => Kind::Post,
    }
}

/// The first status of each thread, as far as one answer tells.
struct Roots<'a> {
    by_id: HashMap<&'a str, (&'a Status, bool)>,
    first_above: Option<&'a Status>,
    asked: Option<String>,
}

impl<'a> Roots<'a> {
    fn new(statuses: &'a [(Status, Option<Kind>, bool)], asked: Option<String>) -> Self {
        let is_context = statuses.iter().any(|(_, _, under)| *under);
        Self {
            by_id: statuses.iter().map(|(s, _, under)| (s.id.as_str(), (s, *under))).collect(),
            first_above: statuses.iter().find(|(_, _, under)| is_context && !under).map(|(s, ..)| s),
            asked,
        }
    }

    fn of(&self, status: &'a Status, under: bool) -> Option<String> {
        let (mut at, mut under) = (status, under);
        for _ in 0..=self.by_id.len() {
            let Some(parent) = &at.in_reply_to else {
                return Some(at.id.clone());
            };
            match self.by_id.get(parent.as_str()) {
                Some((next, next_under)) => (at, under) = (next, *next_under),
                // What stands between the two halves of a context is the status asked for, which it leaves out.
                None if under => {
                    let known = self.asked.as_ref().is_none_or(|asked| asked == parent);
                    return match self.first_above {
                        _ if !known => None,
                        Some(first) => first.in_reply_to.is_none().then(|| first.id.clone()),
                        None => Some(parent.clone()),
                    };
                }
                None => return None,
            }
        }
        None
    }
}

fn read_stream(stream: &str, reading: &mut Reading) {
    let mut frames = Frames::default();
    let frames = frames.feed(stream.as_bytes()).and_then(|mut done| {
        done.extend(frames.feed(b"\n\n")?);
        Ok(done)
    });
    for frame in frames.unwrap_or_default() {
        let told: Value = serde_json::from_str(&frame.data).unwrap_or_default();
        let found = match frame.event.as_str() {
            "update" | "status.update" => Some(plain(&told)),
            "notification" => notification(&told),
            "conversation" => last_statuses(&told, Some(Kind::Message)).pop(),
            _ => None,
        };
        let Some(found) = found else { continue };
        match Status::read(found.status) {
            Ok(status) => {
                let placing = Placing {
                    kind: kind_of(&status, found.kind),
                    conversation: status.in_reply_to.is_none().then(|| RemoteId::new(&status.id)),
                    post: None,
                };
                reading.lines.push(line(&convert::item(&status, placing, false)));
            }
            Err(_) => reading.unreadable += 1,
        }
    }
}

/// What a pull asks of the same recordings; false: nothing.
#[cfg(test)]
pub(crate) fn ask(name: &str, told: &Value) -> bool {
    match name {
        "notifications" => wire::list(told).all(|value| super::pull::notification(value).is_ok()),
        "context" => super::threads::Context::read(told).unreadable.is_empty(),
        "conversations" => wire::list(told).all(|value| super::pull::conversation(value).is_ok()),
        _ => false,
    }
}
