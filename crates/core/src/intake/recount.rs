//! What a conversation's row says of its messages, and what it wants from the CM.
//!
//! Untouched by anyone, it is a function of its messages alone: open where a text of others, recent enough, stands
//! after our last answer; filed otherwise. What the CM decided stays until a text they have not seen asks again.
//! What its network put among spam or into the trash asks for nothing, and is asked again once it is put back.

use super::{Intake, codes};
use crate::view::Problem;
use guichet_model::{ConversationId, MessageId, Millis, Visibility};
use rusqlite::{OptionalExtension, params};

const OPEN: i64 = 0;
const LATER: i64 = 1;
const DONE: i64 = 2;

/// What happened to a conversation in this transaction.
#[derive(Default)]
pub(super) struct Touched {
    fresh: bool,
    edited: bool,
    met: Vec<Met>,
    lost_ours: bool,
    lost_theirs: bool,
    /// Put among spam or into the trash.
    put_out: bool,
    /// A text of others that was dated anew: from when, to when.
    dated: Option<(Millis, Millis)>,
}

struct Met {
    id: MessageId,
    at: Millis,
    ours: bool,
    live: bool,
}

impl Touched {
    /// A conversation made for its one message says everything already.
    pub fn fresh() -> Self {
        Self { fresh: true, ..Self::default() }
    }

    pub fn met(&mut self, id: MessageId, at: Millis, ours: bool, live: bool) {
        self.met.push(Met { id, at, ours, live });
    }

    pub fn edited(&mut self) {
        self.edited = true;
    }

    pub fn lost(&mut self, ours: bool) {
        self.lost_ours |= ours;
        self.lost_theirs |= !ours;
    }

    pub fn put_out(&mut self, ours: bool) {
        self.lost(ours);
        self.put_out |= !ours;
    }

    pub fn dated(&mut self, from: Millis, to: Millis) {
        self.dated = Some((from, to));
    }

    fn whole(&self) -> Option<&Met> {
        match self.met.as_slice() {
            [only] if self.fresh && !self.edited && !self.lost_ours && !self.lost_theirs => Some(only),
            _ => None,
        }
    }
}

/// A conversation's triage, as stored.
#[derive(Clone, Copy)]
pub(super) struct State {
    triage: i64,
    later_until: Option<i64>,
    triaged_at: i64,
    owed_at: Millis,
    /// Open though nothing asks: the CM wants it so.
    held_open: bool,
}

/// A reading of all its messages.
#[derive(Default)]
struct Census {
    messages: u32,
    unread: u32,
    /// Texts before an answer of ours that are not marked as read.
    answered_unopened: bool,
    edited: bool,
    last_at: Option<Millis>,
    /// The newest by others, the newest of them that is not gone, and that is neither gone nor put out.
    latest: Option<MessageId>,
    live: Option<MessageId>,
    standing: Option<MessageId>,
    visibility: Option<Visibility>,
    last_ours: Option<Millis>,
    last_theirs: Option<Millis>,
    /// Live, recent texts of others after our last answer, oldest first.
    asking: Vec<Millis>,
}

impl Census {
    /// Whether what is left of a conversation wants nothing: of one put off until an answer comes, no text of others at all.
    fn asks_nothing(&self, triage: i64) -> bool {
        self.asking.is_empty() && (triage != LATER || self.standing.is_none())
    }
}

impl Intake<'_> {
    pub(super) fn recount(&mut self, conversation: ConversationId, touched: &Touched) -> Result<(), Problem> {
        if let Some(only) = touched.whole() {
            if !only.ours {
                self.tx
                    .prepare_cached("UPDATE conversation SET latest = ?2 WHERE id = ?1")?
                    .execute(params![conversation.0, only.id.0])?;
            }
            return Ok(());
        }
        let census = self.census(conversation)?;
        if census.answered_unopened {
            self.open_answered(conversation)?;
        }
        let before = self.stored_state(conversation)?;
        let after = self.moved(conversation, before, &census, touched)?;
        self.tx
            .prepare_cached(
                "UPDATE conversation SET triage = ?2, later_until = ?3, triaged_at = ?4, owed_at = ?5, last_at = ?6,
                        latest = ?7, messages = ?8, unread = ?9, edited = ?10, gone = ?11, visibility = ?12,
                        read_at = ?13
                  WHERE id = ?1",
            )?
            .execute(params![
                conversation.0,
                after.triage,
                after.later_until,
                after.triaged_at,
                after.owed_at.0,
                census.last_at.unwrap_or(before.owed_at).0,
                census.standing.or(census.live).or(census.latest).map(|id| id.0),
                census.messages,
                census.unread,
                census.edited,
                census.live.is_none() && census.latest.is_some(),
                census.visibility.map(codes::visibility),
                self.now.0
            ])?;
        Ok(())
    }

    /// What stands before an answer of ours has been read, wherever the answer was written.
    fn open_answered(&self, conversation: ConversationId) -> Result<(), Problem> {
        self.tx
            .prepare_cached(
                "UPDATE message SET opened = 1 WHERE conversation = ?1 AND opened = 0
                    AND at <= (SELECT max(at) FROM message WHERE conversation = ?1 AND ours)",
            )?
            .execute([conversation.0])?;
        Ok(())
    }

    /// Before two conversations become one.
    pub(super) fn state(&self, conversation: ConversationId) -> Result<State, Problem> {
        let mut state = self.stored_state(conversation)?;
        state.held_open = state.triage == OPEN && self.census(conversation)?.asking.is_empty();
        Ok(state)
    }

    /// The triage of what was two: open wins, unless an answer in one part settles what the other asked.
    pub(super) fn settle(&mut self, kept: ConversationId, parts: &[State; 2]) -> Result<(), Problem> {
        let asking = !self.census(kept)?.asking.is_empty();
        let held = parts.iter().any(|part| part.held_open);
        let open: Vec<_> = parts.iter().filter(|part| part.triage == OPEN).collect();
        let later: Vec<_> = parts.iter().filter(|part| part.triage == LATER).collect();
        let (triage, until) = if !open.is_empty() && (asking || held) {
            (OPEN, None)
        } else if let Some(part) = later.iter().min_by_key(|part| part.later_until.unwrap_or(i64::MAX)) {
            (LATER, part.later_until)
        } else {
            (DONE, None)
        };
        let owed = open.iter().map(|part| part.owed_at).min().unwrap_or(parts[0].owed_at);
        let triaged_at = parts.iter().map(|part| part.triaged_at).max().unwrap_or_default();
        self.tx
            .prepare_cached(
                "UPDATE conversation SET triage = ?2, later_until = ?3, owed_at = ?4, triaged_at = ?5 WHERE id = ?1",
            )?
            .execute(params![kept.0, triage, until, owed.0, triaged_at])?;
        Ok(())
    }

    fn stored_state(&self, conversation: ConversationId) -> Result<State, Problem> {
        Ok(self
            .tx
            .prepare_cached("SELECT triage, later_until, triaged_at, owed_at FROM conversation WHERE id = ?1")?
            .query_row([conversation.0], |row| {
            Ok(State {
                triage: row.get(0)?,
                later_until: row.get(1)?,
                triaged_at: row.get(2)?,
                owed_at: Millis(row.get(3)?),
                held_open: false,
            })
        })?)
    }

    fn moved(
        &self,
        conversation: ConversationId,
        before: State,
        census: &Census,
        touched: &Touched,
    ) -> Result<State, Problem> {
        let mut state = before;
        let asked = touched
            .met
            .iter()
            .filter(|met| met.live && !met.ours && census.asking.contains(&met.at))
            .map(|met| met.at)
            .min();
        let answered = touched
            .met
            .iter()
            .any(|met| met.live && met.ours && Some(met.at) >= census.last_theirs && Some(met.at) == census.last_ours);
        // It only seemed to come after our answer.
        let answered = answered
            || touched.dated.is_some_and(|(from, _)| {
                census.last_ours >= census.last_theirs && census.last_ours.is_some_and(|ours| ours < from)
            });
        // What must not be older than the clock of the conversation: what the CM filed before has been judged.
        let mut since = touched.dated.map_or(before.owed_at, |(_, to)| to.min(before.owed_at));
        if let Some(asked) = asked {
            match before.triage {
                OPEN => since = since.min(asked),
                LATER if before.later_until.is_some() => {}
                _ => {
                    (state.triage, state.later_until) = (OPEN, None);
                    state.triaged_at = self.now.0;
                    since = asked;
                }
            }
        } else if answered && before.triage != DONE {
            if !self.by_outbox && !self.reply_under_way(conversation)? {
                (state.triage, state.later_until) = (DONE, None);
                state.triaged_at = census.last_ours.unwrap_or(self.now).0;
            }
        } else if touched.lost_ours && before.triage == DONE && !census.asking.is_empty() {
            state.triage = OPEN;
            state.triaged_at = self.now.0;
        } else if touched.put_out && before.triage != DONE && census.asks_nothing(before.triage) {
            // Neither a draft nor a day put off to keeps owed what stands among spam.
            (state.triage, state.later_until) = (DONE, None);
            state.triaged_at = self.now.0;
        } else if touched.lost_theirs
            && before.triage == OPEN
            && census.asking.is_empty()
            && !self.has_draft(conversation)?
        {
            state.triage = DONE;
            state.triaged_at = census.last_at.unwrap_or(self.now).0;
        }
        if touched.lost_ours {
            // What that answer had settled asks again, from its own time.
            since = Millis(i64::MIN);
        }
        if state.triage == OPEN {
            let asking = census.asking.iter().copied().find(|at| *at >= since);
            state.owed_at = asking.or(census.last_at).unwrap_or(before.owed_at);
        }
        Ok(state)
    }

    /// A reply of ours is on the wire, or may have arrived: what is found is perhaps that, not an answer from elsewhere.
    fn reply_under_way(&self, conversation: ConversationId) -> Result<bool, Problem> {
        Ok(self
            .tx
            .prepare_cached("SELECT 1 FROM reply WHERE conversation = ?1 AND state IN ('sending', 'unsure')")?
            .exists([conversation.0])?)
    }

    fn has_draft(&self, conversation: ConversationId) -> Result<bool, Problem> {
        Ok(self
            .tx
            .prepare_cached("SELECT 1 FROM draft WHERE conversation = ?1")?
            .query_row([conversation.0], |_| Ok(()))
            .optional()?
            .is_some())
    }

    fn census(&self, conversation: ConversationId) -> Result<Census, Problem> {
        let mut census = Census::default();
        let mut messages = self.tx.prepare_cached(
            "SELECT id, ours, at, edited_at IS NOT NULL, opened, gone_at IS NOT NULL, visibility,
                    publication IN ('spam', 'trash')
               FROM message WHERE conversation = ?1 ORDER BY at, length(remote), remote",
        )?;
        // A deleted answer of ours had been given all the same: what stood before it has been read.
        let mut last_answer = None;
        let (mut theirs, mut unopened) = (Vec::new(), Vec::new());
        let mut rows = messages.query([conversation.0])?;
        while let Some(row) = rows.next()? {
            let (ours, at, gone): (bool, _, bool) = (row.get(1)?, Millis(row.get(2)?), row.get(5)?);
            let out: bool = row.get(7)?;
            census.messages += 1;
            census.last_at = Some(at);
            let visibility = row.get_ref(6)?.as_str_or_null().map_err(rusqlite::Error::from)?;
            census.visibility = census.visibility.max(visibility.and_then(codes::visibility_of));
            if ours {
                last_answer = Some(at);
                if !gone && !out {
                    census.last_ours = Some(at);
                }
                continue;
            }
            census.edited |= row.get::<_, bool>(3)?;
            census.latest = Some(MessageId(row.get(0)?));
            if !row.get::<_, bool>(4)? {
                unopened.push((at, gone || out));
            }
            if !gone {
                census.live = census.latest;
            }
            if !gone && !out {
                census.standing = census.latest;
                census.last_theirs = Some(at);
                theirs.push(at);
            }
        }
        let unanswered = |at: Millis| last_answer.is_none_or(|answer| at > answer);
        census.answered_unopened = unopened.iter().any(|(at, _)| !unanswered(*at));
        let unread = unopened.iter().filter(|(at, silent)| !silent && unanswered(*at)).count();
        census.unread = u32::try_from(unread).unwrap_or(u32::MAX);
        let after = census.last_ours;
        census.asking =
            theirs.into_iter().filter(|at| *at >= self.filed_before && after.is_none_or(|after| *at > after)).collect();
        Ok(census)
    }
}
