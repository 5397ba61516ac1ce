//! A mailbox of the rehearsal, and plain clients of both its servers that send lines and keep what is answered.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guichet_rehearsal::{AccountCard, Rehearsal};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Longer than anything here takes: what is waited for longer does not come.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Mailbox {
    pub card: AccountCard,
}

/// The mailbox of that username.
pub fn mailbox(rehearsal: &Rehearsal, username: &str) -> Mailbox {
    let cards = rehearsal.clients().into_iter().flat_map(|client| client.accounts);
    let card = cards.into_iter().find(|card| card.handle.starts_with(&format!("{username}@"))).unwrap();
    assert_eq!(card.network, "email");
    Mailbox { card }
}

impl Mailbox {
    pub fn value(&self, name: &str) -> &str {
        &self.card.sign_in.values()[name]
    }

    /// A connection to the IMAP server, greeted.
    pub async fn connect(&self) -> Imap {
        let stream = TcpStream::connect(self.value("imap")).await.unwrap();
        let mut imap = Imap { stream: BufReader::new(stream), count: 0, greeting: String::new() };
        imap.greeting = imap.line().await;
        imap
    }

    /// Signed in.
    pub async fn imap(&self) -> Imap {
        let mut imap = self.connect().await;
        let login = format!("LOGIN \"{}\" \"{}\"", self.value("user"), self.value("password"));
        let (_, end) = imap.ask(&login).await;
        assert!(end.starts_with("OK"), "{end}");
        imap
    }

    /// A connection to the SMTP server, greeted both ways.
    pub async fn smtp(&self) -> Smtp {
        let stream = TcpStream::connect(self.value("smtp")).await.unwrap();
        let mut smtp = Smtp { stream: BufReader::new(stream) };
        assert!(smtp.heard().await.starts_with("220 "));
        assert!(smtp.say("EHLO essai.example").await.contains("250 8BITMIME"));
        smtp
    }

    /// Signed in.
    pub async fn sender(&self) -> Smtp {
        let mut smtp = self.smtp().await;
        let words = format!("\0{}\0{}", self.value("user"), self.value("password"));
        assert!(smtp.say(&format!("AUTH PLAIN {}", base64(&words))).await.starts_with("235 "));
        smtp
    }

    /// Up to the mail itself.
    pub async fn envelope(&self, to: &str) -> Smtp {
        let mut smtp = self.sender().await;
        assert!(smtp.say(&format!("MAIL FROM:<{}> BODY=8BITMIME", self.card.handle)).await.starts_with("250 "));
        assert!(smtp.say(&format!("RCPT TO:<{to}>")).await.starts_with("250 "));
        assert!(smtp.say("DATA").await.starts_with("354 "));
        smtp
    }

    /// A mail as it should be.
    pub fn written(&self, id: &str, text: &str) -> String {
        format!(
            "Date: Sat, 21 Nov 2026 18:42:07 +0100\r\nFrom: <{}>\r\nTo: <odile.ferrand@poste.example>\r\nSubject: Re\r\n\
             Message-ID: <{id}>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n.",
            self.card.handle
        )
    }
}

pub fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let three = |bytes: &[u8]| {
        let number = (0..3).fold(0u32, |sum, at| sum << 8 | u32::from(bytes.get(at).copied().unwrap_or(0)));
        let letter = |at: usize| {
            let there = at <= bytes.len();
            if there { char::from(LETTERS[(number >> (18 - 6 * at) & 63) as usize]) } else { '=' }
        };
        (0..4).map(letter).collect::<String>()
    };
    text.as_bytes().chunks(3).map(three).collect()
}

pub struct Imap {
    stream: BufReader<TcpStream>,
    count: u32,
    pub greeting: String,
}

impl Imap {
    /// One line, as far as it is text.
    pub async fn line(&mut self) -> String {
        self.try_line().await.expect("the server hung up")
    }

    /// `None` where the server hung up.
    pub async fn try_line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        let read = tokio::time::timeout(PATIENCE, self.stream.read_until(b'\n', &mut line)).await.expect("no word");
        match read {
            Ok(1..) => Some(String::from_utf8_lossy(&line).trim_end_matches("\r\n").to_owned()),
            _ => None,
        }
    }

    pub async fn raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Everything before the end of the answer, and the end without its tag.
    pub async fn ask(&mut self, words: &str) -> (String, String) {
        self.try_ask(words).await.expect("the server hung up")
    }

    pub async fn try_ask(&mut self, words: &str) -> Option<(String, String)> {
        self.count += 1;
        let tag = format!("x{}", self.count);
        self.raw(format!("{tag} {words}\r\n").as_bytes()).await;
        self.until(&tag).await
    }

    pub async fn until(&mut self, tag: &str) -> Option<(String, String)> {
        let mut before = String::new();
        loop {
            let line = self.try_line().await?;
            if let Some(end) = line.strip_prefix(&format!("{tag} ")) {
                return Some((before, end.to_owned()));
            }
            before.push_str(&line);
            before.push('\n');
        }
    }

    /// What an answer tells that must be well.
    pub async fn told(&mut self, words: &str) -> String {
        let (told, end) = self.ask(words).await;
        assert!(end.starts_with("OK"), "{words}: {end}");
        told
    }

    /// How an answer ends.
    pub async fn end(&mut self, words: &str) -> String {
        self.ask(words).await.1
    }

    /// The numbers that a search finds.
    pub async fn search(&mut self, keys: &str) -> Vec<u32> {
        let told = self.told(&format!("UID SEARCH {keys}")).await;
        let line = told.lines().find_map(|line| line.strip_prefix("* SEARCH")).unwrap().to_owned();
        line.split_whitespace().map(|number| number.parse().unwrap()).collect()
    }
}

pub struct Smtp {
    stream: BufReader<TcpStream>,
}

impl Smtp {
    /// One answer, all its lines; empty where the server hung up.
    pub async fn heard(&mut self) -> String {
        let mut whole = String::new();
        loop {
            let mut line = String::new();
            let read = tokio::time::timeout(PATIENCE, self.stream.read_line(&mut line)).await.expect("no word");
            if !matches!(read, Ok(1..)) {
                return whole;
            }
            whole.push_str(&line);
            if line.as_bytes().get(3) == Some(&b' ') {
                return whole;
            }
        }
    }

    pub async fn say(&mut self, words: &str) -> String {
        // A server that hung up may refuse to be spoken to: there is no answer then either.
        let _gone = self.stream.write_all(format!("{words}\r\n").as_bytes()).await;
        self.heard().await
    }
}
