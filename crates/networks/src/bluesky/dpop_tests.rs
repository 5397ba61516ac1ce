//! The note a request carries: its parts, its signature, and that the key is never shown.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

fn part(token: &str, n: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(n).unwrap()).unwrap()).unwrap()
}

#[test]
fn a_proof_is_signed_by_the_key_it_shows_and_tells_of_one_request() {
    let key = Key::make().unwrap();
    let key: Key = serde_json::from_str(&serde_json::to_string(&key).unwrap()).unwrap();
    let url = Url::parse("https://serveur.test/xrpc/app.bsky.feed.getPosts?uris=a#b").unwrap();
    let about =
        About { method: "GET", url: &url, token: Some("jeton"), nonce: Some("mot"), at: Millis(1_790_000_000_999) };
    let proof = key.proof(&about).unwrap();
    let (head, claims) = (part(&proof, 0), part(&proof, 1));
    assert_eq!((head["typ"].as_str(), head["alg"].as_str()), (Some("dpop+jwt"), Some("ES256")));
    assert!(head["jwk"].get("d").is_none(), "the private part stays here");
    assert_eq!(claims["htm"], "GET");
    assert_eq!(claims["htu"], "https://serveur.test/xrpc/app.bsky.feed.getPosts");
    assert_eq!((claims["iat"].as_i64(), claims["nonce"].as_str()), (Some(1_790_000_000), Some("mot")));
    assert_eq!(claims["ath"], encoded(&Sha256::digest(b"jeton")));
    assert!(claims.get("iss").is_none());

    let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(head["jwk"][name].as_str().unwrap()).unwrap();
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let (signed, signature) = proof.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    public.verify(signed.as_bytes(), &signature).unwrap();
    assert!(public.verify(b"something else", &signature).is_err());

    let other = key.proof(&About { token: None, nonce: None, ..about }).unwrap();
    assert!(part(&other, 1).get("ath").is_none() && part(&other, 1).get("nonce").is_none());
    assert_ne!(part(&other, 1)["jti"], claims["jti"]);
}

#[test]
fn a_broken_key_asks_for_a_sign_in_and_none_is_printed() {
    let url = Url::parse("https://serveur.test/").unwrap();
    let about = About { method: "POST", url: &url, token: None, nonce: None, at: Millis(0) };
    assert_eq!(Key("bm9wZQ==".into()).proof(&about), Err(Fault::NeedsLogin));
    assert_eq!(format!("{:?}", Key::make().unwrap()), "Key(…)");
}
