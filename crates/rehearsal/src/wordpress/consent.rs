//! The page on which a person lets a program have a password of its own, `wp-admin/authorize-application.php`. It sends the
//! browser back with the password in the address, or shows it to be copied. Strict about where it sends it, as recent
//! versions are: https, a program's own scheme, or the loopback by number; never `localhost`.

use super::answers;
use super::asked::Asked;
use super::passwords;
use super::server::Host;
use super::world::Id;
use crate::hold;
use crate::paper::escaped;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

pub(crate) const PATH: &str = "/wp-admin/authorize-application.php";

pub(crate) fn answer(host: &Host, asked: &Asked) -> Response {
    let params = &asked.params;
    if !host.own.passwords {
        let words = "<p>Les mots de passe d’application ne sont pas disponibles sur ce site.</p>";
        return answers::page(host, StatusCode::NOT_IMPLEMENTED, "Indisponible", words);
    }
    let (success, reject) = (params.get("success_url"), params.get("reject_url"));
    let app_id = params.get("app_id").unwrap_or_default();
    let problem = if !app_id.is_empty() && !is_uuid(app_id) {
        Some("L’identifiant de l’application doit être un UUID.")
    } else {
        [success, reject].into_iter().flatten().filter(|to| !to.is_empty()).find_map(wrong)
    };
    if let Some(words) = problem {
        return answers::page(host, StatusCode::BAD_REQUEST, "Demande refusée", &format!("<p>{words}</p>"));
    }
    if asked.method != Method::POST {
        return ask(host, asked);
    }
    let account: Id = params.get("account").and_then(|id| id.parse().ok()).unwrap_or_default();
    let login = hold(&host.site).users.get(&account).map(|user| user.login.clone());
    let success = success.filter(|to| !to.is_empty());
    let Some(login) = login else {
        return match (reject.filter(|to| !to.is_empty()), success) {
            (Some(to), _) => sent(host, to, &[]),
            (None, Some(to)) => sent(host, to, &[("success", "false")]),
            (None, None) => {
                answers::page(host, StatusCode::OK, "Accès refusé", "<p>Aucun mot de passe n’a été créé.</p>")
            }
        };
    };
    let app = params.get("app_name").map(str::trim).filter(|name| !name.is_empty());
    let Some(app) = app else {
        return answers::page(host, StatusCode::BAD_REQUEST, "Demande refusée", "<p>L’application n’a pas de nom.</p>");
    };
    let taken = hold(&host.site).passwords.iter().any(|known| known.user == account && known.app == app);
    if taken {
        // A real site wants each name once a user.
        let words = "<p>Chaque application a son nom, et celui-ci est pris.</p>";
        return answers::page(host, StatusCode::CONFLICT, "Nom déjà pris", words);
    }
    let secret = passwords::make(host, account, app, app_id);
    match success {
        Some(to) => sent(host, to, &[("site_url", &host.home()), ("user_login", &login), ("password", &secret)]),
        None => {
            let words = format!(
                "<p>Copiez ce mot de passe dans {}. Il ne sera plus montré.</p><code id=\"code\">{}</code>",
                escaped(app),
                passwords::spaced(&secret)
            );
            answers::page(host, StatusCode::OK, "Votre nouveau mot de passe", &words)
        }
    }
}

/// Why a browser is not sent there.
fn wrong(to: &str) -> Option<&'static str> {
    let Ok(url) = Url::parse(to) else {
        return Some("L’adresse de retour est illisible.");
    };
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "[::1]"));
    match url.scheme() {
        "http" if loopback => None,
        "http" => Some("L’adresse de retour doit être en https."),
        "javascript" | "data" => Some("L’adresse de retour a un schéma interdit."),
        _ => None,
    }
}

fn sent(host: &Host, to: &str, answer: &[(&str, &str)]) -> Response {
    let Ok(mut url) = Url::parse(to) else {
        return answers::trouble(host, StatusCode::BAD_REQUEST);
    };
    if !answer.is_empty() {
        url.query_pairs_mut().extend_pairs(answer);
    }
    (StatusCode::FOUND, [(header::LOCATION, url.to_string())]).into_response()
}

/// The page that asks: for which program, as whom.
fn ask(host: &Host, asked: &Asked) -> Response {
    let kept: String = ["app_name", "app_id", "success_url", "reject_url"]
        .iter()
        .filter_map(|name| asked.params.get(name).map(|value| (name, value)))
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escaped(value)))
        .collect();
    let buttons: String = hold(&host.site)
        .users
        .values()
        .map(|user| {
            format!(
                "<button name=\"account\" value=\"{}\"><span>Oui, en tant que {}<small>{}</small></span></button>",
                user.id,
                escaped(&user.name),
                escaped(&user.login)
            )
        })
        .collect();
    let app = asked.params.get("app_name").unwrap_or("Une application");
    let body = format!(
        "<p>Elle aura son propre mot de passe, et pourra lire et modérer les commentaires en votre nom.</p><form method=\"post\" action=\"{}{PATH}\">{kept}{buttons}<button class=\"no\" name=\"account\" value=\"0\">Non, refuser</button></form>",
        host.own.folder
    );
    answers::page(host, StatusCode::OK, &format!("{app} demande l’accès à ce site"), &body)
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}
