//! The secret of a Mastodon access, and how it is kept: one JSON object in the vault.

use guichet_model::{Fault, Secret};
use serde::{Deserialize, Serialize};

/// Never printed: its `Debug` says nothing.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Access {
    /// The origin all of this was issued by, and the only one it goes to.
    #[serde(default)]
    pub server: String,
    pub client_id: String,
    pub client_secret: String,
    pub access_token: String,
    /// Space separated, as granted.
    #[serde(default)]
    pub scopes: String,
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

    /// A secret that cannot be read, or that another server issued, opens nothing.
    pub fn open(secret: &Secret, server: &str) -> Result<Self, Fault> {
        let access: Self = serde_json::from_str(&secret.0).map_err(|_| Fault::NeedsLogin)?;
        if !access.server.is_empty() && access.server != server {
            return Err(Fault::NeedsLogin);
        }
        Ok(access)
    }
}
