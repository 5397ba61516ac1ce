//! One simulated forum: where it is, how it is set, who asks, and who answers at which address.

use super::answers::{self, Refusal, Said};
use super::asked::Asked;
use super::limits::Limits;
use super::world::{Forum, Id, User};
use super::{consent, device, keys, notes, pages, posts, topics, users};
use crate::clock::now_ms;
use crate::network::Stand;
use crate::scenario::own_part;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

/// What only Discourse reads of a server: how this forum is set.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Own {
    /// The folder it lives in, `/forum`; empty: at the root.
    pub folder: String,
    /// Recent enough to give keys by a device code.
    pub device: bool,
    /// Seconds between two questions whether it was agreed to.
    pub interval: u64,
    /// Recent enough to know `padding=oaep`.
    pub oaep: bool,
    /// Requests of one key in a minute and in a day.
    pub per_minute: u32,
    pub per_day: u32,
    /// Characters of a text.
    pub least: usize,
    pub most: usize,
    /// What is written by those who are not staff waits for a moderator.
    pub approves: bool,
    /// Nothing is shown to visitors.
    pub closed: bool,
    /// The name that stands for all of ours, for `@group`.
    pub group: String,
}

impl Default for Own {
    fn default() -> Self {
        Own {
            folder: String::new(),
            device: true,
            interval: 5,
            oaep: true,
            per_minute: 20,
            per_day: 2_880,
            least: 20,
            most: 32_000,
            approves: false,
            closed: false,
            group: String::new(),
        }
    }
}

pub(crate) struct Host {
    stand: Stand,
    pub own: Own,
    pub forum: Mutex<Forum>,
    pub limits: Mutex<Limits>,
}

impl Host {
    pub fn new(stand: Stand) -> Host {
        let own: Own = own_part(&stand.line.more).unwrap_or_default();
        let limits = Mutex::new(Limits::new(own.per_minute, own.per_day));
        let forum = Mutex::new(Forum::numbered(stand.index));
        Host { stand, own, forum, limits }
    }

    /// The forum's address, without a slash at its end.
    pub fn home(&self) -> String {
        format!("{}{}", self.origin, self.own.folder)
    }
}

/// A forum is a server, and more: its origin and its luck are found on it.
impl Deref for Host {
    type Target = Stand;

    fn deref(&self) -> &Stand {
        &self.stand
    }
}

/// A request, and who makes it.
pub(crate) struct Caller<'a> {
    pub asked: &'a Asked,
    pub who: Option<Id>,
}

impl Caller<'_> {
    pub fn known(&self) -> Result<Id, Refusal> {
        self.who.ok_or(Refusal::NotLoggedIn)
    }

    pub fn user<'a>(&self, forum: &'a Forum) -> Option<&'a User> {
        forum.users.get(&self.who?)
    }

    pub fn staff(&self, forum: &Forum) -> bool {
        self.user(forum).is_some_and(|user| user.role.staff())
    }

    /// What was applied after this instant cannot be read yet.
    pub fn reads_until(&self) -> i64 {
        now_ms() - self.asked.lag.0
    }
}

pub(crate) fn routes(host: Arc<Host>) -> Router {
    Router::new().fallback(answer).with_state(host)
}

async fn answer(State(host): State<Arc<Host>>, request: Request) -> Response {
    let Some(asked) = Asked::read(&host.own.folder, request).await else {
        return answers::trouble(&host, StatusCode::BAD_REQUEST);
    };
    let Some(path) = asked.path.clone() else {
        // Something else lives around the folder.
        return answers::trouble(&host, StatusCode::NOT_FOUND);
    };
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match (asked.method.as_str(), parts.as_slice()) {
        ("HEAD" | "GET" | "POST", ["user-api-key", "new"]) | ("POST", ["user-api-key"]) => {
            return consent::answer(&host, &asked);
        }
        ("GET" | "POST", ["user-api-key", "activate"]) => return device::activate(&host, &asked),
        ("GET", ["letter_avatar_proxy", ..]) => return pages::avatar(&host, &path),
        _ => {}
    }
    match said(&host, &asked, &parts) {
        Ok(Some(body)) => answers::told(StatusCode::OK, &body),
        Ok(None) => pages::page(&host, &parts),
        Err(refusal) => refusal.respond(&host, asked.json),
    }
}

/// `None`: a page for people is asked for.
fn said(host: &Host, asked: &Asked, parts: &[&str]) -> Result<Option<Value>, Refusal> {
    let reads = matches!(asked.method, Method::GET | Method::HEAD);
    match (asked.method.as_str(), parts) {
        ("POST", ["user-api-key", "device"]) => return device::begin(host, asked).map(Some),
        ("POST", ["user-api-key", "device", "poll"]) => return device::poll(host, asked).map(Some),
        _ => {}
    }
    let who = keys::who(host, asked)?;
    if who.is_none() && !reads {
        return Err(Refusal::BadCsrf);
    }
    if !asked.json && reads {
        return Ok(None);
    }
    let caller = Caller { asked, who };
    let open = matches!(parts, ["site" | "session", ..]);
    if host.own.closed && who.is_none() && !open {
        return Err(Refusal::NotLoggedIn);
    }
    route(host, &caller, parts).map(Some)
}

fn route(host: &Host, caller: &Caller<'_>, parts: &[&str]) -> Said {
    match (caller.asked.method.as_str(), parts) {
        ("POST", ["user-api-key", "revoke"]) => keys::revoke(host, caller),
        ("GET", ["session", "current"]) => users::current(host, caller),
        ("GET", ["site", "settings"]) => users::settings(host),
        ("GET", ["site", "basic-info"]) => users::about(host),
        ("GET", ["u", name]) => users::one(host, caller, name),
        ("PUT", ["u", name, "notification_level"]) => users::level(host, caller, name),
        ("GET", ["user_actions"]) => users::actions(host, caller),
        ("GET", ["notifications"]) => notes::list(host, caller),
        ("PUT", ["notifications", "mark-read"]) => notes::mark_read(host, caller),
        ("GET", ["topics", "private-messages", name]) => topics::private(host, caller, name, false),
        ("GET", ["topics", "private-messages-sent", name]) => topics::private(host, caller, name, true),
        ("GET", ["t", id]) => topics::one(host, caller, id, None),
        ("GET", ["t", id, "posts"]) => topics::posts(host, caller, id),
        ("GET", ["t", id, number]) => topics::one(host, caller, id, Some(number)),
        ("POST", ["posts"]) => posts::create(host, caller),
        ("GET", ["posts", id]) => posts::one(host, caller, id),
        ("GET", ["posts", id, "replies"]) => posts::replies(host, caller, id),
        ("PUT", ["posts", id]) => posts::change(host, caller, id),
        ("DELETE", ["posts", id]) => posts::remove(host, caller, id),
        ("POST", ["post_actions"]) => posts::act(host, caller),
        ("DELETE", ["post_actions", id]) => posts::undo(host, caller, id),
        _ => Err(Refusal::NotFound),
    }
}
