//! The texts of posts that are named only: those of one topic together, in a window of twenty around the first of them
//! and, where that is not enough, by their ids. The window brings what stands around, so that most parents and our own
//! answers come along without another request.
//!
//! A forum tells of several answers in one topic by the last of them alone (post_alerter.rb: a new notification takes the
//! place of the topic's earlier ones), so that those before it are read too, back to where the round before ended.
//!
//! In a topic a post answers by number. Which post stands at the top of its thread is known as far as those numbers are;
//! one more window is asked for where a parent is missing, and no more.

use super::convert::{self, Under};
use super::pace::For;
use super::session::Account;
use super::wire::{self, Post, Topic};
use guichet_model::{Fault, Item, Millis, RefusalCode, Unread};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Posts asked for by their ids at a time.
const BATCH: usize = 20;
/// Times that ids are asked for in one topic: a hundred posts of it in one turn.
const BATCHES: usize = 5;
const DEEPEST: usize = 100;
/// A post that cannot be read is kept, but not without end.
const MOST_RAW: usize = 64 << 10;
/// Beyond every number: the forum shows the end of the topic.
pub(crate) const LAST: u64 = 999_999;

/// A topic and those of its posts that were read.
pub(crate) struct Read {
    pub topic: Topic,
    pub posts: BTreeMap<u64, Post>,
    pub unreadable: Vec<Unread>,
}

/// What a topic brings to a page.
#[derive(Default)]
pub(crate) struct Brought {
    pub items: Vec<Item>,
    pub unreadable: Vec<Unread>,
    /// What is older than this was left out.
    pub lost: Option<Millis>,
}

/// What else a notification of a post stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Also {
    #[default]
    Nothing,
    /// Other answers to us, which it took the place of.
    Answers,
    /// All that was written there: the topic is followed.
    All,
}

/// The topic with the posts around a number. `None`: the forum says that it is not there, or not for us.
pub(crate) async fn around(account: &Account, what: For, topic: u64, number: u64) -> Result<Option<Read>, Fault> {
    let query = [("include_raw", "1".to_owned())];
    match account.api.get(what, &format!("/t/{topic}/{number}.json"), &query).await {
        Ok(told) => {
            let topic = Topic::read(&told).map_err(Fault::unreadable)?;
            let mut read = Read { topic, posts: BTreeMap::new(), unreadable: Vec::new() };
            read.take(&told);
            Ok(Some(read))
        }
        Err(Fault::Refused { reason }) if matches!(reason.code, RefusalCode::Gone | RefusalCode::Forbidden) => Ok(None),
        Err(fault) => Err(fault),
    }
}

impl Read {
    fn take(&mut self, told: &Value) {
        for value in wire::posts(told) {
            match Post::read(value) {
                Ok(Some(post)) => {
                    self.posts.insert(post.id, post);
                }
                Ok(None) => {}
                Err(why) => self.unreadable.push(unread(value, why)),
            }
        }
    }

    /// Those of these ids that are in the topic, as far as it tells which are, and were not read yet.
    pub async fn fetch(&mut self, account: &Account, what: For, ids: &[u64]) -> Result<(), Fault> {
        let there = |id: &&u64| self.topic.stream.as_ref().is_none_or(|stream| stream.contains(id));
        let missing = ids.iter().filter(|id| !self.posts.contains_key(id)).filter(there);
        let missing: Vec<u64> = missing.copied().collect();
        for batch in missing.chunks(BATCH).take(BATCHES) {
            let told = by_ids(account, what, self.topic.id, batch).await?;
            self.take(&told);
        }
        Ok(())
    }

    /// The posts before those that were read, back to an instant; whether it was reached.
    pub async fn fetch_back(&mut self, account: &Account, what: For, from: Millis) -> Result<bool, Fault> {
        for _ in 0..BATCHES {
            let reached = self.posts.values().any(|post| post.at < from);
            let Some(stream) = &self.topic.stream else {
                // What stands before cannot be named.
                return Ok(reached);
            };
            let Some(first) = stream.iter().position(|id| self.posts.contains_key(id)) else {
                return Ok(stream.is_empty());
            };
            if reached || first == 0 {
                return Ok(true);
            }
            let before = stream[first.saturating_sub(BATCH)..first].to_vec();
            let known = self.posts.len();
            self.fetch(account, what, &before).await?;
            if self.posts.len() == known {
                // Nothing but small actions among them: it cannot be told how far back they reach.
                return Ok(false);
            }
        }
        Ok(self.posts.values().any(|post| post.at < from))
    }

    /// `fetch_back`; where it ended too early, when.
    async fn back(&mut self, account: &Account, from: Millis) -> Result<Option<Millis>, Fault> {
        let reached = self.fetch_back(account, For::Pull, from).await?;
        let oldest = self.posts.values().map(|post| post.at).min();
        Ok(oldest.filter(|_| !reached))
    }

    fn answers_us(&self, account: &Account, post: &Post) -> bool {
        let above = post.reply_to.and_then(|number| self.posts.values().find(|above| above.number == number));
        above.is_some_and(|above| account.me.wrote(above))
            || post.reply_to_user.as_ref().is_some_and(|user| account.me.is(user))
    }

    fn numbers(&self) -> HashMap<u64, &Post> {
        self.posts.values().filter(|post| post.number > 0).map(|post| (post.number, post)).collect()
    }

    /// The first number above a post that was not read; where all were, nothing.
    fn missing_above(&self, account: &Account, id: u64, ours: bool) -> Option<u64> {
        let numbers = self.numbers();
        let mut at = self.posts.get(&id)?;
        for _ in 0..DEEPEST {
            let above = answered(account, at, ours)?;
            match numbers.get(&above) {
                Some(post) => at = post,
                None => return Some(above),
            }
        }
        None
    }

    /// The posts above one, the nearest first, as far as they were read; and whether the last of them is the top.
    fn above(&self, account: &Account, id: u64, ours: bool) -> (Vec<u64>, bool) {
        let numbers = self.numbers();
        let mut above = Vec::new();
        let Some(mut at) = self.posts.get(&id) else {
            return (above, false);
        };
        while let Some(number) = answered(account, at, ours) {
            match numbers.get(&number) {
                // Numbers only ever point back: what does not is a slip, and would lead in a ring.
                Some(post) if post.number < at.number => at = post,
                _ => return (above, false),
            }
            above.push(at.id);
        }
        (above, true)
    }

    /// The items of these posts, and of what stands above them.
    pub fn items(&self, account: &Account, ids: &[u64]) -> Vec<Item> {
        let ours = self.ours(account);
        account.remember(&self.topic, ours);
        let under = Under { topic: &self.topic, ours };
        let wanted: HashSet<u64> = ids.iter().copied().collect();
        let mut shown = wanted.clone();
        let mut tops = HashSet::new();
        for id in &wanted {
            let (above, whole) = self.above(account, *id, ours);
            tops.extend(above.last().or(Some(id)).filter(|_| whole).copied());
            shown.extend(above);
        }
        // What we answered there, natively or from elsewhere, belongs to what is shown.
        for post in self.posts.values().filter(|post| account.me.wrote(post)) {
            let (above, whole) = self.above(account, post.id, ours);
            if whole && above.last().is_some_and(|top| tops.contains(top)) {
                shown.insert(post.id);
                shown.extend(above);
            }
        }
        let mut items = Vec::new();
        for post in shown.iter().filter_map(|id| self.posts.get(id)).filter(|post| !post.gone) {
            // Our own topic's first post is what the others hang on.
            if post.number == 1 && ours && !self.topic.private {
                continue;
            }
            let (above, whole) = self.above(account, post.id, ours);
            let top = if whole { Some(above.last().copied().unwrap_or(post.id)) } else { None };
            let mut item =
                convert::item(post, &under, (top, above.first().copied()), &account.me, account.api.server());
            account.adopt(&mut item, post);
            items.push(item);
        }
        if !self.topic.private {
            // A first post that names us is itself among the items: its topic then says its title alone.
            let first = self.posts.values().find(|post| post.number == 1 && !post.gone);
            let first = first.filter(|post| ours || !shown.contains(&post.id));
            items.push(convert::topic(&self.topic, first, ours, account.api.server()));
        }
        items.sort_by_key(|item| item.at);
        items
    }

    /// Whether we opened it: then what is written in it is for us to answer.
    pub fn ours(&self, account: &Account) -> bool {
        let first = self.posts.values().find(|post| post.number == 1);
        account.me.is(&self.topic.username) || first.is_some_and(|post| account.me.wrote(post))
    }
}

/// Posts of a topic by their ids.
pub(crate) async fn by_ids(account: &Account, what: For, topic: u64, ids: &[u64]) -> Result<Value, Fault> {
    let mut query: Vec<(&str, String)> = ids.iter().map(|id| ("post_ids[]", id.to_string())).collect();
    query.push(("include_raw", "1".to_owned()));
    account.api.get(what, &format!("/t/{topic}/posts.json"), &query).await
}

/// The number that a post answers, inside of a thread. An answer to our topic's own first post stands at the top; in
/// another's topic, what we write to all answers its first post, which may have named us.
fn answered(account: &Account, post: &Post, ours: bool) -> Option<u64> {
    let to_all = !ours && post.number > 1 && account.me.wrote(post);
    let number = post.reply_to.or(to_all.then_some(1));
    number.filter(|number| !(ours && *number == 1))
}

/// The posts that somebody was told of, by id and number, and what they stand for `from` an instant on.
pub(crate) async fn told_of(
    account: &Account,
    topic: u64,
    posts: &[(u64, u64)],
    also: Also,
    from: Millis,
) -> Result<Brought, Fault> {
    let named = posts.iter().map(|(_, number)| *number).filter(|number| *number > 0).min().unwrap_or(1);
    let at = if also == Also::Nothing { named } else { LAST };
    let Some(mut read) = around(account, For::Pull, topic, at).await? else {
        // The whole topic is gone for us: what was known of it is told by looking again.
        return Ok(Brought::default());
    };
    let mut ids: Vec<u64> = posts.iter().map(|(id, _)| *id).collect();
    let mut lost = None;
    if also != Also::Nothing {
        lost = read.back(account, from).await?;
        let ours = read.ours(account);
        let wanted = |post: &&Post| also == Also::All || ours || read.answers_us(account, post);
        let others = read.posts.values().filter(|post| post.at >= from && !account.me.wrote(post));
        ids.extend(others.filter(wanted).map(|post| post.id));
    }
    read.fetch(account, For::Pull, &ids).await?;
    if read.topic.private {
        return Ok(exchange(account, read, lost));
    }
    let ours = read.ours(account);
    if let Some(number) = ids.iter().filter_map(|id| read.missing_above(account, *id, ours)).max()
        && let Some(above) = around(account, For::Pull, topic, number).await?
    {
        read.posts.extend(above.posts);
    }
    // One that is not among them was taken away, or is kept from us: looking again will tell.
    Ok(Brought { items: read.items(account, &ids), unreadable: read.unreadable, lost })
}

/// A private exchange from an instant on.
pub(crate) async fn private(account: &Account, topic: u64, highest: u64, from: Millis) -> Result<Brought, Fault> {
    let Some(mut read) = around(account, For::Pull, topic, highest).await? else {
        return Ok(Brought::default());
    };
    if !read.topic.private {
        return Ok(Brought::default());
    }
    let lost = read.back(account, from).await?;
    Ok(exchange(account, read, lost))
}

/// Everything that was read of it: one exchange is one conversation.
fn exchange(account: &Account, read: Read, lost: Option<Millis>) -> Brought {
    let ids: Vec<u64> = read.posts.keys().copied().collect();
    Brought { items: read.items(account, &ids), unreadable: read.unreadable, lost }
}

pub(crate) fn unread(value: &Value, why: String) -> Unread {
    let mut raw = value.to_string();
    if raw.len() > MOST_RAW {
        let end = (0..=MOST_RAW).rev().find(|n| raw.is_char_boundary(*n));
        raw.truncate(end.unwrap_or(0));
    }
    Unread { raw, why }
}

#[cfg(test)]
#[path = "topics_tests.rs"]
mod tests;
