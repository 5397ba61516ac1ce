//! A reply that the CM publishes: its text goes to the clipboard, and what it answers opens in the browser.
//!
//! The core has it down as possibly published before anything here happens. Both steps may fail, and are told apart: the
//! page shows the text all the same, and asks whether it is published.

use crate::shell::Shell;
use crate::shown::HandedOver;
use guichet_core::view::Problem;
use guichet_model::ReplyId;

/// Gives the system's clipboard a text. Whether it took it.
pub type ToClipboard = Box<dyn Fn(String) -> bool + Send + Sync>;

impl Shell {
    pub fn lends_clipboard(&self, take: ToClipboard) {
        if self.inner.clipboard.set(take).is_err() {
            tracing::warn!("the clipboard is lent already");
        }
    }

    pub async fn hand_over(&self, reply: ReplyId) -> Result<HandedOver, Problem> {
        let given = self.desk()?.copy_reply(reply).await?;
        let Some(text) = given.text else {
            return Ok(HandedOver { given: false, copied: false, opened: false, reply: given.reply });
        };
        let copied = self.inner.clipboard.get().is_some_and(|take| take(text));
        let opened = match given.url {
            // Nobody wants a page to paste into while there is nothing to paste.
            Some(url) if copied => self.open_link(url).await.is_ok(),
            _ => false,
        };
        Ok(HandedOver { given: true, copied, opened, reply: given.reply })
    }
}

#[cfg(test)]
#[path = "hand_over_tests.rs"]
mod tests;
