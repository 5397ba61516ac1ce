//! From what people type to what the server keeps: Mastodon's count of a text, the people it names, and its HTML.
//!
//! One reading of the text (`pieces`) serves all three, so that what is counted as a link is also shown as one.

use crate::paper::escaped;
use unicode_segmentation::UnicodeSegmentation;

/// Every link counts as this many characters.
const COUNT_PER_URL: usize = 23;

#[derive(Debug, PartialEq)]
pub(crate) enum Piece<'a> {
    Plain(&'a str),
    Url(&'a str),
    Mention { whole: &'a str, user: &'a str, domain: Option<&'a str> },
    Tag { whole: &'a str, name: &'a str },
}

/// Cuts a text into plain stretches, links, mentions and tags, losing nothing.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut plain, mut at) = (0, 0);
    let mut before = ' ';
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        let open = !(before.is_alphanumeric() || before == '_' || before == '/');
        let found = if open { special(rest) } else { None };
        match found {
            Some((piece, length)) => {
                if plain < at {
                    pieces.push(Piece::Plain(&text[plain..at]));
                }
                pieces.push(piece);
                before = rest[..length].chars().next_back().unwrap_or(' ');
                at += length;
                plain = at;
            }
            None => {
                before = next;
                at += next.len_utf8();
            }
        }
    }
    if plain < text.len() {
        pieces.push(Piece::Plain(&text[plain..]));
    }
    pieces
}

fn special(rest: &str) -> Option<(Piece<'_>, usize)> {
    if rest.starts_with("https://") || rest.starts_with("http://") {
        let end = rest.find(|c: char| c.is_whitespace() || "<>\"«»".contains(c)).unwrap_or(rest.len());
        let url = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'']);
        let host = url.split("//").nth(1).unwrap_or_default();
        return (!host.is_empty()).then_some((Piece::Url(url), url.len()));
    }
    if let Some(name) = rest.strip_prefix('@') {
        let user = word(name, |c| c.is_ascii_alphanumeric() || "_.-".contains(c));
        if user.is_empty() {
            return None;
        }
        let domain = name[user.len()..]
            .strip_prefix('@')
            .map(|domain| word(domain, |c| c.is_alphanumeric() || "-.:".contains(c)))
            .filter(|domain| domain.contains('.'));
        let length = 1 + user.len() + domain.map_or(0, |domain| 1 + domain.len());
        let whole = &rest[..length];
        return Some((Piece::Mention { whole, user, domain }, length));
    }
    if let Some(name) = rest.strip_prefix('#') {
        let name = word(name, |c| c.is_alphanumeric() || c == '_');
        let whole = &rest[..1 + name.len()];
        return name.contains(char::is_alphabetic).then_some((Piece::Tag { whole, name }, whole.len()));
    }
    None
}

/// The longest start made of such characters, not ending with punctuation.
fn word(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    text[..end].trim_end_matches(['.', '-', ':'])
}

/// The length of a post as Mastodon counts it: grapheme clusters of the warning and the text, 23 for a link, the
/// domain of a mention free.
pub(crate) fn counted(spoiler: &str, text: &str) -> usize {
    let text: usize = pieces(text)
        .iter()
        .map(|piece| match piece {
            Piece::Plain(plain) => plain.graphemes(true).count(),
            Piece::Url(_) => COUNT_PER_URL,
            Piece::Mention { user, .. } => 1 + user.len(),
            Piece::Tag { whole, .. } => whole.graphemes(true).count(),
        })
        .sum();
    spoiler.graphemes(true).count() + text
}

/// The post as HTML. `known` gives the page and the shown name of a mentioned person, where there is one.
pub(crate) fn html(text: &str, origin: &str, known: impl Fn(&str, Option<&str>) -> Option<(String, String)>) -> String {
    let mut out = String::from("<p>");
    for piece in pieces(text.trim()) {
        match piece {
            Piece::Plain(plain) => out.push_str(
                &escaped(plain)
                    .replace("\n\n", "</p><p>")
                    .replace('\n', "<br />"),
            ),
            Piece::Url(url) => out.push_str(&link(url)),
            Piece::Mention {
                whole,
                user,
                domain,
            } => match known(user, domain) {
                Some((page, name)) => out.push_str(&format!(
                    "<span class=\"h-card\" translate=\"no\"><a href=\"{}\" class=\"u-url mention\">@<span>{}</span></a></span>",
                    escaped(&page),
                    escaped(&name)
                )),
                None => out.push_str(&escaped(whole)),
            },
            Piece::Tag { name, .. } => out.push_str(&format!(
                "<a href=\"{origin}/tags/{}\" class=\"mention hashtag\" rel=\"tag\">#<span>{}</span></a>",
                escaped(&name.to_lowercase()),
                escaped(name)
            )),
        }
    }
    out.push_str("</p>");
    out
}

/// A link as Mastodon shows it: scheme hidden, thirty characters, the rest hidden.
fn link(url: &str) -> String {
    let scheme = if url.starts_with("https://www.") {
        "https://www."
    } else if url.starts_with("https://") {
        "https://"
    } else {
        "http://"
    };
    let shown: Vec<char> = url[scheme.len()..].chars().collect();
    let (head, tail) = shown.split_at(shown.len().min(30));
    let (head, tail): (String, String) = (head.iter().collect(), tail.iter().collect());
    let class = if tail.is_empty() { "" } else { "ellipsis" };
    format!(
        "<a href=\"{}\" target=\"_blank\" rel=\"nofollow noopener\" translate=\"no\"><span class=\"invisible\">{scheme}</span><span class=\"{class}\">{}</span><span class=\"invisible\">{}</span></a>",
        escaped(url),
        escaped(&head),
        escaped(&tail)
    )
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
