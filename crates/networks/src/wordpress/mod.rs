//! WordPress: the comments of a site, by its REST interface and an application password.
//!
//! `names` finds the site in what a person pasted and `discover` its doors; `login` signs in and `access` keeps the secret.
//! `session` is a signed-in account, `api` makes its requests and `errors` reads their refusals. `pull` gathers, with
//! `tree` (which comment stands at the top) and `posts` (what comments hang on); `wire` reads what sites send and
//! `convert` makes items of it. `send` answers, `find` looks whether it did, `curate` puts comments where they belong and
//! changes our own, `look` reads known ones again.

mod access;
mod api;
mod convert;
mod curate;
mod discover;
mod errors;
mod find;
mod login;
mod look;
mod me;
mod names;
mod posts;
mod pull;
mod send;
mod session;
mod tree;
mod wire;

pub(crate) mod recorded;

use crate::addresses::Reach;
use crate::http::Http;
use guichet_model::{Doors, Identity, Login, Network, Offer, Session};
use std::sync::Arc;

/// As it is stored.
pub const NAME: &str = "wordpress";

pub struct WordPress {
    http: Arc<Http>,
}

impl WordPress {
    pub fn new(reach: Reach) -> Self {
        Self { http: Arc::new(Http::new(reach)) }
    }
}

impl Network for WordPress {
    fn name(&self) -> &'static str {
        NAME
    }

    fn offer(&self) -> Offer {
        Offer { minutes: 1, approval: false, most: me::capabilities(true) }
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
