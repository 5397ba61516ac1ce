//! Direct exchanges of two people, and the log of what happens in them. Who is written to first by a stranger has a request
//! before them until they answer or accept it.

use super::world::{Origin, Sky};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Where an exchange stands for one of its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Request,
    Accepted,
}

impl Standing {
    pub fn name(self) -> &'static str {
        match self {
            Standing::Request => "request",
            Standing::Accepted => "accepted",
        }
    }
}

pub(crate) struct Message {
    pub id: String,
    pub rev: String,
    pub by: String,
    pub text: String,
    pub facets: Option<Value>,
    pub at_ms: i64,
    pub applied_ms: i64,
    pub origin: Origin,
    /// A sign of one letter, by whom, and when.
    pub reactions: Vec<(String, String, i64)>,
    /// Who has taken it away, before their own eyes alone.
    pub gone_for: BTreeSet<String>,
}

pub(crate) struct Convo {
    pub id: String,
    pub rev: String,
    pub members: [String; 2],
    pub messages: Vec<Message>,
    accepted: BTreeSet<String>,
    /// The rev that each has read up to.
    pub read: BTreeMap<String, String>,
}

impl Convo {
    pub fn standing(&self, did: &str) -> Standing {
        if self.accepted.contains(did) { Standing::Accepted } else { Standing::Request }
    }
}

/// A line of the log.
pub(crate) struct Happened {
    pub kind: &'static str,
    pub rev: String,
    pub convo: String,
    pub message: Option<String>,
    pub applied_ms: i64,
}

#[derive(Default)]
pub(crate) struct Chat {
    pub convos: BTreeMap<String, Convo>,
    pub log: Vec<Happened>,
    /// Who wants no messages of strangers.
    pub closed: BTreeSet<String>,
}

impl Chat {
    pub fn between(&self, one: &str, other: &str) -> Option<&Convo> {
        let both = |convo: &&Convo| convo.members.iter().all(|did| did == one || did == other);
        self.convos.values().find(both)
    }

    /// The exchange in which that message stands, or of that id.
    pub fn holding(&self, id: &str) -> Option<&Convo> {
        let holds = |convo: &&Convo| convo.messages.iter().any(|message| message.id == id);
        self.convos.get(id).or_else(|| self.convos.values().find(holds))
    }
}

impl Sky {
    fn happen(&mut self, kind: &'static str, convo: &str, message: Option<String>, applied_ms: i64) -> String {
        let rev = self.next_tid(applied_ms);
        if let Some(convo) = self.chat.convos.get_mut(convo) {
            convo.rev.clone_from(&rev);
        }
        self.chat.log.push(Happened { kind, rev: rev.clone(), convo: convo.to_owned(), message, applied_ms });
        rev
    }

    /// The exchange of two, begun by the first where there is none.
    pub fn begin(&mut self, by: &str, with: &str, now_ms: i64) -> String {
        if let Some(known) = self.chat.between(by, with) {
            return known.id.clone();
        }
        let id = self.next_tid(now_ms);
        let convo = Convo {
            id: id.clone(),
            rev: id.clone(),
            members: [by.to_owned(), with.to_owned()],
            messages: Vec::new(),
            accepted: BTreeSet::from([by.to_owned()]),
            read: BTreeMap::new(),
        };
        self.chat.convos.insert(id.clone(), convo);
        self.happen("logBeginConvo", &id, None, now_ms);
        id
    }

    /// Says something in an exchange; the message's id.
    #[allow(clippy::too_many_arguments)] // A message has that many sides.
    pub fn whisper(
        &mut self,
        convo: &str,
        by: &str,
        text: &str,
        facets: Option<Value>,
        at_ms: i64,
        applied_ms: i64,
        origin: Origin,
    ) -> Option<String> {
        self.chat.convos.get(convo)?;
        let id = self.next_tid(applied_ms);
        let rev = self.happen("logCreateMessage", convo, Some(id.clone()), applied_ms);
        let found = self.chat.convos.get_mut(convo)?;
        found.accepted.insert(by.to_owned());
        found.messages.push(Message {
            id: id.clone(),
            rev,
            by: by.to_owned(),
            text: text.to_owned(),
            facets,
            at_ms,
            applied_ms,
            origin,
            reactions: Vec::new(),
            gone_for: BTreeSet::new(),
        });
        Some(id)
    }

    pub fn accept(&mut self, convo: &str, by: &str, now_ms: i64) -> String {
        if let Some(convo) = self.chat.convos.get_mut(convo) {
            convo.accepted.insert(by.to_owned());
        }
        self.happen("logAcceptConvo", convo, None, now_ms)
    }

    pub fn read(&mut self, convo: &str, by: &str, until: String, now_ms: i64) {
        if let Some(convo) = self.chat.convos.get_mut(convo) {
            convo.read.insert(by.to_owned(), until);
        }
        self.happen("logReadConvo", convo, None, now_ms);
    }

    /// Puts a sign under a message, or takes it off. Whether the message is there.
    pub fn react(&mut self, convo: &str, message: &str, by: &str, sign: &str, on: bool, now_ms: i64) -> bool {
        let found = self.chat.convos.get_mut(convo);
        let found = found.and_then(|convo| convo.messages.iter_mut().find(|known| known.id == message));
        let Some(found) = found else { return false };
        found.reactions.retain(|(known, whose, _)| known != sign || whose != by);
        if on {
            found.reactions.push((sign.to_owned(), by.to_owned(), now_ms));
        }
        let kind = if on { "logAddReaction" } else { "logRemoveReaction" };
        self.happen(kind, convo, Some(message.to_owned()), now_ms);
        true
    }

    /// Takes a message away from one member's eyes. Whether it was there.
    pub fn forget(&mut self, convo: &str, message: &str, by: &str, now_ms: i64) -> bool {
        let found = self.chat.convos.get_mut(convo);
        let found = found.and_then(|convo| convo.messages.iter_mut().find(|known| known.id == message));
        let Some(found) = found else { return false };
        found.gone_for.insert(by.to_owned());
        self.happen("logDeleteMessage", convo, Some(message.to_owned()), now_ms);
        true
    }
}
