//! The chat's methods, as they are asked through the data server: exchanges listed, read, followed by their log, answered,
//! accepted. No server of it is published: the shapes are its lexicons', what happens is what is told of it.

use super::asked::Asked;
use super::exchanges::{Convo, Message, Standing};
use super::lexicon::{self, At};
use super::names::instant;
use super::refusal::Refusal;
use super::server::Host;
use super::tokens::Caller;
use super::world::{Origin, Sky};
use crate::clock::now_ms;
use crate::hold;
use serde_json::{Value, json};

pub(crate) use super::exchanges::Chat;

const DEFS: &str = "chat.bsky.convo.defs";

/// Who looks, and how late what they see is.
struct Eye<'a> {
    sky: &'a Sky,
    me: &'a str,
    until_ms: i64,
}

fn eye<'a>(sky: &'a Sky, asked: &Asked, caller: &'a Caller) -> Eye<'a> {
    Eye { sky, me: &caller.did, until_ms: now_ms().saturating_sub(asked.lag_ms) }
}

impl Eye<'_> {
    fn message(&self, message: &Message) -> Value {
        let mut shape = json!({
            "id": message.id, "rev": message.rev, "sender": {"did": message.by}, "sentAt": instant(message.at_ms),
        });
        if message.gone_for.contains(self.me) {
            shape["$type"] = format!("{DEFS}#deletedMessageView").into();
            return shape;
        }
        shape["$type"] = format!("{DEFS}#messageView").into();
        shape["text"] = message.text.clone().into();
        if let Some(facets) = &message.facets {
            shape["facets"] = facets.clone();
        }
        if !message.reactions.is_empty() {
            let one = |(sign, by, at): &(String, String, i64)| json!({"value": sign, "sender": {"did": by}, "createdAt": instant(*at)});
            shape["reactions"] = message.reactions.iter().map(one).collect();
        }
        shape
    }

    fn sees(&self, message: &Message) -> bool {
        message.applied_ms <= self.until_ms
    }

    fn person(&self, did: &str) -> Value {
        let person = self.sky.people.get(did);
        let handle = person.map_or("handle.invalid", |person| person.handle.as_str());
        json!({"did": did, "handle": handle, "displayName": person.map(|person| person.name.as_str())})
    }

    fn convo(&self, convo: &Convo) -> Value {
        let read = convo.read.get(self.me).map(String::as_str).unwrap_or_default();
        let new = |message: &&Message| message.by != self.me && message.rev.as_str() > read && self.sees(message);
        let mut shape = json!({
            "id": convo.id,
            "rev": convo.rev,
            "members": convo.members.iter().map(|did| self.person(did)).collect::<Vec<_>>(),
            "muted": false,
            "status": convo.standing(self.me).name(),
            "unreadCount": convo.messages.iter().filter(new).count(),
            "kind": {"$type": format!("{DEFS}#directConvo")},
        });
        if let Some(last) = convo.messages.iter().rfind(|message| self.sees(message)) {
            shape["lastMessage"] = self.message(last);
        }
        shape
    }
}

fn mine<'a>(sky: &'a Sky, caller: &Caller, id: &str) -> Result<&'a Convo, Refusal> {
    let found = sky.chat.convos.get(id).filter(|convo| convo.members.contains(&caller.did));
    found.ok_or_else(|| Refusal::new(400, "InvalidConvo", "Convo not found"))
}

/// A page of a list, and the cursor to the rest: how many came before.
fn page(asked: &Asked, all: Vec<Value>) -> Result<(Vec<Value>, Option<String>), Refusal> {
    let limit = asked.limit()?;
    let from: usize = asked.one("cursor").and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
    let more = all.len() > from + limit;
    let page = all.into_iter().skip(from).take(limit).collect();
    Ok((page, more.then(|| (from + limit).to_string())))
}

fn with_cursor(mut told: Value, cursor: Option<String>) -> Value {
    if let Some(cursor) = cursor {
        told["cursor"] = cursor.into();
    }
    told
}

pub(crate) fn list(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let sky = hold(&host.sky);
    let eye = eye(&sky, asked, caller);
    let (status, unread) = (asked.one("status"), asked.one("readState") == Some("unread"));
    let mut found: Vec<&Convo> = sky
        .chat
        .convos
        .values()
        .filter(|convo| convo.members.contains(&caller.did))
        .filter(|convo| status.is_none_or(|status| convo.standing(&caller.did).name() == status))
        .filter(|convo| convo.messages.is_empty() || convo.messages.iter().any(|message| eye.sees(message)))
        .collect();
    found.sort_by(|a, b| b.rev.cmp(&a.rev));
    let mut shown: Vec<Value> = found.into_iter().map(|convo| eye.convo(convo)).collect();
    shown.retain(|convo| !unread || convo["unreadCount"] != 0);
    let (page, cursor) = page(asked, shown)?;
    Ok(with_cursor(json!({"convos": page}), cursor))
}

pub(crate) fn one(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let sky = hold(&host.sky);
    let convo = mine(&sky, caller, asked.needed("convoId")?)?;
    Ok(json!({"convo": eye(&sky, asked, caller).convo(convo)}))
}

/// The other one of a direct exchange.
fn other(sky: &Sky, asked: &Asked, caller: &Caller) -> Result<String, Refusal> {
    let members = asked.list("members", 10)?;
    let others: Vec<&str> = members.into_iter().filter(|did| *did != caller.did).collect();
    let [other] = others.as_slice() else {
        return Err(Refusal::invalid("Direct conversations have two members"));
    };
    if !sky.people.contains_key(*other) {
        return Err(Refusal::new(400, "RecipientNotFound", "recipient not found"));
    }
    Ok((*other).to_owned())
}

/// Why the chat does not let them write to each other.
fn kept_apart(sky: &Sky, me: &str, other: &str) -> Option<Refusal> {
    if sky.block(me, other).is_some() {
        return Some(Refusal::new(400, "BlockedActor", "block between recipient and sender"));
    }
    if sky.block(other, me).is_some() {
        return Some(Refusal::new(400, "BlockedSubject", "block between recipient and sender"));
    }
    let closed = sky.chat.closed.contains(other) && sky.chat.between(me, other).is_none();
    closed.then(|| Refusal::new(400, "MessagesDisabled", "recipient has disabled incoming messages"))
}

pub(crate) fn for_members(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let mut sky = hold(&host.sky);
    let other = other(&sky, asked, caller)?;
    if let Some(refusal) = kept_apart(&sky, &caller.did, &other) {
        return Err(refusal);
    }
    let id = sky.begin(&caller.did, &other, now_ms());
    let convo = mine(&sky, caller, &id)?;
    Ok(json!({"convo": eye(&sky, asked, caller).convo(convo)}))
}

pub(crate) fn availability(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let sky = hold(&host.sky);
    let other = other(&sky, asked, caller)?;
    let mut told = json!({"canChat": kept_apart(&sky, &caller.did, &other).is_none()});
    if let Some(convo) = sky.chat.between(&caller.did, &other) {
        told["convo"] = eye(&sky, asked, caller).convo(convo);
    }
    Ok(told)
}

pub(crate) fn messages(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let sky = hold(&host.sky);
    let convo = mine(&sky, caller, asked.needed("convoId")?)?;
    let eye = eye(&sky, asked, caller);
    let seen = convo.messages.iter().rev().filter(|message| eye.sees(message));
    let (page, cursor) = page(asked, seen.map(|message| eye.message(message)).collect())?;
    Ok(with_cursor(json!({"messages": page}), cursor))
}

/// What happened since: each line of the log with its rev, which is the cursor to what follows it.
pub(crate) fn log(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let mut sky = hold(&host.sky);
    let now = sky.next_tid(now_ms());
    let Some(cursor) = asked.one("cursor") else {
        // From now on.
        return Ok(json!({"logs": [], "cursor": now}));
    };
    let eye = eye(&sky, asked, caller);
    let heard = sky.chat.log.iter().filter(|line| {
        let member = sky.chat.convos.get(&line.convo).is_some_and(|convo| convo.members.contains(&caller.did));
        member && line.rev.as_str() > cursor && line.applied_ms <= eye.until_ms
    });
    let shape = |line: &super::exchanges::Happened| {
        let mut shape = json!({"$type": format!("{DEFS}#{}", line.kind), "rev": line.rev, "convoId": line.convo});
        let convo = sky.chat.convos.get(&line.convo)?;
        if let Some(id) = &line.message {
            shape["message"] = eye.message(convo.messages.iter().find(|message| message.id == *id)?);
        }
        Some(shape)
    };
    let logs: Vec<Value> = heard.filter_map(shape).take(100).collect();
    let last = logs.last().and_then(|line| line["rev"].as_str()).unwrap_or(cursor).to_owned();
    Ok(json!({"logs": logs, "cursor": last}))
}

fn convo_id<'a>(at: &At<'a>) -> Result<&'a str, String> {
    at.key("convoId")?.text()
}

pub(crate) fn send(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let input = asked.input()?;
    let (id, text) = lexicon::input(&input, |at| {
        let (id, message) = (convo_id(&at)?, at.key("message")?);
        let text = message.key("text")?.short(10_000, 1_000)?;
        if let Some(facets) = message.maybe("facets")? {
            facets.facets()?;
        }
        Ok((id, text))
    })?;
    let mut sky = hold(&host.sky);
    let convo = mine(&sky, caller, id)?;
    let other = convo.members.iter().find(|did| **did != caller.did).cloned().unwrap_or_default();
    if let Some(refusal) = kept_apart(&sky, &caller.did, &other) {
        return Err(refusal);
    }
    let facets = input["message"].get("facets").cloned();
    let now = now_ms();
    let sent = sky.whisper(id, &caller.did, text, facets, now, now, Origin::Api);
    let eye = eye(&sky, asked, caller);
    let convo = mine(&sky, caller, id)?;
    let message = convo.messages.iter().find(|message| Some(&message.id) == sent.as_ref());
    message.map(|message| eye.message(message)).ok_or_else(|| Refusal::new(400, "InvalidConvo", "Convo not found"))
}

pub(crate) fn accept(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let input = asked.input()?;
    let id = lexicon::input(&input, |at| convo_id(&at))?;
    let mut sky = hold(&host.sky);
    if mine(&sky, caller, id)?.standing(&caller.did) == Standing::Accepted {
        return Ok(json!({}));
    }
    let rev = sky.accept(id, &caller.did, now_ms());
    Ok(json!({"rev": rev}))
}

pub(crate) fn read(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let input = asked.input()?;
    let (id, until) = lexicon::input(&input, |at| {
        Ok((convo_id(&at)?, at.maybe("messageId")?.map(|message| message.text()).transpose()?))
    })?;
    let mut sky = hold(&host.sky);
    let convo = mine(&sky, caller, id)?;
    let named = |message: &&Message| until.is_none_or(|until| message.id == until);
    let Some(rev) = convo.messages.iter().rfind(named).map(|message| message.rev.clone()) else {
        return Err(Refusal::invalid("Message not found"));
    };
    sky.read(id, &caller.did, rev, now_ms());
    let convo = mine(&sky, caller, id)?;
    Ok(json!({"convo": eye(&sky, asked, caller).convo(convo)}))
}

pub(crate) fn delete_for_self(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let input = asked.input()?;
    let (id, named) = lexicon::input(&input, |at| Ok((convo_id(&at)?, at.key("messageId")?.text()?)))?;
    let mut sky = hold(&host.sky);
    mine(&sky, caller, id)?;
    if !sky.forget(id, named, &caller.did, now_ms()) {
        return Err(Refusal::invalid("Message not found"));
    }
    let message = mine(&sky, caller, id)?.messages.iter().find(|message| message.id == named);
    let eye = eye(&sky, asked, caller);
    message.map(|message| eye.message(message)).ok_or_else(|| Refusal::invalid("Message not found"))
}

pub(crate) fn add_reaction(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    react(host, asked, caller, true)
}

pub(crate) fn remove_reaction(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    react(host, asked, caller, false)
}

fn react(host: &Host, asked: &Asked, caller: &Caller, on: bool) -> Result<Value, Refusal> {
    let input = asked.input()?;
    let (id, named, sign) = lexicon::input(&input, |at| {
        Ok((convo_id(&at)?, at.key("messageId")?.text()?, at.key("value")?.short(64, 1)?))
    })?;
    if sign.is_empty() || sign.chars().all(char::is_alphanumeric) {
        return Err(Refusal::new(400, "ReactionInvalidValue", "reaction value must be an emoji"));
    }
    let mut sky = hold(&host.sky);
    mine(&sky, caller, id)?;
    if !sky.react(id, named, &caller.did, sign, on, now_ms()) {
        return Err(Refusal::invalid("Message not found"));
    }
    let message = mine(&sky, caller, id)?.messages.iter().find(|message| message.id == named);
    let eye = eye(&sky, asked, caller);
    Ok(json!({"message": message.map(|message| eye.message(message))}))
}
