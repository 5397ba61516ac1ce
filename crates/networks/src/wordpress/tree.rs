//! Which comment stands at the top of a nested one: its conversation. A site tells the parent alone, and the parent may
//! have been written years before the page that is read, so what is missing is fetched, a level at a time.

use super::session::Account;
use super::wire::Comment;
use guichet_model::Fault;
use std::collections::{HashMap, HashSet};

/// Comments remembered with their parents; then the memory begins anew.
const MOST: usize = 50_000;
/// WordPress nests ten deep at most in its settings; by the interface deeper.
const DEEPEST: usize = 24;
const BATCH: usize = 100;

/// Parents of comments; 0: none.
#[derive(Clone, Default)]
pub(crate) struct Tree(HashMap<u64, u64>);

impl Tree {
    pub fn grow(&mut self, comment: &Comment) {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(comment.id, comment.parent.unwrap_or(0));
    }

    pub fn join(&mut self, other: Self) {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.extend(other.0);
    }

    /// The comment at the top; else the first parent that is not known.
    pub fn top(&self, id: u64) -> Result<u64, u64> {
        let mut at = id;
        for _ in 0..=DEEPEST {
            match self.0.get(&at) {
                Some(0) => return Ok(at),
                Some(parent) => at = *parent,
                None => return Err(at),
            }
        }
        // A ring, or deeper than anybody reads.
        Err(0)
    }
}

/// Fetches the parents that `read` lacks; they come along as items. One that is not there ends its branch.
pub(crate) async fn parents(account: &Account, read: &[Comment], tree: &mut Tree) -> Result<Vec<Comment>, Fault> {
    for comment in read {
        tree.grow(comment);
    }
    let mut brought: Vec<Comment> = Vec::new();
    let mut absent = HashSet::from([0]);
    for _ in 0..DEEPEST {
        let ids = read.iter().chain(&brought).map(|comment| comment.id);
        let mut missing: Vec<u64> = ids.filter_map(|id| tree.top(id).err()).filter(|id| !absent.contains(id)).collect();
        missing.sort_unstable();
        missing.dedup();
        missing.truncate(BATCH);
        if missing.is_empty() {
            break;
        }
        absent.extend(&missing);
        let found = match account.comments(&missing).await {
            Ok((found, _)) => found,
            Err(Fault::Refused { .. }) => break,
            Err(fault) => return Err(fault),
        };
        for comment in found {
            tree.grow(&comment);
            brought.push(comment);
        }
    }
    Ok(brought)
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
