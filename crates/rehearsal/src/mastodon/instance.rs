//! What a server says of itself: its limits, rules and streaming address in both shapes, and its nodeinfo. While keys are
//! not honoured it introduces itself as a compatible server, since a client must learn that from the software.

use super::server::{Desk, Host};
use super::shapes;
use super::world::Id;
use crate::hold;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

pub(crate) const MOST_CHARACTERS: usize = 500;
pub(crate) const LONGEST_ALT: usize = 1_500;
pub(crate) const LARGEST_PICTURE: usize = 16 << 20;

fn software(host: &Host) -> (&'static str, &'static str, &'static str) {
    if host.honours_keys.load(Ordering::SeqCst) {
        ("mastodon", "4.5.0", "4.5.0")
    } else {
        ("snac", "2.84", "2.7.2 (compatible; Snac 2.84)")
    }
}

fn streaming(host: &Host) -> String {
    host.origin.replacen("http://", "ws://", 1)
}

fn rules(host: &Host) -> Vec<Value> {
    (1..)
        .zip(&host.line.rules)
        .map(|(id, text)| json!({"id": id.to_string(), "text": text, "hint": "", "translations": {}}))
        .collect()
}

fn configuration(host: &Host) -> Value {
    json!({
        "urls": {"streaming": streaming(host), "status": null, "about": format!("{}/about", host.origin)},
        "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5},
        "statuses": {
            "max_characters": MOST_CHARACTERS,
            "max_media_attachments": 4,
            "characters_reserved_per_url": 23
        },
        "media_attachments": {
            "description_limit": LONGEST_ALT,
            "supported_mime_types": ["image/jpeg", "image/png", "image/gif", "image/webp"],
            "image_size_limit": LARGEST_PICTURE,
            "image_matrix_limit": 33_177_600,
            "video_size_limit": 103_809_024,
            "video_frame_rate_limit": 120,
            "video_matrix_limit": 8_294_400
        },
        "polls": {
            "max_options": 4,
            "max_characters_per_option": 50,
            "min_expiration": 300,
            "max_expiration": 2_629_746
        },
        "translation": {"enabled": false},
        "limited_federation": false
    })
}

fn contact(host: &Host) -> Option<Id> {
    let town = hold(&host.town);
    town.people.values().find(|person| person.ours).map(|person| person.id)
}

pub(crate) async fn v2(State(host): Desk) -> Json<Value> {
    let (name, _, version) = software(&host);
    let town_contact = contact(&host);
    let town = hold(&host.town);
    let person = town_contact.and_then(|id| town.people.get(&id));
    let mut shape = json!({
        "domain": host.line.domain,
        "title": host.line.title,
        "version": version,
        "source_url": "https://github.com/mastodon/mastodon",
        "description": host.line.description,
        "usage": {"users": {"active_month": 412}},
        "thumbnail": {"url": format!("{}/media/headers/0.png", host.origin)},
        "icon": [],
        "languages": ["fr"],
        "configuration": configuration(&host),
        "registrations": {"enabled": false, "approval_required": true, "message": null, "url": null},
        "contact": {
            "email": format!("contact@{}", host.line.domain),
            "account": person.map(|person| shapes::account(&host, &town, person))
        },
        "rules": rules(&host)
    });
    if name == "mastodon" {
        shape["api_versions"] = json!({"mastodon": 7});
    }
    Json(shape)
}

pub(crate) async fn v1(State(host): Desk) -> Json<Value> {
    let (_, _, version) = software(&host);
    let town = hold(&host.town);
    Json(json!({
        "uri": host.line.domain,
        "title": host.line.title,
        "short_description": host.line.description,
        "description": host.line.description,
        "email": format!("contact@{}", host.line.domain),
        "version": version,
        "urls": {"streaming_api": streaming(&host)},
        "stats": {"user_count": 412, "status_count": town.statuses.len(), "domain_count": 38},
        "thumbnail": format!("{}/media/headers/0.png", host.origin),
        "languages": ["fr"],
        "registrations": false,
        "approval_required": true,
        "invites_enabled": false,
        "configuration": configuration(&host),
        "contact_account": null,
        "rules": rules(&host)
    }))
}

pub(crate) async fn nodeinfo_links(State(host): Desk) -> Json<Value> {
    Json(json!({"links": [{
        "rel": "http://nodeinfo.diaspora.software/ns/schema/2.0",
        "href": format!("{}/nodeinfo/2.0", host.origin)
    }]}))
}

pub(crate) async fn nodeinfo(State(host): Desk) -> Json<Value> {
    let (name, version, _) = software(&host);
    Json(json!({
        "version": "2.0",
        "software": {"name": name, "version": version},
        "protocols": ["activitypub"],
        "services": {"outbound": [], "inbound": []},
        "usage": {"users": {"total": 412, "activeMonth": 412, "activeHalfyear": 498}},
        "openRegistrations": false,
        "metadata": {}
    }))
}
