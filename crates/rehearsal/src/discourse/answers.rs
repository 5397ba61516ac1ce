//! How a forum answers: JSON, refusals with their sentences and their `error_type`, and HTML for whoever asks as a browser
//! does.

use super::server::Host;
use crate::paper;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

#[derive(Debug)]
pub(crate) enum Refusal {
    /// 404.
    NotFound,
    /// 403: a key that is no good, or a right that is missing. The forum says the same to both.
    NoAccess,
    /// 403: nobody asks.
    NotLoggedIn,
    /// 400: something must be given.
    Missing(&'static str),
    /// 400: a value that cannot be.
    Parameter(&'static str),
    /// 422: sentences for people, in the forum's language.
    Invalid { action: Option<&'static str>, errors: Vec<String> },
    /// 403 with the bare word: a write that comes neither from a page of the forum nor with a key.
    BadCsrf,
    /// 429.
    TooMany { wait_s: u64, code: &'static str },
}

pub(crate) type Said = Result<Value, Refusal>;

impl Refusal {
    pub fn respond(self, host: &Host, json: bool) -> Response {
        let sentences = |list: &[&str]| Value::from(list.to_vec());
        let (status, body) = match &self {
            Refusal::NotFound => (
                404,
                json!({"errors": sentences(&["L’adresse ou la ressource demandée est introuvable."]), "error_type": "not_found"}),
            ),
            Refusal::NoAccess => (
                403,
                json!({"errors": sentences(&["Vous n’avez pas le droit de voir cette ressource."]), "error_type": "invalid_access"}),
            ),
            Refusal::NotLoggedIn => (
                403,
                json!({"errors": sentences(&["Vous devez être connecté pour faire cela."]), "error_type": "not_logged_in"}),
            ),
            Refusal::Missing(name) => {
                (400, json!({"errors": [format!("param is missing or the value is empty: {name}")]}))
            }
            Refusal::Parameter(name) => (
                400,
                json!({"errors": [format!("Paramètre non valable : {name}")], "error_type": "invalid_parameters"}),
            ),
            Refusal::Invalid { action: Some(action), errors } => (422, json!({"action": action, "errors": errors})),
            Refusal::Invalid { action: None, errors } => (422, json!({"errors": errors})),
            Refusal::BadCsrf => (403, json!(["BAD CSRF"])),
            Refusal::TooMany { wait_s, .. } => (
                429,
                json!({
                    "errors": [format!("Vous avez fait cela trop souvent. Attendez {wait_s} secondes.")],
                    "error_type": "rate_limit",
                    "extras": {"wait_seconds": wait_s}
                }),
            ),
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = if json { told(status, &body) } else { trouble(host, status) };
        if let Refusal::TooMany { wait_s, code } = self {
            add(response.headers_mut(), "retry-after", &wait_s.to_string());
            add(response.headers_mut(), "discourse-rate-limit-error-code", code);
        }
        response
    }
}

pub(crate) fn told(status: StatusCode, body: &Value) -> Response {
    let mut response = (status, body.to_string()).into_response();
    add(response.headers_mut(), "content-type", "application/json; charset=utf-8");
    add(response.headers_mut(), "x-discourse-route", "rehearsal");
    response
}

pub(crate) fn add(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// A page for people.
pub(crate) fn page(host: &Host, status: StatusCode, title: &str, body: &str) -> Response {
    paper::page(status, (&host.line.title, &host.line.domain), title, body)
}

/// What stands in front of a forum says no: no reader of JSON expects it.
pub(crate) fn trouble(host: &Host, status: StatusCode) -> Response {
    let words = status.canonical_reason().unwrap_or("Trouble");
    page(host, status, words, "<p>Le forum ne répond pas à cette demande.</p>")
}
