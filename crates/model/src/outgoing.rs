//! A reply on its way: what the CM wrote, what the connector made of it, and what was found afterwards.

use crate::{Item, Millis, Proof, RemoteId, Visibility};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What the CM wrote, and to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// A UUID, the reply's from its first keystroke. Frozen with the first attempt.
    pub key: String,
    /// When the CM had it sent; with the key the same in every copy of the inbox.
    pub written_at: Millis,
    /// The item answered.
    pub place: Place,
    pub text: String,
    /// Handles to address, without "@", in order: the author answered first.
    pub to: Vec<Addressee>,
    pub visibility: Option<Visibility>,
    pub warning: Option<String>,
    pub lang: Option<String>,
    /// The network's ids of the pictures uploaded for it, in order.
    pub pictures: Vec<RemoteId>,
}

/// A picture to upload before the reply that shows it leaves.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    pub name: String,
    /// By its bytes (`image/png`).
    pub media_type: String,
    pub bytes: Vec<u8>,
    /// What it shows; may be empty.
    pub alt: String,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Picture").field("media_type", &self.media_type).field("bytes", &self.bytes.len()).finish()
    }
}

/// Where a reply goes: the item answered, and what it hangs on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub remote: RemoteId,
    pub conversation: RemoteId,
    pub post: Option<RemoteId>,
    pub visibility: Option<Visibility>,
    /// When we last read it: its `edited_at` then, for the recheck.
    pub edited_at: Option<Millis>,
    pub read_at: Millis,
}

/// Someone a reply names, shown as a removable chip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Addressee {
    pub remote: RemoteId,
    /// Without "@".
    pub handle: String,
}

/// Everything the one visible request needs, frozen and stored before its first byte leaves.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    pub key: String,
    /// The exact body of the request.
    pub body: String,
    pub place: RemoteId,
    /// The text as it should appear, for `find` and for the comparison after the send.
    pub text: String,
    pub proof: Proof,
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared").field("place", &self.place).field("proof", &self.proof).finish_non_exhaustive()
    }
}

/// What stands under the name that was frozen with this very reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ByName {
    /// Nothing can: the network gives its names itself.
    #[default]
    Unnamed,
    Absent,
    /// This one of `same`: it is that reply, whatever else stands there.
    There(RemoteId),
}

/// Our messages at the place of a reply since its first attempt, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Same text after the network's own normal form.
    pub same: Vec<Item>,
    pub by_name: ByName,
    /// Another text: perhaps ours, altered by the network. Forbids "absent".
    pub other: Vec<Item>,
    /// Whether the reading reached back to the first attempt without a gap.
    pub complete: bool,
}

/// What became of an item since it was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Recheck {
    Same,
    Edited(Box<Item>),
    Gone,
    /// Answered meanwhile by our account, from elsewhere.
    Answered(Box<Item>),
}
