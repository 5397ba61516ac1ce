//! Recorded answers of WordPress sites. Nobody is signed in here: what is ours is not told apart, and a conversation is
//! known as far as one answer tells.

use super::convert::{self, Me};
use super::tree::Tree;
use super::wire::{Comment, Post, list};
use crate::asked::Ask;
use crate::recorded::{Exchange, Reading, What, line};
use guichet_model::{Author, Identity, RemoteId};
use serde_json::Value;

pub(crate) const WHATS: &[What] = &[
    What {
        name: "comments",
        asked: |_, path| after(path).is_some_and(|after| after.starts_with("comments")),
        text: false,
        read: comments,
    },
    What {
        name: "posts",
        asked: |method, path| {
            let after = after(path).unwrap_or_default();
            method == "GET" && (after.starts_with("posts") || after.starts_with("pages"))
        },
        text: false,
        read: posts,
    },
];

fn after(path: &str) -> Option<&str> {
    path.split_once("/wp/v2/").map(|(_, after)| after)
}

fn values(told: &Exchange) -> impl Iterator<Item = &Value> {
    let alone = (!told.body.is_array()).then_some(&told.body);
    list(&told.body).chain(alone)
}

fn posts(told: &Exchange, reading: &mut Reading) {
    for value in values(told) {
        match Post::read(value) {
            Ok(post) => reading.lines.push(line(&convert::post(&post))),
            Err(_) => reading.unreadable += 1,
        }
    }
}

fn comments(told: &Exchange, reading: &mut Reading) {
    let (mut comments, mut tree) = (Vec::new(), Tree::default());
    for value in values(told) {
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
    value.has("previous").unwrap_or(value)
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

/// What other recordings hold, asked for by what asks for it; false: nothing does.
#[cfg(test)]
pub(crate) fn ask(name: &str, told: &Value) -> bool {
    match name {
        "me" => super::wire::User::read(told).is_ok(),
        "index" => super::discover::speaks(told) && super::discover::door(told).is_some(),
        "errors" => crate::asked::refusals(told).iter().all(|answer| super::errors::table(answer).is_some()),
        _ => false,
    }
}
