//! mastodon_mock, a stand-in for Mastodon 4.6 in Python: streaming, grouped notifications, idempotency keys, `Link`
//! paging, and faults by rule. Lax where a real server is strict (secrets, redirects and PKCE are not checked), so
//! that what it accepts proves less than what snac accepts.

use super::{Running, Wire, answering, done, folder, free_port, installing};
use serde_json::{Value, json};
use std::fs;
use std::process::Command;
use std::time::Duration;

const VERSION: &str = "0.6.1";

/// The server, with the accounts `alice` and `bob`; ends when dropped, and keeps everything in memory.
pub struct Mock {
    pub base: String,
    /// Between everybody and the server, which names itself by this port.
    pub wire: Wire,
    running: Running,
    _home: tempfile::TempDir,
}

pub fn install() {
    installing("mastodon_mock", |place| {
        let stamp = place.join(VERSION);
        if stamp.exists() {
            return;
        }
        done(Command::new("python3").args(["-m", "venv", "--clear"]).arg(place));
        done(
            Command::new(place.join("bin/pip"))
                .args(["install", "--quiet", "--disable-pip-version-check"])
                .arg(format!("mastodon_mock=={VERSION}")),
        );
        // Written last: an install cut short is begun again.
        fs::write(&stamp, "").expect("the stamp");
    });
}

impl Mock {
    pub async fn start() -> Mock {
        install();
        let mut failures = Vec::new();
        for _ in 0..3 {
            match Self::try_start().await {
                Ok(mock) => return mock,
                Err(why) => failures.push(why),
            }
        }
        panic!("mastodon_mock did not start: {}", failures.join("\n"));
    }

    async fn try_start() -> Result<Mock, String> {
        let home = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let wire = Wire::lay(port).await;
        let settings = home.path().join("mock.toml");
        let account = |name: &str, shown: &str| {
            format!(
                "[[seed.accounts]]\nusername = \"{name}\"\ndisplay_name = \"{shown}\"\naccess_token = \"{name}_token\"\n"
            )
        };
        let text = format!("[auth]\nenforce_scopes = true\n{}{}", account("alice", "Alice"), account("bob", "Bob"));
        fs::write(&settings, text).expect("settings");
        let log = home.path().join("log");
        let mut command = Command::new(folder().join("mastodon_mock/bin/mastodon_mock"));
        command
            .current_dir(home.path())
            .args(["serve", "--host", "127.0.0.1", "--in-memory", "--log-level", "warning"])
            .arg("--config")
            .arg(&settings)
            .args(["--port", &port.to_string(), "--domain", &format!("127.0.0.1:{}", wire.port)]);
        let mut running = Running::start(&mut command, &log);
        let base = format!("http://127.0.0.1:{}", wire.port);
        answering(&format!("http://127.0.0.1:{port}/api/v2/instance"), &mut running, Duration::from_secs(30)).await?;
        Ok(Mock { base, wire, running, _home: home })
    }

    pub fn pid(&self) -> u32 {
        self.running.pid()
    }

    pub fn token(&self, name: &str) -> String {
        format!("{name}_token")
    }

    /// The next `times` requests that match get the effect instead of, or before, their answer.
    pub async fn fault(&self, method: &str, path: &str, effect: Value, times: u32) {
        let rule = json!({ "match": { "methods": [method], "path": path }, "effect": effect, "count": times });
        let answer = crate::plain_http()
            .post(format!("{}/api/v1/_mock/faults", self.base))
            .json(&rule)
            .send()
            .await
            .expect("the mock answers");
        assert!(answer.status().is_success(), "the rule was refused: {:?}", answer.text().await);
    }

    pub async fn no_faults(&self) {
        let rules = format!("{}/api/v1/_mock/faults", self.base);
        let answer = crate::plain_http().delete(rules).send().await.expect("the mock answers");
        assert!(answer.status().is_success(), "{}", answer.status());
    }
}
