//! A draft becomes a reply: checked, kept, and the CM goes on. Nothing here waits for a network.

use super::changed;
use super::row::Detail;
use super::schedule;
use super::state::State;
use super::wall::{Answered, Speaker, check};
use crate::desk::Desk;
use crate::journal;
use crate::store::Durability;
use crate::view::{Acted, Checked, DraftView, Problem, Sent, Triage, Waiting};
use crate::{attachment, changes, client, draft, template, triage};
use guichet_model::text;
use guichet_model::{ConversationId, Millis, Place, RemoteId, ReplyId, Visibility};
use rusqlite::{Connection, Transaction, params};
use serde_json::json;

impl Desk {
    /// What the draft counts as its network counts, and everything that keeps it from leaving.
    pub async fn check(&self, conversation: ConversationId, draft: DraftView) -> Result<Checked, Problem> {
        self.store()
            .read(move |conn| {
                let speaker = Speaker::of(conn, conversation)?;
                let answered = Answered::of(conn, conversation, &draft.to)?;
                let parent = answered.and_then(|answered| answered.visibility);
                let visibility = draft.visibility.or(parent);
                let leaks = check(conn, conversation, &draft, &speaker, visibility)?;
                let limit = speaker.capabilities.as_ref().map(|can| can.limit_for(visibility));
                let whole = if speaker.addresses() {
                    text::addressed(&draft.text, &draft.to, &speaker.home)
                } else {
                    draft.text.clone()
                };
                let measure = limit.map(|limit| text::measure(&whole, draft.warning.as_deref(), limit));
                Ok(Checked {
                    count: measure.map_or_else(
                        || u32::try_from(whole.chars().count()).unwrap_or(u32::MAX),
                        |measure| measure.count,
                    ),
                    most: measure.map(|measure| measure.most),
                    bytes: measure.is_some_and(|measure| measure.bytes),
                    leaks,
                    hints: attachment::hints(conn, conversation)?,
                })
            })
            .await
    }

    /// Into the outbox, on the disk, when it returns: it leaves by itself after the delay to take it back, not before the
    /// draft's `send_at`, and where its client wants a yes, not before that.
    /// `then_done` files the conversation in the same act. `NotOffered` where the account may not answer there,
    /// `OtherClient` where draft or template are another's, `Leaks` where the text cannot leave, `Invalid` of
    /// `visibility` where it would be read wider than what it answers, of `to` where nobody would read it,
    /// `NotFound` where nothing is left to answer.
    pub async fn send_reply(
        &self,
        conversation: ConversationId,
        draft: DraftView,
        then_done: bool,
    ) -> Result<Sent, Problem> {
        let moment = Moment {
            now: self.now(),
            key: self.inner.doors.uuid(),
            spare: self.inner.doors.uuid(),
            offline: !self.connected(),
        };
        let sent =
            self.store().write(Durability::Full, move |tx| write(tx, conversation, &draft, then_done, moment)).await?;
        self.step("reply written");
        self.announce(sent.acted.change.clone());
        self.inner.wake_outbox.notify_one();
        Ok(sent)
    }
}

struct Moment {
    now: Millis,
    /// For a reply that had no draft.
    key: String,
    /// For the draft it becomes again, should it be undone.
    spare: String,
    offline: bool,
}

fn write(
    tx: &Transaction<'_>,
    conversation: ConversationId,
    draft: &DraftView,
    then_done: bool,
    moment: Moment,
) -> Result<Sent, Problem> {
    let now = moment.now;
    let speaker = Speaker::of(tx, conversation)?;
    let can = speaker.capabilities.as_ref();
    if speaker.removed || can.is_some_and(|can| !can.reply) {
        return Err(Problem::NotOffered);
    }
    let answered = Answered::of(tx, conversation, &draft.to)?.ok_or(Problem::NotFound)?;
    let visibility = audience(&speaker, &answered, draft)?;
    if let Some(used) = &draft.template {
        template::usable(tx, used, speaker.client)?;
    }
    let leaks = check(tx, conversation, draft, &speaker, visibility)?;
    if !leaks.is_empty() {
        return Err(Problem::Leaks { leaks });
    }
    attachment::fits(tx, conversation)?;
    let key = draft::take(tx, conversation)?.unwrap_or(moment.key);
    let to_approve = client::rules(tx, speaker.client)?.to_approve;
    let (send_at, (not_before, why)) = match answered.by_hand {
        // Nothing leaves by itself: there is no delay to take it back in, and no instant.
        true => (None, (now, Waiting::Hand)),
        false => (draft.send_at, schedule::leaves(tx, speaker.client, draft.send_at, now)?),
    };
    let state = if to_approve { State::ToApprove } else { State::Waiting };
    let detail = Detail { why: (!to_approve).then_some(why), ..Detail::default() };
    let used = draft.template.as_ref();
    let to = if speaker.addresses() { draft.to.as_slice() } else { &[] };
    tx.prepare_cached(
        "INSERT INTO reply (client, account, conversation, answers, key, text, addressees, visibility, warning, lang,
                            template, template_version, place, seen, state, detail, written_at, offline, not_before,
                            send_at, why, rests_from, answered, by_hand)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, (SELECT lang FROM template WHERE id = ?10), ?10, ?11, ?12,
                (SELECT max(id) FROM message WHERE conversation = ?3), ?17, ?13, ?14, ?15, ?16, ?18,
                json_extract(?13, '$.why.why'), ?19, (SELECT text FROM message WHERE id = ?4), ?20",
    )?
    .execute(params![
        speaker.client.0,
        speaker.account.0,
        conversation.0,
        answered.message.0,
        key,
        draft.text.trim(),
        serde_json::to_string(to)?,
        visibility.map(crate::intake::visibility),
        draft.warning.as_deref().map(str::trim).filter(|w| !w.is_empty()),
        used.map(|used| used.id.0),
        used.map(|used| used.version),
        serde_json::to_string(&place(tx, conversation, &answered)?)?,
        serde_json::to_string(&detail)?,
        now.0,
        moment.offline,
        not_before.0,
        state.stored(),
        schedule::chosen(send_at, now).map(|at| at.0),
        schedule::rests_from(why, now),
        answered.by_hand,
    ])?;
    let reply = ReplyId(tx.last_insert_rowid());
    if let Some(used) = used {
        template::count_use(tx, used, now)?;
    }
    let mut change = changed(reply, conversation);
    change.templates = used.is_some();
    let mut told = json!({ "reply": reply, "conversation": conversation, "spare": moment.spare });
    if then_done {
        let filed = triage::set(tx, &[conversation], Triage::Done, now)?;
        changes::join(&mut change, filed.change);
        if let Some(act) = filed.act {
            told["with_act"] = json!(act);
        }
    }
    let act = journal::record(tx, now, "send_reply", Some(speaker.client), told)?;
    tracing::info!(reply = reply.0, account = speaker.account.0, ?state, "reply taken in");
    Ok(Sent { reply, acted: Acted { act: Some(act), change } })
}

/// Who will read it: never wider than what it answers, and somebody.
fn audience(speaker: &Speaker, answered: &Answered, draft: &DraftView) -> Result<Option<Visibility>, Problem> {
    let invalid = |field: &str| Problem::Invalid { field: field.to_owned() };
    let Some(parent) = answered.visibility else {
        return Ok(None);
    };
    let visibility = draft.visibility.unwrap_or(parent);
    if visibility < parent {
        return Err(invalid("visibility"));
    }
    if !speaker.visibilities(Some(parent)).contains(&visibility) {
        return Err(Problem::NotOffered);
    }
    // Those named are the whole audience of a direct answer.
    if visibility == Visibility::Direct && speaker.addresses() && draft.to.is_empty() {
        return Err(invalid("to"));
    }
    Ok(Some(visibility))
}

/// What is answered, as the CM had it in view.
fn place(conn: &Connection, conversation: ConversationId, answered: &Answered) -> Result<Place, Problem> {
    let place = conn.query_row(
        "SELECT c.root, p.remote, c.read_at FROM conversation c LEFT JOIN post p ON p.id = c.post WHERE c.id = ?",
        [conversation.0],
        |row| {
            let read_at: Option<i64> = row.get(2)?;
            Ok(Place {
                remote: answered.remote.clone(),
                conversation: RemoteId(row.get(0)?),
                post: row.get::<_, Option<String>>(1)?.map(RemoteId),
                visibility: answered.visibility,
                edited_at: answered.edited_at,
                read_at: read_at.map_or(answered.at, Millis),
            })
        },
    )?;
    Ok(place)
}
