//! Recorded answers of this network's servers. Nobody is signed in here: what is ours is not told apart, and a thread is
//! known as far as one answer tells.

use super::convert::{self, Me};
use super::gather::shown;
use super::thread::{Placing, place};
use super::wire::{Message, Notification, Post, Told, list};
use crate::asked::Ask;
use crate::recorded::{Exchange, Reading, What, line};
use guichet_model::{Author, Identity, Kind, RemoteId};
use serde_json::Value;

pub(crate) const WHATS: &[What] = &[
    What {
        name: "notifications",
        asked: |_, path| path.ends_with("app.bsky.notification.listNotifications"),
        text: false,
        read: |told, reading| within(told, reading, notifications),
    },
    What {
        name: "thread",
        asked: |_, path| path.ends_with("app.bsky.feed.getPostThread"),
        text: false,
        read: |told, reading| within(told, reading, |body, reading| thread(body.at("thread"), reading)),
    },
    What {
        name: "posts",
        asked: |_, path| {
            ["getPosts", "searchPosts", "getQuotes"].iter().any(|name| path.ends_with(&format!("app.bsky.feed.{name}")))
        },
        text: false,
        read: |told, reading| {
            within(told, reading, |body, reading| {
                for value in list(body.at("posts")) {
                    post(value, reading);
                }
            });
        },
    },
    What {
        name: "feed",
        asked: |_, path| {
            let lists = ["getAuthorFeed", "getTimeline", "getFeed", "getListFeed", "getActorLikes"];
            lists.iter().any(|name| path.ends_with(&format!("app.bsky.feed.{name}")))
        },
        text: false,
        read: |told, reading| {
            within(told, reading, |body, reading| {
                for value in list(body.at("feed")) {
                    post(value.at("post"), reading);
                }
            });
        },
    },
    What {
        name: "messages",
        asked: |_, path| path.ends_with("chat.bsky.convo.getMessages"),
        text: false,
        read: |told, reading| {
            within(told, reading, |body, reading| {
                for value in list(body.at("messages")) {
                    message("", value, reading);
                }
            });
        },
    },
    What {
        name: "log",
        asked: |_, path| path.ends_with("chat.bsky.convo.getLog"),
        text: false,
        read: |told, reading| {
            within(told, reading, |body, reading| {
                let created =
                    |entry: &&Value| entry.at("$type").as_str().is_some_and(|kind| kind.ends_with("#logCreateMessage"));
                for entry in list(body.at("logs")).filter(created) {
                    message(entry.at("convoId").as_str().unwrap_or_default(), entry.at("message"), reading);
                }
            });
        },
    },
    What {
        name: "convos",
        asked: |_, path| path.ends_with("chat.bsky.convo.listConvos") || path.ends_with("chat.bsky.convo.getConvo"),
        text: false,
        read: |told, reading| {
            within(told, reading, |body, reading| {
                let alone = body.has("convo");
                for convo in list(body.at("convos")).chain(alone) {
                    if convo.at("lastMessage").is_object() {
                        message(convo.at("id").as_str().unwrap_or_default(), convo.at("lastMessage"), reading);
                    }
                }
            });
        },
    },
];

fn within(told: &Exchange, reading: &mut Reading, read: fn(&Value, &mut Reading)) {
    if told.body.is_object() {
        read(&told.body, reading);
    } else {
        reading.unreadable += 1;
    }
}

fn notifications(body: &Value, reading: &mut Reading) {
    for value in list(body.at("notifications")) {
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
    let mut at = node.at("parent");
    while let Some(post) = shown(at) {
        above.push(post);
        at = at.at("parent");
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
        let kept = node.at("notFound") == true || node.at("blocked") == true || !node.at("$type").is_string();
        reading.unreadable += usize::from(!kept || node.at("post").is_object());
        return;
    };
    path.push(post);
    if let Some(post) = path.last() {
        let all: Vec<&Post> = path.iter().collect();
        reading.lines.push(line(&convert::post(post, place(&all, false, me), false, false)));
    }
    for answer in list(node.at("replies")) {
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

/// What other recordings hold, asked for by what asks for it; false: nothing does.
#[cfg(test)]
pub(crate) fn ask(name: &str, told: &Value) -> bool {
    match name {
        "feed" => list(told.at("feed")).all(|value| super::pull::own(value).is_ok()),
        "session" => super::login::tokens(told).is_some() && super::login::awake(told).is_ok(),
        // Not all of them are certain: what they say is asked for all the same.
        "errors" => crate::asked::refusals(told).iter().map(super::errors::table).count() > 0,
        _ => false,
    }
}
