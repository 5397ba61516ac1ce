//! Names of things. A local id is an integer row id of the store; a remote id is the network's own
//! opaque name, in the normal form its connector gives it. Neither can be taken for another.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

macro_rules! local_ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
        #[serde(transparent)]
        pub struct $name(#[ts(type = "number")] pub i64);
    )*};
}

local_ids! {
    /// A brand or institution the CM works for.
    ClientId
    /// One identity of a client on a network.
    AccountId
    /// A way into an account.
    AccessId
    /// What comments hang on.
    PostId
    /// One top-level comment with its answers, a mention's thread, a direct exchange, a review.
    ConversationId
    /// One text by one person in a conversation.
    MessageId
    /// An author as one client sees them.
    PersonId
    /// What we write.
    ReplyId
    /// A canned reply.
    TemplateId
    /// What stops replies from leaving until it is released.
    HoldId
    /// A picture that goes with a reply.
    AttachmentId
    /// One act of the CM in the journal.
    ActId
}

/// The network's own name of an item or a person: opaque, compared byte by byte.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(transparent)]
pub struct RemoteId(pub String);

impl RemoteId {
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for RemoteId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
