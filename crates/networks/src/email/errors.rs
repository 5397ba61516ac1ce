//! The servers' own words for "no". IMAP servers word a refusal freely and name it by a response code (RFC 5530); SMTP
//! servers number it twice (RFC 5321, RFC 3463).

use async_imap::error::Error as ImapError;
use guichet_model::{Fault, MINUTE, Millis, RefusalCode, SECOND};
use smtp_proto::Response;

/// Greylisting asks for some minutes, and says so or does not.
const LATER: i64 = 5 * MINUTE;
/// A day's quota comes back bit by bit.
const QUOTA: i64 = 60 * MINUTE;

pub(crate) fn soon(now: Millis) -> Fault {
    Fault::Later { after: now.plus(15 * SECOND) }
}

/// What an IMAP command met. The texts of these errors quote what was read: they are looked at here and go nowhere.
pub(crate) fn imap(error: &ImapError, now: Millis) -> Fault {
    match error {
        ImapError::No(said) => no(said, now),
        // A server in trouble says so too ("User is authenticated but not connected"): not a word about what it offers.
        ImapError::Bad(_) => Fault::unreadable("an IMAP server's BAD"),
        ImapError::Io(_) | ImapError::ConnectionLost | ImapError::Append => soon(now),
        ImapError::Parse(_) => Fault::unreadable("an IMAP answer"),
        ImapError::Validate(_) => Fault::refused(RefusalCode::Invalid, None),
        _ => soon(now),
    }
}

/// The same while signing in, where a plain "no" means the password.
pub(crate) fn imap_login(error: &ImapError, now: Millis) -> Fault {
    match error {
        ImapError::No(said) => match no(said, now) {
            later @ Fault::Later { .. } => later,
            _ => Fault::NeedsLogin,
        },
        // Some say BAD to a password they do not like the letters of.
        ImapError::Bad(_) | ImapError::Validate(_) => Fault::NeedsLogin,
        other => imap(other, now),
    }
}

/// RFC 5530, and what Gmail, Dovecot and Cyrus write before it was.
fn no(said: &str, now: Millis) -> Fault {
    let said = said.to_ascii_uppercase();
    let says = |word: &str| said.contains(word);
    if busy(&said) {
        Fault::Later { after: now.plus(MINUTE) }
    } else if says("SERVERBUG") || later(&said) {
        Fault::Later { after: now.plus(LATER) }
    } else if says("AUTHENTICATIONFAILED") || says("AUTHORIZATIONFAILED") || says("EXPIRED") || says("WEBALERT") {
        Fault::NeedsLogin
    } else if says("NONEXISTENT") || says("TRYCREATE") {
        Fault::refused(RefusalCode::Gone, None)
    } else if says("NOPERM") || says("READ-ONLY") {
        Fault::refused(RefusalCode::Forbidden, None)
    } else {
        Fault::refused(RefusalCode::Invalid, None)
    }
}

fn busy(said: &str) -> bool {
    ["UNAVAILABLE", "INUSE", "[LIMIT", "\"LIMIT", "TOO MANY"].iter().any(|word| said.contains(word))
}

fn later(said: &str) -> bool {
    ["TRY AGAIN", "TEMPORAR", "THROTTLED"].iter().any(|word| said.contains(word))
}

/// Whether a NO or a BAD is about the server, and would have been said to any other question.
pub(crate) fn of_the_server(said: &str) -> bool {
    let said = said.to_ascii_uppercase();
    busy(&said) || later(&said) || ["OVERQUOTA", "BANDWIDTH", "NOT CONNECTED"].iter().any(|word| said.contains(word))
}

/// What an SMTP server said instead of yes. Whoever asks knows whether anything can have been done: a reply in these
/// words is always a certain no.
pub(crate) fn smtp(reply: &Response<String>, now: Millis) -> Fault {
    let refused = |code| Fault::refused(code, said(reply));
    let [_, subject, detail] = reply.esc;
    match (reply.code, subject, detail) {
        // "SmtpClientAuthentication is disabled for the Tenant": no password helps (Microsoft, 535 5.7.139).
        (535, 7, 139) => refused(RefusalCode::Forbidden),
        (530 | 534 | 535, ..) => Fault::NeedsLogin,
        // A day's sending is used up (Gmail, 550 5.4.5).
        (400.., 4, 5) => Fault::Later { after: now.plus(QUOTA) },
        (400..=499, ..) => Fault::Later { after: now.plus(LATER) },
        (552, ..) | (500..=599, 3, 4) | (500..=599, 2, 3) => refused(RefusalCode::TooLong),
        // There is no such mailbox, or it moved, or its domain takes no mail.
        (500..=599, 1, _) | (551, ..) => refused(RefusalCode::Gone),
        (550, 0, _) => refused(RefusalCode::Gone),
        (500..=599, 7, _) | (554, ..) => refused(RefusalCode::Forbidden),
        (502 | 504, ..) => refused(RefusalCode::NotOffered),
        _ => refused(RefusalCode::Invalid),
    }
}

/// With its number, by which providers explain themselves.
fn said(reply: &Response<String>) -> Option<String> {
    let text: String = reply.message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let [class, subject, detail] = reply.esc;
    let number = if class > 0 { format!("{} {class}.{subject}.{detail}", reply.code) } else { reply.code.to_string() };
    Some(format!("{number} {}", text.trim()).trim().to_owned())
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
