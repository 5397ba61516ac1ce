//! IDLE on the contact folder, on a connection of its own: it only says "pull now". Begun anew before a home router
//! forgets it; what a server keeps to itself is met by pulling.

use super::pull::INBOX;
use super::session::Account;
use guichet_model::{Fault, RefusalCode, Ring, Spending};

pub(crate) async fn run(account: &Account, ring: &(dyn Fn(Ring) + Send + Sync)) -> Fault {
    match listen(account, ring).await {
        Ok(never) => match never {},
        Err(fault) => fault,
    }
}

async fn listen(account: &Account, ring: &(dyn Fn(Ring) + Send + Sync)) -> Result<std::convert::Infallible, Fault> {
    let access = account.access().await?;
    account.doors.budget.reserve(Spending::Read)?;
    let mut imap = account.imap_line(&access).await?;
    if !imap.can.idle {
        return Err(Fault::refused(RefusalCode::NotOffered, None));
    }
    imap.examine(&access.folder).await?;
    ring(Ring::Connected);
    loop {
        if imap.idle(account.dial.limits.idle).await? {
            ring(Ring::Pull(INBOX));
        }
    }
}

#[cfg(test)]
#[path = "live_tests.rs"]
mod tests;
