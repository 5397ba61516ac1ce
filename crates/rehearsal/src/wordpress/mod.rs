//! WordPress as it is played here: a site with posts, comments that visitors write and moderators put where they belong,
//! application passwords. Written from the code's own tests, its documentation and recordings of a real site.

mod acts;
mod answers;
mod asked;
mod comments;
mod consent;
mod evening;
mod list;
mod passwords;
mod posts;
mod said;
mod server;
mod shapes;
mod text;
mod users;
mod visitors;
mod world;

use crate::clock::now_ms;
use crate::hold;
use crate::network::{Network, Server, Stand, Trouble};
use crate::play::Cast;
use crate::said::{Posted, Say};
use crate::scenario::{AccountCard, Line, OwnLine, SignIn, typed};
use answers::Refusal;
use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use server::Host;
use std::borrow::Cow;
use std::sync::Arc;
use world::{Role, User};

pub(crate) const NETWORK: Network = Network {
    name: "wordpress",
    build: |stand: Stand| Arc::new(Host::new(stand)),
    #[cfg(test)]
    reads: |line| crate::scenario::own_part::<evening::Own>(&line.more).is_some(),
    #[cfg(test)]
    stands: |line| crate::scenario::own_part::<server::Own>(&line.more).is_some(),
};

/// What the passwords of the cards were made for.
const READY: &str = "Entraînement";
const READY_ID: &str = "7d1b3f0e-52c4-4a1c-9d0b-0e6a5f2c8b41";
const YEAR_MS: i64 = 31_536_000_000;

impl Server for Host {
    fn stand(&self) -> &Stand {
        self
    }

    fn routes(self: Arc<Self>) -> Router {
        server::routes(self)
    }

    fn place<'a>(&self, uri: &'a Uri) -> Cow<'a, str> {
        Cow::Owned(asked::place(self, uri))
    }

    fn refuse(&self, trouble: Trouble) -> Response {
        match trouble {
            Trouble::Code(code) => answers::trouble(self, code),
            Trouble::Token => Refusal::json(401, "incorrect_password").respond(self),
            Trouble::TooMany { reset_ms } => {
                let mut response = answers::trouble(self, StatusCode::TOO_MANY_REQUESTS);
                let seconds = (reset_ms - now_ms()).max(0).unsigned_abs().div_ceil(1000);
                answers::add(response.headers_mut(), "retry-after", &seconds.to_string());
                response
            }
        }
    }

    fn address(&self) -> String {
        self.home()
    }

    fn settle(&self, own: &OwnLine) {
        let mut site = hold(&self.site);
        let id = site.users.len() as u64 + 2;
        let role = own.role.as_deref().and_then(Role::named).unwrap_or(Role::Editor);
        site.users.insert(
            id,
            User {
                id,
                login: own.username.clone(),
                name: own.name.clone(),
                mail: format!("{}@{}", own.username, self.line.domain),
                role,
                since_ms: now_ms() - 3 * YEAR_MS,
            },
        );
    }

    fn card(&self, own: &OwnLine) -> Option<AccountCard> {
        let id = hold(&self.site).user(&own.username)?.id;
        let password = passwords::spaced(&passwords::make(self, id, READY, READY_ID));
        let home = self.home();
        Some(AccountCard {
            network: NETWORK.name.to_owned(),
            server: home.clone(),
            handle: format!("{}@{}", own.username, self.line.domain),
            name: own.name.clone(),
            remote: id.to_string(),
            sign_in: SignIn::Fields {
                values: typed([("server", &home), ("user", &own.username), ("password", &password)]),
            },
            token: password,
            client_id: String::new(),
            client_secret: String::new(),
        })
    }

    fn is_home_of(&self, username: &str) -> bool {
        hold(&self.site).users.values().any(|user| user.login == username)
    }

    fn perform(&self, line: &Line, cast: &Cast<'_>, at_ms: i64, quietly: bool) -> Option<String> {
        evening::perform(self, line, cast, at_ms, quietly)
    }

    fn has(&self, id: &str) -> bool {
        said::known(&hold(&self.site), id).is_some()
    }

    fn say(&self, line: &Say) -> Option<String> {
        said::say(self, line)
    }

    fn posted(&self) -> Vec<Posted> {
        said::posted(self)
    }
}
