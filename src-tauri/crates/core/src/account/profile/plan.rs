//! Which request about the profile is due.

use super::refusal::{Refusal, Refused};
use super::{FRESH, Field, FieldValue, Fields, Profile, Step, Target};
use crate::Mono;

/// The request to send now, and when to plan again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfilePlan {
    /// The request. One is open at a time.
    pub step: Option<Step>,
    /// Plan again at this time if no event comes before.
    pub next: Option<Mono>,
    /// The profile shows what was meant.
    pub settled: bool,
    /// What the server refuses of the changes that are wanted.
    pub refused: Vec<Refused>,
}

/// Returns what is due at `now`.
pub(in crate::account) fn plan_profile(
    target: &Target,
    fields: &Fields,
    profile: &Profile,
    now: Mono,
) -> ProfilePlan {
    // The call goes first, because it becomes wrong by itself.
    let steps = [
        call_step(target, fields, profile, now),
        status_step(target, fields, profile, now),
        zone_step(target, fields, profile, now),
    ];
    let steps: Vec<Step> = steps.into_iter().flatten().collect();
    let settled = profile.open.is_none() && steps.is_empty();
    let wanted = steps.iter().chain(&profile.open);
    let refused = wanted.filter_map(|step| profile.refusal(step).map(Refusal::refused)).collect();
    let mut plan = ProfilePlan { settled, refused, ..ProfilePlan::default() };
    if profile.open.is_some() {
        return plan;
    }
    let late_write =
        profile.late_write_until.into_iter().flatten().filter(|until| *until > now).min();
    let mut times = vec![late_write];
    for step in steps {
        let refusal = profile.refusal(&step).map_or(Mono(0), |refusal| refusal.until);
        let due = refusal.max(profile.retry.due());
        if due <= now {
            plan.step = Some(step);
            break;
        }
        times.push(Some(due));
    }
    plan.next = times.into_iter().flatten().min();
    plan
}

fn call_step(target: &Target, fields: &Fields, profile: &Profile, now: Mono) -> Option<Step> {
    fields.call.as_ref()?;
    let may_have_changed =
        profile.late_write_until[Field::Call as usize].is_some_and(|until| until <= now);
    match target.call {
        Some(joined) if may_have_changed || profile.call != FieldValue::Known(Some(joined)) => {
            Some(Step::WriteCall(joined))
        }
        // It is removed once more when no late write can arrive any more.
        None if profile.call_mark
            && (may_have_changed || profile.call != FieldValue::Known(None)) =>
        {
            Some(Step::Remove(Field::Call))
        }
        _ => None,
    }
}

fn zone_step(target: &Target, fields: &Fields, profile: &Profile, now: Mono) -> Option<Step> {
    fields.zone.as_ref()?;
    let may_have_changed =
        profile.late_write_until[Field::Zone as usize].is_some_and(|until| until <= now);
    match &target.zone {
        Some(zone) if may_have_changed || profile.zone != FieldValue::Known(Some(zone.clone())) => {
            Some(Step::WriteZone(zone.clone()))
        }
        // It is removed once more when no late write can arrive any more.
        None if profile.zone_mark
            && (may_have_changed || profile.zone != FieldValue::Known(None)) =>
        {
            Some(Step::Remove(Field::Zone))
        }
        _ => None,
    }
}

fn status_step(target: &Target, fields: &Fields, profile: &Profile, now: Mono) -> Option<Step> {
    fields.status.as_ref()?;
    let may_have_changed =
        profile.late_write_until[Field::Status as usize].is_some_and(|until| until <= now);
    let FieldValue::Known(there) = &profile.status else { return Some(Step::ReadStatus) };
    if may_have_changed {
        return Some(Step::ReadStatus);
    }
    let ours = there.as_ref().is_some_and(|s| profile.our_statuses.contains(s));
    let wanted = match &target.status {
        Some(own) => Some(own).filter(|_| !profile.said.replaced),
        // What the person set on another device comes first.
        None => target.stand_in.as_ref().filter(|_| there.is_none() || ours),
    };
    match wanted {
        // A status counts as ours only if we wrote it, even if the same text
        // stood there before.
        Some(wanted) if there.as_ref() != Some(wanted) || !ours => {
            Some(Step::WriteStatus(wanted.clone()))
        }
        None if ours && now.since(profile.known) < FRESH => Some(Step::Remove(Field::Status)),
        // While the removal is refused, the status need not be read.
        None if ours && profile.is_removal_refused(now) => Some(Step::Remove(Field::Status)),
        None if ours => Some(Step::ReadStatus),
        _ => None,
    }
}

impl Profile {
    /// The refusal of this step.
    fn refusal(&self, step: &Step) -> Option<&Refusal> {
        let refused = self.refused[step.field() as usize].as_ref();
        refused.filter(|refusal| refusal.step == *step)
    }

    /// Whether the server refused the removal of our status, and it is not yet
    /// due again.
    fn is_removal_refused(&self, now: Mono) -> bool {
        let refusal = self.refusal(&Step::Remove(Field::Status));
        refusal.is_some_and(|refusal| refusal.until > now)
    }
}
