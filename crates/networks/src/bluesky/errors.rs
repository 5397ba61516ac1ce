//! The servers' own words for "no": `{"error": NAME, "message": SENTENCE}` (specs/xrpc). Names are compared; a sentence
//! only where one name covers too much, and there it was recorded. An answer without a name may come from anything on the
//! way (a proxy, a firewall).

use crate::asked::Ask;
use crate::http::Answer;
use guichet_model::{BlockScope, Fault, Reason, RefusalCode};
use serde_json::Value;

/// The access was made for less than this: an app password without private messages.
pub(crate) const NOT_PRIVILEGED: &str = "Bad token method";
const NEEDS_NONCE: &str = "use_dpop_nonce";
const BAD_PROOF: &str = "invalid_dpop_proof";
/// Not an error of a status that a read could not do: the method is not there (501).
pub(crate) const NOT_THERE: &str = "MethodNotImplemented";

/// A 4xx that the server worded; `None` where it did not, so that a write stays unsure.
pub(crate) fn table(answer: &Answer) -> Option<Fault> {
    let (name, said) = told(answer)?;
    let refused = |code| Some(Fault::refused(code, said.clone()));
    let has = |words: &str| said.as_deref().is_some_and(|said| said.contains(words));
    match name.as_str() {
        // packages/pds/src/pipethrough.ts, recorded: chat by an app password that was made without it.
        "InvalidToken" if has(NOT_PRIVILEGED) => refused(RefusalCode::NotOffered),
        // packages/pds/src/auth-verifier.ts; recorded: 400 InvalidToken, 401 AuthenticationRequired.
        "ExpiredToken" | "InvalidToken" | "AuthenticationRequired" | "AuthMissing" | "BadJwt" => {
            Some(Fault::NeedsLogin)
        }
        // OAuth: the resource server's word (RFC 6750, 9449) and the token endpoint's (RFC 6749; recorded: replayed).
        "invalid_token" | BAD_PROOF | "invalid_grant" => Some(Fault::NeedsLogin),
        // Asked for again by whoever signs; as an end of its own it says nothing of the account.
        NEEDS_NONCE => refused(RefusalCode::Invalid),
        "insufficient_scope" | "ScopeMissingError" => refused(RefusalCode::Forbidden),
        // Of our own account with 401 (packages/pds/src/auth-verifier.ts); with 400 it is said of somebody's whom we asked for.
        "AccountTakedown" | "AccountSuspended" | "AccountDeactivated" if answer.status == 401 => Some(Fault::Blocked {
            scope: BlockScope::Account,
            until: None,
            reason: Reason { code: RefusalCode::Suspended, said },
        }),
        "AccountTakedown" | "AccountSuspended" | "AccountDeactivated" => refused(RefusalCode::Suspended),
        // getRecord, getPostThread, getMessages, deleteMessageForSelf.
        "RecordNotFound" | "NotFound" | "InvalidConvo" | "MessageNotFound" | "RecipientNotFound" | "RepoNotFound"
        | "RepoTakendown" | "RepoDeactivated" | "ConvoNotFound" => refused(RefusalCode::Gone),
        // lexicons/chat/bsky/convo/{getConvoForMembers,sendMessage}.json, app/bsky/feed/getAuthorFeed.json.
        "BlockedActor"
        | "BlockedByActor"
        | "BlockedSubject"
        | "MessagesDisabled"
        | "NotFollowedBySender"
        | "ConvoLocked"
        | "NotAMember"
        | "Forbidden" => refused(RefusalCode::Forbidden),
        NOT_THERE => refused(RefusalCode::NotOffered),
        "PayloadTooLarge" => refused(RefusalCode::TooLong),
        // Recorded: "grapheme too big (maximum 300, got 400)", "must not be longer than 1000 graphemes".
        "InvalidRequest" | "InvalidRecord" if has("too big") || has("too long") || has("must not be longer than") => {
            refused(RefusalCode::TooLong)
        }
        _ => match answer.status {
            401 => Some(Fault::NeedsLogin),
            403 => refused(RefusalCode::Forbidden),
            413 => refused(RefusalCode::TooLong),
            _ => refused(RefusalCode::Invalid),
        },
    }
}

/// Refused for what was signed alone: the server has just told what to sign, and by what clock.
pub(crate) fn sign_again(name: Option<&str>) -> bool {
    matches!(name, Some(NEEDS_NONCE | BAD_PROOF))
}

/// The name of the error, where the answer is one of a server of this network.
pub(crate) fn name(answer: &Answer) -> Option<String> {
    told(answer).map(|(name, _)| name)
}

/// Its name and its sentence; OAuth calls the sentence `error_description`. A resource server says in a header what it wants
/// signed, whatever its body says (RFC 9449, 9).
fn told(answer: &Answer) -> Option<(String, Option<String>)> {
    let asks =
        answer.header("www-authenticate").is_some_and(|said| said.contains("DPoP") && said.contains(NEEDS_NONCE));
    if answer.status == 401 && asks {
        return Some((NEEDS_NONCE.to_owned(), None));
    }
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    let name = body.at("error").as_str().filter(|name| !name.is_empty())?;
    let said = body.at("message").as_str().or_else(|| body.at("error_description").as_str());
    let said = said.map(super::facets::line).filter(|said| !said.is_empty() && said != name);
    Some((name.to_owned(), said))
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
