//! The person's time zone, as the desk knows it: the days of a search and a client's hours are counted in it.
//!
//! A laptop travels. The system's zone is looked at while the inbox is open, and a change is told to the desk; what was
//! chosen as an instant stays that instant.

use super::{Inner, Shell};
use guichet_core::view::Problem;
use guichet_core::{Desk, ZONE};
use jiff::tz::TimeZone;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// The system's zone is read anew by `jiff` every five minutes at most.
const EVERY: Duration = Duration::from_secs(60);

/// Tells the desk, where it does not know yet. Whether it was told. Where the system names no zone, what was known stays.
pub(super) async fn tell(desk: &Desk, system: &TimeZone) -> Result<bool, Problem> {
    let Some(zone) = system.iana_name() else {
        return Ok(false);
    };
    if desk.setting(ZONE.into()).await?.as_deref() == Some(zone) {
        return Ok(false);
    }
    desk.set_setting(ZONE.into(), zone.into()).await?;
    Ok(true)
}

/// Until the shell is gone.
pub(super) fn follow(shell: &Shell) {
    let shell: Weak<Inner> = Arc::downgrade(&shell.inner);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(EVERY).await;
            let Some(inner) = shell.upgrade() else { return };
            let shell = Shell { inner };
            let Ok(desk) = shell.desk() else { continue };
            match tell(&desk, &TimeZone::system()).await {
                // Every hour on the screen is another one.
                Ok(true) => shell.announce_all(),
                Ok(false) => {}
                Err(problem) => tracing::warn!(%problem, "the time zone could not be kept"),
            }
        }
    });
}

#[cfg(test)]
#[path = "zone_tests.rs"]
mod tests;
