//! The site's own words for "no". WordPress words its errors in its own language, so only their codes are compared; an
//! answer without one may come from anything on the way (a firewall, a cache, the web server).

use crate::asked::Ask;
use crate::http::Answer;
use guichet_model::{Fault, Millis, RefusalCode};
use serde_json::Value;

/// Stands for "a quarter of a minute from now": the table has no clock, `api` does.
pub(crate) const SOON: Millis = Millis(0);

/// A 4xx that the site worded; `None` where it did not, so that a write stays unsure.
pub(crate) fn table(answer: &Answer) -> Option<Fault> {
    let code = code(answer)?;
    let refused = |code| Some(Fault::refused(code, said(answer)));
    match code.as_str() {
        // A wrong application password, or a host that strips the header (recorded, 6.1.9 and 7.1.4: 401).
        "rest_not_logged_in" | "incorrect_password" | "invalid_username" | "invalid_email" => Some(Fault::NeedsLogin),
        // class-wp-application-passwords.php and user.php, since 5.6.
        "application_passwords_disabled" | "application_passwords_disabled_for_user" => Some(Fault::NeedsLogin),
        // class-wp-rest-comments-controller.php, create_item_permissions_check: 403 each.
        "rest_comment_closed" => refused(RefusalCode::WindowClosed),
        // The post is a draft, in the trash, or not there (the last one recorded: 403).
        "rest_comment_draft_post" | "rest_comment_trash_post" | "rest_comment_invalid_post_id" => {
            refused(RefusalCode::Gone)
        }
        "rest_comment_invalid_id" | "rest_post_invalid_id" | "rest_already_trashed" => refused(RefusalCode::Gone),
        // The routes are taken away, wholly or for comments.
        "rest_no_route" | "rest_disabled" | "rest_comment_disabled" => refused(RefusalCode::NotOffered),
        "rest_comment_content_invalid" => refused(RefusalCode::Empty),
        "comment_content_column_length" => refused(RefusalCode::TooLong),
        // Recorded: 409 for an identical text of one author under one parent.
        "comment_duplicate" => refused(RefusalCode::Duplicate),
        // wp_throttle_comment_flood: one comment in 15 seconds, moderators excepted.
        "comment_flood" => Some(Fault::Later { after: SOON }),
        _ => match answer.status {
            401 => Some(Fault::NeedsLogin),
            // rest_cannot_read, rest_cannot_edit, rest_cannot_delete, rest_forbidden_context, rest_forbidden_param.
            403 => refused(RefusalCode::Forbidden),
            404 | 410 => refused(RefusalCode::Gone),
            405 => refused(RefusalCode::NotOffered),
            413 => refused(RefusalCode::TooLong),
            _ => refused(RefusalCode::Invalid),
        },
    }
}

/// WordPress' code: `{"code": "…", "message": "…", "data": {"status": …}}`.
pub(crate) fn code(answer: &Answer) -> Option<String> {
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    let code = body.has("code")?.as_str()?;
    (!code.is_empty() && body.has("message").is_some()).then(|| code.to_owned())
}

/// Its sentence, whose marks are HTML.
fn said(answer: &Answer) -> Option<String> {
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    let said = crate::html::to_text(body.at("message").as_str()?).text;
    (!said.is_empty()).then_some(said)
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
