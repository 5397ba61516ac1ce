//! A network on paper: one server, one session, and the fates of their requests, written beforehand.

use crate::testing::author;
use async_trait::async_trait;
use guichet_model::{
    Body, ByName, Capabilities, Clock, Counts, Cursor, Doors, Fault, Found, Identity, Item, Kind, LastWord, Login,
    Millis, Network, Outgoing, Page, Prepared, Proof, Publication, Recheck, RemoteId, Session, Source, Step,
    Visibility,
};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// What happens to one sending.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    Fine,
    /// The request never came, and nobody knows.
    Lost,
    /// Applied, and the answer lost.
    Deaf,
    /// The answer lost, and the request applied so many milliseconds later.
    Late(i64),
    /// Surely not done.
    Fault(Fault),
}

#[derive(Clone, Debug)]
pub struct Post {
    pub remote: String,
    pub place: RemoteId,
    pub text: String,
    pub key: String,
    pub at: Millis,
    /// When a reading shows it.
    pub visible: Millis,
}

pub struct Server {
    pub posts: Vec<Post>,
    pub sendings: VecDeque<Fate>,
    /// Faults of the next looks; none left: they succeed.
    pub findings: VecDeque<Fault>,
    pub recheck: Option<Recheck>,
    pub rechecks: u32,
    pub sends: u32,
    pub proof: Proof,
    /// How long a reading does not show what was written.
    pub lag: i64,
    /// What the network makes of a text.
    pub rewrites: bool,
    /// What is published stands under a name that was frozen with the reply; so it does where its id is our own.
    pub names: bool,
    /// Its clock less ours, as its answers tell it.
    pub apart: Option<i64>,
    /// The preparing of this text waits until it is told to go on.
    pub slow: Option<(&'static str, Arc<Notify>)>,
    /// How many were prepared to their end.
    pub prepared: u32,
    late: Vec<(Millis, Prepared)>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            posts: Vec::new(),
            sendings: VecDeque::new(),
            findings: VecDeque::new(),
            recheck: None,
            rechecks: 0,
            sends: 0,
            proof: Proof::ReadBack { settles_within: 60_000 },
            lag: 0,
            rewrites: false,
            names: false,
            apart: None,
            slow: None,
            prepared: 0,
            late: Vec::new(),
        }
    }
}

impl Server {
    /// What comes late comes now, if it is time.
    pub fn settle(&mut self, now: Millis) {
        let mut late = std::mem::take(&mut self.late);
        late.sort_by_key(|(at, _)| *at);
        for (at, prepared) in late {
            if at <= now {
                self.apply(&prepared, at).ok();
            } else {
                self.late.push((at, prepared));
            }
        }
    }

    fn apply(&mut self, prepared: &Prepared, at: Millis) -> Result<Post, Fault> {
        if matches!(self.proof, Proof::Key { .. }) {
            let same = |post: &&Post| post.key == prepared.key && at.since(post.at) < 3_600_000;
            if let Some(first) = self.posts.iter().find(same) {
                return Ok(first.clone());
            }
        }
        if self.proof == Proof::OwnId && self.posts.iter().any(|post| post.remote == prepared.body) {
            // Refused as there, in the words of a server that broke.
            return Err(Fault::Unsure);
        }
        Ok(self.post(&prepared.place, &prepared.text, &prepared.key, at))
    }

    pub fn post(&mut self, place: &RemoteId, text: &str, key: &str, at: Millis) -> Post {
        let text = if self.rewrites { format!("{text} (abrégé)") } else { text.to_owned() };
        let post = Post {
            remote: if self.proof == Proof::OwnId { own_id(key) } else { format!("s-{}", self.posts.len() + 1) },
            place: place.clone(),
            text,
            key: key.to_owned(),
            at,
            visible: at.plus(self.lag),
        };
        self.posts.push(post.clone());
        post
    }
}

/// The id that a reply chooses for its message.
fn own_id(key: &str) -> String {
    format!("own-{key}")
}

pub struct Paper(pub Arc<Mutex<Server>>);

impl Network for Paper {
    fn name(&self) -> &'static str {
        "paper"
    }

    fn offer(&self) -> guichet_model::Offer {
        panic!("nobody is shown its tile")
    }

    fn login(&self) -> Box<dyn Login> {
        Box::new(NoLogin)
    }

    fn session(&self, _: Identity, doors: Doors) -> Arc<dyn Session> {
        Arc::new(PaperSession { server: self.0.clone(), clock: doors.clock })
    }
}

struct NoLogin;

#[async_trait]
impl Login for NoLogin {
    fn first(&self) -> Step {
        Step::Done
    }

    async fn answer(&mut self, _: guichet_model::Answer) -> Result<Step, Fault> {
        Ok(Step::Done)
    }

    fn signed(&mut self) -> Option<guichet_model::Signed> {
        None
    }
}

struct PaperSession {
    server: Arc<Mutex<Server>>,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl Session for PaperSession {
    async fn capabilities(&self) -> Result<Capabilities, Fault> {
        Err(Fault::OFFLINE)
    }

    fn sources(&self) -> Vec<Source> {
        Vec::new()
    }

    async fn pull(&self, _: &str, _: Option<&Cursor>, _: Millis) -> Result<Page, Fault> {
        Ok(Page::default())
    }

    async fn prepare(&self, outgoing: &Outgoing) -> Result<Prepared, Fault> {
        let slow = self.server.lock().unwrap().slow.clone();
        if let Some((_, go_on)) = slow.filter(|(text, _)| *text == outgoing.text) {
            go_on.notified().await;
        }
        let mut server = self.server.lock().unwrap();
        server.prepared += 1;
        Ok(Prepared {
            key: outgoing.key.clone(),
            body: match server.proof {
                Proof::OwnId => own_id(&outgoing.key),
                _ => format!("status={}", outgoing.text),
            },
            place: outgoing.place.remote.clone(),
            text: outgoing.text.clone(),
            proof: server.proof,
        })
    }

    async fn send(&self, prepared: &Prepared, last: Arc<dyn LastWord>) -> Result<Item, Fault> {
        if !last.may_leave().await {
            return Err(Fault::OFFLINE);
        }
        let now = self.clock.now();
        let mut server = self.server.lock().unwrap();
        server.settle(now);
        server.sends += 1;
        match server.sendings.pop_front().unwrap_or(Fate::Fine) {
            Fate::Fine => server.apply(prepared, now).map(|post| item(&post)),
            Fate::Lost => Err(Fault::Unsure),
            Fate::Deaf => {
                server.apply(prepared, now).ok();
                Err(Fault::Unsure)
            }
            Fate::Late(after) => {
                server.late.push((now.plus(after), prepared.clone()));
                Err(Fault::Unsure)
            }
            Fate::Fault(fault) => Err(fault),
        }
    }

    async fn find(&self, prepared: &Prepared, since: Millis) -> Result<Found, Fault> {
        let now = self.clock.now();
        let mut server = self.server.lock().unwrap();
        server.settle(now);
        if let Some(fault) = server.findings.pop_front() {
            return Err(fault);
        }
        let there: Vec<&Post> = server
            .posts
            .iter()
            .filter(|post| post.place == prepared.place && post.at >= since && post.visible <= now)
            .collect();
        let (same, other): (Vec<&Post>, Vec<&Post>) = there.into_iter().partition(|post| post.text == prepared.text);
        let own = |post: &&&Post| match server.proof {
            Proof::OwnId => post.remote == prepared.body,
            _ => post.key == prepared.key,
        };
        let by_name = match same.iter().find(own) {
            _ if !server.names && server.proof != Proof::OwnId => ByName::Unnamed,
            Some(post) => ByName::There(RemoteId::new(&post.remote)),
            None => ByName::Absent,
        };
        Ok(Found {
            by_name,
            same: same.into_iter().map(item).collect(),
            other: other.into_iter().map(item).collect(),
            complete: true,
        })
    }

    fn clock_apart(&self) -> Option<i64> {
        self.server.lock().unwrap().apart
    }

    async fn recheck(&self, _: &guichet_model::Place) -> Result<Recheck, Fault> {
        let mut server = self.server.lock().unwrap();
        server.rechecks += 1;
        Ok(server.recheck.take().unwrap_or(Recheck::Same))
    }
}

pub fn item(post: &Post) -> Item {
    Item {
        remote: RemoteId::new(&post.remote),
        aliases: Vec::new(),
        kind: Kind::Comment,
        conversation: None,
        post: None,
        in_reply_to: Some(post.place.clone()),
        author: author("Phare"),
        ours: true,
        at: post.at,
        edited_at: None,
        body: Body { text: post.text.clone(), ..Body::default() },
        lang: None,
        url: Some(format!("https://exemple.test/{}", post.remote)),
        visibility: Some(Visibility::Public),
        publication: Publication::Published,
        rating: None,
        attachments: Vec::new(),
        counts: Counts::default(),
        liked: false,
        expires_at: None,
    }
}
