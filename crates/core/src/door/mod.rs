//! The door without a key: items that no network's API brought, into the same inbox.
//!
//! What was pasted, listed in a file or told by mail is named by its link (`model/link.rs`) and taken in under an account
//! of its client at that network; where there is none, one is made that has no key. Such an account is never pulled and
//! never sends: a reply to what came so is copied and published by the CM (`outbox/by_hand.rs`). When somebody signs in
//! to that network, or at that host, later, the same account gets its key, and what its API shows takes the rows over
//! (`intake/keyless.rs`). One that the CM has removed comes back by what they do themselves, never by a mail.

mod account;
mod item;
mod taught;

use crate::desk::Desk;
use crate::store::Durability;
use crate::view::{Acted, Added, ByHand, Change, Problem, Recognised};
use crate::{changes, intake, journal};
pub(crate) use account::takes_key;
use guichet_model::{AccountId, ClientId, ConversationId, Item, MessageId, Millis, Noticed, Route, Unread, link};
use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::{Value, json};
use std::collections::BTreeMap;
pub(crate) use taught::undo_teach;

/// Why a mail tells of nothing (`networks/door`): no network that we know sent it. It is somebody's, and no item.
const STRANGER: &str = "sender";

impl Desk {
    /// What a link is; `None`: none that a browser opens.
    pub async fn recognise(&self, link: String) -> Result<Option<Recognised>, Problem> {
        Ok(link::read(&link).map(|linked| Recognised {
            network: linked.network.to_owned(),
            host: linked.host,
            precise: linked.precise,
        }))
    }

    /// One item that the CM pasted. The same one again is the same row. `Invalid` of `link` or `text`.
    pub async fn add_by_hand(&self, client: ClientId, item: ByHand) -> Result<Added, Problem> {
        let invalid = |field: &str| Problem::Invalid { field: field.to_owned() };
        if link::read(&item.link).is_none() {
            return Err(invalid("link"));
        }
        if item.text.trim().is_empty() {
            return Err(invalid("text"));
        }
        let noticed =
            Noticed { link: Some(item.link), author: item.author, text: item.text, at: item.at, ..Noticed::default() };
        self.notice(client, Route::Hand, vec![noticed], Vec::new()).await
    }

    /// Items as the door tells them, for one client, and what could not be read of what told them: that is kept raw, but for
    /// the mails of others, which are only counted. `NotFound` where there is no such client.
    pub async fn notice(
        &self,
        client: ClientId,
        route: Route,
        noticed: Vec<Noticed>,
        unread: Vec<Unread>,
    ) -> Result<Added, Problem> {
        let now = self.now();
        // Reading thousands of mails takes its time: the one writer is not kept waiting by it.
        let noticed = self.as_taught(noticed).await?;
        let added =
            self.store().write(Durability::Full, move |tx| take_in(tx, client, route, noticed, unread, now)).await?;
        self.announce(added.acted.change.clone());
        Ok(added)
    }
}

/// What came of what was told.
struct Came {
    new: Vec<MessageId>,
    known: u32,
    unreadable: u32,
    /// Accounts that were made for it, and the rows of what is kept raw.
    made: Vec<AccountId>,
    raw: Vec<i64>,
    first: Option<MessageId>,
    change: Change,
}

fn take_in(
    tx: &Transaction<'_>,
    client: ClientId,
    route: Route,
    noticed: Vec<Noticed>,
    unread: Vec<Unread>,
    now: Millis,
) -> Result<Added, Problem> {
    let came = bring(tx, client, route, noticed, unread, None, now)?;
    let act = match came.new.is_empty() {
        true => None,
        false => {
            let detail = json!({ "messages": came.new, "accounts": came.made, "raw": came.raw });
            Some(journal::record(tx, now, "add_items", Some(client), detail)?)
        }
    };
    Ok(Added {
        new: count(came.new.len()),
        known: came.known,
        unreadable: came.unreadable,
        conversation: came.first.map(|message| conversation_of(tx, message)).transpose()?.flatten(),
        acted: Acted { act, change: came.change },
    })
}

/// What networks told by mail to a mailbox of this account's client. No act of the CM: nothing to undo.
pub(crate) fn told_by_mail(
    tx: &Transaction<'_>,
    mailbox: AccountId,
    noticed: &[Noticed],
    now: Millis,
) -> Result<Change, Problem> {
    if noticed.is_empty() {
        return Ok(Change::default());
    }
    let client =
        tx.query_row("SELECT client FROM account WHERE id = ?1", [mailbox.0], |row| row.get(0).map(ClientId))?;
    let noticed = taught::understood(tx, noticed.to_vec())?;
    Ok(bring(tx, client, Route::Mail, noticed, Vec::new(), Some(mailbox), now)?.change)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// `home`: the mailbox that told it, where what nobody can read is kept; `None`: the CM brings it, and that is kept under
/// the first account that the same file told of.
fn bring(
    tx: &Transaction<'_>,
    client: ClientId,
    route: Route,
    noticed: Vec<Noticed>,
    mut unread: Vec<Unread>,
    home: Option<AccountId>,
    now: Millis,
) -> Result<Came, Problem> {
    let name: String = tx.query_row("SELECT name FROM client WHERE id = ?1", [client.0], |row| row.get(0))?;
    let mut by_account: BTreeMap<AccountId, Vec<(Item, bool)>> = BTreeMap::new();
    let mut mails: BTreeMap<AccountId, Vec<Noticed>> = BTreeMap::new();
    let (mut change, mut made) = (Change::default(), Vec::new());
    for one in noticed {
        let Some((of, item)) = item::of(&one, &name, now) else {
            unread.push(Unread { raw: serde_json::to_string(&one)?, why: "network".into() });
            continue;
        };
        let Some(at) = account::find(tx, client, &name, &of, (route, home.is_none()), now)? else {
            tracing::info!(client = client.0, network = of.network, "told of an account that was removed");
            continue;
        };
        // Another account, another limit to count by.
        change.all |= at.made || at.back;
        made.extend(at.made.then_some(at.account));
        by_account.entry(at.account).or_default().push((item, one.raw));
        mails.entry(at.account).or_default().push(one);
    }
    let (mut new, mut met, mut first) = (Vec::new(), 0, None);
    for (account, items) in &by_account {
        let (received, told) = intake::receive(tx, *account, route, items, now)?;
        for ((message, _), one) in received.iter().zip(mails.get(account).into_iter().flatten()) {
            keep_mail(tx, *message, one)?;
        }
        met += received.len();
        first = first.or(received.first().map(|(message, _)| *message));
        new.extend(received.into_iter().filter(|(_, new)| *new).map(|(message, _)| message));
        changes::join(&mut change, told);
        tx.execute(
            "UPDATE account SET last_success = ?2 WHERE id = ?1 AND remote = ?3",
            params![account.0, now.0, account::DOOR],
        )?;
    }
    let unreadable = count(unread.len());
    unread.retain(|one| one.why != STRANGER);
    let mut raw = Vec::new();
    if let Some(home) = home.as_ref().or(by_account.keys().next()) {
        raw = intake::keep_raw(tx, *home, intake::route(route), &unread, now)?;
    }
    change.desk = true;
    let known = count(met - new.len());
    tracing::info!(client = client.0, ?route, new = new.len(), known, unreadable, "items came without a key");
    Ok(Came { new, known, unreadable, made, raw, first, change })
}

/// The first mail that told of a message stays with it, until its network shows it. One with its pictures inside is kept
/// by its beginning.
fn keep_mail(tx: &Transaction<'_>, message: MessageId, one: &Noticed) -> Result<(), Problem> {
    const LONGEST: usize = 256 * 1024;
    if let Some(mail) = &one.mail {
        let kept: String = mail.chars().take(LONGEST).collect();
        let told = one.told.as_ref().map(serde_json::to_string).transpose()?;
        tx.prepare_cached(
            "INSERT OR IGNORE INTO notice_mail (message, mail, told)
             SELECT id, ?2, ?3 FROM message WHERE id = ?1 AND route <> 'api'",
        )?
        .execute(params![message.0, kept, told])?;
    }
    Ok(())
}

fn conversation_of(tx: &Transaction<'_>, message: MessageId) -> Result<Option<ConversationId>, Problem> {
    Ok(tx
        .query_row("SELECT conversation FROM message WHERE id = ?1", [message.0], |row| row.get(0).map(ConversationId))
        .optional()?)
}

/// What the act brought goes again, but for what the CM has begun to answer and what the network has shown since.
pub(crate) fn undo_add(tx: &Transaction<'_>, detail: &Value, now: Millis) -> Result<journal::Restored, Problem> {
    let messages: Vec<MessageId> = serde_json::from_value(detail["messages"].clone())?;
    let mut restored = journal::Restored::default();
    for message in messages.into_iter().rev() {
        match intake::forget(tx, message, now)? {
            Some(change) => changes::join(&mut restored.change, change),
            None => restored.left += 1,
        }
    }
    let raw: Option<Vec<i64>> = serde_json::from_value(detail["raw"].clone())?;
    intake::forget_raw(tx, &raw.unwrap_or_default())?;
    let made: Option<Vec<AccountId>> = serde_json::from_value(detail["accounts"].clone())?;
    for account in made.unwrap_or_default() {
        restored.change.all |= account::unmake(tx, account)?;
    }
    restored.change.desk = true;
    Ok(restored)
}

#[cfg(test)]
#[path = "key_tests.rs"]
mod key_tests;
#[cfg(test)]
mod tests;
