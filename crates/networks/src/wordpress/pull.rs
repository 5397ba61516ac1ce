//! Pulling: one page of the comments of some status, oldest first, with the parents and posts they hang on.
//!
//! A site dates comments by its own wall clock, compares dates without their zone, and lets an hour come twice in
//! autumn; so each reading begins some hours before the newest comment that was read, and what is read twice is the same
//! item. Approved late, a comment keeps its old date: whoever does not moderate, and sees approved ones alone, begins
//! some days before. Imported ones with dates of long ago are met when the desk looks again, not here.
//!
//! When a comment vanishes while pages are walked, all later ones move up, one of them onto a page that was read: the
//! total tells, and the page before is read again.

use super::api::{Listed, Query};
use super::posts;
use super::session::{Account, COMMENTS};
use super::tree::{self, Tree};
use super::wire::Comment;
use guichet_model::{
    Cursor, DAY, Fault, HOUR, Interval, MINUTE, Millis, Page, RefusalCode, RemoteId, SECOND, Source, Unread,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashSet;

/// Approved ones, and those that wait where we moderate.
pub(crate) const SHOWN: &str = "comments";
pub(crate) const SPAM: &str = "spam";
pub(crate) const TRASH: &str = "trash";

const A_PAGE: u64 = 100;
const OVERLAP: i64 = 3 * HOUR;
const OVERLAP_OF_APPROVED: i64 = 4 * DAY;
/// A comment that cannot be read is kept, but not without end.
const MOST_RAW: usize = 64 << 10;
/// Nobody's to keep: where the desk cannot read a comment, it keeps it without these.
const PRIVATE: [&str; 3] = ["author_email", "author_ip", "author_user_agent"];

pub(crate) fn sources() -> Vec<Source> {
    let source = |name, every| Source { name, every };
    vec![source(SHOWN, 60 * SECOND), source(SPAM, 20 * MINUTE), source(TRASH, HOUR)]
}

/// Where a walk stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Walk {
    /// Comments after this instant, page by page.
    from: Millis,
    page: u64,
    /// How many there were when the page before was read.
    total: Option<u64>,
    /// The newest that was read, never later than the site's present.
    newest: Millis,
}

pub(crate) async fn pull(
    account: &Account,
    source: &str,
    cursor: Option<&Cursor>,
    since: Millis,
) -> Result<Page, Fault> {
    let moderates = account.moderates().await?;
    let status = match source {
        SHOWN if moderates => "all",
        SHOWN => "approve",
        SPAM | TRASH if moderates => source,
        // Moderators' alone: there is nothing here for us.
        SPAM | TRASH => return Ok(Page::default()),
        _ => return Err(Fault::refused(RefusalCode::NotOffered, None)),
    };
    let stood = cursor.and_then(|cursor| serde_json::from_str(&cursor.0).ok());
    let walk = stood.unwrap_or(Walk { from: since, page: 1, total: None, newest: since });
    let told = account.api.list(COMMENTS, &query(&walk, status, account.context().await?)?).await?;
    let (comments, unreadable) = read(&told.values);
    let mut seen = HashSet::new();
    let comments: Vec<Comment> = comments.into_iter().filter(|comment| seen.insert(comment.id)).collect();

    // Learnt aside: what does not reach the desk must not pass for given.
    let (mut tree, mut given) = {
        let memory = account.memory();
        (memory.tree.clone(), memory.given.clone())
    };
    let parents = tree::parents(account, &comments, &mut tree).await?;
    let whole: Vec<&Comment> = comments.iter().chain(&parents).collect();
    let mut items = posts::of(account, &whole, &mut given).await?;
    keep(account, tree, given, &whole);
    items.extend(whole.iter().map(|comment| account.item(comment)));
    items.sort_by_key(|item| item.at);

    let now = account.api.server_now();
    let overlap = if moderates { OVERLAP } else { OVERLAP_OF_APPROVED };
    let last = comments.iter().map(|comment| comment.at).max();
    let (next, more) = walk.next(&told, last, now, overlap);
    let reached = if more { next.newest } else { now };
    let covered = (walk.from <= reached).then_some(Interval { from: walk.from, to: reached });
    let cursor = serde_json::to_string(&next).map_err(|_| Fault::unreadable("a cursor"))?;
    Ok(Page { items, unreadable, cursor: Some(Cursor(cursor)), more, covered, ..Page::default() })
}

/// What was read, now that it is given.
pub(crate) fn keep(account: &Account, tree: Tree, given: posts::Given, comments: &[&Comment]) {
    let mut memory = account.memory();
    memory.tree.join(tree);
    memory.given = given;
    for comment in comments {
        memory.changes(comment);
    }
}

fn query(walk: &Walk, status: &str, context: &str) -> Result<Query, Fault> {
    let after = jiff::Timestamp::from_millisecond(walk.from.0).map_err(|_| Fault::unreadable("a cursor"))?;
    Ok(vec![
        ("context", context.to_owned()),
        ("status", status.to_owned()),
        ("type", "comment".to_owned()),
        ("per_page", A_PAGE.to_string()),
        ("page", walk.page.to_string()),
        ("orderby", "date_gmt".to_owned()),
        ("order", "asc".to_owned()),
        ("after", after.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
    ])
}

impl Walk {
    /// Where to go on after an answer, and whether at once.
    fn next(&self, told: &Listed, last: Option<Millis>, now: Millis, overlap: i64) -> (Self, bool) {
        // A date in the future would let all that is written until then pass for read.
        let newest = last.map_or(self.newest, |last| last.min(now)).max(self.newest);
        let slipped = match (self.total, told.total) {
            (Some(before), Some(now)) => now < before && self.page > 1,
            _ => false,
        };
        let more = match told.pages {
            Some(pages) => self.page < pages,
            None => told.values.len() as u64 >= A_PAGE,
        };
        if slipped || more {
            let page = if slipped { self.page - 1 } else { self.page + 1 };
            return (Self { from: self.from, page, total: told.total, newest }, true);
        }
        let from = newest.plus(-overlap).max(self.from);
        (Self { from, page: 1, total: None, newest }, false)
    }
}

/// The comments of a list, and what could not be read of it.
pub(crate) fn read(values: &[Value]) -> (Vec<Comment>, Vec<Unread>) {
    let (mut comments, mut unreadable) = (Vec::new(), Vec::new());
    for value in values {
        match Comment::read(value) {
            Ok(Some(comment)) => comments.push(comment),
            Ok(None) => {}
            Err(why) => unreadable.push(unread(value, why)),
        }
    }
    (comments, unreadable)
}

fn unread(value: &Value, why: String) -> Unread {
    let mut value = value.clone();
    if let Some(fields) = value.as_object_mut() {
        for name in PRIVATE {
            fields.remove(name);
        }
    }
    let mut raw = value.to_string();
    if raw.len() > MOST_RAW {
        let end = (0..=MOST_RAW).rev().find(|n| raw.is_char_boundary(*n));
        raw.truncate(end.unwrap_or(0));
    }
    Unread { raw, why }
}

/// For answers to a question by names: those that are there.
pub(crate) fn named(items: &[guichet_model::Item]) -> HashSet<RemoteId> {
    items.iter().map(|item| item.remote.clone()).collect()
}

#[cfg(test)]
#[path = "pull_tests.rs"]
mod tests;
