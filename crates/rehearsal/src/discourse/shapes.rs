//! What things look like on the wire: posts as in a topic and alone, topics, what a user is told, users.

use super::server::{Caller, Host};
use super::text::cooked;
use super::world::{Forum, Id, LIKED, Note, Post, Queued, Topic, User};
use crate::pictures;
use serde_json::{Value, json};

/// UTC with milliseconds, as the forum writes it.
pub(crate) fn instant(ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// An address with a place for the size, from the forum's root.
pub(crate) fn avatar(host: &Host, user: &User) -> String {
    let letter = user.username.chars().next().unwrap_or('x').to_lowercase().to_string();
    let color = pictures::seed_of(&user.username) % 0x100_0000;
    format!("{}/letter_avatar_proxy/v4/letter/{letter}/{color:06x}/{{size}}.png", host.own.folder)
}

pub(crate) fn known(forum: &Forum) -> impl Fn(&str) -> bool + '_ {
    |name: &str| forum.user(name).is_some()
}

/// A post. `raw` is shown alone, and where it is asked for.
pub(crate) fn post(host: &Host, forum: &Forum, caller: &Caller<'_>, post: &Post, raw: bool) -> Option<Value> {
    let user = forum.users.get(&post.user)?;
    let topic = forum.topics.get(&post.topic)?;
    let me = caller.who.unwrap_or(0);
    let (yours, staff) = (me == user.id, caller.staff(forum));
    let all = || forum.posts.values().filter(|other| other.topic == post.topic);
    let replies = all().filter(|other| other.reply_to == Some(post.number)).count();
    let likes = post.likes.len();
    let liked = post.likes.contains(&me);
    let mut actions = Vec::new();
    if likes > 0 || (caller.who.is_some() && !yours) {
        let mut like = json!({"id": 2});
        if likes > 0 {
            like["count"] = likes.into();
        }
        if liked {
            like["acted"] = true.into();
            like["can_undo"] = true.into();
        } else if caller.who.is_some() && !yours {
            like["can_act"] = true.into();
        }
        actions.push(like);
    }
    if caller.who.is_some() && !yours {
        actions.extend([3, 4, 8, 7].map(|id| {
            if post.flags.contains(&(me, id)) {
                json!({"id": id, "acted": true})
            } else {
                json!({"id": id, "can_act": true})
            }
        }));
    }
    let mut shape = json!({
        "id": post.id,
        "name": user.name,
        "username": user.username,
        "avatar_template": avatar(host, user),
        "created_at": instant(post.at_ms),
        "cooked": cooked(&post.raw, &known(forum)),
        "post_number": post.number,
        "post_type": post.kind,
        "updated_at": instant(post.updated_ms),
        "reply_count": replies,
        "reply_to_post_number": post.reply_to,
        "quote_count": 0,
        "reads": 1,
        "score": 0.2,
        "yours": yours,
        "topic_id": post.topic,
        "topic_slug": topic.slug,
        "display_username": user.name,
        "version": post.version,
        "can_edit": yours || staff,
        "can_delete": (yours || staff) && post.number > 1,
        "can_recover": false,
        "actions_summary": actions,
        "moderator": user.role == super::world::Role::Moderator,
        "admin": user.role == super::world::Role::Admin,
        "staff": user.role.staff(),
        "user_id": user.id,
        "hidden": false,
        "trust_level": user.role.level(),
        "deleted_at": post.deleted_ms.map(instant),
        "user_deleted": post.user_deleted,
        "edit_reason": null,
        "can_view_edit_history": true,
        "wiki": false,
        "post_url": format!("{}/t/{}/{}/{}", host.own.folder, topic.slug, topic.id, post.number)
    });
    let answered = post.reply_to.and_then(|number| forum.at(post.topic, number));
    if let Some(user) = answered.and_then(|answered| forum.users.get(&answered.user)) {
        shape["reply_to_user"] =
            json!({"id": user.id, "username": user.username, "name": user.name, "avatar_template": avatar(host, user)});
    }
    if raw {
        shape["raw"] = post.raw.clone().into();
    }
    Some(shape)
}

/// A topic with some of its posts; what waits of the caller's own is told to the caller alone.
pub(crate) fn topic(
    host: &Host,
    forum: &Forum,
    caller: &Caller<'_>,
    topic: &Topic,
    shown: &[&Post],
    raw: bool,
) -> Value {
    let stream = forum.stream(topic.id, caller.reads_until());
    let posts: Vec<Value> = shown.iter().filter_map(|one| post(host, forum, caller, one, raw)).collect();
    let person = |id: Id| {
        let user = forum.users.get(&id)?;
        Some(
            json!({"id": user.id, "username": user.username, "name": user.name, "avatar_template": avatar(host, user)}),
        )
    };
    let pending = forum.queue.iter().filter(|queued| queued.topic == topic.id && Some(queued.user) == caller.who);
    let mut shape = json!({
        "post_stream": {"posts": posts, "stream": stream.iter().map(|post| post.id).collect::<Vec<_>>()},
        "id": topic.id,
        "title": topic.title,
        "fancy_title": crate::paper::escaped(&topic.title),
        "posts_count": stream.len(),
        "created_at": instant(topic.at_ms),
        "views": 1,
        "reply_count": stream.iter().filter(|post| post.reply_to.is_some()).count(),
        "like_count": stream.iter().map(|post| post.likes.len()).sum::<usize>(),
        "last_posted_at": stream.last().map(|post| instant(post.at_ms)),
        "visible": true,
        "closed": topic.closed,
        "archived": false,
        "archetype": if topic.people.is_some() { "private_message" } else { "regular" },
        "slug": topic.slug,
        "category_id": topic.people.is_none().then_some(4),
        "deleted_at": null,
        "user_id": topic.user,
        "highest_post_number": topic.last_number,
        "chunk_size": super::topics::CHUNK,
        "details": {
            "can_create_post": !topic.closed,
            "created_by": person(topic.user),
            "last_poster": stream.last().and_then(|post| person(post.user)),
            "participants": topic.people.iter().flatten().filter_map(|id| person(*id)).collect::<Vec<_>>()
        }
    });
    if topic.people.is_some() {
        shape["details"]["allowed_users"] = shape["details"]["participants"].clone();
    }
    let pending: Vec<Value> = pending.map(queued).collect();
    if !pending.is_empty() {
        shape["pending_posts"] = pending.into();
    }
    shape
}

pub(crate) fn queued(queued: &Queued) -> Value {
    json!({"id": queued.id, "raw": queued.raw, "created_at": instant(queued.at_ms), "topic_id": queued.topic})
}

/// A topic in a list.
pub(crate) fn row(forum: &Forum, topic: &Topic, before_ms: i64) -> Value {
    let stream = forum.stream(topic.id, before_ms);
    let last = stream.last();
    let poster = |user: Id| json!({"extras": null, "description": "Original Poster", "user_id": user});
    json!({
        "id": topic.id,
        "title": topic.title,
        "fancy_title": crate::paper::escaped(&topic.title),
        "slug": topic.slug,
        "posts_count": stream.len(),
        "reply_count": 0,
        "highest_post_number": topic.last_number,
        "image_url": null,
        "created_at": instant(topic.at_ms),
        "last_posted_at": last.map(|post| instant(post.at_ms)),
        "bumped": true,
        "bumped_at": last.map(|post| instant(post.at_ms)),
        "archetype": if topic.people.is_some() { "private_message" } else { "regular" },
        "unseen": false,
        "pinned": false,
        "visible": true,
        "closed": topic.closed,
        "archived": false,
        "last_poster_username": last.and_then(|post| forum.users.get(&post.user)).map(|user| user.username.clone()),
        "category_id": null,
        "posters": [poster(topic.user)],
        "participants": topic.people.iter().flatten().filter(|id| **id != topic.user)
            .map(|id| json!({"extras": null, "description": null, "user_id": id})).collect::<Vec<_>>()
    })
}

pub(crate) fn note(forum: &Forum, note: &Note) -> Option<Value> {
    let topic = forum.topics.get(&note.topic)?;
    let by = forum.users.get(&note.by)?;
    let mut data = json!({
        "topic_title": topic.title,
        "original_post_id": note.post,
        "original_post_type": 1,
        "original_username": by.username,
        "revision_number": null,
        "display_username": by.username
    });
    if note.kind == LIKED {
        data = json!({"topic_title": topic.title, "display_username": by.username, "username": by.username});
    }
    if let Some(group) = &note.group {
        data["group_name"] = group.clone().into();
    }
    Some(json!({
        "id": note.id,
        "user_id": note.user,
        "external_id": null,
        "notification_type": note.kind,
        "read": note.read,
        "high_priority": note.kind == super::world::PRIVATE,
        "created_at": instant(note.at_ms),
        "post_number": note.number,
        "topic_id": note.topic,
        "fancy_title": crate::paper::escaped(&topic.title),
        "slug": topic.slug,
        "data": data
    }))
}

pub(crate) fn user(host: &Host, user: &User) -> Value {
    json!({
        "id": user.id,
        "username": user.username,
        "name": user.name,
        "avatar_template": avatar(host, user),
        "trust_level": user.role.level(),
        "moderator": user.role == super::world::Role::Moderator,
        "admin": user.role == super::world::Role::Admin
    })
}
