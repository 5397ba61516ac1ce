//! Clients are told apart by letters, their names checked, an edit undone unless edited since.
//! Names are what the CM types: spaces, accents and case included.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::room;

fn taken(letters: &[&str]) -> Vec<String> {
    letters.iter().map(|letter| (*letter).to_owned()).collect()
}

#[test]
fn letters_tell_clients_apart() {
    assert_eq!(letter("boulangerie Le Pétrin", &[]), "B");
    assert_eq!(letter("Boulangerie Le Pétrin", &taken(&["B"])), "BL");
    assert_eq!(letter("Boulangerie Le Pétrin", &taken(&["B", "BL"])), "BP");
    assert_eq!(letter("Bus", &taken(&["B"])), "BU");
    assert_eq!(letter("Élan", &taken(&["É"])), "ÉL");
    assert_eq!(letter("B", &taken(&["B"])), "B");
    assert_eq!(letter("…", &[]), "?");
}

#[tokio::test]
async fn names_are_checked() {
    let room = room(Vec::new()).await;
    let add = |name: &str, color| room.desk.add_client(name.to_owned(), color);
    add("  Théâtre   du Port ", 3).await.unwrap();
    assert_eq!(add("théâtre du port", 1).await, Err(Problem::Taken));
    assert_eq!(add(" ", 1).await, Err(invalid("name")));
    assert_eq!(add(&"é".repeat(61), 1).await, Err(invalid("name")));
    assert_eq!(add("Mairie", 0).await, Err(invalid("color")));
    assert_eq!(add("Mairie", 9).await, Err(invalid("color")));
    let desk = room.desk.desk().await.unwrap();
    assert_eq!(desk.clients.len(), 1);
    assert_eq!(desk.clients[0].name, "Théâtre du Port");
}

#[tokio::test]
async fn an_edit_is_undone_unless_edited_since() {
    let room = room(Vec::new()).await;
    let desk = &room.desk;
    let id = desk.add_client("Mairie".into(), 1).await.unwrap();
    let face = async || {
        let client = desk.desk().await.unwrap().clients.remove(0);
        (client.name, client.color)
    };
    let first = desk.edit_client(id, "Ville".into(), 2).await.unwrap();
    let second = desk.edit_client(id, "Ville".into(), 4).await.unwrap();
    assert_eq!(desk.edit_client(id, "Ville".into(), 4).await.unwrap().act, None);
    assert_eq!(desk.undo(first.act).await.unwrap().left, 1);
    assert_eq!(face().await, ("Ville".into(), 4));
    assert_eq!(desk.undo(second.act).await.unwrap().left, 0);
    assert_eq!(face().await, ("Ville".into(), 2));
    assert_eq!(desk.edit_client(ClientId(99), "Autre".into(), 1).await.err(), Some(Problem::NotFound));
}
