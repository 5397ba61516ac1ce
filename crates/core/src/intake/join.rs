//! Conversations that turn out to be one: the older row stays, and nothing that hangs on the other is lost.

use super::thread::smaller;
use super::{Intake, codes};
use crate::view::Problem;
use guichet_model::ConversationId;
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeSet;

impl Intake<'_> {
    /// Those found as one: the oldest row stays, open wins, drafts and replies follow.
    pub(super) fn join(&mut self, found: &BTreeSet<ConversationId>) -> Result<Option<ConversationId>, Problem> {
        let mut found = found.iter().copied();
        let Some(kept) = found.next() else {
            return Ok(None);
        };
        for other in found {
            self.merge(kept, other)?;
        }
        Ok(Some(kept))
    }

    fn merge(&mut self, kept: ConversationId, other: ConversationId) -> Result<(), Problem> {
        for part in [kept, other] {
            if let Some(touched) = self.touched.remove(&part) {
                self.recount(part, &touched)?;
            }
        }
        let parts = [self.state(kept)?, self.state(other)?];
        for table in ["message", "reply", "draft_discarded", "attachment", "former_root"] {
            self.tx
                .prepare_cached(&format!("UPDATE {table} SET conversation = ?1 WHERE conversation = ?2"))?
                .execute([kept.0, other.0])?;
        }
        crate::hold::follow(self.tx, kept, other)?;
        self.join_drafts(kept, other)?;
        self.join_names(kept, other)?;
        self.settle(kept, &parts)?;
        self.changed.insert(other);
        self.touched.entry(kept).or_default().edited();
        Ok(())
    }

    /// Removes the other row, whose names the kept one bears from now on.
    fn join_names(&mut self, kept: ConversationId, other: ConversationId) -> Result<(), Problem> {
        type Named = (Option<String>, Option<i64>, String);
        let named = |id: ConversationId| -> Result<Named, Problem> {
            Ok(self
                .tx
                .prepare_cached("SELECT told, post, kind FROM conversation WHERE id = ?1")?
                .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?)
        };
        let (mine, theirs) = (named(kept)?, named(other)?);
        self.tx.prepare_cached("DELETE FROM conversation WHERE id = ?1")?.execute([other.0])?;
        if let Some(post) = theirs.1.filter(|post| mine.1 != Some(*post)) {
            self.hang(kept, mine.1, post)?;
        }
        if codes::kind_of(&theirs.2) < codes::kind_of(&mine.2) {
            self.set_kind(kept, codes::kind_of(&theirs.2))?;
        }
        let (told, former) = match (mine.0, theirs.0) {
            (Some(mine), Some(theirs)) if smaller(&theirs, &mine) => (Some(theirs), Some(mine)),
            (Some(mine), theirs) => (Some(mine), theirs),
            (None, theirs) => (theirs, None),
        };
        self.tx.prepare_cached("UPDATE conversation SET told = ?2 WHERE id = ?1")?.execute(params![kept.0, told])?;
        if let Some(former) = former {
            self.remember(&former, kept)?;
        }
        self.rename(kept)
    }

    /// One draft a conversation: where both had one, nothing written is lost, the older text stands first.
    fn join_drafts(&mut self, kept: ConversationId, other: ConversationId) -> Result<(), Problem> {
        let draft = |id: ConversationId| -> Result<Option<(String, i64, String)>, Problem> {
            Ok(self
                .tx
                .prepare_cached("SELECT view, at, key FROM draft WHERE conversation = ?1")?
                .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?)
        };
        let both = (draft(kept)?, draft(other)?);
        if let (Some(mine), Some(theirs)) = &both {
            let (older, newer) = if mine.1 <= theirs.1 { (mine, theirs) } else { (theirs, mine) };
            let read = |view: &str| serde_json::from_str::<crate::view::DraftView>(view).map_err(|_| Problem::Torn);
            let (older, mut joined) = (read(&older.0)?, read(&newer.0)?);
            // One of pictures alone adds no blank lines.
            let parts = [older.text.trim_end(), joined.text.as_str()];
            joined.text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
            // What was written for few does not come out wider.
            joined.visibility = joined.visibility.max(older.visibility);
            joined.warning = joined.warning.or(older.warning);
            joined.template = joined.template.or(older.template);
            self.tx.prepare_cached("UPDATE draft SET view = ?2, at = ?3 WHERE conversation = ?1")?.execute(params![
                kept.0,
                super::message::json(&joined)?,
                mine.1.max(theirs.1)
            ])?;
            crate::attachment::rename(self.tx, &theirs.2, &mine.2)?;
            self.tx.prepare_cached("DELETE FROM draft WHERE conversation = ?1")?.execute([other.0])?;
        } else {
            self.tx
                .prepare_cached("UPDATE draft SET conversation = ?1 WHERE conversation = ?2")?
                .execute([kept.0, other.0])?;
        }
        Ok(())
    }
}
