//! The network's own words for "no". Mastodon words its errors in the language of whoever asks, so its statuses
//! decide; the few sentences compared here stand untranslated in its code, or were recorded from other servers.

use crate::asked::Ask;
use crate::http::Answer;
use guichet_model::{BlockScope, Fault, Reason, RefusalCode};
use serde_json::Value;

/// A 4xx that the network worded; `None` where it did not, so that a write stays unsure.
pub(crate) fn table(answer: &Answer) -> Option<Fault> {
    let Some(said) = said(answer) else {
        return wordless(answer);
    };
    // mastodon/mastodon app/controllers/api/base_controller.rb, `require_user!`; mastodon_mock 0.6.1 (recorded, 401).
    if said == "This method requires an authenticated user" {
        return Some(Fault::NeedsLogin);
    }
    let refused = |code| Some(Fault::refused(code, Some(said.clone())));
    match answer.status {
        // "The access token is invalid" (recorded, Mastodon 4.6), "revoked", "expired".
        401 => Some(Fault::NeedsLogin),
        // base_controller.rb, `require_user!`: the account exists, its owner or a moderator must act.
        403 if said.starts_with("Your login is currently") || said.starts_with("Your login is missing") => {
            Some(Fault::Blocked {
                scope: BlockScope::Account,
                until: None,
                reason: Reason { code: RefusalCode::Suspended, said: Some(said.chars().take(300).collect()) },
            })
        }
        // "This action is not allowed", "This action is outside the authorized scopes".
        403 => refused(RefusalCode::Forbidden),
        // "Record not found"; for an answer, that what it answers is not there (statuses_controller.rb).
        404 | 410 => refused(RefusalCode::Gone),
        405 | 501 => refused(RefusalCode::NotOffered),
        413 => refused(RefusalCode::TooLong),
        // config/locales/en.yml: `statuses.over_character_limit`, and Rails' `errors.messages.blank`.
        422 if said.contains("character limit of") => refused(RefusalCode::TooLong),
        422 if said.contains("Text can't be blank") => refused(RefusalCode::Empty),
        _ => refused(RefusalCode::Invalid),
    }
}

/// snac refuses without a body, and signs: 401 for a token it does not know (recorded, 2.75 and 2.96), 422 for the
/// same on verify_credentials, and its errors are a line of HTML.
fn wordless(answer: &Answer) -> Option<Fault> {
    let by_snac = answer.header("x-creator").is_some_and(|by| by.starts_with("snac/"));
    match answer.status {
        _ if !by_snac => None,
        401 => Some(Fault::NeedsLogin),
        422 if answer.body.is_empty() => Some(Fault::NeedsLogin),
        404 | 410 => Some(Fault::refused(RefusalCode::Gone, None)),
        403 => Some(Fault::refused(RefusalCode::Forbidden, None)),
        _ => None,
    }
}

/// The sentence in the answer: `error` on Mastodon, with more in `error_description`; others name it otherwise.
pub(crate) fn said(answer: &Answer) -> Option<String> {
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    let sentence = |name: &str| {
        let found = body.has(name)?;
        let found = found.as_str().or_else(|| found.has("message")?.as_str())?;
        (!found.trim().is_empty()).then(|| found.trim().to_owned())
    };
    ["error_description", "error", "message", "errors"].into_iter().find_map(sentence)
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
