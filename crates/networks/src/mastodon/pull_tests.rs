//! Pulling over HTTP: threads, filters, budgets, edits, deletions, and servers that page in their own way.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::mastodon::fake::{ME, NOW, account, ago, answer as json_of, date, mention, status, with};
use guichet_model::{DAY, Item, Kind};
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// A small server: its notifications and statuses, oldest first, and what it was asked.
#[derive(Default)]
struct Told {
    notifications: Vec<Value>,
    statuses: Vec<Value>,
    conversations: Vec<Value>,
    /// It gives its newest page whatever is asked, without links (snac).
    stubborn: bool,
    no_types: bool,
    no_batches: bool,
    foreign_links: bool,
    /// The status whose thread it never manages to tell.
    troubled: Option<&'static str>,
    asked: Vec<String>,
}

#[derive(Clone, Default)]
struct Small(Arc<Mutex<Told>>);

impl Small {
    async fn serve(&self) -> (MockServer, Account, Arc<crate::mastodon::fake::Purse>) {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(self.clone()).mount(&server).await;
        let (account, purse) = account(&server.uri());
        (server, account, purse)
    }

    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.0.lock().unwrap()
    }

    fn asked(&self, part: &str) -> usize {
        self.told().asked.iter().filter(|asked| asked.contains(part)).count()
    }
}

fn no(status: u16, error: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({ "error": error })).insert_header("date", date(0).as_str())
}

impl Told {
    fn list(&self, all: &[Value], query: &HashMap<String, String>, key: fn(&Value) -> &Value) -> ResponseTemplate {
        let place = |name: &str| {
            let id = query.get(name)?;
            all.iter().position(|value| key(value).as_str() == Some(id))
        };
        let limit: usize = query["limit"].parse().unwrap();
        let to = place("max_id").unwrap_or(all.len());
        let page: Vec<Value> = match place("min_id").filter(|_| !self.stubborn) {
            Some(at) => all[at + 1..to].iter().take(limit).cloned().rev().collect(),
            None => all[..to].iter().rev().take(limit).cloned().collect(),
        };
        let answer = json_of(json!(page));
        let paged = || page.iter().filter(|value| !key(value).is_null());
        match (paged().next(), paged().next_back()) {
            (Some(first), Some(last)) if !self.stubborn => {
                let host = if self.foreign_links { "https://ailleurs.test" } else { "" };
                let link = format!(
                    "<{host}/x?max_id={}>; rel=\"next\", <{host}/x?min_id={}>; rel=\"prev\"",
                    key(last).as_str().unwrap(),
                    key(first).as_str().unwrap()
                );
                answer.insert_header("link", link.as_str())
            }
            _ => answer,
        }
    }

    fn thread(&self, id: &str) -> Value {
        let find = |id: &str| self.statuses.iter().find(|s| s["id"] == id);
        let mut above = Vec::new();
        let mut at = find(id).and_then(|s| s["in_reply_to_id"].as_str());
        while let Some(parent) = at.and_then(find) {
            above.insert(0, parent.clone());
            at = parent["in_reply_to_id"].as_str();
        }
        let mut below: Vec<Value> = Vec::new();
        for status in &self.statuses {
            let parent = &status["in_reply_to_id"];
            if parent == id || (!parent.is_null() && below.iter().any(|b| b["id"] == *parent)) {
                below.push(status.clone());
            }
        }
        json!({ "ancestors": above, "descendants": below })
    }
}

impl Respond for Small {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut told = self.told();
        told.asked.push(request.url.to_string());
        let query: HashMap<String, String> = request.url.query_pairs().into_owned().collect();
        let path: Vec<&str> = request.url.path().trim_matches('/').split('/').collect();
        match path.as_slice() {
            [_, _, "notifications"] if told.no_types && query.contains_key("types[]") => {
                no(400, "Invalid value for enum")
            }
            [_, _, "notifications"] => told.list(&told.notifications, &query, |n| &n["id"]),
            [_, _, "conversations"] => told.list(&told.conversations, &query, |c| &c["last_status"]["id"]),
            [_, _, "accounts", _, "statuses"] => {
                let own: Vec<Value> = told.statuses.iter().filter(|s| s["account"]["id"] == ME).cloned().collect();
                told.list(&own, &query, |s| &s["id"])
            }
            [_, _, "statuses"] if told.no_batches => no(404, "Not Found"),
            [_, _, "statuses"] => {
                let ids: Vec<_> = request.url.query_pairs().map(|(_, id)| id.into_owned()).collect();
                json_of(told.statuses.iter().filter(|s| ids.iter().any(|id| s["id"] == *id)).collect::<Vec<_>>())
            }
            [_, _, "statuses", id] => match told.statuses.iter().find(|s| s["id"] == *id) {
                Some(status) => json_of(status.clone()),
                None => no(404, "Record not found"),
            },
            [_, _, "statuses", id, "context"] if told.troubled == Some(id) => no(500, "timeout"),
            [_, _, "statuses", id, "context"] => json_of(told.thread(id)),
            _ => no(404, "Not Found"),
        }
    }
}

struct Read {
    items: Vec<Item>,
    gone: Vec<String>,
    unreadable: usize,
    cursor: Option<Cursor>,
}

impl Read {
    fn get(&self, id: &str) -> &Item {
        self.items.iter().rev().find(|item| item.remote.as_str() == id).expect(id)
    }

    fn place(&self, id: &str) -> (Kind, &str, &str) {
        let item = self.get(id);
        let word = |id: &'_ Option<guichet_model::RemoteId>| id.clone().map_or("-".to_owned(), |id| id.0);
        let leak = |text: String| -> &'static str { text.leak() };
        (item.kind, leak(word(&item.conversation)), leak(word(&item.post)))
    }
}

async fn read_all(account: &Account, source: &str, cursor: Option<Cursor>) -> Read {
    let mut read = Read { items: Vec::new(), gone: Vec::new(), unreadable: 0, cursor };
    for _ in 0..300 {
        let page = pull(account, source, read.cursor.as_ref(), NOW.plus(-30 * DAY)).await.unwrap();
        read.items.extend(page.items);
        read.gone.extend(page.gone.into_iter().map(|id| id.0));
        read.unreadable += page.unreadable.len();
        read.cursor = page.cursor;
        if !page.more {
            return read;
        }
    }
    panic!("pulling does not end");
}

fn shop() -> Small {
    let small = Small::default();
    {
        let mut told = small.told();
        let p = with(status("P", ME, None, 900, "Nouvelle vitrine"), "replies_count", json!(2));
        let a = status("A", "lea", Some("P"), 800, "@librairie bravo");
        let a2 = status("A2", ME, Some("A"), 700, "@lea merci");
        let b = status("B", "zoe", Some("P"), 600, "et le prix ?");
        let r = status("R", "max", None, 500, "une librairie au port ?");
        let s = status("S", "hugo", Some("R"), 400, "demande à @librairie");
        let d = with(status("D", "lea", None, 300, "@librairie ma commande ?"), "visibility", json!("direct"));
        told.notifications = vec![
            mention("1", a.clone()),
            with(mention("2", p.clone()), "type", json!("favourite")),
            mention("3", s.clone()),
            mention("4", d.clone()),
            json!({ "id": "5", "type": "mention", "created_at": ago(200), "account": {}, "status": { "id": "?" } }),
        ];
        told.conversations = vec![json!({ "id": "c1", "accounts": [], "last_status": d.clone() })];
        told.statuses = vec![p, a, a2, b, r, s, d];
    }
    small
}

#[tokio::test]
async fn each_text_comes_with_its_thread() {
    let small = shop();
    let (_server, account, _) = small.serve().await;
    let read = read_all(&account, NOTIFICATIONS, None).await;
    assert_eq!(read.place("P"), (Kind::Post, "-", "-"));
    assert_eq!(read.place("A"), (Kind::Comment, "A", "P"));
    assert_eq!(read.place("A2"), (Kind::Comment, "A", "P"));
    assert!(read.get("A2").ours && read.get("P").ours);
    assert_eq!(read.place("R"), (Kind::Post, "-", "-"));
    assert_eq!(read.place("S"), (Kind::Mention, "R", "R"));
    assert_eq!(read.place("D"), (Kind::Message, "D", "-"));
    assert!(!read.items.iter().any(|item| item.remote.as_str() == "B"), "not of these conversations");
    assert_eq!(read.unreadable, 1);
    assert!(small.asked("include_filtered=true") > 0 && small.asked("types%5B%5D=mention") > 0);
}

#[tokio::test]
async fn answers_that_do_not_name_us_come_with_our_posts() {
    let small = shop();
    let (_server, account, _) = small.serve().await;
    let read = read_all(&account, OWN, None).await;
    assert_eq!(read.place("B"), (Kind::Comment, "B", "P"));
    assert_eq!(read.place("P"), (Kind::Post, "-", "-"));
    assert_eq!(read.place("A2"), (Kind::Comment, "A", "P"));
    // A new one is noticed by the number of answers, without anybody telling.
    {
        let mut told = small.told();
        told.statuses[0]["replies_count"] = json!(3);
        told.statuses.push(status("C", "ines", Some("P"), 10, "ouvert dimanche ?"));
    }
    let again = read_all(&account, OWN, read.cursor).await;
    assert_eq!(again.place("C"), (Kind::Comment, "C", "P"));
}

#[tokio::test]
async fn private_exchanges_come_from_both_lists_as_one() {
    let small = shop();
    {
        let mut told = small.told();
        let e = with(status("E", ME, Some("D"), 100, "@lea elle est là"), "visibility", json!("direct"));
        told.conversations =
            vec![json!({ "id": "c0", "last_status": null }), json!({ "id": "c1", "last_status": e.clone() })];
        told.statuses.push(e);
    }
    let (_server, account, _) = small.serve().await;
    let read = read_all(&account, CONVERSATIONS, None).await;
    assert_eq!(read.place("D"), (Kind::Message, "D", "-"));
    assert_eq!(read.place("E"), (Kind::Message, "D", "-"));
    assert!(read.get("E").ours);
}

#[tokio::test]
async fn nothing_new_asks_little_and_brings_nothing() {
    let small = shop();
    let (_server, account, _) = small.serve().await;
    let mut cursors = HashMap::new();
    for source in [NOTIFICATIONS, CONVERSATIONS, OWN] {
        cursors.insert(source, read_all(&account, source, None).await.cursor);
    }
    small.told().asked.clear();
    for (source, cursor) in cursors {
        assert!(read_all(&account, source, cursor).await.items.is_empty(), "{source}");
    }
    assert_eq!(small.asked("context"), 0);
    assert!(small.told().asked.len() <= 5, "{:?}", small.told().asked);
}

#[tokio::test]
async fn edits_and_deletions_are_noticed() {
    for no_batches in [false, true] {
        let small = shop();
        small.told().no_batches = no_batches;
        let (_server, account, _) = small.serve().await;
        let read = read_all(&account, NOTIFICATIONS, None).await;
        {
            let mut told = small.told();
            told.statuses[5]["edited_at"] = json!(ago(5));
            told.statuses[5]["content"] = json!("<p>demande plutôt à @librairie</p>");
            told.statuses.retain(|status| status["id"] != "A");
        }
        let mut cursor = read.cursor;
        let (mut items, mut gone) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            let again = read_all(&account, NOTIFICATIONS, cursor).await;
            items.extend(again.items);
            gone.extend(again.gone);
            cursor = again.cursor;
        }
        let edited = items.iter().find(|item| item.remote.as_str() == "S").expect("the edit");
        assert_eq!(edited.body.text, "demande plutôt à @librairie");
        assert_eq!(edited.conversation, Some(guichet_model::RemoteId::new("R")));
        assert_eq!(gone, ["A"], "batches refused: {no_batches}");
    }
}

#[tokio::test]
async fn a_thread_that_is_never_told_does_not_hold_up_the_rest() {
    let small = shop();
    small.told().troubled = Some("S");
    let (_server, account, _) = small.serve().await;
    let mut cursor = None;
    let mut brought = Vec::new();
    for _ in 0..8 {
        let page = pull(&account, NOTIFICATIONS, cursor.as_ref(), NOW.plus(-30 * DAY)).await;
        if let Ok(page) = page {
            brought.extend(page.items.into_iter().map(|item| item.remote.0));
            cursor = page.cursor;
        }
    }
    assert!(brought.iter().any(|id| id == "S"), "the text itself comes: {brought:?}");
    assert!(brought.iter().any(|id| id == "A"), "and so does what came before it: {brought:?}");
}

#[tokio::test]
async fn a_budget_that_ends_cuts_the_page_and_loses_nothing() {
    let small = Small::default();
    {
        let mut told = small.told();
        for n in 0..30 {
            let root = status(&format!("r{n}"), "max", None, 900 - n, "texte");
            let text = status(&format!("m{n}"), "lea", Some(&format!("r{n}")), 800 - n, "@librairie ?");
            told.notifications.push(mention(&format!("n{n:02}"), text.clone()));
            told.statuses.extend([root, text]);
        }
    }
    let (_server, account, purse) = small.serve().await;
    let mut cursor = None;
    let mut brought = std::collections::HashSet::new();
    let mut waits = 0;
    for _ in 0..60 {
        *purse.left.lock().unwrap() = Some(6);
        match pull(&account, NOTIFICATIONS, cursor.as_ref(), NOW.plus(-DAY)).await {
            Ok(page) => {
                brought.extend(page.items.into_iter().map(|item| item.remote.0));
                cursor = page.cursor;
                if !page.more {
                    break;
                }
            }
            Err(Fault::Later { .. }) => waits += 1,
            Err(fault) => panic!("{fault:?}"),
        }
    }
    assert!(waits < 60);
    assert_eq!(brought.iter().filter(|id| id.starts_with('m')).count(), 30);
}

#[tokio::test]
async fn a_server_like_snac_brings_everything_once() {
    let small = Small::default();
    let add = |from: usize, to: usize| {
        let mut told = small.told();
        for n in from..to {
            let text = status(&format!("m{n}"), "lea", None, 9_000 - n as i64, "@librairie ?");
            told.notifications.push(mention(&format!("n{n}x"), text));
        }
    };
    small.told().stubborn = true;
    small.told().no_types = true;
    add(0, 30);
    let (_server, account, _) = small.serve().await;
    let mut read = read_all(&account, NOTIFICATIONS, None).await;
    let mut ids: Vec<String> = read.items.drain(..).map(|item| item.remote.0).collect();
    add(30, 150);
    let mut read = read_all(&account, NOTIFICATIONS, read.cursor).await;
    ids.extend(read.items.drain(..).map(|item| item.remote.0));
    let once: std::collections::HashSet<&String> = ids.iter().collect();
    assert_eq!((ids.len(), once.len()), (150, 150));
}

#[tokio::test]
async fn a_paging_link_of_another_origin_makes_no_sense() {
    let small = shop();
    small.told().foreign_links = true;
    let (_server, account, _) = small.serve().await;
    let outcome = pull(&account, NOTIFICATIONS, None, NOW.plus(-DAY)).await;
    assert!(matches!(outcome, Err(Fault::Unreadable { .. })));
}

#[tokio::test]
async fn a_list_that_is_none_is_unreadable_and_a_missing_one_empty() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(json_of(json!({ "a": 1 }))).mount(&server).await;
    let (one, _) = account(&server.uri());
    assert!(matches!(pull(&one, NOTIFICATIONS, None, NOW).await, Err(Fault::Unreadable { .. })));
    let missing = MockServer::start().await;
    let (two, _) = account(&missing.uri());
    let page = pull(&two, CONVERSATIONS, None, NOW).await.unwrap();
    assert!(page.items.is_empty() && !page.more);
    assert!(pull(&two, "météo", None, NOW).await.is_err());
}
