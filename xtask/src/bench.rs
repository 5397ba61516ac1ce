//! `cargo xtask bench`: the release build, measured by the `bench` program of the tests; nothing is asserted.

use crate::setup::{For, build_interface, setup};
use crate::shell::{Done, cargo, run, target};

pub fn bench(arguments: &[&str]) -> Done {
    if arguments.iter().any(|word| *word != "--json") {
        return Err("bench takes nothing, or --json".into());
    }
    setup(For::Bench)?;
    build_interface()?;
    run(cargo().args(["build", "--release", "-p", "guichet", "--bin", "guichet", "--example", "empty"]))?;
    run(cargo().args(["build", "--release", "-p", "guichet-tests", "--bin", "bench"]))?;
    let mut line = crate::display::with_keychain(&target().join("release/bench"));
    run(line.arg(target().join("release")).args(arguments))
}
