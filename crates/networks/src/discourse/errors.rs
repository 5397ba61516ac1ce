//! The forum's own words for "no": sentences in its language, and an `error_type` for some of them. Only the types and the
//! statuses are compared; an answer without its words may come from anything on the way (a proxy, a firewall).

use crate::asked::Ask;
use crate::http::Answer;
use guichet_model::{Fault, Millis, RefusalCode, SECOND};
use serde_json::Value;

/// A 4xx that the forum worded; `None` where it did not, so that a write stays unsure.
pub(crate) fn table(answer: &Answer) -> Option<Fault> {
    let told = told(answer)?;
    let refused = |code| Some(Fault::refused(code, told.said.clone()));
    match told.kind.as_deref() {
        // application_controller.rb, rescue_from Discourse::NotLoggedIn: nobody asks.
        Some("not_logged_in") => Some(Fault::NeedsLogin),
        Some("not_found") => refused(RefusalCode::Gone),
        // Discourse::InvalidAccess, and just the same for a key that is no good: `Api` asks which.
        Some("invalid_access") => refused(RefusalCode::Forbidden),
        _ => match answer.status {
            401 => Some(Fault::NeedsLogin),
            403 => refused(RefusalCode::Forbidden),
            404 | 410 => refused(RefusalCode::Gone),
            405 => refused(RefusalCode::NotOffered),
            413 => refused(RefusalCode::TooLong),
            // Sentences of its validators: too short, too long, too much like the last one, blocked words.
            _ => refused(RefusalCode::Invalid),
        },
    }
}

/// Whether the forum refused a key, or a right: it says the same to both.
pub(crate) fn is_access(answer: &Answer) -> bool {
    answer.status == 403 && told(answer).is_some_and(|told| told.kind.as_deref() == Some("invalid_access"))
}

/// Whether the forum says that it takes nothing just now (application_controller.rb, rescue_from Discourse::ReadOnly: 503).
pub(crate) fn is_read_only(answer: &Answer) -> bool {
    answer.status == 503 && told(answer).is_some_and(|told| told.kind.as_deref() == Some("read_only"))
}

/// When to come back, as the body of a 429 says it where its header is lost.
pub(crate) fn wait(answer: &Answer, now: Millis) -> Option<Millis> {
    if answer.status != 429 || answer.header("retry-after").is_some() {
        return None;
    }
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    let seconds = body.at("extras").at("wait_seconds").as_f64().filter(|seconds| *seconds >= 0.0)?;
    Some(now.plus(((seconds * 1000.0) as i64).clamp(SECOND, 24 * 3600 * SECOND)))
}

struct Told {
    kind: Option<String>,
    said: Option<String>,
}

/// `{"errors":["…"],"error_type":"…"}`; for a write without a key, `["BAD CSRF"]`.
fn told(answer: &Answer) -> Option<Told> {
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    if body.as_array().is_some_and(|words| words.iter().any(|word| word.as_str() == Some("BAD CSRF"))) {
        return Some(Told { kind: None, said: None });
    }
    let kind = body.at("error_type").as_str().map(str::to_owned);
    let sentences = body.at("errors").as_array().map(|all| all.iter().filter_map(Value::as_str).collect::<Vec<_>>());
    if kind.is_none() && sentences.is_none() {
        return None;
    }
    let said = sentences.map(|all| crate::html::to_text(&all.join(" ")).text).filter(|said| !said.is_empty());
    Some(Told { kind, said })
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
