//! What comments hang on. A post may be named by a comment before it is read: it is a placeholder until then.

use super::{Intake, codes};
use crate::view::Problem;
use guichet_model::{ConversationId, Item, Kind, RemoteId};
use rusqlite::{OptionalExtension, params};

struct Known {
    id: i64,
    read: bool,
    edited_at: Option<i64>,
    same: bool,
    gone: bool,
}

impl Intake<'_> {
    pub(super) fn post(&mut self, item: &Item) -> Result<(), Problem> {
        let person = self.person(&item.author)?;
        let id = match self.known_post(item)? {
            Some(known) if known.read && known.edited_at > item.edited_at.map(|at| at.0) => return Ok(()),
            Some(known) if known.read && known.same => {
                if !known.gone {
                    self.count_post(known.id, item)?;
                }
                return Ok(());
            }
            Some(known) => {
                self.write_post(known.id, person, item)?;
                known.id
            }
            None => {
                let id = self.placeholder(&item.remote, item.ours)?;
                self.write_post(id, person, item)?;
                id
            }
        };
        if let Some(at) = self.buried(&item.remote)? {
            self.tx
                .prepare_cached("UPDATE post SET gone_at = ?2 WHERE id = ?1 AND gone_at IS NULL")?
                .execute(params![id, at.0])?;
        }
        self.tops_of(id, &item.remote)?;
        self.shown_with(id)
    }

    /// The post that a comment hangs on, read or not yet.
    pub(super) fn post_named(&mut self, remote: &RemoteId, kind: Kind) -> Result<i64, Problem> {
        match self.post_id(remote)? {
            Some(id) => Ok(id),
            None => self.placeholder(remote, kind == Kind::Comment),
        }
    }

    pub(super) fn post_id(&self, remote: &RemoteId) -> Result<Option<i64>, Problem> {
        Ok(self
            .tx
            .prepare_cached("SELECT id FROM post WHERE account = ?1 AND remote = ?2")?
            .query_row(params![self.account.0, remote.0], |row| row.get(0))
            .optional()?)
    }

    pub(super) fn post_gone(&mut self, post: i64) -> Result<(), Problem> {
        let marked = self
            .tx
            .prepare_cached("UPDATE post SET gone_at = ?2 WHERE id = ?1 AND gone_at IS NULL")?
            .execute(params![post, self.now.0])?;
        if marked > 0 {
            self.shown_with(post)?;
        }
        Ok(())
    }

    fn known_post(&self, item: &Item) -> Result<Option<Known>, Problem> {
        Ok(self
            .tx
            .prepare_cached(
                "SELECT id, known, edited_at, text = ?3 AND edited_at IS ?4 AND body = ?5 AND attachments = ?6,
                        gone_at IS NOT NULL
                   FROM post WHERE account = ?1 AND remote = ?2",
            )?
            .query_row(
                params![
                    self.account.0,
                    item.remote.0,
                    item.body.text,
                    item.edited_at.map(|at| at.0),
                    super::message::marks(&item.body)?,
                    super::message::json(&item.attachments)?
                ],
                |row| {
                    Ok(Known {
                        id: row.get(0)?,
                        read: row.get(1)?,
                        edited_at: row.get(2)?,
                        same: row.get(3)?,
                        gone: row.get(4)?,
                    })
                },
            )
            .optional()?)
    }

    fn placeholder(&mut self, remote: &RemoteId, ours: bool) -> Result<i64, Problem> {
        self.tx
            .prepare_cached(
                "INSERT INTO post (client, account, remote, ours, at, text, body, attachments, counts, known)
                 VALUES (?1, ?2, ?3, ?4, 0, '', '{\"text\":\"\",\"warning\":null,\"links\":[],\"mentions\":[],\"emoji\":[]}', '[]',
                         '{\"replies\":0,\"shares\":0,\"likes\":0}', 0)",
            )?
            .execute(params![self.client.0, self.account.0, remote.0, ours])?;
        let id = self.tx.last_insert_rowid();
        // A message of that name keeps it: a text that can be answered comes before what it may hang on.
        self.tx
            .prepare_cached("INSERT OR IGNORE INTO alias (account, scope, name, post) VALUES (?1, 'id', ?2, ?3)")?
            .execute(params![self.account.0, remote.0, id])?;
        self.tops_of(id, remote)?;
        Ok(id)
    }

    fn write_post(&mut self, id: i64, person: i64, item: &Item) -> Result<(), Problem> {
        self.tx
            .prepare_cached(
                "UPDATE post SET person = ?2, ours = ?3, at = ?4, edited_at = ?5, text = ?6, body = ?7, lang = ?8,
                        url = ?9, visibility = ?10, attachments = ?11, counts = ?12, known = 1, expires_at = ?13
                  WHERE id = ?1",
            )?
            .execute(params![
                id,
                person,
                item.ours,
                item.at.0,
                item.edited_at.map(|at| at.0),
                item.body.text,
                super::message::marks(&item.body)?,
                item.lang,
                item.url,
                item.visibility.map(codes::visibility),
                super::message::json(&item.attachments)?,
                super::message::json(&item.counts)?,
                item.expires_at.map(|at| at.0)
            ])?;
        for alias in &item.aliases {
            self.tx
                .prepare_cached("INSERT OR IGNORE INTO alias (account, scope, name, post) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![self.account.0, alias.scope, alias.name, id])?;
        }
        Ok(())
    }

    /// Likes and shares move all the time: they are kept, and announced with the next real change.
    fn count_post(&self, id: i64, item: &Item) -> Result<(), Problem> {
        let counts = super::message::json(&item.counts)?;
        self.tx
            .prepare_cached("UPDATE post SET counts = ?2 WHERE id = ?1 AND counts <> ?2")?
            .execute(params![id, counts])?;
        Ok(())
    }

    fn shown_with(&mut self, post: i64) -> Result<(), Problem> {
        let mut under = self.tx.prepare_cached("SELECT id FROM conversation WHERE post = ?1")?;
        for conversation in under.query_map([post], |row| row.get(0))? {
            self.changed.insert(ConversationId(conversation?));
        }
        Ok(())
    }
}
