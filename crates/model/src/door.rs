//! The door without a key: what is known of an item that no network's API brought, because somebody pasted it, dropped a
//! file that lists it, or was told of it by mail.
//!
//! What came without a key is answered without one: the text is copied, the item opened where it stands, and the CM says
//! whether it is published.

use crate::Millis;
use crate::look::Told;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How an item came, and how an account is reached: by the latest of these that ever brought it. What the API shows takes
/// the place of what any other had told, and stays. Of the others none knows best: a text stands until a longer one is
/// told that it is the beginning of, until the same way tells another, or until the CM does by hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// Pasted, or told by the CM.
    Hand,
    /// Listed in a file that the network exported.
    File,
    /// Told by one of the network's notification mails.
    Mail,
    /// By the network's own API, with a secret.
    #[default]
    Api,
}

/// An item as the door tells it: as little as a text.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noticed {
    /// Where it stands; `None`: not told.
    pub link: Option<String>,
    /// The network's stable name, where something other than the link tells it.
    pub network: Option<String>,
    /// As it was written there: a name, or a handle with its "@".
    pub author: Option<String>,
    pub text: String,
    /// When it was written; `None`: not told.
    pub at: Option<Millis>,
    /// 1 to 5.
    pub rating: Option<u8>,
    /// Author and text were not understood: the text is the whole of what came.
    pub raw: bool,
    /// The mail that told of it, as it came: kept, for whoever reads such mails better one day.
    pub mail: Option<String>,
    /// The same as looks read it.
    pub told: Option<Told>,
}

impl std::fmt::Debug for Noticed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Noticed").field("network", &self.network).field("at", &self.at).finish_non_exhaustive()
    }
}

/// Which column of a file says what, by the columns' names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Mapping {
    pub text: Option<String>,
    pub author: Option<String>,
    pub link: Option<String>,
    pub date: Option<String>,
    pub network: Option<String>,
    pub rating: Option<String>,
    /// The network of rows whose link and column tell none.
    pub of: Option<String>,
    /// Whether 03/04 is the third of April.
    pub day_first: bool,
}
