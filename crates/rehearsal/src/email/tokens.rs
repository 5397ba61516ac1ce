//! Signing in without a password, as the largest houses want it: the owner agrees in a browser, a code that is good once is
//! changed into a token of an hour and one that brings the next. Strict as they are: the program's id, the way back and the
//! verifier must be the same throughout.
//!
//! Here the owner agrees at once.

use super::host::Host;
use crate::hold;
use axum::extract::{Form, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use url::Url;

/// The one program that is known here.
pub(crate) const PROGRAM: &str = "guichet.programme.example";

#[derive(Default)]
pub(crate) struct Tokens {
    codes: HashMap<String, Code>,
    /// What brings the next one, and whose it is.
    next: HashMap<String, String>,
    live: HashMap<String, String>,
}

struct Code {
    address: String,
    back: String,
    challenge: String,
}

type Asked = HashMap<String, String>;

impl Host {
    /// Whose token it is, where it is still one.
    pub fn token_of(&self, token: &str) -> Option<String> {
        hold(&self.tokens).live.get(token).cloned()
    }

    /// Tokens that were given out open nothing any more. `wholly`: neither do those that bring the next.
    pub fn forget_tokens(&self, address: &str, wholly: bool) -> bool {
        let mut tokens = hold(&self.tokens);
        tokens.live.retain(|_, whose| whose != address);
        if wholly {
            tokens.next.retain(|_, whose| whose != address);
        }
        true
    }

    fn given(&self, address: &str, next: Option<String>) -> Response {
        let (token, fresh) = (format!("ya29.{}", self.luck.secret()), next.is_none());
        let next = next.unwrap_or_else(|| format!("1//{}", self.luck.secret()));
        let mut tokens = hold(&self.tokens);
        tokens.live.insert(token.clone(), address.to_owned());
        tokens.next.insert(next.clone(), address.to_owned());
        let mut told = json!({ "access_token": token, "expires_in": 3599, "scope": "mail", "token_type": "Bearer" });
        if fresh {
            told["refresh_token"] = json!(next);
        }
        Json(told).into_response()
    }
}

pub(crate) fn routes(host: Arc<Host>) -> Router {
    Router::new().route("/authorize", get(authorize)).route("/token", post(token)).with_state(host)
}

fn value<'a>(asked: &'a Asked, name: &str) -> &'a str {
    asked.get(name).map_or("", String::as_str)
}

async fn authorize(State(host): State<Arc<Host>>, Query(asked): Query<Asked>) -> Response {
    let value = |name| value(&asked, name);
    let wrong = |why: &'static str| (StatusCode::BAD_REQUEST, why).into_response();
    let back = Url::parse(value("redirect_uri")).ok();
    // A way back that leaves this machine is nobody's that asks from here.
    let Some(mut back) = back.filter(|back| back.scheme() == "http" && back.host_str() == Some("127.0.0.1")) else {
        return wrong("redirect_uri_mismatch");
    };
    if value("client_id") != PROGRAM {
        return wrong("invalid_client");
    }
    let pkce = value("code_challenge_method") == "S256" && value("code_challenge").len() == 43;
    if value("response_type") != "code" || value("state").len() < 16 || value("scope") != "mail" || !pkce {
        return wrong("invalid_request");
    }
    let address = hold(&host.house).at(value("login_hint")).map(|one| one.address.clone());
    let Some(address) = address else { return wrong("access_denied") };
    let code = format!("4/{}", host.luck.secret());
    let kept = Code { address, back: back.as_str().to_owned(), challenge: value("code_challenge").to_owned() };
    hold(&host.tokens).codes.insert(code.clone(), kept);
    back.query_pairs_mut().append_pair("state", value("state")).append_pair("code", &code);
    (StatusCode::FOUND, [(header::LOCATION, back.as_str().to_owned())]).into_response()
}

async fn token(State(host): State<Arc<Host>>, Form(asked): Form<Asked>) -> Response {
    let value = |name| value(&asked, name);
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    if value("client_id") != PROGRAM {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "invalid_client" }))).into_response();
    }
    match value("grant_type") {
        "authorization_code" => {
            // Good once, whatever it is asked with.
            let Some(code) = hold(&host.tokens).codes.remove(value("code")) else { return refused("invalid_grant") };
            let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(value("code_verifier").as_bytes()));
            if challenge != code.challenge || value("redirect_uri") != code.back {
                return refused("invalid_grant");
            }
            host.given(&code.address, None)
        }
        "refresh_token" => {
            let next = value("refresh_token").to_owned();
            let address = hold(&host.tokens).next.get(&next).cloned();
            match address {
                Some(address) => host.given(&address, Some(next)),
                None => refused("invalid_grant"),
            }
        }
        _ => refused("unsupported_grant_type"),
    }
}
