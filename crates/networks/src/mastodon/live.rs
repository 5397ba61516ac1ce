//! The live stream, over server-sent events: it only says "pull now". What it carries is read again by pulling, so
//! that a stream that lies, repeats or skips does no harm.

use super::pull::{CONVERSATIONS, NOTIFICATIONS, OWN};
use super::session::Account;
use super::{errors, wire};
use crate::addresses::same_site;
use crate::asked::Ask;

use guichet_model::{Fault, RemoteId, Ring, SECOND, Spending};
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// A server that is alive sends at least a heartbeat in this time.
const SILENCE: Duration = Duration::from_secs(90);
/// One event is a status and its author: far below this.
const LARGEST: usize = 4 << 20;
const PATH: &str = "/api/v1/streaming/user";

pub(crate) async fn run(account: &Account, ring: &(dyn Fn(Ring) + Send + Sync)) -> Fault {
    match listen(account, ring).await {
        Ok(()) => Fault::Later { after: account.api.now().plus(5 * SECOND) },
        Err(fault) => fault,
    }
}

async fn listen(account: &Account, ring: &(dyn Fn(Ring) + Send + Sync)) -> Result<(), Fault> {
    let api = &account.api;
    let instance = account.instance().await?;
    let url = address(&api.url("")?, instance.streaming.as_deref())?;
    let token = api.token().await?;
    api.doors.budget.reserve(Spending::Read)?;
    let request = api.http.reading(url)?.bearer_auth(token).header("accept", "text/event-stream");
    let mut response = api.http.stream(request, api.now(), errors::table).await?;
    let kind = response.headers().get("content-type");
    if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
        return Err(Fault::refused(guichet_model::RefusalCode::NotOffered, None));
    }
    ring(Ring::Connected);
    let mut frames = Frames::default();
    loop {
        let piece = tokio::time::timeout(SILENCE, response.chunk()).await;
        // Silence, a cut and an end are one: the stream is over, and what was missed is pulled.
        let Ok(Ok(Some(piece))) = piece else {
            return Ok(());
        };
        for frame in frames.feed(&piece)? {
            for sound in sounds(&frame, account.me.id()) {
                ring(sound);
            }
        }
    }
}

/// Where the stream is: the host that the server names, if it belongs to the same site and is reached as safely;
/// the server itself where it names none.
fn address(server: &Url, named: Option<&str>) -> Result<Url, Fault> {
    let Some(named) = named else {
        return server.join(PATH).map_err(|_| Fault::unreadable("a streaming address"));
    };
    let (secure, rest) = match named.split_once("://") {
        Some(("wss" | "https", rest)) => (true, rest),
        Some(("ws" | "http", rest)) => (false, rest),
        _ => return Err(Fault::unreadable("a streaming address")),
    };
    // Plain text stays where plain text is all there is: on loopback, which the reach checks.
    if !secure && server.scheme() == "https" {
        return Err(Fault::unreadable("a streaming address without TLS"));
    }
    let scheme = server.scheme();
    let url = Url::parse(&format!("{scheme}://{rest}"));
    let mut url = url.map_err(|_| Fault::unreadable("a streaming address"))?;
    if !same_site(server, &url) || !url.username().is_empty() || url.password().is_some() {
        return Err(Fault::unreadable("a streaming address of another site"));
    }
    url.set_path(PATH);
    url.set_query(None);
    Ok(url)
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    pub event: String,
    pub data: String,
}

/// Events out of bytes, however they are cut.
#[derive(Default)]
pub(crate) struct Frames {
    line: Vec<u8>,
    frame: Frame,
}

impl Frames {
    pub fn feed(&mut self, piece: &[u8]) -> Result<Vec<Frame>, Fault> {
        let mut done = Vec::new();
        for byte in piece {
            if *byte != b'\n' {
                self.line.push(*byte);
                if self.line.len() + self.frame.data.len() > LARGEST {
                    return Err(Fault::unreadable("an event that is too long"));
                }
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches('\r');
            if line.is_empty() {
                let frame = std::mem::take(&mut self.frame);
                if !frame.event.is_empty() {
                    done.push(frame);
                }
                continue;
            }
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => self.frame.event = value.to_owned(),
                "data" if self.frame.data.is_empty() => self.frame.data = value.to_owned(),
                "data" => {
                    self.frame.data.push('\n');
                    self.frame.data.push_str(value);
                }
                // A comment (":thump", the heartbeat), or a field of no use here.
                _ => {}
            }
        }
        Ok(done)
    }
}

fn sounds(frame: &Frame, me: &str) -> Vec<Ring> {
    match frame.event.as_str() {
        "notification" | "notifications_merged" => vec![Ring::Pull(NOTIFICATIONS)],
        "conversation" => vec![Ring::Pull(CONVERSATIONS)],
        "delete" => {
            // A bare id; some servers quote it.
            let id = frame.data.trim().trim_matches('"');
            let gone = !id.is_empty();
            gone.then(|| Ring::Gone(RemoteId::new(id))).into_iter().collect()
        }
        // The home timeline runs here too: only what we wrote, or what answers us, concerns the inbox.
        "update" | "status.update" => {
            let told: Value = serde_json::from_str(&frame.data).unwrap_or_default();
            let ours = wire::id(told.at("account").at("id")).as_deref() == Some(me);
            let answers = wire::id(told.at("in_reply_to_account_id")).as_deref() == Some(me);
            let mut rings = Vec::new();
            if ours || answers {
                rings.push(Ring::Pull(OWN));
            }
            if frame.event == "status.update" && !ours {
                rings.push(Ring::Pull(NOTIFICATIONS));
            }
            rings
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
#[path = "live_tests.rs"]
mod tests;
