//! Recorded answers of this network's servers. Nobody is signed in here: what is ours is not told apart, and a thread is
//! known as far as one answer tells.

use super::convert::{self, Me};
use super::gather::shown;
use super::thread::{Placing, place};
use super::wire::{Message, Notification, Post, Told, list};
use crate::recorded::{Exchange, Reading, line};
use guichet_model::{Author, Identity, Kind, RemoteId};
use serde_json::Value;

/// A kind of answer: how it is named, and which requests ask for it.
pub(crate) struct What {
    pub name: &'static str,
    pub asked: fn(method: &str, path: &str) -> bool,
    read: fn(&Value, &mut Reading),
}

pub(crate) const WHATS: &[What] = &[
    What {
        name: "notifications",
        asked: |_, path| path.ends_with("app.bsky.notification.listNotifications"),
        read: notifications,
    },
    What {
        name: "thread",
        asked: |_, path| path.ends_with("app.bsky.feed.getPostThread"),
        read: |body, reading| thread(&body["thread"], reading),
    },
    What {
        name: "posts",
        asked: |_, path| {
            ["getPosts", "searchPosts", "getQuotes"].iter().any(|name| path.ends_with(&format!("app.bsky.feed.{name}")))
        },
        read: |body, reading| {
            for value in list(&body["posts"]) {
                post(value, reading);
            }
        },
    },
    What {
        name: "feed",
        asked: |_, path| {
            let lists = ["getAuthorFeed", "getTimeline", "getFeed", "getListFeed", "getActorLikes"];
            lists.iter().any(|name| path.ends_with(&format!("app.bsky.feed.{name}")))
        },
        read: |body, reading| {
            for value in list(&body["feed"]) {
                post(&value["post"], reading);
            }
        },
    },
    What {
        name: "messages",
        asked: |_, path| path.ends_with("chat.bsky.convo.getMessages"),
        read: |body, reading| {
            for value in list(&body["messages"]) {
                message("", value, reading);
            }
        },
    },
    What {
        name: "log",
        asked: |_, path| path.ends_with("chat.bsky.convo.getLog"),
        read: |body, reading| {
            let created =
                |entry: &&Value| entry["$type"].as_str().is_some_and(|kind| kind.ends_with("#logCreateMessage"));
            for entry in list(&body["logs"]).filter(created) {
                message(entry["convoId"].as_str().unwrap_or_default(), &entry["message"], reading);
            }
        },
    },
    What {
        name: "convos",
        asked: |_, path| path.ends_with("chat.bsky.convo.listConvos") || path.ends_with("chat.bsky.convo.getConvo"),
        read: |body, reading| {
            let alone = body.get("convo");
            for convo in list(&body["convos"]).chain(alone) {
                if convo["lastMessage"].is_object() {
                    message(convo["id"].as_str().unwrap_or_default(), &convo["lastMessage"], reading);
                }
            }
        },
    },
];

pub(crate) fn read(what: &What, exchange: &Exchange, reading: &mut Reading) {
    if !exchange.body.is_object() {
        reading.unreadable += 1;
        return;
    }
    (what.read)(&exchange.body, reading);
}

fn notifications(body: &Value, reading: &mut Reading) {
    for value in list(&body["notifications"]) {
        match Notification::read(value) {
            Ok(Notification { post: Some(post), names_us, .. }) => {
                let own = Some(post.at.uri.as_str()).filter(|_| post.parent.is_none() && names_us);
                let placing = Placing::new(Kind::Mention, own, None);
                reading.lines.push(line(&convert::post(&post, placing, false, false)));
            }
            Ok(_) => {}
            Err(_) => reading.unreadable += 1,
        }
    }
}

fn post(value: &Value, reading: &mut Reading) {
    match Post::read(value) {
        Ok(post) => reading.lines.push(line(&convert::post(&post, alone(&post), false, false))),
        Err(_) => reading.unreadable += 1,
    }
}

fn alone(post: &Post) -> Placing {
    match &post.parent {
        Some(_) => Placing::new(Kind::Comment, None, None),
        None => Placing::new(Kind::Post, None, None),
    }
}

/// From the first post down, each below what it answers.
fn thread(node: &Value, reading: &mut Reading) {
    let mut above = Vec::new();
    let mut at = &node["parent"];
    while let Some(post) = shown(at) {
        above.push(post);
        at = &at["parent"];
    }
    above.reverse();
    let me = nobody();
    for n in 1..=above.len() {
        let path: Vec<&Post> = above[..n].iter().collect();
        reading.lines.push(line(&convert::post(path[n - 1], place(&path, false, &me), false, false)));
    }
    below(node, &mut above, &me, reading);
}

fn below(node: &Value, path: &mut Vec<Post>, me: &Me, reading: &mut Reading) {
    let Some(post) = shown(node) else {
        let kept = node["notFound"] == true || node["blocked"] == true || !node["$type"].is_string();
        reading.unreadable += usize::from(!kept || node["post"].is_object());
        return;
    };
    path.push(post);
    if let Some(post) = path.last() {
        let all: Vec<&Post> = path.iter().collect();
        reading.lines.push(line(&convert::post(post, place(&all, false, me), false, false)));
    }
    for answer in list(&node["replies"]) {
        below(answer, path, me, reading);
    }
    path.pop();
}

fn message(convo: &str, value: &Value, reading: &mut Reading) {
    match Told::read(value) {
        Ok(Some(Told::Message(message))) => reading.lines.push(line(&said(convo, &message))),
        Ok(_) => {}
        Err(_) => reading.unreadable += 1,
    }
}

fn said(convo: &str, message: &Message) -> guichet_model::Item {
    convert::message(convo, message, None, &nobody())
}

fn nobody() -> Me {
    let me = Author {
        remote: RemoteId::new(""),
        handle: String::new(),
        name: String::new(),
        avatar: None,
        url: None,
        bot: false,
    };
    Me::new(&Identity { server: String::new(), me })
}
