//! Clients: the brands and institutions the CM works for, each told apart by a colour and by letters, each with rules of
//! its own for how its replies leave.

use crate::desk::Desk;
use crate::store::Durability;
use crate::view::{Acted, Change, ClientRules, Problem};
use crate::{hours, journal, search};
use guichet_model::{ClientId, Millis};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation;

/// Longest name, in graphemes.
const LONGEST: usize = 60;
/// Colours in the palette.
const COLORS: u8 = 8;
/// Longest delay to take a reply back, in seconds.
const MOST_UNDO: u32 = 120;

impl Desk {
    /// `Invalid` name or color, `Taken` where another client has that name.
    pub async fn add_client(&self, name: String, color: u8) -> Result<ClientId, Problem> {
        let now = self.now();
        let id = self.store().write(Durability::Full, move |tx| add(tx, &name, color, now)).await?;
        self.announce(desk_changed());
        Ok(id)
    }

    pub async fn edit_client(&self, id: ClientId, name: String, color: u8) -> Result<Acted, Problem> {
        let now = self.now();
        let acted = self.store().write(Durability::Full, move |tx| edit(tx, id, &name, color, now)).await?;
        self.announce(acted.change.clone());
        Ok(acted)
    }

    /// How a client's replies leave from now on; those already waiting keep their instant, those to approve still want
    /// their yes. `Invalid` of `undo_seconds` above 120, of `hours` where an opening is none.
    pub async fn set_rules(&self, client: ClientId, rules: ClientRules) -> Result<Acted, Problem> {
        let now = self.now();
        let acted = self.store().write(Durability::Full, move |tx| rule(tx, client, rules, now)).await?;
        self.announce(acted.change.clone());
        Ok(acted)
    }
}

fn rule(tx: &Transaction<'_>, id: ClientId, mut now: ClientRules, at: Millis) -> Result<Acted, Problem> {
    if now.undo_seconds > MOST_UNDO {
        return Err(invalid("undo_seconds"));
    }
    if !hours::sane(&now.hours) {
        return Err(invalid("hours"));
    }
    now.hours.sort_by_key(|opening| (opening.day, opening.from, opening.to));
    now.hours.dedup();
    let was = rules(tx, id)?;
    if was == now {
        return Ok(Acted { act: None, change: Change::default() });
    }
    put_rules(tx, id, &now)?;
    let act = journal::record(tx, at, "set_rules", Some(id), json!({ "client": id, "was": was, "now": now }))?;
    // The composer of each of its conversations says when it opens.
    Ok(Acted { act: Some(act), change: Change { all: true, ..desk_changed() } })
}

/// Whether the rules still were as the act left them, and are now as before.
pub(crate) fn undo_rules(tx: &Transaction<'_>, detail: &Value) -> Result<bool, Problem> {
    let id: ClientId = serde_json::from_value(detail["client"].clone())?;
    let now: ClientRules = serde_json::from_value(detail["now"].clone())?;
    if rules(tx, id)? != now {
        return Ok(false);
    }
    put_rules(tx, id, &serde_json::from_value(detail["was"].clone())?)?;
    Ok(true)
}

fn put_rules(tx: &Transaction<'_>, id: ClientId, rules: &ClientRules) -> Result<(), Problem> {
    tx.execute(
        "UPDATE client SET undo_seconds = ?2, to_approve = ?3, hours = ?4 WHERE id = ?1",
        params![id.0, rules.undo_seconds, rules.to_approve, serde_json::to_string(&rules.hours)?],
    )?;
    Ok(())
}

/// `NotFound` where there is no such client.
pub(crate) fn rules(conn: &Connection, id: ClientId) -> Result<ClientRules, Problem> {
    Ok(conn
        .prepare_cached("SELECT undo_seconds, to_approve, hours FROM client WHERE id = ?1")?
        .query_row([id.0], |row| rules_from(row, 0))?)
}

/// When its hours open next; `None` where they are open, or it has none.
pub(crate) fn opens_at(conn: &Connection, id: ClientId, now: Millis) -> Result<Option<Millis>, Problem> {
    Ok(hours::opens_at(&rules(conn, id)?.hours, now, &search::zone(conn)?))
}

/// Three columns of `client`, from the given one on.
pub(crate) fn rules_from(row: &Row<'_>, from: usize) -> rusqlite::Result<ClientRules> {
    let hours: String = row.get(from + 2)?;
    Ok(ClientRules {
        undo_seconds: row.get(from)?,
        to_approve: row.get(from + 1)?,
        hours: serde_json::from_str(&hours)
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(from + 2, Type::Text, Box::new(error)))?,
    })
}

fn add(tx: &Transaction<'_>, name: &str, color: u8, now: Millis) -> Result<ClientId, Problem> {
    let name = checked(tx, name, color, None)?;
    let letter = letter(&name, &letters_but(tx, None)?);
    tx.execute(
        "INSERT INTO client (name, letter, color, position, created_at)
         VALUES (?1, ?2, ?3, (SELECT ifnull(max(position), 0) + 1 FROM client), ?4)",
        params![name, letter, color, now.0],
    )?;
    let id = ClientId(tx.last_insert_rowid());
    journal::record(tx, now, "add_client", Some(id), json!({ "client": id }))?;
    Ok(id)
}

fn edit(tx: &Transaction<'_>, id: ClientId, name: &str, color: u8, now: Millis) -> Result<Acted, Problem> {
    let was = face(tx, id)?.ok_or(Problem::NotFound)?;
    let name = checked(tx, name, color, Some(id))?;
    if (&was.0, was.2) == (&name, color) {
        return Ok(Acted { act: None, change: Change::default() });
    }
    let letter = letter(&name, &letters_but(tx, Some(id))?);
    let face = (name, letter, color);
    put(tx, id, &face)?;
    // A client's name is the CM's own word, not a text of anybody: without it there is nothing to undo to.
    let detail = json!({ "client": id, "was": was, "now": face });
    let act = journal::record(tx, now, "edit_client", Some(id), detail)?;
    Ok(Acted { act: Some(act), change: desk_changed() })
}

/// Whether the client still looked as the edit left it, and looks now as before.
pub(crate) fn undo_edit(tx: &Transaction<'_>, detail: &Value) -> Result<bool, Problem> {
    let id: ClientId = serde_json::from_value(detail["client"].clone())?;
    let was: Face = serde_json::from_value(detail["was"].clone())?;
    let now: Face = serde_json::from_value(detail["now"].clone())?;
    if face(tx, id)? != Some(now) || checked(tx, &was.0, was.2, Some(id)).is_err() {
        return Ok(false);
    }
    put(tx, id, &was)?;
    Ok(true)
}

/// Name, letter, color.
type Face = (String, String, u8);

fn face(conn: &Connection, id: ClientId) -> Result<Option<Face>, Problem> {
    Ok(conn
        .prepare_cached("SELECT name, letter, color FROM client WHERE id = ?1")?
        .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?)
}

fn put(tx: &Transaction<'_>, id: ClientId, face: &Face) -> Result<(), Problem> {
    tx.execute(
        "UPDATE client SET name = ?2, letter = ?3, color = ?4 WHERE id = ?1",
        params![id.0, face.0, face.1, face.2],
    )?;
    Ok(())
}

fn checked(conn: &Connection, name: &str, color: u8, me: Option<ClientId>) -> Result<String, Problem> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.graphemes(true).count() > LONGEST {
        return Err(invalid("name"));
    }
    if !(1..=COLORS).contains(&color) {
        return Err(invalid("color"));
    }
    let mut others = conn.prepare_cached("SELECT id, name FROM client")?;
    let others = others.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for other in others {
        let (id, other): (i64, String) = other?;
        if Some(ClientId(id)) != me && other.to_lowercase() == name.to_lowercase() {
            return Err(Problem::Taken);
        }
    }
    Ok(name)
}

fn letters_but(conn: &Connection, me: Option<ClientId>) -> Result<Vec<String>, Problem> {
    let me = me.map_or(0, |me| me.0);
    Ok(conn
        .prepare_cached("SELECT letter FROM client WHERE id <> ?1")?
        .query_map([me], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// One or two capitals that no other client has: the initial, the initials of two words, or the initial with a
/// later letter.
fn letter(name: &str, taken: &[String]) -> String {
    let capital = |c: char| c.to_uppercase().take(1).collect::<String>();
    let initials: Vec<String> =
        name.split(|c: char| !c.is_alphanumeric()).filter_map(|word| word.chars().next()).map(capital).collect();
    let Some(first) = initials.first() else {
        return "?".into();
    };
    let mut candidates = vec![first.clone()];
    candidates.extend(initials[1..].iter().map(|next| format!("{first}{next}")));
    let letters = name.chars().filter(|c| c.is_alphanumeric()).skip(1);
    candidates.extend(letters.map(|c| format!("{first}{}", capital(c))));
    candidates.iter().find(|letter| !taken.contains(letter)).unwrap_or(first).clone()
}

fn desk_changed() -> Change {
    Change { desk: true, ..Change::default() }
}

fn invalid(field: &str) -> Problem {
    Problem::Invalid { field: field.into() }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
