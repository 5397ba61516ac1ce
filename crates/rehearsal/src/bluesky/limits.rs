//! Rate limits as a data server counts them: 3,000 requests in 5 minutes from one address, 5,000 points of writing an hour
//! and 35,000 a day for an account, 30 sign-ins in 5 minutes and 300 a day for a name. The headers tell the window nearest
//! to its end of patience, its `Reset` in seconds since 1970.

use super::refusal::{Refusal, add};
use axum::http::HeaderMap;
use std::collections::HashMap;

#[derive(Clone, Copy, Hash, PartialEq, Eq)]
enum Kind {
    Any,
    Hour,
    Day,
    SignIn,
    SignInDay,
}

impl Kind {
    fn window_ms(self) -> i64 {
        match self {
            Kind::Any | Kind::SignIn => 5 * 60_000,
            Kind::Hour => 3_600_000,
            Kind::Day | Kind::SignInDay => 86_400_000,
        }
    }
}

pub(crate) struct Limits {
    any: u32,
    hour: u32,
    day: u32,
    used: HashMap<(String, Kind), (i64, u32)>,
    /// What the next answer says: limit, what is left, when it begins anew, the window's seconds.
    nearest: Option<(u32, u32, i64, i64)>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { any: 3000, hour: 5000, day: 35_000, used: HashMap::new(), nearest: None }
    }
}

impl Limits {
    /// Other numbers, and a fresh count. A new post costs three points.
    pub fn set(&mut self, any: u32, posts: u32) {
        let points = posts.saturating_mul(3);
        *self = Limits { any, hour: points, day: points.saturating_mul(7), ..Limits::default() };
    }

    /// Counts a request.
    pub fn request(&mut self, now_ms: i64) -> Result<(), Refusal> {
        self.nearest = None;
        self.count("", Kind::Any, self.any, 1, now_ms)
    }

    /// Counts so many points of writing.
    pub fn write(&mut self, did: &str, points: u32, now_ms: i64) -> Result<(), Refusal> {
        self.count(did, Kind::Hour, self.hour, points, now_ms)?;
        self.count(did, Kind::Day, self.day, points, now_ms)
    }

    pub fn sign_in(&mut self, name: &str, now_ms: i64) -> Result<(), Refusal> {
        self.count(name, Kind::SignIn, 30, 1, now_ms)?;
        self.count(name, Kind::SignInDay, 300, 1, now_ms)
    }

    fn count(&mut self, who: &str, kind: Kind, limit: u32, points: u32, now_ms: i64) -> Result<(), Refusal> {
        let start = now_ms - now_ms.rem_euclid(kind.window_ms());
        let used = self.used.entry((who.to_owned(), kind)).or_insert((start, 0));
        if used.0 != start {
            *used = (start, 0);
        }
        used.1 = used.1.saturating_add(points);
        let (over, left) = (used.1 > limit, limit.saturating_sub(used.1));
        if self.nearest.is_none_or(|(_, least, _, _)| left < least) {
            self.nearest = Some((limit, left, start + kind.window_ms(), kind.window_ms() / 1000));
        }
        if over { Err(Refusal::too_many()) } else { Ok(()) }
    }

    /// What this answer says of the limits, and when to come back where it is a refusal.
    pub fn tell(&self, headers: &mut HeaderMap, refused: bool, now_ms: i64) {
        if let Some((limit, left, reset_ms, window)) = self.nearest {
            say(headers, (limit, left, reset_ms, window), refused, now_ms);
        }
    }
}

/// As it stands when refused by command.
pub(crate) fn spent(headers: &mut HeaderMap, reset_ms: i64, now_ms: i64) {
    say(headers, (3000, 0, reset_ms, 300), true, now_ms);
}

fn say(headers: &mut HeaderMap, (limit, left, reset_ms, window): (u32, u32, i64, i64), refused: bool, now_ms: i64) {
    let seconds = |ms: i64| ms.max(0).unsigned_abs().div_ceil(1000);
    add(headers, "ratelimit-limit", &limit.to_string());
    add(headers, "ratelimit-remaining", &left.to_string());
    add(headers, "ratelimit-reset", &seconds(reset_ms).to_string());
    add(headers, "ratelimit-policy", &format!("{limit};w={window}"));
    if refused {
        add(headers, "retry-after", &seconds(reset_ms - now_ms).to_string());
    }
}
