//! The law of paging: whatever arrives, whenever, on a server that keeps its word or one that does not, everything
//! is brought, and reading ends.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use proptest::prelude::*;
use std::collections::HashSet;

/// A list on a server: entry `n` arrived as the `n`th, a minute after the one before.
#[derive(Clone, Debug)]
struct Server {
    count: u64,
    /// Answers "what came after" from the oldest side; otherwise it gives its newest page (snac).
    leaves_out: bool,
    /// Whether even "what came before" is ignored.
    pages_back: bool,
    links: bool,
    most: usize,
    /// Ids that say nothing about order.
    opaque: bool,
}

impl Server {
    fn entry(&self, n: u64) -> Entry {
        let id = if self.opaque { format!("{:x}-{n}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)) } else { n.to_string() };
        Entry { page: id.clone(), id, at: Millis(n as i64 * MINUTE) }
    }

    fn number(&self, page: &str) -> u64 {
        page.rsplit('-').next().unwrap().parse().unwrap()
    }

    fn answer(&self, query: &Query) -> (Vec<Entry>, Links) {
        let value = |name: &str| query.iter().find(|(key, _)| *key == name).map(|(_, v)| v.clone());
        let limit: usize = value("limit").unwrap().parse().unwrap();
        let limit = limit.min(self.most);
        let max = value("max_id").filter(|_| self.pages_back).map(|v| self.number(&v));
        let min = value("min_id").filter(|_| self.leaves_out).map(|v| self.number(&v));
        let all: Vec<u64> = (1..=self.count).filter(|n| max.is_none_or(|m| *n < m)).collect();
        let numbers: Vec<u64> = match min {
            Some(min) => all.into_iter().filter(|n| *n > min).take(limit).collect(),
            None => all.iter().rev().take(limit).rev().copied().collect(),
        };
        let page: Vec<Entry> = numbers.into_iter().rev().map(|n| self.entry(n)).collect();
        let links = if self.links && !page.is_empty() {
            Links { older: page.last().map(|e| e.page.clone()), newer: page.first().map(|e| e.page.clone()) }
        } else {
            Links::default()
        };
        (page, links)
    }
}

/// Reads until nothing waits, with arrivals between the requests; the ids brought, and how often.
fn read(server: &mut Server, feed: &mut Feed, arrivals: &mut Vec<u64>, cut: usize, brought: &mut Vec<String>) {
    for _ in 0..2_000 {
        let (page, links) = server.answer(&feed.ask());
        let mut worked: &[Entry] = &page;
        let mut told = links;
        if cut > 0 && page.len() > cut {
            // The budget ended in the middle of the page.
            told = Links::default();
            worked = if feed.oldest_first(&page) { &page[page.len() - cut..] } else { &page[..cut] };
            if !worked.iter().any(|entry| !feed.knows(&entry.id)) {
                worked = &page;
            }
        }
        let part = worked.len() < page.len();
        brought.extend(feed.fresh(worked).into_iter().map(|n| worked[n].id.clone()));
        let now = Millis(server.count as i64 * MINUTE + 1);
        let taken = feed.take(worked, &told, now);
        // What is kept between two pulls is JSON.
        *feed = serde_json::from_str(&serde_json::to_string(&feed).unwrap()).unwrap();
        server.count += arrivals.pop().unwrap_or(0);
        if !taken.more && !part {
            return;
        }
    }
    panic!("reading does not end: {server:?} {feed:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn nothing_is_missed_and_reading_ends(
        before in 0u64..150,
        arrivals in prop::collection::vec(prop_oneof![Just(0u64), 0u64..5, 30u64..130], 0..14),
        leaves_out: bool,
        links: bool,
        opaque: bool,
        most in prop_oneof![Just(20usize), Just(40), Just(80), 1usize..8],
        cut in prop_oneof![Just(0usize), 1usize..15],
        since in 0i64..100,
    ) {
        let mut server = Server { count: before, leaves_out, pages_back: true, links, most, opaque };
        let mut feed = Feed::new(Millis(since * MINUTE));
        let mut brought = Vec::new();
        let mut arrivals = arrivals;
        for _ in 0..6 {
            read(&mut server, &mut feed, &mut arrivals, cut, &mut brought);
        }
        server.count += arrivals.drain(..).sum::<u64>().min(100);
        read(&mut server, &mut feed, &mut arrivals, cut, &mut brought);
        read(&mut server, &mut feed, &mut arrivals, cut, &mut brought);
        let have: HashSet<&String> = brought.iter().collect();
        for n in (1..=server.count).filter(|n| *n as i64 >= since) {
            prop_assert!(have.contains(&server.entry(n).id), "missed {n} of {}: {server:?}", server.count);
        }
    }

    #[test]
    fn reading_ends_even_where_no_paging_works(before in 0u64..150, arrivals in prop::collection::vec(0u64..90, 0..8)) {
        let mut server =
            Server { count: before, leaves_out: false, pages_back: false, links: false, most: 40, opaque: true };
        let mut feed = Feed::new(Millis(0));
        let mut arrivals = arrivals;
        let mut brought = Vec::new();
        for _ in 0..8 {
            read(&mut server, &mut feed, &mut arrivals, 0, &mut brought);
        }
    }
}

#[test]
fn a_first_reading_stops_at_its_instant_or_at_800() {
    let mut server = Server { count: 2_000, leaves_out: true, pages_back: true, links: true, most: 80, opaque: false };
    let mut brought = Vec::new();
    read(&mut server, &mut Feed::new(Millis(1_950 * MINUTE)), &mut Vec::new(), 0, &mut brought);
    assert_eq!(brought.len(), 51);

    brought.clear();
    let mut feed = Feed::new(Millis(0));
    let mut missing = None;
    for _ in 0..100 {
        let (page, links) = server.answer(&feed.ask());
        brought.extend(feed.fresh(&page).into_iter().map(|n| page[n].id.clone()));
        let taken = feed.take(&page.clone(), &links, Millis(2_000 * MINUTE));
        missing = missing.or(taken.missing);
        if !taken.more {
            break;
        }
    }
    assert!((MOST_BACK..MOST_BACK + LIMIT).contains(&brought.len()), "{}", brought.len());
    let missing = missing.expect("what was not read is said");
    assert_eq!(missing.from, Millis(0));
    assert!(missing.to > Millis(0));
}

#[test]
fn what_is_covered_has_no_hole() {
    let mut server = Server { count: 130, leaves_out: true, pages_back: true, links: true, most: 40, opaque: false };
    let mut feed = Feed::new(Millis(10 * MINUTE));
    let mut covered: Vec<Interval> = Vec::new();
    for round in 0..12 {
        let (page, links) = server.answer(&feed.ask());
        covered.extend(feed.take(&page, &links, Millis(server.count as i64 * MINUTE)).covered);
        server.count += if round > 6 { 50 } else { 0 };
    }
    covered.sort_by_key(|interval| interval.from);
    let mut upto = covered[0].from;
    assert_eq!(upto, Millis(10 * MINUTE));
    for interval in covered {
        assert!(interval.from <= upto, "a hole before {interval:?}");
        upto = upto.max(interval.to);
    }
}

#[test]
fn a_server_that_gives_its_newest_page_is_found_out_and_brings_nothing_twice() {
    let mut server = Server { count: 30, leaves_out: false, pages_back: true, links: false, most: 40, opaque: true };
    let mut feed = Feed::new(Millis(0));
    let mut brought = Vec::new();
    for _ in 0..5 {
        read(&mut server, &mut feed, &mut Vec::new(), 0, &mut brought);
    }
    assert_eq!(feed.leaves_out, Some(false));
    assert_eq!(brought.len(), 30);
    server.count += 100;
    read(&mut server, &mut feed, &mut Vec::new(), 0, &mut brought);
    let once: HashSet<&String> = brought.iter().collect();
    assert_eq!((brought.len(), once.len()), (130, 130));
}
