//! The command line: what was asked, before anything is done.
//!
//! Hand-written, since there are seven verbs and six options, and a mistake is answered in the system's language.

mod ask;
mod doctor;
mod keep;
mod text;

use guichet_model::ConversationId;

pub use ask::ask;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub verb: Verb,
    pub json: bool,
    /// The file descriptor passphrases are read from, a line each.
    pub passphrase_fd: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    Window,
    Rehearsal { scenario: String, then: Then },
    Desk,
    Sync,
    Search { words: String },
    Reply { conversation: ConversationId, text: String },
    Doctor,
    Backup { file: String },
    Restore { file: String },
    Help,
    Version,
}

/// What a rehearsal does once it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It stays, for a person.
    Stay,
    /// It plays one trip in the window, prints the inbox and quits.
    ShowAndQuit,
    /// The same without a window.
    Print,
}

/// A mistake, as a key of the words with its parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub key: &'static str,
    pub name: String,
}

/// The scenario of `--rehearsal` alone.
const EVENING: &str = "soirée";

/// Reads the arguments that follow the program's name.
pub fn parse(args: impl IntoIterator<Item = String>) -> Result<Asked, Mistake> {
    let mut args = args.into_iter();
    let (mut json, mut passphrase_fd) = (false, None);
    let (mut rehearsal, mut scenario, mut then) = (false, None, Then::Stay);
    let mut plain = Vec::new();
    let mut only_plain = false;
    while let Some(arg) = args.next() {
        let mut value = |name: &str| args.next().ok_or_else(|| missing(name));
        match arg.as_str() {
            _ if only_plain => plain.push(arg),
            "--" => only_plain = true,
            "--json" => json = true,
            "--help" | "-h" => return Ok(asked(Verb::Help)),
            "--version" | "-V" => return Ok(asked(Verb::Version)),
            "--rehearsal" => rehearsal = true,
            "--scenario" => scenario = Some(value("--scenario NOM")?),
            "--show-and-quit" => then = Then::ShowAndQuit,
            "--print" => then = Then::Print,
            "--passphrase-fd" => {
                let number = value("--passphrase-fd N")?;
                passphrase_fd = Some(number.parse().map_err(|_| unknown(&number))?);
            }
            option if option.starts_with("--") => return Err(unknown(option)),
            _ => plain.push(arg),
        }
    }
    let verb = verb(plain)?;
    let verb = match (rehearsal, verb) {
        (true, Verb::Window) => {
            let scenario = scenario.unwrap_or_else(|| EVENING.to_owned());
            Verb::Rehearsal { scenario, then }
        }
        // A rehearsal is thrown away at its end: there is nothing for a verb to work on.
        (true, _) => return Err(unknown("--rehearsal")),
        (false, _) if scenario.is_some() || then != Then::Stay => return Err(missing("--rehearsal")),
        (false, verb) => verb,
    };
    Ok(Asked { verb, json, passphrase_fd })
}

fn verb(plain: Vec<String>) -> Result<Verb, Mistake> {
    let mut plain = plain.into_iter();
    let Some(name) = plain.next() else { return Ok(Verb::Window) };
    let rest: Vec<String> = plain.collect();
    let words = rest.join(" ");
    match name.as_str() {
        "desk" | "sync" | "doctor" if !rest.is_empty() => Err(unknown(&words)),
        "desk" => Ok(Verb::Desk),
        "sync" => Ok(Verb::Sync),
        "doctor" => Ok(Verb::Doctor),
        "backup" | "restore" => {
            let [file] = <[String; 1]>::try_from(rest).map_err(|rest| match rest.is_empty() {
                true => missing("FICHIER"),
                false => unknown(&words),
            })?;
            Ok(if name == "backup" { Verb::Backup { file } } else { Verb::Restore { file } })
        }
        "search" if words.trim().is_empty() => Err(missing("MOTS")),
        "search" => Ok(Verb::Search { words }),
        "reply" => {
            let [id, text @ ..] = rest.as_slice() else { return Err(missing("FIL")) };
            let id = id.parse().map_err(|_| unknown(id))?;
            if text.is_empty() {
                return Err(missing("TEXTE"));
            }
            Ok(Verb::Reply { conversation: ConversationId(id), text: text.join(" ") })
        }
        name => Err(unknown(name)),
    }
}

fn asked(verb: Verb) -> Asked {
    Asked { verb, json: false, passphrase_fd: None }
}

fn missing(name: &str) -> Mistake {
    Mistake { key: "cli.usage.missing", name: name.to_owned() }
}

fn unknown(name: &str) -> Mistake {
    Mistake { key: "cli.unknown", name: name.to_owned() }
}

#[cfg(test)]
#[path = "cli_tests.rs"]
mod tests;
