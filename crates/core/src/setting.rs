//! Settings: names and values as the interface and the command line choose them, kept with the inbox.

use crate::desk::Desk;
use crate::store::Durability;
use crate::view::{Change, Problem};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

impl Desk {
    pub async fn setting(&self, name: String) -> Result<Option<String>, Problem> {
        self.store().read(move |conn| read(conn, &name)).await
    }

    pub async fn set_setting(&self, name: String, value: String) -> Result<(), Problem> {
        if name.is_empty() || name.len() > 100 {
            return Err(Problem::Invalid { field: "name".into() });
        }
        self.store().write(Durability::Full, move |tx| write(tx, &name, &value)).await?;
        self.announce(Change { desk: true, ..Change::default() });
        Ok(())
    }
}

pub(crate) fn read(conn: &Connection, name: &str) -> Result<Option<String>, Problem> {
    Ok(conn
        .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?)
}

pub(crate) fn write(tx: &Transaction<'_>, name: &str, value: &str) -> Result<(), Problem> {
    tx.prepare_cached(
        "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?
    .execute(params![name, value])?;
    Ok(())
}
