//! Recorded answers of WordPress sites. Nobody is signed in here: what is ours is not told apart, and a conversation is
//! known as far as one answer tells.

use super::convert::{self, Me};
use super::tree::Tree;
use super::wire::{Comment, Post, list};
use crate::recorded::{Exchange, Reading, line};
use guichet_model::{Author, Identity, RemoteId};
use serde_json::Value;

/// A kind of answer: how it is named, and which requests ask for it.
pub(crate) struct What {
    pub name: &'static str,
    pub asked: fn(method: &str, path: &str) -> bool,
}

pub(crate) const WHATS: &[What] = &[
    What { name: "comments", asked: |_, path| after(path).is_some_and(|after| after.starts_with("comments")) },
    What {
        name: "posts",
        asked: |method, path| {
            let after = after(path).unwrap_or_default();
            method == "GET" && (after.starts_with("posts") || after.starts_with("pages"))
        },
    },
];

fn after(path: &str) -> Option<&str> {
    path.split_once("/wp/v2/").map(|(_, after)| after)
}

pub(crate) fn read(what: &What, exchange: &Exchange, reading: &mut Reading) {
    let alone = (!exchange.body.is_array()).then_some(&exchange.body);
    let values = list(&exchange.body).chain(alone);
    if what.name == "posts" {
        for value in values {
            match Post::read(value) {
                Ok(post) => reading.lines.push(line(&convert::post(&post))),
                Err(_) => reading.unreadable += 1,
            }
        }
        return;
    }
    let (mut comments, mut tree) = (Vec::new(), Tree::default());
    for value in values {
        match Comment::read(unwrapped(value)) {
            Ok(Some(comment)) => {
                tree.grow(&comment);
                comments.push(comment);
            }
            Ok(None) => {}
            Err(_) => reading.unreadable += 1,
        }
    }
    let me = Me::new(&nobody());
    for comment in &comments {
        reading.lines.push(line(&convert::item(comment, tree.top(comment.id).ok(), &me, "")));
    }
}

/// What is deleted for good comes back inside the word that it is.
fn unwrapped(value: &Value) -> &Value {
    value.get("previous").unwrap_or(value)
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
