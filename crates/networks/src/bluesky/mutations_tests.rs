//! A thousand ways in which recorded lists may come. Nothing falls over, nothing that moves a cursor or opens a program is
//! kept, marks stand inside their text, and whatever befalls one line, the others are read.

#![allow(clippy::unwrap_used)]

use super::convert::{self, Me};
use super::fake::{fixture, identity};
use super::thread::{Placing, place};
use super::wire::{Notification, Person, Post, Told};
use crate::mutations::{Luck, ROUNDS, SEED, mutate};
use guichet_model::{Item, Kind};
use serde_json::Value;

fn me() -> Me {
    Me::new(&identity("https://serveur.test"))
}

fn is_sound(item: &Item, round: u64) {
    for said in [&item.body.text, &item.author.name, &item.author.handle] {
        assert!(!said.chars().any(|c| c.is_control() && c != '\n' && c != '\t'), "round {round}: {said:.80?}");
    }
    let units = item.body.text.encode_utf16().count() as u32;
    assert!(item.body.links.iter().all(|link| link.start < link.end && link.end <= units), "round {round}");
    let attached = item.attachments.iter().flat_map(|one| [Some(&one.url), one.preview.as_ref()]);
    let links = item.body.links.iter().map(|link| Some(&link.url));
    let opened = [item.url.as_ref(), item.author.url.as_ref(), item.author.avatar.as_ref()];
    let mut all = attached.chain(links).chain(opened).flatten();
    assert!(all.all(|url| url.starts_with("http")), "round {round}");
    assert!((0..7_258_118_400_000).contains(&item.at.0), "round {round}");
    let page = item.url.as_deref().unwrap_or_default();
    assert!(url::Url::parse(page).is_ok_and(|url| url.host_str() == Some("bsky.app")), "round {round}: {page}");
}

/// Lists as recorded, each with a line of it hurt; how many of the others were read, and of how many.
fn played(list: &[Value], read: impl Fn(&Value) -> Result<Option<Item>, String>) {
    let kept = |value: &Value| matches!(read(value), Ok(Some(_)));
    let whole: Vec<bool> = list.iter().map(kept).collect();
    assert!(whole.iter().any(|kept| *kept));
    for round in 0..ROUNDS {
        let mut luck = Luck(SEED + round);
        let mut told = list.to_vec();
        let hurt = luck.below(told.len());
        for _ in 0..=luck.below(3) {
            // What has become a bare value has nothing left to change.
            if told[hurt].is_object() {
                mutate(&mut told[hurt], &mut luck);
            }
        }
        for (n, value) in told.iter().enumerate() {
            match read(value) {
                Ok(Some(item)) => is_sound(&item, round),
                outcome => {
                    assert!(n == hurt || outcome.is_ok() && !whole[n], "round {round}: one was lost over its neighbour")
                }
            }
        }
    }
}

#[test]
fn notifications() {
    let recorded = fixture("notifications");
    let me = me();
    played(recorded["notifications"].as_array().unwrap(), |value| {
        let told = Notification::read(value)?;
        let placing = |post: &Post| place(&[post], told.names_us, &me);
        Ok(told.post.as_ref().map(|post| convert::post(post, placing(post), false, false)))
    });
}

#[test]
fn posts_and_threads() {
    let me = me();
    let mut list = fixture("posts")["posts"].as_array().unwrap().clone();
    list.extend(fixture("feed")["feed"].as_array().unwrap().iter().map(|one| one["post"].clone()));
    played(&list, |value| {
        let post = Post::read(value)?;
        let placing = Placing::new(Kind::Post, None, None);
        Ok(Some(convert::post(&post, placing, me.wrote(&post), false)))
    });
    let recorded = fixture("thread");
    for round in 0..ROUNDS {
        let mut luck = Luck(SEED ^ round);
        let mut told = recorded["thread"].clone();
        mutate(&mut told, &mut luck);
        let mut reading = crate::recorded::Reading::default();
        let exchange = crate::recorded::Exchange { path: None, body: serde_json::json!({ "thread": told }) };
        let what = crate::recorded::kind("bluesky", "thread").unwrap();
        (what.read)(&exchange, &mut reading);
        assert!(reading.lines.len() <= 3, "round {round}");
    }
}

#[test]
fn messages() {
    let me = me();
    let sender = Person::read(&super::fake::person(super::fake::LEA));
    let list: Vec<Value> =
        fixture("log")["logs"].as_array().unwrap().iter().filter_map(|entry| entry.get("message").cloned()).collect();
    let list = [list, fixture("messages")["messages"].as_array().unwrap().clone()].concat();
    played(&list, |value| {
        Ok(match Told::read(value)? {
            Some(Told::Message(message)) => Some(convert::message("c1", &message, sender.as_ref(), &me)),
            _ => None,
        })
    });
}
