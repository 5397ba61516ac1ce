//! What a simulated site holds: users with their application passwords, posts, comments. Nouns only; what happens to them
//! is in `acts`, how they look on the wire in `shapes`.
//!
//! Posts and comments are numbered apart, as in the real tables: there is a post 49 and a comment 49. Where one name has
//! to tell them apart (in what tests say), a post is `post-49`.

use std::collections::BTreeMap;

pub(crate) type Id = u64;

/// Where numbers begin, for posts and for comments alike: a site that has lived.
const FIRST: Id = 48;

pub(crate) struct User {
    pub id: Id,
    pub login: String,
    pub name: String,
    pub mail: String,
    pub role: Role,
    pub since_ms: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Administrator,
    Editor,
    Author,
    Subscriber,
}

impl Role {
    pub fn named(name: &str) -> Option<Role> {
        match name {
            "administrator" => Some(Role::Administrator),
            "editor" => Some(Role::Editor),
            "author" => Some(Role::Author),
            "subscriber" => Some(Role::Subscriber),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Role::Administrator => "administrator",
            Role::Editor => "editor",
            Role::Author => "author",
            Role::Subscriber => "subscriber",
        }
    }

    pub fn moderates(self) -> bool {
        matches!(self, Role::Administrator | Role::Editor)
    }

    pub fn edits_posts(self) -> bool {
        self != Role::Subscriber
    }
}

/// An application password, as it is kept: the letters without their spaces.
pub(crate) struct Password {
    pub uuid: String,
    pub app_id: String,
    pub app: String,
    pub user: Id,
    pub secret: String,
    pub created_ms: i64,
    pub used_ms: Option<i64>,
}

pub(crate) struct Post {
    pub id: Id,
    pub slug: String,
    pub title: String,
    pub text: String,
    pub author: Id,
    pub at_ms: i64,
    pub status: PostStatus,
    pub comments_open: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PostStatus {
    Publish,
    Draft,
    Trash,
}

impl PostStatus {
    pub fn name(self) -> &'static str {
        match self {
            PostStatus::Publish => "publish",
            PostStatus::Draft => "draft",
            PostStatus::Trash => "trash",
        }
    }
}

/// Where a comment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Approved,
    Hold,
    Spam,
    Trash,
}

impl State {
    /// As answers say it. What a query and a change call it is another vocabulary each.
    pub fn name(self) -> &'static str {
        match self {
            State::Approved => "approved",
            State::Hold => "hold",
            State::Spam => "spam",
            State::Trash => "trash",
        }
    }
}

/// Where a comment comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// There before the evening began.
    Seed,
    /// Written on the site itself, by a visitor or by us.
    Said,
    Api,
}

#[derive(Clone)]
pub(crate) struct Comment {
    pub id: Id,
    pub post: Id,
    /// The comment answered; 0 for the first of a thread.
    pub parent: Id,
    /// 0 for a visitor.
    pub user: Id,
    pub name: String,
    pub mail: String,
    pub page: String,
    pub ip: String,
    pub agent: String,
    /// As kept: what the site lets through of the HTML.
    pub text: String,
    pub at_ms: i64,
    /// When the site got it; reads that lag count from here.
    pub applied_ms: i64,
    pub state: State,
    /// Before it was thrown away or called spam.
    pub before: State,
    /// `comment`, `pingback`…
    pub kind: String,
    pub origin: Origin,
    /// The parent asked for, which outlives the parent itself.
    pub asked_parent: Id,
}

#[derive(Default)]
pub(crate) struct Site {
    pub users: BTreeMap<Id, User>,
    pub passwords: Vec<Password>,
    pub posts: BTreeMap<Id, Post>,
    pub comments: BTreeMap<Id, Comment>,
    /// Counts what is gone too: a number is given once.
    pub last_post: Id,
    pub last_comment: Id,
}

impl Site {
    pub fn next_post(&mut self) -> Id {
        self.last_post = self.last_post.max(FIRST) + 1;
        self.last_post
    }

    pub fn next_comment(&mut self) -> Id {
        self.last_comment = self.last_comment.max(FIRST) + 1;
        self.last_comment
    }

    /// By login or by mail address, as a person may type either.
    pub fn user(&self, login: &str) -> Option<&User> {
        self.users.values().find(|user| user.login.eq_ignore_ascii_case(login) || user.mail.eq_ignore_ascii_case(login))
    }

    /// Where a visitor would comment.
    pub fn newest_post(&self) -> Option<Id> {
        let open = self.posts.values().filter(|post| post.status == PostStatus::Publish && post.comments_open);
        open.max_by_key(|post| post.at_ms).map(|post| post.id)
    }

    /// Whether this comment may be changed by that user.
    pub fn may_change(&self, user: &User, comment: &Comment) -> bool {
        let own_post = self.posts.get(&comment.post).is_some_and(|post| post.author == user.id);
        user.role.moderates() || (user.role.edits_posts() && own_post)
    }

    /// Whether this comment may be read by that user, or by a visitor.
    pub fn may_read(&self, user: Option<&User>, comment: &Comment) -> bool {
        let open = self.posts.get(&comment.post).is_some_and(|post| post.status == PostStatus::Publish);
        if open && comment.state == State::Approved {
            return true;
        }
        user.is_some_and(|user| comment.user == user.id || self.may_change(user, comment))
    }
}

/// The name by which tests and scenarios call a post.
pub(crate) fn post_name(id: Id) -> String {
    format!("post-{id}")
}

/// The post of such a name.
pub(crate) fn post_named(name: &str) -> Option<Id> {
    name.strip_prefix("post-")?.parse().ok()
}
