//! The real window: our own screen (Xvfb), our own message bus and keychain, WebKit's driver, and in it the program
//! as people start it. Each process is ours by its id and ends with the test; none touches the person's own desktop.

use crate::servers::{Running, free_port};
use crate::webdriver::Page;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A screen without a monitor.
pub struct Screen {
    server: Child,
    pub name: String,
}

impl Screen {
    pub fn start(width: u32, height: u32) -> Screen {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", &format!("{width}x{height}x24")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb (apt install xvfb)");
        let number = first_line(&mut server);
        assert!(!number.is_empty(), "Xvfb found no free display");
        Screen { server, name: format!(":{number}") }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        end(&mut self.server);
    }
}

/// A message bus, with an unlocked keychain on it where wanted.
pub struct Bus {
    daemon: Child,
    keychain: Option<Child>,
    pub address: String,
}

impl Bus {
    pub fn start(home: &Path, keychain: bool) -> Bus {
        let mut daemon = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address=1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon (apt install dbus)");
        let address = first_line(&mut daemon);
        let mut bus = Bus { daemon, keychain: None, address };
        if keychain {
            let mut command = Command::new("gnome-keyring-daemon");
            command.args(["--unlock", "--foreground", "--components=secrets"]);
            let mut child = at_home(&mut command, home)
                .env("DBUS_SESSION_BUS_ADDRESS", &bus.address)
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("gnome-keyring-daemon (apt install gnome-keyring)");
            child.stdin.take().expect("its input").write_all(b"test\n").expect("the password");
            bus.keychain = Some(child);
            // Until its name stands on the bus, a client would start a second, locked one.
            let ask = || {
                Command::new("dbus-send")
                    .env("DBUS_SESSION_BUS_ADDRESS", &bus.address)
                    .args(["--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"])
                    .args(["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"])
                    .output()
                    .is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains("true"))
            };
            let limit = Instant::now() + Duration::from_secs(10);
            while !ask() {
                assert!(Instant::now() < limit, "the keychain never stood on the bus");
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        bus
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        if let Some(keychain) = &mut self.keychain {
            end(keychain);
        }
        end(&mut self.daemon);
    }
}

fn end(child: &mut Child) {
    if let Err(why) = child.kill() {
        eprintln!("process {}: {why}", child.id());
    }
    let _ended = child.wait();
}

/// What the process says first; empty when it ends without a word.
fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    let stdout = child.stdout.take().expect("its output");
    let _read = BufReader::new(stdout).read_line(&mut line).expect("a line");
    line.trim().to_owned()
}

/// Everything a program keeps goes under `home`.
fn at_home<'a>(command: &'a mut Command, home: &Path) -> &'a mut Command {
    use std::os::unix::fs::PermissionsExt;
    for part in ["data", "config", "cache", "run", "tmp"] {
        fs::create_dir_all(home.join(part)).expect("a folder");
    }
    fs::set_permissions(home.join("run"), fs::Permissions::from_mode(0o700)).expect("private");
    command
        .env("HOME", home)
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("XDG_RUNTIME_DIR", home.join("run"))
        .env("TMPDIR", home.join("tmp"))
}

/// The surroundings of one program: a home, a screen, a bus, a driver. The program may be opened several times.
pub struct Desktop {
    driver: Running,
    driver_at: String,
    pub screen: Screen,
    pub bus: Bus,
    pub home: tempfile::TempDir,
    language: String,
}

impl Desktop {
    /// `language`: as the system says it (`fr_FR.UTF-8`).
    pub async fn start(language: &str, keychain: bool) -> Desktop {
        let home = tempfile::tempdir().expect("a home");
        browser(home.path());
        let screen = Screen::start(1400, 900);
        let bus = Bus::start(home.path(), keychain);
        let port = free_port();
        let mut command = Command::new("WebKitWebDriver");
        command.args(["--host=127.0.0.1", &format!("--port={port}")]);
        set_out(&mut command, home.path(), &screen, &bus, language);
        // Without these the program's web view refuses to be driven.
        command.env("TAURI_AUTOMATION", "true").env("TAURI_WEBVIEW_AUTOMATION", "true");
        let driver = Running::start(&mut command, &home.path().join("driver.log"));
        let driver_at = format!("http://127.0.0.1:{port}");
        crate::until("WebKitWebDriver listens", Duration::from_secs(10), || async {
            crate::plain_http().get(format!("{driver_at}/status")).send().await.ok()
        })
        .await;
        Desktop { driver, driver_at, screen, bus, home, language: language.into() }
    }

    /// Opens the program and its window.
    pub async fn open(&self, program: &Path, arguments: &[&str]) -> Page {
        let opened = Page::open(&self.driver_at, program, arguments).await;
        opened.unwrap_or_else(|why| panic!("{}: {why}\n{}", program.display(), self.driver.said()))
    }

    /// The same program in the same home without a window: what the command line says.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        set_out(&mut command, self.home.path(), &self.screen, &self.bus, &self.language);
        command
    }

    /// The surroundings as pairs, for a program started otherwise.
    pub fn surroundings(&self) -> Vec<(String, String)> {
        let command = self.command(Path::new("true"));
        let pairs = command.get_envs().filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?)));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Where the program keeps its inbox.
    pub fn inbox(&self) -> PathBuf {
        self.home.path().join("data/guichet")
    }

    /// The addresses that the program handed to the system's browser.
    pub fn opened(&self) -> Vec<String> {
        let opened = fs::read_to_string(self.home.path().join("opened")).unwrap_or_default();
        opened.lines().map(str::to_owned).collect()
    }

    /// Real key presses through the X server, as a keyboard sends them (`ctrl+Return`, `slash`).
    pub fn keys(&self, names: &[&str]) {
        let mut command = self.tool("xdotool");
        let done = command.args(["key", "--clearmodifiers", "--delay", "40"]).args(names).status();
        assert!(done.is_ok_and(|status| status.success()), "xdotool (apt install xdotool) {names:?}");
    }

    pub fn layout(&self, name: &str) {
        let done = self.tool("setxkbmap").arg(name).status();
        assert!(done.is_ok_and(|status| status.success()), "setxkbmap {name}");
    }

    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.env("DISPLAY", &self.screen.name).stdin(Stdio::null());
        command
    }

    /// The running program's process id: what the driver started under this name.
    pub fn program_pid(&self, program: &Path) -> Option<u32> {
        children_of(self.driver.pid()).into_iter().find(|pid| {
            fs::read_link(format!("/proc/{pid}/exe"))
                .is_ok_and(|exe| fs::canonicalize(program).is_ok_and(|it| it == exe))
        })
    }
}

/// A browser that opens nothing and writes down what it was to open.
fn browser(home: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let program = home.join("bin/xdg-open");
    fs::create_dir_all(home.join("bin")).expect("a folder");
    fs::write(&program, "#!/bin/sh\nprintf '%s\\n' \"$1\" >> \"$HOME/opened\"\n").expect("written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("may run");
}

fn set_out(command: &mut Command, home: &Path, screen: &Screen, bus: &Bus, language: &str) {
    at_home(command, home)
        .env("PATH", format!("{}:{}", home.join("bin").display(), std::env::var("PATH").unwrap_or_default()))
        .env("DISPLAY", &screen.name)
        .env("DBUS_SESSION_BUS_ADDRESS", &bus.address)
        .env("LANG", language)
        .env("LC_ALL", language)
        .env("LANGUAGE", language.split('_').next().unwrap_or(language))
        .env("GDK_BACKEND", "x11")
        .env("NO_AT_BRIDGE", "1")
        // A screen without a graphics card: software paints. The renderer without shared buffers is not asked for: under
        // it WebKit never answers for a picture of a page that has no layer of its own, as the first start.
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .env_remove("WAYLAND_DISPLAY");
}

/// The processes below one, at any depth.
pub fn children_of(pid: u32) -> Vec<u32> {
    let listed = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let mut found = Vec::new();
    for child in listed.split_whitespace().filter_map(|word| word.parse().ok()) {
        found.push(child);
        found.extend(children_of(child));
    }
    found
}

/// The program of the dev profile, which `cargo xtask test` has built with the interface inside.
pub fn program() -> PathBuf {
    let program = crate::target().join("debug/guichet");
    assert!(program.exists(), "{} is not built: cargo xtask test app", program.display());
    program
}
