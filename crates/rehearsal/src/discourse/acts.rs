//! What happens on a forum: a text is posted and people are told, changed, taken away, liked. Who is told once of a post is
//! not told twice: named before answered, answered before quoted, quoted before followed. Of several answers in one topic only
//! the last is told, under the number of the first that is unread.

use super::text::{kept, named, quoted, slug};
use super::world::{
    Forum, GROUP, Id, LIKED, MENTIONED, Note, Origin, POSTED, PRIVATE, Post, QUOTED, Queued, REPLIED, Topic,
};
use std::collections::BTreeSet;

/// A post about to be written.
#[derive(Clone)]
pub(crate) struct Writing {
    pub topic: Id,
    pub reply_to: Option<u64>,
    pub user: Id,
    pub raw: String,
    pub at_ms: i64,
    pub applied_ms: i64,
    pub origin: Origin,
}

impl Forum {
    /// A topic without its first post yet.
    pub fn open_topic(&mut self, title: &str, user: Id, people: Option<BTreeSet<Id>>, at_ms: i64) -> Id {
        let id = self.next_topic();
        let (title, slug) = (title.to_owned(), slug(title));
        let watchers = people.clone().unwrap_or_else(|| BTreeSet::from([user]));
        let topic =
            Topic { id, title, slug, user, at_ms, closed: false, people, watchers, last_number: 0, deleted: false };
        self.topics.insert(id, topic);
        id
    }

    /// Posts, and tells whom it concerns; `group` is the one name that stands for all of ours. `None`: no such topic.
    pub fn write(&mut self, writing: Writing, group: &str) -> Option<Id> {
        let id = self.next_post();
        let topic = self.topics.get_mut(&writing.topic)?;
        topic.last_number += 1;
        let (number, private, watchers) = (topic.last_number, topic.people.clone(), topic.watchers.clone());
        let raw = kept(&writing.raw);
        let mut told: Vec<(Id, u32, Option<String>)> = Vec::new();
        let mut tell = |user: Id, kind: u32, group: Option<String>| {
            if user != writing.user && !told.iter().any(|(known, _, _)| *known == user) {
                told.push((user, kind, group));
            }
        };
        let reads = |user: &Id| private.as_ref().is_none_or(|people| people.contains(user));
        for name in named(&raw) {
            if !group.is_empty() && name.eq_ignore_ascii_case(group) {
                for user in self.users.values().filter(|user| user.ours && reads(&user.id)) {
                    tell(user.id, GROUP, Some(group.to_owned()));
                }
            } else if let Some(user) = self.user(&name).filter(|user| reads(&user.id)) {
                tell(user.id, MENTIONED, None);
            }
        }
        let answered = writing.reply_to.and_then(|number| self.at(writing.topic, number)).map(|post| post.user);
        if private.is_none() {
            if let Some(user) = answered {
                tell(user, REPLIED, None);
            }
            for user in quoted(&raw).iter().filter_map(|name| self.user(name)) {
                tell(user.id, QUOTED, None);
            }
        }
        for user in watchers {
            tell(user, if private.is_some() { PRIVATE } else { POSTED }, None);
        }
        for (user, kind, group) in told {
            let aside = self
                .users
                .get(&user)
                .is_some_and(|user| user.muted.contains(&writing.user) || user.ignored.contains(&writing.user));
            if aside {
                continue;
            }
            let collapses = |kind: u32| matches!(kind, REPLIED | POSTED | PRIVATE);
            let mut number = number;
            if collapses(kind) {
                self.notes.retain(|note| {
                    let stays = note.user != user || note.topic != writing.topic || !collapses(note.kind);
                    if !stays && !note.read {
                        number = number.min(note.number);
                    }
                    stays
                });
            }
            let note = Note {
                id: self.next_note(),
                user,
                kind,
                by: writing.user,
                topic: writing.topic,
                post: id,
                number,
                at_ms: writing.at_ms,
                applied_ms: writing.applied_ms,
                read: false,
                group,
            };
            self.notes.push(note);
        }
        self.posts.insert(
            id,
            Post {
                id,
                topic: writing.topic,
                number,
                reply_to: writing.reply_to,
                user: writing.user,
                raw,
                at_ms: writing.at_ms,
                applied_ms: writing.applied_ms,
                updated_ms: writing.at_ms,
                version: 1,
                kind: 1,
                deleted_ms: None,
                user_deleted: false,
                likes: BTreeSet::new(),
                flags: Vec::new(),
                origin: writing.origin,
            },
        );
        Some(id)
    }

    /// Puts a text before the forum's moderators.
    pub fn enqueue(&mut self, writing: &Writing) -> Queued {
        let id = self.next_post();
        let queued = Queued {
            id,
            topic: writing.topic,
            reply_to: writing.reply_to,
            user: writing.user,
            raw: kept(&writing.raw),
            at_ms: writing.applied_ms,
        };
        self.queue.push(queued.clone());
        queued
    }

    /// A moderator lets a text through, or not.
    pub fn decide(&mut self, id: Id, yes: bool, now_ms: i64, group: &str) -> Option<Id> {
        let place = self.queue.iter().position(|queued| queued.id == id)?;
        let queued = self.queue.remove(place);
        if !yes {
            return Some(id);
        }
        let (at_ms, applied_ms) = (now_ms, now_ms);
        let Queued { topic, reply_to, user, raw, .. } = queued;
        self.write(Writing { topic, reply_to, user, raw, at_ms, applied_ms, origin: Origin::Api }, group)
    }

    /// Whether the same author has said the same less than `within_ms` ago. Staff may repeat themselves.
    pub fn is_double(&self, writing: &Writing, within_ms: i64) -> bool {
        let staff = self.users.get(&writing.user).is_some_and(|user| user.role.staff());
        let raw = kept(&writing.raw);
        let recent = |at_ms: i64| (0..within_ms).contains(&(writing.at_ms - at_ms));
        let posted = self.posts.values().any(|post| post.user == writing.user && post.raw == raw && recent(post.at_ms));
        !staff && posted
    }

    pub fn edit(&mut self, id: Id, raw: &str, now_ms: i64) -> bool {
        let raw = kept(raw);
        match self.posts.get_mut(&id).filter(|post| post.raw != raw) {
            Some(post) => {
                post.raw = raw;
                post.version += 1;
                post.updated_ms = now_ms;
                true
            }
            None => false,
        }
    }

    /// Takes a post away: by staff out of sight, by its author as an empty place that says so. Who was told of it is told
    /// no more.
    pub fn remove(&mut self, id: Id, by: Id, now_ms: i64) -> bool {
        let staff = self.users.get(&by).is_some_and(|user| user.role.staff());
        let Some(post) = self.posts.get_mut(&id).filter(|post| post.deleted_ms.is_none() && !post.user_deleted) else {
            return false;
        };
        let (topic, number) = (post.topic, post.number);
        if post.user == by && !staff {
            post.user_deleted = true;
            post.raw = "(post deleted by author)".to_owned();
            post.version += 1;
            post.updated_ms = now_ms;
        } else {
            post.deleted_ms = Some(now_ms);
        }
        if number == 1
            && post.deleted_ms.is_some()
            && let Some(topic) = self.topics.get_mut(&topic)
        {
            topic.deleted = true;
        }
        self.notes.retain(|note| !(note.topic == topic && note.number == number));
        true
    }

    pub fn like(&mut self, id: Id, by: Id, on: bool, now_ms: i64) -> bool {
        let Some(post) = self.posts.get_mut(&id).filter(|post| post.user != by) else {
            return false;
        };
        let (user, topic, number) = (post.user, post.topic, post.number);
        let changed = if on { post.likes.insert(by) } else { post.likes.remove(&by) };
        if changed && on {
            let note = Note {
                id: self.next_note(),
                user,
                kind: LIKED,
                by,
                topic,
                post: id,
                number,
                at_ms: now_ms,
                applied_ms: now_ms,
                read: false,
                group: None,
            };
            self.notes.push(note);
        }
        changed
    }
}
