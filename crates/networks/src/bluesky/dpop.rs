//! Proof of possession (RFC 9449): each request of a session agreed to in the browser carries a small signed note, so that
//! a stolen token opens nothing. The key is made for one session and kept with its tokens. Each server hands out a word to
//! sign (a nonce) that it changes every few minutes, and refuses a note without it: certainly before doing anything.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use guichet_model::{Fault, Millis};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

/// A private key on P-256 (PKCS #8, base64).
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Key(String);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

/// What a note is about.
pub(crate) struct About<'a> {
    pub method: &'a str,
    pub url: &'a Url,
    /// The token that goes along, on a request to the server that keeps the account.
    pub token: Option<&'a str>,
    pub nonce: Option<&'a str>,
    /// By the server's clock.
    pub at: Millis,
}

impl Key {
    pub fn make() -> Result<Self, Fault> {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let made = made.map_err(|_| Fault::unreadable("no randomness"))?;
        Ok(Self(STANDARD.encode(made.as_ref())))
    }

    /// A key that cannot be read signs nothing: whoever had it must sign in again.
    fn pair(&self) -> Result<EcdsaKeyPair, Fault> {
        let bytes = STANDARD.decode(&self.0).map_err(|_| Fault::NeedsLogin)?;
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &bytes).map_err(|_| Fault::NeedsLogin)
    }

    pub fn proof(&self, about: &About<'_>) -> Result<String, Fault> {
        let pair = self.pair()?;
        // An uncompressed point: 4, then both coordinates.
        let point = pair.public_key().as_ref();
        let (x, y) = match point {
            [4, rest @ ..] if rest.len() == 64 => rest.split_at(32),
            _ => return Err(Fault::NeedsLogin),
        };
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": encoded(x), "y": encoded(y) });
        let head = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk });
        let mut bytes = [0; 24];
        getrandom::fill(&mut bytes).map_err(|_| Fault::unreadable("no randomness"))?;
        let mut url = about.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        let mut claims = json!({
            "jti": encoded(&bytes),
            "htm": about.method,
            "htu": url.as_str(),
            "iat": about.at.0.div_euclid(1_000),
        });
        if let Some(nonce) = about.nonce {
            claims["nonce"] = nonce.into();
        }
        if let Some(token) = about.token {
            claims["ath"] = encoded(&Sha256::digest(token.as_bytes())).into();
        }
        let signed = format!("{}.{}", written(&head), written(&claims));
        let signature = pair.sign(&SystemRandom::new(), signed.as_bytes());
        let signature = signature.map_err(|_| Fault::unreadable("no signature"))?;
        Ok(format!("{signed}.{}", encoded(signature.as_ref())))
    }
}

pub(crate) fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn written(value: &Value) -> String {
    encoded(value.to_string().as_bytes())
}

#[cfg(test)]
#[path = "dpop_tests.rs"]
mod tests;
