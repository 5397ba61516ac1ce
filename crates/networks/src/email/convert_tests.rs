//! From messages to items: whose they are, what they belong to, when they were written.

#![allow(clippy::unwrap_used)]

use super::super::fake::{NOW, fixture, me};
use super::super::letter;
use super::*;
use guichet_model::HOUR;

fn told(name: &str) -> Item {
    let letter = letter::read(&fixture(name), false).unwrap();
    item(&letter, Some(NOW), Stood::Inbox, &me())
}

#[test]
fn every_fixture_as_it_stands_in_the_inbox() {
    let names = ["question", "answer", "form", "bounce", "newsletter"];
    let all: Vec<Item> = names.into_iter().map(told).collect();
    insta::assert_json_snapshot!(all);
}

#[test]
fn an_answer_belongs_to_the_first_of_its_references_and_a_report_to_what_came_back() {
    let answer = told("answer");
    assert_eq!(answer.conversation, Some(RemoteId::new("mid:CAF1x2y3@mail.poste.example")));
    assert_eq!(answer.conversation, told("question").conversation);
    let bounce = told("bounce");
    assert_eq!((bounce.conversation, bounce.author.bot), (None, true));
    assert_eq!(bounce.in_reply_to, Some(RemoteId::new("mid:guichet.k7@librairie.test")));
}

#[test]
fn whoever_is_to_be_answered_is_the_person() {
    let form = told("form");
    assert_eq!((form.author.handle.as_str(), form.author.name.as_str()), ("idris@courrier.example", "Idris B."));
    assert!(form.remote.as_str().starts_with("hash:") && form.body.text.starts_with("Contact\n\nBonjour"));
}

#[test]
fn a_message_under_our_own_id_is_not_ours_for_that() {
    let mut forged = letter::read(&fixture("form"), false).unwrap();
    forged.id = Some("guichet.k1@contact.test".into());
    assert_eq!(name(&forged, Stood::Inbox, &me()), names::by_id("guichet.k1@contact.test"), "another address's");
    forged.id = Some("guichet.k1@librairie.test".into());
    assert!(name(&forged, Stood::Inbox, &me()).as_str().starts_with("both:"));
    assert_eq!(name(&forged, Stood::Sent, &me()), names::by_id("guichet.k1@librairie.test"));
}

#[test]
fn a_date_is_believed_where_it_can_be_true() {
    let mut letter = letter::read(&fixture("question"), false).unwrap();
    for (date, arrived, wanted) in [
        (Some(NOW.plus(-HOUR)), Some(NOW), NOW.plus(-HOUR)),
        (Some(NOW.plus(-9 * DAY)), Some(NOW), NOW),
        (Some(NOW.plus(HOUR)), Some(NOW), NOW),
        (None, Some(NOW), NOW),
        (Some(NOW), None, NOW),
    ] {
        letter.date = date;
        assert_eq!(item(&letter, arrived, Stood::Inbox, &me()).at, wanted);
    }
}

#[test]
fn links_move_with_the_subject_that_is_put_above() {
    let item = told("question");
    let units: Vec<u16> = item.body.text.encode_utf16().collect();
    let link = &item.body.links[0];
    let linked = String::from_utf16(&units[link.start as usize..link.end as usize]).unwrap();
    assert_eq!(linked, "https://www.exemple.fr/livraison");
}
