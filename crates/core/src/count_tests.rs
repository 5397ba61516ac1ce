//! The shared cases, and what only the shown count must hold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use guichet_model::RemoteId;
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    text: String,
    warning: Option<String>,
    #[serde(default)]
    to: Vec<String>,
    counts: u32,
}

fn mastodon() -> TextLimit {
    TextLimit { most: 500, unit: TextUnit::Graphemes, link_counts: Some(23), mention_domain_free: true }
}

fn addressees(handles: &[String]) -> Vec<Addressee> {
    let addressee = |handle: &String| Addressee { remote: RemoteId::new(handle.clone()), handle: handle.clone() };
    handles.iter().map(addressee).collect()
}

#[test]
fn counts_the_shared_cases() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("count_cases.json")).unwrap();
    for case in cases {
        let whole = addressed(&case.text, &addressees(&case.to), "exemple.social");
        let counted = count(&whole, case.warning.as_deref(), &mastodon());
        assert_eq!(counted, case.counts, "{}", case.name);
    }
}

#[test]
fn counts_each_unit() {
    let of = |unit| {
        let limit = TextLimit { most: 280, unit, link_counts: None, mention_domain_free: false };
        count("é👍🏽 ok", None, &limit)
    };
    assert_eq!(of(TextUnit::Graphemes), 5);
    assert_eq!(of(TextUnit::Characters), 6);
    assert_eq!(of(TextUnit::Bytes), 13);
    assert_eq!(of(TextUnit::Weighted), 6);
}

#[test]
fn names_the_mentions() {
    let text = "Oui @lea@exemple.social, et @paul. Pas moi@exemple.fr ni https://exemple.fr/@x";
    let found: Vec<_> = mentions(text).map(|(_, handle)| handle).collect();
    assert_eq!(found, ["lea@exemple.social", "paul"]);
}

proptest! {
    #[test]
    fn never_breaks_on_any_text(text in ".{0,200}") {
        let counted = count(&text, None, &mastodon());
        prop_assert!(u32::try_from(text.chars().count()).unwrap() + 23 * 30 >= counted);
        for (at, handle) in mentions(&text) {
            prop_assert_eq!(&text[at + 1..at + 1 + handle.len()], handle);
        }
    }
}
