//! What a pull brings: items as a network tells them, before the desk gives them rows.

use crate::{Millis, RemoteId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What comments hang on: by us, or by someone whose post we comment.
    Post,
    /// An answer under one of our posts.
    Comment,
    /// A text elsewhere that names us, with its thread.
    Mention,
    /// A text of a direct exchange.
    Message,
    Review,
}

/// Who can read an item, widest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    Public,
    Unlisted,
    Followers,
    Direct,
}

/// Where an item stands at its network, as the moderators of the place see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Publication {
    #[default]
    Published,
    /// Waits for a moderator: its author and the moderators alone see it.
    Pending,
    /// Hidden by us, still there.
    Hidden,
    Spam,
    /// Taken away, to be had back for a while.
    Trash,
}

impl Publication {
    /// Taken out of the place: nobody waits for an answer to it.
    pub fn is_out(self) -> bool {
        matches!(self, Self::Spam | Self::Trash)
    }
}

/// One post, comment, mention, message or review.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub remote: RemoteId,
    /// Further names of the same item: (scope, name). The remote id itself is always one, in the scope "id".
    pub aliases: Vec<Alias>,
    pub kind: Kind,
    /// The remote id that names the conversation, when known: the top-level comment, the first text of a
    /// mention's thread or of a direct exchange. `None`: not told; the desk derives it from `in_reply_to`.
    pub conversation: Option<RemoteId>,
    /// The post this hangs on, when known. Its own item, of kind `Post`, should be in the same page.
    pub post: Option<RemoteId>,
    pub in_reply_to: Option<RemoteId>,
    pub author: Author,
    /// Written by the account itself, from Guichet or elsewhere.
    pub ours: bool,
    pub at: Millis,
    pub edited_at: Option<Millis>,
    pub body: Body,
    /// BCP 47, as the network says it.
    pub lang: Option<String>,
    pub url: Option<String>,
    pub visibility: Option<Visibility>,
    #[serde(default)]
    pub publication: Publication,
    /// 1 to 5.
    pub rating: Option<u8>,
    pub attachments: Vec<Attachment>,
    pub counts: Counts,
    /// Liked by the account.
    pub liked: bool,
    /// The network wants it forgotten from this instant on.
    pub expires_at: Option<Millis>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Alias {
    pub scope: String,
    pub name: String,
}

/// A person as the network tells them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    pub remote: RemoteId,
    /// As one writes it to address them, without a leading "@" (`lea@exemple.social`).
    pub handle: String,
    /// Display name; may be empty.
    pub name: String,
    pub avatar: Option<String>,
    pub url: Option<String>,
    pub bot: bool,
}

/// Plain text (LF, trimmed) with what is marked in it. Offsets are UTF-16 code units of `text`, end excluded,
/// as the web view counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    pub text: String,
    /// A content warning (Mastodon's `spoiler_text`), plain.
    pub warning: Option<String>,
    pub links: Vec<Link>,
    pub mentions: Vec<Mention>,
    /// Custom emoji names that stand in the text as `:name:`.
    pub emoji: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Link {
    pub start: u32,
    pub end: u32,
    /// http or https only.
    pub url: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    pub remote: RemoteId,
    pub handle: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Attachment {
    pub kind: AttachmentKind,
    pub url: String,
    pub preview: Option<String>,
    /// What the author says is in it.
    pub alt: Option<String>,
    /// A file that is had through its session and by no address; `url` is then its name there, and no address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub file: Option<AttachedFile>,
}

/// A file that hangs on a text, as its sender names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AttachedFile {
    /// Safe on every disk, and shown as it would stand there; may be empty.
    pub name: String,
    /// As the sender says (`application/pdf`): nothing is opened by it.
    pub media_type: String,
    /// In bytes, about; `None`: not told.
    #[ts(type = "number | null")]
    pub size: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentKind {
    Image,
    Video,
    Audio,
    Other,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
// The desk has counts of its own: at the seam these are the tallies of a post.
#[ts(rename = "Tallies")]
pub struct Counts {
    pub replies: u32,
    pub shares: u32,
    pub likes: u32,
}
