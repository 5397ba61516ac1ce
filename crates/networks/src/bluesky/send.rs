//! A reply leaves. What is sent is made once, in `prepare`, and frozen: the record's own key, its bytes, the marks in it.
//! `send` adds nothing to it. The record's key comes from the reply's, so that the same reply is never two records.
//!
//! A record under a key that is taken is refused by the server with a bare 500: it is unsure, and `find` sees it there. A
//! private message has no key; it is looked for by its words.

use super::api::CHAT;
use super::convert;
use super::detect::{self, MarkKind};
use super::names::{At, POST, Said, said};
use super::session::Account;
use super::wire::{Post, Told};
use super::{chat, me, tid};
use crate::asked::Ask;
use guichet_model::text::{count, measure};
use guichet_model::{
    Fault, Item, LastWord, MINUTE, Outgoing, Prepared, Proof, RefusalCode, RemoteId, TextLimit, Visibility,
};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// A private message shows up at once; a service in trouble may take its time.
const MESSAGE_PROOF: Proof = Proof::ReadBack { settles_within: MINUTE };

pub(crate) async fn prepare(account: &Account, outgoing: &Outgoing) -> Result<Prepared, Fault> {
    let refused = |code| Err(Fault::refused(code, None));
    let text = outgoing.text.trim().replace("\r\n", "\n");
    if text.is_empty() {
        return refused(RefusalCode::Empty);
    }
    if !outgoing.pictures.is_empty() || outgoing.warning.as_ref().is_some_and(|warning| !warning.trim().is_empty()) {
        return refused(RefusalCode::NotOffered);
    }
    let exchange = said(&outgoing.place.remote);
    let direct = match (exchange, outgoing.visibility) {
        // What was written to us alone is answered to its author alone.
        (Some(_), None | Some(Visibility::Direct)) => true,
        (Some(_), Some(_)) => return refused(RefusalCode::Forbidden),
        (None, Some(Visibility::Direct)) => true,
        (None, None | Some(Visibility::Public)) => false,
        (None, Some(_)) => return refused(RefusalCode::NotOffered),
    };
    fits(&text, &if direct { me::direct_limit() } else { me::post_limit() })?;
    let (body, proof) = if direct {
        let convo = match exchange {
            Some(Said { convo, .. }) => convo.to_owned(),
            None => convo_with(account, &outgoing.place.remote).await?,
        };
        let mut message = json!({ "text": text });
        with_facets(&mut message, facets(account, outgoing, &text).await?);
        (json!({ "convoId": convo, "message": message }), MESSAGE_PROOF)
    } else {
        (record(account, outgoing, &text).await?, Proof::OwnId)
    };
    Ok(Prepared {
        key: outgoing.key.clone(),
        body: body.to_string(),
        place: outgoing.place.remote.clone(),
        text,
        proof,
    })
}

fn fits(text: &str, limit: &TextLimit) -> Result<(), Fault> {
    let bytes = limit.bytes.is_some_and(|most| text.len() > most as usize);
    if bytes || count(text, None, limit) > limit.most || measure(text, None, limit).over() > 0 {
        return Err(Fault::refused(RefusalCode::TooLong, None));
    }
    Ok(())
}

/// The whole request for an answer: under its own key, with the thread's first post and the one answered, as they stand.
async fn record(account: &Account, outgoing: &Outgoing, text: &str) -> Result<Value, Fault> {
    let gone = || Fault::refused(RefusalCode::Gone, None);
    let place = outgoing.place.remote.as_str();
    if !At::read(place).is_some_and(|at| at.is_post()) {
        return Err(Fault::refused(RefusalCode::NotOffered, None));
    }
    let parent = account.view(place).await?.ok_or_else(gone)?;
    if !parent.answerable {
        return Err(Fault::refused(RefusalCode::WindowClosed, None));
    }
    let made =
        jiff::Timestamp::from_millisecond(account.api.server_now().0).map_err(|_| Fault::unreadable("a clock"))?;
    let strong = |at: &super::wire::Ref| json!({ "uri": at.uri, "cid": at.cid });
    let mut record = json!({
        "$type": POST,
        "text": text,
        "createdAt": made.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "reply": { "root": strong(parent.root()), "parent": strong(&parent.at) },
    });
    if let Some(lang) = outgoing.lang.as_deref().map(str::trim).filter(|lang| !lang.is_empty()) {
        record["langs"] = json!([lang]);
    }
    with_facets(&mut record, facets(account, outgoing, text).await?);
    Ok(json!({
        "repo": account.me.did(),
        "collection": POST,
        "rkey": tid::of_reply(&outgoing.key, outgoing.written_at),
        "record": record,
    }))
}

fn with_facets(written: &mut Value, facets: Vec<Value>) {
    if !facets.is_empty() {
        written["facets"] = facets.into();
    }
}

/// The marks in a text. A name that nobody bears stays what it is: text.
async fn facets(account: &Account, outgoing: &Outgoing, text: &str) -> Result<Vec<Value>, Fault> {
    let mut facets = Vec::new();
    for mark in detect::marks(text) {
        let feature = match mark.kind {
            MarkKind::Link(uri) => json!({ "$type": "app.bsky.richtext.facet#link", "uri": uri }),
            MarkKind::Tag(tag) => json!({ "$type": "app.bsky.richtext.facet#tag", "tag": tag }),
            MarkKind::Name(handle) => match whose(account, outgoing, &handle).await? {
                Some(did) => json!({ "$type": "app.bsky.richtext.facet#mention", "did": did }),
                None => continue,
            },
        };
        let index = json!({ "byteStart": mark.range.start, "byteEnd": mark.range.end });
        facets.push(json!({ "index": index, "features": [feature] }));
    }
    Ok(facets)
}

async fn whose(account: &Account, outgoing: &Outgoing, handle: &str) -> Result<Option<String>, Fault> {
    if let Some(known) = outgoing.to.iter().find(|to| to.handle.eq_ignore_ascii_case(handle)) {
        return Ok(Some(known.remote.0.clone()));
    }
    let query = [("handle", handle.to_owned())];
    match account.api.get("com.atproto.identity.resolveHandle", &query).await {
        Ok(told) => Ok(told.at("did").as_str().filter(|did| super::names::is_did(did)).map(str::to_owned)),
        Err(Fault::Refused { .. } | Fault::Unreadable { .. }) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The exchange with the author of a post: made where there was none, and seen by nobody until something is said in it.
async fn convo_with(account: &Account, post: &RemoteId) -> Result<String, Fault> {
    let did = At::read(post.as_str()).map(|at| at.did.to_owned());
    let did = did.ok_or_else(|| Fault::refused(RefusalCode::NotOffered, None))?;
    let told = account.api.get_by("chat.bsky.convo.getConvoForMembers", &[("members", did)], CHAT).await?;
    account.meets(told.at("convo").at("members"));
    let convo = told.at("convo").at("id").as_str().filter(|id| !id.is_empty() && !id.contains('/'));
    convo.map(str::to_owned).ok_or_else(|| Fault::unreadable("an exchange without its name"))
}

/// A frozen request, read again.
pub(crate) enum Frozen {
    Record { rkey: String, record: Value },
    Message { convo: String },
}

pub(crate) fn frozen(prepared: &Prepared) -> Result<Frozen, Fault> {
    let invalid = || Fault::refused(RefusalCode::Invalid, None);
    let body: Map<String, Value> = serde_json::from_str(&prepared.body).map_err(|_| invalid())?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    match (text("convoId"), text("rkey"), body.get("record")) {
        (Some(convo), _, _) => Ok(Frozen::Message { convo }),
        (None, Some(rkey), Some(record)) => Ok(Frozen::Record { rkey, record: record.clone() }),
        _ => Err(invalid()),
    }
}

/// Exactly one request, of the frozen bytes. An answer that cannot be read may hide a text that was published.
pub(crate) async fn send(account: &Account, prepared: &Prepared, last: Arc<dyn LastWord>) -> Result<Item, Fault> {
    let body = &prepared.body;
    match frozen(prepared)? {
        Frozen::Message { convo } => {
            let answer = account.api.publish("chat.bsky.convo.sendMessage", body, CHAT, last).await?;
            let told = answer.json().map_err(|_| Fault::Unsure)?;
            let Ok(Some(Told::Message(message))) = Told::read(&told) else {
                return Err(Fault::Unsure);
            };
            if message.sender != account.me.did() {
                return Err(Fault::Unsure);
            }
            let item = chat::item(account, &convo, &message).await;
            let item = item.unwrap_or_else(|_| convert::message(&convo, &message, None, &account.me));
            Ok(answering(item, prepared))
        }
        Frozen::Record { rkey, record } => {
            let answer = account.api.publish("com.atproto.repo.createRecord", body, None, last).await?;
            let told = answer.json().map_err(|_| Fault::Unsure)?;
            // Only our record under its own key is the proof.
            let ours = told.at("uri").as_str() == Some(&address(account, &rkey));
            let cid = told.at("cid").as_str().filter(|_| ours).ok_or(Fault::Unsure)?;
            published(account, &rkey, cid, &record)
        }
    }
}

/// A private message hangs on the one it answers, so that the desk knows them for each other's.
fn answering(mut item: Item, prepared: &Prepared) -> Item {
    if said(&prepared.place).is_some_and(|place| place.message.is_some()) {
        item.in_reply_to.get_or_insert_with(|| prepared.place.clone());
    }
    item
}

pub(crate) fn address(account: &Account, rkey: &str) -> String {
    format!("at://{}/{POST}/{rkey}", account.me.did())
}

/// Our record as an item, as of now: it was made when it was prepared, but stands there since it was sent.
pub(crate) fn published(account: &Account, rkey: &str, cid: &str, record: &Value) -> Result<Item, Fault> {
    let mut item = account.own_item(rkey, cid, record)?;
    item.at = item.at.max(account.api.server_now());
    Ok(item)
}

impl Account {
    /// A record of our own repository as an item.
    pub fn own_item(&self, rkey: &str, cid: &str, record: &Value) -> Result<Item, Fault> {
        let me = &self.me.author;
        let view = json!({
            "uri": address(self, rkey),
            "cid": cid,
            "author": { "did": me.remote, "handle": me.handle, "displayName": me.name, "avatar": me.avatar },
            "record": record,
        });
        let post = Post::read(&view).map_err(|_| Fault::Unsure)?;
        let placing = self.beside(&self.places(), &post);
        Ok(self.placed(&post, placing, false))
    }
}

#[cfg(test)]
#[path = "send_tests.rs"]
mod tests;
