//! Private messages: another service, which the account's server passes requests on to. It keeps a log of what happens in
//! all exchanges, and that is what is followed; but the log begins with the present, so the exchanges themselves are read
//! first, and again should the log ever lose its place.

use super::api::CHAT;
use super::convert;
use super::gather::unread;
use super::names::message_name;
use super::session::Account;
use super::wire::{self, Message, Person, Told};
use crate::asked::Ask;
use guichet_model::{Cursor, Fault, Interval, Item, MINUTE, Millis, Page, RefusalCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::VecDeque;

pub(crate) const A_PAGE: usize = 100;
/// A first reading brings no more messages than these.
const MOST_FIRST: usize = 800;
/// What was written while the log was being found is read twice rather than never.
const OVERLAP: i64 = 5 * MINUTE;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Stood {
    /// The exchanges are read down to here.
    since: Millis,
    /// Everything before is read, as far as is known.
    reached: Millis,
    /// When the reading of exchanges began.
    began: Millis,
    log: Option<String>,
    read: usize,
    step: Step,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    List {
        older: Option<String>,
    },
    /// Exchanges to read, each with its place; then more of the list from `older` on.
    Read {
        queue: VecDeque<(String, Option<String>)>,
        older: Option<String>,
    },
    Ahead,
}

pub(crate) async fn pull(account: &Account, cursor: Option<&Cursor>, since: Millis) -> Result<Page, Fault> {
    if !account.chats().await? {
        // An access that was made without them: there is nothing here for us.
        return Ok(Page::default());
    }
    let stored: Option<Stood> = cursor.and_then(|cursor| serde_json::from_str(&cursor.0).ok());
    let mut stood = match stored {
        Some(stood) => stood,
        None => begin(account, since).await?,
    };
    let mut page = match stood.step.clone() {
        Step::List { older } => list(account, &mut stood, older).await?,
        Step::Read { queue, older } => read(account, &mut stood, queue, older).await?,
        Step::Ahead => ahead(account, &mut stood).await?,
    };
    page.items.sort_by_key(|item| item.at);
    let cursor = serde_json::to_string(&stood).map_err(|_| Fault::unreadable("a cursor"))?;
    page.cursor = Some(Cursor(cursor));
    Ok(page)
}

/// The log's present place is taken first: what is written while the exchanges are read stands after it.
async fn begin(account: &Account, since: Millis) -> Result<Stood, Fault> {
    let told = account.api.get_by("chat.bsky.convo.getLog", &[], CHAT).await?;
    let log = wire::text(told.at("cursor"));
    let began = account.api.server_now();
    Ok(Stood { since, reached: since, began, log, read: 0, step: Step::List { older: None } })
}

async fn list(account: &Account, stood: &mut Stood, older: Option<String>) -> Result<Page, Fault> {
    let mut query = vec![("limit", A_PAGE.to_string())];
    query.extend(older.clone().map(|older| ("cursor", older)));
    let told = account.api.get_by("chat.bsky.convo.listConvos", &query, CHAT).await?;
    if !told.at("convos").is_array() {
        return Err(Fault::unreadable("a list that is none"));
    }
    let mut page = Page::default();
    let mut queue = VecDeque::new();
    let mut all_old = true;
    for convo in wire::list(told.at("convos")) {
        account.meets(convo.at("members"));
        let Some(id) = wire::text(convo.at("id")).filter(|id| !id.is_empty() && !id.contains('/')) else {
            page.unreadable.push(unread(convo, "no id".to_owned()));
            continue;
        };
        // One without a message has nothing to read; a last message without a time is looked at.
        let last = convo.at("lastMessage");
        let new = last.is_object() && wire::time(last.at("sentAt")).is_none_or(|at| at >= stood.since);
        all_old &= !new;
        if new {
            queue.push_back((id, None));
        }
    }
    let next = wire::text(told.at("cursor")).filter(|next| !next.is_empty() && Some(next) != older.as_ref());
    let older = next.filter(|_| !all_old);
    next_step(stood, queue, older, &mut page);
    Ok(page)
}

async fn read(
    account: &Account,
    stood: &mut Stood,
    mut queue: VecDeque<(String, Option<String>)>,
    older: Option<String>,
) -> Result<Page, Fault> {
    let mut page = Page::default();
    if let Some((convo, at)) = queue.pop_front() {
        match messages(account, &convo, at.as_deref()).await {
            Ok(told) => {
                stood.read += told.messages.len();
                let deep = told.messages.iter().any(|message| message.at < stood.since);
                for message in told.messages.iter().filter(|message| message.at >= stood.since) {
                    page.items.push(item(account, &convo, message).await?);
                }
                page.unreadable = told.unreadable;
                page.gone = told.gone.iter().map(|id| message_name(&convo, id)).collect();
                if let Some(next) = told.older.filter(|next| !deep && at.as_ref() != Some(next)) {
                    queue.push_front((convo, Some(next)));
                }
            }
            // An exchange that was left meanwhile.
            Err(Fault::Refused { .. }) => {}
            Err(fault) => return Err(fault),
        }
    }
    if stood.read >= MOST_FIRST && !(queue.is_empty() && older.is_none()) {
        page.missing = Some(Interval { from: stood.since, to: stood.began });
        next_step(stood, VecDeque::new(), None, &mut page);
        page.covered = None;
        return Ok(page);
    }
    next_step(stood, queue, older, &mut page);
    Ok(page)
}

fn next_step(stood: &mut Stood, queue: VecDeque<(String, Option<String>)>, older: Option<String>, page: &mut Page) {
    page.more = true;
    stood.step = match (queue.is_empty(), older) {
        (false, older) => Step::Read { queue, older },
        (true, Some(older)) => Step::List { older: Some(older) },
        (true, None) => {
            page.covered = Some(Interval { from: stood.since, to: stood.began.max(stood.since) });
            stood.reached = stood.began;
            stood.read = 0;
            // A log without a place cannot be followed: the next turn reads the exchanges again.
            page.more = stood.log.is_some();
            Step::Ahead
        }
    };
}

async fn ahead(account: &Account, stood: &mut Stood) -> Result<Page, Fault> {
    let now = account.api.server_now();
    let told = match &stood.log {
        Some(log) => account.api.get_by("chat.bsky.convo.getLog", &[("cursor", log.clone())], CHAT).await,
        None => Err(Fault::refused(RefusalCode::Gone, None)),
    };
    let told = match told {
        Ok(told) => told,
        Err(Fault::Refused { reason }) if matches!(reason.code, RefusalCode::Gone | RefusalCode::Invalid) => {
            let (reached, since) = (stood.reached, stood.reached.plus(-OVERLAP));
            *stood = Stood { reached, ..begin(account, since).await? };
            return Ok(Page { more: true, ..Page::default() });
        }
        Err(fault) => return Err(fault),
    };
    if !told.at("logs").is_array() {
        return Err(Fault::unreadable("a log that is none"));
    }
    let mut page = Page::default();
    let mut entries = 0;
    for entry in wire::list(told.at("logs")) {
        entries += 1;
        let kind = entry.at("$type").as_str().and_then(|kind| kind.rsplit('#').next()).unwrap_or_default();
        if !matches!(kind, "logCreateMessage" | "logDeleteMessage") {
            continue;
        }
        account.meets(entry.at("relatedProfiles"));
        let convo = wire::text(entry.at("convoId")).filter(|id| !id.is_empty() && !id.contains('/'));
        let (Some(convo), read) = (convo, Told::read(entry.at("message"))) else {
            page.unreadable.push(unread(entry, "no convoId".to_owned()));
            continue;
        };
        match read {
            Ok(Some(Told::Message(message))) if kind == "logCreateMessage" => {
                page.items.push(item(account, &convo, &message).await?);
            }
            Ok(Some(Told::Message(message))) => page.gone.push(message_name(&convo, &message.id)),
            Ok(Some(Told::Deleted(id))) => page.gone.push(message_name(&convo, &id)),
            Ok(None) => {}
            Err(why) => page.unreadable.push(unread(entry, why)),
        }
    }
    // Written and taken away within one page: it never was.
    let Page { items, gone, .. } = &mut page;
    items.retain(|item| !gone.contains(&item.remote));
    let next = wire::text(told.at("cursor")).filter(|next| !next.is_empty());
    page.more = entries > 0 && next.is_some() && next != stood.log;
    stood.log = next.or_else(|| stood.log.clone());
    if !page.more {
        page.covered = (stood.reached <= now).then_some(Interval { from: stood.reached, to: now });
        stood.reached = now.max(stood.reached);
    }
    Ok(page)
}

/// One page of an exchange, newest first.
pub(crate) struct Exchange {
    pub messages: Vec<Message>,
    pub gone: Vec<String>,
    pub unreadable: Vec<guichet_model::Unread>,
    pub older: Option<String>,
}

pub(crate) async fn messages(account: &Account, convo: &str, older: Option<&str>) -> Result<Exchange, Fault> {
    let mut query = vec![("convoId", convo.to_owned()), ("limit", A_PAGE.to_string())];
    query.extend(older.map(|older| ("cursor", older.to_owned())));
    let told = account.api.get_by("chat.bsky.convo.getMessages", &query, CHAT).await?;
    if !told.at("messages").is_array() {
        return Err(Fault::unreadable("a list that is none"));
    }
    account.meets(told.at("relatedProfiles"));
    let mut page = Exchange { messages: Vec::new(), gone: Vec::new(), unreadable: Vec::new(), older: None };
    for value in wire::list(told.at("messages")) {
        match Told::read(value) {
            Ok(Some(Told::Message(message))) => page.messages.push(message),
            Ok(Some(Told::Deleted(id))) => page.gone.push(id),
            Ok(None) => {}
            Err(why) => page.unreadable.push(unread(value, why)),
        }
    }
    let any = told.at("messages").as_array().is_some_and(|all| !all.is_empty());
    page.older = wire::text(told.at("cursor")).filter(|older| any && !older.is_empty());
    Ok(page)
}

/// A message with its author, who is asked for where no answer has told of them yet.
pub(crate) async fn item(account: &Account, convo: &str, message: &Message) -> Result<Item, Fault> {
    let mut sender = account.person(&message.sender);
    if sender.is_none() && message.sender != account.me.did() {
        match account.api.get_by("chat.bsky.convo.getConvo", &[("convoId", convo.to_owned())], CHAT).await {
            Ok(told) => account.meets(told.at("convo").at("members")),
            Err(Fault::Refused { .. } | Fault::Unreadable { .. }) => {}
            Err(fault) => return Err(fault),
        }
        sender = account.person(&message.sender);
    }
    Ok(convert::message(convo, message, sender.as_ref(), &account.me))
}

/// The people in an answer.
pub(crate) fn people(value: &Value) -> Vec<Person> {
    wire::list(value).filter_map(Person::read).collect()
}

#[cfg(test)]
#[path = "chat_tests.rs"]
mod tests;
