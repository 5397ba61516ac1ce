//! The law of intake: the same items in any pages, in any order, any number of times, leave the same desk.

use super::*;
use proptest::prelude::*;
use proptest::sample::Index;

/// One text of a random forest of threads.
#[derive(Clone, Debug)]
struct Leaf {
    /// Which earlier text it answers; beyond them: the post, a text never read, or nobody.
    parent: Index,
    ours: bool,
    /// Whether the network tells the root.
    told: bool,
    edited: bool,
    gone: bool,
    old: bool,
    /// Among spam, as its network says each time.
    out: bool,
    /// So that names and order of writing disagree now and then.
    name: u16,
}

fn leaf() -> impl Strategy<Value = Leaf> {
    (any::<Index>(), any::<[u8; 6]>(), any::<u16>()).prop_map(|(parent, odds, name)| Leaf {
        parent,
        ours: odds[0] < 70,
        told: odds[1] < 90,
        edited: odds[2] < 40,
        gone: odds[3] < 30,
        old: odds[4] < 40,
        out: odds[5] < 40,
        name,
    })
}

/// The items of a forest, each version its own, and the names the network calls gone.
fn items(leaves: &[Leaf]) -> (Vec<Item>, Vec<RemoteId>) {
    let mut known: Vec<(RemoteId, RemoteId, Millis)> = Vec::new();
    let (mut items, mut gone) = (vec![post("10", "La galette")], Vec::new());
    for (nth, leaf) in leaves.iter().enumerate() {
        let name = RemoteId::new(format!("{}{nth:02}", leaf.name % 300));
        let minutes = i64::try_from(nth).unwrap() * 7 - if leaf.old { 20 * 24 * 60 } else { 500 };
        let by = if leaf.ours { "Boulangerie".to_owned() } else { format!("Voix {}", nth % 4) };
        let mut item = item(name.as_str(), &by, at(minutes), &format!("Texte {nth}"));
        item.ours = leaf.ours;
        if leaf.out {
            item.publication = guichet_model::Publication::Spam;
        }
        let among = leaf.parent.index(known.len() + 4);
        let root = match known.get(among) {
            Some((parent, root, parent_at)) => {
                item.in_reply_to = Some(parent.clone());
                item.at = item.at.max(parent_at.plus(1));
                root.clone()
            }
            None => {
                match among - known.len() {
                    0 => item.in_reply_to = Some(RemoteId::new("10")),
                    1 => {
                        item.in_reply_to = Some(RemoteId::new("10"));
                        item.post = item.in_reply_to.clone();
                        item.kind = Kind::Comment;
                    }
                    2 => item.in_reply_to = Some(RemoteId::new("7777")),
                    _ => {}
                }
                name.clone()
            }
        };
        if leaf.told {
            item.conversation = Some(root.clone());
        }
        known.push((name.clone(), root, item.at));
        if leaf.edited {
            let mut edited = item.clone();
            edited.edited_at = Some(item.at.plus(1));
            edited.body.text.push_str(", corrigé");
            items.push(edited);
        }
        items.push(item);
        if leaf.gone {
            gone.push(name);
        }
    }
    (items, gone)
}

/// Cut into pages of a few, each item in one page or two.
fn pages(items: &[Item], gone: &[RemoteId], cuts: &[u8]) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut rest = items;
    let mut cuts = cuts.iter().cycle();
    while !rest.is_empty() {
        let size = (usize::from(*cuts.next().unwrap_or(&3)) % 5 + 1).min(rest.len());
        pages.push(page(rest[..size].to_vec()));
        rest = &rest[size..];
    }
    for name in gone {
        pages.push(Page { gone: vec![name.clone()], ..Page::default() });
    }
    pages
}

/// The desk, and what it shows beside: counters are kept by other ways than the rows they count.
fn desk_of(pages: &[Page]) -> String {
    let counter = Counter::new();
    for page in pages {
        counter.take(page);
    }
    let shown: String = counter
        .store
        .read_now(|conn| {
            Ok(conn.query_row(
                "SELECT (SELECT group_concat(messages || ' ' || unread || ' ' || last_at, ' / ')
                           FROM (SELECT * FROM conversation ORDER BY last_at, root))
                        || ' ' || (SELECT owed || ' ' || later || ' ' || done FROM tally)
                        || ' ' || (SELECT count(*) FROM words WHERE words MATCH '\"text\"')",
                [],
                |row| row.get(0),
            )?)
        })
        .unwrap();
    format!("{}{shown}", counter.dump())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_and_number_of_pages_do_not_matter(
        leaves in prop::collection::vec(leaf(), 1..14),
        cuts in prop::collection::vec(any::<u8>(), 1..6),
        keys in prop::collection::vec(any::<u32>(), 64),
        again in prop::collection::vec(any::<Index>(), 0..6),
    ) {
        let (items, gone) = items(&leaves);
        let straight = pages(&items, &gone, &[4]);
        let mut shuffled: Vec<(u32, Item)> =
            items.iter().enumerate().map(|(nth, item)| (keys[nth % keys.len()], item.clone())).collect();
        shuffled.sort_by_key(|(key, _)| *key);
        let shuffled: Vec<Item> = shuffled.into_iter().map(|(_, item)| item).collect();
        let mut other = pages(&shuffled, &gone, &cuts);
        for repeated in &again {
            let page = other[repeated.index(other.len())].clone();
            other.push(page);
        }
        let turn = keys[0] as usize % other.len();
        other.rotate_left(turn);
        prop_assert_eq!(desk_of(&straight), desk_of(&other));
    }
}
