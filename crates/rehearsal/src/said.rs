//! People made to speak by command, and the count of what really exists: the two ends that tests hold.

use crate::network::Server;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    Public,
    Unlisted,
    Private,
    Direct,
}

impl Visibility {
    pub(crate) fn named(name: &str) -> Option<Visibility> {
        match name {
            "public" => Some(Visibility::Public),
            "unlisted" => Some(Visibility::Unlisted),
            "private" => Some(Visibility::Private),
            "direct" => Some(Visibility::Direct),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Visibility::Public => "public",
            Visibility::Unlisted => "unlisted",
            Visibility::Private => "private",
            Visibility::Direct => "direct",
        }
    }
}

/// Who speaks. `acct` is `name@server.example`, or the username of one of our accounts writing natively.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Speaker {
    pub acct: String,
    /// The shown name, for somebody not met yet.
    #[serde(default)]
    pub name: String,
}

impl Speaker {
    pub fn new(acct: &str, name: &str) -> Speaker {
        Speaker { acct: acct.to_owned(), name: name.to_owned() }
    }
}

/// A line said now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Say {
    /// A new post. `to` is the username of our account that is named in front; `reply_to` a post's id.
    Write {
        by: Speaker,
        #[serde(default)]
        to: Option<String>,
        #[serde(default)]
        reply_to: Option<String>,
        text: String,
        #[serde(default)]
        direct: bool,
        #[serde(default)]
        spoiler: String,
    },
    Edit {
        status: String,
        text: String,
    },
    Delete {
        status: String,
    },
    /// A moderator puts it elsewhere, in the network's own screens: `approve`, `hold`, `spam`, `trash`. E-mail: another
    /// program files or marks it (`inbox`, `spam`, `trash`, `seen`, `unseen`, `flagged`), or every folder of the mailbox
    /// of that address is made anew (`renumber`).
    Put {
        status: String,
        state: String,
    },
}

impl Say {
    /// Somebody names our account in a public post.
    pub fn mention(by: Speaker, to: &str, text: &str) -> Say {
        Say::Write {
            by,
            to: Some(to.to_owned()),
            reply_to: None,
            text: text.to_owned(),
            direct: false,
            spoiler: String::new(),
        }
    }

    /// Somebody writes to our account alone.
    pub fn direct(by: Speaker, to: &str, text: &str) -> Say {
        match Say::mention(by, to, text) {
            Say::Write { by, to, text, .. } => {
                Say::Write { by, to, reply_to: None, text, direct: true, spoiler: String::new() }
            }
            other => other,
        }
    }

    /// Somebody answers a post, naming `to` or nobody.
    pub fn reply(by: Speaker, status: &str, to: Option<&str>, text: &str) -> Say {
        Say::Write {
            by,
            to: to.map(str::to_owned),
            reply_to: Some(status.to_owned()),
            text: text.to_owned(),
            direct: false,
            spoiler: String::new(),
        }
    }
}

/// One post that exists, by one of our accounts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Posted {
    /// The server's origin.
    pub server: String,
    /// The account's id there.
    pub account: String,
    /// The post's id.
    pub id: String,
    /// The parent asked for, even if it is gone since.
    pub in_reply_to: Option<String>,
    /// Plain, as sent.
    pub text: String,
    /// What its pictures show, in order; empty where nobody said.
    pub pictures: Vec<String>,
    pub visibility: Visibility,
    /// The `Idempotency-Key` sent with it, honoured or not; on Bluesky, the record key that the client chose.
    pub key: Option<String>,
    /// When it was applied, in milliseconds since 1970.
    pub at_ms: i64,
    /// Written on the network itself, not through the API.
    pub native: bool,
    /// Where it stands, in the network's words, where it has moderators. E-mail: to whom it went.
    #[serde(default)]
    pub state: Option<String>,
    /// It exists, and nothing shows it to who wrote it: a letter that lies in no folder of theirs and that nobody there
    /// speaks of.
    #[serde(default)]
    pub unseen: bool,
}

pub(crate) fn posted(servers: &[Arc<dyn Server>]) -> Vec<Posted> {
    let mut all: Vec<Posted> = servers.iter().flat_map(|server| server.posted()).collect();
    // Stable: within a server the order already is that of application.
    all.sort_by_key(|post| post.at_ms);
    all
}

pub(crate) fn shown(servers: &[Arc<dyn Server>], post: &str) -> Vec<Vec<u8>> {
    servers.iter().find(|server| server.has(post)).map(|server| server.shown(post)).unwrap_or_default()
}

/// On the server of what is spoken of; else where the account it is for lives; else where the speaker does.
pub(crate) fn say(servers: &[Arc<dyn Server>], line: &Say) -> Option<String> {
    let of = |id: &str| servers.iter().find(|server| server.has(id));
    let home = |username: &str| servers.iter().find(|server| server.is_home_of(username));
    let server = match line {
        Say::Write { reply_to: Some(id), .. } => of(id),
        Say::Write { to: Some(to), .. } => home(to),
        Say::Write { by, .. } => home(&by.acct),
        Say::Edit { status, .. } | Say::Delete { status } | Say::Put { status, .. } => of(status),
    };
    server?.say(line)
}
