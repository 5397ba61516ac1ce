//! How a network counts a text, whom it names, and what it would link: the same rules for the counter while typing, for
//! what is refused before it leaves, and for the connector that writes it.
//!
//! A network may count every link the same, let the domain of `@user@domain` go free, and count graphemes, bytes or
//! weights. What would not be linked counts in full: an address without http(s), glued to a word before it, without a
//! known ending, or longer than 4,096; a domain longer than a domain can be. The rules of linking are those of
//! Mastodon's own expressions (config/initializers/twitter_regex.rb, Account::MENTION_RE), told here once more by hand.

use crate::{Addressee, TextLimit, TextUnit};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

const LONGEST_URL: usize = 4_096;
const LONGEST_DOMAIN: usize = 253;

/// What a text with its content warning counts, in the limit's unit.
pub fn count(text: &str, warning: Option<&str>, limit: &TextLimit) -> u32 {
    // Mastodon joins the two before counting, so that a mark at the text's beginning can melt into the warning.
    let mut counted = warning.unwrap_or_default().to_owned();
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
        TextUnit::Graphemes => counted.graphemes(true).count(),
        TextUnit::Weighted => counted.graphemes(true).map(weight).sum(),
        TextUnit::Characters => counted.chars().count(),
        TextUnit::Bytes => counted.len(),
    };
    u32::try_from(plain).unwrap_or(u32::MAX).saturating_add(links)
}

/// A text against its limit, by the measure that leaves it least room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    pub count: u32,
    pub most: u32,
    /// Both in UTF-8 bytes; otherwise in the limit's own unit.
    pub bytes: bool,
}

impl Measure {
    pub fn over(self) -> u32 {
        self.count.saturating_sub(self.most)
    }
}

/// What a text counts where a network sets two limits. Its bytes are told where they are nearer to theirs, and more than half
/// of them are used: a few emoji must not change the unit of a counter.
pub fn measure(text: &str, warning: Option<&str>, limit: &TextLimit) -> Measure {
    let own = Measure { count: count(text, warning, limit), most: limit.most, bytes: limit.unit == TextUnit::Bytes };
    let Some(most) = limit.bytes.filter(|_| own.count > 0) else {
        return own;
    };
    let bytes = Measure { count: u32::try_from(text.len()).unwrap_or(u32::MAX), most, bytes: true };
    let nearer = u64::from(bytes.count) * u64::from(own.most) > u64::from(own.count) * u64::from(bytes.most);
    if nearer && bytes.count > most / 2 { bytes } else { own }
}

enum Counted {
    Link(u32),
    Name(Range<usize>),
}

/// X counts Latin, general punctuation and its like as one, everything else, emoji included, as two
/// (twitter-text's weighted ranges).
fn weight(grapheme: &str) -> usize {
    let light = |c: char| matches!(u32::from(c), 0..=4351 | 8192..=8205 | 8208..=8223 | 8242..=8247);
    if grapheme.chars().any(|c| !light(c)) { 2 } else { grapheme.chars().count() }
}

/// The text as it will be written where a reply addresses people by name: those it does not name yet at its head, in
/// order. `home` is the domain of a handle without one.
pub fn addressed(text: &str, to: &[Addressee], home: &str) -> String {
    let text = text.trim();
    let mut named: Vec<&str> = mentions(text).map(|(_, handle)| handle).collect();
    let mut whole = String::new();
    for addressee in to {
        if !named.iter().any(|name| same_handle(name, &addressee.handle, home)) {
            whole.push('@');
            whole.push_str(addressee.handle.trim_start_matches('@'));
            whole.push(' ');
            named.push(&addressee.handle);
        }
    }
    whole + text
}

/// Whether two handles name one person, for someone of the server `home`.
pub fn same_handle(a: &str, b: &str, home: &str) -> bool {
    let whole = |handle: &str| {
        let handle = handle.trim_start_matches('@').to_lowercase();
        if handle.contains('@') { handle } else { format!("{handle}@{}", home.to_lowercase()) }
    };
    whole(a) == whole(b)
}

/// The form in which what was sent and what a network shows of it are the same: one space for any, names without
/// their server, addresses without what is cut from them in showing, composed letters.
pub fn normal(text: &str) -> String {
    let mut short = String::new();
    let mut last = 0;
    for entity in entities(text) {
        if entity.range.start < last {
            continue;
        }
        short.push_str(&text[last..entity.range.start]);
        match entity.kind {
            EntityKind::Mention { name } => short.push_str(&text[entity.range.start..name].to_lowercase()),
            EntityKind::Link => short.push_str(bare(&text[entity.range.clone()])),
        }
        last = entity.range.end;
    }
    short.push_str(&text[last..]);
    let words = short.split_whitespace().map(bare);
    words.collect::<Vec<_>>().join(" ").nfc().collect()
}

/// An address as servers show it: without its scheme and its last slash.
fn bare(word: &str) -> &str {
    let lower = word.get(..8).unwrap_or(word).to_lowercase();
    let skip = ["https://", "http://"].iter().find(|s| lower.starts_with(**s)).map_or(0, |s| s.len());
    let word = &word[skip..];
    if skip > 0 { word.trim_end_matches('/') } else { word }
}

/// Something in a text that Mastodon would link.
pub struct Entity {
    pub range: Range<usize>,
    pub kind: EntityKind,
}

pub enum EntityKind {
    Link,
    /// `name`: where the user's part ends.
    Mention {
        name: usize,
    },
}

/// Addresses and mentions, in order; they may overlap, and then the first one counts.
pub fn entities(text: &str) -> Vec<Entity> {
    let mut found = links(text);
    found.extend(named(text).map(|(range, name)| Entity { range, kind: EntityKind::Mention { name } }));
    found.sort_by_key(|entity| entity.range.start);
    found
}

/// The people a text names: where each "@" stands, in bytes, and the handle as written, without it.
pub fn mentions(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let linked = links(text);
    let names = named(text).filter(move |(range, _)| !linked.iter().any(|link| link.range.contains(&range.start)));
    names.map(|(range, _)| (range.start, &text[range.start + 1..range.end]))
}

/// An expression of this file. All are compiled by the tests; one that could not be would find nothing.
fn expression(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

static MENTION: LazyLock<Option<Regex>> =
    LazyLock::new(|| expression(r"@([A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*)(@[\w.-]+\w)?"));

/// Every name, within an address too: its range, and where the user's part ends.
fn named(text: &str) -> impl Iterator<Item = (Range<usize>, usize)> + use<> {
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
#[path = "text_tests.rs"]
mod tests;
