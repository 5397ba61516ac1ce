//! Canned replies: a short code, a text with `{{ variables }}`, and what fills it for one conversation.
//!
//! A template never errs at the CM: what is unknown or empty becomes a mark `[name]` in the text, which keeps it from
//! leaving until somebody has written something else there. A variable the desk does not know is therefore a question,
//! like `{{ demander("numéro de commande") }}`. Syntax is refused when the template is saved, with its line.

mod fill;
mod keep;
mod language;
mod name;

pub(crate) use fill::blanks_of;
pub(crate) use keep::{count_use, list, save, undo_remove, usable};

use crate::desk::Desk;
use crate::store::Durability;
use crate::view::{Acted, Change, Filled, Problem, TemplateEdit, TemplateView};
use guichet_model::{ClientId, ConversationId, TemplateId};
use std::collections::BTreeMap;

impl Desk {
    /// Those a client can use, or all of them: the most used first.
    pub async fn templates(&self, client: Option<ClientId>) -> Result<Vec<TemplateView>, Problem> {
        self.store().read(move |conn| keep::list(conn, client)).await
    }

    /// Keeps a template, new or changed. `Template` where it does not read, `Taken` where a client would have two of
    /// that code, `Invalid` for a code or title that is none.
    pub async fn save_template(&self, edit: TemplateEdit) -> Result<TemplateView, Problem> {
        language::check(&edit.text)?;
        let now = self.now();
        let view = self.store().write(Durability::Full, move |tx| keep::save(tx, &edit, now)).await?;
        self.announce(templates_changed());
        Ok(view)
    }

    pub async fn remove_template(&self, id: TemplateId) -> Result<Acted, Problem> {
        let now = self.now();
        let act = self.store().write(Durability::Full, move |tx| keep::remove(tx, id, now)).await?;
        self.announce(templates_changed());
        Ok(Acted { act: Some(act), change: templates_changed() })
    }

    /// A template filled for the message that a reply in this conversation would answer. `answers`: to its questions,
    /// by their words. `OtherClient` where this conversation's client may not use it.
    pub async fn fill(
        &self,
        template: TemplateId,
        conversation: ConversationId,
        answers: BTreeMap<String, String>,
    ) -> Result<Filled, Problem> {
        self.store().read(move |conn| fill::fill(conn, template, conversation, &answers)).await
    }
}

fn templates_changed() -> Change {
    Change { templates: true, ..Change::default() }
}

#[cfg(test)]
mod tests;
