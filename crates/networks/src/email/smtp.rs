//! One SMTP connection: signed in, for one message at most. mail-send speaks the protocol; the message itself is written
//! here, because everything hangs on one byte. Until the dot that ends it has left, nothing can have been done, whatever
//! breaks; a reply in words afterwards is certain too; between the two lies all that is unsure.

use super::access::Access;
use super::dial::{Dial, Line, unsafe_here};
use super::errors::{self, soon};
use super::servers::Security;
use guichet_model::{Fault, LastWord, Millis, RefusalCode};
use mail_send::{Credentials, Error, SmtpClient};
use serde::{Deserialize, Serialize};
use smtp_proto::{AUTH_LOGIN, AUTH_PLAIN, AUTH_XOAUTH2, EXT_SIZE, EXT_START_TLS, EhloResponse, Response};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

/// What we say we are: never this machine's own name. An address literal is what RFC 5321 asks of those without one.
const HELLO: &str = "[127.0.0.1]";

pub(crate) struct Smtp {
    client: SmtpClient<Line>,
    ehlo: EhloResponse<String>,
    taken: Duration,
}

/// Everything of the one transaction, as frozen.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Envelope {
    pub from: String,
    pub to: String,
    /// RFC 5322, in ASCII, with CRLF.
    pub message: String,
}

impl Smtp {
    /// Connects and signs in. Whatever happens here, nothing was sent.
    pub async fn open(dial: &Dial, access: &Access, now: Millis) -> Result<Self, Fault> {
        let line = dial.open(&access.smtp).await?;
        let mut client = SmtpClient { stream: line, timeout: dial.limits.answer };
        let greeting = timeout(client.timeout, client.read()).await.map_err(|_| soon(now))?;
        expect(greeting, 220, now)?;
        let mut ehlo = client.ehlo(HELLO).await.map_err(|error| fault(error, now))?;
        if access.smtp.security == Security::StartTls {
            if !ehlo.has_capability(EXT_START_TLS) {
                return Err(unsafe_here());
            }
            expect(client.cmd("STARTTLS\r\n").await, 220, now)?;
            let stream = dial.secure(client.stream, &access.smtp.host).await?;
            client = SmtpClient { stream, timeout: client.timeout };
            ehlo = client.ehlo(HELLO).await.map_err(|error| fault(error, now))?;
        }
        // It would begin with the ones it cannot finish.
        let credentials = match &access.grant {
            Some(grant) => {
                ehlo.auth_mechanisms &= AUTH_XOAUTH2;
                Credentials::new_xoauth2(access.user.clone(), grant.access.clone())
            }
            None => {
                ehlo.auth_mechanisms &= AUTH_PLAIN | AUTH_LOGIN;
                Credentials::new(access.user.clone(), access.password.clone())
            }
        };
        client.authenticate(Known(&credentials), Known(&ehlo)).await.map_err(|error| fault(error, now))?;
        Ok(Self { client, ehlo, taken: dial.limits.taken })
    }

    /// Exactly one transaction. `last` is asked when the server would take the message, before any of it leaves.
    pub async fn transact(mut self, envelope: &Envelope, last: &dyn LastWord, now: Millis) -> Result<(), Fault> {
        let from = if self.ehlo.has_capability(EXT_SIZE) {
            format!("MAIL FROM:<{}> SIZE={}\r\n", envelope.from, envelope.message.len())
        } else {
            format!("MAIL FROM:<{}>\r\n", envelope.from)
        };
        expect(self.client.cmd(from).await, 250, now)?;
        expect(self.client.cmd(format!("RCPT TO:<{}>\r\n", envelope.to)).await, 250, now)?;
        if !last.may_leave().await {
            self.leave().await;
            return Err(Fault::OFFLINE);
        }
        expect(self.client.cmd("DATA\r\n").await, 354, now)?;
        let body = stuffed(&envelope.message);
        let stream = &mut self.client.stream;
        let writing = async {
            stream.write_all(body.as_bytes()).await?;
            stream.flush().await
        };
        // Without its end the server must throw it away (RFC 5321, 4.1.1.4).
        match timeout(self.taken, writing).await {
            Ok(Ok(())) => {}
            _ => return Err(Fault::OFFLINE),
        }
        let ending = async {
            self.client.stream.write_all(b".\r\n").await?;
            self.client.stream.flush().await?;
            self.client.read().await
        };
        match timeout(self.taken, ending).await {
            Ok(Ok(reply)) => match reply.code {
                200..=299 => {}
                400..=599 => return Err(errors::smtp(&reply, now)),
                _ => return Err(Fault::Unsure),
            },
            _ => return Err(Fault::Unsure),
        }
        // It is sent: whoever waits to hear of it does not wait for a goodbye.
        tokio::spawn(self.leave());
        Ok(())
    }

    /// Good manners; whether they are answered changes nothing.
    pub async fn leave(self) {
        let mut client = self.client;
        client.timeout = Duration::from_secs(2);
        if client.quit().await.is_err() {
            tracing::debug!("an SMTP server did not say goodbye");
        }
    }
}

/// mail-send asks for something that can be lent.
struct Known<'a, T>(&'a T);

impl<T> AsRef<T> for Known<'_, T> {
    fn as_ref(&self) -> &T {
        self.0
    }
}

fn expect(reply: mail_send::Result<Response<String>>, code: u16, now: Millis) -> Result<(), Fault> {
    let reply = reply.map_err(|error| fault(error, now))?;
    // 251: will be forwarded.
    if reply.code == code || (code == 250 && reply.code == 251) {
        return Ok(());
    }
    Err(errors::smtp(&reply, now))
}

/// Before the message, where everything that fails is certain.
fn fault(error: Error, now: Millis) -> Fault {
    match error {
        Error::UnexpectedReply(reply) | Error::AuthenticationFailed(reply) => errors::smtp(&reply, now),
        // It offers no way in that sends a password, or none without TLS.
        Error::UnsupportedAuthMechanism => Fault::refused(RefusalCode::NotOffered, None),
        _ => soon(now),
    }
}

/// Dots that begin a line are doubled (RFC 5321, 4.5.2), and the last line is ended.
fn stuffed(message: &str) -> String {
    let mut stuffed = String::with_capacity(message.len() + 64);
    for line in message.split_inclusive('\n') {
        if line.starts_with('.') {
            stuffed.push('.');
        }
        stuffed.push_str(line);
    }
    if !stuffed.ends_with("\r\n") {
        stuffed.push_str("\r\n");
    }
    stuffed
}

#[cfg(test)]
#[path = "smtp_tests.rs"]
mod tests;
