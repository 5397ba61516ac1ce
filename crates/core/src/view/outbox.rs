//! A reply's state, as the CM understands it.

use guichet_model::{
    AccountId, AttachmentId, ClientId, ConversationId, HoldId, MessageId, Millis, PostId, Reason, ReplyId, Visibility,
};
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
    /// What it answers, as the store knows it now.
    pub answered_text: String,
    /// What it said when the reply was written, where that was another text.
    pub answered_before: Option<String>,
    pub text: String,
    pub attachments: Vec<AttachmentView>,
    pub visibility: Option<Visibility>,
    pub state: ReplyState,
    pub written_at: Millis,
    /// The instant the CM chose, if any.
    pub send_at: Option<Millis>,
    pub sent_at: Option<Millis>,
    /// Where the network shows it.
    pub url: Option<String>,
    pub message: Option<MessageId>,
    pub tries: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum ReplyState {
    /// Its client wants a yes first.
    ToApprove,
    /// It would wait, but a hold covers it: the narrowest one that does.
    Held {
        hold: HoldView,
    },
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
    /// Its text was given to the CM to publish: is it there?
    Handed,
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
    /// The instant that the CM chose.
    Scheduled { at: Millis },
    /// The network.
    Network,
    /// An earlier reply of the same conversation, which does not leave by itself, or not yet.
    Earlier,
    /// The account's owner must sign in again.
    Login,
    /// The account or access is suspended.
    Blocked { until: Option<Millis> },
    /// The CM: what it answers came without a key, and they publish it themselves.
    Hand,
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
    /// The CM has published what was copied.
    Published,
    /// They have not: it waits again.
    NotPublished,
}

/// A reply taken in: it waits, and can be taken back by undoing the act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Sent {
    pub reply: ReplyId,
    pub acted: super::Acted,
}

/// A reply's text, on its way to be published by the CM.
#[derive(Clone, PartialEq, Serialize, TS)]
pub struct Copied {
    /// `None`: it may not leave now; the reply's state says why.
    pub text: Option<String>,
    /// Where what it answers stands.
    pub url: Option<String>,
    pub reply: ReplyView,
}

/// What an act on several replies did, and those that it was too late for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct ActedOn {
    pub acted: super::Acted,
    pub left: Vec<ReplyId>,
}

/// Which replies the outbox shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OutboxQuery {
    /// One client alone; `None`: all.
    pub client: Option<ClientId>,
}

/// What a hold stops.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "scope", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum HoldTarget {
    Reply {
        reply: ReplyId,
    },
    Conversation {
        conversation: ConversationId,
    },
    Post {
        post: PostId,
    },
    Account {
        account: AccountId,
    },
    Client {
        client: ClientId,
    },
    Network {
        network: String,
    },
    /// Conversations of one affair, under a name; more of them join it by the same name.
    Incident {
        name: String,
        conversations: Vec<ConversationId>,
    },
    Everything,
    /// What a restored inbox had not sent. Only the program places it.
    Restored,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct HoldView {
    pub id: HoldId,
    pub target: HoldTarget,
    /// The CM's own words; may be empty.
    pub why: String,
    pub by_program: bool,
    pub at: Millis,
    /// Replies that it stops now, as the outbox lists them among the held; 0 inside a `ReplyState`.
    pub replies: u32,
}

/// A hold placed. `on_wire`: covered replies that had already begun to leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    pub holds: Vec<HoldId>,
    pub on_wire: u32,
    pub acted: super::Acted,
}

/// A reply that a release would let go, with what became stale meanwhile; the stale ones first.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct StaleView {
    pub reply: ReplyView,
    /// Written more than ten minutes ago: looked at again at its source before it leaves.
    pub old: bool,
    pub conflict: Option<Conflict>,
}

/// A picture that goes with a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AttachmentView {
    pub id: AttachmentId,
    pub name: String,
    pub media_type: String,
    /// In bytes.
    #[ts(type = "number")]
    pub size: u64,
    /// What it shows, for those who do not see it.
    pub alt: String,
}
