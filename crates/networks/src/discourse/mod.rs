//! Discourse: what a forum tells one of its members, and their private messages, by a user API key.
//!
//! `names` finds the forum in what a person pasted; `login` signs in with the key pair of `key`, and `access` keeps what
//! came of it. `session` is a signed-in account, `api` makes its requests within the few that a forum allows (`pace`), and
//! `errors` reads refusals. `pull` gathers: what one was told of and one's private messages, whose texts `topics` fetches;
//! `wire` reads what forums send and `convert` makes items of it. `send` answers, `find` looks whether it did, `acts` likes,
//! mutes, flags and changes our own, `look` reads known ones again. `site` is what differs from forum to forum.

mod access;
mod acts;
mod api;
mod convert;
mod errors;
mod find;
mod key;
mod login;
mod look;
mod names;
mod pace;
mod pull;
mod send;
mod session;
mod site;
mod topics;
mod wire;

pub(crate) mod recorded;

use crate::addresses::Reach;
use crate::http::Http;
use guichet_model::{Doors, Identity, Login, Network, Offer, Session};
use std::sync::Arc;

/// As it is stored.
pub const NAME: &str = "discourse";

pub struct Discourse {
    http: Arc<Http>,
}

impl Discourse {
    pub fn new(reach: Reach) -> Self {
        Self { http: Arc::new(Http::new(reach)) }
    }
}

impl Network for Discourse {
    fn name(&self) -> &'static str {
        NAME
    }

    fn offer(&self) -> Offer {
        Offer { minutes: 2, approval: false, most: site::capabilities(site::Limits::default()) }
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
#[cfg(test)]
mod mutations_tests;
