//! Signing in without a password, where a provider wants none: Google and Microsoft let the mailbox's owner agree in their
//! own browser to a program that is known there by an id, which the owner made or was given. What comes back is exchanged
//! for a token of an hour and one that brings the next.
//!
//! A token opens the whole mailbox: it goes to its issuer and to that provider's own servers, and nowhere else.

use super::servers::{Provider, Server};
use crate::addresses::Reach;
use crate::asked::Ask;
use crate::http::{Answer, Http};
use crate::loopback::{self, Expected, Listener};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guichet_model::{Fault, Millis, RefusalCode, SECOND, Step};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

/// A token is renewed before its last minute: a connection takes some of it.
const MARGIN: i64 = 60 * SECOND;
/// What a token lasts where its issuer does not say.
const USUAL: i64 = 3_600;

/// Whoever asks the owner, and gives tokens out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Issuer {
    Google,
    Microsoft,
    /// Stands in for them on loopback, at this origin.
    Rehearsed(String),
}

/// What the program is called there.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Client {
    pub id: String,
    /// Google gives one to programs too, and does not take it for a secret.
    pub secret: Option<String>,
}

/// What the owner agreed to. Never printed: its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub issuer: Issuer,
    pub client: Client,
    pub access: String,
    pub refresh: String,
    /// When the access is to be renewed; long ago where nobody knew the time.
    pub until: Millis,
}

impl std::fmt::Debug for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Grant(…)")
    }
}

struct Doors {
    authorize: String,
    token: String,
    scope: &'static str,
    /// Its own name for itself, where it tells one on the way back.
    issuer: Option<&'static str>,
}

impl Issuer {
    pub fn of(provider: Provider) -> Option<Self> {
        match provider {
            Provider::Gmail => Some(Self::Google),
            Provider::Microsoft => Some(Self::Microsoft),
            Provider::Orange | Provider::Free => None,
        }
    }

    /// Whether a token of theirs may be shown to that server.
    pub fn serves(&self, server: &Server, reach: Reach) -> bool {
        match self {
            Self::Rehearsed(_) => reach == Reach::Loopback && server.is_within(reach),
            _ => Provider::of_server(server).and_then(Self::of).as_ref() == Some(self),
        }
    }

    fn doors(&self) -> Doors {
        match self {
            Self::Google => Doors {
                authorize: "https://accounts.google.com/o/oauth2/v2/auth".into(),
                token: "https://oauth2.googleapis.com/token".into(),
                scope: "https://mail.google.com/",
                issuer: Some("https://accounts.google.com"),
            },
            Self::Microsoft => Doors {
                authorize: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize".into(),
                token: "https://login.microsoftonline.com/common/oauth2/v2.0/token".into(),
                scope: "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send \
                        offline_access",
                issuer: None,
            },
            Self::Rehearsed(origin) => Doors {
                authorize: format!("{origin}/authorize"),
                token: format!("{origin}/token"),
                scope: "mail",
                issuer: None,
            },
        }
    }

    /// Microsoft takes any port of `localhost`, and of no number.
    fn back(&self, port: u16) -> String {
        let address = loopback::address(port);
        if *self == Self::Microsoft { address.replacen("127.0.0.1", "localhost", 1) } else { address }
    }
}

/// A consent that waits for the owner.
pub(crate) struct Consent {
    issuer: Issuer,
    client: Client,
    state: String,
    verifier: String,
    redirect: String,
    listener: Option<Listener>,
}

impl Consent {
    pub async fn begin(issuer: Issuer, client: Client) -> Result<Self, Fault> {
        let listener = Listener::open().await.ok_or_else(closed)?;
        let redirect = issuer.back(listener.port);
        Ok(Self { issuer, client, state: random()?, verifier: random()?, redirect, listener: Some(listener) })
    }

    pub fn step(&self, address: &str) -> Result<Step, Fault> {
        let doors = self.issuer.doors();
        let mut url = address_of(&doors.authorize)?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()));
        let mut asked = url.query_pairs_mut();
        asked
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client.id)
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("scope", doors.scope)
            .append_pair("state", &self.state)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("login_hint", address);
        if self.issuer == Issuer::Google {
            // Without these the second consent of a program brings nothing to renew by.
            asked.append_pair("access_type", "offline").append_pair("prompt", "consent");
        }
        drop(asked);
        Ok(Step::OpenBrowser {
            host: url.host_str().unwrap_or_default().to_owned(),
            url: url.into(),
            paste: Vec::new(),
        })
    }

    /// Waits for the browser, and exchanges what it brings.
    pub async fn returned(&mut self, http: &Http) -> Result<Grant, Fault> {
        // Taken out: whoever drops this wait closes the door.
        let listener = match self.listener.take() {
            Some(listener) => listener,
            // Asked once more: the page comes back to the same door.
            None => {
                let again = Listener::open().await.filter(|again| self.issuer.back(again.port) == self.redirect);
                again.ok_or_else(closed)?
            }
        };
        let expected = Expected { state: &self.state, issuer: self.issuer.doors().issuer, issuer_required: false };
        let code = listener.code(&expected).await?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", &self.redirect),
            ("code_verifier", &self.verifier),
        ];
        let told = ask(http, &self.issuer, &self.client, &form, Millis(0)).await?;
        let refresh = told.refresh.ok_or_else(|| Fault::refused(RefusalCode::Forbidden, None))?;
        // A sign-in knows no time: the first use renews it.
        Ok(Grant {
            issuer: self.issuer.clone(),
            client: self.client.clone(),
            access: told.access,
            refresh,
            until: Millis(0),
        })
    }
}

impl Grant {
    pub fn is_over(&self, now: Millis) -> bool {
        now >= self.until
    }

    /// The next one. `NeedsLogin` where its issuer has taken it back.
    pub async fn renewed(&self, http: &Http, now: Millis) -> Result<Self, Fault> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", self.refresh.as_str())];
        let told = ask(http, &self.issuer, &self.client, &form, now).await?;
        let until = now.plus(told.lasts.saturating_mul(SECOND).saturating_sub(MARGIN));
        let refresh = told.refresh.unwrap_or_else(|| self.refresh.clone());
        Ok(Self { access: told.access, refresh, until, ..self.clone() })
    }
}

struct Told {
    access: String,
    refresh: Option<String>,
    /// In seconds.
    lasts: i64,
}

async fn ask(http: &Http, issuer: &Issuer, client: &Client, form: &[(&str, &str)], now: Millis) -> Result<Told, Fault> {
    let doors = issuer.doors();
    let mut form = form.to_vec();
    form.extend([("client_id", client.id.as_str()), ("scope", doors.scope)]);
    form.extend(client.secret.as_deref().map(|secret| ("client_secret", secret)));
    let request = http.writing(address_of(&doors.token)?)?.form(&form);
    let answer = http.write(request, now, refusals, &|_| {}).await.map_err(|fault| match fault {
        // Nothing was published, and an old token still brings a new one.
        Fault::Unsure => Fault::Later { after: now.plus(15 * SECOND) },
        other => other,
    })?;
    let told = answer.json()?;
    let token = |name: &str| told.at(name).as_str().filter(|token| plain(token)).map(str::to_owned);
    let access = token("access_token").ok_or_else(|| Fault::unreadable("an answer without a token"))?;
    let lasts =
        told.at("expires_in").as_i64().or_else(|| told.at("expires_in").as_str()?.parse().ok()).unwrap_or(USUAL);
    Ok(Told { access, refresh: token("refresh_token"), lasts: lasts.clamp(0, 24 * USUAL) })
}

/// What can stand in the words of a sign-in (RFC 6750, 2.1).
fn plain(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

/// RFC 6749, 5.2.
fn refusals(answer: &Answer) -> Option<Fault> {
    let told = answer.json().ok()?;
    let said = told.at("error_description").as_str().and_then(|said| said.lines().next()).map(str::to_owned);
    Some(match told.at("error").as_str()? {
        "invalid_grant" | "interaction_required" | "consent_required" => Fault::NeedsLogin,
        "invalid_client" | "unauthorized_client" => Fault::refused(RefusalCode::Forbidden, said),
        "temporarily_unavailable" | "slow_down" => return None,
        _ => Fault::refused(RefusalCode::Invalid, said),
    })
}

fn address_of(door: &str) -> Result<Url, Fault> {
    Url::parse(door).map_err(|_| Fault::refused(RefusalCode::WrongServer, None))
}

fn closed() -> Fault {
    Fault::refused(RefusalCode::WindowClosed, None)
}

/// 256 random bits, as letters.
fn random() -> Result<String, Fault> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| Fault::unreadable("no randomness"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
#[path = "grant_tests.rs"]
mod tests;
