//! Signing in as on Mastodon 4.3 and later: an app is registered on the fly, a page asks the person, a single-use code is
//! changed into a token that never expires. Strict on purpose: secret, redirect address, PKCE verifier and scopes are
//! all checked, since a lenient rehearsal would teach a client bad manners.

use super::pages;
use super::params::{Params, Refusal, text_of};
use super::server::{Desk, Host};
use super::world::{Id, now_ms};
use crate::hold;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

pub(crate) const OOB: &str = "urn:ietf:wg:oauth:2.0:oob";
/// A code not used within this time is worth nothing (Doorkeeper's own ten minutes).
const CODE_LIFE_MS: i64 = 600_000;
const SCOPES: [&str; 6] = ["read", "profile", "write", "follow", "push", "admin:read"];

#[derive(Clone)]
pub(crate) struct App {
    pub id: u64,
    pub client_id: String,
    pub client_secret: String,
    pub name: String,
    pub website: Option<String>,
    pub redirects: Vec<String>,
    pub scopes: Vec<String>,
}

struct Grant {
    client_id: String,
    account: Id,
    redirect: String,
    scope: String,
    challenge: Option<String>,
    at_ms: i64,
}

struct Token {
    client_id: String,
    /// Nobody: a token of the app itself.
    account: Option<Id>,
    scope: String,
}

#[derive(Default)]
pub(crate) struct Oauth {
    apps: Vec<App>,
    grants: HashMap<String, Grant>,
    tokens: HashMap<String, Token>,
}

/// The account a request speaks for.
pub(crate) struct Who {
    pub id: Id,
    pub app: String,
}

impl Host {
    /// Who asks, if allowed to.
    pub fn signed_in(&self, headers: &HeaderMap, scope: &str) -> Result<Who, Refusal> {
        let token = text_of(headers, "authorization");
        let token = token.strip_prefix("Bearer ").ok_or_else(Refusal::token)?;
        let oauth = hold(&self.oauth);
        let known = oauth.tokens.get(token).ok_or_else(Refusal::token)?;
        if !covers(&known.scope, scope) {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "This action is outside the authorized scopes"));
        }
        let app = oauth.apps.iter().find(|app| app.client_id == known.client_id);
        let id = known.account.ok_or_else(|| {
            Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "This method requires an authenticated user")
        })?;
        Ok(Who { id, app: app.map(|app| app.name.clone()).unwrap_or_default() })
    }

    /// Who asks, where a visitor may ask too. A wrong token is still wrong.
    pub fn maybe_signed_in(&self, headers: &HeaderMap, scope: &str) -> Result<Option<Id>, Refusal> {
        if text_of(headers, "authorization").is_empty() {
            return Ok(None);
        }
        self.signed_in(headers, scope).map(|who| Some(who.id))
    }

    pub fn new_app(&self, name: &str, website: Option<&str>, redirects: Vec<String>, scopes: Vec<String>) -> App {
        let mut oauth = hold(&self.oauth);
        let app = App {
            id: oauth.apps.len() as u64 + 1,
            client_id: self.luck.secret(),
            client_secret: self.luck.secret(),
            name: name.to_owned(),
            website: website.map(str::to_owned),
            redirects,
            scopes,
        };
        oauth.apps.push(app.clone());
        app
    }

    pub fn new_token(&self, app: &App, account: Option<Id>, scope: &str) -> String {
        let token = self.luck.secret();
        hold(&self.oauth)
            .tokens
            .insert(token.clone(), Token { client_id: app.client_id.clone(), account, scope: scope.to_owned() });
        token
    }

    fn app(&self, client_id: &str) -> Option<App> {
        let oauth = hold(&self.oauth);
        oauth.apps.iter().find(|app| app.client_id == client_id).cloned()
    }

    /// The app that proves itself by its secret, in the form or by Basic authentication.
    fn proven_app(&self, params: &Params, headers: &HeaderMap) -> Result<App, Refusal> {
        let basic = text_of(headers, "authorization");
        let basic = basic
            .strip_prefix("Basic ")
            .and_then(|code| BASE64_STANDARD.decode(code).ok())
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let (id, secret) = match basic.as_deref().and_then(|pair| pair.split_once(':')) {
            Some(pair) => pair,
            None => (params.get("client_id").unwrap_or_default(), params.get("client_secret").unwrap_or_default()),
        };
        self.app(id)
            .filter(|app| app.client_secret == secret)
            .ok_or_else(|| {
                Refusal::oauth(
                    StatusCode::UNAUTHORIZED,
                    "invalid_client",
                    "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.",
                )
            })
    }

    pub fn issuer(&self) -> String {
        format!("{}/", self.origin)
    }
}

/// Whether what was granted allows what is needed: the scope itself, the family above it, or the old `follow`.
fn covers(granted: &str, needed: &str) -> bool {
    let family = needed.split(':').next().unwrap_or(needed);
    granted.split_whitespace().any(|scope| {
        scope == needed
            || scope == family
            || (scope == "profile" && needed == "read:accounts")
            || (scope == "follow" && (needed.ends_with(":mutes") || needed.ends_with(":blocks")))
    })
}

/// Whether every wanted scope lies within the offered ones.
fn within(wanted: &str, offered: &[String]) -> bool {
    let offered = offered.join(" ");
    wanted.split_whitespace().all(|scope| covers(&offered, scope))
}

pub(crate) async fn metadata(State(host): Desk) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", host.origin);
    Json(json!({
        "issuer": host.issuer(),
        "service_documentation": "https://docs.joinmastodon.org/",
        "authorization_endpoint": at("/oauth/authorize"),
        "token_endpoint": at("/oauth/token"),
        "app_registration_endpoint": at("/api/v1/apps"),
        "revocation_endpoint": at("/oauth/revoke"),
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true
    }))
}

pub(crate) async fn register(State(host): Desk, params: Params) -> Result<Json<Value>, Refusal> {
    let name = params.get("client_name").unwrap_or_default().trim();
    if name.is_empty() {
        return Err(Refusal::invalid("Application name can't be blank"));
    }
    let redirects: Vec<String> =
        params.all("redirect_uris").into_iter().flat_map(str::split_whitespace).map(str::to_owned).collect();
    if redirects.is_empty() {
        return Err(Refusal::invalid("Redirect URI can't be blank"));
    }
    if redirects.iter().any(|uri| uri != OOB && url::Url::parse(uri).is_err()) {
        return Err(Refusal::invalid("Redirect URI must be an absolute URI."));
    }
    let wanted = params.get("scopes").unwrap_or("read").to_owned();
    let known: Vec<String> = SCOPES.iter().map(|scope| (*scope).to_owned()).collect();
    if !within(&wanted, &known) {
        return Err(Refusal::invalid("Scopes doesn't match configured on the server."));
    }
    let scopes = wanted.split_whitespace().map(str::to_owned).collect();
    let app = host.new_app(name, params.get("website"), redirects, scopes);
    Ok(Json(json!({
        "id": app.id.to_string(),
        "name": app.name,
        "website": app.website,
        "scopes": app.scopes,
        "redirect_uris": app.redirects,
        "redirect_uri": app.redirects.join("\n"),
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "client_secret_expires_at": 0,
        "vapid_key": "BMSp9DUGHjNgPFWgM6Y0wACYUqHgZAvUBikoPnvDpl2RRXJCgBx4xu89nhHfVMq9tVMG__vCrxmK_wBo0Al6mx4="
    })))
}

pub(crate) async fn verify_app(State(host): Desk, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    let token = text_of(&headers, "authorization");
    let token = token.strip_prefix("Bearer ").unwrap_or_default();
    let oauth = hold(&host.oauth);
    let known = oauth.tokens.get(token).ok_or_else(Refusal::token)?;
    let app = oauth.apps.iter().find(|app| app.client_id == known.client_id).ok_or_else(Refusal::token)?;
    Ok(Json(json!({
        "id": app.id.to_string(),
        "name": app.name,
        "website": app.website,
        "scopes": app.scopes,
        "redirect_uris": app.redirects,
    })))
}

/// A request for consent that may be shown to a person.
struct Asked {
    app: App,
    redirect: String,
    scope: String,
}

fn asked(host: &Host, params: &Params) -> Result<Asked, Box<Response>> {
    let wrong = |code, words: &str| Box::new(pages::trouble(host, code, words));
    let app = params.get("client_id").and_then(|id| host.app(id));
    let app =
        app.ok_or_else(|| wrong(StatusCode::UNAUTHORIZED, "Cette application n’est pas connue de ce serveur."))?;
    let redirect = params.get("redirect_uri").unwrap_or_default().to_owned();
    if !app.redirects.contains(&redirect) {
        return Err(wrong(
            StatusCode::BAD_REQUEST,
            "L’adresse de retour n’est pas de celles que l’application a déclarées.",
        ));
    }
    let scope = params.get("scope").unwrap_or("read").to_owned();
    let problem = if params.get("response_type") != Some("code") {
        Some("unsupported_response_type")
    } else if !within(&scope, &app.scopes) {
        Some("invalid_scope")
    } else if params.get("code_challenge").is_some() && params.get("code_challenge_method") != Some("S256") {
        Some("invalid_request")
    } else {
        None
    };
    match problem {
        Some(error) if redirect == OOB => Err(wrong(StatusCode::BAD_REQUEST, error)),
        Some(error) => Err(Box::new(back(host, &redirect, params, &[("error", error)]))),
        None => Ok(Asked { app, redirect, scope }),
    }
}

/// To the address of return, with the state and the issuer.
fn back(host: &Host, redirect: &str, params: &Params, answer: &[(&str, &str)]) -> Response {
    let Ok(mut url) = url::Url::parse(redirect) else {
        return pages::trouble(host, StatusCode::BAD_REQUEST, "L’adresse de retour est illisible.");
    };
    {
        let mut query = url.query_pairs_mut();
        query.extend_pairs(answer);
        if let Some(state) = params.get("state") {
            query.append_pair("state", state);
        }
        query.append_pair("iss", &host.issuer());
    }
    (StatusCode::FOUND, [(header::LOCATION, url.to_string())]).into_response()
}

/// The page that asks: which account, for which app.
pub(crate) async fn ask(State(host): Desk, params: Params) -> Response {
    match asked(&host, &params) {
        Ok(asked) => pages::consent(&host, &asked.app.name, &asked.scope, &params),
        Err(response) => *response,
    }
}

/// What the person answered on that page.
pub(crate) async fn allow(State(host): Desk, params: Params) -> Response {
    let asked = match asked(&host, &params) {
        Ok(asked) => asked,
        Err(response) => return *response,
    };
    let ours = |id: Id| host.is_ours(&hold(&host.town), id);
    let Some(account) = params.id("account").filter(|id| ours(*id)) else {
        if asked.redirect == OOB {
            return pages::trouble(&host, StatusCode::FORBIDDEN, "L’accès a été refusé.");
        }
        return back(&host, &asked.redirect, &params, &[("error", "access_denied")]);
    };
    let code = host.luck.secret();
    hold(&host.oauth).grants.insert(
        code.clone(),
        Grant {
            client_id: asked.app.client_id,
            account,
            redirect: asked.redirect.clone(),
            scope: asked.scope,
            challenge: params.get("code_challenge").map(str::to_owned),
            at_ms: now_ms(),
        },
    );
    if asked.redirect == OOB {
        return pages::code(&host, &code);
    }
    back(&host, &asked.redirect, &params, &[("code", &code)])
}

pub(crate) async fn token(State(host): Desk, headers: HeaderMap, params: Params) -> Result<Json<Value>, Refusal> {
    let app = host.proven_app(&params, &headers)?;
    let (account, scope) = match params.get("grant_type") {
        Some("authorization_code") => redeem(&host, &app, &params)?,
        Some("client_credentials") => {
            let scope = params.get("scope").unwrap_or("read").to_owned();
            if !within(&scope, &app.scopes) {
                return Err(Refusal::oauth(
                    StatusCode::BAD_REQUEST,
                    "invalid_scope",
                    "The requested scope is invalid, unknown, or malformed.",
                ));
            }
            (None, scope)
        }
        _ => {
            return Err(Refusal::oauth(
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "The authorization grant type is not supported by the authorization server.",
            ));
        }
    };
    let token = host.new_token(&app, account, &scope);
    Ok(Json(json!({
        "access_token": token,
        "token_type": "Bearer",
        "scope": scope,
        "created_at": now_ms() / 1000
    })))
}

/// Takes a code out of use, whether or not it fits: a code tried wrongly is a code leaked.
fn redeem(host: &Host, app: &App, params: &Params) -> Result<(Option<Id>, String), Refusal> {
    let invalid = || {
        Refusal::oauth(
            StatusCode::BAD_REQUEST,
            "invalid_grant",
            "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.",
        )
    };
    let code = params.get("code").unwrap_or_default();
    let grant = hold(&host.oauth).grants.remove(code).ok_or_else(invalid)?;
    let verified = match &grant.challenge {
        None => true,
        Some(challenge) => params
            .get("code_verifier")
            .is_some_and(|verifier| BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == *challenge),
    };
    let fits = grant.client_id == app.client_id
        && params.get("redirect_uri") == Some(grant.redirect.as_str())
        && now_ms() - grant.at_ms < CODE_LIFE_MS;
    if verified && fits { Ok((Some(grant.account), grant.scope)) } else { Err(invalid()) }
}

pub(crate) async fn revoke(State(host): Desk, headers: HeaderMap, params: Params) -> Result<Json<Value>, Refusal> {
    let denied =
        || Refusal::oauth(StatusCode::FORBIDDEN, "unauthorized_client", "You are not authorized to revoke this token");
    let app = host.proven_app(&params, &headers).map_err(|_| denied())?;
    let token = params.get("token").unwrap_or_default();
    let mut oauth = hold(&host.oauth);
    if oauth.tokens.get(token).is_some_and(|known| known.client_id != app.client_id) {
        return Err(denied());
    }
    oauth.tokens.remove(token);
    Ok(Json(json!({})))
}
