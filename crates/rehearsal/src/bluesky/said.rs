//! People of Bluesky made to speak by command, and the count of what really exists.

use super::evening::{handle, met_ms, reply_to, rewrite, take_back};
use super::index::{Writing, post_value};
use super::lexicon::POST;
use super::server::Host;
use super::text::facets;
use super::world::{Blob, Origin, Record, Sky};
use crate::clock::now_ms;
use crate::hold;
use crate::said::{Posted, Say, Speaker, Visibility};

/// Posts of our accounts by their addresses, and private messages by their ids.
pub(crate) fn posted(host: &Host) -> Vec<Posted> {
    let sky = hold(&host.sky);
    let ours = |did: &str| sky.people.get(did).is_some_and(|person| person.ours);
    let posts = sky.records.values().filter(|record| record.collection == POST && record.origin != Origin::Seed);
    let post = |record: &Record| Posted {
        server: host.origin.clone(),
        account: record.did.clone(),
        id: record.uri.clone(),
        in_reply_to: record.parent().map(str::to_owned),
        text: record.text().to_owned(),
        pictures: record.pictures().into_iter().map(|(_, alt)| alt.to_owned()).collect(),
        visibility: Visibility::Public,
        key: record.asked_key.then(|| record.key.clone()),
        at_ms: record.applied_ms,
        native: record.origin == Origin::Said,
        state: None,
        unseen: false,
    };
    let mut all: Vec<Posted> = posts.filter(|record| ours(&record.did)).map(post).collect();
    for convo in sky.chat.convos.values() {
        let written = convo.messages.iter().filter(|message| ours(&message.by) && message.origin != Origin::Seed);
        all.extend(written.map(|message| Posted {
            server: host.origin.clone(),
            account: message.by.clone(),
            id: message.id.clone(),
            in_reply_to: Some(convo.id.clone()),
            text: message.text.clone(),
            pictures: Vec::new(),
            visibility: Visibility::Direct,
            key: None,
            at_ms: message.applied_ms,
            native: message.origin == Origin::Said,
            state: None,
            unseen: false,
        }));
    }
    all
}

pub(crate) fn shown(host: &Host, id: &str) -> Vec<Vec<u8>> {
    let sky = hold(&host.sky);
    let pictures = sky.post(id).map(Record::pictures).unwrap_or_default();
    let bytes = |link: &str| match sky.blobs.get(link) {
        Some(Blob::Brought { bytes, .. }) => Some(bytes.to_vec()),
        _ => None,
    };
    pictures.into_iter().filter_map(|(link, _)| bytes(link)).collect()
}

pub(crate) fn has(host: &Host, id: &str) -> bool {
    let sky = hold(&host.sky);
    sky.post(id).is_some() || sky.chat.holding(id).is_some()
}

pub(crate) fn say(host: &Host, line: &Say) -> Option<String> {
    let mut sky = hold(&host.sky);
    match line {
        Say::Write { by, to, reply_to: answered, text, direct, .. } => {
            let by = speaker(host, &mut sky, by);
            let now = now_ms();
            let exchange = answered.as_ref().and_then(|id| sky.chat.holding(id)).map(|convo| convo.id.clone());
            if *direct || exchange.is_some() {
                let convo = match exchange {
                    Some(convo) => convo,
                    None => {
                        let to = sky.ours(to.as_ref()?)?.did.clone();
                        sky.begin(&by, &to, now)
                    }
                };
                return sky.whisper(&convo, &by, text, None, now, now, Origin::Said);
            }
            let named = to.as_ref().and_then(|to| sky.ours(to)).map(|person| person.handle.clone());
            let text = named.map_or(text.clone(), |handle| format!("@{handle} {text}"));
            let mut value = post_value(&text, facets(&sky, &text), "fr", now);
            if let Some(parent) = answered {
                value["reply"] = reply_to(&sky, parent)?;
            }
            let key = sky.next_tid(now);
            let uri = super::world::uri(&by, POST, &key);
            sky.write(Writing {
                did: by,
                collection: POST.to_owned(),
                key,
                value,
                applied_ms: now,
                origin: Origin::Said,
                asked_key: false,
                likes: 0,
            });
            Some(uri)
        }
        Say::Edit { status, text } => rewrite(&mut sky, status, text).then(|| status.clone()),
        Say::Delete { status } => take_back(&mut sky, status).then(|| status.clone()),
        // Nobody but the author of a thread has a say in it, and that is us.
        Say::Put { .. } => None,
    }
}

/// The speaker, met for the first time if need be.
fn speaker(host: &Host, sky: &mut Sky, by: &Speaker) -> String {
    if let Some(ours) = sky.ours(&by.acct) {
        return ours.did.clone();
    }
    let handle = handle(&by.acct);
    sky.did_of(&handle).unwrap_or_else(|| {
        let first = by.acct.split('@').next().unwrap_or_default();
        let name = if by.name.is_empty() { first } else { &by.name };
        sky.welcome(&handle, name, "", false, met_ms(host))
    })
}
