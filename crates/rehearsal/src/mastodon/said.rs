//! People of Mastodon made to speak by command, and the count of what really exists on a server.

use super::acts::LOUD;
use super::evening::{add_person, new_person};
use super::server::Host;
use super::world::{Id, Origin, Visibility, Writing, now_ms};
use crate::hold;
use crate::said::{Posted, Say, Speaker};

pub(crate) fn posted(host: &Host) -> Vec<Posted> {
    let town = hold(&host.town);
    let mut all = Vec::new();
    for status in town.statuses.values() {
        if !host.is_ours(&town, status.author) {
            continue;
        }
        let (key, parent, native) = match &status.origin {
            Origin::Seed => continue,
            Origin::Said => (None, status.reply_to, true),
            Origin::Api { key, asked_parent } => (key.clone(), *asked_parent, false),
        };
        all.push(Posted {
            server: host.origin.clone(),
            account: status.author.to_string(),
            id: status.id.to_string(),
            in_reply_to: parent.map(|id| id.to_string()),
            text: status.text.clone(),
            pictures: status.pictures.iter().map(|picture| picture.alt.clone()).collect(),
            visibility: status.visibility,
            key,
            at_ms: status.applied_ms,
            native,
            state: None,
            unseen: false,
        });
    }
    all
}

pub(crate) fn shown(host: &Host, post: &str) -> Vec<Vec<u8>> {
    let Some(id) = known(host, post) else {
        return Vec::new();
    };
    let town = hold(&host.town);
    let pictures = town.statuses.get(&id).map(|status| status.pictures.as_slice()).unwrap_or_default();
    pictures.iter().filter_map(|picture| Some(town.uploads.get(&picture.id)?.bytes.to_vec())).collect()
}

pub(crate) fn say(host: &Host, line: &Say) -> Option<String> {
    match line {
        Say::Write { by, to, reply_to, text, direct, spoiler } => {
            let parent = match reply_to {
                Some(id) => Some(known(host, id)?),
                None => None,
            };
            let author = speaker(host, by);
            let text = match to {
                Some(to) => format!("@{to} {text}"),
                None => text.clone(),
            };
            let mut writing = Writing::plain(author, &text, now_ms(), Origin::Said);
            writing.reply_to = parent;
            writing.spoiler.clone_from(spoiler);
            if *direct {
                writing.visibility = Visibility::Direct;
            }
            Some(host.write(writing, LOUD).to_string())
        }
        Say::Edit { status, text } => host.edit(known(host, status)?, text, None, now_ms()).then(|| status.clone()),
        Say::Delete { status } => host.delete(known(host, status)?).map(|_| status.clone()),
        // Nobody moderates what others answer here.
        Say::Put { .. } => None,
    }
}

/// The post of that id, if it is here.
pub(crate) fn known(host: &Host, id: &str) -> Option<Id> {
    let id = id.parse().ok()?;
    hold(&host.town).statuses.contains_key(&id).then_some(id)
}

/// The speaker on this server, met for the first time if need be.
fn speaker(host: &Host, by: &Speaker) -> Id {
    let (user, domain) = match by.acct.split_once('@') {
        Some((user, domain)) => (user, Some(domain)),
        None => (by.acct.as_str(), None),
    };
    let known = host.find_person(&hold(&host.town), user, domain);
    known.unwrap_or_else(|| {
        let name = if by.name.is_empty() { user } else { &by.name };
        add_person(host, new_person(user, domain.filter(|domain| *domain != host.line.domain), name, ""))
    })
}
