//! What opens the mailbox, fresh: a token whose time is over is renewed before it is shown, and one that a server no longer
//! takes is renewed once. Exchanges stand in a line: whoever comes second finds what the first one brought, and that is in
//! the vault before it is used. A password is what it is.
//!
//! Some issuers take what is exchanged only once. So an exchange goes on by itself when nobody waits for it any more, and what
//! the vault could not take is kept in the line until it does.

use super::access::Access;
use super::imap::Imap;
use super::session::Account;
use super::smtp::Smtp;
use crate::http::Http;
use guichet_model::{Doors, Fault, SECOND, Spending};
use std::sync::Arc;

/// What an exchange brought, and the vault does not have yet.
pub(crate) struct Unsaved {
    spent: String,
    fresh: Access,
}

pub(crate) type Line = Arc<tokio::sync::Mutex<Option<Unsaved>>>;

/// What an exchange needs of an account that may be gone before it ends.
struct Exchange {
    line: Line,
    doors: Doors,
    http: Arc<Http>,
    server: String,
}

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

    async fn renewed(&self, stale: &str) -> Result<Access, Fault> {
        let (line, doors, http) = (self.renewal.clone(), self.doors.clone(), self.http.clone());
        let exchange = Exchange { line, doors, http, server: self.server.clone() };
        let stale = stale.to_owned();
        let going = tokio::spawn(async move { exchange.renewed(&stale).await });
        going.await.unwrap_or_else(|_| Err(Fault::Later { after: self.now().plus(15 * SECOND) }))
    }
}

impl Exchange {
    /// In place of an access whose token is `stale`.
    async fn renewed(&self, stale: &str) -> Result<Access, Fault> {
        let mut unsaved = self.line.lock().await;
        self.save(&mut unsaved).await?;
        let access = self.sealed().await?;
        let Some(grant) = access.grant.as_ref().filter(|grant| grant.access == stale) else {
            return Ok(access);
        };
        self.doors.budget.reserve(Spending::Read)?;
        let fresh = grant.renewed(&self.http, self.doors.clock.now()).await.map_err(|fault| match fault {
            // Whoever is told so can do one thing about it.
            Fault::Refused { .. } => Fault::NeedsLogin,
            other => other,
        })?;
        let spent = grant.access.clone();
        *unsaved = Some(Unsaved { spent, fresh: Access { grant: Some(fresh), ..access } });
        self.save(&mut unsaved).await?;
        tracing::debug!("an access was renewed");
        self.sealed().await
    }

    /// In place of what it was exchanged for, and of nothing else: a sign-in made meanwhile is newer.
    async fn save(&self, unsaved: &mut Option<Unsaved>) -> Result<(), Fault> {
        if let Some(Unsaved { spent, fresh }) = unsaved
            && self.sealed().await?.grant.is_some_and(|grant| grant.access == *spent)
        {
            self.doors.secrets.replace(fresh.seal()?).await?;
        }
        *unsaved = None;
        Ok(())
    }

    async fn sealed(&self) -> Result<Access, Fault> {
        Access::open(&self.doors.secrets.read().await?, &self.server)
    }
}

#[cfg(test)]
#[path = "renew_tests.rs"]
mod tests;
