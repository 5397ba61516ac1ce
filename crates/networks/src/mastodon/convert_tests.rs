//! Fixtures into items, and the leniency of the readers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::super::fake::{ME, identity, status, with};
use super::super::pull::{conversation, notification};
use super::super::thread::Placing;
use super::super::wire;
use super::*;
use guichet_model::{Kind, Millis, Visibility};
use serde_json::{Value, json};

fn convert(value: &Value) -> Item {
    let status = Status::read(value).unwrap();
    let placing = Placing { kind: Kind::Mention, conversation: None, post: None };
    item(&status, placing, false)
}

#[test]
fn a_mention_as_recorded() {
    let told: Value = serde_json::from_str(include_str!("fixtures/notifications.json")).unwrap();
    let line = notification(&told[0]).unwrap();
    let placing = Placing { kind: Kind::Mention, conversation: None, post: None };
    insta::assert_json_snapshot!(item(&line.status.unwrap(), placing, false));
}

#[test]
fn a_conversation_as_recorded_is_paged_by_its_last_text() {
    let told: Value = serde_json::from_str(include_str!("fixtures/conversations.json")).unwrap();
    let line = conversation(&told[0]).unwrap();
    assert_eq!(line.entry.page, "117020593780198542");
    assert_eq!(line.entry.id, "15:117020593780198542");
}

#[test]
fn a_status_with_everything() {
    let value = json!({
        "id": 12, "created_at": "2026-08-01T13:53:15+00:00", "edited_at": "2026-08-01T14:00:00.5Z",
        "in_reply_to_id": 11, "visibility": "private", "spoiler_text": " Prix ", "language": "fr", "favourited": true,
        "url": null, "uri": "https://exemple.test/ap/12", "replies_count": "3", "reblogs_count": -1, "favourites_count": 5,
        "content": "<p>:livre: 👋 <a href=\"https://a.fr/x\">a.fr/x</a></p>", "expires_at": "2026-09-01",
        "account": { "id": 9, "acct": "@lea@b.test", "display_name": " Léa ", "avatar": "javascript:x", "bot": true },
        "mentions": [{ "id": "1", "acct": "librairie" }, { "x": 1 }],
        "emojis": [{ "shortcode": "livre" }, { "shortcode": "absent" }],
        "media_attachments": [{ "type": "image", "url": "https://m.test/1.png", "description": "une vitrine" }, { "type": "gifv", "url": null }, 7]
    });
    insta::assert_json_snapshot!(convert(&value));
}

#[test]
fn times_come_in_many_spellings() {
    let at = |value: Value| wire::time(&value).map(|at| at.0);
    let noon = Some(1_785_585_600_000);
    for said in [
        "2026-08-01T12:00:00Z",
        "2026-08-01T12:00:00.000Z",
        "2026-08-01T12:00:00.000000Z",
        "2026-08-01T14:00:00+02:00",
        "2026-08-01T12:00:00+00:00",
        "2026-08-01T12:00:00.000123+00:00",
        "2026-08-01T12:00:00",
        "2026-08-01 12:00:00",
        "2026-08-01T12:00:00.000+0000",
    ] {
        assert_eq!(at(json!(said)), noon, "{said}");
    }
    assert_eq!(at(json!(1_785_585_600)), noon);
    assert_eq!(at(json!(1_785_585_600_000_i64)), noon);
    assert_eq!(at(json!("2026-08-01")), Some(1_785_542_400_000));
    for no in [json!(null), json!(""), json!("hier"), json!({}), json!("2026-13-01")] {
        assert_eq!(at(no), None);
    }
}

#[test]
fn only_id_author_and_time_cannot_be_missed() {
    let whole = status("1", "lea", None, 5, "x");
    for field in ["id", "account", "created_at"] {
        assert!(Status::read(&with(whole.clone(), field, Value::Null)).is_err(), "{field}");
    }
    let bare = json!({ "id": "1", "created_at": "2026-08-01", "account": { "acct": "lea" } });
    let item = convert(&bare);
    assert_eq!((item.author.remote.as_str(), item.body.text.as_str(), item.visibility), ("lea", "", None));
    for odd in [json!(7), json!("x"), json!([]), json!({})] {
        for field in
            ["mentions", "emojis", "media_attachments", "visibility", "content", "replies_count", "edited_at", "url"]
        {
            Status::read(&with(whole.clone(), field, odd.clone())).unwrap();
        }
    }
}

#[test]
fn a_boost_without_words_shows_what_it_repeats() {
    let inner = status("1", "lea", None, 5, "une vitrine");
    let outer = with(with(status("2", "zoe", None, 4, ""), "content", json!("")), "reblog", inner);
    assert_eq!(convert(&outer).body.text, "une vitrine");
}

#[test]
fn visibilities_of_other_servers_are_never_made_wider() {
    let of = |word: &str| convert(&with(status("1", "lea", None, 5, "x"), "visibility", json!(word))).visibility;
    assert_eq!(of("public"), Some(Visibility::Public));
    assert_eq!(of("local"), Some(Visibility::Unlisted));
    assert_eq!(of("mutuals_only"), Some(Visibility::Followers));
    assert_eq!(of("list"), Some(Visibility::Followers));
    assert_eq!(of("specified"), Some(Visibility::Direct));
    assert_eq!(of("archive"), None);
}

#[test]
fn we_are_known_by_id_name_or_page() {
    let me = Me::new(&identity("https://exemple.test"));
    let named = |mentions: Value| {
        let value = with(status("1", "lea", None, 5, "x"), "mentions", mentions);
        me.is_named_in(&Status::read(&value).unwrap())
    };
    assert!(named(json!([{ "id": ME, "acct": "x" }])));
    assert!(named(json!([{ "id": "0", "acct": "Librairie" }])));
    assert!(named(json!([{ "id": "0", "acct": "librairie@exemple.test", "url": "https://exemple.test/@librairie" }])));
    assert!(!named(json!([{ "id": "2", "acct": "librairie@autre.test", "url": "https://autre.test/@librairie" }])));
    assert!(me.wrote(&Status::read(&status("1", ME, None, 5, "x")).unwrap()));
    assert_eq!(Status::read(&status("1", ME, None, 5, "x")).unwrap().at, Millis(super::super::fake::NOW.0 - 5_000));
}
