//! The secret of a Discourse access, and how it is kept: one JSON object in the vault.

use guichet_model::{Fault, Secret};
use serde::{Deserialize, Serialize};

/// Never printed: its `Debug` says nothing.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Access {
    /// The forum's address without a slash at its end, sub-folder included: the secret goes to its origin alone.
    pub server: String,
    /// The name that the key was made for. Each sign-in makes its own: a forum has one key for a user and a name, and a new
    /// one would end that of another inbox of the same person.
    pub client_id: String,
    /// A user API key.
    pub access_token: String,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Access(…)")
    }
}

impl Access {
    pub fn seal(&self) -> Result<Secret, Fault> {
        let json = serde_json::to_string(self);
        json.map(Secret).map_err(|_| Fault::unreadable("a secret that is no JSON"))
    }

    /// A secret that cannot be read, or that another forum issued, opens nothing.
    pub fn open(secret: &Secret, server: &str) -> Result<Self, Fault> {
        let access: Self = serde_json::from_str(&secret.0).map_err(|_| Fault::NeedsLogin)?;
        if access.server != server || access.access_token.is_empty() {
            return Err(Fault::NeedsLogin);
        }
        Ok(access)
    }
}
