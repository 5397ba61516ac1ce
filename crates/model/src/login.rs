//! Signing in, as a state machine of typed steps: one screen serves every network.

use crate::{Author, Fault, RemoteId, Secret};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ts_rs::TS;

/// What the person is asked next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "step", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Step {
    /// These fields, on one page.
    Ask {
        fields: Vec<Field>,
    },
    /// Open this page in the browser, then answer `Returned` (waits for the loopback redirect), or the fields where the
    /// page shows something to copy.
    OpenBrowser {
        url: String,
        host: String,
        paste: Vec<Field>,
    },
    /// Several identities answer: which ones?
    ChoosePage {
        choices: Vec<Choice>,
    },
    Done,
}

/// Something to type. The interface words it by its name, and where there is one by `network.name`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Field {
    /// A code: `server`, `code`, `user`, `password`, `address`.
    pub name: String,
    pub kind: FieldKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    Line,
    /// A server's name or a page's address.
    Server,
    /// A mail address.
    Address,
    /// Never shown, never suggested again.
    Secret,
}

impl Field {
    pub fn new(name: &str, kind: FieldKind) -> Self {
        Self { name: name.to_owned(), kind }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Choice {
    pub id: String,
    pub name: String,
}

/// What the person answered.
#[derive(Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "answer", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Answer {
    /// By the fields' names. An empty one is one left out.
    Fields {
        values: BTreeMap<String, String>,
    },
    Returned,
    Pages {
        ids: Vec<String>,
    },
}

/// A finished sign-in: one access, one account or more.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The https origin (loopback http in the rehearsal) that the secret may be sent to.
    pub server: String,
    pub secret: Secret,
    pub accounts: Vec<SignedAccount>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedAccount {
    pub remote: RemoteId,
    pub me: Author,
}

#[async_trait]
pub trait Login: Send {
    /// The first step. Connects to nothing.
    fn first(&self) -> Step;
    /// The next step. A wrong answer is a `Refused` with its reason, and the same step can be answered again.
    /// `Returned` waits up to five minutes for the browser; dropping the future ends the wait and closes the listener.
    async fn answer(&mut self, answer: Answer) -> Result<Step, Fault>;
    /// After `Done`.
    fn signed(&mut self) -> Option<Signed>;
}
