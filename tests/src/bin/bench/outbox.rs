//! What the outbox itself costs: a reply's sending against the bare exchange of the same bytes, and how soon a hold of
//! everything is obeyed. Through a server that answers at once, over real connections.

use super::exchange::{Counter, Exchange};
use guichet_core::view::{ClientRules, DraftView, HoldTarget};
use guichet_core::{Desk, Steps};
use guichet_model::{
    AccountId, Addressee, Author, Body, Clock, ConversationId, Counts, Item, Kind, Millis, Page, Publication, RemoteId,
    Secret, Signed, SignedAccount, Visibility,
};
use guichet_tests::desk::{ALL, Watch, doors};
use serde_json::{Map, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

pub const QUEUED: usize = 10_000;
const ACCOUNTS: usize = 4;
/// Holds measured while that many wait.
const HOLDS: usize = 10;
/// What may leave between two holds.
const SPARE: usize = 2_000;
const TURNS: usize = 10;
const IN_A_TURN: usize = 100;

/// `queued`: replies that wait while holds are measured.
pub async fn measure(queued: usize) -> Map<String, Value> {
    let mut all = Map::new();
    let (mut costs, mut ours, mut bare) = cost().await;
    super::put(&mut all, "outbox_cost_ms", &mut costs);
    super::put(&mut all, "outbox_reply_ms", &mut ours);
    super::put(&mut all, "outbox_exchange_ms", &mut bare);
    let (mut holds, mut told) = hold(queued).await;
    super::put(&mut all, "hold_s", &mut holds);
    super::put(&mut all, "hold_told_s", &mut told);
    all
}

/// A desk that speaks on the counter's network, with conversations to answer.
struct Bench {
    desk: Desk,
    counter: Counter,
    settled: Arc<Settled>,
    conversations: Vec<ConversationId>,
    _home: tempfile::TempDir,
}

/// Counts replies whose outcome is on the disk.
#[derive(Default)]
struct Settled(AtomicUsize);

impl Steps for Settled {
    fn at(&self, step: &'static str) {
        if step == "reply settled" {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Bench {
    async fn new(accounts: usize, conversations: usize) -> Bench {
        let counter = Counter::start().await;
        let home = tempfile::tempdir().expect("a folder");
        let clock = Arc::<Watch>::default();
        let mut doors = doors(&home.path().join("desk"), &home.path().join("key"), clock.clone(), 1);
        doors.networks = vec![Arc::new(Exchange::with(&counter))];
        let desk = Desk::open(doors).await.expect("a desk");
        let settled = Arc::<Settled>::default();
        desk.watch_steps(settled.clone());
        for number in 0..accounts {
            let client = desk.add_client(format!("Librairie {number}"), 1).await.expect("a client");
            let rules = ClientRules { undo_seconds: 0, to_approve: false, hours: Vec::new() };
            desk.set_rules(client, rules).await.expect("rules");
            let me = author(&format!("librairie{number}"));
            let signed = Signed {
                server: counter.origin.clone(),
                secret: Secret("{}".into()),
                accounts: vec![SignedAccount { remote: me.remote.clone(), me }],
            };
            let added = desk.add_account(client, "exchange".into(), signed).await.expect("an account");
            fill(&desk, added[0], conversations / accounts, clock.now()).await;
        }
        let mut bench = Bench { desk, counter, settled, conversations: Vec::new(), _home: home };
        bench.read(conversations).await;
        bench
    }

    /// The conversations, in the order of the list.
    async fn read(&mut self, count: usize) {
        while self.conversations.len() < count {
            let from = u32::try_from(self.conversations.len()).expect("a few");
            let rows = self.desk.list(ALL, from, 500).await.expect("a list").rows;
            assert!(!rows.is_empty(), "{from} conversations of {count}");
            self.conversations.extend(rows.into_iter().map(|row| row.id));
        }
    }

    async fn queue(&self, from: usize, count: usize) {
        let by = author("lectrice");
        let draft = DraftView {
            text: "Bonjour, il arrive samedi.".into(),
            to: vec![Addressee { remote: by.remote, handle: by.handle }],
            visibility: Some(Visibility::Public),
            warning: None,
            template: None,
            send_at: None,
            at: Millis(0),
        };
        for conversation in &self.conversations[from..from + count] {
            self.desk.send_reply(*conversation, draft.clone(), false).await.expect("queued");
        }
    }

    /// Waits until so many more are settled.
    async fn settle(&self, count: usize) {
        let end = Instant::now() + Duration::from_secs(120);
        while self.settled.0.load(Ordering::SeqCst) < count {
            assert!(Instant::now() < end, "{} of {count} settled", self.settled.0.load(Ordering::SeqCst));
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
    }
}

/// Milliseconds a reply: the outbox's own, the whole, the bare exchange. One a turn.
async fn cost() -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let bench = Bench::new(1, TURNS * IN_A_TURN).await;
    let engine = bench.desk.start();
    let bare = Exchange::with(&bench.counter);
    let (mut costs, mut ours, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..TURNS {
        let held = bench.desk.hold(vec![HoldTarget::Everything], String::new()).await.expect("held");
        bench.queue(turn * IN_A_TURN, IN_A_TURN).await;
        let (mut whole, mut alone) = (0.0, 0.0);
        // Who goes first alternates, so that neither always meets the colder machine.
        for part in 0..2 {
            let start = Instant::now();
            if (turn + part).is_multiple_of(2) {
                bench.desk.release(held.holds.clone()).await.expect("released");
                bench.settle((turn + 1) * IN_A_TURN).await;
                whole = per_reply(start);
            } else {
                for _ in 0..IN_A_TURN {
                    bare.exchange("{\"text\":\"Bonjour, il arrive samedi.\"}").await.expect("answered");
                }
                alone = per_reply(start);
            }
        }
        costs.push(whole - alone);
        ours.push(whole);
        theirs.push(alone);
    }
    engine.stop().await;
    (costs, ours, theirs)
}

fn per_reply(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1_000.0 / IN_A_TURN as f64
}

/// Seconds from asking for a hold to the last request that began, and to its answer.
async fn hold(queued: usize) -> (Vec<f64>, Vec<f64>) {
    let bench = Bench::new(ACCOUNTS, queued + SPARE).await;
    let mut held = bench.desk.hold(vec![HoldTarget::Everything], String::new()).await.expect("held");
    bench.queue(0, bench.conversations.len()).await;
    let engine = bench.desk.start();
    let (mut lasts, mut told) = (Vec::new(), Vec::new());
    for _ in 0..HOLDS {
        let before = bench.settled.0.load(Ordering::SeqCst);
        bench.desk.release(held.holds).await.expect("released");
        bench.settle(before + 100).await;
        let asked = Instant::now();
        held = bench.desk.hold(vec![HoldTarget::Everything], String::new()).await.expect("held");
        told.push(asked.elapsed().as_secs_f64());
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        lasts.push(bench.counter.last().saturating_duration_since(asked).as_secs_f64());
    }
    let sent = bench.settled.0.load(Ordering::SeqCst);
    assert!(sent <= SPARE, "{sent} had left: fewer than {queued} waited at the end");
    engine.stop().await;
    (lasts, told)
}

async fn fill(desk: &Desk, account: AccountId, conversations: usize, now: Millis) {
    let item = |number: usize| Item {
        remote: RemoteId::new(format!("{}-{number}", account.0)),
        aliases: Vec::new(),
        kind: Kind::Mention,
        conversation: None,
        post: None,
        in_reply_to: None,
        author: author("lectrice"),
        ours: false,
        at: now.plus(-60_000),
        edited_at: None,
        body: Body { text: format!("Avez-vous le numéro {number} ?"), ..Body::default() },
        lang: Some("fr".into()),
        url: None,
        visibility: Some(Visibility::Public),
        publication: Publication::Published,
        rating: None,
        attachments: Vec::new(),
        counts: Counts::default(),
        liked: false,
        expires_at: None,
    };
    let items: Vec<Item> = (0..conversations).map(item).collect();
    for page in items.chunks(500) {
        let page = Page { items: page.to_vec(), ..Page::default() };
        desk.take(account, "notifications", page).await.expect("taken");
    }
}

fn author(name: &str) -> Author {
    Author {
        remote: RemoteId::new(format!("p-{name}")),
        handle: format!("{name}@banc.invalid"),
        name: name.to_owned(),
        avatar: None,
        url: None,
        bot: false,
    }
}
