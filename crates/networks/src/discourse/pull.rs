//! Pulling: what the forum tells us of, and our private messages.
//!
//! What one is told names posts without their texts. So a round has two halves: the list is read back to where the round
//! before ended, then the topics it names are fetched, one a page, so that no page costs more than a forum allows in a
//! minute. The cursor carries what is still to fetch: a round cut short goes on where it stood. Inboxes of groups are lists
//! of their own, which are not read.

use super::pace::For;
use super::session::Account;
use super::topics::{self, Also, Brought, unread};
use super::wire::{Note, Row, list};
use crate::asked::Ask;
use guichet_model::{Cursor, Fault, Interval, MINUTE, Millis, Page, RefusalCode, SECOND, Source, Unread};
use serde::{Deserialize, Serialize};

/// What we are told of: named, answered, quoted, written to, and what is written in what we follow.
pub(crate) const NOTES: &str = "notifications";
/// Private messages of our own, those we are not told of included.
pub(crate) const MESSAGES: &str = "messages";

/// Notifications in one answer (notifications_controller.rb: 60 at most).
const A_PAGE: u64 = 60;
/// So many are read back at first.
const MOST: u64 = 780;
/// Pages of exchanges read back at first.
const MOST_ROWS: u64 = 10;
const OVERLAP: i64 = 2 * MINUTE;
/// app/models/notification.rs: mentioned, quoted, group_mentioned, watching_first_post.
const KINDS: [u64; 4] = [1, 3, 15, 17];

/// What a kind of notification asks for; `None`: nothing that could be answered.
fn also(kind: u64) -> Option<Also> {
    match kind {
        // replied, which takes the place of the others below as well.
        2 => Some(Also::Answers),
        // private_message, posted, watching_category_or_tag.
        6 | 9 | 36 => Some(Also::All),
        _ => KINDS.contains(&kind).then_some(Also::Nothing),
    }
}

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
    /// Not all that is older than this could be read.
    #[serde(default)]
    lost: Option<Millis>,
}

/// A topic with posts in it, by id and number; for an exchange, its last number alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Todo {
    topic: u64,
    posts: Vec<(u64, u64)>,
    #[serde(default)]
    also: Also,
}

pub(crate) async fn pull(
    account: &Account,
    source: &str,
    cursor: Option<&Cursor>,
    since: Millis,
) -> Result<Page, Fault> {
    let stood = cursor.and_then(|cursor| serde_json::from_str(&cursor.0).ok());
    let mut walk = stood.unwrap_or(Walk { at: since, top: 0, round: None });
    let began = account.api.now();
    let stood = walk.round.take();
    let begins = stood.is_none();
    let mut round = stood.unwrap_or_else(|| Round {
        to: account.api.server_now(),
        top: walk.top,
        next: Some(0),
        queue: Vec::new(),
        lost: None,
    });
    let mut page = Page::default();
    match (source, round.next) {
        (NOTES, Some(offset)) => notes(account, &walk, &mut round, offset, &mut page).await?,
        (MESSAGES, Some(number)) => messages(account, &walk, &mut round, number, &mut page).await?,
        (NOTES | MESSAGES, None) => {}
        _ => return Err(Fault::refused(RefusalCode::NotOffered, None)),
    }
    if begins {
        // Its clock is known from its first answer on, and not before.
        round.to = began.plus(account.api.skew());
    }
    if round.next.is_none() && !round.queue.is_empty() {
        let todo = round.queue.remove(0);
        match fetched(account, source, &todo, walk.at.plus(-OVERLAP)).await {
            Ok(brought) => {
                page.items.extend(brought.items);
                page.unreadable.extend(brought.unreadable);
                round.lost = round.lost.max(brought.lost);
            }
            // A topic that the forum cannot tell, time after time, holds up nothing that comes after it.
            Err(fault) if account.stumbles_again(todo.topic, &fault).await => {
                let raw = serde_json::to_string(&todo).map_err(|_| Fault::unreadable("a cursor"))?;
                page.unreadable.push(Unread { raw, why: "a topic that cannot be told".to_owned() });
            }
            Err(fault) => return Err(fault),
        }
    }
    page.more = round.next.is_some() || !round.queue.is_empty();
    if page.more {
        walk.round = Some(round);
    } else {
        let read = round.lost.map_or(walk.at, |lost| lost.max(walk.at));
        page.covered = (read <= round.to).then_some(Interval { from: read, to: round.to });
        page.missing = round.lost.map(|_| Interval { from: walk.at, to: read });
        walk = Walk { at: round.to.max(walk.at), top: round.top, round: None };
    }
    let cursor = serde_json::to_string(&walk).map_err(|_| Fault::unreadable("a cursor"))?;
    page.cursor = Some(Cursor(cursor));
    Ok(page)
}

async fn fetched(account: &Account, source: &str, todo: &Todo, from: Millis) -> Result<Brought, Fault> {
    if source == NOTES {
        return topics::told_of(account, todo.topic, &todo.posts, todo.also, from).await;
    }
    let highest = todo.posts.first().map_or(topics::LAST, |(_, number)| *number);
    topics::private(account, todo.topic, highest, from).await
}

/// One page of the list, newest first.
async fn notes(account: &Account, walk: &Walk, round: &mut Round, offset: u64, page: &mut Page) -> Result<(), Fault> {
    let query = [("limit", A_PAGE.to_string()), ("offset", offset.to_string())];
    let told = account.api.get(For::Pull, "/notifications.json", &query).await?;
    // Of old the list stood alone.
    let values: Vec<_> = list(told.at("notifications")).chain(list(&told)).collect();
    let mut reached = (values.len() as u64) < A_PAGE;
    let mut oldest = None;
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
        oldest = Some(oldest.map_or(note.at, |oldest: Millis| oldest.min(note.at)));
        round.top = round.top.max(note.id);
        let (Some(topic), Some(post)) = (note.topic, note.post) else { continue };
        if let Some(also) = also(note.kind) {
            queue(&mut round.queue, topic, (post, note.number.unwrap_or(0)), also);
        }
    }
    round.next = Some(offset + A_PAGE).filter(|next| !reached && *next < MOST);
    if !reached && round.next.is_none() {
        round.lost = round.lost.max(oldest.or(Some(round.to)));
    }
    if round.next.is_none() {
        // The oldest first: what follows on another is then met after it.
        round.queue.reverse();
    }
    Ok(())
}

fn queue(queue: &mut Vec<Todo>, topic: u64, post: (u64, u64), also: Also) {
    match queue.iter_mut().find(|todo| todo.topic == topic) {
        Some(todo) => {
            todo.also = todo.also.max(also);
            if !todo.posts.contains(&post) {
                todo.posts.push(post);
            }
        }
        None => queue.push(Todo { topic, posts: vec![post], also }),
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
    let mut oldest = None;
    for value in list(told.at("topic_list").at("topics")) {
        rows += 1;
        match Row::read(value) {
            Ok(row) if row.last < walk.at.plus(-OVERLAP) => reached = true,
            Ok(row) => {
                oldest = Some(oldest.map_or(row.last, |oldest: Millis| oldest.min(row.last)));
                queue(&mut round.queue, row.id, (0, row.highest), Also::All);
            }
            Err(why) => page.unreadable.push(unread(value, why)),
        }
    }
    let more = !reached && rows > 0 && told.at("topic_list").at("more_topics_url").is_string();
    round.next = Some(number + 1).filter(|next| more && *next < MOST_ROWS);
    if more && round.next.is_none() {
        round.lost = round.lost.max(oldest.or(Some(round.to)));
    }
    if round.next.is_none() {
        round.queue.reverse();
    }
    Ok(())
}

#[cfg(test)]
#[path = "pull_tests.rs"]
mod tests;
