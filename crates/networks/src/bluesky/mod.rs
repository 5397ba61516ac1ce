//! Bluesky: the posts, answers and private messages of one account, on whatever server keeps it.
//!
//! `login` signs in, with `resolve` (from a name to the server that keeps it) and `oauth`; `access` is the secret, `renew`
//! exchanges it for a fresh one and `dpop` proves whose it is. `session` is a signed-in account; `api` makes its requests
//! and `errors` reads their refusals. `pull` gathers, with `feed` (a list from its newest down to what is known), `gather`
//! and `thread` (where a post stands) and `chat` (private messages); `wire` reads what servers send, `facets` the marks in
//! a text, and `convert` makes items of it. `send` answers, with `detect` (what to mark) and `tid` (a record's own key);
//! `find` looks whether it did; `acts` likes, mutes, blocks and reports; `curate` hides and deletes; `look` reads again.

mod access;
mod acts;
mod api;
mod chat;
mod convert;
mod curate;
mod detect;
mod dpop;
mod errors;
mod facets;
mod feed;
mod find;
mod gather;
mod login;
mod look;
mod me;
mod names;
mod oauth;
mod pull;
mod renew;
mod resolve;
mod send;
mod session;
mod thread;
mod tid;
mod wire;

pub(crate) mod recorded;

use crate::addresses::Reach;
use crate::http::Http;
use guichet_model::{Doors, Identity, Login, Network, Offer, Session};
use std::sync::Arc;

/// As it is stored.
pub const NAME: &str = "bluesky";

pub struct Bluesky {
    http: Arc<Http>,
    renewals: Arc<renew::Renewals>,
}

impl Bluesky {
    pub fn new(reach: Reach) -> Self {
        Self { http: Arc::new(Http::new(reach)), renewals: Arc::default() }
    }
}

impl Network for Bluesky {
    fn name(&self) -> &'static str {
        NAME
    }

    fn offer(&self) -> Offer {
        Offer { minutes: 2, approval: false, most: me::capabilities(true) }
    }

    fn login(&self) -> Box<dyn Login> {
        Box::new(login::SignIn::new(self.http.clone(), resolve::Directory::default()))
    }

    fn session(&self, identity: Identity, doors: Doors) -> Arc<dyn Session> {
        Arc::new(session::Account::new(self.http.clone(), identity, doors, &self.renewals))
    }
}

#[cfg(test)]
mod fake;
#[cfg(test)]
mod mutations_tests;
