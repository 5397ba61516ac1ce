//! The lines of an evening that concern a mail house: what strangers and machines write to us, what we answered from
//! elsewhere, what was filed.

use super::acts::{self, Writing};
use super::host::Host;
use super::letters::Form;
use crate::hold;
use crate::play::Cast;
use crate::scenario::{Line, own_part};
use serde::Deserialize;

/// What only e-mail reads of a line.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Own {
    /// Empty: as programs make it, from what is answered, or from the first words.
    pub subject: String,
    pub form: Form,
    /// One of the networks' mails that came with the rehearsal, instead of a text.
    pub notice: String,
    /// Where it lies afterwards, or how it is marked: `spam`, `trash`, `seen`…
    pub state: String,
}

pub(crate) fn perform(host: &Host, line: &Line, cast: &Cast<'_>, at_ms: i64) -> Option<String> {
    let own: Own = own_part(&line.more).unwrap_or_default();
    if line.edit.is_some() || line.delete.is_some() {
        let id = cast.written(line.edit.as_ref().or(line.delete.as_ref()))?;
        acts::file(host, &id, if line.delete.is_some() { "gone" } else { &own.state });
        return None;
    }
    let answers = cast.written(line.re.as_ref());
    let person = cast.person(&line.by).map(|person| (person.name.clone(), person.handle.clone()));
    let box_of = |username: &str| {
        let house = hold(&host.house);
        house.boxes.iter().find(|one| one.username == username).map(|one| (one.name.clone(), one.address.clone()))
    };
    let id = match person {
        Some((name, address)) => {
            let to = line.to.as_deref().and_then(box_of).map(|(_, address)| address);
            let to = to.or_else(|| acts::home_of(host, answers.as_deref()?))?;
            if own.notice.is_empty() {
                let from = (name.as_str(), address.as_str());
                acts::receive(host, &writing(line, &own, from, &to, answers.as_deref(), at_ms))?
            } else {
                acts::receive_notice(host, &own.notice, &to, at_ms)?
            }
        }
        None => {
            let (name, address) = box_of(&line.by)?;
            let to = acts::bytes_of(host, answers.as_deref()?).map(|bytes| super::said::sender(&bytes))?;
            let from = (name.as_str(), address.as_str());
            acts::send(host, &writing(line, &own, from, &to, answers.as_deref(), at_ms))?
        }
    };
    if !own.state.is_empty() {
        acts::file(host, &id, &own.state);
    }
    Some(id)
}

fn writing<'a>(
    line: &'a Line,
    own: &'a Own,
    from: (&'a str, &'a str),
    to: &'a str,
    answers: Option<&'a str>,
    at_ms: i64,
) -> Writing<'a> {
    Writing { from, to, answers, subject: &own.subject, text: &line.text, form: own.form, at_ms }
}
