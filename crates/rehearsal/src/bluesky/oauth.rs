//! Agreeing in the browser, as the reference server has it: what will be asked is announced first (PAR), a page asks the
//! person, the code that comes back is changed once into tokens bound to a key (PKCE, DPoP). Programs on a person's own
//! machine are known by a `client_id` that begins with `http://localhost` and says the rest in its query. Strict
//! throughout: a lenient rehearsal would teach a client bad manners.

use super::asked::Asked;
use super::dpop::{self, Unproven, digest};
use super::program::Program;
use super::refusal::{Refusal, add};
use super::server::Host;
use super::tokens::Caller;
use super::world::Person;
use crate::clock::now_ms;
use crate::hold;
use crate::paper::{self, escaped};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

const PUSHED_MS: i64 = 299_000;
const CODE_MS: i64 = 300_000;
const ACCESS_MS: i64 = 3_600_000;
/// A session of a program without a page of its own, from its first to its last token.
const SESSION_MS: i64 = 14 * 86_400_000;
const SCOPES: [&str; 4] = ["atproto", "transition:email", "transition:generic", "transition:chat.bsky"];

#[derive(Clone)]
struct Pushed {
    client: String,
    redirect: String,
    scope: String,
    state: Option<String>,
    challenge: String,
    key: String,
    ends_ms: i64,
}

struct Grant {
    pushed: Pushed,
    did: String,
    ends_ms: i64,
}

/// One agreement and what came of it.
#[derive(Clone)]
struct Session {
    client: String,
    did: String,
    scope: String,
    key: String,
    ends_ms: i64,
    revoked: bool,
}

#[derive(Default)]
pub(crate) struct Oauth {
    pushed: BTreeMap<String, Pushed>,
    grants: BTreeMap<String, Grant>,
    sessions: Vec<Session>,
    /// By token: its session, and its end.
    access: BTreeMap<String, (usize, i64)>,
    /// By token: its session, and whether it was used.
    refresh: BTreeMap<String, (usize, bool)>,
    /// The proofs that were shown already.
    pub seen: BTreeSet<String>,
}

/// The OAuth part of a server, if the request is for it.
pub(crate) fn answer(host: &Host, asked: &Asked) -> Option<Response> {
    let method = asked.method.as_str();
    Some(match (method, asked.path.as_str()) {
        ("GET", "/.well-known/oauth-protected-resource") => plain(StatusCode::OK, &resource(host)),
        ("GET", "/.well-known/oauth-authorization-server") => plain(StatusCode::OK, &metadata(host)),
        ("POST", "/oauth/par") => said(host, push(host, asked), StatusCode::CREATED),
        ("GET" | "POST", "/oauth/authorize") => agree(host, asked),
        ("POST", "/oauth/token") => said(host, token(host, asked), StatusCode::OK),
        ("POST", "/oauth/revoke") => said(host, revoke(host, asked), StatusCode::OK),
        _ => return None,
    })
}

fn resource(host: &Host) -> Value {
    json!({
        "resource": host.origin,
        "authorization_servers": [host.origin],
        "scopes_supported": [],
        "bearer_methods_supported": ["header"],
        "resource_documentation": "https://atproto.com",
    })
}

fn metadata(host: &Host) -> Value {
    let at = |path: &str| format!("{}{path}", host.origin);
    json!({
        "issuer": host.origin,
        "scopes_supported": SCOPES,
        "subject_types_supported": ["public"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "authorization_endpoint": at("/oauth/authorize"),
        "token_endpoint": at("/oauth/token"),
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint": at("/oauth/revoke"),
        "pushed_authorization_request_endpoint": at("/oauth/par"),
        "require_pushed_authorization_requests": true,
        "dpop_signing_alg_values_supported": ["ES256"],
        "protected_resources": [host.origin],
        "client_id_metadata_document_supported": true,
    })
}

/// An error of OAuth: its name, and why.
type Wrong = (&'static str, String);

fn wrong<T>(error: &'static str, why: impl Into<String>) -> Result<T, Wrong> {
    Err((error, why.into()))
}

fn unproven(why: &Unproven) -> Wrong {
    (why.error(), why.words().to_owned())
}

fn plain(code: StatusCode, body: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (code, headers, body.to_string()).into_response()
}

fn said(host: &Host, outcome: Result<Value, Wrong>, good: StatusCode) -> Response {
    let mut response = match outcome {
        Ok(body) => plain(good, &body),
        Err((error, why)) => plain(StatusCode::BAD_REQUEST, &json!({"error": error, "error_description": why})),
    };
    add(response.headers_mut(), "dpop-nonce", &dpop::nonce(host));
    response
}

struct Form(BTreeMap<String, String>);

impl Form {
    fn read(asked: &Asked) -> Result<Form, Wrong> {
        let kind = asked.header("content-type").split(';').next().unwrap_or_default();
        if kind != "application/x-www-form-urlencoded" {
            return wrong("invalid_request", "Unexpected content type");
        }
        Ok(Form(url::form_urlencoded::parse(&asked.body).into_owned().collect()))
    }

    fn get(&self, name: &str) -> Result<&str, Wrong> {
        match self.0.get(name).filter(|value| !value.is_empty()) {
            Some(value) => Ok(value),
            None => wrong("invalid_request", format!("Missing {name}")),
        }
    }
}

fn push(host: &Host, asked: &Asked) -> Result<Value, Wrong> {
    let form = Form::read(asked)?;
    let key = dpop::proven(host, asked, None).map_err(|why| unproven(&why))?;
    let client_id = form.get("client_id")?;
    let program = Program::read(client_id).map_err(|why| ("invalid_client_metadata", why.to_owned()))?;
    let (redirect, scope) = (form.get("redirect_uri")?, form.get("scope")?);
    if form.get("response_type")? != "code" {
        return wrong("unsupported_response_type", "Only code");
    }
    if !program.leads_to(redirect) {
        return wrong("invalid_request", "Invalid redirect_uri");
    }
    let words: Vec<&str> = scope.split(' ').collect();
    let offered: Vec<&str> = program.scope.split(' ').collect();
    if !words.contains(&"atproto") || words.iter().any(|one| !offered.contains(one) || !SCOPES.contains(one)) {
        return wrong("invalid_scope", "Scope is not allowed to this client");
    }
    if words.contains(&"transition:chat.bsky") && !words.contains(&"transition:generic") {
        return wrong("invalid_scope", "transition:chat.bsky depends on transition:generic");
    }
    let challenge = form.get("code_challenge")?;
    if form.get("code_challenge_method")? != "S256" || challenge.len() != 43 {
        return wrong("invalid_request", "PKCE with S256 is required");
    }
    let pushed = Pushed {
        client: client_id.to_owned(),
        redirect: redirect.to_owned(),
        scope: scope.to_owned(),
        state: form.0.get("state").cloned(),
        challenge: challenge.to_owned(),
        key,
        ends_ms: now_ms() + PUSHED_MS,
    };
    let name = format!("urn:ietf:params:oauth:request_uri:req-{}", hex(host, 16));
    hold(&host.oauth).pushed.insert(name.clone(), pushed);
    Ok(json!({"request_uri": name, "expires_in": PUSHED_MS / 1000}))
}

fn hex(host: &Host, bytes: usize) -> String {
    host.luck.secret().bytes().cycle().take(bytes).map(|byte| format!("{byte:02x}")).collect()
}

fn page(host: &Host, code: StatusCode, title: &str, body: &str) -> Response {
    paper::page(code, (&host.line.title, &host.line.domain), title, body)
}

/// The page that asks the person, and what becomes of their answer.
fn agree(host: &Host, asked: &Asked) -> Response {
    let name = asked.one("request_uri").unwrap_or_default();
    let known = hold(&host.oauth).pushed.get(name).cloned();
    let fits = |pushed: &Pushed| asked.one("client_id") == Some(&pushed.client) && pushed.ends_ms > now_ms();
    let Some(pushed) = known.filter(fits) else {
        let words = "<p>Cette demande n’existe pas, ou n’existe plus.</p>";
        return page(host, StatusCode::BAD_REQUEST, "Demande inconnue", words);
    };
    if asked.method == Method::GET {
        return ask(host, &pushed);
    }
    let Ok(mut back) = Url::parse(&pushed.redirect) else {
        return page(host, StatusCode::BAD_REQUEST, "Demande inconnue", "<p>Nulle part où revenir.</p>");
    };
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(&asked.body).into_owned().collect();
    let who = form.get("account").cloned().unwrap_or_default();
    let ours = hold(&host.sky).people.get(&who).is_some_and(|person| person.ours);
    let mut oauth = hold(&host.oauth);
    oauth.pushed.remove(name);
    let mut pairs = back.query_pairs_mut();
    pairs.append_pair("iss", &host.origin);
    if let Some(state) = &pushed.state {
        pairs.append_pair("state", state);
    }
    if ours {
        let code = format!("cod-{}", hex(host, 32));
        pairs.append_pair("code", &code);
        oauth.grants.insert(code, Grant { pushed, did: who, ends_ms: now_ms() + CODE_MS });
    } else {
        pairs.append_pair("error", "access_denied");
    }
    drop(pairs);
    (StatusCode::SEE_OTHER, [(header::LOCATION, back.to_string())]).into_response()
}

fn ask(host: &Host, pushed: &Pushed) -> Response {
    let messages = pushed.scope.contains("transition:chat.bsky");
    let more = if messages { " et vos messages privés" } else { "" };
    let button = |person: &Person| {
        format!(
            "<button name=\"account\" value=\"{}\"><span>Oui, en tant que {}<small>@{}</small></span></button>",
            escaped(&person.did),
            escaped(&person.name),
            escaped(&person.handle)
        )
    };
    let buttons: String = hold(&host.sky).people.values().filter(|person| person.ours).map(button).collect();
    let body = format!(
        "<p>Ce programme, sur votre ordinateur, pourra lire et écrire en votre nom{more}.</p><form method=\"post\">{buttons}<button class=\"no\" name=\"account\" value=\"\">Non, refuser</button></form>"
    );
    page(host, StatusCode::OK, "Un programme demande l’accès à votre compte", &body)
}

fn token(host: &Host, asked: &Asked) -> Result<Value, Wrong> {
    let form = Form::read(asked)?;
    let key = dpop::proven(host, asked, None).map_err(|why| unproven(&why))?;
    match form.get("grant_type")? {
        "authorization_code" => first(host, &form, &key),
        "refresh_token" => again(host, &form, &key),
        _ => wrong("unsupported_grant_type", "Unsupported grant_type"),
    }
}

fn first(host: &Host, form: &Form, key: &str) -> Result<Value, Wrong> {
    let (code, verifier) = (form.get("code")?, form.get("code_verifier")?);
    let mut oauth = hold(&host.oauth);
    let Some(grant) = oauth.grants.remove(code) else { return wrong("invalid_grant", "Invalid code") };
    let pushed = grant.pushed;
    if grant.ends_ms <= now_ms() {
        return wrong("invalid_grant", "Code expired");
    }
    if form.get("client_id")? != pushed.client || form.get("redirect_uri")? != pushed.redirect {
        return wrong("invalid_grant", "The code was issued to another client or redirect_uri");
    }
    if digest(verifier.as_bytes()) != pushed.challenge {
        return wrong("invalid_grant", "Invalid code_verifier");
    }
    if key != pushed.key {
        return wrong("invalid_dpop_proof", "DPoP key does not match the one of the request");
    }
    oauth.sessions.push(Session {
        client: pushed.client,
        did: grant.did,
        scope: pushed.scope,
        key: key.to_owned(),
        ends_ms: now_ms() + SESSION_MS,
        revoked: false,
    });
    let session = oauth.sessions.len() - 1;
    Ok(tokens(host, &mut oauth, session))
}

fn again(host: &Host, form: &Form, key: &str) -> Result<Value, Wrong> {
    let (token, client) = (form.get("refresh_token")?, form.get("client_id")?);
    let mut oauth = hold(&host.oauth);
    let Some((session, used)) = oauth.refresh.get(token).copied() else {
        return wrong("invalid_grant", "Invalid refresh token");
    };
    let Some(known) = oauth.sessions.get_mut(session) else { return wrong("invalid_grant", "Invalid refresh token") };
    if used {
        // Somebody has it who should not: nobody keeps it.
        known.revoked = true;
        return wrong("invalid_grant", "Refresh token replayed");
    }
    if known.revoked || known.ends_ms <= now_ms() {
        return wrong("invalid_grant", "Session expired");
    }
    if known.client != client {
        return wrong("invalid_grant", "Token was not issued to this client");
    }
    if known.key != key {
        return wrong("invalid_dpop_proof", "DPoP key does not match the one of the token");
    }
    oauth.refresh.insert(token.to_owned(), (session, true));
    Ok(tokens(host, &mut oauth, session))
}

fn tokens(host: &Host, oauth: &mut Oauth, session: usize) -> Value {
    let (access, refresh) = (format!("acc-{}", hex(host, 32)), format!("ref-{}", hex(host, 32)));
    oauth.access.insert(access.clone(), (session, now_ms() + ACCESS_MS));
    oauth.refresh.insert(refresh.clone(), (session, false));
    let known = oauth.sessions.get(session);
    json!({
        "access_token": access,
        "token_type": "DPoP",
        "refresh_token": refresh,
        "scope": known.map(|known| known.scope.as_str()),
        "expires_in": ACCESS_MS / 1000 - 1,
        "sub": known.map(|known| known.did.as_str()),
    })
}

fn revoke(host: &Host, asked: &Asked) -> Result<Value, Wrong> {
    let form = Form::read(asked)?;
    let token = form.get("token")?;
    let mut oauth = hold(&host.oauth);
    let session =
        oauth.refresh.get(token).or(oauth.access.get(token).map(|(at, _)| (*at, false)).as_ref()).map(|(at, _)| *at);
    if let Some(known) = session.and_then(|at| oauth.sessions.get_mut(at)) {
        known.revoked = true;
    }
    Ok(json!({}))
}

/// Who asks with a token that only the holder of its key may use.
pub(crate) fn who(host: &Host, asked: &Asked, token: &str) -> Result<Caller, Refusal> {
    let key = dpop::proven(host, asked, Some(token)).map_err(|why| Refusal::new(401, why.error(), why.words()))?;
    let oauth = hold(&host.oauth);
    let unknown = || Refusal::new(401, "invalid_token", "Invalid token");
    let (session, ends_ms) = oauth.access.get(token).ok_or_else(unknown)?;
    let known = oauth.sessions.get(*session).ok_or_else(unknown)?;
    if *ends_ms <= now_ms() || known.revoked {
        return Err(Refusal::new(401, "invalid_token", "\"exp\" claim timestamp check failed"));
    }
    if known.key != key {
        return Err(Refusal::new(401, "invalid_dpop_proof", "DPoP key does not match the one of the token"));
    }
    let has = |scope: &str| known.scope.split(' ').any(|one| one == scope);
    Ok(Caller {
        did: known.did.clone(),
        generic: has("transition:generic"),
        privileged: has("transition:chat.bsky"),
        agreed: true,
    })
}
