//! A reply leaves. What is sent is made once, in `prepare`, and frozen; `send` adds nothing to it. The text is Markdown, as
//! it was typed.
//!
//! A forum may put a text before its moderators and answer that it is `enqueued`: then it is there, and nobody sees it yet.
//! It says no to a text that is too short as well as to one too long; both are known before anything leaves.

use super::convert::{self, Named, folded, named, post_name};
use super::pace::For;
use super::session::Account;
use super::topics::{LAST, around};
use super::wire::{Pending, Post};
use crate::asked::Ask;
use guichet_model::{Fault, Item, LastWord, Outgoing, Prepared, Proof, RefusalCode, SECOND, Visibility};
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) const SETTLES: i64 = 30 * SECOND;

/// Makes the request. Reads the post answered only where this session has not seen its number.
pub(crate) async fn prepare(account: &Account, outgoing: &Outgoing) -> Result<Prepared, Fault> {
    let refused = |code| Err(Fault::refused(code, None));
    let raw = folded(&outgoing.text);
    if !outgoing.pictures.is_empty() || outgoing.warning.as_ref().is_some_and(|warning| !warning.trim().is_empty()) {
        return refused(RefusalCode::NotOffered);
    }
    fits(account, &raw, outgoing.place.visibility == Some(Visibility::Direct)).await?;
    let (topic, number) = match named(&outgoing.place.remote) {
        Some(Named::Topic(topic)) => (topic, None),
        Some(Named::Post { topic, id }) => account.place(topic, id).await?,
        // What nobody sees yet cannot be answered.
        Some(Named::Queued { .. }) | None => return refused(RefusalCode::NotOffered),
    };
    let mut body = json!({ "raw": raw, "topic_id": topic });
    // An answer to the first post is one to the topic.
    if let Some(number) = number.filter(|number| *number > 1) {
        body["reply_to_post_number"] = number.into();
    }
    Ok(Prepared {
        key: outgoing.key.clone(),
        body: body.to_string(),
        place: outgoing.place.remote.clone(),
        text: raw,
        proof: Proof::ReadBack { settles_within: SETTLES },
    })
}

/// Whether the forum would take a text of this length.
pub(crate) async fn fits(account: &Account, raw: &str, private: bool) -> Result<(), Fault> {
    let refused = |code| Err(Fault::refused(code, None));
    let limits = account.limits(For::Send).await?;
    let count = u32::try_from(raw.chars().count()).unwrap_or(u32::MAX);
    match count {
        0 => refused(RefusalCode::Empty),
        _ if count > limits.most => refused(RefusalCode::TooLong),
        _ if count < limits.least_of(private) => refused(RefusalCode::TooShort),
        _ => Ok(()),
    }
}

/// Where a frozen reply goes: its topic, and the number it answers.
pub(crate) fn place(prepared: &Prepared) -> Result<(u64, Option<u64>), Fault> {
    let body: Value = serde_json::from_str(&prepared.body).map_err(|_| Fault::refused(RefusalCode::Invalid, None))?;
    let topic = body.at("topic_id").as_u64().ok_or_else(|| Fault::refused(RefusalCode::Invalid, None))?;
    Ok((topic, body.at("reply_to_post_number").as_u64()))
}

/// Exactly one request, of the frozen bytes. An answer that cannot be read may hide a text that was published.
pub(crate) async fn send(account: &Account, prepared: &Prepared, last: Arc<dyn LastWord>) -> Result<Item, Fault> {
    let (topic, _) = place(prepared)?;
    // After a start nothing is known of the topic, and the answer does not say whether it is private. It is asked before:
    // what is published must not hang on another question.
    if account.topic(topic).is_none()
        && let Ok(Some(read)) = around(account, For::Send, topic, LAST).await
    {
        account.remember(&read.topic, read.ours(account));
    }
    let answer = account.api.publish("/posts.json", prepared.body.clone(), last).await?;
    let told = answer.json().map_err(|_| Fault::Unsure)?;
    if told.at("action") == "enqueued" {
        let pending = Pending::read(told.at("pending_post"));
        let pending = pending.unwrap_or(Pending { raw: prepared.text.clone(), at: None });
        account.expect(topic, &pending.raw);
        return Ok(convert::queued(topic, &prepared.place, &pending, account.api.server_now(), &account.me));
    }
    let value = if told.at("post").is_object() { told.at("post") } else { &told };
    let post = Post::read(value).ok().flatten().ok_or(Fault::Unsure)?;
    // A plugin may answer 200 with something else; only ours, in its place, is the proof.
    if post.topic != topic || !account.me.wrote(&post) {
        return Err(Fault::Unsure);
    }
    let mut item = alone(account, &post, prepared);
    // Of old an answer came without what was written.
    if post.raw.is_none() {
        item.body.text.clone_from(&prepared.text);
        item.body.links.clear();
    }
    Ok(item)
}

/// The item of an answer of ours, whose thread is that of what it answers.
pub(crate) fn alone(account: &Account, post: &Post, prepared: &Prepared) -> Item {
    let place = &prepared.place;
    // In our own topic, what answers no number answers all. Elsewhere it answers the first post, which had named us.
    let to_all = post.reply_to.is_none() && account.topic(post.topic).is_some_and(|known| known.ours && !known.private);
    let above = match named(place) {
        Some(Named::Post { topic, id }) if !to_all => Some(post_name(topic, id)),
        _ => None,
    };
    account.item_of(post, above)
}

#[cfg(test)]
#[path = "send_tests.rs"]
mod tests;
