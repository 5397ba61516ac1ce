//! From a scenario to servers: peoples them, writes what was there before, and then lets the evening happen.

use crate::acts::{LOUD, QUIETLY};
use crate::hold;
use crate::scenario::{AccountCard, ClientCard, Line, Scenario};
use crate::server::Host;
use crate::world::{Id, Origin, Person, Visibility, Writing, now_ms};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// All a client of Mastodon may ask for.
const ALL_SCOPES: &str = "read write follow push profile";
const DAY_MS: i64 = 86_400_000;

/// The evening under way: which post of the file became which post of which server.
pub(crate) struct Stage {
    pub scenario: Scenario,
    pub hosts: Vec<Arc<Host>>,
    posts: Mutex<HashMap<String, (usize, Id)>>,
}

impl Stage {
    pub fn set(scenario: Scenario, hosts: Vec<Arc<Host>>) -> Stage {
        let stage = Stage { scenario, hosts, posts: Mutex::default() };
        stage.people_servers();
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
            self.perform(line, now_ms(), LOUD);
        }
    }

    /// Our accounts, then the people met in the lines, each on the servers where they appear.
    fn people_servers(&self) {
        for own in self.scenario.clients.iter().flat_map(|client| &client.accounts) {
            if let Some(host) = self.host(&own.server) {
                let mut person = new_person(&own.username, None, &own.name, &own.note);
                person.ours = true;
                person.followers = own.followers;
                person.following = own.followers / 7;
                add_person(host, person);
            }
        }
    }

    fn host(&self, key: &str) -> Option<&Arc<Host>> {
        let place = self.scenario.servers.iter().position(|server| server.key == key)?;
        self.hosts.get(place)
    }

    /// Where one of our accounts lives.
    fn home(&self, username: &str) -> Option<&Arc<Host>> {
        let mut own = self.scenario.clients.iter().flat_map(|client| &client.accounts);
        self.host(&own.find(|own| own.username == username)?.server)
    }

    fn post(&self, name: Option<&String>) -> Option<(usize, Id)> {
        hold(&self.posts).get(name?).copied()
    }

    fn perform(&self, line: &Line, at_ms: i64, quietly: bool) {
        let about = [&line.re, &line.edit, &line.delete, &line.like, &line.boost]
            .into_iter()
            .find_map(|name| self.post(name.as_ref()));
        let host = about
            .and_then(|(place, _)| self.hosts.get(place))
            .or_else(|| self.home(line.to.as_ref().or(line.follow.as_ref())?))
            .or_else(|| self.home(&line.by))
            .or_else(|| self.host(line.on.as_ref()?));
        let Some(host) = host else {
            tracing::warn!(at = line.at, "a line of the scenario belongs nowhere");
            return;
        };
        let Some(by) = self.who(host, &line.by) else {
            tracing::warn!(at = line.at, "a line of the scenario is by nobody");
            return;
        };
        let target = about.map(|(_, id)| id);
        if let (Some(_), Some(id)) = (&line.edit, target) {
            host.edit(id, &addressed(line), None, at_ms);
        } else if let (Some(_), Some(id)) = (&line.delete, target) {
            host.delete(id);
        } else if let Some(kind) = applause(line) {
            let author = target.and_then(|id| hold(&host.town).statuses.get(&id).map(|status| status.author));
            let to = author.or_else(|| self.who(host, line.follow.as_ref()?));
            if let Some(to) = to {
                host.applaud(kind, by, to, target, at_ms, quietly);
            }
        } else {
            let id = host.write(written(line, by, target, at_ms, quietly), quietly);
            if let Some(name) = &line.id {
                hold(&self.posts).insert(name.clone(), (host.index, id));
            }
        }
    }

    /// The person of that short name or username on this server, met for the first time if need be.
    fn who(&self, host: &Host, key: &str) -> Option<Id> {
        let Some(line) = self.scenario.people.get(key) else {
            return host.find_person(&hold(&host.town), key, None);
        };
        let (user, domain) = line.handle.split_once('@')?;
        if let Some(known) = host.find_person(&hold(&host.town), user, Some(domain)) {
            return Some(known);
        }
        let elsewhere = (domain != host.domain).then_some(domain);
        let mut person = new_person(user, elsewhere, &line.name, &line.note);
        person.emojis.clone_from(&line.emojis);
        person.bot = line.bot;
        person.filtered = line.filtered;
        person.followers = 12 + host.luck.draw() % 600;
        person.following = 30 + host.luck.draw() % 400;
        Some(add_person(host, person))
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
            accounts: client
                .accounts
                .iter()
                .filter_map(|own| {
                    let host = self.host(&own.server)?;
                    let id = self.who(host, &own.username)?;
                    let scopes = ALL_SCOPES.split(' ').map(str::to_owned).collect();
                    let app = host.new_app("Guichet", None, vec![crate::oauth::OOB.to_owned()], scopes);
                    Some(AccountCard {
                        network: "mastodon".to_owned(),
                        server: host.origin.clone(),
                        handle: format!("{}@{}", own.username, host.domain),
                        name: own.name.clone(),
                        remote: id.to_string(),
                        token: host.new_token(&app, Some(id), ALL_SCOPES),
                        client_id: app.client_id,
                        client_secret: app.client_secret,
                    })
                })
                .collect(),
        };
        self.scenario.clients.iter().map(card).collect()
    }
}

fn applause(line: &Line) -> Option<&'static str> {
    if line.like.is_some() {
        Some("favourite")
    } else if line.boost.is_some() {
        Some("reblog")
    } else {
        line.follow.as_ref().map(|_| "follow")
    }
}

/// The text with the account it is for in front, as people's apps put it.
fn addressed(line: &Line) -> String {
    match &line.to {
        Some(to) => format!("@{to} {}", line.text),
        None => line.text.clone(),
    }
}

fn written(line: &Line, by: Id, reply_to: Option<Id>, at_ms: i64, quietly: bool) -> Writing {
    let origin = if quietly { Origin::Seed } else { Origin::Said };
    let mut writing = Writing::plain(by, &addressed(line), at_ms, origin);
    writing.html.clone_from(&line.html);
    writing.reply_to = reply_to;
    writing.spoiler.clone_from(&line.spoiler);
    writing.emojis.clone_from(&line.emojis);
    writing.pictures = line.picture.iter().cloned().collect();
    writing.likes = line.likes;
    writing.boosts = line.boosts;
    if line.lang.is_some() {
        writing.language.clone_from(&line.lang);
    }
    if line.direct {
        writing.visibility = Visibility::Direct;
    } else if line.unlisted {
        writing.visibility = Visibility::Unlisted;
    }
    writing
}

pub(crate) fn new_person(username: &str, domain: Option<&str>, name: &str, note: &str) -> Person {
    Person {
        id: 0,
        username: username.to_owned(),
        domain: domain.map(str::to_owned),
        name: name.to_owned(),
        note: note.to_owned(),
        ours: false,
        bot: false,
        filtered: false,
        emojis: Vec::new(),
        followers: 40,
        following: 60,
        created_ms: 0,
    }
}

/// Gives a newcomer an id and an age of some months.
pub(crate) fn add_person(host: &Host, mut person: Person) -> Id {
    let mut town = hold(&host.town);
    let age = i64::from(200 + host.luck.draw() % 1500) * DAY_MS;
    person.created_ms = now_ms() - age;
    let mut id = (u64::try_from(person.created_ms).unwrap_or_default() << 16)
        | (u64::from(host.luck.draw()) & 0xFFF8)
        | host.index as u64;
    while town.people.contains_key(&id) {
        id += 8;
    }
    person.id = id;
    town.people.insert(id, person);
    id
}
