//! Acts at a network about where a text stands: what others wrote is approved, hidden, put among spam or into the trash; what
//! we published is changed or taken away.
//!
//! The network is asked first, and its word is kept: some leave an item where it was. Each move is its own opposite, back to
//! what the item was, which the journal keeps; no text is in it.

use crate::desk::Desk;
use crate::store::Durability;
use crate::view::{Acted, Change, Problem};
use crate::{intake, journal, outbox};
use guichet_model::{
    AccountId, Capabilities, ClientId, ConversationId, Fault, MessageId, Publication, RefusalCode, RemoteId,
};
use rusqlite::{Connection, OptionalExtension, Transaction};
use serde_json::{Value, json};

/// A message as the acts need it.
struct Placed {
    client: ClientId,
    account: AccountId,
    conversation: ConversationId,
    remote: RemoteId,
    ours: bool,
    gone: bool,
    stands: Publication,
    can: Option<Capabilities>,
}

impl Desk {
    /// `NotOffered` where the account may not put it there; `Network` with its fault. Without an act: the network left it
    /// where it stood.
    pub async fn put(&self, message: MessageId, to: Publication) -> Result<Acted, Problem> {
        let placed = self.store().read(move |conn| placed(conn, message)).await?;
        let offered = placed.can.as_ref().is_some_and(|can| can.publications.contains(&to));
        if placed.ours || placed.gone || !offered {
            return Err(Problem::NotOffered);
        }
        let session = self.session(placed.account).await?;
        let curation = session.curation().ok_or(Problem::NotOffered)?;
        let stands = curation.put(&placed.remote, to).await.map_err(refused)?;
        let (now, was, account) = (self.now(), placed.stands, placed.account);
        let detail = json!({ "message": message, "conversation": placed.conversation, "was": was, "to": stands });
        self.journalled("put", placed.client, detail, stands != was, move |tx| {
            intake::put(tx, account, message, stands, now)
        })
        .await
    }

    /// The text as it reads from now on. `Leaks` where a reply could not leave with it either.
    pub async fn edit_own(&self, message: MessageId, text: String) -> Result<Acted, Problem> {
        let placed = self.store().read(move |conn| placed(conn, message)).await?;
        if !placed.ours || placed.gone || placed.can.as_ref().is_none_or(|can| !can.edit_own) {
            return Err(Problem::NotOffered);
        }
        let text = text.trim().to_owned();
        let said = text.clone();
        let leaks = self.store().read(move |conn| outbox::leaks_of_own(conn, message, &said)).await?;
        if !leaks.is_empty() {
            return Err(Problem::Leaks { leaks });
        }
        let session = self.session(placed.account).await?;
        let own = session.own().ok_or(Problem::NotOffered)?;
        let item = own.edit(&placed.remote, &text).await.map_err(refused)?;
        let (now, account) = (self.now(), placed.account);
        let detail = json!({ "message": message, "conversation": placed.conversation });
        self.journalled(
            "edit_own",
            placed.client,
            detail,
            true,
            move |tx| Ok(intake::enter(tx, account, &item, now)?.1),
        )
        .await
    }

    /// What it had answered may be owed again.
    pub async fn delete_own(&self, message: MessageId) -> Result<Acted, Problem> {
        let placed = self.store().read(move |conn| placed(conn, message)).await?;
        if !placed.ours || placed.gone || placed.can.as_ref().is_none_or(|can| !can.delete_own) {
            return Err(Problem::NotOffered);
        }
        let session = self.session(placed.account).await?;
        let own = session.own().ok_or(Problem::NotOffered)?;
        match own.delete(&placed.remote).await {
            // Somebody was quicker.
            Err(Fault::Refused { reason }) if reason.code == RefusalCode::Gone => {}
            other => other.map_err(refused)?,
        }
        let (now, account, remote) = (self.now(), placed.account, placed.remote);
        let detail = json!({ "message": message, "conversation": placed.conversation });
        self.journalled("delete_own", placed.client, detail, true, move |tx| intake::gone(tx, account, &remote, now))
            .await
    }

    /// Written, journalled where it is an act, announced.
    async fn journalled(
        &self,
        kind: &'static str,
        client: ClientId,
        detail: Value,
        acts: bool,
        write: impl FnOnce(&Transaction<'_>) -> Result<Change, Problem> + Send + 'static,
    ) -> Result<Acted, Problem> {
        let now = self.now();
        let acted = self
            .store()
            .write(Durability::Full, move |tx| {
                let change = write(tx)?;
                let act = acts.then(|| journal::record(tx, now, kind, Some(client), detail)).transpose()?;
                Ok(Acted { act, change })
            })
            .await?;
        self.announce(acted.change.clone());
        Ok(acted)
    }
}

fn refused(fault: Fault) -> Problem {
    Problem::Network { fault }
}

fn placed(conn: &Connection, message: MessageId) -> Result<Placed, Problem> {
    let placed = conn
        .prepare_cached(
            "SELECT m.client, m.account, m.conversation, m.remote, m.ours, m.gone_at IS NOT NULL, m.publication,
                    a.capabilities
               FROM message m JOIN account a ON a.id = m.account WHERE m.id = ?1",
        )?
        .query_row([message.0], |row| {
            let capabilities: Option<String> = row.get(7)?;
            Ok(Placed {
                client: ClientId(row.get(0)?),
                account: AccountId(row.get(1)?),
                conversation: ConversationId(row.get(2)?),
                remote: RemoteId(row.get(3)?),
                ours: row.get(4)?,
                gone: row.get(5)?,
                stands: intake::publication_of(row.get_ref(6)?.as_str()?),
                can: capabilities.and_then(|told| serde_json::from_str(&told).ok()),
            })
        })
        .optional()?;
    placed.ok_or(Problem::NotFound)
}

#[cfg(test)]
#[path = "curation_tests.rs"]
mod tests;
