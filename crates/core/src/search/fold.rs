//! Makes words comparable: what a text is in the index, and what a query asks for, go through here alike.
//!
//! Compatibility forms and styled letters become plain ones (NFKD), diacritics go, `œ æ ß` open, stretched letters
//! shrink (`merciiii` is `merci`), a light French stem takes the plural and mute endings, and each emoji is a word
//! of its own. It is deliberately light: a stem that is too clever finds what nobody asked for.

use unicode_normalization::UnicodeNormalization;

/// Before the code of an emoji. A private letter: no text that people type can begin with it.
pub(super) const EMOJI: char = '\u{E000}';

/// One word of a text, with its place there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Plain small letters and digits, shrunk but not stemmed.
    pub plain: String,
    /// Written with a letter three times or more: the same with it twice (`coooool` may be `cool`).
    pub doubled: Option<String>,
    /// Bytes of the text, end excluded.
    pub start: usize,
    pub end: usize,
}

impl Word {
    pub fn stem(&self) -> &str {
        stem(&self.plain)
    }
}

/// The words of a text, in order.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut plain = String::new();
    let (mut start, mut end) = (0, 0);
    for (at, letter) in text.char_indices() {
        let after = at + letter.len_utf8();
        if letter.is_ascii() {
            if letter.is_ascii_alphanumeric() {
                if plain.is_empty() {
                    start = at;
                }
                plain.push(letter.to_ascii_lowercase());
                end = after;
            } else {
                finish(&mut words, &mut plain, start, end);
            }
            continue;
        }
        if is_invisible(letter) {
            continue;
        }
        if is_emoji(letter) {
            finish(&mut words, &mut plain, start, end);
            words.push(Word { plain: format!("{EMOJI}{:x}", u32::from(letter)), doubled: None, start: at, end: after });
            continue;
        }
        let was_empty = plain.is_empty();
        let mut parts = false;
        for part in std::iter::once(unstyled(letter)).nfkd() {
            if is_mark(part) {
                continue;
            }
            if !part.is_alphanumeric() {
                parts = true;
                continue;
            }
            match part {
                'œ' | 'Œ' => plain.push_str("oe"),
                'æ' | 'Æ' => plain.push_str("ae"),
                'ß' | 'ẞ' => plain.push_str("ss"),
                'ø' | 'Ø' => plain.push('o'),
                'ł' | 'Ł' => plain.push('l'),
                'ı' => plain.push('i'),
                part => plain.extend(part.to_lowercase().filter(|c| !is_mark(*c))),
            }
            if was_empty && end <= at {
                start = at;
            }
            end = after;
        }
        if parts && end != after {
            finish(&mut words, &mut plain, start, end);
        }
    }
    finish(&mut words, &mut plain, start, end);
    words
}

/// What the index keeps of a text: stems, then the doubled forms of stretched words, so that phrases stay whole.
pub(super) fn indexed(text: &str) -> String {
    let words = words(text);
    let mut kept = String::with_capacity(text.len());
    let doubled = words.iter().filter_map(|word| word.doubled.as_deref());
    for word in words.iter().map(Word::stem).chain(doubled.map(stem)) {
        if !kept.is_empty() {
            kept.push(' ');
        }
        kept.push_str(word);
    }
    kept
}

/// The plural `s` and `x`, then the mute `e` (twice: `livrée`), never below three letters. `commandes`, `commandée`
/// and `commande` are one; `cheval` and `chevaux` stay two.
pub(super) fn stem(word: &str) -> &str {
    if !word.bytes().all(|b| b.is_ascii_alphabetic()) {
        return word;
    }
    let mut stem = word;
    if let Some(short) = stem.strip_suffix(['s', 'x'])
        && short.len() >= 3
        && !short.ends_with('s')
    {
        stem = short;
    }
    for _ in 0..2 {
        match stem.strip_suffix('e') {
            Some(short) if short.len() >= 3 => stem = short,
            _ => break,
        }
    }
    stem
}

fn finish(words: &mut Vec<Word>, plain: &mut String, start: usize, end: usize) {
    if plain.is_empty() {
        return;
    }
    let word = std::mem::take(plain);
    let (plain, doubled) = match shrunk(&word, 1) {
        Some(once) => (once, shrunk(&word, 2)),
        None => (word, None),
    };
    words.push(Word { plain, doubled, start, end });
}

/// The word with each letter that stands three times or more in a row written `times`; `None` where none does.
fn shrunk(word: &str, times: usize) -> Option<String> {
    let mut kept = String::with_capacity(word.len());
    let mut run = (None, 0usize);
    let mut pending = String::new();
    let mut stretched = false;
    let mut close = |letter: Option<char>, count: usize, kept: &mut String| {
        let Some(letter) = letter else { return };
        let count = if count >= 3 && letter.is_alphabetic() {
            stretched = true;
            times
        } else {
            count
        };
        pending.clear();
        pending.extend(std::iter::repeat_n(letter, count));
        kept.push_str(&pending);
    };
    for letter in word.chars() {
        if run.0 == Some(letter) {
            run.1 += 1;
        } else {
            close(run.0, run.1, &mut kept);
            run = (Some(letter), 1);
        }
    }
    close(run.0, run.1, &mut kept);
    stretched.then_some(kept)
}

/// Letters that NFKD leaves styled: small capitals, and white letters on black circles and squares.
fn unstyled(letter: char) -> char {
    const SMALL_CAPITALS: &str = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ";
    let code = u32::from(letter);
    let nth = match code {
        0x1F150..=0x1F169 => Some(code - 0x1F150),
        0x1F170..=0x1F189 => Some(code - 0x1F170),
        0x0262..=0x029F | 0x1D00..=0x1D22 | 0xA730..=0xA7AF => {
            SMALL_CAPITALS.chars().position(|small| small == letter).and_then(|nth| u32::try_from(nth).ok())
        }
        _ => None,
    };
    nth.and_then(|nth| char::from_u32(u32::from('a') + nth)).unwrap_or(letter)
}

/// Joiners, variation selectors and skin tones: they change how a sign looks, not what it is.
fn is_invisible(letter: char) -> bool {
    matches!(u32::from(letter), 0xAD | 0x200B..=0x200F | 0x2060 | 0xFE00..=0xFE0F | 0xFEFF
        | 0x1F3FB..=0x1F3FF | 0xE0020..=0xE007F)
}

fn is_emoji(letter: char) -> bool {
    matches!(u32::from(letter), 0x2600..=0x27BF | 0x2B05..=0x2B55 | 0x231A..=0x231B | 0x23E9..=0x23F3
        | 0x1F000..=0x1F0FF | 0x1F18E | 0x1F1E6..=0x1F1FF | 0x1F201..=0x1FAFF)
}

fn is_mark(letter: char) -> bool {
    matches!(u32::from(letter), 0x0300..=0x036F | 0x0483..=0x0487 | 0x0591..=0x05C7 | 0x064B..=0x065F
        | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE20..=0xFE2F)
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
