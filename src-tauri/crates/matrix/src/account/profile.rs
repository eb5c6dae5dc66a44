//! The half of an account that is about the profile. Its rules are
//! [`presently_core::account::profile`]'s.

use std::sync::Arc;

use presently_core::Mono;
use presently_core::account::Marks;
use presently_core::account::profile::{Fields, Profile, ProfileEvent, Step, Wish, plan_profile};
use tokio::sync::{oneshot, watch};

use super::fields;
use super::flight::Flight;
use crate::api::Api;

/// What is known and under way.
pub(super) struct ProfileSide {
    pub(super) wish: watch::Receiver<Wish>,
    pub(super) profile: Profile,
    pub(super) fields: Fields,
    pub(super) flight: Option<Flight<ProfileEvent>>,
    pub(super) look: Option<Mono>,
    pub(super) settled: bool,
}

impl ProfileSide {
    pub(super) fn new(wish: watch::Receiver<Wish>, marks: &Marks) -> Self {
        Self {
            wish,
            profile: Profile::after_restart(marks),
            fields: Fields::default(),
            flight: None,
            look: None,
            settled: false,
        }
    }

    /// The request that is due; it is taken for begun.
    pub(super) fn next(&mut self, now: Mono) -> Option<Step> {
        let wish = self.wish.borrow_and_update().clone();
        let plan = plan_profile(&wish, &self.fields, &self.profile, now);
        (self.look, self.settled) = (plan.look, plan.settled);
        let step = plan.step?;
        self.profile.record(ProfileEvent::Started(step.clone()), now);
        Some(step)
    }

    /// Sends a request once its mark is written.
    pub(super) fn begin(
        &mut self,
        api: &Arc<Api>,
        step: Step,
        marked: Option<oneshot::Receiver<()>>,
    ) {
        let (api, fields) = (Arc::clone(api), self.fields.clone());
        self.flight = Some(Box::pin(async move {
            let marked = match marked {
                Some(marked) => marked.await.is_ok(),
                None => true,
            };
            if !marked {
                return ProfileEvent::Failed;
            }
            fields::carry_out(&api, &fields, step).await
        }));
    }
}
