//! The end of an account's task.

use std::future;
use std::sync::Arc;
use std::time::Duration;

use presently_core::account::profile::ProfileEvent;
use presently_core::account::{Event, leaving};
use tokio::sync::mpsc;

use super::Driver;
use crate::account::flight::{Flight, answered};
use crate::account::{AccountEvent, fields, requests};
use crate::trouble::Trouble;

/// An answer that is under way may take this long.
const LAST_ANSWER: Duration = Duration::from_millis(500);

impl Driver {
    /// The end. Tokens that are renewed on the way are still to be stored:
    /// the next start has no others.
    pub(super) async fn leave(mut self) {
        let (_, none) = mpsc::unbounded_channel();
        let mut refreshed = std::mem::replace(&mut self.refreshed, none);
        let (events, user_id) = (self.reports.events().clone(), self.api.user().to_string());
        let renewals = async {
            while let Some((session, stored)) = refreshed.recv().await {
                let event = AccountEvent::Session { session, stored };
                let _ = events.send((user_id.clone(), event)).await;
            }
            future::pending().await
        };
        tokio::select! {
            () = self.last_words() => {}
            () = renewals => {}
        }
    }

    /// What does not go out is done at the next start, because its marks
    /// stand.
    async fn last_words(&mut self) {
        (self.poll, self.replaced, self.probe) = (None, None, None);
        self.room.flight = None;
        // What is under way might overtake the last words.
        let (put, step) = tokio::join!(last(&mut self.put), last(&mut self.side.flight));
        if let Some(answer) = put {
            self.put_answered(answer);
        }
        if let Some(answer) = step {
            let now = self.now();
            self.side.profile.record(answer, now);
        }
        let api = Arc::clone(&self.api);
        let (call, fields) = (self.side.profile.leaving(), self.side.fields.clone());
        let hang_up = async {
            match call {
                Some(step) => Some((step.clone(), fields::carry_out(&api, &fields, step).await)),
                None => None,
            }
        };
        let (hung_up, ()) = tokio::join!(hang_up, self.go_offline());
        if let Some((step, answer)) = hung_up {
            let now = self.now();
            self.side.profile.record(ProfileEvent::Started(step), now);
            self.side.profile.record(answer, now);
        }
        if self.desired.borrow().message_ends && !self.over {
            self.take_status_away().await;
        }
        self.report_changes();
        self.reports.flush();
    }

    /// Nobody would see to its end.
    async fn take_status_away(&mut self) {
        // What stands there is read, then removed if it is ours.
        for _ in 0..2 {
            let now = self.now();
            let Some(step) = self.side.profile.leaving_status(now) else { return };
            self.side.profile.record(ProfileEvent::Started(step.clone()), now);
            // Or the next start would take it for somebody else's doing.
            let marked = self.keep_marks();
            self.reports.flush();
            if let Some(marked) = marked
                && marked.await.is_err()
            {
                return;
            }
            let answer = fields::carry_out(&self.api, &self.side.fields, step).await;
            self.side.profile.record(answer, self.now());
        }
    }

    async fn go_offline(&mut self) {
        let desired = self.desired.borrow().clone();
        let Some(put) = leaving(&desired, &self.abilities, &self.ack).filter(|_| !self.over) else {
            return;
        };
        self.record(Event::PutStarted(put.clone()));
        let mut answer = requests::put(&self.api, &put).await;
        if let Err(Trouble::Limited(Some(after))) = answer {
            tokio::time::sleep(after).await;
            answer = requests::put(&self.api, &put).await;
        }
        if answer.is_ok() {
            self.record(Event::PutAccepted);
            // With nothing to clear, the next start need not know either.
            let marked = self.ack.busy_mark || !self.ack.our_messages.is_empty();
            if marked && let Ok(seen) = requests::read(&self.api).await {
                self.record(Event::ReadAnswered(seen));
            }
        }
    }
}

/// The answer of a flight, if there is one and it comes soon. What it was
/// about is not waited for any longer.
async fn last<T>(flight: &mut Option<Flight<T>>) -> Option<T> {
    let mut flight = flight.take();
    flight.as_ref()?;
    tokio::time::timeout(LAST_ANSWER, answered(&mut flight)).await.ok()
}
