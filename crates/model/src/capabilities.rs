//! What an account can do, as data: shown to the user before the act, never discovered at send time.

use crate::{Publication, Visibility};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    pub limit: TextLimit,
    /// In direct messages, where they have another; `None`: the same.
    pub direct_limit: Option<TextLimit>,
    pub reply: bool,
    pub private_reply: bool,
    /// Whether whoever answers chooses who sees it, never more people than saw what is answered.
    pub audiences: bool,
    /// Whether a text may stand behind a warning.
    pub warnings: bool,
    pub like: bool,
    pub mute: bool,
    pub block: bool,
    pub report: bool,
    /// Where a moderator of this account may put what others wrote; empty: nowhere.
    pub publications: Vec<Publication>,
    pub delete_own: bool,
    pub edit_own: bool,
    /// Whether a reply addresses people by name in its text (Mastodon), shown as removable chips.
    pub addresses: bool,
    /// Pictures that may go with a reply; `None`: none.
    pub pictures: Option<PictureLimit>,
    /// The largest file, in bytes, that can be had where one hangs on a text; `None`: none can.
    #[serde(default)]
    #[ts(type = "number | null")]
    pub files: Option<u64>,
    pub proof: Proof,
    /// What this network or server never gives, as codes that the interface words.
    pub never_gives: Vec<String>,
}

impl Capabilities {
    /// A network where one answers, and does nothing else.
    pub fn of(limit: TextLimit, proof: Proof) -> Self {
        Self {
            limit,
            direct_limit: None,
            reply: true,
            private_reply: false,
            audiences: false,
            warnings: false,
            like: false,
            mute: false,
            block: false,
            report: false,
            publications: Vec::new(),
            delete_own: false,
            edit_own: false,
            addresses: false,
            pictures: None,
            files: None,
            proof,
            never_gives: Vec::new(),
        }
    }

    /// The limit of a text for that audience.
    pub fn limit_for(&self, visibility: Option<Visibility>) -> &TextLimit {
        match &self.direct_limit {
            Some(direct) if visibility == Some(Visibility::Direct) => direct,
            _ => &self.limit,
        }
    }
}

/// What is known of a network before anybody has signed in: said on its tile and in the README.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// How long signing in takes.
    pub minutes: u32,
    /// Whether somebody at the network must approve first.
    pub approval: bool,
    /// What an account can do where its server allows everything.
    pub most: Capabilities,
}

/// Longest text, and how the network counts it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TextLimit {
    pub most: u32,
    pub unit: TextUnit,
    /// Not more UTF-8 bytes than these either.
    pub bytes: Option<u32>,
    /// What one link counts, whatever its length; `None`: its own length.
    pub link_counts: Option<u32>,
    /// Whether the domain of a mention `@user@domain` is free.
    pub mention_domain_free: bool,
}

impl TextLimit {
    pub fn of(most: u32, unit: TextUnit) -> Self {
        Self { most, unit, bytes: None, link_counts: None, mention_domain_free: false }
    }
}

/// What pictures a network takes with a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PictureLimit {
    pub most: u32,
    /// The largest, in bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// As the network names them (`image/png`).
    pub media_types: Vec<String>,
    /// The longest description, in characters.
    pub alt: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TextUnit {
    Graphemes,
    Characters,
    Bytes,
    Weighted,
}

/// How a network lets us prove, after a lost answer, whether a reply was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "proof", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Proof {
    /// The same key gives the same message, for so many milliseconds (already halved for safety).
    Key {
        #[ts(type = "number")]
        valid_for: i64,
    },
    /// We choose the record's id, out of the reply's key alone: a copy of the inbox that never froze it chooses the same.
    OwnId,
    /// The network refuses a second copy.
    RefusesDuplicate,
    /// Writing again replaces.
    Upsert,
    /// Reading back shows it, after so many milliseconds at most. Its absence proves nothing.
    ReadBack {
        #[ts(type = "number")]
        settles_within: i64,
    },
    None,
}

impl Proof {
    /// Whether the same bytes may leave a second time by themselves: only where the network itself refuses a second copy.
    pub fn allows_resend(self, since_first_try: i64) -> bool {
        match self {
            Self::Key { valid_for } => since_first_try < valid_for,
            Self::OwnId | Self::RefusesDuplicate | Self::Upsert => true,
            Self::ReadBack { .. } | Self::None => false,
        }
    }
}
