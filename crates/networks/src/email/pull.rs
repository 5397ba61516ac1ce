//! Pulling: the messages of the contact folder, and of the sent ones those that answer something, by the numbers that a
//! folder gives them. A number holds as long as the folder's UIDVALIDITY does; when that changes, the last days are read
//! again, and the messages are the same ones by their ids. A letter by which a network tells what somebody wrote there is
//! that network's item, and no letter.
//!
//! `n:*` always gives the last message, were its number smaller than n: what was asked for is looked at again here.

use super::access::Access;
use super::convert::Stood;
use super::errors;
use super::fetch::{AT_ONCE, Raw};
use super::imap::{Imap, day};
use super::session::{Account, Loan, Met};
use crate::door::mail;
use guichet_model::{Cursor, DAY, Fault, Interval, MINUTE, Millis, Page, RefusalCode, SECOND, Source, Unread};
use serde::{Deserialize, Serialize};

pub(crate) const INBOX: &str = "inbox";
pub(crate) const SENT: &str = "sent";

/// A first reading takes no more than these.
const FIRST: usize = 800;
/// After a renumbering, so much before the newest that was read.
const OVERLAP: i64 = 2 * DAY;
/// A message that cannot be read is kept, but not without end.
const MOST_RAW: usize = 64 << 10;
/// So many letters may be held back one after another: where more are and none is given, it is not the letters.
const MOST_HELD: usize = 3;

pub(crate) fn sources() -> Vec<Source> {
    // Where IDLE stands it rings; where it does not, a minute is soon enough for a letter.
    vec![Source { name: INBOX, every: 60 * SECOND }, Source { name: SENT, every: 5 * MINUTE }]
}

/// Where a reading stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Walk {
    validity: u32,
    /// All numbers up to this one were read.
    after: u32,
    /// Since when what is here was read.
    from: Millis,
    newest: Millis,
}

pub(crate) async fn pull(
    account: &Account,
    source: &str,
    cursor: Option<&Cursor>,
    since: Millis,
) -> Result<Page, Fault> {
    let access = account.access().await?;
    let mut imap = account.imap(&access).await?;
    let (folder, stood) = match source {
        INBOX => (access.folder.clone(), Stood::Inbox),
        SENT => match account.folders(&mut imap).await?.sent() {
            Some(folder) => (folder.to_owned(), Stood::Sent),
            None => {
                imap.done();
                return Ok(Page::default());
            }
        },
        _ => return Err(Fault::refused(RefusalCode::NotOffered, None)),
    };
    let opened = imap.examine(&folder).await?;
    let stood_at = cursor.and_then(|cursor| serde_json::from_str::<Walk>(&cursor.0).ok());
    let mut missing = None;
    let (walk, waiting) = match stood_at {
        Some(walk) if walk.validity == opened.validity => {
            let waiting = newer(&mut imap, walk.after).await?;
            (walk, waiting)
        }
        renumbered => {
            let from = renumbered.as_ref().map_or(since, |walk| walk.newest.plus(-OVERLAP).max(since));
            let asked = format!("SINCE {}", day(from.plus(-DAY)));
            let mut recent = imap.search(&asked).await?;
            let cut = recent.len().saturating_sub(FIRST);
            recent.drain(..cut);
            let after = match recent.first() {
                Some(first) => first.saturating_sub(1),
                None => last(&mut imap, opened.next).await?,
            };
            let newest = renumbered.map_or(since, |walk| walk.newest);
            if cut > 0 {
                missing = Some(from);
            }
            (Walk { validity: opened.validity, after, from, newest }, recent)
        }
    };
    let asked: Vec<u32> = waiting.iter().copied().take(AT_ONCE).collect();
    let mut page = Page { more: waiting.len() > asked.len(), ..Page::default() };
    let mut next = walk.clone();
    if let Some(last) = asked.last() {
        let given = given(account, &access, &mut imap, &folder, &asked).await?;
        read(account, given, stood, &mut page);
        next.after = *last;
    }
    imap.done();
    let now = account.now();
    let told = moments(&page).max();
    // A date in the future would let all that is written until then pass for read.
    next.newest = told.map_or(walk.newest, |told| told.min(now)).max(walk.newest);
    let first = moments(&page).min();
    if let (Some(from), Some(first)) = (missing, first) {
        page.missing = Some(Interval { from, to: first });
        next.from = first.max(from);
    }
    let reached = if page.more { next.newest } else { now };
    page.covered = (next.from <= reached).then_some(Interval { from: next.from, to: reached });
    let written = serde_json::to_string(&next).map_err(|_| Fault::unreadable("a cursor"))?;
    page.cursor = Some(Cursor(written));
    Ok(page)
}

fn moments(page: &Page) -> impl Iterator<Item = Millis> {
    page.items.iter().map(|item| item.at).chain(page.noticed.iter().filter_map(|noticed| noticed.at))
}

async fn newer(imap: &mut Imap, after: u32) -> Result<Vec<u32>, Fault> {
    let Some(first) = after.checked_add(1) else {
        return Ok(Vec::new());
    };
    let mut found = imap.search(&format!("UID {first}:*")).await?;
    found.retain(|uid| *uid > after);
    Ok(found)
}

/// The highest number given so far.
async fn last(imap: &mut Imap, next: Option<u32>) -> Result<u32, Fault> {
    match next {
        Some(next) => Ok(next.saturating_sub(1)),
        None => Ok(imap.search("UID *").await?.last().copied().unwrap_or(0)),
    }
}

/// Those letters, and the numbers of those that are there and not given. Where a page fails as a whole it is asked for
/// letter by letter: one that the server cannot give must not keep all later ones away for ever.
async fn given<'a>(
    account: &'a Account,
    access: &Access,
    imap: &mut Loan<'a>,
    folder: &str,
    asked: &[u32],
) -> Result<(Vec<Raw>, Vec<u32>), Fault> {
    match some(account, imap, asked).await {
        Ok((found, held)) if held.len() < asked.len() => return Ok((found, held)),
        // What was not answered may be anybody's fault.
        Err(fault) if !imap.declined && !imap.garbled => return Err(fault),
        _ => {}
    }
    let (mut found, mut held, mut fault) = (Vec::new(), Vec::new(), errors::soon(account.now()));
    for uid in asked {
        if imap.garbled {
            *imap = account.imap(access).await?;
            imap.examine(folder).await?;
        }
        match some(account, imap, &[*uid]).await {
            Ok((one, not)) => {
                found.extend(one);
                held.extend(not);
            }
            Err(why) if imap.declined || imap.garbled => {
                held.push(*uid);
                fault = why;
            }
            Err(why) => return Err(why),
        }
        if found.is_empty() && held.len() > MOST_HELD {
            return Err(fault);
        }
    }
    // Nothing else stands for the server's being well: another try, a while later, does.
    if found.is_empty() && !account.was_held(&held) {
        return Err(if matches!(fault, Fault::Later { .. }) { fault } else { errors::soon(account.now()) });
    }
    if imap.garbled {
        *imap = account.imap(access).await?;
    }
    Ok((found, held))
}

/// The same, as one question.
async fn some(account: &Account, imap: &mut Imap, asked: &[u32]) -> Result<(Vec<Raw>, Vec<u32>), Fault> {
    let found = account.fetch(imap, asked).await?;
    if found.len() == asked.len() {
        return Ok((found, Vec::new()));
    }
    // Taken away while we read, or kept back from us: one that is still there must not pass for read.
    let set: Vec<String> = asked.iter().map(u32::to_string).collect();
    let there = imap.search(&format!("UID {}", set.join(","))).await?;
    let is_held = |uid: &u32| there.contains(uid) && found.iter().all(|raw| raw.uid != *uid);
    let held = asked.iter().copied().filter(is_held).collect();
    Ok((found, held))
}

fn read(account: &Account, (found, held): (Vec<Raw>, Vec<u32>), stood: Stood, page: &mut Page) {
    for uid in held {
        page.unreadable.push(Unread { raw: format!("uid {uid}"), why: "not given".into() });
    }
    for raw in found {
        // Unfinished, or thrown away by a program that has no trash.
        if raw.has("\\Draft") || raw.has("\\Deleted") {
            continue;
        }
        if stood == Stood::Inbox
            && let Some(told) = mail::of_letter(&raw.bytes)
        {
            page.noticed.push(told.noticed);
            if !told.with_words {
                continue;
            }
        }
        match raw.letter() {
            Some(letter) => {
                let answers = letter.in_reply_to.is_some() || !letter.references.is_empty();
                // What was written to others first is not the contact inbox's.
                if stood == Stood::Inbox || answers {
                    page.items.push(account.item(&Met { raw, letter }, stood));
                }
            }
            None => page.unreadable.push(unread(&raw.bytes)),
        }
    }
    page.items.sort_by_key(|item| item.at);
}

pub(crate) fn unread(bytes: &[u8]) -> Unread {
    let raw = String::from_utf8_lossy(&bytes[..bytes.len().min(MOST_RAW)]).into_owned();
    Unread { raw, why: "no message".into() }
}

#[cfg(test)]
#[path = "pull_tests.rs"]
mod tests;
