//! The page on which a person lets a program have a key, `/user-api-key/new`: a HEAD tells what the forum can, a page asks,
//! and its answer shows the sealed key to be copied, or sends it where the forum's list allows, which is no loopback.

use super::answers::{self, Refusal, add};
use super::asked::Asked;
use super::keys;
use super::server::Host;
use super::world::{Forum, Id};
use crate::hold;
use crate::paper::escaped;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

const ASKED: [&str; 8] = [
    "application_name",
    "client_id",
    "scopes",
    "public_key",
    "nonce",
    "auth_redirect",
    "padding",
    "expires_in_seconds",
];

pub(crate) fn answer(host: &Host, asked: &Asked) -> Response {
    if asked.method == Method::HEAD {
        let mut response = StatusCode::OK.into_response();
        add(response.headers_mut(), "auth-api-version", &keys::API_VERSION.to_string());
        if host.own.device {
            add(response.headers_mut(), "auth-api-device-code", "true");
        }
        return response;
    }
    let wish = match keys::wish(host, asked) {
        Ok(wish) => wish,
        Err(refusal) => return refusal.respond(host, asked.json),
    };
    if asked.method == Method::GET {
        let kept = ASKED.iter().filter_map(|name| asked.get(name).map(|value| (*name, value)));
        let kept: String = kept
            .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escaped(value)))
            .collect();
        let action = format!("{}/user-api-key", host.own.folder);
        return ask(host, &wish.app, &action, &kept);
    }
    let Some(sealed) = account(host, asked).and_then(|user| keys::give(host, user, &wish)) else {
        return Refusal::NoAccess.respond(host, asked.json);
    };
    if let Some(to) = asked.get("auth_redirect") {
        let payload: String = url::form_urlencoded::byte_serialize(sealed.as_bytes()).collect();
        return (StatusCode::FOUND, [(header::LOCATION, format!("{to}?payload={payload}"))]).into_response();
    }
    let words = format!(
        "<p>{} est autorisée. Copiez cette clé et collez-la dans l’application.</p><code id=\"code\">{sealed}</code>",
        escaped(&wish.app)
    );
    answers::page(host, StatusCode::OK, "Autoriser l’accès de l’application", &words)
}

/// Whom the person at the page is.
pub(crate) fn account(host: &Host, asked: &Asked) -> Option<Id> {
    let named = asked.get("account")?;
    hold(&host.forum).user(named).filter(|user| user.ours).map(|user| user.id)
}

/// The page that asks: for which program, as whom.
pub(crate) fn ask(host: &Host, app: &str, action: &str, kept: &str) -> Response {
    let buttons = |forum: &Forum| -> String {
        let ours = forum.users.values().filter(|user| user.ours);
        ours.map(|user| {
            format!(
                "<button name=\"account\" value=\"{}\"><span>Oui, en tant que {}<small>@{}</small></span></button>",
                escaped(&user.username),
                escaped(&user.name),
                escaped(&user.username)
            )
        })
        .collect()
    };
    let buttons = buttons(&hold(&host.forum));
    let body = format!(
        "<p>Elle pourra lire ce que vous lisez et écrire en votre nom.</p><form method=\"post\" action=\"{}\">{kept}{buttons}<button class=\"no\" name=\"account\" value=\"\">Non, refuser</button></form>",
        escaped(action)
    );
    answers::page(host, StatusCode::OK, &format!("{app} demande l’accès à votre compte"), &body)
}
