//! What fills a template: the author answered, the client, the network, whether the answer is private.

use super::language::{self, Values};
use super::{keep, name};
use crate::outbox;
use crate::view::{Filled, Problem, TemplateUse};
use guichet_model::{ConversationId, TemplateId, Visibility};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

pub(super) fn fill(
    conn: &Connection,
    template: TemplateId,
    conversation: ConversationId,
    answers: &BTreeMap<String, String>,
) -> Result<Filled, Problem> {
    let view = keep::one(conn, template)?;
    let used = TemplateUse { id: view.id, version: view.version };
    let values = values(conn, conversation, &used, answers)?;
    let marked = language::render(&view.text, &values)?;
    Ok(Filled { template: used, text: marked.text, filled: marked.filled, missing: marked.missing })
}

fn values(
    conn: &Connection,
    conversation: ConversationId,
    used: &TemplateUse,
    answers: &BTreeMap<String, String>,
) -> Result<Values, Problem> {
    let (client_id, client, network, post_url) = conn.query_row(
        "SELECT c.client, n.name, a.network, p.url FROM conversation c
           JOIN client n ON n.id = c.client
           JOIN account a ON a.id = c.account
           LEFT JOIN post p ON p.id = c.post
          WHERE c.id = ?",
        [conversation.0],
        |row| {
            Ok((
                guichet_model::ClientId(row.get(0)?),
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, Option<String>>(3)?,
            ))
        },
    )?;
    keep::usable(conn, used, client_id)?;
    let composer = outbox::composer(conn, conversation)?;
    let answered = match composer.answers {
        Some(message) => conn
            .query_row(
                "SELECT p.name, p.handle, m.url FROM message m JOIN person p ON p.id = m.person WHERE m.id = ?",
                params![message.0],
                |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<String>>(2)?)),
            )
            .optional()?,
        None => None,
    };
    let (display, handle, url) = answered.unwrap_or_default();
    let texts = [
        ("prenom", name::first_name(&display, &handle)),
        ("nom", name::display_name(&display)),
        ("compte", (!handle.is_empty()).then(|| format!("@{handle}"))),
        ("client", Some(client)),
        ("reseau", Some(network_name(&network))),
        ("lien", post_url.or(url)),
    ];
    Ok(Values {
        texts: texts.into_iter().collect(),
        private: composer.visibility == Some(Visibility::Direct),
        answers: answers.clone(),
    })
}

/// A network's proper name, as it writes itself.
fn network_name(network: &str) -> String {
    match network {
        "wordpress" => "WordPress".into(),
        "tiktok" => "TikTok".into(),
        "linkedin" => "LinkedIn".into(),
        "youtube" => "YouTube".into(),
        "google-business" => "Google".into(),
        "email" => "e-mail".into(),
        other => {
            let mut letters = other.chars();
            let first = letters.next().map(|c| c.to_uppercase().to_string());
            first.unwrap_or_default() + letters.as_str()
        }
    }
}

/// What must not be left in square brackets in a text that came from this template: its variables, its questions,
/// and whatever its own words put between brackets.
pub(crate) fn blanks_of(conn: &Connection, used: &TemplateUse) -> Result<Vec<String>, Problem> {
    let Some(text) = keep::version_text(conn, used)? else {
        return Ok(Vec::new());
    };
    let mut names = language::asked(&text);
    let mut rest = text.as_str();
    while let Some((_, after)) = rest.split_once('[') {
        let Some(end) = after.find([']', '\n']) else {
            break;
        };
        // A list of choices inside an expression is no blank; nothing written there survives the filling.
        names.push(after[..end].to_owned());
        rest = &after[end..];
    }
    Ok(names)
}
