//! `cargo xtask`: every command of the README, with nothing to remember beside it.
//!
//! Each command installs what it needs first and says so. A failure ends with one sentence and a non-zero exit.

mod bench;
mod crash;
mod display;
mod pack;
mod run;
mod setup;
mod shell;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask run                  opens the desk on a rehearsal: no account, no key, no internet
cargo xtask test [STAGE…]        runs everything, or only the named stages
cargo xtask test crash --rounds N [--seed S]
                                 kills the desk while it answers, N rounds of it, and counts
cargo xtask pack [--check]       builds the .deb and .rpm; --check installs, starts and removes the .deb
cargo xtask bench [PART…] [--json]  measures, and prints a table";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["run", rest @ ..] => run::run(rest),
        ["test", "crash", rest @ ..] if !rest.is_empty() && rest[0].starts_with("--") => return crash::rounds(rest),
        ["test", stages @ ..] => test::test(stages),
        ["pack", rest @ ..] => pack::pack(rest),
        ["bench", rest @ ..] => bench::bench(rest),
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        [other, ..] => Err(format!("there is no command \"{other}\"\n{HELP}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}
