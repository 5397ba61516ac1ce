//! How many requests an access may still make, shared by pulling and sending.
//!
//! The network's own word corrects it after each answer; until it has spoken, a modest pace is kept. Pulling leaves
//! the last requests of a window to sending, and to the readings that a send needs before it: those run inside
//! `first`. Nothing here waits: where nothing is left, the answer is `Later`, and the asker comes back.

use guichet_model::{Budget, Clock, Fault, MINUTE, Millis, Spending};
use std::sync::{Arc, Mutex, PoisonError};

/// Where the network says nothing: as many as Mastodon gives by default.
const WINDOW: i64 = 5 * MINUTE;
const A_WINDOW: u32 = 300;
/// What pulling leaves, in a tenth of what it was told; at least so many, at most so many.
const LEAST_LEFT: u32 = 2;
const MOST_LEFT: u32 = 30;

tokio::task_local! {
    static FIRST: ();
}

/// Runs the readings of a send (prepare, recheck, find) as part of it: they may use what pulling leaves.
pub(crate) async fn first<T>(work: impl Future<Output = T>) -> T {
    FIRST.scope((), work).await
}

/// The budget of one access.
pub(crate) struct Requests {
    clock: Arc<dyn Clock>,
    read: Mutex<Window>,
    send: Mutex<Window>,
}

struct Window {
    left: u32,
    /// The most seen left in this window: what the reserve is a tenth of.
    most: u32,
    reset: Millis,
    /// Our clock when it was last asked.
    seen: Millis,
}

impl Requests {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let window = || Mutex::new(Window { left: A_WINDOW, most: A_WINDOW, reset: Millis(0), seen: Millis(0) });
        Self { clock, read: window(), send: window() }
    }

    fn window(&self, spending: Spending) -> std::sync::MutexGuard<'_, Window> {
        let window = match spending {
            Spending::Read => &self.read,
            Spending::Send => &self.send,
        };
        window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Budget for Requests {
    fn reserve(&self, spending: Spending) -> Result<(), Fault> {
        let now = self.clock.now();
        let mut window = self.window(spending);
        if now < window.seen {
            // A clock that was set back makes no window longer.
            window.reset = window.reset.plus(-window.seen.since(now));
        }
        window.seen = now;
        if now >= window.reset || window.reset.since(now) > 24 * 12 * WINDOW {
            // A new window, or a clock that was set back by days.
            *window = Window { left: A_WINDOW, most: A_WINDOW, reset: now.plus(WINDOW), seen: now };
        }
        let kept = match spending {
            Spending::Read if FIRST.try_with(|()| ()).is_err() => (window.most / 10).clamp(LEAST_LEFT, MOST_LEFT),
            _ => 0,
        };
        if window.left <= kept {
            return Err(Fault::Later { after: window.reset });
        }
        window.left -= 1;
        Ok(())
    }

    fn correct(&self, spending: Spending, remaining: u32, reset: Millis) {
        let now = self.clock.now();
        let mut window = self.window(spending);
        if reset <= now {
            return;
        }
        let same = window.reset == reset;
        window.most = if same { window.most.max(remaining) } else { remaining };
        // Requests on their way have been counted here and not yet there.
        window.left = if same { window.left.min(remaining) } else { remaining };
        (window.reset, window.seen) = (reset, now);
    }
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;
