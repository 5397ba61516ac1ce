//! Signing in, signing in again, leaving and coming back, on a network of paper.
//! A secret lives exactly as long as an account speaks with it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::EVENING;
use crate::testing::{Room, author, client_row, conversation_row, room, signed};
use guichet_model::{
    Capabilities, Cursor, Found, Item, LastWord, Login, Network, Outgoing, Page, Place, Prepared, Recheck, RemoteId,
    Source,
};

/// A network on paper: it has a name, and sessions that tell who they speak as.
struct Paper;

impl Network for Paper {
    fn name(&self) -> &'static str {
        "paper"
    }

    fn offer(&self) -> guichet_model::Offer {
        panic!("nobody is shown its tile")
    }

    fn login(&self) -> Box<dyn Login> {
        panic!("nobody signs in on paper")
    }

    fn session(&self, identity: Identity, doors: SessionDoors) -> Arc<dyn Session> {
        Arc::new(PaperSession { identity, doors })
    }
}

struct PaperSession {
    identity: Identity,
    doors: SessionDoors,
}

#[async_trait::async_trait]
impl Session for PaperSession {
    /// Its only use here: to read the secret, and to say who asks, as a fault's text.
    async fn capabilities(&self) -> Result<Capabilities, Fault> {
        let secret = self.doors.secrets.read().await?;
        Err(Fault::unreadable(format!("{} {} {}", self.identity.server, self.identity.me.handle, secret.0)))
    }

    fn sources(&self) -> Vec<Source> {
        Vec::new()
    }

    async fn pull(&self, _: &str, _: Option<&Cursor>, _: Millis) -> Result<Page, Fault> {
        Err(Fault::OFFLINE)
    }

    async fn prepare(&self, _: &Outgoing) -> Result<Prepared, Fault> {
        Err(Fault::OFFLINE)
    }

    async fn send(&self, _: &Prepared, _: Arc<dyn LastWord>) -> Result<Item, Fault> {
        Err(Fault::OFFLINE)
    }

    async fn find(&self, _: &Prepared, _: Millis) -> Result<Found, Fault> {
        Err(Fault::OFFLINE)
    }

    async fn recheck(&self, _: &Place) -> Result<Recheck, Fault> {
        Err(Fault::OFFLINE)
    }
}

async fn paper() -> (Room, ClientId) {
    let room = room(vec![Arc::new(Paper)]).await;
    let client = room.desk.add_client("Mairie".into(), 1).await.unwrap();
    (room, client)
}

async fn asks(room: &Room, account: AccountId) -> Fault {
    room.desk.session(account).await.unwrap().capabilities().await.unwrap_err()
}

fn secrets(room: &Room) -> usize {
    let names = room
        .desk
        .store()
        .read_now(|conn| {
            let mut read = conn.prepare("SELECT secret FROM access")?;
            let names = read.query_map([], |row| row.get::<_, String>(0))?;
            Ok(names.collect::<Result<Vec<_>, _>>()?)
        })
        .unwrap();
    names.iter().filter(|name| room.desk.inner.vault.secret(name).is_some()).count()
}

#[tokio::test]
async fn signing_in_again_is_the_same_account_with_a_fresh_secret() {
    let (room, client) = paper().await;
    let add = |signed: Signed| room.desk.add_account(client, "paper".into(), signed);
    let first = add(signed("Ville")).await.unwrap();
    let before = asks(&room, first[0]).await;
    assert_eq!(before, Fault::unreadable("https://exemple.test ville@exemple.test {\"token\":\"jeton-Ville\"}"));
    room.desk
        .store()
        .write_now(Durability::Full, |tx| {
            set_health(tx, first[0], Health::NeedsLogin)?;
            Ok(tx.execute("UPDATE account SET blocked = '{}', last_success = 1", [])?)
        })
        .unwrap();

    let mut again = signed("Ville");
    again.secret = Secret("neuf".into());
    again.accounts[0].me.name = "Ville de Port-Lazare".into();
    assert_eq!(add(again).await.unwrap(), first);
    assert_eq!(asks(&room, first[0]).await, Fault::unreadable("https://exemple.test ville@exemple.test neuf"));
    let desk = room.desk.desk().await.unwrap();
    assert_eq!(desk.clients[0].accounts.len(), 1);
    assert_eq!(desk.clients[0].accounts[0].name, "Ville de Port-Lazare");
    assert_eq!(desk.clients[0].accounts[0].health, Health::Good);
    assert_eq!(secrets(&room), 1);
}

#[tokio::test]
async fn two_servers_may_number_people_alike() {
    let (room, client) = paper().await;
    let first = room.desk.add_account(client, "paper".into(), signed("Ville")).await.unwrap();
    let mut elsewhere = signed("Ville");
    elsewhere.server = "https://autre.test".into();
    let second = room.desk.add_account(client, "paper".into(), elsewhere).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(secrets(&room), 2, "each server keeps its own secret");
}

#[tokio::test]
async fn one_sign_in_may_bring_several_accounts_of_one_access() {
    let (room, client) = paper().await;
    let mut several = signed("Ville");
    several.accounts.push(SignedAccount { remote: RemoteId::new("p-2"), me: author("Port") });
    let ids = room.desk.add_account(client, "paper".into(), several).await.unwrap();
    assert_eq!(ids.len(), 2);
    room.desk.remove_account(ids[0]).await.unwrap();
    // The other one still speaks with it.
    assert_eq!(secrets(&room), 1);
    room.desk.remove_account(ids[1]).await.unwrap();
    assert_eq!(secrets(&room), 0);
}

#[tokio::test]
async fn two_clients_may_share_an_identity_and_nothing_else() {
    let (room, client) = paper().await;
    let other = room.desk.add_client("Théâtre".into(), 2).await.unwrap();
    let one = room.desk.add_account(client, "paper".into(), signed("Ville")).await.unwrap();
    let two = room.desk.add_account(other, "paper".into(), signed("Ville")).await.unwrap();
    assert_ne!(one, two);
    assert_eq!(secrets(&room), 2);
}

#[tokio::test]
async fn a_removed_account_keeps_its_conversations_and_comes_back() {
    let (room, client) = paper().await;
    let id = room.desk.add_account(client, "paper".into(), signed("Ville")).await.unwrap()[0];
    let (conversation, _) = conversation_row(room.desk.store(), client, id, "Zoé", "Bonjour ?", EVENING);
    asks(&room, id).await;
    room.desk.remove_account(id).await.unwrap();
    assert_eq!(secrets(&room), 0);
    assert!(room.desk.desk().await.unwrap().clients[0].accounts.is_empty());
    assert_eq!(room.desk.conversation(conversation).await.unwrap().messages.len(), 1);
    assert_eq!(room.desk.session(id).await.err(), Some(Problem::Network { fault: Fault::NeedsLogin }));
    assert_eq!(room.desk.remove_account(id).await.err(), Some(Problem::NotFound));

    assert_eq!(room.desk.undo(None).await.unwrap().what, "remove_account");
    assert_eq!(room.desk.desk().await.unwrap().clients[0].accounts[0].health, Health::NeedsLogin);
    assert_eq!(asks(&room, id).await, Fault::NeedsLogin);
    assert_eq!(room.desk.add_account(client, "paper".into(), signed("Ville")).await.unwrap(), [id]);
    assert_eq!(secrets(&room), 1);
}

#[tokio::test]
async fn what_is_no_sign_in_is_refused() {
    let (room, client) = paper().await;
    let add = |client, network: &str, signed| room.desk.add_account(client, network.to_owned(), signed);
    assert_eq!(add(client, "stone", signed("Ville")).await, Err(invalid("network")));
    assert_eq!(add(ClientId(99), "paper", signed("Ville")).await, Err(Problem::NotFound));
    let nobody = Signed { accounts: Vec::new(), ..signed("Ville") };
    assert_eq!(add(client, "paper", nobody).await, Err(invalid("accounts")));
    assert_eq!(secrets(&room), 0);
}

#[tokio::test]
async fn an_account_is_read_up_to_where_its_slowest_source_is() {
    let room = room(Vec::new()).await;
    let store = room.desk.store();
    let (_, account) = client_row(store, "Mairie");
    let up_to = async || {
        let desk = room.desk.desk().await.unwrap();
        assert_eq!(desk.read_up_to, desk.clients[0].accounts[0].read_up_to);
        desk.read_up_to
    };
    let run = |sql: &str| store.write_now(Durability::Full, |tx| Ok(tx.execute(sql, [account.0])?)).unwrap();
    assert_eq!(up_to().await, None);
    run("INSERT INTO source (account, name, since, next_at) VALUES (?1, 'a', 0, 0), (?1, 'b', 0, 0)");
    run("INSERT INTO coverage (account, source, from_at, to_at) VALUES (?1, 'a', 0, 50), (?1, 'a', 60, 90)");
    assert_eq!(up_to().await, None);
    run("INSERT INTO coverage (account, source, from_at, to_at) VALUES (?1, 'b', 0, 70)");
    assert_eq!(up_to().await, Some(Millis(70)));
    run("INSERT INTO hole (account, source, from_at, to_at, fillable) VALUES (?1, 'a', 50, 60, 1)");
    let holes = room.desk.desk().await.unwrap().clients[0].accounts[0].holes.clone();
    assert_eq!(holes.len(), 1);
    assert_eq!((holes[0].interval.from, holes[0].interval.to, holes[0].fillable), (Millis(50), Millis(60), true));
}

#[tokio::test]
async fn the_accounts_of_an_access_share_its_budget_and_keep_it() {
    let room = room(Vec::new()).await;
    let budget = |access| room.desk.inner.budget(AccessId(access));
    let first = budget(1);
    room.desk.inner.forget_session(AccountId(1));
    assert!(Arc::ptr_eq(&first, &budget(1)));
    assert!(!Arc::ptr_eq(&first, &budget(2)));
}
