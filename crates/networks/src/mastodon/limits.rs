//! How Mastodon counts a text (its StatusLengthValidator): extended grapheme clusters of the content warning and
//! of the text, where every address that it would turn into a link counts the same, whatever its length, and where
//! the domain of `@user@domain` is free.
//!
//! What it would not link counts in full: an address without http(s), glued to a word before it, without a known
//! ending, or longer than 4,096; a domain longer than a domain can be. The rules of linking are those of Mastodon's
//! own expressions (config/initializers/twitter_regex.rb, Account::MENTION_RE), told here once more by hand.

use guichet_model::{TextLimit, TextUnit};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;
use unicode_segmentation::UnicodeSegmentation;

/// What one link counts where the server does not say.
pub const LINK: u32 = 23;
/// What a status may count where the server does not say.
pub const MOST: u32 = 500;
const LONGEST_URL: usize = 4_096;
const LONGEST_DOMAIN: usize = 253;

/// What a text with its warning counts against `limit`.
pub fn count(text: &str, warning: &str, limit: &TextLimit) -> u32 {
    // Mastodon joins the two before counting, so that a mark at the text's beginning can melt into the warning.
    let mut counted = warning.to_owned();
    let mut links = 0;
    let mut last = 0;
    if text.trim().is_empty() {
        last = text.len();
    }
    for entity in entities(text) {
        if entity.range.start < last {
            continue;
        }
        let worth = match entity.kind {
            EntityKind::Link => limit.link_counts.map(Counted::Link),
            EntityKind::Mention { name } => {
                limit.mention_domain_free.then_some(Counted::Name(entity.range.start..name))
            }
        };
        if let Some(worth) = worth {
            counted.push_str(&text[last..entity.range.start]);
            match worth {
                Counted::Link(n) => {
                    // A letter stands for the link, so that the marks around it stay apart.
                    counted.push('x');
                    links += n.saturating_sub(1);
                }
                Counted::Name(name) => counted.push_str(&text[name]),
            }
            last = entity.range.end;
        }
    }
    counted.push_str(&text[last..]);
    let plain = match limit.unit {
        TextUnit::Graphemes | TextUnit::Weighted => counted.graphemes(true).count(),
        TextUnit::Characters => counted.chars().count(),
        TextUnit::Bytes => counted.len(),
    };
    u32::try_from(plain).unwrap_or(u32::MAX).saturating_add(links)
}

enum Counted {
    Link(u32),
    Name(Range<usize>),
}

/// Something in a text that Mastodon would link.
pub(crate) struct Entity {
    pub range: Range<usize>,
    pub kind: EntityKind,
}

pub(crate) enum EntityKind {
    Link,
    /// `name`: where the user's part ends.
    Mention {
        name: usize,
    },
}

/// Addresses and mentions, in order; they may overlap, and then the first one counts.
pub(crate) fn entities(text: &str) -> Vec<Entity> {
    let mut found = links(text);
    found.extend(mentions(text).map(|(range, name)| Entity { range, kind: EntityKind::Mention { name } }));
    found.sort_by_key(|entity| entity.range.start);
    found
}

/// The people a text addresses, as written, without the first "@".
pub(crate) fn mentioned(text: &str) -> Vec<&str> {
    let linked = links(text);
    let free = |range: &Range<usize>| !linked.iter().any(|l| l.range.contains(&range.start));
    let names = mentions(text).filter(|(range, _)| free(range));
    names.map(|(range, _)| &text[range.start + 1..range.end]).collect()
}

/// An expression of this file. All are compiled by the tests; one that could not be would find nothing.
fn expression(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

static MENTION: LazyLock<Option<Regex>> =
    LazyLock::new(|| expression(r"@([A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*)(@[\w.-]+\w)?"));

fn mentions(text: &str) -> impl Iterator<Item = (Range<usize>, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(hit) = MENTION.as_ref().and_then(|m| m.captures_at(text, at)) {
        let (Some(whole), Some(name)) = (hit.get(0), hit.get(1)) else {
            break;
        };
        at = whole.end();
        let before = text[..whole.start()].chars().next_back();
        let glued = before.is_some_and(|c| c == '=' || c == '/' || is_word(c));
        let rest = &text[whole.end()..];
        let goes_on = rest.starts_with(['@', '＠']) || rest.starts_with("://");
        let long = hit.get(2).is_some_and(|domain| domain.len() - 1 > LONGEST_DOMAIN);
        if glued {
            at = whole.start() + 1;
        } else if !goes_on && !long {
            found.push((whole.range(), name.end()));
        }
    }
    found.into_iter()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '\u{200c}' || c == '\u{200d}'
}

static LINK_START: LazyLock<Option<Regex>> = LazyLock::new(|| expression(r"(?i)https?://"));
static HOST: LazyLock<Option<Regex>> = LazyLock::new(|| expression(r"^(?:[\p{L}\p{N}\p{M}_-]+\.)+[\p{L}\p{N}\p{M}-]+"));
static PORT: LazyLock<Option<Regex>> = LazyLock::new(|| expression(r"^:[0-9]+"));
static QUERY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    expression(
        r"^\?[A-Za-z0-9!?*'();:&=+$/%#\[\]\-_.,~|@^\u{A0}-\u{D7FF}\u{F900}-\u{FDCF}\u{FDF0}-\u{FFEF}\u{10000}-\u{EFFFD}]*[A-Za-z0-9_&=#/\-\u{A0}-\u{D7FF}\u{F900}-\u{FDCF}\u{FDF0}-\u{FFEF}\u{10000}-\u{EFFFD}]",
    )
});

fn links(text: &str) -> Vec<Entity> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = LINK_START.as_ref().and_then(|l| l.find_at(text, at)) {
        at = start.end();
        let before = text[..start.start()].chars().next_back();
        let glued = before.is_some_and(|c| {
            c.is_ascii_alphanumeric()
                || matches!(c, '@' | '＠' | '$' | '#' | '＃' | '\u{fffe}' | '\u{feff}' | '\u{ffff}')
                || ('\u{202a}'..='\u{202e}').contains(&c)
        });
        if glued {
            continue;
        }
        let Some(host) = host_at(&text[start.end()..]) else {
            continue;
        };
        let mut end = start.end() + host;
        end += matched(&PORT, &text[end..]);
        if text[end..].starts_with('/') {
            end += path(&text[end..]);
        }
        end += matched(&QUERY, &text[end..]);
        if end - start.start() <= LONGEST_URL {
            at = end;
            found.push(Entity { range: start.start()..end, kind: EntityKind::Link });
        }
    }
    found
}

fn matched(pattern: &LazyLock<Option<Regex>>, text: &str) -> usize {
    let hit = pattern.as_ref().and_then(|p| p.find(text));
    hit.map_or(0, |hit| hit.end())
}

/// The length of the longest host at the beginning that ends in a known ending.
fn host_at(text: &str) -> Option<usize> {
    let mut host = &text[..matched(&HOST, text)];
    while host.contains('.') {
        let trimmed = host.trim_end_matches(['-', '_']);
        let label_fits = |label: &str| !label.is_empty() && label.chars().count() <= 63;
        let fits = host.len() <= LONGEST_DOMAIN && trimmed.split('.').all(label_fits);
        if fits && ends_known(trimmed) {
            return Some(trimmed.len());
        }
        host = &host[..host.rfind('.')?];
    }
    None
}

fn ends_known(host: &str) -> bool {
    let Some((_, ending)) = host.rsplit_once('.') else {
        return false;
    };
    let ending = ending.to_lowercase();
    ending.starts_with("xn--") || psl::suffix(ending.as_bytes()).is_some_and(|suffix| suffix.is_known())
}

/// The length of a path: it may hold anything but space and brackets, balanced parentheses two deep, and ends
/// before the punctuation of the sentence around it, unless a slash ends it.
fn path(text: &str) -> usize {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let general = |c: char| !c.is_whitespace() && !matches!(c, '<' | '>' | '(' | ')' | '?');
    let mut end = 0;
    let mut n = 0;
    while n < chars.len() {
        let (at, c) = chars[n];
        if c == '(' {
            let Some(close) = balanced(&chars[n..], general) else {
                break;
            };
            n += close;
            end = chars[n - 1].0 + 1;
            continue;
        }
        if !general(c) {
            break;
        }
        let ends = !matches!(
            c,
            '!' | '*'
                | '"'
                | '\''
                | '「'
                | '」'
                | ';'
                | ':'
                | '='
                | ','
                | '.'
                | '$'
                | '%'
                | '['
                | ']'
                | '~'
                | '&'
                | '|'
                | '@'
        );
        if ends {
            end = at + c.len_utf8();
        }
        n += 1;
    }
    end
}

/// How many characters a balanced pair of parentheses takes, one level nested at most.
fn balanced(chars: &[(usize, char)], general: impl Fn(char) -> bool) -> Option<usize> {
    let mut depth = 0;
    for (n, (_, c)) in chars.iter().enumerate() {
        match c {
            '(' if depth == 2 => return None,
            '(' => depth += 1,
            ')' => depth -= 1,
            c if general(*c) => {}
            _ => return None,
        }
        if depth == 0 {
            return (n > 1).then_some(n + 1);
        }
    }
    None
}

#[cfg(test)]
#[path = "limits_tests.rs"]
mod tests;
