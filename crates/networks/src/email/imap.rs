//! One IMAP connection: signed in, one folder open at a time. async-imap reads and writes the protocol; commands are run
//! here to their tagged answer, since its own search and fetch take a "no" and a torn connection for an empty result, and
//! "nothing found" is an answer this program acts upon.

use super::access::Access;
use super::dial::{Dial, Line, unsafe_here};
use super::errors::{self, soon};
use super::folders::Folders;
use super::servers::Security;
use async_imap::error::Error;
use async_imap::imap_proto::{AttributeValue, MailboxDatum, Response, ResponseCode, Status};
use async_imap::{Authenticator, Client, Session};
use guichet_model::{Clock, Fault, Millis, RefusalCode};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Read of one message at most, in bytes: its words stand before what hangs on it.
pub(crate) const LARGEST: usize = 256 << 10;
/// Messages of one question.
pub(crate) const AT_ONCE: usize = 25;

pub(crate) struct Imap {
    pub session: Session<Line>,
    clock: Arc<dyn Clock>,
    answer: Duration,
    pub can: Can,
    /// When it was last used: an old connection may be gone without a word.
    pub used: Instant,
}

/// What the server says it can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Can {
    pub idle: bool,
    pub moves: bool,
    pub uidplus: bool,
}

/// A folder as it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    pub validity: u32,
    /// The number that the next message gets; some servers do not say.
    pub next: Option<u32>,
}

/// A message as the server gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Raw {
    pub uid: u32,
    pub flags: Vec<String>,
    pub arrived: Option<Millis>,
    pub size: Option<usize>,
    pub bytes: Vec<u8>,
}

impl Raw {
    /// Whether the bytes are its first ones only.
    pub fn is_cut(&self) -> bool {
        self.size.map_or(self.bytes.len() >= LARGEST, |size| self.bytes.len() < size)
    }

    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|own| own.eq_ignore_ascii_case(flag))
    }
}

impl Imap {
    /// Connects and signs in.
    pub async fn open(dial: &Dial, access: &Access, clock: Arc<dyn Clock>) -> Result<Self, Fault> {
        let answer = dial.limits.answer;
        let now = clock.now();
        let line = dial.open(&access.imap).await?;
        let mut client = Client::new(line);
        let greeting = within(answer, now, async { client.read_response().await.map_err(Error::from) }).await?;
        let greeting = greeting.ok_or_else(|| soon(now))?;
        match greeting.parsed() {
            Response::Data { status: Status::Ok, .. } => {}
            // Too many connections, or a server that is being looked after.
            Response::Data { status: Status::Bye, .. } => return Err(soon(now)),
            _ => return Err(Fault::unreadable("an IMAP greeting")),
        }
        drop(greeting);
        if access.imap.security == Security::StartTls {
            let asked = client.run_command_and_check_ok("STARTTLS", None);
            match timeout(answer, asked).await {
                Ok(Ok(())) => {}
                // It will not be made safe: nothing more is said.
                Ok(Err(Error::No(_) | Error::Bad(_))) => return Err(unsafe_here()),
                Ok(Err(error)) => return Err(errors::imap(&error, now)),
                Err(_) => return Err(soon(now)),
            }
            // What was read ahead in clear is left behind with the old client.
            client = Client::new(dial.secure(client.into_inner(), &access.imap.host).await?);
        }
        // A refused login is answered late on purpose.
        let login = timeout(answer, login(client, &access.user, &access.password)).await.map_err(|_| soon(now))?;
        let session = login.map_err(|error| errors::imap_login(&error, now))?;
        let mut imap = Self { session, clock, answer, can: Can::default(), used: Instant::now() };
        imap.can = imap.capabilities().await?;
        Ok(imap)
    }

    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    async fn capabilities(&mut self) -> Result<Can, Fault> {
        let now = self.now();
        let told = within(self.answer, now, self.session.capabilities()).await?;
        Ok(Can { idle: told.has_str("IDLE"), moves: told.has_str("MOVE"), uidplus: told.has_str("UIDPLUS") })
    }

    /// Runs a command to its end; `take` sees every answer before that.
    async fn ask(&mut self, command: &str, take: &mut (dyn FnMut(&Response<'_>) + Send)) -> Result<(), Fault> {
        let (now, answer) = (self.now(), self.answer);
        let session = &mut self.session;
        // Of each answer, not of all: a page of messages takes as long as it takes while it comes.
        let tag = within(answer, now, session.run_command(command)).await?;
        loop {
            let read = async { session.read_response().await.map_err(Error::from) };
            let Some(told) = within(answer, now, read).await? else {
                return Err(soon(now));
            };
            match told.parsed() {
                Response::Done { tag: done, status, outcome } if *done == tag => {
                    let said = || format!("{:?} {}", outcome.code, outcome.information.as_deref().unwrap_or_default());
                    self.used = Instant::now();
                    return match status {
                        Status::Ok => Ok(()),
                        Status::No => Err(errors::imap(&Error::No(said()), now)),
                        _ => Err(errors::imap(&Error::Bad(said()), now)),
                    };
                }
                // The tagged answer will not come.
                Response::Data { status: Status::Bye, .. } => return Err(soon(now)),
                told => take(told),
            }
        }
    }

    pub async fn noop(&mut self) -> Result<(), Fault> {
        self.ask("NOOP", &mut |_| {}).await
    }

    /// Opens a folder for reading: nothing is marked as seen or as no longer new.
    pub async fn examine(&mut self, folder: &str) -> Result<Opened, Fault> {
        self.opened("EXAMINE", folder).await
    }

    pub async fn select(&mut self, folder: &str) -> Result<Opened, Fault> {
        self.opened("SELECT", folder).await
    }

    async fn opened(&mut self, how: &str, folder: &str) -> Result<Opened, Fault> {
        let (mut validity, mut next) = (None, None);
        let command = format!("{how} {}", quoted(folder)?);
        self.ask(&command, &mut |told| {
            if let Response::Data { status: Status::Ok, outcome } = told {
                match outcome.code {
                    Some(ResponseCode::UidValidity(told)) => validity = Some(told),
                    Some(ResponseCode::UidNext(told)) => next = Some(told),
                    _ => {}
                }
            }
        })
        .await?;
        let validity = validity.ok_or_else(|| Fault::unreadable("a folder without UIDVALIDITY"))?;
        Ok(Opened { validity, next })
    }

    pub async fn folders(&mut self) -> Result<Folders, Fault> {
        let mut folders = Folders::default();
        self.ask("LIST \"\" \"*\"", &mut |told| {
            if let Response::MailboxData(MailboxDatum::List(list)) = told {
                folders.met(&list.name, &list.name_attributes, list.delimiter.as_deref());
            }
        })
        .await?;
        Ok(folders)
    }

    /// Numbers of the open folder's messages, in order.
    pub async fn search(&mut self, query: &str) -> Result<Vec<u32>, Fault> {
        let mut found = Vec::new();
        self.ask(&format!("UID SEARCH {query}"), &mut |told| {
            if let Response::MailboxData(MailboxDatum::Search(numbers)) = told {
                found.extend(numbers);
            }
        })
        .await?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Those messages, in order; one that is gone is not among them. They stay unseen.
    pub async fn fetch(&mut self, uids: &[u32]) -> Result<Vec<Raw>, Fault> {
        let mut found: Vec<Raw> = Vec::new();
        for some in uids.chunks(AT_ONCE) {
            let set = some.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
            let command = format!("UID FETCH {set} (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.{LARGEST}>)");
            self.ask(&command, &mut |told| {
                if let Response::Fetch(_, told) = told {
                    found.extend(raw(told).filter(|raw| some.contains(&raw.uid)));
                }
            })
            .await?;
        }
        found.sort_by_key(|raw| raw.uid);
        found.dedup_by_key(|raw| raw.uid);
        Ok(found)
    }

    /// The ids of messages, without their bodies.
    pub async fn ids(&mut self, uids: &[u32]) -> Result<Vec<Raw>, Fault> {
        let mut found: Vec<Raw> = Vec::new();
        for some in uids.chunks(10 * AT_ONCE) {
            let set = some.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
            let command = format!("UID FETCH {set} (UID FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])");
            self.ask(&command, &mut |told| {
                if let Response::Fetch(_, told) = told {
                    found.extend(raw(told).filter(|raw| some.contains(&raw.uid)));
                }
            })
            .await?;
        }
        found.sort_by_key(|raw| raw.uid);
        Ok(found)
    }

    pub async fn store(&mut self, uid: u32, flags: &str) -> Result<(), Fault> {
        self.ask(&format!("UID STORE {uid} +FLAGS.SILENT ({flags})"), &mut |_| {}).await
    }

    /// Out of the open folder into another, by MOVE where there is one; else by a copy and the one mark of that message.
    pub async fn put(&mut self, uid: u32, folder: &str) -> Result<(), Fault> {
        let folder = quoted(folder)?;
        if self.can.moves {
            return self.ask(&format!("UID MOVE {uid} {folder}"), &mut |_| {}).await;
        }
        self.ask(&format!("UID COPY {uid} {folder}"), &mut |_| {}).await?;
        self.store(uid, "\\Deleted").await?;
        // A plain EXPUNGE would also take what another program has marked.
        if self.can.uidplus {
            self.ask(&format!("UID EXPUNGE {uid}"), &mut |_| {}).await?;
        }
        Ok(())
    }

    pub async fn append(&mut self, folder: &str, bytes: &[u8]) -> Result<(), Fault> {
        let now = self.now();
        within(self.answer, now, self.session.append(folder, Some("(\\Seen)"), None, bytes)).await
    }

    /// Waits until the server tells of anything, or the time is over: whether it told.
    pub async fn idle(&mut self, long: Duration) -> Result<bool, Fault> {
        let (now, answer) = (self.now(), self.answer);
        let session = &mut self.session;
        let tag = within(answer, now, session.run_command("IDLE")).await?;
        let mut waiting = false;
        let mut news = false;
        let until = Instant::now() + long;
        loop {
            let left = if waiting { until.saturating_duration_since(Instant::now()) } else { answer };
            let told = match timeout(left, session.read_response()).await {
                Ok(Ok(Some(told))) => told,
                Ok(_) => return Err(soon(now)),
                Err(_) if waiting => break,
                Err(_) => return Err(soon(now)),
            };
            match told.parsed() {
                Response::Continue { .. } => waiting = true,
                // Refused: there is nothing to end.
                Response::Done { tag: done, .. } if *done == tag => {
                    return Err(Fault::refused(RefusalCode::NotOffered, None));
                }
                Response::Data { status: Status::Bye, .. } => return Err(soon(now)),
                // "Still here".
                Response::Data { .. } => {}
                _ => news = true,
            }
            if waiting && news {
                break;
            }
        }
        within(answer, now, session.run_command_untagged("DONE")).await?;
        loop {
            let read = async { session.read_response().await.map_err(Error::from) };
            let told = within(answer, now, read).await?.ok_or_else(|| soon(now))?;
            match told.parsed() {
                Response::Done { tag: done, .. } if *done == tag => break,
                Response::Data { .. } => {}
                _ => news = true,
            }
        }
        self.used = Instant::now();
        Ok(news)
    }
}

/// LOGIN, whose words are ASCII; a password with other letters goes by SASL, which says that they are UTF-8 (RFC 4616).
async fn login(client: Client<Line>, user: &str, password: &str) -> async_imap::error::Result<Session<Line>> {
    struct Plain(String);
    impl Authenticator for Plain {
        type Response = String;

        fn process(&mut self, _: &[u8]) -> String {
            std::mem::take(&mut self.0)
        }
    }
    let login = if user.is_ascii() && password.is_ascii() {
        client.login(user, password).await
    } else {
        client.authenticate("PLAIN", Plain(format!("\0{user}\0{password}"))).await
    };
    login.map_err(|(error, _)| error)
}

async fn within<T>(
    long: Duration,
    now: Millis,
    work: impl Future<Output = async_imap::error::Result<T>>,
) -> Result<T, Fault> {
    match timeout(long, work).await {
        Ok(done) => done.map_err(|error| errors::imap(&error, now)),
        Err(_) => Err(soon(now)),
    }
}

/// A folder's name in a command. Its letters are those the server listed.
fn quoted(name: &str) -> Result<String, Fault> {
    if name.chars().any(char::is_control) {
        return Err(Fault::refused(RefusalCode::Invalid, None));
    }
    Ok(format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// `None`: news about a message's flags, unasked.
fn raw(told: &[AttributeValue<'_>]) -> Option<Raw> {
    let mut raw = Raw { uid: 0, flags: Vec::new(), arrived: None, size: None, bytes: Vec::new() };
    let mut whole = false;
    for value in told {
        match value {
            AttributeValue::Uid(uid) => raw.uid = *uid,
            AttributeValue::Flags(flags) => raw.flags = flags.iter().map(|flag| flag.to_string()).collect(),
            AttributeValue::InternalDate(date) => raw.arrived = arrived(date),
            AttributeValue::Rfc822Size(size) => raw.size = usize::try_from(*size).ok(),
            AttributeValue::BodySection { data, .. } => {
                whole = true;
                raw.bytes = data.as_deref().unwrap_or_default().to_vec();
            }
            _ => {}
        }
    }
    (whole && raw.uid > 0).then_some(raw)
}

/// `17-Jul-1996 02:44:25 -0700`, its day perhaps led by a space.
fn arrived(date: &str) -> Option<Millis> {
    let at = jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", date.trim()).ok()?;
    Some(Millis(at.to_timestamp().ok()?.as_millisecond()))
}

/// A day as a search is asked for it. The server compares days by its own clock: one before is asked for.
pub(crate) fn day(at: Millis) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    at.strftime("%-d-%b-%Y").to_string()
}

#[cfg(test)]
#[path = "imap_tests.rs"]
mod tests;
