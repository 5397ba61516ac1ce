//! Agreeing in the browser: the server that keeps the account names the one that signs people in, which is told beforehand
//! what will be asked (PAR), shows the person its page, and gives tokens that only this session's key opens (PKCE, DPoP).
//!
//! A program without a public page of its own is known there as `http://localhost`, with its way back and its scope in the
//! name; such a session ends after two weeks. The scope asked for includes private messages; what is granted is kept.

use super::access::{Access, Oauth};
use super::api::{Api, xrpc};
use super::dpop::{self, About, Key};
use super::errors;
use super::login::random;
use super::names::{Who, is_did};
use super::renew::{origin, pair};
use super::resolve::{Directory, Home, NOW, kept_at, whose, wrong_server};
use crate::addresses::same_origin;
use crate::asked::Ask;
use crate::http::{Answer, Http};
use crate::loopback::{self, Expected, Listener};
use guichet_model::{Fault, Field, FieldKind, Millis, RefusalCode, Spending, Step};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::{Mutex, PoisonError};
use url::Url;

const SCOPE: &str = "atproto transition:generic transition:chat.bsky";

/// A sign-in that waits for the person in their browser.
pub(crate) struct Agreement {
    home: Home,
    did: String,
    issuer: Issuer,
    key: Key,
    client_id: String,
    redirect: String,
    state: String,
    verifier: String,
    request: String,
    listener: Option<Listener>,
}

/// Who signs people in for a server, and where its doors are; all of one origin.
struct Issuer {
    name: String,
    authorize: Url,
    token: Url,
    push: Url,
}

impl Agreement {
    pub async fn begin(http: &Http, home: Home, who: &Who) -> Result<Self, Fault> {
        let did = match (&home.did, who) {
            (Some(did), _) => did.clone(),
            (None, Who::Handle(handle)) => whose(http, &home.server, handle).await?,
            // Whose account a mail address is, nobody tells.
            (None, _) => return Err(Fault::refused(RefusalCode::Invalid, None)),
        };
        let issuer = Issuer::of(http, &home.server).await?;
        let listener = Listener::open().await;
        let port = listener.as_ref().map_or(loopback::PORTS[0], |listener| listener.port);
        let redirect = loopback::address(port);
        let mut client_id = Url::parse("http://localhost").map_err(|_| wrong_server())?;
        client_id.query_pairs_mut().append_pair("redirect_uri", &redirect).append_pair("scope", SCOPE);
        // Without a path, as servers compare it to the letter.
        let client_id = client_id.as_str().replacen("localhost/?", "localhost?", 1);
        let mut agreement = Self {
            home,
            did,
            issuer,
            key: Key::make()?,
            client_id,
            redirect,
            state: random()?,
            verifier: random()?,
            request: String::new(),
            listener,
        };
        agreement.push(http, who).await?;
        Ok(agreement)
    }

    async fn push(&mut self, http: &Http, who: &Who) -> Result<(), Fault> {
        let challenge = dpop::encoded(&Sha256::digest(self.verifier.as_bytes()));
        let form = [
            ("client_id", self.client_id.as_str()),
            ("response_type", "code"),
            ("redirect_uri", &self.redirect),
            ("scope", SCOPE),
            ("state", &self.state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("login_hint", who.as_str()),
        ];
        let told = asked(http, &self.issuer.push, &self.key, &form).await?.json()?;
        let request = told.at("request_uri").as_str().ok_or_else(|| Fault::unreadable("no request"))?;
        self.request = request.to_owned();
        Ok(())
    }

    pub fn open_browser(&self) -> Step {
        let mut url = self.issuer.authorize.clone();
        url.query_pairs_mut().append_pair("client_id", &self.client_id).append_pair("request_uri", &self.request);
        Step::OpenBrowser {
            host: url.host_str().unwrap_or_default().to_owned(),
            url: url.into(),
            paste: vec![Field::new("code", FieldKind::Line)],
        }
    }

    pub async fn listener(&mut self) -> Result<Listener, Fault> {
        match self.listener.take() {
            Some(listener) => Ok(listener),
            None => Listener::open()
                .await
                .filter(|listener| loopback::address(listener.port) == self.redirect)
                .ok_or_else(|| Fault::refused(RefusalCode::WindowClosed, None)),
        }
    }

    pub fn expected(&self) -> Expected<'_> {
        Expected { state: &self.state, issuer: Some(&self.issuer.name), issuer_required: true }
    }

    /// The code in the address that the browser stands at.
    pub fn read(&self, back: &Url) -> Result<String, Fault> {
        loopback::code_in(back, &self.expected())
    }

    pub async fn finish(self, http: &Http, directory: &Directory, code: &str) -> Result<Access, Fault> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect),
            ("code_verifier", &self.verifier),
        ];
        let told = asked(http, &self.issuer.token, &self.key, &form).await?.json()?;
        let text = |name: &str| told.at(name).as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let (Some(access), Some(refresh), Some(scope)) = (text("access_token"), text("refresh_token"), text("scope"))
        else {
            return Err(Fault::unreadable("an answer without its tokens"));
        };
        let granted = scope.split_whitespace().any(|one| one == "atproto");
        // Somebody else agreed than the one who was named, or nothing was granted.
        if text("sub").filter(|sub| is_did(sub)).as_deref() != Some(self.did.as_str()) || !granted {
            return Err(Fault::refused(RefusalCode::Forbidden, None));
        }
        let server = match self.home.did {
            Some(_) => self.home.server.clone(),
            // The server was typed: the account's own document has the last word, where it can be had.
            None => match directory.document(http, &self.did).await {
                Ok(document) => kept_at(&document, http.reach)?.unwrap_or(self.home.server.clone()),
                Err(_) => self.home.server.clone(),
            },
        };
        let elsewhere = !same_origin(&server, &self.home.server);
        if elsewhere && Issuer::of(http, &server).await?.name != self.issuer.name {
            return Err(wrong_server());
        }
        Ok(Access {
            server: origin(&server),
            did: self.did,
            access,
            refresh,
            oauth: Some(Oauth {
                issuer: self.issuer.name,
                token_endpoint: self.issuer.token.into(),
                client_id: self.client_id,
                scope,
                key: self.key,
            }),
        })
    }
}

impl Issuer {
    async fn of(http: &Http, server: &Url) -> Result<Self, Fault> {
        let page = |url: &Url, path: &str| url.join(path).map_err(|_| wrong_server());
        let resource = told(http, page(server, "/.well-known/oauth-protected-resource")?).await?;
        let named = resource.at("authorization_servers").first().as_str().ok_or_else(wrong_server)?;
        let at = Url::parse(named).map_err(|_| wrong_server())?;
        let metadata = told(http, page(&at, "/.well-known/oauth-authorization-server")?).await?;
        let name = metadata.at("issuer").as_str().unwrap_or_default();
        if name.trim_end_matches('/') != named.trim_end_matches('/') {
            return Err(wrong_server());
        }
        let door = |field: &str| {
            let url = metadata.at(field).as_str().and_then(|url| Url::parse(url).ok()).ok_or_else(wrong_server)?;
            // A door on another origin would take the code and the tokens elsewhere.
            if same_origin(&url, &at) {
                Ok(url)
            } else {
                Err(Fault::unreadable("metadata that leads to another origin"))
            }
        };
        Ok(Self {
            authorize: door("authorization_endpoint")?,
            token: door("token_endpoint")?,
            push: door("pushed_authorization_request_endpoint")?,
            name: name.to_owned(),
        })
    }
}

async fn told(http: &Http, url: Url) -> Result<Value, Fault> {
    let answer = http.read_any(http.reading(url)?, NOW).await?;
    match answer.status {
        200 => answer.json().map_err(|_| wrong_server()),
        429 | 500.. => Err(Fault::Later { after: NOW }),
        _ => Err(wrong_server()),
    }
}

/// What time it is there: a sign-in has no clock of its own, and a note of another time proves nothing.
async fn time_at(http: &Http, server: &Url) -> Result<Millis, Fault> {
    let page = server.join("/.well-known/oauth-authorization-server").map_err(|_| wrong_server())?;
    let answer = http.read_any(http.reading(page)?, NOW).await?;
    Ok(answer.date().unwrap_or(NOW))
}

/// One question of a sign-in, asked again with what the server gives to sign.
async fn asked(http: &Http, url: &Url, key: &Key, form: &[(&str, &str)]) -> Result<Answer, Fault> {
    let mut nonce: Option<String> = None;
    let mut at = time_at(http, url).await?;
    for _ in 0..3 {
        let about = About { method: "POST", url, token: None, nonce: nonce.as_deref(), at };
        let request = http.writing(url.clone())?.header("dpop", key.proof(&about)?).form(form);
        let heard = Mutex::new((None, None, None));
        let hear = |answer: &Answer| {
            let given = answer.header("dpop-nonce").map(str::to_owned);
            *heard.lock().unwrap_or_else(PoisonError::into_inner) = (errors::name(answer), given, answer.date());
        };
        let outcome = http.write(request, NOW, errors::table, &hear).await;
        let (name, given, date) = heard.into_inner().unwrap_or_else(PoisonError::into_inner);
        at = date.unwrap_or(at);
        match outcome {
            Ok(answer) => return Ok(answer),
            Err(_) if errors::sign_again(name.as_deref()) && given.is_some() => nonce = given,
            // Nothing is published in a sign-in: what may have been done can be done again.
            Err(Fault::Unsure) => return Err(Fault::Later { after: NOW }),
            Err(Fault::NeedsLogin) => return Err(Fault::refused(RefusalCode::Invalid, None)),
            Err(fault) => return Err(fault),
        }
    }
    Err(Fault::refused(RefusalCode::Invalid, None))
}

/// Who has just signed in.
pub(crate) async fn profile(http: &Http, access: &Access, server: &Url) -> Result<Value, Fault> {
    let url = xrpc(server, "com.atproto.server.getSession", &[])?;
    let session = read_as(http, access, url).await?;
    let url = xrpc(server, "app.bsky.actor.getProfile", &[("actor", access.did.clone())])?;
    match read_as(http, access, url).await {
        Ok(profile) if profile.at("did") == access.did.as_str() => Ok(profile),
        Ok(_) | Err(Fault::Refused { .. } | Fault::Later { .. } | Fault::Unreadable { .. }) => {
            Ok(json!({ "did": access.did, "handle": session.at("handle") }))
        }
        Err(fault) => Err(fault),
    }
}

async fn read_as(http: &Http, access: &Access, url: Url) -> Result<Value, Fault> {
    let oauth = access.oauth.as_ref().ok_or(Fault::NeedsLogin)?;
    let (mut nonce, mut at): (Option<String>, Millis) = (None, time_at(http, &url).await?);
    for _ in 0..3 {
        let about = About { method: "GET", url: &url, token: Some(&access.access), nonce: nonce.as_deref(), at };
        let request = http
            .reading(url.clone())?
            .header("authorization", format!("DPoP {}", access.access))
            .header("dpop", oauth.key.proof(&about)?);
        let answer = http.read_any(request, NOW).await?;
        let given = answer.header("dpop-nonce").map(str::to_owned);
        let again = errors::sign_again(errors::name(&answer).as_deref());
        at = answer.date().unwrap_or(at);
        if again && given.is_some() {
            nonce = given;
            continue;
        }
        return match crate::http::read_fault(&answer, NOW, errors::table) {
            Some(fault) => Err(fault),
            None => answer.json(),
        };
    }
    Err(Fault::refused(RefusalCode::Invalid, None))
}

/// A fresh pair of tokens, from the server that issued the old one.
pub(crate) async fn exchanged(api: &Api, old: &Access) -> Result<Access, Fault> {
    let oauth = old.oauth.as_ref().ok_or(Fault::NeedsLogin)?;
    let url = Url::parse(&oauth.token_endpoint).map_err(|_| Fault::NeedsLogin)?;
    let issuer = Url::parse(&oauth.issuer).map_err(|_| Fault::NeedsLogin)?;
    if !same_origin(&url, &issuer) {
        return Err(Fault::NeedsLogin);
    }
    let form =
        [("grant_type", "refresh_token"), ("refresh_token", old.refresh.as_str()), ("client_id", &oauth.client_id)];
    for _ in 0..3 {
        let nonce = api.nonce(&url);
        let about = About { method: "POST", url: &url, token: None, nonce: nonce.as_deref(), at: api.server_now() };
        let request = api.http.writing(url.clone())?.header("dpop", oauth.key.proof(&about)?).form(&form);
        let name = Mutex::new(None);
        let heard = |answer: &Answer| {
            api.heard(answer, Spending::Read, &url);
            *name.lock().unwrap_or_else(PoisonError::into_inner) = errors::name(answer);
        };
        let outcome = api.http.write(request, api.now(), errors::table, &heard).await;
        let name = name.into_inner().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(answer) => {
                let fresh = pair(&answer, old, "access_token", "refresh_token")?;
                let told = answer.json().map_err(|_| Fault::NeedsLogin)?;
                // Tokens of somebody else would speak in their name.
                if told.at("sub").as_str().is_some_and(|sub| sub != old.did) {
                    return Err(Fault::NeedsLogin);
                }
                return Ok(fresh);
            }
            Err(fault) if errors::sign_again(name.as_deref()) && fault != Fault::Unsure => {}
            Err(fault) => return Err(fault),
        }
    }
    Err(Fault::NeedsLogin)
}

#[cfg(test)]
#[path = "oauth_tests.rs"]
mod tests;
