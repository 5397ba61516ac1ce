//! Chance that can be told again: the same seed gives the same ids, codes and secrets in the same order.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) struct Luck {
    seed: u64,
    drawn: AtomicU64,
}

impl Luck {
    pub fn new(seed: u64) -> Luck {
        Luck { seed, drawn: AtomicU64::new(0) }
    }

    fn turn(&self) -> [u8; 32] {
        let turn = self.drawn.fetch_add(1, Ordering::Relaxed);
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        hash.update(turn.to_le_bytes());
        hash.finalize().into()
    }

    pub fn draw(&self) -> u32 {
        let [a, b, c, d, ..] = self.turn();
        u32::from_le_bytes([a, b, c, d])
    }

    /// 43 letters, as Mastodon's tokens, codes and secrets are.
    pub fn secret(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.turn())
    }
}
