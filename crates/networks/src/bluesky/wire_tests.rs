//! What servers send, whole and with less.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::bluesky::fake::{LEA, ME, message, notified, post, under, uri};
use serde_json::json;

#[test]
fn the_earlier_of_two_times_counts_and_one_is_enough() {
    let when = |created: Value, indexed: Value| {
        let mut told = post(LEA, "a", 0, "x");
        told["record"]["createdAt"] = created;
        told["indexedAt"] = indexed;
        Post::read(&told).map(|post| post.when.0)
    };
    let indexed = || json!("2026-09-21T14:00:00Z");
    assert_eq!(when(json!("2099-01-01T00:00:00Z"), indexed()), Ok(1_789_999_200_000), "it may lie");
    assert_eq!(when(json!("2026-09-21T15:59:59.5+02:00"), indexed()), Ok(1_789_999_199_500));
    assert_eq!(when(json!("2023-11-25T00:32:48.655755Z"), indexed()), Ok(1_700_872_368_655));
    assert_eq!(when(json!("hier"), indexed()), Ok(1_789_999_200_000));
    assert_eq!(when(indexed(), Value::Null), Ok(1_789_999_200_000));
    assert_eq!(when(json!("-0001-01-01T00:00:00Z"), json!("9999-01-01T00:00:00Z")), Err("no time".into()));
}

#[test]
fn what_cannot_be_done_without_makes_it_unreadable_and_nothing_else_does() {
    let whole = post(LEA, "a", 5, "x");
    for field in ["labels", "viewer", "indexedAt"] {
        let mut told = whole.clone();
        told.as_object_mut().unwrap().remove(field);
        assert!(Post::read(&told).is_ok(), "{field}");
    }
    for field in ["uri", "cid", "author", "record"] {
        let mut told = whole.clone();
        told[field] = json!(7);
        assert!(Post::read(&told).is_err(), "{field}");
    }
    let mut another = whole.clone();
    another["uri"] = uri(ME, "a").into();
    assert!(Post::read(&another).is_err(), "nobody writes into another's repository");
}

#[test]
fn embeds_that_are_known_are_shown_and_the_others_passed_over() {
    let shown = |embed: Value| {
        let mut told = post(LEA, "a", 5, "x");
        told["embed"] = embed;
        let post = Post::read(&told).unwrap();
        post.attachments.into_iter().map(|one| (one.kind, one.url, one.alt)).collect::<Vec<_>>()
    };
    let image = |name: &str| json!({ "thumb": format!("https://cdn.test/{name}/t"), "fullsize": format!("https://cdn.test/{name}"), "alt": "Une\nvitrine" });
    let pictures = json!({ "$type": "app.bsky.embed.images#view", "images": [image("a"), image("b"), { "alt": "x" }] });
    assert_eq!(shown(pictures.clone()).len(), 2);
    assert_eq!(
        shown(pictures.clone())[0],
        (AttachmentKind::Image, "https://cdn.test/a".into(), Some("Une vitrine".into()))
    );
    assert_eq!(shown(json!({ "$type": "app.bsky.embed.gallery#view", "items": [image("a")] })).len(), 1);
    let beside = json!({ "$type": "app.bsky.embed.recordWithMedia#view", "media": pictures, "record": {} });
    assert_eq!(shown(beside).len(), 2);
    let video = json!({ "playlist": "https://video.test/p.m3u8", "thumbnail": "https://video.test/t", "alt": "" });
    assert_eq!(shown(video), [(AttachmentKind::Video, "https://video.test/p.m3u8".into(), None)]);
    let card = json!({ "external": { "uri": "https://exemple.test/", "title": "Une page", "description": "x" } });
    assert_eq!(shown(card), [(AttachmentKind::Other, "https://exemple.test/".into(), Some("Une page".into()))]);
    for none in [
        json!(null),
        json!({ "$type": "app.bsky.embed.hologram#view", "x": [1] }),
        json!({ "external": { "uri": "javascript:alert(1)" } }),
    ] {
        assert!(shown(none).is_empty());
    }
}

#[test]
fn labels_warn_except_orders_and_those_taken_back() {
    let mut told = post(LEA, "a", 5, "x");
    told["labels"] =
        json!([{ "val": "porn" }, { "val": "!hide" }, { "val": "spam", "neg": true }, { "val": "porn" }, 7]);
    told["record"]["labels"] = json!({ "$type": "com.atproto.label.defs#selfLabels", "values": [{ "val": "nudity" }] });
    assert_eq!(Post::read(&told).unwrap().labels, ["nudity", "porn"]);
}

#[test]
fn a_notification_brings_a_text_for_three_reasons_only() {
    let root = post(ME, "r", 50, "Bonjour");
    let told = under(post(LEA, "a", 5, "x"), &root, &root);
    let brings = |reason: &str| Notification::read(&notified(&told, reason)).unwrap().post.is_some();
    assert!(["mention", "reply", "quote"].into_iter().all(brings));
    assert!(!["like", "repost", "follow", "starterpack-joined", "verified", "something-new"].into_iter().any(brings));
    let follow = json!({ "uri": format!("at://{LEA}/app.bsky.graph.follow/x"), "reason": "follow", "indexedAt": "2026-09-21T14:00:00Z" });
    assert!(Notification::read(&follow).is_ok());
    assert!(Notification::read(&json!({ "reason": "mention", "indexedAt": "2026-09-21T14:00:00Z" })).is_err());
}

#[test]
fn a_handle_that_is_not_proved_is_not_shown() {
    let named = |handle: Value| Person::read(&json!({ "did": LEA, "handle": handle })).unwrap().handle;
    assert_eq!(named(json!("lea.test")), "lea.test");
    for handle in [json!("handle.invalid"), json!("<b>"), json!(null), json!(3)] {
        assert_eq!(named(handle), LEA);
    }
    assert!(Person::read(&json!({ "did": "lea.test", "handle": "lea.test" })).is_none());
}

#[test]
fn members_and_kinds_that_are_not_known_are_no_messages() {
    let read = |value: &Value| Told::read(value);
    assert!(matches!(read(&message(LEA, "m", 5, "Bonjour")), Ok(Some(Told::Message(_)))));
    let deleted = json!({ "$type": "chat.bsky.convo.defs#deletedMessageView", "id": "m", "sender": { "did": LEA } });
    assert!(matches!(read(&deleted), Ok(Some(Told::Deleted(id))) if id == "m"));
    for kind in ["systemMessageView", "hologramView"] {
        assert!(matches!(read(&json!({ "$type": format!("chat.bsky.convo.defs#{kind}"), "id": "m" })), Ok(None)));
    }
    // As sendMessage was recorded at the large server: without its type.
    let mut bare = message(LEA, "m", 5, "Bonjour");
    bare.as_object_mut().unwrap().remove("$type");
    assert!(matches!(read(&bare), Ok(Some(Told::Message(_)))));
    let mut bad = message(LEA, "m", 5, "Bonjour");
    bad["text"] = json!(null);
    assert!(read(&bad).is_err());
}
