//! What becomes of recorded posts.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::discourse::fake::{fixture, identity};
use crate::discourse::wire;

const SERVER: &str = "https://exemple.test/forum";

fn read(place: usize) -> (Topic, Post) {
    let told = fixture("topic");
    let post = wire::posts(&told).nth(place).unwrap();
    (Topic::read(&told).unwrap(), Post::read(post).unwrap().unwrap())
}

fn item_at(place: usize, ours: bool) -> Item {
    let (topic, post) = read(place);
    item(&post, &Under { topic: &topic, ours }, (Some(84), Some(84)), &Me::new(&identity(SERVER)), SERVER)
}

#[test]
fn a_post_is_named_with_its_topic_and_keeps_its_number_where_it_moves() {
    let item = item_at(4, true);
    assert_eq!(item.remote.as_str(), "post:57.88");
    let aliases: Vec<_> = item.aliases.iter().map(|alias| (alias.scope.as_str(), alias.name.as_str())).collect();
    assert_eq!(aliases, [("id", "post:57.88"), ("post", "88")]);
    assert_eq!((item.kind, item.ours, item.liked), (Kind::Comment, false, true));
    assert_eq!(item_at(4, false).kind, Kind::Mention);
    assert_eq!(item.conversation, Some(post_name(57, 84)));
    assert_eq!(item.post, Some(topic_name(57)));
    assert_eq!(item.url.as_deref(), Some("https://exemple.test/forum/t/la-rentree-du-club/57/5"));
    assert_eq!(item.body.text, "librairie:\n\n> À 18 h 30.\n\nMerci @librairie :slight_smile:");
    assert_eq!(item.author.url.as_deref(), Some("https://exemple.test/forum/u/tom"));
    assert_eq!(
        item.author.avatar.as_deref(),
        Some("https://exemple.test/user_avatar/forum.exemple.test/tom/96/2_1.png")
    );
}

#[test]
fn ours_shows_what_was_written_and_theirs_what_is_shown() {
    let theirs = item_at(1, true);
    assert_eq!(theirs.body.text, "Bonjour ! À quelle heure\u{a0}? Voir les horaires.");
    assert_eq!(theirs.body.links.len(), 1);
    let ours = item_at(0, true);
    assert!(ours.ours);
    assert_eq!(ours.body.text, "Le club de lecture reprend le **jeudi**.");
}

#[test]
fn a_private_message_is_one_conversation() {
    let (mut topic, post) = read(1);
    topic.private = true;
    let item = item(&post, &Under { topic: &topic, ours: false }, (None, None), &Me::new(&identity(SERVER)), SERVER);
    assert_eq!((item.kind, item.post, item.visibility), (Kind::Message, None, Some(Visibility::Direct)));
    assert_eq!(item.conversation, Some(topic_name(57)));
}

#[test]
fn a_topic_is_what_answers_hang_on() {
    let (told, first) = read(0);
    let item = super::topic(&told, Some(&first), true, SERVER);
    assert_eq!((item.remote.as_str(), item.kind), ("topic:57", Kind::Post));
    assert_eq!(item.body.text, "La rentrée du club\n\nLe club de lecture reprend le jeudi.");
}

#[test]
fn names_are_read_back() {
    assert_eq!(named(&post_name(5, 7)), Some(Named::Post { topic: 5, id: 7 }));
    assert_eq!(named(&topic_name(5)), Some(Named::Topic(5)));
    let queued = queued_name(5, "Bonjour à tous.\r\n");
    assert_eq!(queued, queued_name(5, "Bonjour à tous."));
    assert_eq!(named(&queued), Some(Named::Queued { topic: 5 }));
    for wrong in ["post:5", "post:0.1", "post:x.1", "comment:4", "", "topic:-1"] {
        assert_eq!(named(&RemoteId::new(wrong)), None, "{wrong}");
    }
}

#[test]
fn faces_are_found_wherever_they_are() {
    assert_eq!(face("/forum/x/{size}.png", SERVER).as_deref(), Some("https://exemple.test/forum/x/96.png"));
    assert_eq!(face("//cdn.exemple.test/{size}", SERVER).as_deref(), Some("https://cdn.exemple.test/96"));
    assert_eq!(face("https://cdn.exemple.test/{size}", SERVER).as_deref(), Some("https://cdn.exemple.test/96"));
    assert_eq!(face("javascript:alert(1)", SERVER), None);
    assert_eq!(face("", SERVER), None);
}
