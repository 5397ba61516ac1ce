//! Looking at the source: was a reply published after all, and may it still leave?

use super::api::Query;
use super::convert::{body, folded};
use super::look::is_gone;
use super::send;
use super::session::{Account, COMMENTS, all, comment_id};
use super::wire::Comment;
use guichet_model::{Fault, Found, Item, MINUTE, Millis, Place, Prepared, Publication, Recheck};

/// Clocks differ, and the site's is known to the second only. What is found too many, the desk knows already.
const MARGIN: i64 = 2 * MINUTE;
/// 500 answers of ours under one comment since one attempt: a reading that ends here is not complete.
const MOST_PAGES: u64 = 5;
const A_PAGE: u64 = 100;

/// Our comments under the same parent since an instant.
pub(crate) async fn find(account: &Account, prepared: &Prepared, since: Millis) -> Result<Found, Fault> {
    let from = since.plus(account.api.skew().min(0)).plus(-MARGIN);
    let (ours, complete) = ours_at(account, send::place(prepared)?, from).await?;
    let wanted = folded(&prepared.text);
    let mut found = Found { complete, ..Found::default() };
    for comment in ours.iter().filter(|comment| comment.at >= from) {
        let same = folded(&body(comment).text) == wanted;
        let side = if same { &mut found.same } else { &mut found.other };
        side.push(account.item(comment));
    }
    Ok(found)
}

/// The newest of ours at the place with the same text, whenever it was written: the site refuses a second copy for ever.
pub(crate) async fn newest_same(account: &Account, prepared: &Prepared) -> Result<Option<Item>, Fault> {
    let (ours, _) = ours_at(account, send::place(prepared)?, Millis(0)).await?;
    let wanted = folded(&prepared.text);
    // One in the trash does not stand in the way of a second (wp_allow_comment).
    let mut same = ours.iter().filter(|comment| comment.publication != Publication::Trash);
    let same = same.rfind(|comment| folded(&body(comment).text) == wanted);
    Ok(same.map(|comment| account.item(comment)))
}

/// Ours under `parent` (0: at the top of `post`), oldest first, and whether all since `from` were read.
async fn ours_at(account: &Account, (post, parent): (u64, u64), from: Millis) -> Result<(Vec<Comment>, bool), Fault> {
    let moderates = account.moderates().await?;
    let mut ours = Vec::new();
    let mut readable = true;
    for page in 1..=MOST_PAGES {
        let mut query: Query = vec![
            ("post", post.to_string()),
            ("parent", parent.to_string()),
            ("context", account.context().await?.to_owned()),
            ("status", if moderates { "any" } else { "approve" }.to_owned()),
            ("per_page", A_PAGE.to_string()),
            ("page", page.to_string()),
            ("orderby", "date_gmt".to_owned()),
            ("order", "desc".to_owned()),
        ];
        // Asking for an author is a moderator's right too.
        if let Some(me) = account.me.id().filter(|_| moderates) {
            query.push(("author", me.to_owned()));
        }
        let told = account.api.list(COMMENTS, &query).await?;
        let comments = all(&told.values);
        readable &= comments.len() == told.values.len();
        let reached = comments.last().is_none_or(|last| last.at < from);
        let short = told.pages.map_or((told.values.len() as u64) < A_PAGE, |pages| page >= pages);
        let here = |comment: &Comment| comment.parent.unwrap_or(0) == parent && comment.post == Some(post);
        ours.extend(comments.into_iter().filter(|c| account.me.wrote(c.author) && here(c)));
        if reached || short {
            ours.sort_by_key(|comment| (comment.at, comment.id));
            // Whoever does not moderate is not shown what waits, their own included.
            return Ok((ours, readable && moderates));
        }
    }
    ours.sort_by_key(|comment| (comment.at, comment.id));
    Ok((ours, false))
}

/// Whether what we answer is still there, as we read it, and unanswered.
pub(crate) async fn recheck(account: &Account, place: &Place) -> Result<Recheck, Fault> {
    // A post has no answer of its own to wait for.
    let Ok(id) = comment_id(&place.remote) else {
        return Ok(Recheck::Same);
    };
    let comment = match account.comment(id).await {
        Ok(comment) => comment,
        Err(fault) if is_gone(&fault) => return Ok(Recheck::Gone),
        Err(fault) => return Err(fault),
    };
    // Whoever took it out of sight can put it back: it stands where it stands now, and is not gone for ever.
    if comment.publication == Publication::Trash {
        return Ok(Recheck::Edited(Box::new(account.item(&comment))));
    }
    if let Some(post) = comment.post {
        let read_at = place.read_at.plus(account.api.skew());
        let (ours, _) = ours_at(account, (post, id), read_at).await?;
        let stands = |other: &&Comment| other.at >= read_at && other.publication != Publication::Trash;
        if let Some(answer) = ours.iter().find(stands) {
            return Ok(Recheck::Answered(Box::new(account.item(answer))));
        }
    }
    // WordPress dates no edit: only a text that this session has read can be seen to have changed.
    if account.memory().changes(&comment) {
        return Ok(Recheck::Edited(Box::new(account.item(&comment))));
    }
    Ok(Recheck::Same)
}

#[cfg(test)]
#[path = "find_tests.rs"]
mod tests;
