//! What one does about posts and people: like, mute, ignore, flag; and our own posts changed or taken back. Each act is one
//! request that can be made twice without harm, or says that it was done before.

use super::convert::{Named, folded, named};
use super::pace::For;
use super::send;
use super::session::Account;
use super::wire::Post;
use crate::asked::Ask;
use guichet_model::{DAY, Fault, Item, RefusalCode, RemoteId, Report, ReportCategory};
use reqwest::Method;
use serde_json::json;

/// app/models/post_action_type.rs.
const LIKE: u64 = 2;
const INAPPROPRIATE: u64 = 4;
const TO_MODERATORS: u64 = 7;
const SPAM: u64 = 8;
/// Nobody is ignored for longer than four months (UsersController#notification_level).
const IGNORED: i64 = 120 * DAY;

pub(crate) async fn like(account: &Account, item: &RemoteId, on: bool) -> Result<(), Fault> {
    let id = post_id(item)?;
    let kind = ("post_action_type_id", LIKE.to_string());
    let outcome = if on {
        let body = json!({ "id": id, "post_action_type_id": LIKE }).to_string();
        account.api.write(Method::POST, "/post_actions.json", &[], Some(body)).await
    } else {
        account.api.write(Method::DELETE, &format!("/post_actions/{id}.json"), &[kind], None).await
    };
    match outcome {
        Ok(_) => Ok(()),
        // Done before, perhaps: the post itself tells.
        Err(Fault::Refused { reason }) => match account.post(For::Send, id).await? {
            Some(post) if post.liked == on => Ok(()),
            _ => Err(Fault::Refused { reason }),
        },
        Err(fault) => Err(fault),
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Level {
    Normal,
    Mute,
    Ignore,
}

pub(crate) async fn level(account: &Account, person: &RemoteId, level: Level) -> Result<(), Fault> {
    let until = jiff::Timestamp::from_millisecond(account.api.server_now().plus(IGNORED).0).unwrap_or_default();
    let body = match level {
        Level::Normal => json!({ "notification_level": "normal" }),
        Level::Mute => json!({ "notification_level": "mute" }),
        Level::Ignore => json!({ "notification_level": "ignore", "expiring_at": until.to_string() }),
    };
    let name: String = url::form_urlencoded::byte_serialize(person.as_str().as_bytes()).collect();
    if name.is_empty() || name.contains('+') {
        return Err(Fault::refused(RefusalCode::Gone, None));
    }
    let route = format!("/u/{name}/notification_level.json");
    account.api.write(Method::PUT, &route, &[], Some(body.to_string())).await?;
    Ok(())
}

/// A flag on each of the posts; a person alone cannot be flagged here.
pub(crate) async fn report(account: &Account, report: &Report) -> Result<(), Fault> {
    let said = report.comment.trim();
    let kind = match report.category {
        ReportCategory::Spam => SPAM,
        ReportCategory::Violation => INAPPROPRIATE,
        // What needs words goes to the moderators with them.
        ReportCategory::Legal | ReportCategory::Other if !said.is_empty() => TO_MODERATORS,
        ReportCategory::Legal | ReportCategory::Other => INAPPROPRIATE,
    };
    if report.items.is_empty() {
        return Err(Fault::refused(RefusalCode::NotOffered, None));
    }
    for item in &report.items {
        let mut body = json!({ "id": post_id(item)?, "post_action_type_id": kind, "flag_topic": false });
        if kind == TO_MODERATORS {
            body["message"] = said.into();
        }
        account.api.write(Method::POST, "/post_actions.json", &[], Some(body.to_string())).await?;
    }
    Ok(())
}

pub(crate) async fn edit(account: &Account, item: &RemoteId, text: &str) -> Result<Item, Fault> {
    let id = post_id(item)?;
    let raw = folded(text);
    let known = ours(account, id).await?;
    send::fits(account, &raw, account.is_private(known.topic)).await?;
    if known.raw.as_deref().map(folded).as_deref() == Some(&*raw) {
        return Ok(account.item_of(&known, None));
    }
    let body = json!({ "post": { "raw": raw } }).to_string();
    let answer = account.api.write(Method::PUT, &format!("/posts/{id}.json"), &[], Some(body)).await?;
    let told = answer.json().map_err(|_| Fault::Unsure)?;
    let value = if told.at("post").is_object() { told.at("post") } else { &told };
    let mut post = Post::read(value).ok().flatten().filter(|post| post.id == id).ok_or(Fault::Unsure)?;
    // As recorded, the answer shows what became of it, and not what was written.
    post.raw = post.raw.or(Some(raw));
    Ok(account.item_of(&post, None))
}

pub(crate) async fn delete(account: &Account, item: &RemoteId) -> Result<(), Fault> {
    let id = post_id(item)?;
    match account.post(For::Send, id).await?.filter(|post| !post.gone) {
        None => return Ok(()),
        Some(post) if !account.me.wrote(&post) => return Err(Fault::refused(RefusalCode::Forbidden, None)),
        Some(_) => {}
    }
    account.api.write(Method::DELETE, &format!("/posts/{id}.json"), &[], None).await?;
    Ok(())
}

async fn ours(account: &Account, id: u64) -> Result<Post, Fault> {
    let post = account.post(For::Send, id).await?.filter(|post| !post.gone);
    let post = post.ok_or_else(|| Fault::refused(RefusalCode::Gone, None))?;
    if account.me.wrote(&post) {
        return Ok(post);
    }
    Err(Fault::refused(RefusalCode::Forbidden, None))
}

/// The post that a name names; nothing else can be liked, flagged or changed.
fn post_id(remote: &RemoteId) -> Result<u64, Fault> {
    match named(remote) {
        Some(Named::Post { id, .. }) => Ok(id),
        _ => Err(Fault::refused(RefusalCode::NotOffered, None)),
    }
}

#[cfg(test)]
#[path = "acts_tests.rs"]
mod tests;
