//! What strangers' programs write can be read again, and keeps to the rules that this house asks of ours.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::email::mime::words;
use crate::email::text::complaint;

const TEXT: &str = "Déjà vu ? « Été » : 3 < 4 & 5 = 5.\n\n.Un point au début, et une ligne qui est vraiment très longue, si longue qu’aucun programme ne la laisse entière quand il écrit du courrier. \nFin";

fn letter(form: Form, answers: Option<&Answered>) -> Vec<u8> {
    written(&Letter {
        from: ("Zoé, l’été", "zoe@poste.example"),
        to: "accueil@quaivert.example",
        subject: "Réservation pour un très grand groupe, avec une poussette et des échelles",
        text: TEXT,
        at_ms: 1_795_000_000_000,
        id: "000001.abcd@poste.example",
        answers,
        form,
    })
}

#[test]
fn every_form_can_be_read_again() {
    let spaced = TEXT.replace(". \n", ".\n");
    for form in [
        Form::Plain,
        Form::Quoted,
        Form::Base64,
        Form::Both,
        Form::Attached,
        Form::Heavy,
        Form::Nested,
        Form::Auto,
        Form::List,
    ] {
        assert_eq!(words(&letter(form, None)), TEXT, "{form:?}");
    }
    assert_eq!(words(&letter(Form::Flowed, None)), spaced);
    assert_eq!(words(&letter(Form::Latin1, None)).replace('\'', "’"), TEXT);
    assert!(words(&letter(Form::Html, None)).contains("3 &lt; 4 &amp; 5 = 5.<br>"));
}

#[test]
fn every_form_but_the_bare_one_keeps_the_rules() {
    let answered = Answered {
        id: "b@x.example".into(),
        references: vec!["a@x.example".into()],
        words: "Bonjour".into(),
        header: b"Subject: x\r\n".to_vec(),
    };
    let forms =
        [Form::Plain, Form::Quoted, Form::Base64, Form::Latin1, Form::Flowed, Form::Html, Form::Both, Form::Attached];
    for form in forms.into_iter().chain([Form::Nested, Form::Auto, Form::Bounce, Form::List]) {
        for answers in [None, Some(&answered)] {
            let mail = letter(form, answers);
            let why = complaint(&mail, "zoe@poste.example", true).map(|one| one.0);
            assert_eq!(why, None, "{form:?}: {}", String::from_utf8_lossy(&mail));
            let text = String::from_utf8_lossy(&mail);
            assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "{form:?}");
        }
    }
    let both = words(&letter(Form::Both, Some(&answered)));
    assert!(both.ends_with("> Bonjour") && both.starts_with(TEXT));
    assert!(complaint(&letter(Form::Bare, None), "zoe@poste.example", true).is_some());
    assert!(complaint(&letter(Form::Plain, None), "zoe@poste.example", false).is_some(), "8 bits unannounced");
    assert!(complaint(&letter(Form::Plain, None), "autre@poste.example", true).is_some(), "somebody else's name");
}
