//! The whole trip on a forum: a key sealed for this sign-in alone, what one is told gathered with its topics, answered and
//! seen once; the answer lost on the way, on a forum that would take the same text twice from its staff; a text that waits
//! for approval; private messages. The forum is simulated: no registry has a real one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guichet_core::Desk;
use guichet_core::view::{Health, ReplyState, Row};
use guichet_model::*;
use guichet_networks::Reach;
use guichet_rehearsal::{AccountCard, Effect, FaultRule, Options, Posted, Rehearsal, Say, Scenario, Speaker};
use guichet_tests::desk::{ALL, Watch, doors, outbox, undo};
use std::sync::Arc;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);
const POSTS: &str = "=/posts";

async fn forums() -> Arc<Rehearsal> {
    guichet_tests::listen_to_logs();
    let scenario = Scenario::named("forums").expect("a scenario");
    let rehearsal = Rehearsal::start(Options { scenario, seed: 7, pace: 0.0, ports: None }).await.unwrap();
    // What is tried here is not the patience of twenty requests a minute.
    rehearsal.limits(2_000, 2_000);
    Arc::new(rehearsal)
}

fn card(rehearsal: &Rehearsal, username: &str) -> AccountCard {
    let cards = rehearsal.clients().into_iter().flat_map(|client| client.accounts);
    cards.into_iter().find(|card| card.remote == username).unwrap()
}

fn fields(values: &[(&str, &str)]) -> Answer {
    Answer::Fields { values: values.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect() }
}

/// Signs in as a person does: pastes an address of the forum, agrees in the browser, comes back or pastes what is shown.
async fn sign_in(rehearsal: &Rehearsal, username: &str) -> Signed {
    let card = card(rehearsal, username);
    let network = guichet_networks::all(Reach::Loopback).into_iter().find(|one| one.name() == "discourse").unwrap();
    let mut login = network.login();
    let step = login.answer(fields(&[("server", &format!("{}/latest", card.server))])).await.unwrap();
    let Step::OpenBrowser { url, paste, .. } = step else { panic!("after the forum's name: {step:?}") };
    let step = if paste.is_empty() {
        let (step, agreed) = tokio::join!(login.answer(Answer::Returned), rehearsal.consent(&url, &card));
        assert_eq!(agreed.unwrap(), None, "nothing is shown to be copied");
        step
    } else {
        let shown = rehearsal.consent(&url, &card).await.unwrap().expect("a sealed key");
        login.answer(fields(&[("code", &shown)])).await
    };
    assert_eq!(step.unwrap(), Step::Done);
    let signed = login.signed().expect("a finished sign-in");
    assert_eq!((signed.server.as_str(), signed.accounts[0].me.handle.as_str()), (card.server.as_str(), username));
    signed
}

struct Office {
    desk: Desk,
    account: AccountId,
    watch: Arc<Watch>,
    _engine: guichet_core::Engine,
    _home: tempfile::TempDir,
}

impl Office {
    async fn open(signed: Signed) -> Office {
        let home = tempfile::tempdir().unwrap();
        let watch = Arc::<Watch>::default();
        let doors = doors(&home.path().join("guichet"), &home.path().join("key"), watch.clone(), 3);
        let desk = Desk::open(doors).await.unwrap();
        let client = desk.add_client("Moulins Vasseur".into(), 1).await.unwrap();
        let _acted = desk.set_rules(client, undo(0)).await.unwrap();
        let account = desk.add_account(client, "discourse".into(), signed).await.unwrap()[0];
        let engine = desk.start();
        Office { desk, account, watch, _engine: engine, _home: home }
    }

    /// Reads, a minute later: a key has few requests in each, and the connector keeps to them.
    async fn read(&self) {
        self.watch.forward(61_000);
        self.desk.pull_now(None).await.unwrap();
    }

    /// Waits until these words are on the desk; it is asked to read once.
    async fn row(&self, words: &str) -> Row {
        let listed = || async {
            let rows = self.desk.list(ALL, 0, 100).await.unwrap().rows;
            rows.into_iter().find(|row| row.excerpt.contains(words))
        };
        if let Some(row) = listed().await {
            return row;
        }
        self.read().await;
        guichet_tests::until(&format!("\"{words}\" is on the desk"), PATIENCE, listed).await
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
        guichet_tests::until("the reply is sent", PATIENCE, || async {
            let state = self.state(reply).await;
            assert!(!matches!(state, ReplyState::Refused { .. }), "{state:?}");
            matches!(state, ReplyState::Sent { .. }).then_some(())
        })
        .await;
    }

    async fn texts(&self, conversation: ConversationId) -> Vec<String> {
        let shown = self.desk.conversation(conversation).await.unwrap();
        assert!(shown.replies.is_empty(), "a reply stands beside the message that it became");
        shown.messages.into_iter().map(|message| message.text).collect()
    }

    /// Reading again brings nothing twice, and nothing was unreadable.
    async fn is_well_with(&self, conversation: ConversationId, messages: usize) {
        for _ in 0..2 {
            self.read().await;
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
        let texts = self.texts(conversation).await;
        assert_eq!(texts.len(), messages, "{texts:?}");
        let shown = self.desk.desk().await.unwrap();
        let account = shown.clients.iter().flat_map(|client| &client.accounts).find(|one| one.id == self.account);
        let account = account.unwrap();
        assert_eq!((account.unreadable, &account.health), (0, &Health::Good));
    }
}

fn standing(rehearsal: &Rehearsal, words: &str) -> Vec<Posted> {
    rehearsal.posted().into_iter().filter(|post| post.text.contains(words)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn gathered_answered_and_nothing_twice() {
    let rehearsal = forums().await;
    let office = Office::open(sign_in(&rehearsal, "vasseur").await).await;
    let row = office.row("Chez moi oui").await;
    // What others answered there comes along, being told of it.
    assert_eq!(office.texts(row.id).await.len(), 2);
    let mention = office.row("Je débute").await;
    assert_ne!(mention.id, row.id);

    let said = "Oui, **un quart de tour** suffit, sans outil.";
    let reply = office.reply(row.id, said).await;
    office.sent(reply).await;
    let posted = standing(&rehearsal, "un quart de tour** suffit");
    assert_eq!(posted.len(), 1);
    assert!(posted[0].in_reply_to.as_deref().is_some_and(|parent| !parent.starts_with("topic")), "{posted:?}");
    let ReplyState::Sent { altered, .. } = office.state(reply).await else { panic!("sent") };
    assert!(!altered, "what stands there is what was written");
    office.is_well_with(row.id, 3).await;

    // The forum has it, we do not know: it is found, and never sent again.
    rehearsal.fault(FaultRule::on("POST", POSTS, Effect::CutAfter).once());
    let reply = office.reply(mention.id, "Pour débuter, le M2 est un bon choix.").await;
    office.sent(reply).await;
    assert_eq!(standing(&rehearsal, "un bon choix").len(), 1);
    office.is_well_with(mention.id, 2).await;

    // And our words are seen once by whoever answers them.
    let ours = standing(&rehearsal, "un bon choix").remove(0);
    rehearsal
        .say(Say::reply(Speaker::new("nadege_b@ici.example", ""), &ours.id, None, "Merci, je passe samedi !"))
        .unwrap();
    let answered = office.row("je passe samedi").await;
    assert_eq!(answered.id, mention.id, "it is the same conversation");
}

/// The forum tells of the last one alone.
#[tokio::test(flavor = "multi_thread")]
async fn answers_that_came_overnight_all_arrive() {
    let rehearsal = forums().await;
    let office = Office::open(sign_in(&rehearsal, "vasseur").await).await;
    let row = office.row("Je débute").await;
    let reply = office.reply(row.id, "Le M2 convient très bien pour débuter.").await;
    office.sent(reply).await;
    let ours = standing(&rehearsal, "convient très bien").remove(0);
    for day in ["lundi", "mardi", "mercredi"] {
        let text = format!("Et {day}, vous ouvrez aussi ?");
        rehearsal.say(Say::reply(Speaker::new("nadege_b@ici.example", ""), &ours.id, None, &text)).unwrap();
    }
    let last = office.row("Et mercredi").await;
    let texts = office.texts(last.id).await;
    for day in ["lundi", "mardi", "mercredi"] {
        assert!(texts.iter().any(|text| text.contains(day)), "{texts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_whose_answer_was_lost_says_nothing_twice() {
    let rehearsal = forums().await;
    let office = Office::open(sign_in(&rehearsal, "vasseur_equipe").await).await;
    let to = Speaker::new("ousmane@ici.example", "");
    rehearsal.say(Say::mention(to, "vasseur_equipe", "Vous livrez aussi le samedi matin ?")).unwrap();
    let row = office.row("le samedi matin").await;
    rehearsal.fault(FaultRule::on("POST", POSTS, Effect::CutBefore).once());
    let reply = office.reply(row.id, "Le samedi matin, oui, avant midi.").await;
    guichet_tests::until("it is not known whether it left", PATIENCE, || async {
        matches!(office.state(reply).await, ReplyState::Unsure { .. }).then_some(())
    })
    .await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(standing(&rehearsal, "avant midi").len(), 0, "nothing is sent again by itself: a person says so");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_forum_in_a_folder_shows_the_key() {
    let rehearsal = forums().await;
    let office = Office::open(sign_in(&rehearsal, "vasseur_ancien").await).await;
    let row = office.row("grince depuis l’hiver").await;
    let reply = office.reply(row.id, "Une goutte d’huile, et il se taira.").await;
    office.sent(reply).await;
    office.is_well_with(row.id, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_approval_is_one_message_before_and_after() {
    let rehearsal = forums().await;
    let office = Office::open(sign_in(&rehearsal, "vasseur_garde").await).await;
    let row = office.row("faut-il attendre").await;
    let reply = office.reply(row.id, "Une demi-journée, rarement davantage.").await;
    office.sent(reply).await;
    let waits = standing(&rehearsal, "rarement davantage");
    assert_eq!(waits[0].state.as_deref(), Some("queued"));
    office.is_well_with(row.id, 2).await;
    rehearsal.say(Say::Put { status: waits[0].id.clone(), state: "approve".into() }).unwrap();
    // Somebody answers it, so that its thread is told of.
    let posted = standing(&rehearsal, "rarement davantage").remove(0);
    rehearsal
        .say(Say::reply(Speaker::new("nadege_b@ici.example", ""), &posted.id, None, "Parfait, merci bien !"))
        .unwrap();
    let _answered = office.row("Parfait, merci bien").await;
    office.is_well_with(row.id, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_message_is_answered_in_private() {
    let rehearsal = forums().await;
    let office = Office::open(sign_in(&rehearsal, "vasseur").await).await;
    let row = office.row("ma commande du 3").await;
    let reply = office.reply(row.id, "Nous regardons tout de suite.").await;
    office.sent(reply).await;
    let posted = standing(&rehearsal, "tout de suite").remove(0);
    assert_eq!(posted.visibility, guichet_rehearsal::Visibility::Direct);
    office.is_well_with(row.id, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_asks_its_owner() {
    let rehearsal = forums().await;
    let office = Office::open(sign_in(&rehearsal, "vasseur").await).await;
    let row = office.row("Je débute").await;
    rehearsal.say(Say::Put { status: "vasseur".into(), state: "revoke".into() }).unwrap();
    let reply = office.reply(row.id, "Le M2 convient très bien pour débuter.").await;
    guichet_tests::until("a sign-in is asked for", PATIENCE, || async {
        let why = office.state(reply).await;
        matches!(why, ReplyState::Waiting { why: guichet_core::view::Waiting::Login }).then_some(())
    })
    .await;
    assert_eq!(standing(&rehearsal, "convient très bien").len(), 0);
}
