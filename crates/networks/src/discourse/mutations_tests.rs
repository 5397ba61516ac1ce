//! A thousand ways in which a recorded topic, a recorded list and a recorded topic's own fields may come. Nothing falls
//! over, nothing is kept as markup, and whatever befalls one post, the others are read.

#![allow(clippy::unwrap_used)]

use super::convert::{self, Me, Under};
use super::fake::{fixture, identity};
use super::wire::{Note, Post, Row, Topic, list, posts};
use crate::mutations::{Luck, ROUNDS, SEED, mutate, sound};
use serde_json::Value;

const FORUM: &str = "https://exemple.test/forum";

#[test]
fn whatever_comes_the_others_are_read_and_nothing_is_kept_as_markup() {
    let recorded = fixture("topic");
    let mut me = identity(FORUM);
    // Nobody's posts: ours show what we typed ourselves, markup and all.
    me.me.remote = guichet_model::RemoteId::new("personne");
    let me = Me::new(&me);
    let topic = Topic::read(&recorded).unwrap();
    let under = Under { topic: &topic, ours: true };
    let recorded: Vec<Value> = posts(&recorded)
        .map(|post| {
            let mut post = post.clone();
            post["yours"] = false.into();
            post
        })
        .collect();
    let (mut whole, mut read) = (0, 0);
    for round in 0..ROUNDS {
        let mut luck = Luck(SEED + round);
        let mut told = recorded.clone();
        let hurt = luck.below(told.len());
        for _ in 0..=luck.below(3) {
            mutate(&mut told[hurt], &mut luck);
        }
        let found: Vec<Post> = told.iter().filter_map(|value| Post::read(value).ok().flatten()).collect();
        for post in found.iter().filter(|post| !post.yours) {
            sound(&convert::item(post, &under, (None, None), &me, FORUM), round);
            sound(&convert::topic(&topic, Some(post), false, FORUM), round);
        }
        for (n, value) in recorded.iter().enumerate().filter(|(n, value)| *n != hurt && value["post_type"] == 1) {
            whole += 1;
            read += usize::from(found.iter().any(|post| Some(post.id) == recorded[n]["id"].as_u64()));
            assert!(!value.is_null());
        }
    }
    assert_eq!(read, whole, "a post was lost over its neighbour");
}

#[test]
fn a_hurt_topic_or_list_falls_over_nothing() {
    let (topic, notes, private) = (fixture("topic"), fixture("notifications"), fixture("private"));
    for round in 0..ROUNDS {
        let mut luck = Luck(SEED ^ round);
        let (mut topic, mut notes, mut private) = (topic.clone(), notes.clone(), private.clone());
        for _ in 0..=luck.below(3) {
            for told in [&mut topic, &mut notes, &mut private] {
                mutate(told, &mut luck);
            }
        }
        if let Ok(told) = Topic::read(&topic) {
            sound(&convert::topic(&told, None, false, FORUM), round);
        }
        let _notes = list(&notes["notifications"]).filter(|value| Note::read(value).is_ok()).count();
        let _rows = list(&private["topic_list"]["topics"]).filter(|value| Row::read(value).is_ok()).count();
    }
}
