//! The keepsake's texts, put back into an older inbox: as drafts, which never leave by themselves.
//!
//! An unsettled reply may have left after the keepsake was written, so that it comes back with a mark in front, which
//! keeps the draft from leaving until a person took it out. What the older inbox knows under the same key is its own
//! to settle. A text whose conversation is not there yet is handed to whoever restores, never dropped.

use super::{Keepsake, Template, Text};
use crate::view::{LeftText, Problem, TemplateEdit, TemplateView};
use crate::{draft, template};
use guichet_model::{ClientId, ConversationId, Millis};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PutBack {
    pub drafts: u32,
    pub templates: u32,
    pub left: Vec<LeftText>,
}

/// `mark`: what stands before a text that may have left already. `key`: a fresh one at each call.
pub(crate) fn put_back(
    tx: &Transaction<'_>,
    kept: Keepsake,
    mark: &str,
    now: Millis,
    key: &dyn Fn() -> String,
) -> Result<PutBack, Problem> {
    let mut done = PutBack::default();
    for template in kept.templates {
        match put_template(tx, &template, now)? {
            Some(changed) => done.templates += u32::from(changed),
            None => done.left.push(LeftText {
                client: template.clients.join(", "),
                about: template.code,
                text: template.text,
            }),
        }
    }
    for text in kept.drafts {
        match conversation(tx, &text)? {
            Some((conversation, client)) => done.drafts += u32::from(put_draft(tx, conversation, client, text, key)?),
            None => done.left.push(left(text)),
        }
    }
    // Each goes before what is there already: the last first, so that they stand in the order written.
    for mut text in kept.replies.into_iter().rev() {
        if exists(tx, "SELECT EXISTS (SELECT 1 FROM reply WHERE key = ?)", &text.key)? {
            continue;
        }
        match conversation(tx, &text)? {
            Some((conversation, client)) => {
                text.view.text = format!("{mark}\n{}", text.view.text);
                // Its hour was chosen for a reply, and may be over.
                text.view.send_at = None;
                text.key = key();
                done.drafts += u32::from(put_draft(tx, conversation, client, text, key)?);
            }
            None => done.left.push(left(text)),
        }
    }
    Ok(done)
}

fn left(text: Text) -> LeftText {
    LeftText { client: text.client, about: text.answers, text: text.view.text }
}

/// Whether anything changed; `None` where it has no place.
fn put_template(tx: &Transaction<'_>, kept: &Template, now: Millis) -> Result<Option<bool>, Problem> {
    let mut clients = Vec::new();
    for name in &kept.clients {
        let known = tx.query_row("SELECT id FROM client WHERE name = ?", [name], |row| row.get(0)).optional()?;
        let Some(id) = known else { return Ok(None) };
        clients.push(ClientId(id));
    }
    clients.sort_unstable();
    let same = |view: &TemplateView| {
        let mut theirs = view.clients.clone();
        theirs.sort_unstable();
        view.code == kept.code && theirs == clients
    };
    let there = template::list(tx, None)?.into_iter().find(same);
    if there.as_ref().is_some_and(|t| (&t.text, &t.title, &t.lang) == (&kept.text, &kept.title, &kept.lang)) {
        return Ok(Some(false));
    }
    let edit = TemplateEdit {
        id: there.map(|view| view.id),
        code: kept.code.clone(),
        title: kept.title.clone(),
        text: kept.text.clone(),
        lang: kept.lang.clone(),
        clients,
    };
    match template::save(tx, &edit, now) {
        Ok(_) => Ok(Some(true)),
        Err(Problem::Taken | Problem::Invalid { .. }) => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// Whether the composer of that conversation changed.
fn put_draft(
    tx: &Transaction<'_>,
    conversation: ConversationId,
    client: ClientId,
    text: Text,
    key: &dyn Fn() -> String,
) -> Result<bool, Problem> {
    let Text { key: own, mut view, .. } = text;
    // Rows are numbered anew after a restore: the template of that number may be another.
    view.template = view.template.filter(|used| template::usable(tx, used, client).is_ok());
    let there = draft::read(tx, conversation)?;
    if there.as_ref().is_some_and(|there| there.text == view.text) {
        return Ok(false);
    }
    if exists(tx, "SELECT EXISTS (SELECT 1 FROM draft WHERE key = ?)", &own)? {
        // The same draft, some keystrokes earlier.
        tx.execute("DELETE FROM draft WHERE key = ?", [&own])?;
    }
    let spoken_for = exists(tx, "SELECT EXISTS (SELECT 1 FROM reply WHERE key = ?)", &own)?;
    draft::give_back(tx, conversation, view, &if spoken_for { key() } else { own })?;
    Ok(true)
}

/// By what it is called outside.
fn conversation(conn: &Connection, text: &Text) -> Result<Option<(ConversationId, ClientId)>, Problem> {
    let found = conn
        .prepare_cached(
            "SELECT f.id, f.client FROM conversation f JOIN account a ON a.id = f.account JOIN client c ON c.id = f.client
              WHERE c.name = ?1 AND a.network = ?2 AND a.server = ?3 AND a.remote = ?4 AND a.removed_at IS NULL
                AND (f.root = ?5
                     OR f.id = (SELECT conversation FROM former_root WHERE account = a.id AND name = ?5))",
        )?
        .query_row(params![text.client, text.network, text.server, text.account, text.root], |row| {
            Ok((ConversationId(row.get(0)?), ClientId(row.get(1)?)))
        })
        .optional()?;
    Ok(found)
}

fn exists(conn: &Connection, sql: &str, key: &str) -> Result<bool, Problem> {
    Ok(conn.prepare_cached(sql)?.query_row([key], |row| row.get(0))?)
}
