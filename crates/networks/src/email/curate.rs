//! Where messages lie: put into the mailbox's own junk or trash, and back. Each is one move that can be made twice.

use super::convert::Stood;
use super::session::Account;
use guichet_model::{Fault, Publication, RefusalCode, RemoteId};

pub(crate) async fn put(account: &Account, item: &RemoteId, to: Publication) -> Result<Publication, Fault> {
    let refused = |code| Fault::refused(code, None);
    let access = account.access().await?;
    let mut imap = account.imap(&access).await?;
    let folders = account.folders(&mut imap).await?;
    let target = match to {
        Publication::Published => Some(access.folder.as_str()),
        Publication::Spam => folders.junk(),
        Publication::Trash => folders.trash(),
        Publication::Pending | Publication::Hidden => None,
    };
    let Some(target) = target.map(str::to_owned) else {
        imap.done();
        return Err(refused(RefusalCode::NotOffered));
    };
    let found = account.anywhere(&mut imap, &access, item).await?;
    let outcome = match found {
        None => Err(refused(RefusalCode::Gone)),
        Some((_, Stood::Sent, _)) => Err(refused(RefusalCode::Forbidden)),
        Some((_, _, folder)) if folder == target => Ok(to),
        Some((met, ..)) => imap.put(met.raw.uid, &target).await.map(|()| to),
    };
    imap.done();
    outcome
}

#[cfg(test)]
#[path = "curate_tests.rs"]
mod tests;
