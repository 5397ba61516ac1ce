//! One simulated site: where it is, what guards it, and who answers at which address.

use super::answers::{self, Refusal};
use super::asked::Asked;
use super::world::{Id, Site, User};
use super::{comments, consent, passwords, posts, users, visitors};
use crate::hold;
use crate::network::Stand;
use crate::scenario::own_part;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

/// What only WordPress reads of a server: how this site is made.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Own {
    /// The folder it lives in, `/blog`; empty: at the root.
    pub folder: String,
    /// No pretty addresses: `?rest_route=` alone.
    pub plain: bool,
    /// Application passwords are offered.
    pub passwords: bool,
    /// The host strips the `Authorization` header, as some do.
    pub stripped: bool,
    /// Who must be known to the web server first.
    pub guard: Guard,
    /// What visitors write waits for a moderator.
    pub moderated: bool,
    /// The site's own time, in hours east of Greenwich.
    pub hours: i64,
}

impl Default for Own {
    fn default() -> Self {
        Own {
            folder: String::new(),
            plain: false,
            passwords: true,
            stripped: false,
            guard: Guard::Nothing,
            moderated: false,
            hours: 1,
        }
    }
}

/// What the web server shows only to who knows its own password.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Guard {
    Nothing,
    /// The pages; the API is open.
    Pages,
    /// All of it: nobody can prove two things in one header.
    All,
}

/// What the guard of a site wants to hear.
const GUARD: (&str, &str) = ("relecture", "avant-tout-le-monde");

pub(crate) struct Host {
    stand: Stand,
    pub own: Own,
    pub site: Mutex<Site>,
}

impl Host {
    pub fn new(stand: Stand) -> Host {
        let own = own_part(&stand.line.more).unwrap_or_default();
        Host { stand, own, site: Mutex::default() }
    }

    /// The site's address, without a slash at its end.
    pub fn home(&self) -> String {
        format!("{}{}", self.origin, self.own.folder)
    }

    /// The address of a route of the API, in the form this site has.
    pub fn link(&self, route: &str, query: &str) -> String {
        let home = self.home();
        match (self.own.plain, query.is_empty()) {
            (false, true) => format!("{home}/wp-json{route}"),
            (false, false) => format!("{home}/wp-json{route}?{query}"),
            (true, true) => format!("{home}/index.php?rest_route={route}"),
            (true, false) => {
                let route: String = url::form_urlencoded::byte_serialize(route.as_bytes()).collect();
                format!("{home}/index.php?rest_route={route}&{query}")
            }
        }
    }

    /// Who asks; nobody without the right password.
    pub fn who(&self, asked: &Asked) -> Option<Id> {
        if self.own.stripped || !self.own.passwords {
            return None;
        }
        let (login, password) = asked.basic()?;
        passwords::proven(&mut hold(&self.site), &login, &password)
    }
}

/// A site is a server, and more: its origin and its luck are found on it.
impl Deref for Host {
    type Target = Stand;

    fn deref(&self) -> &Stand {
        &self.stand
    }
}

/// A request to the API, and who makes it.
pub(crate) struct Caller<'a> {
    pub asked: &'a Asked,
    pub who: Option<Id>,
}

impl Caller<'_> {
    pub fn user<'a>(&self, site: &'a Site) -> Option<&'a User> {
        site.users.get(&self.who?)
    }

    pub fn moderates(&self, site: &Site) -> bool {
        self.user(site).is_some_and(|user| user.role.moderates())
    }
}

pub(crate) fn routes(host: Arc<Host>) -> Router {
    Router::new().fallback(answer).with_state(host)
}

async fn answer(State(host): State<Arc<Host>>, request: Request) -> Response {
    let asked = match Asked::read(&host, request).await {
        Ok(asked) => asked,
        Err(refusal) => return refusal.respond(&host),
    };
    if guarded(&host, &asked) {
        let mut response = answers::trouble(&host, StatusCode::UNAUTHORIZED);
        answers::add(response.headers_mut(), "www-authenticate", "Basic realm=\"Relecture\"");
        return response;
    }
    let Some(path) = &asked.path else {
        // Another site lives around the folder, and knows nothing of this one's API.
        return answers::trouble(&host, StatusCode::NOT_FOUND);
    };
    let Some(route) = &asked.route else {
        return match path.as_str() {
            consent::PATH => consent::answer(&host, &asked),
            visitors::WRITE => visitors::write(&host, &asked),
            _ => visitors::page(&host, path, &asked),
        };
    };
    let caller = Caller { asked: &asked, who: host.who(&asked) };
    let parts: Vec<&str> = route.split('/').filter(|part| !part.is_empty()).collect();
    let said = match (asked.method.as_str(), parts.as_slice()) {
        ("GET", []) => Ok(users::index(&host)),
        ("GET", ["wp", "v2", "users", "me"]) => users::me(&host, &caller),
        ("GET", ["wp", "v2", "users", "me", "application-passwords", "introspect"]) => passwords::shown(&host, &caller),
        ("DELETE", ["wp", "v2", "users", "me", "application-passwords", uuid]) => {
            passwords::revoke(&host, &caller, uuid)
        }
        ("GET", ["wp", "v2", "posts"]) => posts::list(&host, &caller),
        ("GET", ["wp", "v2", "posts", id]) => posts::one(&host, &caller, id),
        ("GET", ["wp", "v2", "comments"]) => comments::list(&host, &caller),
        ("POST", ["wp", "v2", "comments"]) => comments::create(&host, &caller),
        ("GET", ["wp", "v2", "comments", id]) => comments::one(&host, &caller, id),
        ("POST" | "PUT" | "PATCH", ["wp", "v2", "comments", id]) => comments::change(&host, &caller, id),
        ("DELETE", ["wp", "v2", "comments", id]) => comments::remove(&host, &caller, id),
        _ => Err(Refusal::json(404, "rest_no_route")),
    };
    match said {
        Ok(said) => said.respond(&host),
        Err(refusal) => refusal.respond(&host),
    }
}

fn guarded(host: &Host, asked: &Asked) -> bool {
    let wanted = match host.own.guard {
        Guard::Nothing => false,
        Guard::Pages => asked.route.is_none() && asked.method != Method::OPTIONS,
        Guard::All => true,
    };
    wanted && asked.basic() != Some((GUARD.0.to_owned(), GUARD.1.to_owned()))
}
