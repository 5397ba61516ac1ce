//! What a user is told, newest first, sixty at a time; and the word that it was read.

use super::answers::{Refusal, Said};
use super::server::{Caller, Host};
use super::shapes;
use super::world::{Note, note_word};
use crate::hold;
use serde_json::{Value, json};

const MOST: u64 = 60;

pub(crate) fn list(host: &Host, caller: &Caller<'_>) -> Said {
    let me = caller.known()?;
    let asked = caller.asked;
    let limit = asked.number("limit").unwrap_or(MOST);
    if limit == 0 || limit > MOST {
        return Err(Refusal::Parameter("limit"));
    }
    let offset = asked.number("offset").unwrap_or(0);
    let kinds: Vec<&str> = asked.get("filter_by_types").map(|list| list.split(',').collect()).unwrap_or_default();
    let read = match asked.get("filter") {
        None | Some("all") => None,
        Some("read") => Some(true),
        Some("unread") => Some(false),
        Some(_) => return Err(Refusal::Parameter("filter")),
    };
    let forum = hold(&host.forum);
    let until = caller.reads_until();
    let mine = |note: &&Note| {
        note.user == me
            && note.applied_ms <= until
            && read.is_none_or(|read| note.read == read)
            && (kinds.is_empty() || kinds.contains(&note_word(note.kind)))
    };
    let mut all: Vec<&Note> = forum.notes.iter().filter(mine).collect();
    // By when it was, and only then by number: what was told late stands where it belongs.
    all.sort_by_key(|note| std::cmp::Reverse((note.at_ms, note.id)));
    let shown = all.iter().skip(usize::try_from(offset).unwrap_or(usize::MAX)).take(MOST.min(limit) as usize);
    let shown: Vec<Value> = shown.filter_map(|note| shapes::note(&forum, note)).collect();
    let username = caller.user(&forum).map(|user| user.username.clone()).unwrap_or_default();
    Ok(json!({
        "notifications": shown,
        "total_rows_notifications": all.len(),
        "seen_notification_id": all.first().map(|note| note.id),
        "load_more_notifications": format!("/notifications?offset={}&username={username}", offset + limit)
    }))
}

pub(crate) fn mark_read(host: &Host, caller: &Caller<'_>) -> Said {
    let me = caller.known()?;
    let only = caller.asked.number("id");
    for note in hold(&host.forum).notes.iter_mut().filter(|note| note.user == me) {
        note.read |= only.is_none_or(|id| id == note.id);
    }
    Ok(json!({"success": "OK"}))
}
