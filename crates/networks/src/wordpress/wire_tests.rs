//! Recorded answers, and what else sites may send.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::wordpress::fake::fixture;
use serde_json::json;

#[test]
fn a_recorded_comment_is_read_whole() {
    let told = fixture("comments");
    let comment = Comment::read(&told[1]).unwrap().unwrap();
    assert_eq!((comment.id, comment.post, comment.parent, comment.author), (8, Some(4), Some(7), None));
    assert_eq!(comment.publication, Publication::Pending);
    assert_eq!(comment.at, Millis(1_789_981_260_000));
    assert_eq!(comment.ip.as_deref(), Some("203.0.113.7"));
    assert_eq!(comment.up.as_deref(), Some("https://exemple.test/wp-json/wp/v2/posts/4"));
    let largest = Comment::read(&told[0]).unwrap().unwrap().avatar;
    assert_eq!(largest.as_deref(), Some("https://avatars.exemple.test/a?s=96&d=identicon"));
}

#[test]
fn numbers_may_be_words_and_most_may_be_missing() {
    let told = json!({ "id": "12", "date": "2026-09-21T09:00:00", "content": "Bref", "parent": "0", "author": null });
    let comment = Comment::read(&told).unwrap().unwrap();
    assert_eq!((comment.id, comment.parent, comment.author, &*comment.rendered), (12, None, None, "Bref"));
    for broken in [
        json!({}),
        json!({ "id": 0, "date_gmt": "2026-09-21T09:00:00", "content": "x" }),
        json!({ "id": 3, "content": "x" }),
        json!({ "id": 3, "date_gmt": "0000-00-00T00:00:00", "content": "x" }),
        json!({ "id": 3, "date_gmt": "9999-12-31T00:00:00", "content": "x" }),
        json!({ "id": 3, "date_gmt": "2026-09-21T09:00:00" }),
        json!({ "id": -3, "date_gmt": "2026-09-21T09:00:00", "content": "x" }),
        json!("comment"),
    ] {
        assert!(Comment::read(&broken).is_err(), "{broken}");
    }
}

#[test]
fn what_is_no_comment_is_left_out() {
    for kind in ["pingback", "trackback", "note", "review"] {
        let told = json!({ "id": 3, "date_gmt": "2026-09-21T09:00:00", "content": "x", "type": kind });
        assert!(Comment::read(&told).unwrap().is_none(), "{kind}");
    }
}

#[test]
fn each_status_has_its_place() {
    for (told, wanted) in [
        ("approved", Publication::Published),
        ("hold", Publication::Pending),
        ("spam", Publication::Spam),
        ("trash", Publication::Trash),
        ("post-trashed", Publication::Trash),
        ("quarantine", Publication::Hidden),
    ] {
        assert_eq!(publication(&json!(told)), wanted);
    }
}

#[test]
fn who_moderates_is_read_in_every_spelling() {
    assert!(User::read(&fixture("me")).unwrap().moderates);
    for (told, wanted) in
        [(json!(true), true), (json!(1), true), (json!("1"), true), (json!(false), false), (json!(null), false)]
    {
        let user = User::read(&json!({ "id": 5, "capabilities": { "moderate_comments": told } })).unwrap();
        assert_eq!(user.moderates, wanted);
    }
}
