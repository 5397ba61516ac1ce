//! Keys by a device code: a program asks, a person agrees on another page, the program asks again until the sealed key is
//! there. It is given once.

use super::answers::{self, Refusal, Said};
use super::asked::Asked;
use super::server::Host;
use super::world::{Device, DeviceAnswer};
use super::{consent, keys};
use crate::clock::now_ms;
use crate::hold;
use crate::paper::escaped;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::json;

const EXPIRES_S: i64 = 600;
/// Letters that nobody takes for another.
const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

pub(crate) fn begin(host: &Host, asked: &Asked) -> Said {
    if !host.own.device {
        return Err(Refusal::NotFound);
    }
    // Only what a page of elsewhere cannot send.
    if !asked.json_body {
        return Err(Refusal::NoAccess);
    }
    if asked.get("auth_redirect").is_some() {
        return Err(Refusal::Parameter("auth_redirect"));
    }
    let wish = keys::wish(host, asked)?;
    if wish.scopes.iter().any(|scope| scope == "one_time_password") {
        return Err(Refusal::Parameter("scopes"));
    }
    let letter = || LETTERS[host.luck.draw() as usize % LETTERS.len()] as char;
    let draw = |count: usize| (0..count).map(|_| letter()).collect::<String>();
    let user_code = format!("{}-{}", draw(4), draw(4));
    let (code, request) = (keys::hex(host, 64), draw(8));
    let home = host.home();
    let told = json!({
        "device_code": code,
        "user_code": user_code,
        "verification_uri": format!("{home}/user-api-key/activate"),
        "verification_uri_with_request": format!("{home}/user-api-key/activate?request={request}"),
        "expires_in": EXPIRES_S,
        "interval": host.own.interval
    });
    let until_ms = now_ms() + EXPIRES_S * 1000;
    let device = Device { code, request, user_code, wish, until_ms, polled_ms: 0, answer: DeviceAnswer::Pending };
    hold(&host.forum).devices.push(device);
    Ok(told)
}

pub(crate) fn poll(host: &Host, asked: &Asked) -> Said {
    if !asked.json_body {
        return Err(Refusal::NoAccess);
    }
    let code = asked.get("device_code").ok_or(Refusal::Missing("device_code"))?;
    let now = now_ms();
    let mut forum = hold(&host.forum);
    let Some(device) = forum.devices.iter_mut().find(|device| device.code == code) else {
        return Ok(json!({"status": "expired_token"}));
    };
    // Who asks more often than told is asked to wait, without a word of what was decided.
    let early = now - device.polled_ms < i64::try_from(host.own.interval * 1000).unwrap_or_default() * 9 / 10;
    device.polled_ms = now;
    if early {
        return Ok(json!({"status": "authorization_pending"}));
    }
    Ok(match &mut device.answer {
        _ if now >= device.until_ms => json!({"status": "expired_token"}),
        DeviceAnswer::Pending => json!({"status": "authorization_pending"}),
        DeviceAnswer::No => json!({"status": "access_denied"}),
        DeviceAnswer::Yes(sealed) => match sealed.take() {
            Some(sealed) => json!({"status": "authorized", "payload": sealed}),
            None => json!({"status": "expired_token"}),
        },
    })
}

/// The page where the person says yes, or no.
pub(crate) fn activate(host: &Host, asked: &Asked) -> Response {
    let request = asked.get("request").unwrap_or_default();
    let found = hold(&host.forum)
        .devices
        .iter()
        .find(|device| device.request == request && now_ms() < device.until_ms)
        .filter(|device| matches!(device.answer, DeviceAnswer::Pending))
        .map(|device| (device.code.clone(), device.user_code.clone(), device.wish.clone()));
    let Some((code, user_code, wish)) = found else {
        return answers::page(host, StatusCode::NOT_FOUND, "Demande inconnue", "<p>Ce code n’existe pas ou plus.</p>");
    };
    if asked.method == Method::GET {
        let action = format!("{}/user-api-key/activate", host.own.folder);
        let kept = format!(
            "<p>Code : {}</p><input type=\"hidden\" name=\"request\" value=\"{}\">",
            escaped(&user_code),
            escaped(request)
        );
        return consent::ask(host, &wish.app, &action, &kept);
    }
    let answer = match consent::account(host, asked) {
        None => DeviceAnswer::No,
        Some(user) => match keys::give(host, user, &wish) {
            Some(sealed) => DeviceAnswer::Yes(Some(sealed)),
            None => return Refusal::NoAccess.respond(host, asked.json),
        },
    };
    if let Some(device) = hold(&host.forum).devices.iter_mut().find(|device| device.code == code) {
        device.answer = answer;
    }
    let words = "<p id=\"done\">C’est fait. Retournez à l’application.</p>";
    answers::page(host, StatusCode::OK, "Autoriser l’accès de l’application", words)
}
