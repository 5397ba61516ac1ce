//! The bytes of an answer: read back, they say what was meant, whatever was in the letter answered.

#![allow(clippy::unwrap_used)]

use super::super::fake::NOW;
use super::*;
use proptest::prelude::*;

fn person(address: &str, name: &str) -> Person {
    Person { address: address.into(), name: name.into() }
}

fn answered() -> Letter {
    Letter { id: Some("q1@lea.test".into()), subject: "Une question".into(), ..Letter::default() }
}

fn made(to: &Person, answered: &Letter, text: &str) -> String {
    let me = person("contact@librairie.test", "Librairie du Port");
    message("guichet.k1@librairie.test", &me, to, answered, text, NOW).unwrap()
}

#[test]
fn it_is_the_message_that_a_mail_program_would_write() {
    let mut thread = answered();
    thread.references = vec!["a@x.test".into(), "b@x.test".into()];
    let text = "Oui, le mardi.\n.\nFrom ici\n\nÀ bientôt 👋";
    insta::assert_snapshot!(
        made(&person("lea@lea.test", "Léa \"la\" <Moreau>, Cie"), &thread, text).replace("\r\n", "\n")
    );
}

#[test]
fn the_subject_is_answered_once() {
    for (told, wanted) in [
        ("Une question", "Re: Une question"),
        ("Re: Une question", "Re: Une question"),
        ("RE : Re: AW: Une question", "Re: Une question"),
        ("Avis : fermeture", "Re: Avis : fermeture"),
        ("", "Re:"),
    ] {
        assert_eq!(subject(told), wanted);
    }
}

#[test]
fn a_long_thread_keeps_its_beginning_and_its_end() {
    let mut thread = answered();
    thread.references = (0..60).map(|n| format!("{n}@x.test")).collect();
    thread.references.push("un mauvais\u{7f}".into());
    let all = references(&thread, "q1@lea.test");
    assert_eq!((all.len(), all[0].as_str(), all[1].as_str()), (21, "0@x.test", "41@x.test"));
    assert_eq!(all[20], "q1@lea.test");
}

#[test]
fn an_international_domain_is_written_in_ascii_and_other_letters_before_it_are_not_offered() {
    assert_eq!(deliverable(person("lea@café.test", "")).unwrap().address, "lea@xn--caf-dma.test");
    assert!(deliverable(person("léa@cafe.test", "")).is_err());
}

fn subject_of(told: &str) -> String {
    super::subject(told).strip_prefix("Re:").unwrap().trim().to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_is_written_comes_back(text in "[\\PC\n\t ]{1,400}", name in "\\PC{0,60}", subject in "\\PC{0,120}") {
        prop_assume!(!text.trim().is_empty());
        let text = text.trim();
        let to = person("lea@lea.test", &letter::line(&name));
        let thread = Letter { subject: letter::line(&subject), ..answered() };
        let written = made(&to, &thread, text);
        prop_assert!(written.is_ascii() && one_kind_of_line(&written));
        let read = letter::read(written.as_bytes(), false).unwrap();
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        prop_assert_eq!(words(&read.text), words(text));
        prop_assert_eq!(read.to.len(), 1);
        prop_assert_eq!(&read.to[0].address, "lea@lea.test");
        prop_assert_eq!(words(&read.to[0].name), words(&to.name));
        prop_assert_eq!(words(&read.subject), words(&format!("Re: {}", subject_of(&thread.subject))));
        prop_assert_eq!(read.id.as_deref(), Some("guichet.k1@librairie.test"));
        prop_assert_eq!(read.in_reply_to.as_deref(), Some("q1@lea.test"));
        prop_assert_eq!(read.date, Some(NOW));
    }
}

#[test]
fn no_line_of_a_letter_is_longer_than_a_line_may_be() {
    let text =
        "Bonjour Margaret, le théâtre est au bout du quai : tram B, arrêt Quai Vert, puis 3 minutes à pied. ".repeat(3);
    let part = plain_text(&format!("{text}\nBien à vous ,\n.seul\nFrom ici \n"));
    let mut written = Vec::new();
    part.write_part(&mut written).unwrap();
    let written = String::from_utf8(written).unwrap();
    assert!(written.lines().all(|line| line.len() <= 76), "{written}");
    assert!(written.contains("quoted-printable") && !written.contains(" \r\n"), "{written}");
}
