//! Looking whether a reply left after all, and whether it still may.
//!
//! What proves that it did: its Message-ID among the sent messages, an answer that refers to it, a postmaster's report that
//! names it. What proves that it did not: nothing. Where the server keeps a copy of all it takes, a whole look that finds
//! none can be shown to the CM as such; where the copy is ours to make, and is made after the answer that was lost, its
//! absence says nothing at all, and is not shown as anything.

use super::convert::Stood;
use super::imap::{Imap, day};
use super::names::{self, Named};
use super::send;
use super::session::{Account, Met, keeps_copies};
use guichet_model::text::normal;
use guichet_model::{ByName, DAY, Fault, Found, Item, MINUTE, Millis, Place, Prepared, Recheck, RemoteId};

/// Clocks differ.
const MARGIN: i64 = 2 * MINUTE;
const MOST: usize = 100;

/// Where its own name is found, among the sent messages or in somebody's answer, the other answers are not read, and
/// `complete` says no more than that this reply's fate is known: nothing about twins of its text.
pub(crate) async fn find(account: &Account, prepared: &Prepared, since: Millis) -> Result<Found, Fault> {
    let envelope = send::envelope(prepared)?;
    let id = send::id(&envelope)?;
    let own = names::by_id(&id);
    let access = account.access().await?;
    let mut imap = account.imap(&access).await?;
    let folders = account.folders(&mut imap).await?;
    let mut found = Found { by_name: ByName::Absent, ..Found::default() };
    if let Some(sent) = folders.sent() {
        imap.examine(sent).await?;
        if let Some(met) = account.seek(&mut imap, &own, Stood::Sent).await? {
            found.same.push(account.item(&met, Stood::Sent));
        } else {
            // A server that gives messages ids of its own shows it under another.
            for item in answers(account, &mut imap, &prepared.place, since.plus(-MARGIN)).await? {
                // By its name first: a server may have added to the text.
                let same = item.remote == own || normal(&item.body.text) == normal(&prepared.text);
                let side = if same { &mut found.same } else { &mut found.other };
                side.push(item);
            }
            found.complete = keeps_copies(&access);
        }
    }
    // The same words of ours beside it, under another id, prove nothing of this one.
    let filed = found.same.iter().any(|item| item.remote == own);
    if !filed && spoken_of(&mut imap, &access.folder, &id, since).await? {
        found.same.push(send::item(account, &envelope, since)?);
    }
    imap.done();
    // Its id is the proof; a server's second, or its clock, must not make it older than its first attempt.
    for item in found.same.iter_mut().filter(|item| item.remote == own) {
        item.at = item.at.max(since);
        found.complete = true;
        found.by_name = ByName::There(own.clone());
    }
    Ok(found)
}

/// Whether somebody's letter of the contact folder refers to that message.
async fn spoken_of(imap: &mut Imap, folder: &str, id: &str, since: Millis) -> Result<bool, Fault> {
    let Some(quoted) = names::searchable(id) else {
        return Ok(false);
    };
    imap.examine(folder).await?;
    let since = day(since.plus(-DAY));
    let hits = imap
        .search(&format!("SINCE {since} OR TEXT {quoted} OR HEADER References {quoted} HEADER In-Reply-To {quoted}"))
        .await?;
    Ok(!hits.is_empty())
}

/// Ours of the open folder that answer `place`, since then, oldest first.
async fn answers(account: &Account, imap: &mut Imap, place: &RemoteId, since: Millis) -> Result<Vec<Item>, Fault> {
    let Some(Named::Id(id)) = names::named(place) else {
        return Ok(Vec::new());
    };
    let Some(quoted) = names::searchable(&id) else {
        return Ok(Vec::new());
    };
    let asked = format!("SINCE {} HEADER In-Reply-To {quoted}", day(since.plus(-DAY)));
    let mut hits = imap.search(&asked).await?;
    hits.drain(..hits.len().saturating_sub(MOST));
    let mut ours = Vec::new();
    for raw in account.fetch(imap, &hits).await? {
        if raw.has("\\Draft") || raw.has("\\Deleted") {
            continue;
        }
        if let Some(letter) = raw.letter() {
            let item = account.item(&Met { raw, letter }, Stood::Sent);
            if item.in_reply_to.as_ref() == Some(place) && item.at >= since {
                ours.push(item);
            }
        }
    }
    ours.sort_by_key(|item| item.at);
    Ok(ours)
}

/// A letter does not change, and one that was tidied away can still be answered: only an answer of ours can have come
/// between.
pub(crate) async fn recheck(account: &Account, place: &Place) -> Result<Recheck, Fault> {
    let access = account.access().await?;
    let mut imap = account.imap(&access).await?;
    let folders = account.folders(&mut imap).await?;
    let mut answer = None;
    if let Some(sent) = folders.sent() {
        imap.examine(sent).await?;
        answer = answers(account, &mut imap, &place.remote, place.read_at).await?.into_iter().next();
    }
    imap.done();
    Ok(answer.map_or(Recheck::Same, |answer| Recheck::Answered(Box::new(answer))))
}

#[cfg(test)]
#[path = "find_tests.rs"]
mod tests;
