//! Signing in by a handle and an app password, which anybody makes for themselves in the settings of their account; or,
//! with the password left out, by agreeing in the browser (`oauth`).
//!
//! The server is found from the handle; whoever keeps their account elsewhere, or signs in by mail address, may name it.
//! A main password works too, and may want a second word that arrives by mail.

use super::access::Access;
use super::api::xrpc;
use super::convert;
use super::names::Who;
use super::oauth::Agreement;
use super::renew::origin;
use super::resolve::{Directory, Home, NOW, kept_at, wrong_server};
use super::wire::Person;
use super::{dpop, errors, oauth};
use crate::asked::Ask;
use crate::http::Http;
use async_trait::async_trait;
use guichet_model::{
    Answer as Said, Author, Fault, Field, FieldKind, Login, RefusalCode, RemoteId, Signed, SignedAccount, Step,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use url::Url;

/// What is asked.
const USER: &str = "user";
const PASSWORD: &str = "password";
const SERVER: &str = "server";
const CODE: &str = "code";

pub(crate) struct SignIn {
    http: Arc<Http>,
    directory: Directory,
    waits: Waits,
    signed: Option<Signed>,
}

/// What a sign-in waits for.
enum Waits {
    Nothing,
    /// The word that was sent by mail.
    SecondWord(Knocking),
    Browser(Box<Agreement>),
}

/// A password at a door.
struct Knocking {
    home: Home,
    who: Who,
    password: String,
}

impl SignIn {
    pub fn new(http: Arc<Http>, directory: Directory) -> Self {
        Self { http, directory, waits: Waits::Nothing, signed: None }
    }

    async fn fields(&mut self, values: &BTreeMap<String, String>) -> Result<Step, Fault> {
        let value = |name: &str| values.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
        if value(USER).is_none() && value(PASSWORD).is_none() {
            return self.code(value(CODE)).await;
        }
        let who = value(USER).and_then(Who::read).ok_or_else(|| Fault::refused(RefusalCode::Invalid, None))?;
        // A sign-in begun before lets its port go first.
        self.waits = Waits::Nothing;
        let home = self.directory.home(&self.http, &who, value(SERVER)).await?;
        match value(PASSWORD) {
            Some(password) => {
                let knocking = Knocking { home, who, password: password.to_owned() };
                self.knock(knocking, None).await
            }
            None => {
                let agreement = Agreement::begin(&self.http, home, &who).await?;
                let step = agreement.open_browser();
                self.waits = Waits::Browser(Box::new(agreement));
                Ok(step)
            }
        }
    }

    /// The word that came by mail, or the address that the browser stands at.
    async fn code(&mut self, code: Option<&str>) -> Result<Step, Fault> {
        match std::mem::replace(&mut self.waits, Waits::Nothing) {
            Waits::SecondWord(knocking) => {
                let Some(code) = code else {
                    self.waits = Waits::SecondWord(knocking);
                    return Ok(second_word());
                };
                self.knock(knocking, Some(code)).await
            }
            Waits::Browser(agreement) => {
                let back = code.and_then(|code| Url::parse(code).ok());
                let brought = match &back {
                    Some(back) => agreement.read(back),
                    None => Err(Fault::refused(RefusalCode::Invalid, None)),
                };
                match brought {
                    Ok(code) => self.agreed(*agreement, &code).await,
                    Err(fault) => {
                        self.waits = Waits::Browser(agreement);
                        Err(fault)
                    }
                }
            }
            Waits::Nothing => Err(Fault::refused(RefusalCode::Invalid, None)),
        }
    }

    async fn returned(&mut self) -> Result<Step, Fault> {
        let Waits::Browser(agreement) = &mut self.waits else {
            return Err(Fault::refused(RefusalCode::Invalid, None));
        };
        // Taken out of the sign-in: whoever drops this wait closes the door.
        let listener = agreement.listener().await?;
        let code = listener.code(&agreement.expected()).await?;
        match std::mem::replace(&mut self.waits, Waits::Nothing) {
            Waits::Browser(agreement) => self.agreed(*agreement, &code).await,
            _ => Err(Fault::refused(RefusalCode::Invalid, None)),
        }
    }

    async fn agreed(&mut self, agreement: Agreement, code: &str) -> Result<Step, Fault> {
        let access = agreement.finish(&self.http, &self.directory, code).await?;
        let server = Url::parse(&access.server).map_err(|_| wrong_server())?;
        let profile = oauth::profile(&self.http, &access, &server).await?;
        self.finish(access, &profile)
    }

    async fn knock(&mut self, knocking: Knocking, code: Option<&str>) -> Result<Step, Fault> {
        let mut body = json!({ "identifier": knocking.who.as_str(), "password": knocking.password });
        if let Some(code) = code {
            body["authFactorToken"] = code.into();
        }
        let url = xrpc(&knocking.home.server, "com.atproto.server.createSession", &[])?;
        let request = self.http.writing(url)?.json(&body);
        let name = std::sync::Mutex::new(None);
        let heard = |answer: &crate::http::Answer| {
            *name.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = errors::name(answer);
        };
        let outcome = self.http.write(request, NOW, errors::table, &heard).await;
        let name = name.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let answer = match (outcome, name.as_deref()) {
            (Ok(answer), _) => answer,
            (Err(_), Some("AuthFactorTokenRequired")) => {
                self.waits = Waits::SecondWord(knocking);
                return Ok(second_word());
            }
            // A word that was wrong or came late: another one can be typed.
            (Err(_), Some("ExpiredToken" | "InvalidToken")) if code.is_some() => {
                self.waits = Waits::SecondWord(knocking);
                return Err(Fault::refused(RefusalCode::Invalid, None));
            }
            // A wrong name or password.
            (Err(Fault::NeedsLogin), _) => return Err(Fault::refused(RefusalCode::Invalid, None)),
            (Err(Fault::Blocked { reason, .. }), _) => return Err(Fault::Refused { reason }),
            // Not a server of this network, or something stands before it.
            (Err(Fault::Unsure), None) => return Err(wrong_server()),
            (Err(Fault::Unsure), Some(_)) => return Err(Fault::Later { after: NOW }),
            (Err(fault), _) => return Err(fault),
        };
        let told = answer.json().map_err(|_| wrong_server())?;
        let access = self.session(&told, &knocking)?;
        let server = Url::parse(&access.server).map_err(|_| wrong_server())?;
        let url = xrpc(&server, "app.bsky.actor.getProfile", &[("actor", access.did.clone())])?;
        let request = self.http.reading(url)?.bearer_auth(&access.access);
        let mut profile = match self.http.read(request, NOW, errors::table).await {
            Ok(answer) => answer.json().unwrap_or_default(),
            // Who it is was told already; a face can wait.
            Err(Fault::Refused { .. } | Fault::Later { .. } | Fault::Unreadable { .. }) => Value::Null,
            Err(fault) => return Err(fault),
        };
        if profile.at("did") != access.did.as_str() {
            profile = json!({ "did": access.did, "handle": told.at("handle") });
        }
        self.finish(access, &profile)
    }

    fn session(&self, told: &Value, knocking: &Knocking) -> Result<Access, Fault> {
        let (did, access, refresh) = tokens(told).ok_or_else(wrong_server)?;
        if knocking.home.did.as_ref().is_some_and(|expected| *expected != did) {
            return Err(wrong_server());
        }
        awake(told)?;
        // The largest server lets people in whom another one keeps: that one is in the document.
        let kept = kept_at(told.at("didDoc"), self.http.reach)?;
        let server = kept.unwrap_or_else(|| knocking.home.server.clone());
        Ok(Access { server: origin(&server), did, access, refresh, oauth: None })
    }

    fn finish(&mut self, access: Access, profile: &Value) -> Result<Step, Fault> {
        let me = Person::read(profile).map(|person| convert::author(&person));
        let me: Author = me.ok_or_else(|| Fault::unreadable("an account without its name"))?;
        self.signed = Some(Signed {
            server: access.server.clone(),
            secret: access.seal()?,
            accounts: vec![SignedAccount { remote: RemoteId::new(&access.did), me }],
        });
        Ok(Step::Done)
    }
}

fn second_word() -> Step {
    Step::Ask { fields: vec![Field::new(CODE, FieldKind::Line)] }
}

#[async_trait]
impl Login for SignIn {
    fn first(&self) -> Step {
        Step::Ask {
            fields: vec![
                Field::new(USER, FieldKind::Line),
                Field::new(PASSWORD, FieldKind::Secret),
                Field::new(SERVER, FieldKind::Server),
            ],
        }
    }

    async fn answer(&mut self, answer: Said) -> Result<Step, Fault> {
        match answer {
            Said::Fields { values } => self.fields(&values).await,
            Said::Returned => self.returned().await,
            Said::Pages { .. } => Err(Fault::refused(RefusalCode::NotOffered, None)),
        }
    }

    fn signed(&mut self) -> Option<Signed> {
        self.signed.take()
    }
}

/// 256 random bits, as letters.
pub(crate) fn random() -> Result<String, Fault> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| Fault::unreadable("no randomness"))?;
    Ok(dpop::encoded(&bytes))
}

/// Who it is, and what opens.
pub(crate) fn tokens(told: &Value) -> Option<(String, String, String)> {
    let text = |name: &str| told.at(name).as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let did = text("did").filter(|did| super::names::is_did(did))?;
    Some((did, text("accessJwt")?, text("refreshJwt")?))
}

/// An account that was put to sleep, by its owner or by others, says so.
pub(crate) fn awake(told: &Value) -> Result<(), Fault> {
    if told.at("active") == false {
        let why = told.at("status").as_str().filter(|why| !why.is_empty()).map(str::to_owned);
        return Err(Fault::refused(RefusalCode::Suspended, why));
    }
    Ok(())
}

#[cfg(test)]
#[path = "login_tests.rs"]
mod tests;
