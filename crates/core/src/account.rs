//! Accounts and the accesses that open them: signing in, signing in again, leaving.
//!
//! The same person signing in again for the same client is the same account: its conversations, cursors and drafts go
//! on, with a fresh secret. A removed account keeps its conversations readable, and comes back the same way.

use crate::budget::Requests;
use crate::desk::{Desk, Inner};
use crate::store::Durability;
use crate::vault::AccessSecrets;
use crate::view::{Acted, Change, Health, Problem};
use crate::{door, journal};
use guichet_model::{
    AccessId, AccountId, Author, Budget, ClientId, Doors as SessionDoors, Fault, Identity, Millis, Secret, Session,
    Signed, SignedAccount,
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::{Value, json};
use std::sync::{Arc, PoisonError};

impl Desk {
    /// A finished sign-in, for one client. `Invalid` where the network is none of ours or nobody signed in,
    /// `NotFound` where there is no such client.
    pub async fn add_account(
        &self,
        client: ClientId,
        network: String,
        signed: Signed,
    ) -> Result<Vec<AccountId>, Problem> {
        if !self.inner.knows(&network) {
            return Err(invalid("network"));
        }
        if signed.accounts.is_empty() {
            return Err(invalid("accounts"));
        }
        let now = self.now();
        let fresh = format!("access/{}", self.inner.doors.uuid());
        let (server, accounts) = (signed.server, signed.accounts);
        let who = accounts.clone();
        let (named, from) = (network.clone(), server.clone());
        let known = self.store().read(move |conn| secret_of_any(conn, client, &named, &from, &who)).await?;
        let name = known.unwrap_or(fresh);
        // The secret first: an account whose secret was lost asks to sign in again, a secret without an account is
        // a name nobody reads.
        self.keep_secret(name.clone(), signed.secret).await?;
        let ids = self
            .store()
            .write(Durability::Full, move |tx| {
                let access = access(tx, &network, &server, &name, now)?;
                accounts
                    .iter()
                    .map(|account| put(tx, client, access, (&network, &server), account, now))
                    .collect::<Result<Vec<_>, _>>()
            })
            .await?;
        for id in &ids {
            self.inner.forget_session(*id);
        }
        self.inner.wake_intake.notify_one();
        self.inner.wake_outbox.notify_one();
        self.announce(desk_changed());
        Ok(ids)
    }

    /// Its conversations stay readable; it is pulled and sent from no more, and its secret is gone with the last
    /// account of its access.
    pub async fn remove_account(&self, id: AccountId) -> Result<Acted, Problem> {
        let now = self.now();
        let (acted, secret) = self.store().write(Durability::Full, move |tx| remove(tx, id, now)).await?;
        self.inner.forget_session(id);
        if let Some(secret) = secret {
            let vault = self.inner.vault.clone();
            on_thread(move || vault.forget(&secret)).await?;
        }
        self.announce(acted.change.clone());
        Ok(acted)
    }

    async fn keep_secret(&self, name: String, secret: Secret) -> Result<(), Problem> {
        let vault = self.inner.vault.clone();
        on_thread(move || vault.keep(&name, secret)).await
    }
}

impl Inner {
    fn knows(&self, network: &str) -> bool {
        self.doors.networks.iter().any(|one| one.name() == network)
    }

    /// The account's way to its network, made once. An account that left needs a sign-in like one whose token did.
    pub async fn session(&self, account: AccountId) -> Result<Arc<dyn Session>, Problem> {
        if let Some(session) = self.sessions().get(&account) {
            return Ok(session.clone());
        }
        let way = self.store.read(move |conn| way(conn, account)).await?;
        let network =
            self.doors.networks.iter().find(|network| network.name() == way.network).ok_or(Problem::NotOffered)?;
        let session = network.session(
            Identity { server: way.server, me: way.me },
            SessionDoors {
                clock: self.doors.clock.clone(),
                secrets: Arc::new(AccessSecrets { vault: self.vault.clone(), name: way.secret }),
                budget: self.budget(way.access),
            },
        );
        // Whoever was first stays: a session keeps what it learnt.
        Ok(self.sessions().entry(account).or_insert(session).clone())
    }

    fn budget(&self, access: AccessId) -> Arc<dyn Budget> {
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        budgets.entry(access).or_insert_with(|| Arc::new(Requests::new(self.doors.clock.clone()))).clone()
    }

    pub fn forget_session(&self, account: AccountId) {
        self.sessions().remove(&account);
        self.online.forget(account);
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, std::collections::HashMap<AccountId, Arc<dyn Session>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Way {
    access: AccessId,
    network: String,
    server: String,
    secret: String,
    me: Author,
}

fn way(conn: &Connection, account: AccountId) -> Result<Way, Problem> {
    let (access, network, server, secret, me, removed): (_, _, _, Option<String>, String, Option<i64>) = conn
        .prepare_cached(
            "SELECT access.id, account.network, access.server, access.secret, account.me, account.removed_at
               FROM account JOIN access ON access.id = account.access WHERE account.id = ?1",
        )?
        .query_row([account.0], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        })?;
    if removed.is_some() {
        return Err(Problem::Network { fault: Fault::NeedsLogin });
    }
    // A door without a key: nothing leaves by it.
    let secret = secret.ok_or(Problem::NotOffered)?;
    Ok(Way { access: AccessId(access), network, server, secret, me: serde_json::from_str(&me)? })
}

/// The name of the secret that one of these identities already has.
fn secret_of_any(
    conn: &Connection,
    client: ClientId,
    network: &str,
    server: &str,
    accounts: &[SignedAccount],
) -> Result<Option<String>, Problem> {
    for account in accounts {
        let secret = conn
            .prepare_cached(
                "SELECT access.secret FROM account JOIN access ON access.id = account.access
                  WHERE account.client = ?1 AND account.network = ?2 AND account.server = ?3 AND account.remote = ?4
                    AND access.secret IS NOT NULL
                  ORDER BY account.removed_at IS NOT NULL, account.id DESC",
            )?
            .query_row(params![client.0, network, server, account.remote.as_str()], |row| row.get(0))
            .optional()?;
        if secret.is_some() {
            return Ok(secret);
        }
    }
    Ok(None)
}

fn access(tx: &Transaction<'_>, network: &str, server: &str, secret: &str, now: Millis) -> Result<AccessId, Problem> {
    // Signing in again is the person's act that a suspended access waits for.
    let id = tx.query_row(
        "INSERT INTO access (network, server, secret, created_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (secret) DO UPDATE SET server = excluded.server, blocked = NULL
         RETURNING id",
        params![network, server, secret, now.0],
        |row| row.get(0),
    )?;
    Ok(AccessId(id))
}

fn put(
    tx: &Transaction<'_>,
    client: ClientId,
    access: AccessId,
    (network, server): (&str, &str),
    signed: &SignedAccount,
    now: Millis,
) -> Result<AccountId, Problem> {
    tx.prepare_cached("SELECT 1 FROM client WHERE id = ?1")?.query_row([client.0], |_| Ok(()))?;
    let me = serde_json::to_string(&signed.me)?;
    let known: Option<(i64, Option<i64>)> = tx
        .prepare_cached(
            "SELECT id, last_success FROM account
              WHERE client = ?1 AND network = ?2 AND server = ?3 AND remote = ?4
              ORDER BY removed_at IS NOT NULL, id DESC",
        )?
        .query_row(params![client.0, network, server, signed.remote.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((id, last_success)) = known {
        let health = match last_success {
            Some(_) => Health::Good,
            None => Health::New,
        };
        tx.execute(
            "UPDATE account SET access = ?2, me = ?3, handle = ?4, name = ?5, health = ?6, blocked = NULL,
                                removed_at = NULL
              WHERE id = ?1",
            params![id, access.0, me, signed.me.handle, signed.me.name, serde_json::to_string(&health)?],
        )?;
        // Whatever pause the last failure imposed ended with it.
        tx.execute("UPDATE source SET next_at = ?2 WHERE account = ?1", params![id, now.0])?;
        return Ok(AccountId(id));
    }
    if let Some(id) = door::takes_key(tx, client, network, server)? {
        // Connected now: its first reading is no flood either.
        tx.execute(
            "UPDATE account SET access = ?2, network = ?3, server = ?4, me = ?5, remote = ?6, handle = ?7, name = ?8,
                                health = ?9, capabilities = NULL, blocked = NULL, created_at = ?10,
                                trip_read_at = NULL, trip_answered_at = NULL, trip_seen_at = NULL
              WHERE id = ?1",
            params![
                id,
                access.0,
                network,
                server,
                me,
                signed.remote.as_str(),
                signed.me.handle,
                signed.me.name,
                serde_json::to_string(&Health::New)?,
                now.0
            ],
        )?;
        journal::record(tx, now, "add_account", Some(client), json!({ "account": id }))?;
        return Ok(AccountId(id));
    }
    tx.execute(
        "INSERT INTO account (client, access, network, server, me, remote, handle, name, health, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            client.0,
            access.0,
            network,
            server,
            me,
            signed.remote.as_str(),
            signed.me.handle,
            signed.me.name,
            serde_json::to_string(&Health::New)?,
            now.0
        ],
    )?;
    let id = AccountId(tx.last_insert_rowid());
    journal::record(tx, now, "add_account", Some(client), json!({ "account": id }))?;
    Ok(id)
}

fn remove(tx: &Transaction<'_>, id: AccountId, now: Millis) -> Result<(Acted, Option<String>), Problem> {
    let (client, access): (i64, i64) = tx.query_row(
        "UPDATE account SET removed_at = ?2 WHERE id = ?1 AND removed_at IS NULL RETURNING client, access",
        params![id.0, now.0],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let secret = tx
        .query_row(
            "SELECT secret FROM access WHERE id = ?1
              AND NOT EXISTS (SELECT 1 FROM account WHERE access = ?1 AND removed_at IS NULL)",
            [access],
            |row| row.get(0),
        )
        .optional()?
        .flatten();
    let detail = json!({ "account": id, "at": now });
    let act = journal::record(tx, now, "remove_account", Some(ClientId(client)), detail)?;
    let acted = Acted { act: Some(act), change: desk_changed() };
    Ok((acted, secret))
}

/// Whether it is still removed as the act left it. It comes back asking for a sign-in: its secret went with it.
pub(crate) fn undo_remove(tx: &Transaction<'_>, detail: &Value) -> Result<bool, Problem> {
    let health = serde_json::to_string(&Health::NeedsLogin)?;
    let keyless = serde_json::to_string(&Health::Good)?;
    let back = tx.execute(
        "UPDATE account SET removed_at = NULL,
                health = iif((SELECT secret FROM access w WHERE w.id = access) IS NULL, ?4, ?3)
          WHERE id = ?1 AND removed_at = ?2",
        params![detail["account"].as_i64(), detail["at"].as_i64(), health, keyless],
    )?;
    Ok(back > 0)
}

/// Whether it changed. Of an account that left, nothing does.
pub(crate) fn set_health(tx: &Transaction<'_>, account: AccountId, health: Health) -> Result<bool, Problem> {
    let health = serde_json::to_string(&health)?;
    let changed = tx
        .prepare_cached("UPDATE account SET health = ?2 WHERE id = ?1 AND health <> ?2 AND removed_at IS NULL")?
        .execute(params![account.0, health])?;
    Ok(changed > 0)
}

async fn on_thread(f: impl FnOnce() -> Result<(), Problem> + Send + 'static) -> Result<(), Problem> {
    tokio::task::spawn_blocking(f).await.map_err(|_| Problem::Unexpected { what: "vault thread".into() })?
}

pub(crate) fn desk_changed() -> Change {
    Change { desk: true, ..Change::default() }
}

fn invalid(field: &str) -> Problem {
    Problem::Invalid { field: field.into() }
}

#[cfg(test)]
#[path = "account_tests.rs"]
mod tests;
