//! `cargo xtask test crash --rounds N [--seed S]`: the crash rounds alone, their count the last line printed.

use crate::shell::{Done, cargo, run, run_and_quote, target};
use std::process::{Command, ExitCode};

/// What the whole run plays: the same rounds each time.
const STAGE: [&str; 4] = ["--rounds", "200", "--seed", "20290302"];

/// The rounds as asked; nothing is printed after them.
pub fn rounds(words: &[&str]) -> ExitCode {
    let played = built().and_then(|mut program| run(program.args(words)));
    if played.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Two hundred rounds; then that each of their counts can be more than none.
pub fn stage() -> Done {
    let played = built().and_then(|mut program| run_and_quote(program.args(STAGE)));
    let seen = crate::test::whole("crash");
    let faults: Vec<String> = [played, seen].into_iter().filter_map(Result::err).collect();
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

fn built() -> Done<Command> {
    // As a test, so that dependencies keep the features that everything else was built with.
    let build = ["test", "--quiet", "--workspace", "--no-run", "--test", "crash"];
    if let Err(why) = run(cargo().args(build)) {
        eprintln!("xtask: {why}");
        return Err(why);
    }
    Ok(Command::new(target().join("debug/crash")))
}
