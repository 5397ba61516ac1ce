//! Lists of conversations: windows of ids in the order of an index, and the rows that come into view.
//!
//! The ids are walked in a covering index and the rows read one by one by their id: the order never needs a sort,
//! and what is off the screen is never read. Totals are the kept counts; only an account's alone is counted.

use crate::desk::Desk;
use crate::intake::{kind_of, publication_of, visibility_of};
use crate::view::{Counts, ListQuery, Problem, Slice, View};
use crate::{outbox, sidebar, triage, view};
use guichet_model::{AccountId, ClientId, ConversationId, Millis};
use rusqlite::{Connection, OptionalExtension, params};

/// No screen is longer.
const MOST_ROWS: u32 = 500;
const EXCERPT: usize = 200;
const POST: usize = 80;
/// « Until an answer comes » sorts after every date.
const LATER: &str = "ifnull(later_until, 9223372036854775807)";

impl Desk {
    /// At most 500 rows from `offset` on.
    pub async fn list(&self, query: ListQuery, offset: u32, limit: u32) -> Result<Slice<view::Row>, Problem> {
        let now = self.now();
        self.store().read(move |conn| slice(conn, &query, offset, limit, now)).await
    }

    /// In the order asked; ids that are no more are left out.
    pub async fn rows(&self, ids: Vec<ConversationId>) -> Result<Vec<view::Row>, Problem> {
        let now = self.now();
        self.store().read(move |conn| read_rows(conn, ids, now)).await
    }

    /// How many rows stand before it; `None` where the list does not show it.
    pub async fn position_of(&self, query: ListQuery, id: ConversationId) -> Result<Option<u32>, Problem> {
        self.store().read(move |conn| position(conn, &query, id)).await
    }
}

pub(crate) fn slice(
    conn: &Connection,
    query: &ListQuery,
    offset: u32,
    limit: u32,
    now: Millis,
) -> Result<Slice<view::Row>, Problem> {
    let ids = conn
        .prepare_cached(&window_of(query))?
        .query_map(
            params![
                query.client.map(|client| client.0),
                query.account.map(|account| account.0),
                limit.min(MOST_ROWS),
                offset
            ],
            |row| row.get(0).map(ConversationId),
        )?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Slice { total: total(conn, query)?, offset, rows: read_rows(conn, ids, now)? })
}

/// `LIMIT ?3 OFFSET ?4` of the list's ids.
fn window_of(query: &ListQuery) -> String {
    let Order { id, table, which, by, .. } = Order::of(query.view);
    let condition = narrowed(query, which);
    format!("SELECT {id} FROM {table} WHERE {condition} ORDER BY {by} LIMIT ?3 OFFSET ?4")
}

/// A list's table, what belongs to it, and its order with the comparison that says "before".
struct Order {
    table: &'static str,
    id: &'static str,
    which: &'static str,
    by: String,
    /// The sorting value of a row.
    key: String,
    /// Whether a row stands before the key `?3` and the id `?4`.
    before: String,
}

impl Order {
    fn of(view: View) -> Self {
        let rising = |which, key: &str| Self {
            table: "conversation",
            id: "id",
            which,
            by: format!("{key}, id"),
            key: key.into(),
            before: format!("({key}, id) < (?3, ?4)"),
        };
        let falling = |table, id: &'static str, which, key: &str| Self {
            table,
            id,
            which,
            by: format!("{key} DESC, {id} DESC"),
            key: key.into(),
            before: format!("({key}, {id}) > (?3, ?4)"),
        };
        match view {
            View::Owed => rising("triage = 0", "owed_at"),
            View::Later => rising("triage = 1", LATER),
            View::Done => falling("conversation", "id", "triage = 2", "triaged_at"),
            View::Drafts => falling("draft", "conversation", "1", "at"),
            View::All => falling("conversation", "id", "1", "last_at"),
        }
    }
}

/// What belongs to the list. A column that no index of this order begins with is written `+column`: it is then
/// compared while the order is walked, where SQLite would rather find by it and sort.
fn narrowed(query: &ListQuery, which: &str) -> String {
    let begins = |view: View, here: bool| if here && query.view == view { "" } else { "+" };
    let client = match query.view {
        View::Done => begins(View::Done, query.account.is_none()),
        _ => begins(View::Owed, query.account.is_none()),
    };
    let account = begins(View::Owed, true);
    let mut condition = which.to_owned();
    // Both parameters are always named, so that every statement counts them alike.
    match query.client {
        Some(_) => condition.push_str(&format!(" AND {client}client = ?1")),
        None => condition.push_str(" AND ?1 IS NULL"),
    }
    match query.account {
        Some(_) => condition.push_str(&format!(" AND {account}account = ?2")),
        None => condition.push_str(" AND ?2 IS NULL"),
    }
    condition
}

fn total(conn: &Connection, query: &ListQuery) -> Result<u32, Problem> {
    if query.account.is_some() {
        let order = Order::of(query.view);
        let sql = format!("SELECT count(*) FROM {} WHERE {}", order.table, narrowed(query, order.which));
        return Ok(conn.prepare_cached(&sql)?.query_row(
            params![query.client.map(|client| client.0), query.account.map(|account| account.0)],
            |row| row.get(0),
        )?);
    }
    let counts: Counts = conn
        .prepare_cached(
            "SELECT ifnull(sum(owed), 0), ifnull(sum(later), 0), ifnull(sum(done), 0), ifnull(sum(drafts), 0),
                    ifnull(sum(outbox), 0), ifnull(sum(trouble), 0)
               FROM tally WHERE ?1 IS NULL OR client = ?1",
        )?
        .query_row([query.client.map(|client| client.0)], |row| sidebar::counts(row, 0))?;
    Ok(match query.view {
        View::Owed => counts.owed,
        View::Later => counts.later,
        View::Done => counts.done,
        View::Drafts => counts.drafts,
        View::All => counts.owed + counts.later + counts.done,
    })
}

fn position(conn: &Connection, query: &ListQuery, id: ConversationId) -> Result<Option<u32>, Problem> {
    let order = Order::of(query.view);
    let condition = narrowed(query, order.which);
    let (client, account) = (query.client.map(|client| client.0), query.account.map(|account| account.0));
    let sql = format!("SELECT {} FROM {} WHERE {condition} AND {} = ?3", order.key, order.table, order.id);
    let key: Option<i64> =
        conn.prepare_cached(&sql)?.query_row(params![client, account, id.0], |row| row.get(0)).optional()?;
    let Some(key) = key else {
        return Ok(None);
    };
    let sql = format!("SELECT count(*) FROM {} WHERE {condition} AND {}", order.table, order.before);
    let before = conn.prepare_cached(&sql)?.query_row(params![client, account, key, id.0], |row| row.get(0))?;
    Ok(Some(before))
}

fn read_rows(conn: &Connection, ids: Vec<ConversationId>, now: Millis) -> Result<Vec<view::Row>, Problem> {
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        rows.extend(row(conn, id, now)?);
    }
    Ok(rows)
}

/// One conversation as a list shows it. A text that the network wants forgotten is not shown any more.
pub(crate) fn row(conn: &Connection, id: ConversationId, now: Millis) -> Result<Option<view::Row>, Problem> {
    let read = conn
        .prepare_cached(
            "SELECT c.client, c.account, account.network, c.kind, c.triage, c.later_until,
                    CASE WHEN person.name <> '' THEN person.name ELSE person.handle END, person.avatar,
                    ifnull(m.at, c.last_at), CASE WHEN m.expires_at <= ?2 THEN '' ELSE substr(m.text, 1, 800) END,
                    m.lang, CASE WHEN post.expires_at <= ?2 THEN NULL ELSE substr(post.text, 1, 400) END,
                    c.visibility, c.unread, c.messages,
                    EXISTS (SELECT 1 FROM draft WHERE draft.conversation = c.id), c.edited, c.gone,
                    ifnull(m.publication, '')
               FROM conversation c
               JOIN account ON account.id = c.account
               LEFT JOIN message m ON m.id = ifnull(c.latest,
                    (SELECT id FROM message WHERE conversation = c.id ORDER BY at DESC, id DESC LIMIT 1))
               LEFT JOIN person ON person.id = m.person
               LEFT JOIN post ON post.id = c.post AND post.known
              WHERE c.id = ?1",
        )?
        .query_row(params![id.0, now.0], |row| {
            let kind: String = row.get(3)?;
            let text: Option<String> = row.get(9)?;
            let post: Option<String> = row.get(11)?;
            let visibility: Option<String> = row.get(12)?;
            Ok(view::Row {
                id,
                client: ClientId(row.get(0)?),
                account: AccountId(row.get(1)?),
                network: row.get(2)?,
                kind: kind_of(&kind),
                triage: triage::shown(row.get(4)?, row.get(5)?),
                author: row.get::<_, Option<String>>(6)?.unwrap_or_default(),
                avatar: row.get(7)?,
                at: Millis(row.get(8)?),
                excerpt: one_line(without_address(text.as_deref().unwrap_or_default()), EXCERPT),
                lang: row.get(10)?,
                post: post.map(|text| one_line(&text, POST)).filter(|text| !text.is_empty()),
                visibility: visibility.and_then(|stored| visibility_of(&stored)),
                publication: publication_of(row.get_ref(18)?.as_str()?),
                unread: row.get(13)?,
                messages: row.get(14)?,
                draft: row.get(15)?,
                reply: None,
                edited: row.get(16)?,
                gone: row.get(17)?,
            })
        })
        .optional()?;
    let Some(mut row) = read else {
        return Ok(None);
    };
    row.reply = outbox::foremost(conn, id)?;
    Ok(Some(row))
}

/// The text after the names it begins with, where something is left: everybody in the list writes to us.
fn without_address(text: &str) -> &str {
    let mut rest = text.trim_start();
    while rest.starts_with('@') {
        match rest.split_once(char::is_whitespace) {
            Some((_, after)) if !after.trim().is_empty() => rest = after.trim_start(),
            _ => return rest,
        }
    }
    rest
}

/// Its first characters, every space and line break as one space.
fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.chars().count() >= most {
            return line.chars().take(most).collect();
        }
    }
    line
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
