//! A reply's row: read whole, moved one step at a time by compare-and-set.

use super::state::{self, Event, State};
use crate::intake::visibility_of;
use crate::view::{DraftView, Problem, TemplateUse, Waiting};
use guichet_model::{
    AccountId, Addressee, ClientId, ConversationId, MessageId, Millis, Outgoing, Place, Prepared, Reason, ReplyId,
    TemplateId, Visibility,
};
use rusqlite::types::Type;
use rusqlite::{Connection, Row, Transaction, params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub(crate) struct Reply {
    pub id: ReplyId,
    pub client: ClientId,
    pub account: AccountId,
    pub conversation: ConversationId,
    pub answers: MessageId,
    pub key: String,
    pub text: String,
    pub to: Vec<Addressee>,
    pub visibility: Option<Visibility>,
    pub warning: Option<String>,
    pub lang: Option<String>,
    pub template: Option<TemplateUse>,
    pub place: Place,
    pub seen: i64,
    pub state: State,
    pub detail: Detail,
    pub written_at: Millis,
    pub offline: bool,
    pub checked_at: Option<Millis>,
    pub anyway: bool,
    pub tries: u32,
    pub first_try: Option<Millis>,
    pub prepared: Option<Prepared>,
    pub known: Known,
    pub looked_at: Option<Millis>,
    pub looks: u32,
    pub sent_at: Option<Millis>,
    pub message: Option<MessageId>,
    /// The instant that the CM chose.
    pub send_at: Option<Millis>,
    /// Pictures go with it.
    pub pictured: bool,
    /// Nothing sends it: the CM publishes it, and says so.
    pub by_hand: bool,
}

/// What a state adds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Detail {
    /// Of a waiting one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Waiting>,
    /// Of a refused one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Of an unsure one: messages of ours that could be it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<MessageId>,
    /// Of one on the wire: not for the first time.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// Of a sent one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub altered: bool,
}

/// What was known just before the first attempt, so that its message can be told from older ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Known {
    /// Remote ids of ours in the conversation.
    pub ids: Vec<String>,
    /// The earliest that the server's clock can have shown.
    pub since: Millis,
    /// Our own clock then: a server's date that ran ahead must not keep a key young.
    pub wall: Millis,
}

pub(super) const COLUMNS: &str =
    "r.id, r.client, r.account, r.conversation, r.answers, r.key, r.text, r.addressees, r.visibility, r.warning,
    r.lang, r.template, r.template_version, r.place, r.seen, r.state, r.detail, r.written_at, r.offline,
    r.checked_at, r.anyway, r.tries, r.first_try, r.prepared, r.known, r.looked_at, r.looks, r.sent_at, r.message, r.send_at,
    EXISTS (SELECT 1 FROM attachment t WHERE t.key = r.key), r.by_hand";

pub(crate) const OPEN: &str = "('to_approve','waiting','sending','refused','unsure')";

impl Reply {
    pub fn one(conn: &Connection, id: ReplyId) -> Result<Self, Problem> {
        let sql = format!("SELECT {COLUMNS} FROM reply r WHERE r.id = ?");
        Ok(conn.prepare_cached(&sql)?.query_row([id.0], Self::read)?)
    }

    /// Those that meet `condition`, in the order it gives.
    pub fn all(conn: &Connection, condition: &str, params: impl rusqlite::Params) -> Result<Vec<Self>, Problem> {
        let sql = format!("SELECT {COLUMNS} FROM reply r WHERE {condition}");
        let mut statement = conn.prepare_cached(&sql)?;
        let rows = statement.query_map(params, Self::read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let detail: Detail = json(row, 16)?.unwrap_or_default();
        let stored: String = row.get(15)?;
        let state = State::of(&stored, detail.again).ok_or_else(|| unreadable(15))?;
        let visibility: Option<String> = row.get(8)?;
        let template: Option<i64> = row.get(11)?;
        let version: Option<u32> = row.get(12)?;
        let instant = |index| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(index)?.map(Millis));
        Ok(Self {
            id: ReplyId(row.get(0)?),
            client: ClientId(row.get(1)?),
            account: AccountId(row.get(2)?),
            conversation: ConversationId(row.get(3)?),
            answers: MessageId(row.get(4)?),
            key: row.get(5)?,
            text: row.get(6)?,
            to: json(row, 7)?.unwrap_or_default(),
            visibility: visibility.as_deref().and_then(visibility_of),
            warning: row.get(9)?,
            lang: row.get(10)?,
            template: template.zip(version).map(|(id, version)| TemplateUse { id: TemplateId(id), version }),
            place: json(row, 13)?.ok_or_else(|| unreadable(13))?,
            seen: row.get(14)?,
            state,
            detail,
            written_at: Millis(row.get(17)?),
            offline: row.get(18)?,
            checked_at: instant(19)?,
            anyway: row.get(20)?,
            tries: row.get(21)?,
            first_try: instant(22)?,
            prepared: json(row, 23)?,
            known: json(row, 24)?.unwrap_or_default(),
            looked_at: instant(25)?,
            looks: row.get(26)?,
            sent_at: instant(27)?,
            message: row.get::<_, Option<i64>>(28)?.map(MessageId),
            send_at: instant(29)?,
            pictured: row.get(30)?,
            by_hand: row.get(31)?,
        })
    }

    /// One transition of the table, if the row still is as it was read. `false`: somebody moved it meanwhile.
    pub fn step(&self, tx: &Transaction<'_>, event: Event, detail: Detail) -> Result<bool, Problem> {
        let next = state::next(self.state, event).ok_or(Problem::TooLate)?;
        let detail = Detail { again: next == State::Resending, ..detail };
        let moved = tx
            .prepare_cached(
                "UPDATE reply SET state = ?1, detail = ?2, why = json_extract(?2, '$.why.why')
                  WHERE id = ?3 AND state = ?4 AND tries = ?5 AND key = ?6",
            )?
            .execute(params![
                next.stored(),
                serde_json::to_string(&detail)?,
                self.id.0,
                self.state.stored(),
                self.tries,
                self.key
            ])?;
        if moved == 1 {
            tracing::debug!(reply = self.id.0, from = ?self.state, to = ?next, "reply moved");
        }
        Ok(moved == 1)
    }

    /// An earlier one of its conversation is open.
    pub fn is_behind(&self, conn: &Connection) -> Result<bool, Problem> {
        let sql =
            format!("SELECT EXISTS (SELECT 1 FROM reply WHERE conversation = ?1 AND id < ?2 AND state IN {OPEN})");
        Ok(conn.prepare_cached(&sql)?.query_row(params![self.conversation.0, self.id.0], |row| row.get(0))?)
    }

    /// They wrote something in its conversation that the CM had not read when they wrote it.
    pub fn has_news(&self, conn: &Connection) -> Result<bool, Problem> {
        let sql = "SELECT EXISTS (SELECT 1 FROM message WHERE conversation = ?1 AND id > ?2 AND ours = 0
                                     AND gone_at IS NULL AND publication NOT IN ('spam', 'trash'))";
        Ok(conn.prepare_cached(sql)?.query_row(params![self.conversation.0, self.seen], |row| row.get(0))?)
    }

    pub fn outgoing(&self) -> Outgoing {
        Outgoing {
            key: self.key.clone(),
            written_at: self.written_at,
            place: self.place.clone(),
            text: self.text.clone(),
            to: self.to.clone(),
            visibility: self.visibility,
            warning: self.warning.clone(),
            lang: self.lang.clone(),
            pictures: Vec::new(),
        }
    }

    /// As it goes back to the composer.
    pub fn draft(&self) -> DraftView {
        DraftView {
            text: self.text.clone(),
            to: self.to.clone(),
            visibility: self.visibility,
            warning: self.warning.clone(),
            template: self.template.clone(),
            send_at: self.send_at,
            at: self.written_at,
        }
    }
}

fn json<T: DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<T>> {
    let Some(text) = row.get::<_, Option<String>>(index)? else {
        return Ok(None);
    };
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error)))
}

fn unreadable(index: usize) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(index, "reply".into(), Type::Text)
}
