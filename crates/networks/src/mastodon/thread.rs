//! Where a status stands: Mastodon gives a flat list and what each answers; the inbox wants conversations.
//!
//! Under a post of ours, each first answer by somebody else opens a conversation of comments (a post may itself be
//! several of ours in a row: the last of them is what is commented). Elsewhere the whole thread is one conversation
//! of mentions, hung on its first status, unless that one names us itself. A private exchange begins with its first
//! private status, whatever public one it answers.

use super::convert::Me;
use super::wire::Status;
use guichet_model::{Kind, RemoteId};
use std::collections::{HashMap, HashSet};

/// Longer chains than this are cut: a server that loops must not hold us.
const LONGEST: usize = 5_000;
/// How many places are remembered while the program runs.
const MOST_PLACES: usize = 5_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placing {
    pub kind: Kind,
    pub conversation: Option<RemoteId>,
    pub post: Option<RemoteId>,
}

impl Placing {
    fn new(kind: Kind, conversation: Option<&str>, post: Option<&str>) -> Self {
        Self { kind, conversation: conversation.map(RemoteId::new), post: post.map(RemoteId::new) }
    }
}

/// Statuses that were told together.
pub(crate) struct Thread<'a> {
    by_id: HashMap<&'a str, &'a Status>,
    me: &'a Me,
    /// Statuses that a notification says name us, where their own list of names does not.
    named: &'a HashSet<String>,
}

impl<'a> Thread<'a> {
    pub fn new(statuses: impl IntoIterator<Item = &'a Status>, me: &'a Me, named: &'a HashSet<String>) -> Self {
        let by_id = statuses.into_iter().map(|s| (s.id.as_str(), s)).collect();
        Self { by_id, me, named }
    }

    fn parent(&self, status: &Status) -> Option<&'a Status> {
        self.by_id.get(status.in_reply_to.as_deref()?).copied()
    }

    /// From the first one on, down to the status itself.
    fn path(&self, status: &'a Status) -> Vec<&'a Status> {
        let mut path = vec![status];
        let mut at = status;
        while let Some(parent) = self.parent(at) {
            if path.len() >= LONGEST || parent.direct() != status.direct() {
                break;
            }
            path.push(parent);
            at = parent;
        }
        path.reverse();
        path
    }

    pub fn place(&self, status: &'a Status) -> Placing {
        let path = self.path(status);
        let root = path[0];
        if status.direct() {
            return Placing::new(Kind::Message, Some(&root.id), None);
        }
        let ours = path.iter().take_while(|s| self.me.wrote(s)).count();
        match (ours.checked_sub(1).map(|n| path[n]), path.get(ours)) {
            (_, None) => Placing::new(Kind::Post, None, None),
            (Some(post), Some(first)) => Placing::new(Kind::Comment, Some(&first.id), Some(&post.id)),
            (None, _) if self.me.is_named_in(root) || self.named.contains(&root.id) => {
                Placing::new(Kind::Mention, Some(&root.id), None)
            }
            (None, _) if path.len() == 1 => Placing::new(Kind::Post, None, None),
            (None, _) => Placing::new(Kind::Mention, Some(&root.id), Some(&root.id)),
        }
    }
}

/// Places learnt while the program runs, so that an answer in a thread already read needs no reading of it again.
#[derive(Default)]
pub(crate) struct Places(HashMap<String, (Placing, bool)>);

impl Places {
    pub fn learn(&mut self, id: &str, placing: Placing, ours: bool) {
        if self.0.len() >= MOST_PLACES {
            self.0.clear();
        }
        self.0.insert(id.to_owned(), (placing, ours));
    }

    pub fn get(&self, id: &str) -> Option<&Placing> {
        self.0.get(id).map(|(placing, _)| placing)
    }

    /// Where a status stands, from what it answers; `None`: its thread must be read.
    pub fn of(&self, status: &Status, me: &Me, named: bool) -> Option<Placing> {
        let own = Some(status.id.as_str());
        let ours = me.wrote(status);
        let Some(parent) = &status.in_reply_to else {
            return Some(match (status.direct(), named || me.is_named_in(status)) {
                (true, _) => Placing::new(Kind::Message, own, None),
                (false, true) if !ours => Placing::new(Kind::Mention, own, None),
                _ => Placing::new(Kind::Post, None, None),
            });
        };
        let (above, above_ours) = self.0.get(parent)?;
        Some(match (status.direct(), above.kind) {
            (true, Kind::Message) => above.clone(),
            (true, _) => Placing::new(Kind::Message, own, None),
            // A public answer to a private text starts anew.
            (false, Kind::Message) => return None,
            (false, Kind::Post) if *above_ours && ours => Placing::new(Kind::Post, None, None),
            (false, Kind::Post) if *above_ours => Placing::new(Kind::Comment, own, Some(parent)),
            (false, Kind::Post) => Placing::new(Kind::Mention, Some(parent), Some(parent)),
            _ => above.clone(),
        })
    }

    /// The best that can be said of a status whose thread could not be read.
    pub fn guess(status: &Status, me: &Me) -> Placing {
        let to_us = status.in_reply_to_account.as_deref() == Some(me.id());
        let kind = match (status.direct(), to_us) {
            (true, _) => Kind::Message,
            (false, true) => Kind::Comment,
            (false, false) => Kind::Mention,
        };
        Placing::new(kind, None, None)
    }
}

#[cfg(test)]
#[path = "thread_tests.rs"]
mod tests;
