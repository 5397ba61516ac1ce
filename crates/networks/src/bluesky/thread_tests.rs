//! Where posts stand, by the way down to them.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::bluesky::fake::{LEA, MARC, ME, identity, post, under, uri};
use serde_json::{Value, json};

fn me() -> Me {
    Me::new(&identity("https://serveur.test"))
}

/// The place of the last of these, each answering the one before it.
fn at(posts: &[Value], named: bool) -> Placing {
    let read: Vec<Post> = posts.iter().map(|post| Post::read(post).unwrap()).collect();
    place(&read.iter().collect::<Vec<_>>(), named, &me())
}

fn chain(authors: &[&str]) -> Vec<Value> {
    let mut posts: Vec<Value> = Vec::new();
    for (n, author) in authors.iter().enumerate() {
        let made = post(author, &format!("k{n}"), 100 - n as i64, "x");
        let made = match (posts.first(), posts.last()) {
            (Some(root), Some(parent)) => under(made, root, parent),
            _ => made,
        };
        posts.push(made);
    }
    posts
}

fn placing(kind: Kind, conversation: Option<(&str, &str)>, on: Option<(&str, &str)>) -> Placing {
    let name = |(did, key): (&str, &str)| uri(did, key);
    Placing::new(kind, conversation.map(name).as_deref(), on.map(name).as_deref())
}

#[test]
fn under_our_posts_each_first_answer_opens_a_conversation() {
    let comment = |conversation, on| placing(Kind::Comment, Some(conversation), Some(on));
    assert_eq!(at(&chain(&[ME]), false), placing(Kind::Post, None, None));
    assert_eq!(at(&chain(&[ME, LEA]), false), comment((LEA, "k1"), (ME, "k0")));
    assert_eq!(at(&chain(&[ME, LEA, ME, MARC]), false), comment((LEA, "k1"), (ME, "k0")));
    // Several of ours in a row: the last of them is what is commented.
    assert_eq!(at(&chain(&[ME, ME]), false), placing(Kind::Post, None, None));
    assert_eq!(at(&chain(&[ME, ME, LEA, ME]), false), comment((LEA, "k2"), (ME, "k1")));
}

#[test]
fn elsewhere_a_thread_is_one_conversation_of_mentions() {
    let mention = |conversation, on| placing(Kind::Mention, Some(conversation), on);
    assert_eq!(at(&chain(&[LEA, MARC]), false), mention((LEA, "k0"), Some((LEA, "k0"))));
    assert_eq!(at(&chain(&[LEA, ME, MARC]), false), mention((LEA, "k0"), Some((LEA, "k0"))));
    assert_eq!(at(&chain(&[LEA]), true), mention((LEA, "k0"), None));
    assert_eq!(at(&chain(&[LEA, ME]), true), mention((LEA, "k0"), None));
    assert_eq!(at(&chain(&[LEA]), false), placing(Kind::Post, None, None), "what others' threads hang on");
    let mut names_us = chain(&[LEA, MARC]);
    names_us[0]["record"]["text"] = "@librairie.test !".into();
    names_us[0]["record"]["facets"] = json!([{ "index": { "byteStart": 0, "byteEnd": 15 },
        "features": [{ "$type": "app.bsky.richtext.facet#mention", "did": ME }] }]);
    assert_eq!(at(&names_us, false), mention((LEA, "k0"), None));
    let mut quotes_us = chain(&[LEA, MARC]);
    quotes_us[0]["record"]["embed"] =
        json!({ "$type": "app.bsky.embed.record", "record": { "uri": uri(ME, "q"), "cid": "c" } });
    assert_eq!(at(&quotes_us, false), mention((LEA, "k0"), Some((ME, "q"))));
}

#[test]
fn a_thread_whose_beginning_is_kept_from_us_is_known_by_name() {
    assert_eq!(at(&chain(&[ME, LEA, MARC])[2..], false), placing(Kind::Comment, None, Some((ME, "k0"))));
    assert_eq!(at(&chain(&[LEA, ME, MARC])[1..], false), placing(Kind::Mention, Some((LEA, "k0")), None));
}

#[test]
fn a_place_learnt_spares_the_thread() {
    let (me, mut places) = (me(), Places::default());
    let posts: Vec<Post> = chain(&[ME, LEA, ME, MARC]).iter().map(|post| Post::read(post).unwrap()).collect();
    assert_eq!(places.of(&posts[1], &me), None);
    places.learn(&posts[0].at.uri, &Placing::new(Kind::Post, None, None), true);
    let first = places.of(&posts[1], &me).unwrap();
    assert_eq!(first, placing(Kind::Comment, Some((LEA, "k1")), Some((ME, "k0"))));
    places.learn(&posts[1].at.uri, &first, false);
    assert_eq!(places.of(&posts[2], &me), Some(first));
}
