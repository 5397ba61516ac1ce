//! The search over a real store: what is found, in which order, and what is left after a removal.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::intake;
use crate::store::{Durability, Store};
use crate::testing::paper::{item, ours, page};
use crate::testing::{self, EVENING};
use guichet_model::{AccountId, Attachment, AttachmentKind, DAY, Item, MINUTE, Page, Publication, RemoteId};

struct Shelf {
    store: Store,
    account: AccountId,
    _folder: tempfile::TempDir,
}

impl Shelf {
    fn of(items: Vec<Item>) -> Self {
        let (store, folder) = testing::store();
        let (_, account) = testing::client_row(&store, "Boulangerie");
        let shelf = Self { store, account, _folder: folder };
        shelf.take(page(items));
        shelf
    }

    fn take(&self, page: Page) {
        let account = self.account;
        self.store.write_now(Durability::Normal, |tx| intake::take(tx, account, "own", &page, EVENING)).unwrap();
    }

    fn search(&self, typed: &str, limit: u32, before: Option<i64>) -> Hits {
        self.store.read_now(|conn| hits(conn, typed, limit, before, EVENING)).unwrap()
    }

    /// Excerpts, newest first.
    fn found(&self, typed: &str) -> Vec<String> {
        self.search(typed, 50, None).rows.into_iter().map(|hit| hit.excerpt).collect()
    }
}

fn evening() -> Shelf {
    let at = |minutes: i64| EVENING.plus(-minutes * MINUTE);
    let mut english = item("4", "John Smith", at(40), "Where is my order?");
    english.lang = Some("en-GB".into());
    let mut warned = item("5", "Léa Martin", at(50), "…");
    warned.body.warning = Some("Gluten".into());
    warned.attachments.push(Attachment {
        kind: AttachmentKind::Image,
        url: "https://exemple.test/p.png".into(),
        preview: None,
        alt: Some("Une brioche brûlée".into()),
        file: None,
    });
    Shelf::of(vec![
        item("1", "Léa Martin", at(10), "Merciiii pour la commande 🎂"),
        item("2", "Hugo", at(20), "Mes commandes ne sont jamais livrées à l’heure"),
        ours(item("3", "Fournil", at(30), "Nous livrons votre commande demain")),
        english,
        warned,
        item("6", "Hugo", at(3 * 24 * 60), "La sœur de Zoé 𝓪𝓭𝓸𝓻𝓮 les frais de port"),
    ])
}

#[test]
fn the_same_words_however_they_are_written_newest_first() {
    let shelf = evening();
    assert_eq!(shelf.found("COMMANDÉE ").len(), 3);
    assert!(shelf.found("commande")[0].starts_with("Merciiii"));
    for typed in ["m", "me", "mer", "merc", "merci", "merciii", "MERCI ", "🎂", "merci command"] {
        assert_eq!(shelf.found(typed)[0], "Merciiii pour la commande 🎂", "{typed}");
    }
    for typed in ["soeur", "adore", "Zoe", "\"frais de port\"", "port frai"] {
        assert_eq!(shelf.found(typed).len(), 1, "{typed}");
    }
    assert!(shelf.found("\"port de frais\"").is_empty());
    assert!(shelf.found("jamais vu").is_empty());
    assert_eq!(shelf.found("gluten").len(), 1);
    assert_eq!(shelf.found("brioche brulee").len(), 1);
}

#[test]
fn operators_narrow() {
    let shelf = evening();
    assert_eq!(shelf.found("client:boul").len(), 6);
    assert!(shelf.found("client:mairie commande").is_empty());
    assert_eq!(shelf.found("auteur:léa").len(), 2);
    assert_eq!(shelf.found("author:\"john smi\" order").len(), 1);
    assert_eq!(shelf.found("de:nous").len(), 1);
    assert_eq!(shelf.found("langue:en").len(), 1);
    assert_eq!(shelf.found("réseau:paper type:mention").len(), 6);
    assert!(shelf.found("réseau:autre").is_empty());
    assert_eq!(shelf.found("avant:aujourd’hui").len(), 1);
    assert_eq!(shelf.found("le:today commande").len(), 3);
    let hits = shelf.search("étiquette:urgent commande", 50, None);
    assert_eq!((hits.rows.len(), hits.unknown), (3, vec!["étiquette:urgent".to_owned()]));
}

#[test]
fn marks_stand_where_the_words_are() {
    let hits = evening().search("commande", 1, None);
    let hit = &hits.rows[0];
    let units: Vec<u16> = hit.excerpt.encode_utf16().collect();
    let (from, to) = hit.marks[0];
    assert_eq!(String::from_utf16(&units[from as usize..to as usize]).unwrap(), "commande");
    assert!(hits.more);
}

#[test]
fn pages_follow_each_other_without_gap_or_double() {
    let items = (0..25).map(|n| item(&format!("{n}"), "Léa", EVENING.plus(-(n / 4)), &format!("merci {n}"))).collect();
    let shelf = Shelf::of(items);
    let mut before = None;
    let mut seen = Vec::new();
    for _ in 0..10 {
        let hits = shelf.search("merci", 7, before);
        seen.extend(hits.rows.iter().map(|hit| hit.message));
        before = hits.next;
        if !hits.more {
            break;
        }
    }
    assert_eq!(seen.len(), 25);
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 25);
}

#[test]
fn a_rare_word_behind_a_frequent_beginning_is_found_all_the_same() {
    let frequent = (0..LOOKED_AT + 100).map(|n| {
        let n = i64::try_from(n).unwrap();
        item(&format!("{n}"), "Zélie", EVENING.plus(-n * MINUTE), "Commande")
    });
    let rare = item("rare", "Zoé", EVENING.plus(-900 * MINUTE), "Commentaire");
    let shelf = Shelf::of(frequent.chain([rare]).collect());
    assert_eq!(shelf.found("comment"), ["Commentaire"]);
    assert_eq!(shelf.found("auteur:zoé"), ["Commentaire"]);
    assert_eq!(shelf.found("comma").len(), 50);
}

#[test]
fn what_the_network_wants_forgotten_is_not_found() {
    let mut short = item("1", "Léa", EVENING, "Bonsoir");
    short.expires_at = Some(EVENING.plus(DAY));
    let shelf = Shelf::of(vec![short]);
    assert_eq!(shelf.found("bonsoir").len(), 1);
    let later = shelf.store.read_now(|conn| hits(conn, "bonsoir", 9, None, EVENING.plus(DAY))).unwrap();
    assert!(later.rows.is_empty());
}

/// Every byte the index keeps: its blocks and its shadow tables.
fn blocks(store: &Store) -> Vec<u8> {
    store
        .read_now(|conn| {
            let mut kept = Vec::new();
            for sql in ["SELECT block FROM words_data", "SELECT term FROM words_idx"] {
                let mut rows = conn.prepare(sql)?;
                let mut rows = rows.query([])?;
                while let Some(row) = rows.next()? {
                    let bytes = row.get_ref(0)?;
                    kept.extend_from_slice(bytes.as_bytes().unwrap_or_default());
                }
            }
            Ok(kept)
        })
        .unwrap()
}

fn holds(store: &Store, word: &str) -> bool {
    blocks(store).windows(word.len()).any(|bytes| bytes == word.as_bytes())
}

#[test]
fn a_word_edited_away_is_in_no_block() {
    let noise = (0..300).map(|n| item(&format!("9{n}"), "Hugo", EVENING.plus(-n), &format!("bruit numéro {n}")));
    let secret = item("1", "Léa", EVENING, "Mon code est zanzibar, appelez-moi");
    let mut edited = item("1", "Léa", EVENING, "Appelez-moi");
    edited.edited_at = Some(EVENING.plus(MINUTE));
    let shelf = Shelf::of(noise.chain([secret]).collect());
    assert!(holds(&shelf.store, "anzibar"), "the test must see a word that is there");
    assert_eq!(shelf.found("zanzibar").len(), 1);
    shelf.take(page(vec![edited]));
    assert!(shelf.found("zanzibar").is_empty());
    assert!(!holds(&shelf.store, "anzibar"));
    assert_eq!(shelf.found("appelez").len(), 1);
}

#[test]
fn rows_of_one_instant_are_apart_and_fit_a_number_of_the_web_view() {
    let items = (0..40).map(|n| item(&format!("{n}"), "Léa", EVENING, "merci")).collect();
    let shelf = Shelf::of(items);
    let rows: Vec<i64> = shelf
        .store
        .read_now(|conn| {
            let mut rows = conn.prepare("SELECT word_row FROM message")?;
            let rows = rows.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .unwrap();
    assert_eq!(rows.len(), 40);
    assert!(rows.iter().all(|row| *row < 1 << 53));
}

#[test]
fn a_hit_says_where_its_network_put_it() {
    let mut spam = item("1", "Promo", EVENING.plus(-MINUTE), "Montres bradées");
    spam.publication = Publication::Spam;
    let shelf = Shelf::of(vec![spam, item("2", "Léa", EVENING.plus(-2 * MINUTE), "Montres à réparer ?")]);
    let mut later = page(Vec::new());
    later.gone.push(RemoteId::new("2"));
    shelf.take(later);
    let rows = shelf.search("montres", 50, None).rows;
    let stands: Vec<_> = rows.iter().map(|hit| (hit.publication, hit.gone)).collect();
    assert_eq!(stands, [(Publication::Spam, false), (Publication::Published, true)]);
}
