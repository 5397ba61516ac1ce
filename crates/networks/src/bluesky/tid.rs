//! A record's own key, chosen here: 53 bits of microseconds and 10 of chance, in 13 letters that sort as they count
//! (specs/tid). It is what makes an answer that was lost certain to be found, and impossible to be there twice.

use guichet_model::Millis;
use std::sync::atomic::{AtomicU64, Ordering};

const LETTERS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
const MOST_MICROS: u64 = (1 << 53) - 1;

/// Hands out keys, each later than the one before.
#[derive(Default)]
pub(crate) struct Tids {
    last: AtomicU64,
}

impl Tids {
    /// `luck`: any bits.
    pub fn next(&self, now: Millis, luck: u64) -> String {
        // A thousand microseconds lie in one of our instants: which of them it was does not matter.
        let wanted = u64::try_from(now.0).unwrap_or(0).saturating_mul(1_000).saturating_add((luck >> 10) % 1_000);
        let later = |last: u64| Some(wanted.max(last.saturating_add(1)).min(MOST_MICROS));
        let last = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, later).unwrap_or(0);
        written(wanted.max(last.saturating_add(1)).min(MOST_MICROS), luck)
    }
}

fn written(micros: u64, clock: u64) -> String {
    let bits = (micros << 10) | (clock & 0x3ff);
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
