//! A list read from its newest down, whatever comes between two walks.

use super::*;

const NOW: Millis = Millis(1_790_000_000_000);

/// A server's list: minutes of age, newest first; paged by the place in it.
struct List(Vec<(i64, String)>);

impl List {
    fn new(ages: impl IntoIterator<Item = i64>) -> Self {
        Self(ages.into_iter().map(|age| (age, format!("k{age}"))).collect())
    }

    /// Walks once, and gives the keys that were worked, with the last page's word.
    fn walk(&self, feed: &mut Feed, now: Millis) -> (Vec<String>, Taken, usize) {
        let (mut worked, mut pages) = (Vec::new(), 0);
        loop {
            let (limit, older) = feed.ask();
            let from = older.map_or(0, |older| older.parse().unwrap_or(0));
            let page: Vec<Entry> = self
                .0
                .iter()
                .skip(from)
                .take(limit)
                .map(|(age, key)| Entry { key: key.clone(), at: NOW.plus(-age * MINUTE) })
                .collect();
            worked.extend(feed.fresh(&page).into_iter().map(|n| page[n].key.clone()));
            let next = from + page.len();
            let older = (next < self.0.len()).then(|| next.to_string());
            let taken = feed.take(&page, older.as_deref(), now);
            pages += 1;
            // As it is stored between two pages.
            *feed =
                serde_json::from_str(&serde_json::to_string(feed).unwrap_or_default()).unwrap_or_else(|_| feed.clone());
            if !taken.more {
                return (worked, taken, pages);
            }
        }
    }
}

#[test]
fn a_first_walk_reads_down_to_its_instant_and_the_next_one_only_what_is_new() {
    let mut feed = Feed::new(NOW.plus(-100 * MINUTE));
    let (worked, taken, pages) = List::new(1..=200).walk(&mut feed, NOW);
    assert_eq!(worked.len(), 100);
    assert_eq!(
        taken,
        Taken { more: false, covered: interval(NOW.plus(-100 * MINUTE), NOW.plus(-70 * MINUTE)), missing: None }
    );
    assert_eq!(pages, 3, "20, 50 and 50 lines");
    let (worked, taken, pages) = List::new((-5..=200).filter(|age| *age != 0)).walk(&mut feed, NOW.plus(6 * MINUTE));
    assert_eq!(worked.len(), 5);
    assert_eq!(pages, 1);
    assert_eq!(taken.covered, interval(NOW.plus(-16 * MINUTE), NOW.plus(6 * MINUTE)));
    assert!(List::new(-5..=200).walk(&mut feed, NOW.plus(7 * MINUTE)).0.len() <= 1);
}

#[test]
fn what_a_server_puts_in_late_is_met_inside_the_overlap() {
    let mut feed = Feed::new(NOW.plus(-100 * MINUTE));
    List::new([1, 30, 60]).walk(&mut feed, NOW);
    // A page full of what is new ends just below what was known; the late one stands on the next.
    let new = (0..49).map(|n| (0, format!("new{n}")));
    let list = new.chain([(2, "a".into()), (9, "late".into()), (30, "k30".into()), (60, "k60".into())]);
    let (worked, _, pages) = List(list.collect()).walk(&mut feed, NOW);
    assert_eq!((worked.len(), worked.last().map(String::as_str), pages), (51, Some("late"), 2));
}

#[test]
fn a_long_absence_is_walked_page_by_page() {
    let mut feed = Feed::new(NOW.plus(-60 * MINUTE));
    List::new([10, 20]).walk(&mut feed, NOW);
    let (worked, taken, pages) = List::new(-400..=20).walk(&mut feed, NOW.plus(400 * MINUTE));
    assert!(worked.len() >= 409, "{}", worked.len());
    assert!(pages > 8 && taken.missing.is_none());
}

#[test]
fn a_walk_that_must_end_says_what_it_left_out() {
    let mut feed = Feed::new(NOW.plus(-10_000 * MINUTE));
    let (worked, taken, _) = List::new(1..=5_000).walk(&mut feed, NOW);
    assert!((MOST_FIRST..MOST_FIRST + 50).contains(&worked.len()));
    let missing = taken.missing.map(|missing| missing.from);
    assert_eq!(missing, Some(NOW.plus(-10_000 * MINUTE)));
    // Short lists and empty ones are whole.
    let mut feed = Feed::new(NOW.plus(-10_000 * MINUTE));
    let (_, taken, pages) = List::new([]).walk(&mut feed, NOW);
    assert_eq!((taken.missing, taken.covered, pages), (None, interval(NOW.plus(-10_000 * MINUTE), NOW), 1));
}

#[test]
fn a_date_of_the_future_hides_nothing_and_a_page_that_repeats_ends() {
    let mut feed = Feed::new(NOW.plus(-60 * MINUTE));
    List::new([-5_000, 10, 20]).walk(&mut feed, NOW);
    assert_eq!(List::new([-5_000, 5, 10, 20]).walk(&mut feed, NOW).0, ["k5"]);
    let page = [Entry { key: "a".into(), at: NOW }];
    assert!(feed.take(&page, Some("same"), NOW).more);
    assert!(!feed.take(&page, Some("same"), NOW).more, "the server gives the same page for ever");
}

/// Hundreds of likes in a row: a server that looks for answers among them gives up, and says where.
#[test]
fn a_page_without_a_line_is_not_the_end_where_another_is_named() {
    let at = |minutes: i64| NOW.plus(-minutes * MINUTE);
    let place = |minutes: i64| jiff::Timestamp::from_millisecond(at(minutes).0).unwrap_or_default().to_string();
    let below = [Entry { key: "answer".into(), at: at(40) }];
    let mut feed = Feed::new(at(60));
    let taken = feed.take(&[], Some(&place(20)), NOW);
    assert_eq!(taken, Taken { more: true, covered: interval(at(20), NOW), missing: None });
    assert_eq!(feed.fresh(&below), [0]);
    assert!(feed.take(&below, Some("x"), NOW).more);
    assert_eq!(feed.take(&[], None, NOW).covered, interval(at(60), at(40)));
    // The next walk need not go through all of them again.
    assert!(!feed.take(&[], Some(&place(36)), NOW).more);
    // Nor is one that names no instant the end; and without end it ends.
    let mut feed = Feed::new(at(60));
    let mut pages = 1;
    while feed.take(&[], Some(&format!("page {pages}")), NOW).more {
        pages += 1;
    }
    assert_eq!(pages, MOST_FIRST);
}
