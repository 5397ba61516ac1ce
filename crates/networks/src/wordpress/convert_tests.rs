//! Names, texts and people of recorded comments.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::wordpress::fake::{comment, fixture, identity, with};
use serde_json::{Value, json};

const SITE: &str = "https://exemple.test";

fn read(value: &Value) -> Comment {
    Comment::read(value).unwrap().unwrap()
}

#[test]
fn post_49_and_comment_49_are_two() {
    assert_ne!(post_name(49), comment_name(49));
    assert_eq!(named(&post_name(49)), Some(Named::Post(49)));
    assert_eq!(named(&comment_name(49)), Some(Named::Comment(49)));
    for other in ["49", "user:49", "comment:", "comment:0", "comment:x", "comment:-1"] {
        assert_eq!(named(&RemoteId::new(other)), None, "{other}");
    }
}

#[test]
fn what_was_written_is_what_is_read() {
    let told = fixture("comments");
    let first = item(&read(&told[0]), Some(7), &Me::new(&identity(SITE)), SITE);
    assert_eq!(first.body.text, "Bonjour ! Avez-vous \"Le Grand Meaulnes\"... & son audio ?\nMerci");
    assert_eq!(first.remote.as_str(), "comment:7");
    assert_eq!((first.post, first.in_reply_to), (Some(RemoteId::new("post:4")), None));
    assert!(!first.ours);
    let second = body(&read(&told[1]));
    assert_eq!(second.text, "Moi aussi : https://exemple.fr/p");
    assert_eq!((second.links[0].start, second.links[0].end), (12, 32));
    assert_eq!(second.links[0].url, "https://exemple.fr/p");
    assert!(item(&read(&told[2]), Some(7), &Me::new(&identity(SITE)), SITE).ours);
}

#[test]
fn what_is_shown_is_read_where_no_more_is_told() {
    let told = fixture("view");
    assert_eq!(body(&read(&told[0])).text, "Un commentaire d’exemple.");
}

#[test]
fn a_guest_is_one_person_and_their_address_is_nowhere() {
    let person = |value: &Value| author(&read(value), SITE);
    let lea = person(&comment(1, 0, 0, 0, "a"));
    assert_eq!(lea.remote, person(&with(comment(2, 0, 0, 0, "b"), "author_email", " LEA@exemple.test")).remote);
    assert_ne!(lea.remote, person(&with(comment(3, 0, 0, 0, "b"), "author_email", "max@exemple.test")).remote);
    let unseen = |url: &str| with(with(comment(4, 0, 0, 0, "b"), "author_email", Value::Null), "author_url", url);
    assert_eq!(person(&unseen("https://a.fr")).remote, person(&unseen("https://a.fr/")).remote);
    assert_ne!(person(&unseen("https://a.fr")).remote, person(&unseen("https://b.fr")).remote);
    assert_ne!(lea.remote, author(&read(&comment(1, 0, 0, 0, "a")), "https://autre.test").remote);
    assert_eq!(person(&comment(5, 0, 12, 0, "c")).remote, user_name(12));
    let told = fixture("comments");
    for value in told.as_array().unwrap() {
        let item = item(&read(value), None, &Me::new(&identity(SITE)), SITE);
        let kept = serde_json::to_string(&item).unwrap();
        for private in ["@exemple.test", "203.0.113.7", "Navigateur"] {
            assert!(!kept.contains(private), "{private} in {kept}");
        }
    }
    assert_eq!(person(&told[1]).name, "Zoë & Cie");
}

#[test]
fn what_the_site_bends_is_still_the_same() {
    for (sent, shown) in
        [("L'été \"ici\"...", "L’été “ici”…"), ("12x34 -- oui", "12×34 — oui"), ("« Oui »", "“Oui”"), ("a\n\nb", "a b")]
    {
        assert_eq!(folded(sent), folded(shown), "{sent}");
    }
    assert_ne!(folded("oui"), folded("non"));
}

#[test]
fn a_post_is_its_title_and_how_it_begins() {
    let told = super::super::wire::Post::read(&fixture("posts")[0]).unwrap();
    let post = post(&told);
    assert_eq!(post.body.text, "La rentrée – c’est ici\n\nNos horaires & nos nouveautés.");
    assert_eq!((post.kind, post.ours, post.remote.as_str()), (Kind::Post, true, "post:4"));
    let guarded = with(
        json!({ "id": 5, "date": "2026-09-20T10:00:00", "title": "T" }),
        "excerpt",
        json!({ "rendered": "secret", "protected": true }),
    );
    assert_eq!(super::post(&super::super::wire::Post::read(&guarded).unwrap()).body.text, "T");
}

#[test]
fn links_do_not_overlap() {
    let told = comment(1, 0, 0, 0, "😀 <a href=\"https://a.fr/x\">https://a.fr/x</a> et https://b.fr");
    let body = body(&read(&told));
    assert_eq!(body.text, "😀 https://a.fr/x et https://b.fr");
    let marks: Vec<_> = body.links.iter().map(|link| (link.start, link.end, link.url.as_str())).collect();
    assert_eq!(marks, [(3, 17, "https://a.fr/x"), (21, 33, "https://b.fr/")]);
}
