//! E-mail: one folder of a mailbox as a contact inbox, by IMAP, and answers by SMTP.
//!
//! `servers` names the two servers, `autoconfig` finds them, `dial` reaches them and `login` signs in; `access` keeps the
//! secret, `grant` is one without a password and `renew` keeps it fresh. `imap`, `fetch` and `smtp` speak the protocols (by well-kept crates) and `errors` reads their refusals; `depth` watches what a server nests. `session` is a
//! signed-in account: `pull` gathers, `letter` reads a message's bytes and `convert` makes an item of it; `write` makes
//! the bytes of an answer, `send` lets them leave once, `find` looks whether they did; `curate` puts messages into the
//! mailbox's own junk and trash, `look` reads known ones again, `live` waits for new ones. `parts` tells what hangs on a
//! message, `files` fetches it.

mod access;
mod autoconfig;
mod convert;
mod curate;
mod depth;
mod dial;
mod errors;
mod fetch;
mod files;
mod find;
mod folders;
mod grant;
mod imap;
pub(crate) mod letter;
mod live;
mod login;
mod look;
mod names;
mod parts;
mod pull;
mod renew;
mod send;
mod servers;
mod session;
mod smtp;
mod write;

pub(crate) mod recorded;

use crate::addresses::Reach;
use crate::http::Http;
use dial::Dial;
use guichet_model::{Doors, Identity, Login, Network, Offer, Session};
use std::sync::Arc;

/// As it is stored.
pub const NAME: &str = "email";

pub struct Email {
    /// For what describes a domain's servers, and for tokens.
    http: Arc<Http>,
    dial: Arc<Dial>,
}

impl Email {
    pub fn new(reach: Reach) -> Self {
        Self { http: Arc::new(Http::new(reach)), dial: Arc::new(Dial::new(reach)) }
    }
}

impl Network for Email {
    fn name(&self) -> &'static str {
        NAME
    }

    fn offer(&self) -> Offer {
        Offer { minutes: 2, approval: false, most: write::most() }
    }

    fn login(&self) -> Box<dyn Login> {
        Box::new(login::SignIn::new(self.http.clone(), self.dial.clone()))
    }

    fn session(&self, identity: Identity, doors: Doors) -> Arc<dyn Session> {
        Arc::new(session::Account::new(self.http.clone(), self.dial.clone(), identity, doors))
    }
}

#[cfg(test)]
mod fake;
#[cfg(test)]
mod fake_imap;
#[cfg(test)]
mod fake_smtp;
#[cfg(test)]
mod mutations_tests;
#[cfg(test)]
mod starttls_tests;
