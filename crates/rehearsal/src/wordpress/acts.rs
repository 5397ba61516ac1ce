//! What happens on a site: a comment is written, changed, put where a moderator wants it, taken away for good.

use super::world::{Comment, Id, Origin, Site, State};

/// A comment about to be written.
pub(crate) struct Writing {
    pub post: Id,
    pub parent: Id,
    /// 0 for a visitor.
    pub user: Id,
    pub name: String,
    pub mail: String,
    pub text: String,
    pub ip: String,
    pub agent: String,
    pub at_ms: i64,
    pub applied_ms: i64,
    pub state: State,
    pub kind: String,
    pub origin: Origin,
}

/// What a moderator asks for.
#[derive(Clone, Copy)]
pub(crate) enum Change {
    To(State),
    /// Back from spam, or from the trash, to where it was.
    Back(State),
}

impl Change {
    /// As a change of the API says it; what it does not know is ignored without a word.
    pub fn named(name: &str) -> Option<Change> {
        match name {
            "approved" | "approve" | "1" => Some(Change::To(State::Approved)),
            "hold" | "0" => Some(Change::To(State::Hold)),
            "spam" => Some(Change::To(State::Spam)),
            "trash" => Some(Change::To(State::Trash)),
            "unspam" => Some(Change::Back(State::Spam)),
            "untrash" => Some(Change::Back(State::Trash)),
            _ => None,
        }
    }
}

impl Site {
    pub fn write(&mut self, writing: Writing) -> Id {
        let id = self.next_comment();
        self.comments.insert(
            id,
            Comment {
                id,
                post: writing.post,
                parent: writing.parent,
                user: writing.user,
                name: writing.name,
                mail: writing.mail,
                page: String::new(),
                ip: writing.ip,
                agent: writing.agent,
                text: writing.text,
                at_ms: writing.at_ms,
                applied_ms: writing.applied_ms,
                state: writing.state,
                before: State::Hold,
                kind: writing.kind,
                origin: writing.origin,
                asked_parent: writing.parent,
            },
        );
        id
    }

    /// Whether the same author has said the same at the same place. What is in the trash does not count.
    pub fn is_double(&self, writing: &Writing) -> bool {
        self.comments.values().any(|known| {
            known.post == writing.post
                && known.parent == writing.parent
                && known.state != State::Trash
                && (known.name == writing.name || (!writing.mail.is_empty() && known.mail == writing.mail))
                && known.text == writing.text
        })
    }

    /// Whether the same author has written less than `within_ms` ago.
    pub fn is_flood(&self, writing: &Writing, within_ms: i64) -> bool {
        self.comments.values().any(|known| {
            (known.mail == writing.mail || (writing.user != 0 && known.user == writing.user))
                && (0..within_ms).contains(&(writing.at_ms - known.at_ms))
        })
    }

    /// Whether anything changed.
    pub fn put(&mut self, id: Id, change: Change) -> bool {
        let Some(comment) = self.comments.get_mut(&id) else {
            return false;
        };
        match change {
            Change::To(state) if state != comment.state => {
                if matches!(state, State::Spam | State::Trash) {
                    comment.before = comment.state;
                }
                comment.state = state;
                true
            }
            Change::Back(from) if from == comment.state => {
                comment.state = comment.before;
                true
            }
            _ => false,
        }
    }

    /// Takes a comment away for good. Its answers move up to what it answered.
    pub fn remove(&mut self, id: Id) -> Option<Comment> {
        let gone = self.comments.remove(&id)?;
        for child in self.comments.values_mut().filter(|child| child.parent == id) {
            child.parent = gone.parent;
        }
        Some(gone)
    }
}
