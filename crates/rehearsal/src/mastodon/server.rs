//! One simulated Mastodon server: what it holds, its routes, and its limits on the way to them.

use super::limits::Limits;
use super::oauth::Oauth;
use super::params::text_of;
use super::world::{Event, Town, now_ms};
use super::{accounts, conversations, instance, media, notifications, oauth, pages, statuses, streaming, uploads};
use crate::hold;
use crate::network::Stand;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use std::ops::Deref;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use tokio::sync::broadcast;

/// Events a stream may fall behind before it is closed.
const STREAM_DEPTH: usize = 1024;
/// Where the numbers of notifications begin: a server that has lived.
const FIRST_NUMBER: u64 = 34_975_000;

pub(crate) struct Host {
    stand: Stand,
    pub town: Mutex<Town>,
    pub oauth: Mutex<Oauth>,
    pub limits: Mutex<Limits>,
    pub events: broadcast::Sender<Event>,
    pub honours_keys: AtomicBool,
}

impl Host {
    pub fn new(stand: Stand) -> Host {
        Host {
            stand,
            town: Mutex::new(Town { counter: FIRST_NUMBER, ..Town::default() }),
            oauth: Mutex::default(),
            limits: Mutex::default(),
            events: broadcast::channel(STREAM_DEPTH).0,
            honours_keys: AtomicBool::new(true),
        }
    }
}

/// A Mastodon server is a server, and more: its origin and its luck are found on it.
impl Deref for Host {
    type Target = Stand;

    fn deref(&self) -> &Stand {
        &self.stand
    }
}

pub(crate) type Desk = State<Arc<Host>>;

pub(crate) fn routes(host: Arc<Host>) -> Router {
    Router::new()
        .route("/.well-known/oauth-authorization-server", get(oauth::metadata))
        .route("/.well-known/nodeinfo", get(instance::nodeinfo_links))
        .route("/nodeinfo/2.0", get(instance::nodeinfo))
        .route("/oauth/authorize", get(oauth::ask).post(oauth::allow))
        .route("/oauth/token", post(oauth::token))
        .route("/oauth/revoke", post(oauth::revoke))
        .route("/api/v1/apps", post(oauth::register))
        .route("/api/v1/apps/verify_credentials", get(oauth::verify_app))
        .route("/api/v2/instance", get(instance::v2))
        .route("/api/v1/instance", get(instance::v1))
        .route("/api/v1/accounts/verify_credentials", get(accounts::myself))
        .route("/api/v1/accounts/lookup", get(accounts::lookup))
        .route("/api/v1/accounts/relationships", get(accounts::relationships))
        .route("/api/v1/accounts/{id}", get(accounts::one))
        .route("/api/v1/accounts/{id}/statuses", get(accounts::posts))
        .route("/api/v1/accounts/{id}/{act}", post(accounts::act))
        .route("/api/v1/reports", post(accounts::report))
        .route("/api/v1/notifications", get(notifications::list))
        .route("/api/v2/notifications", get(notifications::grouped))
        .route("/api/v1/notifications/requests", get(notifications::requests))
        .route("/api/v1/notifications/requests/{id}/{act}", post(notifications::settle_request))
        .route("/api/v2/notifications/policy", get(notifications::policy))
        .route("/api/v1/notifications/{id}", get(notifications::one))
        .route("/api/v1/markers", get(notifications::markers).post(notifications::mark))
        .route("/api/v1/statuses", get(statuses::several).post(statuses::publish))
        .route("/api/v1/statuses/{id}", get(statuses::one).put(statuses::edit).delete(statuses::delete))
        .route("/api/v1/statuses/{id}/context", get(statuses::context))
        .route("/api/v1/statuses/{id}/source", get(statuses::source))
        .route("/api/v1/statuses/{id}/{act}", post(statuses::act))
        .route("/api/v1/conversations", get(conversations::list))
        .route("/api/v1/conversations/{id}/read", post(conversations::read))
        .route("/api/v1/streaming/health", get(|| async { "OK" }))
        .route("/api/v1/streaming/user", get(streaming::user))
        .route("/api/v1/streaming/user/notification", get(streaming::notifications))
        .route("/api/v1/streaming/direct", get(streaming::direct))
        .route("/api/v2/media", post(uploads::take))
        .route("/api/v1/media/{id}", get(uploads::one))
        .route("/media/{kind}/{file}", get(media::picture))
        .fallback(pages::elsewhere)
        .layer(from_fn_with_state(Arc::clone(&host), counted))
        .with_state(host)
}

async fn counted(State(host): Desk, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    // A stream is asked for once and stays; pictures and pages are nobody's API.
    if !path.starts_with("/api/") || path.starts_with("/api/v1/streaming") {
        return next.run(request).await;
    }
    let token = text_of(request.headers(), "authorization");
    let allowed = hold(&host.limits).count(&token, request.method(), path, now_ms());
    match allowed {
        Ok(headers) => {
            let mut response = next.run(request).await;
            response.headers_mut().extend(headers);
            response
        }
        Err(refused) => refused,
    }
}
