//! Pulling: what the forum tells us of, and our private messages.
//!
//! What one is told names posts without their texts. So a round has two halves: the list is read back to where the round
//! before ended, then the topics it names are fetched, a few a page, so that no page costs more than a forum allows in a
//! minute. The cursor carries what is still to fetch: a round cut short goes on where it stood.

use super::pace::For;
use super::session::Account;
use super::topics::{self, unread};
use super::wire::{Note, Row, list};
use crate::asked::Ask;
use guichet_model::{Cursor, Fault, Interval, MINUTE, Millis, Page, RefusalCode, SECOND, Source};
use serde::{Deserialize, Serialize};

/// What we are told of: named, answered, quoted, followed, written to.
pub(crate) const NOTES: &str = "notifications";
/// Private messages, those of groups we are not told of included.
pub(crate) const MESSAGES: &str = "messages";

/// Notifications in one answer (notifications_controller.rb: 60 at most).
const A_PAGE: u64 = 60;
/// So many are read back at first.
const MOST: u64 = 780;
/// Topics fetched in a page: two or three requests each.
const TOPICS: usize = 3;
const MOST_ROWS: u64 = 10;
const OVERLAP: i64 = 2 * MINUTE;
/// app/models/notification.rs: mentioned, replied, quoted, private_message, posted, group_mentioned.
const KINDS: [u64; 6] = [1, 2, 3, 6, 9, 15];

pub(crate) fn sources() -> Vec<Source> {
    let source = |name, every| Source { name, every };
    vec![source(NOTES, 60 * SECOND), source(MESSAGES, 10 * MINUTE)]
}

/// Where one stands between two rounds, and inside of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Walk {
    /// Everything before is read.
    at: Millis,
    /// The newest notification that was read; they are numbered in order.
    #[serde(default)]
    top: u64,
    #[serde(default)]
    round: Option<Round>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Round {
    /// The forum's present when it began.
    to: Millis,
    top: u64,
    /// Where the list goes on; `None`: it is read.
    next: Option<u64>,
    /// What is to be fetched.
    queue: Vec<Todo>,
}

/// A topic with posts in it, by id and number; for an exchange, its last number alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Todo {
    topic: u64,
    posts: Vec<(u64, u64)>,
}

pub(crate) async fn pull(
    account: &Account,
    source: &str,
    cursor: Option<&Cursor>,
    since: Millis,
) -> Result<Page, Fault> {
    let stood = cursor.and_then(|cursor| serde_json::from_str(&cursor.0).ok());
    let mut walk = stood.unwrap_or(Walk { at: since, top: 0, round: None });
    let mut round = match walk.round.take() {
        Some(round) => round,
        None => Round { to: account.api.server_now(), top: walk.top, next: Some(0), queue: Vec::new() },
    };
    let mut page = Page::default();
    match (source, round.next) {
        (NOTES, Some(offset)) => notes(account, &walk, &mut round, offset, &mut page).await?,
        (MESSAGES, Some(number)) => messages(account, &walk, &mut round, number, &mut page).await?,
        (NOTES | MESSAGES, None) => {}
        _ => return Err(Fault::refused(RefusalCode::NotOffered, None)),
    }
    if round.next.is_none() {
        let now: Vec<Todo> = round.queue.drain(..round.queue.len().min(TOPICS)).collect();
        for todo in &now {
            let brought = match source {
                NOTES => topics::told_of(account, todo.topic, &todo.posts).await?,
                _ => {
                    let highest = todo.posts.first().map_or(topics::LAST, |(_, number)| *number);
                    topics::private(account, todo.topic, highest, walk.at.plus(-OVERLAP)).await?
                }
            };
            page.items.extend(brought.items);
            page.gone.extend(brought.gone);
            page.unreadable.extend(brought.unreadable);
        }
    }
    page.more = round.next.is_some() || !round.queue.is_empty();
    if page.more {
        walk.round = Some(round);
    } else {
        // A first reading that was cut short says what it left out by beginning later.
        page.covered = (walk.at <= round.to).then_some(Interval { from: walk.at, to: round.to });
        walk = Walk { at: round.to.max(walk.at), top: round.top, round: None };
    }
    let cursor = serde_json::to_string(&walk).map_err(|_| Fault::unreadable("a cursor"))?;
    page.cursor = Some(Cursor(cursor));
    Ok(page)
}

/// One page of the list, newest first.
async fn notes(account: &Account, walk: &Walk, round: &mut Round, offset: u64, page: &mut Page) -> Result<(), Fault> {
    let query = [("limit", A_PAGE.to_string()), ("offset", offset.to_string())];
    let told = account.api.get(For::Pull, "/notifications.json", &query).await?;
    // Of old the list stood alone.
    let values: Vec<_> = list(told.at("notifications")).chain(list(&told)).collect();
    let mut reached = (values.len() as u64) < A_PAGE;
    for value in values {
        let note = match Note::read(value) {
            Ok(note) => note,
            Err(why) => {
                page.unreadable.push(unread(value, why));
                continue;
            }
        };
        let old = if walk.top > 0 { note.id <= walk.top } else { note.at < walk.at };
        reached |= old;
        if old {
            continue;
        }
        round.top = round.top.max(note.id);
        let (Some(topic), Some(post)) = (note.topic, note.post) else { continue };
        if KINDS.contains(&note.kind) {
            queue(&mut round.queue, topic, (post, note.number.unwrap_or(0)));
        }
    }
    round.next = Some(offset + A_PAGE).filter(|next| !reached && *next < MOST);
    if !reached && round.next.is_none() {
        page.missing = Some(Interval { from: walk.at, to: round.to });
    }
    if round.next.is_none() {
        // The oldest first: what follows on another is then met after it.
        round.queue.reverse();
    }
    Ok(())
}

fn queue(queue: &mut Vec<Todo>, topic: u64, post: (u64, u64)) {
    match queue.iter_mut().find(|todo| todo.topic == topic) {
        Some(todo) if todo.posts.contains(&post) => {}
        Some(todo) => todo.posts.push(post),
        None => queue.push(Todo { topic, posts: vec![post] }),
    }
}

/// One page of our exchanges, the one last written in first.
async fn messages(
    account: &Account,
    walk: &Walk,
    round: &mut Round,
    number: u64,
    page: &mut Page,
) -> Result<(), Fault> {
    let route = format!("/topics/private-messages/{}.json", account.me.username());
    let told = match account.api.get(For::Pull, &route, &[("page", number.to_string())]).await {
        Ok(told) => told,
        // A forum without private messages, or none for us.
        Err(Fault::Refused { reason }) if matches!(reason.code, RefusalCode::Gone | RefusalCode::Forbidden) => {
            round.next = None;
            return Ok(());
        }
        Err(fault) => return Err(fault),
    };
    let mut rows = 0;
    let mut reached = false;
    for value in list(told.at("topic_list").at("topics")) {
        rows += 1;
        match Row::read(value) {
            Ok(row) if row.last < walk.at.plus(-OVERLAP) => reached = true,
            Ok(row) => queue(&mut round.queue, row.id, (0, row.highest)),
            Err(why) => page.unreadable.push(unread(value, why)),
        }
    }
    let more = !reached && rows > 0 && told.at("topic_list").at("more_topics_url").is_string();
    round.next = Some(number + 1).filter(|next| more && *next < MOST_ROWS);
    if round.next.is_none() {
        round.queue.reverse();
    }
    Ok(())
}

#[cfg(test)]
#[path = "pull_tests.rs"]
mod tests;
