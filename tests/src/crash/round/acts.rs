//! What happens in a round while the desk is open, and between two openings: things are written, sent again, taken back,
//! said by others; clocks are set, servers go, the store is copied and put back. Each is written down before it is asked.

use super::{PASSER_BY, Round};
use crate::child::DeskChild;
use crate::crash::ground::Twins;
use crate::crash::judge::Written;
use crate::crash::plan::{Act, Line};
use guichet_rehearsal::{Say, Speaker};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

impl Round<'_> {
    /// `false`: the desk is gone.
    pub(super) async fn act(&mut self, child: &mut DeskChild, line: &Line) -> bool {
        let Line { place, act, pictures, .. } = line;
        let place = *place;
        self.tell(format!("at {}: {act:?} {pictures:?}", self.places[place].status));
        match act {
            Act::Write(text) => self.write(child, place, text, pictures).await,
            Act::WriteTwice(text) => {
                let place_there = &self.places[place];
                let said = Say::Write {
                    by: Speaker::new(&place_there.user, ""),
                    to: None,
                    reply_to: Some(place_there.status.clone()),
                    text: if self.ground.addressed { format!("@{PASSER_BY} {text}") } else { text.clone() },
                    direct: false,
                    spoiler: String::new(),
                };
                assert!(self.rehearsal.say(said).is_some());
                self.write(child, place, text, pictures).await
            }
            Act::SendAgain => self.send_again(child).await,
            Act::TakeBack => self.take_back(child).await,
            Act::SetClock(by) => {
                self.ahead += by;
                self.jumped = true;
                child.ask(&json!({ "do": "clock", "ahead": self.ahead })).await.is_some()
            }
            Act::Restart => {
                self.rehearsal.offline(true);
                tokio::time::sleep(Duration::from_millis(30)).await;
                self.rehearsal.offline(false);
                true
            }
            Act::Hear(text) => {
                self.said.push(text.clone());
                let user = self.places[place].user.clone();
                let _status = self.mention(&user, text);
                true
            }
        }
    }

    async fn write(&mut self, child: &mut DeskChild, place: usize, text: &str, pictures: &[String]) -> bool {
        let at = self.written.len();
        let place = &self.places[place];
        let refused_twice = place.twins == Twins::Refused;
        let asked = json!({ "do": "reply", "conversation": place.conversation, "text": text, "pictures": pictures });
        // Written down before it is asked: whoever is killed meanwhile may have it or not.
        self.written.push(Written {
            place: place.status.clone(),
            text: text.into(),
            pictures: pictures.to_vec(),
            refused_twice,
            ..Written::default()
        });
        self.written_at.push(self.now());
        let Some(said) = child.ask(&asked).await else {
            return false;
        };
        assert!(said["reply"].is_i64(), "seed {}: refused: {said}", self.plan.seed);
        self.written[at].acknowledged = said["reply"].as_i64();
        self.tell(format!("it is reply {}", said["reply"]));
        true
    }

    /// What was written as this line of the outbox. One that was not acknowledged may be there all the same.
    fn known(&mut self, row: &Value) -> Option<&mut Written> {
        let row = self.row(row);
        let at = self
            .written
            .iter()
            .position(|one| !one.forgotten && one.acknowledged == Some(row.reply))
            .or_else(|| self.written.iter().position(|one| one.acknowledged.is_none() && row.is_text_of(one)))?;
        Some(&mut self.written[at])
    }

    async fn send_again(&mut self, child: &mut DeskChild) -> bool {
        let Some(rows) = child.ask(&json!({ "do": "outbox" })).await else {
            return false;
        };
        // Of those that the round knows by their ids: what it says of another could not be counted.
        let known: Vec<i64> =
            self.written.iter().filter(|one| !one.forgotten).filter_map(|one| one.acknowledged).collect();
        let unsure = |row: &&Value| {
            let looked_for = row["state"]["state"] == "unsure" && row["state"]["lookedAt"].is_i64();
            looked_for && row["id"].as_i64().is_some_and(|id| known.contains(&id))
        };
        let Some(row) = rows.as_array().and_then(|rows| rows.iter().find(unsure)) else {
            return true;
        };
        // Counted before it is said: who dies meanwhile may have heard it.
        if let Some(one) = self.known(row) {
            one.again += 1;
        }
        let reply = &row["id"];
        let said = child.ask(&json!({ "do": "send_again", "reply": reply })).await;
        self.tell(format!("reply {reply} sent again: {said:?}"));
        said.is_some()
    }

    /// The last one written comes back to the composer. Where pictures came with it, it is sent after all, in other words:
    /// those that had been brought already are not brought again.
    async fn take_back(&mut self, child: &mut DeskChild) -> bool {
        let last = self.written.iter().rposition(|one| !one.forgotten).filter(|at| !self.written[*at].taken_back);
        let Some((at, reply)) = last.and_then(|at| Some((at, self.written[at].acknowledged?))) else {
            return true;
        };
        // Until it is answered nothing is owed, and it may be there.
        self.written[at].acknowledged = None;
        let said = child.ask(&json!({ "do": "take_back", "reply": reply })).await;
        self.tell(format!("reply {reply} taken back: {said:?}"));
        if let Some(done) = &said {
            self.written[at].acknowledged = Some(reply);
            self.written[at].taken_back = *done == true;
        }
        let back = &self.written[at];
        let place = self.places.iter().position(|place| place.status == back.place);
        match place.filter(|_| back.taken_back && !back.pictures.is_empty()) {
            Some(place) => {
                let (text, pictures) = (format!("{} Ou plutôt ainsi.", back.text), back.pictures.clone());
                self.tell(format!("at {}: {text}", self.places[place].status));
                self.write(child, place, &text, &pictures).await
            }
            None => said.is_some(),
        }
    }

    fn stores(&self) -> [PathBuf; 2] {
        let folder = self.home.path().join("guichet");
        [folder.join("desk.db"), folder.join("desk.db-wal")]
    }

    /// A copy of the store as it lies there.
    pub(super) fn keep(&mut self) {
        for file in self.stores() {
            let copy = self.home.path().join(file.file_name().expect("a name"));
            if file.exists() {
                std::fs::copy(&file, copy).expect("a copy");
            }
        }
        self.kept = Some(self.written.clone());
        self.tell("a copy is kept".into());
    }

    /// The copy is put in the store's place; what was written since is nobody's.
    pub(super) fn restore(&mut self) {
        let Some(kept) = self.kept.clone() else {
            return;
        };
        let shared = self.home.path().join("guichet/desk.db-shm");
        for file in self.stores().iter().chain([&shared]) {
            // It may not be there.
            let _gone = std::fs::remove_file(file);
            let copy = self.home.path().join(file.file_name().expect("a name"));
            if copy.exists() {
                std::fs::copy(&copy, file).expect("the copy");
            }
        }
        // What was said since is not known to it; what has left since has left.
        for (one, then) in self.written.iter_mut().zip(&kept) {
            (one.acknowledged, one.taken_back) = (then.acknowledged, then.taken_back);
        }
        for one in &mut self.written[kept.len()..] {
            one.forgotten = true;
        }
        self.restored = true;
        self.tell("the copy is put back".into());
    }
}
