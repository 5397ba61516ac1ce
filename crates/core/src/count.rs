//! Counts a text as its network will: what the counter beside the composer shows, and what is refused before it leaves.
//!
//! A network may count every link the same, let the domain of a mention go free, and count graphemes, bytes or
//! weights. What is counted is what will be written: on networks where a reply addresses people by name, their names
//! stand at its head. The cases in `count_cases.json` are read by the connectors' tests too, so that both counts agree.

use guichet_model::{Addressee, TextLimit, TextUnit};
use unicode_segmentation::UnicodeSegmentation;

/// What `text` with its content warning counts, in the limit's unit.
pub fn count(text: &str, warning: Option<&str>, limit: &TextLimit) -> u32 {
    let mut counted = 0u32;
    let mut plain = String::with_capacity(text.len());
    // A warning is joined before the text: a grapheme may not run across, so they are counted apart.
    if let Some(warning) = warning {
        counted = counted.saturating_add(units(warning, limit.unit));
    }
    let mut rest = text;
    let mut before = None;
    while let Some(c) = rest.chars().next() {
        let link = match limit.link_counts {
            Some(each) => link_at(rest, before).map(|length| (length, each)),
            None => None,
        };
        if let Some((length, each)) = link {
            counted = counted.saturating_add(each);
            // What follows a link never joins what stood before it.
            counted = counted.saturating_add(units(&plain, limit.unit));
            plain.clear();
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
    counted.saturating_add(units(&plain, limit.unit))
}

/// The text as it will be written: those addressed at its head, whoever the text already names left out.
pub fn addressed(text: &str, to: &[Addressee]) -> String {
    let named: Vec<String> = mentions(text).map(|(_, handle)| handle.to_lowercase()).collect();
    let mut whole = String::new();
    for addressee in to {
        if !named.contains(&addressee.handle.to_lowercase()) {
            whole.push('@');
            whole.push_str(&addressee.handle);
            whole.push(' ');
        }
    }
    whole.push_str(text);
    whole
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

fn joins(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '@' | '#' | '$' | '/')
}

/// Length in bytes of the link that begins here, if one does: `http(s)://`, a host with a dot and a top domain of
/// letters, then a path whose closing punctuation belongs to the sentence.
fn link_at(text: &str, before: Option<char>) -> Option<usize> {
    if before.is_some_and(joins) {
        return None;
    }
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|scheme| text.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)))?;
    let rest = &text[scheme.len()..];
    let host_ends = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))).unwrap_or(rest.len());
    let host = rest[..host_ends].trim_end_matches(['.', '-', '_']);
    let top = host.rsplit_once('.').map(|(_, top)| top)?;
    let labels = host.split('.').all(|l| (1..=63).contains(&l.len()));
    let lettered = top.chars().all(char::is_alphabetic) || top.starts_with("xn--");
    if !labels || !lettered || top.chars().count() < 2 {
        return None;
    }
    let mut length = scheme.len() + host.len();
    if host.len() < host_ends {
        return Some(length);
    }
    let tail = &text[length..];
    let port = tail
        .strip_prefix(':')
        .map(|digits| digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len()))
        .filter(|digits| *digits > 0)
        .map_or(0, |digits| digits + 1);
    length += port;
    let tail = &text[length..];
    if tail.starts_with(['/', '?', '#']) {
        let ends =
            tail.find(|c: char| c.is_whitespace() || c.is_control() || "<>\"«»“”".contains(c)).unwrap_or(tail.len());
        length += sentence_ends(&tail[..ends]);
    }
    Some(length)
}

/// Where a path ends once the sentence's own punctuation is left out; a closing bracket stays where it was opened inside.
fn sentence_ends(path: &str) -> usize {
    let mut ends = path.len();
    while let Some(last) = path[..ends].chars().next_back() {
        let kept = &path[..ends];
        let loose = match last {
            ')' => kept.matches(')').count() > kept.matches('(').count(),
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '’' | ']' | '}' | '…' | '*' | '(' => true,
            _ => false,
        };
        if !loose {
            break;
        }
        ends -= last.len_utf8();
    }
    ends
}

/// Bytes of `@user` and of the whole `@user@domain` that begins here, if one does.
fn mention_at(text: &str, before: Option<char>) -> Option<(usize, usize)> {
    if before.is_some_and(|c| joins(c) || c == '=') {
        return None;
    }
    let name = text.strip_prefix('@')?;
    let user = name.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))).unwrap_or(name.len());
    let user = name[..user].trim_end_matches(['.', '-']);
    if user.is_empty() || user.starts_with(['.', '-']) {
        return None;
    }
    let short = 1 + user.len();
    let Some(domain) = text[short..].strip_prefix('@') else {
        return Some((short, short));
    };
    let ends =
        domain.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'))).unwrap_or(domain.len());
    let domain = domain[..ends].trim_end_matches(['.', '-', '_', ':']);
    if domain.is_empty() || domain.split('.').any(|label| label.is_empty() || label.len() > 63) {
        return Some((short, short));
    }
    Some((short, short + 1 + domain.len()))
}

#[cfg(test)]
#[path = "count_tests.rs"]
mod tests;
