//! The decision: which claim wins, and what is shown because of it.

use jiff::Timestamp;

use crate::manual::{Manual, Message};
use crate::settings::Share;
use crate::{Claim, Presence, Reason, Scope, Source};

/// What is to be shown, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The presence. `None` where nothing is claimed: then the person's other
    /// devices decide.
    pub presence: Option<Presence>,
    /// The source of the winning claim.
    pub source: Source,
    /// Why.
    pub reason: Reason,
    /// Since when the winning claim holds.
    pub since: Option<Timestamp>,
    /// When the winning claim ends by itself.
    pub until: Option<Timestamp>,
    /// The status message.
    pub message: Option<Message>,
}

/// All that the decision is made from.
#[derive(Clone, Debug)]
pub struct Known<'a> {
    /// The person's choices and message.
    pub manual: &'a Manual,
    /// The claims of all other sources.
    pub claims: &'a [Claim],
    /// The reason of the decision where no claim is live.
    pub fallback: &'a Reason,
}

impl Known<'_> {
    /// The live claims about a scope, the winner first. They are ordered by
    /// source. Of the same source, a claim about exactly this scope comes
    /// before one about all accounts; then the later one comes first; then the
    /// order of [`Reason`] decides.
    pub fn live(&self, scope: &Scope, now: Timestamp) -> Vec<Claim> {
        let mut live: Vec<Claim> = self
            .claims
            .iter()
            .cloned()
            .chain(self.manual.claims())
            .filter(|c| c.scope.covers(scope) && c.is_live(now))
            .collect();
        live.sort_by(|a, b| {
            a.source
                .cmp(&b.source)
                .then_with(|| (a.scope != *scope).cmp(&(b.scope != *scope)))
                .then_with(|| b.since.cmp(&a.since))
                .then_with(|| a.reason.cmp(&b.reason))
        });
        live
    }
}

/// Decides what to show on one account, or on all. The live claim of the
/// highest precedence wins. Each decision is made anew from the claims, so when
/// a claim ends, the next one shows.
pub fn decide(known: &Known<'_>, scope: &Scope, now: Timestamp) -> Decision {
    let message = known.manual.message(scope, now);
    match known.live(scope, now).into_iter().next() {
        Some(claim) => Decision {
            presence: Some(claim.presence),
            source: claim.source,
            reason: claim.reason,
            since: Some(claim.since),
            until: claim.until,
            message,
        },
        None => Decision {
            presence: None,
            source: Source::None,
            reason: known.fallback.clone(),
            since: None,
            until: None,
            message,
        },
    }
}

/// When to decide again if nothing changes: the next end of a claim or a
/// message, which is later than `now`. `None` if nothing will end.
pub fn next_evaluation(known: &Known<'_>, now: Timestamp) -> Option<Timestamp> {
    let ends = known.claims.iter().filter_map(|c| c.until).filter(|end| *end > now);
    ends.chain(known.manual.next_end(now)).min()
}

impl Decision {
    /// Reduces the decision to what an account with this share setting may
    /// show. One that may not show everything is invisible.
    pub fn shared(mut self, share: Share) -> Decision {
        match share {
            Share::Everything => self,
            Share::Message | Share::Nothing => {
                self.presence = Some(Presence::Offline);
                self.reason = match share {
                    Share::Message => Reason::MessageOnly,
                    _ => Reason::NothingShared,
                };
                self.until = None;
                if share == Share::Nothing {
                    self.message = None;
                }
                self
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manual::Choice;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    fn claim(source: Source, presence: Presence, since: i64, until: Option<i64>) -> Claim {
        Claim {
            source,
            scope: Scope::All,
            presence,
            reason: Reason::unreadable(&format!("{source:?}")),
            since: at(since),
            until: until.map(at),
        }
    }

    fn choice(presence: Presence, until: Option<i64>) -> Choice {
        Choice { presence, since: at(0), until: until.map(at), message: None }
    }

    fn know<'a>(manual: &'a Manual, claims: &'a [Claim]) -> Known<'a> {
        Known { manual, claims, fallback: &Reason::NothingKnown }
    }

    #[test]
    fn precedence() {
        use Presence::*;
        let active = claim(Source::Active, Online, 0, None);
        let idle = claim(Source::Idle, Unavailable, 0, None);
        let lock = claim(Source::Lock, Unavailable, 0, None);
        let call = claim(Source::Call, Busy, 0, Some(100));
        let dnd = claim(Source::Dnd, Busy, 0, None);
        let meeting = claim(Source::Meeting, Busy, 0, None);
        let schedule = claim(Source::Schedule, Offline, 0, None);
        type Row<'a> = (&'a str, Vec<&'a Claim>, i64, Option<Presence>, Source);
        let table: Vec<Row<'_>> = vec![
            ("nothing known, nothing claimed", vec![], 10, None, Source::None),
            ("input", vec![&active], 10, Some(Online), Source::Active),
            ("no input", vec![&idle], 10, Some(Unavailable), Source::Idle),
            ("a call beats idle", vec![&idle, &call], 10, Some(Busy), Source::Call),
            ("a call beats the lock", vec![&lock, &call], 10, Some(Busy), Source::Call),
            ("the end uncovers", vec![&idle, &call], 100, Some(Unavailable), Source::Idle),
            ("lock beats input", vec![&active, &lock], 10, Some(Unavailable), Source::Lock),
            ("a call beats a meeting", vec![&meeting, &call], 10, Some(Busy), Source::Call),
            ("a meeting beats dnd", vec![&dnd, &meeting], 10, Some(Busy), Source::Meeting),
            ("dnd beats the lock", vec![&lock, &dnd], 10, Some(Busy), Source::Dnd),
            ("hours beat input", vec![&active, &schedule], 10, Some(Offline), Source::Schedule),
        ];
        for (name, claims, now, presence, source) in table {
            let claims: Vec<Claim> = claims.into_iter().cloned().collect();
            let manual = Manual::default();
            let got = decide(&know(&manual, &claims), &Scope::All, at(now));
            assert_eq!((got.presence, got.source), (presence, source), "{name}");
        }
    }

    #[test]
    fn a_choice_for_one_account_beats_the_one_for_all() {
        let me = Scope::Account("@me:example.org".into());
        let other = Scope::Account("@me:example.com".into());
        let mut manual = Manual::default();
        manual.choose(Scope::All, choice(Presence::Busy, None));
        manual.choose(me.clone(), choice(Presence::Offline, Some(50)));
        let known = know(&manual, &[]);
        assert_eq!(decide(&known, &me, at(10)).presence, Some(Presence::Offline));
        assert_eq!(decide(&known, &other, at(10)).presence, Some(Presence::Busy));
        assert_eq!(decide(&known, &Scope::All, at(10)).presence, Some(Presence::Busy));
        assert_eq!(decide(&known, &me, at(50)).presence, Some(Presence::Busy), "uncovered");
        manual.choose(Scope::All, choice(Presence::Online, None));
        let known = know(&manual, &[]);
        assert_eq!(decide(&known, &me, at(10)).presence, Some(Presence::Online));
    }

    #[test]
    fn a_choice_hides_the_standing_message_only_with_one_of_its_own() {
        let message = |t: &str| Message::new(t, None, None).expect("short");
        let mut manual = Manual { message: Some(message("standing")), ..Manual::default() };
        manual.choose(Scope::All, choice(Presence::Busy, None));
        let text = |m: &Manual, now| m.message(&Scope::All, at(now)).map(|m| m.text);
        assert_eq!(text(&manual, 1).as_deref(), Some("standing"));
        let mut with = choice(Presence::Busy, Some(50));
        with.message = Some(message("own"));
        manual.choose(Scope::All, with);
        assert_eq!(text(&manual, 49).as_deref(), Some("own"));
        assert_eq!(manual.message(&Scope::All, at(1)).and_then(|m| m.until), Some(at(50)));
        assert_eq!(text(&manual, 50).as_deref(), Some("standing"));
        manual.automatic(&Scope::All);
        assert_eq!(text(&manual, 51), None, "automatic ends both");
    }

    #[test]
    fn an_account_that_is_not_told_everything() {
        let mut manual = Manual::default();
        manual.choose(Scope::All, choice(Presence::Busy, None));
        manual.message = Message::new("lunch", None, None).ok();
        let decision = decide(&know(&manual, &[]), &Scope::All, at(1));
        let nothing = decision.clone().shared(Share::Nothing);
        assert_eq!((nothing.presence, nothing.message), (Some(Presence::Offline), None));
        let message = decision.clone().shared(Share::Message);
        assert_eq!(message.presence, Some(Presence::Offline));
        assert_eq!(message.message.map(|m| m.text).as_deref(), Some("lunch"));
        assert_eq!(decision.clone().shared(Share::Everything), decision);
    }

    fn any_presence() -> impl Strategy<Value = Presence> {
        prop::sample::select(&Presence::ALL[..])
    }

    fn any_claim() -> impl Strategy<Value = Claim> {
        // All sources except manual, which has its own type, and none.
        let sources = prop::sample::select(&Source::ALL[1..8]);
        (sources, any_presence(), 0i64..50, prop::option::of(0i64..100))
            .prop_map(|(s, p, since, until)| claim(s, p, since, until))
    }

    fn account(name: &str) -> Scope {
        Scope::Account(format!("@{name}:example.org"))
    }

    /// A claim with few possible values, so that claims often agree in the
    /// first criteria of the order and each later one comes to decide.
    fn any_rival() -> impl Strategy<Value = Claim> {
        let source = prop::sample::select(vec![Source::Call, Source::Meeting, Source::Idle]);
        let scope = prop::sample::select(vec![Scope::All, account("me"), account("other")]);
        let reason = prop::sample::select(vec!["a", "b", "c"]);
        let until = prop::option::weighted(0.3, 5i64..20);
        (source, scope, any_presence(), reason, 0i64..3, until).prop_map(
            |(source, scope, presence, reason, since, until)| Claim {
                scope,
                reason: Reason::unreadable(reason),
                ..claim(source, presence, since, until)
            },
        )
    }

    proptest! {
        #[test]
        fn a_manual_claim_wins_until_it_ends(
            claims in prop::collection::vec(any_claim(), 0..8),
            presence in any_presence(),
            end in 1i64..100,
            now in 0i64..120,
        ) {
            let mut manual = Manual::default();
            let beneath = decide(&know(&manual, &claims), &Scope::All, at(now));
            manual.choose(Scope::All, choice(presence, Some(end)));
            let got = decide(&know(&manual, &claims), &Scope::All, at(now));
            if now < end {
                prop_assert_eq!(got.source, Source::Manual);
                prop_assert_eq!(got.presence, Some(presence));
            } else {
                prop_assert_eq!(got, beneath);
            }
        }

        #[test]
        fn an_ended_claim_uncovers_what_is_beneath(
            claims in prop::collection::vec(any_claim(), 1..8),
            now in 0i64..120,
        ) {
            let manual = Manual::default();
            let known = know(&manual, &claims);
            let live = known.live(&Scope::All, at(now));
            let rest: Vec<Claim> = live.iter().skip(1).cloned().collect();
            let mut ended = rest.clone();
            if let Some(winner) = live.first() {
                let mut over = winner.clone();
                over.until = Some(at(now));
                ended.push(over);
            }
            prop_assert_eq!(
                decide(&know(&manual, &ended), &Scope::All, at(now)),
                decide(&know(&manual, &rest), &Scope::All, at(now))
            );
        }

        #[test]
        fn the_documented_order_decides_and_not_the_order_of_the_claims(
            (claims, shuffled) in prop::collection::vec(any_rival(), 0..8)
                .prop_flat_map(|claims| (Just(claims.clone()), Just(claims).prop_shuffle())),
            scope in prop::sample::select(vec![Scope::All, account("me")]),
            now in 0i64..20,
        ) {
            let manual = Manual::default();
            let rank = |c: &Claim| {
                (c.source, c.scope != scope, std::cmp::Reverse(c.since), c.reason.clone())
            };
            let speaks = |c: &&Claim| c.scope.covers(&scope) && c.is_live(at(now));
            let first = claims.iter().filter(speaks).map(rank).min();
            let winners: Vec<&Claim> =
                claims.iter().filter(speaks).filter(|c| Some(rank(c)) == first).collect();
            // Claims that differ only in presence or end have no order.
            prop_assume!(winners.windows(2).all(|pair| pair[0] == pair[1]));

            let one = decide(&know(&manual, &claims), &scope, at(now));
            let said = winners.first().map_or((None, Source::None, &Reason::NothingKnown), |c| {
                (Some(c.presence), c.source, &c.reason)
            });
            prop_assert_eq!((one.presence, one.source, &one.reason), said);
            let times = winners.first().map_or((None, None), |c| (Some(c.since), c.until));
            prop_assert_eq!((one.since, one.until), times);
            prop_assert_eq!(&one, &decide(&know(&manual, &shuffled), &scope, at(now)));
            // The other live claims are in order as well.
            let ranks = |claims| {
                let live = know(&manual, claims).live(&scope, at(now));
                live.iter().map(rank).collect::<Vec<_>>()
            };
            prop_assert_eq!(ranks(&claims[..]), ranks(&shuffled[..]));
        }

        #[test]
        fn the_next_look_is_never_in_the_past_and_nothing_changes_before_it(
            claims in prop::collection::vec(any_claim(), 0..8),
            end in prop::option::of(1i64..100),
            now in 0i64..120,
            later in 1i64..120,
        ) {
            let mut manual = Manual::default();
            manual.choose(Scope::All, choice(Presence::Busy, end));
            let known = know(&manual, &claims);
            let next = next_evaluation(&known, at(now));
            if let Some(next) = next {
                prop_assert!(next > at(now));
            }
            let then = at(now + later);
            if next.is_none_or(|next| then < next) {
                prop_assert_eq!(
                    decide(&known, &Scope::All, at(now)),
                    decide(&known, &Scope::All, then)
                );
            }
        }
    }
}
