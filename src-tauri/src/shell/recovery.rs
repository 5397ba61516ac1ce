//! The recovery phrase, as the window asks for it: made and asked back while the inbox is open, given while it is not.
//!
//! A phrase is refused or accepted, and never written anywhere: neither to a log, nor to a file, nor to the clipboard.

use super::{Inbox, Shell};
use guichet_core::Desk;
use guichet_core::view::Problem;

impl Shell {
    pub async fn recovery_phrase(&self) -> Result<String, Problem> {
        Ok(self.desk()?.recovery_phrase().await?.to_string())
    }

    pub async fn confirm_recovery(&self, phrase: String) -> Result<(), Problem> {
        self.desk()?.confirm_recovery(phrase).await?;
        self.announce_all();
        Ok(())
    }

    pub async fn has_recovery(&self) -> Result<bool, Problem> {
        Ok(self.desk()?.has_recovery())
    }

    /// A wrong phrase leaves the inbox closed for the reason it was: the same question stays on screen.
    pub async fn recover(&self, phrase: String) -> Result<(), Problem> {
        let _one = self.inner.opening.lock().await;
        if matches!(*self.inner.inbox.borrow(), Inbox::Open(_)) {
            return Ok(());
        }
        let desk = self.furnished(Desk::recover(self.doors(None), phrase).await?).await?;
        self.relay(&desk);
        self.inner.inbox.send_replace(Inbox::Open(desk));
        self.announce_all();
        self.start();
        Ok(())
    }
}

#[cfg(test)]
#[path = "recovery_tests.rs"]
mod tests;
