//! The first name in a display name, when there is one: `Léa ✨ (elle)` is Léa, `Librairie du Port` is nobody's.
//!
//! A wrong name is worse than none, since a missing one is marked and asked for: when in doubt, none.

use crate::leak::plain;
use unicode_normalization::UnicodeNormalization;

/// First words that announce something else than a first name, folded.
const NOT_NAMES: [&str; 64] = [
    "m",
    "mr",
    "mme",
    "mlle",
    "dr",
    "pr",
    "me",
    "monsieur",
    "madame",
    "mademoiselle",
    "docteur",
    "maitre",
    "mrs",
    "ms",
    "miss",
    "sir",
    "le",
    "la",
    "les",
    "un",
    "une",
    "des",
    "du",
    "de",
    "the",
    "a",
    "an",
    "mon",
    "ma",
    "mes",
    "my",
    "nos",
    "notre",
    "our",
    "asso",
    "association",
    "collectif",
    "club",
    "mairie",
    "ville",
    "commune",
    "librairie",
    "cafe",
    "bar",
    "restaurant",
    "boutique",
    "theatre",
    "festival",
    "radio",
    "journal",
    "studio",
    "ecole",
    "lycee",
    "college",
    "syndicat",
    "union",
    "federation",
    "groupe",
    "team",
    "equipe",
    "maison",
    "musee",
    "office",
    "support",
];

/// `None` where no word looks like a first name, or where the display name only repeats the handle.
pub(super) fn first_name(display: &str, handle: &str) -> Option<String> {
    let shown = without_emoji_names(display);
    let user = handle.trim_start_matches('@').split('@').next()?;
    let word =
        shown.split(|c: char| c.is_whitespace() || "|/•·,(:".contains(c)).map(letters).find(|word| !word.is_empty())?;
    let folded = plain(&word);
    let count = word.chars().count();
    let alone = shown.split_whitespace().count() == 1;
    // « lea_bzh » tells a handle; « Léa » under @lea tells a name.
    let repeats = alone && shown.trim() == user && !word.starts_with(char::is_uppercase);
    if repeats || !(2..=20).contains(&count) || NOT_NAMES.contains(&folded.as_str()) {
        return None;
    }
    let named = word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’'));
    named.then(|| written(&word))
}

/// The display name as one writes it in a sentence: without emoji names, symbols and doubled spaces.
pub(super) fn display_name(display: &str) -> Option<String> {
    let shown: String = without_emoji_names(display).chars().map(|c| if decorates(c) { ' ' } else { c }).collect();
    let name = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    name.chars().any(char::is_alphanumeric).then_some(name)
}

/// Custom emoji stand in names as `:blobcat:`.
fn without_emoji_names(display: &str) -> String {
    let mut kept = String::with_capacity(display.len());
    let mut parts = display.nfkc().collect::<String>();
    while let Some(start) = parts.find(':') {
        let rest = &parts[start + 1..];
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        match end {
            Some(end) if end > 0 && rest[end..].starts_with(':') => {
                kept.push_str(&parts[..start]);
                kept.push(' ');
                parts = rest[end + 1..].to_owned();
            }
            _ => {
                kept.push_str(&parts[..=start]);
                parts = rest.to_owned();
            }
        }
    }
    kept.push_str(&parts);
    kept
}

/// A word without what decorates its ends. Letters, digits and what joins them stay.
fn letters(word: &str) -> String {
    word.trim_matches(|c: char| !(c.is_alphanumeric() || c == '_')).chars().filter(|c| !decorates(*c)).collect()
}

fn decorates(c: char) -> bool {
    !(c.is_alphanumeric()
        || c.is_whitespace()
        || c.is_ascii_punctuation()
        || matches!(c, '’' | '‘' | '«' | '»' | '…' | '–' | '—' | '\u{300}'..='\u{36f}'))
        || c == '*'
        || c == '~'
}

/// `LÉA` and `léa` are written Léa; `JP` and `McKay` stay as they are.
fn written(word: &str) -> String {
    let shouted = word.chars().count() > 2 && word.chars().all(|c| !c.is_lowercase());
    let mut result = String::with_capacity(word.len());
    let mut start = true;
    for c in word.chars() {
        if start {
            result.extend(c.to_uppercase());
        } else if shouted {
            result.extend(c.to_lowercase());
        } else {
            result.push(c);
        }
        start = c == '-';
    }
    result
}
