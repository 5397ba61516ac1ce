//! Requests counted as the forum counts them: for each key, in any 60 seconds and in any day.

use super::answers::Refusal;
use std::collections::{HashMap, VecDeque};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

pub(crate) struct Limits {
    per_minute: usize,
    per_day: usize,
    made: HashMap<String, VecDeque<i64>>,
}

impl Limits {
    pub fn new(per_minute: u32, per_day: u32) -> Limits {
        Limits { per_minute: per_minute as usize, per_day: per_day as usize, made: HashMap::new() }
    }

    /// Counts one request of that key, or refuses it; what is refused is not counted.
    pub fn count(&mut self, key: &str, now_ms: i64) -> Result<(), Refusal> {
        let made = self.made.entry(key.to_owned()).or_default();
        while made.front().is_some_and(|at| now_ms - at >= DAY_MS) {
            made.pop_front();
        }
        let since = |ms: i64| made.iter().filter(|at| now_ms - **at < ms).count();
        let over = if since(MINUTE_MS) >= self.per_minute {
            Some((self.per_minute, MINUTE_MS, "user_api_key_limiter_60_secs"))
        } else if made.len() >= self.per_day {
            Some((self.per_day, DAY_MS, "user_api_key_limiter_1_day"))
        } else {
            None
        };
        if let Some((most, window, code)) = over {
            // The oldest one that still counts has to leave the window first.
            let oldest = made.len().checked_sub(most).and_then(|at| made.get(at)).copied().unwrap_or(now_ms);
            let wait_s = u64::try_from((oldest + window - now_ms).max(1)).unwrap_or(1).div_ceil(1000);
            return Err(Refusal::TooMany { wait_s, code });
        }
        made.push_back(now_ms);
        Ok(())
    }
}
