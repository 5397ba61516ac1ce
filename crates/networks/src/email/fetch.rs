//! What is read of messages: their first bytes, their ids, what hangs on them and parts of them. Nothing read here is marked
//! as seen.

use super::convert::Stood;
use super::imap::Imap;
use super::letter::{self, Letter};
use super::parts::{self, File};
use crate::mime::LARGEST;
use async_imap::imap_proto::{AttributeValue, Response};
use guichet_model::{Fault, Millis};

/// Messages of one question.
pub(crate) const AT_ONCE: usize = 25;

/// A message as the server gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Raw {
    pub uid: u32,
    pub flags: Vec<String>,
    pub arrived: Option<Millis>,
    pub size: Option<usize>,
    pub bytes: Vec<u8>,
    /// What hangs on it, as the server tells it of one that was not read to its end.
    pub files: Option<Vec<File>>,
}

impl Raw {
    /// `None`: not a message at all.
    pub fn letter(&self) -> Option<Letter> {
        let mut letter = letter::read(&self.bytes, self.is_cut())?;
        if let Some(files) = &self.files {
            letter.files.clone_from(files);
        }
        Some(letter)
    }

    /// Whether the bytes are its first ones only.
    pub fn is_cut(&self) -> bool {
        self.size.map_or(self.bytes.len() >= LARGEST, |size| self.bytes.len() < size)
    }

    /// What a move leaves where the server has none: it lies elsewhere. A sent one still proves that it was sent.
    pub fn is_left_behind(&self, stood: Stood) -> bool {
        stood != Stood::Sent && self.has("\\Deleted")
    }

    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|own| own.eq_ignore_ascii_case(flag))
    }
}

impl Imap {
    /// Those messages, in order; one that is gone is not among them. They stay unseen.
    pub async fn fetch(&mut self, uids: &[u32]) -> Result<Vec<Raw>, Fault> {
        let mut found: Vec<Raw> = Vec::new();
        for some in uids.chunks(AT_ONCE) {
            let set = some.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
            let command = format!("UID FETCH {set} (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.{LARGEST}>)");
            self.ask(&command, &mut |told| {
                if let Response::Fetch(_, told) = told {
                    found.extend(raw(told).filter(|raw| some.contains(&raw.uid)));
                }
            })
            .await?;
        }
        found.sort_by_key(|raw| raw.uid);
        found.dedup_by_key(|raw| raw.uid);
        Ok(found)
    }

    /// The ids of messages, without their bodies.
    pub async fn ids(&mut self, uids: &[u32]) -> Result<Vec<Raw>, Fault> {
        let mut found: Vec<Raw> = Vec::new();
        for some in uids.chunks(10 * AT_ONCE) {
            let set = some.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
            let command = format!("UID FETCH {set} (UID FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])");
            self.ask(&command, &mut |told| {
                if let Response::Fetch(_, told) = told {
                    found.extend(raw(told).filter(|raw| some.contains(&raw.uid)));
                }
            })
            .await?;
        }
        found.sort_by_key(|raw| raw.uid);
        Ok(found)
    }

    /// What hangs on a message, as the server tells it; `None`: it does not, or in a way that makes no sense.
    pub async fn files(&mut self, uid: u32) -> Result<Option<Vec<File>>, Fault> {
        let mut files = None;
        let asked = self
            .ask(&format!("UID FETCH {uid} (UID BODYSTRUCTURE)"), &mut |told| {
                if let Response::Fetch(_, told) = told
                    && told.iter().any(|value| matches!(value, AttributeValue::Uid(told) if *told == uid))
                {
                    let body = told.iter().find_map(|value| match value {
                        AttributeValue::BodyStructure(body) => Some(parts::told(body)),
                        _ => None,
                    });
                    files = body.or(files.take());
                }
            })
            .await;
        match asked {
            Err(Fault::Refused { .. } | Fault::Unreadable { .. }) => Ok(None),
            other => other.map(|()| files),
        }
    }

    /// A part of a message, or so many of its bytes from one on; empty where there is none. It stays unseen.
    pub async fn section(&mut self, uid: u32, section: &str, some: Option<(usize, usize)>) -> Result<Vec<u8>, Fault> {
        let some = some.map(|(from, count)| format!("<{from}.{count}>")).unwrap_or_default();
        let mut bytes = Vec::new();
        let command = format!("UID FETCH {uid} (UID BODY.PEEK[{section}]{some})");
        let asked = self
            .ask(&command, &mut |told| {
                if let Response::Fetch(_, told) = told
                    && let Some(raw) = raw(told).filter(|raw| raw.uid == uid)
                {
                    bytes = raw.bytes;
                }
            })
            .await;
        match asked {
            Err(Fault::Refused { .. } | Fault::Unreadable { .. }) => Ok(Vec::new()),
            other => other.map(|()| bytes),
        }
    }
}

/// `None`: news about a message's flags, unasked.
fn raw(told: &[AttributeValue<'_>]) -> Option<Raw> {
    let mut raw = Raw { uid: 0, flags: Vec::new(), arrived: None, size: None, bytes: Vec::new(), files: None };
    let mut whole = false;
    for value in told {
        match value {
            AttributeValue::Uid(uid) => raw.uid = *uid,
            AttributeValue::Flags(flags) => raw.flags = flags.iter().map(|flag| flag.to_string()).collect(),
            AttributeValue::InternalDate(date) => raw.arrived = arrived(date),
            AttributeValue::Rfc822Size(size) => raw.size = usize::try_from(*size).ok(),
            AttributeValue::BodySection { data, .. } => {
                whole = true;
                raw.bytes = data.as_deref().unwrap_or_default().to_vec();
            }
            _ => {}
        }
    }
    (whole && raw.uid > 0).then_some(raw)
}

/// `17-Jul-1996 02:44:25 -0700`, its day perhaps led by a space.
fn arrived(date: &str) -> Option<Millis> {
    let at = jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", date.trim()).ok()?;
    Some(Millis(at.to_timestamp().ok()?.as_millisecond()))
}

#[cfg(test)]
#[path = "fetch_tests.rs"]
mod tests;
