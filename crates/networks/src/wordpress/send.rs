//! A reply leaves. What is sent is made once, in `prepare`, and frozen; `send` adds nothing to it.
//!
//! A comment is HTML on its way: what a person typed is written so that it means itself. An answer under a comment that
//! waits for a moderator leaves that one waiting; the site may let ours wait too, and says so.

use super::convert::{Named, named, post_name};
use super::session::{Account, COMMENTS, comment_id};
use super::{find, me};
use crate::asked::Ask;
use guichet_model::{Fault, Item, LastWord, Outgoing, Prepared, RefusalCode};
use serde_json::{Value, json};
use std::sync::Arc;

/// Makes the request. Reads the comment answered only where the desk does not know its post.
pub(crate) async fn prepare(account: &Account, outgoing: &Outgoing) -> Result<Prepared, Fault> {
    let refused = |code| Err(Fault::refused(code, None));
    let text = outgoing.text.trim().replace("\r\n", "\n");
    if text.is_empty() {
        return refused(RefusalCode::Empty);
    }
    if !outgoing.pictures.is_empty() || outgoing.warning.as_ref().is_some_and(|warning| !warning.trim().is_empty()) {
        return refused(RefusalCode::NotOffered);
    }
    let content = escaped(&text);
    if content.len() > me::LONGEST as usize {
        return refused(RefusalCode::TooLong);
    }
    // A post may be answered itself: then the answer stands at the top.
    let (known, parent) = match named(&outgoing.place.remote) {
        Some(Named::Post(post)) => (Some(post), 0),
        _ => (None, comment_id(&outgoing.place.remote)?),
    };
    let told = outgoing.place.post.as_ref().and_then(|post| match named(post) {
        Some(Named::Post(post)) => Some(post),
        _ => None,
    });
    let post = match known.or(told) {
        Some(post) => post,
        None => {
            let post = account.comment(parent).await?.post;
            post.ok_or_else(|| Fault::refused(RefusalCode::Gone, None))?
        }
    };
    Ok(Prepared {
        key: outgoing.key.clone(),
        body: json!({ "post": post, "parent": parent, "content": content }).to_string(),
        place: outgoing.place.remote.clone(),
        text,
        proof: me::capabilities(false).proof,
    })
}

/// Typed signs that HTML would take for its own.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Where a frozen reply goes: its post and its parent (0: none).
pub(crate) fn place(prepared: &Prepared) -> Result<(u64, u64), Fault> {
    let body: Value = serde_json::from_str(&prepared.body).map_err(|_| Fault::refused(RefusalCode::Invalid, None))?;
    match (body.at("post").as_u64(), body.at("parent").as_u64()) {
        (Some(post), Some(parent)) => Ok((post, parent)),
        _ => Err(Fault::refused(RefusalCode::Invalid, None)),
    }
}

/// Exactly one request, of the frozen bytes. An answer that cannot be read may hide a text that was published.
pub(crate) async fn send(account: &Account, prepared: &Prepared, last: Arc<dyn LastWord>) -> Result<Item, Fault> {
    let (post, parent) = place(prepared)?;
    match account.api.publish(COMMENTS, prepared.body.clone(), last).await {
        Ok(answer) => {
            let (comment, item) = account.told(&answer)?;
            // An extension may answer 200 with something else; only ours, in its place, is the proof.
            let in_place = comment.parent.unwrap_or(0) == parent && item.post == Some(post_name(post));
            if !item.ours || !in_place {
                return Err(Fault::Unsure);
            }
            Ok(item)
        }
        // The site has this text of ours at this very place: it is there, and is read.
        Err(Fault::Refused { reason }) if reason.code == RefusalCode::Duplicate => {
            // There, and not shown to us: a cache is behind, or it waits for a moderator whom we are not. It is looked for.
            find::newest_same(account, prepared).await.ok().flatten().ok_or(Fault::Unsure)
        }
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
#[path = "send_tests.rs"]
mod tests;
