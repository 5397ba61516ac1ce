//! A desk in a process of its own, so that it can be killed. It obeys lines of JSON on its input and answers each
//! with one line; an answer is written only after the desk has returned, so that what was answered must survive.
//!
//! `desk_child FOLDER KEYFILE SEED`, or `desk_child FOLDER --keychain SEED` with the system's keychain. Tokens come
//! through the input, never as arguments. It ends when its input ends.
//!
//! Its surroundings may say where it dies (`GUICHET_DIE_AT=reply frozen:2`), how its clock runs
//! (`GUICHET_CLOCK=FROM:SPEED:AHEAD`), and that its disk forgets what was not synced (`GUICHET_DISK=always:SEED`, or
//! `never`, `not-before-the-first-byte`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use guichet_core::view::{Problem, Settle, Triage};
use guichet_core::{Desk, Doors, Keychain, STEPS, Steps};
use guichet_model::{Clock, ConversationId, ReplyId};
use guichet_rehearsal::ClientCard;
use guichet_tests::crash::drawn;
use guichet_tests::desk::{ALL, Fast, Watch, doors, furnish, outbox};
use guichet_tests::forgetful::{self, Syncs};
use serde_json::{Value, json};
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [folder, key, seed] = words.as_slice() else {
        panic!("desk_child FOLDER KEYFILE|--keychain SEED");
    };
    guichet_tests::listen_to_logs();
    let seed = seed.parse().expect("a number");
    lie_on_a_disk();
    let fast = std::env::var("GUICHET_CLOCK").ok().map(|said| Arc::new(Fast::parse(&said).expect("a clock")));
    let clock: Arc<dyn Clock> = match &fast {
        Some(fast) => fast.clone(),
        None => Arc::<Watch>::default(),
    };
    let doors = doors(Path::new(folder), Path::new(key), clock, seed);
    let doors = match key.as_str() {
        "--keychain" => Doors { keys: Arc::new(Keychain::new("guichet")), ..doors },
        _ => doors,
    };
    let desk = match Desk::open(doors).await {
        Ok(desk) => desk,
        Err(problem) => return say(&json!({ "problem": problem })),
    };
    desk.watch_steps(Arc::new(Watched { die_at: DieAt::asked() }));
    say(&json!({ "open": true }));
    let engine = desk.start();
    if fast.is_some() {
        tokio::spawn(look_often(desk.clone()));
    }
    // Lines are read on a thread, since a person who says nothing must not keep the engine from working.
    let (lines, mut heard) = tokio::sync::mpsc::channel(16);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if lines.blocking_send(line).is_err() {
                return;
            }
        }
    });
    while let Some(line) = heard.recv().await {
        let asked: Value = serde_json::from_str(&line).expect("a line of JSON");
        say(&obey(&desk, fast.as_deref(), &asked).await);
    }
    engine.stop().await;
}

/// The engine waits in the system's time for instants of its own clock: where that one runs faster, it is told so.
async fn look_often(desk: Desk) {
    loop {
        tokio::time::sleep(Duration::from_millis(25)).await;
        desk.look_at_the_clock();
    }
}

fn lie_on_a_disk() {
    let Ok(asked) = std::env::var("GUICHET_DISK") else {
        return;
    };
    let (syncs, seed) = asked.rsplit_once(':').expect("how it syncs and a seed");
    let syncs = match syncs {
        "always" => Syncs::Always,
        "never" => Syncs::Never,
        "not-before-the-first-byte" => Syncs::NotBeforeTheFirstByte,
        other => panic!("{other}: no way to sync"),
    };
    forgetful::install(seed.parse().expect("a number"), syncs);
}

/// What is told of each step: to the disk, then to the death that may stand there.
struct Watched {
    die_at: Option<DieAt>,
}

impl Steps for Watched {
    fn at(&self, step: &'static str) {
        forgetful::step(step);
        if let Some(end) = &self.die_at {
            end.at(step);
        }
    }
}

/// Ends this process at a step of the outbox, between what was written before it and what would come after.
struct DieAt {
    step: String,
    left: AtomicU32,
}

impl DieAt {
    /// `GUICHET_DIE_AT=reply frozen:2`: at its second time.
    fn asked() -> Option<DieAt> {
        let asked = std::env::var("GUICHET_DIE_AT").ok()?;
        let (step, time) = asked.rsplit_once(':').expect("a step and a number");
        assert!(STEPS.contains(&step), "{step} is no step");
        Some(DieAt { step: step.to_owned(), left: AtomicU32::new(time.parse().expect("a number")) })
    }
}

impl DieAt {
    fn at(&self, step: &str) {
        if step == self.step && self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            // As SIGKILL: no destructor runs, nothing more is written.
            std::process::abort();
        }
    }
}

fn say(answer: &Value) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{answer}").and_then(|()| out.flush()).expect("somebody listens");
}

async fn obey(desk: &Desk, fast: Option<&Fast>, asked: &Value) -> Value {
    let conversation = ConversationId(asked["conversation"].as_i64().unwrap_or_default());
    let reply = ReplyId(asked["reply"].as_i64().unwrap_or_default());
    let text = asked["text"].as_str().unwrap_or_default();
    match asked["do"].as_str().unwrap_or_default() {
        "furnish" => {
            furnish(desk, &cards(&asked["clients"])).await;
            json!({})
        }
        "list" => {
            let rows = desk.list(ALL, 0, 500).await.expect("a list").rows;
            json!(rows.iter().map(|row| json!({ "id": row.id, "excerpt": row.excerpt })).collect::<Vec<_>>())
        }
        "reply" => match reply_with(desk, conversation, text, &asked["pictures"]).await {
            Ok(reply) => json!({ "reply": reply }),
            Err(problem) => json!({ "problem": problem }),
        },
        "draft" => {
            let shown = desk.conversation(conversation).await.expect("a conversation");
            json!(desk.save_draft(conversation, shown.composer.draft(text)).await.is_ok())
        }
        "done" => json!(desk.triage(vec![conversation], Triage::Done).await.is_ok()),
        "retry" => json!(desk.retry(vec![reply]).await.is_ok()),
        "pull" => json!(desk.pull_now(None).await.is_ok()),
        "online" => {
            desk.set_system_online(asked["yes"].as_bool().unwrap_or(true));
            json!({})
        }
        "send_again" => json!(desk.settle(vec![reply], Settle::SendAgain).await.is_ok()),
        "take_back" => json!(desk.take_back(vec![reply]).await.is_ok()),
        "release" => {
            let holds = desk.holds().await.expect("the holds").iter().map(|hold| hold.id).collect();
            json!(desk.release(holds).await.is_ok())
        }
        "clock" => {
            fast.expect("a clock that can be set").ahead.store(asked["ahead"].as_i64().unwrap_or(0), Ordering::SeqCst);
            desk.look_at_the_clock();
            json!({})
        }
        "outbox" => outbox_with_names(desk).await,
        "dump" => json!(desk.dump().await.expect("a dump")),
        other => json!({ "problem": format!("{other}: not known") }),
    }
}

/// The outbox, each reply that is a message by now with what the network calls it: not every network has an address for it.
async fn outbox_with_names(desk: &Desk) -> Value {
    let mut rows = json!(outbox(desk).await);
    // Read afterwards: what became a message meanwhile is not called one yet.
    let names = desk.names_of_replies().await.expect("names");
    for row in rows.as_array_mut().expect("rows") {
        let name = names.iter().find(|(reply, _)| row["id"] == reply.0);
        row["remote"] = json!(name.map(|(_, remote)| remote.as_str()));
    }
    rows
}

/// Sends a text with these pictures and no others. What lies in the composer already, taken back or left there by a
/// process that died, goes along where it is just that, and is cleared away where it is not.
async fn reply_with(
    desk: &Desk,
    conversation: ConversationId,
    text: &str,
    pictures: &Value,
) -> Result<ReplyId, Problem> {
    let shown = desk.conversation(conversation).await?;
    let wanted: Vec<&str> = pictures.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !shown.attachments.iter().map(|there| there.alt.as_str()).eq(wanted.iter().copied()) {
        for there in &shown.attachments {
            let _change = desk.detach(there.id).await?;
        }
        for alt in wanted {
            let picture = desk.attach(conversation, "vue.png".into(), STANDARD.encode(drawn(alt))).await?;
            let _change = desk.describe(picture.id, alt.into()).await?;
        }
    }
    Ok(desk.send_reply(conversation, shown.composer.draft(text), false).await?.reply)
}

/// The cards that the rehearsal wrote as JSON.
fn cards(clients: &Value) -> Vec<ClientCard> {
    serde_json::from_value(clients.clone()).expect("the rehearsal's cards")
}
