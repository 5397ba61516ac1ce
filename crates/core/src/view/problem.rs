//! What went wrong, as it crosses the seam: a code that the interface words, with its parameters.

use super::Leak;
use guichet_model::Fault;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS, thiserror::Error)]
#[serde(tag = "problem", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Problem {
    #[error("not found")]
    NotFound,
    /// The inbox is not open yet, or not any more: said by the shell, never by the desk.
    #[error("opening")]
    Opening,
    /// The text cannot leave.
    #[error("the text cannot leave")]
    Leaks { leaks: Vec<Leak> },
    /// The reply is on the wire, sent or gone: it cannot be changed any more.
    #[error("too late")]
    TooLate,
    /// It belongs to another client.
    #[error("another client's")]
    OtherClient,
    /// The template does not read: line, and what stands there.
    #[error("template at line {line}")]
    Template { line: u32, what: TemplateTrouble, name: String },
    /// The short code or name is taken.
    #[error("taken")]
    Taken,
    #[error("invalid {field}")]
    Invalid { field: String },
    #[error("network: {fault}")]
    Network { fault: Fault },
    /// The picture cannot go along; `most` is the limit that it passes: megabytes, pictures, or characters.
    #[error("picture: {what:?}")]
    Picture { what: PictureTrouble, most: u32 },
    /// The file cannot be had; `most` is the limit that it passes, in megabytes.
    #[error("file: {what:?}")]
    File { what: FileTrouble, most: u32 },
    /// This account's network does not offer it.
    #[error("not offered")]
    NotOffered,
    /// Another Guichet is the engine.
    #[error("another process is the engine")]
    Busy,
    #[error("disk full")]
    DiskFull,
    #[error("read only")]
    ReadOnly,
    /// The disk answers with an error of its own.
    #[error("disk error")]
    Disk,
    /// The store was written by a newer Guichet.
    #[error("newer store")]
    NewerStore,
    /// The store is there but its key is not.
    #[error("no key for the store")]
    NoKey,
    /// The keychain does not answer, or is locked.
    #[error("keychain")]
    Keychain,
    /// The store or vault file is torn.
    #[error("torn file")]
    Torn,
    /// A passphrase is asked for, or was wrong.
    #[error("passphrase")]
    Passphrase { wrong: bool },
    /// A backup is never written over another file.
    #[error("a file is there already")]
    FileThere,
    /// The file to restore is not where it was said to be.
    #[error("no such file")]
    NoFile { file: String },
    /// The file is no backup of Guichet's.
    #[error("not a backup")]
    NoBackup,
    /// The backup does not read to its end as it was written.
    #[error("torn backup")]
    TornBackup,
    /// The backup was written by a newer Guichet.
    #[error("newer backup")]
    NewerBackup,
    /// Our own mistake, or one of the system's: for the log.
    #[error("unexpected: {what}")]
    Unexpected { what: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TemplateTrouble {
    Syntax,
    UnknownVariable,
    TooLong,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PictureTrouble {
    /// Not a picture that this network takes.
    Kind,
    Large,
    Many,
    /// Its description is too long.
    Alt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FileTrouble {
    /// No longer at its network.
    Gone,
    /// It does not come whole.
    Torn,
    Large,
    /// It cannot be written where the person wants it.
    Place,
}

/// Ids that changed, announced after commit. An empty list means: none of these; `all`: read everything again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct Change {
    pub conversations: Vec<guichet_model::ConversationId>,
    pub replies: Vec<guichet_model::ReplyId>,
    pub templates: bool,
    /// Clients, accounts, health, counts, settings.
    pub desk: bool,
    pub all: bool,
}

/// What an act returns: its place in the journal for `undo`, and the ids it changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Acted {
    pub act: Option<guichet_model::ActId>,
    pub change: Change,
}

/// What an undo did. `left`: how many things had changed since and were left as they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Undone {
    /// The kind of act undone, as the journal names it.
    pub what: String,
    pub conversations: Vec<guichet_model::ConversationId>,
    pub left: u32,
    pub change: Change,
}
