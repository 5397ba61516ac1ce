//! A reply's state, as the CM understands it.

use guichet_model::{AccountId, ClientId, ConversationId, MessageId, Millis, Reason, ReplyId, Visibility};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ReplyView {
    pub id: ReplyId,
    pub client: ClientId,
    pub account: AccountId,
    pub conversation: ConversationId,
    /// Whom it answers: their display name.
    pub answers: String,
    pub text: String,
    pub visibility: Option<Visibility>,
    pub state: ReplyState,
    pub written_at: Millis,
    pub sent_at: Option<Millis>,
    /// Where the network shows it.
    pub url: Option<String>,
    pub message: Option<MessageId>,
    pub tries: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum ReplyState {
    Waiting {
        why: Waiting,
    },
    Sending,
    /// The network has it. `private`: « envoyée » instead of « publiée ». `altered`: the network shows another text.
    Sent {
        private: bool,
        altered: bool,
    },
    Refused {
        reason: Reason,
    },
    /// Perhaps there, perhaps not. `looked_at`: when we last looked and did not find it.
    Unsure {
        looked_at: Option<Millis>,
        candidates: Vec<MessageId>,
    },
    TakenBack,
    Discarded,
}

/// What a waiting reply waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "why", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Waiting {
    /// Its turn: it leaves now.
    Turn,
    /// An instant: the delay to take it back, or the network's wish.
    Until { at: Millis },
    /// The network.
    Network,
    /// An earlier reply of the same conversation, refused or unsure.
    Earlier,
    /// The account's owner must sign in again.
    Login,
    /// The account or access is suspended.
    Blocked { until: Option<Millis> },
    /// What it answers changed; the CM looks first.
    Conflict { conflict: Conflict },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Conflict {
    Gone,
    Edited,
    Answered,
}

/// The CM's word on an unsure reply, a refused one, or one in conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "word", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Settle {
    /// It is there: this message is it.
    IsThere { message: MessageId },
    /// Send it again, knowing that it may be there twice.
    SendAgain,
    /// Give it up; its text goes back to the draft.
    GiveUp,
}

/// A reply taken in: it waits, and can be taken back by undoing the act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Sent {
    pub reply: ReplyId,
    pub acted: super::Acted,
}
