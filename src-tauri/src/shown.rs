//! What the shell itself shows: the state of the program, and the networks one can connect.
//!
//! Like everything that crosses the seam: plain data with codes, worded by the interface.

use guichet_core::view::{Problem, ReplyView};
use guichet_model::{Mapping, Millis, Network};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The program as it stands, read once at start and again whenever a `Change` says `all`.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AppView {
    /// Whether this process plays on simulated networks.
    pub rehearsal: bool,
    pub locale: Locale,
    pub version: String,
    /// No account yet, and no rehearsal: the two buttons are shown.
    pub first_start: bool,
    pub theme: Theme,
    /// Whether single-letter keys act (WCAG 2.1.4 asks that they can be switched off).
    pub single_keys: bool,
    /// Whether the rehearsal's networks were cut off by `rehearsal_offline`.
    pub demo_offline: bool,
    pub inbox: InboxState,
}

/// Whether the inbox can be read.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "inbox", rename_all = "snake_case")]
pub enum InboxState {
    /// First start: there is none, and none is made before the first client is added.
    NotYet,
    Opening,
    Open,
    /// It cannot be opened: `passphrase` and `keychain` are answered by `unlock`, the others are said.
    Closed {
        problem: Problem,
        /// Whether there is one; otherwise a passphrase is not asked for but chosen.
        made: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Locale {
    Fr,
    En,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

/// What is said about a network before one connects an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NetworkTile {
    /// The stable name (`mastodon`).
    pub name: String,
    /// How long signing in takes.
    pub minutes: u32,
    /// Whether somebody at the network must approve first.
    pub approval: bool,
    /// What it never gives, as codes.
    pub never_gives: Vec<String>,
}

impl NetworkTile {
    pub fn of(network: &dyn Network) -> Self {
        let offer = network.offer();
        Self {
            name: network.name().to_owned(),
            minutes: offer.minutes,
            approval: offer.approval,
            never_gives: offer.most.never_gives,
        }
    }
}

/// A reply's text on its way to be published by the CM.
#[derive(Clone, PartialEq, Serialize, TS)]
pub struct HandedOver {
    /// Whether it may be: where not, the reply's state says why.
    pub given: bool,
    /// Whether the clipboard has it.
    pub copied: bool,
    /// Whether what it answers was handed to the browser.
    pub opened: bool,
    pub reply: ReplyView,
}

/// A file that lists items, or mails that tell of them, before anything is taken in.
#[derive(Clone, PartialEq, Serialize, TS)]
pub struct FileView {
    /// Of mails: none.
    pub columns: Vec<String>,
    pub mapping: Mapping,
    /// The first five rows.
    pub rows: Vec<FileRow>,
    pub total: u32,
    /// Those that this mapping cannot read.
    pub unreadable: u32,
}

/// One row as it would be taken in, or as it came.
#[derive(Clone, Default, PartialEq, Serialize, TS)]
pub struct FileRow {
    pub network: Option<String>,
    pub author: Option<String>,
    /// Its first 200 characters.
    pub text: String,
    pub at: Option<Millis>,
    pub link: Option<String>,
    pub rating: Option<u8>,
    /// Author and text were not understood: the text is the whole of what came.
    pub raw: bool,
    /// Why it cannot be read: `text`, `network`, `date`; of a mail `mail`, `sender`, `link`.
    pub wrong: Option<String>,
}
