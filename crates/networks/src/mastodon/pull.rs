//! Pulling: one page of one list, each text with its thread.
//!
//! Three lists are read. Notifications bring the texts that name us, the ones a filter set aside included.
//! Conversations bring private exchanges, those we began elsewhere too. Our own statuses bring what we wrote
//! elsewhere and, by the number of their answers, the comments that do not name us. What was read lately is looked
//! up again in turn for edits and deletions.
//!
//! A page may cost many requests, one a thread. When the budget ends in the middle of it, what was worked is
//! given, and the cursor stands there.

use super::api::{Links, Query};
use super::feed::{Entry, Feed};
use super::session::Account;
use super::thread::Places;
use super::threads::Gathered;
use super::watch::Watch;
use super::wire::{self, Status};
use crate::asked::Ask;
use guichet_model::{Cursor, Fault, Millis, Page, RefusalCode, SECOND, Source, Unread};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::atomic::Ordering;

pub(crate) const NOTIFICATIONS: &str = "notifications";
pub(crate) const CONVERSATIONS: &str = "conversations";
pub(crate) const OWN: &str = "own";
/// A status that cannot be read is kept, but not without end.
const MOST_RAW: usize = 64 << 10;

pub(crate) fn sources() -> Vec<Source> {
    let source = |name, seconds: i64| Source { name, every: seconds * SECOND };
    vec![source(NOTIFICATIONS, 60), source(CONVERSATIONS, 120), source(OWN, 180)]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    Notifications,
    Conversations,
    Own,
}

/// One line of a list.
pub(crate) struct Line {
    pub entry: Entry,
    /// `None`: a line that brings no text (a favourite, a boost).
    pub status: Option<Status>,
    /// Whether the list itself says that this text names us.
    pub named: bool,
}

#[derive(Serialize, Deserialize)]
struct Stood {
    feed: Feed,
    #[serde(default)]
    watch: Watch,
}

impl List {
    fn named(source: &str) -> Result<Self, Fault> {
        match source {
            NOTIFICATIONS => Ok(Self::Notifications),
            CONVERSATIONS => Ok(Self::Conversations),
            OWN => Ok(Self::Own),
            _ => Err(Fault::refused(RefusalCode::NotOffered, None)),
        }
    }

    fn path(self, me: &str) -> String {
        match self {
            Self::Notifications => "/api/v1/notifications".into(),
            Self::Conversations => "/api/v1/conversations".into(),
            Self::Own => format!("/api/v1/accounts/{}/statuses", super::session::segment(me)),
        }
    }

    fn query(self, types: bool) -> Query {
        match self {
            Self::Notifications if types => ["mention", "quote", "update"]
                .map(|kind| ("types[]", kind.to_owned()))
                .into_iter()
                .chain([("include_filtered", "true".to_owned())])
                .collect(),
            Self::Notifications => vec![("include_filtered", "true".to_owned())],
            Self::Conversations => Vec::new(),
            Self::Own => vec![("exclude_reblogs", "true".to_owned())],
        }
    }

    /// `None`: a line without anything to hold on to, not even an id.
    pub fn line(self, value: &Value) -> Result<Line, String> {
        match self {
            Self::Notifications => notification(value),
            Self::Conversations => conversation(value),
            Self::Own => own(value),
        }
    }
}

/// A notification: only some kinds bring a text that concerns us.
pub(crate) fn notification(value: &Value) -> Result<Line, String> {
    let id = wire::id(value.at("id")).ok_or("no id")?;
    let at = wire::time(value.at("created_at")).ok_or("no created_at")?;
    let kind = value.at("type").as_str().unwrap_or_default();
    let brings = matches!(kind, "mention" | "quote" | "update");
    let status = match value.at("status") {
        told if brings && told.is_object() => Some(Status::read(told)?),
        _ => None,
    };
    Ok(Line { entry: Entry { page: id.clone(), id, at }, status, named: matches!(kind, "mention" | "quote") })
}

/// An exchange changes when its last text does, and is paged by that text's id.
pub(crate) fn conversation(value: &Value) -> Result<Line, String> {
    let id = wire::id(value.at("id")).ok_or("no id")?;
    let last = value.at("last_status");
    if last.is_null() {
        return Ok(Line { entry: Entry { page: id.clone(), id, at: Millis(0) }, status: None, named: false });
    }
    let status = Status::read(last)?;
    Ok(Line {
        entry: Entry { id: format!("{id}:{}", status.id), page: status.id.clone(), at: status.at },
        status: Some(status),
        named: false,
    })
}

pub(crate) fn own(value: &Value) -> Result<Line, String> {
    let status = Status::read(value)?;
    let boost = value.at("reblog").is_object();
    Ok(Line {
        entry: Entry { id: status.id.clone(), page: status.id.clone(), at: status.at },
        status: (!boost).then_some(status),
        named: false,
    })
}

pub(crate) fn unread(raw: &Value, why: String) -> Unread {
    let mut raw = raw.to_string();
    if raw.len() > MOST_RAW {
        let end = (0..=MOST_RAW).rev().find(|n| raw.is_char_boundary(*n));
        raw.truncate(end.unwrap_or(0));
    }
    Unread { raw, why }
}

pub(crate) async fn pull(
    account: &Account,
    source: &str,
    cursor: Option<&Cursor>,
    since: Millis,
) -> Result<Page, Fault> {
    let list = List::named(source)?;
    let stored = cursor.and_then(|c| serde_json::from_str(&c.0).ok());
    let mut stood = stored.unwrap_or_else(|| Stood { feed: Feed::new(since), watch: Watch::default() });
    let (told, links) = ask(account, list, &stood.feed).await?;
    let mut gathered = Gathered::default();
    let mut lines = Vec::new();
    for value in wire::list(&told) {
        match list.line(value) {
            Ok(line) => lines.push(line),
            Err(why) => gathered.unreadable.push(unread(value, why)),
        }
    }
    let entries: Vec<Entry> = lines.iter().map(|line| line.entry.clone()).collect();
    let mut fresh = stood.feed.fresh(&entries);
    let oldest_first = stood.feed.oldest_first(&entries);
    if oldest_first {
        fresh.reverse();
    }
    for line in &lines {
        if let (true, Some(status)) = (line.named, &line.status) {
            gathered.named.insert(status.id.clone());
        }
    }
    let mut stopped = None;
    for n in fresh {
        let Some(status) = &lines[n].status else {
            continue;
        };
        match gather(account, list, status, lines[n].named, &mut gathered).await {
            Ok(()) => stood.watch.add(list, status, &account.me),
            Err(fault) => {
                stopped = Some((n, fault));
                break;
            }
        }
    }
    let now = account.api.server_now();
    let taken = match stopped {
        None => stood.feed.take(&entries, &links, now),
        Some((n, fault)) => {
            let worked = if oldest_first { &entries[n + 1..] } else { &entries[..n] };
            let news = worked.iter().any(|entry| !stood.feed.knows(&entry.id));
            // A page of which nothing was worked is asked for again later.
            if !news || !matches!(fault, Fault::Later { .. } | Fault::Offline { .. }) {
                // What was learnt on the way is not kept either: it would pass for read.
                *account.places() = Places::default();
                return Err(fault);
            }
            tracing::debug!(source, "a page was cut where the budget ended");
            let mut taken = stood.feed.take(worked, &Links::default(), now);
            taken.more = true;
            taken
        }
    };
    if !taken.more && stood.feed.is_ahead() {
        stood.watch.look(account, list, &mut gathered).await;
    }
    let cursor = serde_json::to_string(&stood).map_err(|_| Fault::unreadable("a cursor"))?;
    let mut items = gathered.items;
    items.sort_by_key(|item| item.at);
    Ok(Page {
        items,
        gone: gathered.gone,
        unreadable: gathered.unreadable,
        cursor: Some(Cursor(cursor)),
        more: taken.more,
        covered: taken.covered,
        missing: taken.missing,
        ..Page::default()
    })
}

async fn ask(account: &Account, list: List, feed: &Feed) -> Result<(Value, Links), Fault> {
    let path = list.path(account.me.id());
    let types = account.knows_types.load(Ordering::Relaxed);
    let query = |types| {
        let mut query = list.query(types);
        query.extend(feed.ask());
        query
    };
    let answer = match account.api.get(&path, &query(types)).await {
        // Pleroma refuses a whole question for one kind of notification that it does not have.
        Err(Fault::Refused { reason })
            if types && list == List::Notifications && reason.code == RefusalCode::Invalid =>
        {
            account.knows_types.store(false, Ordering::Relaxed);
            account.api.get(&path, &query(false)).await?
        }
        // A server without private exchanges as a list gives them as notifications all the same.
        Err(Fault::Refused { reason })
            if list == List::Conversations && matches!(reason.code, RefusalCode::Gone | RefusalCode::NotOffered) =>
        {
            return Ok((Value::Array(Vec::new()), Links::default()));
        }
        other => other?,
    };
    let links = account.api.links(&answer)?;
    let told = answer.json()?;
    if !told.is_array() {
        return Err(Fault::unreadable("a list that is none"));
    }
    Ok((told, links))
}

async fn gather(
    account: &Account,
    list: List,
    status: &Status,
    named: bool,
    gathered: &mut Gathered,
) -> Result<(), Fault> {
    match list {
        // An edit of something we boosted concerns the inbox only if it names us.
        List::Notifications if !named && !account.me.is_named_in(status) => Ok(()),
        // Answers to a post of ours are read with it.
        List::Own if status.in_reply_to.is_none() && status.counts.replies > 0 => {
            account.whole_thread(status, gathered).await
        }
        // It came along with the thread of another.
        _ if gathered.has(&status.id) => Ok(()),
        _ => account.with_thread(status, named, gathered).await,
    }
}

#[cfg(test)]
#[path = "pull_tests.rs"]
mod tests;
