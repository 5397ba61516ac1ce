//! The pair of keys of one sign-in: the forum seals the user API key with the public one, so that whoever reads it on the
//! way, or over a shoulder, has nothing. The private one lives as long as the sign-in.
//!
//! Recent forums seal with OAEP where they are asked to (`padding=oaep`); older ones do not know the word and seal as
//! PKCS#1 v1.5 says, so both are tried.

use crate::asked::Ask;
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeySize, OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey};
use aws_lc_rs::rsa::{Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use guichet_model::{Fault, RefusalCode};
use serde_json::Value;

/// As `Base64.encode64` writes it; what is pasted may have lost its last signs.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(crate) struct Pair {
    private: PrivateDecryptingKey,
    /// Repeated inside of what is sealed. Short: 2,048 bits hold 214 bytes.
    pub nonce: String,
    pub client_id: String,
}

impl Pair {
    /// Takes a moment of the processor's: not for a thread that others wait for.
    pub fn make() -> Result<Self, Fault> {
        let private = PrivateDecryptingKey::generate(KeySize::Rsa2048).map_err(|_| no_key())?;
        Ok(Self { private, nonce: random()?, client_id: random()? })
    }

    /// PEM, as a forum takes it.
    pub fn public(&self) -> Result<String, Fault> {
        let der: PublicKeyX509Der<'_> = self.private.public_key().as_der().map_err(|_| no_key())?;
        let text = STANDARD.encode(der.as_ref());
        let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
        Ok(format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n")))
    }

    /// The user API key in what a forum sealed for this sign-in, and for no other.
    pub fn open(&self, payload: &str) -> Result<String, Fault> {
        let wrong = || Fault::refused(RefusalCode::Invalid, None);
        let letters: String = payload.chars().filter(|c| !c.is_whitespace()).collect();
        let sealed = LENIENT.decode(letters).map_err(|_| wrong())?;
        let text = self.unsealed(&sealed).ok_or_else(wrong)?;
        let told: Value = serde_json::from_slice(&text).map_err(|_| wrong())?;
        if told.at("nonce").as_str() != Some(&self.nonce) {
            return Err(wrong());
        }
        let key = told.at("key").as_str().filter(|key| !key.is_empty()).ok_or_else(wrong)?;
        Ok(key.to_owned())
    }

    fn unsealed(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let mut room = vec![0; self.private.key_size_bytes()];
        let oaep = OaepPrivateDecryptingKey::new(self.private.clone()).ok()?;
        if let Ok(text) = oaep.decrypt(&OAEP_SHA1_MGF1SHA1, sealed, &mut room, None) {
            return Some(text.to_vec());
        }
        let older = Pkcs1PrivateDecryptingKey::new(self.private.clone()).ok()?;
        older.decrypt(sealed, &mut room).ok().map(|text| text.to_vec())
    }
}

fn no_key() -> Fault {
    Fault::unreadable("a key that cannot be made")
}

/// 32 hexadecimal letters.
fn random() -> Result<String, Fault> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Fault::unreadable("no randomness"))?;
    Ok(bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}")))
}

#[cfg(test)]
#[path = "key_tests.rs"]
pub(crate) mod tests;
