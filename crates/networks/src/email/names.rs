//! The names of messages. A message is known by its Message-ID, which stays when it is moved, copied or renumbered; one
//! that came without is known by a hash of what it says about itself, one that came under another's id by both. Our own ids are made of a reply's key, so that
//! whatever becomes of a sending, its message can be asked for.

use guichet_model::RemoteId;
use sha2::{Digest, Sha256};

/// No real one is longer (a line of a header is 998 at most).
const LONGEST: usize = 900;
const OURS: &str = "guichet.";

/// What a name names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Id(String),
    Hash(String),
    /// The id that it bears beside its hash.
    Both(String),
}

/// A Message-ID in its one form: without its angles, and without the spaces that folding leaves.
pub(crate) fn id(written: &str) -> Option<String> {
    let inside = written.trim();
    let inside = inside.strip_prefix('<').unwrap_or(inside);
    let inside = inside.strip_suffix('>').unwrap_or(inside);
    let id: String = inside.chars().filter(|c| !c.is_whitespace()).collect();
    let plain = id.chars().all(|c| !c.is_control() && !matches!(c, '<' | '>'));
    (!id.is_empty() && id.len() <= LONGEST && plain).then_some(id)
}

pub(crate) fn by_id(id: &str) -> RemoteId {
    RemoteId::new(format!("mid:{id}"))
}

/// Of a message without an id: its sender, its date and its subject, as they are written.
pub(crate) fn hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize()[..12].iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

pub(crate) fn by_hash(hash: &str) -> RemoteId {
    RemoteId::new(format!("hash:{hash}"))
}

/// Of a message that bears another's id.
pub(crate) fn by_both(hash: &str, id: &str) -> RemoteId {
    RemoteId::new(format!("both:{hash}.{id}"))
}

pub(crate) fn named(remote: &RemoteId) -> Option<Named> {
    match remote.as_str().split_once(':')? {
        ("mid", id) => Some(Named::Id(id.to_owned())),
        ("hash", hash) => Some(Named::Hash(hash.to_owned())),
        ("both", both) => both.split_once('.').map(|(_, id)| Named::Both(id.to_owned())),
        _ => None,
    }
}

/// The id of the message that a reply becomes: the same whenever it is made.
pub(crate) fn of_key(key: &str, address: &str) -> String {
    let key: String = key.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let domain = address.rsplit('@').next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    // An international domain is written otherwise in mail; the id only has to be ours alone.
    let domain = if !domain.is_empty() && domain.chars().all(plain) { domain } else { "guichet.invalid" };
    format!("{OURS}{key}@{domain}")
}

/// Whether this program made an id, for whichever address.
pub(crate) fn is_any_key(id: &str) -> bool {
    id.starts_with(OURS)
}

/// Whether this program made an id for that address.
pub(crate) fn is_of_key(id: &str, address: &str) -> bool {
    let domain = of_key("", address);
    id.starts_with(OURS) && domain.split('@').nth(1).is_some_and(|domain| id.ends_with(&format!("@{domain}")))
}

/// What an IMAP search can be given; others would need a literal and a charset.
pub(crate) fn searchable(id: &str) -> Option<String> {
    let plain = id.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    plain.then(|| format!("\"{}\"", id.replace('\\', "\\\\").replace('"', "\\\"")))
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
