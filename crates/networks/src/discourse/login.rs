//! Signing in by any address of a forum: a pair of keys is made, a person agrees in their own browser, and the forum seals a
//! user API key with the public one.
//!
//! Recent forums give a code to wait with (`Auth-Api-Device-Code`): the page is opened, and the forum is asked now and then
//! whether it was agreed to. Others show the sealed key on the page, to be pasted: a forum sends nobody back to an address
//! that its people have not listed, and no loopback is. An answer with nothing in it changes from the first to the second.

use super::access::Access;
use super::api::{ME, signed};
use super::key::Pair;
use super::wire::{User, id, text};
use super::{convert, errors, names};
use crate::addresses::same_site;
use crate::asked::Ask;
use crate::http::{Answer, Http};
use crate::loopback::LONGEST;
use async_trait::async_trait;
use guichet_model::{
    Answer as Said, Fault, Field, FieldKind, Login, Millis, RefusalCode, Signed, SignedAccount, Step, Unreached,
};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use url::Url;

const CLIENT_NAME: &str = "Guichet";
const SCOPES: &str = "read,write";
/// A sign-in has a person waiting: "later" means when they try again.
const NOW: Millis = Millis(0);
const ASK: &str = "/user-api-key/new";
const MOST_REDIRECTS: usize = 3;
/// Seconds between two questions, where a forum says something odd.
const INTERVALS: std::ops::RangeInclusive<u64> = 1..=60;

pub(crate) struct SignIn {
    http: Arc<Http>,
    going: Option<Going>,
    signed: Option<Signed>,
}

/// A sign-in that waits for the person.
struct Going {
    server: String,
    pair: Pair,
    /// `None`: the page shows what is to be pasted.
    device: Option<Device>,
}

#[derive(Clone)]
struct Device {
    code: String,
    page: Url,
    interval: Duration,
    until: Instant,
}

impl SignIn {
    pub fn new(http: Arc<Http>) -> Self {
        Self { http, going: None, signed: None }
    }

    async fn begin(&mut self, name: &str) -> Result<Step, Fault> {
        self.going = None;
        let (server, waits) = self.discover(name).await?;
        let making = tokio::task::spawn_blocking(Pair::make).await;
        let pair = making.map_err(|_| Fault::unreadable("a key that cannot be made"))??;
        let device = if waits { self.device(&server, &pair).await? } else { None };
        let going = Going { server, pair, device };
        let step = going.open_browser()?;
        self.going = Some(going);
        Ok(step)
    }

    /// The forum's address, and whether it gives codes to wait with.
    async fn discover(&self, name: &str) -> Result<(String, bool), Fault> {
        let mut trouble = None;
        for folder in names::folders(name, self.http.reach)? {
            match self.head(folder).await {
                Ok((server, answer)) if answer.header("auth-api-version").is_some() => {
                    let waits = answer.header("auth-api-device-code").is_some_and(|said| said.trim() == "true");
                    return Ok((server, waits));
                }
                Ok((_, answer)) if answer.status >= 500 => trouble = trouble.or(Some(Fault::Later { after: NOW })),
                Ok(_) => {}
                Err(fault) => return Err(fault),
            }
        }
        Err(trouble.unwrap_or_else(wrong_server))
    }

    /// What a folder answers, followed from `exemple.fr` to `forum.exemple.fr`: nothing secret is asked with here.
    async fn head(&self, folder: Url) -> Result<(String, Answer), Fault> {
        let mut server = names::written(&folder);
        for _ in 0..=MOST_REDIRECTS {
            let at = names::at(&server, ASK, &[])?;
            let answer = self.http.read_any(self.http.heading(at.clone())?, NOW).await?;
            if answer.status == 511 {
                return Err(Fault::Offline { why: Unreached::Portal });
            }
            let to = answer.header("location").and_then(|to| at.join(to).ok());
            let to = to.filter(|to| (300..400).contains(&answer.status) && same_site(to, &at));
            let to = to.filter(|to| self.http.reach.allows(to));
            match to.as_ref().and_then(|to| to.as_str().strip_suffix(ASK)) {
                Some(next) if next != server => server = next.to_owned(),
                _ => return Ok((server, answer)),
            }
        }
        Err(wrong_server())
    }

    async fn device(&self, server: &str, pair: &Pair) -> Result<Option<Device>, Fault> {
        let wish: serde_json::Map<String, Value> =
            wish(pair)?.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let answer = match self.post(server, "/user-api-key/device.json", &Value::Object(wish)).await {
            Ok(answer) => answer,
            // It said that it could, and cannot: the page that shows the key remains.
            Err(Fault::Refused { .. } | Fault::Unsure) => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let told = answer.json()?;
        let page = text(told.at("verification_uri_with_request")).and_then(|page| Url::parse(&page).ok());
        let at = names::at(server, ASK, &[])?;
        let page = page.filter(|page| same_site(page, &at) && self.http.reach.allows(page));
        let (Some(code), Some(page)) = (text(told.at("device_code")), page) else {
            return Ok(None);
        };
        let interval = id(told.at("interval")).unwrap_or(5).clamp(*INTERVALS.start(), *INTERVALS.end());
        let lives = Duration::from_secs(id(told.at("expires_in")).unwrap_or(600)).min(LONGEST);
        Ok(Some(Device { code, page, interval: Duration::from_secs(interval), until: Instant::now() + lives }))
    }

    async fn returned(&mut self) -> Result<Step, Fault> {
        let going = self.going.as_ref().ok_or_else(nothing_begun)?;
        let (server, device) = (going.server.clone(), going.device.clone());
        let Some(device) = device else {
            // Nobody comes back from that page: what is pasted overtakes this wait.
            tokio::time::sleep(LONGEST).await;
            return Err(Fault::refused(RefusalCode::WindowClosed, None));
        };
        let asked = json!({ "device_code": device.code });
        let mut next = Instant::now() + device.interval;
        while next < device.until {
            sleep_until(next).await;
            next = Instant::now() + device.interval;
            let told = match self.post(&server, "/user-api-key/device/poll.json", &asked).await {
                Ok(answer) => answer.json()?,
                // A train's network: the code lives on.
                Err(Fault::Offline { .. } | Fault::Later { .. } | Fault::Unsure) => continue,
                Err(fault) => return Err(fault),
            };
            match (told.at("status").as_str(), text(told.at("payload"))) {
                (Some("authorized"), Some(payload)) => return self.finish(&payload).await,
                (Some("access_denied"), _) => return Err(Fault::refused(RefusalCode::Forbidden, None)),
                (Some("expired_token"), _) => break,
                _ => {}
            }
        }
        Err(Fault::refused(RefusalCode::WindowClosed, None))
    }

    async fn fields(&mut self, values: &BTreeMap<String, String>) -> Result<Step, Fault> {
        let value = |name: &str| values.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
        if let Some(server) = value("server") {
            return self.begin(server).await;
        }
        if let Some(payload) = value("code") {
            return self.finish(payload).await;
        }
        // A page that shows the key, please.
        let going = self.going.as_mut().ok_or_else(nothing_begun)?;
        going.device = None;
        going.open_browser()
    }

    async fn finish(&mut self, payload: &str) -> Result<Step, Fault> {
        let going = self.going.as_ref().ok_or_else(nothing_begun)?;
        let access = Access {
            server: going.server.clone(),
            client_id: going.pair.client_id.clone(),
            access_token: going.pair.open(payload)?,
        };
        let request = signed(self.http.reading(names::at(&access.server, ME, &[])?)?, &access);
        let told = match self.http.read(request, NOW, errors::table).await {
            Ok(answer) => answer.json()?,
            Err(Fault::NeedsLogin) => return Err(Fault::refused(RefusalCode::Invalid, None)),
            Err(fault) => return Err(fault),
        };
        let user = User::read(told.at("current_user")).map_err(Fault::unreadable)?;
        let me = convert::me(&user, &access.server);
        self.signed = Some(Signed {
            server: access.server.clone(),
            secret: access.seal()?,
            accounts: vec![SignedAccount { remote: me.remote.clone(), me }],
        });
        self.going = None;
        Ok(Step::Done)
    }

    /// Nothing that anybody sees: asked with JSON, which a page of elsewhere cannot send.
    async fn post(&self, server: &str, route: &str, body: &Value) -> Result<Answer, Fault> {
        let request = self.http.writing_by(Method::POST, names::at(server, route, &[])?)?;
        let request = request.header("accept", "application/json").header("content-type", "application/json");
        self.http.write(request.body(body.to_string()), NOW, errors::table, &|_| {}).await
    }
}

#[async_trait]
impl Login for SignIn {
    fn first(&self) -> Step {
        Step::Ask { fields: vec![Field::new("server", FieldKind::Server)] }
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

impl Going {
    fn open_browser(&self) -> Result<Step, Fault> {
        let (url, paste) = match &self.device {
            Some(device) => (device.page.clone(), Vec::new()),
            None => {
                let wish = wish(&self.pair)?;
                (names::at(&self.server, ASK, &wish)?, vec![Field::new("code", FieldKind::Line)])
            }
        };
        Ok(Step::OpenBrowser { host: url.host_str().unwrap_or_default().to_owned(), url: url.into(), paste })
    }
}

/// What is asked for, in either way.
fn wish(pair: &Pair) -> Result<Vec<(&'static str, String)>, Fault> {
    Ok(vec![
        ("application_name", CLIENT_NAME.to_owned()),
        ("client_id", pair.client_id.clone()),
        ("scopes", SCOPES.to_owned()),
        ("public_key", pair.public()?),
        ("nonce", pair.nonce.clone()),
        ("padding", "oaep".to_owned()),
    ])
}

fn wrong_server() -> Fault {
    Fault::refused(RefusalCode::WrongServer, None)
}

fn nothing_begun() -> Fault {
    Fault::refused(RefusalCode::Invalid, None)
}

#[cfg(test)]
#[path = "login_tests.rs"]
mod tests;
