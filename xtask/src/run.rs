//! `cargo xtask run`: the desk on a rehearsal, in a real window or in a virtual one.

use crate::display;
use crate::setup::{For, build_app, has_screen, setup};
use crate::shell::{Done, Running, command, run as run_to_end, target};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

pub fn run(arguments: &[&str]) -> Done {
    setup(For::Run)?;
    let app = build_app()?;
    if has_screen() {
        return run_to_end(command(&app.to_string_lossy()).arg("--rehearsal").args(arguments));
    }
    println!("There is no screen here: the same in a virtual one.");
    watch(&app, &target().join("desk.png"))
}

/// Runs the rehearsal until the desk is filled and one templated reply has left and come back, keeps a picture of it,
/// and passes on the inbox it prints.
pub fn watch(app: &Path, picture: &Path) -> Done {
    let screen = display::screen(1280, 800)?;
    let mut program = screen.program(app);
    program.args(["--rehearsal", "--show-and-quit"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = Running(program.spawn().map_err(|e| format!("dbus-run-session: {e}"))?);
    let stdout = child.0.stdout.take().ok_or("the desk has no output")?;
    let mut pictured = false;
    for line in BufReader::new(stdout).lines() {
        let line = line.map_err(|e| e.to_string())?;
        if line == "READY" {
            screen.picture(picture)?;
            pictured = true;
            println!("Picture: {}", picture.display());
        } else {
            println!("{line}");
        }
    }
    let status = child.0.wait().map_err(|e| e.to_string())?;
    match (status.success(), pictured) {
        (true, true) => Ok(()),
        (true, false) => Err("the desk closed before it was ready".into()),
        (false, _) => Err(format!("the desk ended with {status}")),
    }
}
