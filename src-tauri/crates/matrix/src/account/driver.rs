//! The account driver: the loop that carries the requests of one account.

use std::future;
use std::time::Duration;

use jiff::Timestamp;
use presently_core::account::{Account, Connection, Event, Fault, Intent, Lane, Start, Transmit};
use presently_core::{Code, Moment, Mono};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::event::{AccountEvent, AccountView, Applied, Events};
use super::homeserver::{Homeserver, fault};
use super::in_flight::{Completed, Failure, InFlight};
use super::reports::{Reports, SendPermit};
use crate::api::Refreshed;
use crate::request_error::RequestError;

/// A command to an account.
#[derive(Debug)]
pub(super) enum Command {
    /// The network or the machine is back: retry at once.
    Reconnect,
    /// Say goodbye and end.
    Leave,
}

/// The inputs of an account.
pub(super) struct Inputs {
    pub(super) intent: watch::Receiver<Intent>,
    /// How many times the person has set or cleared their message.
    pub(super) message_changes: watch::Receiver<u64>,
    pub(super) commands: mpsc::Receiver<Command>,
}

/// The monotonic clock and the wall clock.
pub(super) struct Clock {
    started: Instant,
    wall: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Clock {
    /// The clocks of this computer.
    pub(super) fn system() -> Self {
        Self { started: Instant::now(), wall: Box::new(Timestamp::now) }
    }

    fn now(&self) -> Moment {
        let ms = self.started.elapsed().as_millis();
        Moment { mono: Mono(u64::try_from(ms).unwrap_or(u64::MAX)), wall: (self.wall)() }
    }

    fn instant(&self, Mono(ms): Mono) -> Instant {
        self.started + Duration::from_millis(ms)
    }
}

#[cfg(test)]
mod tests;

/// One account, its requests and its reports.
pub(super) struct Driver<H> {
    account: Account,
    homeserver: H,
    inputs: Inputs,
    refreshed: mpsc::UnboundedReceiver<Refreshed>,
    reports: Reports,
    clock: Clock,
    in_flight: InFlight,
    applied: Applied,
    /// What is wrong with the connection.
    problem: Option<Code>,
    leaving: bool,
}

/// What wakes the loop.
enum Input {
    /// A deadline has passed or an input has changed.
    Wakeup,
    Completed(Completed),
    Command(Command),
    Refreshed(Refreshed),
    /// The channel has room for a report.
    CanSend(SendPermit),
    /// The receiver of the reports or the handle of the account is gone.
    Alone,
}

impl<H: Homeserver> Driver<H> {
    pub(super) fn new(
        homeserver: H,
        start: Start,
        inputs: Inputs,
        refreshed: mpsc::UnboundedReceiver<Refreshed>,
        events: Events,
        clock: Clock,
    ) -> Self {
        let (marks, abilities) = (start.marks.clone(), start.abilities.clone());
        Self {
            reports: Reports::new(events, start.user.clone(), marks, abilities),
            account: Account::new(start),
            homeserver,
            inputs,
            refreshed,
            clock,
            in_flight: InFlight::default(),
            applied: Applied::default(),
            problem: None,
            leaving: false,
        }
    }

    /// Runs until the account has left or its session has ended.
    pub(super) async fn run(mut self) {
        let mut input = Input::Wakeup;
        loop {
            let now = self.clock.now();
            self.receive(now);
            match input {
                Input::Wakeup => {}
                Input::Completed(completed) => self.completed(completed, now),
                Input::Command(Command::Reconnect) => self.account.handle(Event::Returned, now),
                Input::Command(Command::Leave) => {
                    self.leaving = true;
                    self.in_flight.end_overlap();
                    self.account.handle(Event::Leave, now);
                }
                Input::Refreshed((session, stored)) => {
                    self.reports.push(AccountEvent::Session { session, stored });
                }
                Input::CanSend(permit) => {
                    let view = self.view(now);
                    self.reports.send(permit, view);
                }
                Input::Alone => return,
            }
            self.send(now);
            self.reports.marks_changed(self.account.marks());
            self.reports.abilities_changed(self.account.abilities());
            if self.account.is_over() {
                return self.end(now).await;
            }
            input = self.next(now).await;
        }
    }

    /// Applies the changed inputs. The intent comes before the count of
    /// messages, because it carries the message that was counted.
    fn receive(&mut self, now: Moment) {
        let intent = self.inputs.intent.borrow_and_update();
        if *intent != self.applied.intent {
            self.applied.intent = intent.clone();
            self.account.handle(Event::Intent(intent.clone()), now);
        }
        drop(intent);
        let message_changes = *self.inputs.message_changes.borrow_and_update();
        if message_changes != self.applied.message_changes {
            self.applied.message_changes = message_changes;
            self.account.handle(Event::MessageChanged, now);
        }
    }

    fn completed(&mut self, completed: Completed, now: Moment) {
        let Completed { id, is_sync, answer } = completed;
        let answer = answer.map_err(|failure| match failure {
            Failure::Unmarked => Fault::NotSent,
            Failure::RequestError(error) => {
                tracing::debug!(?error, "request failed");
                // Only syncs tell whether the connection works. Any request
                // tells that the session has ended.
                let tells = is_sync || error == RequestError::UnknownToken;
                if tells && self.account.is_open(id) {
                    self.problem = Some(self.homeserver.code(&error));
                }
                fault(error)
            }
        });
        self.account.handle(Event::Answered(id, answer), now);
    }

    /// Sends the requests that are due, and cancels those that the account no
    /// longer waits for.
    fn send(&mut self, now: Moment) {
        let fields = self.account.fields().cloned().unwrap_or_default();
        while let Some(Transmit { id, request }) = self.account.poll_transmit(now) {
            let is_sync = request.lane() == Lane::Sync;
            let marks =
                request.needs_marks().then(|| self.reports.write_marks(self.account.marks()));
            let answer = self.homeserver.carry_out(request, &fields);
            let pending = async move {
                if let Some(marks) = marks
                    && !marks.is_durable().await
                {
                    return Err(Failure::Unmarked);
                }
                answer.await.map_err(Failure::RequestError)
            };
            self.in_flight.begin(id, is_sync, Box::pin(pending));
        }
        self.in_flight.keep(|id| self.account.is_open(id));
    }

    /// Waits for the next input.
    async fn next(&mut self, now: Moment) -> Input {
        let view = self.view(now);
        let to_tell = self.reports.are_due(view.as_ref());
        let look = self.account.poll_timeout().map(|at| self.clock.instant(at));
        let wake = look.into_iter().chain(self.in_flight.overlap_ends()).min();
        tokio::select! {
            completed = self.in_flight.next() => Input::Completed(completed),
            () = changed(&mut self.inputs.intent) => Input::Wakeup,
            () = changed(&mut self.inputs.message_changes) => Input::Wakeup,
            command = self.inputs.commands.recv() => {
                command.map_or(Input::Alone, Input::Command)
            }
            Some(refreshed) = self.refreshed.recv() => Input::Refreshed(refreshed),
            permit = self.reports.reserve(), if to_tell => permit.map_or(Input::Alone, Input::CanSend),
            () = sleep_until(wake) => Input::Wakeup,
        }
    }

    /// The view of the account. `None` once it leaves.
    fn view(&mut self, now: Moment) -> Option<AccountView> {
        let account = self.account.view(now);
        if account.connection == Connection::Syncing {
            self.problem = None;
        }
        let (problem, applied) = (self.problem.clone(), self.applied.clone());
        (!self.leaving).then_some(AccountView { account, problem, applied })
    }

    /// Sends the remaining reports. Tokens that are being renewed must still be
    /// stored, because the next start has no others.
    async fn end(mut self, now: Moment) {
        if !self.leaving {
            let view = self.view(now);
            let ended = || self.homeserver.code(&RequestError::UnknownToken);
            let reason = self.problem.take().unwrap_or_else(ended);
            if let Some(view) = view {
                self.reports.push(AccountEvent::View(Box::new(view)));
            }
            self.reports.push(AccountEvent::NeedsLogin { reason });
        }
        let Self { homeserver, mut in_flight, mut refreshed, mut reports, .. } = self;
        // From here on only a running token refresh can send to `refreshed`.
        in_flight.clear();
        drop(homeserver);
        loop {
            reports.flush().await;
            let Some((session, stored)) = refreshed.recv().await else { return };
            reports.push(AccountEvent::Session { session, stored });
        }
    }
}

/// Waits for a change. It waits forever if the sender is gone.
async fn changed<T>(watched: &mut watch::Receiver<T>) {
    if watched.changed().await.is_err() {
        future::pending().await
    }
}

/// Waits until a time. It waits forever if there is none.
async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => future::pending().await,
    }
}
