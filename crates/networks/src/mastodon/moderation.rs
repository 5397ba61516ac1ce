//! What can be done about people and what they wrote. Each act is one request that can be made twice without harm.

use super::session::{Account, segment};
use guichet_model::{Fault, RefusalCode, RemoteId, Report, ReportCategory};
use serde_json::json;

/// Longest comment of a report, in characters (methods/reports).
const LONGEST_COMMENT: usize = 1_000;

pub(crate) async fn like(account: &Account, item: &RemoteId, on: bool) -> Result<(), Fault> {
    let act = if on { "favourite" } else { "unfavourite" };
    let path = format!("/api/v1/statuses/{}/{act}", segment(item.as_str()));
    account.api.post(&path, "{}".into(), None).await?;
    Ok(())
}

/// `act`: mute, unmute, block or unblock. A mute is for ever and covers notifications: the server's defaults.
pub(crate) async fn relate(account: &Account, person: &RemoteId, act: &str) -> Result<(), Fault> {
    let path = format!("/api/v1/accounts/{}/{act}", segment(person.as_str()));
    account.api.post(&path, "{}".into(), None).await?;
    Ok(())
}

pub(crate) async fn report(account: &Account, report: &Report) -> Result<(), Fault> {
    if report.comment.chars().count() > LONGEST_COMMENT {
        return Err(Fault::refused(RefusalCode::TooLong, None));
    }
    let category = match report.category {
        ReportCategory::Spam => "spam",
        ReportCategory::Legal => "legal",
        ReportCategory::Violation => "violation",
        ReportCategory::Other => "other",
    };
    let body = json!({
        "account_id": report.person,
        "status_ids": report.items,
        "comment": report.comment,
        "category": category,
        "forward": report.forward,
    });
    account.api.post("/api/v1/reports", body.to_string(), None).await?;
    Ok(())
}

#[cfg(test)]
#[path = "moderation_tests.rs"]
mod tests;
