//! A desk with doors that a test holds: a folder that is kept between two openings, a clock that can be set forward,
//! a key in a file (so that another process, or the next opening, finds it), and the simulated networks on loopback.

use guichet_core::view::{
    ClientRules, DraftView, ListQuery, OutboxQuery, Problem, ReplyState, ReplyView, Row, TemplateEdit, View,
};
use guichet_core::{Desk, Doors, Engine, Key, Keys, KeysFault, Random};
use guichet_model::{
    Answer, Author, Clock, ConversationId, Millis, RemoteId, ReplyId, Secret, Signed, SignedAccount, Step,
};
use guichet_networks::Reach;
use guichet_rehearsal::{AccountCard, ClientCard, Options, Pace, Posted, Rehearsal, Say, Scenario, SignIn, Speaker};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The system's time, moved by so many milliseconds.
#[derive(Default)]
pub struct Watch {
    ahead: AtomicI64,
}

impl Watch {
    pub fn forward(&self, millis: i64) {
        let _before = self.ahead.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for Watch {
    fn now(&self) -> Millis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        Millis(i64::try_from(since.as_millis()).expect("in this age") + self.ahead.load(Ordering::SeqCst))
    }
}

/// A clock that runs faster than the system's, the same in every process that is told its pace, and set so many
/// milliseconds ahead of it or back.
pub struct Fast {
    pub pace: Pace,
    pub ahead: AtomicI64,
}

impl Fast {
    /// `FROM:SPEED:AHEAD`, as `Display` writes it.
    pub fn parse(said: &str) -> Option<Fast> {
        let mut numbers = said.split(':');
        let pace = Pace { from_ms: numbers.next()?.parse().ok()?, speed: numbers.next()?.parse().ok()? };
        Some(Fast { pace, ahead: AtomicI64::new(numbers.next()?.parse().ok()?) })
    }
}

impl std::fmt::Display for Fast {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.pace.from_ms, self.pace.speed, self.ahead.load(Ordering::SeqCst))
    }
}

impl Clock for Fast {
    fn now(&self) -> Millis {
        Millis(self.pace.now_ms() + self.ahead.load(Ordering::SeqCst))
    }
}

/// Chance that comes out of a seed (splitmix64), the same every time.
pub struct Dice(AtomicU64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(AtomicU64::new(seed))
    }

    pub fn draw(&self) -> u64 {
        let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::SeqCst).wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to `most`, `most` excluded.
    pub fn below(&self, most: u64) -> u64 {
        self.draw() % most.max(1)
    }
}

impl Random for Dice {
    fn bytes(&self, buf: &mut [u8]) {
        for chunk in buf.chunks_mut(8) {
            let drawn = self.draw().to_le_bytes();
            chunk.copy_from_slice(&drawn[..chunk.len()]);
        }
    }
}

/// The vault's key in a file of ours, outside the desk's folder: what a keychain does, without one.
pub struct KeyFile(pub PathBuf);

impl Keys for KeyFile {
    fn get(&self) -> Result<Option<Key>, KeysFault> {
        match std::fs::read_to_string(&self.0) {
            Ok(text) => Key::parse(&text).map(Some).ok_or(KeysFault::Torn),
            Err(_) => Ok(None),
        }
    }

    fn set(&self, key: &Key) -> Result<(), KeysFault> {
        std::fs::write(&self.0, key.expose()).map_err(|_| KeysFault::File)
    }
}

/// The doors of a desk in `folder`, that reaches loopback alone.
pub fn doors(folder: &Path, key: &Path, clock: Arc<dyn Clock>, seed: u64) -> Doors {
    Doors {
        clock,
        folder: folder.to_path_buf(),
        keys: Arc::new(KeyFile(key.to_path_buf())),
        networks: guichet_networks::all(Reach::Loopback),
        random: Arc::new(Dice::new(seed)),
    }
}

/// What a finished sign-in would have given for an account of the rehearsal.
pub fn signed(card: &AccountCard) -> Signed {
    let secret = serde_json::json!({
        "server": card.server,
        "client_id": card.client_id,
        "client_secret": card.client_secret,
        "access_token": card.token,
        "scopes": "read write follow push profile",
    });
    let me = Author {
        remote: RemoteId::new(&card.remote),
        handle: card.handle.clone(),
        name: card.name.clone(),
        avatar: None,
        url: None,
        bot: false,
    };
    Signed {
        server: card.server.clone(),
        secret: Secret(secret.to_string()),
        accounts: vec![SignedAccount { remote: RemoteId::new(&card.remote), me }],
    }
}

/// A finished sign-in to any account of the rehearsal: what is typed is typed, step by step, into the network's own. `None`
/// where the network is not spoken here.
pub async fn signed_in(card: &AccountCard) -> Option<Signed> {
    let networks = guichet_networks::all(Reach::Loopback);
    let network = networks.iter().find(|one| one.name() == card.network)?;
    let SignIn::Fields { values } = &card.sign_in else {
        return Some(signed(card));
    };
    let mut login = network.login();
    let mut step = login.first();
    loop {
        let fields = match step {
            Step::Ask { fields } | Step::OpenBrowser { paste: fields, .. } => fields,
            Step::ChoosePage { .. } => panic!("{} asks which page", card.network),
            Step::Done => return login.signed(),
        };
        let typed = |name: String| Some((name.clone(), values.get(&name)?.clone()));
        let values = fields.into_iter().filter_map(|field| typed(field.name)).collect();
        step = login.answer(Answer::Fields { values }).await.expect("a step");
    }
}

/// Adds the clients with their accounts and their canned replies. What they answer leaves at once: what is tried is not
/// the patience of taking back.
pub async fn furnish(desk: &Desk, cards: &[ClientCard]) {
    for card in cards {
        let client = desk.add_client(card.name.clone(), card.color_index + 1).await.expect("a client");
        let _acted = desk.set_rules(client, undo(0)).await.expect("rules");
        for account in &card.accounts {
            let Some(signed) = signed_in(account).await else { continue };
            let added = desk.add_account(client, account.network.clone(), signed).await.expect("an account");
            assert_eq!(added.len(), 1);
        }
        for template in &card.templates {
            let edit = TemplateEdit {
                id: None,
                code: template.code.clone(),
                title: template.title.clone(),
                text: template.text.clone(),
                lang: Some(template.lang.clone()),
                clients: vec![client],
            };
            let _kept = desk.save_template(edit).await.expect("a template");
        }
    }
}

/// Everything, newest first.
pub const ALL: ListQuery = ListQuery { view: View::All, client: None, account: None };

/// A rehearsal with a desk that lives on it.
pub struct Town {
    pub rehearsal: Arc<Rehearsal>,
    pub watch: Arc<Watch>,
    pub home: tempfile::TempDir,
    open: Mutex<Option<(Desk, Engine)>>,
    /// Openings of the desk so far: each has its own chance.
    lives: AtomicU64,
}

impl Town {
    /// `pace`: simulated seconds a second; 0, nothing arrives after what is there at the start.
    pub async fn open(scenario: &str, pace: f64) -> Town {
        Self::open_where(scenario, pace, true).await
    }

    /// On servers that honour idempotency keys, or on others.
    pub async fn open_where(scenario: &str, pace: f64, honours_keys: bool) -> Town {
        let town = Town::closed(scenario, pace).await;
        town.rehearsal.honour_keys(honours_keys);
        town.start().await;
        furnish(&town.desk(), &town.rehearsal.clients()).await;
        town
    }

    /// With nobody signed in, and nothing that arrives after the start.
    pub async fn bare(scenario: &str) -> Town {
        let town = Town::closed(scenario, 0.0).await;
        town.start().await;
        town
    }

    async fn closed(scenario: &str, pace: f64) -> Town {
        crate::listen_to_logs();
        let scenario = Scenario::named(scenario).expect("a scenario");
        let options = Options { scenario, seed: 7, pace, ports: None };
        let rehearsal = Arc::new(Rehearsal::start(options).await.expect("ports of loopback"));
        let home = tempfile::tempdir().expect("a folder");
        Town { rehearsal, watch: Arc::default(), home, open: Mutex::new(None), lives: AtomicU64::new(7) }
    }

    pub fn folder(&self) -> PathBuf {
        self.home.path().join("guichet")
    }

    /// Opens the desk in its folder, as after a start of the program.
    pub async fn start(&self) {
        let doors = doors(
            &self.folder(),
            &self.home.path().join("key"),
            self.watch.clone(),
            self.lives.fetch_add(1, Ordering::SeqCst),
        );
        // The lock of a desk just closed is held until its last task has let go.
        let desk = crate::until("the desk opens", Duration::from_secs(10), || async {
            match Desk::open(doors.clone()).await {
                Err(Problem::Busy) => None,
                opened => Some(opened.expect("the desk opens")),
            }
        })
        .await;
        let engine = desk.start();
        *self.open.lock().expect("whole") = Some((desk, engine));
    }

    /// Ends the desk as a person who quits does.
    pub async fn quit(&self) {
        let open = self.open.lock().expect("whole").take();
        let (desk, engine) = open.expect("a desk is open");
        engine.stop().await;
        drop(desk);
    }

    pub fn desk(&self) -> Desk {
        self.open.lock().expect("whole").as_ref().expect("a desk is open").0.clone()
    }

    pub async fn rows(&self) -> Vec<Row> {
        self.desk().list(ALL, 0, 500).await.expect("a list").rows
    }

    /// Waits until the desk shows this excerpt, and gives its row.
    pub async fn row(&self, words: &str) -> Row {
        crate::until(&format!("\"{words}\" is on the desk"), Duration::from_secs(20), || async {
            self.rows().await.into_iter().find(|row| row.excerpt.contains(words))
        })
        .await
    }

    /// Waits until nothing has arrived for a while.
    pub async fn quiet(&self) {
        let mut last = (0, String::new());
        let mut same = 0;
        for _ in 0..200 {
            tokio::time::sleep(Duration::from_millis(150)).await;
            let dump = self.desk().dump().await.expect("a dump");
            let now = (self.rows().await.len(), dump);
            same = if now == last { same + 1 } else { 0 };
            last = now;
            if same == 10 && last.0 > 0 {
                return;
            }
        }
        panic!("the desk never came to rest");
    }

    /// What a person would send without touching the composer: to whom and how widely it proposes.
    pub async fn draft(&self, conversation: ConversationId, text: &str) -> DraftView {
        let shown = self.desk().conversation(conversation).await.expect("a conversation");
        DraftView { at: self.watch.now(), ..shown.composer.draft(text) }
    }

    pub async fn reply(&self, conversation: ConversationId, text: &str) -> ReplyId {
        let draft = self.draft(conversation, text).await;
        self.desk().send_reply(conversation, draft, false).await.expect("the outbox takes it").reply
    }

    pub async fn outbox(&self) -> Vec<ReplyView> {
        outbox(&self.desk()).await
    }

    pub async fn state(&self, reply: ReplyId) -> ReplyState {
        let found = self.outbox().await.into_iter().find(|one| one.id == reply);
        found.expect("the reply is in the outbox").state
    }

    /// Waits until the reply is in a state that `wanted` accepts.
    pub async fn becomes(&self, reply: ReplyId, what: &str, wanted: impl Fn(&ReplyState) -> bool) -> ReplyState {
        let end = std::time::Instant::now() + Duration::from_secs(25);
        loop {
            let state = self.state(reply).await;
            if wanted(&state) {
                return state;
            }
            assert!(std::time::Instant::now() < end, "reply {} never became {what}; it is {state:?}", reply.0);
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    pub async fn sent(&self, reply: ReplyId) {
        let _state = self.becomes(reply, "sent", |state| matches!(state, ReplyState::Sent { .. })).await;
    }

    /// How often a text of ours really stands at the servers.
    pub fn published(&self, words: &str) -> Vec<Posted> {
        self.rehearsal.posted().into_iter().filter(|post| post.text.contains(words)).collect()
    }

    /// Somebody names the first account of the scenario; the post's id at its server.
    pub fn mention(&self, by: &str, text: &str) -> String {
        let clients = self.rehearsal.clients();
        let account = clients.iter().flat_map(|client| &client.accounts).next().expect("an account");
        let user = account.handle.split('@').next().expect("a name");
        let said = self.rehearsal.say(Say::mention(Speaker::new(&format!("{by}@ailleurs.example"), by), user, text));
        said.expect("it was said")
    }
}

/// How long a client's replies can be taken back, in seconds; nothing else is ruled.
pub fn undo(seconds: u32) -> ClientRules {
    ClientRules { undo_seconds: seconds, to_approve: false, hours: Vec::new() }
}

/// Its first page, over all clients: what is not settled, and the last ones sent.
pub async fn outbox(desk: &Desk) -> Vec<ReplyView> {
    desk.outbox(OutboxQuery::default(), 0, 500).await.expect("the outbox").rows
}
