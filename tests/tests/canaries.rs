//! A thousand marked texts, names and tokens live an evening and a crash; none is found in clear on the disk, in the
//! logs, among the arguments or in the environment of the process.
//!
//! Every text that people write here holds the word "canari", so that one search finds any of them, whole or in
//! pieces; tokens are searched whole and by their halves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guichet_rehearsal::{Options, Rehearsal, Say, Scenario, Speaker};
use guichet_tests::child::DeskChild;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const THREADS: usize = 40;
/// With its first text and the one private message: 25 texts a thread.
const ANSWERS: usize = 23;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_marked_is_ever_in_clear() {
    let scenario = Scenario::named("calme").expect("a scenario");
    let options = Options { scenario, seed: 11, pace: 0.0, ports: None };
    let rehearsal = Rehearsal::start(options).await.expect("ports");
    rehearsal.limits(1_000_000, 1_000_000);
    let mut marks: Vec<Vec<u8>> = vec![b"canari".to_vec()];
    for card in rehearsal.clients().iter().flat_map(|client| &client.accounts) {
        for secret in [&card.token, &card.client_secret] {
            let half = secret.len() / 2;
            marks.push(secret.as_bytes()[..half].to_vec());
            marks.push(secret.as_bytes()[half..].to_vec());
        }
    }

    let home = tempfile::tempdir().expect("a folder");
    let (folder, log) = (home.path().join("guichet"), home.path().join("log"));
    let key = tempfile::NamedTempFile::new().expect("a file");
    // The key must be read from a file here; in earnest a keychain has it. It is not part of what is searched.
    fs::remove_file(key.path()).expect("gone");
    let program = Path::new(env!("CARGO_BIN_EXE_desk_child"));
    let logged =
        [("RUST_LOG".to_owned(), "guichet_core=trace,guichet_networks=trace,guichet_model=trace,debug".to_owned())];

    let mut child = DeskChild::start(program, &folder, key.path(), &log, &logged).await;
    let _done = child.must(&json!({ "do": "furnish", "clients": rehearsal.clients() })).await;
    // A first reading goes back 800 texts at most: these come afterwards, as they do on a bad evening.
    let quiet = Instant::now() + Duration::from_secs(20);
    while !child.must(&json!({ "do": "dump" })).await.as_str().is_some_and(|text| text.contains("@")) {
        assert!(Instant::now() < quiet, "nothing was ever read");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(plant(&rehearsal), 1000);
    let first = gathered(&mut child).await;
    let said = child.must(&json!({ "do": "reply", "conversation": first, "text": "Réponse canari." })).await;
    assert!(said["reply"].is_i64());
    let _kept = child.must(&json!({ "do": "draft", "conversation": first, "text": "Brouillon canari." })).await;
    search(&marks, home.path(), child.pid(), "while it lives");
    child.kill().await;
    search(&marks, home.path(), 0, "after a crash");

    let mut child = DeskChild::start(program, &folder, key.path(), &log, &logged).await;
    let dump = child.must(&json!({ "do": "dump" })).await;
    assert!(dump.as_str().is_some_and(|text| text.contains("canari")), "the desk has the texts, sealed");
    search(&marks, home.path(), child.pid(), "after its restart");
    child.quit().await;
    search(&marks, home.path(), 0, "at its end");
    assert!(fs::metadata(&log).expect("a log").len() > 0, "nothing was logged: the search of the log proves nothing");
    fs::remove_file(key.path()).expect("the key was made");
}

#[test]
fn the_search_finds() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("deep")).expect("a folder");
    fs::write(folder.path().join("deep/file"), b"\x00\x01un Canari chante\xff").expect("written");
    assert_eq!(found(&[b"canari".to_vec()], folder.path()).len(), 1);
    assert_eq!(found(&[b"mesange".to_vec()], folder.path()).len(), 0);
}

/// People speak; gives how many texts.
fn plant(rehearsal: &Rehearsal) -> usize {
    let clients = rehearsal.clients();
    let account = clients.iter().flat_map(|client| &client.accounts).next().expect("an account");
    let user = account.handle.split('@').next().expect("a name");
    let mut count = 0;
    for thread in 0..THREADS {
        let by =
            |n: usize| Speaker::new(&format!("canari{thread}x{n}@ailleurs.example"), &format!("Canari {thread}-{n}"));
        let root = rehearsal.say(Say::mention(by(0), user, &format!("canari-{thread:04}-0 ?"))).expect("said");
        for n in 1..=ANSWERS {
            let text = format!("canari-{thread:04}-{n} !");
            assert!(rehearsal.say(Say::reply(by(n), &root, Some(user), &text)).is_some());
        }
        let text = format!("canari-{thread:04}-prive");
        assert!(rehearsal.say(Say::direct(by(0), user, &text)).is_some());
        count += ANSWERS + 2;
    }
    count
}

/// Waits until every planted text is on the desk; gives a conversation.
async fn gathered(child: &mut DeskChild) -> i64 {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let dump = child.must(&json!({ "do": "dump" })).await;
        let dump = dump.as_str().expect("text");
        let missing = (0..THREADS)
            .flat_map(|thread| (0..=ANSWERS).map(move |n| format!("canari-{thread:04}-{n} ")))
            .find(|text| !dump.contains(text));
        let Some(missing) = missing else { break };
        assert!(Instant::now() < end, "{missing} never came; {} marked texts did", dump.matches("canari-").count());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let rows = child.must(&json!({ "do": "list" })).await;
    let row = rows
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["excerpt"].as_str().is_some_and(|text| text.contains("canari")));
    row.expect("a conversation")["id"].as_i64().expect("an id")
}

fn search(marks: &[Vec<u8>], home: &Path, pid: u32, when: &str) {
    let mut clear = found(marks, home);
    if pid != 0 {
        for what in ["cmdline", "environ"] {
            let place = PathBuf::from(format!("/proc/{pid}/{what}"));
            let bytes = fs::read(&place).expect("our own child");
            if holds(marks, &bytes) {
                clear.push(place);
            }
        }
    }
    assert!(clear.is_empty(), "{when}, in clear: {clear:?}");
}

/// The files below a folder that hold a mark.
fn found(marks: &[Vec<u8>], folder: &Path) -> Vec<PathBuf> {
    let mut clear = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            clear.extend(found(marks, &path));
        } else if fs::read(&path).is_ok_and(|bytes| holds(marks, &bytes)) {
            clear.push(path);
        }
    }
    clear
}

fn holds(marks: &[Vec<u8>], bytes: &[u8]) -> bool {
    // As text, whatever it is: the marks are ASCII, and the standard search of text is the quick one.
    let text = String::from_utf8_lossy(&bytes.to_ascii_lowercase()).into_owned();
    marks.iter().any(|mark| text.contains(&String::from_utf8_lossy(&mark.to_ascii_lowercase()).into_owned()))
}
