//! One whole trip in a rehearsal, without a hand: the desk fills, a canned reply leaves, and comes back as a message.
//!
//! Only the desk's own commands are used, as the window would. It proves, on a machine without a display as with one,
//! that everything between the simulated server and the store works.

use crate::shell::Shell;
use crate::words::say;
use guichet_core::Desk;
use guichet_core::view::{DraftView, Health, ListQuery, OutboxQuery, Problem, ReplyState, View};
use guichet_model::{ClientId, ConversationId, Kind, ReplyId};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The whole trip.
const LONGEST: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(200);
/// What one calls a filled desk.
const FILLED: u32 = 10;
/// Replies looked through for the one sent.
const MOST: u32 = 500;
/// Time for a picture of the window once the trip is done.
const POSE: Duration = Duration::from_secs(3);

/// Why a trip did not end.
enum Stop {
    Desk,
    Reply,
    Problem(Problem),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// Plays the trip behind the window; prints `READY`, holds still for a picture, prints the inbox. Whether it succeeded.
pub async fn show(shell: &Shell) -> bool {
    match play(shell).await {
        Ok(desk) => {
            println!("READY");
            tokio::time::sleep(POSE).await;
            print_inbox(shell, &desk).await
        }
        Err(stop) => report(shell, &stop),
    }
}

/// The same without a window.
pub async fn print(shell: &Shell) -> bool {
    match play(shell).await {
        Ok(desk) => print_inbox(shell, &desk).await,
        Err(stop) => report(shell, &stop),
    }
}

async fn print_inbox(shell: &Shell, desk: &Desk) -> bool {
    match desk.dump().await {
        Ok(inbox) => {
            println!("{inbox}");
            true
        }
        Err(problem) => report(shell, &Stop::Problem(problem)),
    }
}

fn report(shell: &Shell, stop: &Stop) -> bool {
    let locale = shell.inner.preferences.get().locale();
    let reason = match stop {
        Stop::Desk => say(locale, "rehearsal.failed.desk", &[]),
        Stop::Reply => say(locale, "rehearsal.failed.reply", &[]),
        Stop::Problem(problem) => crate::said::problem(locale, problem),
    };
    eprintln!("{}", say(locale, "rehearsal.failed", &[("reason", &reason)]));
    false
}

async fn play(shell: &Shell) -> Result<Desk, Stop> {
    let until = Instant::now() + LONGEST;
    let desk = shell.desk()?;
    while !filled(&desk).await? {
        pause(until, Stop::Desk).await?;
    }
    let (conversation, reply) = loop {
        if let Some(sent) = answer_one(&desk).await? {
            break sent;
        }
        pause(until, Stop::Reply).await?;
    };
    while !came_back(&desk, conversation, reply).await? {
        pause(until, Stop::Reply).await?;
    }
    Ok(desk)
}

async fn pause(until: Instant, late: Stop) -> Result<(), Stop> {
    if Instant::now() > until {
        return Err(late);
    }
    tokio::time::sleep(PAUSE).await;
    Ok(())
}

async fn filled(desk: &Desk) -> Result<bool, Problem> {
    let view = desk.desk().await?;
    let mut accounts = view.clients.iter().flat_map(|client| &client.accounts);
    let read = accounts.all(|account| account.health == Health::Good);
    Ok(read && !view.pulling && view.counts.owed >= FILLED)
}

/// Fills a template for the first comment that takes one without a question, and sends it.
async fn answer_one(desk: &Desk) -> Result<Option<(ConversationId, ReplyId)>, Problem> {
    let query = ListQuery { view: View::Owed, client: None, account: None };
    for row in desk.list(query, 0, 40).await?.rows {
        if row.kind != Kind::Comment {
            continue;
        }
        if let Some(draft) = draft(desk, row.id, row.client).await? {
            let sent = desk.send_reply(row.id, draft, true).await?;
            return Ok(Some((row.id, sent.reply)));
        }
    }
    Ok(None)
}

async fn draft(desk: &Desk, conversation: ConversationId, client: ClientId) -> Result<Option<DraftView>, Problem> {
    let composer = desk.conversation(conversation).await?.composer;
    if !composer.able {
        return Ok(None);
    }
    for template in desk.templates(Some(client)).await? {
        let filled = desk.fill(template.id, conversation, BTreeMap::new()).await?;
        let draft = DraftView { template: Some(filled.template), ..composer.draft(filled.text) };
        let leaks = desk.check(conversation, draft.clone()).await?.leaks;
        if filled.missing.is_empty() && leaks.is_empty() {
            return Ok(Some(draft));
        }
    }
    Ok(None)
}

async fn came_back(desk: &Desk, conversation: ConversationId, reply: ReplyId) -> Result<bool, Stop> {
    let sent = desk.outbox(OutboxQuery::default(), 0, MOST).await?.rows.into_iter().find(|r| r.id == reply);
    let Some(sent) = sent else { return Ok(false) };
    match sent.state {
        ReplyState::Sent { .. } => {}
        ReplyState::Waiting { .. } | ReplyState::Sending => return Ok(false),
        _ => return Err(Stop::Reply),
    }
    let messages = desk.conversation(conversation).await?.messages;
    let linked = messages.iter().any(|m| m.ours && Some(m.id) == sent.message);
    Ok(linked)
}
