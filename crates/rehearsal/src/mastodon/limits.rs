//! Rate limits as Mastodon counts them, per token and in aligned windows: 300 requests in 5 minutes, 300 posts in 3 hours,
//! 30 deletions and 30 uploads in 30 minutes. The headers tell the window nearest to its end of patience, its `Reset` in ISO 8601 with
//! microseconds.

use super::params::Refusal;
use super::shapes::precise_time;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;

#[derive(Clone, Copy, Hash, PartialEq, Eq)]
enum Kind {
    Any,
    Post,
    Delete,
    Media,
}

impl Kind {
    fn window_ms(self) -> i64 {
        match self {
            Kind::Any => 5 * 60_000,
            Kind::Post => 3 * 3_600_000,
            Kind::Delete | Kind::Media => 30 * 60_000,
        }
    }
}

/// Uploads in a window, where nothing else is said.
const MEDIA: u32 = 30;

pub(crate) struct Limits {
    any: u32,
    post: u32,
    delete: u32,
    media: u32,
    used: HashMap<(String, Kind), (i64, u32)>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { any: 300, post: 300, delete: 30, media: MEDIA, used: HashMap::new() }
    }
}

impl Limits {
    /// Other numbers, and a fresh count. Who may post more than usual may bring as many pictures.
    pub fn set(&mut self, any: u32, post: u32) {
        let usual = Limits::default();
        let media = if post > usual.post { post } else { usual.media };
        *self = Limits { any, post, media, ..usual };
    }

    /// Counts one request of `token`: the headers to answer with, or the refusal.
    #[allow(clippy::result_large_err)] // The refusal is the answer itself.
    pub fn count(&mut self, token: &str, method: &Method, path: &str, now_ms: i64) -> Result<HeaderMap, Response> {
        let mut kinds = vec![Kind::Any];
        if method == Method::POST && path == "/api/v1/statuses" {
            kinds.push(Kind::Post);
        } else if method == Method::POST && path == "/api/v2/media" {
            kinds.push(Kind::Media);
        } else if method == Method::DELETE {
            kinds.push(Kind::Delete);
        }
        let mut nearest: Option<(u32, u32, i64)> = None;
        let mut over = false;
        for kind in kinds {
            let limit = match kind {
                Kind::Any => self.any,
                Kind::Post => self.post,
                Kind::Delete => self.delete,
                Kind::Media => self.media,
            };
            let start = now_ms - now_ms.rem_euclid(kind.window_ms());
            let used = self.used.entry((token.to_owned(), kind)).or_insert((start, 0));
            if used.0 != start {
                *used = (start, 0);
            }
            over |= used.1 >= limit;
            used.1 = used.1.saturating_add(1);
            let left = limit.saturating_sub(used.1);
            if nearest.is_none_or(|(_, least, _)| left < least) {
                nearest = Some((limit, left, start + kind.window_ms()));
            }
        }
        let (limit, left, reset) = nearest.unwrap_or((self.any, 0, now_ms));
        if over {
            return Err(too_many(limit, reset));
        }
        Ok(headers(limit, left, reset))
    }
}

pub(crate) fn headers(limit: u32, left: u32, reset_ms: i64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("x-ratelimit-limit", limit.to_string()),
        ("x-ratelimit-remaining", left.to_string()),
        ("x-ratelimit-reset", precise_time(reset_ms)),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers
}

pub(crate) fn too_many(limit: u32, reset_ms: i64) -> Response {
    let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests");
    let mut response = refusal.into_response();
    response.headers_mut().extend(headers(limit, 0, reset_ms));
    response
}
