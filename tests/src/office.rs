//! A desk with one account, as a trip over a real server needs it: opened, read until words are there, answered from, and
//! looked at once more. And the same account without a desk, asked directly.

use crate::desk::{ALL, Watch, doors, outbox, undo};
use async_trait::async_trait;
use guichet_core::view::{Health, ReplyState, Row};
use guichet_core::{Desk, Engine};
use guichet_model::{
    AccountId, Budget, Clock, ConversationId, Doors, Fault, Identity, Item, LastWord, Millis, Network, Outgoing, Place,
    ReplyId, Secret, Secrets, Session, Signed, Spending,
};
use guichet_networks::Reach;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What a real server on a busy machine may need.
const PATIENCE: Duration = Duration::from_secs(60);
/// From writing a reply to its being settled.
const LEAVES: Duration = Duration::from_secs(40);

pub struct Office {
    pub desk: Desk,
    pub account: AccountId,
    _engine: Engine,
    _home: tempfile::TempDir,
}

impl Office {
    pub async fn open(network: &str, signed: Signed) -> Office {
        let home = tempfile::tempdir().expect("a folder");
        let doors = doors(&home.path().join("guichet"), &home.path().join("key"), Arc::<Watch>::default(), 3);
        let desk = Desk::open(doors).await.expect("the desk opens");
        let client = desk.add_client("La Boutique".into(), 1).await.expect("a client");
        let _acted = desk.set_rules(client, undo(0)).await.expect("rules");
        let account = desk.add_account(client, network.into(), signed).await.expect("an account")[0];
        let engine = desk.start();
        Office { desk, account, _engine: engine, _home: home }
    }

    /// Pulls until these words are on the desk.
    pub async fn row(&self, words: &str) -> Row {
        crate::until(&format!("\"{words}\" is on the desk"), PATIENCE, || async {
            self.desk.pull_now(None).await.expect("pulled");
            tokio::time::sleep(Duration::from_millis(300)).await;
            self.seen(words).await
        })
        .await
    }

    /// The row that says this, if it is there already.
    pub async fn seen(&self, words: &str) -> Option<Row> {
        let rows = self.desk.list(ALL, 0, 100).await.expect("a list").rows;
        rows.into_iter().find(|row| row.excerpt.contains(words))
    }

    pub async fn reply(&self, conversation: ConversationId, text: &str) -> ReplyId {
        let shown = self.desk.conversation(conversation).await.expect("a conversation");
        let draft = shown.composer.draft(text);
        self.desk.send_reply(conversation, draft, false).await.expect("the outbox takes it").reply
    }

    pub async fn state(&self, reply: ReplyId) -> ReplyState {
        let found = outbox(&self.desk).await.into_iter().find(|one| one.id == reply);
        found.expect("the reply is in the outbox").state
    }

    pub async fn becomes(&self, reply: ReplyId, what: &str, wanted: impl Fn(&ReplyState) -> bool) {
        let end = Instant::now() + LEAVES;
        loop {
            let state = self.state(reply).await;
            if wanted(&state) {
                return;
            }
            assert!(Instant::now() < end, "reply {} never became {what}; it is {state:?}", reply.0);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn sent(&self, reply: ReplyId) {
        self.becomes(reply, "sent", |state| matches!(state, ReplyState::Sent { .. })).await;
    }

    /// Reads again and again; then what is said in a conversation, where no reply stands beside the message it became.
    pub async fn texts_read_again(&self, conversation: ConversationId) -> Vec<String> {
        for _ in 0..4 {
            self.desk.pull_now(None).await.expect("pulled");
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
        let shown = self.desk.conversation(conversation).await.expect("a conversation");
        assert!(shown.replies.is_empty(), "a reply stands beside the message that it became");
        shown.messages.into_iter().map(|message| message.text).collect()
    }

    /// Reading again and again brings nothing twice.
    pub async fn reads_again_without_doubles(&self, conversation: ConversationId, messages: usize) {
        let texts = self.texts_read_again(conversation).await;
        assert_eq!(texts.len(), messages, "{texts:?}");
    }

    /// The round trip is whole: somebody's message was read, a reply was taken, and a reading brought it back.
    pub async fn is_proved(&self) {
        crate::until("the account is proved", PATIENCE, || async {
            self.desk.pull_now(None).await.expect("pulled");
            tokio::time::sleep(Duration::from_millis(300)).await;
            let shown = self.desk.desk().await.expect("the sidebar");
            let mut accounts = shown.clients.iter().flat_map(|client| &client.accounts);
            let trip = accounts.find(|one| one.id == self.account).expect("the account").round_trip;
            trip.read.and(trip.answered).and(trip.seen)
        })
        .await;
    }

    /// Nothing was unreadable, and no trouble is left.
    pub async fn is_well(&self) {
        crate::until("the account is well", PATIENCE, || async {
            let shown = self.desk.desk().await.expect("the sidebar");
            let mut accounts = shown.clients.iter().flat_map(|client| &client.accounts);
            let account = accounts.find(|one| one.id == self.account).expect("the account");
            assert_eq!(account.unreadable, 0, "something could not be read");
            (account.health == Health::Good).then_some(())
        })
        .await;
    }
}

/// The network of that name, on loopback.
pub fn network(name: &str) -> Arc<dyn Network> {
    let networks = guichet_networks::all(Reach::Loopback);
    networks.into_iter().find(|network| network.name() == name).expect("a network")
}

/// What the session of a test keeps: a secret may be renewed in it.
struct Kept(Mutex<Secret>);

#[async_trait]
impl Secrets for Kept {
    async fn read(&self) -> Result<Secret, Fault> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    async fn replace(&self, secret: Secret) -> Result<(), Fault> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = secret;
        Ok(())
    }
}

struct Free;

impl Budget for Free {
    fn reserve(&self, _: Spending) -> Result<(), Fault> {
        Ok(())
    }

    fn correct(&self, _: Spending, _: u32, _: Millis) {}
}

/// A session without a desk.
pub fn session(name: &str, signed: &Signed) -> Arc<dyn Session> {
    let secrets = Arc::new(Kept(Mutex::new(signed.secret.clone())));
    let doors = Doors { clock: Arc::<Watch>::default(), secrets, budget: Arc::new(Free) };
    let me = signed.accounts[0].me.clone();
    network(name).session(Identity { server: signed.server.clone(), me }, doors)
}

/// Whatever is asked may leave.
pub struct Leave;

#[async_trait]
impl LastWord for Leave {
    async fn may_leave(&self) -> bool {
        true
    }
}

/// The one that says this.
pub fn saying<'a>(items: &'a [Item], words: &str) -> &'a Item {
    items.iter().find(|item| item.body.text.contains(words)).unwrap_or_else(|| panic!("nobody says {words}: {items:?}"))
}

/// An answer to an item whose conversation is known.
pub fn outgoing(item: &Item, text: &str) -> Outgoing {
    Outgoing {
        key: "11111111-2222-3333-4444-555555555555".into(),
        written_at: Watch::default().now(),
        place: Place {
            remote: item.remote.clone(),
            conversation: item.conversation.clone().expect("a conversation"),
            post: item.post.clone(),
            visibility: item.visibility,
            edited_at: None,
            read_at: Watch::default().now(),
        },
        text: text.into(),
        to: Vec::new(),
        visibility: None,
        warning: None,
        lang: None,
        pictures: Vec::new(),
    }
}
