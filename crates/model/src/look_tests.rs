//! One example is shown, and the next mail of its shape is read: other names, other titles, other lengths, in French and
//! in English. What has another shape is not.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use proptest::prelude::*;

fn told(from: &str, subject: &str, body: &str) -> Told {
    Told {
        domain: "reseau.example".into(),
        from: from.into(),
        subject: subject.into(),
        body: body.into(),
        ..Told::default()
    }
}

/// The piece that reads so, the first one from the body's beginning, or from the mail's.
fn shown(told: &Told, said: &str, in_body: bool) -> Piece {
    let whole = told.whole();
    let from = if in_body { whole.len() - told.body.len() } else { 0 };
    let start = from + whole[from..].find(said).expect("it stands there");
    let units = |text: &str| u32::try_from(text.encode_utf16().count()).unwrap();
    let start_unit = units(&whole[..start]);
    told.piece(Span { start: start_unit, end: start_unit + units(said) }).expect("a piece")
}

fn learnt(told: &Told, author: Option<&str>, text: &str) -> Look {
    let author = author.map(|author| shown(told, author, false));
    let look = Look::learn(told, author, shown(told, text, true)).expect("a look");
    // It goes through the store.
    serde_json::from_str(&serde_json::to_string(&look).unwrap()).unwrap()
}

fn read(look: &Look, told: &Told) -> Option<(Option<String>, String)> {
    look.read(told)
}

fn both(author: &str, text: &str) -> Option<(Option<String>, String)> {
    Some((Some(author.into()), text.into()))
}

#[test]
fn the_next_mail_of_its_shape_is_read() {
    // A sentence with a title in quotes, the text in quotes, a button.
    let facebook = |name: &str, title: &str, text: &str, link: u32| {
        told(
            "Facebook",
            &format!("{name} réagit à « {title} »"),
            &format!(
                "Du nouveau sur votre Page.\n\n{name} réagit à « {title} »\n« {text} »\nOuvrir\nhttps://reseau.example/{link}\n\nMeta"
            ),
        )
    };
    let look = learnt(
        &facebook("Léa Roy", "Soirée de mars", "On peut venir à 7 ?", 1),
        Some("Léa Roy"),
        "On peut venir à 7 ?",
    );
    let next = facebook("O’Neil & fils", "12 choses", "Deux\n\nlignes « citées » ici", 22);
    assert_eq!(read(&look, &next), both("O’Neil & fils", "Deux\n\nlignes « citées » ici"));

    // The name alone on its line, its handle below, a title above.
    let video = |title: &str, name: &str, text: &str| {
        told(
            "Vidéos",
            "A new comment",
            &format!("Someone wrote under your video\n\n{title}\n{name}\n{text}\nAnswer\nhttps://v.example/9"),
        )
    };
    let look = learnt(&video("The long ride", "noa.w", "Which grease?"), Some("noa.w"), "Which grease?");
    assert_eq!(read(&look, &video("How to 3", "petra", "Same\nhere")), both("petra", "Same\nhere"));

    // The name in the sender's, the text up to the end.
    let direct = |name: &str, text: &str| {
        told(&format!("{name} via Réseau"), "Un message", &format!("Vous avez un message\n\n{text}"))
    };
    let look = learnt(&direct("Ada", "Bonjour"), Some("Ada"), "Bonjour");
    assert_eq!(
        read(&look, &direct("Max Keller", "Deux mots\n\net trois")),
        both("Max Keller", "Deux mots\n\net trois")
    );

    // The next line is a day, and the one after it says whose it was.
    let dated = |name: &str, text: &str, day: &str| {
        told("R", "News", &format!("{name} mentioned Quai in a post.\n\n{name}\n{text}\n{day}\n\nAnswer {name} there"))
    };
    let look = learnt(&dated("Tom", "For her 80th.", "November 18 at 11:40"), Some("Tom"), "For her 80th.");
    assert_eq!(
        read(&look, &dated("Ann Reid", "Two\n\nparts 3\nof it", "2 December")),
        both("Ann Reid", "Two\n\nparts 3\nof it")
    );

    // Nobody is named.
    let nobody =
        |text: &str| told("Avis", "Un avis", &format!("Note : 4\n\nCommentaire :\n{text}\n\nRépondre à l’avis"));
    let look = learnt(&nobody("Bon pain."), None, "Bon pain.");
    assert_eq!(read(&look, &nobody("Pain\ncuit.")), Some((None, "Pain\ncuit.".into())));
}

#[test]
fn what_has_another_shape_is_not_read() {
    let mail = told("R", "Léa a commenté", "Léa a commenté\n\nLéa a dit ceci :\nBonjour\nVoir ici");
    let look = learnt(&mail, Some("Léa"), "Bonjour");
    assert_eq!(read(&look, &told("R", "Votre code", "Votre code : 314\nVoir ici")), None);
    assert_eq!(read(&look, &told("R", "Léa a commenté", "Rien à lire")), None, "an author alone is not enough");
    // What stands around nothing of the form's own is no look.
    let bare = told("", "", "Bonjour");
    let all = shown(&bare, "Bonjour", true);
    assert_eq!(Look::learn(&bare, Some(all), all), None);
    // A text in the subject, or across two places, is none.
    let whole = u32::try_from(mail.whole().len()).unwrap();
    assert_eq!(mail.piece(Span { start: 0, end: whole }), None);
    assert_eq!(mail.piece(Span { start: 3, end: 3 }), None);
    assert_eq!(Look::learn(&mail, None, shown(&mail, "Léa", false)), None);
}

#[test]
fn what_is_shown_with_its_quotes_and_spaces_is_the_same() {
    let mail = told("R", "Léa a commenté", "Léa a écrit :\n«  Deux places 🥐 ? »\nVoir");
    let exact = shown(&mail, "Deux places 🥐 ?", true);
    assert_eq!(shown(&mail, "«  Deux places 🥐 ? »", true), exact);
    assert_eq!(shown(&mail, " Deux places 🥐 ? ", true), exact);
    assert_eq!(mail.said(exact), "Deux places 🥐 ?");
}

proptest! {
    #[test]
    fn whatever_is_shown_a_look_reads_its_own_example(
        body in "([A-Za-zé«»\"{}:. 0-9🥐]{0,14}\n?){0,9}", subject in "[A-Za-zé «»]{0,20}", a in 0u32..90, b in 0u32..30, c in 0u32..150, d in 0u32..60,
    ) {
        let mail = told("Réseau", &subject, body.trim());
        let author = mail.piece(Span { start: a, end: a + b });
        if let Some(text) = mail.piece(Span { start: c, end: c + d })
            && let Some(look) = Look::learn(&mail, author, text)
        {
            let read = look.text(&mail, author.map(|piece| mail.said(piece)));
            prop_assert_eq!(read.as_deref(), Some(mail.said(text)));
            if let Some(author) = author {
                let found = look.author(&mail);
                prop_assert_eq!(found.as_deref(), Some(mail.said(author)));
            }
        }
    }
}
