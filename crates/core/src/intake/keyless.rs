//! Items that came without a key, and whatever shows the same ones later: one row, whichever came first.
//!
//! Two links to one item have one normal form (`model/link.rs`). Where a link only names what the item hangs on, the item
//! is what was said there: the text, and its author where both tell one. Our own answer, which the CM has said is
//! published, is known again by its words under the same parent at about that time; one that another reply has already
//! is never what a reply of ours became. What the network itself shows takes the row over, with its own name, author and
//! time; what comes without a key never writes over the network's word, and a shortened text never over a whole one.

use super::message::Known;
use super::{Intake, codes};
use crate::leak::plain;
use crate::search;
use crate::view::{Change, Problem};
use guichet_model::link::{self, Linked};
use guichet_model::text::normal;
use guichet_model::{
    AccountId, Author, ConversationId, HOUR, Item, MINUTE, MessageId, Millis, RemoteId, Route, Unread,
};
use rusqlite::{OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

/// Names of persons and messages that no network gave.
const NAMED: &str = "name:";
const TOLD: &str = "told:";

/// Clocks of a network and of a laptop.
const CLOCKS_CLOSE: i64 = 5 * MINUTE;
/// What is told without a key may be told by its day alone, in another zone.
const DAYS_CLOSE: i64 = 26 * HOUR;

/// Whoever the CM named, or nobody.
pub(crate) fn author(named: Option<&str>) -> Author {
    let named = named.map(str::trim).unwrap_or_default();
    let handle = named.strip_prefix('@');
    Author {
        remote: RemoteId(format!("{NAMED}{}", folded(named))),
        handle: handle.unwrap_or_default().to_owned(),
        name: if handle.is_some() { String::new() } else { named.to_owned() },
        avatar: None,
        url: None,
        bot: false,
    }
}

/// The name of an item by what was said at a place, where no link names it.
pub(crate) fn said_at(place: &str, text: &str, by: &str) -> String {
    let digest: String = Sha256::digest(normal(text).as_bytes()).iter().take(12).map(|b| format!("{b:02x}")).collect();
    match folded(by).as_str() {
        "" => format!("{place}#{digest}"),
        by => format!("{place}#{digest}#{by}"),
    }
}

/// What a reply of ours is called until the network shows it.
pub(crate) fn told(key: &str) -> RemoteId {
    RemoteId(format!("{TOLD}{key}"))
}

fn folded(name: &str) -> String {
    plain(name.trim().trim_start_matches('@'))
}

fn linked(item: &Item) -> Option<Linked> {
    item.url.as_deref().and_then(link::read)
}

fn place(linked: &Linked) -> &str {
    linked.post.as_deref().unwrap_or(&linked.name)
}

fn shown_name(author: &Author) -> &str {
    if author.name.is_empty() { &author.handle } else { &author.name }
}

/// Items of one account, by a route that is not its network's. For each the message it is, and whether that is new.
pub(crate) fn receive(
    tx: &Transaction<'_>,
    account: AccountId,
    route: Route,
    items: &[(Item, bool)],
    now: Millis,
) -> Result<(Vec<(MessageId, bool)>, Change), Problem> {
    let mut intake = Intake::of(tx, account, now)?.ok_or(Problem::NotFound)?;
    intake.route = route;
    let mut received = Vec::with_capacity(items.len());
    for (item, raw) in items {
        intake.raw = *raw;
        let newest: i64 =
            tx.prepare_cached("SELECT ifnull(max(id), 0) FROM message")?.query_row([], |row| row.get(0))?;
        if let Some(message) = intake.item(item)? {
            received.push((message, message.0 > newest));
        }
    }
    let ours = intake.ours.clone();
    let mut change = intake.finish()?;
    for message in ours {
        crate::changes::join(&mut change, crate::outbox::recognised(tx, message, now)?);
    }
    Ok((received, change))
}

/// A message told by a mail, as that mail is read now. Its name is the one it has.
pub(crate) fn read_again(
    tx: &Transaction<'_>,
    account: AccountId,
    item: &Item,
    raw: bool,
    now: Millis,
) -> Result<Change, Problem> {
    let Some(mut intake) = Intake::of(tx, account, now)? else { return Ok(Change::default()) };
    (intake.route, intake.raw, intake.anew) = (Route::Mail, raw, true);
    intake.item(item)?;
    intake.finish()
}

/// What could not be read of what told of items, as it came. The rows it is kept in, for who takes them back.
pub(crate) fn keep_raw(
    tx: &Transaction<'_>,
    account: AccountId,
    source: &str,
    unread: &[Unread],
    now: Millis,
) -> Result<Vec<i64>, Problem> {
    let Some(mut intake) = Intake::of(tx, account, now)? else { return Ok(Vec::new()) };
    let mut kept = Vec::new();
    for one in unread {
        kept.extend(intake.unreadable(source, &one.raw, &one.why)?);
    }
    Ok(kept)
}

/// Thrown away, and counted no more.
pub(crate) fn forget_raw(tx: &Transaction<'_>, kept: &[i64]) -> Result<(), Problem> {
    for row in kept {
        let account: Option<i64> = tx
            .prepare_cached("DELETE FROM unread_raw WHERE id = ?1 RETURNING account")?
            .query_row([row], |row| row.get(0))
            .optional()?;
        tx.prepare_cached("UPDATE account SET unreadable = max(unreadable - 1, 0) WHERE id = ?1")?
            .execute([account])?;
    }
    Ok(())
}

/// A reply that the CM says is published: a message of ours, until the network shows it.
pub(crate) fn enter_told(
    tx: &Transaction<'_>,
    account: AccountId,
    item: &Item,
    now: Millis,
) -> Result<Option<MessageId>, Problem> {
    let Some(mut intake) = Intake::of(tx, account, now)? else { return Ok(None) };
    (intake.route, intake.by_outbox) = (Route::Hand, true);
    let message = intake.item(item)?;
    intake.finish()?;
    Ok(message)
}

/// Takes an item back that came without a key, as if it had never come; a conversation of it alone goes with it. `None`:
/// something hangs on it, or the network has shown it since.
pub(crate) fn forget(tx: &Transaction<'_>, message: MessageId, now: Millis) -> Result<Option<Change>, Problem> {
    type Row = (i64, i64, i64, bool, i64, String, String, String, String);
    let row: Option<Row> = tx
        .prepare_cached(
            "SELECT m.account, m.conversation, m.person, m.ours, m.word_row, m.scope, m.text, m.body, m.attachments
               FROM message m
              WHERE m.id = ?1 AND m.route <> 'api'
                AND NOT EXISTS (SELECT 1 FROM reply r WHERE r.conversation = m.conversation AND (r.answers = m.id OR r.message = m.id))
                AND (EXISTS (SELECT 1 FROM message o WHERE o.conversation = m.conversation AND o.id <> m.id)
                  OR NOT (EXISTS (SELECT 1 FROM draft WHERE conversation = m.conversation)
                       OR EXISTS (SELECT 1 FROM reply WHERE conversation = m.conversation)
                       OR EXISTS (SELECT 1 FROM attachment WHERE conversation = m.conversation)
                       OR EXISTS (SELECT 1 FROM hold_conversation WHERE conversation = m.conversation)
                       OR EXISTS (SELECT 1 FROM hold WHERE scope = 'conversation' AND target = m.conversation
                                     AND released_at IS NULL)))",
        )?
        .query_row([message.0], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
                row.get(7)?,
                row.get(8)?,
            ))
        })
        .optional()?;
    let Some((account, conversation, person, ours, word_row, scope, text, body, attachments)) = row else {
        return Ok(None);
    };
    let Some(mut intake) = Intake::of(tx, AccountId(account), now)? else { return Ok(None) };
    search::remove(tx, word_row, &super::stored(&text, &body, &attachments)?, &scope)?;
    tx.execute("DELETE FROM message WHERE id = ?1", [message.0])?;
    if !ours {
        tx.execute("UPDATE person SET messages = max(messages - 1, 0) WHERE id = ?1", [person])?;
    }
    let id = ConversationId(conversation);
    let alone: bool =
        tx.query_row("SELECT NOT EXISTS (SELECT 1 FROM message WHERE conversation = ?1)", [conversation], |row| {
            row.get(0)
        })?;
    if alone {
        tx.execute("DELETE FROM conversation WHERE id = ?1", [conversation])?;
        intake.changed.insert(id);
    } else {
        intake.touched.entry(id).or_default().lost(ours);
    }
    intake.finish().map(Some)
}

/// A message that an item could be.
struct Candidate {
    id: MessageId,
    conversation: ConversationId,
    route: Route,
    ours: bool,
    gone: bool,
    at: Millis,
    remote: String,
    author: String,
    handle: String,
}

impl Intake<'_> {
    /// The message that an item is, though it bears no name of it.
    pub(super) fn keyless_known(&self, item: &Item) -> Result<Option<(MessageId, ConversationId)>, Problem> {
        if self.route == Route::Api && !self.keyless {
            return Ok(None);
        }
        if item.ours
            && let Some(known) = self.told_before(item)?
        {
            return Ok(Some(known));
        }
        let Some(linked) = linked(item) else { return Ok(None) };
        if linked.precise
            && let Some(known) = self.message_by("link", &linked.name)?
        {
            // Two that the network shows are two; and what is pasted stands there, whatever its network said was gone.
            let found = self.candidate(known.0)?;
            if found.route != Route::Api || (self.route != Route::Api && !found.gone) {
                return Ok(Some(known));
            }
        }
        let by = shown_name(&item.author);
        let names = [said_at(place(&linked), &item.body.text, by), said_at(place(&linked), &item.body.text, "")];
        for name in &names {
            if let Some((id, _)) = self.message_by("said", name)? {
                let candidate = self.candidate(id)?;
                if self.may_be(&candidate, item, &linked)? {
                    return Ok(Some((candidate.id, candidate.conversation)));
                }
            }
        }
        Ok(None)
    }

    /// Our own text at that place, which the CM has said is published. Without a key what it answers may be told by the
    /// top of its thread alone: the same parent is only the better one.
    fn told_before(&self, item: &Item) -> Result<Option<(MessageId, ConversationId)>, Problem> {
        let Some(parent) = &item.in_reply_to else { return Ok(None) };
        let Some((parent, conversation)) = self.message_named(parent)? else { return Ok(None) };
        let mut told = self.tx.prepare_cached(
            "SELECT id, text FROM message
              WHERE account = ?1 AND conversation = ?2 AND route <> 'api' AND ours = 1 AND gone_at IS NULL ORDER BY id",
        )?;
        let mut rows = told.query(params![self.account.0, conversation.0])?;
        let mut under_another = None;
        while let Some(row) = rows.next()? {
            let (id, text): (_, String) = (MessageId(row.get(0)?), row.get(1)?);
            if normal(&text) != normal(&item.body.text) || !self.may_be_ours(id, item)? {
                continue;
            }
            if self.parent(id)? == Some(parent) {
                return Ok(Some((id, conversation)));
            }
            under_another = under_another.or(Some(id));
        }
        Ok(under_another.filter(|_| self.route != Route::Api).map(|id| (id, conversation)))
    }

    /// The message that this one answers, under whichever of its names.
    fn parent(&self, id: MessageId) -> Result<Option<MessageId>, Problem> {
        let named: Option<String> = self
            .tx
            .prepare_cached("SELECT in_reply_to FROM message WHERE id = ?1")?
            .query_row([id.0], |row| row.get(0))?;
        let Some(named) = named else { return Ok(None) };
        Ok(self.message_named(&RemoteId(named))?.map(|(parent, _)| parent))
    }

    /// Whether a message of ours without a key, with an item's words, may be that item: by what else is known of it.
    fn may_be_ours(&self, id: MessageId, item: &Item) -> Result<bool, Problem> {
        let (conversation, at, replied): (i64, Millis, Option<i64>) = self
            .tx
            .prepare_cached(
                "SELECT m.conversation, ifnull(r.sent_at, m.at), ifnull(r.first_try, r.written_at)
                   FROM message m LEFT JOIN reply r ON r.message = m.id WHERE m.id = ?1",
            )?
            .query_row([id.0], |row| Ok((row.get(0)?, Millis(row.get(1)?), row.get(2)?)))?;
        if let Some(linked) = linked(item).filter(|linked| linked.precise)
            && self.linked_otherwise(id, &linked)?
        {
            return Ok(false);
        }
        let Some(since) = replied else {
            // Its time may be that of the pasting: what it tells may be any older one.
            return Ok(item.at <= at.plus(DAYS_CLOSE));
        };
        let close = if self.route == Route::Api { CLOCKS_CLOSE } else { DAYS_CLOSE };
        // Without a date it is dated now.
        let dated = self.route == Route::Api || item.at != self.now;
        if self.by_outbox || item.at < Millis(since).plus(-close) || (dated && item.at > at.plus(close)) {
            return Ok(false);
        }
        // One with a key, with its request perhaps arrived: the item may be that one, and must stay free for it.
        let under_way: bool = self
            .tx
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM reply WHERE conversation = ?1 AND by_hand = 0
                    AND state IN ('sending', 'unsure') AND ifnull(first_try, written_at) <= ?2)",
            )?
            .query_row(params![conversation, item.at.plus(CLOCKS_CLOSE).0], |row| row.get(0))?;
        Ok(!(self.route == Route::Api && under_way))
    }

    /// Known by another link that names one item.
    fn linked_otherwise(&self, id: MessageId, linked: &Linked) -> Result<bool, Problem> {
        Ok(self
            .tx
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM alias WHERE message = ?1 AND scope = 'link' AND name <> ?2)")?
            .query_row(params![id.0, linked.name], |row| row.get(0))?)
    }

    fn candidate(&self, id: MessageId) -> Result<Candidate, Problem> {
        Ok(self
            .tx
            .prepare_cached(
                "SELECT m.conversation, m.route, m.ours, p.name, p.handle, m.at, m.remote,
                        m.gone_at IS NOT NULL
                   FROM message m JOIN person p ON p.id = m.person WHERE m.id = ?1",
            )?
            .query_row([id.0], |row| {
                Ok(Candidate {
                    id,
                    conversation: ConversationId(row.get(0)?),
                    route: codes::route_of(row.get_ref(1)?.as_str()?),
                    ours: row.get(2)?,
                    author: row.get(3)?,
                    handle: row.get(4)?,
                    at: Millis(row.get(5)?),
                    remote: row.get(6)?,
                    gone: row.get(7)?,
                })
            })?)
    }

    /// The same words at the same place: one item, unless their links or their authors are two.
    fn may_be(&self, candidate: &Candidate, item: &Item, linked: &Linked) -> Result<bool, Problem> {
        if candidate.ours != item.ours || (self.route == Route::Api && candidate.route == Route::Api) {
            return Ok(false);
        }
        if (linked.precise && self.linked_otherwise(candidate.id, linked)?)
            || (item.ours && !self.may_be_ours(candidate.id, item)?)
        {
            return Ok(false);
        }
        // Rows of files say when: the same words at two times were said twice.
        let named_by_time = |remote: &str, at: Millis| remote.contains(&format!("@{}#", at.0));
        if self.route == Route::File
            && candidate.route == Route::File
            && candidate.at != item.at
            && named_by_time(&candidate.remote, candidate.at)
            && named_by_time(item.remote.as_str(), item.at)
        {
            return Ok(false);
        }
        let short = |handle: &str| folded(search::user(handle));
        let theirs = [folded(&candidate.author), short(&candidate.handle)];
        let mine = [folded(&item.author.name), short(&item.author.handle)];
        let nobody = |names: &[String; 2]| names.iter().all(String::is_empty);
        Ok(nobody(&theirs) || nobody(&mine) || mine.iter().any(|name| !name.is_empty() && theirs.contains(name)))
    }

    /// Its link, so that it is known again when it is pasted.
    pub(super) fn name_link(&self, id: MessageId, item: &Item) -> Result<(), Problem> {
        if let Some(linked) = linked(item).filter(|linked| linked.precise) {
            self.tx
                .prepare_cached(
                    "INSERT OR IGNORE INTO alias (account, scope, name, message) VALUES (?1, 'link', ?2, ?3)",
                )?
                .execute(params![self.account.0, linked.name, id.0])?;
        }
        Ok(())
    }

    /// The names under which it is known again, whoever tells of it.
    pub(super) fn name_keyless(&self, id: MessageId, item: &Item) -> Result<(), Problem> {
        self.name_link(id, item)?;
        let Some(linked) = linked(item) else { return Ok(()) };
        let mut name = self.tx.prepare_cached(
            "INSERT OR IGNORE INTO alias (account, scope, name, message) VALUES (?1, 'said', ?2, ?3)",
        )?;
        for by in ["", shown_name(&item.author)] {
            name.execute(params![self.account.0, said_at(place(&linked), &item.body.text, by), id.0])?;
        }
        Ok(())
    }

    /// What was read before came without a key, or comes without one now. Whether the item's text stands from now on.
    pub(super) fn takes_over(&mut self, known: &mut Known, item: &Item) -> Result<bool, Problem> {
        if known.route == Route::Api {
            return Ok(self.route == Route::Api);
        }
        self.name_keyless(known.id, item)?;
        let (person, nobody, raw, text): (i64, bool, bool, String) = self
            .tx
            .prepare_cached(
                "SELECT m.person, p.name = '' AND p.handle = '', m.raw, m.text
                   FROM message m JOIN person p ON p.id = m.person WHERE m.id = ?1",
            )?
            .query_row([known.id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        let by_network = self.route == Route::Api;
        let stands =
            by_network || self.anew || (!self.raw && (raw || self.says_more(known.route, &text, &item.body.text)));
        if by_network || self.anew || (nobody && !self.raw) {
            let author = self.person(&item.author)?;
            self.tx
                .prepare_cached("UPDATE message SET person = ?2 WHERE id = ?1")?
                .execute(params![known.id.0, author])?;
            if !item.ours && author != person {
                self.tx
                    .prepare_cached(
                        "UPDATE person SET messages = max(messages + iif(id = ?1, -1, 1), 0) WHERE id IN (?1, ?2)",
                    )?
                    .execute([person, author])?;
            }
        }
        if by_network {
            // It bears its own name from now on: what answers it says that one.
            self.tx
                .prepare_cached("UPDATE message SET remote = ?2 WHERE id = ?1")?
                .execute(params![known.id.0, item.remote.0])?;
            self.date(known, item.at)?;
            // No look reads it any more.
            self.tx.prepare_cached("DELETE FROM notice_mail WHERE message = ?1")?.execute([known.id.0])?;
        }
        let raw = if self.anew { self.raw } else { raw && !stands };
        self.came(known.id, self.route.max(known.route), raw)?;
        self.touched.entry(known.conversation).or_default().edited();
        Ok(stands)
    }

    /// By which route, and whether it was understood.
    pub(super) fn came(&self, id: MessageId, route: Route, raw: bool) -> Result<(), Problem> {
        self.tx.prepare_cached("UPDATE message SET route = ?2, raw = ?3 WHERE id = ?1")?.execute(params![
            id.0,
            codes::route(route),
            raw
        ])?;
        Ok(())
    }

    /// Of two texts without a key the longer one stands, where one is the other cut short; else what came again by the
    /// same way, or by the CM's hand.
    fn says_more(&self, before: Route, known: &str, told: &str) -> bool {
        let whole = |text: &str| normal(text.trim().trim_end_matches('…').trim_end_matches("...").trim());
        let (known, new) = (whole(known), whole(told));
        if before == Route::Hand && self.route == Route::Hand {
            // Their own word again, mended.
            return known != new;
        }
        if known.starts_with(&new) {
            return false;
        }
        new.starts_with(&known) || self.route == Route::Hand || before == self.route
    }
}
