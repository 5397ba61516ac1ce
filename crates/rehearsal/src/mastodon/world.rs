//! What a simulated server holds: people, posts, notifications, direct conversations. Nouns only; what happens to them
//! is in `acts`, how they look on the wire in `shapes`.
//!
//! Times are milliseconds since 1970. Post ids are snowflakes (milliseconds, then 16 bits), so they grow with time;
//! the last three bits name the server, so that an id is unique over the whole rehearsal.

use std::collections::{BTreeMap, HashMap, HashSet};

pub(crate) type Id = u64;

pub(crate) use crate::clock::now_ms;
pub(crate) use crate::said::Visibility;

pub(crate) struct Person {
    pub id: Id,
    pub username: String,
    /// The other server's name; `None` for somebody of this one.
    pub domain: Option<String>,
    pub name: String,
    pub note: String,
    /// An account of a client: it can sign in.
    pub ours: bool,
    pub bot: bool,
    /// The notification policy sets this person's mentions aside.
    pub filtered: bool,
    pub emojis: Vec<String>,
    pub followers: u32,
    pub following: u32,
    pub created_ms: i64,
}

impl Person {
    pub fn acct(&self) -> String {
        match &self.domain {
            Some(domain) => format!("{}@{domain}", self.username),
            None => self.username.clone(),
        }
    }

    pub fn page(&self, origin: &str) -> String {
        match &self.domain {
            Some(domain) => format!("https://{domain}/@{}", self.username),
            None => format!("{origin}/@{}", self.username),
        }
    }
}

/// Where a post comes from.
#[derive(Clone)]
pub(crate) enum Origin {
    /// There before the evening began.
    Seed,
    /// Written while we look, by a person or natively by a client.
    Said,
    /// By the API; with the parent asked for, which outlives the parent itself.
    Api { key: Option<String>, asked_parent: Option<Id> },
}

#[derive(Clone)]
pub(crate) struct Picture {
    pub id: Id,
    pub scene: String,
    pub alt: String,
}

impl Picture {
    /// One that an account of ours brought, under its own number.
    pub fn brought(id: Id, alt: &str) -> Picture {
        Picture { id, scene: BROUGHT.to_owned(), alt: alt.to_owned() }
    }
}

/// The scene of a picture that is not drawn here.
pub(crate) const BROUGHT: &str = "brought";

#[derive(Clone)]
pub(crate) struct Status {
    pub id: Id,
    pub author: Id,
    pub reply_to: Option<Id>,
    pub reply_to_author: Option<Id>,
    /// The first post of the thread.
    pub thread: Id,
    /// As typed.
    pub text: String,
    /// As another server sent it, where that is not what ours would make of the text.
    pub html: Option<String>,
    pub spoiler: String,
    pub sensitive: bool,
    pub visibility: Visibility,
    pub language: Option<String>,
    pub created_ms: i64,
    /// When this server got it; reads that lag count from here.
    pub applied_ms: i64,
    pub edited_ms: Option<i64>,
    pub mentions: Vec<Id>,
    pub pictures: Vec<Picture>,
    pub emojis: Vec<String>,
    pub likes: u32,
    pub boosts: u32,
    pub app: Option<String>,
    pub origin: Origin,
}

/// A post about to be written.
pub(crate) struct Writing {
    pub author: Id,
    pub text: String,
    pub html: Option<String>,
    pub reply_to: Option<Id>,
    pub visibility: Visibility,
    pub spoiler: String,
    pub sensitive: bool,
    pub language: Option<String>,
    pub pictures: Vec<(String, String)>,
    /// Uploaded before, under their own numbers.
    pub brought: Vec<Picture>,
    pub emojis: Vec<String>,
    pub likes: u32,
    pub boosts: u32,
    pub app: Option<String>,
    pub at_ms: i64,
    pub origin: Origin,
}

impl Writing {
    pub fn plain(author: Id, text: &str, at_ms: i64, origin: Origin) -> Writing {
        Writing {
            author,
            text: text.to_owned(),
            html: None,
            reply_to: None,
            visibility: Visibility::Public,
            spoiler: String::new(),
            sensitive: false,
            language: Some("fr".to_owned()),
            pictures: Vec::new(),
            brought: Vec::new(),
            emojis: Vec::new(),
            likes: 0,
            boosts: 0,
            app: None,
            at_ms,
            origin,
        }
    }
}

/// A notification of one of our accounts.
#[derive(Clone)]
pub(crate) struct Notice {
    pub id: Id,
    pub to: Id,
    pub from: Id,
    pub kind: &'static str,
    pub status: Option<Id>,
    pub at_ms: i64,
    pub filtered: bool,
}

/// A direct conversation as one of our accounts sees it.
#[derive(Clone)]
pub(crate) struct Talk {
    pub id: Id,
    pub owner: Id,
    pub thread: Id,
    pub others: Vec<Id>,
    pub last: Option<Id>,
    pub unread: bool,
}

/// An event frame for the streams of one account.
#[derive(Clone)]
pub(crate) struct Event {
    pub to: Id,
    pub name: &'static str,
    pub body: String,
}

#[derive(Default)]
pub(crate) struct Town {
    pub people: BTreeMap<Id, Person>,
    pub statuses: BTreeMap<Id, Status>,
    pub notices: Vec<Notice>,
    pub talks: Vec<Talk>,
    /// (who, whom)
    pub muted: HashSet<(Id, Id)>,
    pub blocked: HashSet<(Id, Id)>,
    /// (who, thread)
    pub muted_threads: HashSet<(Id, Id)>,
    /// (who, post)
    pub liked: HashSet<(Id, Id)>,
    /// (author, key) → the post it made, and when.
    pub keys: HashMap<(Id, String), (Id, i64)>,
    /// (who, timeline) → last read, version, when.
    pub markers: BTreeMap<(Id, String), (String, u32, i64)>,
    pub reports: u32,
    pub uploads: BTreeMap<Id, super::uploads::Upload>,
    pub last_id: Id,
    /// Counts notifications and talks, which are numbered one by one.
    pub counter: Id,
}

impl Town {
    pub fn next_number(&mut self) -> Id {
        self.counter += 1;
        self.counter
    }

    pub fn person(&self, username: &str, domain: Option<&str>) -> Option<&Person> {
        self.people
            .values()
            .find(|person| person.username.eq_ignore_ascii_case(username) && person.domain.as_deref() == domain)
    }

    /// Whether `viewer` (nobody = a visitor) may read this post.
    pub fn may_see(&self, viewer: Option<Id>, status: &Status) -> bool {
        let named = viewer.is_some_and(|viewer| viewer == status.author || status.mentions.contains(&viewer));
        let barred = viewer.is_some_and(|viewer| {
            self.blocked.contains(&(viewer, status.author)) || self.blocked.contains(&(status.author, viewer))
        });
        !barred && (named || matches!(status.visibility, Visibility::Public | Visibility::Unlisted))
    }

    pub fn replies(&self, id: Id) -> usize {
        self.statuses.values().filter(|status| status.reply_to == Some(id)).count()
    }

    /// The posts above, first one first.
    pub fn ancestors(&self, id: Id) -> Vec<&Status> {
        let mut above = Vec::new();
        let mut at = self.statuses.get(&id).and_then(|status| status.reply_to);
        while let Some(status) = at.and_then(|id| self.statuses.get(&id)) {
            above.push(status);
            at = status.reply_to.filter(|parent| *parent < status.id);
        }
        above.reverse();
        above
    }

    /// The posts below, depth first, older branches first.
    pub fn descendants(&self, id: Id) -> Vec<&Status> {
        let mut below = Vec::new();
        let mut waiting = vec![id];
        while let Some(parent) = waiting.pop() {
            let children: Vec<&Status> =
                self.statuses.values().filter(|status| status.reply_to == Some(parent)).collect();
            waiting.extend(children.iter().rev().map(|child| child.id));
            if parent != id {
                below.extend(self.statuses.get(&parent));
            }
        }
        below
    }
}
