//! The rehearsal as this process lives it: the simulated servers, a folder that is thrown away, and a desk furnished
//! with the scenario's clients, accounts and templates.

use guichet_core::Desk;
use guichet_core::view::{Problem, TemplateEdit};
use guichet_model::{Answer, Author, Login, Network, RemoteId, Secret, Signed, SignedAccount, Step};
use guichet_networks::Reach;
use guichet_rehearsal::{AccountCard, ClientCard, Options, Scenario, SignIn};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// Ids and tokens come out of it, the same every evening.
const SEED: u64 = 1;
/// Colours a client can have (`ClientView::color`).
const COLOURS: u8 = 8;

const PREFIX: &str = "guichet-rehearsal-";
/// A rehearsal that is just starting has a folder and no lock yet.
const STARTING: Duration = Duration::from_secs(60);

pub struct Rehearsal {
    servers: guichet_rehearsal::Rehearsal,
    folder: Mutex<Option<TempDir>>,
    path: std::path::PathBuf,
    offline: AtomicBool,
}

impl Rehearsal {
    /// Starts the servers of a scenario, as written.
    pub async fn start(scenario: &str) -> io::Result<Self> {
        let named = Scenario::named(scenario).ok_or_else(|| {
            let known = Scenario::names().join(", ");
            io::Error::new(io::ErrorKind::NotFound, format!("--scenario: {known}"))
        })?;
        let options = Options { scenario: named, seed: SEED, pace: 1.0, ports: None };
        sweep(&std::env::temp_dir());
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
        Ok(Self {
            servers: guichet_rehearsal::Rehearsal::start(options).await?,
            path: folder.path().to_owned(),
            folder: Mutex::new(Some(folder)),
            offline: AtomicBool::new(false),
        })
    }

    pub fn folder(&self) -> &Path {
        &self.path
    }

    pub fn is_offline(&self) -> bool {
        self.offline.load(Ordering::SeqCst)
    }

    /// Closes the servers' ports, or opens them again.
    pub async fn set_offline(&self, yes: bool) -> Result<(), Problem> {
        self.servers.offline(yes);
        self.offline.store(yes, Ordering::SeqCst);
        Ok(())
    }

    /// Clients, accounts already signed in, templates. An account of a network that is not spoken here is left out.
    pub async fn furnish(&self, desk: &Desk) -> Result<(), Problem> {
        let networks = guichet_networks::all(Reach::Loopback);
        for card in self.servers.clients() {
            let client = desk.add_client(card.name.clone(), card.color_index % COLOURS + 1).await?;
            for account in &card.accounts {
                let Some(network) = networks.iter().find(|network| network.name() == account.network) else {
                    tracing::warn!(network = %account.network, "a network of the rehearsal is not spoken");
                    continue;
                };
                let signed = signed(network.as_ref(), account).await?;
                desk.add_account(client, account.network.clone(), signed).await?;
            }
            for template in templates(&card, client) {
                desk.save_template(template).await?;
            }
        }
        Ok(())
    }

    /// At the end: nothing of the evening stays.
    pub fn throw_away(&self) {
        let folder = self.folder.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(error)) = folder.map(TempDir::close) {
            tracing::warn!(kind = ?error.kind(), "the rehearsal's folder could not be removed");
        }
    }
}

/// Removes what rehearsals that were killed have left: those whose engine's lock nobody holds any more.
fn sweep(temporary: &Path) {
    let Ok(found) = std::fs::read_dir(temporary) else { return };
    for folder in found.flatten().filter(|f| f.file_name().to_string_lossy().starts_with(PREFIX)) {
        let Ok(lock) = File::open(folder.path().join("engine.lock")) else { continue };
        let age = lock.metadata().and_then(|m| m.modified()).ok().and_then(|at| at.elapsed().ok());
        if age.is_some_and(|age| age > STARTING)
            && lock.try_lock().is_ok()
            && let Err(error) = std::fs::remove_dir_all(folder.path())
        {
            tracing::warn!(kind = ?error.kind(), "an old rehearsal could not be removed");
        }
    }
}

fn templates(card: &ClientCard, client: guichet_model::ClientId) -> impl Iterator<Item = TemplateEdit> + '_ {
    card.templates.iter().map(move |template| TemplateEdit {
        id: None,
        code: template.code.clone(),
        title: template.title.clone(),
        text: template.text.clone(),
        lang: Some(template.lang.clone()),
        clients: vec![client],
    })
}

/// As a sign-in ends. What a person types is typed, step by step; where they would agree in a browser, the card brings a
/// token that was agreed to before.
async fn signed(network: &dyn Network, card: &AccountCard) -> Result<Signed, Problem> {
    match &card.sign_in {
        SignIn::Fields { values } => typed(network.login(), values).await,
        SignIn::Consent { .. } => Ok(agreed(card)),
    }
}

async fn typed(mut login: Box<dyn Login>, values: &BTreeMap<String, String>) -> Result<Signed, Problem> {
    let invalid = |field: &str| Problem::Invalid { field: field.into() };
    let mut step = login.first();
    loop {
        let fields = match step {
            Step::Done => return login.signed().ok_or(Problem::NotFound),
            Step::Ask { fields } | Step::OpenBrowser { paste: fields, .. } => fields,
            Step::ChoosePage { .. } => return Err(invalid("accounts")),
        };
        let known = |name: String| values.get(&name).cloned().map(|value| (name, value));
        let values: BTreeMap<_, _> = fields.into_iter().filter_map(|field| known(field.name)).collect();
        if values.is_empty() {
            return Err(invalid("fields"));
        }
        step = login.answer(Answer::Fields { values }).await.map_err(|fault| Problem::Network { fault })?;
    }
}

/// The connector's own secret, and who we are there.
fn agreed(card: &AccountCard) -> Signed {
    let remote = RemoteId::new(card.remote.clone());
    let secret = json!({
        "server": card.server,
        "client_id": card.client_id,
        "client_secret": card.client_secret,
        "access_token": card.token,
        "scopes": "read write",
    });
    let me = Author {
        remote: remote.clone(),
        handle: card.handle.clone(),
        name: card.name.clone(),
        avatar: None,
        url: None,
        bot: false,
    };
    Signed {
        server: card.server.clone(),
        secret: Secret(secret.to_string()),
        accounts: vec![SignedAccount { remote, me }],
    }
}

#[cfg(test)]
#[path = "rehearsal_tests.rs"]
mod tests;
