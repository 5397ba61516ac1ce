//! The shell: joins the core and the networks, shows the window, answers the command line.
//!
//! `contract` is the one list of what can be asked; the window, the local socket and the command line all go through
//! its dispatch. Nothing of Tauri, and nothing of the system, is known above this crate.

mod cli;
pub mod contract;
mod doors;
mod evening;
mod hand_over;
mod import;
mod picture;
mod preferences;
mod rehearsal;
mod said;
mod saving;
mod shell;
mod shown;
mod sign_in;
mod socket;
mod window;
mod words;

use cli::{Asked, Then, Verb};
use preferences::Kept;
use shell::Shell;
use shown::Locale;
use std::process::ExitCode;
use words::say;

/// The program.
pub fn main() -> ExitCode {
    let parsed = cli::parse(std::env::args().skip(1));
    let window = parsed.as_ref().is_ok_and(|asked| matches!(asked.verb, Verb::Window | Verb::Rehearsal { .. }));
    listen_to_logs(if window { "warn" } else { "error" });
    let folder = doors::folder();
    let locale = Kept::open(folder.as_deref().unwrap_or("".as_ref()), None).get().locale();
    let asked = match parsed {
        Ok(asked) => asked,
        Err(mistake) => {
            eprintln!("{}\n", say(locale, mistake.key, &[("name", &mistake.name)]));
            eprintln!("{}", say(locale, "cli.usage", &[]));
            return ExitCode::from(2);
        }
    };
    match asked.verb {
        Verb::Help => {
            println!("{}\n\n{}", say(locale, "cli.about", &[]), say(locale, "cli.usage", &[]));
            return ExitCode::SUCCESS;
        }
        Verb::Version => {
            println!("guichet {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let within = runtime.enter();
    // One runtime for everything: Tauri's commands run on ours.
    tauri::async_runtime::set(runtime.handle().clone());
    let code = match (&asked.verb, folder) {
        (Verb::Rehearsal { scenario, then }, _) => rehearse(&runtime, scenario, *then),
        (_, None) => failed(&"HOME"),
        (Verb::Window, Some(folder)) => open_window(&runtime, folder),
        (_, Some(folder)) => speak(&runtime, &asked, &folder, locale),
    };
    drop(within);
    // A keychain that never answers must not hold the process.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    code
}

fn open_window(runtime: &tokio::runtime::Runtime, folder: std::path::PathBuf) -> ExitCode {
    if runtime.block_on(socket::raise_other(&folder)) {
        return ExitCode::SUCCESS;
    }
    let shell = Shell::real(folder);
    let code = window::show(&shell, Then::Stay);
    runtime.block_on(shell.stop());
    code
}

fn rehearse(runtime: &tokio::runtime::Runtime, scenario: &str, then: Then) -> ExitCode {
    let rehearsal = match runtime.block_on(rehearsal::Rehearsal::start(scenario)) {
        Ok(rehearsal) => rehearsal,
        Err(error) => return failed(&error),
    };
    let shell = Shell::rehearsing(rehearsal);
    let code = match then {
        Then::Stay | Then::ShowAndQuit => window::show(&shell, then),
        Then::Print => match runtime.block_on(shell.open(None)) {
            Ok(()) => {
                shell.start();
                match runtime.block_on(unless_ended(evening::print(&shell))) {
                    Some(true) => ExitCode::SUCCESS,
                    _ => ExitCode::FAILURE,
                }
            }
            Err(problem) => failed(&problem),
        },
    };
    runtime.block_on(shell.stop());
    if let Some(rehearsal) = shell.rehearsal() {
        rehearsal.throw_away();
    }
    code
}

/// Until the work is done, or somebody ends the program.
async fn unless_ended<T>(work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        done = work => Some(done),
        () = window::asked_to_end() => None,
    }
}

fn speak(runtime: &tokio::runtime::Runtime, asked: &Asked, folder: &std::path::Path, locale: Locale) -> ExitCode {
    match runtime.block_on(cli::ask(asked, folder, locale)) {
        Ok(said) => {
            println!("{}", said.text.trim_end());
            if said.well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(problem) if asked.json => {
            println!("{}", serde_json::to_string(&problem).unwrap_or_default());
            ExitCode::FAILURE
        }
        Err(problem) => {
            eprintln!("{}", said::with_way_out(locale, &problem));
            ExitCode::FAILURE
        }
    }
}

fn failed(why: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("guichet: {why}");
    ExitCode::FAILURE
}

/// Logs go to the standard error output: ids and states, unless more is asked for by `RUST_LOG` the warnings of a
/// window; a command says in words what a person should know, and its warnings would stand between them.
fn listen_to_logs(usual: &str) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
