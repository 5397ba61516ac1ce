//! Real servers on loopback: programs of others that speak the networks' own protocols, installed in a cache folder
//! (`GUICHET_SERVERS`, else `target/servers`) on first use, started on a free port of 127.0.0.1 for one test, and
//! killed by process id when dropped. Nothing is installed in the system, but for WordPress, Dovecot and Bluesky's
//! database.
//!
//! They forgive nothing that our rehearsal might: what passes here was read and written by a stranger's code.

mod bluesky;
mod cut;
mod mail;
mod mock;
mod snac;
mod wordpress;

pub use bluesky::{Bluesky, Member};
pub use cut::Wire;
pub use mail::{ALICE, BOB, MailHouse};
pub use mock::Mock;
pub use snac::Snac;
pub use wordpress::{Addresses, WordPress};

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Where the servers' programs are kept between runs.
pub fn folder() -> PathBuf {
    let kept = std::env::var_os("GUICHET_SERVERS").filter(|kept| !kept.is_empty());
    let folder = kept.map_or_else(|| crate::target().join("servers"), PathBuf::from);
    fs::create_dir_all(&folder).expect("the servers' folder");
    folder
}

/// Installs all. Idempotent: nothing is fetched when the programs are there.
pub fn install() {
    snac::install();
    mock::install();
    wordpress::install();
    bluesky::install();
    mail::install();
}

/// A process of ours, with what it printed: killed and awaited when dropped.
pub struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    pub fn start(command: &mut Command, log: &Path) -> Running {
        let file = File::create(log).expect("a log file");
        let errors = file.try_clone().expect("the same log file");
        let child = command
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            .spawn()
            .unwrap_or_else(|why| panic!("{command:?}: {why}"));
        Running { child, log: log.to_path_buf() }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it printed so far, for the message of a failed test.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub fn ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Err(why) = self.child.kill() {
            eprintln!("process {}: {why}", self.child.id());
        }
        // A killed process stays a zombie until it is awaited, and its port stays taken until then.
        let _ended = self.child.wait();
    }
}

/// A port nobody listens on now. Another process may take it before we do: callers try again.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port of loopback");
    listener.local_addr().expect("its number").port()
}

/// Waits until the address answers with any status below 500.
async fn answering(url: &str, running: &mut Running, within: Duration) -> Result<(), String> {
    let client = crate::plain_http();
    let end = Instant::now() + within;
    while Instant::now() < end {
        if let Ok(answer) = client.get(url).send().await
            && !answer.status().is_server_error()
        {
            return Ok(());
        }
        if running.ended() {
            return Err(format!("it ended at once:\n{}", running.said()));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(format!("no answer within {within:?}:\n{}", running.said()))
}

/// Runs to its end and gives what it printed; a failure fails the test with it.
fn done(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|why| panic!("{command:?}: {why}"));
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} failed:\n{said}");
    said
}

/// One process installs, the others wait for it.
fn installing(name: &str, act: impl FnOnce(&Path)) {
    let folder = folder();
    let lock = File::create(folder.join(format!("{name}.lock"))).expect("a lock file");
    lock.lock().expect("the lock");
    act(&folder.join(name));
    lock.unlock().expect("unlocked");
}

fn ours_alone(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}
