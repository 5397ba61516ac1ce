//! What in a text is a link, a name or a tag, by its UTF-8 bytes: the network marks nothing by itself. The rules are those
//! of the network's own app (packages/api/src/rich-text: what its detection tests want), told here once more by hand, a
//! little more careful: a domain is a link only in small letters and where its ending is one.

use super::names::is_handle;
use std::ops::Range;
use url::Url;

/// Lexicon app.bsky.richtext.facet#tag.
const LONGEST_TAG: usize = 64;
/// What ends a sentence around a link rather than the link.
const CLOSING: [char; 12] = ['.', ',', ';', ':', '!', '?', '"', '\'', '»', '”', '’', '…'];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub range: Range<usize>,
    pub kind: MarkKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MarkKind {
    Link(String),
    /// A handle, in small letters.
    Name(String),
    Tag(String),
}

/// In order; none over another.
pub(crate) fn marks(text: &str) -> Vec<Mark> {
    let mut found = Vec::new();
    let mut before: Option<char> = None;
    let mut free = 0;
    for (at, c) in text.char_indices() {
        let begins = before.is_none_or(|before| before.is_whitespace() || before == '(');
        if at >= free && begins {
            let word = text[at..].split(char::is_whitespace).next().unwrap_or_default();
            let inside = before == Some('(');
            if let Some((length, kind)) = mark(word, c, inside) {
                free = at + length;
                found.push(Mark { range: at..free, kind });
            }
        }
        before = Some(c);
    }
    found
}

fn mark(word: &str, first: char, inside: bool) -> Option<(usize, MarkKind)> {
    match first {
        '@' => name(&word[1..]).map(|handle| (1 + handle.len(), MarkKind::Name(handle.to_ascii_lowercase()))),
        '#' | '＃' if !inside => {
            let tag = tag(&word[first.len_utf8()..])?;
            Some((first.len_utf8() + tag.len(), MarkKind::Tag(tag.to_owned())))
        }
        c if c.is_ascii_alphabetic() => link(word),
        _ => None,
    }
}

fn name(rest: &str) -> Option<&str> {
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))).unwrap_or(rest.len());
    // "@lea@exemple.social" is of another network.
    if rest[end..].starts_with('@') {
        return None;
    }
    let handle = rest[..end].trim_end_matches(['.', '-']);
    (is_handle(handle) && (ends_known(handle) || handle.to_ascii_lowercase().ends_with(".test"))).then_some(handle)
}

fn tag(rest: &str) -> Option<&str> {
    // "#️⃣" is a key, not a tag; nor does what cannot be seen belong to one.
    let unseen = |c: char| matches!(c, '\u{ad}' | '\u{2060}' | '\u{200a}'..='\u{200d}' | '\u{20e2}');
    let rest = rest.split(unseen).next().unwrap_or_default();
    let punctuation =
        |c: char| c.is_ascii_punctuation() || CLOSING.contains(&c) || matches!(c, '«' | '“' | '—' | '–' | '·');
    let tag = rest.trim_end_matches(punctuation);
    let sound = !tag.starts_with('\u{fe0f}')
        && !tag.starts_with('#')
        && tag.chars().any(|c| !c.is_ascii_digit())
        && tag.chars().count() <= LONGEST_TAG;
    sound.then_some(tag)
}

fn link(word: &str) -> Option<(usize, MarkKind)> {
    let lower = word.get(..8).unwrap_or(word).to_ascii_lowercase();
    if lower.starts_with("http://") || lower.starts_with("https://") {
        let shown = trimmed(word);
        let url = Url::parse(shown).ok().filter(|url| url.host_str().is_some_and(|host| !host.is_empty()))?;
        return matches!(url.scheme(), "http" | "https").then(|| (shown.len(), MarkKind::Link(shown.to_owned())));
    }
    let end = word.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))).unwrap_or(word.len());
    let domain = word[..end].trim_end_matches(['.', '-']);
    // A mail address is nobody's page.
    if word[end..].starts_with('@') || !is_handle(domain) || !ends_known(domain) {
        return None;
    }
    if domain.chars().any(|c| c.is_ascii_uppercase()) {
        return None;
    }
    // After its domain an address has a path, a question, a port, or it ends.
    let goes_on = domain.len() == end && word[end..].starts_with(['/', '?', '#', ':']);
    let shown = if goes_on { trimmed(word) } else { domain };
    let url = format!("https://{shown}");
    Url::parse(&url).ok().map(|_| (shown.len(), MarkKind::Link(url)))
}

/// Without what closes the sentence or the bracket around it.
fn trimmed(word: &str) -> &str {
    let mut word = word;
    loop {
        let shorter = word.trim_end_matches(CLOSING);
        let closes = shorter.ends_with(')') && !shorter.contains('(');
        let next = if closes { &shorter[..shorter.len() - 1] } else { shorter };
        if next.len() == word.len() {
            return word;
        }
        word = next;
    }
}

fn ends_known(domain: &str) -> bool {
    let lower = domain.to_ascii_lowercase();
    psl::suffix(lower.as_bytes()).is_some_and(|suffix| suffix.is_known())
}

#[cfg(test)]
#[path = "detect_tests.rs"]
mod tests;
