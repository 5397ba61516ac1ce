//! Signing in, as a state machine of typed steps: one screen serves every network.

use crate::{Author, Fault, RemoteId, Secret};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What the person is asked next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "step", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Step {
    /// The server's name (`exemple.social`).
    AskServer,
    /// Open this page in the browser, then answer `Returned` (waits for the loopback redirect), or `Code` where the
    /// page shows one to copy.
    OpenBrowser {
        url: String,
        host: String,
    },
    /// Several identities answer: which ones?
    ChoosePage {
        choices: Vec<Choice>,
    },
    Done,
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
    Server { name: String },
    Returned,
    Code { code: String },
    Pages { ids: Vec<String> },
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
