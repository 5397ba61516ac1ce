//! A thousand ways in which a recorded list may come: fields renamed, dropped, retyped, cut, huge, right to left, with
//! marks that do not show, faces of four bytes, wild dates and scripts. Nothing falls over, nothing is kept as markup,
//! and whatever befalls one comment, the others are read.

#![allow(clippy::unwrap_used)]

use super::convert::{self, Me};
use super::fake::{fixture, identity};
use super::pull;
use super::wire::Post;
use crate::mutations::{Luck, ROUNDS, SEED, mutate, sound};
use serde_json::Value;

const SITE: &str = "https://exemple.test";

#[test]
fn whatever_comes_the_others_are_read_and_nothing_is_kept_as_markup() {
    let recorded = fixture("comments");
    let recorded = recorded.as_array().unwrap();
    let me = Me::new(&identity(SITE));
    let (mut whole, mut read) = (0, 0);
    for round in 0..ROUNDS {
        let mut luck = Luck(SEED + round);
        let mut list = recorded.clone();
        let hurt = luck.below(list.len());
        for _ in 0..=luck.below(3) {
            mutate(&mut list[hurt], &mut luck);
        }
        let (comments, unreadable) = pull::read(&list);
        assert!(comments.len() + unreadable.len() <= list.len(), "round {round}");
        for comment in &comments {
            let item = convert::item(comment, None, &me, SITE);
            sound(&item, round);
        }
        whole += list.len() - 1;
        let untouched = recorded.iter().enumerate().filter(|(n, _)| *n != hurt);
        read += untouched
            .filter(|(_, told)| comments.iter().any(|comment| told["id"].as_u64() == Some(comment.id)))
            .count();
    }
    assert_eq!(read, whole, "a comment was lost over its neighbour");
}

#[test]
fn a_cut_or_retyped_post_falls_over_nothing() {
    let recorded = fixture("posts");
    for round in 0..ROUNDS {
        let mut luck = Luck(SEED ^ round);
        let mut told = recorded[0].clone();
        mutate(&mut told, &mut luck);
        if let Ok(post) = Post::read(&told) {
            let item = convert::post(&post);
            assert!(!item.body.text.contains("<script"), "round {round}");
        }
        let text = serde_json::to_string(&recorded).unwrap();
        let cut = (0..luck.below(text.len())).rev().find(|n| text.is_char_boundary(*n)).unwrap_or(0);
        assert!(serde_json::from_str::<Value>(&text[..cut]).is_err());
    }
}
