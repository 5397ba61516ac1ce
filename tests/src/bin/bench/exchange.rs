//! A server that answers at once and says when it was last asked, and a network of one request: what remains when
//! everything that is a network's own is left out.

use async_trait::async_trait;
use guichet_model::{
    Answer, Body, Capabilities, Counts, Cursor, Doors, Fault, Found, Identity, Item, Kind, LastWord, Login, Millis,
    Network, Outgoing, Page, Place, Prepared, Proof, Publication, Recheck, RemoteId, Session, Signed, Source, Step,
    Visibility,
};
use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub struct Counter {
    pub origin: String,
    seen: Arc<Seen>,
    serving: tokio::task::JoinHandle<()>,
}

struct Seen {
    requests: AtomicU64,
    last: Mutex<Instant>,
}

impl Counter {
    pub async fn start() -> Counter {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("its address"));
        let seen = Arc::new(Seen { requests: AtomicU64::new(0), last: Mutex::new(Instant::now()) });
        let counting = seen.clone();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, counting.clone()));
            }
        });
        Counter { origin, seen, serving }
    }

    /// When the last request began.
    pub fn last(&self) -> Instant {
        *self.seen.last.lock().expect("whole")
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// One connection, request after request, each answered with its number.
async fn answer(mut stream: TcpStream, seen: Arc<Seen>) {
    let mut heard = Vec::new();
    let mut chunk = [0; 4_096];
    loop {
        let Some(head) = heard.windows(4).position(|part| part == b"\r\n\r\n") else {
            match stream.read(&mut chunk).await {
                Ok(count) if count > 0 => heard.extend_from_slice(&chunk[..count]),
                _ => return,
            }
            continue;
        };
        *seen.last.lock().expect("whole") = Instant::now();
        let text = String::from_utf8_lossy(&heard[..head]).to_lowercase();
        let length = text.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.trim().parse().ok());
        let end = head + 4 + length.unwrap_or(0);
        while heard.len() < end {
            match stream.read(&mut chunk).await {
                Ok(count) if count > 0 => heard.extend_from_slice(&chunk[..count]),
                _ => return,
            }
        }
        heard.drain(..end);
        let body = format!("{{\"id\":\"s-{}\"}}", seen.requests.fetch_add(1, Ordering::SeqCst));
        let said = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(said.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The network, and its bare exchange.
#[derive(Clone)]
pub struct Exchange {
    client: reqwest::Client,
    origin: String,
}

impl Exchange {
    pub fn with(counter: &Counter) -> Exchange {
        let client = reqwest::Client::builder().no_proxy().tcp_nodelay(true).build().expect("an HTTP client");
        Exchange { client, origin: counter.origin.clone() }
    }

    /// One request, and the id in its answer.
    pub async fn exchange(&self, body: &str) -> Result<String, Fault> {
        let request = self.client.post(&self.origin).header("content-type", "application/json").body(body.to_owned());
        let answer = request.send().await.map_err(|_| Fault::Unsure)?;
        let bytes = answer.bytes().await.map_err(|_| Fault::Unsure)?;
        let said: Value = serde_json::from_slice(&bytes).map_err(|_| Fault::Unsure)?;
        said["id"].as_str().map(str::to_owned).ok_or(Fault::Unsure)
    }
}

impl Network for Exchange {
    fn name(&self) -> &'static str {
        "exchange"
    }

    fn offer(&self) -> guichet_model::Offer {
        panic!("nobody is shown its tile")
    }

    fn login(&self) -> Box<dyn Login> {
        Box::new(Nobody)
    }

    fn session(&self, identity: Identity, doors: Doors) -> Arc<dyn Session> {
        Arc::new(Speaking { exchange: self.clone(), identity, doors })
    }
}

struct Nobody;

#[async_trait]
impl Login for Nobody {
    fn first(&self) -> Step {
        Step::Done
    }

    async fn answer(&mut self, _: Answer) -> Result<Step, Fault> {
        Ok(Step::Done)
    }

    fn signed(&mut self) -> Option<Signed> {
        None
    }
}

struct Speaking {
    exchange: Exchange,
    identity: Identity,
    doors: Doors,
}

#[async_trait]
impl Session for Speaking {
    async fn capabilities(&self) -> Result<Capabilities, Fault> {
        Err(Fault::OFFLINE)
    }

    fn sources(&self) -> Vec<Source> {
        Vec::new()
    }

    async fn pull(&self, _: &str, _: Option<&Cursor>, _: Millis) -> Result<Page, Fault> {
        Ok(Page::default())
    }

    async fn prepare(&self, outgoing: &Outgoing) -> Result<Prepared, Fault> {
        Ok(Prepared {
            key: outgoing.key.clone(),
            body: serde_json::json!({ "text": outgoing.text }).to_string(),
            place: outgoing.place.remote.clone(),
            text: outgoing.text.clone(),
            proof: Proof::None,
        })
    }

    async fn send(&self, prepared: &Prepared, last: Arc<dyn LastWord>) -> Result<Item, Fault> {
        if !last.may_leave().await {
            return Err(Fault::OFFLINE);
        }
        let id = self.exchange.exchange(&prepared.body).await?;
        Ok(Item {
            remote: RemoteId::new(id),
            aliases: Vec::new(),
            kind: Kind::Mention,
            conversation: None,
            post: None,
            in_reply_to: Some(prepared.place.clone()),
            author: self.identity.me.clone(),
            ours: true,
            at: self.doors.clock.now(),
            edited_at: None,
            body: Body { text: prepared.text.clone(), ..Body::default() },
            lang: None,
            url: None,
            visibility: Some(Visibility::Public),
            publication: Publication::Published,
            rating: None,
            attachments: Vec::new(),
            counts: Counts::default(),
            liked: false,
            expires_at: None,
        })
    }

    async fn find(&self, _: &Prepared, _: Millis) -> Result<Found, Fault> {
        Ok(Found { complete: true, ..Found::default() })
    }

    async fn recheck(&self, _: &Place) -> Result<Recheck, Fault> {
        Ok(Recheck::Same)
    }
}
