//! Measures the release build's window against an empty window of the same Tauri, and prints everything measured,
//! the core's and the outbox's figures included. `bench RELEASE_FOLDER [PART…] [--json]`; no part named: all of them.
//!
//! What is compared runs side by side in one run; ratios are medians over turns, with the spread beside them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "bench/exchange.rs"]
mod exchange;
#[path = "bench/outbox.rs"]
mod outbox;

use guichet_tests::processes::{cpu_seconds, family, proportional_memory, started_ago};
use guichet_tests::webdriver::Page;
use guichet_tests::window::Desktop;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

const TURNS: usize = 10;
const KEYS: usize = 220;
const MESSAGES: &str = "100000";
const CONVERSATIONS: &str = "100000";
const QUEUED: &str = "10000";

/// When the page's mark stands: milliseconds since 1970, or null.
const MARK: &str = "const m = performance.getEntriesByName('filled')[0];
    return m ? performance.timeOrigin + m.startTime : null;";

/// Moves on by so many keys, as a person would who waits to see each, and returns the milliseconds of each.
const NEXT: &str = "const done = arguments[arguments.length - 1];
    const times = [];
    const shown = () => document.querySelector('main')?.dataset.shown;
    const step = (left) => {
      if (left === 0) return done(times);
      const before = shown();
      const start = performance.now();
      document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'j', code: 'KeyJ', bubbles: true }));
      const look = () => {
        if (shown() === before) {
          if (performance.now() - start > 2000) return done(times);
          return setTimeout(look, 0);
        }
        requestAnimationFrame(() => requestAnimationFrame(() => {
          times.push(performance.now() - start);
          setTimeout(() => step(left - 1), 20);
        }));
      };
      look();
    };
    step(arguments[0]);";

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let release = PathBuf::from(words.first().expect("bench RELEASE_FOLDER [PART…] [--json]"));
    let parts: Vec<&str> = words[1..].iter().map(String::as_str).filter(|word| *word != "--json").collect();
    let wanted = |part: &str| parts.is_empty() || parts.contains(&part);
    let mut all = Map::new();
    if wanted("core") {
        all.extend(core_figures(&release));
    }
    if wanted("outbox") {
        all.extend(outbox::measure(outbox::QUEUED).await);
    }
    if ["queue", "start", "next"].into_iter().any(wanted) {
        let desktop = Desktop::start("fr_FR.UTF-8", true).await;
        fill(&release, &desktop);
        if wanted("queue") {
            all.extend(start_behind_a_queue(&release, &desktop).await);
        }
        if wanted("start") {
            all.extend(start_and_memory(&release, &desktop).await);
        }
        if wanted("next") {
            all.extend(moving_and_idle(&release, &desktop).await);
        }
    }
    if words.iter().any(|word| word == "--json") {
        println!("{}", Value::Object(all));
    } else {
        for (name, value) in &all {
            println!("{name:<28} {}", shown(value));
        }
    }
}

fn shown(value: &Value) -> String {
    value.as_f64().map_or_else(|| value.to_string(), |number| format!("{number:.2}"))
}

fn core_figures(release: &Path) -> Map<String, Value> {
    let folder = release.parent().unwrap_or(release).join("bench");
    let mut measure = Command::new(release.join("examples/bench"));
    let said = measure.arg("measure").arg(folder).output().expect("the core's bench");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    serde_json::from_slice(&said.stdout).expect("JSON")
}

fn inbox(desktop: &Desktop) -> PathBuf {
    desktop.home.path().join("data/guichet")
}

/// The window's own inbox, its key in the desktop's keychain. Made anew each time: the keychain does not outlive it.
fn fill(release: &Path, desktop: &Desktop) {
    let mut line = desktop.command(&release.join("examples/bench"));
    let done = line.arg("fill").arg(inbox(desktop)).args([MESSAGES, CONVERSATIONS]).status().expect("the core's bench");
    assert!(done.success(), "the store was not filled");
}

async fn start_and_memory(release: &Path, desktop: &Desktop) -> Map<String, Value> {
    let (ours, empty) = (release.join("guichet"), release.join("examples/empty"));
    let (mut starts, mut empties, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let (mut memories, mut empty_memories, mut memory_ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let (start, memory) = once(desktop, &ours).await;
        let (bare, bare_memory) = once(desktop, &empty).await;
        ratios.push(start / bare);
        starts.push(start);
        empties.push(bare);
        memory_ratios.push(memory / bare_memory);
        memories.push(memory / 1e6);
        empty_memories.push(bare_memory / 1e6);
    }
    let mut all = Map::new();
    put(&mut all, "start_ratio", &mut ratios);
    put(&mut all, "start_ms", &mut starts);
    put(&mut all, "start_empty_ms", &mut empties);
    put(&mut all, "memory_ratio", &mut memory_ratios);
    put(&mut all, "memory_mb", &mut memories);
    put(&mut all, "memory_empty_mb", &mut empty_memories);
    all
}

/// The release window's start with replies queued against none, in two inboxes filled alike, turn by turn.
async fn start_behind_a_queue(release: &Path, desktop: &Desktop) -> Map<String, Value> {
    let (plain, queued) = (inbox(desktop), inbox(desktop).with_extension("queued"));
    let aside = plain.with_extension("plain");
    let bench = release.join("examples/bench");
    let mut lines = [desktop.command(&bench), desktop.command(&bench)];
    lines[0].arg("fill").arg(&queued).args([MESSAGES, CONVERSATIONS]);
    lines[1].arg("queue").arg(&queued).arg(QUEUED);
    for line in &mut lines {
        assert!(line.status().expect("the core's bench").success(), "the queue was not filled");
    }
    let program = release.join("guichet");
    let (mut behind, mut ratios) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let none = start(desktop, &program).await;
        // Both folders stay what they are, so that neither is taken for a copy.
        std::fs::rename(&plain, &aside).and_then(|()| std::fs::rename(&queued, &plain)).expect("exchanged");
        let many = start(desktop, &program).await;
        std::fs::rename(&plain, &queued).and_then(|()| std::fs::rename(&aside, &plain)).expect("exchanged");
        ratios.push(many / none);
        behind.push(many);
    }
    let mut all = Map::new();
    put(&mut all, "start_queue_ratio", &mut ratios);
    put(&mut all, "start_queue_ms", &mut behind);
    all
}

/// Milliseconds from the process's start to its mark.
async fn start(desktop: &Desktop, program: &Path) -> f64 {
    let page = desktop.open(program, &[]).await;
    let took = started(desktop, program, &page).await;
    page.close().await.expect("closed");
    took
}

async fn started(desktop: &Desktop, program: &Path, page: &Page) -> f64 {
    let mark = mark(page).await;
    let pid = desktop.program_pid(program).expect("the program runs");
    let started = SystemTime::now() - started_ago(pid);
    mark - started.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs_f64() * 1_000.0
}

/// The median under its name, the lowest and highest beside it.
fn put(all: &mut Map<String, Value>, name: &str, values: &mut [f64]) {
    values.sort_by(f64::total_cmp);
    all.insert(name.into(), json!(values[values.len() / 2]));
    all.insert(format!("{name}_spread"), json!([values[0], values[values.len() - 1]]));
}

/// Milliseconds from the process's start to its mark, and the bytes it and its children hold 10 s after.
async fn once(desktop: &Desktop, program: &Path) -> (f64, f64) {
    let page = desktop.open(program, &[]).await;
    let took = started(desktop, program, &page).await;
    let pid = desktop.program_pid(program).expect("the program runs");
    tokio::time::sleep(Duration::from_secs(10).saturating_sub(started_ago(pid))).await;
    let memory = family(pid).into_iter().map(proportional_memory).sum::<u64>() as f64;
    page.close().await.expect("closed");
    (took, memory)
}

async fn mark(page: &Page) -> f64 {
    guichet_tests::until("the list is filled", Duration::from_secs(30), || async {
        page.run(MARK, json!([])).await.ok()?.as_f64()
    })
    .await
}

async fn moving_and_idle(release: &Path, desktop: &Desktop) -> Map<String, Value> {
    let program = release.join("guichet");
    let page = desktop.open(&program, &[]).await;
    mark(&page).await;
    let first = page.find("[role=row][data-conversation]").await.expect("a row");
    page.click(&first).await.expect("clicked");
    tokio::time::sleep(Duration::from_secs(1)).await;
    let times = page.run_async(NEXT, json!([KEYS])).await.expect("the keys");
    let mut times: Vec<f64> = times.as_array().expect("times").iter().filter_map(Value::as_f64).collect();
    assert!(times.len() >= 200, "only {} keys moved on", times.len());
    times.sort_by(f64::total_cmp);
    let mut all = Map::new();
    all.insert("next_p95_ms".into(), json!(times[times.len() * 95 / 100]));
    all.insert("next_median_ms".into(), json!(times[times.len() / 2]));
    tokio::time::sleep(Duration::from_secs(10)).await;
    let pid = desktop.program_pid(&program).expect("the program runs");
    let spent = || family(pid).into_iter().map(cpu_seconds).sum::<f64>();
    let before = spent();
    tokio::time::sleep(Duration::from_secs(60)).await;
    all.insert("idle_core_percent".into(), json!((spent() - before) / 60.0 * 100.0));
    page.close().await.expect("closed");
    all
}
