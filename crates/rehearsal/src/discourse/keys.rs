//! User API keys: asked for with a public key, sealed with it so that only the asking program can read them, proven by two
//! headers, revoked.

use super::answers::{Refusal, Said};
use super::asked::Asked;
use super::server::{Caller, Host};
use super::world::{Id, Key, Wish};
use crate::clock::now_ms;
use crate::hold;
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, Pkcs1PublicEncryptingKey, PublicEncryptingKey};
use axum::http::Method;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

/// As the forum's HEAD tells it, and the payload repeats.
pub(crate) const API_VERSION: u32 = 4;
/// What a forum allows where its people have changed nothing.
const SCOPES: [&str; 8] = [
    "read",
    "write",
    "message_bus",
    "push",
    "notifications",
    "session_info",
    "one_time_password",
    "bookmarks_calendar",
];

/// What is asked for in the parameters of a request.
pub(crate) fn wish(host: &Host, asked: &Asked) -> Result<Wish, Refusal> {
    let given = |name: &'static str| {
        let value = asked.get(name).filter(|value| !value.trim().is_empty());
        value.map(str::to_owned).ok_or(Refusal::Missing(name))
    };
    let public_key = given("public_key")?;
    let nonce = given("nonce")?;
    let scopes: Vec<String> = given("scopes")?.split(',').map(str::to_owned).collect();
    let (client, app) = (given("client_id")?, given("application_name")?);
    if scopes.iter().any(|scope| !SCOPES.contains(&scope.as_str())) {
        return Err(Refusal::NoAccess);
    }
    if asked.get("auth_redirect").is_some_and(|to| to != "discourse://auth_redirect") {
        return Err(Refusal::NoAccess);
    }
    let oaep = match asked.get("padding") {
        Some("oaep") => host.own.oaep,
        Some("pkcs1") | None => false,
        // A forum that does not know of paddings does not look at this either.
        Some(_) if !host.own.oaep => false,
        Some(_) => return Err(Refusal::Parameter("padding")),
    };
    let wish = Wish { app, client, scopes, public_key, nonce, oaep };
    rsa(&wish.public_key).ok_or(Refusal::Parameter("public_key"))?;
    Ok(wish)
}

/// Makes a key for a user and seals it, as Ruby's `Base64.encode64` writes it. `None`: the user may not have one, or it
/// does not fit.
pub(crate) fn give(host: &Host, user: Id, wish: &Wish) -> Option<String> {
    let secret = hex(host, 32);
    let payload = json!({"key": secret, "nonce": wish.nonce, "push": false, "api": API_VERSION}).to_string();
    let sealed = seal(&wish.public_key, payload.as_bytes(), wish.oaep)?;
    let mut forum = hold(&host.forum);
    if forum.users.get(&user)?.role.level() < 1 {
        return None;
    }
    // The same program of the same user has one key: the old one is destroyed.
    forum.keys.retain(|key| !(key.user == user && key.client == wish.client));
    let (client, scopes) = (wish.client.clone(), wish.scopes.clone());
    forum.keys.push(Key { secret, user, client, scopes, revoked: false });
    drop(forum);
    let text = BASE64_STANDARD.encode(sealed);
    let lines = text.as_bytes().chunks(60).map(|line| String::from_utf8_lossy(line).into_owned() + "\n");
    Some(lines.collect())
}

/// A key that needs no sign-in, for the cards.
pub(crate) fn ready(host: &Host, user: Id, client: &str) -> String {
    let secret = hex(host, 32);
    let scopes = vec!["read".to_owned(), "write".to_owned()];
    let key = Key { secret: secret.clone(), user, client: client.to_owned(), scopes, revoked: false };
    hold(&host.forum).keys.push(key);
    secret
}

/// Who asks, by `User-Api-Key` and `User-Api-Client-Id`. A key that is no good is refused like a missing right.
pub(crate) fn who(host: &Host, asked: &Asked) -> Result<Option<Id>, Refusal> {
    let said = asked.header("user-api-key");
    if said.is_empty() {
        // An administrator's key is another thing, and there is none here.
        let other = !asked.header("api-key").is_empty();
        return if other { Err(Refusal::NoAccess) } else { Ok(None) };
    }
    let forum = hold(&host.forum);
    let key = forum.keys.iter().find(|key| key.secret == said && !key.revoked).ok_or(Refusal::NoAccess)?;
    let client = asked.header("user-api-client-id");
    if !client.is_empty() && client != key.client {
        return Err(Refusal::NoAccess);
    }
    let reads = matches!(asked.method, Method::GET | Method::HEAD);
    let has = |scope: &str| key.scopes.iter().any(|known| known == scope);
    if !(has("write") || (reads && has("read"))) {
        return Err(Refusal::NoAccess);
    }
    let user = key.user;
    drop(forum);
    hold(&host.limits).count(&said, now_ms())?;
    Ok(Some(user))
}

pub(crate) fn revoke(host: &Host, caller: &Caller<'_>) -> Said {
    caller.known()?;
    let said = caller.asked.header("user-api-key");
    let mut forum = hold(&host.forum);
    let key = forum.keys.iter_mut().find(|key| key.secret == said).ok_or(Refusal::NotFound)?;
    key.revoked = true;
    Ok(json!({"success": "OK"}))
}

pub(crate) fn hex(host: &Host, letters: usize) -> String {
    let mut text = String::new();
    while text.len() < letters {
        text.push_str(&format!("{:08x}", host.luck.draw()));
    }
    text.truncate(letters);
    text
}

fn seal(pem: &str, payload: &[u8], oaep: bool) -> Option<Vec<u8>> {
    let key = rsa(pem)?;
    let mut sealed = vec![0; key.key_size_bytes()];
    let written = if oaep {
        let key = OaepPublicEncryptingKey::new(key).ok()?;
        key.encrypt(&OAEP_SHA1_MGF1SHA1, payload, &mut sealed, None).ok()?.len()
    } else {
        let key = Pkcs1PublicEncryptingKey::new(key).ok()?;
        key.encrypt(payload, &mut sealed).ok()?.len()
    };
    sealed.truncate(written);
    Some(sealed)
}

/// An RSA key of 2,048 bits or more, in PEM; nothing else will do.
fn rsa(pem: &str) -> Option<PublicEncryptingKey> {
    let body = pem.split_once("-----BEGIN PUBLIC KEY-----")?.1.split_once("-----END PUBLIC KEY-----")?.0;
    let letters: String = body.split_whitespace().collect();
    PublicEncryptingKey::from_der(&BASE64_STANDARD.decode(letters).ok()?).ok()
}
