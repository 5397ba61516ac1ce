//! The verbs at work: beside an open window they hand over to it; alone, this process is the engine for their time.

use super::{Asked, Verb};
use super::{doctor, keep, text};
use crate::contract::dispatch;
use crate::shell::Shell;
use crate::shown::Locale;
use crate::socket::Beside;
use crate::words::say;
use guichet_core::view::Problem;
use guichet_model::AccountId;
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::path::Path;
use std::time::{Duration, Instant};

/// Replies asked for at a time.
const PAGE: u64 = 500;
/// How long `reply` waits for its reply to settle before it says where it stands.
const SETTLING: Duration = Duration::from_secs(60);
/// How long `sync` waits for a window to have pulled everything.
const PULLING: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(250);
/// How long a window that is still opening is waited for.
const OPENING: Duration = Duration::from_secs(30);

/// Who answers.
pub enum Engine {
    Window(Beside),
    Here(Shell),
}

impl Engine {
    pub async fn call(&mut self, name: &str, args: Value) -> Result<Value, Problem> {
        let until = Instant::now() + OPENING;
        loop {
            let answer = match self {
                Self::Window(beside) => beside.call(name, args.clone()).await,
                Self::Here(shell) => dispatch(shell, name, args.clone()).await,
            };
            match answer {
                Err(Problem::Opening) if Instant::now() < until => tokio::time::sleep(PAUSE).await,
                answer => return answer,
            }
        }
    }
}

/// What is printed, and whether all is well.
pub struct Said {
    pub text: String,
    pub well: bool,
}

/// Does what was asked and gives what is printed.
pub async fn ask(asked: &Asked, folder: &Path, locale: Locale) -> Result<Said, Problem> {
    if asked.verb == Verb::Doctor {
        let (found, well) = doctor::examine(asked, folder, locale).await;
        let text = if asked.json { format!("{found:#}") } else { doctor::print(locale, &found) };
        return Ok(Said { text, well });
    }
    if let Verb::Restore { file } = &asked.verb {
        let restored = keep::restore(asked, file, folder, locale).await?;
        let answer = serde_json::to_value(restored)?;
        let text = if asked.json { format!("{answer:#}") } else { text::restored(locale, &answer) };
        return Ok(Said { text, well: true });
    }
    // A look must not make an inbox, and a key for it.
    if !Shell::is_there(folder) {
        let text = if asked.json { "null".into() } else { say(locale, "cli.doctor.store_absent", &[]) };
        return Ok(Said { text, well: false });
    }
    let mut given = keep::given(asked)?;
    if let Verb::Backup { file } = &asked.verb {
        // Said before two passphrases are typed.
        if Path::new(file).exists() {
            return Err(Problem::FileThere);
        }
        given.file = Some(keep::new_passphrase(given.file, locale, "cli.backup.passphrase")?);
    }
    let mut engine = engine(asked, given.inbox, folder, locale).await?;
    let done = answer(asked, given.file, &mut engine, locale).await;
    if let Engine::Here(shell) = &engine {
        shell.stop().await;
    }
    Ok(Said { text: done?, well: true })
}

/// The open window, or this process.
pub async fn engine(asked: &Asked, given: Option<String>, folder: &Path, locale: Locale) -> Result<Engine, Problem> {
    match Beside::connect(folder).await {
        Some(beside) => Ok(Engine::Window(beside)),
        None => here(asked, given, folder, locale).await.map(Engine::Here),
    }
}

/// Opens the inbox in this process; where the keychain does not answer, with a passphrase.
async fn here(asked: &Asked, given: Option<String>, folder: &Path, locale: Locale) -> Result<Shell, Problem> {
    let shell = Shell::real(folder.to_owned());
    let wants_phrase = |p: &Problem| matches!(p, Problem::Keychain | Problem::Passphrase { wrong: false });
    match shell.open(given.clone()).await {
        Err(problem) if wants_phrase(&problem) && given.is_none() && std::io::stdin().is_terminal() => {
            let asked = rpassword::prompt_password(say(locale, "cli.passphrase", &[]))?;
            shell.open(Some(asked)).await?;
        }
        opened => opened?,
    }
    if matches!(asked.verb, Verb::Reply { .. }) {
        shell.start();
    }
    Ok(shell)
}

async fn answer(asked: &Asked, phrase: Option<String>, engine: &mut Engine, locale: Locale) -> Result<String, Problem> {
    let (answer, text): (Value, fn(Locale, &Value) -> String) = match &asked.verb {
        Verb::Desk => (engine.call("desk", json!({})).await?, text::desk),
        Verb::Sync => {
            pull(engine).await?;
            (engine.call("desk", json!({})).await?, text::pulled)
        }
        Verb::Search { words } => {
            let args = json!({ "text": words, "limit": 50, "before": null });
            (engine.call("search", args).await?, text::hits)
        }
        Verb::Reply { conversation, text } => {
            let before = engine.call("conversation", json!({ "id": conversation })).await?;
            let composer = &before["composer"];
            let draft = json!({
                "text": text, "to": composer["to"], "visibility": composer["visibility"],
                "warning": null, "template": null, "at": 0,
            });
            let args = json!({ "conversation": conversation, "draft": draft, "thenDone": false });
            let sent = engine.call("send_reply", args).await?;
            (settled(engine, &sent["reply"]).await?, text::reply)
        }
        Verb::Backup { file } => {
            // The window that writes it may stand in another folder.
            let args = json!({ "file": std::path::absolute(file)?, "passphrase": phrase.unwrap_or_default() });
            (engine.call("backup", args).await?, text::backed_up)
        }
        Verb::Window | Verb::Rehearsal { .. } | Verb::Doctor | Verb::Restore { .. } | Verb::Help | Verb::Version => {
            return Ok(String::new());
        }
    };
    Ok(match asked.json {
        true => format!("{answer:#}"),
        false => text(locale, &answer),
    })
}

/// Every account, read to where its network stands now.
async fn pull(engine: &mut Engine) -> Result<(), Problem> {
    let before = engine.call("desk", json!({})).await?;
    if let Engine::Here(shell) = engine {
        let desk = shell.desk()?;
        for (id, _) in accounts(&before) {
            desk.pull_account(AccountId(id)).await?;
        }
        return Ok(());
    }
    engine.call("pull_now", json!({ "account": null })).await?;
    let until = Instant::now() + PULLING;
    // The window pulls all accounts at once: each is done when its last success has moved, or its health says why not.
    loop {
        let now = engine.call("desk", json!({})).await?;
        let waits = accounts(&now).any(|(id, account)| {
            let well = ["new", "good"].iter().any(|h| account["health"]["health"] == *h);
            let was = accounts(&before).find(|(other, _)| *other == id);
            well && was.is_some_and(|(_, was)| was["lastSuccess"] == account["lastSuccess"])
        });
        if !waits || Instant::now() >= until {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn accounts(desk: &Value) -> impl Iterator<Item = (i64, &Value)> {
    let clients = desk["clients"].as_array().into_iter().flatten();
    clients
        .flat_map(|client| client["accounts"].as_array().into_iter().flatten())
        .filter_map(|account| Some((account["id"].as_i64()?, account)))
}

/// The reply once it is settled, or as it stands when the patience is over.
async fn settled(engine: &mut Engine, reply: &Value) -> Result<Value, Problem> {
    let until = Instant::now() + SETTLING;
    loop {
        let found = in_outbox(engine, reply).await?;
        let on_its_way = ["waiting", "sending"].iter().any(|s| found["state"]["state"] == *s);
        if !on_its_way || Instant::now() >= until {
            return Ok(found);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Page by page: it may stand behind thousands.
async fn in_outbox(engine: &mut Engine, reply: &Value) -> Result<Value, Problem> {
    let mut offset = 0;
    loop {
        let page = json!({ "query": { "client": null }, "offset": offset, "limit": PAGE });
        let page = engine.call("outbox", page).await?;
        let rows = page["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
        if let Some(found) = rows.iter().find(|r| &r["id"] == reply) {
            return Ok(found.clone());
        }
        offset += PAGE;
        if rows.is_empty() || page["total"].as_u64().is_none_or(|total| total <= offset) {
            return Err(Problem::NotFound);
        }
    }
}
