//! For the tests of this folder: a mailbox in memory, reached on loopback by `fake_imap` and `fake_smtp`, that writes down
//! what it was asked and fails by command. A clock, a secret and a budget beside it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::access::Access;
use super::dial::{Dial, Limits};
use super::fake_imap::imap;
use super::fake_smtp::smtp;
use super::servers::{Security, Server};
use super::session::Account;
use crate::addresses::Reach;
use crate::http::Http;
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use guichet_model::*;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

/// 2026-09-21T14:13:20Z.
pub(crate) const NOW: Millis = Millis(1_790_000_000_000);
pub(crate) const ME: &str = "contact@librairie.test";

#[derive(Default)]
pub(crate) struct Mailbox {
    pub folders: BTreeMap<String, Folder>,
    /// Every command, without its tag and without passwords.
    pub asked: Vec<String>,
    /// What SMTP took: from, to, message.
    pub taken: Vec<(String, String, String)>,
    pub fails: Vec<(String, Fail)>,
    pub without: Vec<&'static str>,
    /// What is said instead of a message, by its number: a tagged no, an answer in a line of its own, or nothing.
    pub held: BTreeMap<u32, &'static str>,
    /// What is told of a message's parts, by its number; nothing of others.
    pub structures: BTreeMap<u32, String>,
    /// The one that opens, beside the password.
    pub token: String,
    /// Secrets in place of the first one, in order.
    pub kept: Vec<Secret>,
}

#[derive(Clone, Default)]
pub(crate) struct Folder {
    pub validity: u32,
    pub next: u32,
    pub attributes: &'static str,
    pub messages: Vec<Message>,
}

#[derive(Clone)]
pub(crate) struct Message {
    pub uid: u32,
    pub flags: Vec<String>,
    pub at: Millis,
    pub bytes: Vec<u8>,
}

/// What happens instead, once, to the next command that begins so.
#[derive(Clone)]
pub(crate) enum Fail {
    Say(&'static str),
    /// The line is cut before it is obeyed.
    Cut,
    /// It is obeyed, and the line is cut before the answer.
    CutAfter,
}

#[derive(Clone)]
pub(crate) struct Fake {
    pub state: Arc<Mutex<Mailbox>>,
    pub access: Access,
    /// The roots of those who speak TLS.
    pub roots: Option<TlsConnector>,
}

impl Fake {
    pub async fn start() -> Self {
        let mut state = Mailbox::default();
        for (name, attributes) in
            [("INBOX", ""), ("Sent", "\\Sent"), ("Junk", "\\Junk"), ("Trash", "\\Trash"), ("Dossiers", "")]
        {
            let folder = Folder { validity: 7, next: 1, attributes, messages: Vec::new() };
            state.folders.insert(name.to_owned(), folder);
        }
        let state = Arc::new(Mutex::new(state));
        let (imap, smtp) = (serve(&state, imap).await, serve(&state, smtp).await);
        let access = Access {
            address: ME.into(),
            user: ME.into(),
            password: "secret \"du\" port".into(),
            grant: None,
            imap,
            smtp,
            folder: "INBOX".into(),
        };
        Self { state, access, roots: None }
    }

    pub fn state(&self) -> MutexGuard<'_, Mailbox> {
        self.state.lock().unwrap()
    }

    pub fn account(&self) -> Account {
        let doors = Doors {
            clock: Arc::new(Fixed),
            secrets: Arc::new(Vault(self.access.seal().unwrap(), self.state.clone())),
            budget: Arc::new(Purse),
        };
        Account::new(
            Arc::new(Http::new(Reach::Loopback)),
            Arc::new(self.dial()),
            Identity { server: self.access.origin(), me: me() },
            doors,
        )
    }

    pub fn dial(&self) -> Dial {
        let second = Duration::from_secs(2);
        let dial =
            Dial::with(Reach::Loopback, Limits { answer: second, taken: second, idle: Duration::from_millis(200) });
        match &self.roots {
            Some(roots) => dial.trusting(roots.clone()),
            None => dial,
        }
    }

    /// Puts a message there, arrived so many seconds before now; its number.
    pub fn put(&self, folder: &str, seconds: i64, message: impl AsRef<[u8]>) -> u32 {
        let mut state = self.state();
        let folder = state.folders.get_mut(folder).unwrap();
        let uid = folder.next;
        folder.next += 1;
        let at = NOW.plus(-seconds * SECOND);
        folder.messages.push(Message { uid, flags: Vec::new(), at, bytes: message.as_ref().to_vec() });
        uid
    }

    pub fn fail(&self, command: &str, fail: Fail) {
        self.state().fails.push((command.to_owned(), fail));
    }

    pub fn asked(&self, command: &str) -> usize {
        self.state().asked.iter().filter(|asked| asked.starts_with(command)).count()
    }

    pub fn flags(&self, folder: &str, uid: u32) -> Vec<String> {
        let state = self.state();
        state.folders[folder].messages.iter().find(|message| message.uid == uid).unwrap().flags.clone()
    }
}

/// A letter by somebody, with these further lines in its header.
pub(crate) fn letter(id: &str, from: &str, subject: &str, header: &str, text: &str) -> String {
    format!(
        "Message-ID: <{id}>\r\nFrom: {from}\r\nTo: {ME}\r\nSubject: {subject}\r\nDate: Mon, 21 Sep 2026 12:00:00 +0000\r\n\
         {header}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    )
}

/// An answer to a message of that name.
pub(crate) fn outgoing(remote: &str, text: &str) -> Outgoing {
    let remote = RemoteId::new(remote);
    Outgoing {
        key: "0b6c1f0e-6f4e-4c55-8a3e-5a3f4d1c2b3a".into(),
        written_at: Millis(1_790_000_000_000),
        place: Place {
            conversation: remote.clone(),
            remote,
            post: None,
            visibility: None,
            edited_at: None,
            read_at: NOW,
        },
        text: text.into(),
        to: Vec::new(),
        visibility: None,
        warning: None,
        lang: None,
        pictures: Vec::new(),
    }
}

pub(crate) fn me() -> Author {
    Author {
        remote: RemoteId::new(ME),
        handle: ME.into(),
        name: "Librairie du Port".into(),
        avatar: None,
        url: None,
        bot: false,
    }
}

pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/email/fixtures/");
    std::fs::read(format!("{folder}{name}.eml")).unwrap()
}

/// A last word that is always the same.
pub(crate) fn word(may_leave: bool) -> Arc<dyn LastWord> {
    struct Word(bool);
    #[async_trait]
    impl LastWord for Word {
        async fn may_leave(&self) -> bool {
            self.0
        }
    }
    Arc::new(Word(may_leave))
}

struct Fixed;
impl Clock for Fixed {
    fn now(&self) -> Millis {
        NOW
    }
}

struct Vault(Secret, State);
#[async_trait]
impl Secrets for Vault {
    async fn read(&self) -> Result<Secret, Fault> {
        Ok(self.1.lock().unwrap().kept.last().unwrap_or(&self.0).clone())
    }
    async fn replace(&self, secret: Secret) -> Result<(), Fault> {
        self.1.lock().unwrap().kept.push(secret);
        Ok(())
    }
}

struct Purse;
impl Budget for Purse {
    fn reserve(&self, _: Spending) -> Result<(), Fault> {
        Ok(())
    }
    fn correct(&self, _: Spending, _: u32, _: Millis) {}
}

pub(crate) type State = Arc<Mutex<Mailbox>>;

pub(crate) async fn serve<W>(state: &State, work: impl Fn(TcpStream, State) -> W + Send + 'static) -> Server
where
    W: Future<Output = Option<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let state = state.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(work(stream, state.clone()));
        }
    });
    Server { host: "127.0.0.1".into(), port, security: Security::Plain }
}

/// Writes the command down; what is to go wrong with it.
pub(crate) fn met(state: &State, command: &str) -> Option<Fail> {
    let mut state = state.lock().unwrap();
    state.asked.push(command.to_owned());
    let at = state.fails.iter().position(|(begins, _)| command.starts_with(begins.as_str()))?;
    Some(state.fails.remove(at).1)
}

/// What XOAUTH2 says for the one that opens, in base64.
pub(crate) fn bearer(state: &State) -> String {
    STANDARD.encode(format!("user={ME}\u{1}auth=Bearer {}\u{1}\u{1}", state.lock().unwrap().token))
}

pub(crate) async fn line(wire: &mut BufReader<impl AsyncRead + Unpin>) -> Option<String> {
    let mut line = Vec::new();
    let read = wire.read_until(b'\n', &mut line).await.ok()?;
    assert!(read == 0 || line.ends_with(b"\r\n"), "a line that ends with LF alone");
    (read > 0).then(|| String::from_utf8(line).unwrap().trim_end().to_owned())
}
