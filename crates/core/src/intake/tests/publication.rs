//! Where items stand at their network: spam and trash are filed and said, and owed again once put back.

use super::*;
use crate::search;
use guichet_model::Publication;

fn standing(publication: Publication, item: Item) -> Item {
    Item { publication, ..item }
}

fn owed(counter: &Counter) -> i64 {
    counter.number("SELECT owed FROM tally")
}

#[test]
fn spam_arrives_filed_and_is_owed_once_it_is_put_back() {
    let counter = Counter::new();
    let spam = item("1", "Léa", at(-60), "Gagnez un voyage");
    counter.items(vec![
        standing(Publication::Spam, spam.clone()),
        standing(Publication::Pending, item("2", "Ana", at(-50), "Ouverts demain ?")),
        standing(Publication::Hidden, item("3", "Zoé", at(-40), "Nuls")),
    ]);
    assert_eq!(owed(&counter), 2, "{}", counter.dump());
    assert!(counter.dump().contains("(spam): Gagnez un voyage"));
    assert_eq!(counter.number("SELECT count(*) FROM conversation WHERE gone OR (unread AND root = '1')"), 0);
    let found = counter.store.read_now(|conn| search::hits(conn, "voyage", 10, None, EVENING)).unwrap();
    assert_eq!(found.rows.len(), 1, "search finds it");

    assert_eq!(counter.items(vec![spam.clone()]).conversations.len(), 1);
    assert_eq!((owed(&counter), counter.number("SELECT unread FROM conversation WHERE root = '1'")), (3, 1));
    assert_eq!(counter.items(vec![spam.clone()]), Change::default(), "told again, it says nothing");
    counter.items(vec![standing(Publication::Trash, spam)]);
    assert_eq!(owed(&counter), 2);
    assert!(counter.dump().contains("(trash): Gagnez un voyage"));
}

#[test]
fn neither_a_draft_nor_a_day_put_off_to_keeps_spam_owed() {
    let counter = Counter::new();
    counter.items(vec![item("1", "Léa", at(-60), "Un"), item("2", "Ana", at(-50), "Deux")]);
    counter.sql(
        "INSERT INTO draft SELECT id, client, account, 'k', '{}', 0 FROM conversation WHERE root = '1';
         UPDATE conversation SET triage = 1, later_until = 9000000000000 WHERE root = '2'",
    );
    let spam = |remote, by, minutes, text| standing(Publication::Spam, item(remote, by, at(minutes), text));
    counter.items(vec![spam("1", "Léa", -60, "Un"), spam("2", "Ana", -50, "Deux")]);
    assert_eq!(counter.number("SELECT count(*) FROM conversation WHERE triage = 2"), 2);
    assert_eq!(counter.number("SELECT drafts FROM tally"), 1, "what was written stays");
}

#[test]
fn one_of_two_taken_out_leaves_the_other_owed_and_in_the_list() {
    let counter = Counter::new();
    counter.items(vec![item("1", "Léa", at(-60), "Question"), answer("2", "1", "Bot", at(-50), "Achetez")]);
    counter.items(vec![standing(Publication::Trash, answer("2", "1", "Bot", at(-50), "Achetez"))]);
    assert_eq!(owed(&counter), 1);
    let shown = "SELECT count(*) FROM conversation c JOIN message m ON m.id = c.latest WHERE m.remote = '1'";
    assert_eq!(counter.number(shown), 1);
}

#[test]
fn an_answer_of_ours_taken_out_leaves_its_question_owed_again() {
    let counter = Counter::new();
    let reply = ours(answer("2", "1", "Boulangerie", at(-50), "Oui"));
    counter.items(vec![item("1", "Léa", at(-60), "Question"), reply.clone()]);
    assert_eq!(owed(&counter), 0);
    counter.items(vec![standing(Publication::Trash, reply.clone())]);
    assert_eq!(owed(&counter), 1);
    counter.items(vec![reply]);
    assert_eq!(owed(&counter), 0);
}
