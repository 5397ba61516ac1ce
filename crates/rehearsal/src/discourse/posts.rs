//! Posts over the API: read, answered, edited, taken back, liked, flagged. The refusals are the forum's own, with sentences
//! for people in them.

use super::acts::Writing;
use super::answers::{Refusal, Said};
use super::server::{Caller, Host};
use super::shapes;
use super::text::kept;
use super::world::{Forum, Id, Origin, Post};
use crate::clock::now_ms;
use crate::hold;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The same text of the same user again within this time is refused, staff excepted.
const UNIQUE_MS: i64 = 5 * 60_000;
const LIKE: u64 = 2;

/// A post that the caller may read. Who is not staff is told of a deleted one that there is none.
fn found<'a>(forum: &'a Forum, caller: &Caller<'_>, id: &str) -> Result<&'a Post, Refusal> {
    let post = id.parse().ok().and_then(|id: Id| forum.posts.get(&id)).ok_or(Refusal::NotFound)?;
    let late = post.applied_ms > caller.reads_until();
    if late || (post.deleted_ms.is_some() && !caller.staff(forum)) {
        return Err(Refusal::NotFound);
    }
    let topic = forum.topics.get(&post.topic).ok_or(Refusal::NotFound)?;
    if !forum.may_read(caller.who, topic) {
        return Err(if caller.who.is_none() { Refusal::NotLoggedIn } else { Refusal::NoAccess });
    }
    Ok(post)
}

fn shape(host: &Host, forum: &Forum, caller: &Caller<'_>, id: Id) -> Said {
    let post = forum.posts.get(&id).ok_or(Refusal::NotFound)?;
    shapes::post(host, forum, caller, post, true).ok_or(Refusal::NotFound)
}

pub(crate) fn one(host: &Host, caller: &Caller<'_>, id: &str) -> Said {
    let forum = hold(&host.forum);
    let id = found(&forum, caller, id)?.id;
    shape(host, &forum, caller, id)
}

pub(crate) fn replies(host: &Host, caller: &Caller<'_>, id: &str) -> Said {
    let forum = hold(&host.forum);
    let post = found(&forum, caller, id)?;
    let stream = forum.stream(post.topic, caller.reads_until());
    let replies = stream.iter().filter(|other| other.reply_to == Some(post.number));
    let replies: Vec<Value> = replies.filter_map(|reply| shapes::post(host, &forum, caller, reply, false)).collect();
    Ok(replies.into())
}

fn invalid(sentence: String) -> Refusal {
    Refusal::Invalid { action: Some("create_post"), errors: vec![sentence] }
}

/// Whether the text may be kept; a title has its own least, and is not counted here.
fn fits(host: &Host, raw: &str, private: bool) -> Result<(), String> {
    let count = kept(raw).chars().count();
    let least = if private { host.own.least.min(10) } else { host.own.least };
    match count {
        0 => Err("Le corps du message est vide".to_owned()),
        _ if count < least => Err(format!("Le corps du message est trop court (minimum : {least} caractères)")),
        _ if count > host.own.most => {
            Err(format!("Le corps du message est trop long (maximum : {} caractères)", host.own.most))
        }
        _ => Ok(()),
    }
}

pub(crate) fn create(host: &Host, caller: &Caller<'_>) -> Said {
    let me = caller.known()?;
    let asked = caller.asked;
    let raw = asked.get("raw").unwrap_or_default().to_owned();
    let mut forum = hold(&host.forum);
    let now = now_ms();
    let topic = match asked.number("topic_id") {
        Some(id) => {
            let topic = forum.topics.get(&id).filter(|topic| !topic.deleted).ok_or(Refusal::NotFound)?;
            if !forum.may_read(Some(me), topic) {
                return Err(Refusal::NoAccess);
            }
            if topic.closed && !caller.staff(&forum) {
                return Err(Refusal::NoAccess);
            }
            id
        }
        None => {
            fits(host, &raw, true).map_err(invalid)?;
            new_message(&mut forum, caller, me, now)?
        }
    };
    let private = forum.topics.get(&topic).is_some_and(|topic| topic.people.is_some());
    fits(host, &raw, private).map_err(invalid)?;
    let reply_to = match asked.get("reply_to_post_number").filter(|said| !said.is_empty()) {
        None => None,
        Some(said) => {
            let number: u64 = said.parse().map_err(|_| Refusal::Parameter("reply_to_post_number"))?;
            // A number of a post that is gone is not an answer to anything any more.
            forum.at(topic, number).filter(|post| post.deleted_ms.is_none()).map(|post| post.number)
        }
    };
    let writing = Writing { topic, reply_to, user: me, raw, at_ms: now, applied_ms: now, origin: Origin::Api };
    if forum.is_double(&writing, UNIQUE_MS) {
        return Err(invalid("Le corps du message ressemble trop à ce que vous avez publié récemment".to_owned()));
    }
    if host.own.approves && !private && !caller.staff(&forum) {
        let queued = forum.enqueue(&writing);
        let mine = forum.queue.iter().filter(|queued| queued.user == me).count();
        return Ok(json!({
            "action": "enqueued",
            "success": true,
            "pending_post": shapes::queued(&queued),
            "pending_count": mine
        }));
    }
    let id = forum.write(writing, &host.own.group).ok_or(Refusal::NotFound)?;
    shape(host, &forum, caller, id)
}

/// The topic of a new private message.
fn new_message(forum: &mut Forum, caller: &Caller<'_>, me: Id, now: i64) -> Result<Id, Refusal> {
    let asked = caller.asked;
    if asked.get("archetype") != Some("private_message") {
        return Err(Refusal::Missing("topic_id"));
    }
    let title = asked.get("title").unwrap_or_default();
    if title.chars().count() < 2 {
        return Err(invalid("Le titre est trop court".to_owned()));
    }
    let names = asked.get("target_recipients").ok_or(Refusal::Missing("target_recipients"))?;
    let mut people = BTreeSet::from([me]);
    for name in names.split(',') {
        let user = forum.user(name.trim()).ok_or_else(|| invalid(format!("Utilisateur inconnu : {name}")))?;
        people.insert(user.id);
    }
    Ok(forum.open_topic(title, me, Some(people), now))
}

/// The post that the caller may change: their own, or any of staff.
fn own<'a>(forum: &'a Forum, caller: &Caller<'_>, id: &str) -> Result<&'a Post, Refusal> {
    let me = caller.known()?;
    let post = found(forum, caller, id)?;
    if post.user != me && !caller.staff(forum) {
        return Err(Refusal::NoAccess);
    }
    Ok(post)
}

pub(crate) fn change(host: &Host, caller: &Caller<'_>, id: &str) -> Said {
    let mut forum = hold(&host.forum);
    let post = own(&forum, caller, id)?;
    let (id, topic) = (post.id, post.topic);
    let raw = caller.asked.get("post[raw]").ok_or(Refusal::Missing("post"))?;
    let private = forum.topics.get(&topic).is_some_and(|topic| topic.people.is_some());
    fits(host, raw, private).map_err(|sentence| Refusal::Invalid { action: None, errors: vec![sentence] })?;
    forum.edit(id, raw, now_ms());
    let post = forum.posts.get(&id).ok_or(Refusal::NotFound)?;
    // As recorded: an edited post comes inside of the word, without its raw text.
    Ok(json!({"post": shapes::post(host, &forum, caller, post, false)}))
}

pub(crate) fn remove(host: &Host, caller: &Caller<'_>, id: &str) -> Said {
    let mut forum = hold(&host.forum);
    let post = own(&forum, caller, id)?;
    let (id, number) = (post.id, post.number);
    if number == 1 {
        return Err(Refusal::NoAccess);
    }
    forum.remove(id, caller.known()?, now_ms());
    Ok(Value::Null)
}

pub(crate) fn act(host: &Host, caller: &Caller<'_>) -> Said {
    let me = caller.known()?;
    let asked = caller.asked;
    let kind = asked.number("post_action_type_id").ok_or(Refusal::Missing("post_action_type_id"))?;
    let mut forum = hold(&host.forum);
    let post = found(&forum, caller, asked.get("id").ok_or(Refusal::Missing("id"))?)?;
    let (id, mine) = (post.id, post.user == me);
    let done = match kind {
        _ if mine => false,
        LIKE => forum.like(id, me, true, now_ms()),
        3 | 4 | 7 | 8 => {
            if kind == 7 && asked.get("message").is_none_or(|said| said.trim().is_empty()) {
                return Err(Refusal::Missing("message"));
            }
            let flag = (me, u32::try_from(kind).unwrap_or_default());
            let post = forum.posts.get_mut(&id).ok_or(Refusal::NotFound)?;
            let fresh = !post.flags.iter().any(|(user, _)| *user == me);
            if fresh {
                post.flags.push(flag);
            }
            fresh
        }
        _ => return Err(Refusal::Parameter("post_action_type_id")),
    };
    if !done {
        // Done before, or to one's own: the forum knows one word for both.
        return Err(Refusal::NoAccess);
    }
    shape(host, &forum, caller, id)
}

pub(crate) fn undo(host: &Host, caller: &Caller<'_>, id: &str) -> Said {
    let me = caller.known()?;
    let mut forum = hold(&host.forum);
    let id = found(&forum, caller, id)?.id;
    if caller.asked.number("post_action_type_id") != Some(LIKE) {
        return Err(Refusal::Parameter("post_action_type_id"));
    }
    if !forum.like(id, me, false, now_ms()) {
        return Err(Refusal::NotFound);
    }
    shape(host, &forum, caller, id)
}
