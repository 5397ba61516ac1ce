//! What differs from forum to forum, asked once a day, and what an account can do there.

use super::api::Api;
use super::pace::For;
use super::send::SETTLES;
use crate::asked::Ask;
use guichet_model::{Capabilities, Fault, Proof, RefusalCode, TextLimit, TextUnit};
use serde_json::Value;

/// How long a text must be, and may be (config/site_settings.yml), in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub least: u32,
    /// In private messages.
    pub least_private: u32,
    pub most: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { least: 20, least_private: 10, most: 32_000 }
    }
}

impl Limits {
    pub fn least_of(self, private: bool) -> u32 {
        if private { self.least_private } else { self.least }
    }

    fn read(value: &Value) -> Self {
        let usual = Self::default();
        let number = |name: &str, usual: u32| {
            let said = value.at(name).as_u64().and_then(|said| u32::try_from(said).ok());
            said.filter(|said| *said > 0).unwrap_or(usual)
        };
        Self {
            least: number("min_post_length", usual.least),
            least_private: number("min_personal_message_post_length", usual.least_private),
            most: number("max_post_length", usual.most),
        }
    }
}

/// A forum that keeps its settings to itself has the usual ones, as far as we know.
pub(crate) async fn read(api: &Api, what: For) -> Result<Limits, Fault> {
    match api.get(what, "/site/settings.json", &[]).await {
        Ok(told) => Ok(Limits::read(&told)),
        Err(Fault::Refused { reason }) if reason.code != RefusalCode::Suspended => Ok(Limits::default()),
        Err(Fault::Unreadable { .. }) => Ok(Limits::default()),
        Err(fault) => Err(fault),
    }
}

pub(crate) fn capabilities(limits: Limits) -> Capabilities {
    let limit = TextLimit::of(limits.most, TextUnit::Characters);
    Capabilities {
        direct_limit: Some(limit.clone()),
        like: true,
        mute: true,
        block: true,
        report: true,
        delete_own: true,
        edit_own: true,
        never_gives: ["read_receipts", "lasting_blocks", "attachments", "group_inboxes"].map(str::to_owned).to_vec(),
        // Staff may say the same twice (`return if post.acting_user.try(:staff?)`), and those who answer for a house often
        // are staff: nothing leaves a second time by itself.
        ..Capabilities::of(limit, Proof::ReadBack { settles_within: SETTLES })
    }
}
