//! A reply leaves, by exactly one SMTP transaction of the frozen bytes. What follows once the server has it, the copy among
//! the sent messages and the marks on the one answered, may fail without a word: the reply is sent.

use super::convert::{self, Stood};
use super::letter;
use super::names;
use super::session::{Account, Met, keeps_copies};
use super::smtp::Envelope;
use guichet_model::{Fault, Item, LastWord, Millis, Prepared, RefusalCode, Spending};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// The reply is not shown as sent before this is over.
const AFTERWARDS: Duration = Duration::from_secs(20);

pub(crate) async fn send(account: &Account, prepared: &Prepared, last: Arc<dyn LastWord>) -> Result<Item, Fault> {
    let envelope = envelope(prepared)?;
    let item = item(account, &envelope, account.now())?;
    let access = account.access().await?;
    account.doors.budget.reserve(Spending::Send)?;
    let smtp = account.smtp_line(&access).await?;
    smtp.transact(&envelope, last.as_ref(), account.now()).await?;
    match timeout(AFTERWARDS, afterwards(account, prepared, &envelope)).await {
        Ok(Ok(())) => {}
        Ok(Err(fault)) => tracing::info!(%fault, "sent, and not filed"),
        Err(_) => tracing::info!("sent, and not filed in time"),
    }
    Ok(item)
}

pub(crate) fn envelope(prepared: &Prepared) -> Result<Envelope, Fault> {
    let envelope: Option<Envelope> = serde_json::from_str(&prepared.body).ok();
    // Frozen bytes are our own; a store that was tampered with must not write commands.
    let envelope = envelope.filter(|envelope| letter::is_address(&envelope.from) && letter::is_address(&envelope.to));
    envelope.ok_or_else(|| Fault::refused(RefusalCode::Invalid, None))
}

/// What was sent, as the inbox keeps it.
pub(crate) fn item(account: &Account, envelope: &Envelope, at: Millis) -> Result<Item, Fault> {
    let letter = letter::read(envelope.message.as_bytes(), false);
    let letter = letter.ok_or_else(|| Fault::refused(RefusalCode::Invalid, None))?;
    let item = convert::item(&letter, None, Stood::Sent, &account.me);
    Ok(Item { at, ..item })
}

async fn afterwards(account: &Account, prepared: &Prepared, envelope: &Envelope) -> Result<(), Fault> {
    let access = account.access().await?;
    let mut imap = account.imap(&access).await?;
    let folders = account.folders(&mut imap).await?;
    if let Some(sent) = folders.sent().filter(|_| !keeps_copies(&access)) {
        imap.select(sent).await?;
        let name = names::by_id(&id(envelope)?);
        // Some servers keep one by themselves, and an APPEND given up half-way may have been done.
        if account.seek(&mut imap, &name, Stood::Sent).await?.is_none() {
            imap.append(sent, envelope.message.as_bytes()).await?;
        }
    }
    imap.select(&access.folder).await?;
    if let Some(Met { raw, .. }) = account.seek(&mut imap, &prepared.place, Stood::Inbox).await? {
        imap.store(raw.uid, "\\Seen \\Answered").await?;
    }
    imap.done();
    Ok(())
}

/// The frozen Message-ID.
pub(crate) fn id(envelope: &Envelope) -> Result<String, Fault> {
    let letter = letter::read(envelope.message.as_bytes(), false);
    letter.and_then(|letter| letter.id).ok_or_else(|| Fault::refused(RefusalCode::Invalid, None))
}

#[cfg(test)]
#[path = "send_tests.rs"]
mod tests;
