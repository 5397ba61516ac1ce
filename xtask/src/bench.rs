//! `cargo xtask bench`: the release build, measured by the `bench` program of the tests; nothing is asserted. Parts of it
//! run alone by their names.

use crate::setup::{For, build_interface, setup};
use crate::shell::{Done, cargo, command, run, target};

const PARTS: [&str; 5] = ["core", "outbox", "queue", "start", "next"];

pub fn bench(arguments: &[&str]) -> Done {
    if arguments.iter().any(|word| *word != "--json" && !PARTS.contains(word)) {
        return Err(format!("bench takes nothing, --json, or some of its parts: {}", PARTS.join(", ")));
    }
    setup(For::Bench)?;
    build_interface()?;
    run(cargo().args(["build", "--release", "-p", "guichet", "--bin", "guichet", "--example", "empty"]))?;
    run(cargo().args(["build", "--release", "-p", "guichet-core", "--example", "bench"]))?;
    run(cargo().args(["build", "--release", "-p", "guichet-tests", "--bin", "bench"]))?;
    let release = target().join("release");
    run(command(&release.join("bench").to_string_lossy()).arg(&release).args(arguments))
}
