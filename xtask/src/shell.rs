//! Running other programs: always by name and list of words, never through a shell line, from the project's root.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, PipeReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Of what a failed program printed, so many lines are worth reading again.
const LAST: usize = 120;
/// A program that outlives the one we ran may keep its output open.
const LEFT_OPEN: Duration = Duration::from_secs(2);

pub type Done<T = ()> = Result<T, String>;

/// The project's root: this crate's parent folder.
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}

/// Where cargo builds: `CARGO_TARGET_DIR`, or `target` in the root.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// The same cargo that runs us.
pub fn cargo() -> Command {
    command(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()))
}

pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// Runs to the end with our own input and output.
pub fn run(command: &mut Command) -> Done {
    let status = command.status().map_err(|e| format!("{}: {e}", name(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", name(command))) }
}

/// Runs to the end and shows what it prints; the error of a failed one ends with the last lines of that.
pub fn run_and_quote(command: &mut Command) -> Done {
    let (printed, output) = std::io::pipe().map_err(|why| format!("{}: {why}", name(command)))?;
    let errors = output.try_clone().map_err(|why| format!("{}: {why}", name(command)))?;
    let (said, heard) = mpsc::channel();
    std::thread::spawn(move || show(printed, &said));
    let done = run(command.stdout(output).stderr(errors));
    // The command holds our ends of the pipe.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut last = VecDeque::new();
    while let Ok(line) = heard.recv_timeout(LEFT_OPEN) {
        last.push_back(line);
        if last.len() > LAST {
            last.pop_front();
        }
    }
    done.map_err(|why| last.into_iter().fold(why, |told, line| format!("{told}\n    {line}")))
}

/// Each line as it comes, to our own output and to whoever keeps it.
fn show(printed: PipeReader, said: &mpsc::Sender<String>) {
    for line in BufReader::new(printed).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        println!("{line}");
        if said.send(line).is_err() {
            return;
        }
    }
}

/// Runs to the end and returns what it printed, trimmed.
pub fn output(command: &mut Command) -> Done<String> {
    let output = command.stdin(Stdio::null()).output().map_err(|e| format!("{}: {e}", name(command)))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("{} ended with {}: {}", name(command), output.status, said.trim()))
    }
}

/// Whether a program answers at all.
pub fn exists(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

pub fn name(command: &Command) -> String {
    let words: Vec<_> = command.get_args().take(4).map(|w| w.to_string_lossy().into_owned()).collect();
    format!("{} {}", command.get_program().to_string_lossy(), words.join(" "))
}

/// A started program that is ended when we let go of it.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
