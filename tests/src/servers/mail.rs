//! A mail house of others' making: Dovecot from Debian's packages keeps the mail, aiosmtpd takes what is sent and hands it to
//! Dovecot. `alice@example.test` is ours, `bob@example.test` a stranger; nothing leaves loopback.
//!
//! Dovecot is installed in the system where it lacks and we may, as WordPress is. Its settings, its mail and its ports are
//! of one test and end with it.

use super::{Running, Wire, done, folder, free_port, installing};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

const DOVECOT: &str = "/usr/sbin/dovecot";
const PACKAGES: [&str; 2] = ["dovecot-imapd", "dovecot-lmtpd"];
const VERSION: &str = "1.4.6";
/// The end of a mail: what the server answers to it is what a test loses.
const LAST_DOT: &[u8] = b"\r\n.\r\n";

pub const ALICE: &str = "alice@example.test";
pub const BOB: &str = "bob@example.test";

/// The house; ends when dropped.
pub struct MailHouse {
    pub imap: u16,
    /// Between everybody and the SMTP server.
    pub smtp: Wire,
    /// Of who gives tokens out, in the owner's name.
    pub issuer: u16,
    lmtp: u16,
    settings: PathBuf,
    _smtpd: Running,
    dovecot: Running,
    _home: tempfile::TempDir,
}

pub fn install() {
    installing("aiosmtpd", |place| {
        let stamp = place.join(VERSION);
        if stamp.exists() {
            return;
        }
        done(Command::new("python3").args(["-m", "venv", "--clear"]).arg(place));
        done(
            Command::new(place.join("bin/pip"))
                .args(["install", "--quiet", "--disable-pip-version-check"])
                .arg(format!("aiosmtpd=={VERSION}")),
        );
        // Written last: an install cut short is begun again.
        fs::write(&stamp, "").expect("the stamp");
    });
    installing("dovecot", |_| {
        let there = || Path::new(DOVECOT).exists() && Path::new("/usr/lib/dovecot/lmtp").exists();
        if there() {
            return;
        }
        eprintln!("Dovecot is not here: asking apt for {}", PACKAGES.join(" "));
        let mut apt = Command::new("apt-get");
        let _said = done(
            apt.env("DEBIAN_FRONTEND", "noninteractive")
                // Said to be in single-user mode, Debian starts no Dovecot of its own beside ours.
                .env("RUNLEVEL", "1")
                .args(["-qy", "install", "--no-install-recommends"])
                .args(PACKAGES),
        );
        assert!(there(), "the packages hold no Dovecot");
    });
}

impl MailHouse {
    pub async fn start() -> MailHouse {
        install();
        let mut failures = Vec::new();
        for _ in 0..3 {
            match Self::try_start().await {
                Ok(house) => return house,
                // A port may have been taken between asking for it and listening on it.
                Err(why) => failures.push(why),
            }
        }
        panic!("the mail house did not start: {}", failures.join("\n"));
    }

    async fn try_start() -> Result<MailHouse, String> {
        let home = tempfile::tempdir().expect("a folder");
        let at = |name: &str| home.path().join(name);
        let write = |name: &str, text: &str| fs::write(at(name), text).map_err(|why| why.to_string());
        // Dovecot's own processes run as others than we do, and read there.
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).map_err(|why| why.to_string())?;
        for name in ["run", "state", "mail"] {
            fs::create_dir(at(name)).map_err(|why| why.to_string())?;
        }
        let _said = done(Command::new("chown").arg("mail:mail").arg(at("mail")));
        write("users", &format!("{ALICE}:{{PLAIN}}alice-pass\n{BOB}:{{PLAIN}}bob-pass\n"))?;
        let (imap, lmtp, smtp, issuer) = (free_port(), free_port(), free_port(), free_port());
        write("dovecot.conf", &settings(home.path(), imap, lmtp))?;
        write("oauth2.conf", &introspection(issuer))?;
        write("smtpd.py", include_str!("mail/smtpd.py"))?;
        let mut dovecot =
            Running::start(Command::new(DOVECOT).arg("-F").arg("-c").arg(at("dovecot.conf")), &at("dovecot.out"));
        let mut smtpd = Running::start(
            Command::new(folder().join("aiosmtpd/bin/python"))
                .arg(at("smtpd.py"))
                .args([smtp.to_string(), lmtp.to_string(), issuer.to_string()])
                .arg(at("users")),
            &at("smtpd.out"),
        );
        greeted(imap, "* OK", &mut dovecot).await?;
        greeted(lmtp, "220 ", &mut dovecot).await?;
        greeted(smtp, "220 ", &mut smtpd).await?;
        let wire = Wire::losing(smtp, LAST_DOT).await;
        Ok(MailHouse {
            imap,
            smtp: wire,
            issuer,
            lmtp,
            settings: at("dovecot.conf"),
            _smtpd: smtpd,
            dovecot,
            _home: home,
        })
    }

    /// What a person types to sign in as Alice.
    pub fn typed(&self, folder: &str) -> Vec<(&'static str, String)> {
        vec![
            ("address", ALICE.to_owned()),
            ("password", "alice-pass".to_owned()),
            ("name", "La Boutique".to_owned()),
            ("folder", folder.to_owned()),
            ("user", ALICE.to_owned()),
            ("imap", format!("127.0.0.1:{}", self.imap)),
            ("smtp", format!("127.0.0.1:{}", self.smtp.port)),
        ]
    }

    /// No token that was given out opens anything more. `wholly`: none is given in its place either.
    pub async fn forget_tokens(&self, wholly: bool) {
        let wholly = if wholly { "?wholly=1" } else { "" };
        let asked = reqwest::get(format!("http://127.0.0.1:{}/forget{wholly}", self.issuer)).await;
        assert!(asked.expect("an answer").status().is_success());
    }

    /// Bob writes to Alice: the header fields beside the usual ones, and the body, as they stand. Delivered when it returns.
    pub async fn stranger(&self, id: &str, header: &str, body: &str) {
        let date = "Sat, 21 Nov 2026 18:42:07 +0100";
        let mail = format!(
            "Date: {date}\r\nFrom: Bob <{BOB}>\r\nTo: <{ALICE}>\r\nMessage-ID: <{id}>\r\nMIME-Version: 1.0\r\n{header}\r\n\r\n{body}\r\n.\r\n"
        );
        let stream = TcpStream::connect(("127.0.0.1", self.lmtp)).await.expect("Dovecot takes mail");
        let mut stream = BufReader::new(stream);
        let steps = ["LHLO test", &format!("MAIL FROM:<{BOB}>"), &format!("RCPT TO:<{ALICE}>"), "DATA"];
        answered(&mut stream).await;
        for step in steps {
            stream.write_all(format!("{step}\r\n").as_bytes()).await.expect("heard");
            answered(&mut stream).await;
        }
        stream.write_all(mail.as_bytes()).await.expect("heard");
        answered(&mut stream).await;
    }

    /// How many mails with these words in them lie in that folder, as Dovecot itself reads them.
    pub fn count(&self, address: &str, mailbox: &str, words: &str) -> usize {
        let told = self.doveadm(&["search", "-u", address, "mailbox", mailbox, "text", words]);
        told.lines().filter(|line| !line.trim().is_empty()).count()
    }

    /// Something Dovecot's own tool does.
    pub fn doveadm(&self, words: &[&str]) -> String {
        done(Command::new("doveadm").arg("-c").arg(&self.settings).args(words))
    }
}

impl Drop for MailHouse {
    fn drop(&mut self) {
        // Asked to end, it ends its helpers too; what is killed leaves that to them.
        let mut asked = Command::new("kill");
        let _ended = asked.args(["-TERM", &self.dovecot.pid().to_string()]).status();
        let end = Instant::now() + Duration::from_secs(5);
        while !self.dovecot.ended() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// One answer of LMTP, all its lines; it must be a good one.
async fn answered(stream: &mut BufReader<TcpStream>) {
    loop {
        let mut line = String::new();
        let read = stream.read_line(&mut line).await.expect("an answer");
        assert!(read > 0 && line.starts_with(['2', '3']), "Dovecot refused: {line}");
        if line.as_bytes().get(3) == Some(&b' ') {
            return;
        }
    }
}

/// Waits until a port greets as it should.
async fn greeted(port: u16, greeting: &str, running: &mut Running) -> Result<(), String> {
    let end = Instant::now() + Duration::from_secs(30);
    while Instant::now() < end {
        if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)).await {
            let mut line = String::new();
            let mut stream = BufReader::new(stream);
            let read = tokio::time::timeout(Duration::from_secs(5), stream.read_line(&mut line)).await;
            if matches!(read, Ok(Ok(1..))) && line.starts_with(greeting) {
                return Ok(());
            }
        }
        if running.ended() {
            return Err(format!("it ended at once:\n{}", running.said()));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(format!("port {port} does not greet:\n{}", running.said()))
}

fn settings(home: &Path, imap: u16, lmtp: u16) -> String {
    let home = home.display();
    format!(
        "protocols = imap lmtp\n\
         listen = 127.0.0.1\n\
         base_dir = {home}/run\n\
         state_dir = {home}/state\n\
         instance_name = guichet-test\n\
         log_path = /dev/stderr\n\
         ssl = no\n\
         disable_plaintext_auth = no\n\
         auth_mechanisms = plain login xoauth2\n\
         mail_location = maildir:~/Maildir\n\
         first_valid_uid = 1\n\
         first_valid_gid = 1\n\
         passdb {{\n  driver = oauth2\n  mechanisms = xoauth2\n  args = {home}/oauth2.conf\n}}\n\
         passdb {{\n  driver = passwd-file\n  mechanisms = plain login none\n  args = scheme=PLAIN username_format=%u {home}/users\n}}\n\
         userdb {{\n  driver = static\n  args = uid=mail gid=mail home={home}/mail/%u allow_all_users=no\n}}\n\
         service imap-login {{\n  inet_listener imap {{\n    port = {imap}\n  }}\n  inet_listener imaps {{\n    port = 0\n  }}\n}}\n\
         service lmtp {{\n  inet_listener lmtp {{\n    address = 127.0.0.1\n    port = {lmtp}\n  }}\n}}\n\
         service stats {{\n  unix_listener stats-writer {{\n    mode = 0666\n  }}\n}}\n\
         namespace inbox {{\n  inbox = yes\n  separator = /\n\
         \x20 mailbox Sent {{\n    auto = subscribe\n    special_use = \\Sent\n  }}\n\
         \x20 mailbox Drafts {{\n    auto = create\n    special_use = \\Drafts\n  }}\n\
         \x20 mailbox Junk {{\n    auto = create\n    special_use = \\Junk\n  }}\n\
         \x20 mailbox Trash {{\n    auto = create\n    special_use = \\Trash\n  }}\n}}\n"
    )
}

/// Where Dovecot asks what a token is worth.
fn introspection(issuer: u16) -> String {
    format!(
        "introspection_url = http://127.0.0.1:{issuer}/introspect?token=\n\
         introspection_mode = get\n\
         force_introspection = yes\n\
         active_attribute = active\n\
         active_value = true\n\
         username_attribute = email\n"
    )
}
