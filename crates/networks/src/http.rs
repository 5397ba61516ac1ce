//! HTTP, and the one place where its failures become a `Fault`.
//!
//! There are two clients. Reads may follow a redirect inside one origin. Writes follow nothing, keep no connection
//! from one to the next (an idle one that the server just closed would leave us unsure for no reason) and never
//! repeat. For a write the line is sharp: not connected is certain, a refusal in the network's own words is
//! certain, and everything else after the connection may have been done.

use crate::addresses::{self, Reach, same_origin};
use crate::last_word::Asking;
use crate::unreached;
use guichet_model::{Fault, Millis, RefusalCode, SECOND, Unreached};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, Response, redirect};
use std::time::Duration;
use url::Url;

/// The longest answer that is read, in bytes after decompression: a context of 4,096 statuses fits.
const LARGEST: usize = 32 << 20;
/// A connection for a read may be slow. A write's may be less so, because a reply on the wire can no longer be taken
/// back; but a name, a handshake and its certificate over a train's network take more than one second. A hold placed
/// meanwhile is asked for when it stands (`last_word`).
const READ_CONNECT: Duration = Duration::from_secs(10);
const WRITE_CONNECT: Duration = Duration::from_secs(4);
const READ_WHOLE: Duration = Duration::from_secs(30);
/// A small server may take half a minute over a long post; giving up early only makes us unsure.
const WRITE_WHOLE: Duration = Duration::from_secs(60);
/// Ten megabytes over a train's network; nobody sees an upload, so that giving it up costs time alone.
const UPLOAD_WHOLE: Duration = Duration::from_secs(300);
/// Nobody is asked to come back later than this: a day.
const LATEST: i64 = 24 * 3600 * SECOND;

pub(crate) struct Http {
    pub reach: Reach,
    reads: Option<Client>,
    writes: Option<Client>,
    limits: Limits,
}

/// How long and how much, as numbers so that tests need not wait.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub read: Duration,
    pub write: Duration,
    pub upload: Duration,
    pub largest: usize,
}

/// A whole answer.
pub(crate) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// What a network's own error table makes of a 4xx: `None` where the network did not word it.
pub(crate) type Table = fn(&Answer) -> Option<Fault>;

impl Http {
    pub fn new(reach: Reach) -> Self {
        Self::with(reach, Limits { read: READ_WHOLE, write: WRITE_WHOLE, upload: UPLOAD_WHOLE, largest: LARGEST })
    }

    pub fn with(reach: Reach, limits: Limits) -> Self {
        let inside_one_origin = redirect::Policy::custom(move |attempt| {
            let from = attempt.previous().last();
            let stays = from.is_some_and(|from| same_origin(from, attempt.url()));
            if attempt.previous().len() > 3 || !stays || !reach.allows(attempt.url()) {
                attempt.stop()
            } else {
                attempt.follow()
            }
        });
        // A machine without usable TLS cannot build a client; every request then says that nothing was reached.
        let reads = addresses::client(reach).connect_timeout(READ_CONNECT).redirect(inside_one_origin).build();
        let writes = addresses::client(reach)
            .connect_timeout(WRITE_CONNECT)
            .redirect(redirect::Policy::none())
            .pool_max_idle_per_host(0)
            .connector_layer(Asking)
            .build();
        Self { reach, reads: reads.ok(), writes: writes.ok(), limits }
    }

    /// Starts a read. The address must be within reach.
    pub fn reading(&self, url: Url) -> Result<RequestBuilder, Fault> {
        self.allowed(&url)?;
        Ok(self.reads.as_ref().ok_or(Fault::OFFLINE)?.get(url))
    }

    /// Starts a read of an answer's head alone.
    pub fn heading(&self, url: Url) -> Result<RequestBuilder, Fault> {
        self.allowed(&url)?;
        Ok(self.reads.as_ref().ok_or(Fault::OFFLINE)?.head(url))
    }

    /// Where the address is not for this program, nothing leaves, and that is certain.
    pub fn writing(&self, url: Url) -> Result<RequestBuilder, Fault> {
        self.writing_by(Method::POST, url)
    }

    /// A write by another method than `POST`.
    pub fn writing_by(&self, method: Method, url: Url) -> Result<RequestBuilder, Fault> {
        self.allowed(&url).map_err(|_| Fault::OFFLINE)?;
        Ok(self.writes.as_ref().ok_or(Fault::OFFLINE)?.request(method, url))
    }

    fn allowed(&self, url: &Url) -> Result<(), Fault> {
        if self.reach.allows(url) {
            return Ok(());
        }
        Err(Fault::unreadable("an address outside this program's reach"))
    }

    /// Makes a read: a 2xx answer, or why not.
    pub async fn read(&self, request: RequestBuilder, now: Millis, table: Table) -> Result<Answer, Fault> {
        let answer = self.read_any(request, now).await?;
        match read_fault(&answer, now, table) {
            Some(fault) => Err(fault),
            None => Ok(answer),
        }
    }

    /// Makes a read whose every status is an answer, redirects to elsewhere included.
    pub async fn read_any(&self, request: RequestBuilder, now: Millis) -> Result<Answer, Fault> {
        let request = request.timeout(self.limits.read);
        let again = request.try_clone();
        let sent = match (request.send().await, again) {
            // A kept connection that the server closed without a word: a read may be asked once more.
            (Err(error), Some(again)) if error.is_request() && !error.is_connect() && !error.is_timeout() => {
                again.send().await
            }
            (sent, _) => sent,
        };
        let response = sent.map_err(|error| broken_read(&error, now))?;
        match self.whole(response).await {
            Ok(answer) => Ok(answer),
            Err(Torn::TooLong) => Err(Fault::unreadable("an answer that is too long")),
            Err(Torn::Cut) => Err(again_soon(now)),
        }
    }

    /// Makes exactly one write: a whole 2xx answer, or why not. `heard` is told every whole answer, good or bad.
    pub async fn write(
        &self,
        request: RequestBuilder,
        now: Millis,
        table: Table,
        heard: &(dyn Fn(&Answer) + Sync),
    ) -> Result<Answer, Fault> {
        self.once(request.timeout(self.limits.write), now, table, heard).await
    }

    /// Exactly one write of something that nobody sees until it is used. Where it is not certain whether it was done, it is
    /// as if it had not been.
    pub async fn upload(
        &self,
        request: RequestBuilder,
        now: Millis,
        table: Table,
        heard: &(dyn Fn(&Answer) + Sync),
    ) -> Result<Answer, Fault> {
        match self.once(request.timeout(self.limits.upload), now, table, heard).await {
            Err(Fault::Unsure) => Err(Fault::Later { after: now.plus(60 * SECOND) }),
            certain => certain,
        }
    }

    async fn once(
        &self,
        request: RequestBuilder,
        now: Millis,
        table: Table,
        heard: &(dyn Fn(&Answer) + Sync),
    ) -> Result<Answer, Fault> {
        let response = request.send().await.map_err(|error| broken_write(&error))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let answer = match self.whole(response).await {
            Ok(answer) => answer,
            // The status line of a 429 is word enough, whatever became of its body.
            Err(_) if status == 429 => Answer { status, headers, body: Vec::new() },
            Err(_) => return Err(Fault::Unsure),
        };
        heard(&answer);
        match write_fault(&answer, now, table) {
            Some(fault) => Err(fault),
            None => Ok(answer),
        }
    }

    /// Opens a stream that lasts until one side ends it.
    pub async fn stream(&self, request: RequestBuilder, now: Millis, table: Table) -> Result<Response, Fault> {
        let opened = tokio::time::timeout(self.limits.read, request.send()).await;
        let response = match opened {
            Err(_) => return Err(again_soon(now)),
            Ok(sent) => sent.map_err(|error| broken_read(&error, now))?,
        };
        if response.status().is_success() {
            return Ok(response);
        }
        let answer = self.whole(response).await.map_err(|_| again_soon(now))?;
        Err(read_fault(&answer, now, table).unwrap_or_else(|| again_soon(now)))
    }

    async fn whole(&self, mut response: Response) -> Result<Answer, Torn> {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|_| Torn::Cut)? {
            if body.len() + piece.len() > self.limits.largest {
                return Err(Torn::TooLong);
            }
            body.extend_from_slice(&piece);
        }
        Ok(Answer { status, headers, body })
    }
}

enum Torn {
    Cut,
    TooLong,
}

impl Answer {
    pub fn json(&self) -> Result<serde_json::Value, Fault> {
        serde_json::from_slice(&self.body).map_err(|error| Fault::unreadable(format!("JSON at line {}", error.line())))
    }

    /// Whether the network on the way answers, and wants a sign-in first: by its own word (RFC 6585), or by leading to a
    /// page of its own. Redirects inside the origin have been followed before.
    pub fn is_portal(&self) -> bool {
        let elsewhere = || self.header("location").is_some_and(|to| Url::parse(to).is_ok());
        let page = || self.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        self.status == 511 || (300..400).contains(&self.status) && elsewhere() && page()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The server's own clock, to the second.
    pub fn date(&self) -> Option<Millis> {
        http_date(self.header("date")?)
    }

    /// How many requests are left, and until when by our clock.
    pub fn rate(&self, now: Millis) -> Option<(u32, Millis)> {
        let left = self.rate_header("remaining")?.trim().parse().ok()?;
        Some((left, self.reset(now)?))
    }

    /// As most write it, and as the draft of a standard has it (Bluesky).
    fn rate_header(&self, name: &str) -> Option<&str> {
        self.header(&format!("x-ratelimit-{name}")).or_else(|| self.header(&format!("ratelimit-{name}")))
    }

    /// Mastodon writes an instant (ISO 8601), others epoch seconds; both by the server's clock.
    fn reset(&self, now: Millis) -> Option<Millis> {
        let said = self.rate_header("reset")?.trim();
        let at = match said.parse::<f64>() {
            Ok(seconds) => Millis((seconds * 1000.0) as i64),
            Err(_) => Millis(said.parse::<jiff::Timestamp>().ok()?.as_millisecond()),
        };
        let by_our_clock = now.plus(at.since(self.date().unwrap_or(now)));
        Some(bounded(by_our_clock, now))
    }

    /// The instant to come back at, as the answer asks; a minute from now if it does not say.
    fn come_back(&self, now: Millis, unsaid: i64) -> Millis {
        let asked = self.header("retry-after").and_then(|said| {
            let said = said.trim();
            match said.parse::<f64>() {
                Ok(seconds) => Some(now.plus((seconds * 1000.0) as i64)),
                Err(_) => Some(now.plus(http_date(said)?.since(self.date().unwrap_or(now)))),
            }
        });
        let at = asked.or_else(|| self.reset(now));
        bounded(at.unwrap_or_else(|| now.plus(unsaid)), now)
    }
}

fn bounded(at: Millis, now: Millis) -> Millis {
    Millis(at.0.clamp(now.plus(SECOND).0, now.plus(LATEST).0))
}

fn http_date(said: &str) -> Option<Millis> {
    let zoned = jiff::fmt::rfc2822::parse(said.trim()).ok()?;
    Some(Millis(zoned.timestamp().as_millisecond()))
}

fn again_soon(now: Millis) -> Fault {
    Fault::Later { after: now.plus(15 * SECOND) }
}

fn broken_read(error: &reqwest::Error, now: Millis) -> Fault {
    if error.is_connect() {
        Fault::Offline { why: unreached::why(error) }
    } else if error.is_redirect() || error.is_builder() {
        Fault::unreadable("a redirect that leads nowhere")
    } else {
        again_soon(now)
    }
}

/// Only what failed before a connection stood is certain.
fn broken_write(error: &reqwest::Error) -> Fault {
    if error.is_connect() {
        Fault::Offline { why: unreached::why(error) }
    } else if error.is_builder() {
        Fault::refused(RefusalCode::Invalid, None)
    } else {
        Fault::Unsure
    }
}

pub(crate) fn read_fault(answer: &Answer, now: Millis, table: Table) -> Option<Fault> {
    let later = |unsaid| Fault::Later { after: answer.come_back(now, unsaid) };
    match answer.status {
        200..=299 => None,
        _ if answer.is_portal() => Some(Fault::Offline { why: Unreached::Portal }),
        429 => Some(later(60 * SECOND)),
        408 | 425 | 500.. => Some(later(30 * SECOND)),
        400..=499 => Some(table(answer).unwrap_or_else(|| unworded(answer.status))),
        _ => Some(Fault::unreadable("a redirect to elsewhere")),
    }
}

/// A read that is refused without a word is still refused: nothing was at stake.
fn unworded(status: u16) -> Fault {
    match status {
        401 => Fault::NeedsLogin,
        403 => Fault::refused(RefusalCode::Forbidden, None),
        404 | 410 => Fault::refused(RefusalCode::Gone, None),
        405 => Fault::refused(RefusalCode::NotOffered, None),
        _ => Fault::refused(RefusalCode::Invalid, None),
    }
}

fn write_fault(answer: &Answer, now: Millis, table: Table) -> Option<Fault> {
    match answer.status {
        200..=299 => None,
        429 => Some(Fault::Later { after: answer.come_back(now, 60 * SECOND) }),
        // A time-out of the server's own side may come after it did the work.
        408 | 425 => Some(Fault::Unsure),
        // A 4xx without the network's words may come from anything on the way.
        400..=499 => Some(table(answer).unwrap_or(Fault::Unsure)),
        _ => Some(Fault::Unsure),
    }
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
