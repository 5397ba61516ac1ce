//! The lines of an evening that concern a Mastodon server, and the people who appear there.

use super::server::Host;
use super::world::{Id, Origin, Person, Visibility, Writing, now_ms};
use crate::hold;
use crate::play::Cast;
use crate::scenario::{Line, own_part};
use serde::Deserialize;

const DAY_MS: i64 = 86_400_000;

/// What only Mastodon reads of a line.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Own {
    html: Option<String>,
    direct: bool,
    unlisted: bool,
    spoiler: String,
    emojis: Vec<String>,
    /// Scene and description.
    picture: Option<(String, String)>,
    likes: u32,
    boosts: u32,
}

pub(crate) fn perform(host: &Host, line: &Line, cast: &Cast<'_>, at_ms: i64, quietly: bool) -> Option<String> {
    let Some(by) = who(host, cast, &line.by) else {
        tracing::warn!(at = line.at, "a line of the scenario is by nobody");
        return None;
    };
    let target: Option<Id> = line.about().find_map(|name| cast.written(Some(name))?.parse().ok());
    if let (Some(_), Some(id)) = (&line.edit, target) {
        host.edit(id, &addressed(line), None, at_ms);
        return None;
    }
    if let (Some(_), Some(id)) = (&line.delete, target) {
        host.delete(id);
        return None;
    }
    if let Some(kind) = applause(line) {
        let author = target.and_then(|id| hold(&host.town).statuses.get(&id).map(|status| status.author));
        if let Some(to) = author.or_else(|| who(host, cast, line.follow.as_ref()?)) {
            host.applaud(kind, by, to, target, at_ms, quietly);
        }
        return None;
    }
    Some(host.write(written(line, by, target, at_ms, quietly), quietly).to_string())
}

/// The person of that short name or username on this server, met for the first time if need be.
fn who(host: &Host, cast: &Cast<'_>, key: &str) -> Option<Id> {
    let Some(line) = cast.person(key) else {
        return host.find_person(&hold(&host.town), key, None);
    };
    let (user, domain) = line.handle.split_once('@')?;
    if let Some(known) = host.find_person(&hold(&host.town), user, Some(domain)) {
        return Some(known);
    }
    let elsewhere = (domain != host.line.domain).then_some(domain);
    let mut person = new_person(user, elsewhere, &line.name, &line.note);
    person.emojis.clone_from(&line.emojis);
    person.bot = line.bot;
    person.filtered = line.filtered;
    person.followers = 12 + host.luck.draw() % 600;
    person.following = 30 + host.luck.draw() % 400;
    Some(add_person(host, person))
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
    let own: Own = own_part(&line.more).unwrap_or_default();
    writing.html = own.html;
    writing.reply_to = reply_to;
    writing.spoiler = own.spoiler;
    writing.emojis = own.emojis;
    writing.pictures = own.picture.into_iter().collect();
    writing.likes = own.likes;
    writing.boosts = own.boosts;
    if line.lang.is_some() {
        writing.language.clone_from(&line.lang);
    }
    if own.direct {
        writing.visibility = Visibility::Direct;
    } else if own.unlisted {
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
