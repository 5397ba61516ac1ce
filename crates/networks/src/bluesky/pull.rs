//! Pulling: one page of one list, each post with its thread.
//!
//! Notifications bring the posts that answer us, name us or quote us (and leave out what people we muted or blocked wrote).
//! Our own feed brings what we wrote elsewhere. Private messages are another service's (`chat`).

use super::chat;
use super::feed::{Entry, Feed};
use super::gather::Gathered;
use super::session::Account;
use super::thread::Places;
use super::wire::{self, Notification, Post};
use crate::asked::Ask;
use guichet_model::{Cursor, Fault, Millis, Page, RefusalCode, SECOND, Source};
use serde_json::Value;

pub(crate) const NOTIFICATIONS: &str = "notifications";
pub(crate) const MESSAGES: &str = "messages";
pub(crate) const OWN: &str = "own";

pub(crate) fn sources() -> Vec<Source> {
    let source = |name, seconds: i64| Source { name, every: seconds * SECOND };
    vec![source(NOTIFICATIONS, 60), source(MESSAGES, 60), source(OWN, 180)]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    Notifications,
    Own,
}

/// One line of a list. One that cannot be read has a key and an instant all the same, so that it is told once.
struct Line<'a> {
    entry: Entry,
    post: Option<(Post, bool)>,
    bad: Option<(&'a Value, String)>,
}

pub(crate) async fn pull(
    account: &Account,
    source: &str,
    cursor: Option<&Cursor>,
    since: Millis,
) -> Result<Page, Fault> {
    match source {
        NOTIFICATIONS => listed(account, List::Notifications, cursor, since).await,
        OWN => listed(account, List::Own, cursor, since).await,
        MESSAGES => chat::pull(account, cursor, since).await,
        _ => Err(Fault::refused(RefusalCode::NotOffered, None)),
    }
}

async fn listed(account: &Account, list: List, cursor: Option<&Cursor>, since: Millis) -> Result<Page, Fault> {
    let stored = cursor.and_then(|cursor| serde_json::from_str(&cursor.0).ok());
    let mut feed = stored.unwrap_or_else(|| Feed::new(since));
    let told = match ask(account, list, &feed).await {
        // A place in the list that the server no longer knows: from the top again.
        Err(Fault::Refused { reason }) if feed.is_walking() && reason.code == RefusalCode::Invalid => {
            feed.start_over();
            ask(account, list, &feed).await?
        }
        other => other?,
    };
    let now = account.api.server_now();
    let lines: Vec<Line<'_>> = wire::list(&told[list.field()]).filter_map(|value| list.line(value, now)).collect();
    let entries: Vec<Entry> = lines.iter().map(|line| line.entry.clone()).collect();
    let mut gathered = Gathered::default();
    let mut posts: Vec<(Post, bool)> = Vec::new();
    for n in feed.fresh(&entries) {
        if let Some((value, why)) = &lines[n].bad {
            gathered.unread(value, why.clone());
        }
        let Some((post, named)) = &lines[n].post else {
            continue;
        };
        // One post may stand there twice: as an answer and as a mention.
        match posts.iter_mut().find(|(known, _)| known.at == post.at) {
            Some((_, before)) => *before |= named,
            None if list == List::Own && !account.me.wrote(post) => {}
            None => posts.push((post.clone(), *named)),
        }
    }
    if let Err(fault) = account.gather(posts, &mut gathered).await {
        // What was learnt on the way is not kept: it would pass for read.
        *account.places() = Places::default();
        return Err(fault);
    }
    let older = told.at("cursor").as_str().filter(|older| !older.is_empty());
    let taken = feed.take(&entries, older, now);
    let cursor = serde_json::to_string(&feed).map_err(|_| Fault::unreadable("a cursor"))?;
    let mut items = gathered.items;
    items.sort_by_key(|item| item.at);
    Ok(Page {
        items,
        unreadable: gathered.unreadable,
        cursor: Some(Cursor(cursor)),
        more: taken.more,
        covered: taken.covered,
        missing: taken.missing,
        ..Page::default()
    })
}

async fn ask(account: &Account, list: List, feed: &Feed) -> Result<Value, Fault> {
    let (limit, older) = feed.ask();
    let mut query = vec![("limit", limit.to_string())];
    let nsid = match list {
        List::Notifications => {
            query.extend(["mention", "reply", "quote"].map(|reason| ("reasons", reason.to_owned())));
            "app.bsky.notification.listNotifications"
        }
        List::Own => {
            query.push(("actor", account.me.did().to_owned()));
            query.push(("filter", "posts_with_replies".to_owned()));
            "app.bsky.feed.getAuthorFeed"
        }
    };
    query.extend(older.map(|older| ("cursor", older.to_owned())));
    let told = account.api.get(nsid, &query).await?;
    if !told[list.field()].is_array() {
        return Err(Fault::unreadable("a list that is none"));
    }
    Ok(told)
}

impl List {
    fn field(self) -> &'static str {
        match self {
            Self::Notifications => "notifications",
            Self::Own => "feed",
        }
    }

    /// `None`: a line that says nothing of when, on top of the others (a pinned post).
    fn line(self, value: &Value, now: Millis) -> Option<Line<'_>> {
        let read = match self {
            Self::Notifications => Notification::read(value)
                .map(|told| Some((told.key, told.at, told.post.map(|post| (post, told.names_us))))),
            Self::Own => own(value),
        };
        match read {
            Ok(None) => None,
            Ok(Some((key, at, post))) => Some(Line { entry: Entry { key, at }, post, bad: None }),
            Err(why) => {
                let seen = if self == Self::Own { value.at("post") } else { value };
                let key = format!("{} {} {why}", seen.at("uri"), seen.at("cid"));
                let at = wire::time(seen.at("indexedAt")).unwrap_or(now);
                Some(Line { entry: Entry { key, at }, post: None, bad: Some((value, why)) })
            }
        }
    }
}

type Own = Option<(String, Millis, Option<(Post, bool)>)>;

pub(crate) fn own(value: &Value) -> Result<Own, String> {
    let reason = value.at("reason").at("$type").as_str().and_then(|kind| kind.rsplit('#').next());
    match reason {
        // It stands where it was shared.
        Some("reasonRepost") => {
            let at = wire::time(value.at("reason").at("indexedAt"));
            let key = format!("shared {}", value.at("post").at("uri"));
            Ok(at.map(|at| (key, at, None)))
        }
        Some("reasonPin") => Ok(None),
        _ => {
            let post = Post::read(value.at("post"))?;
            let at = wire::time(value.at("post").at("indexedAt")).unwrap_or(post.when);
            Ok(Some((format!("{} {}", post.at.uri, post.at.cid), at, Some((post, false)))))
        }
    }
}

#[cfg(test)]
#[path = "pull_tests.rs"]
mod tests;
