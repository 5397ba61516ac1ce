//! The few pages a person sees in a browser: the consent, the code to copy, what went wrong, and a post's own page. In
//! French, without a script or a picture from elsewhere.

use crate::params::{Params, Refusal};
use crate::server::{Desk, Host};
use crate::text::escaped;
use crate::{hold, shapes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const STYLE: &str = "
:root{color-scheme:light dark;--paper:#f6f3ee;--card:#fffdfa;--ink:#2b2622;--soft:#756b62;--line:#e4dcd2;--deep:#3d5a80;--on:#fff}
@media(prefers-color-scheme:dark){:root{--paper:#1d1b1a;--card:#272423;--ink:#f1ece6;--soft:#a99f95;--line:#3a3634;--deep:#a9c4e6;--on:#16202c}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{width:min(30rem,92vw);margin:2rem 0;padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:14px}
small.mark{display:inline-block;padding:.1rem .6rem;border:1px dashed var(--soft);border-radius:99px;color:var(--soft)}
h1{font-size:1.35rem;line-height:1.3;margin:.8rem 0 .4rem;text-wrap:balance}
p{margin:.4rem 0;color:var(--soft)}
ul{margin:.6rem 0 1.2rem;padding-left:1.2rem;color:var(--soft)}
form{display:grid;gap:.7rem;margin-top:1.2rem}
button{display:flex;gap:.8rem;align-items:center;width:100%;padding:.7rem 1rem;border:1px solid var(--line);border-radius:10px;background:var(--deep);color:var(--on);font:inherit;font-weight:600;text-align:left;cursor:pointer}
button small{display:block;font-weight:400;opacity:.85}
button img{width:2.6rem;height:2.6rem;border-radius:8px}
button.no{background:none;color:var(--soft);justify-content:center;font-weight:400}
button:focus-visible{outline:3px solid var(--deep);outline-offset:2px}
code{display:block;margin:1rem 0;padding:.9rem;border:1px solid var(--line);border-radius:10px;font-size:1.02rem;overflow-wrap:anywhere;user-select:all}
";

fn page(code: StatusCode, host: &Host, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"fr\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{} · {}</title><style>{STYLE}</style><main><small class=\"mark\">Entraînement — {}</small><h1>{}</h1>{body}</main></html>",
        escaped(title),
        escaped(&host.title),
        escaped(&host.domain),
        escaped(title),
    );
    (code, [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")], html)
        .into_response()
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
                escaped(&host.domain),
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
        let words = format!("<p>{}</p>", escaped(&host.description));
        return page(StatusCode::OK, &host, &host.title, &words);
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
