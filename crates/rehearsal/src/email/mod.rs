//! E-mail as it is played here: a mail house with its mailboxes, reached by IMAP and SMTP, and the page that tells programs
//! where they are. Written from the RFCs and from what real servers say.

mod acts;
mod autoconfig;
mod dates;
mod evening;
mod host;
mod imap;
mod letters;
mod mime;
pub(crate) mod notices;
mod said;
mod sasl;
mod smtp;
mod text;
mod tokens;
mod trouble;
mod world;

use crate::door::{Door, Line as Wired};
use crate::hold;
use crate::network::{Network, Server, Stand, Trouble};
use crate::play::Cast;
use crate::said::{Posted, Say};
use crate::scenario::{AccountCard, Line, OwnLine, SignIn, typed};
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use futures::future::BoxFuture;
use host::{Host, IMAP, SMTP};
use std::io;
use std::sync::Arc;
use world::{Folder, INBOX, Mailbox, Use};

pub(crate) const NETWORK: Network = Network {
    name: "email",
    build: |stand: Stand| Arc::new(Host::new(stand)),
    #[cfg(test)]
    reads: |line| crate::scenario::own_part::<evening::Own>(&line.more).is_some(),
    #[cfg(test)]
    stands: |line| crate::scenario::own_part::<host::Own>(&line.more).is_some(),
};

/// How far above the HTTP port the others are, where nobody else is there: a rehearsal at given ports keeps its mail there.
const ABOVE: [u16; 2] = [1000, 2000];

impl Server for Host {
    fn stand(&self) -> &Stand {
        self
    }

    fn routes(self: Arc<Self>) -> Router {
        tokens::routes(self.clone()).merge(autoconfig::routes(self))
    }

    fn refuse(&self, trouble: Trouble) -> Response {
        match trouble {
            Trouble::Code(code) => (code, code.canonical_reason().unwrap_or_default()).into_response(),
            Trouble::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS.into_response(),
            Trouble::Token => StatusCode::UNAUTHORIZED.into_response(),
        }
    }

    fn bind(&self) -> io::Result<()> {
        let near = |above: u16| match self.door.port().checked_add(above).map(Door::bind) {
            Some(Ok(door)) => Ok(door),
            _ => Door::bind(0),
        };
        let doors = [near(ABOVE[IMAP])?, near(ABOVE[SMTP])?];
        self.doors.set(doors).map_err(|_| io::Error::from(io::ErrorKind::AlreadyExists))
    }

    fn further(&self) -> &[Arc<Door>] {
        self.doors.get().map_or(&[], |doors| doors)
    }

    fn speak(self: Arc<Self>, door: usize, line: Wired) -> BoxFuture<'static, ()> {
        if door == IMAP { imap::serve(self, line).boxed() } else { smtp::serve(self, line).boxed() }
    }

    fn settle(&self, own: &OwnLine) {
        let folder = |name: &str, role| Folder::new(name, role, self.validity());
        let folders = if self.own.bare {
            vec![
                folder(INBOX, Use::Inbox),
                folder("Envoyés", Use::Sent),
                folder("Brouillons", Use::Drafts),
                folder("Indésirables", Use::Junk),
                folder("Corbeille", Use::Trash),
            ]
        } else {
            vec![
                folder(INBOX, Use::Inbox),
                folder("Sent", Use::Sent),
                folder("Drafts", Use::Drafts),
                folder("Junk", Use::Junk),
                folder("Trash", Use::Trash),
                folder("Site web/Contact & devis", Use::Plain),
            ]
        };
        let letters: String =
            self.luck.secret().to_lowercase().chars().filter(char::is_ascii_lowercase).take(16).collect();
        hold(&self.house).boxes.push(Mailbox {
            address: format!("{}@{}", own.username, self.line.domain),
            username: own.username.clone(),
            name: own.name.clone(),
            password: letters,
            token: format!("ya29.{}", self.luck.secret()),
            folders,
        });
    }

    fn card(&self, own: &OwnLine) -> Option<AccountCard> {
        let house = hold(&self.house);
        let one = house.boxes.iter().find(|one| one.username == own.username)?;
        let at = |which: usize| format!("127.0.0.1:{}", self.port(which));
        let (imap, smtp) = (at(IMAP), at(SMTP));
        Some(AccountCard {
            network: NETWORK.name.to_owned(),
            server: format!("imap://{imap}"),
            handle: one.address.clone(),
            name: one.name.clone(),
            remote: one.address.clone(),
            token: one.token.clone(),
            client_id: tokens::PROGRAM.to_owned(),
            client_secret: String::new(),
            sign_in: SignIn::Fields {
                values: typed([
                    ("address", &one.address),
                    ("user", self.user_of(&one.address)),
                    ("password", &one.password),
                    ("server", &self.origin),
                    ("imap", &imap),
                    ("smtp", &smtp),
                    ("folder", INBOX),
                    ("name", &one.name),
                ]),
            },
        })
    }

    fn is_home_of(&self, username: &str) -> bool {
        hold(&self.house).boxes.iter().any(|one| one.username == username || one.address == username)
    }

    fn perform(&self, line: &Line, cast: &Cast<'_>, at_ms: i64, _quietly: bool) -> Option<String> {
        evening::perform(self, line, cast, at_ms)
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
}
