//! The words people read: complete in French and in English, with the same parameters, each used and each there.
//!
//! `words/*.json` are flat: a dotted key, a sentence with `{parameters}`; a plural is the same key twice or more,
//! ending in `.one`, `.other` (and `.many` where the language has one). Code names a key whole, or builds its end
//! from a code of the core (`state.${state}`); then every key of that beginning counts as used.

use crate::house::{none, pages, read};
use std::collections::{BTreeMap, BTreeSet};

const PLURALS: &[&str] = &["zero", "one", "two", "few", "many", "other"];

fn words(language: &str) -> BTreeMap<String, String> {
    let text = read(&format!("words/{language}.json"));
    let read: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    read.as_object()
        .expect("an object of sentences")
        .iter()
        .map(|(key, sentence)| {
            let sentence = sentence.as_str().unwrap_or_else(|| panic!("{language} {key}: not a sentence"));
            (key.clone(), sentence.to_owned())
        })
        .collect()
}

/// The key without its plural ending, and that ending. `report.other` is no plural: it counts nothing, and no
/// sentence beside it ends in `.one`.
fn base<'a>(words: &BTreeMap<String, String>, key: &'a str) -> (&'a str, Option<&'a str>) {
    match key.rsplit_once('.') {
        Some((base, ending))
            if PLURALS.contains(&ending)
                && (words.contains_key(&format!("{base}.one"))
                    || words.get(key).is_some_and(|one| one.contains("{n}"))) =>
        {
            (base, Some(ending))
        }
        _ => (key, None),
    }
}

fn bases(words: &BTreeMap<String, String>) -> BTreeSet<&str> {
    words.keys().map(|key| base(words, key).0).collect()
}

fn parameters(sentence: &str) -> BTreeSet<&str> {
    sentence
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_'))
        .collect()
}

#[test]
fn both_languages_say_the_same_things() {
    let (french, english) = (words("fr"), words("en"));
    assert!(french.len() > 50, "too few words: {}", french.len());
    let mut offences = Vec::new();
    for key in bases(&french).difference(&bases(&english)) {
        offences.push(format!("en lacks {key}"));
    }
    for key in bases(&english).difference(&bases(&french)) {
        offences.push(format!("fr lacks {key}"));
    }
    let said = |words: &BTreeMap<String, String>, wanted: &str| -> BTreeSet<String> {
        words
            .iter()
            .filter(|(key, _)| base(words, key).0 == wanted)
            .flat_map(|(_, sentence)| parameters(sentence).into_iter().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    };
    for key in bases(&french).intersection(&bases(&english)) {
        let (fr, en) = (said(&french, key), said(&english, key));
        if fr != en {
            offences.push(format!("{key}: fr has {fr:?}, en has {en:?}"));
        }
    }
    none("words differ between the languages", offences);
}

#[test]
fn plurals_are_complete() {
    let mut offences = Vec::new();
    for language in ["fr", "en"] {
        let words = words(language);
        let mut endings: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for key in words.keys() {
            if let (base, Some(ending)) = base(&words, key) {
                endings.entry(base).or_default().insert(ending);
            }
        }
        for (key, endings) in &endings {
            for wanted in ["one", "other"] {
                if !endings.contains(wanted) {
                    offences.push(format!("{language} {key}: no .{wanted}"));
                }
            }
            if words.contains_key(*key) {
                offences.push(format!("{language} {key}: both plain and plural"));
            }
        }
    }
    none("a plural has one and other", offences);
}

#[test]
fn no_sentence_is_empty_or_left_in_the_other_language() {
    let (french, english) = (words("fr"), words("en"));
    let mut offences = Vec::new();
    for (language, words) in [("fr", &french), ("en", &english)] {
        for (key, sentence) in words {
            if sentence.trim().is_empty() {
                offences.push(format!("{language} {key}: empty"));
            }
            if sentence.matches('{').count() != sentence.matches('}').count() {
                offences.push(format!("{language} {key}: unbalanced braces"));
            }
        }
    }
    for (key, sentence) in &french {
        // A longer sentence that is the same in both was forgotten; a short one may be a name ("Mastodon").
        if english.get(key) == Some(sentence) && sentence.split_whitespace().count() >= 4 {
            offences.push(format!("{key}: the same in both"));
        }
        // French typography: a no-break space before these, never a plain one or none after a letter.
        if sentence.contains(" ?") || sentence.contains(" !") || sentence.contains(" ;") || sentence.contains("« ") {
            offences.push(format!("fr {key}: a plain space before or inside its punctuation"));
        }
        if sentence.contains('\'') && !key.starts_with("cli.") {
            offences.push(format!("fr {key}: a straight apostrophe"));
        }
    }
    none("a sentence is not finished", offences);
}

/// Literals of the code: what stands between quotes, with the beginnings of those that go on with a value.
struct Said {
    whole: BTreeSet<String>,
    beginnings: BTreeSet<String>,
}

fn is_key_like(text: &str) -> bool {
    text.contains('.')
        && text.len() < 80
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_' || c == '-')
}

fn said() -> Said {
    let mut said = Said { whole: BTreeSet::new(), beginnings: BTreeSet::new() };
    for page in pages() {
        let speaks = (page.under("ui/src/") && (page.ends(".ts") || page.ends(".svelte")))
            || (page.under("src-tauri/") && page.ends(".rs"));
        if !speaks || page.is_test() || page.ends("contract.ts") {
            continue;
        }
        for quote in ['"', '\'', '`'] {
            for piece in page.text.split(quote) {
                if is_key_like(piece) {
                    said.whole.insert(piece.to_owned());
                }
                // `state.${code}` in TypeScript, `state.{code}` in Rust's format!.
                if let Some((start, _)) = piece.split_once(if quote == '`' { "${" } else { "{" })
                    && start.ends_with('.')
                    && is_key_like(start)
                {
                    said.beginnings.insert(start.to_owned());
                }
                if piece.ends_with('.') && is_key_like(piece) {
                    said.beginnings.insert(piece.to_owned());
                }
            }
        }
    }
    said
}

#[test]
fn every_word_is_used() {
    let said = said();
    let french = words("fr");
    let unused = bases(&french)
        .into_iter()
        .filter(|key| !said.whole.contains(*key))
        .filter(|key| !said.beginnings.iter().any(|start| key.starts_with(start.as_str())))
        .map(str::to_owned)
        .collect();
    none("nobody says these words", unused);
}

#[test]
fn every_key_used_has_its_words() {
    let french = words("fr");
    let known = bases(&french);
    let mut offences = Vec::new();
    for page in pages() {
        if !page.under("ui/src/") || !(page.ends(".ts") || page.ends(".svelte")) || page.is_test() {
            continue;
        }
        // Calls of the two functions that word: t("key") and t('key').
        for opening in ["t(\"", "t('", "t(`", "plural(\"", "plural('"] {
            for (at, _) in page.text.match_indices(opening) {
                let before = page.text[..at].chars().next_back();
                if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.') {
                    continue;
                }
                let quote = opening.chars().next_back().expect("a quote");
                let key = page.text[at + opening.len()..].split(quote).next().unwrap_or_default();
                if is_key_like(key) && !known.contains(key) {
                    offences.push(format!("{}: {key}", page.place));
                }
            }
        }
    }
    none("a key has no words", offences);
}

#[test]
fn the_reader_of_words_sees() {
    let few = ["hits.one", "hits.other", "report.other", "owed.other"]
        .map(|key| (key.to_owned(), if key.starts_with("owed") { "{n} fils" } else { "mot" }.to_owned()));
    let few = BTreeMap::from(few);
    assert_eq!(base(&few, "hits.other"), ("hits", Some("other")));
    assert_eq!(base(&few, "owed.other"), ("owed", Some("other")));
    assert_eq!(base(&few, "report.other"), ("report.other", None));
    assert_eq!(parameters("{n} fils de {name}, {"), BTreeSet::from(["n", "name"]));
}
