//! Where the words found are shown.

#![allow(clippy::unwrap_used)]

use super::*;

fn shown(said: &str, phrases: &[(&str, bool)]) -> (String, Vec<String>) {
    let wanted: Vec<_> =
        phrases.iter().map(|(words, open)| Phrase { words: fold::words(words), open: *open }).collect();
    let (excerpt, marks) = around(said, &wanted);
    let units: Vec<u16> = excerpt.encode_utf16().collect();
    let marked =
        marks.iter().map(|(from, to)| String::from_utf16(&units[*from as usize..*to as usize]).unwrap()).collect();
    (excerpt, marked)
}

#[test]
fn marks_count_as_the_web_view_counts() {
    let (excerpt, marked) = shown("🎂🎂 Merciiii à l’Équipe !\nÀ bientôt", &[("merci", false), ("equ", true)]);
    assert_eq!(excerpt, "🎂🎂 Merciiii à l’Équipe ! À bientôt");
    assert_eq!(marked, ["Merciiii", "Équipe"]);
}

#[test]
fn a_phrase_is_marked_whole_and_plurals_too() {
    let (_, marked) = shown("Frais du port ? Les frais de ports sont chers.", &[("frais de port", false)]);
    assert_eq!(marked, ["frais de ports"]);
}

#[test]
fn a_long_text_is_cut_at_words_around_the_first() {
    let long = format!("{}ma commande{}", "avant ".repeat(60), " après".repeat(60));
    let (excerpt, marked) = shown(&long, &[("commande", false)]);
    assert_eq!(marked, ["commande"]);
    assert!(excerpt.starts_with("…avant") && excerpt.ends_with("après…"), "{excerpt}");
    assert!(excerpt.chars().count() <= LENGTH + 2, "{excerpt}");
}

#[test]
fn nothing_to_mark_shows_the_beginning() {
    assert_eq!(shown("Court.", &[]), ("Court.".into(), vec![]));
    let endless = "x".repeat(500);
    assert_eq!(shown(&endless, &[]).0.chars().count(), LENGTH + 1);
}
