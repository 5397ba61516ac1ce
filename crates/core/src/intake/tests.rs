//! What a page leaves on the desk: the golden desk of single cases, and the law that order does not matter.

#![allow(clippy::unwrap_used)]

mod laws;
mod publication;

use super::*;
use crate::dump::dump;
use crate::store::{Durability, Store};
use crate::testing::paper::{answer, item, ours, page};
use crate::testing::{self, EVENING};
use guichet_model::{MINUTE, Unread, Visibility};

pub(super) struct Counter {
    pub store: Store,
    pub account: AccountId,
    _folder: tempfile::TempDir,
}

impl Counter {
    /// An account connected this evening: what is older than a week arrives filed.
    pub fn new() -> Self {
        let (store, folder) = testing::store();
        let (_, account) = testing::client_row(&store, "Boulangerie");
        store
            .write_now(Durability::Full, |tx| Ok(tx.execute("UPDATE account SET created_at = ?1", [EVENING.0])?))
            .unwrap();
        Self { store, account, _folder: folder }
    }

    pub fn take(&self, page: &Page) -> Change {
        let account = self.account;
        self.store.write_now(Durability::Normal, |tx| take(tx, account, "own", page, EVENING.plus(MINUTE))).unwrap()
    }

    pub fn items(&self, items: Vec<Item>) -> Change {
        self.take(&page(items))
    }

    pub fn dump(&self) -> String {
        self.store.read_now(dump).unwrap()
    }

    pub fn sql(&self, sql: &str) {
        self.store.write_now(Durability::Full, |tx| Ok(tx.execute_batch(sql)?)).unwrap();
    }

    fn number(&self, sql: &str) -> i64 {
        self.store.read_now(|conn| Ok(conn.query_row(sql, [], |row| row.get(0))?)).unwrap()
    }

    /// The first line of each conversation.
    fn headings(&self) -> Vec<String> {
        self.dump().lines().filter(|line| line.starts_with('[')).map(str::to_owned).collect()
    }
}

fn at(minutes: i64) -> Millis {
    EVENING.plus(minutes * MINUTE)
}

fn under(post: &str, item: Item) -> Item {
    Item { kind: Kind::Comment, post: Some(RemoteId::new(post)), ..item }
}

fn rooted(root: &str, item: Item) -> Item {
    Item { conversation: Some(RemoteId::new(root)), ..item }
}

fn post(remote: &str, text: &str) -> Item {
    Item { kind: Kind::Post, ..ours(item(remote, "Boulangerie", at(-600), text)) }
}

#[test]
fn an_evening_as_it_reads() {
    let counter = Counter::new();
    counter.items(vec![
        post("10", "La galette\nest sortie du four."),
        under("10", answer("11", "10", "Léa", at(-50), "Elle est sans gluten ?")),
        under("10", answer("12", "11", "Hugo", at(-40), "Même question")),
        under("10", answer("13", "10", "Zoé", at(-30), "Miam")),
        ours(under("10", answer("14", "13", "Boulangerie", at(-20), "Merci Zoé !"))),
        item("20", "Ana", at(-9 * 24 * 60), "Vieille question"),
        Item { kind: Kind::Message, visibility: Some(Visibility::Direct), ..item("30", "Ana", at(-5), "Bonsoir") },
    ]);
    counter.take(&Page {
        gone: vec![RemoteId::new("12")],
        unreadable: vec![Unread { raw: "{".into(), why: "torn".into() }],
        ..Page::default()
    });
    insta::assert_snapshot!(counter.dump());
}

#[test]
fn the_same_page_twice_changes_and_announces_nothing() {
    let counter = Counter::new();
    let page = Page {
        items: vec![
            post("10", "La galette"),
            under("10", answer("11", "10", "Léa", at(-50), "Sans gluten ?")),
            rooted("40", answer("42", "41", "Ana", at(-5), "Encore")),
        ],
        gone: vec![RemoteId::new("11"), RemoteId::new("never read")],
        unreadable: vec![Unread { raw: "{".into(), why: "torn".into() }],
        covered: Some(guichet_model::Interval { from: at(-60), to: at(0) }),
        ..Page::default()
    };
    assert!(!counter.take(&page).conversations.is_empty());
    let before = counter.dump();
    assert_eq!(counter.take(&page), Change::default());
    assert_eq!(counter.dump(), before);
    assert_eq!(counter.number("SELECT unreadable FROM account"), 1);
    assert_eq!(counter.number("SELECT count(*) FROM unread_raw"), 1);
}

#[test]
fn another_text_under_a_known_name_takes_nobodys_place() {
    let counter = Counter::new();
    counter
        .items(vec![item("1", "Ana", at(-90), "Question"), ours(answer("2", "1", "Boulangerie", at(-80), "Réponse"))]);
    let strangers = vec![item("2", "Zoé", at(-10), "Autre chose"), item("1", "Zoé", at(-10), "Volé")];
    counter.items(strangers.clone());
    counter.items(strangers);
    let texts = "SELECT count(*) FROM message WHERE text = iif(ours, 'Réponse', 'Question') AND at < 1867176000000";
    assert_eq!((counter.number(texts), counter.number("SELECT count(*) FROM message")), (2, 2));
    assert_eq!(counter.number("SELECT unreadable FROM account"), 2, "kept, and counted once");
    assert_eq!(counter.number("SELECT count(*) FROM unread_raw WHERE raw LIKE '%Autre chose%' AND why = 'name'"), 1);
    // The same words by a name that changed are no other text; nor is an edit that the network dates.
    counter.items(vec![
        Item { publication: Publication::Pending, ..item("1", "Zoé", at(-90), "Question") },
        Item { edited_at: Some(at(-5)), ..item("1", "Anaïs", at(-90), "Question corrigée") },
    ]);
    assert_eq!(counter.number("SELECT unreadable FROM account"), 2);
    assert_eq!(counter.number("SELECT count(*) FROM message WHERE text = 'Question corrigée'"), 1);
}

#[test]
fn a_first_reading_is_no_flood() {
    let counter = Counter::new();
    let week = 7 * 24 * 60;
    counter.items(vec![
        item("1", "Léa", at(-week - 1), "Vieux"),
        item("2", "Léa", at(-week + 1), "Récent"),
        item("3", "Ana", at(-90), "Question"),
        ours(answer("4", "3", "Boulangerie", at(-80), "Réponse d’ailleurs")),
    ]);
    assert_eq!(counter.headings().iter().filter(|line| line.contains("open")).count(), 1);
    assert_eq!(counter.number("SELECT owed FROM tally"), 1);
    assert_eq!(counter.number("SELECT done FROM tally"), 2);
    assert_eq!(counter.number("SELECT sum(unread) FROM conversation"), 1);
}

#[test]
fn a_new_text_reopens_what_was_filed_and_what_waited_for_it() {
    for (triage, until, opens) in [(2, "NULL", true), (1, "NULL", true), (1, "99999999999999", false)] {
        let counter = Counter::new();
        counter.items(vec![item("1", "Léa", at(-60), "Merci")]);
        counter.sql(&format!("UPDATE conversation SET triage = {triage}, later_until = {until}"));
        counter.items(vec![answer("2", "1", "Léa", at(-10), "Et sinon ?")]);
        assert_eq!(counter.number("SELECT triage = 0 FROM conversation"), i64::from(opens), "{triage} {until}");
        if opens {
            // What the CM filed needs no answer any more: the clock starts with what they have not judged.
            assert_eq!(counter.number("SELECT owed_at FROM conversation"), at(-10).0);
        }
    }
}

#[test]
fn an_answer_from_elsewhere_files_and_the_next_question_owes_from_its_own_time() {
    let counter = Counter::new();
    counter.items(vec![item("1", "Léa", at(-60), "Ouverts ?"), answer("2", "1", "Léa", at(-55), "Allô ?")]);
    assert_eq!(counter.number("SELECT owed_at FROM conversation"), at(-60).0);
    counter.items(vec![ours(answer("3", "1", "Boulangerie", at(-50), "Oui"))]);
    assert_eq!(counter.number("SELECT triage FROM conversation"), 2);
    assert_eq!(counter.number("SELECT unread FROM conversation"), 0);
    counter.items(vec![answer("4", "3", "Léa", at(-40), "Jusqu’à quand ?")]);
    assert_eq!(counter.number("SELECT triage = 0 AND owed_at FROM conversation"), 1);
    assert_eq!(counter.number("SELECT owed_at FROM conversation"), at(-40).0);
    assert_eq!(counter.number("SELECT unread FROM conversation"), 1);
}

#[test]
fn what_the_outbox_enters_leaves_triage_to_the_cm() {
    let counter = Counter::new();
    counter.items(vec![item("1", "Léa", at(-60), "Ouverts ?")]);
    let sent = ours(answer("2", "1", "Boulangerie", at(-1), "Oui"));
    let account = counter.account;
    let (id, change) = counter.store.write_now(Durability::Full, |tx| enter(tx, account, &sent, EVENING)).unwrap();
    assert!(id.is_some() && !change.conversations.is_empty());
    assert_eq!(counter.number("SELECT triage FROM conversation"), 0);
    assert_eq!(counter.items(vec![sent]), Change::default());
    assert_eq!(counter.number("SELECT count(*) FROM message"), 2);
}

#[test]
fn an_edit_replaces_and_an_older_version_does_not() {
    let counter = Counter::new();
    let first = item("1", "Léa", at(-60), "Ouverts demin ?");
    let edited = Item { edited_at: Some(at(-30)), ..item("1", "Léa", at(-60), "Ouverts demain ?") };
    counter.items(vec![first.clone()]);
    assert_eq!(counter.items(vec![edited]).conversations.len(), 1);
    assert_eq!(counter.items(vec![first]), Change::default());
    let dump = counter.dump();
    assert!(dump.contains("(edited): Ouverts demain ?") && dump.contains(", edited"), "{dump}");
}

#[test]
fn threads_learnt_in_pieces_become_one_with_what_was_written_in_them() {
    let counter = Counter::new();
    counter.items(vec![answer("3", "2", "Ana", at(-10), "C"), item("8", "Zoé", at(-3), "Ailleurs")]);
    counter.items(vec![item("1", "Léa", at(-30), "A")]);
    assert_eq!(counter.headings().len(), 3);
    let draft = |text: &str, visibility: Option<Visibility>| {
        let view =
            crate::view::DraftView { text: text.into(), visibility, at: at(0), ..crate::view::DraftView::default() };
        serde_json::to_string(&view).unwrap().replace('\'', "''")
    };
    // The older one was begun for few.
    let drafts =
        [("1", "k", "Bonsoir", Some(Visibility::Followers)), ("3", "k3", "et merci", Some(Visibility::Public))];
    for (root, key, text, visibility) in drafts {
        counter.sql(&format!(
            "INSERT INTO draft (conversation, client, account, key, view, at)
             SELECT id, client, account, '{key}', '{}', {} FROM conversation WHERE root = '{root}';
             INSERT INTO reply (client, account, conversation, answers, key, text, addressees, place, seen, state,
                                written_at, offline, not_before)
             SELECT client, account, id, latest, 'r{key}', 'En route {root}', '[]', '{{}}', 0, 'waiting', 0, 0, 0
               FROM conversation WHERE root = '{root}'",
            draft(text, visibility),
            key.len()
        ));
    }
    for key in ["k", "k3", "rk3"] {
        counter.sql(&format!(
            "INSERT INTO attachment (key, conversation, position, name, media_type, bytes)
             SELECT '{key}', conversation, 0, '{key}', 'image/png', x'00' FROM
               (SELECT key, conversation FROM draft UNION SELECT key, conversation FROM reply) WHERE key = '{key}'"
        ));
    }
    let change = counter.items(vec![answer("2", "1", "Hugo", at(-20), "B")]);
    let pictures =
        "SELECT count(*) FROM attachment a JOIN draft d ON d.key = a.key AND d.conversation = a.conversation";
    assert_eq!(counter.number(pictures), 2, "both drafts' pictures are the joined one's");
    assert_eq!(counter.number("SELECT count(*) FROM attachment WHERE key = 'rk3'"), 1);
    assert_eq!(change.conversations.len(), 2, "the one that is gone is announced too");
    insta::assert_snapshot!(counter.dump());
    assert_eq!(counter.number("SELECT drafts FROM tally"), 1);
    let narrow = "SELECT count(*) FROM draft WHERE json_extract(view, '$.visibility') = 'followers'";
    assert_eq!(counter.number(narrow), 1, "what was written for few does not come out wider");
    assert_eq!(counter.number("SELECT owed FROM tally"), 2);
}

#[test]
fn a_root_told_late_or_by_another_name_joins() {
    let counter = Counter::new();
    counter.items(vec![rooted("5", answer("7", "6", "Ana", at(-10), "Par cinq"))]);
    counter.items(vec![rooted("4", answer("9", "8", "Hugo", at(-9), "Par quatre"))]);
    counter.items(vec![rooted("4", answer("6", "5", "Léa", at(-11), "Le lien"))]);
    assert_eq!(counter.headings().len(), 1);
    assert!(counter.headings()[0].starts_with("[mention 4]"), "{:?}", counter.headings());
    counter.items(vec![rooted("5", item("3", "Zoé", at(-1), "Par l’ancien nom"))]);
    assert_eq!(counter.headings().len(), 1);
}

#[test]
fn what_is_gone_is_gone_whichever_comes_first() {
    let gone = Page { gone: vec![RemoteId::new("1")], ..Page::default() };
    let told = page(vec![item("1", "Léa", at(-60), "Oups")]);
    let (before, after) = (Counter::new(), Counter::new());
    before.take(&gone);
    before.take(&told);
    after.take(&told);
    after.take(&gone);
    assert_eq!(before.dump(), after.dump());
    assert!(after.dump().contains("(gone): Oups"));
    assert_eq!(after.number("SELECT owed FROM tally"), 0);
}

#[test]
fn a_deleted_question_with_a_draft_stays_in_sight() {
    let counter = Counter::new();
    counter.items(vec![item("1", "Léa", at(-60), "Question")]);
    counter.sql("INSERT INTO draft SELECT id, client, account, 'k', '{}', 0 FROM conversation");
    counter.take(&Page { gone: vec![RemoteId::new("1")], ..Page::default() });
    assert_eq!(counter.number("SELECT triage = 0 AND gone FROM conversation"), 1);
}

#[test]
fn a_comment_may_come_before_its_post() {
    let counter = Counter::new();
    counter
        .items(vec![answer("11", "10", "Léa", at(-50), "Sans gluten ?"), answer("12", "10", "Ana", at(-49), "Et moi")]);
    counter.items(vec![post("10", "La galette")]);
    assert_eq!(counter.headings().len(), 2, "two comments of one post are two conversations");
    assert_eq!(counter.dump().matches("under: La galette").count(), 2);
    let other = Counter::new();
    other.items(vec![under("10", answer("11", "10", "Léa", at(-50), "Sans gluten ?"))]);
    assert!(other.dump().contains("under 10, not read"));
    assert_eq!(other.items(vec![post("10", "La galette")]).conversations.len(), 1);
    assert!(other.dump().contains("under: La galette"));
}

#[test]
fn a_name_that_changes_is_the_same_person() {
    let counter = Counter::new();
    counter.items(vec![item("1", "Léa", at(-60), "Un")]);
    let mut renamed = item("2", "Léa", at(-50), "Deux");
    renamed.author.name = "Léa 🎂".into();
    counter.items(vec![renamed]);
    assert_eq!(counter.number("SELECT count(*) FROM person"), 1);
    assert_eq!(counter.number("SELECT messages FROM person"), 2);
    assert_eq!(counter.number("SELECT name = 'Léa 🎂' FROM person"), 1);
}

#[test]
fn further_names_are_one_message() {
    let named = |mut item: Item| {
        item.aliases.push(guichet_model::Alias { scope: "uri".into(), name: "https://a.test/1".into() });
        item
    };
    let counter = Counter::new();
    counter.items(vec![named(item("1", "Léa", at(-60), "Un"))]);
    counter.items(vec![named(item("900", "Léa", at(-60), "Un"))]);
    assert_eq!(counter.number("SELECT count(*) FROM message"), 1);
    counter.items(vec![answer("901", "900", "Ana", at(-5), "Réponse")]);
    assert_eq!(counter.headings().len(), 1);
}

#[test]
fn a_removed_account_takes_nothing() {
    let counter = Counter::new();
    counter.sql("UPDATE account SET removed_at = 1");
    assert_eq!(counter.items(vec![item("1", "Léa", at(-60), "Un")]), Change::default());
    assert_eq!(counter.number("SELECT count(*) FROM message"), 0);
}
