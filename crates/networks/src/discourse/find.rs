//! Looking at the source: was a reply published after all, and may it still leave? A topic's end tells, and what of ours
//! waits there for approval.

use super::convert::{self, Named, folded, named};
use super::pace::For;
use super::send;
use super::session::Account;
use super::topics::{LAST, around};
use super::wire::Post;
use guichet_model::{Fault, Found, MINUTE, Millis, Place, Prepared, Recheck, Visibility};

/// Clocks differ. What is found too many, the desk knows already.
const MARGIN: i64 = 2 * MINUTE;

/// Ours at the place since an instant.
pub(crate) async fn find(account: &Account, prepared: &Prepared, since: Millis) -> Result<Found, Fault> {
    let from = since.plus(account.api.skew().min(0)).plus(-MARGIN);
    let (topic, number) = send::place(prepared)?;
    let Some(mut read) = around(account, For::Send, topic, LAST).await? else {
        // Closed to us since: what stands there cannot be told.
        return Ok(Found::default());
    };
    account.remember(&read.topic, read.ours(account));
    let reached = read.fetch_back(account, For::Send, from).await?;
    let mut found = Found { complete: reached && read.unreadable.is_empty(), ..Found::default() };
    let mut ours: Vec<&Post> = read.posts.values().filter(|post| account.me.wrote(post) && post.at >= from).collect();
    ours.sort_by_key(|post| (post.at, post.id));
    for post in ours {
        let same = match &post.raw {
            Some(raw) => folded(raw) == prepared.text,
            // Without what was written nothing can be said to be the same.
            None => false,
        };
        // Where what we answer was taken away meanwhile, ours answers nothing any more.
        if post.reply_to == number || post.reply_to.is_none() {
            let side = if same { &mut found.same } else { &mut found.other };
            side.push(send::alone(account, post, prepared));
        }
    }
    for pending in &read.topic.pending {
        if pending.at.is_none_or(|at| at >= from) {
            let same = folded(&pending.raw) == prepared.text;
            let side = if same { &mut found.same } else { &mut found.other };
            account.expect(topic, &pending.raw);
            side.push(convert::queued(topic, &prepared.place, pending, account.api.server_now(), &account.me));
        }
    }
    Ok(found)
}

/// Whether what we answer is still there, as we read it, and unanswered.
pub(crate) async fn recheck(account: &Account, place: &Place) -> Result<Recheck, Fault> {
    // A topic has no answer of its own to wait for.
    let Some(Named::Post { topic, id }) = named(&place.remote) else {
        return Ok(Recheck::Same);
    };
    let Some(post) = account.post(For::Send, id).await?.filter(|post| !post.gone) else {
        return Ok(Recheck::Gone);
    };
    let private = place.visibility == Some(Visibility::Direct);
    let read_at = place.read_at.plus(account.api.skew());
    if let Some(mut read) = around(account, For::Send, post.topic, LAST).await? {
        read.fetch_back(account, For::Send, read_at).await?;
        let answers = |other: &&Post| {
            let to_first = post.number == 1 && other.reply_to.is_none();
            let to_it = private || to_first || other.reply_to == Some(post.number);
            account.me.wrote(other) && !other.gone && other.at >= read_at && to_it && other.id != id
        };
        if let Some(answer) = read.posts.values().find(answers) {
            let above = Some(convert::post_name(topic, id));
            return Ok(Recheck::Answered(Box::new(account.item_of(answer, above))));
        }
    }
    let edited = post.edited.is_some_and(|edited| place.edited_at.is_none_or(|known| edited > known));
    if edited {
        let mut item = account.item_of(&post, None);
        item.remote.clone_from(&place.remote);
        return Ok(Recheck::Edited(Box::new(item)));
    }
    Ok(Recheck::Same)
}

#[cfg(test)]
#[path = "find_tests.rs"]
mod tests;
