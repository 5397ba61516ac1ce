//! What opens the mailbox, fresh: a token whose time is over is renewed before it is shown, and one that a server no longer
//! takes is renewed once. Exchanges stand in a line: whoever comes second finds what the first one brought, and that is in
//! the vault before it is used. A password is what it is.

use super::access::Access;
use super::imap::Imap;
use super::session::Account;
use super::smtp::Smtp;
use guichet_model::{Fault, Spending};

impl Account {
    pub async fn access(&self) -> Result<Access, Fault> {
        let access = self.sealed().await?;
        match &access.grant {
            Some(grant) if grant.is_over(self.now()) => self.renewed(&grant.access).await,
            _ => Ok(access),
        }
    }

    pub async fn imap_line(&self, access: &Access) -> Result<Imap, Fault> {
        let clock = || self.doors.clock.clone();
        match (Imap::open(&self.dial, access, clock()).await, &access.grant) {
            (Err(Fault::NeedsLogin), Some(grant)) => {
                Imap::open(&self.dial, &self.renewed(&grant.access).await?, clock()).await
            }
            (opened, _) => opened,
        }
    }

    /// Nothing of a message has left when it returns: signing in again is no second sending.
    pub async fn smtp_line(&self, access: &Access) -> Result<Smtp, Fault> {
        match (Smtp::open(&self.dial, access, self.now()).await, &access.grant) {
            (Err(Fault::NeedsLogin), Some(grant)) => {
                Smtp::open(&self.dial, &self.renewed(&grant.access).await?, self.now()).await
            }
            (opened, _) => opened,
        }
    }

    async fn sealed(&self) -> Result<Access, Fault> {
        Access::open(&self.doors.secrets.read().await?, &self.server)
    }

    /// In place of an access whose token is `stale`.
    async fn renewed(&self, stale: &str) -> Result<Access, Fault> {
        let _turn = self.renewal.lock().await;
        let access = self.sealed().await?;
        let Some(grant) = access.grant.as_ref().filter(|grant| grant.access == stale) else {
            return Ok(access);
        };
        self.doors.budget.reserve(Spending::Read)?;
        let fresh = grant.renewed(&self.http, self.now()).await.map_err(|fault| match fault {
            // Whoever is told so can do one thing about it.
            Fault::Refused { .. } => Fault::NeedsLogin,
            other => other,
        })?;
        let access = Access { grant: Some(fresh), ..access };
        self.doors.secrets.replace(access.seal()?).await?;
        tracing::debug!("an access was renewed");
        Ok(access)
    }
}

#[cfg(test)]
#[path = "renew_tests.rs"]
mod tests;
