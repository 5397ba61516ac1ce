//! The rehearsal in a process of its own: `guichet-rehearsal --scenario soiree [--port N] [--seed N] [--pace X] [--control]
//! [--no-keys]`. Prints one line of JSON (servers, control, clients) when ready, and stops when its input ends.

use guichet_rehearsal::{Options, Rehearsal, Scenario, control};
use serde_json::json;
use std::io::{self, Error, ErrorKind, Write};
use std::sync::Arc;

struct Asked {
    options: Options,
    control: bool,
    keys: bool,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let asked = asked(std::env::args().skip(1))?;
    let control_port = asked.options.ports.as_ref().and_then(|ports| ports.last().copied());
    let rehearsal = Arc::new(Rehearsal::start(asked.options).await?);
    rehearsal.honour_keys(asked.keys);
    let control = if asked.control {
        Some(control::serve(Arc::clone(&rehearsal), control_port.unwrap_or(0)).await?.0)
    } else {
        None
    };
    let ready = json!({
        "servers": rehearsal.servers(),
        "control": control,
        "clients": rehearsal.clients(),
    });
    let mut out = io::stdout();
    writeln!(out, "{ready}")?;
    out.flush()?;

    tokio::task::spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink())).await.map_err(Error::other)??;
    Ok(())
}

fn asked(mut words: impl Iterator<Item = String>) -> io::Result<Asked> {
    let (mut scenario, mut port, mut seed, mut pace) = ("soirée".to_owned(), None, 1, 1.0);
    let (mut control, mut keys) = (false, true);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| wrong(&format!("{word} wants a value")));
        match word.as_str() {
            "--scenario" => scenario = value()?,
            "--port" => port = Some(value()?.parse::<u16>().map_err(|_| wrong("--port wants a number"))?),
            "--seed" => seed = value()?.parse().map_err(|_| wrong("--seed wants a number"))?,
            "--pace" => pace = value()?.parse().map_err(|_| wrong("--pace wants a number"))?,
            "--control" => control = true,
            "--no-keys" => keys = false,
            other => return Err(wrong(&format!("{other}: not known"))),
        }
    }
    let scenario =
        Scenario::named(&scenario).ok_or_else(|| wrong(&format!("scenarios: {}", Scenario::names().join(", "))))?;
    // The servers take the ports from there on; the control, if wanted, the one after the last.
    let ports = port.map(|first| {
        (0..=scenario.server_count()).map(|n| first.saturating_add(u16::try_from(n).unwrap_or(0))).collect()
    });
    Ok(Asked { options: Options { scenario, seed, pace, ports }, control, keys })
}

fn wrong(words: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, words.to_owned())
}
