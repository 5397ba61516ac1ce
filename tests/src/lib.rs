//! What the whole-trip tests share: real servers on loopback, a person's browser, the real window on a screen of its
//! own, and a desk with doors that a test holds. Nothing here is shipped; what goes wrong here panics, since it
//! fails a test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod app;
pub mod browser;
pub mod child;
pub mod crash;
pub mod desk;
pub mod forgetful;
pub mod office;
pub mod processes;
pub mod servers;
pub mod webdriver;
pub mod window;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The checkout's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace stands above").to_path_buf()
}

/// Where cargo builds: the programs to drive are there, and what tests leave to look at.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// An HTTP client that keeps nothing, follows nothing and uses no proxy: what a test reads is what was answered.
pub fn plain_http() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        // snac closes after each answer without a word: a connection kept would be a dead one.
        .pool_max_idle_per_host(0)
        .timeout(Duration::from_secs(30))
        .build()
        .expect("an HTTP client")
}

/// What the desk logs, on the standard error output, as `RUST_LOG` wants it: nothing where it is not set.
pub fn listen_to_logs() {
    let filter = tracing_subscriber::EnvFilter::from_default_env();
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(std::io::stderr);
    // Another test of this process may have been first.
    let _first = subscriber.try_init();
}

/// Asks again every 50 ms until there is an answer; fails the test with `what` after `within`.
pub async fn until<T, F>(what: &str, within: Duration, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let end = Instant::now() + within;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < end, "not within {within:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
