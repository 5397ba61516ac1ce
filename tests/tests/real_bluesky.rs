//! The whole trip on Bluesky's own servers: a sign-in with an app password, a stranger's answer, mention and private message
//! gathered and answered, seen once; the answer lost on the way, which our own record key settles; what the author of a
//! thread may do in it. The chat alone is a stand-in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use async_trait::async_trait;
use guichet_core::Desk;
use guichet_core::view::{Health, ReplyState, Row};
use guichet_model::*;
use guichet_networks::Reach;
use guichet_tests::desk::{ALL, Watch, doors, outbox, undo};
use guichet_tests::servers::{Bluesky, Member};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

fn network() -> Arc<dyn Network> {
    let networks = guichet_networks::all(Reach::Loopback);
    networks.into_iter().find(|network| network.name() == "bluesky").unwrap()
}

/// Signs in as a person does who made a password for this program.
async fn try_sign_in(town: &Bluesky, handle: &str, password: &str) -> Result<Signed, Fault> {
    let typed = [("server", town.base.as_str()), ("user", handle), ("password", password)];
    let values = typed.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let mut login = network().login();
    let step = login.answer(Answer::Fields { values }).await?;
    assert_eq!(step, Step::Done);
    Ok(login.signed().expect("a finished sign-in"))
}

async fn sign_in(town: &Bluesky, member: &Member, private: bool) -> Signed {
    let password = member.app_password(private).await;
    let signed = try_sign_in(town, &member.handle, &password).await.unwrap();
    assert_eq!(signed.accounts[0].me.handle, member.handle);
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
        let client = desk.add_client("Le Quai".into(), 1).await.unwrap();
        let _acted = desk.set_rules(client, undo(0)).await.unwrap();
        let account = desk.add_account(client, "bluesky".into(), signed).await.unwrap()[0];
        let engine = desk.start();
        Office { desk, account, _engine: engine, _home: home }
    }

    /// Pulls until these words are on the desk.
    async fn row(&self, words: &str) -> Row {
        guichet_tests::until(&format!("\"{words}\" is on the desk"), PATIENCE, || async {
            self.desk.pull_now(None).await.unwrap();
            tokio::time::sleep(Duration::from_millis(300)).await;
            let rows = self.desk.list(ALL, 0, 100).await.unwrap().rows;
            rows.into_iter().find(|row| row.excerpt.contains(words))
        })
        .await
    }

    /// Answers, and waits until the desk says that it is there.
    async fn answer(&self, conversation: ConversationId, text: &str) {
        let shown = self.desk.conversation(conversation).await.unwrap();
        let draft = shown.composer.draft(text);
        let reply = self.desk.send_reply(conversation, draft, false).await.unwrap().reply;
        let mut last = None;
        for _ in 0..800 {
            let state = outbox(&self.desk).await.into_iter().find(|one| one.id == reply).unwrap().state;
            if matches!(state, ReplyState::Sent { .. }) {
                return;
            }
            last = Some(state);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("\"{text}\" was never sent: {last:?}");
    }

    /// Reading again and again brings nothing twice.
    async fn reads_again_without_doubles(&self, conversation: ConversationId, wanted: &[&str]) {
        for _ in 0..3 {
            self.desk.pull_now(None).await.unwrap();
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
        let shown = self.desk.conversation(conversation).await.unwrap();
        let texts: Vec<&str> = shown.messages.iter().map(|message| message.text.as_str()).collect();
        for words in wanted {
            assert_eq!(texts.iter().filter(|text| text.contains(words)).count(), 1, "{words} in {texts:?}");
        }
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

/// What the session of a test keeps: tokens are renewed in it.
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
fn session(signed: &Signed) -> Arc<dyn Session> {
    let secrets = Arc::new(Kept(Mutex::new(signed.secret.clone())));
    let doors = Doors { clock: Arc::<Watch>::default(), secrets, budget: Arc::new(Free) };
    let me = signed.accounts[0].me.clone();
    network().session(Identity { server: signed.server.clone(), me }, doors)
}

struct Leave;

#[async_trait]
impl LastWord for Leave {
    async fn may_leave(&self) -> bool {
        true
    }
}

/// Everything that every source tells now.
async fn pulled(session: &Arc<dyn Session>) -> Vec<Item> {
    let mut items = Vec::new();
    for source in session.sources() {
        let page = session.pull(source.name, None, Watch::default().now().plus(-DAY)).await.unwrap();
        assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
        items.extend(page.items);
    }
    items
}

/// What says this, once the network tells it.
async fn told(session: &Arc<dyn Session>, words: &str) -> Item {
    guichet_tests::until(&format!("\"{words}\" is told"), PATIENCE, || async {
        pulled(session).await.into_iter().find(|item| item.body.text.contains(words))
    })
    .await
}

fn outgoing(item: &Item, text: &str) -> Outgoing {
    Outgoing {
        key: "11111111-2222-3333-4444-555555555555".into(),
        place: Place {
            remote: item.remote.clone(),
            conversation: item.conversation.clone().unwrap_or(item.remote.clone()),
            post: item.post.clone(),
            visibility: item.visibility,
            edited_at: item.edited_at,
            read_at: Watch::default().now(),
        },
        text: text.into(),
        to: Vec::new(),
        visibility: None,
        warning: None,
        lang: Some("fr".into()),
        pictures: Vec::new(),
    }
}

/// Waits until somebody sees these words in a thread so many times, and not once more a moment later.
async fn seen(by: &Member, place: &Value, words: &str, times: usize) {
    guichet_tests::until(&format!("\"{words}\" is seen {times} times"), PATIENCE, || async {
        (by.shown(place, words).await == times).then_some(())
    })
    .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(by.shown(place, words).await, times, "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn gathered_answered_and_nothing_twice() {
    let town = Bluesky::start().await;
    let (alice, bob) = (town.join("Alice").await, town.join("Bob").await);
    let root = alice.write("Le rideau se lève à 20 h 30 🎭", None, None).await;
    let question = bob.write("Et il retombe à quelle heure ?", None, Some(&root)).await;
    assert_eq!(bob.shown(&root, "retombe").await, 1);
    let office = Office::open(sign_in(&town, &alice, true).await).await;

    let row = office.row("retombe").await;
    office.answer(row.id, "Vers 22 h, s’il veut bien. Détails : https://quaivert.example/soir #théâtre").await;
    seen(&bob, &root, "s’il veut bien", 1).await;
    let shown = bob.thread(&root).await;
    let ours = shown.iter().find(|post| post["record"]["text"].as_str().unwrap().contains("veut bien")).unwrap();
    assert_eq!(ours["record"]["reply"]["parent"], question);
    assert_eq!(ours["record"]["reply"]["root"], root);
    assert_eq!(ours["record"]["facets"].as_array().unwrap().len(), 2, "{}", ours["record"]);

    // The data server has it, we do not know: the key that we chose says so.
    for text in ["Et l’entracte dure 20 minutes.", "Le bar aussi."] {
        town.wire.lose_answers(1);
        office.answer(row.id, text).await;
        assert_eq!(town.wire.still_to_lose(), 0, "the answer was to be lost");
        assert_eq!(bob.records(&alice).await.iter().filter(|known| *known == text).count(), 1);
        seen(&bob, &root, text, 1).await;
    }
    office.reads_again_without_doubles(row.id, &["retombe", "veut bien", "20 minutes", "bar aussi"]).await;

    let elsewhere = bob.write("vous faites relâche le lundi ?", Some(&alice), None).await;
    let row = office.row("relâche").await;
    office.answer(row.id, "Oui, le rideau dort.").await;
    seen(&bob, &elsewhere, "le rideau dort", 1).await;

    bob.whisper(&alice, "J’ai perdu une écharpe verte.").await;
    let row = office.row("écharpe verte").await;
    office.answer(row.id, "Elle vous attend au guichet.").await;
    assert_eq!(bob.whispers(&alice).await, ["Elle vous attend au guichet.", "J’ai perdu une écharpe verte."]);
    office.reads_again_without_doubles(row.id, &["écharpe verte", "au guichet"]).await;
    office.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_thread_is_kept_in_order() {
    let town = Bluesky::start().await;
    let (alice, bob) = (town.join("Alice").await, town.join("Bob").await);
    let root = alice.write("Question du soir : quelle réplique gardez-vous ?", None, None).await;
    bob.write("« Après vous. »", None, Some(&root)).await;
    bob.write("PLACES -70 %", None, Some(&root)).await;
    let session = session(&sign_in(&town, &alice, true).await);
    let (line, spam) = (told(&session, "Après vous").await, told(&session, "PLACES").await);
    assert_eq!((line.kind, line.ours, line.post.is_some()), (Kind::Comment, false, true));
    let capabilities = session.capabilities().await.unwrap();
    assert!(capabilities.publications.contains(&Publication::Hidden), "{:?}", capabilities.publications);

    // Hidden and shown again, under the rules that the thread had.
    let curation = session.curation().unwrap();
    let gate = async || {
        let told = bob.get("app.bsky.feed.getPostThread", &[("uri", root["uri"].as_str().unwrap())]).await;
        told["threadgate"]["record"].clone()
    };
    assert_eq!(curation.put(&spam.remote, Publication::Hidden).await, Ok(Publication::Hidden));
    let uri = spam.remote.as_str().to_owned();
    let hidden = guichet_tests::until("the thread hides it", PATIENCE, || async {
        let rules = gate().await;
        rules["hiddenReplies"].as_array().is_some_and(|all| all.iter().any(|one| *one == uri)).then_some(rules)
    })
    .await;
    assert!(hidden["allow"].is_null(), "whoever could answer still can: {hidden}");
    assert_eq!(curation.put(&spam.remote, Publication::Published).await, Ok(Publication::Published));
    guichet_tests::until("the thread shows it", PATIENCE, || async {
        gate().await["hiddenReplies"].as_array().is_none_or(Vec::is_empty).then_some(())
    })
    .await;

    let likes = async || {
        let told = bob.get("app.bsky.feed.getPosts", &[("uris", line.remote.as_str())]).await;
        told["posts"][0]["likeCount"].as_u64().unwrap()
    };
    let reactions = session.reactions().unwrap();
    for (on, count) in [(true, 1), (true, 1), (false, 0)] {
        reactions.like(&line.remote, on).await.unwrap();
        guichet_tests::until("the like is counted", PATIENCE, || async { (likes().await == count).then_some(()) })
            .await;
    }

    // One request, then the same again: the key is taken, and that is the proof.
    let prepared = session.prepare(&outgoing(&line, "La troupe vous a entendue.")).await.unwrap();
    let item = session.send(&prepared, Arc::new(Leave)).await.unwrap();
    assert_eq!((item.ours, &item.in_reply_to), (true, &Some(line.remote.clone())));
    let found = session.find(&prepared, Watch::default().now().plus(-60_000)).await.unwrap();
    assert_eq!((found.same.len(), found.complete), (1, true));
    let again = session.send(&prepared, Arc::new(Leave)).await;
    assert!(again.is_err() || again.is_ok_and(|again| again.remote == item.remote), "another post");
    assert_eq!(bob.records(&alice).await.iter().filter(|text| text.contains("entendue")).count(), 1);
    seen(&bob, &root, "entendue", 1).await;
    let place = Place { read_at: Watch::default().now().plus(-60_000), ..outgoing(&line, "x").place };
    let recheck = || session.recheck(&place);
    guichet_tests::until("it is answered", PATIENCE, || async {
        matches!(recheck().await, Ok(Recheck::Answered(_))).then_some(())
    })
    .await;
    session.own().unwrap().delete(&item.remote).await.unwrap();
    session.own().unwrap().delete(&item.remote).await.unwrap();
    seen(&bob, &root, "entendue", 0).await;
    let found = session.find(&prepared, Watch::default().now().plus(-60_000)).await.unwrap();
    assert_eq!((found.same.len(), found.complete), (0, true), "not there any more");

    let moderation = session.moderation().unwrap();
    let person = &line.author.remote;
    for on in [true, false] {
        moderation.mute(person, on).await.unwrap();
        moderation.block(person, on).await.unwrap();
    }
    assert!(told(&session, "Après vous").await.remote == line.remote, "muted and blocked no more");
    let looked = session.again().unwrap().look(&[line.remote.clone(), item.remote.clone()]).await.unwrap();
    assert_eq!((looked.items.len(), looked.items[0].remote == line.remote), (1, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_without_leave_for_messages() {
    let town = Bluesky::start().await;
    let (alice, bob) = (town.join("Alice").await, town.join("Bob").await);
    let refused = try_sign_in(&town, &alice.handle, "faux-faux-faux-faux").await;
    assert!(matches!(refused, Err(Fault::Refused { .. } | Fault::NeedsLogin)), "{:?}", refused.err());
    bob.whisper(&alice, "en privé").await;
    bob.write("en public", Some(&alice), None).await;
    let office = Office::open(sign_in(&town, &alice, false).await).await;
    let row = office.row("en public").await;
    office.answer(row.id, "Bien lu.").await;
    office.reads_again_without_doubles(row.id, &["en public", "Bien lu"]).await;
    let rows = office.desk.list(ALL, 0, 100).await.unwrap().rows;
    assert!(rows.iter().all(|row| !row.excerpt.contains("en privé")));
    office.is_well().await;
}
