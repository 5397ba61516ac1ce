//! One signed-in mailbox: the contract of a session, each part told in its own file. One connection is kept from one
//! question to the next; it is out of its place while it is used, so that a question given up half-way takes it along.

use super::access::Access;
use super::convert::{self, Stood};
use super::dial::Dial;
use super::fetch::{self, Raw};
use super::folders::Folders;
use super::imap::Imap;
use super::letter::Letter;
use super::names::{self, Named};
use super::renew::Line;
use super::servers;
use super::{curate, files, find, live, look, pull, send, write};
use crate::http::Http;
use async_trait::async_trait;
use guichet_model::*;
use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Younger than this a connection is taken to be there; older than that it is not even asked.
const FRESH: Duration = Duration::from_secs(20);
const STALE: Duration = Duration::from_secs(4 * 60);
/// Items remembered, by the bytes of their texts.
const MOST_TEXT: usize = 16 << 20;
/// A message without an id is looked for among those of so many days.
const NAMELESS: i64 = 35 * DAY;
const MOST_NAMELESS: usize = 100;

pub(crate) struct Account {
    pub dial: Arc<Dial>,
    pub doors: Doors,
    pub me: Author,
    pub server: String,
    pub http: Arc<Http>,
    /// One exchange of tokens at a time.
    pub renewal: Line,
    free: Mutex<Option<Imap>>,
    folders: Mutex<Option<(Millis, Folders)>>,
    seen: Mutex<Remembered>,
    /// Asked for the last time that nothing was given.
    held: Mutex<Vec<u32>>,
    /// What this server says messages are made of cannot be read: it is not asked again.
    shapeless: AtomicBool,
}

/// What was read, so that looking again need not fetch whole messages.
#[derive(Default)]
struct Remembered {
    items: HashMap<RemoteId, Item>,
    text: usize,
}

/// A connection on loan. Dropped without `done`, it is closed.
pub(crate) struct Loan<'a> {
    account: &'a Account,
    imap: Imap,
}

impl Deref for Loan<'_> {
    type Target = Imap;

    fn deref(&self) -> &Imap {
        &self.imap
    }
}

impl DerefMut for Loan<'_> {
    fn deref_mut(&mut self) -> &mut Imap {
        &mut self.imap
    }
}

impl Loan<'_> {
    /// Every command was answered to its end: it may be used again.
    pub fn done(self) {
        *self.account.free.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.imap);
    }
}

/// A message met in a folder.
pub(crate) struct Met {
    pub raw: Raw,
    pub letter: Letter,
}

impl Account {
    pub fn new(http: Arc<Http>, dial: Arc<Dial>, identity: Identity, doors: Doors) -> Self {
        Self {
            dial,
            doors,
            me: identity.me,
            server: identity.server,
            http,
            renewal: Line::default(),
            free: Mutex::default(),
            folders: Mutex::default(),
            seen: Mutex::default(),
            held: Mutex::default(),
            shapeless: AtomicBool::new(false),
        }
    }

    pub fn now(&self) -> Millis {
        self.doors.clock.now()
    }

    /// A connection that answers.
    pub async fn imap(&self, access: &Access) -> Result<Loan<'_>, Fault> {
        self.doors.budget.reserve(Spending::Read)?;
        let kept = self.free.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut imap) = kept.filter(|imap| imap.used.elapsed() < STALE)
            && (imap.used.elapsed() < FRESH || imap.noop().await.is_ok())
        {
            return Ok(Loan { account: self, imap });
        }
        let imap = self.imap_line(access).await?;
        Ok(Loan { account: self, imap })
    }

    /// Asked for at most once a day.
    pub async fn folders(&self, imap: &mut Imap) -> Result<Folders, Fault> {
        let now = self.now();
        let known = self.folders.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, folders)) = known
            && (0..DAY).contains(&now.since(at))
        {
            return Ok(folders);
        }
        let folders = imap.folders().await?;
        *self.folders.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, folders.clone()));
        Ok(folders)
    }

    /// Those messages, and of those not read to their end what hangs on them.
    pub async fn fetch(&self, imap: &mut Imap, uids: &[u32]) -> Result<Vec<Raw>, Fault> {
        let mut found = imap.fetch(uids).await?;
        for raw in found.iter_mut().filter(|raw| raw.is_cut()) {
            if self.shapeless.load(Ordering::Relaxed) {
                break;
            }
            let told = imap.files(raw.uid).await;
            // Nothing after it can be read from this connection; without it the next one reads on.
            self.shapeless.store(imap.garbled, Ordering::Relaxed);
            raw.files = told?;
        }
        Ok(found)
    }

    /// Whether these were not given the last time either.
    pub fn was_held(&self, uids: &[u32]) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *held, uids.to_vec()) == uids
    }

    pub fn item(&self, met: &Met, stood: Stood) -> Item {
        let name = convert::name(&met.letter, stood, &self.me);
        let item = self.named(name, met, stood);
        // Whoever was written to knows an id, and could send another message under it, which is not that one.
        match self.remembered(&item.remote) {
            Some(known) if stood != Stood::Sent && is_another(&known, &item) => {
                self.keep(self.named(convert::own_name(&met.letter), met, stood))
            }
            _ => self.keep(item),
        }
    }

    pub fn named(&self, name: RemoteId, met: &Met, stood: Stood) -> Item {
        convert::named(name, &met.letter, met.raw.arrived, stood, &self.me)
    }

    fn keep(&self, item: Item) -> Item {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.text > MOST_TEXT {
            *seen = Remembered::default();
        }
        seen.text += item.body.text.len();
        seen.items.insert(item.remote.clone(), item.clone());
        item
    }

    pub fn remembered(&self, remote: &RemoteId) -> Option<Item> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).items.get(remote).cloned()
    }

    /// That message, if it is in the open folder. A search finds parts of ids too, so what it finds is read.
    pub async fn seek(&self, imap: &mut Imap, remote: &RemoteId, stood: Stood) -> Result<Option<Met>, Fault> {
        let query = match names::named(remote) {
            Some(Named::Id(id) | Named::Both(id)) => match names::searchable(&id) {
                Some(id) => format!("HEADER Message-ID {id}"),
                None => return Ok(None),
            },
            Some(Named::Hash(_)) => {
                let since = super::imap::day(self.now().plus(-NAMELESS));
                format!("SINCE {since} NOT HEADER Message-ID \"\"")
            }
            None => return Ok(None),
        };
        let mut hits = imap.search(&query).await?;
        // The newest of those without an id; of an id the oldest, which others may have copied it from.
        match names::named(remote) {
            Some(Named::Hash(_)) => drop(hits.drain(..hits.len().saturating_sub(MOST_NAMELESS))),
            _ => hits.truncate(MOST_NAMELESS),
        }
        for some in hits.chunks(fetch::AT_ONCE) {
            for raw in self.fetch(imap, some).await? {
                if raw.is_left_behind(stood) {
                    continue;
                }
                let Some(letter) = raw.letter() else { continue };
                if [convert::name(&letter, stood, &self.me), convert::own_name(&letter)].contains(remote) {
                    return Ok(Some(Met { raw, letter }));
                }
            }
        }
        Ok(None)
    }

    /// That message, wherever it lies of the places where it can, the likeliest first.
    pub async fn anywhere(
        &self,
        imap: &mut Imap,
        access: &Access,
        remote: &RemoteId,
    ) -> Result<Option<(Met, Stood, String)>, Fault> {
        let folders = self.folders(imap).await?;
        for (folder, stood) in places(access, &folders) {
            match imap.select(&folder).await {
                Ok(_) => {}
                // One that cannot be opened has nothing for us.
                Err(Fault::Refused { .. }) => continue,
                Err(fault) => return Err(fault),
            }
            if let Some(met) = self.seek(imap, remote, stood).await? {
                return Ok(Some((met, stood, folder)));
            }
        }
        Ok(None)
    }
}

/// Whether two messages of one name are not one: by others, or ours and altered.
fn is_another(known: &Item, item: &Item) -> bool {
    known.author.remote != item.author.remote || (known.ours && known.body.text != item.body.text)
}

/// The folders that concern us, and what lying there means.
pub(crate) fn places(access: &Access, folders: &Folders) -> Vec<(String, Stood)> {
    let mut places = vec![(access.folder.clone(), Stood::Inbox)];
    let named = [(folders.sent(), Stood::Sent), (folders.junk(), Stood::Junk), (folders.trash(), Stood::Trash)];
    let named = named.into_iter().filter_map(|(name, stood)| name.map(|name| (name, stood)));
    for (name, stood) in named.chain(folders.tidied().map(|name| (name, Stood::Inbox))) {
        if places.iter().all(|(known, _)| known != name) {
            places.push((name.to_owned(), stood));
        }
    }
    places
}

/// Whether the server files what we send.
pub(crate) fn keeps_copies(access: &Access) -> bool {
    servers::keeps_copies(&access.imap, &access.smtp)
}

#[async_trait]
impl Session for Account {
    async fn capabilities(&self) -> Result<Capabilities, Fault> {
        let access = self.access().await?;
        let mut imap = self.imap(&access).await?;
        let folders = self.folders(&mut imap).await?;
        imap.done();
        Ok(write::capabilities(&folders, keeps_copies(&access)))
    }

    fn sources(&self) -> Vec<Source> {
        pull::sources()
    }

    async fn pull(&self, source: &str, cursor: Option<&Cursor>, since: Millis) -> Result<Page, Fault> {
        pull::pull(self, source, cursor, since).await
    }

    async fn prepare(&self, outgoing: &Outgoing) -> Result<Prepared, Fault> {
        write::prepare(self, outgoing).await
    }

    async fn send(&self, prepared: &Prepared, last: Arc<dyn LastWord>) -> Result<Item, Fault> {
        send::send(self, prepared, last).await
    }

    async fn find(&self, prepared: &Prepared, since: Millis) -> Result<Found, Fault> {
        find::find(self, prepared, since).await
    }

    async fn recheck(&self, place: &Place) -> Result<Recheck, Fault> {
        find::recheck(self, place).await
    }

    fn curation(&self) -> Option<&dyn Curation> {
        Some(self)
    }

    fn again(&self) -> Option<&dyn Again> {
        Some(self)
    }

    fn live(&self) -> Option<&dyn Live> {
        Some(self)
    }

    fn files(&self) -> Option<&dyn Files> {
        Some(self)
    }
}

#[async_trait]
impl Curation for Account {
    async fn put(&self, item: &RemoteId, to: Publication) -> Result<Publication, Fault> {
        curate::put(self, item, to).await
    }
}

#[async_trait]
impl Again for Account {
    fn most(&self) -> usize {
        look::MOST
    }

    async fn look(&self, items: &[RemoteId]) -> Result<Page, Fault> {
        look::look(self, items).await
    }
}

#[async_trait]
impl Files for Account {
    async fn file(&self, item: &RemoteId, url: &str) -> Result<Vec<u8>, Fault> {
        files::file(self, item, url).await
    }
}

#[async_trait]
impl Live for Account {
    async fn run(&self, ring: &(dyn Fn(Ring) + Send + Sync)) -> Fault {
        live::run(self, ring).await
    }
}
