//! A record's own key, chosen here: 53 bits of microseconds and 10 of chance, in 13 letters that sort as they count
//! (specs/tid). It is what makes an answer that was lost certain to be found, and impossible to be there twice. So it is
//! made of what every copy of the inbox knows of a reply, and of nothing else.

use guichet_model::Millis;
use sha2::{Digest, Sha256};

const LETTERS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
const MOST_MICROS: u64 = (1 << 53) - 1;
/// About the second before a reply was written, in microseconds: with the chance a thousand million keys, so that two
/// replies of one second do not share theirs.
const SECOND_BEFORE: u64 = (1 << 20) - 1;

/// The key of the record that a reply becomes.
pub(crate) fn of_reply(key: &str, written_at: Millis) -> String {
    let digest = Sha256::digest(key);
    let luck = digest.iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let written = u64::try_from(written_at.0).unwrap_or(0).saturating_mul(1_000);
    let micros = written.saturating_sub((luck >> 10) & SECOND_BEFORE).min(MOST_MICROS);
    let bits = (micros << 10) | (luck & 0x3ff);
    (0..13).rev().map(|n| char::from(LETTERS[((bits >> (5 * n)) & 31) as usize])).collect()
}

/// The instant in a key, in milliseconds.
pub(crate) fn instant(tid: &str) -> Option<Millis> {
    let first = tid.bytes().next()?;
    // The highest bit is 0, so that the first letter is one of sixteen.
    if tid.len() != 13 || LETTERS.iter().position(|letter| *letter == first)? > 15 {
        return None;
    }
    let mut bits: u64 = 0;
    for byte in tid.bytes() {
        let five = LETTERS.iter().position(|letter| *letter == byte)?;
        bits = (bits << 5) | five as u64;
    }
    i64::try_from((bits >> 10) / 1_000).ok().map(Millis)
}

#[cfg(test)]
#[path = "tid_tests.rs"]
mod tests;
