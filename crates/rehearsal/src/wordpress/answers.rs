//! How a site answers: JSON with the headers of its API, refusals with their codes, and the HTML of whatever stands in
//! front of it (a maintenance, a firewall, a broken plugin), which no reader of JSON expects.

use super::server::Host;
use crate::paper;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// What an answer of the API says beside its body.
pub(crate) struct Said {
    pub code: StatusCode,
    pub body: Value,
    /// The methods allowed at this route to whoever asked.
    pub allow: &'static str,
    pub more: Vec<(&'static str, String)>,
}

impl Said {
    pub fn ok(body: Value, allow: &'static str) -> Said {
        Said { code: StatusCode::OK, body, allow, more: Vec::new() }
    }

    pub fn respond(self, host: &Host) -> Response {
        let mut response = (self.code, self.body.to_string()).into_response();
        let headers = response.headers_mut();
        api_headers(host, headers);
        add(headers, "allow", self.allow);
        for (name, value) in self.more {
            add(headers, name, &value);
        }
        response
    }
}

/// A refusal of the API: its code is what programs read, its sentence what people read, in the site's language.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: u16,
    code: &'static str,
    data: Option<(&'static str, Value)>,
}

impl Refusal {
    pub fn json(status: u16, code: &'static str) -> Refusal {
        Refusal { status, code, data: None }
    }

    /// 401 for a visitor, 403 for a user.
    pub fn denied(known: bool, code: &'static str) -> Refusal {
        Refusal::json(if known { 403 } else { 401 }, code)
    }

    /// A parameter that cannot be.
    pub fn parameter(name: &str, why: &str) -> Refusal {
        Refusal { status: 400, code: "rest_invalid_param", data: Some(("params", json!({ (name): why }))) }
    }

    pub fn respond(self, host: &Host) -> Response {
        let code = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut data = json!({"status": self.status});
        if let Some((name, value)) = self.data {
            data[name] = value;
        }
        let body = json!({"code": self.code, "message": sentence(self.code), "data": data});
        let mut response = (code, body.to_string()).into_response();
        api_headers(host, response.headers_mut());
        response
    }
}

fn api_headers(host: &Host, headers: &mut HeaderMap) {
    add(headers, "content-type", "application/json; charset=UTF-8");
    add(headers, "x-robots-tag", "noindex");
    add(headers, "link", &api_link(host));
    add(headers, "x-content-type-options", "nosniff");
    add(headers, "access-control-expose-headers", "X-WP-Total, X-WP-TotalPages, Link");
}

/// The header by which a site says where its API is.
pub(crate) fn api_link(host: &Host) -> String {
    format!("<{}>; rel=\"https://api.w.org/\"", host.link("/", ""))
}

/// One more header of that name; of the content type, the only one.
pub(crate) fn add(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        let name = HeaderName::from_static(name);
        if name == header::CONTENT_TYPE {
            headers.insert(name, value);
        } else {
            headers.append(name, value);
        }
    }
}

/// A page where JSON was asked for: what a site answers that is being updated, guarded by a firewall, or broken.
pub(crate) fn trouble(host: &Host, code: StatusCode) -> Response {
    let (title, words) = match code.as_u16() {
        503 => {
            ("Maintenance", "Le site est indisponible un instant, le temps d’une mise à jour. Revenez dans une minute.")
        }
        403 => ("Accès refusé", "Cette requête a été arrêtée par le pare-feu de l’hébergeur."),
        429 => ("Trop de requêtes", "L’hébergeur limite le nombre de requêtes. Réessayez plus tard."),
        502 | 504 => ("Passerelle", "Le serveur du site n’a pas répondu."),
        500 => ("Erreur critique", "Il y a eu une erreur critique sur ce site."),
        _ => ("Erreur", "La page demandée ne peut pas être montrée."),
    };
    let mut response = page(host, code, title, &format!("<p>{words}</p>"));
    if code == StatusCode::SERVICE_UNAVAILABLE {
        add(response.headers_mut(), "retry-after", "600");
    }
    response
}

pub(crate) fn page(host: &Host, code: StatusCode, title: &str, body: &str) -> Response {
    paper::page(code, (&host.line.title, &host.line.domain), title, body)
}

/// Ours, in the language of the site: programs that match them are wrong.
fn sentence(code: &str) -> &'static str {
    match code {
        "rest_not_logged_in" => "Personne n’est connecté.",
        "incorrect_password" => "Ce mot de passe d’application n’est pas le bon.",
        "rest_comment_login_required" => "Il faut être connecté pour commenter.",
        "rest_comment_invalid_id" | "rest_post_invalid_id" | "rest_user_invalid_id" => "Cet identifiant n’existe pas.",
        "rest_comment_invalid_post_id" => "Un commentaire se rattache à un article.",
        "rest_comment_content_invalid" => "Le commentaire est vide.",
        "rest_comment_closed" => "Les commentaires de cet article sont fermés.",
        "rest_comment_draft_post" => "Cet article n’est pas publié.",
        "rest_comment_trash_post" => "Cet article est à la corbeille.",
        "comment_duplicate" => "Commentaire en double&nbsp;: il semble que vous ayez déjà dit cela&nbsp;!",
        "comment_flood" => "Vous commentez trop vite. Attendez un peu.",
        "comment_content_column_length" => "Le commentaire est trop long.",
        "rest_already_trashed" => "Le commentaire est déjà à la corbeille.",
        "rest_no_route" => "Aucune adresse de l’API ne correspond.",
        "rest_invalid_param" => "Un paramètre n’est pas valable.",
        "rest_invalid_json" => "Le JSON reçu n’est pas lisible.",
        "rest_post_invalid_page_number" => "Cette page n’existe pas.",
        _ => "Vous n’avez pas le droit de faire cela.",
    }
}
