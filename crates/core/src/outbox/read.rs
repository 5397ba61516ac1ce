//! Replies as they are shown, and what the composer says before any text.

use super::row::{OPEN, Reply};
use super::state::State;
use super::wall::{Answered, Speaker};
use crate::attachment;
use crate::desk::Desk;
use crate::hold::{self, COVERED};
use crate::view::{ComposerView, OutboxQuery, Problem, ReplyState, ReplyView, Slice, Waiting};
use guichet_model::{ConversationId, Reason, RefusalCode, ReplyId, Visibility};
use rusqlite::{Connection, OptionalExtension, params};

/// Sent ones listed behind those not settled yet.
const SENT_SHOWN: u32 = 50;
/// No screen is longer.
const MOST_ROWS: u32 = 500;

impl Desk {
    /// At most 500 from `offset` on: those that want the CM (in conflict, refused, unsure, waiting for a sign-in, to be
    /// published by hand); those to approve; those held; those that go their way, the soonest first; then the last fifty
    /// sent, newest first.
    pub async fn outbox(&self, query: OutboxQuery, offset: u32, limit: u32) -> Result<Slice<ReplyView>, Problem> {
        self.store().read(move |conn| page(conn, query, offset, limit.min(MOST_ROWS))).await
    }
}

/// Unsettled replies, as the list of the outbox orders them, read from an index alone; `covered`: whether a hold covers
/// the reply `r`.
pub(super) fn open_order(covered: &str) -> String {
    format!(
        "SELECT id FROM (
           SELECT r.id AS id, r.not_before AS due,
                  CASE WHEN r.state IN ('refused','unsure') THEN 0
                       WHEN r.state = 'to_approve' THEN 1
                       WHEN r.state = 'waiting' AND {covered} THEN 2
                       WHEN r.why IN ('conflict','login') OR r.by_hand = 1 THEN 0
                       ELSE 3 END AS place
             FROM reply r WHERE r.state IN {OPEN} AND (?1 IS NULL OR r.client = ?1))
          ORDER BY place, CASE WHEN place < 2 THEN 0 ELSE due END, id LIMIT ?2 OFFSET ?3"
    )
}

const SENT_ORDER: &str = "SELECT r.id FROM reply r WHERE r.state = 'sent' AND (?1 IS NULL OR r.client = ?1)
                           ORDER BY r.sent_at DESC, r.id DESC LIMIT ?2 OFFSET ?3";

fn page(conn: &Connection, query: OutboxQuery, offset: u32, limit: u32) -> Result<Slice<ReplyView>, Problem> {
    let client = query.client.map(|client| client.0);
    let ids = |sql: &str, limit: u32, offset: u32| -> Result<Vec<ReplyId>, Problem> {
        Ok(conn
            .prepare_cached(sql)?
            .query_map(params![client, limit, offset], |row| row.get(0).map(ReplyId))?
            .collect::<Result<_, _>>()?)
    };
    let open: u32 = conn
        .prepare_cached("SELECT ifnull(sum(outbox), 0) FROM tally WHERE ?1 IS NULL OR client = ?1")?
        .query_row([client], |row| row.get(0))?;
    let sent = ids(SENT_ORDER, SENT_SHOWN, 0)?;
    let mut rows = if offset < open { ids(&open_order(&hold::covered_now(conn)?), limit, offset)? } else { Vec::new() };
    let (skipped, left) = (offset.saturating_sub(open) as usize, limit as usize - rows.len());
    let total = open + u32::try_from(sent.len()).unwrap_or(SENT_SHOWN);
    rows.extend(sent.into_iter().skip(skipped).take(left));
    let rows = rows.into_iter().map(|id| reply(conn, id)).collect::<Result<_, _>>()?;
    Ok(Slice { total, offset, rows })
}

pub(crate) fn reply(conn: &Connection, id: ReplyId) -> Result<ReplyView, Problem> {
    view(conn, &Reply::one(conn, id)?)
}

/// Those of a conversation that are no message yet, oldest first.
pub(crate) fn of_conversation(conn: &Connection, conversation: ConversationId) -> Result<Vec<ReplyView>, Problem> {
    let condition = "r.conversation = ? AND r.message IS NULL
        AND r.state IN ('to_approve','waiting','sending','refused','unsure','sent') ORDER BY r.id";
    Reply::all(conn, condition, [conversation.0])?.iter().map(|reply| view(conn, reply)).collect()
}

/// Those of a conversation that have become a message of it.
pub(crate) fn linked(conn: &Connection, conversation: ConversationId) -> Result<Vec<ReplyView>, Problem> {
    let condition = "r.conversation = ? AND r.message IS NOT NULL ORDER BY r.id";
    Reply::all(conn, condition, [conversation.0])?.iter().map(|reply| view(conn, reply)).collect()
}

/// The unsettled reply of a conversation that matters most: one that wants the CM before one that goes its way.
pub(crate) fn foremost(conn: &Connection, conversation: ConversationId) -> Result<Option<ReplyState>, Problem> {
    let open = Reply::all(conn, &format!("r.conversation = ? AND r.state IN {OPEN} ORDER BY r.id"), [conversation.0])?;
    let mut states = Vec::with_capacity(open.len());
    for reply in &open {
        states.push(shown(conn, reply)?);
    }
    let weight = |state: &ReplyState| match state {
        ReplyState::Unsure { .. } | ReplyState::Handed => 0,
        ReplyState::Refused { .. } => 1,
        ReplyState::Waiting { why: Waiting::Conflict { .. } } => 2,
        ReplyState::ToApprove => 3,
        ReplyState::Held { .. } => 4,
        ReplyState::Sending => 5,
        _ => 6,
    };
    Ok(states.into_iter().min_by_key(weight))
}

/// Who speaks, to whom, and who will read it; not yet when its client's hours open.
pub(crate) fn composer(conn: &Connection, conversation: ConversationId) -> Result<ComposerView, Problem> {
    let speaker = Speaker::of(conn, conversation)?;
    let answered = Answered::of(conn, conversation, &[])?;
    let can_reply = speaker.capabilities.as_ref().is_none_or(|can| can.reply);
    let by_hand = answered.as_ref().is_some_and(|answered| answered.by_hand);
    // Where it is pasted decides whom it addresses and who reads it.
    let visibility = answered.as_ref().filter(|_| !by_hand).and_then(|answered| answered.visibility);
    let addressed = answered.as_ref().filter(|_| !by_hand);
    Ok(ComposerView {
        able: answered.is_some() && can_reply && !speaker.removed,
        speaks_as: speaker.me.handle.clone(),
        answers: answered.as_ref().map(|answered| answered.message),
        to: addressed.map(|answered| speaker.addressees(answered)).unwrap_or_default(),
        visibility,
        visibilities: if by_hand { Vec::new() } else { speaker.visibilities(visibility) },
        limit: speaker.capabilities.as_ref().map(|can| can.limit_for(visibility).clone()),
        by_hand,
        opens_at: None,
    })
}

pub(super) fn view(conn: &Connection, reply: &Reply) -> Result<ReplyView, Problem> {
    let (answers, answered_text, answered_before) = conn
        .prepare_cached(
            "SELECT iif(p.name = '', p.handle, p.name), m.text,
                    (SELECT nullif(r.answered, m.text) FROM reply r WHERE r.id = ?2)
               FROM message m JOIN person p ON p.id = m.person WHERE m.id = ?1",
        )?
        .query_row([reply.answers.0, reply.id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?
        .unwrap_or_default();
    let url = match reply.message {
        Some(message) => conn
            .prepare_cached("SELECT url FROM message WHERE id = ?")?
            .query_row([message.0], |row| row.get::<_, Option<String>>(0))
            .optional()?
            .flatten(),
        None => None,
    };
    Ok(ReplyView {
        id: reply.id,
        client: reply.client,
        account: reply.account,
        conversation: reply.conversation,
        answers,
        answered_text,
        answered_before,
        attachments: attachment::of_key(conn, &reply.key)?,
        text: reply.text.clone(),
        visibility: reply.visibility,
        state: shown(conn, reply)?,
        written_at: reply.written_at,
        send_at: reply.send_at,
        sent_at: reply.sent_at,
        url,
        message: reply.message,
        tries: reply.tries,
    })
}

fn shown(conn: &Connection, reply: &Reply) -> Result<ReplyState, Problem> {
    let detail = &reply.detail;
    Ok(match reply.state {
        State::ToApprove => ReplyState::ToApprove,
        State::Waiting => match hold::narrowest(conn, reply.id)? {
            Some(hold) => ReplyState::Held { hold },
            None => ReplyState::Waiting { why: waiting(conn, reply)? },
        },
        State::Sending | State::Resending => ReplyState::Sending,
        State::Sent => ReplyState::Sent {
            private: detail.private || reply.visibility == Some(Visibility::Direct),
            altered: detail.altered,
        },
        State::Refused => ReplyState::Refused {
            reason: detail.reason.clone().unwrap_or(Reason { code: RefusalCode::Invalid, said: None }),
        },
        State::Unsure if reply.by_hand => ReplyState::Handed,
        State::Unsure => ReplyState::Unsure { looked_at: reply.looked_at, candidates: detail.candidates.clone() },
        State::TakenBack => ReplyState::TakenBack,
        State::Discarded => ReplyState::Discarded,
    })
}

/// What it waits for, the CM's business first.
fn waiting(conn: &Connection, reply: &Reply) -> Result<Waiting, Problem> {
    let kept = reply.detail.why.unwrap_or(Waiting::Turn);
    if matches!(kept, Waiting::Conflict { .. }) {
        return Ok(kept);
    }
    let earlier: bool = conn
        .prepare_cached(&format!(
            "SELECT EXISTS (SELECT 1 FROM reply r WHERE r.conversation = ?1 AND r.id < ?2 AND r.state IN {OPEN}
               AND (r.state IN ('to_approve','refused','unsure') OR r.why IN ('conflict','scheduled')
                    OR r.state = 'waiting' AND {COVERED}))"
        ))?
        .query_row(params![reply.conversation.0, reply.id.0], |row| row.get(0))?;
    Ok(match earlier {
        true => Waiting::Earlier,
        false if reply.by_hand => Waiting::Hand,
        false => kept,
    })
}
