//! What can be done about people and what they wrote. Each act can be made twice without harm.

use super::api::{CHAT, LABELER};
use super::names::{self, At, Said, said};
use super::session::Account;
use super::wire;
use crate::asked::Ask;
use guichet_model::{Fault, RefusalCode, RemoteId, Report, ReportCategory};
use serde_json::{Value, json};

/// What a like of a private message is.
pub(crate) const HEART: &str = "❤️";
pub(crate) const LIKE: &str = "app.bsky.feed.like";
const BLOCK: &str = "app.bsky.graph.block";
/// Longest comment of a report, in characters.
const LONGEST_COMMENT: usize = 1_000;

pub(crate) async fn like(account: &Account, item: &RemoteId, on: bool) -> Result<(), Fault> {
    if let Some(Said { convo, message: Some(message) }) = said(item) {
        let nsid = if on { "chat.bsky.convo.addReaction" } else { "chat.bsky.convo.removeReaction" };
        let body = json!({ "convoId": convo, "messageId": message, "value": HEART });
        account.api.act(nsid, &body, CHAT).await?;
        return Ok(());
    }
    names::post(item)?;
    let post = account.view(item.as_str()).await?.ok_or_else(|| Fault::refused(RefusalCode::Gone, None))?;
    if !on {
        return take_back(account, LIKE, post.like, |value| value.at("subject").at("uri") == item.as_str()).await;
    }
    if stands(account, LIKE, post.like.as_deref()).await? {
        return Ok(());
    }
    let subject = json!({ "uri": post.at.uri, "cid": post.at.cid });
    create(account, LIKE, json!({ "$type": LIKE, "subject": subject, "createdAt": account.instant()? })).await
}

pub(crate) async fn mute(account: &Account, person: &RemoteId, on: bool) -> Result<(), Fault> {
    let nsid = if on { "app.bsky.graph.muteActor" } else { "app.bsky.graph.unmuteActor" };
    account.api.act(nsid, &json!({ "actor": did(person)? }), None).await?;
    Ok(())
}

/// A block is a public record: one of them, however often it is asked for.
pub(crate) async fn block(account: &Account, person: &RemoteId, on: bool) -> Result<(), Fault> {
    let did = did(person)?;
    let shown = match account.api.get("app.bsky.actor.getProfile", &[("actor", did.to_owned())]).await {
        Ok(told) => wire::text(told.at("viewer").at("blocking")),
        // Somebody who is suspended today may be back tomorrow.
        Err(Fault::Refused { .. }) => None,
        Err(fault) => return Err(fault),
    };
    let is = |value: &Value| value.at("subject") == did;
    if !on {
        return take_back(account, BLOCK, shown, is).await;
    }
    if stands(account, BLOCK, shown.as_deref()).await? || newest(account, BLOCK, is).await?.is_some() {
        return Ok(());
    }
    create(account, BLOCK, json!({ "$type": BLOCK, "subject": did, "createdAt": account.instant()? })).await
}

/// Whether a record that is shown is there: one just taken away is shown for a moment yet.
async fn stands(account: &Account, collection: &str, shown: Option<&str>) -> Result<bool, Fault> {
    match shown.and_then(At::read).filter(|at| at.did == account.me.did() && at.collection == collection) {
        Some(at) => Ok(account.record(collection, at.rkey).await?.is_some()),
        None => Ok(false),
    }
}

/// Takes away the record that is shown, and the newest that our own server knows: whoever shows posts may be a moment late,
/// and name one that another has taken the place of.
async fn take_back(
    account: &Account,
    collection: &str,
    shown: Option<String>,
    is: impl Fn(&Value) -> bool,
) -> Result<(), Fault> {
    let known = newest(account, collection, is).await?;
    let other = shown.filter(|shown| Some(shown) != known.as_ref());
    for uri in known.into_iter().chain(other) {
        delete(account, collection, &uri).await?;
    }
    Ok(())
}

/// One report a post, or one of the person where none is named (or only private ones, which nobody else can read).
pub(crate) async fn report(account: &Account, report: &Report) -> Result<(), Fault> {
    if report.comment.chars().count() > LONGEST_COMMENT {
        return Err(Fault::refused(RefusalCode::TooLong, None));
    }
    let reason = match report.category {
        ReportCategory::Spam => "Spam",
        ReportCategory::Legal | ReportCategory::Violation => "Violation",
        ReportCategory::Other => "Other",
    };
    let mut subjects = Vec::new();
    for item in &report.items {
        if !At::read(item.as_str()).is_some_and(|at| at.is_post()) {
            continue;
        }
        if let Some(post) = account.view(item.as_str()).await? {
            let kind = "com.atproto.repo.strongRef";
            subjects.push(json!({ "$type": kind, "uri": post.at.uri, "cid": post.at.cid }));
        }
    }
    if subjects.is_empty() {
        subjects.push(json!({ "$type": "com.atproto.admin.defs#repoRef", "did": did(&report.person)? }));
    }
    for subject in subjects {
        let mut body = json!({
            "reasonType": format!("com.atproto.moderation.defs#reason{reason}"),
            "subject": subject,
        });
        if !report.comment.trim().is_empty() {
            body["reason"] = report.comment.trim().into();
        }
        account.api.act("com.atproto.moderation.createReport", &body, LABELER).await?;
    }
    Ok(())
}

fn did(person: &RemoteId) -> Result<&str, Fault> {
    Some(person.as_str()).filter(|did| names::is_did(did)).ok_or_else(|| Fault::refused(RefusalCode::Invalid, None))
}

async fn create(account: &Account, collection: &str, record: Value) -> Result<(), Fault> {
    let body = json!({ "repo": account.me.did(), "collection": collection, "record": record });
    account.api.act("com.atproto.repo.createRecord", &body, None).await?;
    Ok(())
}

/// Takes a record of ours away, or sees that it is not there.
pub(crate) async fn delete(account: &Account, collection: &str, uri: &str) -> Result<(), Fault> {
    let at = At::read(uri).filter(|at| at.did == account.me.did() && at.collection == collection);
    let at = at.ok_or_else(|| Fault::refused(RefusalCode::Forbidden, None))?;
    let body = json!({ "repo": at.did, "collection": collection, "rkey": at.rkey });
    account.api.act("com.atproto.repo.deleteRecord", &body, None).await?;
    Ok(())
}

/// The newest of our records that is so, among the last hundred.
async fn newest(account: &Account, collection: &str, is: impl Fn(&Value) -> bool) -> Result<Option<String>, Fault> {
    let query =
        [("repo", account.me.did().to_owned()), ("collection", collection.to_owned()), ("limit", "100".to_owned())];
    let told = account.api.get("com.atproto.repo.listRecords", &query).await?;
    let found = wire::list(told.at("records")).find(|one| is(one.at("value")));
    Ok(found.and_then(|one| wire::text(one.at("uri"))))
}

impl Account {
    /// Now, as records write it.
    pub fn instant(&self) -> Result<String, Fault> {
        let now = jiff::Timestamp::from_millisecond(self.api.server_now().0);
        let now = now.map_err(|_| Fault::unreadable("a clock"))?;
        Ok(now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
    }
}

#[cfg(test)]
#[path = "acts_tests.rs"]
mod tests;
