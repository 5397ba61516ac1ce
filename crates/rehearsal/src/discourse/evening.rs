//! The lines of an evening that concern a forum: topics, answers, private messages, likes, what is changed and taken away.

use super::acts::Writing;
use super::said::{Place, known};
use super::server::Host;
use super::world::{Forum, Id, Origin, Role, topic_name};
use crate::clock::now_ms;
use crate::hold;
use crate::play::Cast;
use crate::scenario::{Line, own_part};
use serde::Deserialize;
use std::collections::BTreeSet;

/// What only Discourse reads of a line.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Own {
    /// A topic has one, an answer has not.
    title: String,
    /// To our account alone.
    direct: bool,
    /// Nobody answers any more.
    closed: bool,
}

pub(crate) fn perform(host: &Host, line: &Line, cast: &Cast<'_>, at_ms: i64, quietly: bool) -> Option<String> {
    let own: Own = own_part(&line.more).unwrap_or_default();
    let mut forum = hold(&host.forum);
    let user = who(&mut forum, line, cast)?;
    let target = line.about().find_map(|name| known(&forum, &cast.written(Some(name))?));
    if line.edit.is_some() || line.delete.is_some() || line.like.is_some() {
        let Some(Place { post, .. }) = target else {
            tracing::warn!(at = line.at, "a line of the scenario speaks of nothing");
            return None;
        };
        match (line.delete.is_some(), line.like.is_some()) {
            (true, _) => forum.remove(post, user, at_ms),
            (_, true) => forum.like(post, user, true, at_ms),
            _ => forum.edit(post, &line.text, at_ms),
        };
        return None;
    }
    let (topic, reply_to) = match target {
        Some(place) => (place.topic, place.number),
        None if own.title.is_empty() => return None,
        None => {
            let to = line.to.as_ref().and_then(|name| forum.user(name)).map(|user| user.id);
            let people = own.direct.then(|| to.into_iter().chain([user]).collect::<BTreeSet<Id>>());
            (forum.open_topic(&own.title, user, people, at_ms), None)
        }
    };
    let applied_ms = if quietly { at_ms } else { now_ms() };
    let origin = if quietly { Origin::Seed } else { Origin::Said };
    let raw = line.text.clone();
    let id = forum.write(Writing { topic, reply_to, user, raw, at_ms, applied_ms, origin }, &host.own.group)?;
    if let Some(topic) = forum.topics.get_mut(&topic) {
        topic.closed |= own.closed;
    }
    Some(if target.is_none() { topic_name(topic) } else { id.to_string() })
}

fn who(forum: &mut Forum, line: &Line, cast: &Cast<'_>) -> Option<Id> {
    match cast.person(&line.by) {
        Some(person) => {
            let name = person.handle.split('@').next().unwrap_or_default();
            Some(forum.settle(name, &person.name, Role::Regular, false))
        }
        None => forum.user(&line.by).map(|user| user.id),
    }
}
