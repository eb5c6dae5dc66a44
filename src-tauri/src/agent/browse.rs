//! Signing in through the browser: begun, waited for, or given up.

use std::convert::Infallible;
use std::time::Duration;

use presently_ipc::request::BrowserWay;
use presently_ipc::{Failure, Reply, Secret};
use presently_matrix::{self as matrix, BrowserSignIn, Browsing};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Agent;
use super::sign_in::{SigningIn, device_name, failure, given};

/// Who began a sign-in must come to wait for its end within this.
const CLAIM: Duration = Duration::from_secs(10);

/// A sign-in through the browser. Dropping it gives it up.
pub(super) struct Begun {
    ticket: u32,
    /// Takes who waits for the end, until somebody does.
    waiter: Option<oneshot::Sender<Answer>>,
    _wanted: oneshot::Sender<Infallible>,
}

type Answer = oneshot::Sender<Reply>;

/// The other end of [`Begun`].
struct Course {
    ticket: u32,
    waiter: oneshot::Receiver<Answer>,
    given_up: oneshot::Receiver<Infallible>,
}

impl Begun {
    fn new(ticket: u32) -> (Self, Course) {
        let (give, waiter) = oneshot::channel();
        let (wanted, given_up) = oneshot::channel();
        let begun = Self { ticket, waiter: Some(give), _wanted: wanted };
        (begun, Course { ticket, waiter, given_up })
    }
}

impl Agent {
    /// Says how a homeserver lets people sign in.
    pub(super) fn ways(&self, user_id: String, homeserver: Option<String>, answer: Answer) {
        let matrix = self.matrix.clone();
        tokio::spawn(async move {
            let ways = matrix.ways(&user_id, given(homeserver).as_deref()).await;
            let _ = answer.send(match ways {
                Ok(ways) => {
                    Reply::Ways { password: ways.password, sso: ways.sso, oauth: ways.oauth }
                }
                Err(error) => Reply::Failed(failure(error)),
            });
        });
    }

    /// Begins a sign-in; one that was begun before is given up.
    pub(super) fn browse(
        &mut self,
        user_id: &str,
        homeserver: Option<String>,
        way: Option<BrowserWay>,
        answer: Answer,
    ) {
        let user_id = user_id.trim().to_owned();
        self.browsing = None;
        if let Some(refusal) = self.refusal(&user_id) {
            let _ = answer.send(Reply::Failed(refusal));
            return;
        }
        self.tickets = self.tickets.wrapping_add(1);
        let (begun, course) = Begun::new(self.tickets);
        self.browsing = Some(begun);
        let signing_in = self.signing_in(user_id);
        let wanted = Wanted { homeserver: given(homeserver), way };
        tokio::spawn(course.run(signing_in, wanted, answer));
    }

    /// Lets somebody wait for the end of a sign-in.
    pub(super) fn finish_browsing(&mut self, ticket: u32, answer: Answer) {
        let begun = self.browsing.as_mut().filter(|begun| begun.ticket == ticket);
        let unclaimed = match begun.and_then(|begun| begun.waiter.take()) {
            Some(waiter) => waiter.send(answer),
            None => Err(answer),
        };
        if let Err(answer) = unclaimed {
            let _ = answer.send(Reply::Failed(given_up()));
        }
    }

    /// Gives a sign-in up; what is over stays over.
    pub(super) fn cancel_browsing(&mut self, ticket: u32) {
        self.browsing.take_if(|begun| begun.ticket == ticket);
    }
}

/// How somebody is to sign in.
struct Wanted {
    homeserver: Option<String>,
    way: Option<BrowserWay>,
}

impl Course {
    async fn run(mut self, mut signing_in: SigningIn, wanted: Wanted, answer: Answer) {
        let begun = tokio::select! {
            begun = begin(&signing_in, wanted) => begun,
            _ = &mut self.given_up => Err(given_up()),
        };
        let browsing = match begun {
            Ok(browsing) => browsing,
            Err(failure) => {
                let _ = answer.send(Reply::Failed(failure));
                return;
            }
        };
        let url = Secret(browsing.url().to_owned());
        if answer.send(Reply::Browse { url, ticket: self.ticket }).is_err() {
            return;
        }
        // The browser may come back sooner: it is kept waiting meanwhile.
        let Ok(Ok(mut waiter)) = timeout(CLAIM, self.waiter).await else { return };
        let back = tokio::select! {
            back = browsing.came_back() => back.map_err(failure),
            _ = &mut self.given_up => Err(given_up()),
            () = waiter.closed() => return,
        };
        // From here on it is carried through: the server makes a session.
        let turn = back.and_then(|back| Ok((back, signing_in.turn()?)));
        let (result, turn) = match turn {
            Ok((back, turn)) => {
                let session = back.session().await.map_err(failure);
                (signing_in.keep(session).await, Some(turn))
            }
            Err(failure) => (Err(failure), None),
        };
        signing_in.end(result, turn, waiter).await;
    }
}

async fn begin(signing_in: &SigningIn, wanted: Wanted) -> Result<Browsing, Failure> {
    let Wanted { homeserver, way } = wanted;
    signing_in.check_store().await?;
    let user_id = signing_in.user_id.clone();
    let matrix = &signing_in.matrix;
    let way = match way {
        Some(BrowserWay::Sso) => matrix::BrowserWay::Sso,
        Some(BrowserWay::OAuth) => matrix::BrowserWay::OAuth,
        None => {
            let ways = matrix.ways(&user_id, homeserver.as_deref()).await.map_err(failure)?;
            ways.browser().ok_or_else(|| {
                Failure::new(format!("the server of {user_id} has no sign-in through the browser"))
            })?
        }
    };
    let (device_id, device_name) = (signing_in.ended.clone(), device_name());
    let how = BrowserSignIn { user_id, homeserver, way, device_id, device_name };
    matrix.sign_in_by_browser(how).await.map_err(failure)
}

fn given_up() -> Failure {
    Failure::new("this sign-in was given up; begin again")
}
