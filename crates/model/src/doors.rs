//! Doors: how time, secrets and budgets come in. A session is given these and reaches for nothing else.

use crate::{Fault, Millis};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Passed-in time. Nobody below the shell asks the system.
pub trait Clock: Send + Sync {
    fn now(&self) -> Millis;
}

/// The secret of one access: a JSON object of the connector's own shape (tokens, app secret). Never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The secret of this session's access.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// `NeedsLogin` where the vault has none.
    async fn read(&self) -> Result<Secret, Fault>;
    /// Durable when it returns: a rotated token is stored before it is used.
    async fn replace(&self, secret: Secret) -> Result<(), Fault>;
}

/// What a request spends. Networks count apart what they limit apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Spending {
    Read,
    Send,
}

/// The budget of this session's access, shared between pulling and sending; sending goes first.
pub trait Budget: Send + Sync {
    /// Before a request. `Later` where nothing is left: the request must not be made.
    fn reserve(&self, spending: Spending) -> Result<(), Fault>;
    /// After the answer: so many requests are left until the given instant.
    fn correct(&self, spending: Spending, remaining: u32, reset: Millis);
}

#[derive(Clone)]
pub struct Doors {
    pub clock: Arc<dyn Clock>,
    pub secrets: Arc<dyn Secrets>,
    pub budget: Arc<dyn Budget>,
}
