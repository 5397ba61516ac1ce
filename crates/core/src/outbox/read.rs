//! Replies as they are shown, and what the composer says before any text.

use super::row::{OPEN, Reply};
use super::state::State;
use super::wall::{Answered, Speaker};
use crate::desk::Desk;
use crate::view::{ComposerView, Problem, ReplyState, ReplyView, Waiting};
use guichet_model::{ConversationId, Reason, RefusalCode, Visibility};
use rusqlite::{Connection, OptionalExtension, params};

/// Sent ones listed behind those not settled yet.
const SENT_SHOWN: u32 = 50;

impl Desk {
    /// Those not settled yet, oldest first; then the last fifty sent, newest first.
    pub async fn outbox(&self) -> Result<Vec<ReplyView>, Problem> {
        self.store()
            .read(|conn| {
                let mut replies = Reply::all(conn, &format!("r.state IN {OPEN} ORDER BY +r.id"), [])?;
                replies.extend(Reply::all(
                    conn,
                    "r.state = 'sent' ORDER BY r.sent_at DESC, r.id DESC LIMIT ?",
                    [SENT_SHOWN],
                )?);
                replies.iter().map(|reply| view(conn, reply)).collect()
            })
            .await
    }
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
        ReplyState::Unsure { .. } => 0,
        ReplyState::Refused { .. } => 1,
        ReplyState::Waiting { why: Waiting::Conflict { .. } } => 2,
        ReplyState::Sending => 3,
        _ => 4,
    };
    Ok(states.into_iter().min_by_key(weight))
}

/// Who speaks, to whom, and who will read it.
pub(crate) fn composer(conn: &Connection, conversation: ConversationId) -> Result<ComposerView, Problem> {
    let speaker = Speaker::of(conn, conversation)?;
    let answered = Answered::of(conn, conversation, &[])?;
    let can_reply = speaker.capabilities.as_ref().is_none_or(|can| can.reply);
    let visibility = answered.as_ref().and_then(|answered| answered.visibility);
    Ok(ComposerView {
        able: answered.is_some() && can_reply && !speaker.removed,
        speaks_as: speaker.me.handle.clone(),
        answers: answered.as_ref().map(|answered| answered.message),
        to: answered.as_ref().map(|answered| speaker.addressees(answered)).unwrap_or_default(),
        visibility,
        visibilities: speaker.visibilities(visibility),
        limit: speaker.capabilities.map(|can| can.limit),
        opens_at: None,
    })
}

pub(super) fn view(conn: &Connection, reply: &Reply) -> Result<ReplyView, Problem> {
    let (answers, answered_text) = conn
        .prepare_cached(
            "SELECT iif(p.name = '', p.handle, p.name), m.text
               FROM message m JOIN person p ON p.id = m.person WHERE m.id = ?",
        )?
        .query_row([reply.answers.0], |row| Ok((row.get(0)?, row.get(1)?)))
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
        attachments: Vec::new(),
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
        State::Waiting => ReplyState::Waiting { why: waiting(conn, reply)? },
        State::Sending | State::Resending => ReplyState::Sending,
        State::Sent => ReplyState::Sent {
            private: detail.private || reply.visibility == Some(Visibility::Direct),
            altered: detail.altered,
        },
        State::Refused => ReplyState::Refused {
            reason: detail.reason.clone().unwrap_or(Reason { code: RefusalCode::Invalid, said: None }),
        },
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
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM reply WHERE conversation = ?1 AND id < ?2
               AND (state IN ('refused','unsure') OR state = 'waiting' AND detail LIKE '%\"conflict\"%'))",
        )?
        .query_row(params![reply.conversation.0, reply.id.0], |row| row.get(0))?;
    Ok(if earlier { Waiting::Earlier } else { kept })
}
