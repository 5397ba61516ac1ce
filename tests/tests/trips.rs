//! Whole trips, in one process: simulated networks over real HTTP, the real connector, the real desk. What is counted
//! is what stands at the servers, never what the desk believes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guichet_core::view::{ReplyState, Triage, Waiting};
use guichet_rehearsal::{Effect, FaultRule};
use guichet_tests::desk::{Town, undo};
use std::collections::BTreeMap;
use std::time::Duration;

const STATUSES: &str = "=/api/v1/statuses";

/// The golden desk without what depends on the instant of a reading: whether a text was seen before its author
/// took it back.
fn lasting(dump: &str) -> String {
    let kept = dump.split("\n\n").filter(|part| !part.lines().next().is_some_and(|head| head.ends_with(", gone")));
    let lines = kept.collect::<Vec<_>>().join("\n\n");
    lines.lines().filter(|line| !line.contains(" (gone): ")).collect::<Vec<_>>().join("\n")
}

/// Record keys of Bluesky are made of time too: thirteen letters and digits, which this century begin with a 3.
fn keyless(dump: &str) -> String {
    let mut out = String::new();
    let mut rest = dump;
    while let Some(at) = rest.find(['/', ':']) {
        let (before, after) = rest.split_at(at + 1);
        out.push_str(before);
        let run = after.bytes().take_while(|byte| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(byte)).count();
        let is_key = run == 13 && after.starts_with('3');
        out.push_str(if is_key { "<…>" } else { "" });
        rest = &after[if is_key { run } else { 0 }..];
    }
    out + rest
}

/// Dates, clocks and the servers' own numbers differ from run to run: each is replaced by its kind.
fn timeless(dump: &str) -> String {
    let mut out = String::new();
    let mut number = String::new();
    for character in dump.chars().chain(['\n']) {
        let goes_on = character.is_ascii_digit() || (!number.is_empty() && ":-TZ.".contains(character));
        if goes_on {
            number.push(character);
            continue;
        }
        if !number.is_empty() {
            let digits = number.chars().filter(char::is_ascii_digit).count();
            let is_time = digits >= 4 && number.contains([':', '-']);
            let tail: String = number.chars().rev().take_while(|c| !c.is_ascii_digit()).collect();
            let tail: String = tail.chars().rev().collect();
            if is_time || digits >= 9 {
                out.push_str("<…>");
                out.push_str(tail.trim_matches(['T', 'Z']));
            } else {
                out.push_str(&number);
            }
            number.clear();
        }
        out.push(character);
    }
    out.trim_end().to_owned() + "\n"
}

/// One network's conversations after the other's, and those whose ids are small numbers by them: some networks tell seconds
/// alone, and in an evening that passes in seconds the order of what they tell is chance.
fn network_by_network(dump: &str) -> String {
    let place = |part: &&str| {
        let name = part.split(' ').nth(1).unwrap_or_default();
        let (digits, rest): (String, String) = name.chars().partition(char::is_ascii_digit);
        (rest, digits.parse::<u64>().unwrap_or_default())
    };
    let mut parts: Vec<&str> = dump.split("\n\n").collect();
    for run in parts.chunk_by_mut(|one, next| one.starts_with('[') == next.starts_with('[')) {
        run.sort_by_key(place);
    }
    parts.join("\n\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evening_arrives_and_the_same_evening_again_changes_nothing() {
    // The whole evening in some seconds.
    let town = Town::open("soirée", 1500.0).await;
    town.quiet().await;
    // What names nobody rings nobody: it is found when its thread is looked at again.
    town.desk().pull_now(None).await.unwrap();
    town.quiet().await;
    let golden = town.desk().dump().await.unwrap();
    insta::assert_snapshot!("golden_desk", network_by_network(&timeless(&keyless(&lasting(&golden)))));

    let mut changes = town.desk().changes();
    town.desk().pull_now(None).await.unwrap();
    town.quiet().await;
    assert_eq!(town.desk().dump().await.unwrap(), golden, "the same pages again changed the desk");
    let mut announced = Vec::new();
    while let Ok(change) = changes.try_recv() {
        announced.extend(change.conversations);
    }
    assert_eq!(announced, [], "the same pages again were announced as changes");

    town.quit().await;
    town.start().await;
    assert_eq!(town.desk().dump().await.unwrap(), golden, "another start changed the desk");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_templated_reply_leaves_once_and_comes_back_as_a_message() {
    let town = Town::open("soirée", 0.0).await;
    let _said = town.mention("lucie", "Bonsoir, vous ouvrez dimanche ?");
    let row = town.row("vous ouvrez dimanche").await;
    let template = town.desk().templates(Some(row.client)).await.unwrap().remove(0);
    let filled = town.desk().fill(template.id, row.id, BTreeMap::new()).await.unwrap();
    let answers: BTreeMap<String, String> =
        filled.missing.iter().map(|one| (one.name.clone(), "4521".to_owned())).collect();
    let filled = town.desk().fill(template.id, row.id, answers).await.unwrap();
    assert_eq!(filled.missing, [], "every blank was answered");
    let mut draft = town.draft(row.id, &filled.text).await;
    draft.template = Some(filled.template.clone());
    let sent = town.desk().send_reply(row.id, draft, true).await.unwrap();
    town.sent(sent.reply).await;

    let line = filled.text.lines().next().unwrap();
    let published = town.published(line);
    assert_eq!(published.len(), 1, "{published:?}");
    assert!(published[0].in_reply_to.is_some(), "it answers nothing");
    assert!(published[0].text.starts_with("@lucie@ailleurs.example"), "{}", published[0].text);
    let shown = town.desk().conversation(row.id).await.unwrap();
    let ours: Vec<_> = shown.messages.iter().filter(|message| message.ours).collect();
    assert_eq!(ours.len(), 1, "our reply is one message of the conversation");
    assert_eq!(ours[0].reply.as_ref().map(|reply| reply.id), Some(sent.reply));
    assert_eq!(shown.row.triage, Triage::Done, "sent and done in one act");
    // What the network shows of it afterwards is the same message, not a second one.
    town.desk().pull_now(None).await.unwrap();
    town.quiet().await;
    let again = town.desk().conversation(row.id).await.unwrap();
    assert_eq!(again.messages.len(), shown.messages.len());
}

/// One fault at the moment of sending, on a server that honours keys or does not.
struct Trouble {
    name: &'static str,
    effect: Effect,
    /// Whether the reply must end as sent without anybody's word: with keys, without.
    settles: (bool, bool),
}

fn troubles() -> Vec<Trouble> {
    vec![
        Trouble { name: "the connection breaks before", effect: Effect::CutBefore, settles: (true, false) },
        Trouble { name: "the answer is lost", effect: Effect::CutAfter, settles: (true, true) },
        Trouble { name: "applied late", effect: Effect::AppliedLate { after_ms: 1200 }, settles: (true, false) },
        Trouble { name: "half an answer", effect: Effect::Torn, settles: (true, true) },
        Trouble { name: "somebody else's page", effect: Effect::Garbage, settles: (true, true) },
        Trouble {
            name: "a server error",
            effect: Effect::Status { code: 503, body: String::new(), headers: Vec::new() },
            settles: (true, false),
        },
        Trouble { name: "too many requests", effect: Effect::RateLimited { after_s: 1 }, settles: (true, true) },
    ]
}

async fn live_through(honours_keys: bool) {
    let town = Town::open_where("soirée", 0.0, honours_keys).await;
    for at in 0..troubles().len() {
        let _said = town.mention(&format!("passant{at}"), &format!("Question numéro {at} ?"));
    }
    for (at, trouble) in troubles().into_iter().enumerate() {
        let (asked, words) = (format!("Question numéro {at} ?"), format!("Réponse au fil {at}."));
        let row = town.row(&asked).await;
        town.rehearsal.fault(FaultRule::on("POST", STATUSES, trouble.effect.clone()).once());
        let reply = town.reply(row.id, &words).await;
        let must = if honours_keys { trouble.settles.0 } else { trouble.settles.1 };
        if must {
            town.sent(reply).await;
        } else {
            let _state = town
                .becomes(reply, "sent or unsure", |state| {
                    matches!(state, ReplyState::Sent { .. } | ReplyState::Unsure { .. })
                })
                .await;
        }
        // Late applications have had their time; a second copy would stand there by now.
        tokio::time::sleep(Duration::from_millis(if at == 2 { 1500 } else { 100 })).await;
        let published = town.published(&words).len();
        let state = town.state(reply).await;
        assert!(published <= 1, "{}: published {published} times", trouble.name);
        if let ReplyState::Sent { altered, .. } = state {
            assert_eq!(published, 1, "{}: sent, and nowhere", trouble.name);
            assert!(!altered, "{}: what the server shows is what was written", trouble.name);
        }
        let shown = town.desk().conversation(row.id).await.unwrap();
        let kept = shown.messages.iter().any(|message| message.text.contains(&words))
            || shown.replies.iter().any(|reply| reply.text.contains(&words));
        assert!(kept, "{}: the text was lost", trouble.name);
        town.rehearsal.clear_faults();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_loses_or_doubles_a_reply_where_keys_are_honoured() {
    live_through(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_loses_or_doubles_a_reply_where_keys_are_not() {
    live_through(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_lost_while_reads_lag_is_never_sent_again_by_itself() {
    let town = Town::open_where("soirée", 0.0, false).await;
    let _said = town.mention("margaux", "Le colis est arrivé cassé.");
    let row = town.row("arrivé cassé").await;
    // Old enough to be seen when it is looked at before the answer leaves.
    tokio::time::sleep(Duration::from_millis(2600)).await;
    town.rehearsal.fault(FaultRule::on("POST", STATUSES, Effect::CutAfter).once());
    town.rehearsal.fault(FaultRule::on("GET", "", Effect::ReadsLag { ms: 2500 }));
    let reply = town.reply(row.id, "Nous le remplaçons demain.").await;
    let _state = town.becomes(reply, "unsure", |state| matches!(state, ReplyState::Unsure { .. })).await;
    assert_eq!(town.published("remplaçons demain").len(), 1, "a read that found nothing is no proof");
    tokio::time::sleep(Duration::from_millis(2600)).await;
    assert_eq!(town.published("remplaçons demain").len(), 1, "a read that found nothing is no proof");
    // Once reads have caught up, looking again finds it.
    town.rehearsal.clear_faults();
    let _acted = town.desk().retry(vec![reply]).await;
    town.sent(reply).await;
    assert_eq!(town.published("remplaçons demain").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn written_offline_it_leaves_once_when_the_network_is_back() {
    let town = Town::open("soirée", 0.0).await;
    let _said = town.mention("karim", "Avez-vous reçu ma commande ?");
    let row = town.row("reçu ma commande").await;
    town.rehearsal.offline(true);
    town.desk().set_system_online(false);
    let reply = town.reply(row.id, "Oui, elle part demain matin.").await;
    let _state = town.becomes(reply, "waiting", |state| matches!(state, ReplyState::Waiting { .. })).await;
    // The lid is closed and opened again on the train.
    town.quit().await;
    town.start().await;
    town.desk().set_system_online(false);
    let state = town.state(reply).await;
    assert!(matches!(state, ReplyState::Waiting { .. }), "{state:?}");
    assert_eq!(town.published("elle part demain").len(), 0);
    town.rehearsal.offline(false);
    town.desk().set_system_online(true);
    town.sent(reply).await;
    assert_eq!(town.published("elle part demain").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_while_offline_is_looked_at_before_it_is_answered() {
    let town = Town::open("soirée", 0.0).await;
    let said = town.mention("odile", "Vous êtes fermés le 11 ?");
    let row = town.row("fermés le 11").await;
    town.rehearsal.offline(true);
    town.desk().set_system_online(false);
    let reply = town.reply(row.id, "Non, nous ouvrons à 10 h.").await;
    let _gone = town.rehearsal.say(guichet_rehearsal::Say::Delete { status: said });
    town.rehearsal.offline(false);
    town.desk().set_system_online(true);
    let state = town
        .becomes(reply, "held back or refused", |state| {
            matches!(state, ReplyState::Waiting { why: Waiting::Conflict { .. } } | ReplyState::Refused { .. })
        })
        .await;
    assert_eq!(town.published("ouvrons à 10 h").len(), 0, "{state:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_asks_its_owner_and_loses_nothing() {
    let town = Town::open("soirée", 0.0).await;
    let _said = town.mention("yann", "On peut réserver pour huit ?");
    let row = town.row("réserver pour huit").await;
    town.rehearsal.fault(FaultRule::on("", "/api/", Effect::TokenExpired));
    let reply = town.reply(row.id, "Bien sûr, à quelle heure ?").await;
    let _state = town
        .becomes(reply, "waiting for a sign-in", |state| matches!(state, ReplyState::Waiting { why: Waiting::Login }))
        .await;
    assert_eq!(town.published("à quelle heure").len(), 0);
    town.rehearsal.clear_faults();
    // Signing in again is the same account with a fresh secret.
    let card = town.rehearsal.clients().into_iter().next().unwrap();
    let account = card.accounts.first().unwrap();
    let added =
        town.desk().add_account(row.client, "mastodon".into(), guichet_tests::desk::signed(account)).await.unwrap();
    assert_eq!(added, [row.account], "the same identity is the same account");
    town.sent(reply).await;
    assert_eq!(town.published("à quelle heure").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_of_a_conversation_leave_in_the_order_written() {
    let town = Town::open("soirée", 0.0).await;
    let _said = town.mention("brune", "Trois questions d'un coup, pardon !");
    let _other = town.mention("gilles", "Et le parking, c'est par où ?");
    let (row, other) = (town.row("Trois questions").await, town.row("le parking").await);
    // The first one is held up; the second must not overtake it, another conversation may.
    town.rehearsal.fault(FaultRule::on("POST", STATUSES, Effect::RateLimited { after_s: 2 }).once());
    let first = town.reply(row.id, "Première réponse.").await;
    let second = town.reply(row.id, "Deuxième réponse.").await;
    let third = town.reply(row.id, "Troisième réponse.").await;
    let beside = town.reply(other.id, "Derrière la halle.").await;
    for reply in [first, second, third, beside] {
        town.sent(reply).await;
    }
    let order: Vec<String> = town.published("réponse.").into_iter().map(|post| post.text).collect();
    assert_eq!(order.len(), 3, "{order:?}");
    for (text, wanted) in order.iter().zip(["Première", "Deuxième", "Troisième"]) {
        assert!(text.contains(wanted), "{order:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_can_be_taken_back_while_its_delay_runs() {
    let town = Town::open("soirée", 0.0).await;
    let _said = town.mention("salome", "C'est vrai que vous fermez ?");
    let row = town.row("vous fermez").await;
    let _acted = town.desk().set_rules(row.client, undo(20)).await.unwrap();
    let reply = town.reply(row.id, "Pas du tuot !").await;
    let state = town.state(reply).await;
    assert!(matches!(state, ReplyState::Waiting { why: Waiting::Until { .. } }), "{state:?}");
    let undone = town.desk().undo(None).await.unwrap();
    assert_eq!(undone.left, 0, "{undone:?}");
    let shown = town.desk().conversation(row.id).await.unwrap();
    assert_eq!(shown.draft.map(|draft| draft.text), Some("Pas du tuot !".to_owned()), "its text is the draft again");
    town.watch.forward(30_000);
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(town.published("tuot").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn triage_is_ours_alone_and_can_be_undone() {
    let town = Town::open("soirée", 0.0).await;
    let _said = town.mention("noe", "Merci pour hier soir !");
    let row = town.row("Merci pour hier").await;
    let _acted = town.desk().triage(vec![row.id], Triage::Done).await.unwrap();
    town.quit().await;
    town.start().await;
    let after = town.desk().rows(vec![row.id]).await.unwrap();
    assert_eq!(after[0].triage, Triage::Done, "kept over a restart");
    let undone = town.desk().undo(None).await.unwrap();
    assert_eq!(undone.conversations, [row.id]);
    let back = town.desk().rows(vec![row.id]).await.unwrap();
    assert_eq!(back[0].triage, Triage::Open);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_to_a_site_waits_for_the_network_and_leaves_once() {
    let town = Town::open("soirée", 0.0).await;
    let row = town.row("Le pneu est parti").await;
    town.quit().await;
    town.rehearsal.offline(true);
    town.start().await;
    let reply = town.reply(row.id, "Il vous remercie aussi.").await;
    let waits = |state: &ReplyState| matches!(state, ReplyState::Waiting { why: Waiting::Network });
    let _state = town.becomes(reply, "waiting for the network", waits).await;
    town.rehearsal.offline(false);
    town.sent(reply).await;
    assert_eq!(town.published("vous remercie aussi").len(), 1);
}
