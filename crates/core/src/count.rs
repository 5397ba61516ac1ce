//! Counts a text as its network will: what the counter beside the composer shows, and what is refused before it leaves.
//!
//! A network may count every link the same, let the domain of a mention go free, and count graphemes, bytes or
//! weights. What is counted is what will be written: on networks where a reply addresses people by name, their names
//! stand at its head. The cases in `count_cases.json` are read by the connectors' tests too, so that both counts agree.

use crate::leak::same_handle;
use guichet_model::{Addressee, TextLimit, TextUnit};
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

const LONGEST_LINK: usize = 4_096;
const LONGEST_DOMAIN: usize = 253;

/// What `text` with its content warning counts, in the limit's unit.
pub fn count(text: &str, warning: Option<&str>, limit: &TextLimit) -> u32 {
    // Both are joined before counting, so that a mark at the text's beginning can melt into the warning.
    let mut plain = warning.unwrap_or_default().to_owned();
    let mut links = 0u32;
    let mut rest = if text.trim().is_empty() { "" } else { text };
    let mut before = None;
    while let Some(c) = rest.chars().next() {
        let link = limit.link_counts.and_then(|each| Some((link_at(rest, before)?, each)));
        if let Some((length, each)) = link {
            // A letter stands for the link, so that the marks around it stay apart.
            plain.push('x');
            links = links.saturating_add(each.saturating_sub(1));
            before = rest[..length].chars().next_back();
            rest = &rest[length..];
            continue;
        }
        let mention = if limit.mention_domain_free { mention_at(rest, before) } else { None };
        if let Some((name, whole)) = mention {
            plain.push_str(&rest[..name]);
            before = rest[..whole].chars().next_back();
            rest = &rest[whole..];
            continue;
        }
        plain.push(c);
        before = Some(c);
        rest = &rest[c.len_utf8()..];
    }
    units(&plain, limit.unit).saturating_add(links)
}

/// The text as it will be written: those addressed at its head, whoever it already names left out. `home` is the
/// domain of a handle without one.
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

/// Every `@user` or `@user@domain` of a text: where its "@" stands, in bytes, and the handle without it.
pub fn mentions(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    let mut before = None;
    std::iter::from_fn(move || {
        while let Some(c) = text[at..].chars().next() {
            if let Some(length) = link_at(&text[at..], before) {
                before = text[at..at + length].chars().next_back();
                at += length;
                continue;
            }
            if let Some((_, whole)) = mention_at(&text[at..], before) {
                let start = at;
                before = text[at..at + whole].chars().next_back();
                at += whole;
                return Some((start, &text[start + 1..start + whole]));
            }
            before = Some(c);
            at += c.len_utf8();
        }
        None
    })
}

fn units(text: &str, unit: TextUnit) -> u32 {
    let n = match unit {
        TextUnit::Graphemes => text.graphemes(true).count(),
        TextUnit::Characters => text.chars().count(),
        TextUnit::Bytes => text.len(),
        TextUnit::Weighted => return text.graphemes(true).map(weight).sum(),
    };
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// X counts Latin, general punctuation and its like as one, everything else, emoji included, as two
/// (twitter-text's weighted ranges).
fn weight(grapheme: &str) -> u32 {
    let light = |c: char| matches!(u32::from(c), 0..=4351 | 8192..=8205 | 8208..=8223 | 8242..=8247);
    if grapheme.chars().any(|c| !light(c)) { 2 } else { u32::try_from(grapheme.chars().count()).unwrap_or(u32::MAX) }
}

/// Length in bytes of the link that begins here, if one does: `http(s)://`, a host with a known ending, then a port,
/// a path and a query whose last punctuation belongs to the sentence. Mastodon's own rules of linking.
fn link_at(text: &str, before: Option<char>) -> Option<usize> {
    let glued = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(
                c,
                '@' | '＠' | '$' | '#' | '＃' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{fffe}' | '\u{ffff}'
            )
    };
    if before.is_some_and(glued) {
        return None;
    }
    let begins = |scheme: &str| text.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme));
    let scheme = ["https://", "http://"].into_iter().find(|scheme| begins(scheme))?.len();
    let mut length = scheme + host(&text[scheme..])?;
    length += port(&text[length..]);
    if text[length..].starts_with('/') {
        length += path(&text[length..]);
    }
    length += query(&text[length..]);
    (length <= LONGEST_LINK).then_some(length)
}

/// The longest beginning that is a host with a known ending.
fn host(text: &str) -> Option<usize> {
    let in_host = |c: char| c.is_alphanumeric() || is_combining_mark(c) || matches!(c, '.' | '-' | '_');
    let mut host = &text[..text.find(|c| !in_host(c)).unwrap_or(text.len())];
    while let Some((above, last)) = host.rsplit_once('.') {
        let whole = &host[..above.len() + 1 + last.find('_').unwrap_or(last.len())];
        let whole = whole.trim_end_matches('-');
        let fits = |label: &str| !label.is_empty() && label.chars().count() <= 63;
        if whole.len() > above.len() + 1
            && whole.len() <= LONGEST_DOMAIN
            && whole.split('.').all(fits)
            && known_ending(whole)
        {
            return Some(whole.len());
        }
        host = above;
    }
    None
}

fn known_ending(host: &str) -> bool {
    let Some((_, ending)) = host.rsplit_once('.') else {
        return false;
    };
    let ending = ending.to_lowercase();
    ending.starts_with("xn--") || psl::suffix(ending.as_bytes()).is_some_and(|suffix| suffix.is_known())
}

fn port(text: &str) -> usize {
    let Some(digits) = text.strip_prefix(':') else {
        return 0;
    };
    match digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len()) {
        0 => 0,
        length => length + 1,
    }
}

/// A path holds anything but space and angle brackets, parentheses where they are balanced, two deep at most.
fn path(text: &str) -> usize {
    let mut ends = 0;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if c == '(' {
            let Some(length) = balanced(&text[at..]) else {
                break;
            };
            at += length;
            ends = at;
            continue;
        }
        if !in_path(c) {
            break;
        }
        at += c.len_utf8();
        if !"!*\"'「」;:=,.$%[]~&|@".contains(c) {
            ends = at;
        }
    }
    ends
}

fn in_path(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '<' | '>' | '(' | ')' | '?')
}

fn balanced(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' if depth == 2 => return None,
            '(' => depth += 1,
            ')' => depth -= 1,
            c if in_path(c) => {}
            _ => return None,
        }
        if depth == 0 {
            return (at > 1).then_some(at + 1);
        }
    }
    None
}

fn query(text: &str) -> usize {
    let foreign = |c: char| matches!(c, '\u{a0}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{ffef}' | '\u{10000}'..='\u{efffd}');
    let last = |c: char| c.is_ascii_alphanumeric() || "_&=#/-".contains(c) || foreign(c);
    let inside = |c: char| last(c) || "!?*'();:+$%[].,~|@^".contains(c);
    let Some(asked) = text.strip_prefix('?') else {
        return 0;
    };
    let asked = &asked[..asked.find(|c| !inside(c)).unwrap_or(asked.len())];
    asked.rfind(last).map_or(0, |at| {
        let c = asked[at..].chars().next().map_or(0, char::len_utf8);
        1 + at + c
    })
}

/// Bytes of `@user` and of the whole `@user@domain` that begins here, if one does.
fn mention_at(text: &str, before: Option<char>) -> Option<(usize, usize)> {
    if before.is_some_and(|c| in_word(c) || matches!(c, '=' | '/')) {
        return None;
    }
    let name = text.strip_prefix('@')?;
    let in_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let user = name.find(|c| !(in_name(c) || matches!(c, '.' | '-'))).unwrap_or(name.len());
    let user = name[..user].trim_end_matches(['.', '-']);
    if !user.starts_with(in_name) {
        return None;
    }
    let short = 1 + user.len();
    let domain = text[short..].strip_prefix('@').map(|rest| {
        let ends = rest.find(|c| !(in_word(c) || matches!(c, '.' | '-'))).unwrap_or(rest.len());
        rest[..ends].trim_end_matches(['.', '-'])
    });
    // One sign alone is no domain in those rules.
    let domain = domain.filter(|domain| domain.chars().count() > 1);
    if domain.is_some_and(|domain| domain.len() > LONGEST_DOMAIN) {
        return None;
    }
    let whole = short + domain.map_or(0, |domain| domain.len() + 1);
    let rest = &text[whole..];
    let goes_on = rest.starts_with(['@', '＠']) || rest.starts_with("://");
    (!goes_on).then_some((short, whole))
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c) || matches!(c, '_' | '\u{200c}' | '\u{200d}')
}

#[cfg(test)]
#[path = "count_tests.rs"]
mod tests;
