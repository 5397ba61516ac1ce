//! The marks in a text: links, names and tags, told apart from it, by its UTF-8 bytes. A mark that lies outside the text,
//! inside a letter, backwards or over another is passed over; so is one of a kind that is not known.

use super::{names, wire};
use crate::asked::Ask;
use guichet_model::{Body, Link, Mention, RemoteId};
use serde_json::Value;

/// More marks than this are text only.
const MOST: usize = 1_000;

/// A text as the inbox keeps it: LF, trimmed, without letters that only move the cursor, its marks by UTF-16 units.
pub(crate) fn body(written: &str, facets: &Value) -> Body {
    let (whole, units) = clean(written);
    let text = whole.trim();
    let before = whole.len() - whole.trim_start().len();
    let skipped = units_of(&whole[..before]);
    let length = units_of(text);
    let mut body = Body { text: text.to_owned(), ..Body::default() };
    let mut last = 0;
    for (start, end, features) in marks(written, facets) {
        if start < last {
            continue;
        }
        last = end;
        let place = |byte: usize| units[byte].saturating_sub(skipped).min(length);
        let (from, to) = (place(start), place(end));
        for feature in wire::list(features) {
            match feature.at("$type").as_str() {
                Some("app.bsky.richtext.facet#link") if from < to => {
                    if let Some(url) = wire::address(feature.at("uri")) {
                        body.links.push(Link { start: from, end: to, url });
                        break;
                    }
                }
                Some("app.bsky.richtext.facet#mention") => {
                    if let Some(did) = feature.at("did").as_str().filter(|did| names::is_did(did)) {
                        let handle = line(written[start..end].trim_start_matches('@'));
                        body.mentions.push(Mention { remote: RemoteId::new(did), handle });
                        break;
                    }
                }
                _ => {}
            }
        }
    }
    body
}

/// Whether the marks name somebody.
pub(crate) fn names(written: &str, facets: &Value, did: &str) -> bool {
    marks(written, facets)
        .into_iter()
        .any(|(_, _, features)| wire::list(features).any(|feature| feature.at("did") == did))
}

/// One line of plain text: a name, a description.
pub(crate) fn line(written: &str) -> String {
    let (whole, _) = clean(written);
    whole.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// In order, each within the text and between its letters.
fn marks<'a>(written: &str, facets: &'a Value) -> Vec<(usize, usize, &'a Value)> {
    let at = |value: &Value| value.as_u64().and_then(|n| usize::try_from(n).ok());
    let read = |facet: &'a Value| {
        let index = facet.at("index");
        let (start, end) = (at(index.at("byteStart"))?, at(index.at("byteEnd"))?);
        let sound = start < end && written.is_char_boundary(start) && written.is_char_boundary(end);
        sound.then_some((start, end, facet.at("features")))
    };
    let mut found: Vec<_> = wire::list(facets).take(MOST).filter_map(read).collect();
    found.sort_by_key(|(start, ..)| *start);
    found
}

fn units_of(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}

/// The text without what is no letter, and for each byte of the original where it stands in that, in UTF-16 units.
fn clean(written: &str) -> (String, Vec<u32>) {
    let mut kept = String::with_capacity(written.len());
    let mut units = vec![0; written.len() + 1];
    let mut at = 0_u32;
    let mut after_return = false;
    for (byte, c) in written.char_indices() {
        units[byte..byte + c.len_utf8()].fill(at);
        let letter = match c {
            '\r' => Some('\n'),
            '\n' if after_return => None,
            '\n' | '\t' => Some(c),
            c if c.is_control() => None,
            c => Some(c),
        };
        after_return = c == '\r';
        if let Some(letter) = letter {
            kept.push(letter);
            at = at.saturating_add(letter.len_utf16() as u32);
        }
    }
    units[written.len()] = at;
    (kept, units)
}

#[cfg(test)]
#[path = "facets_tests.rs"]
mod tests;
