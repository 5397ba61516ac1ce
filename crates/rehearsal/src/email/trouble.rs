//! The faults of the rehearsal, met on lines that are no HTTP. A rule names them by the protocol as its method (`IMAP`,
//! `SMTP`) and by the step as its path: `LOGIN`, `UID FETCH`, `APPEND`…; `EHLO`, `AUTH`, `MAIL`, `RCPT`, `DATA`, and `TEXT`
//! for the mail itself with its last dot.

use super::host::Host;
use crate::faults::Effect;
use std::sync::Arc;
use std::time::Duration;

/// What becomes of a step.
pub(crate) enum Fate {
    Done,
    /// Not done; the code and the words to say, where the rule has some.
    Refused {
        code: u16,
        words: String,
    },
    Limited,
    /// As for a password that was taken back.
    Expired,
    CutBefore,
    CutDuring,
    CutAfter,
    Late {
        after_ms: u64,
        /// Held until it is applied.
        owed: Arc<()>,
    },
    Torn,
    Doubled,
    Garbage,
}

/// What the rules want of this step, and how far behind reads are, in milliseconds. Waits where they say so.
pub(crate) async fn met(host: &Host, protocol: &str, step: &str) -> (Fate, i64) {
    let mut lag_ms = 0;
    for effect in host.faults.met(host.index, protocol, step) {
        let fate = match effect {
            Effect::Latency(ms) => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                continue;
            }
            Effect::ReadsLag { ms } => {
                lag_ms = i64::try_from(ms).unwrap_or(i64::MAX);
                continue;
            }
            Effect::Status { code, body, .. } => Fate::Refused { code, words: body },
            Effect::RateLimited { .. } => Fate::Limited,
            Effect::TokenExpired => Fate::Expired,
            Effect::CutBefore => Fate::CutBefore,
            Effect::CutDuring => Fate::CutDuring,
            Effect::CutAfter => Fate::CutAfter,
            Effect::AppliedLate { after_ms } => Fate::Late { after_ms, owed: host.faults.owed() },
            Effect::Torn => Fate::Torn,
            Effect::Doubled => Fate::Doubled,
            Effect::Garbage => Fate::Garbage,
        };
        return (fate, lag_ms);
    }
    (Fate::Done, lag_ms)
}

/// What somebody else's server would say: the portal of a station.
pub(crate) const GARBAGE: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<!doctype html><title>Bienvenue</title>\r\n";
