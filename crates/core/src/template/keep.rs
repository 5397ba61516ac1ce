//! Templates in the store: found by code among those a client can use, every version kept, nothing ever erased.

use crate::journal;
use crate::view::{Problem, TemplateEdit, TemplateUse, TemplateView};
use guichet_model::{ActId, ClientId, Millis, TemplateId};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde_json::json;

const COLUMNS: &str = "SELECT t.id, t.version, t.code, t.title, t.text, t.lang, t.uses, t.last_used,
    (SELECT json_group_array(client) FROM template_client c WHERE c.template = t.id) FROM template t";

pub(crate) fn list(conn: &Connection, client: Option<ClientId>) -> Result<Vec<TemplateView>, Problem> {
    let sql = format!("{COLUMNS} WHERE t.removed_at IS NULL ORDER BY t.uses DESC, t.last_used DESC, t.code");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut views = Vec::new();
    for view in statement.query_map([], read)? {
        let view = view?;
        let wanted = client.is_none_or(|c| view.clients.is_empty() || view.clients.contains(&c));
        if wanted {
            views.push(view);
        }
    }
    Ok(views)
}

pub(super) fn one(conn: &Connection, id: TemplateId) -> Result<TemplateView, Problem> {
    let sql = format!("{COLUMNS} WHERE t.id = ? AND t.removed_at IS NULL");
    Ok(conn.prepare_cached(&sql)?.query_row([id.0], read)?)
}

/// `OtherClient` where the client may not use the template; `NotFound` where there is none of that version.
/// A template removed meanwhile still lets its text go.
pub(crate) fn usable(conn: &Connection, used: &TemplateUse, client: ClientId) -> Result<(), Problem> {
    conn.query_row(
        "SELECT 1 FROM template_version WHERE template = ? AND version = ?",
        params![used.id.0, used.version],
        |_| Ok(()),
    )?;
    let others: bool = conn.query_row(
        "SELECT EXISTS (SELECT 1 FROM template_client WHERE template = ?1)
            AND NOT EXISTS (SELECT 1 FROM template_client WHERE template = ?1 AND client = ?2)",
        params![used.id.0, client.0],
        |row| row.get(0),
    )?;
    if others {
        return Err(Problem::OtherClient);
    }
    Ok(())
}

/// What a version said; `None` where there is none.
pub(super) fn version_text(conn: &Connection, used: &TemplateUse) -> Result<Option<String>, Problem> {
    let text = conn
        .query_row(
            "SELECT text FROM template_version WHERE template = ? AND version = ?",
            params![used.id.0, used.version],
            |row| row.get(0),
        )
        .optional()?;
    Ok(text)
}

pub(crate) fn count_use(tx: &Transaction<'_>, used: &TemplateUse, now: Millis) -> Result<(), Problem> {
    tx.execute("UPDATE template SET uses = uses + 1, last_used = ? WHERE id = ?", params![now.0, used.id.0])?;
    Ok(())
}

pub(crate) fn save(tx: &Transaction<'_>, edit: &TemplateEdit, now: Millis) -> Result<TemplateView, Problem> {
    let code = edit.code.trim().to_lowercase();
    let title = edit.title.trim();
    let written = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    if code.is_empty() || code.chars().count() > 40 || !code.chars().all(written) {
        return Err(invalid("code"));
    }
    if title.is_empty() || title.chars().count() > 120 {
        return Err(invalid("title"));
    }
    if edit.text.trim().is_empty() {
        return Err(invalid("text"));
    }
    for client in &edit.clients {
        let known: bool =
            tx.query_row("SELECT EXISTS (SELECT 1 FROM client WHERE id = ?)", [client.0], |row| row.get(0))?;
        if !known {
            return Err(invalid("clients"));
        }
    }
    if taken(tx, edit.id, &code, &edit.clients)? {
        return Err(Problem::Taken);
    }
    let id = match edit.id {
        Some(id) => {
            let before = one(tx, id)?;
            let version = before.version + u32::from(before.text != edit.text);
            tx.execute(
                "UPDATE template SET code = ?, title = ?, text = ?, lang = ?, version = ? WHERE id = ?",
                params![code, title, edit.text, edit.lang, version, id.0],
            )?;
            tx.execute("DELETE FROM template_client WHERE template = ?", [id.0])?;
            id
        }
        None => {
            tx.execute(
                "INSERT INTO template (code, title, text, lang, version) VALUES (?, ?, ?, ?, 1)",
                params![code, title, edit.text, edit.lang],
            )?;
            TemplateId(tx.last_insert_rowid())
        }
    };
    tx.execute(
        "INSERT OR IGNORE INTO template_version (template, version, text, at)
         SELECT id, version, text, ? FROM template WHERE id = ?",
        params![now.0, id.0],
    )?;
    for client in &edit.clients {
        tx.execute("INSERT OR IGNORE INTO template_client (template, client) VALUES (?, ?)", params![id.0, client.0])?;
    }
    let view = one(tx, id)?;
    let detail = json!({ "template": id, "version": view.version });
    journal::record(tx, now, "save_template", None, detail)?;
    Ok(view)
}

pub(super) fn remove(tx: &Transaction<'_>, id: TemplateId, now: Millis) -> Result<ActId, Problem> {
    let removed =
        tx.execute("UPDATE template SET removed_at = ? WHERE id = ? AND removed_at IS NULL", params![now.0, id.0])?;
    if removed == 0 {
        return Err(Problem::NotFound);
    }
    journal::record(tx, now, "remove_template", None, json!({ "template": id }))
}

/// Puts a removed template back, unless its code was taken meanwhile. Returns whether it did.
pub(crate) fn undo_remove(tx: &Transaction<'_>, detail: &serde_json::Value) -> Result<bool, Problem> {
    let Some(id) = detail["template"].as_i64().map(TemplateId) else {
        return Ok(false);
    };
    let code: Option<String> = tx
        .query_row("SELECT code FROM template WHERE id = ? AND removed_at IS NOT NULL", [id.0], |row| row.get(0))
        .optional()?;
    let Some(code) = code else { return Ok(false) };
    let clients: String =
        tx.query_row("SELECT json_group_array(client) FROM template_client WHERE template = ?", [id.0], |row| {
            row.get(0)
        })?;
    if taken(tx, Some(id), &code, &serde_json::from_str::<Vec<ClientId>>(&clients)?)? {
        return Ok(false);
    }
    tx.execute("UPDATE template SET removed_at = NULL WHERE id = ?", [id.0])?;
    Ok(true)
}

/// Whether some client would have two templates of this code: a template without clients is everybody's.
fn taken(conn: &Connection, id: Option<TemplateId>, code: &str, clients: &[ClientId]) -> Result<bool, Problem> {
    let shares = |other: &TemplateView| {
        clients.is_empty() || other.clients.is_empty() || other.clients.iter().any(|client| clients.contains(client))
    };
    Ok(list(conn, None)?.iter().any(|other| Some(other.id) != id && other.code == code && shares(other)))
}

fn read(row: &Row<'_>) -> rusqlite::Result<TemplateView> {
    let clients: String = row.get(8)?;
    let last_used: Option<i64> = row.get(7)?;
    Ok(TemplateView {
        id: TemplateId(row.get(0)?),
        version: row.get(1)?,
        code: row.get(2)?,
        title: row.get(3)?,
        text: row.get(4)?,
        lang: row.get(5)?,
        clients: serde_json::from_str(&clients).unwrap_or_default(),
        uses: row.get(6)?,
        last_used: last_used.map(Millis),
    })
}

fn invalid(field: &str) -> Problem {
    Problem::Invalid { field: field.to_owned() }
}
