//! Where a post stands. Servers tell, of each, the one it answers and the first of its thread; the inbox wants
//! conversations.
//!
//! Under a post of ours, each first answer by somebody else opens a conversation of comments (a post may itself be several
//! of ours in a row: the last of them is what is commented). Elsewhere the whole thread is one conversation of mentions:
//! hung on its first post, unless that one names us itself, or on the post of ours that the first one quotes. What was
//! deleted, or is kept from us by a block, cuts a thread: then its first post is known by name alone.

use super::convert::Me;
use super::wire::Post;
use guichet_model::{Kind, RemoteId};
use std::collections::HashMap;

/// How many places are remembered while the program runs.
const MOST: usize = 5_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placing {
    pub kind: Kind,
    pub conversation: Option<RemoteId>,
    pub post: Option<RemoteId>,
}

impl Placing {
    pub fn new(kind: Kind, conversation: Option<&str>, post: Option<&str>) -> Self {
        Self { kind, conversation: conversation.map(RemoteId::new), post: post.map(RemoteId::new) }
    }
}

/// The place of the last post of a path, which leads down from the first post of its thread, or from as far up as is
/// known. `named`: the network says that its own first post concerns us.
pub(crate) fn place(path: &[&Post], named: bool, me: &Me) -> Placing {
    let (Some(top), Some(post)) = (path.first(), path.last()) else {
        return Placing::new(Kind::Mention, None, None);
    };
    if top.parent.is_some() {
        return cut(post, me);
    }
    let ours = path.iter().take_while(|post| me.wrote(post)).count();
    match (ours.checked_sub(1).map(|n| path[n]), path.get(ours)) {
        (_, None) => Placing::new(Kind::Post, None, None),
        (Some(commented), Some(first)) => Placing::new(Kind::Comment, Some(&first.at.uri), Some(&commented.at.uri)),
        (None, _) => {
            let quoted = me.quoted_in(top);
            let concerns = named || quoted.is_some() || me.is_named_in(top);
            match quoted {
                _ if !concerns && path.len() == 1 => Placing::new(Kind::Post, None, None),
                _ if !concerns => Placing::new(Kind::Mention, Some(&top.at.uri), Some(&top.at.uri)),
                Some(quoted) => Placing::new(Kind::Mention, Some(&top.at.uri), Some(quoted)),
                None => Placing::new(Kind::Mention, Some(&top.at.uri), None),
            }
        }
    }
}

/// Of a thread whose beginning cannot be read, its first post is known by name.
fn cut(post: &Post, me: &Me) -> Placing {
    let root = &post.root().uri;
    if me.owns(root) {
        // Which of the first answers this one hangs under is not known; the desk follows who answers whom.
        Placing::new(Kind::Comment, None, Some(root))
    } else {
        Placing::new(Kind::Mention, Some(root), None)
    }
}

/// Places learnt while the program runs, so that an answer in a thread already read needs no reading of it again.
#[derive(Default)]
pub(crate) struct Places(HashMap<String, (Placing, bool)>);

impl Places {
    pub fn learn(&mut self, uri: &str, placing: &Placing, ours: bool) {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(uri.to_owned(), (placing.clone(), ours));
    }

    pub fn get(&self, uri: &str) -> Option<&Placing> {
        self.0.get(uri).map(|(placing, _)| placing)
    }

    /// Where an answer stands by what it answers; `None`: its thread must be read.
    pub fn of(&self, post: &Post, me: &Me) -> Option<Placing> {
        let own = post.at.uri.as_str();
        let parent = post.parent.as_ref()?.uri.as_str();
        let (above, above_ours) = self.0.get(parent)?;
        Some(match above.kind {
            Kind::Post if *above_ours && me.wrote(post) => Placing::new(Kind::Post, None, None),
            Kind::Post if *above_ours => Placing::new(Kind::Comment, Some(own), Some(parent)),
            Kind::Post => Placing::new(Kind::Mention, Some(parent), Some(parent)),
            _ => above.clone(),
        })
    }
}

#[cfg(test)]
#[path = "thread_tests.rs"]
mod tests;
