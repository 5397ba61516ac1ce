//! What came of a round, counted: what the desk had acknowledged, what it says became of it, what stands at the server.
//!
//! A place is the post that is answered. Replies, and what stands at the server, are compared as a multiset of places and
//! texts; the key that each copy was sent with, and the pictures it shows, tell besides which of them are one reply.

use super::ground::Ground;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A reply as the round wrote it, in the order written.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The post it answers, by its id at the server.
    pub place: String,
    pub text: String,
    /// What its pictures show, in their order. No two replies of one text have one in common.
    pub pictures: Vec<String>,
    /// Its id, where the desk had said that it has it.
    pub acknowledged: Option<i64>,
    /// Older than the copy that was restored since, which never knew it.
    pub forgotten: bool,
    /// The CM took it back, and the desk said that it is.
    pub taken_back: bool,
    /// How often the CM, knowing that it may be there, had it sent again.
    pub again: usize,
    /// Its key was still valid while the network was at peace.
    pub key_valid: bool,
    /// Where its words stand already the network refuses them, and says no more than that.
    pub refused_twice: bool,
}

/// What the desk says of a reply in the end.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub reply: i64,
    /// The conversation's, and the text as written.
    pub place: String,
    pub text: String,
    pub pictures: Vec<String>,
    pub state: String,
    /// What a waiting one waits for.
    pub why: String,
    /// The id at the server of the message it became.
    pub remote: Option<String>,
}

impl Row {
    /// One line of the outbox, as it crosses the seam; its conversation's place is known to the round.
    pub fn read(told: &Value, place: &str, ground: &Ground) -> Row {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let remote = told["remote"].as_str();
        let pictures = told["attachments"].as_array().map(Vec::as_slice).unwrap_or_default();
        Row {
            reply: told["id"].as_i64().unwrap_or_default(),
            place: place.to_owned(),
            text: word(&told["text"]),
            pictures: pictures.iter().map(|picture| word(&picture["alt"])).collect(),
            state: word(&told["state"]["state"]),
            why: word(&told["state"]["why"]["why"]),
            remote: remote.map(|remote| (ground.name)(remote).to_owned()),
        }
    }

    /// Whether this may be a reply whose id is not known.
    pub fn is_text_of(&self, one: &Written) -> bool {
        !one.forgotten && one.place == self.place && one.text == self.text && one.pictures == self.pictures
    }
}

/// A text that stands at the server, in the order it came there.
#[derive(Clone, Debug, Default)]
pub struct Copy {
    pub id: String,
    pub place: String,
    pub text: String,
    pub pictures: Vec<String>,
    pub key: Option<String>,
    /// Written on the network itself.
    pub native: bool,
    /// Nothing shows it to us: that it is there proves nothing.
    pub unseen: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub written: Vec<Written>,
    pub rows: Vec<Row>,
    pub copies: Vec<Copy>,
    /// The network honours keys, and no clock jumped: a key settles everything.
    pub keyed: bool,
    /// What was published bears the name that was frozen with its reply: what was written there natively blurs nothing.
    pub named: bool,
}

/// What was found wrong, in words, and how many of those that could be proved are sent.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    pub lost: Vec<String>,
    pub doubled: Vec<String>,
    pub out_of_order: Vec<String>,
    pub unsure: Vec<String>,
    /// Provable and neither sent nor counted above: it still stands there.
    pub stuck: Vec<String>,
    /// Unsure, and nothing there is can prove what became of it: for a person to decide.
    pub left: usize,
    pub provable: usize,
    pub sent: usize,
}

impl Verdict {
    /// Whether the only trouble is that something was not sent, or not looked for, in time.
    pub fn only_late(&self) -> bool {
        let wrong = [&self.lost, &self.doubled, &self.out_of_order];
        let late = self.stuck.len() + self.unsure.len();
        late > 0 && wrong.iter().all(|found| found.is_empty())
    }
}

type Spot<'a> = (&'a str, &'a str);

impl Ledger {
    /// What became of it. One that was not acknowledged may be there all the same, known by its text.
    fn row(&self, written: &Written) -> Option<&Row> {
        if written.forgotten {
            return None;
        }
        let nobodys = |row: &Row| {
            let is_this = |one: &Written| !one.forgotten && one.acknowledged == Some(row.reply);
            !self.written.iter().any(is_this)
        };
        self.rows.iter().find(|row| match written.acknowledged {
            Some(id) => row.reply == id,
            None => row.is_text_of(written) && nobodys(row),
        })
    }

    /// Those that the desk must account for.
    fn owed(&self) -> impl Iterator<Item = &Written> {
        self.written.iter().filter(|one| one.acknowledged.is_some() && !one.forgotten && !one.taken_back)
    }

    fn at(&self, spot: Spot<'_>) -> Vec<&Written> {
        self.written.iter().filter(|one| (one.place.as_str(), one.text.as_str()) == spot).collect()
    }

    fn copies_at(&self, spot: Spot<'_>) -> Vec<&Copy> {
        self.copies.iter().filter(|copy| (copy.place.as_str(), copy.text.as_str()) == spot).collect()
    }

    /// Whether what stands at the server says without doubt which of our replies it is.
    fn clear(&self, spot: Spot<'_>) -> bool {
        let blurred = |one: &&Written| one.again > 0 || one.forgotten;
        let native = |copy: &&Copy| copy.native && !self.named;
        !self.at(spot).iter().any(blurred) && !self.copies_at(spot).iter().any(native)
    }

    /// Whether the network can prove of an unsure reply what became of it.
    fn provable(&self, written: &Written) -> bool {
        if self.keyed && written.key_valid {
            return true;
        }
        let spot = (written.place.as_str(), written.text.as_str());
        let adopted: BTreeSet<&str> = self.rows.iter().filter_map(|row| row.remote.as_deref()).collect();
        let unsure = self.at(spot).into_iter().filter(|one| self.row(one).is_some_and(|row| row.state == "unsure"));
        let proves = |copy: &&Copy| !(copy.unseen || copy.native && self.named);
        let there = self.copies_at(spot).into_iter().filter(proves);
        let free = there.filter(|copy| !adopted.contains(copy.id.as_str()));
        let (unsure, free) = (unsure.count(), free.count());
        self.clear(spot) && free > 0 && free == unsure
    }

    /// Whether nothing but the program keeps this reply from being sent.
    fn ought_to_be_sent(&self, written: &Written, row: &Row) -> bool {
        let disturbed = || {
            let here = |one: &&Written| one.place == written.place;
            self.written.iter().filter(here).any(|one| one.again > 0 || one.forgotten)
                || self.copies.iter().any(|copy| copy.native && copy.place == written.place)
        };
        match (row.state.as_str(), row.why.as_str()) {
            ("sent", _) => true,
            ("unsure", _) => self.provable(written),
            ("held" | "to_approve", _) => false,
            ("refused", _) if written.refused_twice => self.copies_at((&written.place, &written.text)).is_empty(),
            // Something that the desk does not know of answered before us: a person must look.
            ("waiting", "conflict") => !disturbed(),
            ("waiting", "earlier") => {
                let before = self.rows.iter().filter(|one| one.place == row.place && one.reply < row.reply);
                let first = before.filter(|one| one.state != "sent").min_by_key(|one| one.reply);
                let of = |row: &Row| {
                    self.written.iter().find(|one| self.row(one).is_some_and(|known| known.reply == row.reply))
                };
                first.is_none_or(|first| of(first).is_none_or(|written| self.ought_to_be_sent(written, first)))
            }
            _ => true,
        }
    }
}

/// Counts.
pub fn judge(ledger: &Ledger) -> Verdict {
    let mut verdict = Verdict::default();
    lost(ledger, &mut verdict);
    doubled(ledger, &mut verdict);
    out_of_order(ledger, &mut verdict);
    for one in ledger.owed() {
        let Some(row) = ledger.row(one) else { continue };
        if !ledger.ought_to_be_sent(one, row) {
            verdict.left += usize::from(row.state == "unsure");
            continue;
        }
        verdict.provable += 1;
        let said = format!("reply {} \"{}\" at {} is {} {}", row.reply, one.text, one.place, row.state, row.why);
        match row.state.as_str() {
            "sent" => verdict.sent += 1,
            "unsure" => verdict.unsure.push(said),
            _ => verdict.stuck.push(said),
        }
    }
    verdict
}

/// Acknowledged, and now neither at the server nor kept; or not with the pictures it was written with.
fn lost(ledger: &Ledger, verdict: &mut Verdict) {
    let mut adopted = BTreeSet::new();
    for one in ledger.owed() {
        let said = |why: &str| format!("reply {:?} \"{}\" at {}: {why}", one.acknowledged, one.text, one.place);
        let Some(row) = ledger.row(one) else {
            verdict.lost.push(said("the desk does not know it any more"));
            continue;
        };
        if row.pictures != one.pictures {
            verdict
                .lost
                .push(said(&format!("it was written with {:?} and is kept with {:?}", one.pictures, row.pictures)));
        }
        if row.state != "sent" {
            continue;
        }
        let copy = row.remote.as_ref().and_then(|remote| ledger.copies.iter().find(|copy| copy.id == *remote));
        match copy {
            Some(copy) if copy.place != one.place || copy.text != one.text => {
                verdict.lost.push(said(&format!("its message is \"{}\" at {}", copy.text, copy.place)));
            }
            Some(copy) if copy.pictures != one.pictures => {
                verdict
                    .lost
                    .push(said(&format!("it was written with {:?} and shows {:?}", one.pictures, copy.pictures)));
            }
            Some(copy) if !adopted.insert(copy.id.as_str()) => verdict.lost.push(said("its message is another's")),
            Some(_) => {}
            None => verdict.lost.push(said("it is called sent and is not at the server")),
        }
    }
}

/// There more often than it was written, or one of them twice.
fn doubled(ledger: &Ledger, verdict: &mut Verdict) {
    // Where a network tells of keys, those without one are one.
    let tells_keys = ledger.copies.iter().any(|copy| !copy.native && copy.key.is_some());
    let spots: BTreeSet<Spot<'_>> = ledger
        .copies
        .iter()
        .filter(|copy| !copy.native)
        .map(|copy| (copy.place.as_str(), copy.text.as_str()))
        .collect();
    for spot in spots {
        let ours: Vec<&Copy> = ledger.copies_at(spot).into_iter().filter(|copy| !copy.native).collect();
        // One that was sent again may be there from before, whatever became of it since.
        let may_be = |one: &&Written| one.again + usize::from(!one.taken_back);
        let allowed: usize = ledger.at(spot).iter().map(may_be).sum();
        let mut by_key: BTreeMap<&str, usize> = BTreeMap::new();
        for copy in ours.iter().filter(|copy| tells_keys || copy.key.is_some()) {
            *by_key.entry(copy.key.as_deref().unwrap_or_default()).or_default() += 1;
        }
        let one_key: usize = by_key.values().map(|copies| copies - 1).sum();
        // Twins are told apart by their pictures; with some that nobody wrote, one is there too often as well.
        let shown: BTreeSet<&[String]> = ours.iter().map(|copy| copy.pictures.as_slice()).collect();
        let too_often = |pictures: &[String]| {
            let there = ours.iter().filter(|copy| copy.pictures == pictures).count();
            let with: usize = ledger.at(spot).iter().filter(|one| one.pictures == pictures).map(may_be).sum();
            there.saturating_sub(with)
        };
        let one_set: usize = shown.into_iter().map(too_often).sum();
        for _ in 0..one_key.max(one_set).max(ours.len().saturating_sub(allowed)) {
            let (text, place, many) = (spot.1, spot.0, ours.len());
            verdict.doubled.push(format!("\"{text}\" at {place}: may be there {allowed} times, is there {many} times"));
        }
    }
}

/// Of texts that can be told apart, one that came to its place before one written earlier.
fn out_of_order(ledger: &Ledger, verdict: &mut Verdict) {
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    for copy in ledger.copies.iter().filter(|copy| !copy.native) {
        let spot = (copy.place.as_str(), copy.text.as_str());
        if ledger.at(spot).len() != 1 || !ledger.clear(spot) {
            continue;
        }
        let Some(at) = ledger.written.iter().position(|one| (one.place.as_str(), one.text.as_str()) == spot) else {
            continue;
        };
        let before = last.entry(spot.0).or_insert(at);
        if *before > at {
            verdict.out_of_order.push(format!("\"{}\" came to {} after one written later", copy.text, copy.place));
        }
        *before = at.max(*before);
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
