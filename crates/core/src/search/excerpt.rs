//! What a hit shows: about 160 characters around the first word found, and where the words stand in them.
//!
//! A contentless index cannot tell; the text is folded again as it was indexed, for the few hits on screen alone.

use super::fold;
use super::query::Phrase;

const BEFORE: usize = 50;
const LENGTH: usize = 160;

/// One line, and the marks in it: UTF-16 offsets, end excluded, in order, apart from each other.
pub(super) fn around(said: &str, wanted: &[Phrase]) -> (String, Vec<(u32, u32)>) {
    let found = places(said, wanted);
    let (start, end) = window(said, found.first().map_or(0, |first| first.0));
    let mut excerpt = String::with_capacity(end - start + 8);
    if start > 0 {
        excerpt.push('…');
    }
    let mut offset = utf16(&excerpt);
    let mut at = start;
    let mut marks = Vec::new();
    for (from, to) in found {
        if from < start || to > end {
            continue;
        }
        offset += utf16(&said[at..from]);
        let width = utf16(&said[from..to]);
        marks.push((offset, offset + width));
        offset += width;
        at = to;
    }
    // One letter for one: the marks stay true.
    excerpt.extend(said[start..end].chars().map(|c| if c.is_control() { ' ' } else { c }));
    if end < said.len() {
        excerpt.push('…');
    }
    (excerpt, marks)
}

/// Bytes of the text that the phrases take, joined where they overlap.
fn places(said: &str, wanted: &[Phrase]) -> Vec<(usize, usize)> {
    let words = fold::words(said);
    let mut places: Vec<(usize, usize)> = Vec::new();
    for at in 0..words.len() {
        for phrase in wanted {
            if !phrase.stands_at(&words[at..]) {
                continue;
            }
            let Some(last) = words.get(at + phrase.words.len() - 1) else {
                continue;
            };
            let place = (words[at].start, last.end);
            match places.last_mut() {
                Some(before) if before.1 >= place.0 => before.1 = before.1.max(place.1),
                _ => places.push(place),
            }
        }
    }
    places
}

/// From a word's beginning a little before `first`, to the end of a word.
fn window(said: &str, first: usize) -> (usize, usize) {
    let mut start = first;
    for (nth, (at, letter)) in said[..first].char_indices().rev().enumerate() {
        if nth > BEFORE {
            break;
        }
        if at == 0 {
            start = 0;
        } else if letter.is_whitespace() {
            start = at + letter.len_utf8();
        }
    }
    let mut end = start;
    let mut space = None;
    let mut letters = said[start..].char_indices();
    for (nth, (at, letter)) in letters.by_ref().enumerate() {
        if nth >= LENGTH {
            return (start, space.filter(|cut| *cut > first).unwrap_or(end));
        }
        if letter.is_whitespace() {
            space = Some(start + at);
        }
        end = start + at + letter.len_utf8();
    }
    (start, end)
}

fn utf16(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "excerpt_tests.rs"]
mod tests;
