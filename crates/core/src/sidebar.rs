//! The sidebar, whole: clients, their accounts with health, coverage and holes, and the counts that are kept.

use crate::desk::Desk;
use crate::intake::route_of;
use crate::view::{AccountView, ClientView, Counts, DeskView, Health, Hole, Problem};
use crate::{client, hold, round_trip};
use guichet_model::{AccountId, ClientId, Interval, Millis, Route};
use rusqlite::{Connection, Row};
use std::collections::HashMap;
use std::sync::atomic::Ordering;

impl Desk {
    pub async fn desk(&self) -> Result<DeskView, Problem> {
        let (clients, holds) = self.store().read(|conn| Ok((clients(conn)?, hold::number(conn)?))).await?;
        let accounts = || clients.iter().flat_map(|client| &client.accounts);
        Ok(DeskView {
            counts: clients.iter().fold(Counts::default(), |sum, client| plus(sum, client.counts)),
            online: self.inner.online.now(),
            trouble: self.inner.online.trouble(),
            holds,
            // One account never read leaves nothing to promise.
            read_up_to: accounts()
                .filter(|account| account.route == Route::Api)
                .map(|account| account.read_up_to)
                .min()
                .flatten(),
            pulling: self.inner.pulling.load(Ordering::SeqCst) > 0,
            clients,
        })
    }
}

fn clients(conn: &Connection) -> Result<Vec<ClientView>, Problem> {
    let mut accounts: HashMap<ClientId, Vec<AccountView>> = HashMap::new();
    for account in read_accounts(conn)? {
        accounts.entry(account.client).or_default().push(account);
    }
    let mut clients = conn.prepare_cached(
        "SELECT client.id, name, letter, color, owed, later, done, drafts, outbox, trouble, undo_seconds, to_approve, hours
           FROM client JOIN tally ON tally.client = client.id ORDER BY position, client.id",
    )?;
    let clients = clients.query_map([], |row| {
        let id = ClientId(row.get(0)?);
        Ok(ClientView {
            id,
            name: row.get(1)?,
            letter: row.get(2)?,
            color: row.get(3)?,
            counts: counts(row, 4)?,
            rules: client::rules_from(row, 10)?,
            accounts: accounts.remove(&id).unwrap_or_default(),
        })
    })?;
    Ok(clients.collect::<Result<_, _>>()?)
}

fn read_accounts(conn: &Connection) -> Result<Vec<AccountView>, Problem> {
    let mut holes: HashMap<AccountId, Vec<Hole>> = HashMap::new();
    let mut read = conn.prepare_cached("SELECT account, from_at, to_at, fillable FROM hole ORDER BY from_at, id")?;
    for hole in read.query_map([], |row| {
        let interval = Interval { from: Millis(row.get(1)?), to: Millis(row.get(2)?) };
        let fillable = row.get(3)?;
        Ok((AccountId(row.get(0)?), Hole { interval, fillable }))
    })? {
        let (account, hole) = hole?;
        holes.entry(account).or_default().push(hole);
    }
    // An account is read up to where its slowest source is; a source never read leaves nothing to say.
    let mut accounts = conn.prepare_cached(
        "SELECT account.id, client, account.network, handle, name, health, last_success, unreadable, capabilities,
                (SELECT CASE WHEN count(*) = count(up_to) THEN min(up_to) END FROM
                  (SELECT (SELECT max(to_at) FROM coverage
                            WHERE coverage.account = source.account AND coverage.source = source.name) AS up_to
                     FROM source WHERE source.account = account.id)), access.route,
                trip_read_at, trip_answered_at, trip_seen_at
           FROM account JOIN access ON access.id = account.access WHERE removed_at IS NULL ORDER BY account.id",
    )?;
    let accounts = accounts.query_map([], |row| {
        let id = AccountId(row.get(0)?);
        let health: String = row.get(5)?;
        let capabilities: Option<String> = row.get(8)?;
        Ok(AccountView {
            id,
            client: ClientId(row.get(1)?),
            network: row.get(2)?,
            route: route_of(row.get_ref(10)?.as_str()?),
            handle: row.get(3)?,
            name: row.get(4)?,
            health: serde_json::from_str(&health).unwrap_or(Health::Unreadable),
            last_success: row.get::<_, Option<i64>>(6)?.map(Millis),
            read_up_to: row.get::<_, Option<i64>>(9)?.map(Millis),
            holes: holes.remove(&id).unwrap_or_default(),
            unreadable: row.get(7)?,
            round_trip: round_trip::from_row(row, 11)?,
            // Told by an older connector in another shape: asked again at the next pull.
            capabilities: capabilities.and_then(|told| serde_json::from_str(&told).ok()),
        })
    })?;
    Ok(accounts.collect::<Result<_, _>>()?)
}

/// Six columns of `tally`, from the given one on.
pub(crate) fn counts(row: &Row<'_>, from: usize) -> rusqlite::Result<Counts> {
    Ok(Counts {
        owed: row.get(from)?,
        later: row.get(from + 1)?,
        done: row.get(from + 2)?,
        drafts: row.get(from + 3)?,
        outbox: row.get(from + 4)?,
        trouble: row.get(from + 5)?,
    })
}

fn plus(a: Counts, b: Counts) -> Counts {
    Counts {
        owed: a.owed + b.owed,
        later: a.later + b.later,
        done: a.done + b.done,
        drafts: a.drafts + b.drafts,
        outbox: a.outbox + b.outbox,
        trouble: a.trouble + b.trouble,
    }
}
