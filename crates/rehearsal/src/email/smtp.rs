//! The submission server of a mail house. From the last dot on, the house has the mail, whether its sender learns of it or
//! not: that is where doubles come from, and what the faults cut at.

use super::host::Host;
use super::imap::command::line;
use super::sasl;
use super::text::{Complaint, complaint};
use super::trouble::{Fate, GARBAGE, met};
use super::world::Accepted;
use crate::clock::now_ms;
use crate::door::{Line, Wire};
use crate::hold;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncWriteExt, BufReader};

/// Largest mail, in octets.
pub(crate) const SIZE: usize = 26_214_400;

struct Caller {
    host: Arc<Host>,
    stream: BufReader<Line>,
    wire: Arc<Wire>,
    greeted: bool,
    /// The address of who signed in.
    who: Option<String>,
    envelope: Option<Envelope>,
}

#[derive(Default)]
struct Envelope {
    from: String,
    to: Vec<String>,
    eight_bits: bool,
}

/// Speaks until the client leaves or is cut off.
pub(crate) async fn serve(host: Arc<Host>, line: Line) {
    let wire = line.wire();
    let stream = BufReader::new(line);
    let mut caller = Caller { host, stream, wire, greeted: false, who: None, envelope: None };
    if let Err(error) = caller.converse().await {
        tracing::debug!(%error, "an SMTP connection ended");
    }
}

impl Caller {
    async fn say(&mut self, words: &str) -> io::Result<bool> {
        self.stream.write_all(format!("{words}\r\n").as_bytes()).await?;
        self.stream.flush().await?;
        Ok(true)
    }

    async fn converse(&mut self) -> io::Result<()> {
        match met(&self.host, "SMTP", "CONNECT").await.0 {
            Fate::Garbage => {
                self.stream.write_all(GARBAGE).await?;
                return self.stream.shutdown().await;
            }
            Fate::Refused { code, words } => {
                self.say(&refusal(code, &words)).await?;
                return self.stream.shutdown().await;
            }
            _ => {}
        }
        let greeting = format!("220 {} ESMTP ready", self.host.line.domain);
        self.say(&greeting).await?;
        while let Some(mut said) = line(&mut self.stream).await? {
            if said.pop() != Some(b'\r') {
                self.say("500 5.5.2 Error: bare <LF> received").await?;
                break;
            }
            let Ok(said) = String::from_utf8(said) else {
                self.say("500 5.5.2 Error: bad UTF-8 syntax").await?;
                continue;
            };
            if !self.obey(&said).await? {
                break;
            }
        }
        self.stream.shutdown().await
    }

    /// Whether the conversation goes on.
    async fn obey(&mut self, said: &str) -> io::Result<bool> {
        let (verb, rest) = said.split_once(' ').unwrap_or((said, ""));
        let verb = verb.to_ascii_uppercase();
        let step = if verb == "HELO" { "EHLO" } else { verb.as_str() };
        let (fate, _) = met(&self.host, "SMTP", step).await;
        match fate {
            Fate::Done => self.act(&verb, rest).await,
            Fate::Refused { code, words } => {
                let goes_on = code != 421;
                self.say(&refusal(code, &words)).await?;
                Ok(goes_on)
            }
            Fate::Limited => self.say("450 4.7.1 Error: too much mail from you, try again later").await,
            Fate::Expired => self.say("535 5.7.8 Error: authentication failed").await,
            Fate::CutBefore | Fate::CutDuring | Fate::Late { .. } => Ok(self.cut()),
            // The step is done, and its answer is not what it should be. What matters is the mail itself: see `text`.
            Fate::CutAfter | Fate::Torn | Fate::Doubled => {
                self.act(&verb, rest).await?;
                Ok(self.cut())
            }
            Fate::Garbage => {
                self.stream.write_all(GARBAGE).await?;
                Ok(false)
            }
        }
    }

    async fn act(&mut self, verb: &str, rest: &str) -> io::Result<bool> {
        match verb {
            "EHLO" if !rest.trim().is_empty() => {
                (self.greeted, self.envelope) = (true, None);
                let ways = if self.host.own.tokens_only { "XOAUTH2" } else { "PLAIN LOGIN XOAUTH2" };
                let domain = self.host.line.domain.clone();
                self.say(&format!(
                    "250-{domain}\r\n250-SIZE {SIZE}\r\n250-AUTH {ways}\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME"
                ))
                .await
            }
            "HELO" if !rest.trim().is_empty() => {
                (self.greeted, self.envelope) = (true, None);
                let words = format!("250 {}", self.host.line.domain);
                self.say(&words).await
            }
            "EHLO" | "HELO" => self.say("501 Syntax: EHLO hostname").await,
            "NOOP" => self.say("250 2.0.0 Ok").await,
            "RSET" => {
                self.envelope = None;
                self.say("250 2.0.0 Ok").await
            }
            "QUIT" => {
                self.say("221 2.0.0 Bye").await?;
                Ok(false)
            }
            "AUTH" | "MAIL" | "RCPT" | "DATA" if !self.greeted => {
                self.say("503 5.5.1 Error: send HELO/EHLO first").await
            }
            "AUTH" => self.auth(rest).await,
            "MAIL" | "RCPT" | "DATA" if self.who.is_none() => self.say("530 5.7.0 Authentication required").await,
            "MAIL" => {
                let words = self.mail(rest);
                self.say(&words).await
            }
            "RCPT" => {
                let words = self.rcpt(rest);
                self.say(&words).await
            }
            "DATA" if !rest.is_empty() => self.say("501 5.5.4 Syntax: DATA").await,
            "DATA" => match self.envelope.take_if(|envelope| !envelope.to.is_empty()) {
                Some(envelope) => {
                    self.say("354 End data with <CR><LF>.<CR><LF>").await?;
                    self.text(envelope).await
                }
                None if self.envelope.is_some() => self.say("554 5.5.1 Error: no valid recipients").await,
                None => self.say("503 5.5.1 Error: need MAIL command").await,
            },
            _ => self.say("502 5.5.2 Error: command not recognized").await,
        }
    }

    async fn asked(&mut self, challenge: &str) -> io::Result<Option<Vec<u8>>> {
        self.say(&format!("334 {challenge}")).await?;
        let answer = line(&mut self.stream).await?;
        Ok(answer.map(|mut answer| {
            answer.pop();
            answer
        }))
    }

    async fn auth(&mut self, rest: &str) -> io::Result<bool> {
        if self.who.is_some() {
            return self.say("503 5.5.1 Error: already authenticated").await;
        }
        let (way, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let way = way.to_ascii_uppercase();
        if self.host.own.tokens_only && way != "XOAUTH2" {
            return self.say("535 5.7.139 Authentication unsuccessful, basic authentication is disabled.").await;
        }
        let mut answer = initial.as_bytes().to_vec();
        let pair = match way.as_str() {
            "PLAIN" | "XOAUTH2" => {
                if answer.is_empty() {
                    let Some(given) = self.asked("").await? else { return Ok(false) };
                    answer = given;
                }
                if way == "PLAIN" { sasl::plain(&answer) } else { sasl::xoauth2(&answer) }
            }
            "LOGIN" => {
                if answer.is_empty() {
                    let Some(given) = self.asked("VXNlcm5hbWU6").await? else { return Ok(false) };
                    answer = given;
                }
                let Some(password) = self.asked("UGFzc3dvcmQ6").await? else { return Ok(false) };
                sasl::decoded(&answer).zip(sasl::decoded(&password))
            }
            _ => return self.say("504 5.5.4 Unrecognized authentication type").await,
        };
        let Some((user, secret)) = pair else {
            return self.say("501 5.5.2 Cannot decode the response").await;
        };
        self.who = match way.as_str() {
            "XOAUTH2" => self.host.knows_token(&user, &secret),
            _ => self.host.knows_password(&user, &secret),
        };
        if self.who.is_some() {
            return self.say("235 2.7.0 Authentication successful").await;
        }
        if way == "XOAUTH2" && self.asked(sasl::XOAUTH2_REFUSED).await?.is_none() {
            return Ok(false);
        }
        self.say("535 5.7.8 Error: authentication failed").await
    }

    fn mail(&mut self, rest: &str) -> String {
        if self.envelope.is_some() {
            return "503 5.5.1 Error: nested MAIL command".to_owned();
        }
        let Some((from, params)) = path(rest, "FROM:") else {
            return "501 5.5.4 Syntax: MAIL FROM:<address>".to_owned();
        };
        let mut envelope = Envelope { from: from.to_owned(), ..Envelope::default() };
        for param in params.split_whitespace() {
            match param.to_ascii_uppercase().split_once('=') {
                Some(("SIZE", size)) => match size.parse::<usize>() {
                    Ok(size) if size <= SIZE => {}
                    Ok(_) => return "552 5.3.4 Message size exceeds fixed limit".to_owned(),
                    Err(_) => return "501 5.5.4 Bad message size syntax".to_owned(),
                },
                Some(("BODY", "8BITMIME")) => envelope.eight_bits = true,
                Some(("BODY", "7BIT")) => {}
                _ => return "555 5.5.4 Unsupported option".to_owned(),
            }
        }
        if self.who.as_ref().is_none_or(|who| !who.eq_ignore_ascii_case(from)) {
            return format!("553 5.7.1 <{from}>: Sender address rejected: not owned by user");
        }
        self.envelope = Some(envelope);
        "250 2.1.0 Ok".to_owned()
    }

    fn rcpt(&mut self, rest: &str) -> String {
        let Some(envelope) = &mut self.envelope else {
            return "503 5.5.1 Error: need MAIL command".to_owned();
        };
        let Some((to, "")) = path(rest, "TO:").filter(|(to, _)| to.contains('@')) else {
            return "501 5.1.3 Bad recipient address syntax".to_owned();
        };
        let domain = to.rsplit('@').next().unwrap_or_default();
        let here = domain.eq_ignore_ascii_case(&self.host.line.domain);
        if here && hold(&self.host.house).at(to).is_none() {
            return format!("550 5.1.1 <{to}>: Recipient address rejected: User unknown in virtual mailbox table");
        }
        envelope.to.push(to.to_owned());
        "250 2.1.5 Ok".to_owned()
    }

    /// The mail itself, up to the line with nothing but a dot.
    async fn text(&mut self, envelope: Envelope) -> io::Result<bool> {
        let (fate, _) = met(&self.host, "SMTP", "TEXT").await;
        if matches!(fate, Fate::CutBefore) {
            return Ok(self.cut());
        }
        let (mut bytes, mut bare) = (Vec::new(), false);
        loop {
            let Some(read) = line(&mut self.stream).await? else { return Ok(false) };
            if read == b".\r" {
                break;
            }
            if matches!(fate, Fate::CutDuring) && bytes.len() > 40 {
                return Ok(self.cut());
            }
            bare |= !read.ends_with(b"\r") || read[..read.len() - 1].contains(&b'\r');
            bytes.extend_from_slice(read.strip_prefix(b".").unwrap_or(&read));
            bytes.push(b'\n');
        }
        match &fate {
            // Everything came, but for the dot that would have made it count.
            Fate::CutDuring => return Ok(self.cut()),
            Fate::Refused { code, words } => return self.say(&refusal(*code, words)).await,
            Fate::Limited => return self.say("450 4.7.1 Error: too much mail from you, try again later").await,
            Fate::Expired => return self.say("530 5.7.0 Authentication required").await,
            _ => {}
        }
        if bare {
            return self.say("521 5.5.2 Error: bare <LF> received").await;
        }
        if let Some(Complaint(words)) = complaint(&bytes, &envelope.from, envelope.eight_bits) {
            return self.say(words).await;
        }
        let host = Arc::clone(&self.host);
        let accept = move || {
            let Envelope { from, to, .. } = envelope;
            host.accept(Accepted { from, to, bytes: bytes.into(), at_ms: now_ms(), native: false });
        };
        if let Fate::Late { after_ms, owed } = fate {
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(after_ms)).await;
                accept();
                drop(owed);
            });
            return Ok(self.cut());
        }
        accept();
        let words = format!("250 2.0.0 Ok: queued as {:010X}", self.host.luck.draw());
        match fate {
            Fate::CutAfter => Ok(self.cut()),
            Fate::Torn => {
                self.stream.write_all(b"25").await?;
                self.stream.flush().await?;
                // It leaves before the connection breaks.
                tokio::time::sleep(Duration::from_millis(50)).await;
                Ok(self.cut())
            }
            Fate::Doubled => self.say(&format!("{words}\r\n{words}")).await,
            Fate::Garbage => {
                self.stream.write_all(GARBAGE).await?;
                Ok(false)
            }
            _ => self.say(&words).await,
        }
    }

    fn cut(&self) -> bool {
        self.wire.cut();
        false
    }
}

/// `FROM:<a@b> SIZE=9`: the address and what follows it.
fn path<'a>(rest: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let (head, tail) = rest.split_at_checked(word.len())?;
    let (address, params) = tail.strip_prefix('<')?.split_once('>')?;
    let clean = address.is_ascii() && !address.contains([' ', '<', '\t']);
    (head.eq_ignore_ascii_case(word) && clean).then_some((address, params.trim()))
}

fn refusal(code: u16, words: &str) -> String {
    match (words.is_empty(), code) {
        (false, _) => format!("{code} {words}"),
        (true, 400..500) => format!("{code} 4.3.0 Temporary failure, try again later"),
        (true, 535) => "535 5.7.8 Error: authentication failed".to_owned(),
        (true, 550) => "550 5.1.1 Recipient address rejected".to_owned(),
        (true, _) => format!("{code} 5.7.1 Message refused"),
    }
}
