//! The desk at the simulated mail house: the evening's mails come in, an answer is sent once, and where the connection breaks
//! after the last dot nobody sends it again: it stays unsure until the stranger answers it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guichet_core::view::ReplyState;
use guichet_rehearsal::{Effect, FaultRule, Say, Speaker};
use guichet_tests::desk::Town;

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_whose_receipt_is_lost_is_sent_once() {
    let town = Town::open("soirée", 0.0).await;
    let row = town.row("un parapluie jaune avec un bec de canard").await;
    let reply = town.reply(row.id, "Il est au vestiaire, il dort.").await;
    town.sent(reply).await;
    let published = town.published("il dort");
    assert_eq!(published.len(), 1);
    assert_eq!(published[0].state.as_deref(), Some("solene_p@scenes.example"), "to whom it went");

    town.rehearsal.fault(FaultRule::on("SMTP", "TEXT", Effect::CutAfter).once());
    let lost = town.reply(row.id, "Et il vous attend.").await;
    town.becomes(lost, "unsure", |state| matches!(state, ReplyState::Unsure { .. })).await;
    assert_eq!(town.published("Et il vous attend").len(), 1);
    let ours = town.published("Et il vous attend")[0].id.clone();
    let solene = Speaker::new("solene_p@scenes.example", "Solène Pradier");
    town.rehearsal.say(Say::reply(solene, &ours, None, "J’arrive avec du pain.")).unwrap();
    town.sent(lost).await;
    assert_eq!(town.published("Et il vous attend").len(), 1, "once, whatever was heard of it");
    let again = town.row("avec du pain").await;
    assert_eq!(again.id, row.id, "it is the same conversation");

    // The last dot itself is lost: nothing was done, and that is not known either.
    town.rehearsal.fault(FaultRule::on("SMTP", "TEXT", Effect::CutDuring).once());
    let cut = town.reply(row.id, "Le canard préfère la brioche.").await;
    let told = |state: &ReplyState| matches!(state, ReplyState::Unsure { .. } | ReplyState::Sent { .. });
    town.becomes(cut, "unsure or sent", told).await;
    let state = town.state(cut).await;
    let there = town.published("préfère la brioche").len();
    assert_eq!(there, usize::from(matches!(state, ReplyState::Sent { .. })), "{state:?}");
    town.quit().await;
}
