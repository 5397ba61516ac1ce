//! The whole trip on servers written by others: sign-in in a browser, a mention by a second person, gathered, answered,
//! seen once from outside; and the answer lost on the way.
//!
//! snac honours no idempotency key, pages without `Link`, and shows again what was already read. mastodon_mock
//! streams, groups, and fails by rule.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guichet_core::Desk;
use guichet_core::view::{Health, ReplyState, Row};
use guichet_model::{AccountId, Answer, ConversationId, Network, ReplyId, Signed, Step};
use guichet_networks::Reach;
use guichet_tests::browser::{self, Person};
use guichet_tests::desk::{ALL, Watch, doors, outbox, undo};
use guichet_tests::servers::{Mock, Snac};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(40);

/// Signs in as a person does: names the server, opens the browser, comes back.
async fn sign_in(server: &str, name: &str, password: &str) -> Signed {
    let networks = guichet_networks::all(Reach::Loopback);
    let mastodon: &Arc<dyn Network> = networks.iter().find(|network| network.name() == "mastodon").unwrap();
    let mut login = mastodon.login();
    let Step::Ask { fields } = login.first() else { panic!("the server's name comes first") };
    let values = [(fields[0].name.clone(), server.to_owned())].into();
    let step = login.answer(Answer::Fields { values }).await.unwrap();
    let Step::OpenBrowser { url, host, .. } = step else { panic!("after the server's name: {step:?}") };
    assert!(server.contains(&host), "the page shown is of {host}");
    let (step, _page) = tokio::join!(login.answer(Answer::Returned), browser::sign_in(&url, name, password));
    assert_eq!(step.unwrap(), Step::Done);
    let signed = login.signed().expect("a finished sign-in");
    assert_eq!(signed.accounts.len(), 1);
    assert!(signed.accounts[0].me.handle.starts_with(name), "signed in as {}", signed.accounts[0].me.handle);
    signed
}

struct Office {
    desk: Desk,
    account: AccountId,
    _engine: guichet_core::Engine,
    _home: tempfile::TempDir,
}

impl Office {
    async fn open(signed: Signed) -> Office {
        let home = tempfile::tempdir().unwrap();
        let doors = doors(&home.path().join("guichet"), &home.path().join("key"), Arc::<Watch>::default(), 3);
        let desk = Desk::open(doors).await.unwrap();
        let client = desk.add_client("La Boutique".into(), 1).await.unwrap();
        let _acted = desk.set_rules(client, undo(0)).await.unwrap();
        let account = desk.add_account(client, "mastodon".into(), signed).await.unwrap()[0];
        let engine = desk.start();
        Office { desk, account, _engine: engine, _home: home }
    }

    /// Pulls until these words are on the desk.
    async fn row(&self, words: &str) -> Row {
        guichet_tests::until(&format!("\"{words}\" is on the desk"), PATIENCE, || async {
            self.desk.pull_now(None).await.unwrap();
            tokio::time::sleep(Duration::from_millis(300)).await;
            self.seen(words).await
        })
        .await
    }

    async fn seen(&self, words: &str) -> Option<Row> {
        let rows = self.desk.list(ALL, 0, 100).await.unwrap().rows;
        rows.into_iter().find(|row| row.excerpt.contains(words))
    }

    async fn reply(&self, conversation: ConversationId, text: &str) -> ReplyId {
        let shown = self.desk.conversation(conversation).await.unwrap();
        let draft = shown.composer.draft(text);
        self.desk.send_reply(conversation, draft, false).await.unwrap().reply
    }

    async fn state(&self, reply: ReplyId) -> ReplyState {
        outbox(&self.desk).await.into_iter().find(|one| one.id == reply).unwrap().state
    }

    async fn sent(&self, reply: ReplyId) {
        let mut last = None;
        for _ in 0..600 {
            let state = self.state(reply).await;
            if matches!(state, ReplyState::Sent { .. }) {
                return;
            }
            last = Some(state);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("never sent: {last:?}");
    }

    /// Reading again and again brings nothing twice.
    async fn reads_again_without_doubles(&self, conversation: ConversationId, messages: usize) {
        for _ in 0..4 {
            self.desk.pull_now(None).await.unwrap();
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
        let shown = self.desk.conversation(conversation).await.unwrap();
        let texts: Vec<&str> = shown.messages.iter().map(|message| message.text.as_str()).collect();
        assert_eq!(texts.len(), messages, "{texts:?}");
        assert!(shown.replies.is_empty(), "a reply stands beside the message that it became");
    }

    async fn is_well(&self) {
        guichet_tests::until("the account is well", PATIENCE, || async {
            let shown = self.desk.desk().await.unwrap();
            let mut accounts = shown.clients.iter().flat_map(|client| &client.accounts);
            let account = accounts.find(|one| one.id == self.account).unwrap();
            assert_eq!(account.unreadable, 0, "something could not be read");
            (account.health == Health::Good).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn snac_whole() {
    let snac = Snac::start().await;
    let bob = Person::signed_in(&snac.base, "bob", snac.password("bob")).await;
    let server = snac.base.trim_start_matches("http://");
    let office = Office::open(sign_in(server, "alice", snac.password("alice")).await).await;

    let asked = bob.write("@alice avez-vous encore des tabliers bleus ?", "public", None).await;
    let asked = asked["id"].as_str().unwrap();
    let secret = bob.write("@alice ma commande 4521, entre nous", "direct", None).await;
    let secret = secret["id"].as_str().unwrap();
    let row = office.row("tabliers bleus").await;
    let private = office.row("entre nous").await;
    assert_ne!(row.id, private.id, "a private message is its own conversation");

    let reply = office.reply(row.id, "Oui, il en reste trois.").await;
    office.sent(reply).await;
    bob.sees(asked, "il en reste trois", 1).await;
    office.reads_again_without_doubles(row.id, 2).await;

    // The server has it, we do not know: no key protects us here, only looking.
    snac.wire.lose_answers(1);
    let reply = office.reply(row.id, "Et deux gris.").await;
    bob.sees(asked, "deux gris", 1).await;
    assert_eq!(snac.wire.still_to_lose(), 0, "the answer was to be lost");
    office.sent(reply).await;
    bob.sees(asked, "deux gris", 1).await;

    let reply = office.reply(private.id, "Elle part demain.").await;
    office.sent(reply).await;
    let seen = bob.answers(secret, "part demain").await;
    // This server calls what it sends to one person "private".
    let open = seen.iter().find(|one| one["visibility"] == "public" || one["visibility"] == "unlisted");
    assert!(open.is_none(), "a private answer was published");
    office.reads_again_without_doubles(row.id, 3).await;
    office.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mock_whole() {
    let mock = Mock::start().await;
    let bob = Person::with_token(&mock.base, mock.token("bob"));
    let server = mock.base.trim_start_matches("http://");
    let office = Office::open(sign_in(server, "alice", "").await).await;

    let asked = bob.write("@alice vous livrez le samedi ?", "public", None).await;
    let asked = asked["id"].as_str().unwrap();
    let row = office.row("le samedi").await;
    let reply = office.reply(row.id, "Oui, jusqu'à midi.").await;
    office.sent(reply).await;
    bob.sees(asked, "midi", 1).await;

    // The stream rings: nobody pulls now, and it comes.
    let _said = bob.write("@alice et le dimanche ?", "public", None).await;
    let _row = guichet_tests::until("the stream rang", Duration::from_secs(20), || office.seen("le dimanche")).await;

    // Lost answers, one after the other.
    for text in ["Premier essai.", "Deuxième essai."] {
        mock.wire.lose_answers(1);
        let reply = office.reply(row.id, text).await;
        office.sent(reply).await;
        assert_eq!(mock.wire.still_to_lose(), 0, "the answer was to be lost");
        bob.sees(asked, text, 1).await;
    }

    // Refusals that pass: nothing is lost, nothing comes twice.
    let later = json!({ "type": "status", "status": 429, "headers": { "Retry-After": "1" } });
    mock.fault("GET", "/api/v1/notifications*", later.clone(), 2).await;
    mock.fault("GET", "/api/v1/notifications*", json!({ "type": "malformed" }), 1).await;
    let _said = bob.write("@alice un grand merci !", "public", None).await;
    mock.fault("POST", "/api/v1/statuses", later, 1).await;
    let reply = office.reply(row.id, "Troisième essai.").await;
    office.sent(reply).await;
    bob.sees(asked, "Troisième essai", 1).await;
    let _row = office.row("un grand merci").await;
    mock.no_faults().await;
    office.reads_again_without_doubles(row.id, 5).await;
}
