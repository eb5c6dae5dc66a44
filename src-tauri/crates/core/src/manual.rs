//! What the person says: a presence, which lasts until its end or until they
//! choose another, and a message, which stands alone or belongs to that
//! presence.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Claim, Presence, Reason, Scope, Source};

mod message;

pub use message::{DEFAULT_EMOJI, EMOJI_BYTES, MESSAGE_BYTES, Message, MessageError};

/// A presence the person chose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The chosen presence.
    pub presence: Presence,
    /// When it was chosen.
    pub since: Timestamp,
    /// When it ends by itself, on the wall clock; `None` where it has no end.
    pub until: Option<Timestamp>,
    /// The message that belongs to this choice and ends with it.
    pub message: Option<Message>,
}

impl Choice {
    fn is_live(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|end| now < end)
    }
}

/// How long busy lasts where the person never chose a length.
const BUSY: SignedDuration = SignedDuration::from_hours(1);

/// What the last [toggle](Manual::toggle_busy) stored for the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToggleMemory {
    /// The choices that it set aside.
    #[serde(rename = "aside")]
    pub set_aside: Vec<(Scope, Choice)>,
    /// Whether it made a choice of its own. Such a choice is not set aside by
    /// the next toggle, because the person did not make it.
    #[serde(rename = "made")]
    pub made_choice: bool,
}

/// All that the person has said, about all accounts and about single ones. It
/// is kept across restarts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manual {
    /// At most one choice for each scope.
    #[serde(default)]
    pub choices: Vec<(Scope, Choice)>,
    /// The standing message, which belongs to no choice.
    #[serde(default)]
    pub message: Option<Message>,
    /// The last choice of busy about all accounts, without its message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<Choice>,
    /// What the last toggle stored, until the person says something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub toggled: Option<ToggleMemory>,
}

impl Manual {
    /// Makes a choice. One about all accounts replaces every other choice,
    /// because the person means all accounts.
    pub fn choose(&mut self, scope: Scope, choice: Choice) {
        self.toggled = None;
        if scope == Scope::All && choice.presence == Presence::Busy {
            self.busy = Some(Choice { message: None, ..choice.clone() });
        }
        self.choices.retain(|(s, _)| !scope.covers(s));
        self.choices.push((scope, choice));
    }

    /// Ends the choices that `scope` covers, and their messages. For all
    /// accounts, the standing message ends as well. Returns whether there was
    /// anything to end.
    ///
    /// An account that [follows a choice about all](Self::follows_all) keeps
    /// following it: it gets no choice of its own.
    pub fn automatic(&mut self, scope: &Scope) -> bool {
        self.toggled = None;
        let before = (self.choices.len(), self.message.is_some());
        self.choices.retain(|(s, _)| !scope.covers(s));
        if *scope == Scope::All {
            self.message = None;
        }
        before != (self.choices.len(), self.message.is_some())
    }

    /// Switches busy about all accounts on or off.
    ///
    /// Off returns to the choices that were set aside, or to automatic where
    /// there are none or they have ended. On returns to the person's own busy
    /// where one was set aside and has not ended. Otherwise it makes a new
    /// choice that lasts as long as the last busy, at first an hour.
    ///
    /// Choices that return keep their end and their message. A standing message
    /// stays.
    pub fn toggle_busy(&mut self, now: Timestamp) {
        self.prune(now);
        let busy = |choices: &[(Scope, Choice)]| {
            let mut all = choices.iter().filter(|(s, _)| *s == Scope::All).map(|(_, c)| c.clone());
            all.find(|c| c.presence == Presence::Busy)
        };
        let ToggleMemory { set_aside, made_choice } = self.toggled.take().unwrap_or_default();
        let current = std::mem::take(&mut self.choices);
        if let Some(shown) = busy(&current) {
            // A state file of an older version has no last busy.
            self.busy.get_or_insert(Choice { message: None, ..shown });
            let current = if made_choice { Vec::new() } else { current };
            self.choices = set_aside;
            self.toggled = Some(ToggleMemory { set_aside: current, made_choice: false });
            return;
        }
        let made_choice = busy(&set_aside).is_none();
        self.choices =
            if made_choice { vec![(Scope::All, self.busy_again(now))] } else { set_aside };
        self.toggled = Some(ToggleMemory { set_aside: current, made_choice });
    }

    /// Busy from `now` on, as long as the last one.
    fn busy_again(&self, now: Timestamp) -> Choice {
        let lasting = match &self.busy {
            None => Some(BUSY),
            Some(last) => last.until.map(|end| end.duration_since(last.since)),
        };
        // An end that is out of range counts as none.
        let until = lasting.and_then(|lasting| now.checked_add(lasting).ok());
        Choice { presence: Presence::Busy, since: now, until, message: None }
    }

    /// Moves the end of the choice of exactly this scope by `by`, together with
    /// the end of its message if that is the same. Returns false, and changes
    /// nothing, if it is not the choice that was made at `since` and ends at
    /// `until`, or if it has ended. `since` is `None` if it is not known.
    pub fn extend(
        &mut self,
        scope: &Scope,
        (since, until): (Option<Timestamp>, Timestamp),
        by: SignedDuration,
        now: Timestamp,
    ) -> bool {
        let is_meant = |c: &Choice| {
            c.until == Some(until) && since.is_none_or(|since| c.since == since) && c.is_live(now)
        };
        let mut choices = self.choices.iter_mut().filter(|(s, _)| s == scope).map(|(_, c)| c);
        let Some(choice) = choices.find(|choice| is_meant(choice)) else { return false };
        let Ok(later) = until.checked_add(by) else { return false };
        choice.until = Some(later);
        if let Some(message) = choice.message.as_mut().filter(|m| m.until == Some(until)) {
            message.until = Some(later);
        }
        true
    }

    /// Whether a single account shows a choice about all accounts. Then
    /// [`automatic`](Self::automatic) for that account alone has no effect.
    pub fn follows_all(&self, scope: &Scope, now: Timestamp) -> bool {
        *scope != Scope::All
            && self.live(scope, now).is_none()
            && self.live(&Scope::All, now).is_some()
    }

    /// Sets or clears the standing message. The messages that belong to choices
    /// are removed, because the newest words count.
    pub fn say(&mut self, message: Option<Message>) {
        let set_aside = self.toggled.iter_mut().flat_map(|toggled| &mut toggled.set_aside);
        for (_, choice) in self.choices.iter_mut().chain(set_aside) {
            choice.message = None;
        }
        self.message = message;
    }

    /// The live choice for a scope: its own, else the one about all accounts,
    /// else `None`.
    pub fn choice(&self, scope: &Scope, now: Timestamp) -> Option<&Choice> {
        self.live(scope, now).or_else(|| self.live(&Scope::All, now))
    }

    /// The live choice of exactly this scope.
    fn live(&self, scope: &Scope, now: Timestamp) -> Option<&Choice> {
        let mut choices = self.choices.iter().filter(|(s, _)| s == scope).map(|(_, c)| c);
        choices.find(|c| c.is_live(now))
    }

    /// The live message for a scope: the message of the live choice, else the
    /// standing one, else `None`.
    pub fn message(&self, scope: &Scope, now: Timestamp) -> Option<Message> {
        let own = self.choice(scope, now).and_then(|c| {
            let mut message = c.message.clone()?;
            // It ends with itself or with its choice, whichever is first.
            message.until = match (message.until, c.until) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            Some(message)
        });
        own.or_else(|| self.message.clone()).filter(|m| m.is_live(now))
    }

    /// The claims that follow from the choices.
    pub fn claims(&self) -> impl Iterator<Item = Claim> {
        self.choices.iter().map(|(scope, choice)| Claim {
            source: Source::Manual,
            scope: scope.clone(),
            presence: choice.presence,
            reason: Reason::Chosen,
            since: choice.since,
            until: choice.until,
        })
    }

    /// Drops what has ended, so that it is not kept for ever. Returns whether
    /// anything was dropped.
    pub fn prune(&mut self, now: Timestamp) -> bool {
        let kept = |manual: &Self| {
            let set_aside = manual.toggled.as_ref().map_or(0, |toggled| toggled.set_aside.len());
            (manual.choices.len(), manual.message.is_some(), set_aside)
        };
        let before = kept(self);
        self.choices.retain(|(_, c)| c.is_live(now));
        self.message = self.message.take().filter(|m| m.is_live(now));
        if let Some(toggled) = &mut self.toggled {
            toggled.set_aside.retain(|(_, c)| c.is_live(now));
        }
        before != kept(self)
    }

    /// The next end of a choice or a message after `now`; `None` if none will
    /// end.
    pub fn next_end(&self, now: Timestamp) -> Option<Timestamp> {
        let ends = self
            .choices
            .iter()
            .flat_map(|(_, c)| [c.until, c.message.as_ref().and_then(|m| m.until)]);
        ends.chain([self.message.as_ref().and_then(|m| m.until)])
            .flatten()
            .filter(|end| *end > now)
            .min()
    }
}

#[cfg(test)]
mod tests;
