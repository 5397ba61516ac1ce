//! Evenings as data: who lives in the town, what was there before, what arrives when. One file each in `scenarios/`; times
//! are relative to the start, so that an evening is always tonight.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An evening, read from its file.
#[derive(Clone, Debug, Deserialize)]
pub struct Scenario {
    pub(crate) name: String,
    pub(crate) servers: Vec<ServerLine>,
    pub(crate) clients: Vec<ClientLine>,
    /// By the short name the lines use.
    pub(crate) people: BTreeMap<String, PersonLine>,
    /// What is there at the start; `at` in minutes, negative.
    pub(crate) start: Vec<Line>,
    /// What comes; `at` in simulated seconds after the start.
    pub(crate) arrivals: Vec<Line>,
}

const FILES: [&str; 2] = [include_str!("../scenarios/soiree.json"), include_str!("../scenarios/calme.json")];

impl Scenario {
    /// `soirée` (or `soiree`), `calme`.
    pub fn named(name: &str) -> Option<Scenario> {
        let name = if name == "soiree" { "soirée" } else { name };
        FILES
            .iter()
            .filter_map(|file| serde_json::from_str::<Scenario>(file).ok())
            .find(|scenario| scenario.name == name)
    }

    pub fn names() -> Vec<String> {
        FILES
            .iter()
            .filter_map(|file| serde_json::from_str::<Scenario>(file).ok())
            .map(|scenario| scenario.name)
            .collect()
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many servers it needs, thus how many ports.
    pub fn server_count(&self) -> usize {
        self.servers.len()
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerLine {
    pub key: String,
    pub domain: String,
    pub title: String,
    pub description: String,
    pub rules: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientLine {
    pub name: String,
    pub letter: String,
    pub color: u8,
    pub lang: String,
    pub hours: String,
    pub notes: String,
    pub accounts: Vec<OwnLine>,
    pub templates: Vec<TemplateCard>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnLine {
    pub server: String,
    pub username: String,
    pub name: String,
    pub note: String,
    pub followers: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonLine {
    /// `name@server.example`
    pub handle: String,
    pub name: String,
    #[serde(default)]
    pub note: String,
    #[serde(default)]
    pub emojis: Vec<String>,
    #[serde(default)]
    pub bot: bool,
    /// Set aside by the notification policy.
    #[serde(default)]
    pub filtered: bool,
}

/// One thing that somebody does: write (`text`), edit, delete, like, boost or follow.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    pub at: f64,
    pub by: String,
    /// A name for this post, for the lines that speak of it.
    #[serde(default)]
    pub id: Option<String>,
    /// The server's key; needed only where neither `re` nor `to` tells.
    #[serde(default)]
    pub on: Option<String>,
    /// The post answered.
    #[serde(default)]
    pub re: Option<String>,
    /// The account of ours that is named first in the text.
    #[serde(default)]
    pub to: Option<String>,
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub html: Option<String>,
    #[serde(default)]
    pub direct: bool,
    #[serde(default)]
    pub unlisted: bool,
    #[serde(default)]
    pub spoiler: String,
    #[serde(default)]
    pub lang: Option<String>,
    #[serde(default)]
    pub emojis: Vec<String>,
    /// Scene and description.
    #[serde(default)]
    pub picture: Option<(String, String)>,
    #[serde(default)]
    pub likes: u32,
    #[serde(default)]
    pub boosts: u32,
    #[serde(default)]
    pub edit: Option<String>,
    #[serde(default)]
    pub delete: Option<String>,
    #[serde(default)]
    pub like: Option<String>,
    #[serde(default)]
    pub boost: Option<String>,
    #[serde(default)]
    pub follow: Option<String>,
}

/// A client as the desk should know it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClientCard {
    pub name: String,
    /// 0 to 3, a place in the palette.
    pub color_index: u8,
    pub letter: String,
    pub lang: String,
    /// Opening hours, in words.
    pub hours: String,
    /// What the CM should remember.
    pub notes: String,
    pub accounts: Vec<AccountCard>,
    pub templates: Vec<TemplateCard>,
}

/// An account of a client, with a token that needs no sign-in.
#[derive(Clone, PartialEq, Serialize)]
pub struct AccountCard {
    /// Always `mastodon` for now.
    pub network: String,
    /// Origin, `http://127.0.0.1:PORT`.
    pub server: String,
    /// `name@domain`, without the first "@".
    pub handle: String,
    pub name: String,
    /// The account's id on its server.
    pub remote: String,
    pub token: String,
    pub client_id: String,
    pub client_secret: String,
}

impl std::fmt::Debug for AccountCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountCard")
            .field("network", &self.network)
            .field("server", &self.server)
            .field("remote", &self.remote)
            .finish_non_exhaustive()
    }
}

/// A canned reply, in the template language of the desk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TemplateCard {
    pub code: String,
    pub title: String,
    pub text: String,
    pub lang: String,
}

#[cfg(test)]
#[path = "scenario_tests.rs"]
mod tests;
