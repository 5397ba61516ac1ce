//! The evenings as data: whole, short enough, and set as French is set.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::mastodon::text::counted;
use crate::network;
use std::collections::{BTreeMap, BTreeSet};

fn all() -> Vec<Scenario> {
    FILES.iter().map(|file| serde_json::from_str(file).unwrap()).collect()
}

fn lines(scenario: &Scenario) -> Vec<&Line> {
    scenario.start.iter().chain(&scenario.arrivals).collect()
}

#[test]
fn a_name_is_one_lines_alone() {
    for scenario in all() {
        let mut names = BTreeSet::new();
        let twice =
            lines(&scenario).into_iter().filter_map(|line| line.id.clone()).find(|id| !names.insert(id.clone()));
        assert_eq!(twice, None, "{}", scenario.name);
    }
}

/// In the order in which they are performed. Minutes before the start are negative, seconds after it are not: one order
/// for both.
fn ordered(scenario: &Scenario) -> Vec<&Line> {
    let mut ordered = lines(scenario);
    ordered.sort_by(|a, b| a.at.total_cmp(&b.at));
    ordered
}

/// Each line with the name of the network it is performed on, found as the play finds it.
fn with_networks(scenario: &Scenario) -> Vec<(&Line, &str)> {
    let accounts = || scenario.clients.iter().flat_map(|client| &client.accounts);
    let home = |name: &str| Some(accounts().find(|own| own.username == name)?.server.as_str());
    let mut written: BTreeMap<&str, &str> = BTreeMap::new();
    let mut told = Vec::new();
    for line in ordered(scenario) {
        let key = line.about().find_map(|name| written.get(name.as_str()).copied());
        let key = key.or_else(|| home(line.to.as_ref().or(line.follow.as_ref())?));
        let key = key.or_else(|| home(&line.by)).or(line.on.as_deref());
        let key = key.unwrap_or_else(|| panic!("nowhere: {line:?}"));
        if let Some(id) = &line.id {
            written.insert(id, key);
        }
        let place = scenario.place_of(key).unwrap_or_else(|| panic!("{key} is no server"));
        told.push((line, scenario.servers[place].network.as_str()));
    }
    told
}

#[test]
fn what_only_a_network_reads_is_read_by_it() {
    for scenario in all() {
        for server in &scenario.servers {
            let network = network::named(&server.network).unwrap_or_else(|| panic!("{server:?}"));
            assert!((network.stands)(server), "{server:?}");
        }
        for (line, name) in with_networks(&scenario) {
            assert!((network::named(name).unwrap().reads)(line), "{name} does not read {line:?}");
        }
        let usernames: Vec<&str> =
            scenario.clients.iter().flat_map(|client| &client.accounts).map(|own| own.username.as_str()).collect();
        let once: BTreeSet<&str> = usernames.iter().copied().collect();
        assert_eq!(once.len(), usernames.len(), "a line finds an account by its name alone");
    }
}

#[test]
fn every_line_has_its_author_and_its_place() {
    for scenario in all() {
        let own: BTreeSet<&str> =
            scenario.clients.iter().flat_map(|client| &client.accounts).map(|own| own.username.as_str()).collect();
        let mut posts = BTreeSet::new();
        for line in ordered(&scenario) {
            assert!(own.contains(line.by.as_str()) || scenario.people.contains_key(&line.by), "{line:?}");
            for about in line.about() {
                assert!(posts.contains(about.as_str()), "{about} comes later than {line:?}");
            }
            for named in line.to.iter().chain(&line.follow) {
                assert!(own.contains(named.as_str()), "{line:?}");
            }
            posts.extend(line.id.as_deref());
        }
        assert!(scenario.start.iter().all(|line| line.at < 0.0));
        assert!(scenario.arrivals.iter().all(|line| line.at > 0.0));
    }
}

#[test]
fn nothing_is_longer_than_the_network_allows() {
    for scenario in all() {
        for (line, _) in with_networks(&scenario).into_iter().filter(|(_, network)| *network == "mastodon") {
            let spoiler = line.more.get("spoiler").and_then(Value::as_str).unwrap_or_default();
            assert!(counted(spoiler, &line.text) < 450, "{line:?}");
        }
        for template in scenario.clients.iter().flat_map(|client| &client.templates) {
            assert!(counted("", &template.text) < 400, "{template:?}");
        }
    }
}

#[test]
fn french_is_set_in_french() {
    for scenario in all() {
        let french = lines(&scenario).into_iter().filter(|line| line.lang.is_none()).map(|line| &line.text);
        let templates = scenario.clients.iter().flat_map(|client| &client.templates);
        let templates = templates.filter(|template| template.lang == "fr").map(|template| &template.text);
        for text in french.chain(templates) {
            for wrong in [" ?", " !", " ;", " :", "« ", " »", "'"] {
                assert!(!text.replace(" :velo:", "").replace(" :brioche:", "").contains(wrong), "{wrong:?} in {text}");
            }
        }
    }
}
