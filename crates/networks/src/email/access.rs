//! The secret of a mailbox, and how it is kept: one JSON object in the vault.

use super::grant::Grant;
use super::servers::Server;
use guichet_model::{Fault, Secret};
use serde::{Deserialize, Serialize};

/// Never printed: its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Access {
    /// Our own address, in lower case.
    pub address: String,
    /// What the servers know us by; most often the address.
    pub user: String,
    /// The password of the mailbox, or one made for this program alone; empty where its owner agreed otherwise.
    pub password: String,
    #[serde(default)]
    pub grant: Option<Grant>,
    pub imap: Server,
    pub smtp: Server,
    /// The folder that is the contact inbox, as the server spells it.
    pub folder: String,
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

    /// A secret that cannot be read, or that is for another mailbox, opens nothing.
    pub fn open(secret: &Secret, server: &str) -> Result<Self, Fault> {
        let access: Self = serde_json::from_str(&secret.0).map_err(|_| Fault::NeedsLogin)?;
        if access.origin() != server {
            return Err(Fault::NeedsLogin);
        }
        Ok(access)
    }

    /// Where the mailbox is, as the desk names it.
    pub fn origin(&self) -> String {
        self.imap.url("imap")
    }
}
