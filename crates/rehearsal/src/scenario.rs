//! Evenings as data: who lives in the town, what was there before, what arrives when. One file each in `scenarios/`; times
//! are relative to the start, so that an evening is always tonight.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
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

const FILES: [&str; 6] = [
    include_str!("../scenarios/soiree.json"),
    include_str!("../scenarios/calme.json"),
    include_str!("../scenarios/sites.json"),
    include_str!("../scenarios/ciels.json"),
    include_str!("../scenarios/forums.json"),
    include_str!("../scenarios/courriers.json"),
];

impl Scenario {
    /// `soirée` (or `soiree`), `calme`; `sites`: the ways in which a WordPress site can be hard to sign in to;
    /// `ciels`: two Bluesky servers with little on them.
    /// `forums`: a Discourse forum as it comes, an old one in a folder, one that approves what is written.
    /// `courriers`: the mails that strangers' programs write, and the houses that keep them.
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

    /// The place of the server of that key.
    pub(crate) fn place_of(&self, key: &str) -> Option<usize> {
        self.servers.iter().position(|server| server.key == key)
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ServerLine {
    pub key: String,
    /// A name of the list of networks.
    #[serde(default = "mastodon")]
    pub network: String,
    /// The name people say.
    pub domain: String,
    pub title: String,
    pub description: String,
    #[serde(default)]
    pub rules: Vec<String>,
    /// What only its network reads.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

fn mastodon() -> String {
    "mastodon".to_owned()
}

/// What only a network reads of a line, in its own words.
pub(crate) fn own_part<T: DeserializeOwned>(more: &Map<String, Value>) -> Option<T> {
    serde_json::from_value(Value::Object(more.clone())).ok()
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
    #[serde(default)]
    pub note: String,
    #[serde(default)]
    pub followers: u32,
    /// What the account may do there, where the network has roles.
    #[serde(default)]
    pub role: Option<String>,
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

/// One thing that somebody does: write (`text`), edit, delete, like, boost, follow, or what its network adds.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Line {
    pub at: f64,
    pub by: String,
    /// A name for what is written, for the lines that speak of it.
    #[serde(default)]
    pub id: Option<String>,
    /// The server's key; needed only where neither `re` nor `to` tells.
    #[serde(default)]
    pub on: Option<String>,
    /// What is answered.
    #[serde(default)]
    pub re: Option<String>,
    /// The account of ours it is for.
    #[serde(default)]
    pub to: Option<String>,
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub lang: Option<String>,
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
    /// What only its network reads.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

impl Line {
    /// The names of what it speaks of.
    pub fn about(&self) -> impl Iterator<Item = &String> {
        [&self.re, &self.edit, &self.delete, &self.like, &self.boost].into_iter().flatten()
    }
}

/// A client as the desk should know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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

/// An account of a client, with a token that needs no sign-in, and what it takes to sign in all the same.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountCard {
    /// `mastodon`, `wordpress`, `email`: a name of the list of networks.
    pub network: String,
    /// The server's address, `http://127.0.0.1:PORT`, with its folder where it has one.
    pub server: String,
    /// `name@domain`, without the first "@"; a Bluesky handle as it is.
    pub handle: String,
    pub name: String,
    /// The account's id on its server.
    pub remote: String,
    /// What proves who asks: a bearer token, an application password, a user API key.
    pub token: String,
    /// Empty where the network knows no apps.
    pub client_id: String,
    pub client_secret: String,
    pub sign_in: SignIn,
}

/// How an account of the rehearsal is signed in to, step by step, by nobody.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "way", rename_all = "snake_case")]
pub enum SignIn {
    /// Typed into the fields of the sign-in, by their names (`server`, `user`, `password`…).
    Fields { values: BTreeMap<String, String> },
    /// Typed first; then the page in the browser says yes by itself (`Rehearsal::consent`).
    Consent { values: BTreeMap<String, String> },
}

impl SignIn {
    pub fn values(&self) -> &BTreeMap<String, String> {
        match self {
            SignIn::Fields { values } | SignIn::Consent { values } => values,
        }
    }
}

/// Fields by their names.
pub(crate) fn typed<const N: usize>(values: [(&str, &str); N]) -> BTreeMap<String, String> {
    values.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&String> = self.values().keys().collect();
        f.debug_tuple("SignIn").field(&names).finish()
    }
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
