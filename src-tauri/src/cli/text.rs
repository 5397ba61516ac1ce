//! What the command line prints, from the same JSON that `--json` gives.

use crate::said;
use crate::shown::Locale;
use crate::words::{count, say};
use guichet_model::Millis;
use serde_json::Value;
use std::fmt::Write;

pub fn desk(locale: Locale, desk: &Value) -> String {
    let mut text = String::new();
    let counts = &desk["counts"];
    let _ = writeln!(text, "{}", count(locale, "cli.asked_owed", number(&counts["owed"])));
    for (key, name) in [("later", "view.later"), ("drafts", "view.drafts"), ("outbox", "view.outbox")] {
        let _ = writeln!(text, "{} : {}", say(locale, name, &[]), number(&counts[key]));
    }
    for client in list(&desk["clients"]) {
        let owed = count(locale, "cli.asked_owed", number(&client["counts"]["owed"]));
        let _ = writeln!(text, "\n{} — {owed}", word(&client["name"]));
        accounts(locale, client, &mut text);
    }
    text
}

pub fn accounts(locale: Locale, client: &Value, text: &mut String) {
    for account in list(&client["accounts"]) {
        let health = serde_json::from_value(account["health"].clone());
        let health = health.map(|h| said::health(locale, h)).unwrap_or_default();
        let network = say(locale, &format!("network.{}", word(&account["network"])), &[]);
        let read = account["readUpTo"].as_i64().map(|at| said::time(locale, Millis(at)));
        let read = read.map(|at| format!(" · {at}")).unwrap_or_default();
        let _ = writeln!(text, "  @{} · {network} · {health}{read}", word(&account["handle"]));
    }
}

pub fn pulled(locale: Locale, after: &Value) -> String {
    format!("{}\n{}", say(locale, "cli.pulled", &[]), desk(locale, after))
}

pub fn hits(locale: Locale, hits: &Value) -> String {
    let rows = list(&hits["rows"]);
    if rows.is_empty() {
        return say(locale, "cli.search.none", &[]);
    }
    let mut text = String::new();
    for hit in rows {
        let at = said::time(locale, Millis(hit["at"].as_i64().unwrap_or_default()));
        let (fil, author) = (number(&hit["conversation"]), word(&hit["author"]));
        let _ = writeln!(text, "[{fil}] {at} · {author}\n    {}", word(&hit["excerpt"]));
    }
    if hits["more"] == true {
        let _ = writeln!(text, "{}", say(locale, "cli.search.more", &[]));
    }
    text
}

pub fn reply(locale: Locale, reply: &Value) -> String {
    let state = serde_json::from_value(reply["state"].clone());
    let state = state.map(|s| said::state(locale, &s)).unwrap_or_default();
    let still = ["waiting", "sending"].iter().any(|s| reply["state"]["state"] == *s);
    let key = if still { "cli.reply.still" } else { "cli.reply.state" };
    say(locale, key, &[("id", &number(&reply["id"]).to_string()), ("state", &state)])
}

pub fn backed_up(locale: Locale, backup: &Value) -> String {
    // Tenths of a megabyte, at least one.
    let tenths = backup["size"].as_u64().unwrap_or_default().div_ceil(100_000);
    let size = format!("{}{}{}", tenths / 10, if locale == Locale::Fr { ',' } else { '.' }, tenths % 10);
    say(locale, "cli.backup.done", &[("file", word(&backup["file"])), ("size", &size)])
}

pub fn restored(locale: Locale, restored: &Value) -> String {
    let at = said::time(locale, Millis(restored["at"].as_i64().unwrap_or_default()));
    let mut text = say(locale, "cli.restore.done", &[("time", &at)]);
    if let Some(folder) = restored["aside"].as_str() {
        let _ = write!(text, "\n{}", say(locale, "cli.restore.aside", &[("folder", folder)]));
    }
    for (key, counted) in [("cli.restore.drafts", "drafts"), ("cli.restore.templates", "templates")] {
        if number(&restored[counted]) > 0 {
            let _ = write!(text, "\n{}", count(locale, key, number(&restored[counted])));
        }
    }
    let _ = write!(text, "\n{}", say(locale, "cli.restore.held", &[]));
    let left = list(&restored["left"]);
    if !left.is_empty() {
        let _ = write!(text, "\n\n{}", say(locale, "cli.restore.left", &[]));
    }
    for one in left {
        let words = word(&one["text"]).replace('\n', "\n    ");
        let _ = write!(text, "\n- {} · {}\n    {words}", word(&one["client"]), word(&one["about"]));
    }
    text
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Value) -> u32 {
    value.as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or_default()
}
