//! Which software is Mastodon by its own word, and what it says of itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::mastodon::fake::account;
use serde_json::json;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

#[test]
fn the_key_is_relied_on_only_where_the_software_is_mastodon() {
    for version in [
        "4.6.4",
        "4.6.0",
        "3.5.3",
        "4.4.0+glitch",
        "4.2.10+hometown-1.1.1",
        "4.3.0-rc.1",
        "4.5.0rc2",
        "4.4.0alpha.1",
        "4.3.0-nightly.2024-10-01",
    ] {
        assert!(is_mastodon(&json!({ "version": version })), "{version}");
    }
    for version in [
        "4.0.0 (not true; really snac/2.75)",
        "2.7.2 (compatible; Pleroma 2.6.3)",
        "2.7.2 (compatible; Akkoma 3.13.2)",
        "3.5.3 (compatible; Pixelfed 0.12.1)",
        "2.8.0 (compatible; Friendica 2024.03)",
        "4.2.1 (compatible; Iceshrimp.NET/2024.1)",
        "3.0.0 (compatible; Sharkey 2024.9.1)",
        "0.18.1+git-a1b2c3d",
        "takahe/0.11.0",
        "2.4.1",
        "",
        "4",
        "4.2",
    ] {
        assert!(!is_mastodon(&json!({ "version": version })), "{version}");
    }
    assert!(!is_mastodon(&json!({})));
}

#[test]
fn limits_are_read_in_every_spelling_and_never_believed_blindly() {
    let told = told_by(&json!({ "version": "4.6.0", "configuration": {
        "statuses": { "max_characters": 500, "characters_reserved_per_url": 23 }, "urls": { "streaming": "wss://s.exemple.test" } } }));
    assert_eq!((told.limit.most, told.limit.link_counts), (500, Some(23)));
    assert_eq!(told.streaming.as_deref(), Some("wss://s.exemple.test"));
    let snac = told_by(
        &json!({ "configuration": { "statuses": { "max_characters": 100_000, "characters_reserved_per_url": 32 } },
        "urls": { "streaming_api": "wss://h" } }),
    );
    assert_eq!((snac.limit.most, snac.limit.link_counts), (100_000, Some(32)));
    assert_eq!(told_by(&json!({ "max_toot_chars": "5000" })).limit.most, 5_000);
    assert_eq!(told_by(&json!({})).limit.most, 500);
    assert_eq!(told_by(&json!({ "max_toot_chars": -1 })).limit.most, 500);
    assert_eq!(told_by(&json!({ "max_toot_chars": 1e300 })).limit.most, 500);
}

#[test]
fn pictures_are_taken_as_the_server_says() {
    let told = |media: serde_json::Value, most: u32| {
        told_by(&json!({ "version": "4.0.0 (not true; really snac/2.75)", "configuration": {
            "statuses": { "max_media_attachments": most }, "media_attachments": media } }))
        .pictures
    };
    let media = json!({ "supported_mime_types": ["video/mp4", "image/jpeg", "image/heic", "image/png"],
        "image_size_limit": 9_000_000, "description_limit": 420 });
    let media_types = vec!["image/png".to_owned(), "image/jpeg".to_owned()];
    assert_eq!(told(media.clone(), 8), Some(PictureLimit { most: 8, bytes: 9_000_000, media_types, alt: 420 }));
    assert_eq!(told(media, 0), None);
    assert_eq!(told(json!({ "supported_mime_types": ["audio/ogg"] }), 4), None);
    // What is not said is Mastodon's, where the software says anything of pictures, or is Mastodon.
    let usual = told(json!({}), 4).unwrap();
    assert_eq!((usual.most, usual.bytes, usual.media_types.len(), usual.alt), (4, 16 << 20, 4, 1_500));
    assert_eq!(told_by(&json!({ "version": "4.1.0" })).pictures, Some(usual));
    assert_eq!(told_by(&json!({ "version": "2.7.2 (compatible; Pleroma 2.6.3)" })).pictures, None);
}

#[tokio::test]
async fn an_access_without_the_scope_brings_no_pictures() {
    let server = MockServer::start().await;
    let told = json!({ "version": "4.0.0 (compatible; X)", "configuration": { "media_attachments": {} } });
    Mock::given(path("/api/v2/instance"))
        .respond_with(ResponseTemplate::new(200).set_body_json(told))
        .mount(&server)
        .await;
    // The access of these tests was granted "read" alone.
    let (account, _) = account(&server.uri());
    assert_eq!(guichet_model::Session::capabilities(&account).await.unwrap().pictures, None);
    assert!(account.instance().await.unwrap().pictures.is_some());
    assert!(account.api.granted("read:accounts").await.unwrap());
}

async fn proof(told: serde_json::Value, software: Option<&str>) -> Proof {
    let server = MockServer::start().await;
    Mock::given(path("/api/v2/instance"))
        .respond_with(ResponseTemplate::new(200).set_body_json(told))
        .mount(&server)
        .await;
    if let Some(name) = software {
        let index = json!({ "links": [{ "href": format!("{}/nodeinfo/2.0", server.uri()) }, { "href": "https://ailleurs.test/x" }] });
        Mock::given(path("/.well-known/nodeinfo"))
            .respond_with(ResponseTemplate::new(200).set_body_json(index))
            .mount(&server)
            .await;
        let named = ResponseTemplate::new(200).set_body_json(json!({ "software": { "name": name } }));
        Mock::given(path("/nodeinfo/2.0")).respond_with(named).mount(&server).await;
    }
    let (account, _) = account(&server.uri());
    capabilities(&account.instance().await.unwrap()).proof
}

#[tokio::test]
async fn the_softwares_own_name_has_the_last_word() {
    let key = Proof::Key { valid_for: 30 * MINUTE };
    let plain = json!({ "version": "4.6.4", "api_versions": { "mastodon": 11 } });
    assert_eq!(proof(plain.clone(), None).await, key);
    assert_eq!(proof(plain.clone(), Some("mastodon")).await, key);
    assert!(matches!(proof(plain, Some("otherdon")).await, Proof::ReadBack { .. }));
    assert!(matches!(
        proof(json!({ "version": "4.0.0 (compatible; X)" }), Some("mastodon")).await,
        Proof::ReadBack { .. }
    ));
}

#[tokio::test]
async fn a_server_is_asked_once_a_day_and_by_its_older_name_too() {
    let server = MockServer::start().await;
    let told = json!({ "version": "4.0.0 (not true; really snac/2.75)" });
    Mock::given(path("/api/v1/instance"))
        .respond_with(ResponseTemplate::new(200).set_body_json(told))
        .expect(1)
        .mount(&server)
        .await;
    let (account, _) = account(&server.uri());
    account.instance().await.unwrap();
    account.instance().await.unwrap();
    for request in server.received_requests().await.unwrap() {
        assert!(!request.headers.contains_key("authorization"), "no token where none is due");
    }
}
