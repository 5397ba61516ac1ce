//! Requests in the name of one account: its token goes to the server that keeps the account and nowhere else, each request
//! is paid from the budget first, and each answer corrects the budget and tells the server's time.
//!
//! An access token lasts an hour or two. It is exchanged shortly before its end; one that is refused as ended was certainly
//! not obeyed, so a read or an act is made again with a fresh one. A reply is not: it leaves by the next try.

use super::access::Access;
use super::dpop::About;
use super::errors;
use super::renew::{self, Line, Renewals};
use crate::http::{Answer, Http, read_fault};
use crate::last_word::before_the_first_byte;
use guichet_model::{Doors, Fault, Identity, LastWord, MINUTE, Millis, RefusalCode, SECOND, Spending};
use reqwest::RequestBuilder;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

/// Services that the account's server passes requests on to, by their header.
pub(crate) const CHAT: Option<&str> = Some("did:web:api.bsky.chat#bsky_chat");
pub(crate) const LABELER: Option<&str> = Some("did:plc:ar7c4by46qjdydhdevvrndac#atproto_labeler");
const PROXY: &str = "atproto-proxy";

/// A token is exchanged so long before its end: a reply may take a minute on its way.
const BEFORE_ITS_END: i64 = 2 * MINUTE;
/// A nonce lives five minutes at most.
const NONCE_LIVES: i64 = 2 * MINUTE;

pub(crate) struct Api {
    pub http: Arc<Http>,
    pub doors: Doors,
    pub did: String,
    /// Where exchanges of this account's tokens stand in a line.
    pub line: Line,
    server: String,
    /// The server's clock less ours, in milliseconds.
    skew: AtomicI64,
    heard_date: AtomicBool,
    /// What each server gave to sign, and when.
    nonces: Mutex<HashMap<String, (String, Millis)>>,
}

/// A write that was not done, or perhaps was: with the server's own name for it.
#[derive(Debug)]
pub(crate) struct Failed {
    pub fault: Fault,
    pub name: Option<String>,
}

impl From<Failed> for Fault {
    fn from(failed: Failed) -> Self {
        failed.fault
    }
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self { fault, name: None }
    }
}

impl Api {
    pub fn new(http: Arc<Http>, doors: Doors, identity: &Identity, renewals: &Renewals) -> Self {
        Self {
            http,
            doors,
            did: identity.me.remote.0.clone(),
            line: renewals.of(identity.me.remote.as_str()),
            server: identity.server.clone(),
            skew: AtomicI64::new(0),
            heard_date: AtomicBool::new(false),
            nonces: Mutex::default(),
        }
    }

    pub fn now(&self) -> Millis {
        self.doors.clock.now()
    }

    /// The server's clock less ours, as last heard.
    pub fn skew(&self) -> i64 {
        self.skew.load(Ordering::Relaxed)
    }

    /// The same, once a server has told its time.
    pub fn known_skew(&self) -> Option<i64> {
        self.heard_date.load(Ordering::Relaxed).then(|| self.skew())
    }

    pub fn server_now(&self) -> Millis {
        self.now().plus(self.skew())
    }

    pub fn server(&self) -> Result<Url, Fault> {
        Url::parse(&self.server).map_err(|_| Fault::NeedsLogin)
    }

    pub async fn access(&self) -> Result<Access, Fault> {
        Access::open(&self.doors.secrets.read().await?, &self.server, &self.did)
    }

    /// An access whose token does not end in the middle of what is asked with it.
    async fn fresh(self: &Arc<Self>) -> Result<Access, Fault> {
        let access = self.access().await?;
        if access.ends_by(self.server_now(), BEFORE_ITS_END) {
            return renew::renew(self, &access.access).await;
        }
        Ok(access)
    }

    pub async fn get(self: &Arc<Self>, nsid: &str, query: &[(&'static str, String)]) -> Result<Value, Fault> {
        self.get_by(nsid, query, None).await
    }

    /// A read, by another service where the server passes it on; its answer is 2xx and JSON.
    pub async fn get_by(
        self: &Arc<Self>,
        nsid: &str,
        query: &[(&'static str, String)],
        proxy: Option<&str>,
    ) -> Result<Value, Fault> {
        let url = xrpc(&self.server()?, nsid, query)?;
        let (mut renewed, mut signed) = (false, false);
        loop {
            let access = self.fresh().await?;
            self.doors.budget.reserve(Spending::Read)?;
            let request = self.passed(self.http.reading(url.clone())?, proxy);
            let request = self.authorised(request, &access, "GET", &url)?;
            let answer = self.http.read_any(request, self.now()).await?;
            self.heard(&answer, Spending::Read, &url);
            let name = errors::name(&answer);
            if !renewed && has_ended(&answer, name.as_deref(), &access) {
                renew::renew(self, &access.access).await?;
                renewed = true;
                continue;
            }
            if !signed && errors::sign_again(name.as_deref()) {
                signed = true;
                continue;
            }
            return match read_fault(&answer, self.now(), errors::table) {
                // A method that the server does not know is not there a minute later either.
                Some(_) if answer.status == 501 && name.as_deref() == Some(errors::NOT_THERE) => {
                    Err(Fault::refused(RefusalCode::NotOffered, None))
                }
                // "Not there" from something on the way is nothing that the server said.
                Some(Fault::Refused { .. }) if name.is_none() => {
                    Err(Fault::unreadable(format!("a {} that is not the server's", answer.status)))
                }
                Some(fault) => Err(fault),
                None => answer.json(),
            };
        }
    }

    /// A write that nobody is harmed by if it is made twice; its answer is 2xx. Made again only where it was refused for
    /// what goes along with it.
    pub async fn act(self: &Arc<Self>, nsid: &str, body: &Value, proxy: Option<&str>) -> Result<Answer, Failed> {
        let body = body.to_string();
        let mut again = 0;
        loop {
            let access = self.fresh().await?;
            match self.once(nsid, &body, proxy, &access).await {
                Err(failed) if again < 2 && self.mends(&failed, &access).await? => again += 1,
                outcome => return outcome,
            }
        }
    }

    /// Exactly one write of exactly these bytes, where nothing has held it back until it is connected.
    pub async fn publish(
        self: &Arc<Self>,
        nsid: &str,
        body: &str,
        proxy: Option<&str>,
        last: Arc<dyn LastWord>,
    ) -> Result<Answer, Failed> {
        let mut access = self.fresh().await?;
        if access.oauth.is_some() && !self.has_nonce() {
            // What the server gives to sign is learnt from something that nobody sees.
            self.get("com.atproto.server.getSession", &[]).await?;
            access = self.fresh().await?;
        }
        match before_the_first_byte(last, self.once(nsid, body, proxy, &access)).await {
            Err(failed) if self.mends(&failed, &access).await? => {
                Err(Failed { fault: Fault::Later { after: self.now().plus(SECOND) }, name: failed.name })
            }
            outcome => outcome,
        }
    }

    async fn once(&self, nsid: &str, body: &str, proxy: Option<&str>, access: &Access) -> Result<Answer, Failed> {
        self.doors.budget.reserve(Spending::Send)?;
        let url = xrpc(&self.server()?, nsid, &[])?;
        let request = self.http.writing(url.clone())?.header("content-type", "application/json");
        let request = self.passed(request, proxy).body(body.to_owned());
        let request = self.authorised(request, access, "POST", &url)?;
        let named = Mutex::new((None, false));
        let heard = |answer: &Answer| {
            self.heard(answer, Spending::Send, &url);
            let name = errors::name(answer);
            let ended = has_ended(answer, name.as_deref(), access);
            *named.lock().unwrap_or_else(PoisonError::into_inner) = (name, ended);
        };
        let outcome = self.http.write(request, self.now(), errors::table, &heard).await;
        let (name, ended) = named.into_inner().unwrap_or_else(PoisonError::into_inner);
        outcome.map_err(|fault| match (fault, name.as_deref()) {
            // As certain as a 4xx: there is no such method here.
            (Fault::Unsure, Some(errors::NOT_THERE)) => {
                Failed { fault: Fault::refused(RefusalCode::NotOffered, None), name }
            }
            (Fault::NeedsLogin, _) if ended => Failed { fault: Fault::NeedsLogin, name: Some(ENDED.to_owned()) },
            (fault, _) => Failed { fault, name },
        })
    }

    /// Whether what was refused can be asked for again: with a fresh token, or with what the server gave to sign.
    async fn mends(self: &Arc<Self>, failed: &Failed, access: &Access) -> Result<bool, Fault> {
        match failed.name.as_deref() {
            // Of a 4xx: after anything else it may have been done, whatever it is called.
            Some(ENDED) if failed.fault == Fault::NeedsLogin => renew::renew(self, &access.access).await.map(|_| true),
            Some(ENDED) => Ok(false),
            name => Ok(errors::sign_again(name) && !matches!(failed.fault, Fault::Unsure)),
        }
    }

    fn passed(&self, request: RequestBuilder, proxy: Option<&str>) -> RequestBuilder {
        match proxy {
            Some(service) => request.header(PROXY, service),
            None => request,
        }
    }

    fn authorised(
        &self,
        request: RequestBuilder,
        access: &Access,
        method: &str,
        url: &Url,
    ) -> Result<RequestBuilder, Fault> {
        let Some(oauth) = &access.oauth else {
            return Ok(request.bearer_auth(&access.access));
        };
        let nonce = self.nonce(url);
        let about = About { method, url, token: Some(&access.access), nonce: nonce.as_deref(), at: self.server_now() };
        let proof = oauth.key.proof(&about)?;
        Ok(request.header("authorization", format!("DPoP {}", access.access)).header("dpop", proof))
    }

    pub fn nonce(&self, url: &Url) -> Option<String> {
        let nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        nonces.get(&renew::origin(url)).map(|(nonce, _)| nonce.clone())
    }

    fn has_nonce(&self) -> bool {
        let nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        nonces.get(&self.server).is_some_and(|(_, at)| (0..NONCE_LIVES).contains(&now.since(*at)))
    }

    /// What every answer tells besides: how much is left, what time it is there, what to sign next.
    pub fn heard(&self, answer: &Answer, spending: Spending, url: &Url) {
        self.set_by(answer);
        if let Some(nonce) = answer.header("dpop-nonce").filter(|nonce| nonce.len() <= 1_024) {
            let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
            nonces.insert(renew::origin(url), (nonce.to_owned(), self.now()));
        }
        if let Some((left, reset)) = answer.rate(self.now()) {
            self.doors.budget.correct(spending, left, reset);
        }
    }

    pub fn set_by(&self, answer: &Answer) {
        if let Some(date) = answer.date() {
            // The header counts whole seconds: less than that is no difference.
            let skew = date.since(self.now());
            let skew = if skew.abs() < 1_500 { 0 } else { skew };
            self.skew.store(skew, Ordering::Relaxed);
            self.heard_date.store(true, Ordering::Relaxed);
        }
    }
}

/// Our name for a token that ended, whatever the server calls it.
const ENDED: &str = "ExpiredToken";

/// Servers say so with 400 as well as with 401 (packages/pds/src/auth-verifier.ts); for OAuth it is `invalid_token`.
fn has_ended(answer: &Answer, name: Option<&str>, access: &Access) -> bool {
    let by_oauth =
        access.oauth.is_some() && answer.status == 401 && matches!(name, Some("invalid_token" | "InvalidToken"));
    matches!(answer.status, 400 | 401) && (name == Some(ENDED) || by_oauth)
}

/// The address of a method at a server.
pub(crate) fn xrpc(server: &Url, nsid: &str, query: &[(&'static str, String)]) -> Result<Url, Fault> {
    let mut url = server.join(&format!("/xrpc/{nsid}")).map_err(|_| Fault::unreadable("an address of this server"))?;
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    Ok(url)
}

#[cfg(test)]
#[path = "api_tests.rs"]
mod tests;
