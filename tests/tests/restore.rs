//! An older copy of the inbox is opened, in one of the ways people do that: nothing it had not sent leaves by itself,
//! what its other life sent is found and linked, and the rest waits for a person. Counted at the servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guichet_core::view::{HoldTarget, Problem, ReplyState, RestoredView, Settle};
use guichet_model::ReplyId;
use guichet_tests::desk::{Town, doors};
use std::path::{Path, PathBuf};
use std::time::Duration;

const PHRASE: &str = "quatre haricots sous la lune";
const MARK: &str = "[à vérifier : peut-être déjà partie]";

/// A town where two replies wait without a network: one to Lucie, one to Karim.
struct Evening {
    town: Town,
    lucie: ReplyId,
    karim: ReplyId,
}

const TO_LUCIE: &str = "Oui, de dix heures à midi.";
const TO_KARIM: &str = "Elle part demain matin.";
const TO_ODILE: &str = "Nous fermons le onze.";

impl Evening {
    async fn queued(honours_keys: bool) -> Evening {
        let town = Town::open_where("soirée", 0.0, honours_keys).await;
        for (by, words) in [
            ("lucie", "Vous ouvrez dimanche ?"),
            ("karim", "Avez-vous reçu ma commande ?"),
            ("odile", "Vous êtes fermés le 11 ?"),
        ] {
            let _said = town.mention(by, words);
        }
        let (first, second) = (town.row("ouvrez dimanche").await, town.row("reçu ma commande").await);
        let _third = town.row("fermés le 11").await;
        town.rehearsal.offline(true);
        town.desk().set_system_online(false);
        let lucie = town.reply(first.id, TO_LUCIE).await;
        let karim = town.reply(second.id, TO_KARIM).await;
        Evening { town, lucie, karim }
    }

    /// Online again: Lucie's leaves, Karim's is taken back, and one is written to Odile that the copy never had.
    async fn live_on(&self) {
        let town = &self.town;
        let taken = town.desk().take_back(vec![self.karim]).await.unwrap();
        assert_eq!(taken.left, []);
        town.rehearsal.offline(false);
        town.desk().set_system_online(true);
        town.sent(self.lucie).await;
        let odile = town.reply(town.row("fermés le 11").await.id, TO_ODILE).await;
        town.sent(odile).await;
        self.stands([1, 0, 1]);
    }

    /// How often each text stands at the servers: Lucie's, Karim's, Odile's.
    fn stands(&self, expected: [usize; 3]) {
        let there = [TO_LUCIE, TO_KARIM, TO_ODILE].map(|words| self.town.published(words).len());
        assert_eq!(there, expected, "to Lucie, Karim, Odile");
    }

    /// The older copy is open: Lucie's is found, Karim's is not and stays, six times these minutes.
    async fn is_held(&self, minutes: i64) {
        let town = &self.town;
        town.sent(self.lucie).await;
        let looked = |state: &ReplyState| matches!(state, ReplyState::Unsure { looked_at: Some(_), .. });
        let _state = town.becomes(self.karim, "looked for and not found", looked).await;
        let found = town.outbox().await.into_iter().find(|reply| reply.id == self.lucie).unwrap();
        let shown = town.desk().conversation(found.conversation).await.unwrap();
        let ours: Vec<_> = shown.messages.iter().filter(|message| message.ours).collect();
        assert_eq!(ours.iter().map(|message| message.id).collect::<Vec<_>>(), [found.message.unwrap()]);
        // Later looks, one after the other.
        for _ in 0..6 {
            town.watch.forward(minutes * 60_000);
            let _acted = town.desk().retry(vec![self.karim]).await;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        assert!(matches!(town.state(self.karim).await, ReplyState::Unsure { .. }));
        let holds = town.desk().holds().await.unwrap();
        assert_eq!(holds.iter().map(|hold| hold.target.clone()).collect::<Vec<_>>(), [HoldTarget::Restored]);
    }

    async fn release(&self) {
        let holds = self.town.desk().holds().await.unwrap();
        self.town.desk().release(holds.into_iter().map(|hold| hold.id).collect()).await.unwrap();
    }

    fn backup_file(&self) -> PathBuf {
        self.town.home.path().join("lundi.guichet")
    }

    async fn backup(&self) {
        let file = self.backup_file().display().to_string();
        let written = self.town.desk().backup(file, PHRASE.into()).await.unwrap();
        assert!(written.size > 0);
    }

    async fn restore(&self) -> Result<RestoredView, Problem> {
        let key = self.town.home.path().join("key");
        let doors = doors(&self.town.folder(), &key, self.town.watch.clone(), 99);
        guichet_tests::until("the desk has let go", Duration::from_secs(10), || async {
            let restored = guichet_core::restore(doors.clone(), self.backup_file(), PHRASE.into(), MARK.into()).await;
            (restored != Err(Problem::Busy)).then_some(restored)
        })
        .await
    }
}

async fn restored_from_a_backup(honours_keys: bool, minutes: i64) -> Evening {
    let evening = Evening::queued(honours_keys).await;
    evening.backup().await;
    evening.live_on().await;
    evening.town.quit().await;
    let view = evening.restore().await.unwrap();
    assert!(Path::new(&view.aside.unwrap()).join("desk.db").exists());
    // Karim's text had gone back to its composer after the copy was made.
    assert_eq!((view.drafts, view.left), (1, Vec::new()));
    evening.town.start().await;
    evening.is_held(minutes).await;
    evening.stands([1, 0, 1]);
    evening
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_inbox_sends_nothing_until_it_is_released() {
    let evening = restored_from_a_backup(false, 20).await;
    evening.release().await;
    // No key tells this server a second copy: a person has to say it.
    tokio::time::sleep(Duration::from_secs(2)).await;
    evening.stands([1, 0, 1]);
    let acted = evening.town.desk().settle(vec![evening.karim], Settle::SendAgain).await.unwrap();
    assert_eq!(acted.left, []);
    evening.town.sent(evening.karim).await;
    evening.stands([1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_keys_are_honoured_a_release_repeats_by_the_key() {
    // Before the key is as old as half of what the server promises.
    let evening = restored_from_a_backup(true, 1).await;
    evening.release().await;
    let _acted = evening.town.desk().retry(vec![evening.karim]).await.unwrap();
    evening.town.sent(evening.karim).await;
    evening.stands([1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_store_put_back_under_its_vault_is_noticed() {
    let evening = Evening::queued(false).await;
    let file = evening.town.folder().join("desk.db");
    evening.town.quit().await;
    let older = std::fs::read(&file).unwrap();
    evening.town.start().await;
    evening.live_on().await;
    evening.town.quit().await;
    // Into the same file, as `cp` writes over it.
    std::fs::write(&file, older).unwrap();
    evening.town.start().await;
    evening.is_held(20).await;
    evening.stands([1, 0, 1]);
}

/// The whole folder, its vault with it: only the files' own identity tells.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_of_the_whole_folder_is_noticed() {
    let evening = Evening::queued(true).await;
    let (folder, copy) = (evening.town.folder(), evening.town.home.path().join("copie"));
    evening.town.quit().await;
    std::fs::create_dir(&copy).unwrap();
    for entry in std::fs::read_dir(&folder).unwrap().map(Result::unwrap).filter(|e| e.file_type().unwrap().is_file()) {
        std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    evening.town.start().await;
    evening.live_on().await;
    evening.town.quit().await;
    std::fs::rename(&folder, evening.town.home.path().join("avant")).unwrap();
    std::fs::rename(&copy, &folder).unwrap();
    evening.town.start().await;
    evening.is_held(20).await;
    evening.stands([1, 0, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_night_between_two_openings_is_no_restoring() {
    let evening = Evening::queued(false).await;
    let town = &evening.town;
    town.quit().await;
    town.start().await;
    assert_eq!(town.desk().holds().await.unwrap(), []);
    town.rehearsal.offline(false);
    town.desk().set_system_online(true);
    town.sent(evening.lucie).await;
    town.sent(evening.karim).await;
    evening.stands([1, 1, 0]);
}
