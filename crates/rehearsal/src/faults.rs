//! What goes wrong by command. A rule says where it applies, how often, and what happens; rules are tried in the order
//! given. Delays and lagging reads add up with what follows them; of the other effects the first one wins.

use crate::clock::now_ms;
use crate::door::Wire;
use crate::hold;
use crate::network::{Server, Trouble};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultRule {
    /// Index of the server in the order of `Rehearsal::servers`; `None` = all.
    #[serde(default)]
    pub server: Option<usize>,
    /// `GET`, `POST`…; `None` = all.
    #[serde(default)]
    pub method: Option<String>,
    /// A part of the path, such as `/api/v1/statuses`; starting with `=`, the whole of it. Empty = all. WordPress: the
    /// path of the pretty address, `/wp-json/wp/v2/comments`, however it was asked. Discourse: the path without the forum’s
    /// folder and without `.json`, `/posts`. E-mail: the method is `IMAP` or `SMTP`, the
    /// path a step of it, such as `UID FETCH`, `RCPT`, or `TEXT` for the mail itself with its last dot.
    #[serde(default)]
    pub path: String,
    /// How many requests it hits; `None` = until cleared.
    #[serde(default)]
    pub times: Option<u32>,
    pub effect: Effect,
}

impl FaultRule {
    /// A rule for every server, until cleared.
    pub fn on(method: &str, path: &str, effect: Effect) -> FaultRule {
        FaultRule {
            server: None,
            method: (!method.is_empty()).then(|| method.to_owned()),
            path: path.to_owned(),
            times: None,
            effect,
        }
    }

    pub fn once(mut self) -> FaultRule {
        self.times = Some(1);
        self
    }

    fn hits(&self, server: usize, method: &str, path: &str) -> bool {
        let place = match self.path.strip_prefix('=') {
            Some(whole) => path == whole,
            None => path.contains(&self.path),
        };
        place
            && self.times != Some(0)
            && self.server.is_none_or(|wanted| wanted == server)
            && self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The answer comes this much later, in milliseconds.
    Latency(u64),
    /// Refused without doing anything. An empty body: the network's own words for this code.
    Status {
        code: u16,
        #[serde(default)]
        body: String,
        #[serde(default)]
        headers: Vec<(String, String)>,
    },
    /// 429, until `after_s` seconds from now.
    RateLimited { after_s: u64 },
    /// 401, as for a revoked token.
    TokenExpired,
    /// The connection breaks; nothing is done.
    CutBefore,
    /// The connection breaks while the request arrives; nothing is done.
    CutDuring,
    /// Done; the connection breaks before the answer.
    CutAfter,
    /// The connection breaks; done `after_ms` later.
    AppliedLate { after_ms: u64 },
    /// What was written less than `ms` ago cannot be read yet.
    ReadsLag { ms: u64 },
    /// Done; half the answer's body arrives, then the connection breaks.
    Torn,
    /// Done; the answer's body arrives twice, as one.
    Doubled,
    /// Done; a page of somebody else's HTML comes back with 200.
    Garbage,
}

/// How far behind a read is, in milliseconds; put on the request by `ReadsLag`.
#[derive(Clone, Copy, Default)]
pub(crate) struct Lag(pub i64);

#[derive(Default)]
pub(crate) struct Faults {
    rules: Mutex<Vec<FaultRule>>,
    /// Each request that is to be applied late holds one more.
    late: Arc<()>,
}

impl Faults {
    pub fn add(&self, rule: FaultRule) {
        hold(&self.rules).push(rule);
    }

    pub fn clear(&self) {
        hold(&self.rules).clear();
    }

    pub fn late(&self) -> usize {
        Arc::strong_count(&self.late) - 1
    }

    /// To be held until what is applied late was applied.
    pub fn owed(&self) -> Arc<()> {
        Arc::clone(&self.late)
    }

    /// The effects on this request; each hit is counted.
    pub fn met(&self, server: usize, method: &str, path: &str) -> Vec<Effect> {
        let mut rules = hold(&self.rules);
        let mut met = Vec::new();
        for rule in rules.iter_mut() {
            if rule.hits(server, method, path) {
                met.push(rule.effect.clone());
                if let Some(times) = rule.times.as_mut() {
                    *times -= 1;
                }
                if !matches!(rule.effect, Effect::Latency(_) | Effect::ReadsLag { .. }) {
                    break;
                }
            }
        }
        rules.retain(|rule| rule.times != Some(0));
        met
    }

    /// Answers a request as the rules want it.
    pub async fn play(&self, server: &dyn Server, wire: Arc<Wire>, mut request: Request, next: Next) -> Response {
        let effects = self.met(server.stand().index, request.method().as_str(), &server.place(request.uri()));
        for effect in effects {
            match effect {
                Effect::Latency(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
                Effect::ReadsLag { ms } => {
                    request.extensions_mut().insert(Lag(i64::try_from(ms).unwrap_or(i64::MAX)));
                }
                Effect::Status { code, body, headers } => return refused(server, code, body, headers),
                Effect::RateLimited { after_s } => {
                    let reset = now_ms() + i64::try_from(after_s * 1000).unwrap_or_default();
                    return server.refuse(Trouble::TooMany { reset_ms: reset });
                }
                Effect::TokenExpired => return server.refuse(Trouble::Token),
                Effect::CutBefore => return cut(&wire),
                Effect::CutDuring => {
                    let _first_piece = request.into_body().into_data_stream().next().await;
                    return cut(&wire);
                }
                Effect::CutAfter => {
                    next.run(request).await;
                    return cut(&wire);
                }
                Effect::AppliedLate { after_ms } => {
                    return apply_late(&wire, request, next, after_ms, self.owed()).await;
                }
                Effect::Torn => return torn(next.run(request).await).await,
                Effect::Doubled => return doubled(next.run(request).await).await,
                Effect::Garbage => {
                    next.run(request).await;
                    return garbage();
                }
            }
        }
        next.run(request).await
    }
}

fn cut(wire: &Wire) -> Response {
    wire.cut();
    // Never seen: the wire is cut. Something must be returned.
    StatusCode::BAD_GATEWAY.into_response()
}

fn refused(server: &dyn Server, code: u16, body: String, headers: Vec<(String, String)>) -> Response {
    let code = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = if body.is_empty() {
        server.refuse(Trouble::Code(code))
    } else {
        let page = body.starts_with('<');
        let kind = if page { "text/html; charset=utf-8" } else { "application/json; charset=utf-8" };
        (code, [(header::CONTENT_TYPE, kind)], body).into_response()
    };
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

async fn apply_late(wire: &Wire, request: Request, next: Next, after_ms: u64, late: Arc<()>) -> Response {
    // The body must be in before the wire is cut, or there would be nothing to apply.
    let (parts, body) = request.into_parts();
    if let Ok(bytes) = to_bytes(body, 20 << 20).await {
        let request = Request::from_parts(parts, Body::from(bytes));
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(after_ms)).await;
            next.run(request).await;
            drop(late);
        });
    }
    cut(wire)
}

async fn torn(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = to_bytes(body, 4 << 20).await.unwrap_or_default();
    parts.headers.insert(header::CONTENT_LENGTH, whole.len().into());
    let half = whole.slice(..whole.len() / 2);
    // The pause lets the first half leave before the connection breaks under the second.
    let body = futures::stream::once(async { Ok::<Bytes, std::io::Error>(half) }).chain(futures::stream::once(async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err(std::io::ErrorKind::ConnectionReset.into())
    }));
    Response::from_parts(parts, Body::from_stream(body))
}

async fn doubled(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let once = to_bytes(body, 4 << 20).await.unwrap_or_default();
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from([&once[..], &once[..]].concat()))
}

fn garbage() -> Response {
    (
        [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
        "<!doctype html><title>Bienvenue</title><p>Vous êtes connecté au wifi de la gare. <a href=\"/go\">Continuer</a>",
    )
        .into_response()
}
