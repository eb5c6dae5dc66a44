//! What the person says: a presence until they say otherwise or its end
//! comes, and a message that stands by itself or belongs to that presence.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Claim, Presence, Scope, Source};

/// The emoji of a message that was given none (the profile field needs one).
pub const DEFAULT_EMOJI: &str = "💬";

/// A status message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The text, which alone becomes `status_msg`.
    pub text: String,
    /// One emoji, or none where the person gave none.
    pub emoji: Option<String>,
    /// When it ends, on the wall clock.
    pub until: Option<Timestamp>,
}

/// The most bytes of a message's text, the limit of MSC4426.
pub const MESSAGE_BYTES: usize = 256;
/// The most bytes of its emoji, the limit of MSC4426.
pub const EMOJI_BYTES: usize = 32;

/// Why a message is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageError {
    /// There is nothing in it.
    Empty,
    /// So many bytes, more than [`MESSAGE_BYTES`].
    TooLong(usize),
    /// So many bytes, more than [`EMOJI_BYTES`].
    EmojiTooLong(usize),
}

impl std::fmt::Display for MessageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => write!(f, "a message needs some text; to remove it use --clear"),
            Self::TooLong(n) => write!(
                f,
                "the message has {n} bytes and Matrix allows {MESSAGE_BYTES}; make it shorter"
            ),
            Self::EmojiTooLong(n) => write!(
                f,
                "the emoji has {n} bytes and Matrix allows {EMOJI_BYTES}; give a single one"
            ),
        }
    }
}

impl std::error::Error for MessageError {}

impl Message {
    /// A message within the limits, trimmed.
    pub fn new(
        text: &str,
        emoji: Option<&str>,
        until: Option<Timestamp>,
    ) -> Result<Self, MessageError> {
        let text = text.trim();
        let emoji = emoji.map(str::trim).filter(|e| !e.is_empty());
        if text.is_empty() {
            return Err(MessageError::Empty);
        }
        if text.len() > MESSAGE_BYTES {
            return Err(MessageError::TooLong(text.len()));
        }
        if let Some(emoji) = emoji.filter(|e| e.len() > EMOJI_BYTES) {
            return Err(MessageError::EmojiTooLong(emoji.len()));
        }
        Ok(Self { text: text.to_owned(), emoji: emoji.map(str::to_owned), until })
    }

    fn is_live(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|end| now < end)
    }
}

/// A presence the person chose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What they chose.
    pub presence: Presence,
    /// When they did.
    pub since: Timestamp,
    /// When it ends.
    pub until: Option<Timestamp>,
    /// The message that belongs to this choice and ends with it.
    pub message: Option<Message>,
}

impl Choice {
    fn is_live(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|end| now < end)
    }
}

/// How long busy lasts for who never chose it.
const BUSY: SignedDuration = SignedDuration::from_hours(1);

/// What the last [toggle](Manual::toggle_busy) left, for the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toggled {
    /// The choices that it put aside.
    pub aside: Vec<(Scope, Choice)>,
    /// It made a choice that nobody had made before. Only the person's own is
    /// put aside in turn.
    pub made: bool,
}

/// All that the person has said, about all accounts and about single ones.
/// This is what is kept across restarts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manual {
    /// At most one choice for each scope.
    #[serde(default)]
    pub choices: Vec<(Scope, Choice)>,
    /// The message that stands by itself.
    #[serde(default)]
    pub message: Option<Message>,
    /// The last choice of busy about all accounts, without its message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<Choice>,
    /// What a toggle left, until the person says something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub toggled: Option<Toggled>,
}

impl Manual {
    /// Makes a choice. One about all accounts replaces every choice: who
    /// says "busy" means everywhere.
    pub fn choose(&mut self, scope: Scope, choice: Choice) {
        self.toggled = None;
        if scope == Scope::All && choice.presence == Presence::Busy {
            self.busy = Some(Choice { message: None, ..choice.clone() });
        }
        self.choices.retain(|(s, _)| !scope.covers(s));
        self.choices.push((scope, choice));
    }

    /// Back to automatic: the choices that `scope` covers end, and with them
    /// their messages. About all accounts the standing message ends too. True
    /// if anything was there to end.
    ///
    /// An account that [follows a choice about all](Self::follows_all) goes on
    /// to: it is given no choice of its own to hide that one.
    pub fn automatic(&mut self, scope: &Scope) -> bool {
        self.toggled = None;
        let before = (self.choices.len(), self.message.is_some());
        self.choices.retain(|(s, _)| !scope.covers(s));
        if *scope == Scope::All {
            self.message = None;
        }
        before != (self.choices.len(), self.message.is_some())
    }

    /// From busy about all accounts to what was there before, or automatic
    /// where nothing was or it has ended; from anything else to busy. That is
    /// the person's own choice of it where one was put aside and has not
    /// ended, else a new one that lasts as long as the last, an hour at first.
    ///
    /// What is put aside comes back with its end and its message. A standing
    /// message stays.
    pub fn toggle_busy(&mut self, now: Timestamp) {
        self.prune(now);
        let busy = |choices: &[(Scope, Choice)]| {
            let mut all = choices.iter().filter(|(s, _)| *s == Scope::All).map(|(_, c)| c.clone());
            all.find(|c| c.presence == Presence::Busy)
        };
        let Toggled { aside, made } = self.toggled.take().unwrap_or_default();
        let current = std::mem::take(&mut self.choices);
        if let Some(shown) = busy(&current) {
            // Kept by a version that did not remember it.
            self.busy.get_or_insert(Choice { message: None, ..shown });
            let own = if made { Vec::new() } else { current };
            self.choices = aside;
            self.toggled = Some(Toggled { aside: own, made: false });
            return;
        }
        let made = busy(&aside).is_none();
        self.choices = if made { vec![(Scope::All, self.busy_again(now))] } else { aside };
        self.toggled = Some(Toggled { aside: current, made });
    }

    /// Busy from `now` on, for as long as last time.
    fn busy_again(&self, now: Timestamp) -> Choice {
        let lasting = match &self.busy {
            None => Some(BUSY),
            Some(last) => last.until.map(|end| end.duration_since(last.since)),
        };
        // An end that no clock can show is none.
        let until = lasting.and_then(|lasting| now.checked_add(lasting).ok());
        Choice { presence: Presence::Busy, since: now, until, message: None }
    }

    /// Whether what shows on a single account is a choice about all, so that
    /// nothing that is said about the account alone makes it automatic.
    pub fn follows_all(&self, scope: &Scope, now: Timestamp) -> bool {
        *scope != Scope::All
            && self.live(scope, now).is_none()
            && self.live(&Scope::All, now).is_some()
    }

    /// The standing message from now on, or none. What somebody says in
    /// words now is what they mean, so a message that belongs to a choice
    /// ends here too.
    pub fn say(&mut self, message: Option<Message>) {
        let aside = self.toggled.iter_mut().flat_map(|toggled| &mut toggled.aside);
        for (_, choice) in self.choices.iter_mut().chain(aside) {
            choice.message = None;
        }
        self.message = message;
    }

    /// The live choice for a scope: its own, else the one about all.
    pub fn choice(&self, scope: &Scope, now: Timestamp) -> Option<&Choice> {
        self.live(scope, now).or_else(|| self.live(&Scope::All, now))
    }

    /// The live choice of exactly this scope.
    fn live(&self, scope: &Scope, now: Timestamp) -> Option<&Choice> {
        let mut choices = self.choices.iter().filter(|(s, _)| s == scope).map(|(_, c)| c);
        choices.find(|c| c.is_live(now))
    }

    /// The live message for a scope: that of the live choice, else the
    /// standing one.
    pub fn message(&self, scope: &Scope, now: Timestamp) -> Option<Message> {
        let own = self.choice(scope, now).and_then(|c| {
            let mut message = c.message.clone()?;
            // It ends with its choice, whichever of the two comes first.
            message.until = match (message.until, c.until) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            Some(message)
        });
        own.or_else(|| self.message.clone()).filter(|m| m.is_live(now))
    }

    /// The claims that the choices make.
    pub fn claims(&self) -> impl Iterator<Item = Claim> {
        self.choices.iter().map(|(scope, choice)| Claim {
            source: Source::Manual,
            scope: scope.clone(),
            presence: choice.presence,
            reason: "You chose it".to_owned(),
            since: choice.since,
            until: choice.until,
        })
    }

    /// Drops what has ended, so that it is not kept for ever. True if
    /// anything was dropped.
    pub fn prune(&mut self, now: Timestamp) -> bool {
        let kept = |manual: &Self| {
            let aside = manual.toggled.as_ref().map_or(0, |toggled| toggled.aside.len());
            (manual.choices.len(), manual.message.is_some(), aside)
        };
        let before = kept(self);
        self.choices.retain(|(_, c)| c.is_live(now));
        self.message = self.message.take().filter(|m| m.is_live(now));
        if let Some(toggled) = &mut self.toggled {
            toggled.aside.retain(|(_, c)| c.is_live(now));
        }
        before != kept(self)
    }

    /// The next end of a choice or a message after `now`.
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
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    fn choice(until: Option<i64>) -> Choice {
        let until = until.map(at);
        Choice { presence: Presence::Busy, since: at(0), until, message: None }
    }

    #[test]
    fn an_account_goes_back_to_automatic_unless_it_follows_a_choice_about_all() {
        let scope = |of: &str| match of {
            "all" => Scope::All,
            account => Scope::Account(format!("@{account}:example.org")),
        };
        let (live, lasting, over) = (Some(60), None, Some(10));
        type Row<'a> = (&'a str, &'a [(&'a str, Option<i64>)], &'a str, bool, &'a [&'a str]);
        let table: &[Row<'_>] = &[
            ("nothing was chosen", &[], "a", false, &[]),
            ("about all, live", &[("all", live)], "a", true, &["all"]),
            ("about all, without an end", &[("all", lasting)], "a", true, &["all"]),
            ("about all, over", &[("all", over)], "a", false, &["all"]),
            ("its own", &[("a", live)], "a", false, &[]),
            ("its own, over", &[("a", over)], "a", false, &[]),
            ("its own before all", &[("all", live), ("a", live)], "a", false, &["all"]),
            ("its own is over, all shows", &[("all", live), ("a", over)], "a", true, &["all"]),
            ("another's", &[("b", live)], "a", false, &["b"]),
            ("another's, over", &[("b", over)], "a", false, &["b"]),
            ("another's and all", &[("all", live), ("b", live)], "a", true, &["all", "b"]),
            ("another's, all is over", &[("all", over), ("b", live)], "a", false, &["all", "b"]),
            ("all, on all", &[("all", live), ("b", live)], "all", false, &[]),
            ("nothing, on all", &[], "all", false, &[]),
        ];
        for (name, choices, on, follows, left) in table {
            let mut manual = Manual::default();
            for (of, until) in *choices {
                manual.choose(scope(of), choice(*until));
            }
            let on = scope(on);
            assert_eq!(manual.follows_all(&on, at(10)), *follows, "{name}");
            let before = manual.clone();
            assert_eq!(manual.automatic(&on), manual != before, "{name}");
            let scopes: Vec<Scope> = manual.choices.iter().map(|(s, _)| s.clone()).collect();
            assert_eq!(scopes, left.iter().map(|s| scope(s)).collect::<Vec<_>>(), "{name}");
        }
    }

    /// What is done before the first click and between two.
    #[derive(Clone, Copy)]
    enum Do {
        /// Choose about all: a presence, for so many seconds, with a message.
        Choose(Presence, Option<i64>, Option<&'static str>),
        /// The same about one account.
        One(Presence),
        /// Say a message that stands by itself.
        Say(&'static str),
        /// Back to automatic.
        Auto,
        /// So many seconds go by.
        Wait(i64),
        /// Click.
        Click,
        /// Click, after the file was written and read again.
        ReadAndClick,
    }

    #[test]
    fn a_toggle_brings_back_what_was_there() {
        use Do::*;
        use Presence::{Busy, Offline, Unavailable};
        // What shows then: the presence about all, its end, the message.
        type Shown = (Option<Presence>, Option<i64>, Option<&'static str>);
        const AUTO: Shown = (None, None, None);
        const LUNCH: Do = Choose(Unavailable, Some(1800), Some("Lunch"));
        const TALK: Do = Choose(Busy, Some(900), Some("Talk"));
        let table: &[(&str, &[Do], Shown)] = &[
            ("an hour at first", &[Click], (Some(Busy), Some(3600), None)),
            ("and back", &[Click, Click], AUTO),
            ("anew each time", &[Click, Wait(9), Click, Click], (Some(Busy), Some(3609), None)),
            ("over a choice", &[LUNCH, Click], (Some(Busy), Some(3600), None)),
            ("a choice", &[LUNCH, Click, Click], (Some(Unavailable), Some(1800), Some("Lunch"))),
            (
                "without an end",
                &[Choose(Offline, None, None), Click, Click],
                (Some(Offline), None, None),
            ),
            ("it has ended", &[LUNCH, Click, Wait(1800), Click], AUTO),
            ("busy has ended", &[LUNCH, Click, Wait(3600), Click], (Some(Busy), Some(7200), None)),
            ("busy has ended, and again", &[LUNCH, Click, Wait(3600), Click, Click], AUTO),
            ("from busy", &[TALK, Click], AUTO),
            (
                "to the same busy",
                &[TALK, Click, Wait(9), Click],
                (Some(Busy), Some(900), Some("Talk")),
            ),
            ("twice", &[TALK, Click, Click, Click, Click], (Some(Busy), Some(900), Some("Talk"))),
            ("of its length", &[TALK, Click, Wait(900), Click], (Some(Busy), Some(1800), None)),
            ("its length is kept", &[TALK, Auto, Click], (Some(Busy), Some(900), None)),
            ("no end is one", &[Choose(Busy, None, None), Auto, Click], (Some(Busy), None, None)),
            (
                "chosen meanwhile",
                &[LUNCH, Click, Choose(Offline, None, None), Click, Click],
                (Some(Offline), None, None),
            ),
            ("busy meanwhile", &[LUNCH, Click, TALK, Click], AUTO),
            ("automatic meanwhile", &[TALK, Click, Auto, Click], (Some(Busy), Some(900), None)),
            ("one account meanwhile", &[LUNCH, Click, One(Offline), Click], AUTO),
            ("a standing message", &[Say("Here"), Click], (Some(Busy), Some(3600), Some("Here"))),
            ("and it stays", &[Say("Here"), Click, Click], (None, None, Some("Here"))),
            (
                "said meanwhile",
                &[LUNCH, Click, Say("Late"), Click],
                (Some(Unavailable), Some(1800), Some("Late")),
            ),
            (
                "across a restart",
                &[LUNCH, Click, ReadAndClick],
                (Some(Unavailable), Some(1800), Some("Lunch")),
            ),
        ];
        for (name, steps, shown) in table {
            let mut manual = Manual::default();
            let mut now = 0;
            for step in *steps {
                match *step {
                    Choose(presence, seconds, text) => {
                        let until = seconds.map(|s| at(now + s));
                        let message = text.and_then(|t| Message::new(t, None, until).ok());
                        let since = at(now);
                        manual.choose(Scope::All, Choice { presence, since, until, message });
                    }
                    One(presence) => {
                        let scope = Scope::Account("@a:example.org".to_owned());
                        manual.choose(scope, Choice { presence, ..choice(None) });
                    }
                    Say(text) => manual.say(Message::new(text, None, None).ok()),
                    Auto => drop(manual.automatic(&Scope::All)),
                    Wait(seconds) => now += seconds,
                    Click => manual.toggle_busy(at(now)),
                    ReadAndClick => {
                        let text = serde_json::to_string(&manual).expect("it is data");
                        manual = serde_json::from_str(&text).expect("it was written");
                        manual.toggle_busy(at(now));
                    }
                }
            }
            let all = manual.choice(&Scope::All, at(now));
            let message = manual.message(&Scope::All, at(now));
            let until = all.and_then(|c| c.until).map(|end| end.as_second() - at(0).as_second());
            let got = (all.map(|c| c.presence), until, message.as_ref().map(|m| &*m.text));
            assert_eq!(got, *shown, "{name}");
        }
    }

    #[test]
    fn choices_of_single_accounts_come_back_too() {
        let mut manual = Manual::default();
        manual.choose(Scope::Account("@a:example.org".to_owned()), choice(Some(60)));
        let before = manual.choices.clone();
        manual.toggle_busy(at(1));
        let scopes: Vec<&Scope> = manual.choices.iter().map(|(s, _)| s).collect();
        assert_eq!(scopes, [&Scope::All]);
        manual.toggle_busy(at(2));
        assert_eq!(manual.choices, before);
    }

    #[test]
    fn what_ended_is_not_kept_aside() {
        let mut manual = Manual::default();
        manual.choose(Scope::All, Choice { presence: Presence::Online, ..choice(Some(60)) });
        manual.toggle_busy(at(1));
        assert!(manual.prune(at(60)));
        assert_eq!(manual.toggled.map(|t| t.aside), Some(Vec::new()));
    }
}
