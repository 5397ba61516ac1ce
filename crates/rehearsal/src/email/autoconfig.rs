//! The page that tells mail programs where the servers of a domain are, at the three addresses where they look for it.

use super::host::{Host, IMAP, SMTP};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

pub(crate) fn routes(host: Arc<Host>) -> Router {
    Router::new().fallback(answer).with_state(host)
}

async fn answer(State(host): State<Arc<Host>>, request: Request) -> Response {
    let path = request.uri().path();
    let domain = path.strip_prefix("/v1.1/");
    let asked = matches!(path, "/mail/config-v1.1.xml" | "/.well-known/autoconfig/mail/config-v1.1.xml")
        || domain.is_some_and(|domain| domain.eq_ignore_ascii_case(&host.line.domain));
    if !asked || host.own.silent {
        return (StatusCode::NOT_FOUND, "Not Found").into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], page(&host)).into_response()
}

fn page(host: &Host) -> String {
    let domain = &host.line.domain;
    let user = if host.own.short_names { "%EMAILLOCALPART%" } else { "%EMAILADDRESS%" };
    let way = if host.own.tokens_only { "OAuth2" } else { "password-cleartext" };
    let server = |tag: &str, kind: &str, port: u16| {
        format!(
            "    <{tag} type=\"{kind}\">\n      <hostname>127.0.0.1</hostname>\n      <port>{port}</port>\n      \
             <socketType>plain</socketType>\n      <authentication>{way}</authentication>\n      \
             <username>{user}</username>\n    </{tag}>\n"
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- Entraînement : rien de vrai ici. -->\n\
         <clientConfig version=\"1.1\">\n  <emailProvider id=\"{domain}\">\n    <domain>{domain}</domain>\n    \
         <displayName>{} &amp; voisins</displayName>\n    <displayShortName>{domain}</displayShortName>\n{}{}{}  \
         </emailProvider>\n</clientConfig>\n",
        host.line.title.replace('&', "&amp;").replace('<', "&lt;"),
        // Nobody is at home there: who wants IMAP must not take the first server that comes.
        server("incomingServer", "pop3", 110),
        server("incomingServer", "imap", host.port(IMAP)),
        server("outgoingServer", "smtp", host.port(SMTP)),
    )
}
