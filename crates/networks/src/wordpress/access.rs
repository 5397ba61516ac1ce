//! The secret of a WordPress access, and how it is kept: one JSON object in the vault.

use crate::addresses::same_origin;
use guichet_model::{Fault, Secret};
use serde::{Deserialize, Serialize};
use url::Url;

/// Never printed: its `Debug` says nothing.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Access {
    /// The site's address without a slash at its end, sub-folder included: the secret goes to its origin alone.
    pub server: String,
    /// Where its REST routes begin: `https://exemple.fr/wp-json/`, or `https://exemple.fr/?rest_route=/`.
    pub root: String,
    pub user: String,
    /// An application password. Its spaces say nothing and may stay.
    pub password: String,
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

    /// A secret that cannot be read, or that another site issued, opens nothing.
    pub fn open(secret: &Secret, server: &str) -> Result<Self, Fault> {
        let access: Self = serde_json::from_str(&secret.0).map_err(|_| Fault::NeedsLogin)?;
        let stays = match (Url::parse(&access.server), Url::parse(&access.root)) {
            (Ok(server), Ok(root)) => same_origin(&server, &root),
            _ => false,
        };
        if access.server != server || !stays {
            return Err(Fault::NeedsLogin);
        }
        Ok(access)
    }
}
