//! Known items looked at again by their names: a forum tells of no edit and no deletion by itself. Several posts of a topic
//! are asked for together; one that is missing from the answer is asked for by itself, because only the forum's own word makes it
//! gone. A text that waited for approval is looked for where it would stand.

use super::convert::{self, Named, Under, named, post_name, queued_name, topic_name};
use super::pace::For;
use super::session::Account;
use super::topics::{self, LAST, Read, around, unread};
use super::wire::{self, Post};
use guichet_model::{Fault, Page, RefusalCode, RemoteId, Unread};
use std::collections::BTreeMap;

/// Each may stand in a topic of its own, and cost two requests of the few that a forum allows (`pace`).
pub(crate) const MOST: usize = 3;

#[derive(Default)]
struct Asked {
    posts: Vec<u64>,
    queued: Vec<RemoteId>,
    itself: bool,
}

pub(crate) async fn look(account: &Account, items: &[RemoteId]) -> Result<Page, Fault> {
    let mut asked: BTreeMap<u64, Asked> = BTreeMap::new();
    for item in items.iter().take(MOST) {
        match named(item) {
            Some(Named::Post { topic, id }) => asked.entry(topic).or_default().posts.push(id),
            Some(Named::Topic(topic)) => asked.entry(topic).or_default().itself = true,
            Some(Named::Queued { topic }) => asked.entry(topic).or_default().queued.push(item.clone()),
            None => {}
        }
    }
    account.api.room(For::Look)?;
    let mut page = Page::default();
    for (n, (topic, asked)) in asked.iter().enumerate() {
        match look_at(account, *topic, asked, &mut page).await {
            // What was learnt is kept, or the same ones would be asked for again without end; the others were not missed.
            Err(Fault::Later { .. }) if n > 0 => {
                page.unreadable.push(Unread { raw: "{}".to_owned(), why: "not asked for in time".to_owned() });
                break;
            }
            looked => looked?,
        }
    }
    Ok(page)
}

async fn look_at(account: &Account, topic: u64, asked: &Asked, page: &mut Page) -> Result<(), Fault> {
    // The end of the topic where something of ours may have appeared; else its beginning, or just the posts.
    if asked.itself || !asked.queued.is_empty() || account.topic(topic).is_none() {
        let at = if asked.queued.is_empty() { 1 } else { LAST };
        let Some(read) = around(account, For::Look, topic, at).await? else {
            // All of it at once: each of its posts is asked for before it is said to be gone.
            return alone(account, topic, &asked.posts, page).await;
        };
        page.items.extend(read.items(account, &asked.posts));
        let gone = asked.posts.iter().filter(|id| read.posts.get(id).is_some_and(|post| post.gone));
        page.gone.extend(gone.map(|id| post_name(topic, *id)));
        waiting(account, &read, &asked.queued, page);
    }
    let missing = |page: &Page| {
        let told = |name: &RemoteId| page.items.iter().any(|item| item.remote == *name) || page.gone.contains(name);
        asked.posts.iter().filter(|id| !told(&post_name(topic, **id))).copied().collect::<Vec<u64>>()
    };
    let wanted = missing(page);
    if wanted.len() > 1 {
        match topics::by_ids(account, For::Look, topic, &wanted).await {
            Ok(told) => {
                for value in wire::posts(&told) {
                    match Post::read(value) {
                        Ok(Some(post)) if post.gone => page.gone.push(post_name(topic, post.id)),
                        Ok(Some(post)) => page.items.push(account.item_of(&post, None)),
                        Ok(None) => {}
                        Err(why) => page.unreadable.push(unread(value, why)),
                    }
                }
            }
            Err(Fault::Refused { .. }) => {}
            Err(fault) => return Err(fault),
        }
    }
    let wanted = missing(page);
    alone(account, topic, &wanted, page).await
}

/// Each by itself: there, moved to another topic, or gone in the forum's word.
async fn alone(account: &Account, topic: u64, ids: &[u64], page: &mut Page) -> Result<(), Fault> {
    for id in ids {
        let name = post_name(topic, *id);
        match account.post(For::Look, *id).await {
            Ok(Some(post)) if !post.gone => {
                let mut item = account.item_of(&post, None);
                item.remote = name;
                page.items.push(item);
            }
            Ok(_) => page.gone.push(name),
            Err(Fault::Unreadable { what }) => {
                page.unreadable.push(Unread { raw: format!("{{\"id\":{id}}}"), why: what });
            }
            // Not for us any more: it was missed.
            Err(Fault::Refused { .. }) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

/// Texts of ours before the moderators: still there, or posted since.
fn waiting(account: &Account, read: &Read, queued: &[RemoteId], page: &mut Page) {
    let topic = read.topic.id;
    for name in queued {
        let still = read.topic.pending.iter().find(|pending| queued_name(topic, &pending.raw) == *name);
        if let Some(pending) = still {
            account.expect(topic, &pending.raw);
            let now = account.api.server_now();
            page.items.push(convert::queued(topic, &topic_name(topic), pending, now, &account.me));
            continue;
        }
        let raw = |post: &Post| post.raw.as_deref().map(|raw| queued_name(topic, raw));
        let mine = read.posts.values().filter(|post| account.me.wrote(post) && !post.gone);
        let Some(post) = mine.filter(|post| raw(post).as_ref() == Some(name)).last() else { continue };
        let under = Under { topic: &read.topic, ours: read.ours(account) };
        let mut item = convert::item(post, &under, (None, None), &account.me, account.api.server());
        item.aliases.push(guichet_model::Alias { scope: "id".to_owned(), name: name.as_str().to_owned() });
        page.items.push(item);
    }
}

/// A refusal that says "there is none", and not "not for you".
pub(crate) fn is_gone(fault: &Fault) -> bool {
    matches!(fault, Fault::Refused { reason } if reason.code == RefusalCode::Gone)
}

#[cfg(test)]
#[path = "look_tests.rs"]
mod tests;
