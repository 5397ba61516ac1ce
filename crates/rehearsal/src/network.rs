//! What a simulated network is to the rest of the rehearsal, and the one list of them. A new network is a folder that
//! gives a `Network`, and a line in `NETWORKS`.
//!
//! A `Server` is one server of a network: it serves its own routes, settles our accounts, performs the lines of an
//! evening that concern it, and tells what really exists. What all servers have alike is their `Stand`.

use crate::clock;
use crate::door::{Caller, Door, Line as Wired, Porch};
use crate::faults::Faults;
use crate::luck::Luck;
use crate::pictures::Gallery;
use crate::play::Cast;
use crate::said::{Posted, Say};
use crate::scenario::{AccountCard, Line, OwnLine, ServerLine};
use crate::{bluesky, discourse, email, mastodon, wordpress};
use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::serve::Listener;
use futures::future::BoxFuture;
use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use tokio::task::JoinHandle;

pub(crate) struct Network {
    /// As the scenarios and the account cards say it.
    pub name: &'static str,
    pub build: fn(Stand) -> Arc<dyn Server>,
    /// Whether a line's own part is one this network reads.
    #[cfg(test)]
    pub reads: fn(&Line) -> bool,
    /// Whether a server's own part is one this network reads.
    #[cfg(test)]
    pub stands: fn(&ServerLine) -> bool,
}

pub(crate) static NETWORKS: &[Network] =
    &[mastodon::NETWORK, bluesky::NETWORK, wordpress::NETWORK, discourse::NETWORK, email::NETWORK];

/// The network of that name.
pub(crate) fn named(name: &str) -> Option<&'static Network> {
    NETWORKS.iter().find(|network| network.name == name)
}

/// What every simulated server has.
pub(crate) struct Stand {
    /// Its place in the scenario.
    pub index: usize,
    /// `http://127.0.0.1:PORT`
    pub origin: String,
    pub line: ServerLine,
    pub faults: Arc<Faults>,
    pub luck: Luck,
    pub gallery: Gallery,
    pub door: Arc<Door>,
}

/// Why a request is refused by command, to be said in the network's own words.
pub(crate) enum Trouble {
    Code(StatusCode),
    /// Until then, in milliseconds since 1970.
    TooMany {
        reset_ms: i64,
    },
    Token,
}

pub(crate) trait Server: Send + Sync {
    fn stand(&self) -> &Stand;

    fn routes(self: Arc<Self>) -> Router;

    /// What a rule of the faults calls the path of a request.
    fn place<'a>(&self, uri: &'a Uri) -> Cow<'a, str> {
        Cow::Borrowed(uri.path())
    }

    fn refuse(&self, trouble: Trouble) -> Response;

    /// Binds further loopback ports, where it speaks more than HTTP. Asked once, before anything else.
    fn bind(&self) -> io::Result<()> {
        Ok(())
    }

    /// The doors of those ports. They shut and open with the first one.
    fn further(&self) -> &[Arc<Door>] {
        &[]
    }

    /// Speaks on a connection that came by the further door of that place, until it ends or is cut.
    fn speak(self: Arc<Self>, _door: usize, _line: Wired) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }

    /// Where it is found: what a person types to sign in.
    fn address(&self) -> String {
        self.stand().origin.clone()
    }

    /// One of our accounts moves in.
    fn settle(&self, own: &OwnLine);

    /// That account, with a ready token.
    fn card(&self, own: &OwnLine) -> Option<AccountCard>;

    /// Whether one of our accounts of that name lives here.
    fn is_home_of(&self, username: &str) -> bool;

    /// Does what a line of the scenario says; the id of what was written. `quietly` for what was there before anybody
    /// listened.
    fn perform(&self, line: &Line, cast: &Cast<'_>, at_ms: i64, quietly: bool) -> Option<String>;

    /// Whether something of that id is here to be answered, edited, deleted.
    fn has(&self, id: &str) -> bool;

    /// Somebody does something now, here: the id of what it is about.
    fn say(&self, line: &Say) -> Option<String>;

    /// What our accounts wrote since the start, in the order it was applied.
    fn posted(&self) -> Vec<Posted>;

    /// The pictures of a post, as they were brought.
    fn shown(&self, _id: &str) -> Vec<Vec<u8>> {
        Vec::new()
    }

    /// How many pictures were brought.
    fn uploads(&self) -> usize {
        0
    }

    /// Whether a client's own key for a post is honoured, where the network has one.
    fn honour_keys(&self, _yes: bool) {}

    /// Other rate limits, where the network counts requests and posts.
    fn limits(&self, _requests: u32, _posts: u32) {}
}

/// Every door of a server.
pub(crate) fn doors(server: &dyn Server) -> impl Iterator<Item = &Arc<Door>> {
    std::iter::once(&server.stand().door).chain(server.further())
}

/// Serves until the tasks are dropped or aborted.
pub(crate) fn open(server: Arc<dyn Server>) -> Vec<JoinHandle<()>> {
    let further = server.further().iter().cloned().enumerate();
    let mut tasks: Vec<_> = further.map(|(place, door)| receive(Arc::clone(&server), place, door)).collect();
    tasks.push(serve(server));
    tasks
}

/// Hands each connection of a further door to the server.
fn receive(server: Arc<dyn Server>, place: usize, door: Arc<Door>) -> JoinHandle<()> {
    let mut porch = Porch(door);
    tokio::spawn(async move {
        loop {
            let (line, _) = porch.accept().await;
            tokio::spawn(Arc::clone(&server).speak(place, line));
        }
    })
}

fn serve(server: Arc<dyn Server>) -> JoinHandle<()> {
    let porch = Porch(Arc::clone(&server.stand().door));
    let routes = Arc::clone(&server).routes().layer(from_fn_with_state(server, tried));
    let routes = routes.into_make_service_with_connect_info::<Caller>();
    tokio::spawn(async move {
        if let Err(error) = axum::serve(porch, routes).await {
            tracing::warn!(%error, "a simulated server stopped");
        }
    })
}

async fn tried(
    State(server): State<Arc<dyn Server>>,
    ConnectInfo(Caller(wire)): ConnectInfo<Caller>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = server.stand().faults.play(server.as_ref(), wire, request, next).await;
    clock::date(&mut response);
    response
}
