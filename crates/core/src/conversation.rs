//! One conversation as it reads: its post, its messages with their depth, our replies, the draft, the composer.

use crate::desk::Desk;
use crate::intake::{publication_of, route_of, visibility_of};
use crate::store::Durability;
use crate::view::{Change, ComposerView, ConversationView, MessageView, PostView, Problem};
use crate::{attachment, client, draft, list, outbox};
use guichet_model::{Body, ConversationId, Link, MessageId, Millis, PersonId, PostId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::de::DeserializeOwned;
use std::collections::HashMap;

impl Desk {
    pub async fn conversation(&self, id: ConversationId) -> Result<ConversationView, Problem> {
        let now = self.now();
        self.store().read(move |conn| read(conn, id, now)).await
    }

    /// The CM has its messages before their eyes. Not an act: nothing is kept in the journal.
    pub async fn opened(&self, id: ConversationId) -> Result<Change, Problem> {
        // Asked of a reader first: most conversations that are walked past were opened before.
        let unread: bool = self
            .store()
            .read(move |conn| {
                Ok(conn
                    .prepare_cached("SELECT unread > 0 FROM conversation WHERE id = ?1")?
                    .query_row([id.0], |row| row.get(0))?)
            })
            .await?;
        if !unread {
            return Ok(Change::default());
        }
        self.store()
            .write(Durability::Full, move |tx| {
                tx.prepare_cached("UPDATE message SET opened = 1 WHERE conversation = ?1 AND opened = 0")?
                    .execute([id.0])?;
                tx.prepare_cached("UPDATE conversation SET unread = 0 WHERE id = ?1")?.execute([id.0])?;
                Ok(())
            })
            .await?;
        let change = Change { conversations: vec![id], ..Change::default() };
        self.announce(change.clone());
        Ok(change)
    }
}

fn read(conn: &Connection, id: ConversationId, now: Millis) -> Result<ConversationView, Problem> {
    let row = list::row(conn, id, now)?.ok_or(Problem::NotFound)?;
    let (post, read_at): (Option<i64>, Option<i64>) = conn
        .prepare_cached("SELECT post, read_at FROM conversation WHERE id = ?1")?
        .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let post = match post {
        Some(post) => read_post(conn, PostId(post), now)?,
        None => None,
    };
    Ok(ConversationView {
        composer: ComposerView { opens_at: client::opens_at(conn, row.client, now)?, ..outbox::composer(conn, id)? },
        row,
        post,
        messages: read_messages(conn, id, now)?,
        replies: outbox::of_conversation(conn, id)?,
        draft: draft::read(conn, id)?,
        attachments: attachment::of_draft(conn, id)?,
        read_at: read_at.map(Millis),
    })
}

/// `None` while it is only a name, and once the network wants it forgotten.
fn read_post(conn: &Connection, id: PostId, now: Millis) -> Result<Option<PostView>, Problem> {
    Ok(conn
        .prepare_cached(
            "SELECT CASE WHEN person.name <> '' THEN person.name ELSE person.handle END, post.ours, post.at, post.text,
                    post.body, post.lang, post.url, post.counts, post.attachments, post.gone_at IS NOT NULL
               FROM post LEFT JOIN person ON person.id = post.person
              WHERE post.id = ?1 AND post.known AND (post.expires_at IS NULL OR post.expires_at > ?2)",
        )?
        .query_row(params![id.0, now.0], |row| {
            let (links, warning) = marks(row, 4)?;
            Ok(PostView {
                id,
                author: row.get::<_, Option<String>>(0)?.unwrap_or_default(),
                ours: row.get(1)?,
                at: Millis(row.get(2)?),
                text: row.get(3)?,
                links,
                warning,
                lang: row.get(5)?,
                url: row.get(6)?,
                tallies: json(row, 7)?,
                attachments: json(row, 8)?,
                gone: row.get(9)?,
            })
        })
        .optional()?)
}

fn read_messages(conn: &Connection, id: ConversationId, now: Millis) -> Result<Vec<MessageView>, Problem> {
    let mut read = conn.prepare_cached(
        "SELECT m.id, m.person, CASE WHEN person.name <> '' THEN person.name ELSE person.handle END, person.handle,
                person.avatar, m.ours, m.at, m.edited_at, m.text, m.body, m.lang, m.url, m.visibility, m.rating,
                m.attachments, m.liked, m.gone_at IS NOT NULL, max(person.messages - 1, 0), person.muted,
                person.blocked, m.publication, m.route, m.raw
           FROM message m JOIN person ON person.id = m.person
          WHERE m.conversation = ?1 AND (m.expires_at IS NULL OR m.expires_at > ?2)
          ORDER BY m.at, m.id",
    )?;
    let mut messages = read
        .query_map(params![id.0, now.0], |row| {
            let (links, warning) = marks(row, 9)?;
            let visibility: Option<String> = row.get(12)?;
            Ok(MessageView {
                id: MessageId(row.get(0)?),
                person: PersonId(row.get(1)?),
                author: row.get(2)?,
                handle: row.get(3)?,
                avatar: row.get(4)?,
                ours: row.get(5)?,
                at: Millis(row.get(6)?),
                edited_at: row.get::<_, Option<i64>>(7)?.map(Millis),
                text: row.get(8)?,
                links,
                warning,
                lang: row.get(10)?,
                url: row.get(11)?,
                visibility: visibility.and_then(|stored| visibility_of(&stored)),
                publication: publication_of(row.get_ref(20)?.as_str()?),
                route: route_of(row.get_ref(21)?.as_str()?),
                raw: row.get(22)?,
                rating: row.get(13)?,
                attachments: json(row, 14)?,
                liked: row.get(15)?,
                gone: row.get(16)?,
                depth: 0,
                author_messages: row.get(17)?,
                muted: row.get(18)?,
                blocked: row.get(19)?,
                reply: None,
            })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let parents = parents(conn, id)?;
    let mut replies = outbox::linked(conn, id)?;
    for message in &mut messages {
        message.depth = depth(&parents, message.id);
        if message.ours {
            message.reply =
                replies.iter().position(|reply| reply.message == Some(message.id)).map(|at| replies.swap_remove(at));
        }
    }
    Ok(messages)
}

/// Each message of the conversation that answers another one of it, with that one.
fn parents(conn: &Connection, id: ConversationId) -> Result<HashMap<MessageId, MessageId>, Problem> {
    Ok(conn
        .prepare_cached(
            "SELECT m.id, parent.id
               FROM message m
               JOIN alias ON alias.account = m.account AND alias.scope = 'id' AND alias.name = m.in_reply_to
               JOIN message parent ON parent.id = alias.message AND parent.conversation = m.conversation
              WHERE m.conversation = ?1 AND m.in_reply_to IS NOT NULL",
        )?
        .query_map([id.0], |row| Ok((MessageId(row.get(0)?), MessageId(row.get(1)?))))?
        .collect::<Result<_, _>>()?)
}

/// How many answers stand above; a network's circle ends at the number of links there are.
fn depth(parents: &HashMap<MessageId, MessageId>, message: MessageId) -> u8 {
    let mut at = message;
    for depth in 0..u8::MAX {
        match parents.get(&at) {
            Some(parent) if *parent != message => at = *parent,
            _ => return depth,
        }
    }
    u8::MAX
}

/// Links and warning of a stored body.
fn marks(row: &Row<'_>, column: usize) -> rusqlite::Result<(Vec<Link>, Option<String>)> {
    let body: Body = json(row, column)?;
    Ok((body.links, body.warning))
}

fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let stored: String = row.get(column)?;
    serde_json::from_str(&stored).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

#[cfg(test)]
#[path = "conversation_tests.rs"]
mod tests;
