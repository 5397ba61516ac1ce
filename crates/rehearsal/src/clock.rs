//! The clock of the outside, one for all simulated servers of a process: the system's, or one that runs so many times
//! as fast, so that minutes of an evening fit into a second of a test.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use jiff::fmt::rfc2822::DateTimePrinter;
use std::sync::OnceLock;

/// Time that runs `speed` times as fast as the system's from an instant on. Processes that share one read the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Milliseconds since 1970: where both clocks showed the same.
    pub from_ms: i64,
    pub speed: u32,
}

impl Pace {
    /// Milliseconds since 1970 by this clock.
    pub fn now_ms(self) -> i64 {
        let passed_us = jiff::Timestamp::now().as_microsecond() - self.from_ms * 1000;
        self.from_ms + passed_us * i64::from(self.speed) / 1000
    }
}

static PACE: OnceLock<Pace> = OnceLock::new();

/// Makes the time of every rehearsal of this process run `speed` times as fast, from now on and for good. The first word
/// counts: whoever comes later is told how fast it runs already.
pub fn time_runs(speed: u32) -> Pace {
    *PACE.get_or_init(|| Pace { from_ms: system_ms(), speed })
}

pub(crate) fn now_ms() -> i64 {
    PACE.get().map_or_else(system_ms, |pace| pace.now_ms())
}

fn system_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// An answer is dated by this clock. While it is the system's, the HTTP library dates it well enough.
pub(crate) fn date(response: &mut Response) {
    if PACE.get().is_none() {
        return;
    }
    let now = jiff::Timestamp::from_millisecond(now_ms()).ok();
    let said = now.and_then(|now| DateTimePrinter::new().timestamp_to_rfc9110_string(&now).ok());
    if let Some(value) = said.and_then(|said| HeaderValue::try_from(said).ok()) {
        response.headers_mut().insert(header::DATE, value);
    }
}
