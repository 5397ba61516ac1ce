//! Recorded answers, and what they may lack.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::discourse::fake::fixture;
use serde_json::json;

#[test]
fn a_topic_is_read_with_its_posts() {
    let told = fixture("topic");
    let topic = Topic::read(&told).unwrap();
    assert_eq!((topic.id, topic.title.as_str(), topic.private), (57, "La rentrée du club", false));
    assert_eq!((topic.username.as_str(), topic.stream.map(|ids| ids.len())), ("librairie", Some(5)));
    let read: Vec<_> = posts(&told).map(|value| Post::read(value).unwrap()).collect();
    assert!(read[2].is_none(), "a small action");
    let last = read[4].as_ref().unwrap();
    assert_eq!((last.reply_to, last.liked, last.likes), (Some(4), true, 2));
    assert_eq!(last.edited, time(&json!("2026-09-26T08:00:00.000Z")));
    assert!(read[0].as_ref().unwrap().yours && read[1].as_ref().unwrap().edited.is_none());
}

#[test]
fn only_an_id_a_time_and_a_text_are_needed() {
    let bare = json!({ "id": "7", "topic_id": 3, "created_at": "2014-04-02T11:58:00.670-04:00", "cooked": "<p>x</p>" });
    let post = Post::read(&bare).unwrap().unwrap();
    assert_eq!((post.id, post.number, post.at), (7, 0, Millis(1_396_454_280_670)));
    for name in ["id", "created_at", "cooked", "topic_id"] {
        let mut less = bare.clone();
        less.as_object_mut().unwrap().remove(name);
        assert!(Post::read(&less).is_err(), "{name}");
    }
    for gone in [json!({ "deleted_at": "2026-01-01T00:00:00Z" }), json!({ "user_deleted": true })] {
        let mut told = bare.clone();
        told.as_object_mut().unwrap().extend(gone.as_object().unwrap().clone());
        assert!(Post::read(&told).unwrap().unwrap().gone);
    }
}

#[test]
fn what_one_is_told_is_read_and_lists_of_exchanges() {
    let told = fixture("notifications");
    let notes: Vec<_> = list(&told["notifications"]).map(Note::read).collect();
    let note = notes[0].as_ref().unwrap();
    assert_eq!((note.id, note.kind, note.topic, note.post, note.number), (703, 2, Some(57), Some(88), Some(5)));
    assert_eq!(notes[1].as_ref().unwrap().post, None);
    assert!(notes[3].is_err());
    let told = fixture("private");
    let rows: Vec<_> = list(&told["topic_list"]["topics"]).map(Row::read).collect();
    assert_eq!((rows[0].as_ref().unwrap().id, rows[0].as_ref().unwrap().highest), (91, 2));
    assert!(rows[1].is_err());
}
