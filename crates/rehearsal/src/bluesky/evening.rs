//! The lines of an evening that concern Bluesky: what people write in public and in private, quote, like, take back, and
//! the people who appear there.

use super::index::{Writing, post_value};
use super::lexicon::{FOLLOW, LIKE, POST, REPOST};
use super::names::instant;
use super::server::Host;
use super::text::facets;
use super::world::{Blob, Origin, Sky};
use crate::clock::now_ms;
use crate::hold;
use crate::pictures;
use crate::play::Cast;
use crate::scenario::{Line, own_part};
use serde::Deserialize;
use serde_json::{Value, json};

const DAY_MS: i64 = 86_400_000;

/// What only Bluesky reads of a line.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Own {
    /// To `to` alone, through the chat.
    direct: bool,
    /// The line whose post is quoted.
    quote: Option<String>,
    /// Scene and description.
    picture: Option<(String, String)>,
    likes: u32,
}

pub(crate) fn perform(host: &Host, line: &Line, cast: &Cast<'_>, at_ms: i64, quietly: bool) -> Option<String> {
    let own: Own = own_part(&line.more).unwrap_or_default();
    let mut sky = hold(&host.sky);
    let Some(by) = who(host, &mut sky, cast, &line.by) else {
        tracing::warn!(at = line.at, "a line of the scenario is by nobody");
        return None;
    };
    let origin = if quietly { Origin::Seed } else { Origin::Said };
    let applied_ms = if quietly { at_ms } else { now_ms() };
    let target = line.about().find_map(|name| cast.written(Some(name)));
    if let Some(id) = target.as_ref().filter(|_| line.edit.is_some()) {
        rewrite(&mut sky, id, &line.text);
        return None;
    }
    if let Some(id) = target.as_ref().filter(|_| line.delete.is_some()) {
        take_back(&mut sky, id);
        return None;
    }
    let add = |sky: &mut Sky, collection: &str, value: Value, likes: u32| {
        let key = sky.old_tid(&by, collection, at_ms);
        let writing = Writing {
            did: by.clone(),
            collection: collection.to_owned(),
            key: key.clone(),
            value,
            applied_ms,
            origin,
            asked_key: false,
            likes,
        };
        sky.write(writing);
        super::world::uri(&by, collection, &key)
    };
    let said = instant(at_ms);
    if let Some(collection) = line.like.as_ref().map(|_| LIKE).or(line.boost.as_ref().map(|_| REPOST)) {
        let subject = strong(&sky, target.as_ref()?)?;
        add(&mut sky, collection, json!({"$type": collection, "subject": subject, "createdAt": said}), 0);
        return None;
    }
    if let Some(whom) = &line.follow {
        let did = who(host, &mut sky, cast, whom)?;
        add(&mut sky, FOLLOW, json!({"$type": FOLLOW, "subject": did, "createdAt": said}), 0);
        return None;
    }
    if own.direct || target.as_ref().is_some_and(|id| sky.chat.holding(id).is_some()) {
        let convo = match target.as_ref().and_then(|id| sky.chat.holding(id)) {
            Some(convo) => convo.id.clone(),
            None => {
                let to = who(host, &mut sky, cast, line.to.as_ref()?)?;
                sky.begin(&by, &to, applied_ms)
            }
        };
        let facets = Some(facets(&sky, &line.text)).filter(|facets| facets != &json!([]));
        return sky.whisper(&convo, &by, &line.text, facets, at_ms, applied_ms, origin);
    }
    let named = line.to.as_ref().and_then(|to| sky.ours(to)).map(|person| person.handle.clone());
    let text = named.map_or(line.text.clone(), |handle| format!("@{handle} {}", line.text));
    let facets = facets(&sky, &text);
    let mut value = post_value(&text, facets, line.lang.as_deref().unwrap_or("fr"), at_ms);
    if let Some(parent) = &target {
        value["reply"] = reply_to(&sky, parent)?;
    }
    let quoted = own.quote.as_ref().and_then(|name| strong(&sky, &cast.written(Some(name))?));
    let pictured = own.picture.map(|(scene, alt)| picture(&mut sky, scene, &alt, at_ms));
    let record = |quoted| json!({"$type": "app.bsky.embed.record", "record": quoted});
    match (quoted, pictured) {
        (Some(quoted), Some(media)) => {
            let kind = "app.bsky.embed.recordWithMedia";
            value["embed"] = json!({"$type": kind, "record": record(quoted), "media": media});
        }
        (Some(quoted), None) => value["embed"] = record(quoted),
        (None, Some(media)) => value["embed"] = media,
        (None, None) => {}
    }
    Some(add(&mut sky, POST, value, own.likes))
}

fn picture(sky: &mut Sky, scene: String, alt: &str, at_ms: i64) -> Value {
    let seed = pictures::seed_of(alt) ^ at_ms.unsigned_abs();
    let link = sky.keep(Blob::Drawn { scene, seed });
    let blob = json!({"$type": "blob", "ref": {"$link": link}, "mimeType": "image/png", "size": 48_000});
    let image = json!({"alt": alt, "image": blob, "aspectRatio": {"width": 3, "height": 2}});
    json!({"$type": "app.bsky.embed.images", "images": [image]})
}

/// The address and the present content of a post.
pub(crate) fn strong(sky: &Sky, uri: &str) -> Option<Value> {
    let post = sky.post(uri)?;
    Some(json!({"uri": post.uri, "cid": post.cid}))
}

/// Where an answer to that post stands.
pub(crate) fn reply_to(sky: &Sky, parent: &str) -> Option<Value> {
    let post = sky.post(parent)?;
    let own = json!({"uri": post.uri, "cid": post.cid});
    let root = if post.root().is_some() { post.value["reply"]["root"].clone() } else { own.clone() };
    Some(json!({"root": root, "parent": own}))
}

/// Another text in the place of a post's: its address stays, its content id does not.
pub(crate) fn rewrite(sky: &mut Sky, id: &str, text: &str) -> bool {
    let Some(post) = sky.post(id).cloned() else { return false };
    let mut value = post.value;
    value["text"] = text.into();
    value["facets"] = facets(sky, text);
    sky.write(Writing {
        did: post.did,
        collection: post.collection,
        key: post.key,
        value,
        applied_ms: now_ms(),
        origin: post.origin,
        asked_key: post.asked_key,
        likes: post.likes,
    });
    true
}

/// A post taken back by its author, for all; a message, for its author alone.
pub(crate) fn take_back(sky: &mut Sky, id: &str) -> bool {
    if sky.remove(id).is_some() {
        return true;
    }
    let Some(convo) = sky.chat.holding(id) else { return false };
    let by = convo.messages.iter().find(|message| message.id == id).map(|message| message.by.clone());
    let convo = convo.id.clone();
    by.is_some_and(|by| sky.forget(&convo, id, &by, now_ms()))
}

/// The person of that short name or of that account, met for the first time if need be.
fn who(host: &Host, sky: &mut Sky, cast: &Cast<'_>, key: &str) -> Option<String> {
    let Some(line) = cast.person(key) else {
        return sky.ours(key).map(|person| person.did.clone());
    };
    let handle = handle(&line.handle);
    if let Some(known) = sky.did_of(&handle) {
        return Some(known);
    }
    let did = sky.welcome(&handle, &line.name, &line.note, false, met_ms(host));
    if line.filtered {
        sky.chat.closed.insert(did.clone());
    }
    Some(did)
}

/// A handle is a host's name: `lea_m@ailleurs.example` is `lea-m.ailleurs.example`.
pub(crate) fn handle(acct: &str) -> String {
    acct.replace('@', ".").replace('_', "-").to_lowercase()
}

/// Some months ago, for a newcomer.
pub(crate) fn met_ms(host: &Host) -> i64 {
    now_ms() - i64::from(200 + host.luck.draw() % 900) * DAY_MS
}
