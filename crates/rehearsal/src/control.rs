//! A rehearsal in another process, held by a few JSON requests on loopback: `GET /__rehearsal/posted`, and `POST`
//! `offline` `{"yes":true}`, `fault` (a `FaultRule`), `clear`, `say` (a `Say`), `keys` `{"yes":false}`, `limits`
//! `{"requests":…,"posts":…}`. It has its own port, so that it answers while the servers are offline.

use crate::{FaultRule, Posted, Rehearsal, Say};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

#[derive(Deserialize)]
struct Switch {
    yes: bool,
}

#[derive(Deserialize)]
struct Numbers {
    requests: u32,
    posts: u32,
}

/// Serves the control of `rehearsal` on 127.0.0.1 at `port` (0 = any); gives its origin. Ends with the task.
///
/// # Errors
/// Where the port is taken.
pub async fn serve(rehearsal: Arc<Rehearsal>, port: u16) -> io::Result<(String, JoinHandle<()>)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let origin = format!("http://127.0.0.1:{}", listener.local_addr()?.port());
    let routes = Router::new()
        .route("/__rehearsal/posted", get(posted))
        .route("/__rehearsal/offline", post(offline))
        .route("/__rehearsal/fault", post(fault))
        .route("/__rehearsal/clear", post(clear))
        .route("/__rehearsal/say", post(say))
        .route("/__rehearsal/keys", post(keys))
        .route("/__rehearsal/limits", post(limits))
        .with_state(rehearsal);
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, routes).await {
            tracing::warn!(%error, "the control of the rehearsal stopped");
        }
    });
    Ok((origin, task))
}

type Held = State<Arc<Rehearsal>>;

async fn posted(State(rehearsal): Held) -> Json<Vec<Posted>> {
    Json(rehearsal.posted())
}

async fn offline(State(rehearsal): Held, Json(switch): Json<Switch>) -> Json<Value> {
    rehearsal.offline(switch.yes);
    Json(json!({}))
}

async fn fault(State(rehearsal): Held, Json(rule): Json<FaultRule>) -> Json<Value> {
    rehearsal.fault(rule);
    Json(json!({}))
}

async fn clear(State(rehearsal): Held) -> Json<Value> {
    rehearsal.clear_faults();
    Json(json!({}))
}

async fn say(State(rehearsal): Held, Json(line): Json<Say>) -> Json<Value> {
    Json(json!({"status": rehearsal.say(line)}))
}

async fn keys(State(rehearsal): Held, Json(switch): Json<Switch>) -> Json<Value> {
    rehearsal.honour_keys(switch.yes);
    Json(json!({}))
}

async fn limits(State(rehearsal): Held, Json(numbers): Json<Numbers>) -> Json<Value> {
    rehearsal.limits(numbers.requests, numbers.posts);
    Json(json!({}))
}
