//! One simulated Mastodon server: its routes, and what every request goes through on the way (faults, then limits).

use crate::door::{Caller, Door, Porch};
use crate::faults::Faults;
use crate::limits::Limits;
use crate::luck::Luck;
use crate::oauth::Oauth;
use crate::params::text_of;
use crate::pictures::Gallery;
use crate::world::{Event, Town, now_ms};
use crate::{
    accounts, clock, conversations, hold, instance, media, notifications, oauth, pages, statuses, streaming, uploads,
};
use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

pub(crate) struct Host {
    pub index: usize,
    /// `http://127.0.0.1:PORT`
    pub origin: String,
    /// The name people say, as in `@somebody@domain`.
    pub domain: String,
    pub title: String,
    pub description: String,
    pub rules: Vec<String>,
    pub town: Mutex<Town>,
    pub oauth: Mutex<Oauth>,
    pub limits: Mutex<Limits>,
    pub events: broadcast::Sender<Event>,
    pub honours_keys: Arc<AtomicBool>,
    pub faults: Arc<Faults>,
    pub luck: Luck,
    pub gallery: Gallery,
    pub door: Arc<Door>,
}

pub(crate) type Desk = State<Arc<Host>>;

/// Serves until the task is dropped or aborted.
pub(crate) fn open(host: Arc<Host>) -> JoinHandle<()> {
    let porch = Porch(Arc::clone(&host.door));
    let routes = routes(host).into_make_service_with_connect_info::<Caller>();
    tokio::spawn(async move {
        if let Err(error) = axum::serve(porch, routes).await {
            tracing::warn!(%error, "a simulated server stopped");
        }
    })
}

fn routes(host: Arc<Host>) -> Router {
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
        .layer(from_fn_with_state(Arc::clone(&host), tried))
        .with_state(host)
}

async fn tried(
    State(host): Desk,
    ConnectInfo(Caller(wire)): ConnectInfo<Caller>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = host.faults.play(host.index, wire, request, next).await;
    clock::date(&mut response);
    response
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
