//! Users: who one is, what one did, whom one would rather not read; and what the forum says of itself.

use super::answers::{Refusal, Said};
use super::server::{Caller, Host};
use super::shapes::{self, instant};
use super::world::Post;
use crate::clock::now_ms;
use crate::hold;
use serde_json::{Value, json};

const ACTIONS: usize = 30;
/// The longest time for which somebody can be ignored: four months.
const IGNORED_MS: i64 = 124 * 86_400_000;

pub(crate) fn current(host: &Host, caller: &Caller<'_>) -> Said {
    let forum = hold(&host.forum);
    // Who is nobody is not there: 404, not 403.
    let user = caller.user(&forum).ok_or(Refusal::NotFound)?;
    let unread = forum.notes.iter().filter(|note| note.user == user.id && !note.read).count();
    let mut told = shapes::user(host, user);
    told["unread_notifications"] = unread.into();
    Ok(json!({"current_user": told}))
}

/// A few of the settings that the forum's own pages need.
pub(crate) fn settings(host: &Host) -> Said {
    Ok(json!({
        "title": host.line.title,
        "min_post_length": host.own.least,
        "min_first_post_length": host.own.least,
        "min_personal_message_post_length": host.own.least.min(10),
        "max_post_length": host.own.most,
        "min_topic_title_length": 15,
        "enable_personal_messages": true
    }))
}

pub(crate) fn about(host: &Host) -> Said {
    Ok(json!({"title": host.line.title, "description": host.line.description, "login_required": host.own.closed}))
}

pub(crate) fn one(host: &Host, caller: &Caller<'_>, name: &str) -> Said {
    caller.known()?;
    let forum = hold(&host.forum);
    let user = forum.user(name).ok_or(Refusal::NotFound)?;
    Ok(json!({"user_badges": [], "user": shapes::user(host, user)}))
}

pub(crate) fn level(host: &Host, caller: &Caller<'_>, name: &str) -> Said {
    let me = caller.known()?;
    let asked = caller.asked;
    let mut forum = hold(&host.forum);
    let other = forum.user(name).ok_or(Refusal::NotFound)?;
    if other.id == me || other.role.staff() {
        return Err(Refusal::NoAccess);
    }
    let (id, word) = (other.id, asked.get("notification_level").unwrap_or_default().to_owned());
    let until = asked.get("expiring_at").and_then(|said| said.parse::<jiff::Timestamp>().ok());
    let user = forum.users.get_mut(&me).ok_or(Refusal::NotFound)?;
    match word.as_str() {
        "mute" => {
            user.ignored.remove(&id);
            user.muted.insert(id);
        }
        "ignore" => {
            let until = until.ok_or(Refusal::Missing("expiring_at"))?.as_millisecond();
            if until <= now_ms() || until > now_ms() + IGNORED_MS {
                return Err(Refusal::Parameter("expiring_at"));
            }
            if user.role.level() < 2 {
                return Err(Refusal::NoAccess);
            }
            user.muted.remove(&id);
            user.ignored.insert(id);
        }
        "normal" => {
            user.muted.remove(&id);
            user.ignored.remove(&id);
        }
        _ => return Err(Refusal::Parameter("notification_level")),
    }
    Ok(json!({"success": "OK"}))
}

/// What a user did: 4, topics; 5, posts. Nothing of what is private.
pub(crate) fn actions(host: &Host, caller: &Caller<'_>) -> Said {
    let asked = caller.asked;
    let forum = hold(&host.forum);
    let user = forum.user(asked.get("username").ok_or(Refusal::Missing("username"))?).ok_or(Refusal::NotFound)?;
    let kinds: Vec<u64> =
        asked.get("filter").unwrap_or("4,5").split(',').filter_map(|kind| kind.trim().parse().ok()).collect();
    let until = caller.reads_until();
    let public = |post: &&Post| forum.topics.get(&post.topic).is_some_and(|t| t.people.is_none() && !t.deleted);
    let kind = |post: &Post| if post.number == 1 { 4 } else { 5 };
    let mut all: Vec<&Post> = forum
        .posts
        .values()
        .filter(|post| post.user == user.id && post.deleted_ms.is_none() && post.applied_ms <= until)
        .filter(public)
        .filter(|post| kinds.contains(&kind(post)))
        .collect();
    all.sort_by_key(|post| std::cmp::Reverse((post.at_ms, post.id)));
    let offset = usize::try_from(asked.number("offset").unwrap_or(0)).unwrap_or(usize::MAX);
    let shown = all.iter().skip(offset).take(ACTIONS).map(|post| {
        let topic = forum.topics.get(&post.topic);
        json!({
            "excerpt": post.raw.chars().take(300).collect::<String>(),
            "action_type": kind(post),
            "created_at": instant(post.at_ms),
            "avatar_template": shapes::avatar(host, user),
            "slug": topic.map(|topic| topic.slug.clone()),
            "topic_id": post.topic,
            "post_number": post.number,
            "post_id": post.id,
            "reply_to_post_number": post.reply_to,
            "username": user.username,
            "name": user.name,
            "user_id": user.id,
            "title": topic.map(|topic| topic.title.clone()),
            "deleted": false,
            "hidden": null,
            "closed": topic.is_some_and(|topic| topic.closed)
        })
    });
    Ok(json!({"user_actions": shown.collect::<Vec<Value>>()}))
}
