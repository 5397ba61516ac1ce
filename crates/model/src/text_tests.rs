//! The shared cases, and those of Mastodon's own validator (spec/validators/status_length_validator_spec.rb), and their neighbours.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::RemoteId;
use proptest::prelude::*;
use serde::Deserialize;

fn limit() -> TextLimit {
    TextLimit { most: 500, unit: TextUnit::Graphemes, bytes: None, link_counts: Some(23), mention_domain_free: true }
}

fn counts(text: &str) -> u32 {
    count(text, None, &limit())
}

#[test]
fn characters_are_what_people_see() {
    assert_eq!(counts(""), 0);
    assert_eq!(counts("   "), 0);
    assert_eq!(counts(&"a".repeat(501)), 501);
    assert_eq!(counts(&"✨".repeat(500)), 500);
    assert_eq!(counts(&"🏳️‍⚧️".repeat(500)), 500);
    assert_eq!(counts("👨‍👩‍👧‍👦"), 1);
    assert_eq!(counts("🇫🇷🇧🇪"), 2);
    assert_eq!(counts("e\u{301}te\u{301}"), 3);
    assert_eq!(counts("été\r\nici"), 7);
}

#[test]
fn the_warning_counts_too() {
    assert_eq!(count(&"a".repeat(250), Some(&"b".repeat(251)), &limit()), 501);
    // Its addresses are not shortened.
    assert_eq!(count("", Some("https://exemple.fr/une/page/assez/longue"), &limit()), 40);
}

#[test]
fn a_link_counts_23_whatever_its_length() {
    assert_eq!(counts(&format!("{} http://{}.com/example", "a".repeat(476), "b".repeat(30))), 500);
    assert_eq!(counts("https://a.fr"), 23);
    assert_eq!(counts("https://exemple.fr/chemin_(parenthèses)?q=1&r=é#fin, et"), 23 + 4);
    assert_eq!(counts("(https://exemple.fr/page)"), 25);
    assert_eq!(counts("https://exemple.fr."), 24);
    assert_eq!(counts("https://exemple.fr/page. Fin"), 23 + 5);
    assert_eq!(counts("HTTPS://EXEMPLE.FR:8443/x"), 23);
    assert_eq!(counts("https://éléphant.fr/ https://例え.jp/道"), 23 + 1 + 23);
    assert_eq!(counts("https://a.fr https://b.fr"), 47);
}

#[test]
fn what_would_not_be_linked_counts_in_full() {
    assert_eq!(counts(&format!("{}http://{}.com/example", "a".repeat(476), "b".repeat(30))), 476 + 7 + 30 + 12);
    let long = format!("http://example.com/valid?{}", "#foo?".repeat(1_000));
    assert_eq!(counts(&long), long.chars().count() as u32);
    assert_eq!(counts("exemple.fr/une/page/qui/est/longue"), 34);
    assert_eq!(counts("https://localhost/x"), 19);
    assert_eq!(counts("https://exemple.pasunefin/abcdefghijk"), 37);
    assert_eq!(counts("ftp://exemple.fr/"), 17);
    assert_eq!(counts("@https://exemple.fr/abcdefghijklmnop"), 36);
}

#[test]
fn the_domain_of_a_mention_is_free() {
    assert_eq!(counts(&format!("{} @alice@{}.com", "a".repeat(475), "b".repeat(30))), 475 + 7);
    assert_eq!(counts("@lea@exemple.social, bonjour"), 4 + 9);
    assert_eq!(counts("@lea bonjour"), 12);
    let long = format!("@alice@{}.com", "b".repeat(500));
    assert_eq!(counts(&long), long.len() as u32);
    assert_eq!(counts("moi@exemple.fr"), 14);
    assert_eq!(counts("https://exemple.social/@lea@autre.social"), 23);
    assert_eq!(counts("@lea@exemple.social@encore"), 26);
}

#[test]
fn a_server_with_other_numbers_is_counted_by_them() {
    let snac = TextLimit { most: 100_000, link_counts: Some(32), ..limit() };
    assert_eq!(count("https://a.fr", None, &snac), 32);
    let plain = TextLimit { link_counts: None, mention_domain_free: false, ..limit() };
    assert_eq!(count("https://a.fr @lea@a.fr", None, &plain), 22);
    let none = TextLimit { link_counts: Some(0), ..limit() };
    assert_eq!(count("https://a.fr", None, &none), 1);
    let bytes = TextLimit { unit: TextUnit::Bytes, ..plain };
    assert_eq!(count("é", None, &bytes), 2);
}

fn mentioned(text: &str) -> Vec<&str> {
    mentions(text).map(|(_, handle)| handle).collect()
}

#[test]
fn the_people_a_text_addresses() {
    assert_eq!(mentioned("@lea, @hugo@b.test. moi@c.test (@zoe) https://d.test/@max"), ["lea", "hugo@b.test", "zoe"]);
    assert_eq!(mentioned("@a.b-c_d@x.y-z.test"), ["a.b-c_d@x.y-z.test"]);
    assert!(mentioned("rien @ dire").is_empty());
}

#[test]
fn every_expression_compiles() {
    for pattern in [&MENTION, &LINK_START, &HOST, &PORT, &QUERY] {
        assert!(pattern.is_some());
    }
}

#[test]
fn a_long_text_is_counted_while_typing() {
    let long = "@lea@exemple.social https://exemple.fr/a_(b_(c)) ((((( mots ".repeat(2_000);
    assert!(counts(&long) > 0);
    assert!(counts(&"(".repeat(20_000)) == 20_000);
    assert!(counts(&format!("https://a.fr/{}", "(".repeat(20_000))) > 20_000);
}

#[derive(Deserialize)]
struct Case {
    name: String,
    text: String,
    warning: Option<String>,
    #[serde(default)]
    to: Vec<String>,
    counts: u32,
}

fn addressees(handles: &[String]) -> Vec<Addressee> {
    let addressee = |handle: &String| Addressee { remote: RemoteId::new(handle.clone()), handle: handle.clone() };
    handles.iter().map(addressee).collect()
}

#[test]
fn counts_the_shared_cases() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("text_cases.json")).unwrap();
    for case in cases {
        let whole = addressed(&case.text, &addressees(&case.to), "exemple.social");
        let counted = count(&whole, case.warning.as_deref(), &limit());
        assert_eq!(counted, case.counts, "{}", case.name);
    }
}

#[test]
fn counts_each_unit() {
    let of = |unit| {
        let limit = TextLimit { most: 280, unit, bytes: None, link_counts: None, mention_domain_free: false };
        count("é👍🏽 ok", None, &limit)
    };
    assert_eq!(of(TextUnit::Graphemes), 5);
    assert_eq!(of(TextUnit::Characters), 6);
    assert_eq!(of(TextUnit::Bytes), 13);
    assert_eq!(of(TextUnit::Weighted), 6);
}

/// As Bluesky limits a post: 300 graphemes and 3,000 bytes.
fn both() -> TextLimit {
    TextLimit {
        most: 300,
        unit: TextUnit::Graphemes,
        bytes: Some(3_000),
        link_counts: None,
        mention_domain_free: false,
    }
}

#[test]
fn of_two_limits_the_nearer_tells() {
    let of = |text: &str| {
        let measure = measure(text, None, &both());
        (measure.count, measure.most, measure.bytes, measure.over())
    };
    let family = "👨‍👩‍👧‍👦";
    assert_eq!(family.len(), 25);
    assert_eq!(of("Merci"), (5, 300, false, 0));
    assert_eq!(of(&"a".repeat(301)), (301, 300, false, 1));
    assert_eq!(of(&family.repeat(60)), (60, 300, false, 0), "half the bytes: nobody is told yet");
    assert_eq!(of(&family.repeat(61)), (1_525, 3_000, true, 0));
    assert_eq!(of(&family.repeat(121)), (3_025, 3_000, true, 25));
    assert_eq!(of(&format!("{}{}", "a".repeat(301), family.repeat(120))), (421, 300, false, 121));
    assert_eq!(of(&format!("  {}  ", " ".repeat(4_000))), (0, 300, false, 0));
    let bytes = TextLimit { most: 1_000, unit: TextUnit::Bytes, bytes: None, ..both() };
    assert_eq!(measure("été", None, &bytes), Measure { count: 5, most: 1_000, bytes: true });
}

proptest! {
    #[test]
    fn what_is_over_either_limit_is_over(families in 0..140_usize, letters in 0..320_usize, accents in 0..320_usize) {
        let limit = both();
        let text = ["👨‍👩‍👧‍👦".repeat(families), "a".repeat(letters), "é".repeat(accents)].concat();
        let over = count(&text, None, &limit) > limit.most || text.len() > 3_000;
        prop_assert_eq!(measure(&text, None, &limit).over() > 0, over);
    }

    #[test]
    fn never_breaks_on_any_text(text in ".{0,200}") {
        let counted = count(&text, None, &limit());
        prop_assert!(u32::try_from(text.chars().count()).unwrap() + 23 * 30 >= counted);
        for (at, handle) in mentions(&text) {
            prop_assert_eq!(&text[at + 1..at + 1 + handle.len()], handle);
        }
    }
}

#[test]
fn what_is_shown_is_what_was_sent() {
    assert_eq!(normal("@Lea@exemple.social  Voir https://exemple.fr/page/ !"), normal("@lea Voir exemple.fr/page !"));
    assert_ne!(normal("@lea oui"), normal("@lea non"));
    assert_ne!(normal("@lea oui"), normal("oui"));
}
