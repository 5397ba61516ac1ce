//! Recorded answers of Discourse forums. Nobody is signed in here: what is ours is not told apart, and a thread is known as
//! far as one answer tells.

use super::convert::{self, Me, Under};
use super::wire::{Note, Post, Row, Topic, list, posts};
use crate::recorded::{Exchange, Reading, line};
use guichet_model::{Author, Identity, Millis, RemoteId};
use serde_json::{Value, json};

/// A kind of answer: how it is named, and which requests ask for it.
pub(crate) struct What {
    pub name: &'static str,
    pub asked: fn(method: &str, path: &str) -> bool,
}

pub(crate) const WHATS: &[What] = &[
    What { name: "topic", asked: |method, path| method == "GET" && path.contains("/t/") },
    What { name: "posts", asked: |_, path| path.contains("/posts") },
    What { name: "notifications", asked: |_, path| path.contains("/notifications") },
    What { name: "messages", asked: |_, path| path.contains("/topics/private-messages") },
];

pub(crate) fn read(what: &What, exchange: &Exchange, reading: &mut Reading) {
    let body = &exchange.body;
    match what.name {
        "topic" => topic(body, reading),
        "posts" => {
            let alone = body.get("post").or_else(|| body.get("id").map(|_| body));
            let values = list(body).chain(list(&body["latest_posts"])).chain(posts(body)).chain(alone);
            values.for_each(|value| post(value, None, reading));
        }
        "notifications" => {
            for value in list(&body["notifications"]).chain(list(body)) {
                match Note::read(value) {
                    Ok(note) => reading.lines.push(json!({
                        "id": note.id, "type": note.kind, "topic": note.topic, "post": note.post, "number": note.number,
                    })),
                    Err(_) => reading.unreadable += 1,
                }
            }
        }
        _ => {
            for value in list(&body["topic_list"]["topics"]) {
                match Row::read(value) {
                    Ok(row) => {
                        reading.lines.push(json!({ "topic": row.id, "highest": row.highest, "last": row.last.0 }))
                    }
                    Err(_) => reading.unreadable += 1,
                }
            }
        }
    }
}

fn topic(body: &Value, reading: &mut Reading) {
    let Ok(topic) = Topic::read(body) else {
        reading.unreadable += 1;
        return;
    };
    reading.lines.push(line(&convert::topic(&topic, None, false, NOWHERE)));
    posts(body).for_each(|value| post(value, Some(&topic), reading));
}

/// Recordings do not say where they were made.
const NOWHERE: &str = "https://forum.invalid";

fn post(value: &Value, topic: Option<&Topic>, reading: &mut Reading) {
    match Post::read(value) {
        Ok(Some(post)) => {
            let bare = Topic {
                id: post.topic,
                title: String::new(),
                slug: post.slug.clone().unwrap_or_default(),
                at: Millis(0),
                private: false,
                username: String::new(),
                name: String::new(),
                avatar: None,
                stream: Vec::new(),
                pending: Vec::new(),
            };
            let under = Under { topic: topic.unwrap_or(&bare), ours: false };
            let top = post.reply_to.is_none().then_some(post.id);
            reading.lines.push(line(&convert::item(&post, &under, (top, None), &Me::new(&nobody()), NOWHERE)));
        }
        Ok(None) => {}
        Err(_) => reading.unreadable += 1,
    }
}

fn nobody() -> Identity {
    let me = Author {
        remote: RemoteId::new(""),
        handle: String::new(),
        name: String::new(),
        avatar: None,
        url: None,
        bot: false,
    };
    Identity { server: String::new(), me }
}
