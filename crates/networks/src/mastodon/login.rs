//! Signing in by a server's name: the server says where its doors are, this program registers itself there on the
//! fly, the person agrees in their own browser, and what comes back is exchanged for a token that does not expire.
//!
//! The way back is a loopback address; where that cannot work (another machine's browser, a taken port), the
//! address the browser stands at can be pasted, and an empty code asks for a page that shows one to copy.
//! Only confidential clients exist on Mastodon: a secret always comes along, and is sealed with the token.

use super::access::Access;
use super::wire;
use super::{convert, errors, names};
use crate::addresses::same_origin;
use crate::asked::Ask;
use crate::http::{Answer, Http};
use crate::loopback::{self, Expected, Listener};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guichet_model::{
    Answer as Said, Fault, Field, FieldKind, Login, Millis, RefusalCode, RemoteId, Signed, SignedAccount, Step,
    Unreached,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use url::Url;

/// What is used, and no more.
const SCOPES: &str = "read:accounts read:statuses read:notifications write:statuses write:favourites write:mutes \
                      write:blocks write:reports write:media";
/// For servers that list the scopes they know, and know only the large ones.
const LARGE_SCOPES: &str = "read write";
const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";
const CLIENT_NAME: &str = "Guichet";
/// What is asked: a server, then, where the browser does not come back, what its page shows.
const SERVER: &str = "server";
const CODE: &str = "code";

pub(crate) struct SignIn {
    http: Arc<Http>,
    going: Option<Going>,
    signed: Option<Signed>,
}

/// A sign-in that waits for the person.
struct Going {
    server: Server,
    scopes: &'static str,
    client_id: String,
    client_secret: String,
    state: String,
    verifier: String,
    redirect: String,
    listener: Option<Listener>,
}

/// Where a server's doors are.
struct Server {
    origin: Url,
    authorize: Url,
    token: Url,
    register: Url,
    issuer: Option<String>,
    issuer_required: bool,
    /// It told of itself (4.3 and later): it takes a list of addresses, and knows its scopes.
    tells: bool,
    large_scopes_only: bool,
}

impl SignIn {
    pub fn new(http: Arc<Http>) -> Self {
        Self { http, going: None, signed: None }
    }

    async fn begin(&mut self, name: &str) -> Result<Step, Fault> {
        // A sign-in begun before lets its port go first.
        self.going = None;
        let origin = names::origin(name, self.http.reach)?;
        let server = discover(&self.http, origin).await?;
        let listener = Listener::open().await;
        let redirect = match &listener {
            Some(listener) => loopback::address(listener.port),
            None => OUT_OF_BAND.to_owned(),
        };
        let scopes = if server.large_scopes_only { LARGE_SCOPES } else { SCOPES };
        let (client_id, client_secret) = register(&self.http, &server, scopes).await?;
        keep_registered(&self.http, &server, &client_id, &client_secret).await;
        let going = Going {
            server,
            scopes,
            client_id,
            client_secret,
            state: random()?,
            verifier: random()?,
            redirect,
            listener,
        };
        let step = going.open_browser();
        self.going = Some(going);
        Ok(step)
    }

    async fn returned(&mut self) -> Result<Step, Fault> {
        let going = self.going.as_mut().ok_or_else(nothing_begun)?;
        // Taken out of the sign-in: whoever drops this wait closes the door.
        let listener = match going.listener.take() {
            Some(listener) => listener,
            None => Listener::open()
                .await
                .filter(|l| loopback::address(l.port) == going.redirect)
                .ok_or_else(|| Fault::refused(RefusalCode::WindowClosed, None))?,
        };
        let code = listener.code(&going.expected()).await?;
        self.finish(&code).await
    }

    async fn pasted(&mut self, code: &str) -> Result<Step, Fault> {
        let going = self.going.as_mut().ok_or_else(nothing_begun)?;
        let code = code.trim();
        if code.is_empty() {
            going.listener = None;
            going.redirect = OUT_OF_BAND.to_owned();
            return Ok(going.open_browser());
        }
        // The address of a page that could not be opened carries the code, and everything that proves it.
        let code = match Url::parse(code) {
            Ok(url) if url.has_host() => loopback::code_in(&url, &going.expected())?,
            _ => code.to_owned(),
        };
        self.finish(&code).await
    }

    async fn finish(&mut self, code: &str) -> Result<Step, Fault> {
        let going = self.going.as_ref().ok_or_else(nothing_begun)?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", &going.client_id),
            ("client_secret", &going.client_secret),
            ("redirect_uri", &going.redirect),
            ("code_verifier", &going.verifier),
            ("scope", going.scopes),
        ];
        let told = post_form(&self.http, &going.server.token, &form).await?;
        let token = told.at("access_token").as_str().filter(|t| !t.is_empty());
        let token = token.ok_or_else(|| Fault::unreadable("an answer without a token"))?;
        let granted = told.at("scope").as_str().unwrap_or(going.scopes);
        let server = names::written(&going.server.origin);
        let access = Access {
            server: server.clone(),
            client_id: going.client_id.clone(),
            client_secret: going.client_secret.clone(),
            access_token: token.to_owned(),
            scopes: granted.to_owned(),
        };
        let me = who_am_i(&self.http, &going.server.origin, token).await?;
        self.signed = Some(Signed {
            server,
            secret: access.seal()?,
            accounts: vec![SignedAccount { remote: RemoteId::new(&me.id), me: convert::author(&me) }],
        });
        self.going = None;
        Ok(Step::Done)
    }
}

#[async_trait]
impl Login for SignIn {
    fn first(&self) -> Step {
        Step::Ask { fields: vec![Field::new(SERVER, FieldKind::Server)] }
    }

    async fn answer(&mut self, answer: Said) -> Result<Step, Fault> {
        match answer {
            Said::Fields { values } => match values.get(SERVER) {
                Some(name) => self.begin(name).await,
                None => self.pasted(values.get(CODE).map_or("", String::as_str)).await,
            },
            Said::Returned => self.returned().await,
            Said::Pages { .. } => Err(Fault::refused(RefusalCode::NotOffered, None)),
        }
    }

    fn signed(&mut self) -> Option<Signed> {
        self.signed.take()
    }
}

impl Going {
    fn expected(&self) -> Expected<'_> {
        Expected {
            state: &self.state,
            issuer: self.server.issuer.as_deref(),
            issuer_required: self.server.issuer_required,
        }
    }

    fn open_browser(&self) -> Step {
        let mut url = self.server.authorize.clone();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()));
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("scope", self.scopes)
            .append_pair("state", &self.state)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            // Without it a second account of the same server could never be added.
            .append_pair("force_login", "true");
        Step::OpenBrowser {
            host: url.host_str().unwrap_or_default().to_owned(),
            url: url.into(),
            paste: vec![Field::new(CODE, FieldKind::Line)],
        }
    }
}

fn nothing_begun() -> Fault {
    Fault::refused(RefusalCode::Invalid, None)
}

/// 256 random bits, as letters.
fn random() -> Result<String, Fault> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| Fault::unreadable("no randomness"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn wrong_server() -> Fault {
    Fault::refused(RefusalCode::WrongServer, None)
}

/// A sign-in has no clock of its own: what asks to come back is measured from nothing, and the person decides.
const NOW: Millis = Millis(0);

async fn told(http: &Http, url: Url) -> Result<Answer, Fault> {
    http.read_any(http.reading(url)?, NOW).await
}

/// Where the doors of a server are. Servers before 4.3 do not tell: theirs are where Mastodon's always were.
async fn discover(http: &Http, origin: Url) -> Result<Server, Fault> {
    let join = |origin: &Url, path: &str| origin.join(path).map_err(|_| wrong_server());
    let mut origin = origin;
    if !speaks_mastodon(http, &origin).await? {
        // People are named after one host and served by another: the first one points there.
        origin = served_from(http, &origin).await?.ok_or_else(wrong_server)?;
        if !speaks_mastodon(http, &origin).await? {
            return Err(wrong_server());
        }
    }
    let answer = told(http, join(&origin, "/.well-known/oauth-authorization-server")?).await?;
    let metadata = if answer.status == 200 { answer.json().unwrap_or_default() } else { Value::Null };
    let door = |name: &str, usual: &str| {
        let Some(named) = metadata.at(name).as_str() else {
            return join(&origin, usual);
        };
        let url = Url::parse(named).map_err(|_| wrong_server())?;
        // A door on another origin would take the app's secret and the code elsewhere.
        if same_origin(&url, &origin) {
            Ok(url)
        } else {
            Err(Fault::unreadable("metadata that leads to another origin"))
        }
    };
    let known: Vec<&str> = wire::list(metadata.at("scopes_supported")).filter_map(Value::as_str).collect();
    Ok(Server {
        authorize: door("authorization_endpoint", "/oauth/authorize")?,
        token: door("token_endpoint", "/oauth/token")?,
        register: door("app_registration_endpoint", "/api/v1/apps")?,
        issuer: Some(metadata.at("issuer").as_str().unwrap_or(origin.as_str()).to_owned()),
        issuer_required: metadata.at("authorization_response_iss_parameter_supported").as_bool().unwrap_or(false),
        tells: metadata.is_object(),
        large_scopes_only: known.contains(&"write") && !known.contains(&"write:statuses"),
        origin,
    })
}

async fn speaks_mastodon(http: &Http, origin: &Url) -> Result<bool, Fault> {
    for path in ["/api/v2/instance", "/api/v1/instance"] {
        let url = origin.join(path).map_err(|_| wrong_server())?;
        let answer = told(http, url).await?;
        // Its own word alone: a host that redirects everything may yet point to its server.
        if answer.status == 511 {
            return Err(Fault::Offline { why: Unreached::Portal });
        }
        if answer.status >= 500 {
            return Err(Fault::Later { after: NOW });
        }
        let is_instance = answer.json().is_ok_and(|told| told.at("version").is_string());
        if answer.status == 200 && is_instance {
            return Ok(true);
        }
        // An instance that shows itself to nobody unknown still answers in its own words.
        if matches!(answer.status, 401 | 403) && errors::said(&answer).is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The origin that a host's WebFinger points to. Nothing secret is asked with, so the pointing may be followed,
/// as far as reach allows.
async fn served_from(http: &Http, origin: &Url) -> Result<Option<Url>, Fault> {
    let path = "/.well-known/webfinger";
    let mut url = origin.join(path).map_err(|_| wrong_server())?;
    let host = origin.host_str().unwrap_or_default();
    url.query_pairs_mut().append_pair("resource", &format!("acct:guichet@{host}"));
    let answer = told(http, url.clone()).await?;
    let to = answer.header("location").and_then(|to| url.join(to).ok());
    let redirects = (300..400).contains(&answer.status);
    let elsewhere = to.filter(|to| redirects && to.path() == path && http.reach.allows(to));
    Ok(elsewhere.and_then(|to| to.join("/").ok()))
}

/// One registration with all the ways back: three ports of loopback, and a code to copy.
async fn register(http: &Http, server: &Server, scopes: &str) -> Result<(String, String), Fault> {
    let mut ways: Vec<String> = loopback::PORTS.map(loopback::address).into();
    ways.push(OUT_OF_BAND.to_owned());
    let body =
        |redirect_uris: Value| json!({ "client_name": CLIENT_NAME, "redirect_uris": redirect_uris, "scopes": scopes });
    let lines = body(ways.join("\n").into());
    let told = if server.tells {
        // The list is of 4.3; a server that tells of itself and still refuses it takes lines.
        match post_json(http, &server.register, &body(ways.into())).await {
            Err(Fault::Refused { .. }) => post_json(http, &server.register, &lines).await?,
            other => other?,
        }
    } else {
        post_json(http, &server.register, &lines).await?
    };
    match (wire::id(told.at("client_id")), wire::id(told.at("client_secret"))) {
        (Some(id), Some(secret)) => Ok((id, secret)),
        _ => Err(Fault::unreadable("a registration without its id")),
    }
}

/// Before 4.3 an app that nobody had a token of could be swept away between two minutes. A server that gives no
/// such token has no such broom.
async fn keep_registered(http: &Http, server: &Server, id: &str, secret: &str) {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", id),
        ("client_secret", secret),
        ("redirect_uri", OUT_OF_BAND),
    ];
    if let Err(fault) = post_form(http, &server.token, &form).await {
        tracing::debug!(%fault, "no token for the app itself");
    }
}

async fn who_am_i(http: &Http, origin: &Url, token: &str) -> Result<wire::Account, Fault> {
    let url = origin.join("/api/v1/accounts/verify_credentials");
    let url = url.map_err(|_| wrong_server())?;
    let request = http.reading(url)?.bearer_auth(token);
    let told = http.read(request, NOW, errors::table).await?.json()?;
    wire::Account::read(&told).map_err(Fault::unreadable)
}

async fn post_form(http: &Http, url: &Url, form: &[(&str, &str)]) -> Result<Value, Fault> {
    let request = http.writing(url.clone())?.form(form);
    settle(http.write(request, NOW, errors::table, &|_| ()).await)
}

async fn post_json(http: &Http, url: &Url, body: &Value) -> Result<Value, Fault> {
    let request = http.writing(url.clone())?.json(body);
    settle(http.write(request, NOW, errors::table, &|_| ()).await)
}

/// In a sign-in nothing is published: what may have been done can be done again, so it is only "later", and a
/// refused app or code is a refusal, not a token to renew.
fn settle(answer: Result<Answer, Fault>) -> Result<Value, Fault> {
    match answer {
        Ok(answer) => answer.json(),
        Err(Fault::Unsure) => Err(Fault::Later { after: NOW }),
        Err(Fault::NeedsLogin) => Err(Fault::refused(RefusalCode::Invalid, None)),
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
#[path = "login_tests.rs"]
mod tests;
