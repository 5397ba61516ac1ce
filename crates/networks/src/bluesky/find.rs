//! Looking at the source: was a reply published after all, and may it still leave?
//!
//! A record is looked for under its own key, on the server that keeps it: that is certain. Others of ours at the same place
//! are read beside it, for a reply whose key a restored copy of the desk has forgotten.

use super::gather::shown;
use super::names::{At, POST, Said, said};
use super::send::{Frozen, frozen, published};
use super::session::Account;
use super::wire::{self, Post};
use super::{chat, convert};
use crate::asked::Ask;
use guichet_model::text::normal;
use guichet_model::{ByName, Fault, Found, Item, MINUTE, Millis, Place, Prepared, Recheck, RefusalCode};
use serde_json::Value;

/// Clocks differ, and the server's is known to the second only. What is found too many, the desk knows already.
const MARGIN: i64 = 2 * MINUTE;
/// 500 of ours since one attempt: a reading that ends here is not complete.
const MOST_PAGES: usize = 5;

pub(crate) async fn find(account: &Account, prepared: &Prepared, since: Millis) -> Result<Found, Fault> {
    let from = since.plus(account.api.skew().min(0)).plus(-MARGIN);
    let mut found = match frozen(prepared)? {
        Frozen::Message { convo } => messages(account, prepared, &convo, from).await?,
        Frozen::Record { rkey, record } => records(account, prepared, &rkey, &record, from, since).await?,
    };
    found.same.sort_by_key(|item| item.at);
    found.other.sort_by_key(|item| item.at);
    Ok(found)
}

async fn records(
    account: &Account,
    prepared: &Prepared,
    rkey: &str,
    record: &Value,
    from: Millis,
    since: Millis,
) -> Result<Found, Fault> {
    let mut found = Found { by_name: ByName::Absent, complete: true, ..Found::default() };
    if let Some((cid, value)) = account.record(POST, rkey).await? {
        let same = normal(value.at("text").as_str().unwrap_or_default()) == normal(&prepared.text);
        let item = published(account, rkey, &cid, if same { &value } else { record });
        let item = item.map_err(|_| Fault::unreadable("a record of ours"))?;
        found.by_name = ByName::There(item.remote.clone());
        found.same.push(item);
    }
    let mut older: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let mut query =
            vec![("repo", account.me.did().to_owned()), ("collection", POST.to_owned()), ("limit", "100".to_owned())];
        query.extend(older.clone().map(|older| ("cursor", older)));
        let told = account.api.get("com.atproto.repo.listRecords", &query).await?;
        if !told.at("records").is_array() {
            return Err(Fault::unreadable("a list that is none"));
        }
        let (mut reached, mut any) = (false, false);
        for one in wire::list(told.at("records")) {
            any = true;
            let (value, uri) = (one.at("value"), one.at("uri").as_str().unwrap_or_default());
            let Some(at) = At::read(uri).filter(|at| at.did == account.me.did()) else {
                continue;
            };
            let made = wire::time(value.at("createdAt"));
            // Keys sort by time as a rule; one that lies about it does not end the reading.
            reached |= super::tid::instant(at.rkey).is_some_and(|made| made < from);
            let here = value.at("reply").at("parent").at("uri") == prepared.place.as_str();
            let seen = found.same.iter().chain(&found.other).any(|item| item.remote.as_str() == uri);
            if !here || seen || made.is_none_or(|made| made < from) {
                continue;
            }
            let Ok(mut item) = account.own_item(at.rkey, one.at("cid").as_str().unwrap_or_default(), value) else {
                found.complete = false;
                continue;
            };
            item.at = item.at.max(since);
            let same = normal(&item.body.text) == normal(&prepared.text);
            let side = if same { &mut found.same } else { &mut found.other };
            side.push(item);
        }
        let next = wire::text(told.at("cursor")).filter(|next| any && Some(next) != older.as_ref());
        if reached || next.is_none() {
            return Ok(found);
        }
        older = next;
    }
    found.complete = false;
    Ok(found)
}

async fn messages(account: &Account, prepared: &Prepared, convo: &str, from: Millis) -> Result<Found, Fault> {
    let mut found = Found::default();
    let mut older: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let page = chat::messages(account, convo, older.as_deref()).await?;
        let reached = page.messages.iter().any(|message| message.at < from);
        let readable = page.unreadable.is_empty();
        for message in page.messages.iter().filter(|message| message.at >= from) {
            if message.sender != account.me.did() {
                continue;
            }
            let item = convert::message(convo, message, account.person(&message.sender).as_ref(), &account.me);
            let same = normal(&item.body.text) == normal(&prepared.text);
            let side = if same { &mut found.same } else { &mut found.other };
            side.push(item);
        }
        if !readable {
            return Ok(found);
        }
        let next = page.older.filter(|next| Some(next) != older.as_ref());
        if reached || next.is_none() {
            found.complete = true;
            return Ok(found);
        }
        older = next;
    }
    Ok(found)
}

impl Account {
    /// A record of ours with its version, on the server that keeps it; `None`: there is none.
    pub async fn record(&self, collection: &str, rkey: &str) -> Result<Option<(String, Value)>, Fault> {
        let query =
            [("repo", self.me.did().to_owned()), ("collection", collection.to_owned()), ("rkey", rkey.to_owned())];
        match self.api.get("com.atproto.repo.getRecord", &query).await {
            Ok(told) if told.at("value").is_object() => {
                Ok(Some((told.at("cid").as_str().unwrap_or_default().to_owned(), told.at("value").clone())))
            }
            Ok(_) => Err(Fault::unreadable("a record of ours")),
            // The server's own word (RecordNotFound); nothing else proves that it is not there.
            Err(Fault::Refused { reason }) if reason.code == RefusalCode::Gone => Ok(None),
            Err(Fault::Refused { .. }) => Err(Fault::unreadable("a record that is refused")),
            Err(fault) => Err(fault),
        }
    }
}

/// Whether what we answer is still there, as we read it, and unanswered.
pub(crate) async fn recheck(account: &Account, place: &Place) -> Result<Recheck, Fault> {
    let read_at = place.read_at.plus(account.api.skew());
    match said(&place.remote) {
        Some(said) => recheck_message(account, said, read_at).await,
        None => recheck_post(account, place, read_at).await,
    }
}

async fn recheck_message(account: &Account, said: Said<'_>, read_at: Millis) -> Result<Recheck, Fault> {
    let page = match chat::messages(account, said.convo, None).await {
        Ok(page) => page,
        Err(Fault::Refused { reason }) if reason.code == RefusalCode::Gone => return Ok(Recheck::Gone),
        Err(fault) => return Err(fault),
    };
    if said.message.is_some_and(|id| page.gone.iter().any(|gone| gone == id)) {
        return Ok(Recheck::Gone);
    }
    let ours = |message: &&wire::Message| message.sender == account.me.did() && message.at >= read_at;
    match page.messages.iter().rev().find(ours) {
        Some(answer) => Ok(Recheck::Answered(Box::new(chat::item(account, said.convo, answer).await?))),
        None => Ok(Recheck::Same),
    }
}

async fn recheck_post(account: &Account, place: &Place, read_at: Millis) -> Result<Recheck, Fault> {
    let told = match account.thread(place.remote.as_str(), 1, 0).await {
        Ok(told) => told,
        Err(Fault::Refused { reason }) if reason.code == RefusalCode::Gone => return Ok(Recheck::Gone),
        Err(fault) => return Err(fault),
    };
    let node = told.at("thread");
    let Some(post) = shown(node) else {
        // Deleted, or kept from us, which a day may end: `notFoundPost`, `blockedPost`.
        return match (node.at("notFound") == true, node.at("blocked") == true) {
            (true, _) => Ok(Recheck::Gone),
            (_, true) => Err(Fault::refused(RefusalCode::Forbidden, None)),
            _ => Err(Fault::unreadable("a thread")),
        };
    };
    let answers = wire::list(node.at("replies")).filter_map(shown);
    let ours = |answer: &Post| account.me.wrote(answer) && answer.when >= read_at;
    let under = |answer: &Post| answer.parent.as_ref().is_some_and(|parent| parent.uri == post.at.uri);
    if let Some(answer) = answers.into_iter().find(|answer| ours(answer) && under(answer)) {
        return Ok(Recheck::Answered(Box::new(item(account, &answer))));
    }
    // The version read last, as far as this session knows one.
    if account.saw(&post.at.uri, &post.at.cid) {
        return Ok(Recheck::Edited(Box::new(item(account, &post))));
    }
    Ok(Recheck::Same)
}

fn item(account: &Account, post: &Post) -> Item {
    let known = account.places().get(&post.at.uri).cloned();
    let placing = known.unwrap_or_else(|| account.beside(&account.places(), post));
    account.placed(post, placing, false)
}

#[cfg(test)]
#[path = "find_tests.rs"]
mod tests;
