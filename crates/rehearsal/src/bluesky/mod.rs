//! Bluesky as it is played here: data server, AppView, chat and moderators in one, behind the one address that clients sign
//! in to. Written from the lexicons, the reference server's documentation and recordings of it.

mod asked;
mod chat;
mod dpop;
mod evening;
mod exchanges;
mod feed;
mod graph;
mod identity;
mod index;
mod lexicon;
mod limits;
mod media;
mod names;
mod notifications;
mod oauth;
mod program;
mod refusal;
mod repo;
mod said;
mod server;
mod shapes;
mod text;
mod tokens;
mod world;

use crate::clock::now_ms;
use crate::hold;
use crate::network::{Network, Server, Stand, Trouble};
use crate::play::Cast;
use crate::said::{Posted, Say};
use crate::scenario::{AccountCard, Line, OwnLine, SignIn, typed};
use axum::Router;
use axum::response::Response;
use refusal::Refusal;
use server::Host;
use std::sync::Arc;

pub(crate) const NETWORK: Network = Network {
    name: "bluesky",
    build: |stand: Stand| Arc::new(Host::new(stand)),
    #[cfg(test)]
    reads: |line| crate::scenario::own_part::<evening::Own>(&line.more).is_some(),
    #[cfg(test)]
    stands: |line| line.more.is_empty(),
};

/// The role of an account whose app password may not read private messages.
const WITHOUT_MESSAGES: &str = "without_messages";

impl Host {
    fn handle_of(&self, own: &OwnLine) -> String {
        format!("{}.{}", own.username, self.line.domain)
    }
}

impl Server for Host {
    fn stand(&self) -> &Stand {
        self
    }

    fn routes(self: Arc<Self>) -> Router {
        server::routes(self)
    }

    fn refuse(&self, trouble: Trouble) -> Response {
        match trouble {
            Trouble::Code(code) => Refusal::of(code).respond(),
            Trouble::Token => Refusal::expired("Token has expired").respond(),
            Trouble::TooMany { reset_ms } => {
                let mut response = Refusal::too_many().respond();
                limits::spent(response.headers_mut(), reset_ms, now_ms());
                response
            }
        }
    }

    fn settle(&self, own: &OwnLine) {
        let met = evening::met_ms(self);
        let mut sky = hold(&self.sky);
        let did = sky.welcome(&self.handle_of(own), &own.name, &own.note, true, met);
        if let Some(person) = sky.people.get_mut(&did) {
            person.followers = own.followers;
        }
    }

    fn card(&self, own: &OwnLine) -> Option<AccountCard> {
        let handle = self.handle_of(own);
        let did = hold(&self.sky).did_of(&handle)?;
        let password = tokens::make(self, &did, own.role.as_deref() != Some(WITHOUT_MESSAGES));
        Some(AccountCard {
            network: NETWORK.name.to_owned(),
            server: self.origin.clone(),
            handle: handle.clone(),
            name: own.name.clone(),
            remote: did,
            sign_in: SignIn::Fields {
                values: typed([("server", &self.origin), ("user", &handle), ("password", &password)]),
            },
            token: password,
            client_id: String::new(),
            client_secret: String::new(),
        })
    }

    fn is_home_of(&self, username: &str) -> bool {
        hold(&self.sky).ours(username).is_some()
    }

    fn perform(&self, line: &Line, cast: &Cast<'_>, at_ms: i64, quietly: bool) -> Option<String> {
        evening::perform(self, line, cast, at_ms, quietly)
    }

    fn has(&self, id: &str) -> bool {
        said::has(self, id)
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
        let brought = |blob: &&world::Blob| matches!(blob, world::Blob::Brought { .. });
        hold(&self.sky).blobs.values().filter(brought).count()
    }

    fn limits(&self, requests: u32, posts: u32) {
        hold(&self.limits).set(requests, posts);
    }
}
