//! Who asks: app passwords, the sessions opened with them, and their tokens in the form of the reference server. A refresh
//! token is good for one use. (The reference server forgives a second use for two hours, then says what is said here at
//! once: whoever relies on that forgiveness is found out.)

use super::asked::Asked;
use super::identity;
use super::lexicon;
use super::oauth;
use super::refusal::Refusal;
use super::server::Host;
use super::world::Sky;
use crate::clock::now_ms;
use crate::hold;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ACCESS_MS: i64 = 120 * 60_000;
const REFRESH_MS: i64 = 90 * 86_400_000;

pub(crate) struct AppPassword {
    pub did: String,
    pub secret: String,
    /// May read and write private messages.
    pub privileged: bool,
}

#[derive(Clone)]
struct Token {
    did: String,
    privileged: bool,
    ends_ms: i64,
    used: bool,
}

#[derive(Default)]
pub(crate) struct Keys {
    pub passwords: Vec<AppPassword>,
    access: BTreeMap<String, Token>,
    refresh: BTreeMap<String, Token>,
}

/// Who asks, and what they may.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub did: String,
    /// All but private messages: what a person agrees to in the browser may be less.
    pub generic: bool,
    pub privileged: bool,
    /// In the browser, not by a password.
    pub agreed: bool,
}

/// A new app password: four times four letters.
pub(crate) fn make(host: &Host, did: &str, privileged: bool) -> String {
    let letters: Vec<char> = host.luck.secret().to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let padded = letters.into_iter().chain(std::iter::repeat('a')).take(16).collect::<Vec<_>>();
    let secret = padded.chunks(4).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join("-");
    let known = AppPassword { did: did.to_owned(), secret: secret.clone(), privileged };
    hold(&host.sky).keys.passwords.push(known);
    secret
}

/// The token of an `Authorization` header.
fn bearer(asked: &Asked) -> Result<String, Refusal> {
    let header = asked.header("authorization");
    if header.is_empty() {
        return Err(Refusal::new(401, "AuthMissing", "Authentication Required"));
    }
    let words: Vec<&str> = header.split(' ').collect();
    match words.as_slice() {
        [kind, token] if kind.eq_ignore_ascii_case("bearer") => Ok((*token).to_owned()),
        [kind, _] if kind.eq_ignore_ascii_case("basic") => Err(Refusal::token("Unexpected authorization type")),
        [kind, _] => Err(Refusal::token(&format!("Unsupported authorization type: {kind}"))),
        _ => Err(Refusal::token("Malformed authorization header")),
    }
}

pub(crate) fn who(host: &Host, asked: &Asked) -> Result<Caller, Refusal> {
    if let Some((kind, token)) = asked.header("authorization").split_once(' ')
        && kind.eq_ignore_ascii_case("dpop")
    {
        return oauth::who(host, asked, token);
    }
    let token = bearer(asked)?;
    let sky = hold(&host.sky);
    let known = sky.keys.access.get(&token).ok_or_else(|| Refusal::token("Token could not be verified"))?;
    if known.ends_ms <= now_ms() {
        return Err(Refusal::expired("Token has expired"));
    }
    Ok(Caller { did: known.did.clone(), generic: true, privileged: known.privileged, agreed: false })
}

pub(crate) fn create(host: &Host, asked: &Asked) -> Result<Value, Refusal> {
    let input = asked.input()?;
    let (identifier, password) = lexicon::input(&input, |at| {
        let (identifier, password) = (at.key("identifier")?, at.key("password")?);
        Ok((identifier.text()?, password.text()?))
    })?;
    hold(&host.limits).sign_in(identifier, now_ms())?;
    let mut sky = hold(&host.sky);
    let wrong = || Refusal::new(401, "AuthenticationRequired", "Invalid identifier or password");
    let mail = identifier.strip_suffix("@example.com");
    let did = sky.did_of(mail.unwrap_or(identifier)).ok_or_else(wrong)?;
    let found = sky.keys.passwords.iter().find(|known| known.did == did && known.secret == password);
    let privileged = found.ok_or_else(wrong)?.privileged;
    open(host, &mut sky, &did, privileged)
}

pub(crate) fn refresh(host: &Host, asked: &Asked) -> Result<Value, Refusal> {
    let token = bearer(asked)?;
    if !asked.body.is_empty() {
        return Err(Refusal::invalid("A request body was provided when none was expected"));
    }
    let mut sky = hold(&host.sky);
    let known = sky.keys.refresh.get_mut(&token).ok_or_else(|| Refusal::token("Token could not be verified"))?;
    if known.ends_ms <= now_ms() {
        return Err(Refusal::expired("Token has expired"));
    }
    if std::mem::replace(&mut known.used, true) {
        return Err(Refusal::expired("Token has been revoked"));
    }
    let (did, privileged) = (known.did.clone(), known.privileged);
    open(host, &mut sky, &did, privileged)
}

/// The session ends: its refresh token is good for nothing. Access tokens live on to their end.
pub(crate) fn delete(host: &Host, asked: &Asked) -> Result<Value, Refusal> {
    let token = bearer(asked)?;
    let mut sky = hold(&host.sky);
    let known = sky.keys.refresh.get_mut(&token).ok_or_else(|| Refusal::token("Token could not be verified"))?;
    known.used = true;
    Ok(Value::Null)
}

pub(crate) fn shown(host: &Host, caller: &Caller) -> Result<Value, Refusal> {
    Ok(account(host, &hold(&host.sky), &caller.did))
}

fn open(host: &Host, sky: &mut Sky, did: &str, privileged: bool) -> Result<Value, Refusal> {
    let now = now_ms();
    let scope = if privileged { "com.atproto.appPassPrivileged" } else { "com.atproto.appPass" };
    let access = written(host, ("at+jwt", scope), did, now, ACCESS_MS);
    let refresh = written(host, ("refresh+jwt", "com.atproto.refresh"), did, now, REFRESH_MS);
    let token = |life| Token { did: did.to_owned(), privileged, ends_ms: now + life, used: false };
    sky.keys.access.insert(access.clone(), token(ACCESS_MS));
    sky.keys.refresh.insert(refresh.clone(), token(REFRESH_MS));
    let mut told = account(host, sky, did);
    told["accessJwt"] = access.into();
    told["refreshJwt"] = refresh.into();
    Ok(told)
}

fn account(host: &Host, sky: &Sky, did: &str) -> Value {
    let handle = sky.people.get(did).map(|person| person.handle.clone()).unwrap_or_default();
    json!({
        "did": did,
        "didDoc": identity::document(host, sky, did),
        "handle": handle,
        "email": format!("{handle}@example.com"),
        "emailConfirmed": true,
        "active": true,
    })
}

/// A token as the reference server writes it: readable by who cares, signed for nobody else.
fn written(host: &Host, (kind, scope): (&str, &str), did: &str, now_ms: i64, life_ms: i64) -> String {
    let head = json!({"typ": kind, "alg": "HS256"});
    let (now, end) = (now_ms / 1000, (now_ms + life_ms) / 1000);
    let mut body = json!({"scope": scope, "aud": identity::service_did(), "sub": did, "iat": now, "exp": end});
    if kind == "refresh+jwt" {
        body["jti"] = host.luck.secret().into();
    }
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(&head), part(&body), host.luck.secret())
}
