//! Junk and trash, there and back, with MOVE and without.

#![allow(clippy::unwrap_used)]

use super::super::fake::{Fake, NOW, letter};
use guichet_model::{Again, Curation, Fault, HOUR, Publication, RefusalCode, RemoteId, Session};

async fn scene() -> (Fake, RemoteId) {
    let fake = Fake::start().await;
    fake.put("INBOX", 9, letter("a@lea.test", "lea@lea.test", "x", "", "x"));
    fake.put("INBOX", 8, letter("aa@lea.test", "lea@lea.test", "x", "", "x"));
    (fake, RemoteId::new("mid:a@lea.test"))
}

fn lies(fake: &Fake) -> Vec<(String, usize)> {
    let state = fake.state();
    let there = state.folders.iter().map(|(name, folder)| (name.clone(), folder.messages.len()));
    there.filter(|(_, many)| *many > 0).collect()
}

#[tokio::test]
async fn it_goes_to_junk_or_trash_and_comes_back() {
    for without in [None, Some("MOVE")] {
        let (fake, name) = scene().await;
        fake.state().without.extend(without);
        let account = fake.account();
        for (to, folder) in [(Publication::Spam, "Junk"), (Publication::Trash, "Trash")] {
            assert_eq!(account.put(&name, to).await, Ok(to));
            assert_eq!(lies(&fake), [("INBOX".to_owned(), 1), (folder.to_owned(), 1)], "the other one stays");
            let looked = account.look(std::slice::from_ref(&name)).await.unwrap();
            assert_eq!(looked.items[0].publication, to);
            assert_eq!(account.put(&name, to).await, Ok(to), "twice is once");
        }
        assert_eq!(account.put(&name, Publication::Published).await, Ok(Publication::Published));
        assert_eq!(lies(&fake), [("INBOX".to_owned(), 2)]);
    }
}

#[tokio::test]
async fn where_a_move_leaves_the_original_marked_it_lies_where_it_was_put() {
    let (fake, name) = scene().await;
    fake.state().without.extend(["MOVE", "UIDPLUS"]);
    let account = fake.account();
    account.put(&name, Publication::Spam).await.unwrap();
    assert_eq!(fake.flags("INBOX", 1), ["\\Deleted"]);
    // Remembered or not.
    account.pull("inbox", None, NOW.plus(-HOUR)).await.unwrap();
    for account in [account, fake.account()] {
        let looked = account.look(std::slice::from_ref(&name)).await.unwrap();
        assert_eq!(looked.items[0].publication, Publication::Spam);
    }
    assert_eq!(fake.account().put(&name, Publication::Published).await, Ok(Publication::Published));
    assert_eq!(fake.state().folders["INBOX"].messages.len(), 3);
}

#[tokio::test]
async fn what_is_gone_or_not_offered_is_said() {
    let (fake, name) = scene().await;
    let account = fake.account();
    let refused = |code| Err(Fault::refused(code, None));
    assert_eq!(account.put(&name, Publication::Hidden).await, refused(RefusalCode::NotOffered));
    let gone = RemoteId::new("mid:nobody@lea.test");
    assert_eq!(account.put(&gone, Publication::Spam).await, refused(RefusalCode::Gone));
    let able = account.capabilities().await.unwrap();
    assert_eq!(able.publications, [Publication::Published, Publication::Spam, Publication::Trash]);
    fake.state().folders.remove("Junk");
    let other = fake.account();
    assert_eq!(other.capabilities().await.unwrap().publications, [Publication::Published, Publication::Trash]);
    assert_eq!(other.put(&name, Publication::Spam).await, refused(RefusalCode::NotOffered));
}
