//! Recorded messages, as a mail program saves them (`.eml`) or many in one file (mbox). Nobody is signed in here: what is
//! ours is not told apart.

use super::convert::{self, Stood};
use super::letter::{self, Person};
use crate::recorded::{Exchange, Reading, What, line};

pub(crate) const WHATS: &[What] = &[
    What { name: "message", asked: |_, _| true, text: true, read: |told, reading| read("message", told, reading) },
    What { name: "mbox", asked: |_, _| true, text: true, read: |told, reading| read("mbox", told, reading) },
];

fn read(what: &str, told: &Exchange, reading: &mut Reading) {
    let me = convert::known(&Person { address: String::new(), name: String::new() });
    for message in messages(what, told.body.as_str().unwrap_or_default()) {
        match letter::read(message.as_bytes(), false) {
            Some(letter) => reading.lines.push(line(&convert::item(&letter, None, Stood::Inbox, &me))),
            None => reading.unreadable += 1,
        }
    }
}

/// mbox: each begins with a line "From " after an empty one; such a line of its own has been given a ">".
fn messages(what: &str, text: &str) -> Vec<String> {
    if what != "mbox" {
        return vec![text.to_owned()];
    }
    let mut all: Vec<String> = Vec::new();
    let mut after_empty = true;
    for line in text.split_inclusive('\n') {
        if after_empty && line.starts_with("From ") {
            all.push(String::new());
        } else if let Some(open) = all.last_mut() {
            let bare = line.trim_start_matches('>');
            let quoted = line.starts_with('>') && bare.starts_with("From ");
            open.push_str(if quoted { &line[1..] } else { line });
        }
        after_empty = line.trim().is_empty();
    }
    all
}
