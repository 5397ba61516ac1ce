//! The few pages a person sees in a browser: the consent, the code to copy, what went wrong, and a post's own page. In
//! French, without a script or a picture from elsewhere.

use super::params::{Params, Refusal};
use super::server::{Desk, Host};
use super::shapes;
use crate::hold;
use crate::paper::{self, escaped};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

fn page(code: StatusCode, host: &Host, title: &str, body: &str) -> Response {
    paper::page(code, (&host.line.title, &host.line.domain), title, body)
}

/// Asks which account the app may speak for.
pub(crate) fn consent(host: &Host, app: &str, scope: &str, params: &Params) -> Response {
    let kept: String =
        ["client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method"]
            .iter()
            .filter_map(|name| params.get(name).map(|value| (name, value)))
            .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escaped(value)))
            .collect();
    let town = hold(&host.town);
    let buttons: String = town
        .people
        .values()
        .filter(|person| person.ours)
        .map(|person| {
            format!(
                "<button name=\"account\" value=\"{}\"><img alt=\"\" src=\"/media/avatars/{}.png\"><span>Autoriser {}<small>@{}@{}</small></span></button>",
                person.id,
                person.id,
                escaped(&person.name),
                escaped(&person.username),
                escaped(&host.line.domain),
            )
        })
        .collect();
    let mut rights = Vec::new();
    if scope.contains("read") || scope.contains("profile") {
        rights.push("lire vos notifications, vos publications et vos messages");
    }
    if scope.contains("write") {
        rights.push("publier et répondre en votre nom");
    }
    if scope.contains("follow") || scope.contains("block") || scope.contains("mute") {
        rights.push("masquer et bloquer des comptes");
    }
    let rights: String = rights.iter().map(|right| format!("<li>{right}</li>")).collect();
    let body = format!(
        "<p>Cette application pourra :</p><ul>{rights}</ul><p>Avec quel compte ?</p><form method=\"post\" action=\"/oauth/authorize\">{kept}{buttons}<button class=\"no\" name=\"account\" value=\"0\">Refuser</button></form>",
    );
    page(StatusCode::OK, host, &format!("{app} demande l’accès à un compte"), &body)
}

/// The code to copy, for an app that cannot be returned to.
pub(crate) fn code(host: &Host, code: &str) -> Response {
    page(
        StatusCode::OK,
        host,
        "Copiez ce code dans l’application",
        &format!("<p>Il ne sert qu’une fois, et pendant dix minutes.</p><code id=\"code\">{code}</code>"),
    )
}

pub(crate) fn trouble(host: &Host, code: StatusCode, words: &str) -> Response {
    page(code, host, "Cela n’a pas marché", &format!("<p>{}</p>", escaped(words)))
}

/// Whatever has no route: a post's page for a person, an error for a program.
pub(crate) async fn elsewhere(State(host): Desk, request: Request) -> Response {
    let path = request.uri().path();
    if path == "/" {
        let words = format!("<p>{}</p>", escaped(&host.line.description));
        return page(StatusCode::OK, &host, &host.line.title, &words);
    }
    let post = path.strip_prefix("/@").and_then(|rest| rest.rsplit_once('/')).and_then(|(_, id)| id.parse().ok());
    let town = hold(&host.town);
    let Some(status) = post.and_then(|id| town.statuses.get(&id)).filter(|status| town.may_see(None, status)) else {
        return Refusal::new(StatusCode::NOT_FOUND, "Not Found").into_response();
    };
    let author = town.people.get(&status.author);
    let content = shapes::status(&host, &town, status, None);
    page(
        StatusCode::OK,
        &host,
        author.map_or("", |author| &author.name),
        content["content"].as_str().unwrap_or_default(),
    )
}
