//! Server-sent events, as Mastodon's streaming server writes them: `event:` and `data:` lines, a `:thump` now and then so
//! that nobody takes silence for death. What is missed is not repeated. A stream that falls too far behind is closed,
//! and its reader polls.

use super::params::{Params, Refusal};
use super::server::{Desk, Host};
use super::world::{Event, Id};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::{Instant, timeout_at};

const THUMP_EVERY: Duration = Duration::from_secs(15);

pub(crate) async fn user(State(host): Desk, headers: HeaderMap, params: Params) -> Response {
    open(host, headers, &params, |name| name != "conversation")
}

pub(crate) async fn notifications(State(host): Desk, headers: HeaderMap, params: Params) -> Response {
    open(host, headers, &params, |name| name == "notification")
}

pub(crate) async fn direct(State(host): Desk, headers: HeaderMap, params: Params) -> Response {
    open(host, headers, &params, |name| name == "conversation")
}

fn open(host: Arc<Host>, mut headers: HeaderMap, params: &Params, carries: fn(&str) -> bool) -> Response {
    // Browsers cannot set headers on an event source, so the token may stand in the address.
    if let Some(token) = params.get("access_token")
        && let Ok(value) = HeaderValue::from_str(&format!("Bearer {token}"))
    {
        headers.insert(header::AUTHORIZATION, value);
    }
    let me = match host.signed_in(&headers, "read:statuses") {
        Ok(who) => who.id,
        Err(refusal) => return Refusal::into_response(refusal),
    };
    let frames = futures::stream::unfold((host.events.subscribe(), true), move |(mut events, first)| async move {
        // The first thump leaves at once: the reader knows that it is listened to.
        let frame = if first { ":)\n".to_owned() } else { next_frame(&mut events, me, carries).await? };
        Some((Ok::<Bytes, Infallible>(Bytes::from(frame)), (events, false)))
    });
    (
        [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "private, no-store")],
        Body::from_stream(frames),
    )
        .into_response()
}

async fn next_frame(events: &mut Receiver<Event>, me: Id, carries: fn(&str) -> bool) -> Option<String> {
    let thump = Instant::now() + THUMP_EVERY;
    loop {
        match timeout_at(thump, events.recv()).await {
            Err(_) => return Some(":thump\n".to_owned()),
            Ok(Ok(event)) if event.to == me && carries(event.name) => {
                return Some(format!("event: {}\ndata: {}\n\n", event.name, event.body));
            }
            Ok(Ok(_)) => {}
            Ok(Err(RecvError::Lagged(_) | RecvError::Closed)) => return None,
        }
    }
}
