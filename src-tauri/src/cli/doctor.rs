//! `guichet doctor`: where the inbox is, whether it opens, what keeps its key, how the accounts do.
//!
//! It makes nothing: where there is no inbox yet it says so, and no key is asked for.

use super::Asked;
use super::ask::{self, Engine};
use super::{keep, text};
use crate::said;
use crate::shell::Shell;
use crate::shown::Locale;
use crate::words::{count, say};
use guichet_core::view::Problem;
use guichet_core::{BACKUP_AT, RESTORED_AT};
use guichet_model::Millis;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;

/// What was found: as JSON, and whether all is well.
pub async fn examine(asked: &Asked, folder: &Path, locale: Locale) -> (Value, bool) {
    let key = match () {
        () if folder.join("vault.key").exists() => "passphrase",
        () if folder.join("vault").exists() => "keychain",
        () => "none",
    };
    let recovery = folder.join("vault.recovery").exists();
    let mut found =
        json!({ "folder": folder, "key": key, "recovery": recovery, "engine": Value::Null, "inbox": "absent" });
    if !Shell::is_there(folder) {
        return (found, true);
    }
    let (engine, inside) = read(asked, folder, locale).await;
    found["engine"] = json!(engine);
    match inside {
        Ok(inside) => {
            found["inbox"] = json!("open");
            for (name, value) in inside.as_object().into_iter().flatten() {
                found[name] = value.clone();
            }
            (found, true)
        }
        Err(problem) => {
            found["inbox"] = json!("closed");
            found["problem"] = json!(problem);
            (found, false)
        }
    }
}

async fn read(asked: &Asked, folder: &Path, locale: Locale) -> (&'static str, Result<Value, Problem>) {
    let given = match keep::given(asked) {
        Ok(given) => given.inbox,
        Err(problem) => return ("here", Err(problem)),
    };
    let mut engine = match ask::engine(asked, given, folder, locale).await {
        Ok(engine) => engine,
        Err(problem) => return ("here", Err(problem)),
    };
    let name = match &engine {
        Engine::Window(_) => "window",
        Engine::Here(_) => "here",
    };
    (name, inside(&mut engine).await)
}

/// The desk, with the instants of the last backup and restoring.
async fn inside(engine: &mut Engine) -> Result<Value, Problem> {
    let mut found = json!({ "desk": engine.call("desk", json!({})).await? });
    for (name, setting) in [("backupAt", BACKUP_AT), ("restoredAt", RESTORED_AT)] {
        let kept = engine.call("setting", json!({ "name": setting })).await?;
        found[name] = json!(kept.as_str().and_then(|at| at.parse::<i64>().ok()));
    }
    Ok(found)
}

pub fn print(locale: Locale, found: &Value) -> String {
    let plain = |key: &str| say(locale, key, &[]);
    let word = |name: &str| found[name].as_str().unwrap_or_default();
    let mut lines = vec![say(locale, "cli.doctor.folder", &[("folder", word("folder"))])];
    let key = plain(match word("key") {
        "passphrase" => "cli.doctor.key_asked",
        "keychain" => "cli.doctor.key_found",
        _ => "cli.doctor.key_none",
    });
    lines.push(say(locale, "cli.doctor.key", &[("state", &key)]));
    if word("key") != "none" {
        let kept = found["recovery"] == true;
        lines.push(plain(if kept { "cli.doctor.recovery_kept" } else { "cli.doctor.recovery_none" }));
    }
    match word("engine") {
        "window" => lines.push(plain("cli.doctor.engine_window")),
        "here" => lines.push(plain("cli.doctor.engine_here")),
        _ => {}
    }
    match word("inbox") {
        "open" => {
            lines.push(plain("cli.doctor.store_open"));
            let at = |name: &str| found[name].as_i64().map(|at| said::time(locale, Millis(at)));
            lines.push(match at("backupAt") {
                Some(at) => say(locale, "cli.doctor.backup", &[("time", &at)]),
                None => plain("cli.doctor.backup_none"),
            });
            lines.extend(at("restoredAt").map(|at| say(locale, "cli.doctor.restored", &[("time", &at)])));
        }
        "closed" => {
            let problem = serde_json::from_value(found["problem"].clone());
            lines.push(problem.map(|p| said::with_way_out(locale, &p)).unwrap_or_default());
        }
        _ => lines.push(plain("cli.doctor.store_absent")),
    }
    let mut text = lines.join("\n");
    if let Some(clients) = found["desk"]["clients"].as_array() {
        let all: usize = clients.iter().filter_map(|c| c["accounts"].as_array()).map(Vec::len).sum();
        let all = count(locale, "cli.doctor.accounts", u32::try_from(all).unwrap_or(u32::MAX));
        let _ = writeln!(text, "\n{all}");
        clients.iter().for_each(|client| text::accounts(locale, client, &mut text));
    }
    text
}
