//! How late this process is for what it meant to do: the servers of a round live in it, and a machine that keeps them waiting
//! keeps the desk waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

const EVERY: Duration = Duration::from_millis(50);

/// Watches until it is let go.
pub(super) struct Lateness {
    worst_ms: Arc<AtomicU64>,
    watch: JoinHandle<()>,
}

impl Lateness {
    pub fn watch() -> Self {
        let worst_ms = Arc::new(AtomicU64::new(0));
        let kept = Arc::clone(&worst_ms);
        let watch = tokio::spawn(async move {
            loop {
                let began = Instant::now();
                tokio::time::sleep(EVERY).await;
                let late = began.elapsed().saturating_sub(EVERY).as_millis();
                kept.fetch_max(u64::try_from(late).unwrap_or(u64::MAX), Ordering::Relaxed);
            }
        });
        Self { worst_ms, watch }
    }

    pub fn worst(&self) -> Duration {
        Duration::from_millis(self.worst_ms.load(Ordering::Relaxed))
    }
}

impl Drop for Lateness {
    fn drop(&mut self) {
        self.watch.abort();
    }
}
