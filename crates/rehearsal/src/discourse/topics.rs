//! Topics with their posts: a window of twenty around a number, any posts by their ids, and the lists of private messages.

use super::answers::{Refusal, Said};
use super::server::{Caller, Host};
use super::shapes;
use super::world::{Forum, Post, Topic};
use crate::hold;
use serde_json::{Value, json};

/// Posts of a topic in one answer.
pub(crate) const CHUNK: usize = 20;
/// Of them before the one that is asked for.
const BEFORE: usize = 5;
const ROWS: usize = 30;

fn found<'a>(forum: &'a Forum, caller: &Caller<'_>, id: &str) -> Result<&'a Topic, Refusal> {
    let topic = id.parse().ok().and_then(|id: u64| forum.topics.get(&id)).ok_or(Refusal::NotFound)?;
    if topic.deleted && !caller.staff(forum) {
        return Err(Refusal::NotFound);
    }
    if !forum.may_read(caller.who, topic) {
        return Err(if caller.who.is_none() { Refusal::NotLoggedIn } else { Refusal::NoAccess });
    }
    Ok(topic)
}

pub(crate) fn one(host: &Host, caller: &Caller<'_>, id: &str, near: Option<&str>) -> Said {
    let forum = hold(&host.forum);
    let topic = found(&forum, caller, id)?;
    let stream = forum.stream(topic.id, caller.reads_until());
    let first = match near {
        None => 0,
        Some(number) => {
            let number: u64 = number.parse().map_err(|_| Refusal::NotFound)?;
            let place = stream.iter().position(|post| post.number >= number).unwrap_or(stream.len());
            place.saturating_sub(BEFORE).min(stream.len().saturating_sub(CHUNK))
        }
    };
    let shown: Vec<&Post> = stream.iter().skip(first).take(CHUNK).copied().collect();
    Ok(shapes::topic(host, &forum, caller, topic, &shown, raw(caller)))
}

/// `include_raw`, as it is written in either way.
fn raw(caller: &Caller<'_>) -> bool {
    caller.asked.get("include_raw").is_some_and(|value| !value.is_empty() && value != "false")
}

pub(crate) fn posts(host: &Host, caller: &Caller<'_>, id: &str) -> Said {
    let forum = hold(&host.forum);
    let topic = found(&forum, caller, id)?;
    let wanted = caller.asked.ids("post_ids");
    if wanted.is_empty() {
        return Err(Refusal::Missing("post_ids"));
    }
    let stream = forum.stream(topic.id, caller.reads_until());
    let shown = stream.iter().filter(|post| wanted.contains(&post.id));
    let shown: Vec<Value> = shown.filter_map(|post| shapes::post(host, &forum, caller, post, raw(caller))).collect();
    Ok(json!({"post_stream": {"posts": shown}, "id": topic.id}))
}

/// Private messages: those that others wrote in, or those that only we did.
pub(crate) fn private(host: &Host, caller: &Caller<'_>, name: &str, sent: bool) -> Said {
    let me = caller.known()?;
    let forum = hold(&host.forum);
    let whose = forum.user(name).ok_or(Refusal::NotFound)?.id;
    if whose != me && !caller.staff(&forum) {
        return Err(Refusal::NotFound);
    }
    let until = caller.reads_until();
    let mine = |topic: &&Topic| {
        let stream = forum.stream(topic.id, until);
        let others = stream.iter().any(|post| post.user != whose);
        topic.people.as_ref().is_some_and(|people| people.contains(&whose))
            && !topic.deleted
            && !stream.is_empty()
            && if sent { !others && topic.user == whose } else { others }
    };
    let mut all: Vec<&Topic> = forum.topics.values().filter(mine).collect();
    all.sort_by_key(|topic| std::cmp::Reverse(forum.stream(topic.id, until).last().map(|post| post.at_ms)));
    let page = usize::try_from(caller.asked.number("page").unwrap_or(0)).unwrap_or(usize::MAX);
    let shown: Vec<&Topic> = all.iter().skip(page.saturating_mul(ROWS)).take(ROWS).copied().collect();
    let mut people: Vec<u64> = shown.iter().flat_map(|topic| topic.people.iter().flatten().copied()).collect();
    people.sort_unstable();
    people.dedup();
    let people = people.iter().filter_map(|id| forum.users.get(id)).map(|user| {
        json!({"id": user.id, "username": user.username, "name": user.name, "avatar_template": shapes::avatar(host, user)})
    });
    let mut list = json!({
        "can_create_topic": true,
        "per_page": ROWS,
        "topics": shown.iter().map(|topic| shapes::row(&forum, topic, until)).collect::<Vec<_>>()
    });
    if all.len() > (page + 1) * ROWS {
        list["more_topics_url"] = format!("/topics/private-messages/{name}?page={}", page + 1).into();
    }
    Ok(json!({"users": people.collect::<Vec<_>>(), "primary_groups": [], "topic_list": list}))
}
