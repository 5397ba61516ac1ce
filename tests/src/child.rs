//! The other end of `desk_child`: a desk in another process, spoken to by lines, killed when the test says so.

use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout, Command};

/// What one answer may take; more is a hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ids must differ from one life of a desk to the next, as chance would have it.
static SEEDS: AtomicU64 = AtomicU64::new(1);

pub struct DeskChild {
    process: tokio::process::Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    /// What its slowest answer took, its opening among them.
    pub slowest: Duration,
}

impl DeskChild {
    /// Starts it with these surroundings beside the usual ones; returns once the desk is open.
    pub async fn start(
        program: &Path,
        folder: &Path,
        key: &Path,
        log: &Path,
        surroundings: &[(String, String)],
    ) -> DeskChild {
        let seed = SEEDS.fetch_add(1, Ordering::Relaxed);
        let (child, first) = Self::launch(program, folder, key, log, seed, surroundings).await;
        assert_eq!(first["open"], true, "the desk did not open: {first}; {}", log.display());
        child
    }

    /// Starts it with this chance; with the first thing it says, which may be why it did not open.
    pub async fn launch(
        program: &Path,
        folder: &Path,
        key: &Path,
        log: &Path,
        seed: u64,
        surroundings: &[(String, String)],
    ) -> (DeskChild, Value) {
        let errors = std::fs::OpenOptions::new().create(true).append(true).open(log).expect("a log");
        let mut process = Command::new(program)
            .arg(folder)
            .arg(key)
            .arg(seed.to_string())
            .envs(surroundings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .kill_on_drop(true)
            .spawn()
            .expect("desk_child starts");
        let input = process.stdin.take().expect("its input");
        let output = BufReader::new(process.stdout.take().expect("its output")).lines();
        let mut child = DeskChild { process, input, output, slowest: Duration::ZERO };
        let first = child.heard().await.unwrap_or_else(|| json!({ "problem": "it ended without a word" }));
        (child, first)
    }

    /// Whether it runs no more.
    pub fn ended(&mut self) -> bool {
        self.process.try_wait().is_ok_and(|ended| ended.is_some())
    }

    pub fn pid(&self) -> u32 {
        self.process.id().expect("it runs")
    }

    async fn heard(&mut self) -> Option<Value> {
        let asked = Instant::now();
        let line = tokio::time::timeout(PATIENCE, self.output.next_line()).await.expect("desk_child hangs");
        self.slowest = self.slowest.max(asked.elapsed());
        serde_json::from_str(&line.ok()??).ok()
    }

    /// `None` where it died before its answer.
    pub async fn ask(&mut self, what: &Value) -> Option<Value> {
        self.input.write_all(format!("{what}\n").as_bytes()).await.ok()?;
        self.input.flush().await.ok()?;
        self.heard().await
    }

    /// An order that must be obeyed.
    pub async fn must(&mut self, what: &Value) -> Value {
        let answer = self.ask(what).await.unwrap_or_else(|| panic!("it died at {}", what["do"]));
        assert!(answer["problem"].is_null(), "{}: {answer}", what["do"]);
        answer
    }

    /// SIGKILL: nothing of it runs any more when this returns. It may have ended before by itself.
    pub async fn kill(&mut self) {
        if self.process.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.process.kill().await.expect("killed");
        }
    }

    /// Lets it end by itself.
    pub async fn quit(mut self) {
        drop(self.input);
        let ended = tokio::time::timeout(PATIENCE, self.process.wait()).await.expect("desk_child does not quit");
        assert!(ended.expect("its end").success(), "desk_child failed");
    }
}
