//! `cargo xtask test`: everything that must hold, stage by stage, with the minutes each took.
//!
//! A failed stage does not hide the next ones; the run fails at its end. Named stages run alone:
//! `cargo xtask test lints trips`.

use crate::crash;
use crate::setup::{For, build_interface, setup};
use crate::shell::{Done, cargo, command, root, run_and_quote};
use std::process::Command;
use std::time::Instant;

struct Stage {
    name: &'static str,
    about: &'static str,
    act: fn() -> Done,
}

const STAGES: &[Stage] = &[
    Stage { name: "setup", about: "system packages, npm packages", act: || setup(For::Test) },
    Stage { name: "format", about: "cargo fmt", act: || run_and_quote(cargo().args(["fmt", "--all", "--check"])) },
    Stage { name: "types", about: "svelte-check", act: || npm("check") },
    Stage { name: "interface", about: "components and accessibility of the interface", act: || npm("test") },
    Stage { name: "build", about: "the interface, the app and every test, dev profile", act: build },
    Stage { name: "lints", about: "clippy, warnings denied", act: lints },
    Stage { name: "units", about: "unit and property tests of every crate", act: units },
    Stage { name: "tidy", about: "the house's own rules", act: || whole("tidy") },
    Stage { name: "trips", about: "whole trips, faults, canaries", act: trips },
    Stage { name: "crash", about: "killed while it answers: 200 rounds, and that they can fail", act: crash::stage },
    Stage { name: "servers", about: "real servers on loopback", act: servers },
    Stage { name: "window", about: "the real window, by keyboard", act: window },
    Stage { name: "run", about: "the desk fills and answers on a virtual screen", act: shown },
    Stage {
        name: "package",
        about: "the .deb of the dev binary: installed, started, removed",
        act: || crate::pack::check(true),
    },
];

pub fn test(only: &[&str]) -> Done {
    if let Some(unknown) = only.iter().find(|name| STAGES.iter().all(|stage| stage.name != **name)) {
        let names: Vec<_> = STAGES.iter().map(|stage| stage.name).collect();
        return Err(format!("there is no stage \"{unknown}\"; there are: {}", names.join(", ")));
    }
    let mut outcomes = Vec::new();
    for stage in STAGES.iter().filter(|stage| only.is_empty() || only.contains(&stage.name)) {
        println!("\n== {}: {}", stage.name, stage.about);
        let start = Instant::now();
        let done = (stage.act)();
        let minutes = start.elapsed().as_secs_f64() / 60.0;
        let setup_failed = stage.name == "setup" && done.is_err();
        outcomes.push((stage.name, minutes, done));
        if setup_failed {
            break;
        }
    }
    // Where whoever reads only the end finds it.
    for (name, _, done) in &outcomes {
        if let Err(why) = done {
            println!("\nxtask: {name} failed: {why}");
        }
    }
    println!("\n{:<10} {:>8}", "stage", "minutes");
    for (name, minutes, done) in &outcomes {
        println!("{name:<10} {minutes:>8.1}  {}", if done.is_ok() { "passed" } else { "FAILED" });
    }
    let failed = outcomes.iter().filter(|(_, _, done)| done.is_err()).count();
    println!("stages: {} passed, {failed} failed", outcomes.len() - failed);
    if failed == 0 { Ok(()) } else { Err("not everything holds".into()) }
}

fn npm(script: &str) -> Done {
    run_and_quote(command("npm").args(["run", "--silent", script]).current_dir(root().join("ui")))
}

/// Everything in one go, so that every later stage finds the same features of the same dependencies already built.
fn build() -> Done {
    build_interface()?;
    run_and_quote(cargo().args(["build", "--workspace", "--all-targets"]))
}

fn lints() -> Done {
    run_and_quote(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn units() -> Done {
    run_and_quote(cargo().args(["test", "--workspace", "--exclude", "guichet-tests", "--no-fail-fast"]))
}

fn trips() -> Done {
    let names =
        ["trips", "bluesky", "forum", "mail_house", "mail_files", "mail_tokens", "pictures", "restore", "canaries"];
    run_and_quote(tests().args(names.iter().flat_map(|name| ["--test", name])))
}

/// Each file `real_<network>.rs` starts the servers of its network and ends them.
fn servers() -> Done {
    let mut line = tests();
    let files = std::fs::read_dir(root().join("tests/tests")).map_err(|why| format!("tests/tests: {why}"))?;
    let names = files.flatten().filter_map(|file| file.file_name().to_str()?.strip_suffix(".rs").map(str::to_owned));
    let mut names: Vec<String> = names.filter(|name| name.starts_with("real_")).collect();
    names.sort();
    for name in &names {
        line.args(["--test", name]);
    }
    run_and_quote(&mut line)
}

pub fn whole(name: &str) -> Done {
    run_and_quote(tests().args(["--test", name]))
}

/// The whole-trip tests. One at a time: they share two cores with the servers and windows they start.
fn tests() -> Command {
    let mut line = cargo();
    line.args(["test", "--workspace", "--no-fail-fast"]).env("RUST_TEST_THREADS", "1");
    line
}

fn window() -> Done {
    run_and_quote(tests().args([
        "--test",
        "window",
        "--test",
        "window_outbox",
        "--test",
        "window_door",
        "--test",
        "window_proof",
    ]))
}

fn shown() -> Done {
    let folder = crate::shell::target();
    crate::run::watch(&folder.join("debug/guichet"), &folder.join("desk.png"))
}
