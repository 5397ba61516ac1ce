//! The sidebar and the list: clients, accounts with their health, counts, rows.

use guichet_model::{
    AccountId, ClientId, ConversationId, Interval, Kind, MessageId, Millis, Publication, Route, Unreached, Visibility,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The sidebar, whole.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DeskView {
    pub clients: Vec<ClientView>,
    pub counts: Counts,
    /// Whether the last requests came through. `None`: nothing tried yet.
    pub online: Option<bool>,
    /// The earliest instant that every account has been read up to.
    pub read_up_to: Option<Millis>,
    /// Whether an intake is running now.
    pub pulling: bool,
    /// Why nothing comes through, where it does not. `Clock` also where it does, and every server shows another hour.
    pub trouble: Option<Unreached>,
    /// Holds not released.
    pub holds: u32,
}

/// Conversations of each triage, drafts, replies; over all clients, or of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Open and owed an answer.
    pub owed: u32,
    pub later: u32,
    pub done: u32,
    pub drafts: u32,
    /// Replies not yet settled.
    pub outbox: u32,
    /// Among them, those that only the CM moves: refused, unsure, to be published by hand.
    pub trouble: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ClientView {
    pub id: ClientId,
    pub name: String,
    /// One or two capital letters, so that clients are told apart in greyscale.
    pub letter: String,
    /// 1 to 8, an index in the palette.
    pub color: u8,
    pub counts: Counts,
    pub rules: ClientRules,
    pub accounts: Vec<AccountView>,
}

/// How a client's replies leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ClientRules {
    /// How long a reply can be taken back: 0 to 120 s.
    pub undo_seconds: u32,
    /// Its replies wait for a yes.
    pub to_approve: bool,
    /// When it answers; none: always.
    pub hours: Vec<Opening>,
}

/// Some hours of one day of the week, in the person's own time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Opening {
    /// 1 Monday to 7 Sunday.
    pub day: u8,
    /// Minutes since midnight; `to` is at most 1,440 and after `from`.
    pub from: u16,
    pub to: u16,
}

#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    pub id: AccountId,
    pub client: ClientId,
    /// The network's stable name (`mastodon`).
    pub network: String,
    /// How it is reached; only by `api` does anything leave by itself.
    pub route: Route,
    /// Without "@", with its server.
    pub handle: String,
    pub name: String,
    pub health: Health,
    /// Last successful pull.
    pub last_success: Option<Millis>,
    pub read_up_to: Option<Millis>,
    /// Gaps, with whether the network could still fill them.
    pub holes: Vec<Hole>,
    pub unreadable: u32,
    pub capabilities: Option<guichet_model::Capabilities>,
    pub round_trip: RoundTrip,
}

/// What proves an account, each the first time; all three: it is proved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
pub struct RoundTrip {
    /// A text of somebody else was read.
    pub read: Option<Millis>,
    /// A reply of ours was taken.
    pub answered: Option<Millis>,
    /// And was seen where others see it: a reading brought it back, or a person looked.
    pub seen: Option<Millis>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Hole {
    pub interval: Interval,
    pub fillable: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "health", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Health {
    /// Connected, never read yet.
    New,
    Good,
    /// Its server was not reached, last time it was tried.
    Offline {
        why: Unreached,
    },
    /// The network asked to wait until then.
    Waiting {
        until: Millis,
    },
    NeedsLogin,
    Blocked {
        until: Option<Millis>,
    },
    /// The last answers could not be read.
    Unreadable,
}

/// An item that the CM adds: where it stands, and what it says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ByHand {
    pub link: String,
    pub text: String,
    /// A name, or a handle with its "@"; `None`: not told.
    pub author: Option<String>,
    /// When it was written; `None`: now.
    pub at: Option<Millis>,
}

/// What a link is, before anything is added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Recognised {
    /// The network's stable name, or `site`.
    pub network: String,
    pub host: String,
    /// Whether it names one item; else only what items hang on.
    pub precise: bool,
}

/// What came in by the door without a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Added {
    pub new: u32,
    /// Those that were there before: nothing is there twice.
    pub known: u32,
    /// Those of which nobody can tell where they belong.
    pub unreadable: u32,
    /// Where the first one stands.
    pub conversation: Option<ConversationId>,
    pub acted: super::Acted,
}

/// A notification mail as it was kept: whoever wrote, its subject, its text.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
pub struct MailView {
    pub text: String,
}

/// What came of showing who speaks in a mail, and what they say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Taught {
    /// Whether later mails of that shape are read so; if not, nothing in this one tells where they stand.
    pub learned: bool,
    /// Other messages that are understood now.
    pub others: u32,
    pub acted: super::Acted,
}

/// Which conversations a list shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ListQuery {
    pub view: View,
    /// One client alone; `None`: all.
    pub client: Option<ClientId>,
    /// One account alone; `None`: all.
    pub account: Option<AccountId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// Open conversations, oldest owed first.
    Owed,
    /// Put off, the soonest first.
    Later,
    /// Filed, newest first.
    Done,
    /// With a draft, last written first.
    Drafts,
    /// Everything, newest first.
    All,
}

/// A window of a list.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct Slice<T> {
    pub total: u32,
    pub offset: u32,
    pub rows: Vec<T>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(tag = "triage", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Triage {
    Open,
    /// `until` is `None`: until an answer comes.
    Later {
        until: Option<Millis>,
    },
    Done,
}

/// A conversation in a list: three lines.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    pub id: ConversationId,
    pub client: ClientId,
    pub account: AccountId,
    pub network: String,
    pub kind: Kind,
    pub triage: Triage,
    /// The author of the last text that is not ours.
    pub author: String,
    pub avatar: Option<String>,
    /// When that text was written.
    pub at: Millis,
    /// Its first 200 characters, one line.
    pub excerpt: String,
    /// The language of that text where the network says it.
    pub lang: Option<String>,
    /// The first 80 characters of the post it hangs on.
    pub post: Option<String>,
    pub visibility: Option<Visibility>,
    /// Where that text stands at its network.
    pub publication: Publication,
    /// Texts by others that the CM has not opened.
    pub unread: u32,
    pub messages: u32,
    pub draft: bool,
    /// The unsettled reply that matters most, if any.
    pub reply: Option<super::ReplyState>,
    pub edited: bool,
    pub gone: bool,
}

/// A message found by a search, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Hit {
    pub message: MessageId,
    pub conversation: ConversationId,
    pub client: ClientId,
    pub network: String,
    pub kind: Kind,
    pub triage: Triage,
    pub author: String,
    pub at: Millis,
    /// About 160 characters around the first word found.
    pub excerpt: String,
    /// Where the words stand in `excerpt`: UTF-16 offsets, end excluded.
    pub marks: Vec<(u32, u32)>,
    pub ours: bool,
    /// Where it stands at its network.
    pub publication: Publication,
    /// Its network no longer shows it.
    pub gone: bool,
}

/// The answer to a search: newest first.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Hits {
    pub rows: Vec<Hit>,
    /// Whether more could be asked for.
    pub more: bool,
    /// What to give as `before` for the next page.
    #[ts(type = "number | null")]
    pub next: Option<i64>,
    /// Operators that were not understood, as typed.
    pub unknown: Vec<String>,
}
