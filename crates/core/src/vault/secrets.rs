//! The secret of one access, as a session reads and replaces it.

use super::Vault;
use async_trait::async_trait;
use guichet_model::{Fault, Secret, Secrets};

pub(crate) struct AccessSecrets {
    pub vault: Vault,
    /// The secret's name in the vault.
    pub name: String,
}

#[async_trait]
impl Secrets for AccessSecrets {
    async fn read(&self) -> Result<Secret, Fault> {
        self.vault.secret(&self.name).ok_or(Fault::NeedsLogin)
    }

    async fn replace(&self, secret: Secret) -> Result<(), Fault> {
        let (vault, name) = (self.vault.clone(), self.name.clone());
        let kept = tokio::task::spawn_blocking(move || vault.keep(&name, secret)).await;
        match kept {
            Ok(Ok(())) => Ok(()),
            // A token that could not be kept must not be used: nothing was asked of the network yet.
            _ => Err(Fault::OFFLINE),
        }
    }
}
