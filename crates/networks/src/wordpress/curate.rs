//! Where comments stand, and what we published ourselves. Each act is one request that can be made twice without harm.
//!
//! Any update of a comment by the interface overwrites its author's address and browser with ours, unless both are sent
//! back (`prepare_item_for_database`); and a status that is not known is ignored without a word, so that the answer
//! alone says where a comment stands. A `DELETE` is written as a `POST`, which every host lets through.

use super::api::Query;
use super::convert;
use super::look::is_gone;
use super::me;
use super::send::escaped;
use super::session::{Account, COMMENTS, comment_id};
use super::wire::Comment;
use crate::asked::Ask;
use guichet_model::{Fault, Item, Publication, RefusalCode, RemoteId};
use serde_json::{Map, Value};

pub(crate) async fn put(account: &Account, item: &RemoteId, to: Publication) -> Result<Publication, Fault> {
    let id = comment_id(item)?;
    allowed(account).await?;
    let word = match to {
        Publication::Published => "approved",
        Publication::Pending => "hold",
        Publication::Spam => "spam",
        Publication::Trash => return throw_away(account, id).await,
        // What is taken off the page waits for a moderator again: nothing lies between.
        Publication::Hidden => return Err(Fault::refused(RefusalCode::NotOffered, None)),
    };
    let comment = account.comment(id).await?;
    if comment.publication == to {
        return Ok(to);
    }
    let updated = update(account, &comment, "status", word).await?;
    Ok(updated.publication)
}

/// To the trash, and not out of the world: a site without a trash says so instead.
async fn throw_away(account: &Account, id: u64) -> Result<Publication, Fault> {
    match account.api.post(&route(id), &deleting(false), "{}".into()).await {
        Ok(answer) => Ok(account.told(&answer)?.0.publication),
        // `rest_already_trashed`: it is there. `rest_comment_invalid_id`: it is nowhere.
        Err(Fault::Refused { reason }) if reason.code == RefusalCode::Gone => match account.comment(id).await {
            Ok(there) => Ok(there.publication),
            Err(Fault::Refused { .. }) => Err(Fault::Refused { reason }),
            Err(fault) => Err(fault),
        },
        Err(fault) => Err(fault),
    }
}

pub(crate) async fn edit(account: &Account, item: &RemoteId, text: &str) -> Result<Item, Fault> {
    let id = comment_id(item)?;
    allowed(account).await?;
    let text = text.trim().replace("\r\n", "\n");
    let content = escaped(&text);
    if text.is_empty() {
        return Err(Fault::refused(RefusalCode::Empty, None));
    }
    if content.len() > me::LONGEST as usize {
        return Err(Fault::refused(RefusalCode::TooLong, None));
    }
    let comment = ours(account, id).await?;
    if convert::folded(&convert::body(&comment).text) == convert::folded(&text)
        && comment.raw.as_deref() == Some(&*content)
    {
        return Ok(account.item(&comment));
    }
    let updated = update(account, &comment, "content", &content).await?;
    Ok(account.item(&updated))
}

pub(crate) async fn delete(account: &Account, item: &RemoteId) -> Result<(), Fault> {
    let id = comment_id(item)?;
    allowed(account).await?;
    let comment = match account.comment(id).await {
        // Taken away already: what was wanted.
        Ok(comment) if comment.publication == Publication::Trash => return Ok(()),
        Err(fault) if is_gone(&fault) => return Ok(()),
        there => there?,
    };
    if !account.me.wrote(comment.author) {
        return Err(Fault::refused(RefusalCode::Forbidden, None));
    }
    let outcome = match account.api.post(&route(id), &deleting(false), "{}".into()).await {
        // No trash here: our own text goes for good, which is what was asked.
        Err(Fault::Refused { reason }) if reason.code == RefusalCode::NotOffered => {
            account.api.post(&route(id), &deleting(true), "{}".into()).await
        }
        other => other,
    };
    match outcome {
        // What a site does not know it ignores without a word: the answer alone says what became of it.
        Ok(answer) => {
            let told = answer.json().map_err(|_| Fault::Unsure)?;
            let away = told.at("deleted") == true || told.at("status") == "trash";
            if away { Ok(()) } else { Err(Fault::Unsure) }
        }
        Err(Fault::Refused { reason }) if reason.code == RefusalCode::Gone => Ok(()),
        Err(fault) => Err(fault),
    }
}

async fn update(account: &Account, comment: &Comment, field: &str, value: &str) -> Result<Comment, Fault> {
    let mut body = Map::new();
    body.insert(field.to_owned(), value.into());
    let mut back = |name: &str, told: &Option<String>| {
        if let Some(told) = told {
            body.insert(name.to_owned(), Value::from(told.as_str()));
        }
    };
    back("author_ip", &comment.ip);
    back("author_user_agent", &comment.agent);
    let answer = account.api.post(&route(comment.id), &[], Value::Object(body).to_string()).await?;
    let (updated, _) = account.told(&answer)?;
    if updated.id != comment.id {
        return Err(Fault::Unsure);
    }
    Ok(updated)
}

async fn allowed(account: &Account) -> Result<(), Fault> {
    if account.moderates().await? {
        return Ok(());
    }
    Err(Fault::refused(RefusalCode::NotOffered, None))
}

async fn ours(account: &Account, id: u64) -> Result<Comment, Fault> {
    let comment = account.comment(id).await?;
    if account.me.wrote(comment.author) {
        return Ok(comment);
    }
    Err(Fault::refused(RefusalCode::Forbidden, None))
}

fn route(id: u64) -> String {
    format!("{COMMENTS}/{id}")
}

fn deleting(for_good: bool) -> Query {
    let mut query = vec![("_method", "DELETE".to_owned())];
    if for_good {
        query.push(("force", "true".to_owned()));
    }
    query
}

#[cfg(test)]
#[path = "curate_tests.rs"]
mod tests;
