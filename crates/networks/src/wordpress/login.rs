//! Signing in by any address of a site: the site says where a person agrees to an application password, they do so in
//! their own browser, and it brings the password back to a loopback address.
//!
//! Where the site refuses such an address (WordPress took plain http on loopback late, and extensions may not), where
//! another machine's browser is used or no port is free, an empty answer opens the same page without a way back: it
//! shows the password, to be pasted with the user's name. A password made by hand under "Profile" does as well.

use super::access::Access;
use super::api::at;
use super::discover::{self, NOW, Site, discover};
use super::wire::User;
use super::{convert, errors, names};
use crate::addresses::same_site;
use crate::http::Http;
use crate::loopback::{self, Listener};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guichet_model::{Answer as Said, Fault, Field, FieldKind, Login, RefusalCode, Signed, SignedAccount, Step};
use std::collections::BTreeMap;
use std::sync::Arc;
use url::Url;

const CLIENT_NAME: &str = "Guichet";
/// One for every copy of this program, so that a site can list or forbid it (Core: "a UUID that identifies the app").
const APP_ID: &str = "7d1f6a52-5d0c-4f0e-9a51-3c5b5d6f2e10";

pub(crate) struct SignIn {
    http: Arc<Http>,
    going: Option<Going>,
    signed: Option<Signed>,
}

/// A sign-in that waits for the person.
struct Going {
    site: Site,
    state: String,
    /// `None`: the page shows what is to be pasted.
    back: Option<String>,
    listener: Option<Listener>,
}

impl SignIn {
    pub fn new(http: Arc<Http>) -> Self {
        Self { http, going: None, signed: None }
    }

    async fn begin(&mut self, name: &str) -> Result<Step, Fault> {
        // A sign-in begun before lets its port go first.
        self.going = None;
        let site = discover(&self.http, names::page(name, self.http.reach)?).await?;
        let listener = Listener::open().await;
        let back = listener.as_ref().map(|listener| loopback::address(listener.port));
        let going = Going { site, state: random()?, back, listener };
        let step = going.open_browser();
        self.going = Some(going);
        Ok(step)
    }

    async fn returned(&mut self) -> Result<Step, Fault> {
        let going = self.going.as_mut().ok_or_else(nothing_begun)?;
        // Taken out of the sign-in: whoever drops this wait closes the door.
        let listener = match going.listener.take() {
            Some(listener) => listener,
            None => Listener::open()
                .await
                .filter(|l| going.back.as_deref() == Some(&loopback::address(l.port)))
                .ok_or_else(|| Fault::refused(RefusalCode::WindowClosed, None))?,
        };
        let (state, root) = (going.state.clone(), going.site.root.clone());
        let (user, password) = listener.answer(&["password", "error"], |back| brought(back, &state, &root)).await?;
        self.finish(&user, &password).await
    }

    async fn fields(&mut self, values: &BTreeMap<String, String>) -> Result<Step, Fault> {
        let value = |name: &str| values.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
        if let Some(server) = value("server") {
            return self.begin(server).await;
        }
        let going = self.going.as_mut().ok_or_else(nothing_begun)?;
        match (value("user"), value("password")) {
            (Some(user), Some(password)) => {
                let (user, password) = (user.to_owned(), password.to_owned());
                self.finish(&user, &password).await
            }
            // Neither: a page that shows them, please.
            (None, None) => {
                going.listener = None;
                going.back = None;
                Ok(going.open_browser())
            }
            _ => Err(Fault::refused(RefusalCode::Invalid, None)),
        }
    }

    async fn finish(&mut self, user: &str, password: &str) -> Result<Step, Fault> {
        let going = self.going.as_ref().ok_or_else(nothing_begun)?;
        let query = [("context", "edit".to_owned())];
        let url = at(&going.site.root, "/wp/v2/users/me", &query);
        let request = self.http.reading(url)?.basic_auth(user, Some(password));
        let told = match self.http.read(request, NOW, errors::table).await {
            Ok(answer) => answer.json()?,
            // A wrong password, or a host that takes the header away before WordPress sees it: the site says the same.
            Err(Fault::NeedsLogin) => return Err(Fault::refused(RefusalCode::Invalid, None)),
            Err(fault) => return Err(fault),
        };
        let me = convert::me(&User::read(&told).map_err(Fault::unreadable)?);
        let access = Access {
            server: going.site.server.clone(),
            root: going.site.root.to_string(),
            user: user.to_owned(),
            password: password.to_owned(),
        };
        self.signed = Some(Signed {
            server: access.server.clone(),
            secret: access.seal()?,
            accounts: vec![SignedAccount { remote: me.remote.clone(), me }],
        });
        self.going = None;
        Ok(Step::Done)
    }
}

#[async_trait]
impl Login for SignIn {
    fn first(&self) -> Step {
        Step::Ask { fields: vec![Field::new("server", FieldKind::Server)] }
    }

    async fn answer(&mut self, answer: Said) -> Result<Step, Fault> {
        match answer {
            Said::Fields { values } => self.fields(&values).await,
            Said::Returned => self.returned().await,
            Said::Pages { .. } => Err(Fault::refused(RefusalCode::NotOffered, None)),
        }
    }

    fn signed(&mut self) -> Option<Signed> {
        self.signed.take()
    }
}

impl Going {
    fn open_browser(&self) -> Step {
        let mut url = self.site.authorize.clone();
        // A user's applications must differ by name (`application_password_duplicate_name`): a second machine is another.
        let name = format!("{CLIENT_NAME} {}", &self.state[..4]);
        url.query_pairs_mut().append_pair("app_name", &name).append_pair("app_id", APP_ID);
        if let Some(back) = &self.back {
            let with = |more: &str| format!("{back}?state={}{more}", self.state);
            url.query_pairs_mut()
                .append_pair("success_url", &with(""))
                .append_pair("reject_url", &with("&error=access_denied"));
        }
        Step::OpenBrowser {
            host: url.host_str().unwrap_or_default().to_owned(),
            url: url.into(),
            paste: vec![Field::new("user", FieldKind::Line), Field::new("password", FieldKind::Secret)],
        }
    }
}

/// The user's name and the password in what came back, if it is ours.
fn brought(back: &Url, state: &str, root: &Url) -> Result<(String, String), Fault> {
    let value = |name: &str| {
        let found = back.query_pairs().find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned()).filter(|value| !value.is_empty())
    };
    if value("state").as_deref() != Some(state) {
        return Err(Fault::refused(RefusalCode::Invalid, None));
    }
    if let Some(site) = value("site_url") {
        let same = Url::parse(&site).is_ok_and(|site| same_site(&site, root));
        if !same {
            return Err(discover::wrong_server());
        }
    }
    match (value("user_login"), value("password")) {
        (Some(user), Some(password)) => Ok((user, password)),
        // The person said no.
        _ => Err(Fault::refused(RefusalCode::Forbidden, None)),
    }
}

fn nothing_begun() -> Fault {
    Fault::refused(RefusalCode::Invalid, None)
}

/// Letters and digits alone at its head: part of it is shown.
fn random() -> Result<String, Fault> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).map_err(|_| Fault::unreadable("no randomness"))?;
    let head = bytes[..2].iter().fold(String::new(), |head, byte| format!("{head}{byte:02x}"));
    Ok(head + &URL_SAFE_NO_PAD.encode(&bytes[2..]))
}

#[cfg(test)]
#[path = "login_tests.rs"]
mod tests;
