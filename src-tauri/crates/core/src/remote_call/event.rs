//! Reads what one event says about a call.

use jiff::Timestamp;
use serde_json::Value;

use super::Own;

/// Element Call's name for a membership (MSC3401).
pub(super) const CALL_MEMBER: &str = "org.matrix.msc3401.call.member";
/// The stable name of a membership in MSC3401.
pub(super) const MEMBER: &str = "m.call.member";
/// A membership in a Jitsi call in Element.
pub(super) const VIDEO_MEMBER: &str = "io.element.video.member";
/// A membership in MatrixRTC (MSC4143), a sticky event (MSC4354).
pub(super) const RTC_MEMBER: &str = "org.matrix.msc4143.rtc.member";
pub(super) const RTC_MEMBER_STABLE: &str = "m.rtc.member";
pub(super) const INVITE: &str = "m.call.invite";
pub(super) const ANSWER: &str = "m.call.answer";
pub(super) const SELECT_ANSWER: &str = "m.call.select_answer";
pub(super) const HANGUP: &str = "m.call.hangup";
pub(super) const REJECT: &str = "m.call.reject";

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// How long a membership lasts if its event has no expiry, as in Element Call.
/// A call of two people ends after this time without an event.
const MEMBER_LIFE: i64 = 4 * HOUR;
/// The longest time for which an event can be sticky (MSC4354).
const STICKY_LIFE: i64 = HOUR;
/// How long a Jitsi membership lasts if its event has no expiry.
const VIDEO_LIFE: i64 = HOUR;
/// How long a call rings if its invitation has no lifetime, and the longest
/// lifetime that is believed.
const RINGING: i64 = MINUTE;
const LONGEST_RINGING: i64 = 5 * MINUTE;
/// The longest that a call lasts after an event, whatever that event says.
const LONGEST: i64 = 24 * HOUR;

/// The start and the end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CallSpan {
    pub(super) since: Timestamp,
    pub(super) until: Timestamp,
}

impl CallSpan {
    /// From milliseconds since the epoch; `None` if the start is not before the
    /// end, or one of them is out of range.
    fn new(since: i64, until: i64) -> Option<Self> {
        let at = |ms| Timestamp::from_millisecond(ms).ok();
        (since < until).then_some(Self { since: at(since)?, until: at(until)? })
    }
}

/// What an event says about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CallEvent {
    /// A membership by state event; `None` is the end of it.
    Member { kind: &'static str, key: String, span: Option<CallSpan> },
    /// A membership by sticky event; `None` is the end of it.
    Sticky { key: String, span: Option<CallSpan> },
    /// A step in a call of two people.
    Pair { call: String, step: PairCallStep },
}

/// A step in a call of two people. The span replaces the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PairCallStep {
    /// The account invites another person.
    Invited(CallSpan),
    /// Somebody answers, the account itself if `by_us`.
    Answered { by_us: bool, span: CallSpan },
    /// Somebody hangs up or declines.
    Ended(CallSpan),
}

/// Reads an event that arrived at `now`; `None` if it says nothing about a call
/// of this account.
pub(super) fn read(own: Own<'_>, event: &Value, now: Timestamp) -> Option<CallEvent> {
    let kind = event["type"].as_str()?;
    let ours = event["sender"].as_str()? == own.user;
    // A server whose clock is ahead must not make a call longer.
    let sent = event["origin_server_ts"].as_i64()?.min(now.as_millisecond());
    let seen = Seen { own, content: &event["content"], sent };
    let state = [CALL_MEMBER, MEMBER, VIDEO_MEMBER].into_iter().find(|known| *known == kind);
    match (state, event["state_key"].as_str()) {
        (Some(kind), Some(key)) if ours && is_own_key(own, key) => {
            let span = if kind == VIDEO_MEMBER { seen.video() } else { seen.member(key) };
            Some(CallEvent::Member { kind, key: key.to_owned(), span })
        }
        (None, None) if matches!(kind, RTC_MEMBER | RTC_MEMBER_STABLE) => {
            let keys = ["msc4354_sticky_key", "sticky_key"];
            let key = keys.iter().find_map(|key| seen.content[*key].as_str())?;
            ours.then(|| CallEvent::Sticky { key: key.to_owned(), span: seen.sticky(event) })
        }
        (None, None) => {
            let call = seen.content["call_id"].as_str()?.to_owned();
            let span = seen.lasts(MEMBER_LIFE)?;
            let step = match kind {
                INVITE if ours && !seen.is_by_this_device() => PairCallStep::Invited(seen.rings()?),
                ANSWER if !(ours && seen.is_by_this_device()) => {
                    PairCallStep::Answered { by_us: ours, span }
                }
                SELECT_ANSWER if ours => PairCallStep::Answered { by_us: true, span },
                HANGUP | REJECT => PairCallStep::Ended(span),
                _ => return None,
            };
            Some(CallEvent::Pair { call, step })
        }
        _ => None,
    }
}

/// Whether a state key belongs to this user. It is the user id, alone or with
/// device and application behind it (`@me:here_DEVICE_m.call`). An underscore
/// may stand before it, because by Matrix's authorization rules a key that
/// begins with `@` must be exactly the sender's user id.
fn is_own_key(own: Own<'_>, key: &str) -> bool {
    let rest = key.strip_prefix('_').unwrap_or(key).strip_prefix(own.user);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

/// A call event. `sent` is in milliseconds since the epoch.
struct Seen<'a> {
    own: Own<'a>,
    content: &'a Value,
    sent: i64,
}

impl Seen<'_> {
    /// A span that ends at `until`, at most [`LONGEST`] after the event.
    fn until(&self, since: i64, until: i64) -> Option<CallSpan> {
        CallSpan::new(since, until.min(self.sent.saturating_add(LONGEST)))
    }

    fn lasts(&self, life: i64) -> Option<CallSpan> {
        self.until(self.sent, self.sent.saturating_add(life))
    }

    fn is_own_device(&self, device: &Value) -> bool {
        device.as_str() == Some(self.own.device)
    }

    /// A membership in one of the three forms that MSC3401 has had. The content
    /// tells which.
    fn member(&self, key: &str) -> Option<CallSpan> {
        let content = self.content;
        if let Some(members) = content["memberships"].as_array() {
            return self.latest(members.iter());
        }
        if let Some(calls) = content["m.calls"].as_array() {
            let devices = calls.iter().filter_map(|call| call["m.devices"].as_array()).flatten();
            // Clients of that form take a device without an expiry for one that
            // has left.
            let ending = devices.filter(|device| device["expires_ts"].is_i64());
            return self.latest(ending);
        }
        // Empty content is the end of the membership. Other content is of an
        // unknown form.
        if content.get("device_id").is_none() && content.get("application").is_none() {
            return None;
        }
        let ours = format!("{}_{}", self.own.user, self.own.device);
        let rest = key.strip_prefix('_').unwrap_or(key).strip_prefix(ours.as_str());
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_')) {
            return None;
        }
        self.latest(std::iter::once(content))
    }

    /// From the earliest start of the other devices to the latest end.
    fn latest<'v>(&self, devices: impl Iterator<Item = &'v Value>) -> Option<CallSpan> {
        let others = devices.filter(|d| d.is_object() && !self.is_own_device(&d["device_id"]));
        let spans = others.filter_map(|device| {
            let since = device["created_ts"].as_i64().unwrap_or(self.sent);
            let life = device["expires"].as_i64().unwrap_or(MEMBER_LIFE);
            let until = device["expires_ts"].as_i64();
            self.until(since, until.unwrap_or_else(|| since.saturating_add(life)))
        });
        spans.reduce(|a, b| CallSpan { since: a.since.min(b.since), until: a.until.max(b.until) })
    }

    fn video(&self) -> Option<CallSpan> {
        let devices = self.content["devices"].as_array()?;
        if !devices.iter().any(|device| device.is_string() && !self.is_own_device(device)) {
            return None;
        }
        let until = self.content["expires_ts"].as_i64();
        self.until(self.sent, until.unwrap_or_else(|| self.sent.saturating_add(VIDEO_LIFE)))
    }

    /// A sticky event without an application, or with a reason to leave, is the
    /// end of the membership.
    fn sticky(&self, event: &Value) -> Option<CallSpan> {
        let content = self.content;
        let left = ["disconnected", "disconnect_reason", "leave_reason"];
        let is_in = content["application"].is_object() && content["member"].is_object();
        if !is_in || left.iter().any(|key| content.get(*key).is_some()) {
            return None;
        }
        if self.is_own_device(&content["member"]["device_id"]) {
            return None;
        }
        let named = ["msc4354_sticky", "sticky"];
        // An event that is not sticky is no membership.
        let life = named.iter().find_map(|name| event[*name]["duration_ms"].as_i64())?;
        self.lasts(life.min(STICKY_LIFE))
    }

    fn rings(&self) -> Option<CallSpan> {
        let said = self.content["lifetime"].as_i64().unwrap_or(RINGING);
        self.lasts(said.min(LONGEST_RINGING))
    }

    fn is_by_this_device(&self) -> bool {
        self.is_own_device(&self.content["party_id"])
    }
}
