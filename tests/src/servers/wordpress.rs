//! WordPress itself, with MariaDB and PHP's own server, from Debian's packages. `alice` owns the site, `bob` is a reader
//! of it; comments of strangers wait for a moderator, and the site's wall clock is Auckland's.
//!
//! Here alone something is installed in the system, where it lacks and we may: a database and an interpreter cannot be
//! unpacked like a single program. Site and database live in a folder of their own and end with the test.

use super::{Running, Wire, answering, done, folder, free_port};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const SOURCE: &str = "/usr/share/wordpress";
const PACKAGES: [&str; 7] =
    ["mariadb-server", "wordpress", "php-cli", "php-mysql", "php-xml", "php-mbstring", "php-curl"];
const PUBLISHING: &[u8] = b"POST /wp-json/wp/v2/comments ";
const PUBLISHING_PLAIN: &[u8] = b"POST /index.php?rest_route=%2Fwp%2Fv2%2Fcomments ";

/// How a site's addresses look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// `/wp-json/`.
    Pretty,
    /// `/index.php?rest_route=/`.
    Plain,
}

/// The site, with one article; ends when dropped.
pub struct WordPress {
    /// `http://127.0.0.1:PORT`, as the site names itself.
    pub base: String,
    /// The number of its article.
    pub article: String,
    /// Between everybody and the site, which names itself by this port.
    pub wire: Wire,
    _php: Running,
    _database: Running,
    _home: tempfile::TempDir,
}

pub fn install() {
    let there =
        || Path::new(SOURCE).join("wp-load.php").exists() && program("mariadbd").is_some() && program("php").is_some();
    let lock = fs::File::create(folder().join("wordpress.lock")).expect("a lock file");
    lock.lock().expect("the lock");
    if !there() {
        eprintln!("WordPress is not here: asking apt for {}", PACKAGES.join(" "));
        let mut apt = Command::new("apt-get");
        let _said = done(
            apt.env("DEBIAN_FRONTEND", "noninteractive")
                .args(["-qy", "install", "--no-install-recommends"])
                .args(PACKAGES),
        );
        assert!(there(), "the packages hold no WordPress");
    }
    lock.unlock().expect("unlocked");
}

fn program(name: &str) -> Option<PathBuf> {
    ["/usr/sbin", "/usr/bin", "/usr/local/bin"].iter().map(|at| Path::new(at).join(name)).find(|path| path.exists())
}

impl WordPress {
    pub async fn start(addresses: Addresses) -> WordPress {
        install();
        let mut failures = Vec::new();
        for _ in 0..3 {
            match Self::try_start(addresses).await {
                Ok(site) => return site,
                // A port may have been taken between asking for it and listening on it.
                Err(why) => failures.push(why),
            }
        }
        panic!("WordPress did not start: {}", failures.join("\n"));
    }

    async fn try_start(addresses: Addresses) -> Result<WordPress, String> {
        let home = tempfile::tempdir().expect("a folder");
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).expect("readable");
        let (database, at) = database(home.path()).await?;
        let (port, site) = (free_port(), home.path().join("site"));
        let publishing = if addresses == Addresses::Pretty { PUBLISHING } else { PUBLISHING_PLAIN };
        let wire = Wire::losing(port, publishing).await;
        let base = format!("http://127.0.0.1:{}", wire.port);
        // Debian links parts of it to other packages: what is copied is whole. Its own settings are not ours.
        let _said = done(Command::new("cp").arg("-rL").arg(SOURCE).arg(&site));
        for (name, text) in [
            ("wp-config.php", config(&base, at)),
            ("router.php", include_str!("wordpress/router.php").to_owned()),
            ("setup.php", include_str!("wordpress/setup.php").to_owned()),
        ] {
            let path = site.join(name);
            if path.symlink_metadata().is_ok() {
                fs::remove_file(&path).map_err(|why| why.to_string())?;
            }
            fs::write(&path, text).map_err(|why| why.to_string())?;
        }
        let word = if addresses == Addresses::Pretty { "pretty" } else { "plain" };
        let article = done(Command::new("php").arg(site.join("setup.php")).arg(word)).trim().to_owned();
        assert!(article.parse::<u64>().is_ok(), "no article: {article}");
        let mut php = Running::start(
            Command::new("php").current_dir(&site).arg("-S").arg(format!("127.0.0.1:{port}")).arg("router.php"),
            &home.path().join("php.log"),
        );
        answering(&format!("http://127.0.0.1:{port}/?rest_route=/"), &mut php, Duration::from_secs(30)).await?;
        Ok(WordPress { base, article, wire, _php: php, _database: database, _home: home })
    }

    /// A visitor without an account comments, under `parent` (0: at the top). They see it; others once it is approved.
    pub async fn stranger(&self, name: &str, text: &str, parent: &str) {
        let mailbox: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        let form = [
            ("comment_post_ID", self.article.as_str()),
            ("author", name),
            ("email", &format!("{mailbox}@example.com")),
            ("url", ""),
            ("comment", text),
            ("comment_parent", parent),
        ];
        let answer = crate::plain_http().post(format!("{}/wp-comments-post.php", self.base)).form(&form).send().await;
        let answer = answer.expect("the site answers");
        assert_eq!(answer.status().as_u16(), 302, "{}", answer.text().await.unwrap_or_default());
    }

    /// The approved comments with these words in them, as anybody sees them.
    pub async fn shown(&self, words: &str) -> usize {
        let query = [("rest_route", "/wp/v2/comments"), ("post", &self.article), ("per_page", "100")];
        let asked = reqwest::Url::parse_with_params(&format!("{}/", self.base), query).expect("an address");
        let told: serde_json::Value =
            crate::plain_http().get(asked).send().await.expect("an answer").json().await.expect("a list");
        let all = told.as_array().expect("a list").iter();
        all.filter(|one| one["content"]["rendered"].as_str().is_some_and(|text| text.contains(words))).count()
    }
}

async fn database(home: &Path) -> Result<(Running, u16), String> {
    let (data, socket, port) = (home.join("data"), home.join("db.sock"), free_port());
    let log = home.join("db.log");
    fs::create_dir(&data).map_err(|why| why.to_string())?;
    let root = fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    let mut install = Command::new("mariadb-install-db");
    install.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]);
    let mut run = Command::new(program("mariadbd").ok_or("no database")?);
    run.args(["--no-defaults", "--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin"])
        .args(["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M"])
        .arg(format!("--port={port}"))
        .arg(format!("--socket={}", socket.display()))
        .arg(format!("--pid-file={}", data.join("pid").display()));
    for command in [&mut install, &mut run] {
        command.arg(format!("--datadir={}", data.display()));
        // It refuses to run as root, and must be able to write beside its data.
        if root {
            command.arg("--user=mysql");
        }
    }
    if root {
        fs::set_permissions(home, fs::Permissions::from_mode(0o777)).map_err(|why| why.to_string())?;
        let _said = done(Command::new("chown").arg("mysql:mysql").arg(&data));
    }
    let _said = done(&mut install);
    let mut running = Running::start(&mut run, &log);
    let end = Instant::now() + Duration::from_secs(30);
    let words = "create database site character set utf8mb4; create user site@'127.0.0.1' identified by 'site'; \
                 grant all on site.* to site@'127.0.0.1'";
    loop {
        let mut client = Command::new("mariadb");
        client.args(["--no-defaults", "-uroot"]).arg(format!("--socket={}", socket.display())).args(["-e", words]);
        match client.output() {
            Ok(output) if output.status.success() => return Ok((running, port)),
            _ if running.ended() || Instant::now() > end => return Err(format!("no database:\n{}", running.said())),
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Nothing leaves the machine: no mail, no updates, no pings; application passwords over http, as on a developer's own.
fn config(base: &str, database: u16) -> String {
    let keys = ["AUTH_KEY", "SECURE_AUTH_KEY", "LOGGED_IN_KEY", "NONCE_KEY", "AUTH_SALT", "SECURE_AUTH_SALT"];
    let keys = keys
        .iter()
        .chain(&["LOGGED_IN_SALT", "NONCE_SALT"])
        .map(|key| format!("define('{key}', 'of a test: {key}');\n"));
    format!(
        "<?php\n\
         define('DB_NAME', 'site'); define('DB_USER', 'site'); define('DB_PASSWORD', 'site');\n\
         define('DB_HOST', '127.0.0.1:{database}'); define('DB_CHARSET', 'utf8mb4');\n\
         {}$table_prefix = 'wp_';\n\
         define('WP_HOME', '{base}'); define('WP_SITEURL', '{base}');\n\
         define('WP_ENVIRONMENT_TYPE', 'local'); define('WP_HTTP_BLOCK_EXTERNAL', true);\n\
         define('AUTOMATIC_UPDATER_DISABLED', true); define('DISABLE_WP_CRON', true); define('WP_DEBUG_DISPLAY', false);\n\
         if (!defined('ABSPATH')) {{ define('ABSPATH', __DIR__ . '/'); }}\n\
         require_once ABSPATH . 'wp-settings.php';\n\
         if (function_exists('add_filter')) {{\n\
           add_filter('pre_wp_mail', '__return_true');\n\
           add_filter('wp_is_comment_flood', '__return_false', 99);\n\
         }}\n",
        keys.collect::<String>()
    )
}
