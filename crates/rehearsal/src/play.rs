//! From a scenario to servers: peoples them, writes what was there before, and then lets the evening happen. Which server
//! a line concerns is decided here; what it does there, the server's network says.

use crate::clock::now_ms;
use crate::hold;
use crate::network::Server;
use crate::scenario::{ClientCard, Line, PersonLine, Scenario};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// For what was there before anybody listened.
const QUIETLY: bool = true;

/// The evening under way: which line of the file became what on which server.
pub(crate) struct Stage {
    pub scenario: Scenario,
    pub servers: Vec<Arc<dyn Server>>,
    /// By the short name of the line: the server's place, and the id there.
    written: Mutex<HashMap<String, (usize, String)>>,
}

/// What a server may ask about the evening: who somebody is, and which of its own things a line means.
pub(crate) struct Cast<'a> {
    stage: &'a Stage,
    server: usize,
}

impl Cast<'_> {
    /// The id, on the asking server, of what a line wrote.
    pub fn written(&self, name: Option<&String>) -> Option<String> {
        let (server, id) = hold(&self.stage.written).get(name?).cloned()?;
        (server == self.server).then_some(id)
    }

    /// A person who is none of our accounts.
    pub fn person(&self, key: &str) -> Option<&PersonLine> {
        self.stage.scenario.people.get(key)
    }
}

impl Stage {
    pub fn set(scenario: Scenario, servers: Vec<Arc<dyn Server>>) -> Stage {
        let stage = Stage { scenario, servers, written: Mutex::default() };
        for own in stage.scenario.clients.iter().flat_map(|client| &client.accounts) {
            if let Some(server) = stage.server(&own.server) {
                server.settle(own);
            }
        }
        let start_ms = now_ms();
        let mut lines: Vec<&Line> = stage.scenario.start.iter().collect();
        lines.sort_by(|a, b| a.at.total_cmp(&b.at));
        for line in lines {
            let at = start_ms + (line.at * 60_000.0) as i64;
            stage.perform(line, at, QUIETLY);
        }
        stage
    }

    /// Lets the rest arrive, `pace` simulated seconds a second. Ends with the last line.
    pub async fn play(&self, pace: f64) {
        if pace <= 0.0 {
            return;
        }
        let start = tokio::time::Instant::now();
        let mut lines: Vec<&Line> = self.scenario.arrivals.iter().collect();
        lines.sort_by(|a, b| a.at.total_cmp(&b.at));
        for line in lines {
            let due = Duration::try_from_secs_f64(line.at / pace).unwrap_or(Duration::MAX);
            let Some(due) = start.checked_add(due) else {
                return;
            };
            tokio::time::sleep_until(due).await;
            self.perform(line, now_ms(), !QUIETLY);
        }
    }

    fn server(&self, key: &str) -> Option<&Arc<dyn Server>> {
        self.servers.get(self.scenario.place_of(key)?)
    }

    fn home(&self, username: &str) -> Option<&Arc<dyn Server>> {
        self.servers.iter().find(|server| server.is_home_of(username))
    }

    /// The server a line concerns: where what it speaks of is, or the account it is for, or its author; or the one named.
    fn place(&self, line: &Line) -> Option<&Arc<dyn Server>> {
        let about = line.about().find_map(|name| hold(&self.written).get(name).map(|(place, _)| *place));
        about
            .and_then(|place| self.servers.get(place))
            .or_else(|| self.home(line.to.as_ref().or(line.follow.as_ref())?))
            .or_else(|| self.home(&line.by))
            .or_else(|| self.server(line.on.as_ref()?))
    }

    fn perform(&self, line: &Line, at_ms: i64, quietly: bool) {
        let Some(server) = self.place(line) else {
            tracing::warn!(at = line.at, "a line of the scenario belongs nowhere");
            return;
        };
        let place = server.stand().index;
        let cast = Cast { stage: self, server: place };
        let id = server.perform(line, &cast, at_ms, quietly);
        if let (Some(name), Some(id)) = (&line.id, id) {
            hold(&self.written).insert(name.clone(), (place, id));
        }
    }

    /// The clients with a ready token for each of their accounts.
    pub fn cards(&self) -> Vec<ClientCard> {
        let card = |client: &crate::scenario::ClientLine| ClientCard {
            name: client.name.clone(),
            color_index: client.color,
            letter: client.letter.clone(),
            lang: client.lang.clone(),
            hours: client.hours.clone(),
            notes: client.notes.clone(),
            templates: client.templates.clone(),
            accounts: client.accounts.iter().filter_map(|own| self.server(&own.server)?.card(own)).collect(),
        };
        self.scenario.clients.iter().map(card).collect()
    }
}
