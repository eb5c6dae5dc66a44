//! Sign-in through the browser. Starting it, waiting for it and cancelling it
//! are separate requests.

use std::convert::Infallible;
use std::time::Duration;

use presently_core::Code;
use presently_ipc::request::BrowserWay;
use presently_ipc::{Failure, Reply, Secret};
use presently_matrix::{self as matrix, BrowserSignIn, Browsing, Discovered, Ways};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Agent;
use super::sign_in::{SigningIn, device_name, failure, non_blank};

/// The time within which the client that started a sign-in must ask for its
/// result.
const WAITER_TIMEOUT: Duration = Duration::from_secs(10);

/// A sign-in through the browser. Dropping it cancels it.
pub(super) struct PendingSignIn {
    ticket: u32,
    /// Passes on the client that waits for the result. `None` once a client
    /// waits.
    waiter: Option<oneshot::Sender<Answer>>,
    _cancel: oneshot::Sender<Infallible>,
}

type Answer = oneshot::Sender<Reply>;

/// The task of a [`PendingSignIn`].
struct SignInTask {
    ticket: u32,
    waiter: oneshot::Receiver<Answer>,
    cancelled: oneshot::Receiver<Infallible>,
}

impl PendingSignIn {
    fn new(ticket: u32) -> (Self, SignInTask) {
        let (give, waiter) = oneshot::channel();
        let (wanted, cancelled) = oneshot::channel();
        let begun = Self { ticket, waiter: Some(give), _cancel: wanted };
        (begun, SignInTask { ticket, waiter, cancelled })
    }
}

impl Agent {
    /// Reports the ways to sign in that a homeserver offers.
    pub(super) fn ways(&self, user_id: String, homeserver: Option<String>, answer: Answer) {
        let matrix = self.matrix.clone();
        tokio::spawn(async move {
            let discovered = matrix.discover(&user_id, non_blank(homeserver).as_deref()).await;
            let _ = answer.send(match discovered {
                Ok(Discovered { homeserver, ways: Ways { password, sso, oauth } }) => {
                    Reply::Ways { homeserver: Some(homeserver), password, sso, oauth }
                }
                Err(error) => Reply::Failed(failure(error)),
            });
        });
    }

    /// Starts a sign-in and cancels an earlier one.
    pub(super) fn begin_browser_sign_in(
        &mut self,
        user_id: &str,
        homeserver: Option<String>,
        way: Option<BrowserWay>,
        answer: Answer,
    ) {
        let user_id = user_id.trim().to_owned();
        self.pending_sign_in = None;
        if let Some(refusal) = self.refusal(&user_id) {
            let _ = answer.send(Reply::Failed(refusal));
            return;
        }
        self.tickets = self.tickets.wrapping_add(1);
        let (begun, task) = PendingSignIn::new(self.tickets);
        self.pending_sign_in = Some(begun);
        let signing_in = self.signing_in(user_id);
        let method = Method { homeserver: non_blank(homeserver), way };
        tokio::spawn(task.run(signing_in, method, answer));
    }

    /// Makes a client wait for the result of a sign-in.
    pub(super) fn finish_browser_sign_in(&mut self, ticket: u32, answer: Answer) {
        let begun = self.pending_sign_in.as_mut().filter(|begun| begun.ticket == ticket);
        let unclaimed = match begun.and_then(|begun| begun.waiter.take()) {
            Some(waiter) => waiter.send(answer),
            None => Err(answer),
        };
        if let Err(answer) = unclaimed {
            let _ = answer.send(Reply::Failed(cancelled()));
        }
    }

    /// Cancels a sign-in, unless it has ended.
    pub(super) fn cancel_browser_sign_in(&mut self, ticket: u32) {
        self.pending_sign_in.take_if(|begun| begun.ticket == ticket);
    }
}

/// The server and the way of a sign-in.
struct Method {
    homeserver: Option<String>,
    way: Option<BrowserWay>,
}

impl SignInTask {
    async fn run(mut self, mut signing_in: SigningIn, method: Method, answer: Answer) {
        let begun = tokio::select! {
            begun = begin(&signing_in, method) => begun,
            _ = &mut self.cancelled => Err(cancelled()),
        };
        let browsing = match begun {
            Ok(browsing) => browsing,
            Err(failure) => {
                let _ = answer.send(Reply::Failed(failure));
                return;
            }
        };
        let url = Secret::new(browsing.url());
        if answer.send(Reply::Browse { url, ticket: self.ticket }).is_err() {
            return;
        }
        // The browser may return before the client waits; its request then
        // stays open.
        let Ok(Ok(mut waiter)) = timeout(WAITER_TIMEOUT, self.waiter).await else { return };
        let back = tokio::select! {
            back = browsing.came_back() => back.map_err(failure),
            _ = &mut self.cancelled => Err(cancelled()),
            () = waiter.closed() => return,
        };
        // From here on the sign-in cannot be cancelled, because the server
        // creates a session.
        let account_lock = back.and_then(|back| Ok((back, signing_in.account_lock()?)));
        let (result, account_lock) = match account_lock {
            Ok((back, account_lock)) => {
                let session = back.session().await.map_err(failure);
                (signing_in.keep(session).await, Some(account_lock))
            }
            Err(failure) => (Err(failure), None),
        };
        signing_in.end(result, account_lock, waiter).await;
    }
}

async fn begin(signing_in: &SigningIn, method: Method) -> Result<Browsing, Failure> {
    let Method { homeserver, way } = method;
    signing_in.check_store().await?;
    let user_id = signing_in.user_id.clone();
    let matrix = &signing_in.matrix;
    let way = match way {
        Some(BrowserWay::Sso) => matrix::BrowserWay::Sso,
        Some(BrowserWay::OAuth) => matrix::BrowserWay::OAuth,
        None => {
            let discovered = matrix.discover(&user_id, homeserver.as_deref()).await;
            let ways = discovered.map_err(failure)?.ways;
            ways.browser().ok_or_else(|| {
                Failure::new(&Code::new("sign-in-no-browser").with("user_id", &user_id))
            })?
        }
    };
    let (device_id, device_name) = (signing_in.ended.clone(), device_name());
    let how = BrowserSignIn { user_id, homeserver, way, device_id, device_name };
    matrix.sign_in_by_browser(how).await.map_err(failure)
}

fn cancelled() -> Failure {
    Failure::new(&Code::new("sign-in-given-up"))
}
