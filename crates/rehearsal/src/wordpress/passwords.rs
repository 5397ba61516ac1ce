//! Application passwords: 24 letters made for one program, shown once, proven by Basic authentication with or without
//! their spaces, revoked one by one.

use super::answers::{Refusal, Said};
use super::server::{Caller, Host};
use super::shapes::stamp;
use super::world::{Id, Password, Site};
use crate::clock::now_ms;
use crate::hold;
use serde_json::{Value, json};

const LETTERS: usize = 24;

/// Makes a password for a program: its letters, without spaces.
pub(crate) fn make(host: &Host, user: Id, app: &str, app_id: &str) -> String {
    let mut secret = String::new();
    while secret.len() < LETTERS {
        secret.extend(host.luck.secret().chars().filter(char::is_ascii_alphanumeric));
    }
    secret.truncate(LETTERS);
    let uuid = uuid(host);
    hold(&host.site).passwords.push(Password {
        uuid,
        app_id: app_id.to_owned(),
        app: app.to_owned(),
        user,
        secret: secret.clone(),
        created_ms: now_ms(),
        used_ms: None,
    });
    secret
}

/// As people read it: six groups of four.
pub(crate) fn spaced(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// The user who proves themselves by that password.
pub(crate) fn proven(site: &mut Site, login: &str, password: &str) -> Option<Id> {
    let user = site.user(login)?.id;
    let plain: String = password.chars().filter(char::is_ascii_alphanumeric).collect();
    let known = site.passwords.iter_mut().find(|known| known.user == user && known.secret == plain)?;
    known.used_ms = Some(now_ms());
    Some(user)
}

/// The password that this request came with.
pub(crate) fn shown(host: &Host, caller: &Caller<'_>) -> Result<Said, Refusal> {
    let mut site = hold(&host.site);
    let who = caller.who.ok_or_else(|| Refusal::json(401, "rest_not_logged_in"))?;
    let (_, letters) = caller.asked.basic().ok_or_else(|| Refusal::json(404, "rest_no_authenticated_app_password"))?;
    let plain: String = letters.chars().filter(char::is_ascii_alphanumeric).collect();
    let known = site.passwords.iter_mut().find(|known| known.user == who && known.secret == plain);
    let known = known.ok_or_else(|| Refusal::json(404, "rest_no_authenticated_app_password"))?;
    Ok(Said::ok(shape(host, known), "GET"))
}

/// Takes a password out of use.
pub(crate) fn revoke(host: &Host, caller: &Caller<'_>, uuid: &str) -> Result<Said, Refusal> {
    let mut site = hold(&host.site);
    let who = caller.who.ok_or_else(|| Refusal::json(401, "rest_not_logged_in"))?;
    let place = site.passwords.iter().position(|known| known.user == who && known.uuid == uuid);
    let place = place.ok_or_else(|| Refusal::json(404, "rest_application_password_not_found"))?;
    let gone = site.passwords.remove(place);
    Ok(Said::ok(json!({"deleted": true, "previous": shape(host, &gone)}), "GET, POST, PUT, PATCH, DELETE"))
}

fn shape(host: &Host, password: &Password) -> Value {
    let me = format!("/wp/v2/users/{}/application-passwords/{}", password.user, password.uuid);
    json!({
        "uuid": password.uuid,
        "app_id": password.app_id,
        "name": password.app,
        "created": stamp(password.created_ms, 0),
        "last_used": password.used_ms.map(|ms| stamp(ms, 0)),
        "last_ip": password.used_ms.map(|_| "127.0.0.1"),
        "_links": {"self": [{"href": host.link(&me, "")}]}
    })
}

fn uuid(host: &Host) -> String {
    let [a, b, c, d] = [host.luck.draw(), host.luck.draw(), host.luck.draw(), host.luck.draw()];
    format!("{a:08x}-{:04x}-4{:03x}-{:04x}-{:04x}{d:08x}", b >> 16, b & 0xfff, 0x8000 | (c >> 16 & 0x3fff), c & 0xffff)
}
