//! People of a forum made to act by command, and the count of what really exists.

use super::acts::Writing;
use super::server::Host;
use super::world::{Forum, Id, Origin, Role, topic_name, topic_named};
use crate::clock::now_ms;
use crate::hold;
use crate::said::{Posted, Say, Visibility};
use std::collections::BTreeSet;

/// Where a name points: a topic's first post, or one of its answers with its number.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub topic: Id,
    pub post: Id,
    /// What an answer there names as its parent; `None`: the topic itself.
    pub number: Option<u64>,
}

/// What stands under that name: `topic-312` is a topic, `7301` a post.
pub(crate) fn known(forum: &Forum, name: &str) -> Option<Place> {
    if let Some(topic) = topic_named(name) {
        let first = forum.at(topic, 1)?;
        return Some(Place { topic, post: first.id, number: None });
    }
    let post = forum.posts.get(&name.parse().ok()?)?;
    Some(Place { topic: post.topic, post: post.id, number: Some(post.number).filter(|number| *number > 1) })
}

/// One of our users too, who can be given another role.
pub(crate) fn has(forum: &Forum, name: &str) -> bool {
    let waits = || name.parse().is_ok_and(|id: Id| forum.queue.iter().any(|queued| queued.id == id));
    let ours = || forum.user(name).is_some_and(|user| user.ours);
    known(forum, name).is_some() || waits() || ours()
}

pub(crate) fn say(host: &Host, line: &Say) -> Option<String> {
    let mut forum = hold(&host.forum);
    let now = now_ms();
    match line {
        Say::Write { by, to, reply_to, text, direct, .. } => {
            let first = by.acct.split('@').next().unwrap_or_default();
            let name = if by.name.is_empty() { first } else { &by.name };
            let user = forum.settle(first, name, Role::Regular, false);
            let to = to.as_ref().and_then(|name| forum.user(name)).map(|user| (user.id, user.username.clone()));
            let (topic, reply) = match reply_to {
                Some(name) => {
                    let place = known(&forum, name)?;
                    (place.topic, place.number)
                }
                None if *direct => {
                    let people: BTreeSet<Id> = to.iter().map(|(id, _)| *id).chain([user]).collect();
                    (forum.open_topic(&text.chars().take(40).collect::<String>(), user, Some(people), now), None)
                }
                None => (forum.newest_topic()?, None),
            };
            let raw = match &to {
                Some((_, username)) if !direct => format!("@{username} {text}"),
                _ => text.clone(),
            };
            let writing =
                Writing { topic, reply_to: reply, user, raw, at_ms: now, applied_ms: now, origin: Origin::Said };
            forum.write(writing, &host.own.group).map(|id| id.to_string())
        }
        Say::Edit { status, text } => {
            let place = known(&forum, status)?;
            forum.edit(place.post, text, now).then(|| status.clone())
        }
        Say::Delete { status } => {
            let post = known(&forum, status)?.post;
            // As staff would: out of sight.
            let staff = forum.users.values().find(|user| user.role.staff()).map(|user| user.id).unwrap_or(0);
            forum.remove(post, staff, now).then(|| status.clone())
        }
        Say::Put { status, state } => match state.as_str() {
            // A moderator decides on what waits.
            "approve" | "reject" => {
                let id = forum.decide(status.parse().ok()?, state == "approve", now, &host.own.group)?;
                Some(id.to_string())
            }
            "close" => {
                let topic = known(&forum, status)?.topic;
                forum.topics.get_mut(&topic)?.closed = true;
                Some(status.clone())
            }
            "staff" => {
                let user = forum.users.values_mut().find(|user| user.username == *status)?;
                user.role = Role::Moderator;
                Some(status.clone())
            }
            "revoke" => {
                let user = forum.user(status)?.id;
                forum.keys.iter_mut().filter(|key| key.user == user).for_each(|key| key.revoked = true);
                Some(status.clone())
            }
            _ => None,
        },
    }
}

pub(crate) fn posted(host: &Host) -> Vec<Posted> {
    let forum = hold(&host.forum);
    let name = |id: &Id| forum.users.get(id).filter(|user| user.ours).map(|user| user.username.clone());
    let parent = |topic: Id, number: Option<u64>| match number.and_then(|number| forum.at(topic, number)) {
        Some(post) => post.id.to_string(),
        None => topic_name(topic),
    };
    let private = |topic: &Id| forum.topics.get(topic).is_some_and(|topic| topic.people.is_some());
    let visibility = |topic: &Id| if private(topic) { Visibility::Direct } else { Visibility::Public };
    let stands = forum.posts.values().filter(|post| post.origin != Origin::Seed).filter_map(|post| {
        Some(Posted {
            server: host.origin.clone(),
            account: name(&post.user)?,
            id: post.id.to_string(),
            in_reply_to: Some(parent(post.topic, post.reply_to)),
            text: post.raw.clone(),
            pictures: Vec::new(),
            visibility: visibility(&post.topic),
            key: None,
            at_ms: post.applied_ms,
            native: post.origin == Origin::Said,
            state: Some(if post.deleted_ms.is_some() || post.user_deleted { "deleted" } else { "posted" }.to_owned()),
            unseen: false,
        })
    });
    let waits = forum.queue.iter().filter_map(|queued| {
        Some(Posted {
            server: host.origin.clone(),
            account: name(&queued.user)?,
            id: queued.id.to_string(),
            in_reply_to: Some(parent(queued.topic, queued.reply_to)),
            text: queued.raw.clone(),
            pictures: Vec::new(),
            visibility: visibility(&queued.topic),
            key: None,
            at_ms: queued.at_ms,
            native: false,
            state: Some("queued".to_owned()),
            unseen: false,
        })
    });
    stands.chain(waits).collect()
}
