//! How the town looks on the wire: the JSON of Mastodon 4.5, field by field as recorded from real servers. Ids are strings,
//! times have three digits of a second and a `Z`.

use super::server::Host;
use super::text::html;
use super::world::{Id, Notice, Person, Picture, Status, Talk, Town, Visibility};
use crate::paper::escaped;
use serde_json::{Value, json};

pub(crate) fn time(ms: i64) -> String {
    stamp(ms, "%Y-%m-%dT%H:%M:%S%.3fZ")
}

/// A date alone, as `last_status_at` has it.
pub(crate) fn day(ms: i64) -> String {
    stamp(ms, "%Y-%m-%d")
}

/// Microseconds, as the rate-limit headers have it.
pub(crate) fn precise_time(ms: i64) -> String {
    stamp(ms, "%Y-%m-%dT%H:%M:%S%.6fZ")
}

fn stamp(ms: i64, format: &str) -> String {
    jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH).strftime(format).to_string()
}

pub(crate) fn account(host: &Host, town: &Town, person: &Person) -> Value {
    let page = person.page(&host.origin);
    let avatar = format!("{}/media/avatars/{}.png", host.origin, person.id);
    let header = format!("{}/media/headers/{}.png", host.origin, person.id);
    let own =
        town.statuses.values().filter(|status| status.author == person.id && status.visibility != Visibility::Direct);
    let (count, last) = own.fold((0u32, None), |(count, last), status| (count + 1, last.max(Some(status.created_ms))));
    json!({
        "id": person.id.to_string(),
        "username": person.username,
        "acct": person.acct(),
        "display_name": person.name,
        "locked": false,
        "bot": person.bot,
        "discoverable": true,
        "indexable": false,
        "group": false,
        "created_at": format!("{}T00:00:00.000Z", day(person.created_ms)),
        "note": if person.note.is_empty() { String::new() } else { format!("<p>{}</p>", escaped(&person.note)) },
        "url": page,
        "uri": page,
        "avatar": avatar,
        "avatar_static": avatar,
        "avatar_description": "",
        "header": header,
        "header_static": header,
        "header_description": "",
        "followers_count": person.followers,
        "following_count": person.following,
        "statuses_count": count,
        "last_status_at": last.map(day),
        "hide_collections": null,
        "noindex": false,
        "emojis": emojis(host, &person.emojis),
        "roles": [],
        "fields": []
    })
}

/// The signed-in account, with its defaults.
pub(crate) fn own_account(host: &Host, town: &Town, person: &Person) -> Value {
    let mut shape = account(host, town, person);
    shape["source"] = json!({
        "privacy": "public",
        "sensitive": false,
        "language": "fr",
        "note": person.note,
        "fields": [],
        "follow_requests_count": 0,
        "hide_collections": null,
        "discoverable": true,
        "indexable": false,
        "attribution_domains": [],
        "quote_policy": "public"
    });
    shape["role"] = json!({"id": "-99", "name": "", "permissions": "0", "color": "", "highlighted": false});
    shape
}

pub(crate) fn status(host: &Host, town: &Town, status: &Status, viewer: Option<Id>) -> Value {
    let Some(author) = town.people.get(&status.author) else {
        return Value::Null;
    };
    let page = format!("{}/{}", author.page(&host.origin), status.id);
    let named: Vec<&Person> = status.mentions.iter().filter_map(|id| town.people.get(id)).collect();
    let content = status.html.clone().unwrap_or_else(|| {
        html(&status.text, &host.origin, |user, domain| {
            let person = town.people.get(&host.find_person(town, user, domain)?)?;
            Some((person.page(&host.origin), person.username.clone()))
        })
    });
    let did = |set: &std::collections::HashSet<(Id, Id)>, what: Id| {
        viewer.is_some_and(|viewer| set.contains(&(viewer, what)))
    };
    let open = matches!(status.visibility, Visibility::Public | Visibility::Unlisted);
    let mut shape = json!({
        "id": status.id.to_string(),
        "created_at": time(status.created_ms),
        "in_reply_to_id": status.reply_to.map(|id| id.to_string()),
        "in_reply_to_account_id": status.reply_to_author.map(|id| id.to_string()),
        "sensitive": status.sensitive,
        "spoiler_text": status.spoiler,
        "visibility": status.visibility.name(),
        "language": status.language,
        "uri": page,
        "url": page,
        "replies_count": town.replies(status.id),
        "reblogs_count": status.boosts,
        "favourites_count": status.likes,
        "quotes_count": 0,
        "edited_at": status.edited_ms.map(time),
        "favourited": did(&town.liked, status.id),
        "reblogged": false,
        "muted": did(&town.muted_threads, status.thread),
        "bookmarked": false,
        "content": content,
        "filtered": [],
        "reblog": null,
        "account": account(host, town, author),
        "media_attachments": status.pictures.iter().map(|picture| media(host, picture)).collect::<Vec<_>>(),
        "mentions": named.iter().map(|person| json!({
            "id": person.id.to_string(),
            "username": person.username,
            "url": person.page(&host.origin),
            "acct": person.acct(),
        })).collect::<Vec<_>>(),
        "tags": tags(host, &status.text),
        "emojis": emojis(host, &status.emojis),
        "quote": null,
        "card": null,
        "poll": null,
        "quote_approval": {
            "automatic": if open { json!(["public"]) } else { json!([]) },
            "manual": [],
            "current_user": if open { "automatic" } else { "denied" }
        }
    });
    if let Some(name) = status.app.as_ref().filter(|_| author.ours) {
        shape["application"] = json!({"name": name, "website": null});
    }
    shape
}

pub(crate) fn media(host: &Host, picture: &Picture) -> Value {
    let file = format!("{}-{}.png", picture.scene, picture.id);
    json!({
        "id": picture.id.to_string(),
        "type": "image",
        "url": format!("{}/media/posts/{file}", host.origin),
        "preview_url": format!("{}/media/small/{file}", host.origin),
        "remote_url": null,
        "preview_remote_url": null,
        "text_url": null,
        "meta": {
            "original": {"width": 640, "height": 400, "size": "640x400", "aspect": 1.6},
            "small": {"width": 320, "height": 200, "size": "320x200", "aspect": 1.6}
        },
        "description": picture.alt,
        "blurhash": "UGC~-#M{0JfkNFofR%M{IURj%Mt7E0oM%MR*"
    })
}

fn emojis(host: &Host, names: &[String]) -> Vec<Value> {
    names
        .iter()
        .map(|name| {
            let url = format!("{}/media/emojis/{name}.png", host.origin);
            json!({"shortcode": name, "url": url, "static_url": url, "visible_in_picker": true})
        })
        .collect()
}

fn tags(host: &Host, text: &str) -> Vec<Value> {
    super::text::pieces(text)
        .into_iter()
        .filter_map(|piece| match piece {
            super::text::Piece::Tag { name, .. } => Some(name.to_lowercase()),
            _ => None,
        })
        .map(|name| json!({"name": name, "url": format!("{}/tags/{name}", host.origin)}))
        .collect()
}

/// `None` where the person or the post is no longer there.
pub(crate) fn notice(host: &Host, town: &Town, notice: &Notice) -> Option<Value> {
    let from = town.people.get(&notice.from)?;
    let mut shape = json!({
        "id": notice.id.to_string(),
        "type": notice.kind,
        "group_key": format!("ungrouped-{}", notice.id),
        "created_at": time(notice.at_ms),
        "account": account(host, town, from),
    });
    if notice.filtered {
        shape["filtered"] = json!(true);
    }
    if let Some(id) = notice.status {
        let about = town.statuses.get(&id)?;
        shape["status"] = status(host, town, about, Some(notice.to));
    }
    Some(shape)
}

pub(crate) fn talk(host: &Host, town: &Town, talk: &Talk) -> Value {
    let last = talk.last.and_then(|id| town.statuses.get(&id));
    json!({
        "id": talk.id.to_string(),
        "unread": talk.unread,
        "accounts": talk.others.iter().filter_map(|id| town.people.get(id))
            .map(|person| account(host, town, person)).collect::<Vec<_>>(),
        "last_status": last.map(|last| status(host, town, last, Some(talk.owner))),
    })
}

/// How `viewer` stands to `other`.
pub(crate) fn relationship(town: &Town, viewer: Id, other: Id) -> Value {
    let muting = town.muted.contains(&(viewer, other));
    json!({
        "id": other.to_string(),
        "following": false,
        "showing_reblogs": false,
        "notifying": false,
        "languages": null,
        "followed_by": false,
        "blocking": town.blocked.contains(&(viewer, other)),
        "blocked_by": town.blocked.contains(&(other, viewer)),
        "muting": muting,
        "muting_notifications": muting,
        "muting_expires_at": null,
        "requested": false,
        "requested_by": false,
        "domain_blocking": false,
        "endorsed": false,
        "note": ""
    })
}
