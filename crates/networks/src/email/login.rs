//! Signing in with an address and a password. The servers are found by what their domain says of itself; where nobody
//! says, they are asked for. Both are tried before anything is kept: a mailbox that can be read and not answered from is
//! no inbox.
//!
//! The great providers want a password made for this program alone, or none: whoever typed the other one is asked again, by
//! fields whose words tell where to make one, or what to fill in to agree in the browser instead.

use super::access::Access;
use super::autoconfig;
use super::convert;
use super::dial::Dial;
use super::folders::spelled;
use super::grant::{Client, Consent, Grant, Issuer};
use super::imap::Imap;
use super::letter::{self, Person};
use super::servers::{self, Pair, Protocol, Provider, Server, User};
use super::smtp::Smtp;
use crate::addresses::Reach;
use crate::http::Http;
use async_trait::async_trait;
use guichet_model::{Answer, Clock, Fault, Field, FieldKind, Login, Millis, RefusalCode, Signed, SignedAccount, Step};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) struct SignIn {
    http: Arc<Http>,
    dial: Arc<Dial>,
    going: Option<Going>,
    /// Waits for the owner in their browser.
    consent: Option<Consent>,
    signed: Option<Signed>,
}

/// What was said so far.
struct Going {
    address: String,
    password: String,
    name: String,
    folder: String,
    servers: Option<Pair>,
    /// Who stands in for a great provider, on loopback.
    issuer: Option<Issuer>,
    grant: Option<Grant>,
    /// Whether they were told what password is wanted.
    told: bool,
}

/// A sign-in waits for nothing: what "later" means from here is for whoever tries again.
struct NoClock;

impl Clock for NoClock {
    fn now(&self) -> Millis {
        Millis(0)
    }
}

impl SignIn {
    pub fn new(http: Arc<Http>, dial: Arc<Dial>) -> Self {
        Self { http, dial, going: None, consent: None, signed: None }
    }

    async fn begin(&mut self, address: &str, values: &BTreeMap<String, String>) -> Result<Step, Fault> {
        let said = |name: &str| values.get(name).map(|value| value.trim()).unwrap_or_default();
        let address = address.trim().trim_start_matches("mailto:").to_lowercase();
        if !letter::is_address(&address) {
            return Err(invalid());
        }
        // A sign-in begun before lets its port go first.
        self.consent = None;
        // On loopback nobody describes anything: the rehearsal's servers are typed.
        let domain = address.rsplit('@').next().unwrap_or_default();
        let servers = match (self.dial.reach, servers::known(domain)) {
            (Reach::Loopback, _) => None,
            (Reach::Public, Some(known)) => Some(known),
            (Reach::Public, None) => autoconfig::find(&self.http, domain).await?,
        };
        let folder = said("folder");
        self.going = Some(Going {
            password: values.get("password").cloned().unwrap_or_default(),
            name: letter::line(said("name")),
            folder: if folder.is_empty() { "INBOX".to_owned() } else { spelled(folder) },
            servers,
            issuer: None,
            grant: None,
            told: false,
            address,
        });
        self.proceed().await
    }

    async fn proceed(&mut self) -> Result<Step, Fault> {
        let going = self.going.as_mut().ok_or_else(invalid)?;
        let Some(servers) = going.servers.clone() else {
            return Ok(ask_servers());
        };
        let provider = Provider::of_server(&servers.imap);
        let issuer = issuer_of(going, provider);
        if going.password.is_empty() && going.grant.is_none() {
            going.told = true;
            return Ok(ask_password(provider, issuer.as_ref()));
        }
        match finish(&self.dial, going, &servers).await {
            Ok(signed) => {
                self.signed = Some(signed);
                self.going = None;
                Ok(Step::Done)
            }
            // A consent is good for one try: what comes next is asked for anew.
            Err(Fault::NeedsLogin) if going.grant.take().is_some() => Err(Fault::refused(RefusalCode::Forbidden, None)),
            Err(Fault::NeedsLogin) => match provider {
                Some(_) if !going.told => {
                    going.told = true;
                    Ok(ask_password(provider, issuer.as_ref()))
                }
                _ => Err(invalid()),
            },
            Err(fault) => Err(fault),
        }
    }

    /// The owner is asked in their browser, by the program of this id.
    async fn ask_owner(&mut self, client: Client) -> Result<Step, Fault> {
        self.consent = None;
        let going = self.going.as_ref().ok_or_else(invalid)?;
        let servers = going.servers.as_ref().ok_or_else(invalid)?;
        let issuer = issuer_of(going, Provider::of_server(&servers.imap)).ok_or_else(invalid)?;
        // Whoever described the domain may have named another's server: a token is not shown to it.
        if ![&servers.imap, &servers.smtp].into_iter().all(|server| issuer.serves(server, self.dial.reach)) {
            return Err(Fault::refused(RefusalCode::WrongServer, None));
        }
        let consent = Consent::begin(issuer, client).await?;
        let step = consent.step(&going.address)?;
        self.consent = Some(consent);
        Ok(step)
    }

    async fn returned(&mut self) -> Result<Step, Fault> {
        let grant = self.consent.as_mut().ok_or_else(invalid)?.returned(&self.http).await?;
        self.going.as_mut().ok_or_else(invalid)?.grant = Some(grant);
        let step = self.proceed().await?;
        self.consent = None;
        Ok(step)
    }

    async fn fields(&mut self, values: &BTreeMap<String, String>) -> Result<Step, Fault> {
        let value = |name: &str| values.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
        if let Some(address) = value("address") {
            return self.begin(address, values).await;
        }
        let reach = self.dial.reach;
        let going = self.going.as_mut().ok_or_else(invalid)?;
        // It was for other servers, or is not wanted any more.
        going.grant = None;
        match (value("imap"), value("smtp")) {
            (Some(imap), Some(smtp)) => {
                going.servers = Some(Pair {
                    imap: Server::typed(imap, Protocol::Imap, reach)?,
                    smtp: Server::typed(smtp, Protocol::Smtp, reach)?,
                    user: value("user").map_or(User::Address, |user| User::Named(user.to_owned())),
                });
                let stands_in = value("issuer").filter(|_| reach == Reach::Loopback);
                going.issuer = stands_in.map(|origin| Issuer::Rehearsed(origin.to_owned()));
            }
            (None, None) => {
                let begun = |with: &str| {
                    let mut all = values.iter().map(|(name, typed)| (name, typed.trim()));
                    all.find(|(name, typed)| name.starts_with(with) && !typed.is_empty())
                        .map(|(_, typed)| typed.to_owned())
                };
                if let Some(id) = begun("client_id") {
                    return self.ask_owner(Client { id, secret: begun("client_secret") }).await;
                }
                let password = values.iter().find(|(name, typed)| name.starts_with("password") && !typed.is_empty());
                going.password = password.map(|(_, typed)| typed.clone()).ok_or_else(invalid)?;
            }
            _ => return Err(invalid()),
        }
        self.proceed().await
    }
}

/// Both servers let us in, and the folder is there.
async fn finish(dial: &Dial, going: &Going, servers: &Pair) -> Result<Signed, Fault> {
    let provider = Provider::of_server(&servers.imap);
    let password = match provider {
        // Shown in groups of four, and copied with the spaces between.
        Some(Provider::Gmail) => going.password.split_whitespace().collect(),
        _ => going.password.clone(),
    };
    let access = Access {
        user: servers.user.of(&going.address),
        address: going.address.clone(),
        // A consent needs none, and none is kept.
        password: if going.grant.is_some() { String::new() } else { password },
        grant: going.grant.clone(),
        imap: servers.imap.clone(),
        smtp: servers.smtp.clone(),
        folder: going.folder.clone(),
    };
    let mut imap = Imap::open(dial, &access, Arc::new(NoClock)).await?;
    match imap.examine(&access.folder).await {
        Ok(_) => {}
        Err(Fault::Refused { .. }) => return Err(Fault::refused(RefusalCode::Gone, None)),
        Err(fault) => return Err(fault),
    }
    let smtp = Smtp::open(dial, &access, Millis(0)).await?;
    smtp.leave().await;
    let person = Person { address: going.address.clone(), name: going.name.clone() };
    let me = convert::known(&person);
    Ok(Signed {
        server: access.origin(),
        secret: access.seal()?,
        accounts: vec![SignedAccount { remote: me.remote.clone(), me }],
    })
}

#[async_trait]
impl Login for SignIn {
    fn first(&self) -> Step {
        Step::Ask {
            fields: vec![
                Field::new("address", FieldKind::Address),
                Field::new("password", FieldKind::Secret),
                Field::new("name", FieldKind::Line),
                Field::new("folder", FieldKind::Line),
            ],
        }
    }

    async fn answer(&mut self, answer: Answer) -> Result<Step, Fault> {
        match answer {
            Answer::Fields { values } => self.fields(&values).await,
            Answer::Returned => self.returned().await,
            Answer::Pages { .. } => Err(Fault::refused(RefusalCode::NotOffered, None)),
        }
    }

    fn signed(&mut self) -> Option<Signed> {
        self.signed.take()
    }
}

fn ask_servers() -> Step {
    Step::Ask {
        fields: vec![
            Field::new("imap", FieldKind::Server),
            Field::new("smtp", FieldKind::Server),
            Field::new("user", FieldKind::Line),
        ],
    }
}

fn issuer_of(going: &Going, provider: Option<Provider>) -> Option<Issuer> {
    going.issuer.clone().or_else(|| provider.and_then(Issuer::of))
}

/// A password, or what the program is called where the owner agrees without one: one of them is filled in.
fn ask_password(provider: Option<Provider>, issuer: Option<&Issuer>) -> Step {
    let name = provider.map_or("password", Provider::password_field);
    let mut fields = vec![Field::new(name, FieldKind::Secret)];
    match issuer {
        Some(Issuer::Google) => {
            fields.push(Field::new("client_id_google", FieldKind::Line));
            fields.push(Field::new("client_secret_google", FieldKind::Secret));
        }
        // It takes no password any more: what works is asked for first.
        Some(Issuer::Microsoft) => fields.insert(0, Field::new("client_id_microsoft", FieldKind::Line)),
        Some(Issuer::Rehearsed(_)) => fields.push(Field::new("client_id_google", FieldKind::Line)),
        None => {}
    }
    Step::Ask { fields }
}

fn invalid() -> Fault {
    Fault::refused(RefusalCode::Invalid, None)
}

#[cfg(test)]
#[path = "login_tests.rs"]
mod tests;
