//! Discourse as it is played here: a forum with topics and private messages, people who answer and name each other, user
//! API keys sealed for the program that asks. Written from the forum's own code as others described it, its API's document
//! and recordings.

mod acts;
mod answers;
mod asked;
mod consent;
mod device;
mod evening;
mod keys;
mod limits;
mod notes;
mod pages;
mod posts;
mod said;
mod server;
mod shapes;
mod text;
mod topics;
mod users;
mod world;

use crate::clock::now_ms;
use crate::hold;
use crate::network::{Network, Server, Stand, Trouble};
use crate::play::Cast;
use crate::said::{Posted, Say};
use crate::scenario::{AccountCard, Line, OwnLine, SignIn, typed};
use answers::Refusal;
use axum::Router;
use axum::http::Uri;
use axum::response::Response;
use limits::Limits;
use server::Host;
use std::borrow::Cow;
use std::sync::Arc;
use world::Role;

pub(crate) const NETWORK: Network = Network {
    name: "discourse",
    build: |stand: Stand| Arc::new(Host::new(stand)),
    #[cfg(test)]
    reads: |line| crate::scenario::own_part::<evening::Own>(&line.more).is_some(),
    #[cfg(test)]
    stands: |line| crate::scenario::own_part::<server::Own>(&line.more).is_some(),
};

/// The program that the keys of the cards were made for.
const READY_CLIENT: &str = "entrainement-de-guichet";

impl Server for Host {
    fn stand(&self) -> &Stand {
        self
    }

    fn routes(self: Arc<Self>) -> Router {
        server::routes(self)
    }

    /// Without the folder, and without `.json`.
    fn place<'a>(&self, uri: &'a Uri) -> Cow<'a, str> {
        let path = asked::under(&self.own.folder, uri.path()).unwrap_or(uri.path());
        Cow::Borrowed(path.strip_suffix(".json").unwrap_or(path))
    }

    fn refuse(&self, trouble: Trouble) -> Response {
        match trouble {
            Trouble::Code(code) => answers::trouble(self, code),
            Trouble::Token => Refusal::NoAccess.respond(self, true),
            Trouble::TooMany { reset_ms } => {
                let wait_s = (reset_ms - now_ms()).max(0).unsigned_abs().div_ceil(1000);
                Refusal::TooMany { wait_s, code: "user_api_key_limiter_60_secs" }.respond(self, true)
            }
        }
    }

    fn address(&self) -> String {
        self.home()
    }

    fn settle(&self, own: &OwnLine) {
        let role = own.role.as_deref().and_then(Role::named).unwrap_or(Role::Regular);
        hold(&self.forum).settle(&own.username, &own.name, role, true);
    }

    fn card(&self, own: &OwnLine) -> Option<AccountCard> {
        let user = hold(&self.forum).user(&own.username).map(|user| user.id)?;
        let home = self.home();
        Some(AccountCard {
            network: NETWORK.name.to_owned(),
            server: home.clone(),
            handle: format!("{}@{}", own.username, self.line.domain),
            name: own.name.clone(),
            // The API names users by their usernames.
            remote: own.username.clone(),
            token: keys::ready(self, user, READY_CLIENT),
            client_id: READY_CLIENT.to_owned(),
            client_secret: String::new(),
            sign_in: SignIn::Consent { values: typed([("server", &home)]) },
        })
    }

    fn is_home_of(&self, username: &str) -> bool {
        hold(&self.forum).user(username).is_some_and(|user| user.ours)
    }

    fn perform(&self, line: &Line, cast: &Cast<'_>, at_ms: i64, quietly: bool) -> Option<String> {
        evening::perform(self, line, cast, at_ms, quietly)
    }

    fn has(&self, id: &str) -> bool {
        said::has(&hold(&self.forum), id)
    }

    fn say(&self, line: &Say) -> Option<String> {
        said::say(self, line)
    }

    fn posted(&self) -> Vec<Posted> {
        said::posted(self)
    }

    /// For each key and minute; as many texts as requests.
    fn limits(&self, requests: u32, _posts: u32) {
        *hold(&self.limits) = Limits::new(requests, self.own.per_day);
    }
}
