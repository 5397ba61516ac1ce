//! What a simulated forum holds: users with their keys, topics, posts, what each user is told. Nouns only; what happens to
//! them is in `acts`, how they look on the wire in `shapes`.
//!
//! Posts and topics are numbered apart; inside a topic posts are numbered once more, from 1, and those numbers are never
//! given twice. Where one name has to tell both apart (in what tests say), a topic is `topic-312`.

use std::collections::{BTreeMap, BTreeSet};

pub(crate) type Id = u64;

/// Where numbers begin: a forum that has lived.
const FIRST_POST: Id = 7_300;
const FIRST_TOPIC: Id = 310;
const FIRST_NOTE: Id = 21_000;

pub(crate) struct User {
    pub id: Id,
    pub username: String,
    pub name: String,
    pub role: Role,
    /// Of the forum's own, or one of ours: whoever can sign in here.
    pub ours: bool,
    pub muted: BTreeSet<Id>,
    pub ignored: BTreeSet<Id>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Admin,
    Moderator,
    Regular,
    /// Trust level 0: no keys of one's own.
    New,
}

impl Role {
    pub fn named(name: &str) -> Option<Role> {
        match name {
            "admin" => Some(Role::Admin),
            "moderator" => Some(Role::Moderator),
            "regular" => Some(Role::Regular),
            "new" => Some(Role::New),
            _ => None,
        }
    }

    pub fn staff(self) -> bool {
        matches!(self, Role::Admin | Role::Moderator)
    }

    pub fn level(self) -> u8 {
        match self {
            Role::Admin | Role::Moderator => 4,
            Role::Regular => 2,
            Role::New => 0,
        }
    }
}

/// A user API key: 32 hexadecimal letters for one user and one program.
#[derive(Clone)]
pub(crate) struct Key {
    pub secret: String,
    pub user: Id,
    pub client: String,
    pub scopes: Vec<String>,
    pub revoked: bool,
}

/// A request for a key by a device code.
pub(crate) struct Device {
    pub code: String,
    pub request: String,
    pub user_code: String,
    pub wish: Wish,
    pub until_ms: i64,
    pub polled_ms: i64,
    pub answer: DeviceAnswer,
}

pub(crate) enum DeviceAnswer {
    Pending,
    /// The sealed key; taken once.
    Yes(Option<String>),
    No,
}

/// What a program asks for.
#[derive(Clone)]
pub(crate) struct Wish {
    pub app: String,
    pub client: String,
    pub scopes: Vec<String>,
    pub public_key: String,
    pub nonce: String,
    pub oaep: bool,
}

pub(crate) struct Topic {
    pub id: Id,
    pub title: String,
    pub slug: String,
    pub user: Id,
    pub at_ms: i64,
    pub closed: bool,
    /// Who reads it, where it is a private message; `None`: everybody.
    pub people: Option<BTreeSet<Id>>,
    /// Who is told of every new post.
    pub watchers: BTreeSet<Id>,
    pub last_number: u64,
    pub deleted: bool,
}

/// Where a post comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// There before the evening began.
    Seed,
    /// Written on the forum itself, by anybody.
    Said,
    Api,
}

#[derive(Clone)]
pub(crate) struct Post {
    pub id: Id,
    pub topic: Id,
    pub number: u64,
    pub reply_to: Option<u64>,
    pub user: Id,
    pub raw: String,
    pub at_ms: i64,
    /// When the forum got it; reads that lag count from here.
    pub applied_ms: i64,
    pub updated_ms: i64,
    pub version: u32,
    /// 1 regular, 2 a moderator's, 3 a small action.
    pub kind: u8,
    pub deleted_ms: Option<i64>,
    /// Taken back by its author: the text is replaced, the post stays.
    pub user_deleted: bool,
    pub likes: BTreeSet<Id>,
    pub flags: Vec<(Id, u32)>,
    pub origin: Origin,
}

/// A text that waits for the forum's approval.
#[derive(Clone)]
pub(crate) struct Queued {
    pub id: Id,
    pub topic: Id,
    pub reply_to: Option<u64>,
    pub user: Id,
    pub raw: String,
    pub at_ms: i64,
}

/// Something a user is told.
#[derive(Clone)]
pub(crate) struct Note {
    pub id: Id,
    pub user: Id,
    pub kind: u32,
    pub by: Id,
    pub topic: Id,
    pub post: Id,
    pub number: u64,
    pub at_ms: i64,
    pub applied_ms: i64,
    pub read: bool,
    pub group: Option<String>,
}

pub(crate) const MENTIONED: u32 = 1;
pub(crate) const REPLIED: u32 = 2;
pub(crate) const QUOTED: u32 = 3;
pub(crate) const LIKED: u32 = 5;
pub(crate) const PRIVATE: u32 = 6;
pub(crate) const POSTED: u32 = 9;
pub(crate) const GROUP: u32 = 15;

/// The word the wire has for a type, as filters write it.
pub(crate) fn note_word(kind: u32) -> &'static str {
    match kind {
        MENTIONED => "mentioned",
        REPLIED => "replied",
        QUOTED => "quoted",
        LIKED => "liked",
        PRIVATE => "private_message",
        POSTED => "posted",
        GROUP => "group_mentioned",
        _ => "custom",
    }
}

#[derive(Default)]
pub(crate) struct Forum {
    pub users: BTreeMap<Id, User>,
    pub keys: Vec<Key>,
    pub devices: Vec<Device>,
    pub topics: BTreeMap<Id, Topic>,
    pub posts: BTreeMap<Id, Post>,
    pub queue: Vec<Queued>,
    pub notes: Vec<Note>,
    pub last_post: Id,
    pub last_topic: Id,
    pub last_note: Id,
}

impl Forum {
    /// Numbers of its own, so that a name said to a whole rehearsal means one thing.
    pub fn numbered(index: usize) -> Forum {
        let apart = index as Id;
        Forum { last_post: FIRST_POST + 10_000 * apart, last_topic: FIRST_TOPIC + 100 * apart, ..Forum::default() }
    }

    pub fn next_post(&mut self) -> Id {
        self.last_post += 1;
        self.last_post
    }

    pub fn next_topic(&mut self) -> Id {
        self.last_topic += 1;
        self.last_topic
    }

    pub fn next_note(&mut self) -> Id {
        self.last_note = self.last_note.max(FIRST_NOTE) + 1;
        self.last_note
    }

    pub fn user(&self, username: &str) -> Option<&User> {
        self.users.values().find(|user| user.username.eq_ignore_ascii_case(username))
    }

    /// The user of that name, who moves in where nobody has it.
    pub fn settle(&mut self, username: &str, name: &str, role: Role, ours: bool) -> Id {
        if let Some(user) = self.user(username) {
            return user.id;
        }
        let id = self.users.keys().next_back().copied().unwrap_or(0) + 1;
        let (username, name) = (username.to_owned(), name.to_owned());
        let user = User { id, username, name, role, ours, muted: BTreeSet::new(), ignored: BTreeSet::new() };
        self.users.insert(id, user);
        id
    }

    pub fn at(&self, topic: Id, number: u64) -> Option<&Post> {
        self.posts.values().find(|post| post.topic == topic && post.number == number)
    }

    /// Whether that user, or a visitor, may read the topic.
    pub fn may_read(&self, user: Option<Id>, topic: &Topic) -> bool {
        let staff = user.and_then(|id| self.users.get(&id)).is_some_and(|user| user.role.staff());
        match &topic.people {
            _ if topic.deleted && !staff => false,
            None => true,
            Some(people) => user.is_some_and(|id| people.contains(&id)),
        }
    }

    /// The posts of a topic that a user is shown, in their order. Staff see deleted ones where they ask for them alone.
    pub fn stream(&self, topic: Id, before_ms: i64) -> Vec<&Post> {
        let shown = |post: &&Post| post.topic == topic && post.deleted_ms.is_none() && post.applied_ms <= before_ms;
        let mut posts: Vec<&Post> = self.posts.values().filter(shown).collect();
        posts.sort_by_key(|post| post.number);
        posts
    }

    /// Where a stranger who names nothing would write.
    pub fn newest_topic(&self) -> Option<Id> {
        let open = self.topics.values().filter(|topic| topic.people.is_none() && !topic.closed && !topic.deleted);
        open.max_by_key(|topic| topic.at_ms).map(|topic| topic.id)
    }
}

/// The name by which tests and scenarios call a topic.
pub(crate) fn topic_name(id: Id) -> String {
    format!("topic-{id}")
}

/// The topic of such a name.
pub(crate) fn topic_named(name: &str) -> Option<Id> {
    name.strip_prefix("topic-")?.parse().ok()
}
