//! The golden desk: the inbox as a text that people read and tests compare.
//!
//! Clients, their accounts, their conversations with their post above, messages indented under what they answer,
//! replies with their state, drafts. It says nothing of row ids nor of when it was read, so that two desks that hold
//! the same are the same text.

use crate::desk::Desk;
use crate::view::{DraftView, Problem};
use guichet_model::{Addressee, ClientId, ConversationId, Millis, RemoteId, ReplyId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

impl Desk {
    pub async fn dump(&self) -> Result<String, Problem> {
        self.store().read(dump).await
    }

    /// What the network calls the messages that replies became, for who compares with what stands there.
    pub async fn names_of_replies(&self) -> Result<Vec<(ReplyId, RemoteId)>, Problem> {
        self.store().read(names_of_replies).await
    }
}

pub(crate) fn dump(conn: &Connection) -> Result<String, Problem> {
    let mut text = String::new();
    let mut clients = conn.prepare("SELECT id, name FROM client ORDER BY position, name")?;
    let rows = clients.query_map([], |row| Ok((ClientId(row.get(0)?), row.get::<_, String>(1)?)))?;
    for row in rows {
        let (client, name) = row?;
        line(&mut text, 0, &format!("# {name}"));
        accounts(conn, client, &mut text)?;
        conversations(conn, client, &mut text)?;
    }
    Ok(text)
}

fn names_of_replies(conn: &Connection) -> Result<Vec<(ReplyId, RemoteId)>, Problem> {
    let mut named = conn.prepare("SELECT r.id, m.remote FROM reply r JOIN message m ON m.id = r.message")?;
    let rows = named.query_map([], |row| Ok((ReplyId(row.get(0)?), RemoteId::new(row.get::<_, String>(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn accounts(conn: &Connection, client: ClientId, text: &mut String) -> Result<(), Problem> {
    let mut accounts = conn.prepare(
        "SELECT a.network, a.handle, a.unreadable, a.removed_at IS NOT NULL,
                (SELECT count(*) FROM hole h WHERE h.account = a.id AND h.fillable = 1),
                (SELECT count(*) FROM hole h WHERE h.account = a.id AND h.fillable = 0)
           FROM account a WHERE a.client = ?1 ORDER BY a.network, a.handle",
    )?;
    let mut rows = accounts.query([client.0])?;
    while let Some(row) = rows.next()? {
        let (network, handle): (String, String) = (row.get(0)?, row.get(1)?);
        let mut said = format!("{network} @{handle}");
        for (count, what) in [(row.get::<_, i64>(2)?, "unreadable"), (row.get(4)?, "holes"), (row.get(5)?, "lost")] {
            if count > 0 {
                let _ = write!(said, ", {what} {count}");
            }
        }
        if row.get(3)? {
            said.push_str(", removed");
        }
        line(text, 0, &said);
    }
    Ok(())
}

fn conversations(conn: &Connection, client: ClientId, text: &mut String) -> Result<(), Problem> {
    let mut conversations = conn.prepare(
        "SELECT c.id, c.kind, c.triage, c.later_until, c.owed_at, c.visibility, c.edited, c.gone, c.root, c.post,
                a.handle
           FROM conversation c JOIN account a ON a.id = c.account
          WHERE c.client = ?1 ORDER BY c.last_at, a.handle, length(c.root), c.root",
    )?;
    let mut rows = conversations.query([client.0])?;
    while let Some(row) = rows.next()? {
        let kind: String = row.get(1)?;
        let triage = match (row.get::<_, i64>(2)?, row.get::<_, Option<i64>>(3)?) {
            (0, _) => format!("open, owed {}", instant(row.get(4)?)),
            (1, Some(until)) => format!("later, until {}", instant(until)),
            (1, None) => "later, until an answer".into(),
            _ => "done".into(),
        };
        let mut said = format!("[{kind} {}] {triage}", row.get::<_, String>(8)?);
        if let Some(visibility) = row.get::<_, Option<String>>(5)? {
            let _ = write!(said, ", {visibility}");
        }
        for (column, what) in [(6, ", edited"), (7, ", gone")] {
            if row.get(column)? {
                said.push_str(what);
            }
        }
        text.push('\n');
        line(text, 0, &said);
        if let Some(post) = row.get::<_, Option<i64>>(9)? {
            under(conn, post, text)?;
        }
        let id = ConversationId(row.get(0)?);
        messages(conn, id, text)?;
        replies(conn, id, text)?;
        draft(conn, id, text)?;
    }
    Ok(())
}

fn under(conn: &Connection, post: i64, text: &mut String) -> Result<(), Problem> {
    let (remote, known, said, gone): (String, bool, String, bool) =
        conn.query_row("SELECT remote, known, text, gone_at IS NOT NULL FROM post WHERE id = ?1", [post], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
    let said = match (known, gone) {
        (false, _) => format!("under {remote}, not read"),
        (true, true) => format!("under (gone): {said}"),
        (true, false) => format!("under: {said}"),
    };
    line(text, 1, &said);
    Ok(())
}

struct Said {
    remote: String,
    answers: Option<String>,
    line: String,
}

fn messages(conn: &Connection, id: ConversationId, text: &mut String) -> Result<(), Problem> {
    let mut messages = conn.prepare(
        "SELECT m.remote, m.in_reply_to, m.ours, m.at, p.handle, m.text, m.edited_at IS NOT NULL,
                m.gone_at IS NOT NULL, m.liked, m.publication
           FROM message m JOIN person p ON p.id = m.person
          WHERE m.conversation = ?1 ORDER BY m.at, length(m.remote), m.remote",
    )?;
    let rows = messages.query_map([id.0], |row| {
        let mut said =
            format!("{} {}{}", instant(row.get(3)?), if row.get(2)? { "us, @" } else { "@" }, row.get::<_, String>(4)?);
        for (column, what) in [(6, " (edited)"), (7, " (gone)"), (8, " (liked)")] {
            if row.get(column)? {
                said.push_str(what);
            }
        }
        let publication: String = row.get(9)?;
        if publication != "published" {
            let _ = write!(said, " ({publication})");
        }
        let _ = write!(said, ": {}", row.get::<_, String>(5)?);
        Ok(Said { remote: row.get(0)?, answers: row.get(1)?, line: said })
    })?;
    let messages = rows.collect::<Result<Vec<_>, _>>()?;
    let here: HashSet<&str> = messages.iter().map(|said| said.remote.as_str()).collect();
    let mut answers: BTreeMap<Option<&str>, Vec<&Said>> = BTreeMap::new();
    for said in &messages {
        let parent = said.answers.as_deref().filter(|parent| here.contains(parent));
        answers.entry(parent).or_default().push(said);
    }
    // By hand rather than by recursion: a thread of thousands must not end the stack, nor a circle the program.
    let mut waiting: Vec<(usize, &Said)> = Vec::new();
    let mut told = HashSet::new();
    waiting.extend(answers.remove(&None).unwrap_or_default().into_iter().rev().map(|said| (1, said)));
    while let Some((depth, said)) = waiting.pop() {
        if !told.insert(said.remote.as_str()) {
            continue;
        }
        line(text, depth, &said.line);
        let below = answers.remove(&Some(said.remote.as_str())).unwrap_or_default();
        waiting.extend(below.into_iter().rev().map(|said| (depth + 1, said)));
    }
    for said in messages.iter().filter(|said| !told.contains(said.remote.as_str())) {
        line(text, 1, &said.line);
    }
    Ok(())
}

fn replies(conn: &Connection, id: ConversationId, text: &mut String) -> Result<(), Problem> {
    let mut replies = conn.prepare(
        "SELECT state, text, addressees, visibility, message IS NOT NULL FROM reply
          WHERE conversation = ?1 AND state NOT IN ('taken_back', 'discarded') ORDER BY id",
    )?;
    let mut rows = replies.query([id.0])?;
    while let Some(row) = rows.next()? {
        let state: String = row.get(0)?;
        let to: Vec<Addressee> = serde_json::from_str(&row.get::<_, String>(2)?).map_err(|_| Problem::Torn)?;
        let mut said = format!("-> {state}");
        if row.get(4)? {
            said.push_str(", linked");
        }
        if let Some(visibility) = row.get::<_, Option<String>>(3)? {
            let _ = write!(said, ", {visibility}");
        }
        for person in to {
            let _ = write!(said, ", to @{}", person.handle);
        }
        let _ = write!(said, ": {}", row.get::<_, String>(1)?);
        line(text, 1, &said);
    }
    Ok(())
}

fn draft(conn: &Connection, id: ConversationId, text: &mut String) -> Result<(), Problem> {
    let view: Option<String> =
        conn.query_row("SELECT view FROM draft WHERE conversation = ?1", [id.0], |row| row.get(0)).optional()?;
    if let Some(view) = view {
        let view: DraftView = serde_json::from_str(&view).map_err(|_| Problem::Torn)?;
        line(text, 1, &format!("draft: {}", view.text));
    }
    Ok(())
}

/// One line, whatever the text holds.
fn line(text: &mut String, depth: usize, said: &str) {
    text.extend(std::iter::repeat_n("  ", depth));
    for (nth, part) in said.split('\n').enumerate() {
        if nth > 0 {
            text.push_str(" / ");
        }
        text.push_str(part);
    }
    text.push('\n');
}

/// UTC, to the second.
fn instant(millis: i64) -> String {
    Timestamp::from_millisecond(Millis(millis).0)
        .map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
        .unwrap_or_default()
}
