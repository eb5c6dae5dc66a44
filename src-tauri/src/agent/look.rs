//! `presently look`: what a user shows, as one of the accounts sees it. It runs
//! beside the agent's own task.

use std::time::Duration;

use jiff::Timestamp;
use presently_core::Code;
use presently_ipc::look::{Look, ProfileCall, ProfileRoom, ProfileStatus};
use presently_ipc::{Failure, Reply};
use presently_matrix::{self as matrix, LookError, Matrix, SecretStores};
use presently_text::Texts;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use super::accounts::Slot;
use super::{Agent, Outcome};

/// The time limit for the renewal of an expired token.
const RENEWAL_TIMEOUT: Duration = Duration::from_secs(20);

impl Agent {
    /// Looks up what a user shows and sends the reply.
    pub(super) fn look(&self, user_id: String, answer: oneshot::Sender<Reply>) {
        let Some(slot) = self.observing_account(&user_id) else {
            let failure = Failure::new(&Code::new("look-no-account"));
            let _ = answer.send(Reply::Failed(failure));
            return;
        };
        let observer = Observer {
            user_id: slot.user_id.clone(),
            presence: slot.view().and_then(|v| v.abilities.presence),
            matrix: self.matrix.clone(),
            secrets: self.secrets(),
            renewed: self.accounts.renewed(),
            outcomes: self.outcomes.clone(),
        };
        tokio::spawn(async move {
            let _ = answer.send(match observer.look(&user_id).await {
                Ok(look) => Reply::Look(Box::new(look)),
                Err(failure) => Reply::Failed(failure),
            });
        });
    }

    /// The account that can see most of a user: one on the same server, else
    /// the first.
    fn observing_account(&self, user_id: &str) -> Option<&Slot> {
        let server = |id: &str| id.split_once(':').map(|(_, server)| server.to_owned());
        let signed_in = || self.accounts.iter().filter(|s| s.is_signed_in());
        signed_in().find(|s| server(&s.user_id) == server(user_id)).or_else(|| signed_in().next())
    }
}

/// The account that makes the requests.
struct Observer {
    user_id: String,
    /// Whether presence is enabled on its server, if known.
    presence: Option<bool>,
    matrix: Matrix,
    secrets: SecretStores,
    renewed: watch::Receiver<()>,
    outcomes: mpsc::Sender<Outcome>,
}

impl Observer {
    async fn look(mut self, user_id: &str) -> Result<Look, Failure> {
        let seen = match self.once(user_id).await {
            Err(LookFailure::Expired) => {
                self.wait_for_renewal().await;
                self.once(user_id).await
            }
            seen => seen,
        };
        match seen {
            Ok(seen) => Ok(view(seen, user_id.trim(), &self.user_id)),
            Err(LookFailure::Expired) => Err(Failure::new(&LookError::Expired)),
            Err(LookFailure::Failed(failure)) => Err(failure),
        }
    }

    async fn once(&self, user_id: &str) -> Result<matrix::Look, LookFailure> {
        let found = self.secrets.load(&self.user_id).await;
        let found = found.map_err(|error| LookFailure::Failed(Failure::new(&error)))?;
        match self.matrix.look(found.session, user_id, self.presence).await {
            Err(LookError::Expired) => Err(LookFailure::Expired),
            seen => seen.map_err(|error| LookFailure::Failed(Failure::new(&error))),
        }
    }

    /// Waits until the account has a new token. The account driver does not
    /// know yet that the old one has expired.
    async fn wait_for_renewal(&mut self) {
        let _ = self.outcomes.send(Outcome::Expired(self.user_id.clone())).await;
        let _ = timeout(RENEWAL_TIMEOUT, self.renewed.changed()).await;
    }
}

enum LookFailure {
    Expired,
    Failed(Failure),
}

fn view(seen: matrix::Look, user_id: &str, through: &str) -> Look {
    let now = Timestamp::now();
    Look {
        user_id: user_id.to_owned(),
        name: seen.name,
        through: through.to_owned(),
        presence: seen.presence,
        message: seen.message,
        currently_active: seen.currently_active,
        last_active: seen.last_active_ago.and_then(|ago| now.checked_sub(ago).ok()),
        status: seen.status.map(|s| ProfileStatus { text: s.text, emoji: s.emoji }),
        call: seen.call.map(|call| ProfileCall {
            since: call.joined.and_then(|joined| Timestamp::from_second(joined).ok()),
        }),
        profile_room: seen
            .room
            .map(|room| ProfileRoom { presence: room.presence, message: room.message }),
        notes: seen.notes.iter().map(|note| Texts::english().code(note)).collect(),
        note_codes: seen.notes,
    }
}
