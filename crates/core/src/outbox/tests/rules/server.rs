//! A server in four modes: it honours a key, it does not, or its reading lags besides; or a message has the id that was
//! chosen for it. Each request meets a fate.

use guichet_model::{MINUTE, Proof, SECOND};
use std::collections::VecDeque;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Key,
    NoKey,
    NoKeyAndLag,
    /// The key is the message's id: what is there is refused a second time, and found by its name.
    OwnId,
}

/// What becomes of the next request.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    /// It never came, and nobody knows.
    Lost,
    /// Applied, and the answer torn or lost.
    Deaf,
    /// Applied so much later, the answer lost.
    Late(i64),
    /// Applied; its answer is read twice.
    Twice,
    /// Surely not done.
    NotDone,
    Refused,
}

/// A message of ours at the server. Its index is its id.
#[derive(Clone, Debug)]
pub struct Post {
    pub conversation: usize,
    pub text: u32,
    /// `None`: written from elsewhere.
    pub wish: Option<usize>,
    pub key: usize,
    pub at: i64,
    pub visible: i64,
}

#[derive(Clone, Debug)]
pub struct Request {
    pub conversation: usize,
    pub text: u32,
    pub wish: usize,
    pub key: usize,
}

pub struct Server {
    pub mode: Mode,
    pub posts: Vec<Post>,
    late: Vec<(i64, Request)>,
    pub fates: VecDeque<Fate>,
    pub blind: u32,
    pub rewrites: bool,
    /// What the CM wished once stands there twice.
    pub twice: bool,
}

/// How long the server keeps a key; what the connector counts on is half of it.
const KEPT: i64 = 60 * MINUTE;
const LAG: i64 = 90 * SECOND;
/// What a network makes of a text.
const ALTERED: u32 = 100;

impl Server {
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            posts: Vec::new(),
            late: Vec::new(),
            fates: VecDeque::new(),
            blind: 0,
            rewrites: false,
            twice: false,
        }
    }

    pub fn proof(&self) -> Proof {
        match self.mode {
            Mode::Key => Proof::Key { valid_for: KEPT / 2 },
            Mode::NoKey => Proof::ReadBack { settles_within: MINUTE },
            Mode::NoKeyAndLag => Proof::None,
            Mode::OwnId => Proof::OwnId,
        }
    }

    pub fn settle(&mut self, now: i64) {
        self.late.sort_by_key(|(at, _)| *at);
        while self.late.first().is_some_and(|(at, _)| *at <= now) {
            let (at, request) = self.late.remove(0);
            self.apply(&request, at);
        }
    }

    /// `None`: refused as there, which tells the asker nothing.
    pub fn apply(&mut self, request: &Request, at: i64) -> Option<usize> {
        let first = |post: &Post| post.wish.is_some() && post.key == request.key && at - post.at < KEPT;
        if self.mode == Mode::Key
            && let Some(there) = self.posts.iter().position(first)
        {
            return Some(there);
        }
        if self.mode == Mode::OwnId && self.named(request.key).is_some() {
            return None;
        }
        Some(self.post(request.conversation, request.text, Some(request.wish), request.key, at))
    }

    /// What stands under an id of our own.
    pub fn named(&self, id: usize) -> Option<usize> {
        self.posts.iter().position(|post| post.wish.is_some() && post.key == id)
    }

    pub fn post(&mut self, conversation: usize, text: u32, wish: Option<usize>, key: usize, at: i64) -> usize {
        let text = if self.rewrites && wish.is_some() { text + ALTERED } else { text };
        let lag = if self.mode == Mode::NoKeyAndLag { LAG } else { 0 };
        self.twice |= wish.is_some() && self.posts.iter().any(|post| post.wish == wish);
        self.posts.push(Post { conversation, text, wish, key, at, visible: at + lag });
        self.posts.len() - 1
    }

    pub fn late(&mut self, at: i64, request: Request) {
        self.late.push((at, request));
    }

    /// Ours in a conversation, as a reader sees it.
    pub fn visible(&self, conversation: usize, now: i64) -> Vec<usize> {
        let there = |(_, post): &(usize, &Post)| post.conversation == conversation && post.visible <= now;
        self.posts.iter().enumerate().filter(there).map(|(id, _)| id).collect()
    }
}
