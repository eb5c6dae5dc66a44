//! Notifications: a choice that is about to end, an account that needs a new
//! sign-in, another device that keeps the person busy, a mistake in the settings
//! file, a window that did not open, a meeting that the desk contradicts, and, if
//! the person wants it, calls.
//! [`Notices`] decides, without I/O, which are due. [`show`] shows one.

#[cfg_attr(target_os = "linux", path = "notify/show_linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "notify/show_other.rs")]
mod show;

use std::collections::{BTreeSet, HashMap};
use std::mem::{Discriminant, discriminant};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use presently_core::account::Note;
use presently_core::{Code, Coded, Presence, Source, coded_error};
use presently_ipc::Snapshot;
use presently_ipc::request::WindowView;
use presently_ipc::snapshot::Connection;
use presently_text::{Texts, text};

pub use show::{service, show};

/// How long before its end a choice is announced to end.
const LEAD: SignedDuration = SignedDuration::from_mins(5);

/// The end of a shorter choice is not announced, because the person still
/// remembers it.
const SHORTEST_ANNOUNCED: SignedDuration = SignedDuration::from_mins(15);

/// The minimum time between two notifications of a kind. What is due earlier
/// waits.
const MIN_INTERVAL: SignedDuration = SignedDuration::from_mins(10);

/// How long the end of a call is news.
const CALL_END_NEWS: SignedDuration = SignedDuration::from_mins(1);

/// By how much [`NoticeAction::Extend`] moves the end of a choice.
pub const EXTENSION: SignedDuration = SignedDuration::from_mins(30);

/// What there is to say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notice {
    /// A choice ends soon.
    Ending {
        /// The account that it is about, or all.
        account: Option<String>,
        /// What was chosen, if it is known.
        shown: Option<&'static str>,
        /// When it was chosen, if it is known.
        since: Option<Timestamp>,
        /// When it ends.
        until: Timestamp,
    },
    /// An account was signed out by its server.
    SignIn {
        /// Its user id.
        user_id: String,
    },
    /// Others see busy because of another device.
    KeptBusy {
        /// The user id of the account.
        user_id: String,
        /// The display name of the device, if only one can be the cause.
        device: Option<String>,
    },
    /// Something in the settings file is wrong.
    Settings {
        /// What.
        what: Code,
    },
    /// A call has made the person busy.
    CallBegan,
    /// Such a call has ended.
    CallEnded,
    /// A meeting is on, and the person works without a call.
    Doubted {
        /// When it began.
        start: Timestamp,
        /// When it ends.
        end: Timestamp,
    },
    /// The window did not open, and no client waits for an answer.
    Window {
        /// Why.
        why: Code,
    },
}

/// What a person can do in a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeAction {
    /// Move the end of the choice by [`EXTENSION`].
    Extend,
    /// Open the window, at this view.
    Open(WindowView),
    /// Say whether the person is in the meeting that is on.
    Attend(bool),
}

/// What [`Notices`] decides by, beside the snapshot.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inputs<'a> {
    /// What is wrong in the settings file.
    pub settings: &'a [Code],
    /// The person is not to be disturbed. Then nothing is shown, and what is
    /// due waits.
    pub do_not_disturb: bool,
    /// The person wants to know of calls.
    pub calls: bool,
    /// The person is asked about a meeting that the desk contradicts.
    pub asks: bool,
}

/// The result of [`Notices::due`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Those to show now.
    pub new: Vec<Notice>,
    /// Those that were shown and do not apply any more.
    pub over: Vec<Notice>,
    /// When to evaluate again although nothing has changed. Later than now.
    pub next: Option<Timestamp>,
}

/// The notices that apply and were shown, so that each is shown once.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    said: BTreeSet<Notice>,
    /// When one of each kind was shown last.
    last: HashMap<Discriminant<Notice>, Timestamp>,
    is_in_call: bool,
    call_ended: Option<Timestamp>,
}

impl Notices {
    /// Decides what to show and what to withdraw.
    pub fn due(&mut self, snapshot: &Snapshot, inputs: Inputs<'_>, now: Timestamp) -> Due {
        let mut next: Option<Timestamp> = None;
        let mut evaluate_at = |at: Timestamp| next = Some(next.map_or(at, |next| next.min(at)));
        let mut standing: BTreeSet<Notice> =
            conditions(snapshot).map(|notice| self.as_said(notice)).collect();
        for (notice, since, until) in endings(snapshot) {
            let long = since.is_none_or(|since| until.duration_since(since) >= SHORTEST_ANNOUNCED);
            if !long || until <= now {
                continue;
            }
            let due = until.saturating_sub(LEAD).unwrap_or(Timestamp::MIN);
            if due <= now {
                standing.insert(notice);
            } else {
                evaluate_at(due);
            }
        }
        let doubted = snapshot.next_meeting.filter(|meeting| inputs.asks && meeting.doubted);
        standing.extend(doubted.map(|it| Notice::Doubted { start: it.start, end: it.end }));
        standing.extend(inputs.settings.iter().map(|what| Notice::Settings { what: what.clone() }));
        let call = self.call(snapshot, now).filter(|_| inputs.calls);
        if let (Some(Notice::CallEnded), Some(ended)) = (&call, self.call_ended)
            && let Ok(over) = ended.checked_add(CALL_END_NEWS)
            && over > now
        {
            evaluate_at(over);
        }
        standing.extend(call);

        let over = self.said.iter().filter(|notice| !standing.contains(notice)).cloned().collect();
        self.said.retain(|notice| standing.contains(notice));
        let mut new = Vec::new();
        for notice in standing {
            if inputs.do_not_disturb || self.said.contains(&notice) {
                continue;
            }
            let last = self.last.get(&discriminant(&notice)).copied();
            // A time in the future is from before the clock was set back.
            let free = last
                .filter(|last| *last <= now)
                .and_then(|last| last.checked_add(MIN_INTERVAL).ok());
            if let Some(free) = free.filter(|free| *free > now) {
                evaluate_at(free);
                continue;
            }
            self.last.insert(discriminant(&notice), now);
            self.said.insert(notice.clone());
            new.push(notice);
        }
        Due { new, over, next }
    }

    /// A notice that was to be shown was not. If it still applies, it is due
    /// again after the interval of its kind.
    pub fn was_not_shown(&mut self, notice: &Notice) {
        self.said.remove(notice);
    }

    /// The notice as it was shown: the name of the device that keeps the person
    /// busy may become known later, and is no news.
    fn as_said(&self, notice: Notice) -> Notice {
        let Notice::KeptBusy { user_id, .. } = &notice else { return notice };
        let is_same = |said: &&Notice| matches!(said, Notice::KeptBusy { user_id: said, .. } if said == user_id);
        self.said.iter().find(is_same).cloned().unwrap_or(notice)
    }

    /// The notice about a call. A call that a choice hides goes on, and one that
    /// is no longer looked for may go on.
    fn call(&mut self, snapshot: &Snapshot, now: Timestamp) -> Option<Notice> {
        let is_claimed = snapshot.claims.iter().any(|claim| claim.source == Source::Call);
        let was_in_call = std::mem::replace(&mut self.is_in_call, is_claimed);
        if was_in_call && !is_claimed && snapshot.paused.calls.is_none() {
            self.call_ended = Some(now);
        }
        if snapshot.source == Source::Call {
            return Some(Notice::CallBegan);
        }
        let is_news = |ended: &Timestamp| now.duration_since(*ended).abs() < CALL_END_NEWS;
        let ended = self.call_ended.filter(is_news);
        let is_over = !is_claimed && snapshot.presence != Some(Presence::Busy);
        ended.filter(|_| is_over).map(|_| Notice::CallEnded)
    }
}

/// What applies to single accounts, whatever the time.
fn conditions(snapshot: &Snapshot) -> impl Iterator<Item = Notice> {
    snapshot.accounts.iter().filter_map(|account| {
        let user_id = account.user_id.clone();
        if account.connection == Connection::NeedsLogin {
            return Some(Notice::SignIn { user_id });
        }
        account.notes.iter().find_map(|note| match note {
            Note::OtherDevice { presence: Presence::Busy, name } => {
                Some(Notice::KeptBusy { user_id: user_id.clone(), device: name.clone() })
            }
            _ => None,
        })
    })
}

/// The choices that end: the one about all accounts, and those of single
/// accounts that differ from it.
fn endings(snapshot: &Snapshot) -> impl Iterator<Item = (Notice, Option<Timestamp>, Timestamp)> {
    let ending = |account, presence: Option<Presence>, since, until| {
        let shown = presence.map(Presence::name);
        (Notice::Ending { account, shown, since, until }, since, until)
    };
    let all = (snapshot.source == Source::Manual)
        .then_some(snapshot.until)
        .flatten()
        .map(|until| ending(None, snapshot.presence, snapshot.since, until));
    let own = snapshot.accounts.iter().filter_map(move |a| {
        let until = a.until.filter(|_| a.source == Source::Manual)?;
        let same = snapshot.source == Source::Manual && snapshot.until == Some(until);
        (!same).then(|| ending(Some(a.user_id.clone()), a.intended, a.since, until))
    });
    all.into_iter().chain(own)
}

impl Notice {
    /// Its heading and its text, for somebody in `zone`.
    pub fn text(&self, zone: &TimeZone, texts: &Texts) -> (String, String) {
        match self {
            Self::Ending { account, shown, until, .. } => {
                let at = texts.time(&until.to_zoned(zone.clone()));
                let shown = shown.unwrap_or("unknown");
                (
                    text!(texts, "notice-ending", presence = shown, time = at),
                    match account {
                        Some(id) => text!(texts, "notice-ending-on", user_id = id),
                        None => text!(texts, "notice-ending-everywhere"),
                    },
                )
            }
            Self::SignIn { user_id } => {
                (text!(texts, "needs-sign-in", user_id = user_id), text!(texts, "notice-sign-in"))
            }
            Self::KeptBusy { user_id, device } => {
                let device = device.clone().unwrap_or_else(|| text!(texts, "another-device"));
                (
                    text!(texts, "notice-kept-busy", name = device),
                    text!(texts, "notice-kept-busy-on", user_id = user_id),
                )
            }
            Self::Settings { what } => (text!(texts, "notice-settings"), texts.code(what)),
            Self::CallBegan => {
                (text!(texts, "notice-call-began"), text!(texts, "notice-call-began-about"))
            }
            Self::CallEnded => {
                (text!(texts, "notice-call-ended"), text!(texts, "notice-call-ended-about"))
            }
            Self::Doubted { end, .. } => {
                let time = texts.time(&end.to_zoned(zone.clone()));
                let about = text!(texts, "notice-doubted-about", time = time);
                (text!(texts, "notice-doubted"), about)
            }
            Self::Window { why } => (text!(texts, "notice-window"), texts.code(why)),
        }
    }

    /// What a click on the notification itself does.
    fn default_action(&self) -> Option<NoticeAction> {
        Some(NoticeAction::Open(match self {
            Self::Ending { .. } => WindowView::Status,
            Self::SignIn { .. } => WindowView::Accounts,
            Self::KeptBusy { .. } | Self::CallBegan | Self::CallEnded | Self::Doubted { .. } => {
                WindowView::Now
            }
            Self::Settings { .. } => WindowView::Settings,
            // It cannot be opened, so it is not offered.
            Self::Window { .. } => return None,
        }))
    }

    /// The buttons, with their labels.
    fn buttons(&self, texts: &Texts) -> Vec<(NoticeAction, String)> {
        let Some(open) = self.default_action() else { return Vec::new() };
        match self {
            Self::Ending { .. } => vec![(NoticeAction::Extend, text!(texts, "notice-extend"))],
            Self::Doubted { .. } => vec![
                (NoticeAction::Attend(true), text!(texts, "in-meeting")),
                (NoticeAction::Attend(false), text!(texts, "not-in-meeting")),
            ],
            Self::SignIn { .. } => vec![(open, text!(texts, "notice-sign-in-now"))],
            _ => vec![(open, text!(texts, "tray-open"))],
        }
    }
}

/// Why a notice was not shown.
#[derive(Debug)]
pub enum NotifyError {
    /// There is no notification service, or it refused.
    Refused(notify_rust::error::Error),
    /// It did not answer within five seconds.
    Silent,
}

impl Coded for NotifyError {
    fn code(&self) -> Code {
        match self {
            Self::Refused(why) => Code::new("notify-refused").with("why", why.to_string()),
            Self::Silent => Code::new("notify-silent"),
        }
    }
}

coded_error!(NotifyError);

impl From<notify_rust::error::Error> for NotifyError {
    fn from(error: notify_rust::error::Error) -> Self {
        Self::Refused(error)
    }
}

/// The part of a notification that all systems have.
fn notification(notice: &Notice, texts: &Texts) -> notify_rust::Notification {
    let (summary, body) = notice.text(&TimeZone::system(), texts);
    let mut notification = notify_rust::Notification::new();
    notification.appname("Presently").summary(&summary).body(&body).icon("presently");
    notification
}

#[cfg(test)]
mod tests;
