//! A network on paper: a test writes what it answers, and reads what it was asked.
//!
//! Whatever nothing was written for has a plain answer: pages are empty, writes succeed, rechecks find the same.

#![allow(clippy::panic)]

use super::author;
use async_trait::async_trait;
use guichet_model::{
    Again, Alias, Author, Body, Capabilities, Counts, Curation, Cursor, Doors, Fault, Files, Found, Identity, Item,
    Kind, LastWord, Live, Login, MINUTE, Millis, Moderation, Network, Outgoing, Own, Page, Picture, Place, Prepared,
    Proof, Publication, Reactions, Recheck, RemoteId, Report, Ring, Session, Source, TextLimit, TextUnit, Uploads,
    Visibility,
};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::Notify;

pub const NAME: &str = "paper";
pub const MENTIONS: &str = "mentions";
pub const OWN: &str = "own";

/// What was asked of the network, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    Pull(String, Option<Cursor>),
    Send(String),
    Find,
    Recheck,
    Like(RemoteId, bool),
    Mute(RemoteId, bool),
    Block(RemoteId, bool),
    Report(Report),
    Put(RemoteId, Publication),
    Edit(RemoteId, String),
    Delete(RemoteId),
    Look(Vec<RemoteId>),
    /// With its description.
    Upload(String),
    File(RemoteId, String),
}

#[derive(Default)]
pub struct Script {
    pub pages: HashMap<String, VecDeque<Result<Page, Fault>>>,
    pub sends: VecDeque<Result<Item, Fault>>,
    pub finds: VecDeque<Result<Found, Fault>>,
    pub rechecks: VecDeque<Result<Recheck, Fault>>,
    /// What the next uploads answer; otherwise they are named `up-N` by their place in `asked`.
    pub uploads: VecDeque<Result<RemoteId, Fault>>,
    /// What the next reaction or act of moderation answers.
    pub acts: VecDeque<Result<(), Fault>>,
    /// Where what is put stands afterwards; otherwise where it was put.
    pub puts: VecDeque<Result<Publication, Fault>>,
    /// What looking at items again answers; without any, the network is none that needs it.
    pub looks: VecDeque<Result<Page, Fault>>,
    /// Items that cannot be asked for by name.
    pub nameless: Vec<RemoteId>,
    /// What the live stream rings, once it is listened to.
    pub rings: VecDeque<Ring>,
    /// What fetching a file answers; without any, the network is none that gives one.
    pub files: VecDeque<Result<Vec<u8>, Fault>>,
    pub asked: Vec<Asked>,
    pub no_reactions: bool,
    /// Neither what others wrote nor what we did can be changed.
    pub no_curation: bool,
    pub proof: Option<Proof>,
}

#[derive(Default)]
struct Shared {
    script: Mutex<Script>,
    rung: Notify,
}

#[derive(Clone, Default)]
pub struct Paper {
    shared: Arc<Shared>,
}

impl Paper {
    pub fn script(&self) -> MutexGuard<'_, Script> {
        self.shared.script.lock().unwrap()
    }

    pub fn page(&self, source: &str, page: Page) {
        self.answer(source, Ok(page));
    }

    pub fn answer(&self, source: &str, answer: Result<Page, Fault>) {
        let mut script = self.script();
        script.pages.entry(source.to_owned()).or_default().push_back(answer);
    }

    pub fn ring(&self, ring: Ring) {
        self.script().rings.push_back(ring);
        self.shared.rung.notify_one();
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.script().asked.clone()
    }

    pub fn pulls(&self, source: &str) -> usize {
        let script = self.script();
        script.asked.iter().filter(|asked| matches!(asked, Asked::Pull(name, _) if name == source)).count()
    }

    fn act(&self, asked: Asked) -> Result<(), Fault> {
        let mut script = self.script();
        script.asked.push(asked);
        script.acts.pop_front().unwrap_or(Ok(()))
    }
}

impl Network for Paper {
    fn name(&self) -> &'static str {
        NAME
    }

    fn offer(&self) -> guichet_model::Offer {
        panic!("nobody is shown its tile")
    }

    fn login(&self) -> Box<dyn Login> {
        panic!("nobody signs in on paper")
    }

    fn session(&self, identity: Identity, doors: Doors) -> Arc<dyn Session> {
        Arc::new(PaperSession { paper: self.clone(), me: identity.me, doors })
    }
}

struct PaperSession {
    paper: Paper,
    me: Author,
    doors: Doors,
}

#[async_trait]
impl Session for PaperSession {
    async fn capabilities(&self) -> Result<Capabilities, Fault> {
        Ok(capabilities())
    }

    fn sources(&self) -> Vec<Source> {
        [MENTIONS, OWN].map(|name| Source { name, every: MINUTE }).to_vec()
    }

    async fn pull(&self, source: &str, cursor: Option<&Cursor>, _since: Millis) -> Result<Page, Fault> {
        let mut script = self.paper.script();
        script.asked.push(Asked::Pull(source.to_owned(), cursor.cloned()));
        let next = script.pages.get_mut(source).and_then(VecDeque::pop_front);
        next.unwrap_or_else(|| Ok(Page::default()))
    }

    async fn prepare(&self, outgoing: &Outgoing) -> Result<Prepared, Fault> {
        let proof = self.paper.script().proof;
        Ok(Prepared {
            key: outgoing.key.clone(),
            body: outgoing.pictures.iter().fold(format!("status={}", outgoing.text), |body, picture| {
                format!("{body}&media={}", picture.as_str())
            }),
            place: outgoing.place.remote.clone(),
            text: outgoing.text.clone(),
            proof: proof.unwrap_or(Proof::ReadBack { settles_within: MINUTE }),
        })
    }

    async fn send(&self, prepared: &Prepared, last: Arc<dyn LastWord>) -> Result<Item, Fault> {
        if !last.may_leave().await {
            return Err(Fault::OFFLINE);
        }
        let mut script = self.paper.script();
        script.asked.push(Asked::Send(prepared.text.clone()));
        let count = script.asked.len();
        script.sends.pop_front().unwrap_or_else(|| {
            let mut item = item(&format!("sent-{count}"), &self.me.name, self.doors.clock.now(), &prepared.text);
            item.author = self.me.clone();
            item.ours = true;
            item.in_reply_to = Some(prepared.place.clone());
            Ok(item)
        })
    }

    async fn find(&self, _prepared: &Prepared, _since: Millis) -> Result<Found, Fault> {
        let mut script = self.paper.script();
        script.asked.push(Asked::Find);
        script.finds.pop_front().unwrap_or_else(|| Ok(Found { complete: true, ..Found::default() }))
    }

    async fn recheck(&self, _place: &Place) -> Result<Recheck, Fault> {
        let mut script = self.paper.script();
        script.asked.push(Asked::Recheck);
        script.rechecks.pop_front().unwrap_or(Ok(Recheck::Same))
    }

    fn reactions(&self) -> Option<&dyn Reactions> {
        let offered = !self.paper.script().no_reactions;
        offered.then_some(self as &dyn Reactions)
    }

    fn moderation(&self) -> Option<&dyn Moderation> {
        Some(self)
    }

    fn curation(&self) -> Option<&dyn Curation> {
        let offered = !self.paper.script().no_curation;
        offered.then_some(self as &dyn Curation)
    }

    fn own(&self) -> Option<&dyn Own> {
        let offered = !self.paper.script().no_curation;
        offered.then_some(self as &dyn Own)
    }

    fn again(&self) -> Option<&dyn Again> {
        let offered = !self.paper.script().looks.is_empty();
        offered.then_some(self as &dyn Again)
    }

    fn live(&self) -> Option<&dyn Live> {
        Some(self)
    }

    fn uploads(&self) -> Option<&dyn Uploads> {
        Some(self)
    }

    fn files(&self) -> Option<&dyn Files> {
        let offered = !self.paper.script().files.is_empty();
        offered.then_some(self as &dyn Files)
    }
}

#[async_trait]
impl Reactions for PaperSession {
    async fn like(&self, item: &RemoteId, on: bool) -> Result<(), Fault> {
        self.paper.act(Asked::Like(item.clone(), on))
    }
}

#[async_trait]
impl Moderation for PaperSession {
    async fn mute(&self, person: &RemoteId, on: bool) -> Result<(), Fault> {
        self.paper.act(Asked::Mute(person.clone(), on))
    }

    async fn block(&self, person: &RemoteId, on: bool) -> Result<(), Fault> {
        self.paper.act(Asked::Block(person.clone(), on))
    }

    async fn report(&self, report: &Report) -> Result<(), Fault> {
        self.paper.act(Asked::Report(report.clone()))
    }
}

#[async_trait]
impl Curation for PaperSession {
    async fn put(&self, item: &RemoteId, to: Publication) -> Result<Publication, Fault> {
        let mut script = self.paper.script();
        script.asked.push(Asked::Put(item.clone(), to));
        script.puts.pop_front().unwrap_or(Ok(to))
    }
}

#[async_trait]
impl Own for PaperSession {
    async fn edit(&self, remote: &RemoteId, text: &str) -> Result<Item, Fault> {
        self.paper.act(Asked::Edit(remote.clone(), text.to_owned()))?;
        let now = self.doors.clock.now();
        let edited = item(remote.as_str(), &self.me.name, now, text);
        Ok(Item { author: self.me.clone(), edited_at: Some(now), ..ours(edited) })
    }

    async fn delete(&self, item: &RemoteId) -> Result<(), Fault> {
        self.paper.act(Asked::Delete(item.clone()))
    }
}

#[async_trait]
impl Again for PaperSession {
    fn most(&self) -> usize {
        2
    }

    fn looks_at(&self, item: &RemoteId) -> bool {
        !self.paper.script().nameless.contains(item)
    }

    async fn look(&self, items: &[RemoteId]) -> Result<Page, Fault> {
        let mut script = self.paper.script();
        script.asked.push(Asked::Look(items.to_vec()));
        script.looks.pop_front().unwrap_or_else(|| Ok(Page::default()))
    }
}

#[async_trait]
impl Uploads for PaperSession {
    async fn upload(&self, picture: &Picture) -> Result<RemoteId, Fault> {
        let mut script = self.paper.script();
        script.asked.push(Asked::Upload(picture.alt.clone()));
        let count = script.asked.len();
        script.uploads.pop_front().unwrap_or_else(|| Ok(RemoteId(format!("up-{count}"))))
    }
}

#[async_trait]
impl Files for PaperSession {
    async fn file(&self, item: &RemoteId, url: &str) -> Result<Vec<u8>, Fault> {
        let mut script = self.paper.script();
        script.asked.push(Asked::File(item.clone(), url.to_owned()));
        script.files.pop_front().unwrap_or(Err(Fault::OFFLINE))
    }
}

#[async_trait]
impl Live for PaperSession {
    async fn run(&self, ring: &(dyn Fn(Ring) + Send + Sync)) -> Fault {
        loop {
            self.paper.shared.rung.notified().await;
            while let Some(sound) = { self.paper.script().rings.pop_front() } {
                ring(sound);
            }
        }
    }
}

pub fn capabilities() -> Capabilities {
    Capabilities {
        limit: TextLimit {
            most: 500,
            unit: TextUnit::Graphemes,
            bytes: None,
            link_counts: Some(23),
            mention_domain_free: true,
        },
        direct_limit: None,
        reply: true,
        private_reply: true,
        audiences: true,
        warnings: true,
        like: true,
        mute: true,
        block: true,
        report: true,
        publications: vec![
            Publication::Published,
            Publication::Pending,
            Publication::Hidden,
            Publication::Spam,
            Publication::Trash,
        ],
        delete_own: true,
        edit_own: true,
        addresses: true,
        pictures: None,
        files: Some(1_000_000),
        proof: Proof::ReadBack { settles_within: MINUTE },
        never_gives: Vec::new(),
    }
}

/// A public mention by that person, at the top of its own thread, whose root the network does not tell.
pub fn item(remote: &str, by: &str, at: Millis, text: &str) -> Item {
    Item {
        remote: RemoteId::new(remote),
        aliases: vec![Alias { scope: "id".into(), name: remote.into() }],
        kind: Kind::Mention,
        conversation: None,
        post: None,
        in_reply_to: None,
        author: author(by),
        ours: false,
        at,
        edited_at: None,
        body: Body { text: text.into(), ..Body::default() },
        lang: Some("fr".into()),
        url: Some(format!("https://exemple.test/{remote}")),
        visibility: Some(Visibility::Public),
        publication: Publication::Published,
        rating: None,
        attachments: Vec::new(),
        counts: Counts::default(),
        liked: false,
        expires_at: None,
    }
}

/// The same, answering another.
pub fn answer(remote: &str, to: &str, by: &str, at: Millis, text: &str) -> Item {
    Item { in_reply_to: Some(RemoteId::new(to)), ..item(remote, by, at, text) }
}

/// Written by the account itself.
pub fn ours(item: Item) -> Item {
    Item { ours: true, ..item }
}

pub fn page(items: Vec<Item>) -> Page {
    Page { items, ..Page::default() }
}
