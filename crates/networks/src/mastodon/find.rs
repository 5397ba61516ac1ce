//! Looking at the source: was a reply published after all, and may it still leave?

use super::convert;
use super::send::under;
use super::session::{Account, segment};
use super::watch::single;
use super::wire::{self, Status};
use guichet_model::text::normal;
use guichet_model::{Fault, Found, Item, MINUTE, Millis, Place, Prepared, Recheck, RefusalCode};
use std::collections::HashSet;

/// Clocks differ, and the server's is known to the second only. What is found too many, the desk knows already.
const MARGIN: i64 = 2 * MINUTE;
/// 400 own statuses since one attempt: a reading that ends here is not complete.
const MOST_PAGES: usize = 10;

/// Our statuses at the place since an instant, from two sides: our own list, and the thread of the place. A list
/// that lags behind may show one and not the other.
pub(crate) async fn find(account: &Account, prepared: &Prepared, since: Millis) -> Result<Found, Fault> {
    let mut told = Vec::new();
    let listed_whole = own_since(account, since, &mut told).await?;
    let thread_read = match account.context(prepared.place.as_str()).await {
        Ok(context) => {
            told.extend(context.descendants);
            context.unreadable.is_empty()
        }
        // What we answered is gone; our own list still tells.
        Err(Fault::Refused { reason }) if reason.code == RefusalCode::Gone => true,
        Err(fault) => return Err(fault),
    };
    let from = since_there(account, since);
    let mut seen = HashSet::new();
    let mut ours: Vec<Status> = told
        .into_iter()
        .filter(|status| account.me.wrote(status) && status.at >= from)
        .filter(|status| status.in_reply_to.as_deref() == Some(prepared.place.as_str()))
        .filter(|status| seen.insert(status.id.clone()))
        .collect();
    ours.sort_by_key(|status| status.at);
    let wanted = normal(&prepared.text);
    let mut found = Found { complete: listed_whole && thread_read, ..Found::default() };
    for status in &ours {
        let same = normal(&convert::body(status).text) == wanted;
        let side = if same { &mut found.same } else { &mut found.other };
        side.push(item(account, status));
    }
    Ok(found)
}

/// The instant by the server's clock, once the server was heard, with a margin.
fn since_there(account: &Account, since: Millis) -> Millis {
    since.plus(account.api.skew().min(0)).plus(-MARGIN)
}

/// Whether the list was read back to the instant without a gap.
async fn own_since(account: &Account, since: Millis, told: &mut Vec<Status>) -> Result<bool, Fault> {
    let path = format!("/api/v1/accounts/{}/statuses", segment(account.me.id()));
    let mut older: Option<String> = None;
    let mut unreadable = false;
    for _ in 0..MOST_PAGES {
        let mut query = vec![("limit", "40".to_owned())];
        query.extend(older.clone().map(|id| ("max_id", id)));
        let answer = account.api.get(&path, &query).await?;
        let links = account.api.links(&answer)?;
        let list = answer.json()?;
        if !list.is_array() {
            return Err(Fault::unreadable("a list that is none"));
        }
        let mut page = Vec::new();
        for value in wire::list(&list) {
            match Status::read(value) {
                Ok(status) => page.push(status),
                Err(_) => unreadable = true,
            }
        }
        // Pinned statuses may stand out of order: the last line tells how far back the page goes.
        let reached = page.last().is_none_or(|last| last.at < since_there(account, since));
        let next = links.older.or_else(|| page.last().map(|last| last.id.clone()));
        let stuck = next == older;
        told.extend(page);
        if reached {
            return Ok(!unreadable);
        }
        if stuck {
            return Ok(false);
        }
        older = next;
    }
    Ok(false)
}

fn item(account: &Account, status: &Status) -> Item {
    let placing = under(&account.places(), status, account);
    convert::item(status, placing, true)
}

/// Whether what we answer is still there, as we read it, and unanswered.
pub(crate) async fn recheck(account: &Account, place: &Place) -> Result<Recheck, Fault> {
    let Some(status) = single(account, place.remote.as_str()).await? else {
        return Ok(Recheck::Gone);
    };
    let answers = match account.context(place.remote.as_str()).await {
        Ok(context) => context.descendants,
        // A thread that is not shown hides no text that is: what we answer was just seen.
        Err(Fault::Refused { .. }) => Vec::new(),
        Err(fault) => return Err(fault),
    };
    let read_at = place.read_at.plus(account.api.skew());
    let answer = answers.iter().find(|other| {
        account.me.wrote(other) && other.in_reply_to.as_deref() == Some(place.remote.as_str()) && other.at >= read_at
    });
    if let Some(answer) = answer {
        return Ok(Recheck::Answered(Box::new(item(account, answer))));
    }
    if status.edited_at.is_some() && status.edited_at != place.edited_at {
        let placing = account.places().of(&status, &account.me, false);
        let placing = placing.unwrap_or_else(|| super::thread::Places::guess(&status, &account.me));
        return Ok(Recheck::Edited(Box::new(convert::item(&status, placing, false))));
    }
    Ok(Recheck::Same)
}

#[cfg(test)]
#[path = "find_tests.rs"]
mod tests;
