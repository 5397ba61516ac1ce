//! What lies between people: who they are, whom they mute, whom they report.

use super::asked::Asked;
use super::lexicon::{self, BLOCK};
use super::names::instant;
use super::refusal::Refusal;
use super::server::Host;
use super::shapes::Eye;
use super::tokens::Caller;
use super::world::Sky;
use crate::clock::now_ms;
use crate::hold;
use serde_json::{Value, json};

const REASONS: [&str; 7] = ["Spam", "Violation", "Misleading", "Sexual", "Rude", "Other", "Appeal"];

fn eye<'a>(host: &'a Host, sky: &'a Sky, caller: &'a Caller) -> Eye<'a> {
    Eye { host, sky, me: &caller.did, until_ms: now_ms(), own_fresh: false }
}

pub(crate) fn profile(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let actor = asked.actor("actor")?;
    let sky = hold(&host.sky);
    let person = sky.did_of(actor).and_then(|did| sky.people.get(&did));
    let person = person.ok_or_else(|| Refusal::invalid("Profile not found"))?;
    Ok(eye(host, &sky, caller).profile(person))
}

pub(crate) fn profiles(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let actors = asked.list("actors", 25)?;
    let sky = hold(&host.sky);
    let found = actors.into_iter().filter_map(|actor| sky.people.get(&sky.did_of(actor)?));
    let eye = eye(host, &sky, caller);
    Ok(json!({"profiles": found.map(|person| eye.profile(person)).collect::<Vec<_>>()}))
}

/// Whom an act is about.
fn actor(host: &Host, asked: &Asked) -> Result<String, Refusal> {
    let input = asked.input()?;
    let actor = lexicon::input(&input, |at| at.key("actor")?.text())?;
    hold(&host.sky).did_of(actor).ok_or_else(|| Refusal::invalid("Actor not found"))
}

pub(crate) fn mute(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let did = actor(host, asked)?;
    if did == caller.did {
        return Err(Refusal::invalid("Cannot mute oneself"));
    }
    hold(&host.sky).mutes.insert((caller.did.clone(), did));
    Ok(Value::Null)
}

pub(crate) fn unmute(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let did = actor(host, asked)?;
    hold(&host.sky).mutes.remove(&(caller.did.clone(), did));
    Ok(Value::Null)
}

fn root(asked: &Asked) -> Result<String, Refusal> {
    let input = asked.input()?;
    let root = lexicon::input(&input, |at| at.key("root")?.like("at-uri", super::names::is_at_uri))?;
    Ok(root.to_owned())
}

pub(crate) fn mute_thread(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    hold(&host.sky).quiet_threads.insert((caller.did.clone(), root(asked)?));
    Ok(Value::Null)
}

pub(crate) fn unmute_thread(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    hold(&host.sky).quiet_threads.remove(&(caller.did.clone(), root(asked)?));
    Ok(Value::Null)
}

pub(crate) fn mutes(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    asked.limit()?;
    let sky = hold(&host.sky);
    let eye = eye(host, &sky, caller);
    let mine = sky.mutes.iter().filter(|(by, _)| *by == caller.did);
    Ok(json!({"mutes": mine.map(|(_, did)| eye.person(did)).collect::<Vec<_>>()}))
}

pub(crate) fn blocks(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    asked.limit()?;
    let sky = hold(&host.sky);
    let eye = eye(host, &sky, caller);
    let whom = sky.of(&caller.did, BLOCK).filter_map(|record| record.value["subject"].as_str());
    Ok(json!({"blocks": whom.map(|did| eye.person(did)).collect::<Vec<_>>()}))
}

pub(crate) fn report(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let input = asked.input()?;
    let (reason, words) = lexicon::input(&input, |at| {
        let (reason, subject) = (at.key("reasonType")?.text()?, at.key("subject")?);
        match subject.kind()? {
            "com.atproto.repo.strongRef" => subject.strong()?,
            "com.atproto.admin.defs#repoRef" => subject.key("did")?.did().map(drop)?,
            _ => {}
        }
        Ok((reason, at.maybe("reason")?.map(|words| words.short(20_000, 2_000)).transpose()?))
    })?;
    let named = reason.strip_prefix("com.atproto.moderation.defs#reason").is_some_and(|name| REASONS.contains(&name));
    if !named && !reason.starts_with("tools.ozone.report.defs#reason") {
        return Err(Refusal::invalid(format!("Invalid reason type: {reason}")));
    }
    let mut sky = hold(&host.sky);
    let subject = &input["subject"];
    let known = match (subject["uri"].as_str(), subject["did"].as_str()) {
        (Some(uri), _) => sky.records.contains_key(uri),
        (None, Some(did)) => sky.people.contains_key(did),
        (None, None) => false,
    };
    if !known {
        return Err(Refusal::invalid("Invalid subject"));
    }
    sky.reports += 1;
    let mut told = json!({
        "id": sky.reports,
        "createdAt": instant(now_ms()),
        "reasonType": reason,
        "reportedBy": caller.did,
        "subject": subject,
    });
    if let Some(words) = words {
        told["reason"] = words.into();
    }
    Ok(told)
}
