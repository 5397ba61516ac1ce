//! The words of a sign-in, the same for IMAP and SMTP: base64 around what each mechanism says.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// `{"status":"400","schemes":"Bearer","scope":"https://mail.example/"}`
pub(crate) const XOAUTH2_REFUSED: &str =
    "eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZXhhbXBsZS8ifQ==";

pub(crate) fn decoded(answer: &[u8]) -> Option<String> {
    String::from_utf8(BASE64_STANDARD.decode(answer).ok()?).ok()
}

/// RFC 4616: user and password.
pub(crate) fn plain(answer: &[u8]) -> Option<(String, String)> {
    let text = decoded(answer)?;
    let mut parts = text.split('\0');
    let (acting, user, password) = (parts.next()?, parts.next()?, parts.next()?);
    // Nobody here may act for another.
    let alone = parts.next().is_none() && (acting.is_empty() || acting == user);
    alone.then(|| (user.to_owned(), password.to_owned()))
}

/// `user=…^Aauth=Bearer …^A^A`: user and token.
pub(crate) fn xoauth2(answer: &[u8]) -> Option<(String, String)> {
    let text = decoded(answer)?;
    let (user, rest) = text.strip_prefix("user=")?.split_once('\u{1}')?;
    let token = rest.strip_prefix("auth=Bearer ")?.strip_suffix("\u{1}\u{1}")?;
    Some((user.to_owned(), token.to_owned()))
}
