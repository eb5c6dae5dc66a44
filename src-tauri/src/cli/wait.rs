//! `--wait`: waits until others see what was chosen.

use std::time::Duration;

use presently_core::Code;
use presently_ipc::snapshot::{Account, Connection, PresenceSupport};
use presently_ipc::{Client, Paths, Snapshot};
use tokio::time::timeout;

use super::{Stop, texts};
use crate::localize;

/// Waits until every account concerned, or the named one, is settled at
/// `revision` or later.
pub(super) async fn until_seen(
    paths: &Paths,
    revision: u64,
    account: Option<&str>,
    limit: Duration,
) -> Result<(), Stop> {
    let mut follow = Client::connect(paths).await?.follow().await?;
    let mut missing = vec![Missing::yet(Code::new("wait-no-answer"))];
    let settled = async {
        while let Some(snapshot) = follow.next().await? {
            if snapshot.revision >= revision {
                missing = unsettled(&localize::snapshot(*snapshot, texts()), account);
                if missing.is_empty() {
                    return Ok(());
                }
                if missing.iter().all(|missing| missing.for_good) {
                    let missing = together(&missing);
                    return Err(Code::new("wait-not-seen").with("missing", missing).into());
                }
            }
        }
        Err(Code::new("wait-agent-ended").into())
    };
    match timeout(limit, settled).await {
        Ok(done) => done,
        Err(_) => Err(Code::new("wait-not-yet").with("missing", together(&missing)).into()),
    }
}

/// What is missing until others see what was chosen.
#[derive(Debug, PartialEq, Eq)]
struct Missing {
    what: Code,
    /// Whether waiting cannot help.
    for_good: bool,
}

impl Missing {
    fn yet(what: Code) -> Self {
        Self { what, for_good: false }
    }
}

fn together(missing: &[Missing]) -> Code {
    let codes = missing.iter().map(|missing| missing.what.clone());
    let listed =
        |first, second| Code::new("wait-and-also").with("first", first).with("second", second);
    codes.reduce(listed).unwrap_or_else(|| Code::new("wait-no-answer"))
}

/// What is still missing for each account concerned. A server without presence
/// cannot confirm one. It counts only if no other account shows anything, or if
/// a message is to be seen there.
fn unsettled(snapshot: &Snapshot, account: Option<&str>) -> Vec<Missing> {
    let concerned = |a: &&Account| account.is_none_or(|wanted| wanted == a.user_id);
    let is_dark = |a: &Account| a.server.presence == PresenceSupport::Off && a.message.is_none();
    let any_shows = snapshot.accounts.iter().filter(concerned).any(|a| !is_dark(a));
    let counts = |a: &&Account| concerned(a) && !(any_shows && is_dark(a));
    let missing = snapshot.accounts.iter().filter(counts).filter_map(|a| {
        let Missing { what, for_good } = lacks(a)?;
        let user_id = &a.user_id;
        let what = Code::new("wait-account").with("user_id", user_id).with("missing", what);
        Some(Missing { what, for_good })
    });
    missing.collect()
}

fn lacks(account: &Account) -> Option<Missing> {
    let offline = match account.connection {
        // The person has paused this account.
        Connection::Paused => return None,
        Connection::Connecting => Some(match &account.problem {
            Some(why) => Code::new("wait-connecting-because").with("why", why),
            None => Code::new("wait-connecting"),
        }),
        Connection::Retrying => Some(match &account.problem {
            Some(why) => Code::new("wait-retrying-because").with("why", why),
            None => Code::new("wait-retrying"),
        }),
        Connection::NeedsLogin => Some(Code::new("wait-sign-in")),
        Connection::Syncing if account.settled => return None,
        Connection::Syncing => None,
    };
    if let Some(what) = offline {
        return Some(Missing::yet(what));
    }
    if let Some(why) = &account.unseen {
        return Some(Missing { what: Code::plain(why), for_good: true });
    }
    Some(Missing::yet(match (&account.note, account.server.presence, account.seen_by_others) {
        (Some(note), ..) => Code::plain(note),
        (None, PresenceSupport::Off, _) => Code::new("wait-not-confirmed"),
        (None, _, None) => Code::new("wait-not-read-back"),
        (None, _, Some(seen)) if account.intended == Some(seen) => Code::new("wait-not-confirmed"),
        (None, _, seen) => Code::new("wait-seen-as").with("presence", texts().presence(seen)),
    }))
}

#[cfg(test)]
mod tests {
    use presently_core::Presence;
    use presently_text::Texts;

    use super::super::samples::{account, snapshot};
    use super::*;

    #[test]
    fn only_the_accounts_concerned_are_waited_for() {
        let late = Account { settled: false, seen_by_others: None, ..account("@late:a") };
        let view = snapshot(vec![account("@me:a"), late]);
        let what = Code::new("wait-account").with("user_id", "@late:a");
        let missing = [Missing::yet(what.with("missing", Code::new("wait-not-read-back")))];
        assert_eq!(unsettled(&view, None), missing);
        assert_eq!(unsettled(&view, Some("@late:a")), missing);
        assert!(unsettled(&view, Some("@me:a")).is_empty());
        assert!(unsettled(&snapshot(Vec::new()), None).is_empty(), "nobody is to see it");
    }

    #[test]
    fn a_server_without_presence_has_none_to_confirm() {
        let dark = || {
            let mut dark = Account { settled: false, ..account("@me:off") };
            dark.server.presence = PresenceSupport::Off;
            dark.unseen = Some("Nobody can see it".to_owned());
            dark
        };
        let missing = |accounts| unsettled(&snapshot(accounts), None).len();
        assert_eq!(missing(vec![dark()]), 1);
        assert_eq!(missing(vec![dark(), account("@me:on")]), 0);
        let message = Some(presently_ipc::snapshot::MessageView {
            text: "At lunch".to_owned(),
            emoji: "💬".to_owned(),
            until: None,
        });
        assert_eq!(missing(vec![Account { message, ..dark() }, account("@me:on")]), 1);
    }

    #[test]
    fn what_is_missing_is_named() {
        let late = || Account { settled: false, ..account("@me:a") };
        let away = Some(Presence::Unavailable);
        let note = "Another device of yours keeps you away";
        let problem = Some("the server does not answer".to_owned());
        for (account, wanted) in [
            (Account { connection: Connection::Connecting, ..account("@me:a") }, "connecting"),
            (
                Account { connection: Connection::Retrying, problem, ..late() },
                "retrying: the server does not answer",
            ),
            (Account { connection: Connection::NeedsLogin, ..late() }, "sign in again"),
            (late(), "not confirmed"),
            (Account { seen_by_others: away, ..late() }, "others see Away"),
            (Account { seen_by_others: away, note: Some(note.to_owned()), ..late() }, note),
        ] {
            let Some(Missing { what, for_good: false }) = lacks(&account) else {
                panic!("{wanted} is missing and may come");
            };
            assert_eq!(Texts::english().code(&what), wanted);
        }
        let line = "The server refuses your status in your profile: no".to_owned();
        let (unseen, note) = (Some(line.clone()), Some(line.clone()));
        let refused = Account { unseen, note, ..late() };
        let missing = Missing { what: Code::plain(line), for_good: true };
        assert_eq!(lacks(&refused), Some(missing), "waiting does not help");
        let paused = Account { connection: Connection::Paused, ..late() };
        assert_eq!(lacks(&paused), None, "the person keeps it out");
    }
}
