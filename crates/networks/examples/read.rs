//! Reads a recorded answer as the app would, and prints one line an item:
//! `cargo run -q -p guichet-networks --example read -- NETWORK WHAT FILE`, or `--list`.
//!
//! It ends with `{"read":N,"unreadable":M}` and 0 even where items could not be read; with 2 for a network or a kind
//! of answer that is not known; with 1 where the file cannot be opened.

use guichet_networks::{Unknown, read_recorded, recorded_kinds};
use serde_json::json;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--list"] => {
            for (network, whats) in recorded_kinds() {
                println!("{network}: {}", whats.join(" "));
            }
            ExitCode::SUCCESS
        }
        [network, what, file] => read(network, what, file),
        _ => {
            eprintln!("read NETWORK WHAT FILE | --list");
            ExitCode::from(2)
        }
    }
}

fn read(network: &str, what: &str, file: &str) -> ExitCode {
    // An unknown name is said before a missing file.
    if let Err(unknown) = read_recorded(network, what, "[]") {
        let name = match unknown {
            Unknown::Network => network,
            Unknown::What => what,
        };
        eprintln!("unknown: {name} (see --list)");
        return ExitCode::from(2);
    }
    let text = match std::fs::read(file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            eprintln!("{file}: {error}");
            return ExitCode::from(1);
        }
    };
    let Ok(reading) = read_recorded(network, what, &text) else {
        return ExitCode::from(2);
    };
    for line in &reading.lines {
        println!("{line}");
    }
    println!("{}", json!({ "read": reading.lines.len(), "unreadable": reading.unreadable }));
    ExitCode::SUCCESS
}
