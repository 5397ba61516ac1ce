//! Looked at again on paper, with a clock set by hand: edits, deletions, misses, and the pace of the questions.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::testing::paper::{self, Asked, MENTIONS, Paper, item, page};
use crate::testing::{self, EVENING, Room};
use crate::view::Health;
use guichet_model::{DAY, Unread};
use std::sync::Arc;

struct Scene {
    room: Room,
    network: Paper,
    account: AccountId,
}

impl Scene {
    /// So many messages, each a minute older than the one before it, read at EVENING.
    async fn of(messages: i64) -> Self {
        let network = Paper::default();
        let room = testing::room(vec![Arc::new(network.clone())]).await;
        let client = room.desk.add_client("Boulangerie".into(), 1).await.unwrap();
        let account = room.desk.add_account(client, paper::NAME.into(), testing::signed("Fournil")).await.unwrap()[0];
        network.page(MENTIONS, page((0..messages).map(told).collect()));
        room.desk.pull_account(account).await.unwrap();
        Self { room, network, account }
    }

    /// After so many milliseconds a turn meets these answers; the names it asked for.
    async fn after(&self, millis: i64, answers: Vec<Result<Page, Fault>>) -> Vec<Vec<String>> {
        self.room.clock.forward(millis);
        self.network.script().looks = answers.into();
        let before = self.network.asked().len();
        self.room.desk.pull_account(self.account).await.unwrap();
        let looks = self.network.asked().split_off(before).into_iter().filter_map(|asked| match asked {
            Asked::Look(names) => Some(names.into_iter().map(|name| name.0).collect()),
            _ => None,
        });
        looks.collect()
    }

    fn number(&self, sql: &str) -> i64 {
        self.room.desk.store().read_now(|conn| Ok(conn.query_row(sql, [], |row| row.get(0))?)).unwrap()
    }

    fn gone(&self) -> i64 {
        self.number("SELECT count(*) FROM message WHERE gone_at IS NOT NULL")
    }

    fn owed(&self) -> i64 {
        self.number("SELECT owed FROM tally")
    }
}

fn told(nth: i64) -> Item {
    item(&nth.to_string(), "Léa", EVENING.plus(-nth * MINUTE), "Question")
}

fn nothing() -> Result<Page, Fault> {
    Ok(Page::default())
}

fn there(items: &[i64]) -> Result<Page, Fault> {
    Ok(page(items.iter().map(|nth| told(*nth)).collect()))
}

#[tokio::test]
async fn what_is_there_is_read_and_what_is_said_to_be_gone_is_gone() {
    let scene = Scene::of(2).await;
    assert!(scene.after(EACH - 1, vec![nothing()]).await.is_empty(), "seen within the hour");
    let mut answer = page(vec![Item { edited_at: Some(EVENING), ..told(0) }]);
    answer.items[0].body.text = "Question corrigée".into();
    answer.gone = vec![RemoteId::new("1")];
    assert_eq!(scene.after(1, vec![Ok(answer)]).await, [["0", "1"]]);
    let dump = scene.room.desk.dump().await.unwrap();
    assert!(dump.contains("(edited): Question corrigée") && dump.contains("(gone): Question"), "{dump}");
    assert_eq!((scene.gone(), scene.owed()), (1, 1));
    assert_eq!(scene.after(EACH, vec![there(&[0])]).await, [["0"]], "what is gone is not asked for");
}

#[tokio::test]
async fn the_second_miss_in_a_row_makes_it_gone_and_not_before_ten_minutes() {
    let scene = Scene::of(2).await;
    scene.after(EACH, vec![there(&[1])]).await;
    assert_eq!((scene.gone(), scene.number("SELECT misses FROM message WHERE remote = '0'")), (0, 1));
    assert!(scene.after(MISSED - 1, vec![nothing()]).await.is_empty());
    assert_eq!(scene.after(1, vec![nothing()]).await, [["0"]]);
    assert_eq!((scene.gone(), scene.owed()), (1, 1));
}

#[tokio::test]
async fn one_that_is_seen_again_was_not_missed() {
    let scene = Scene::of(1).await;
    scene.after(EACH, vec![nothing()]).await;
    scene.after(MISSED, vec![there(&[0])]).await;
    scene.after(EACH, vec![nothing()]).await;
    assert_eq!(scene.gone(), 0, "never twice in a row");
    // Seen by another way than a look.
    scene.network.page(MENTIONS, there(&[0]).unwrap());
    scene.after(MINUTE, vec![nothing()]).await;
    assert_eq!(scene.number("SELECT misses FROM message"), 0);
    scene.after(EACH, vec![nothing()]).await;
    assert_eq!(scene.gone(), 0);
}

#[tokio::test]
async fn what_was_missed_and_comes_back_is_owed_again_unless_the_network_said_it_was_gone() {
    let scene = Scene::of(1).await;
    scene.after(EACH, vec![nothing()]).await;
    scene.after(MISSED, vec![nothing()]).await;
    assert_eq!((scene.gone(), scene.owed()), (1, 0));
    scene.room.desk.take(scene.account, MENTIONS, there(&[0]).unwrap()).await.unwrap();
    assert_eq!((scene.gone(), scene.owed()), (0, 1));
    scene.after(EACH, vec![nothing()]).await;
    scene.after(MISSED, vec![nothing()]).await;
    let gone = Page { gone: vec![RemoteId::new("0")], ..Page::default() };
    scene.room.desk.take(scene.account, MENTIONS, gone).await.unwrap();
    scene.room.desk.take(scene.account, MENTIONS, there(&[0]).unwrap()).await.unwrap();
    assert_eq!((scene.gone(), scene.owed()), (1, 0));
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_whole_misses_nobody() {
    let scene = Scene::of(2).await;
    let torn = || {
        let unreadable = vec![Unread { raw: "{}".into(), why: "no id".into() }];
        Ok(Page { unreadable, ..page(vec![told(1)]) })
    };
    scene.after(EACH, vec![torn()]).await;
    scene.after(EACH, vec![torn()]).await;
    assert_eq!((scene.gone(), scene.number("SELECT sum(misses) FROM message")), (0, 0));
    assert_eq!(scene.number("SELECT unreadable FROM account"), 1);
}

#[tokio::test]
async fn what_a_network_cannot_be_asked_for_is_never_missed() {
    let scene = Scene::of(2).await;
    scene.network.script().nameless = vec![RemoteId::new("1")];
    for _ in 0..4 {
        assert_eq!(scene.after(EACH, vec![there(&[0]), there(&[0])]).await, [["0"]]);
    }
    assert_eq!((scene.gone(), scene.number("SELECT sum(misses) FROM message")), (0, 0));
}

#[tokio::test]
async fn a_few_requests_a_turn_the_oldest_look_first_and_nothing_older_than_thirty_days() {
    let scene = Scene::of(9).await;
    // The paper takes two names at once.
    let first = scene.after(EACH, vec![there(&[0, 1]), there(&[2, 3]), there(&[4, 5]), there(&[6, 7])]).await;
    assert_eq!(first, [["0", "1"], ["2", "3"], ["4", "5"]]);
    let second = scene.after(1, vec![there(&[6, 7]), there(&[8])]).await;
    assert_eq!(second.concat(), ["6", "7", "8"]);
    assert!(scene.after(1, vec![nothing()]).await.is_empty());
    assert!(scene.after(30 * DAY, vec![nothing()]).await.is_empty());
    assert_eq!(scene.gone(), 0);
}

#[tokio::test]
async fn a_clock_set_back_neither_stops_the_looks_nor_confirms_a_miss() {
    let scene = Scene::of(1).await;
    scene.after(EACH, vec![nothing()]).await;
    assert_eq!(scene.after(-2 * MINUTE, vec![nothing()]).await, [["0"]]);
    assert_eq!((scene.gone(), scene.number("SELECT misses FROM message")), (0, 1));
    scene.after(MISSED, vec![nothing()]).await;
    assert_eq!(scene.gone(), 1);
}

#[tokio::test]
async fn what_the_budget_or_the_network_refuses_waits_and_loses_nothing() {
    let scene = Scene::of(1).await;
    let later = EVENING.plus(EACH + MINUTE);
    scene.after(EACH, vec![Err(Fault::Later { after: later })]).await;
    let health = scene.room.desk.desk().await.unwrap().clients[0].accounts[0].health;
    assert_eq!(health, Health::Good, "nobody waits for it");
    assert_eq!(scene.number("SELECT misses FROM message"), 0);
    assert_eq!(scene.after(MINUTE, vec![there(&[0])]).await, [["0"]]);
    assert_eq!(scene.gone(), 0);
}

#[tokio::test]
async fn what_comes_new_is_read_while_what_is_known_waits() {
    let scene = Scene::of(1).await;
    let mut puller = Puller::new(scene.room.desk.clone(), scene.account);
    scene.room.clock.forward(EACH);
    scene.network.script().looks = [Err(Fault::Later { after: EVENING.plus(3 * EACH) })].into();
    assert!(puller.turn(false).await.is_ok());
    scene.network.page(MENTIONS, page(vec![told(-1)]));
    scene.room.clock.forward(MINUTE);
    assert!(puller.turn(true).await.is_ok());
    assert_eq!(scene.number("SELECT count(*) FROM message"), 2);
}
