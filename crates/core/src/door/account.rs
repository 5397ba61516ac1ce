//! Under which account an item comes in: the one that has a key where there is one, else one made without.

use super::item::Of;
use crate::intake;
use crate::view::{Health, Problem};
use guichet_model::{
    AccountId, Author, Capabilities, ClientId, Item, Millis, Proof, RemoteId, Route, TextLimit, TextUnit, link,
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::collections::{HashMap, HashSet};

/// The remote name of an account without a key: no network gives one that reads so.
pub(super) const DOOR: &str = "door";
/// Where a network has no limit that we know of.
const NO_LIMIT: u32 = 65_536;

/// And whether it was made, or came back, for this.
pub(super) fn find(
    tx: &Transaction<'_>,
    client: ClientId,
    name: &str,
    of: &Of,
    route: Route,
    now: Millis,
) -> Result<(AccountId, bool), Problem> {
    if let Some(keyed) = keyed(tx, client, of)? {
        return Ok((keyed, false));
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
        // The way that tells most is how it is reached.
        let before: String = tx.query_row("SELECT route FROM access WHERE id = ?1", [access], |row| row.get(0))?;
        let best = intake::route_of(&before).max(route);
        tx.execute("UPDATE access SET route = ?2 WHERE id = ?1 AND route <> ?2", params![access, intake::route(best)])?;
        tx.execute("UPDATE account SET removed_at = NULL WHERE id = ?1", [id])?;
        return Ok((AccountId(id), removed));
    }
    Ok((make(tx, client, name, of, route, now)?, true))
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
        let host = server.split_once("://").map_or(server.as_str(), |(_, host)| host).split(['/', ':']).next();
        let host = host.unwrap_or_default().trim_start_matches("www.");
        if network == of.network || (!of.host.is_empty() && host == of.host) {
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
/// one. Its conversations go on.
pub(crate) fn takes_key(
    tx: &Transaction<'_>,
    client: ClientId,
    network: &str,
    server: &str,
) -> Result<Option<i64>, Problem> {
    Ok(tx
        .prepare_cached(
            "SELECT a.id FROM account a
              WHERE a.client = ?1 AND a.remote = ?4 AND (a.network = ?2 OR a.server = ?3) AND a.removed_at IS NULL
              ORDER BY a.network = ?2 DESC, a.id LIMIT 1",
        )?
        .query_row(params![client.0, network, server, DOOR], |row| row.get(0))
        .optional()?)
}

/// What the network itself has shown of these before: they are named by their links, so that they are known again.
pub(super) fn name_read(tx: &Transaction<'_>, account: AccountId, items: &[(Item, bool)]) -> Result<(), Problem> {
    let keyed: bool = tx.query_row(
        "SELECT w.route = 'api' FROM account a JOIN access w ON w.id = a.access WHERE a.id = ?1",
        [account.0],
        |row| row.get(0),
    )?;
    if !keyed {
        return Ok(());
    }
    let wanted: HashSet<String> = items.iter().filter_map(|(item, _)| link::normal(item.url.as_deref()?)).collect();
    let mut found: HashMap<String, i64> = HashMap::new();
    let mut read = tx.prepare_cached(
        "SELECT id, url FROM message WHERE account = ?1 AND gone_at IS NULL AND url IS NOT NULL AND route = 'api'",
    )?;
    let mut rows = read.query([account.0])?;
    while let Some(row) = rows.next()? {
        let url: String = row.get(1)?;
        let named = link::read(&url).filter(|linked| linked.precise).map(|linked| linked.name);
        if let Some(name) = named.filter(|name| wanted.contains(name)) {
            found.insert(name, row.get(0)?);
        }
    }
    let mut alias =
        tx.prepare_cached("INSERT OR IGNORE INTO alias (account, scope, name, message) VALUES (?1, 'link', ?2, ?3)")?;
    for (name, message) in found {
        alias.execute(params![account.0, name, message])?;
    }
    Ok(())
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
