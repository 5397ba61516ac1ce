//! One IMAP connection: signed in, one folder open at a time. async-imap reads and writes the protocol; commands are run
//! here to their tagged answer, since its own search and fetch take a "no" and a torn connection for an empty result, and
//! "nothing found" is an answer this program acts upon.

use super::access::Access;
use super::depth::Shallow;
use super::dial::{Dial, Line, unsafe_here};
use super::errors::{self, soon};
use super::folders::Folders;
use super::servers::Security;
use async_imap::error::Error;
use async_imap::imap_proto::{MailboxDatum, Response, ResponseCode, Status};
use async_imap::{Authenticator, Client, Session};
use futures::FutureExt;
use guichet_model::{Clock, Fault, Millis, RefusalCode};
use std::future::Future;
use std::io::ErrorKind;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};

pub(crate) struct Imap {
    pub session: Session<Line>,
    clock: Arc<dyn Clock>,
    answer: Duration,
    pub can: Can,
    /// Something came that no parser takes: nothing after it can be read.
    pub garbled: bool,
    /// The last question was answered with a no that was meant for it, and not for everything now.
    pub declined: bool,
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

impl Imap {
    /// Connects and signs in.
    pub async fn open(dial: &Dial, access: &Access, clock: Arc<dyn Clock>) -> Result<Self, Fault> {
        let answer = dial.limits.answer;
        let now = clock.now();
        let line = dial.open(&access.imap).await?;
        // In clear there is nothing yet to be told in brackets.
        let in_clear = access.imap.security == Security::StartTls;
        let mut client = Client::new(if in_clear { line } else { Shallow::over(line) });
        let greeting = within(answer, now, async { client.read_response().await.map_err(Error::from) }).await?;
        let greeting = greeting.ok_or_else(|| soon(now))?;
        match greeting.parsed() {
            Response::Data { status: Status::Ok, .. } => {}
            // Too many connections, or a server that is being looked after.
            Response::Data { status: Status::Bye, .. } => return Err(soon(now)),
            _ => return Err(Fault::unreadable("an IMAP greeting")),
        }
        drop(greeting);
        if in_clear {
            let asked = client.run_command_and_check_ok("STARTTLS", None);
            match timeout(answer, asked).await {
                Ok(Ok(())) => {}
                // It will not be made safe: nothing more is said.
                Ok(Err(Error::No(_) | Error::Bad(_))) => return Err(unsafe_here()),
                Ok(Err(error)) => return Err(errors::imap(&error, now)),
                Err(_) => return Err(soon(now)),
            }
            // What was read ahead in clear is left behind with the old client.
            client = Client::new(Shallow::over(dial.secure(client.into_inner(), &access.imap.host).await?));
        }
        // A refused login is answered late on purpose.
        let login = timeout(answer, login(client, access)).await.map_err(|_| soon(now))?;
        let session = login.map_err(|error| errors::imap_login(&error, now))?;
        let mut imap =
            Self { session, clock, answer, can: Can::default(), garbled: false, declined: false, used: Instant::now() };
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
    pub async fn ask(&mut self, command: &str, take: &mut (dyn FnMut(&Response<'_>) + Send)) -> Result<(), Fault> {
        let (now, answer) = (self.now(), self.answer);
        self.declined = false;
        let session = &mut self.session;
        // Of each answer, not of all: a page of messages takes as long as it takes while it comes.
        let tag = within(answer, now, session.run_command(command)).await?;
        loop {
            let garbled = &mut self.garbled;
            let read = async {
                // The parser falls over some answers, such as a message that arrived at no time.
                let told = AssertUnwindSafe(session.read_response()).catch_unwind().await;
                let told = told.unwrap_or_else(|_| Err(std::io::Error::other("an answer that no parser takes")));
                // A connection that breaks has an error of another kind.
                told.inspect_err(|error| *garbled = error.kind() == ErrorKind::Other).map_err(Error::from)
            };
            let Some(told) = within(answer, now, read).await? else {
                return Err(soon(now));
            };
            match told.parsed() {
                Response::Done { tag: done, status, outcome } if *done == tag => {
                    let said = || format!("{:?} {}", outcome.code, outcome.information.as_deref().unwrap_or_default());
                    self.used = Instant::now();
                    self.declined = *status != Status::Ok && !errors::of_the_server(&said());
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
        // No message has that number; some servers answer with it where there is none.
        found.retain(|number| *number > 0);
        found.sort_unstable();
        found.dedup();
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

/// With the token its owner agreed to; else LOGIN, whose words are ASCII; a password with other letters goes by SASL, which
/// says that they are UTF-8 (RFC 4616).
async fn login(client: Client<Line>, access: &Access) -> async_imap::error::Result<Session<Line>> {
    /// Said once. To what a server adds before it refuses, the answer is nothing.
    struct Words(String);
    impl Authenticator for Words {
        type Response = String;

        fn process(&mut self, _: &[u8]) -> String {
            std::mem::take(&mut self.0)
        }
    }
    let Access { user, password, grant, .. } = access;
    let login = match grant {
        Some(grant) => {
            let words = format!("user={user}\u{1}auth=Bearer {}\u{1}\u{1}", grant.access);
            client.authenticate("XOAUTH2", Words(words)).await
        }
        None if user.is_ascii() && password.is_ascii() => client.login(user, password).await,
        None => client.authenticate("PLAIN", Words(format!("\0{user}\0{password}"))).await,
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

/// A day as a search is asked for it. The server compares days by its own clock: one before is asked for.
pub(crate) fn day(at: Millis) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    at.strftime("%-d-%b-%Y").to_string()
}

#[cfg(test)]
#[path = "imap_tests.rs"]
mod tests;
