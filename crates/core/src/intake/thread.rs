//! Which conversation a message belongs to, when its thread is learnt in pieces and in any order.
//!
//! Messages that answer one another are one conversation, and so are those for which the network names one root. A
//! message whose parent has not been read is an *orphan*: it has a conversation of its own until the parent comes,
//! and then both become one, in the same transaction. The name is the smallest the network told; else the smallest
//! of the tops; else of the orphans: it depends on what is known, never on what came first. Joining on the unread
//! parent's name was tried and dropped: two comments of a post not read yet would have become one conversation.

use super::message::Known;
use super::{Intake, codes};
use crate::view::Problem;
use guichet_model::{ConversationId, Item, Kind, RemoteId, Route};
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeSet;

/// How a message stands in its thread, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Answer = 0,
    Top = 1,
    Orphan = 2,
}

pub(super) struct Place {
    pub conversation: ConversationId,
    pub standing: Standing,
    /// Made for this message.
    pub fresh: bool,
    /// Whether the conversation's name must be looked at again once the message is in.
    pub renames: bool,
}

/// Shorter names first: networks that number their items number the older ones smaller.
pub(super) fn smaller(left: &str, right: &str) -> bool {
    (left.len(), left) < (right.len(), right)
}

impl Intake<'_> {
    /// `live`: the network has not said that it is gone.
    pub(super) fn place(&mut self, item: &Item, live: bool) -> Result<Place, Problem> {
        let post = match &item.post {
            Some(remote) => Some(self.post_named(remote, item.kind)?),
            None => None,
        };
        let (standing, parent, post) = self.standing(item, post)?;
        let mut found: BTreeSet<ConversationId> = parent.into_iter().collect();
        if let (Standing::Orphan, Some(parent)) = (standing, &item.in_reply_to) {
            found.extend(self.rooted(parent)?);
        }
        if let Some(root) = item.conversation.as_ref().filter(|root| **root != item.remote) {
            match self.named(root)? {
                Some(conversation) => {
                    found.insert(conversation);
                }
                None => found.extend(self.orphans_of(root)?),
            }
        }
        found.extend(self.rooted(&item.remote)?);
        let orphans = self.awaited(&item.remote)?;
        found.extend(&orphans);
        let Some(conversation) = self.join(&found)? else {
            return self.begin(item, standing, post, live);
        };
        let told = self.bring(conversation, item, post)?;
        Ok(Place {
            conversation,
            standing,
            fresh: false,
            renames: told || standing != Standing::Answer || found.len() > 1 || !orphans.is_empty(),
        })
    }

    /// What a message read before adds to its thread now: a root, a parent, a post.
    pub(super) fn learn(&mut self, known: &Known, item: &Item) -> Result<(), Problem> {
        let mut found = BTreeSet::from([known.conversation]);
        let mut renames = false;
        if self.route == Route::Api && known.route != Route::Api {
            // It bears its network's name only now: what came first waits for it under that one.
            found.extend(self.rooted(&item.remote)?);
            found.extend(self.awaited(&item.remote)?);
        }
        if let Some(root) = &item.conversation {
            match self.named(root)? {
                Some(conversation) => {
                    found.insert(conversation);
                }
                None => found.extend(self.orphans_of(root)?),
            }
        }
        let mut post = match &item.post {
            Some(remote) => Some(self.post_named(remote, item.kind)?),
            None => None,
        };
        if known.in_reply_to.is_none() && item.in_reply_to.is_some() {
            let (standing, parent, under) = self.standing(item, post)?;
            self.orphans |= standing == Standing::Orphan;
            post = under;
            found.extend(parent);
            self.tx
                .prepare_cached("UPDATE message SET in_reply_to = ?2, standing = ?3 WHERE id = ?1")?
                .execute(params![known.id.0, item.in_reply_to.as_ref().map(|name| &name.0), standing as i64])?;
            renames = true;
        }
        if let Some(conversation) = self.join(&found)? {
            renames |= self.bring(conversation, item, post)? || found.len() > 1;
            if renames {
                self.rename(conversation)?;
            }
        }
        Ok(())
    }

    /// Its standing, the conversation of its parent, and the post it hangs on.
    fn standing(
        &mut self,
        item: &Item,
        post: Option<i64>,
    ) -> Result<(Standing, Option<ConversationId>, Option<i64>), Problem> {
        let Some(parent) = item.in_reply_to.as_ref().filter(|parent| Some(*parent) != item.post.as_ref()) else {
            return Ok((Standing::Top, None, post));
        };
        if let Some((_, conversation)) = self.message_named(parent)? {
            return Ok((Standing::Answer, Some(conversation), post));
        }
        Ok(match self.post_id(parent)? {
            Some(under) => (Standing::Top, None, post.or(Some(under))),
            None => (Standing::Orphan, None, post),
        })
    }

    /// Orphans whose parent turns out to be a post are tops under it.
    pub(super) fn tops_of(&mut self, post: i64, remote: &RemoteId) -> Result<(), Problem> {
        for conversation in self.orphans_of(remote)? {
            self.tx
                .prepare_cached(
                    "UPDATE message SET standing = 1 WHERE account = ?1 AND in_reply_to = ?2 AND standing = 2",
                )?
                .execute(params![self.account.0, remote.0])?;
            self.tx
                .prepare_cached("UPDATE conversation SET post = ?2 WHERE id = ?1 AND post IS NULL")?
                .execute(params![conversation.0, post])?;
            self.rename(conversation)?;
            self.changed.insert(conversation);
        }
        Ok(())
    }

    /// The conversation that a told root means.
    fn named(&self, root: &RemoteId) -> Result<Option<ConversationId>, Problem> {
        match self.rooted(root)? {
            Some(conversation) => Ok(Some(conversation)),
            None => Ok(self.message_named(root)?.map(|(_, conversation)| conversation)),
        }
    }

    /// The conversation that bears a name, or bore it before it was joined to another.
    fn rooted(&self, name: &RemoteId) -> Result<Option<ConversationId>, Problem> {
        let found = self
            .tx
            .prepare_cached(
                "SELECT id FROM conversation WHERE account = ?1 AND root = ?2
                 UNION ALL SELECT conversation FROM former_root WHERE account = ?1 AND name = ?2",
            )?
            .query_row(params![self.account.0, name.0], |row| row.get(0))
            .optional()?;
        Ok(found.map(ConversationId))
    }

    fn orphans_of(&self, parent: &RemoteId) -> Result<Vec<ConversationId>, Problem> {
        if !self.orphans {
            return Ok(Vec::new());
        }
        let mut orphans = self.tx.prepare_cached(
            "SELECT DISTINCT conversation FROM message WHERE account = ?1 AND in_reply_to = ?2 AND standing = 2",
        )?;
        let rows = orphans.query_map(params![self.account.0, parent.0], |row| Ok(ConversationId(row.get(0)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Those with orphans of that name, which are its answers from now on.
    fn awaited(&mut self, name: &RemoteId) -> Result<Vec<ConversationId>, Problem> {
        let orphans = self.orphans_of(name)?;
        if !orphans.is_empty() {
            self.tx
                .prepare_cached(
                    "UPDATE message SET standing = 0 WHERE account = ?1 AND in_reply_to = ?2 AND standing = 2",
                )?
                .execute(params![self.account.0, name.0])?;
        }
        Ok(orphans)
    }

    /// A conversation of this one message so far.
    fn begin(&mut self, item: &Item, standing: Standing, post: Option<i64>, live: bool) -> Result<Place, Problem> {
        let asks = live && !item.ours && !item.publication.is_out() && item.at >= self.filed_before;
        let told = item.conversation.as_ref();
        self.tx
            .prepare_cached(
                "INSERT INTO conversation (client, account, post, kind, root, told, triage, triaged_at, owed_at,
                        last_at, messages, unread, edited, gone, visibility, read_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?8, 1, ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute(params![
                self.client.0,
                self.account.0,
                post,
                codes::kind(item.kind),
                told.unwrap_or(&item.remote).0,
                told.map(|root| &root.0),
                if asks { 0 } else { 2 },
                item.at.0,
                asks,
                !item.ours && item.edited_at.is_some(),
                !item.ours && !live,
                item.visibility.map(codes::visibility),
                self.now.0
            ])?;
        Ok(Place { conversation: ConversationId(self.tx.last_insert_rowid()), standing, fresh: true, renames: false })
    }

    /// What an item tells of its conversation. Whether its name may change by it.
    fn bring(&mut self, conversation: ConversationId, item: &Item, post: Option<i64>) -> Result<bool, Problem> {
        let (told, kind, hangs_on) = self
            .tx
            .prepare_cached("SELECT told, kind, post FROM conversation WHERE id = ?1")?
            .query_row([conversation.0], |row| {
                Ok((
                    row.get::<_, Option<String>>(0)?,
                    codes::kind_of(&row.get::<_, String>(1)?),
                    row.get::<_, Option<i64>>(2)?,
                ))
            })?;
        if let Some(post) = post.filter(|post| hangs_on != Some(*post)) {
            self.hang(conversation, hangs_on, post)?;
        }
        if item.kind < kind {
            self.set_kind(conversation, item.kind)?;
        }
        let Some(root) = item.conversation.as_ref().filter(|root| told.as_ref() != Some(&root.0)) else {
            return Ok(false);
        };
        let first = told.as_deref().is_none_or(|told| smaller(&root.0, told));
        if first {
            self.tx
                .prepare_cached("UPDATE conversation SET told = ?2 WHERE id = ?1")?
                .execute(params![conversation.0, root.0])?;
        }
        let former = if first { told.as_deref() } else { Some(root.0.as_str()) };
        if let Some(former) = former {
            self.remember(former, conversation)?;
        }
        Ok(first)
    }

    /// Two posts over one thread: the smaller name wins, whichever came first.
    pub(super) fn hang(&self, conversation: ConversationId, before: Option<i64>, post: i64) -> Result<(), Problem> {
        if let Some(before) = before {
            let mut name = self.tx.prepare_cached("SELECT remote FROM post WHERE id = ?1")?;
            let kept: String = name.query_row([before], |row| row.get(0))?;
            let other: String = name.query_row([post], |row| row.get(0))?;
            if !smaller(&other, &kept) {
                return Ok(());
            }
        }
        self.tx
            .prepare_cached("UPDATE conversation SET post = ?2 WHERE id = ?1")?
            .execute(params![conversation.0, post])?;
        Ok(())
    }

    pub(super) fn set_kind(&self, conversation: ConversationId, kind: Kind) -> Result<(), Problem> {
        self.tx
            .prepare_cached("UPDATE conversation SET kind = ?2 WHERE id = ?1")?
            .execute(params![conversation.0, codes::kind(kind)])?;
        Ok(())
    }

    pub(super) fn remember(&self, name: &str, conversation: ConversationId) -> Result<(), Problem> {
        self.tx
            .prepare_cached("INSERT OR REPLACE INTO former_root (account, name, conversation) VALUES (?1, ?2, ?3)")?
            .execute(params![self.account.0, name, conversation.0])?;
        Ok(())
    }

    /// Names a conversation by what is known of it now.
    pub(super) fn rename(&mut self, conversation: ConversationId) -> Result<(), Problem> {
        let told: Option<String> = self
            .tx
            .prepare_cached("SELECT told FROM conversation WHERE id = ?1")?
            .query_row([conversation.0], |row| row.get(0))?;
        let root = match told {
            Some(told) => Some(told),
            None => self.top(conversation)?,
        };
        if let Some(root) = root {
            self.tx
                .prepare_cached("UPDATE conversation SET root = ?2 WHERE id = ?1 AND root <> ?2")?
                .execute(params![conversation.0, root])?;
        }
        Ok(())
    }

    fn top(&self, conversation: ConversationId) -> Result<Option<String>, Problem> {
        let mut named = self
            .tx
            .prepare_cached("SELECT remote, standing FROM message WHERE conversation = ?1 AND standing IN (1, 2)")?;
        let mut rows = named.query([conversation.0])?;
        let mut best: Option<(bool, String)> = None;
        while let Some(row) = rows.next()? {
            let (name, standing): (String, _) = (row.get(0)?, Standing::of(row.get(1)?));
            let orphan = standing == Standing::Orphan;
            let better = best
                .as_ref()
                .is_none_or(|(was_orphan, known)| (orphan, name.len(), &name) < (*was_orphan, known.len(), known));
            if better {
                best = Some((orphan, name));
            }
        }
        Ok(best.map(|(_, name)| name))
    }
}
