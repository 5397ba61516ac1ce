//! Mastodon, and servers that speak its language.
//!
//! `login` signs in, `session` is a signed-in account; `api` makes its requests and `errors` reads their refusals.
//! `pull` gathers, with `feed` (reading a list without holes), `thread` and `threads` (where a text stands) and
//! `watch` (edits, deletions, unnamed answers); `wire` reads what servers send and `convert` makes items of it.
//! `send` answers with what `uploads` brought there before, `find` looks whether it did, `live` listens, `moderation` acts on people.

mod access;
mod api;
mod convert;
mod errors;
mod feed;
mod find;
mod instance;
mod live;
mod login;
mod moderation;
mod names;
mod pull;
mod send;
mod session;
mod thread;
mod threads;
mod uploads;
mod watch;
mod wire;

pub(crate) mod recorded;

#[cfg(test)]
pub(crate) use errors::table;

use crate::addresses::Reach;
use crate::http::Http;
use guichet_model::{Doors, Identity, Login, Network, Offer, Session};
use std::sync::Arc;

/// As it is stored.
pub const NAME: &str = "mastodon";

pub struct Mastodon {
    http: Arc<Http>,
}

impl Mastodon {
    pub fn new(reach: Reach) -> Self {
        Self { http: Arc::new(Http::new(reach)) }
    }
}

impl Network for Mastodon {
    fn name(&self) -> &'static str {
        NAME
    }

    fn offer(&self) -> Offer {
        Offer { minutes: 1, approval: false, most: instance::capabilities(&instance::usual()) }
    }

    fn login(&self) -> Box<dyn Login> {
        Box::new(login::SignIn::new(self.http.clone()))
    }

    fn session(&self, identity: Identity, doors: Doors) -> Arc<dyn Session> {
        Arc::new(session::Account::new(self.http.clone(), identity, doors))
    }
}

#[cfg(test)]
mod fake;
