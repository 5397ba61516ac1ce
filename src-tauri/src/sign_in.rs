//! Connecting an account: the steps of one network's sign-in, one at a time, for one client.
//!
//! An answer may wait five minutes for the browser. A newer answer (the pasted code) or a cancel overtakes it: the
//! older one is dropped, which closes its listener, and says `too_late`.

use crate::shell::Shell;
use guichet_core::view::Problem;
use guichet_model::{Answer, ClientId, Login, Step};
use tokio::sync::{Mutex, watch};

#[derive(Default)]
pub struct SigningIn {
    now: Mutex<Option<Attempt>>,
    /// Counts starts, answers and cancels: whoever waits leaves when it moves.
    turn: watch::Sender<u64>,
}

struct Attempt {
    network: String,
    client: ClientId,
    login: Box<dyn Login>,
}

impl SigningIn {
    fn overtake(&self) -> watch::Receiver<u64> {
        self.turn.send_modify(|turn| *turn = turn.wrapping_add(1));
        self.turn.subscribe()
    }
}

impl Shell {
    pub async fn login_start(&self, network: String, client: ClientId) -> Result<Step, Problem> {
        let speaks = self.inner.networks.iter().find(|n| n.name() == network);
        let login = speaks.ok_or(Problem::Invalid { field: "network".into() })?.login();
        let first = login.first();
        self.inner.signing_in.overtake();
        *self.inner.signing_in.now.lock().await = Some(Attempt { network, client, login });
        Ok(first)
    }

    pub async fn login_answer(&self, answer: Answer) -> Result<Step, Problem> {
        let mut turn = self.inner.signing_in.overtake();
        let mut now = self.inner.signing_in.now.lock().await;
        let attempt = now.as_mut().ok_or(Problem::NotFound)?;
        let step = tokio::select! {
            step = attempt.login.answer(answer) => step.map_err(|fault| Problem::Network { fault })?,
            _ = turn.changed() => return Err(Problem::TooLate),
        };
        if step == Step::Done {
            let signed = attempt.login.signed().ok_or(Problem::NotFound)?;
            let (client, network) = (attempt.client, attempt.network.clone());
            // Kept until the accounts are in the store: a full disk must not cost the sign-in's last step silently.
            self.desk()?.add_account(client, network, signed).await?;
            *now = None;
            // The first account ends the first start.
            self.announce_all();
        }
        Ok(step)
    }

    pub async fn login_cancel(&self) -> Result<(), Problem> {
        self.inner.signing_in.overtake();
        *self.inner.signing_in.now.lock().await = None;
        Ok(())
    }
}
