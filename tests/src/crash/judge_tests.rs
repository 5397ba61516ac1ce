//! A count that never finds anything proves nothing: each fault in an invented ledger is seen, and no other.

use super::*;

fn written(id: i64, text: &str) -> Written {
    Written { place: "p".into(), text: text.into(), acknowledged: Some(id), key_valid: true, ..Written::default() }
}

fn row(reply: i64, state: &str, remote: Option<&str>) -> Row {
    Row { reply, place: "p".into(), state: state.into(), remote: remote.map(str::to_owned), ..Row::default() }
}

fn copy(id: &str, text: &str, key: &str) -> Copy {
    Copy { id: id.into(), place: "p".into(), text: text.into(), key: Some(key.into()), ..Copy::default() }
}

/// Two replies, both sent, as it should be.
fn well() -> Ledger {
    Ledger {
        written: vec![written(1, "un"), written(2, "deux")],
        rows: vec![row(1, "sent", Some("a")), row(2, "sent", Some("b"))],
        copies: vec![copy("a", "un", "k1"), copy("b", "deux", "k2")],
        keyed: true,
        named: false,
    }
}

/// Lost, doubled, out of order, unsure though provable, stuck.
fn counts(ledger: &Ledger) -> [usize; 5] {
    let verdict = judge(ledger);
    [verdict.lost.len(), verdict.doubled.len(), verdict.out_of_order.len(), verdict.unsure.len(), verdict.stuck.len()]
}

#[test]
fn all_is_well() {
    assert_eq!(counts(&well()), [0; 5]);
    let verdict = judge(&well());
    assert_eq!((verdict.sent, verdict.provable), (2, 2));
}

#[test]
fn a_reply_that_nobody_knows_is_lost() {
    let mut ledger = well();
    ledger.rows.pop();
    ledger.copies.pop();
    assert_eq!(counts(&ledger), [1, 0, 0, 0, 0]);
    // One that was never acknowledged is not owed, nor one that the restored copy never knew.
    ledger.written[1].forgotten = true;
    assert_eq!(counts(&ledger), [0; 5]);
    ledger.written[1].forgotten = false;
    ledger.written[1].acknowledged = None;
    assert_eq!(counts(&ledger), [0; 5]);
}

#[test]
fn sent_means_that_it_is_there_and_is_its_own() {
    let mut ledger = well();
    ledger.copies.pop();
    assert_eq!(counts(&ledger), [1, 0, 0, 0, 0], "called sent, not there");
    let mut ledger = well();
    ledger.rows[1].remote = Some("a".into());
    assert_eq!(counts(&ledger), [1, 0, 0, 0, 0], "another text's message");
    let mut ledger = well();
    ledger.written[1].text = "un".into();
    ledger.rows[1].remote = Some("a".into());
    ledger.copies[1].text = "un".into();
    assert_eq!(counts(&ledger), [1, 0, 0, 0, 0], "two replies, one message");
}

#[test]
fn a_copy_too_many_is_a_double() {
    let mut ledger = well();
    ledger.copies.push(copy("c", "deux", "k3"));
    assert_eq!(counts(&ledger), [0, 1, 0, 0, 0]);
    // By the CM's word it is none; written natively it is none.
    ledger.written[1].again = 1;
    assert_eq!(counts(&ledger), [0; 5]);
    ledger.written[1].again = 0;
    ledger.copies[2].native = true;
    ledger.copies[2].key = None;
    assert_eq!(counts(&ledger), [0; 5]);
}

#[test]
fn one_key_twice_is_a_double_though_as_many_were_written() {
    let mut ledger = well();
    // The second was written and never arrived; the first is there in its place.
    ledger.written[1].text = "un".into();
    ledger.written[1].acknowledged = None;
    ledger.rows.pop();
    ledger.copies[1] = copy("b", "un", "k1");
    assert_eq!(counts(&ledger), [0, 1, 0, 0, 0]);
}

/// The same, the second with two pictures.
fn with_pictures() -> Ledger {
    let mut ledger = well();
    let pictures = vec!["vue 1".to_owned(), "vue 2".to_owned()];
    ledger.written[1].pictures.clone_from(&pictures);
    ledger.rows[1].pictures.clone_from(&pictures);
    ledger.copies[1].pictures = pictures;
    ledger
}

#[test]
fn a_reply_shows_its_pictures_each_once_and_in_their_order() {
    assert_eq!(counts(&with_pictures()), [0; 5]);
    let broken: [fn(&mut Vec<String>); 5] = [
        |pictures| pictures.truncate(1),
        |pictures| pictures.swap(0, 1),
        |pictures| pictures.push("vue 2".into()),
        |pictures| pictures[1] = "another picture, called \"vue 2\"".into(),
        Vec::clear,
    ];
    for (number, broken) in broken.into_iter().enumerate() {
        let mut ledger = with_pictures();
        broken(&mut ledger.copies[1].pictures);
        assert_eq!(counts(&ledger), [1, 1, 0, 0, 0], "at the server, {number}");
        let mut ledger = with_pictures();
        broken(&mut ledger.rows[1].pictures);
        assert_eq!(counts(&ledger), [1, 0, 0, 0, 0], "on the desk, {number}");
    }
    // One that waits is owed with its pictures too.
    let mut ledger = with_pictures();
    ledger.copies.pop();
    ledger.rows[1] = Row { why: "network".into(), ..row(2, "waiting", None) };
    assert_eq!(counts(&ledger), [1, 0, 0, 0, 1]);
}

#[test]
fn twins_are_told_apart_by_their_pictures() {
    let mut ledger = with_pictures();
    ledger.written[0].text = "deux".into();
    ledger.copies[0].text = "deux".into();
    assert_eq!(counts(&ledger), [0; 5]);
    // The one with pictures is there twice, the other one not at all, and nobody asked for that.
    ledger.written[0].acknowledged = None;
    ledger.rows.remove(0);
    ledger.copies[0].pictures = ledger.copies[1].pictures.clone();
    assert_eq!(counts(&ledger), [0, 1, 0, 0, 0]);
    ledger.written[1].again = 1;
    assert_eq!(counts(&ledger), [0; 5]);
}

#[test]
fn what_was_taken_back_must_not_be_there() {
    let mut ledger = well();
    ledger.written[1].taken_back = true;
    ledger.rows.pop();
    assert_eq!(counts(&ledger), [0, 1, 0, 0, 0]);
}

#[test]
fn a_later_one_that_arrives_first_is_out_of_order() {
    let mut ledger = well();
    ledger.copies.swap(0, 1);
    assert_eq!(counts(&ledger), [0, 0, 1, 0, 0]);
    // In two places there is no order.
    ledger.written[0].place = "q".into();
    ledger.copies[1].place = "q".into();
    assert_eq!(counts(&ledger), [0; 5]);
}

#[test]
fn unsure_is_a_fault_where_the_key_or_the_place_proves_it() {
    let mut ledger = well();
    ledger.rows[1] = row(2, "unsure", None);
    assert_eq!(counts(&ledger), [0, 0, 0, 1, 0], "the key");
    ledger.written[1].key_valid = false;
    assert_eq!(counts(&ledger), [0, 0, 0, 1, 0], "it stands there, and nothing else of that text");
    ledger.keyed = false;
    assert_eq!(counts(&ledger), [0, 0, 0, 1, 0]);
    ledger.copies.push(Copy { native: true, ..copy("n", "deux", "") });
    assert_eq!(counts(&ledger), [0; 5], "a native twin: nobody can tell");
    ledger.named = true;
    assert_eq!(counts(&ledger), [0, 0, 0, 1, 0], "the reply's own name tells it from the twin");
    ledger.copies.remove(1);
    assert_eq!(counts(&ledger), [0; 5], "the twin alone is there");
    ledger.copies.truncate(1);
    assert_eq!(counts(&ledger), [0; 5], "not there, and no key: the CM decides");
    assert_eq!(judge(&ledger).provable, 1);
}

#[test]
fn what_still_waits_for_no_reason_is_stuck() {
    let mut ledger = well();
    ledger.rows[1] = Row { why: "network".into(), ..row(2, "waiting", None) };
    ledger.copies.pop();
    assert_eq!(counts(&ledger), [0, 0, 0, 0, 1]);
    // Behind one that is rightly unsure it waits rightly.
    ledger.keyed = false;
    ledger.rows = vec![row(1, "unsure", None), Row { why: "earlier".into(), ..row(2, "waiting", None) }];
    ledger.copies.clear();
    assert_eq!(counts(&ledger), [0; 5]);
    assert_eq!(judge(&ledger).provable, 0);
    // The one before it need not have been acknowledged.
    ledger.written[0].acknowledged = None;
    ledger.rows[0].text = "un".into();
    assert_eq!(counts(&ledger), [0; 5]);
}

#[test]
fn what_nothing_shows_proves_nothing() {
    let mut ledger = well();
    ledger.keyed = false;
    ledger.rows[1] = row(2, "unsure", None);
    ledger.copies[1].unseen = true;
    assert_eq!(counts(&ledger), [0; 5], "it is there, and nobody here is told");
    assert_eq!((judge(&ledger).left, judge(&ledger).provable), (1, 1));
    // It counts all the same where it is there twice.
    ledger.copies.push(Copy { unseen: true, ..copy("c", "deux", "k2") });
    assert_eq!(counts(&ledger), [0, 1, 0, 0, 0]);
    // Somebody has answered it.
    ledger.copies.truncate(2);
    ledger.copies[1].unseen = false;
    assert_eq!(counts(&ledger), [0, 0, 0, 1, 0]);
    assert_eq!(judge(&ledger).left, 0);
}

#[test]
fn the_same_words_may_be_refused_only_where_they_stand_and_are_refused_twice() {
    let mut ledger = well();
    ledger.rows[1] = row(2, "refused", None);
    assert_eq!(counts(&ledger), [0, 0, 0, 0, 1], "a network that takes them twice");
    ledger.written[1].refused_twice = true;
    assert_eq!(counts(&ledger), [0; 5], "they are there");
    ledger.copies.pop();
    assert_eq!(counts(&ledger), [0, 0, 0, 0, 1], "they are not there");
}

#[test]
fn copies_without_a_key_are_told_apart_where_no_network_tells_keys() {
    let mut ledger = well();
    ledger.written[1].text = "un".into();
    let keyless = |id: &str| Copy { key: None, ..copy(id, "un", "") };
    ledger.copies = vec![keyless("a"), keyless("b")];
    assert_eq!(counts(&ledger), [0; 5], "two were written");
    ledger.copies.push(keyless("c"));
    assert_eq!(counts(&ledger), [0, 1, 0, 0, 0]);
    // Where others have one, the two without are one key's.
    ledger.copies[2] = copy("c", "trois", "k3");
    ledger.written.push(written(3, "trois"));
    ledger.rows.push(row(3, "sent", Some("c")));
    assert_eq!(counts(&ledger), [0, 1, 0, 0, 0]);
}
