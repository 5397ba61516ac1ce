//! Where a text stands, in every shape of thread.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::mastodon::fake::{ME, identity, status, with};
use serde_json::{Value, json};

/// Each status as `id kind conversation post`.
fn places(told: &[Value], named: &[&str]) -> Vec<String> {
    let me = Me::new(&identity("https://exemple.test"));
    let read: Vec<Status> = told.iter().map(|value| Status::read(value).unwrap()).collect();
    let named = named.iter().map(|id| (*id).to_owned()).collect();
    let thread = Thread::new(&read, &me, &named);
    let word = |id: &Option<RemoteId>| id.as_ref().map_or("-".to_owned(), |id| id.0.clone());
    let line = |status: &Status| {
        let placing = thread.place(status);
        format!("{} {:?} {} {}", status.id, placing.kind, word(&placing.conversation), word(&placing.post))
    };
    read.iter().map(line).collect()
}

fn direct(value: Value) -> Value {
    with(value, "visibility", json!("direct"))
}

#[test]
fn each_first_answer_under_our_post_opens_a_conversation() {
    let thread = [
        status("P", ME, None, 90, "vitrine"),
        status("A", "lea", Some("P"), 80, "bravo"),
        status("A2", ME, Some("A"), 70, "merci"),
        status("A3", "hugo", Some("A2"), 60, "d'accord"),
        status("B", "zoe", Some("P"), 50, "et le prix ?"),
    ];
    assert_eq!(
        places(&thread, &[]),
        ["P Post - -", "A Comment A P", "A2 Comment A P", "A3 Comment A P", "B Comment B P"]
    );
}

#[test]
fn a_post_may_be_several_of_ours_in_a_row() {
    let thread = [
        status("P", ME, None, 90, "1/2"),
        status("Q", ME, Some("P"), 80, "2/2"),
        status("A", "lea", Some("Q"), 70, "bravo"),
        status("B", "zoe", Some("P"), 60, "oui"),
    ];
    assert_eq!(places(&thread, &[]), ["P Post - -", "Q Post - -", "A Comment A Q", "B Comment B P"]);
}

#[test]
fn elsewhere_the_thread_is_one_conversation_hung_on_its_root() {
    let thread = [
        status("R", "lea", None, 90, "une idée ?"),
        status("S", "hugo", Some("R"), 80, "demande à @librairie"),
        status("T", ME, Some("S"), 70, "bonjour"),
    ];
    assert_eq!(places(&thread, &[]), ["R Post - -", "S Mention R R", "T Mention R R"]);
}

#[test]
fn a_root_that_names_us_is_itself_the_first_text() {
    let thread = [status("R", "lea", None, 90, "@librairie ouvert ?"), status("T", ME, Some("R"), 70, "oui")];
    assert_eq!(places(&thread, &[]), ["R Mention R -", "T Mention R -"]);
    // snac: the list of names is empty, and the notification or the link in the text says it.
    let silent = [status("R", "lea", None, 90, "ouvert ?"), status("T", ME, Some("R"), 70, "oui")];
    assert_eq!(places(&silent, &["R"]), ["R Mention R -", "T Mention R -"]);
    let link = "<a href=\"https://exemple.test/@librairie\" class=\"u-url mention\">@x</a> ouvert ?";
    let linked = [status("R", "lea", None, 90, link), status("T", ME, Some("R"), 70, "oui")];
    assert_eq!(places(&linked, &[]), ["R Mention R -", "T Mention R -"]);
}

#[test]
fn a_private_exchange_begins_with_its_first_private_text() {
    let thread = [
        status("P", ME, None, 90, "vitrine"),
        status("A", "lea", Some("P"), 80, "bravo"),
        direct(status("D", ME, Some("A"), 70, "en privé")),
        direct(status("E", "lea", Some("D"), 60, "merci")),
        status("F", "lea", Some("E"), 50, "@librairie tout haut"),
    ];
    assert_eq!(
        places(&thread, &[]),
        ["P Post - -", "A Comment A P", "D Message D -", "E Message D -", "F Mention F -"]
    );
}

#[test]
fn chains_that_loop_or_lead_nowhere_end() {
    let thread = [
        status("X", "lea", Some("Y"), 9, "x"),
        status("Y", "lea", Some("X"), 8, "y"),
        status("Z", "lea", Some("?"), 7, "z"),
    ];
    assert_eq!(places(&thread, &["Z"]).len(), 3);
}

#[test]
fn places_once_learnt_need_no_reading_again() {
    let me = Me::new(&identity("https://exemple.test"));
    let read = |value: Value| Status::read(&value).unwrap();
    let mut known = Places::default();
    let of = |known: &Places, value: Value, named| known.of(&read(value), &me, named);
    assert_eq!(
        of(&known, status("A", "lea", None, 9, "@librairie"), false),
        Some(Placing::new(Kind::Mention, Some("A"), None))
    );
    assert_eq!(
        of(&known, status("A", "lea", None, 9, "muet"), true),
        Some(Placing::new(Kind::Mention, Some("A"), None))
    );
    assert_eq!(of(&known, status("A", "lea", Some("P"), 9, "x"), true), None);
    known.learn("P", Placing::new(Kind::Post, None, None), true);
    let comment = of(&known, status("A", "lea", Some("P"), 9, "x"), true).unwrap();
    assert_eq!(comment, Placing::new(Kind::Comment, Some("A"), Some("P")));
    known.learn("A", comment.clone(), false);
    assert_eq!(of(&known, status("B", ME, Some("A"), 8, "x"), false), Some(comment));
    assert_eq!(of(&known, status("Q", ME, Some("P"), 8, "x"), false), Some(Placing::new(Kind::Post, None, None)));
    let private = of(&known, direct(status("D", "lea", Some("A"), 8, "x")), true).unwrap();
    assert_eq!(private, Placing::new(Kind::Message, Some("D"), None));
}
