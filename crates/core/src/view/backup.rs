//! A backup written, and an inbox written back from one.

use guichet_model::Millis;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BackupView {
    pub file: String,
    pub at: Millis,
    /// In bytes.
    #[ts(type = "number")]
    pub size: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestoredView {
    /// When the backup was made.
    pub at: Millis,
    /// Where the inbox that was here lies now.
    pub aside: Option<String>,
    /// Drafts and unsettled replies newer than the backup, put into the composers of their conversations.
    pub drafts: u32,
    pub templates: u32,
    /// Newer texts that found no place in the restored inbox.
    pub left: Vec<LeftText>,
}

/// A text with whose it is: the template's code, or whom it answers, as far as known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftText {
    pub client: String,
    pub about: String,
    pub text: String,
}
