//! Known messages met again: tidied away is not gone.

#![allow(clippy::unwrap_used)]

use super::super::fake::{Fail, Fake, NOW, letter};
use super::*;
use guichet_model::{Again, HOUR, Session};

#[tokio::test]
async fn wherever_they_lie_they_are_told_and_one_that_lies_nowhere_is_missed() {
    let fake = Fake::start().await;
    let text = |id: &str| letter(id, "lea@lea.test", "x", "", "x");
    fake.put("INBOX", 9, text("a@lea.test"));
    fake.put("Dossiers", 9, text("b@lea.test"));
    fake.put("INBOX", 9, "From: lea@lea.test\r\nSubject: sans nom\r\n\r\nx\r\n");
    let account = fake.account();
    let pulled = account.pull("inbox", None, NOW.plus(-HOUR)).await.unwrap();
    let nameless = pulled.items.iter().find(|item| item.remote.as_str().starts_with("hash:")).unwrap();
    let name = |id: &str| RemoteId::new(format!("mid:{id}"));
    let wanted = [name("a@lea.test"), name("b@lea.test"), name("c@lea.test"), nameless.remote.clone()];
    let before = fake.asked("UID FETCH");
    let looked = account.look(&wanted).await.unwrap();
    let mut told: Vec<&str> = looked.items.iter().map(|item| item.remote.as_str()).collect();
    told.sort_unstable();
    let mut there = vec![nameless.remote.as_str(), "mid:a@lea.test", "mid:b@lea.test"];
    there.sort_unstable();
    assert_eq!(told, there);
    assert!(looked.gone.is_empty() && looked.unreadable.is_empty());
    assert!(fake.asked("UID FETCH") > before);
    // A folder that is not opened proves nobody missing.
    fake.fail("EXAMINE \"Dossiers\"", Fail::Say("NO [NOPERM] no"));
    assert_eq!(account.look(&wanted).await.unwrap().unreadable.len(), 1);
}
