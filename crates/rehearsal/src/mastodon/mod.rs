//! Mastodon as it is played here: people in a town who post, answer, like and follow, OAuth with apps registered on the
//! fly, notifications, streams, pictures, rate limits. Written from its documentation and from recordings.

mod accounts;
mod acts;
mod conversations;
mod evening;
mod instance;
mod limits;
mod media;
mod notifications;
mod oauth;
mod pages;
mod paging;
mod params;
mod said;
mod server;
mod shapes;
mod statuses;
mod streaming;
pub(crate) mod text;
mod uploads;
mod world;

use crate::hold;
use crate::network::{Network, Server, Stand, Trouble};
use crate::play::Cast;
use crate::said::{Posted, Say};
use crate::scenario::{AccountCard, Line, OwnLine, SignIn, typed};
use axum::Router;
use axum::response::{IntoResponse, Response};
use params::Refusal;
use server::Host;
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub(crate) const NETWORK: Network = Network {
    name: "mastodon",
    build: |stand: Stand| Arc::new(Host::new(stand)),
    #[cfg(test)]
    reads: |line| crate::scenario::own_part::<evening::Own>(&line.more).is_some(),
    #[cfg(test)]
    stands: |line| line.more.is_empty(),
};

/// All a client of Mastodon may ask for.
const ALL_SCOPES: &str = "read write follow push profile";

impl Server for Host {
    fn stand(&self) -> &Stand {
        self
    }

    fn routes(self: Arc<Self>) -> Router {
        server::routes(self)
    }

    fn refuse(&self, trouble: Trouble) -> Response {
        match trouble {
            Trouble::Token => Refusal::token().into_response(),
            Trouble::Code(code) => Refusal::new(code, code.canonical_reason().unwrap_or("Error")).into_response(),
            Trouble::TooMany { reset_ms } => limits::too_many(300, reset_ms),
        }
    }

    fn settle(&self, own: &OwnLine) {
        let mut person = evening::new_person(&own.username, None, &own.name, &own.note);
        person.ours = true;
        person.followers = own.followers;
        person.following = own.followers / 7;
        evening::add_person(self, person);
    }

    fn card(&self, own: &OwnLine) -> Option<AccountCard> {
        let id = self.find_person(&hold(&self.town), &own.username, None)?;
        let scopes = ALL_SCOPES.split(' ').map(str::to_owned).collect();
        let app = self.new_app("Guichet", None, vec![oauth::OOB.to_owned()], scopes);
        Some(AccountCard {
            network: NETWORK.name.to_owned(),
            server: self.origin.clone(),
            handle: format!("{}@{}", own.username, self.line.domain),
            name: own.name.clone(),
            remote: id.to_string(),
            token: self.new_token(&app, Some(id), ALL_SCOPES),
            client_id: app.client_id,
            client_secret: app.client_secret,
            sign_in: SignIn::Consent { values: typed([("server", &self.origin)]) },
        })
    }

    fn is_home_of(&self, username: &str) -> bool {
        hold(&self.town).person(username, None).is_some_and(|person| person.ours)
    }

    fn perform(&self, line: &Line, cast: &Cast<'_>, at_ms: i64, quietly: bool) -> Option<String> {
        evening::perform(self, line, cast, at_ms, quietly)
    }

    fn has(&self, id: &str) -> bool {
        said::known(self, id).is_some()
    }

    fn say(&self, line: &Say) -> Option<String> {
        said::say(self, line)
    }

    fn posted(&self) -> Vec<Posted> {
        said::posted(self)
    }

    fn shown(&self, id: &str) -> Vec<Vec<u8>> {
        said::shown(self, id)
    }

    fn uploads(&self) -> usize {
        hold(&self.town).uploads.len()
    }

    fn honour_keys(&self, yes: bool) {
        self.honours_keys.store(yes, Ordering::SeqCst);
    }

    fn limits(&self, requests: u32, posts: u32) {
        hold(&self.limits).set(requests, posts);
    }
}
