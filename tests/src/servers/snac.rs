//! snac2, a small server of the fediverse in C, from Debian's backports. It is strict where the mock is lax (its
//! login form asks a password, a wrong secret is refused) and lacks what Mastodon has: no idempotency, no `Link`,
//! no v2 instance, and `min_id` shows again what was already read. Mentions pass through its queue: some seconds.
//!
//! The package is unpacked, never installed, through apt lists of our own, so that the machine's sources stay as
//! they are. It refuses to run as root: there it runs as nobody, with its program copied where nobody can read it.

use super::{Running, Wire, answering, done, folder, free_port, installing, ours_alone};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The server, with the accounts `alice` and `bob`; ends when dropped.
pub struct Snac {
    /// `http://localhost:PORT`, as the server names itself.
    pub base: String,
    /// Between everybody and the server, which names itself by this port.
    pub wire: Wire,
    passwords: Vec<(String, String)>,
    running: Running,
    _home: tempfile::TempDir,
}

pub fn install() {
    installing("snac", |place| {
        if program(place).exists() {
            return;
        }
        let apt = place.join("apt");
        for part in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(apt.join(part)).expect("apt's folders");
        }
        fs::create_dir_all(place.join("unpacked")).expect("a folder");
        let sources = apt.join("sources.list");
        fs::write(&sources, source_line()).expect("a source list");
        let options = [
            format!("Dir::Etc::sourcelist={}", sources.display()),
            "Dir::Etc::sourceparts=-".into(),
            format!("Dir::State::lists={}", apt.join("lists").display()),
            format!("Dir::Cache={}", apt.join("cache").display()),
            "APT::Sandbox::User=root".into(),
        ];
        let get = |words: &[&str]| {
            let mut command = Command::new("apt-get");
            command.current_dir(&apt).arg("-q");
            for option in &options {
                command.args(["-o", option]);
            }
            done(command.args(words));
        };
        get(&["update"]);
        get(&["download", "snac2"]);
        let package = fs::read_dir(&apt)
            .expect("apt's folder")
            .flatten()
            .map(|entry| entry.path())
            .find(|path| path.extension().is_some_and(|ending| ending == "deb"))
            .expect("the package");
        done(Command::new("dpkg").arg("-x").arg(package).arg(place.join("unpacked")));
        assert!(program(place).exists(), "the package holds no program");
    });
}

fn program(place: &Path) -> PathBuf {
    place.join("unpacked/usr/bin/snac")
}

/// The backports of this Debian, from the mirror the machine already uses.
fn source_line() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let named = |name: &str| {
        release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).map(|value| value.trim_matches('"'))
    };
    let codename = match (named("ID"), named("VERSION_CODENAME")) {
        (Some("debian"), Some(codename)) => codename.to_owned(),
        // Its libraries are few and old enough that Ubuntu has them too.
        _ => "bookworm".to_owned(),
    };
    let mirror = Command::new("apt-get")
        .args(["indextargets", "--format", "$(REPO_URI)", &format!("Codename: {codename}")])
        .output()
        .ok()
        .and_then(|output| String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned))
        .filter(|mirror| !mirror.is_empty())
        .unwrap_or_else(|| "http://deb.debian.org/debian".into());
    let key = Path::new("/usr/share/keyrings/debian-archive-keyring.gpg");
    let signed = if key.exists() { format!("[signed-by={}] ", key.display()) } else { String::new() };
    format!("deb {signed}{mirror} {codename}-backports main\n")
}

impl Snac {
    pub async fn start() -> Snac {
        install();
        let mut failures = Vec::new();
        for _ in 0..3 {
            match Self::try_start().await {
                Ok(snac) => return snac,
                // The port may have been taken between asking for it and listening on it.
                Err(why) => failures.push(why),
            }
        }
        panic!("snac did not start: {}", failures.join("\n"));
    }

    async fn try_start() -> Result<Snac, String> {
        let home = tempfile::tempdir().expect("a folder");
        let snac = home.path().join("snac");
        fs::copy(program(&folder().join("snac")), &snac).expect("the program");
        let public = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&snac, public).expect("readable");
        ours_alone(home.path()).expect("ours");
        if is_root() {
            std::os::unix::fs::chown(home.path(), Some(nobody().0), Some(nobody().1)).expect("given to nobody");
        }
        let (port, place) = (free_port(), home.path().join("place"));
        let wire = Wire::lay(port).await;
        let host = format!("localhost:{}", wire.port);
        told(as_nobody(&snac).arg("init").arg(&place), &format!("127.0.0.1\n{port}\n{host}\n\nadmin@example.com\n"));
        let settings = place.join("server.json");
        let text = fs::read_to_string(&settings).map_err(|why| format!("server.json: {why}"))?;
        let mut read: serde_json::Value = serde_json::from_str(&text).map_err(|why| why.to_string())?;
        read["protocol"] = "http".into();
        read["disable_email_notifications"] = true.into();
        // Its outgoing queue waits between two looks; the least it knows makes mentions arrive soonest.
        read["queue_retry_minutes"] = 1.into();
        fs::write(&settings, read.to_string()).map_err(|why| why.to_string())?;
        let passwords = ["alice", "bob"]
            .map(|name| {
                let said = told(as_nobody(&snac).arg("adduser").arg(&place).arg(name), "");
                let password = said
                    .lines()
                    .find_map(|line| line.split_once("password is "))
                    .map(|(_, password)| password.trim().to_owned())
                    .unwrap_or_else(|| panic!("no password in: {said}"));
                (name.to_owned(), password)
            })
            .to_vec();
        let log = home.path().join("log");
        let mut running = Running::start(as_nobody(&snac).arg("httpd").arg(&place), &log);
        answering(&format!("http://127.0.0.1:{port}/api/v1/instance"), &mut running, Duration::from_secs(10)).await?;
        Ok(Snac { base: format!("http://{host}"), wire, passwords, running, _home: home })
    }

    pub fn password(&self, name: &str) -> &str {
        let found = self.passwords.iter().find(|(one, _)| one == name);
        &found.expect("alice or bob").1
    }

    pub fn pid(&self) -> u32 {
        self.running.pid()
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0)
}

/// The user and group ids of `nobody` on Debian and Ubuntu.
fn nobody() -> (u32, u32) {
    (65534, 65534)
}

fn as_nobody(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/");
    if is_root() {
        command.uid(nobody().0).gid(nobody().1);
    }
    command
}

/// Runs with these answers on its input, and gives what it printed.
fn told(command: &mut Command, answers: &str) -> String {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|why| panic!("{command:?}: {why}"));
    child.stdin.take().expect("its input").write_all(answers.as_bytes()).expect("answers");
    let output = child.wait_with_output().expect("its end");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
