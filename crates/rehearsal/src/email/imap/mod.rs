//! The IMAP server of a mail house: one conversation a connection. What a command means is in `session`; here is what
//! needs the connection itself: the words of a sign-in, waiting for news, and the faults.

pub(crate) mod command;
mod fetch;
mod folders;
mod mails;
mod out;
mod search;
pub(crate) mod session;
mod shape;

use super::host::Host;
use super::sasl;
use super::trouble::{Fate, GARBAGE, met};
use crate::door::{Line, Wire};
use command::{Arg, Command};
use out::Out;
use session::{Done, Session};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

struct Wired {
    stream: BufReader<Line>,
    wire: Arc<Wire>,
    session: Session,
}

/// Speaks until the client leaves or is cut off.
pub(crate) async fn serve(host: Arc<Host>, line: Line) {
    let wire = line.wire();
    let greeting = format!("* OK [CAPABILITY {}] {} ready.\r\n", host.capabilities(false), host.line.domain);
    let mut wired = Wired { stream: BufReader::new(line), wire, session: Session::new(host) };
    if let Err(error) = wired.converse(&greeting).await {
        tracing::debug!(%error, "an IMAP connection ended");
    }
}

impl Wired {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    async fn converse(&mut self, greeting: &str) -> io::Result<()> {
        if matches!(met(&self.session.host, "IMAP", "CONNECT").await.0, Fate::Garbage) {
            self.write(GARBAGE).await?;
            return self.close().await;
        }
        self.write(greeting.as_bytes()).await?;
        let plus = !self.session.host.own.bare;
        let mut mistakes = 0;
        while let Some(heard) = command::next(&mut self.stream, plus).await? {
            let command = match heard {
                Ok(command) => command,
                Err((tag, why)) => {
                    mistakes += 1;
                    self.write(format!("{tag} BAD {why}\r\n").as_bytes()).await?;
                    if mistakes > 10 {
                        self.write(b"* BYE Too many invalid IMAP commands.\r\n").await?;
                        return self.close().await;
                    }
                    continue;
                }
            };
            if !self.obey(command).await? {
                return self.close().await;
            }
        }
        Ok(())
    }

    async fn close(&mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }

    /// Whether the conversation goes on.
    async fn obey(&mut self, command: Command) -> io::Result<bool> {
        let (fate, lag_ms) = met(&self.session.host, "IMAP", &command.name).await;
        self.session.lag_ms = lag_ms;
        let tag = &command.tag;
        match fate {
            Fate::Refused { code, words } => {
                let words = if words.is_empty() { "[UNAVAILABLE] Temporary failure.".to_owned() } else { words };
                let said = if code == 421 { format!("* BYE {words}\r\n") } else { format!("{tag} NO {words}\r\n") };
                self.write(said.as_bytes()).await?;
                return Ok(code != 421);
            }
            Fate::Limited => {
                self.write(format!("{tag} NO [LIMIT] Too many requests, come back later.\r\n").as_bytes()).await?;
                return Ok(true);
            }
            Fate::Expired if self.session.who.is_none() => {
                self.write(format!("{tag} NO [AUTHENTICATIONFAILED] Authentication failed.\r\n").as_bytes()).await?;
                return Ok(true);
            }
            Fate::Expired => {
                self.write(b"* BYE Session expired, please sign in again.\r\n").await?;
                return Ok(false);
            }
            Fate::CutBefore | Fate::CutDuring => return Ok(self.cut()),
            Fate::Late { after_ms, owed } => {
                let mut later = self.session.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(after_ms)).await;
                    later.run(&command);
                    drop(owed);
                });
                return Ok(self.cut());
            }
            _ => {}
        }
        match (command.name.as_str(), command.args.as_slice()) {
            ("AUTHENTICATE", args) => return self.authenticate(tag, args).await,
            ("IDLE", []) if self.session.selected.is_some() && !self.session.host.own.bare => {
                return self.idle(tag).await;
            }
            _ => {}
        }
        let (said, ended) = self.session.run(&command);
        match fate {
            Fate::CutAfter => return Ok(self.cut()),
            Fate::Torn => {
                self.write(&said[..said.len() / 2]).await?;
                // The first half leaves before the connection breaks under the second.
                tokio::time::sleep(Duration::from_millis(50)).await;
                return Ok(self.cut());
            }
            Fate::Doubled => self.write(&[&said[..], &said[..]].concat()).await?,
            Fate::Garbage => self.write(GARBAGE).await?,
            _ => self.write(&said).await?,
        }
        Ok(!ended)
    }

    fn cut(&self) -> bool {
        self.wire.cut();
        false
    }

    async fn authenticate(&mut self, tag: &str, args: &[Arg]) -> io::Result<bool> {
        let (mechanism, initial) = match args {
            [mechanism] => (mechanism.atom().unwrap_or_default().to_ascii_uppercase(), None),
            [mechanism, Arg::Atom(initial)] if !self.session.host.own.bare => {
                (mechanism.atom().unwrap_or_default().to_ascii_uppercase(), Some(initial.clone().into_bytes()))
            }
            _ => (String::new(), None),
        };
        let known = match mechanism.as_str() {
            "PLAIN" => !self.session.host.own.tokens_only,
            "XOAUTH2" => true,
            _ => false,
        };
        if self.session.who.is_some() || !known {
            self.write(format!("{tag} NO Unsupported authentication mechanism.\r\n").as_bytes()).await?;
            return Ok(true);
        }
        let answer = match initial {
            Some(initial) => initial,
            None => {
                self.write(b"+ \r\n").await?;
                let Some(mut line) = command::line(&mut self.stream).await? else { return Ok(false) };
                line.pop();
                line
            }
        };
        let who = if mechanism == "PLAIN" {
            sasl::plain(&answer).and_then(|(user, password)| self.session.host.knows_password(&user, &password))
        } else {
            sasl::xoauth2(&answer).and_then(|(user, token)| self.session.host.knows_token(&user, &token))
        };
        if who.is_none() && mechanism == "XOAUTH2" {
            // The reason comes as a challenge, and the answer to it must be empty.
            self.write(format!("+ {}\r\n", sasl::XOAUTH2_REFUSED).as_bytes()).await?;
            let Some(line) = command::line(&mut self.stream).await? else { return Ok(false) };
            if line != b"\r" {
                self.write(format!("{tag} BAD Invalid SASL response.\r\n").as_bytes()).await?;
                return Ok(true);
            }
        }
        let said = match self.session.signed_in(who) {
            Done::Ok(words) => format!("{tag} OK {words}\r\n"),
            Done::No(words) | Done::Bad(words) | Done::Bye(words) => format!("{tag} NO {words}\r\n"),
        };
        self.write(said.as_bytes()).await?;
        Ok(true)
    }

    /// Tells what arrives until the client says that it has heard enough.
    async fn idle(&mut self, tag: &str) -> io::Result<bool> {
        let mut changes = self.session.host.changes.subscribe();
        self.write(b"+ idling\r\n").await?;
        loop {
            let mut out = Out::default();
            if let Err(words) = self.session.sync(&mut out, true) {
                self.write(format!("* BYE {words}\r\n").as_bytes()).await?;
                return Ok(false);
            }
            if !out.0.is_empty() {
                self.write(&out.0).await?;
            }
            tokio::select! {
                changed = changes.changed() => {
                    if changed.is_err() {
                        return Ok(false);
                    }
                }
                filled = self.stream.fill_buf() => {
                    filled?;
                    let Some(line) = command::line(&mut self.stream).await? else { return Ok(false) };
                    let said = if line.eq_ignore_ascii_case(b"DONE\r") { "OK Idle completed." } else { "BAD Expected DONE." };
                    self.write(format!("{tag} {said}\r\n").as_bytes()).await?;
                    return Ok(true);
                }
            }
        }
    }
}
