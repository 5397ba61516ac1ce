//! An account's live stream, kept standing. It carries nothing but "pull now", so that losing it costs time alone.

use crate::desk::Desk;
use guichet_model::{Fault, MINUTE, Ring, SECOND, Session};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

const LONGEST_WAIT: i64 = 5 * MINUTE;
/// A stream that stood so long had connected in earnest: the next one is tried at once.
const STOOD: i64 = MINUTE;

/// The stream of the session in use; another session, after a new sign-in, has its own.
#[derive(Default)]
pub(super) struct Stream {
    of: Option<(Arc<dyn Session>, AbortHandle)>,
}

impl Stream {
    pub fn follow(&mut self, session: &Arc<dyn Session>, desk: &Desk, heard: &UnboundedSender<Ring>) {
        if self.of.as_ref().is_some_and(|(of, _)| Arc::ptr_eq(of, session)) {
            return;
        }
        self.end();
        if session.live().is_some() {
            let task = tokio::spawn(listen(session.clone(), desk.clone(), heard.clone()));
            self.of = Some((session.clone(), task.abort_handle()));
        }
    }

    fn end(&mut self) {
        if let Some((_, task)) = self.of.take() {
            task.abort();
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.end();
    }
}

/// Until the network says that it has no stream.
async fn listen(session: Arc<dyn Session>, desk: Desk, heard: UnboundedSender<Ring>) {
    let mut wait = SECOND;
    while let Some(live) = session.live() {
        let began = desk.now();
        let ring = |ring: Ring| {
            // Nobody hears: the account's task has ended, and ends this one.
            let _ = heard.send(ring);
        };
        let fault = live.run(&ring).await;
        let now = desk.now();
        if now.since(began) > STOOD {
            wait = SECOND;
        }
        let asked = match fault {
            Fault::Refused { .. } => return,
            Fault::NeedsLogin | Fault::Blocked { .. } => LONGEST_WAIT,
            Fault::Later { after } => after.since(now),
            Fault::Offline { .. } | Fault::Unsure | Fault::Unreadable { .. } => 0,
        };
        let pause = wait.max(asked).clamp(SECOND, LONGEST_WAIT);
        tracing::debug!(%fault, pause, "the stream ended");
        tokio::time::sleep(Duration::from_millis(pause.unsigned_abs())).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}
