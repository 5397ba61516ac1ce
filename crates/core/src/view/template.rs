//! Templates as they are listed and filled.

use guichet_model::{ClientId, Millis, TemplateId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TemplateView {
    pub id: TemplateId,
    pub version: u32,
    pub code: String,
    pub title: String,
    pub text: String,
    pub lang: Option<String>,
    /// Those who may use it; empty: every client.
    pub clients: Vec<ClientId>,
    pub uses: u32,
    pub last_used: Option<Millis>,
}

/// A template as it is written; `id` is `None` for a new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TemplateEdit {
    pub id: Option<TemplateId>,
    /// Letters, digits, "-" and "_"; unique among those a client can use.
    pub code: String,
    pub title: String,
    pub text: String,
    pub lang: Option<String>,
    pub clients: Vec<ClientId>,
}

/// A template filled for a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Filled {
    pub template: super::TemplateUse,
    pub text: String,
    /// What the template filled: UTF-16 ranges of `text`, end excluded.
    pub filled: Vec<(u32, u32)>,
    /// What is still missing, marked in the text as `[name]`: they block the send.
    pub missing: Vec<Missing>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Missing {
    pub start: u32,
    pub end: u32,
    pub name: String,
}

/// Why a text cannot leave, with the place; an empty list lets it go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "leak", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Leak {
    Empty,
    TooLong {
        by: u32,
        /// In UTF-8 bytes; otherwise in the network's own unit.
        bytes: bool,
    },
    /// `{{`, `}}`, `{%` left in the text.
    Braces {
        start: u32,
        end: u32,
    },
    /// `[à compléter]`, `[numéro de commande]`.
    Blank {
        start: u32,
        end: u32,
        name: String,
    },
    /// Another client's name.
    OtherClient {
        start: u32,
        end: u32,
        name: String,
    },
    /// A direct reply that names someone outside the exchange.
    Outsider {
        start: u32,
        end: u32,
        name: String,
    },
}

/// A draft as its network would count it, and why it could not leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Checked {
    /// In the network's own unit, those addressed included; by the measure that leaves least room.
    pub count: u32,
    /// `None` where the account has not told its limits yet.
    pub most: Option<u32>,
    /// Whether the two are UTF-8 bytes.
    pub bytes: bool,
    pub leaks: Vec<Leak>,
    /// What could be better, and keeps nothing from leaving.
    pub hints: Vec<Hint>,
}

/// Worth a word before a text leaves; the choice is the CM's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "hint", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Hint {
    /// A picture says nothing to those who do not see it.
    NoAlt { attachment: guichet_model::AttachmentId },
}
