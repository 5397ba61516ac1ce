//! The words people read on the command line and in the window's title, from `words/fr.json` and `words/en.json`.
//!
//! The core gives codes; here they become sentences. The interface does the same from the same two files.

use crate::shown::Locale;

include!(concat!(env!("OUT_DIR"), "/words.rs"));

/// The word of a key, with `{name}` replaced by its parameter. An unknown key is said as it is, and fails a test.
pub fn say(locale: Locale, key: &str, params: &[(&str, &str)]) -> String {
    let mut words = find(locale, key).unwrap_or(key).to_owned();
    for (name, value) in params {
        words = words.replace(&format!("{{{name}}}"), value);
    }
    words
}

/// A word that depends on a number: `key.one` or `key.other`, with `{n}` replaced.
pub fn count(locale: Locale, key: &str, n: u32) -> String {
    // In French zero is singular, in English it is not.
    let one = match locale {
        Locale::Fr => n < 2,
        Locale::En => n == 1,
    };
    let key = format!("{key}.{}", if one { "one" } else { "other" });
    say(locale, &key, &[("n", &n.to_string())])
}

pub fn find(locale: Locale, key: &str) -> Option<&'static str> {
    let table = match locale {
        Locale::Fr => FR,
        Locale::En => EN,
    };
    let at = table.binary_search_by(|(k, _)| (*k).cmp(key)).ok()?;
    Some(table[at].1)
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
