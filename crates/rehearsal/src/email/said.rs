//! Strangers made to write by command, and the count of what was really sent: one for each time the house took a mail upon
//! itself. Two that carry the same Message-ID are two: that is how a person sees them who gets both.

use super::acts::{self, Writing};
use super::host::Host;
use super::imap::session::id_of;
use super::letters::Form;
use super::mime::{addresses, bare_id, fields, find, first, words};
use super::world::Mailbox;
use crate::clock::now_ms;
use crate::hold;
use crate::said::{Posted, Say, Visibility};
use std::collections::BTreeSet;

/// Who is to be answered.
pub(crate) fn sender(bytes: &[u8]) -> String {
    let fields = fields(&bytes[..find(bytes, b"\r\n\r\n").unwrap_or(bytes.len())]);
    let from = first(&fields, "reply-to").or_else(|| first(&fields, "from")).unwrap_or_default();
    addresses(&from).first().map(|one| format!("{}@{}", one.local, one.host)).unwrap_or_default()
}

/// A mail of that id, or a mailbox of that address.
pub(crate) fn has(host: &Host, id: &str) -> bool {
    acts::bytes_of(host, id).is_some() || hold(&host.house).at(id).is_some()
}

/// Nobody says anything in public here. `spoiler` is the subject.
pub(crate) fn say(host: &Host, line: &Say) -> Option<String> {
    match line {
        Say::Write { by, to, reply_to, text, spoiler, .. } => {
            let box_of = |name: &str| {
                let house = hold(&host.house);
                let mut boxes = house.boxes.iter();
                boxes
                    .find(|one| one.username == name || one.address.eq_ignore_ascii_case(name))
                    .map(|one| (one.name.clone(), one.address.clone()))
            };
            let answers = reply_to.as_deref();
            let common =
                |from, to| Writing { from, to, answers, subject: spoiler, text, form: Form::Plain, at_ms: now_ms() };
            if let Some((name, address)) = box_of(&by.acct) {
                let to = match answers {
                    Some(id) => sender(&acts::bytes_of(host, id)?),
                    None => to.clone()?,
                };
                return acts::send(host, &common((&name, &address), &to));
            }
            let to = match to {
                Some(name) => box_of(name)?.1,
                None => acts::home_of(host, answers?)?,
            };
            acts::receive(host, &common((&by.name, &by.acct), &to))
        }
        // What was sent stays as it was.
        Say::Edit { .. } => None,
        Say::Delete { status } => acts::file(host, status, "gone").then(|| status.clone()),
        // Tokens whose time is over, or that their owner took back.
        Say::Put { status, state } if matches!(state.as_str(), "stale" | "revoked") => {
            host.forget_tokens(status, state == "revoked").then(|| status.clone())
        }
        Say::Put { status, state } if state == "renumber" => acts::renumber(host, status).then(|| status.clone()),
        Say::Put { status, state } => acts::file(host, status, state).then(|| status.clone()),
    }
}

/// The ids of the mails that lie in a mailbox, and of those that one of them speaks of.
fn told_of(mailbox: &Mailbox) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for mail in mailbox.folders.iter().flat_map(|folder| &folder.mails) {
        let fields = fields(&mail.bytes[..find(&mail.bytes, b"\r\n\r\n").unwrap_or(mail.bytes.len())]);
        let said = ["in-reply-to", "references"].into_iter().filter_map(|name| first(&fields, name));
        ids.extend(said.flat_map(|all| all.split_whitespace().map(bare_id).collect::<Vec<_>>()));
        ids.insert(mail.id.clone());
    }
    ids
}

pub(crate) fn posted(host: &Host) -> Vec<Posted> {
    let house = hold(&host.house);
    let told: Vec<(&str, BTreeSet<String>)> =
        house.boxes.iter().map(|mailbox| (mailbox.address.as_str(), told_of(mailbox))).collect();
    let told_of = |from: &str, id: &String| {
        told.iter().any(|(address, ids)| address.eq_ignore_ascii_case(from) && ids.contains(id))
    };
    let one = |sent: &super::world::Accepted| {
        let fields = fields(&sent.bytes[..find(&sent.bytes, b"\r\n\r\n").unwrap_or(sent.bytes.len())]);
        let id = id_of(&sent.bytes);
        Posted {
            server: host.origin.clone(),
            account: sent.from.to_lowercase(),
            unseen: !told_of(&sent.from, &id),
            key: Some(id.clone()),
            id,
            in_reply_to: first(&fields, "in-reply-to").map(|id| bare_id(&id)),
            text: words(&sent.bytes),
            pictures: Vec::new(),
            visibility: Visibility::Direct,
            at_ms: sent.at_ms,
            native: sent.native,
            state: Some(sent.to.join(", ")),
        }
    };
    house.accepted.iter().filter(|sent| sent.at_ms >= host.opened_ms || !sent.native).map(one).collect()
}
