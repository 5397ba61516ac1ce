//! Acts at a network: asked there first, kept and journalled after.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::testing::paper::{Asked, Paper};
use crate::testing::{self, EVENING, Room, paper};
use guichet_model::RefusalCode;
use std::sync::Arc;

async fn desk() -> (Room, Paper, MessageId, PersonId) {
    let network = Paper::default();
    let room = testing::room(vec![Arc::new(network.clone())]).await;
    let client = room.desk.add_client("Boulangerie".into(), 1).await.unwrap();
    let account = room.desk.add_account(client, paper::NAME.into(), testing::signed("Fournil")).await.unwrap()[0];
    network.page(paper::MENTIONS, paper::page(vec![paper::item("7", "Léa", EVENING, "Bonsoir !")]));
    room.desk.pull_account(account).await.unwrap();
    let (message, person) = room
        .desk
        .store()
        .read_now(|conn| {
            Ok(conn.query_row("SELECT id, person FROM message", [], |row| {
                Ok((MessageId(row.get(0)?), PersonId(row.get(1)?)))
            })?)
        })
        .unwrap();
    (room, network, message, person)
}

fn journal(room: &Room) -> Vec<(String, String)> {
    room.desk
        .store()
        .read_now(|conn| {
            let mut acts = conn.prepare("SELECT kind, detail FROM journal WHERE kind NOT LIKE 'add_%' ORDER BY id")?;
            let rows = acts.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .unwrap()
}

#[tokio::test]
async fn a_like_is_asked_kept_and_journalled() {
    let (room, network, message, _) = desk().await;
    let acted = room.desk.like(message, true).await.unwrap();
    assert_eq!(acted.change.conversations.len(), 1);
    assert_eq!(network.asked().last().unwrap(), &Asked::Like(RemoteId::new("7"), true));
    assert!(room.desk.dump().await.unwrap().contains("(liked): Bonsoir !"));
    assert_eq!(journal(&room), [("like".into(), format!("{{\"message\":{},\"on\":true}}", message.0))]);
}

#[tokio::test]
async fn what_the_network_refuses_changes_nothing_here() {
    let (room, network, message, person) = desk().await;
    let fault = Fault::refused(RefusalCode::Forbidden, None);
    network.script().acts.push_back(Err(fault.clone()));
    assert_eq!(room.desk.like(message, true).await, Err(Problem::Network { fault: fault.clone() }));
    network.script().acts.push_back(Err(fault.clone()));
    assert_eq!(room.desk.block(person, true).await, Err(Problem::Network { fault }));
    network.script().no_reactions = true;
    assert_eq!(room.desk.like(message, true).await, Err(Problem::NotOffered));
    assert!(journal(&room).is_empty());
    assert!(!room.desk.dump().await.unwrap().contains("liked"));
    assert_eq!(room.desk.like(MessageId(999), true).await, Err(Problem::NotFound));
}

#[tokio::test]
async fn persons_are_muted_and_blocked_by_their_name_there() {
    let (room, network, _, person) = desk().await;
    room.desk.mute(person, true).await.unwrap();
    room.desk.block(person, true).await.unwrap();
    room.desk.block(person, false).await.unwrap();
    let lea = RemoteId::new("p-Léa");
    let asked = network.asked();
    let asked = &asked[asked.len() - 3..];
    assert_eq!(asked, [Asked::Mute(lea.clone(), true), Asked::Block(lea.clone(), true), Asked::Block(lea, false)]);
    let stands: (bool, bool) = room
        .desk
        .store()
        .read_now(|conn| {
            Ok(conn.query_row("SELECT muted, blocked FROM person WHERE id = ?1", [person.0], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?)
        })
        .unwrap();
    assert_eq!(stands, (true, false));
}

#[tokio::test]
async fn a_report_leaves_no_text_in_the_journal() {
    let (room, network, message, _) = desk().await;
    let comment = "Menaces répétées";
    room.desk.report(message, ReportCategory::Violation, comment.into(), true).await.unwrap();
    let Some(Asked::Report(report)) = network.asked().pop() else {
        unreachable!("the last thing asked is the report");
    };
    assert_eq!((report.comment.as_str(), report.forward), (comment, true));
    assert_eq!(report.items, [RemoteId::new("7")]);
    let (kind, detail) = journal(&room).pop().unwrap();
    assert_eq!(kind, "report");
    assert!(!detail.contains("Menaces"), "{detail}");
    let long = "x".repeat(1_001);
    let refused = room.desk.report(message, ReportCategory::Spam, long, false).await;
    assert_eq!(refused, Err(Problem::Invalid { field: "comment".into() }));
}
