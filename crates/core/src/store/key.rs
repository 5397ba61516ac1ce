//! The store's own key and salt: random bytes, given to SQLCipher raw.

use crate::desk::Random;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// 32 bytes of key and 16 of salt. Kept in the vault, never printed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct StoreKey([u8; 48]);

impl StoreKey {
    pub fn make(random: &dyn Random) -> Self {
        let mut bytes = [0; 48];
        random.bytes(&mut bytes);
        Self(bytes)
    }

    /// From 96 hexadecimal digits, as the vault keeps it.
    pub fn from_hex(hex: &str) -> Option<Self> {
        let mut bytes = [0; 48];
        if hex.len() != 96 || !hex.is_ascii() {
            return None;
        }
        for (byte, at) in bytes.iter_mut().zip((0..96).step_by(2)) {
            *byte = u8::from_str_radix(&hex[at..at + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }

    pub fn hex(&self) -> Zeroizing<String> {
        let mut hex = Zeroizing::new(String::with_capacity(96));
        for byte in self.0 {
            for digit in [byte >> 4, byte & 15] {
                hex.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        }
        hex
    }

    /// As `PRAGMA key` takes it.
    pub(super) fn literal(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("x'{}'", self.hex().as_str()))
    }

    /// The first 16 bytes of a store written with this key.
    pub(super) fn salt(&self) -> &[u8] {
        &self.0[32..]
    }
}

impl std::fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreKey(…)")
    }
}
