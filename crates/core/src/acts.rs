//! Acts at a network about what others wrote: like, mute, block, report.
//!
//! The network is asked first, and only what it took is kept here and written in the journal. Each has its own
//! opposite there, so that none is undone from here.

use crate::desk::Desk;
use crate::journal;
use crate::store::Durability;
use crate::view::{Acted, Change, Problem};
use guichet_model::{
    AccountId, ClientId, ConversationId, Fault, MessageId, PersonId, RemoteId, Report, ReportCategory,
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::{Value, json};

/// Longest comment of a report, in characters.
const LONGEST_COMMENT: usize = 1_000;

/// Whose act it is, and on what.
struct Named {
    client: ClientId,
    account: AccountId,
    conversation: ConversationId,
    remote: RemoteId,
    person: PersonId,
    person_remote: RemoteId,
}

impl Desk {
    /// `NotOffered` where the network has no likes; `Network` with its fault.
    pub async fn like(&self, message: MessageId, on: bool) -> Result<Acted, Problem> {
        let named = self.store().read(move |conn| message_named(conn, message)).await?;
        let session = self.session(named.account).await?;
        let reactions = session.reactions().ok_or(Problem::NotOffered)?;
        reactions.like(&named.remote, on).await.map_err(refused)?;
        let client = named.client;
        let detail = json!({ "message": message, "on": on });
        self.kept("like", client, detail, move |tx| {
            tx.execute("UPDATE message SET liked = ?2 WHERE id = ?1", params![message.0, on])?;
            Ok(vec![named.conversation])
        })
        .await
    }

    /// Every account of the client that this person has written to mutes them.
    pub async fn mute(&self, person: PersonId, on: bool) -> Result<Acted, Problem> {
        let (client, seen) = self.store().read(move |conn| seen_by(conn, person)).await?;
        for (account, remote) in seen {
            let session = self.session(account).await?;
            let moderation = session.moderation().ok_or(Problem::NotOffered)?;
            moderation.mute(&remote, on).await.map_err(refused)?;
        }
        let detail = json!({ "person": person, "on": on });
        self.kept("mute", client, detail, move |tx| {
            tx.execute("UPDATE person SET muted = ?2 WHERE id = ?1", params![person.0, on])?;
            conversations_of(tx, person)
        })
        .await
    }

    /// Every account of the client that this person has written to blocks them.
    pub async fn block(&self, person: PersonId, on: bool) -> Result<Acted, Problem> {
        let (client, seen) = self.store().read(move |conn| seen_by(conn, person)).await?;
        for (account, remote) in seen {
            let session = self.session(account).await?;
            let moderation = session.moderation().ok_or(Problem::NotOffered)?;
            moderation.block(&remote, on).await.map_err(refused)?;
        }
        let detail = json!({ "person": person, "on": on });
        self.kept("block", client, detail, move |tx| {
            tx.execute("UPDATE person SET blocked = ?2 WHERE id = ?1", params![person.0, on])?;
            conversations_of(tx, person)
        })
        .await
    }

    /// `comment` is for the moderators, at most 1,000 characters; `forward`: to the author's own server too.
    pub async fn report(
        &self,
        message: MessageId,
        category: ReportCategory,
        comment: String,
        forward: bool,
    ) -> Result<Acted, Problem> {
        if comment.chars().count() > LONGEST_COMMENT {
            return Err(Problem::Invalid { field: "comment".into() });
        }
        let named = self.store().read(move |conn| message_named(conn, message)).await?;
        let session = self.session(named.account).await?;
        let moderation = session.moderation().ok_or(Problem::NotOffered)?;
        let report = Report { person: named.person_remote, items: vec![named.remote], category, comment, forward };
        moderation.report(&report).await.map_err(refused)?;
        let detail = json!({
            "message": message,
            "person": named.person,
            "category": category,
            "forward": forward,
        });
        self.kept("report", named.client, detail, move |_| Ok(vec![named.conversation])).await
    }

    /// Written, journalled, announced.
    async fn kept(
        &self,
        kind: &'static str,
        client: ClientId,
        detail: Value,
        write: impl FnOnce(&Transaction<'_>) -> Result<Vec<ConversationId>, Problem> + Send + 'static,
    ) -> Result<Acted, Problem> {
        let now = self.now();
        let acted = self
            .store()
            .write(Durability::Full, move |tx| {
                let conversations = write(tx)?;
                let act = journal::record(tx, now, kind, Some(client), detail)?;
                Ok(Acted { act: Some(act), change: Change { conversations, ..Change::default() } })
            })
            .await?;
        self.announce(acted.change.clone());
        Ok(acted)
    }
}

fn refused(fault: Fault) -> Problem {
    Problem::Network { fault }
}

fn message_named(conn: &Connection, message: MessageId) -> Result<Named, Problem> {
    let named = conn
        .prepare_cached(
            "SELECT m.client, m.account, m.conversation, m.remote, m.person, p.remote
               FROM message m JOIN person p ON p.id = m.person WHERE m.id = ?1",
        )?
        .query_row([message.0], |row| {
            Ok(Named {
                client: ClientId(row.get(0)?),
                account: AccountId(row.get(1)?),
                conversation: ConversationId(row.get(2)?),
                remote: RemoteId(row.get(3)?),
                person: PersonId(row.get(4)?),
                person_remote: RemoteId(row.get(5)?),
            })
        })
        .optional()?;
    named.ok_or(Problem::NotFound)
}

/// The client's accounts that a person has written to, with the person's name there.
fn seen_by(conn: &Connection, person: PersonId) -> Result<(ClientId, Vec<(AccountId, RemoteId)>), Problem> {
    let known = conn
        .prepare_cached("SELECT client, remote FROM person WHERE id = ?1")?
        .query_row([person.0], |row| Ok((ClientId(row.get(0)?), row.get::<_, String>(1)?)))
        .optional()?;
    let (client, remote) = known.ok_or(Problem::NotFound)?;
    let mut accounts = conn.prepare_cached(
        "SELECT DISTINCT m.account FROM message m JOIN account a ON a.id = m.account
          WHERE m.person = ?1 AND a.removed_at IS NULL",
    )?;
    let seen = accounts
        .query_map([person.0], |row| Ok((AccountId(row.get(0)?), RemoteId(remote.clone()))))?
        .collect::<Result<Vec<_>, _>>()?;
    if seen.is_empty() {
        return Err(Problem::NotFound);
    }
    Ok((client, seen))
}

/// Those of the person's conversations that may be on screen; the others are read when they come there.
fn conversations_of(conn: &Connection, person: PersonId) -> Result<Vec<ConversationId>, Problem> {
    let mut found = conn.prepare_cached(
        "SELECT DISTINCT conversation FROM
           (SELECT conversation FROM message WHERE person = ?1 ORDER BY at DESC LIMIT 200)",
    )?;
    let rows = found.query_map([person.0], |row| Ok(ConversationId(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
#[path = "acts_tests.rs"]
mod tests;
