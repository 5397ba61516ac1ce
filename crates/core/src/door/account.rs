//! Under which account an item comes in: the one that has a key where there is one, else one made without.

use super::item::Of;
use crate::intake;
use crate::view::{Health, Problem};
use guichet_model::{
    AccountId, Author, Capabilities, ClientId, Millis, Proof, RemoteId, Route, TextLimit, TextUnit, link,
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

/// The remote name of an account without a key: no network gives one that reads so.
pub(super) const DOOR: &str = "door";
/// Where a network has no limit that we know of.
const NO_LIMIT: u32 = 65_536;

/// The account of an item, and what had to be done for it.
pub(super) struct Home {
    pub account: AccountId,
    /// Made for this.
    pub made: bool,
    /// It had been removed.
    pub back: bool,
}

/// `None`: it was removed, and only what the CM does themselves brings it back (`by_act`).
pub(super) fn find(
    tx: &Transaction<'_>,
    client: ClientId,
    name: &str,
    of: &Of,
    (route, by_act): (Route, bool),
    now: Millis,
) -> Result<Option<Home>, Problem> {
    if let Some(account) = keyed(tx, client, of)? {
        return Ok(Some(Home { account, made: false, back: false }));
    }
    let known: Option<(i64, i64, bool)> = tx
        .prepare_cached(
            "SELECT a.id, a.access, a.removed_at IS NOT NULL FROM account a
              WHERE a.client = ?1 AND a.network = ?2 AND a.server = ?3 AND a.remote = ?4
              ORDER BY a.removed_at IS NOT NULL, a.id DESC",
        )?
        .query_row(params![client.0, of.network, of.server, DOOR], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    if let Some((id, access, removed)) = known {
        if removed && !by_act {
            return Ok(None);
        }
        // The way that tells most is how it is reached.
        let before: String = tx.query_row("SELECT route FROM access WHERE id = ?1", [access], |row| row.get(0))?;
        let best = intake::route_of(&before).max(route);
        tx.execute("UPDATE access SET route = ?2 WHERE id = ?1 AND route <> ?2", params![access, intake::route(best)])?;
        tx.execute("UPDATE account SET removed_at = NULL WHERE id = ?1", [id])?;
        return Ok(Some(Home { account: AccountId(id), made: false, back: removed }));
    }
    let account = make(tx, client, name, of, route, now)?;
    Ok(Some(Home { account, made: true, back: false }))
}

/// What was made for an act that is undone goes with it, where nothing came by it since. Whether it did.
pub(super) fn unmake(tx: &Transaction<'_>, account: AccountId) -> Result<bool, Problem> {
    let access: Option<i64> = tx
        .query_row(
            "SELECT a.access FROM account a
              WHERE a.id = ?1 AND a.remote = ?2
                AND NOT EXISTS (SELECT 1 FROM conversation WHERE account = a.id)
                AND NOT EXISTS (SELECT 1 FROM unread_raw WHERE account = a.id)",
            params![account.0, DOOR],
            |row| row.get(0),
        )
        .optional()?;
    let Some(access) = access else { return Ok(false) };
    for table in ["alias", "post", "former_root", "tombstone"] {
        tx.execute(&format!("DELETE FROM {table} WHERE account = ?1"), [account.0])?;
    }
    tx.execute("DELETE FROM account WHERE id = ?1", [account.0])?;
    tx.execute("DELETE FROM access WHERE id = ?1", [access])?;
    Ok(true)
}

/// The client's account at that network, or at that server, that is reached with a key.
fn keyed(conn: &Connection, client: ClientId, of: &Of) -> Result<Option<AccountId>, Problem> {
    let mut accounts = conn.prepare_cached(
        "SELECT a.id, a.network, a.server FROM account a JOIN access w ON w.id = a.access
          WHERE a.client = ?1 AND w.route = 'api' AND a.removed_at IS NULL ORDER BY a.id",
    )?;
    let mut rows = accounts.query([client.0])?;
    while let Some(row) = rows.next()? {
        let (network, server): (String, String) = (row.get(1)?, row.get(2)?);
        if network == of.network || link::host(&server).is_some_and(|host| host == of.host) {
            return Ok(Some(AccountId(row.get(0)?)));
        }
    }
    Ok(None)
}

fn make(
    tx: &Transaction<'_>,
    client: ClientId,
    name: &str,
    of: &Of,
    route: Route,
    now: Millis,
) -> Result<AccountId, Problem> {
    tx.execute(
        "INSERT INTO access (network, route, server, secret, created_at) VALUES (?1, ?2, ?3, NULL, ?4)",
        params![of.network, intake::route(route), of.server, now.0],
    )?;
    let access = tx.last_insert_rowid();
    let me = Author {
        remote: RemoteId::new(DOOR),
        handle: name.to_owned(),
        name: name.to_owned(),
        avatar: None,
        url: None,
        bot: false,
    };
    tx.execute(
        "INSERT INTO account (client, access, network, server, me, remote, handle, name, health, capabilities, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10)",
        params![
            client.0,
            access,
            of.network,
            of.server,
            serde_json::to_string(&me)?,
            DOOR,
            name,
            serde_json::to_string(&Health::Good)?,
            serde_json::to_string(&capabilities(&of.network))?,
            now.0
        ],
    )?;
    Ok(AccountId(tx.last_insert_rowid()))
}

/// A sign-in for this client at that network, or at that server: the account without a key that becomes it, if there is
/// one. Its conversations go on. A server is its host, whatever its port and folder: so links name it.
pub(crate) fn takes_key(
    tx: &Transaction<'_>,
    client: ClientId,
    network: &str,
    server: &str,
) -> Result<Option<i64>, Problem> {
    let mut doors = tx.prepare_cached(
        "SELECT a.id, a.network, a.server FROM account a
          WHERE a.client = ?1 AND a.remote = ?3 AND a.removed_at IS NULL
          ORDER BY a.network = ?2 DESC, a.id",
    )?;
    let signed = link::host(server);
    let mut rows = doors.query(params![client.0, network, DOOR])?;
    while let Some(row) = rows.next()? {
        let (of, at): (String, String) = (row.get(1)?, row.get(2)?);
        if of == network || (signed.is_some() && link::host(&at) == signed) {
            return Ok(Some(row.get(0)?));
        }
    }
    Ok(None)
}

/// What a person can publish there; nothing is done by us.
fn capabilities(network: &str) -> Capabilities {
    let (most, unit, bytes) = match network {
        "facebook" => (8_000, TextUnit::Characters, None),
        "instagram" => (2_200, TextUnit::Characters, None),
        "linkedin" => (1_250, TextUnit::Characters, None),
        "youtube" => (10_000, TextUnit::Characters, None),
        "x" => (280, TextUnit::Weighted, None),
        "tiktok" => (150, TextUnit::Characters, None),
        "threads" => (500, TextUnit::Characters, None),
        "bluesky" => (300, TextUnit::Graphemes, Some(3_000)),
        "google" => (4_096, TextUnit::Bytes, None),
        _ => (NO_LIMIT, TextUnit::Characters, None),
    };
    let link_counts = (network == "x").then_some(23);
    Capabilities::of(TextLimit { most, unit, bytes, link_counts, mention_domain_free: false }, Proof::None)
}
