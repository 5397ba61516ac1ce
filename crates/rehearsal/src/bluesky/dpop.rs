//! Proofs of possession (RFC 9449), checked as a server does that trusts nobody: the signature by the key that the proof
//! names, the request it was made for, the nonce of the moment, the token it goes with, and that it was not seen before.

use super::asked::Asked;
use super::server::Host;
use crate::clock::now_ms;
use crate::hold;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A nonce is good for this long, and the ones before and after it too.
const NONCE_MS: i64 = 60_000;
/// How far the proof's clock may be from ours.
const APART_S: i64 = 190;

/// What is wrong with a proof.
#[derive(Debug)]
pub(crate) enum Unproven {
    /// Right, perhaps, but not made with our nonce.
    Nonce,
    Wrong(&'static str),
}

impl Unproven {
    pub fn error(&self) -> &'static str {
        match self {
            Unproven::Nonce => "use_dpop_nonce",
            Unproven::Wrong(_) => "invalid_dpop_proof",
        }
    }

    pub fn words(&self) -> &'static str {
        match self {
            Unproven::Nonce => "Authorization server requires nonce in DPoP proof",
            Unproven::Wrong(why) => why,
        }
    }
}

/// The nonce of now.
pub(crate) fn nonce(host: &Host) -> String {
    nonce_at(host, now_ms().div_euclid(NONCE_MS))
}

fn nonce_at(host: &Host, turn: i64) -> String {
    digest(format!("{}/{turn}", host.origin).as_bytes())
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(bytes))
}

/// The thumbprint of the key that this request proves to hold.
pub(crate) fn proven(host: &Host, asked: &Asked, token: Option<&str>) -> Result<String, Unproven> {
    let proofs: Vec<_> = asked.headers.get_all("dpop").iter().collect();
    let [proof] = proofs.as_slice() else { return Err(Unproven::Wrong("DPoP proof required")) };
    let proof = proof.to_str().unwrap_or_default();
    let parts: Vec<&str> = proof.split('.').collect();
    let [head, body, signature] = parts.as_slice() else { return Err(Unproven::Wrong("Invalid DPoP proof")) };
    let (head_read, body_read) = (read(head)?, read(body)?);
    if head_read["typ"] != "dpop+jwt" || head_read["alg"] != "ES256" {
        return Err(Unproven::Wrong("Invalid DPoP proof: typ and alg"));
    }
    let (key, thumb) = key(&head_read["jwk"])?;
    let signature = bytes(signature)?;
    let signed = format!("{head}.{body}");
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key)
        .verify(signed.as_bytes(), &signature)
        .map_err(|_| Unproven::Wrong("Invalid DPoP proof: signature verification failed"))?;
    claims(host, asked, &body_read, token)?;
    let once = format!("{thumb}/{}", body_read["jti"].as_str().unwrap_or_default());
    if !hold(&host.oauth).seen.insert(once) {
        return Err(Unproven::Wrong("DPoP proof jti is not unique"));
    }
    Ok(thumb)
}

fn claims(host: &Host, asked: &Asked, body: &Value, token: Option<&str>) -> Result<(), Unproven> {
    let wrong = |why| Err(Unproven::Wrong(why));
    if body["jti"].as_str().is_none_or(str::is_empty) {
        return wrong("DPoP proof lacks its jti");
    }
    if !body["iss"].is_null() {
        return wrong("DPoP proof names an issuer");
    }
    if body["htm"] != asked.method.as_str() {
        return wrong("DPoP htm mismatch");
    }
    if body["htu"] != format!("{}{}", host.origin, asked.path) {
        return wrong("DPoP htu mismatch");
    }
    let now = now_ms().div_euclid(1000);
    if body["iat"].as_i64().is_none_or(|at| (at - now).abs() > APART_S) {
        return wrong("DPoP iat is too far from now");
    }
    let turn = now_ms().div_euclid(NONCE_MS);
    if ![turn - 1, turn, turn + 1].into_iter().any(|turn| body["nonce"] == nonce_at(host, turn)) {
        return Err(Unproven::Nonce);
    }
    match token {
        Some(token) if body["ath"] != digest(token.as_bytes()) => wrong("DPoP ath mismatch"),
        None if !body["ath"].is_null() => wrong("DPoP ath not allowed"),
        _ => Ok(()),
    }
}

fn read(part: &str) -> Result<Value, Unproven> {
    serde_json::from_slice(&bytes(part)?).map_err(|_| Unproven::Wrong("Invalid DPoP proof"))
}

fn bytes(part: &str) -> Result<Vec<u8>, Unproven> {
    BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| Unproven::Wrong("Invalid DPoP proof"))
}

/// The point of a public key, and its thumbprint (RFC 7638).
fn key(jwk: &Value) -> Result<(Vec<u8>, String), Unproven> {
    let wrong = Unproven::Wrong("Invalid DPoP proof: jwk");
    if jwk["kty"] != "EC" || jwk["crv"] != "P-256" || !jwk["d"].is_null() {
        return Err(wrong);
    }
    let (Some(x), Some(y)) = (jwk["x"].as_str(), jwk["y"].as_str()) else { return Err(wrong) };
    let (left, right) = (bytes(x)?, bytes(y)?);
    if left.len() != 32 || right.len() != 32 {
        return Err(wrong);
    }
    let thumb = digest(json!({"crv": "P-256", "kty": "EC", "x": x, "y": y}).to_string().as_bytes());
    Ok(([vec![4], left, right].concat(), thumb))
}
