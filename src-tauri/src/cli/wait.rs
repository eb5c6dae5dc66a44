//! `--wait`: until others see what was meant.

use std::time::Duration;

use presently_ipc::snapshot::{Account, Connection, PresenceSupport};
use presently_ipc::{Client, Paths, Snapshot};
use tokio::time::timeout;

use super::Stop;

/// Waits until every account concerned, or the one named, shows what was
/// meant from `revision` on, and was read back.
pub(super) async fn until_seen(
    paths: &Paths,
    revision: u64,
    account: Option<&str>,
    limit: Duration,
) -> Result<(), Stop> {
    let mut follow = Client::connect(paths).await?.follow().await?;
    let mut missing = vec![Missing::yet("the agent has not answered".to_owned())];
    let settled = async {
        while let Some(snapshot) = follow.next().await? {
            if snapshot.revision >= revision {
                missing = unsettled(&snapshot, account);
                if missing.is_empty() {
                    return Ok(());
                }
                if missing.iter().all(|missing| missing.for_good) {
                    return Err(Stop::Failed(format!(
                        "it is set, but others cannot see it: {}",
                        lines(&missing)
                    )));
                }
            }
        }
        Err(Stop::Failed("the agent ended before others saw it".to_owned()))
    };
    match timeout(limit, settled).await {
        Ok(done) => done,
        Err(_) => Err(Stop::Failed(format!(
            "it is set, but others do not see it yet: {}; the agent goes on trying",
            lines(&missing)
        ))),
    }
}

/// What is missing until others see what was meant.
#[derive(Debug, PartialEq, Eq)]
struct Missing {
    line: String,
    /// It does not come by waiting.
    for_good: bool,
}

impl Missing {
    fn yet(line: String) -> Self {
        Self { line, for_good: false }
    }
}

fn lines(missing: &[Missing]) -> String {
    missing.iter().map(|missing| missing.line.as_str()).collect::<Vec<_>>().join(", ")
}

/// What is still missing, for each account concerned. A server without
/// presence has none to confirm; it counts only where no other account shows
/// anything, or where a message is to be seen there.
fn unsettled(snapshot: &Snapshot, account: Option<&str>) -> Vec<Missing> {
    let concerned = |a: &&Account| account.is_none_or(|wanted| wanted == a.user_id);
    let is_dark = |a: &Account| a.server.presence == PresenceSupport::Off && a.message.is_none();
    let any_shows = snapshot.accounts.iter().filter(concerned).any(|a| !is_dark(a));
    let counts = |a: &&Account| concerned(a) && !(any_shows && is_dark(a));
    let missing = snapshot.accounts.iter().filter(counts).filter_map(|a| {
        let Missing { line, for_good } = lacks(a)?;
        Some(Missing { line: format!("{} ({line})", a.user_id), for_good })
    });
    missing.collect()
}

fn lacks(account: &Account) -> Option<Missing> {
    let problem = |what: &str| match &account.problem {
        Some(problem) => format!("{what}: {problem}"),
        None => what.to_owned(),
    };
    let offline = match account.connection {
        // The person keeps it out.
        Connection::Paused => return None,
        Connection::Connecting => Some(problem("connecting")),
        Connection::Retrying => Some(problem("retrying")),
        Connection::NeedsLogin => Some("sign in again".to_owned()),
        Connection::Syncing if account.settled => return None,
        Connection::Syncing => None,
    };
    if let Some(line) = offline {
        return Some(Missing::yet(line));
    }
    if let Some(why) = &account.unseen {
        return Some(Missing { line: why.clone(), for_good: true });
    }
    Some(Missing::yet(match (&account.note, account.server.presence, account.seen_by_others) {
        (Some(note), ..) => note.clone(),
        (None, PresenceSupport::Off, _) => "not confirmed".to_owned(),
        (None, _, None) => "not read back".to_owned(),
        (None, _, Some(seen)) if account.intended == Some(seen) => "not confirmed".to_owned(),
        (None, _, Some(seen)) => format!("others see {}", seen.word()),
    }))
}

#[cfg(test)]
mod tests {
    use presently_core::Presence;

    use super::super::samples::{account, snapshot};
    use super::*;

    #[test]
    fn only_the_accounts_concerned_are_waited_for() {
        let late = Account { settled: false, seen_by_others: None, ..account("@late:a") };
        let view = snapshot(vec![account("@me:a"), late]);
        let missing = [Missing::yet("@late:a (not read back)".to_owned())];
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
            assert_eq!(lacks(&account), Some(Missing::yet(wanted.to_owned())));
        }
        let line = "The server refuses your status in your profile: no".to_owned();
        let (unseen, note) = (Some(line.clone()), Some(line.clone()));
        let refused = Account { unseen, note, ..late() };
        let missing = Missing { line, for_good: true };
        assert_eq!(lacks(&refused), Some(missing), "waiting does not help");
        let paused = Account { connection: Connection::Paused, ..late() };
        assert_eq!(lacks(&paused), None, "the person keeps it out");
    }
}
