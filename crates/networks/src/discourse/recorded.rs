//! Recorded answers of Discourse forums. Nobody is signed in here: what is ours is not told apart, and a thread is known as
//! far as one answer tells.

use super::convert::{self, Me, Under};
use super::wire::{Note, Post, Row, Topic, list, posts};
use crate::asked::Ask;
use crate::recorded::{Reading, What, line};
use guichet_model::{Author, Identity, Millis, RemoteId};
use serde_json::{Value, json};

pub(crate) const WHATS: &[What] = &[
    What {
        name: "topic",
        asked: |method, path| method == "GET" && path.contains("/t/"),
        text: false,
        read: |told, reading| topic(&told.body, reading),
    },
    What {
        name: "posts",
        asked: |_, path| path.contains("/posts"),
        text: false,
        read: |told, reading| some(&told.body, reading),
    },
    What {
        name: "notifications",
        asked: |_, path| path.contains("/notifications"),
        text: false,
        read: |told, reading| notes(&told.body, reading),
    },
    What {
        name: "messages",
        asked: |_, path| path.contains("/topics/private-messages"),
        text: false,
        read: |told, reading| exchanges(&told.body, reading),
    },
];

fn some(body: &Value, reading: &mut Reading) {
    let alone = body.has("post").or_else(|| body.has("id").map(|_| body));
    let values = list(body).chain(list(body.at("latest_posts"))).chain(posts(body)).chain(alone);
    values.for_each(|value| post(value, None, reading));
}

fn notes(body: &Value, reading: &mut Reading) {
    for value in list(body.at("notifications")).chain(list(body)) {
        match Note::read(value) {
            Ok(note) => reading.lines.push(json!({
                "id": note.id, "type": note.kind, "topic": note.topic, "post": note.post, "number": note.number,
            })),
            Err(_) => reading.unreadable += 1,
        }
    }
}

fn exchanges(body: &Value, reading: &mut Reading) {
    for value in list(body.at("topic_list").at("topics")) {
        match Row::read(value) {
            Ok(row) => {
                reading.lines.push(json!({ "topic": row.id, "highest": row.highest, "last": row.last.0 }));
            }
            Err(_) => reading.unreadable += 1,
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
                stream: None,
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
