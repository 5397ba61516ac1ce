//! The listener that a browser comes back to at the end of a sign-in: on 127.0.0.1 only, on one of three ports
//! that are registered with the server, for one good request, for five minutes at most.
//!
//! Browsers open idle connections and ask for icons, so other requests are turned away and the wait goes on, but
//! only so many times. The request that carries an answer ends it, good or bad: a wrong `state` is a stranger's.

use guichet_model::{Fault, RefusalCode};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

/// Registered with every server, since an address must match to the letter.
pub(crate) const PORTS: [u16; 3] = [47_811, 47_812, 47_813];
pub(crate) const LONGEST: Duration = Duration::from_secs(5 * 60);
const MOST_CONNECTIONS: usize = 64;
const MOST_BYTES: usize = 16 << 10;

pub(crate) fn address(port: u16) -> String {
    format!("http://127.0.0.1:{port}/cb")
}

/// Open from its making until it is dropped.
pub(crate) struct Listener {
    inner: TcpListener,
    pub port: u16,
    until: Instant,
}

/// What a good return must carry.
pub(crate) struct Expected<'a> {
    pub state: &'a str,
    /// The server's own name for itself, compared where the return names one (RFC 9207).
    pub issuer: Option<&'a str>,
    pub issuer_required: bool,
}

impl Listener {
    /// On the first of the three ports that is free; `None` where none is.
    pub async fn open() -> Option<Self> {
        for port in PORTS {
            if let Ok(inner) = TcpListener::bind(("127.0.0.1", port)).await {
                let until = Instant::now() + LONGEST;
                return Some(Self { inner, port, until });
            }
        }
        None
    }

    /// Waits for the browser and gives the code it brings.
    pub async fn code(self, expected: &Expected<'_>) -> Result<String, Fault> {
        self.answer(&["code", "error"], |query| code_in(query, expected)).await
    }

    /// Waits for the browser until it brings one of these values, and gives what `read` makes of them.
    pub async fn answer<T>(self, carrying: &[&str], read: impl Fn(&Url) -> Result<T, Fault>) -> Result<T, Fault> {
        for _ in 0..MOST_CONNECTIONS {
            let Ok(accepted) = timeout_at(self.until, self.inner.accept()).await else {
                break;
            };
            let Ok((mut stream, _)) = accepted else {
                continue;
            };
            let Some(query) = asked(&mut stream, carrying).await else {
                answer(&mut stream, "404 Not Found", "").await;
                continue;
            };
            let came = read(&query);
            let page = page(came.is_ok());
            let status = if came.is_ok() { "200 OK" } else { "400 Bad Request" };
            answer(&mut stream, status, &page).await;
            return came;
        }
        Err(Fault::refused(RefusalCode::WindowClosed, None))
    }
}

/// The code in what came back, if it is ours. `query` is an address or its query.
pub(crate) fn code_in(query: &Url, expected: &Expected<'_>) -> Result<String, Fault> {
    let value = |name: &str| {
        let found = query.query_pairs().find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned())
    };
    if value("state").as_deref() != Some(expected.state) {
        return Err(Fault::refused(RefusalCode::Invalid, None));
    }
    let named = value("iss");
    let same = |a: &str, b: &str| a.trim_end_matches('/') == b.trim_end_matches('/');
    let issuer_fits = match (&named, expected.issuer) {
        (Some(named), Some(issuer)) => same(named, issuer),
        (Some(_), None) => false,
        (None, _) => !expected.issuer_required,
    };
    if !issuer_fits {
        return Err(Fault::refused(RefusalCode::WrongServer, None));
    }
    match value("code").filter(|code| !code.is_empty()) {
        Some(code) => Ok(code),
        // The person said no on the server's page, or the server did.
        None => Err(Fault::refused(RefusalCode::Forbidden, value("error_description").or_else(|| value("error")))),
    }
}

/// The address asked for, if the request is a return to `/cb` that carries an answer.
async fn asked(stream: &mut TcpStream, carrying: &[&str]) -> Option<Url> {
    let mut head = Vec::new();
    let reading = async {
        let mut piece = [0; 2048];
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            let read = stream.read(&mut piece).await.ok()?;
            if read == 0 || head.len() + read > MOST_BYTES {
                return None;
            }
            head.extend_from_slice(&piece[..read]);
        }
        Some(())
    };
    timeout(Duration::from_secs(3), reading).await.ok()??;
    let line = String::from_utf8_lossy(&head);
    let mut words = line.lines().next()?.split(' ');
    let (method, path) = (words.next()?, words.next()?);
    let url = Url::parse("http://127.0.0.1").ok()?.join(path).ok()?;
    let answers = url.query_pairs().any(|(key, _)| carrying.contains(&&*key));
    (method == "GET" && url.path() == "/cb" && answers).then_some(url)
}

/// Both languages on one page: it is shown by a browser that was not asked which it speaks.
fn page(good: bool) -> String {
    let (fr, en) = if good {
        (
            "C’est fait. Vous pouvez fermer cette page et revenir à Guichet.",
            "Done. You can close this page and go back to Guichet.",
        )
    } else {
        (
            "La connexion n’a pas abouti. Revenez à Guichet et recommencez.",
            "Signing in did not work. Go back to Guichet and try again.",
        )
    };
    format!(
        "<!doctype html><html lang=\"fr\"><head><meta charset=\"utf-8\"><title>Guichet</title>\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem;\
         color-scheme:light dark}}</style></head>\
         <body><p>{fr}</p><p lang=\"en\">{en}</p></body></html>"
    )
}

async fn answer(stream: &mut TcpStream, status: &str, page: &str) {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\nReferrer-Policy: no-referrer\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n",
        page.len()
    );
    // The code is already here: a browser that does not wait for its page changes nothing.
    let writing = async {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(page.as_bytes()).await?;
        stream.shutdown().await
    };
    if timeout(Duration::from_secs(3), writing).await.is_err() {
        tracing::debug!("the browser did not take its page");
    }
}

#[cfg(test)]
#[path = "loopback_tests.rs"]
mod tests;
