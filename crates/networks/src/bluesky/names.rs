//! Names in this network: a person is a DID and is called by a handle; a record is `at://DID/COLLECTION/KEY`. A private
//! message has no such address: here it is `chat:CONVERSATION/MESSAGE`.

use guichet_model::{Fault, RefusalCode, RemoteId};

pub(crate) const POST: &str = "app.bsky.feed.post";
const LONGEST: usize = 2_048;

/// The parts of a record's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At<'a> {
    pub did: &'a str,
    pub collection: &'a str,
    pub rkey: &'a str,
}

impl<'a> At<'a> {
    /// `None`: not the address of one record, or one under a handle, which may change hands.
    pub fn read(address: &'a str) -> Option<Self> {
        let mut parts = address.strip_prefix("at://")?.split('/');
        let (did, collection, rkey) = (parts.next()?, parts.next()?, parts.next()?);
        let key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '~');
        let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let whole = parts.next().is_none() && address.len() <= LONGEST && is_did(did);
        let sound = collection.contains('.')
            && collection.chars().all(named)
            && !rkey.is_empty()
            && rkey.chars().all(key)
            && !matches!(rkey, "." | "..");
        (whole && sound).then_some(Self { did, collection, rkey })
    }

    pub fn is_post(&self) -> bool {
        self.collection == POST
    }
}

/// Whose record an address names, whatever else is wrong with it.
pub(crate) fn owner(address: &str) -> &str {
    address.strip_prefix("at://").and_then(|rest| rest.split('/').next()).unwrap_or_default()
}

/// `did:METHOD:ID` (specs/did).
pub(crate) fn is_did(name: &str) -> bool {
    let Some((method, id)) = name.strip_prefix("did:").and_then(|rest| rest.split_once(':')) else {
        return false;
    };
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '%' | '-');
    !method.is_empty()
        && method.chars().all(|c| c.is_ascii_lowercase())
        && !id.is_empty()
        && id.chars().all(letter)
        && !id.ends_with([':', '%'])
        && name.len() <= LONGEST
}

/// A domain with two labels at least, whose last one begins with a letter (specs/handle).
pub(crate) fn is_handle(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let mut labels = name.split('.');
    name.len() <= 253
        && name.contains('.')
        && labels.all(label)
        && name.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// Who signs in, as people write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Did(String),
    Handle(String),
    Mail(String),
}

impl Who {
    /// A handle with or without its "@", the address of a profile, a DID, a mail address.
    pub fn read(written: &str) -> Option<Self> {
        let written = written
            .trim()
            .trim_matches(|c| ('\u{200b}'..='\u{200f}').contains(&c) || ('\u{202a}'..='\u{202e}').contains(&c));
        let profile = written.split_once("/profile/").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(""));
        let named = profile.unwrap_or(written);
        let named = named.strip_prefix("at://").unwrap_or(named).trim_start_matches('@').trim_end_matches('.');
        if is_did(named) {
            return Some(Self::Did(named.to_owned()));
        }
        let handle = named.to_ascii_lowercase();
        if is_handle(&handle) {
            return Some(Self::Handle(handle));
        }
        let mail = |(user, domain): (&str, &str)| !user.is_empty() && domain.contains('.') && !named.contains(' ');
        named.rsplit_once('@').is_some_and(mail).then(|| Self::Mail(named.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Did(name) | Self::Handle(name) | Self::Mail(name) => name,
        }
    }
}

/// A place in the private messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said<'a> {
    pub convo: &'a str,
    pub message: Option<&'a str>,
}

pub(crate) fn convo_name(convo: &str) -> RemoteId {
    RemoteId(format!("chat:{convo}"))
}

pub(crate) fn message_name(convo: &str, message: &str) -> RemoteId {
    RemoteId(format!("chat:{convo}/{message}"))
}

pub(crate) fn said(remote: &RemoteId) -> Option<Said<'_>> {
    let rest = remote.as_str().strip_prefix("chat:")?;
    let (convo, message) = match rest.split_once('/') {
        Some((convo, message)) => (convo, Some(message).filter(|message| !message.is_empty())),
        None => (rest, None),
    };
    (!convo.is_empty()).then_some(Said { convo, message })
}

/// The post that a name names; likes, reports and the like are for posts alone.
pub(crate) fn post(remote: &RemoteId) -> Result<At<'_>, Fault> {
    let at = At::read(remote.as_str()).filter(At::is_post);
    at.ok_or_else(|| Fault::refused(RefusalCode::NotOffered, None))
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
