//! An act asked for once is done once, however often its message arrives.
//!
//! The bridge between page and program sends a message again by another way when its first way broke, and cannot know
//! whether it had been heard: a reply must not be sent twice for that. A reading may be read twice.

use guichet_core::view::Problem;
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// Far more acts than are ever under way together.
const REMEMBERED: usize = 64;
/// Commands that change nothing; their answers may be large, and are not kept.
const READINGS: [&str; 17] = [
    "app",
    "check",
    "conversation",
    "desk",
    "dump",
    "fill",
    "has_recovery",
    "holds",
    "list",
    "networks",
    "outbox",
    "position_of",
    "release_preview",
    "rows",
    "search",
    "setting",
    "templates",
];

type Answer = Result<Value, Problem>;

#[derive(Default)]
pub struct Once(Mutex<Heard>);

#[derive(Default)]
struct Heard {
    answers: HashMap<String, Arc<OnceCell<Answer>>>,
    order: VecDeque<String>,
}

impl Once {
    /// `message`: the page's own name for this one call.
    pub async fn answer(&self, command: &str, message: String, work: impl Future<Output = Answer>) -> Answer {
        if READINGS.contains(&command) {
            return work.await;
        }
        let heard = self.heard(message);
        heard.get_or_init(|| work).await.clone()
    }

    fn heard(&self, message: String) -> Arc<OnceCell<Answer>> {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = heard.answers.get(&message) {
            return before.clone();
        }
        let fresh = Arc::<OnceCell<Answer>>::default();
        heard.answers.insert(message.clone(), fresh.clone());
        heard.order.push_back(message);
        if heard.order.len() > REMEMBERED
            && let Some(oldest) = heard.order.pop_front()
        {
            heard.answers.remove(&oldest);
        }
        fresh
    }
}

#[cfg(test)]
#[path = "once_tests.rs"]
mod tests;
