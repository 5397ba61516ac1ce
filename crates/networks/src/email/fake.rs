//! For the tests of this folder: a mailbox in memory that speaks enough IMAP and SMTP on loopback, writes down what it was
//! asked, and fails by command. A clock, a secret and a budget beside it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::access::Access;
use super::dial::{Dial, Limits};
use super::fake_smtp::smtp;
use super::imap::day;
use super::servers::{Security, Server};
use super::session::Account;
use crate::addresses::Reach;
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use guichet_model::*;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

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
            imap,
            smtp,
            folder: "INBOX".into(),
        };
        Self { state, access }
    }

    pub fn state(&self) -> MutexGuard<'_, Mailbox> {
        self.state.lock().unwrap()
    }

    pub fn account(&self) -> Account {
        let doors = Doors {
            clock: Arc::new(Fixed),
            secrets: Arc::new(OneSecret(self.access.seal().unwrap())),
            budget: Arc::new(Purse),
        };
        Account::new(Arc::new(self.dial()), Identity { server: self.access.origin(), me: me() }, doors)
    }

    pub fn dial(&self) -> Dial {
        let second = Duration::from_secs(2);
        Dial::with(Reach::Loopback, Limits { answer: second, taken: second, idle: Duration::from_millis(200) })
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

struct OneSecret(Secret);
#[async_trait]
impl Secrets for OneSecret {
    async fn read(&self) -> Result<Secret, Fault> {
        Ok(self.0.clone())
    }
    async fn replace(&self, _: Secret) -> Result<(), Fault> {
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

async fn serve<W>(state: &State, work: fn(TcpStream, State) -> W) -> Server
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

pub(crate) async fn line(wire: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = Vec::new();
    let read = wire.read_until(b'\n', &mut line).await.ok()?;
    assert!(read == 0 || line.ends_with(b"\r\n"), "a line that ends with LF alone");
    (read > 0).then(|| String::from_utf8(line).unwrap().trim_end().to_owned())
}

async fn imap(stream: TcpStream, state: State) -> Option<()> {
    let mut wire = BufReader::new(stream);
    wire.write_all(b"* OK ready\r\n").await.ok()?;
    let mut open = String::new();
    loop {
        let asked = line(&mut wire).await?;
        let (tag, command) = asked.split_once(' ')?;
        let fail = met(&state, if command.starts_with("LOGIN") { "LOGIN" } else { command });
        match fail {
            Some(Fail::Cut) => return None,
            Some(Fail::Say(said)) => {
                wire.write_all(format!("{tag} {said}\r\n").as_bytes()).await.ok()?;
                continue;
            }
            _ => {}
        }
        let mut literal = Vec::new();
        if let Some(size) = command.strip_suffix('}').and_then(|c| c.rsplit('{').next()) {
            wire.write_all(b"+ go on\r\n").await.ok()?;
            literal = vec![0; size.parse().unwrap()];
            wire.read_exact(&mut literal).await.ok()?;
            line(&mut wire).await?;
        }
        if command == "AUTHENTICATE PLAIN" {
            wire.write_all(b"+ \r\n").await.ok()?;
            let said = STANDARD.decode(line(&mut wire).await?).unwrap();
            let good = String::from_utf8(said).unwrap() == format!("\0{ME}\0clé");
            wire.write_all(format!("{tag} {}\r\n", if good { "OK in" } else { "NO no" }).as_bytes()).await.ok()?;
            continue;
        }
        if command == "IDLE" {
            idle(&mut wire, &state, &open).await?;
            wire.write_all(format!("{tag} OK done\r\n").as_bytes()).await.ok()?;
            continue;
        }
        let answer = obeyed(&state, &mut open, command, literal);
        if let Some(Fail::CutAfter) = fail {
            return None;
        }
        for piece in answer {
            wire.write_all(&piece).await.ok()?;
        }
        let end = if command.starts_with("EXAMINE \"Rien") { "NO [NONEXISTENT] none" } else { "OK done" };
        wire.write_all(format!("{tag} {end}\r\n").as_bytes()).await.ok()?;
    }
}

async fn idle(wire: &mut BufReader<TcpStream>, state: &State, open: &str) -> Option<()> {
    wire.write_all(b"+ idling\r\n").await.ok()?;
    let known = state.lock().unwrap().folders[open].messages.len();
    loop {
        tokio::select! {
            done = line(wire) => return (done? == "DONE").then_some(()),
            () = tokio::time::sleep(Duration::from_millis(10)) => {
                let now = state.lock().unwrap().folders[open].messages.len();
                if now != known {
                    wire.write_all(format!("* {now} EXISTS\r\n").as_bytes()).await.ok()?;
                    return (line(wire).await? == "DONE").then_some(());
                }
            }
        }
    }
}

fn obeyed(state: &State, open: &mut String, command: &str, literal: Vec<u8>) -> Vec<Vec<u8>> {
    let mut state = state.lock().unwrap();
    let words = words(command);
    let mut said: Vec<Vec<u8>> = Vec::new();
    let mut say = |text: String| said.push(text.into_bytes());
    let at: Vec<&str> = words.iter().map(String::as_str).collect();
    match at.as_slice() {
        ["CAPABILITY"] => {
            let all = ["IMAP4rev1", "IDLE", "MOVE", "UIDPLUS"];
            let all: Vec<&str> = all.into_iter().filter(|name| !state.without.contains(name)).collect();
            say(format!("* CAPABILITY {}\r\n", all.join(" ")));
        }
        ["LIST", ..] => {
            for (name, folder) in &state.folders {
                say(format!("* LIST ({}) \"/\" \"{name}\"\r\n", folder.attributes));
            }
        }
        ["EXAMINE" | "SELECT", name] => {
            *open = (*name).to_owned();
            if let Some(folder) = state.folders.get(*name) {
                say(format!("* {} EXISTS\r\n", folder.messages.len()));
                say(format!("* OK [UIDVALIDITY {}] x\r\n* OK [UIDNEXT {}] x\r\n", folder.validity, folder.next));
            }
        }
        ["UID", "SEARCH", keys @ ..] => {
            let folder = &state.folders[open.as_str()];
            let last = folder.messages.last().map_or(0, |message| message.uid);
            let hit = |message: &&Message| {
                let mut keys = keys.iter().copied();
                let mut whole = true;
                while let Some(key) = keys.next() {
                    whole &= holds(key, &mut keys, message, last);
                }
                whole
            };
            let hits: Vec<String> = folder.messages.iter().filter(hit).map(|message| message.uid.to_string()).collect();
            say(format!("* SEARCH {}\r\n", hits.join(" ")));
        }
        ["UID", "FETCH", set, ..] => {
            let folder = &state.folders[open.as_str()];
            for (n, message) in folder.messages.iter().enumerate().filter(|(_, m)| in_set(set, m.uid, 0)) {
                let header = command.contains("HEADER.FIELDS");
                let whole = message.bytes.len();
                let text = String::from_utf8_lossy(&message.bytes).into_owned();
                let ids = text.split("\r\n").filter(|line| line.starts_with("Message-ID:"));
                let bytes = match header {
                    true => format!("{}\r\n\r\n", ids.collect::<Vec<_>>().join("\r\n")).into_bytes(),
                    false => message.bytes[..whole.min(super::imap::LARGEST)].to_vec(),
                };
                let at = jiff::Timestamp::from_millisecond(message.at.0).unwrap();
                let section = if header { "HEADER.FIELDS (MESSAGE-ID)" } else { "" };
                let from = if header { "" } else { "<0>" };
                let mut piece = format!(
                    "* {} FETCH (UID {} FLAGS ({}) INTERNALDATE \"{}\" RFC822.SIZE {whole} BODY[{section}]{from} {{{}}}\r\n",
                    n + 1,
                    message.uid,
                    message.flags.join(" "),
                    at.strftime("%d-%b-%Y %H:%M:%S +0000"),
                    bytes.len(),
                )
                .into_bytes();
                piece.extend(bytes);
                piece.extend(b")\r\n");
                said.push(piece);
            }
        }
        ["UID", "STORE", uid, _, ..] => {
            let flags = command.split(['(', ')']).nth(1).unwrap().split(' ').map(str::to_owned);
            let folder = state.folders.get_mut(open.as_str()).unwrap();
            let message = folder.messages.iter_mut().find(|message| message.uid.to_string() == *uid).unwrap();
            message.flags.extend(flags);
        }
        ["UID", how @ ("MOVE" | "COPY"), uid, to] => {
            let folder = state.folders.get_mut(open.as_str()).unwrap();
            let at = folder.messages.iter().position(|message| message.uid.to_string() == *uid).unwrap();
            let mut message = folder.messages[at].clone();
            if *how == "MOVE" {
                folder.messages.remove(at);
            }
            let target = state.folders.get_mut(*to).unwrap();
            message.uid = target.next;
            target.next += 1;
            target.messages.push(message);
        }
        ["UID", "EXPUNGE", uid] => {
            let folder = state.folders.get_mut(open.as_str()).unwrap();
            let thrown = |m: &Message| m.uid.to_string() == *uid && m.flags.iter().any(|flag| flag == "\\Deleted");
            folder.messages.retain(|message| !thrown(message));
        }
        ["APPEND", name, ..] => {
            let folder = state.folders.get_mut(*name).unwrap();
            let uid = folder.next;
            folder.next += 1;
            folder.messages.push(Message { uid, flags: vec!["\\Seen".into()], at: NOW, bytes: literal });
        }
        ["NOOP" | "LOGOUT"] => {}
        ["LOGIN", ..] => {}
        other => panic!("the fake knows no {other:?}"),
    }
    said
}

fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for c in command.chars() {
        let last = words.last_mut().unwrap();
        match c {
            c if escaped => {
                last.push(c);
                escaped = false;
            }
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => last.push(c),
        }
    }
    words
}

fn in_set(set: &str, uid: u32, last: u32) -> bool {
    set.split(',').any(|range| match range.split_once(':') {
        // The trap: `n:*` is `*:n` where n is the larger.
        Some((from, "*")) => {
            let from: u32 = from.parse().unwrap();
            uid >= from || uid == last
        }
        Some((from, to)) => (from.parse().unwrap()..=to.parse::<u32>().unwrap()).contains(&uid),
        None if range == "*" => uid == last,
        None => range.parse() == Ok(uid),
    })
}

fn holds<'a>(key: &str, keys: &mut impl Iterator<Item = &'a str>, message: &Message, last: u32) -> bool {
    let mut next = || keys.next().unwrap().to_owned();
    let text = String::from_utf8_lossy(&message.bytes).to_lowercase();
    match key {
        "UID" => in_set(&next(), message.uid, last),
        "SINCE" => {
            let wanted = next();
            (0..60).any(|days| day(message.at.plus(-days * DAY)) == wanted)
        }
        "HEADER" => {
            let (name, value) = (next().to_lowercase(), next().to_lowercase());
            let header = text.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ").replace("\r\n\t", " ");
            header.split("\r\n").any(|line| line.split_once(':').is_some_and(|(n, v)| n == name && v.contains(&value)))
        }
        "TEXT" => text.contains(&next().to_lowercase()),
        "NOT" => {
            let key = next();
            !holds(&key, keys, message, last)
        }
        "OR" => {
            let key = next();
            let first = holds(&key, keys, message, last);
            let key = keys.next().unwrap().to_owned();
            let second = holds(&key, keys, message, last);
            first || second
        }
        other => panic!("the fake searches no {other}"),
    }
}
