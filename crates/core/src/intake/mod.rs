//! What the networks bring, into the inbox.
//!
//! `take` writes one page in one transaction: persons, posts, conversations, messages, their words, triage, coverage,
//! and the cursor that stands behind them, so that a crash between two pages is harmless. Taking the same page twice
//! changes nothing; taking pages in any order leaves the same desk. `run` decides when each account is pulled.

mod again;
mod codes;
mod coverage;
pub(crate) mod health;
mod join;
mod keyless;
mod live;
mod message;
mod person;
mod post;
mod puller;
mod recount;
mod run;
mod thread;

pub(crate) use codes::{kind_of, publication_of, route, route_of, visibility, visibility_of};
pub(crate) use keyless::{author, enter_told, forget, forget_raw, keep_raw, read_again, receive, said_at, told};
pub(crate) use message::stored;
pub(crate) use run::{Wakefulness, run};

use crate::round_trip::{self, Leg};
use crate::view::{Change, Problem};
use guichet_model::{
    AccountId, ClientId, ConversationId, DAY, Item, Kind, MessageId, Millis, Page, Publication, RemoteId, Route,
};
use recount::Touched;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What is older than this when an account is connected arrives filed: a first reading is no flood.
pub(crate) const FILED_AFTER: i64 = 7 * DAY;
/// How far back a first reading goes.
pub(crate) const READ_BACK: i64 = 30 * DAY;
/// Of what could not be read so much is kept, in characters.
const LONGEST_RAW: usize = 64 * 1024;

/// One page of a source, in the caller's transaction. What it returns is announced after the commit.
/// Of an account removed meanwhile nothing is taken.
pub(crate) fn take(
    tx: &Transaction<'_>,
    account: AccountId,
    source: &str,
    page: &Page,
    now: Millis,
) -> Result<Change, Problem> {
    let Some(mut intake) = Intake::of(tx, account, now)? else {
        return Ok(Change::default());
    };
    for item in &page.items {
        intake.item(item)?;
    }
    for name in &page.gone {
        intake.gone(name)?;
    }
    for unread in &page.unreadable {
        intake.unreadable(source, &unread.raw, &unread.why)?;
    }
    let ours = intake.ours.clone();
    let mut change = intake.finish()?;
    for message in ours {
        change.replies.extend(crate::outbox::noticed(tx, message)?);
        crate::changes::join(&mut change, crate::outbox::recognised(tx, message, now)?);
    }
    crate::changes::join(&mut change, crate::door::told_by_mail(tx, account, &page.noticed, now)?);
    change.desk |= coverage::prove(tx, account, source, page.covered, page.missing)?;
    if let Some(cursor) = &page.cursor {
        tx.prepare_cached("UPDATE source SET cursor = ?3 WHERE account = ?1 AND name = ?2")?
            .execute(params![account.0, source, cursor.0])?;
    }
    Ok(change)
}

/// One message the outbox knows to be there: the answer to a send, a candidate found, an item rechecked.
/// It does not move the conversation's triage: the CM who answered said what is to be done with it.
pub(crate) fn enter(
    tx: &Transaction<'_>,
    account: AccountId,
    item: &Item,
    now: Millis,
) -> Result<(Option<MessageId>, Change), Problem> {
    let Some(mut intake) = Intake::of(tx, account, now)? else {
        return Ok((None, Change::default()));
    };
    intake.by_outbox = true;
    let message = intake.item(item)?;
    Ok((message, intake.finish()?))
}

impl crate::Desk {
    /// One page of a source into the inbox, as pulling does with each.
    pub async fn take(&self, account: AccountId, source: &'static str, page: Page) -> Result<Change, Problem> {
        let now = self.now();
        let taken = move |tx: &Transaction<'_>| take(tx, account, source, &page, now);
        let change = self.store().write(crate::Durability::Normal, taken).await?;
        self.announce(change.clone());
        Ok(change)
    }
}

/// Where the network says that a message stands.
pub(crate) fn put(
    tx: &Transaction<'_>,
    account: AccountId,
    message: MessageId,
    to: Publication,
    now: Millis,
) -> Result<Change, Problem> {
    let Some(mut intake) = Intake::of(tx, account, now)? else {
        return Ok(Change::default());
    };
    intake.put_message(message, to)?;
    intake.finish()
}

/// An item that the network says is gone.
pub(crate) fn gone(tx: &Transaction<'_>, account: AccountId, name: &RemoteId, now: Millis) -> Result<Change, Problem> {
    let Some(mut intake) = Intake::of(tx, account, now)? else {
        return Ok(Change::default());
    };
    intake.gone(name)?;
    intake.finish()
}

/// One transaction's worth of taking: the account's facts, and what has been touched so far.
struct Intake<'tx> {
    tx: &'tx Connection,
    account: AccountId,
    client: ClientId,
    network: String,
    server: String,
    /// Texts older than this ask for nothing.
    filed_before: Millis,
    now: Millis,
    by_outbox: bool,
    /// How what is taken now came, and whether it was not understood.
    route: Route,
    raw: bool,
    /// Whether it stands whatever stood before: a kept mail is read by another look.
    anew: bool,
    /// Whether anything of this account came without a key.
    keyless: bool,
    /// Whether this account has any: almost none has, and each text would be asked about.
    buries: bool,
    orphans: bool,
    unproved: Unproved,
    persons: HashMap<RemoteId, i64>,
    /// Texts of others met for the first time, by person.
    said: HashMap<i64, i64>,
    touched: BTreeMap<ConversationId, Touched>,
    /// Conversations merged away, or shown with a post that changed.
    changed: BTreeSet<ConversationId>,
    /// Messages of ours met for the first time.
    ours: Vec<MessageId>,
    desk: bool,
}

/// What the account's round trip still lacks; `by_key`: only what its network itself shows can add to it.
struct Unproved {
    by_key: bool,
    read: bool,
    seen: bool,
}

impl<'tx> Intake<'tx> {
    fn of(tx: &'tx Connection, account: AccountId, now: Millis) -> Result<Option<Self>, Problem> {
        let facts = tx
            .prepare_cached(
                "SELECT a.client, a.network, a.created_at, w.server,
                        EXISTS (SELECT 1 FROM tombstone WHERE account = ?1),
                        EXISTS (SELECT 1 FROM message WHERE account = ?1 AND standing = 2 AND in_reply_to > ''),
                        EXISTS (SELECT 1 FROM message WHERE account = ?1 AND route <> 'api'),
                        w.route = 'api', a.trip_read_at IS NULL, a.trip_seen_at IS NULL
                   FROM account a JOIN access w ON w.id = a.access
                  WHERE a.id = ?1 AND a.removed_at IS NULL",
            )?
            .query_row([account.0], |row| {
                Ok((
                    ClientId(row.get(0)?),
                    row.get(1)?,
                    Millis(row.get(2)?),
                    row.get(3)?,
                    row.get(4)?,
                    row.get(5)?,
                    row.get(6)?,
                    Unproved { by_key: row.get(7)?, read: row.get(8)?, seen: row.get(9)? },
                ))
            })
            .optional()?;
        Ok(facts.map(|(client, network, created_at, server, buries, orphans, keyless, unproved)| Self {
            tx,
            account,
            client,
            network,
            server,
            filed_before: created_at.plus(-FILED_AFTER),
            now,
            by_outbox: false,
            route: Route::Api,
            raw: false,
            anew: false,
            keyless,
            unproved,
            buries,
            orphans,
            persons: HashMap::new(),
            said: HashMap::new(),
            touched: BTreeMap::new(),
            changed: BTreeSet::new(),
            ours: Vec::new(),
            desk: false,
        }))
    }

    /// The message it became, or already was; `None` for a post, and for what bears another's name.
    fn item(&mut self, item: &Item) -> Result<Option<MessageId>, Problem> {
        if item.kind == Kind::Post {
            self.post(item)?;
            return Ok(None);
        }
        self.message(item)
    }

    /// The network's explicit word. It is kept, since it may come before the item itself.
    fn gone(&mut self, name: &RemoteId) -> Result<(), Problem> {
        self.buries = true;
        self.tx
            .prepare_cached("INSERT OR IGNORE INTO tombstone (account, name, at) VALUES (?1, ?2, ?3)")?
            .execute(params![self.account.0, name.0, self.now.0])?;
        let named = self
            .tx
            .prepare_cached("SELECT message, post FROM alias WHERE account = ?1 AND scope = 'id' AND name = ?2")?
            .query_row(params![self.account.0, name.0], |row| {
                Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?))
            })
            .optional()?;
        match named {
            Some((Some(message), _)) => self.message_gone(MessageId(message)),
            Some((_, Some(post))) => self.post_gone(post),
            _ => Ok(()),
        }
    }

    fn buried(&self, name: &RemoteId) -> Result<Option<Millis>, Problem> {
        if !self.buries {
            return Ok(None);
        }
        let at = self
            .tx
            .prepare_cached("SELECT at FROM tombstone WHERE account = ?1 AND name = ?2")?
            .query_row(params![self.account.0, name.0], |row| row.get(0))
            .optional()?;
        Ok(at.map(Millis))
    }

    /// Kept as it came, by its beginning where it is long, and counted once whatever the number of readings. The row it is
    /// kept in, where it is new.
    fn unreadable(&mut self, source: &str, raw: &str, why: &str) -> Result<Option<i64>, Problem> {
        let digest: String = Sha256::digest(raw.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let beginning: String = raw.chars().take(LONGEST_RAW).collect();
        let kept = self
            .tx
            .prepare_cached(
                "INSERT INTO unread_raw (account, source, digest, raw, why, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING RETURNING id",
            )?
            .query_row(params![self.account.0, source, digest, beginning, why, self.now.0], |row| row.get(0))
            .optional()?;
        if kept.is_some() {
            self.tx
                .prepare_cached("UPDATE account SET unreadable = unreadable + 1 WHERE id = ?1")?
                .execute([self.account.0])?;
            self.desk = true;
        }
        Ok(kept)
    }

    fn proves(&self) -> bool {
        !self.by_outbox && (self.route == Route::Api || !self.unproved.by_key)
    }

    /// One of ours, known and read again.
    fn ours_again(&mut self, message: MessageId) -> Result<(), Problem> {
        if self.unproved.seen && self.proves() && round_trip::came_back(self.tx, self.account, message, self.now)? {
            self.unproved.seen = false;
            self.desk = true;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Change, Problem> {
        for (conversation, touched) in std::mem::take(&mut self.touched) {
            self.recount(conversation, &touched)?;
            self.changed.insert(conversation);
        }
        for (person, said) in &self.said {
            self.tx
                .prepare_cached("UPDATE person SET messages = messages + ?2 WHERE id = ?1")?
                .execute(params![person, said])?;
        }
        if self.unproved.read && !self.said.is_empty() && self.proves() {
            self.desk |= round_trip::gone(self.tx, self.account, Leg::Read, self.now)?;
        }
        Ok(Change {
            desk: self.desk || !self.changed.is_empty(),
            conversations: self.changed.into_iter().collect(),
            ..Change::default()
        })
    }
}

#[cfg(test)]
mod tests;
