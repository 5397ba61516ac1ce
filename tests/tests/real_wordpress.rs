//! The whole trip on WordPress itself: a sign-in through its own page, comments of strangers gathered and answered, seen
//! once by everybody, moderated; and the answer lost on the way, which the site's own refusal of copies settles.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use async_trait::async_trait;
use guichet_core::Desk;
use guichet_core::view::{Health, ReplyState, Row};
use guichet_model::*;
use guichet_networks::Reach;
use guichet_tests::desk::{ALL, Watch, doors, outbox, undo};
use guichet_tests::servers::{Addresses, WordPress};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(40);

fn network() -> Arc<dyn Network> {
    let networks = guichet_networks::all(Reach::Loopback);
    networks.into_iter().find(|network| network.name() == "wordpress").unwrap()
}

fn fields(values: &[(&str, &str)]) -> Answer {
    Answer::Fields { values: values.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect() }
}

/// Signs in as a person does: pastes an address of the site, agrees in the browser, comes back.
async fn sign_in(address: &str, name: &str) -> Signed {
    let mut login = network().login();
    let step = login.answer(fields(&[("server", address)])).await.unwrap();
    let Step::OpenBrowser { url, .. } = step else { panic!("after the site's name: {step:?}") };
    let (step, ()) = tokio::join!(login.answer(Answer::Returned), agree(&url, name));
    assert_eq!(step.unwrap(), Step::Done);
    let signed = login.signed().expect("a finished sign-in");
    assert_eq!(signed.accounts[0].me.handle, name);
    signed
}

/// A browser without scripts: signs in at the site, agrees on its page, follows it back.
async fn agree(page: &str, name: &str) {
    let http = guichet_tests::plain_http();
    let page = reqwest::Url::parse(page).unwrap();
    let mut cookies = BTreeMap::from([("wordpress_test_cookie".to_owned(), "WP%20Cookie%20check".to_owned())]);
    let password = format!("{name}-pass");
    let form = [("log", name), ("pwd", &password), ("testcookie", "1"), ("wp-submit", "Log In")];
    let door = page.join("/wp-login.php").unwrap();
    let answer = http.post(door).header("cookie", written(&cookies)).form(&form).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 302, "signed in at the site");
    for cookie in answer.headers().get_all("set-cookie") {
        let pair = cookie.to_str().unwrap().split(';').next().unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        cookies.insert(name.to_owned(), value.to_owned());
    }
    let shown = http.get(page.clone()).header("cookie", written(&cookies)).send().await.unwrap();
    let shown = shown.text().await.unwrap();
    let mut form = BTreeMap::from([("approve".to_owned(), "Yes".to_owned())]);
    for tag in shown.split("<input").skip(1).filter_map(|rest| rest.split('>').next()) {
        let value = |name: &str| {
            let value = tag.split_once(&format!(" {name}=\""))?.1.split('"').next()?;
            Some(value.replace("&amp;", "&").replace("&#038;", "&"))
        };
        if let (Some(name), Some(value)) = (value("name"), value("value"))
            && !matches!(&*name, "approve" | "reject")
        {
            form.insert(name, value);
        }
    }
    assert!(form.contains_key("success_url"), "the page asks: {shown}");
    let at = page.join("/wp-admin/authorize-application.php").unwrap();
    let answer = http.post(at).header("cookie", written(&cookies)).form(&form).send().await.unwrap();
    let back = answer.headers().get("location").unwrap_or_else(|| panic!("no way back: {}", answer.status()));
    assert_eq!(http.get(back.to_str().unwrap()).send().await.unwrap().status().as_u16(), 200, "Guichet took it");
}

fn written(cookies: &BTreeMap<String, String>) -> String {
    cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
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
        let account = desk.add_account(client, "wordpress".into(), signed).await.unwrap()[0];
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

    async fn reply(&self, conversation: ConversationId, text: &str) -> ReplyId {
        let shown = self.desk.conversation(conversation).await.unwrap();
        let draft = shown.composer.draft(text);
        self.desk.send_reply(conversation, draft, false).await.unwrap().reply
    }

    async fn sent(&self, reply: ReplyId) {
        let mut last = None;
        for _ in 0..600 {
            let state = outbox(&self.desk).await.into_iter().find(|one| one.id == reply).unwrap().state;
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
        for _ in 0..3 {
            self.desk.pull_now(None).await.unwrap();
            tokio::time::sleep(Duration::from_millis(500)).await;
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

/// A session without a desk.
fn session(signed: &Signed) -> Arc<dyn Session> {
    struct Kept(Secret);
    #[async_trait]
    impl Secrets for Kept {
        async fn read(&self) -> Result<Secret, Fault> {
            Ok(self.0.clone())
        }
        async fn replace(&self, _: Secret) -> Result<(), Fault> {
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
    let doors = Doors {
        clock: Arc::<Watch>::default(),
        secrets: Arc::new(Kept(signed.secret.clone())),
        budget: Arc::new(Free),
    };
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

async fn pulled(session: &Arc<dyn Session>, source: &str) -> Vec<Item> {
    let page = session.pull(source, None, Watch::default().now().plus(-DAY)).await.unwrap();
    assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
    page.items
}

fn saying<'a>(items: &'a [Item], words: &str) -> &'a Item {
    items.iter().find(|item| item.body.text.contains(words)).unwrap_or_else(|| panic!("nobody says {words}: {items:?}"))
}

fn outgoing(item: &Item, text: &str) -> Outgoing {
    Outgoing {
        key: "11111111-2222-3333-4444-555555555555".into(),
        place: Place {
            remote: item.remote.clone(),
            conversation: item.conversation.clone().unwrap(),
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

#[tokio::test(flavor = "multi_thread")]
async fn gathered_answered_and_nothing_twice() {
    let site = WordPress::start(Addresses::Pretty).await;
    let signed = sign_in(&format!("{}/wp-admin/edit-comments.php", site.base), "alice").await;
    assert_eq!(signed.server, site.base);
    let office = Office::open(signed).await;

    site.stranger("Zoé", "Avez-vous encore des \"tabliers\" bleus & gris ?", "0").await;
    let row = office.row("bleus & gris").await;
    let reply = office.reply(row.id, "Oui : 3 < 4, il en reste \"trois\"...").await;
    office.sent(reply).await;
    assert_eq!(site.shown("il en reste").await, 1);
    assert_eq!(site.shown("bleus").await, 0, "an answer approves nobody unasked");
    office.reads_again_without_doubles(row.id, 2).await;

    // The site has it, we do not know.
    for text in ["Et deux gris.", "Et un vert."] {
        site.wire.lose_answers(1);
        let reply = office.reply(row.id, text).await;
        office.sent(reply).await;
        assert_eq!(site.wire.still_to_lose(), 0, "the answer was to be lost");
        assert_eq!(site.shown(text).await, 1);
    }
    office.reads_again_without_doubles(row.id, 4).await;
    office.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn moderated_edited_and_looked_at_again() {
    let site = WordPress::start(Addresses::Plain).await;
    let signed = sign_in(&site.base, "alice").await;
    let session = session(&signed);
    let curation = session.curation().unwrap();
    assert_eq!(session.capabilities().await.unwrap().publications.len(), 4);

    for (name, text) in [("Max", "un vrai bonjour"), ("Promo", "casino gratuit"), ("Lou", "une question")] {
        site.stranger(name, text, "0").await;
    }
    let items = pulled(&session, "comments").await;
    let (hello, casino, question) =
        (saying(&items, "un vrai bonjour"), saying(&items, "casino"), saying(&items, "une question"));
    assert_eq!(hello.publication, Publication::Pending);
    let age = Watch::default().now().since(hello.at);
    assert!((-5_000..120_000).contains(&age), "dated {age} ms ago, though the site lives in Auckland");
    // Its dates are compared by the wall, ours are told with their zone.
    let after = |millis| session.pull("comments", None, Watch::default().now().plus(millis));
    assert!(after(-600_000).await.unwrap().items.contains(hello));
    assert!(after(600_000).await.unwrap().items.is_empty());
    let article = items.iter().find(|item| item.kind == Kind::Post && Some(&item.remote) == hello.post.as_ref());
    assert!(article.unwrap().body.text.starts_with("Les tabliers sont là"), "{article:?}");

    assert_eq!(curation.put(&hello.remote, Publication::Published).await, Ok(Publication::Published));
    assert_eq!(site.shown("un vrai bonjour").await, 1);
    assert_eq!(curation.put(&casino.remote, Publication::Spam).await, Ok(Publication::Spam));
    assert_eq!(curation.put(&question.remote, Publication::Trash).await, Ok(Publication::Trash));
    assert_eq!(curation.put(&question.remote, Publication::Trash).await, Ok(Publication::Trash));
    assert_eq!(saying(&pulled(&session, "spam").await, "casino").publication, Publication::Spam);
    assert_eq!(saying(&pulled(&session, "trash").await, "question").publication, Publication::Trash);
    let known = [&hello.remote, &casino.remote, &question.remote, &article.unwrap().remote].map(Clone::clone);
    let looked = session.again().unwrap().look(&known).await.unwrap();
    assert_eq!((looked.items.len(), looked.gone.len()), (4, 0), "wherever they stand");
    assert_eq!(saying(&looked.items, "question").publication, Publication::Trash);
    assert_eq!(curation.put(&question.remote, Publication::Pending).await, Ok(Publication::Pending));

    // One request, then the same again: the site refuses the copy, and that is the proof.
    let prepared = session.prepare(&outgoing(hello, "Bonjour « Max » & bienvenue <3")).await.unwrap();
    let item = session.send(&prepared, Arc::new(Leave)).await.unwrap();
    assert_eq!(item.body.text, prepared.text);
    assert_eq!((item.ours, &item.in_reply_to), (true, &Some(hello.remote.clone())));
    let again = session.send(&prepared, Arc::new(Leave)).await.unwrap();
    assert_eq!(again.remote, item.remote);
    assert_eq!(site.shown("bienvenue").await, 1);
    let found = session.find(&prepared, Watch::default().now().plus(-60_000)).await.unwrap();
    assert_eq!((found.same.len(), found.other.len(), found.complete), (1, 0, true));

    let own = session.own().unwrap();
    let edited = own.edit(&item.remote, "Bonjour, et à bientôt").await.unwrap();
    assert_eq!((edited.remote, &*edited.body.text), (item.remote.clone(), "Bonjour, et à bientôt"));
    let place = |item: &Item, read_at| Place { read_at, ..outgoing(item, "x").place };
    let before = Watch::default().now().plus(-60_000);
    assert!(matches!(session.recheck(&place(hello, before)).await, Ok(Recheck::Answered(_))));
    own.delete(&item.remote).await.unwrap();
    own.delete(&item.remote).await.unwrap();
    assert_eq!(session.recheck(&place(hello, before)).await, Ok(Recheck::Same));
    assert_eq!(site.shown("à bientôt").await, 0);
    let nobody = RemoteId::new("comment:424242");
    assert_eq!(session.again().unwrap().look(std::slice::from_ref(&nobody)).await.unwrap().gone, [nobody]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_sees_what_everybody_does() {
    let site = WordPress::start(Addresses::Pretty).await;
    let owner = session(&sign_in(&site.base, "alice").await);
    site.stranger("Max", "approuvé", "0").await;
    site.stranger("Lou", "en attente", "0").await;
    let items = pulled(&owner, "comments").await;
    owner.curation().unwrap().put(&saying(&items, "approuvé").remote, Publication::Published).await.unwrap();

    let reader = session(&sign_in(&site.base, "bob").await);
    let items = pulled(&reader, "comments").await;
    let shown = saying(&items, "approuvé");
    assert!(items.iter().all(|item| !item.body.text.contains("en attente")));
    assert!(pulled(&reader, "spam").await.is_empty());
    assert!(reader.capabilities().await.unwrap().publications.is_empty());
    assert!(reader.curation().unwrap().put(&shown.remote, Publication::Spam).await.is_err());
    // What a reader writes waits, and they are told so; of a copy they cannot see whether it is the first.
    let prepared = reader.prepare(&outgoing(shown, "moi aussi")).await.unwrap();
    let item = reader.send(&prepared, Arc::new(Leave)).await.unwrap();
    assert_eq!((item.ours, item.publication), (true, Publication::Pending));
    assert_eq!(reader.send(&prepared, Arc::new(Leave)).await.err(), Some(Fault::Unsure));
    assert!(!reader.find(&prepared, Millis(0)).await.unwrap().complete);

    let mut login = network().login();
    login.answer(fields(&[("server", &site.base)])).await.unwrap();
    let wrong = login.answer(fields(&[("user", "alice"), ("password", "faux faux faux")])).await;
    assert!(matches!(wrong, Err(Fault::Refused { .. })), "{wrong:?}");
}
