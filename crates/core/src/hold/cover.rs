//! What a hold covers, said once: the same words keep a reply from leaving, show it as held, and count what a hold
//! stops.
//!
//! In them `h` is the hold and `r` the reply. Each scope is asked through its own index, so that a reply is tested in some
//! microseconds however many holds there are.

use super::{FIELDS, read_hold};
use crate::outbox::OPEN;
use crate::view::{HoldView, Problem};
use guichet_model::{HoldId, ReplyId};
use rusqlite::{Connection, OptionalExtension};

/// Hands the scopes to another macro, from the narrowest to the widest.
macro_rules! scopes {
    ($take:ident) => {
        $take! {
            "reply" "h.target = r.id"
            "conversation" "h.target = r.conversation"
            "incident"
                "EXISTS (SELECT 1 FROM hold_conversation i WHERE i.hold = h.id AND i.conversation = r.conversation)"
            "post" "h.target = (SELECT c.post FROM conversation c WHERE c.id = r.conversation)"
            "restored" "h.target >= r.id"
            "account" "h.target = r.account"
            "client" "h.target = r.client"
            "network" "h.name = (SELECT a.network FROM account a WHERE a.id = r.account)"
            "everything" "1"
        }
    };
}

macro_rules! listed {
    ($($scope:literal $covers:literal)*) => { &[$(($scope, $covers)),*] };
}

macro_rules! any_covers {
    ($($scope:literal $covers:literal)*) => {
        concat!("(0" $(, " OR EXISTS (SELECT 1 FROM hold h WHERE h.released_at IS NULL AND h.scope = '", $scope,
            "' AND ", $covers, ")")*, ")")
    };
}

const SCOPES: &[(&str, &str)] = scopes!(listed);
/// Whether a hold covers the reply `r`.
pub(crate) const COVERED: &str = scopes!(any_covers);

/// The same for a walk over many replies, as things stand in this reading: only the scopes that hold anything are asked,
/// the widest first, since one word about everything spares the others.
pub(crate) fn covered_now(conn: &Connection) -> Result<String, Problem> {
    covered_but_for(conn, &[])
}

/// The same, were these released.
fn covered_but_for(conn: &Connection, released: &[HoldId]) -> Result<String, Problem> {
    let released = released.iter().map(|hold| hold.0.to_string()).collect::<Vec<_>>().join(",");
    let mut asked = String::from("(0");
    for (scope, covers) in SCOPES.iter().rev() {
        let any: bool = conn
            .prepare_cached(&format!(
                "SELECT EXISTS (SELECT 1 FROM hold WHERE released_at IS NULL AND scope = ? AND id NOT IN ({released}))"
            ))?
            .query_row([scope], |row| row.get(0))?;
        if any {
            asked.push_str(&format!(
                " OR EXISTS (SELECT 1 FROM hold h
                     WHERE h.released_at IS NULL AND h.id NOT IN ({released}) AND h.scope = '{scope}' AND {covers})"
            ));
        }
    }
    asked.push(')');
    Ok(asked)
}

/// In the transaction that would let it leave.
pub(crate) fn covers(conn: &Connection, reply: ReplyId) -> Result<bool, Problem> {
    let sql = format!("SELECT {COVERED} FROM reply r WHERE r.id = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([reply.0], |row| row.get(0))?)
}

/// The narrowest hold that covers a reply, the oldest of several.
pub(crate) fn narrowest(conn: &Connection, reply: ReplyId) -> Result<Option<HoldView>, Problem> {
    if !covers(conn, reply)? {
        return Ok(None);
    }
    for (scope, covers) in SCOPES {
        let sql = format!(
            "SELECT {FIELDS} FROM reply r JOIN hold h ON {covers}
              WHERE r.id = ?1 AND h.released_at IS NULL AND h.scope = '{scope}' ORDER BY h.id LIMIT 1"
        );
        let found = conn.prepare_cached(&sql)?.query_row([reply.0], read_hold).optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// How many replies a hold stops, and how many it came too late for: they are on the wire. What was refused or is unsure
/// wants the CM, held or not, and stands among what is to be looked at.
pub(super) fn count(conn: &Connection, hold: HoldId, scope: &str) -> Result<(u32, u32), Problem> {
    let sql = format!(
        "SELECT ifnull(sum(r.state = 'waiting'), 0), ifnull(sum(r.state = 'sending'), 0) FROM hold h JOIN reply r ON {}
          WHERE h.id = ?1 AND h.released_at IS NULL AND r.state IN {OPEN}",
        words_of(scope)
    );
    Ok(conn.prepare_cached(&sql)?.query_row([hold.0], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// `FROM … WHERE …` of the waiting replies `r` that the hold `?1` stops, and nothing that is not released with it; `m` is what each answers, where that
/// was edited, is gone or was put out: of the others nothing is read.
pub(super) fn only(conn: &Connection, scope: &str, released: &[HoldId]) -> Result<String, Problem> {
    Ok(format!(
        "FROM hold h JOIN reply r ON {} LEFT JOIN message m INDEXED BY message_changed
                ON m.id = r.answers
               AND (m.edited_at IS NOT NULL OR m.gone_at IS NOT NULL OR m.publication IN ('spam', 'trash'))
          WHERE h.id = ?1 AND r.state IN {OPEN} AND r.state = 'waiting' AND NOT {}",
        words_of(scope),
        covered_but_for(conn, released)?
    ))
}

fn words_of(scope: &str) -> &'static str {
    SCOPES.iter().find(|(name, _)| *name == scope).map_or("0", |(_, covers)| covers)
}
