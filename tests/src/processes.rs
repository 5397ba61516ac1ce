//! What the kernel says of a running program and its children, for the bench.

use std::fs;
use std::time::Duration;

/// Clock ticks a second in /proc: 100 on every Linux that Debian builds.
const TICKS: f64 = 100.0;

/// The process and everything it started, still running.
pub fn family(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    all.extend(crate::window::children_of(pid));
    all
}

/// Bytes, each shared page counted in proportion (PSS).
pub fn proportional_memory(pid: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kilobytes: u64 = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0);
    kilobytes * 1024
}

/// Seconds of one core, in user and kernel.
pub fn cpu_seconds(pid: u32) -> f64 {
    let fields = fields(pid);
    let ticks = |n: usize| fields.get(n).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / TICKS
}

/// How long ago the process started, to a hundredth of a second.
pub fn started_ago(pid: u32) -> Duration {
    let uptime = fs::read_to_string("/proc/uptime").unwrap_or_default();
    let up: f64 = uptime.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0.0);
    let started: f64 = fields(pid).get(19).and_then(|field| field.parse().ok()).unwrap_or(0.0);
    Duration::from_secs_f64((up - started / TICKS).max(0.0))
}

/// /proc/PID/stat from the third field on: the second, the name, may hold anything.
fn fields(pid: u32) -> Vec<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after = stat.rsplit_once(") ").map(|(_, rest)| rest).unwrap_or_default();
    after.split_whitespace().map(str::to_owned).collect()
}
