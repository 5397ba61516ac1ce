//! Where answers in our own threads stand, and what we wrote ourselves.
//!
//! A thread's first post may have a gate, a record of ours under the same key: who may answer, and which answers are hidden.
//! What is in it besides is kept to the letter: a gate that lets nobody answer differs from none at all by an empty list.
//! It is written only over the version that was read, so that what another app does meanwhile is never lost.

use super::acts;
use super::api::Failed;
use super::names::{self, At, POST};
use super::session::Account;
use super::wire::list;
use crate::asked::Ask;
use guichet_model::{Fault, Publication, RefusalCode, RemoteId};
use serde_json::{Value, json};

const GATE: &str = "app.bsky.feed.threadgate";
/// Lexicon app.bsky.feed.threadgate.
const MOST_HIDDEN: usize = 300;
/// How often a gate that changes under our hands is read again.
const TRIES: usize = 3;

pub(crate) async fn put(account: &Account, item: &RemoteId, to: Publication) -> Result<Publication, Fault> {
    let hide = match to {
        Publication::Hidden => true,
        Publication::Published => false,
        Publication::Pending | Publication::Spam | Publication::Trash => {
            return Err(Fault::refused(RefusalCode::NotOffered, None));
        }
    };
    names::post(item)?;
    let post = account.view(item.as_str()).await?.ok_or_else(|| Fault::refused(RefusalCode::Gone, None))?;
    let root = post.root().uri.clone();
    // Only who began a thread hides answers in it, and only answers.
    let Some(gate) = At::read(&root).filter(|at| at.did == account.me.did() && at.is_post() && root != post.at.uri)
    else {
        return Err(Fault::refused(RefusalCode::NotOffered, None));
    };
    for _ in 0..TRIES {
        let known = account.record(GATE, gate.rkey).await?;
        let Some(record) = changed(account, known.as_ref(), &root, item.as_str(), hide)? else {
            return Ok(to);
        };
        let body = json!({
            "repo": account.me.did(),
            "collection": GATE,
            "rkey": gate.rkey,
            "record": record,
            // Where there was none there must be none yet.
            "swapRecord": known.map(|(cid, _)| cid),
        });
        match account.api.act("com.atproto.repo.putRecord", &body, None).await {
            Ok(_) => return Ok(to),
            Err(Failed { name, .. }) if name.as_deref() == Some("InvalidSwap") => {}
            Err(failed) => return Err(failed.fault),
        }
    }
    Err(Fault::Later { after: account.api.now().plus(5_000) })
}

/// The gate with the answer hidden or shown; `None`: it is so already.
fn changed(
    account: &Account,
    known: Option<&(String, Value)>,
    root: &str,
    answer: &str,
    hide: bool,
) -> Result<Option<Value>, Fault> {
    let mut record = match known {
        Some((_, record)) => record.clone(),
        // Without "allow" everybody may answer, as before.
        None => json!({ "$type": GATE, "post": root, "createdAt": account.instant()? }),
    };
    let mut hidden: Vec<Value> = list(record.at("hiddenReplies")).cloned().collect();
    let there = hidden.iter().any(|uri| uri == answer);
    if there == hide {
        return Ok(None);
    }
    if hide {
        hidden.push(answer.into());
    } else {
        hidden.retain(|uri| uri != answer);
    }
    if hidden.len() > MOST_HIDDEN {
        return Err(Fault::refused(RefusalCode::Invalid, None));
    }
    record["hiddenReplies"] = hidden.into();
    Ok(Some(record))
}

/// Our own post. What was said in private stays with whoever read it.
pub(crate) async fn delete(account: &Account, item: &RemoteId) -> Result<(), Fault> {
    names::post(item)?;
    acts::delete(account, POST, item.as_str()).await
}

#[cfg(test)]
#[path = "curate_tests.rs"]
mod tests;
