//! What is sealed for a sign-in opens there alone.

#![allow(clippy::unwrap_used)]

use super::*;
use aws_lc_rs::rsa::{OaepPublicEncryptingKey, Pkcs1PublicEncryptingKey, PublicEncryptingKey};

/// As a forum seals it, with line ends inside.
pub(crate) fn sealed(pem: &str, text: &str, oaep: bool) -> String {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let key = PublicEncryptingKey::from_der(&STANDARD.decode(body).unwrap()).unwrap();
    let mut room = [0; 256];
    let sealed = if oaep {
        let key = OaepPublicEncryptingKey::new(key).unwrap();
        key.encrypt(&OAEP_SHA1_MGF1SHA1, text.as_bytes(), &mut room, None).unwrap().to_vec()
    } else {
        Pkcs1PublicEncryptingKey::new(key).unwrap().encrypt(text.as_bytes(), &mut room).unwrap().to_vec()
    };
    let text = STANDARD.encode(sealed);
    text.as_bytes().chunks(60).map(|line| String::from_utf8_lossy(line).into_owned() + "\n").collect()
}

fn told(nonce: &str) -> String {
    format!(r#"{{"key":"c0ffee","nonce":"{nonce}","push":false,"api":4}}"#)
}

#[test]
fn a_key_opens_whatever_the_padding() {
    let pair = Pair::make().unwrap();
    let public = pair.public().unwrap();
    assert!(public.starts_with("-----BEGIN PUBLIC KEY-----\nMIIB") && public.lines().all(|line| line.len() <= 64));
    for oaep in [true, false] {
        let payload = sealed(&public, &told(&pair.nonce), oaep);
        assert_eq!(pair.open(&payload).unwrap(), "c0ffee");
        // As it may be pasted: on one line, its last sign lost.
        let pasted = format!("  {} ", payload.replace('\n', " ").trim_end().trim_end_matches('='));
        assert_eq!(pair.open(&pasted).unwrap(), "c0ffee");
    }
}

#[test]
fn what_is_not_for_this_sign_in_is_refused() {
    let (pair, other) = (Pair::make().unwrap(), Pair::make().unwrap());
    let public = pair.public().unwrap();
    let refused = |payload: &str| matches!(pair.open(payload), Err(Fault::Refused { .. }));
    assert!(refused(&sealed(&public, &told("another"), true)), "another sign-in's nonce");
    assert!(refused(&sealed(&other.public().unwrap(), &told(&pair.nonce), true)), "another's key");
    assert!(refused(&sealed(&public, "{}", false)));
    for wrong in ["", "c0ffee", "not base64 at all!", "AAAA"] {
        assert!(refused(wrong), "{wrong}");
    }
}
