//! Messages as they come: folded, encoded, mislabelled, cut.

#![allow(clippy::unwrap_used)]

use super::super::fake::fixture;
use super::*;

fn letter(name: &str) -> Letter {
    read(&fixture(name), false).unwrap()
}

fn of(text: &str) -> Letter {
    read(text.replace('\n', "\r\n").as_bytes(), false).unwrap()
}

#[test]
fn the_plain_text_is_taken_and_what_hangs_on_it_is_listed() {
    let letter = letter("question");
    assert_eq!(letter.subject, "Une question 📚");
    let wanted = Person { address: "lea.moreau@poste.example".into(), name: "Léa Moreau".into() };
    assert_eq!((letter.from.as_ref(), letter.id.as_deref()), (Some(&wanted), Some("CAF1x2y3@mail.poste.example")));
    assert_eq!(letter.date, Some(Millis(1_789_992_000_000)));
    assert_eq!(
        letter.text,
        "Bonjour,\n\nLivrez-vous le été comme l’hiver\u{a0}? Voir https://www.exemple.fr/livraison pour le reste.\n\n-- \nLéa"
    );
    let link = &letter.links[0];
    let units: Vec<u16> = letter.text.encode_utf16().collect();
    let linked = String::from_utf16(&units[link.start as usize..link.end as usize]).unwrap();
    assert_eq!(linked, "https://www.exemple.fr/livraison");
    // A picture inside the page is no attachment.
    let pdf = File {
        part: "2".into(),
        name: "bon de commande été.pdf".into(),
        media_type: "application/pdf".into(),
        size: Some(19),
    };
    assert_eq!((letter.files, letter.lang.as_deref()), (vec![pdf], Some("fr")));
    assert!(!letter.automatic && !letter.to_many);
}

#[test]
fn html_alone_is_read_as_text_and_fetches_nothing() {
    let letter = letter("answer");
    assert!(letter.text.starts_with("Merci\u{a0}!\nÀ mardi."), "{}", letter.text);
    assert!(letter.text.contains("> Le 21 septembre : voir"));
    assert_eq!(letter.links[0].url, "https://www.exemple.fr/");
    assert_eq!(letter.references, ["CAF1x2y3@mail.poste.example", "guichet.k1@librairie.test"]);
    assert_eq!(letter.in_reply_to.as_deref(), Some("guichet.k1@librairie.test"));
}

#[test]
fn machines_and_crowds_are_told_from_people() {
    let bounce = letter("bounce");
    assert_eq!((bounce.automatic, bounce.bounced.as_deref()), (true, Some("guichet.k7@librairie.test")));
    assert!(bounce.text.starts_with("I could not deliver"), "{}", bounce.text);
    let news = letter("newsletter");
    assert_eq!((news.automatic, news.to_many, news.text.as_str()), (false, true, "“Bonjour” – c’est lundi."));
    for (header, automatic) in
        [("Auto-Submitted: no", false), ("Auto-Submitted: auto-replied", true), ("Return-Path: <>", true)]
    {
        assert_eq!(of(&format!("From: a@b.test\n{header}\n\nx")).automatic, automatic, "{header}");
    }
}

#[test]
fn what_is_missing_or_wrong_leaves_the_rest() {
    assert_eq!(read(b"", false), None);
    let bare = of("From: nobody\nDate: yesterday\nMessage-ID: <>\n\nBonjour");
    assert_eq!((bare.from.clone(), bare.date, bare.id.clone(), bare.text.as_str()), (None, None, None, "Bonjour"));
    assert_eq!(bare.hash, of("From: nobody\nDate: yesterday\nMessage-ID: <>\n\nAutre").hash, "named by its header");
    let steered = of("From: \"a\u{1b}[31m\u{0}b\" <A@B.test>\nSubject: x\n y\n\n\u{1b}[2Jz\u{7}");
    let from = steered.from.unwrap();
    assert_eq!((from.name.as_str(), from.address.as_str(), steered.text.as_str()), ("a[31mb", "a@b.test", "[2Jz"));
    assert_eq!(steered.subject, "x y");
    let path = of(
        "From: a@b.test\nContent-Disposition: attachment; filename=\"../../x.exe\"\nContent-Type: application/x-y\n\nMZ",
    );
    assert_eq!((path.files[0].name.as_str(), path.files[0].part.as_str()), ("_.._x.exe", "1"));
    let long = of(&format!("From: a@b.test\n\n{}", "é ".repeat(200_000)));
    assert!(long.text.ends_with("[…]") && long.text.len() <= LONGEST_TEXT + 10);
}

#[test]
fn a_size_that_was_not_read_is_not_told() {
    let whole = fixture("question");
    let cut = read(&whole[..whole.len() - 190], true).unwrap();
    assert!(cut.text.starts_with("Bonjour"));
    assert_eq!(cut.files.last().unwrap().size, None);
}

#[test]
fn an_address_is_one_that_an_envelope_takes() {
    for good in ["a@b", "prenom.nom+boutique@exemple.fr", "léa@exemple.fr"] {
        assert!(is_address(good), "{good}");
    }
    for bad in ["", "a", "@b", "a@", "a b@c.fr", "a@b\r\nRCPT TO:<c@d>", "<a@b>", "a@b@c", "a@.fr", "\"a\"@b.fr"] {
        assert!(!is_address(bad), "{bad}");
    }
}
