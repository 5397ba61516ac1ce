//! One conversation as it reads: its post, its messages, our replies, the draft, and what the composer needs.

use super::{ReplyView, Row};
use guichet_model::{
    Addressee, Attachment, Counts as Tallies, Link, MessageId, Millis, PersonId, PostId, Publication, Route, TextLimit,
    Visibility,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConversationView {
    pub row: Row,
    pub post: Option<PostView>,
    /// Oldest first.
    pub messages: Vec<MessageView>,
    /// Replies not yet linked to a message, oldest first.
    pub replies: Vec<ReplyView>,
    pub draft: Option<DraftView>,
    /// Pictures of the draft.
    pub attachments: Vec<super::AttachmentView>,
    pub composer: ComposerView,
    /// When the account's reading last touched this conversation.
    pub read_at: Option<Millis>,
}

#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PostView {
    pub id: PostId,
    pub author: String,
    pub ours: bool,
    pub at: Millis,
    pub text: String,
    pub links: Vec<Link>,
    pub warning: Option<String>,
    pub lang: Option<String>,
    pub url: Option<String>,
    pub tallies: Tallies,
    pub attachments: Vec<Attachment>,
    pub gone: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MessageView {
    pub id: MessageId,
    pub person: PersonId,
    pub author: String,
    pub handle: String,
    pub avatar: Option<String>,
    pub ours: bool,
    pub at: Millis,
    pub edited_at: Option<Millis>,
    pub text: String,
    pub links: Vec<Link>,
    pub warning: Option<String>,
    pub lang: Option<String>,
    pub url: Option<String>,
    pub visibility: Option<Visibility>,
    pub publication: Publication,
    /// How it came: other than by the network's API until the network itself shows it. Of ours: the CM said so.
    pub route: Route,
    /// Author and text were not understood: the text is the whole of what came.
    pub raw: bool,
    pub rating: Option<u8>,
    pub attachments: Vec<Attachment>,
    pub liked: bool,
    pub gone: bool,
    /// Answers in the tree above this one, 0 at the top; shown as indentation up to 2.
    pub depth: u8,
    /// Other messages of this author that this client has received.
    pub author_messages: u32,
    pub muted: bool,
    pub blocked: bool,
    /// The reply that this message of ours came from.
    pub reply: Option<ReplyView>,
}

/// What the composer says before any text: who speaks, to whom, who will read it.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ComposerView {
    /// Whether a reply can be written at all.
    pub able: bool,
    /// Our own handle, without "@".
    pub speaks_as: String,
    /// The message a reply goes to.
    pub answers: Option<MessageId>,
    /// Those a reply would address, the author answered first.
    pub to: Vec<Addressee>,
    pub visibility: Option<Visibility>,
    /// What may be chosen: never wider than the parent.
    pub visibilities: Vec<Visibility>,
    /// `None` where the account has not told its limits yet.
    pub limit: Option<TextLimit>,
    /// What it answers came without a key: the text is copied, and the CM publishes it.
    pub by_hand: bool,
    /// When the client's hours open next; `None`: they are open now, or always.
    pub opens_at: Option<Millis>,
}

impl ComposerView {
    /// A text for those whom the composer proposes to address, as widely as it proposes.
    pub fn draft(&self, text: impl Into<String>) -> DraftView {
        DraftView { text: text.into(), to: self.to.clone(), visibility: self.visibility, ..DraftView::default() }
    }
}

/// What is being written; also what `save_draft` takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DraftView {
    pub text: String,
    pub to: Vec<Addressee>,
    pub visibility: Option<Visibility>,
    pub warning: Option<String>,
    pub template: Option<TemplateUse>,
    /// When it should leave; `None`: as soon as may be.
    #[serde(default)]
    pub send_at: Option<Millis>,
    /// Last keystroke saved.
    pub at: Millis,
}

/// The template a text came from; kept with the reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TemplateUse {
    pub id: guichet_model::TemplateId,
    pub version: u32,
}
