//! A virtual screen where there is none, and a message bus of our own: both end with us.

use crate::shell::{Done, Running, command, run};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

pub struct Screen {
    _server: Running,
    /// As `DISPLAY` wants it (`:7`).
    pub name: String,
}

/// Starts Xvfb on a free display.
pub fn screen(width: u32, height: u32) -> Done<Screen> {
    let size = format!("{width}x{height}x24");
    let mut server = command("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", &size, "-nolisten", "tcp"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("Xvfb: {e}"))?;
    let stdout = server.stdout.take().ok_or("Xvfb has no output")?;
    let server = Running(server);
    // Xvfb writes its display's number once it listens, or closes the pipe when it cannot.
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).map_err(|e| e.to_string())?;
    match line.trim() {
        "" => Err("Xvfb did not start".into()),
        number => Ok(Screen { _server: server, name: format!(":{number}") }),
    }
}

impl Screen {
    /// A program on this screen, with a message bus of its own.
    pub fn program(&self, program: &Path) -> Command {
        let mut line = command("dbus-run-session");
        line.arg("--").arg(program).env("DISPLAY", &self.name).env_remove("WAYLAND_DISPLAY");
        line
    }

    pub fn picture(&self, file: &Path) -> Done {
        run(command("import").args(["-silent", "-window", "root"]).arg(file).env("DISPLAY", &self.name))
    }
}
