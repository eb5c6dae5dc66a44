//! The snapshot in words. Pure: time, zone and texts are arguments.

use jiff::{Timestamp, Zoned};
use presently_core::{Presence, Source};
use presently_ipc::Snapshot;
use presently_ipc::snapshot::{Account, Connection, MessageView, PauseView, PresenceSupport};
use presently_text::{Texts, text};

use super::columns::{pad, widest};

/// Formats the whole status, on several lines.
pub(super) fn full(snapshot: &Snapshot, now: &Zoned, texts: &Texts) -> String {
    let mut lines = vec![headline(snapshot, now, texts)];
    if let Some(message) = &snapshot.message {
        let message = message_words(message, now, texts);
        lines.push(text!(texts, "status-message", message = message));
    }
    lines.push(String::new());
    if snapshot.accounts.is_empty() {
        lines.push(text!(texts, "status-no-account"));
    }
    let width = id_width(snapshot);
    let column = |id: &str, line: &str| format!("{}  {line}", pad(id, width));
    for account in &snapshot.accounts {
        lines.push(column(&account.user_id, &shown(account, now, texts)));
        let differs = account.source != snapshot.source || account.reason != snapshot.reason;
        let own = differs.then(|| because(account.intended, &account.reason, texts));
        let message = (account.message != snapshot.message).then(|| match &account.message {
            Some(message) => {
                let message = message_words(message, now, texts);
                text!(texts, "status-message-here", message = message)
            }
            None => text!(texts, "status-no-message-here"),
        });
        let room = account.profile_room_problem.clone();
        let details = [own, message, account.note.clone(), room];
        lines.extend(details.into_iter().flatten().map(|line| column("", &line)));
    }
    if let Some(pause) = snapshot.paused.calls {
        lines.push(String::new());
        lines.push(match pause_end(pause, now, texts) {
            Some(until) => text!(texts, "status-calls-paused-until", until = until),
            None => text!(texts, "status-calls-paused"),
        });
    }
    let counts = snapshot.claims.iter().any(|claim| claim.source == Source::Meeting);
    if let Some(meeting) = snapshot.next_meeting.filter(|meeting| meeting.doubted || !counts) {
        let at = |moment: Timestamp| moment.to_zoned(now.time_zone().clone());
        let (start, end) = (at(meeting.start), at(meeting.end));
        let day = texts.date(start.date(), now.date());
        let (start, end) = (texts.time(&start), texts.time(&end));
        lines.push(String::new());
        lines.push(match meeting.doubted {
            true => text!(texts, "status-meeting-uncounted", end = end),
            false => text!(texts, "status-next-meeting", day = day, start = start, end = end),
        });
    }
    if let Some(pause) = snapshot.paused.hours {
        lines.push(String::new());
        lines.push(match pause_end(pause, now, texts) {
            Some(until) => text!(texts, "status-hours-paused-until", until = until),
            None => text!(texts, "status-hours-paused"),
        });
    }
    if !snapshot.troubles.is_empty() {
        lines.push(String::new());
        lines.extend(troubles(snapshot, texts));
    }
    lines.join("\n")
}

/// Formats the status on one line, for `--follow`.
pub(super) fn line(snapshot: &Snapshot, now: &Zoned, texts: &Texts) -> String {
    let mut parts = vec![headline(snapshot, now, texts)];
    parts.extend(snapshot.message.as_ref().map(|m| message_words(m, now, texts)));
    let accounts = snapshot.accounts.iter();
    parts.extend(accounts.map(|a| format!("{} {}", a.user_id, shown(a, now, texts))));
    parts.extend(snapshot.paused.calls.map(|pause| match pause_end(pause, now, texts) {
        Some(until) => text!(texts, "status-line-calls-paused-until", until = until),
        None => text!(texts, "pause-calls"),
    }));
    parts.extend(troubles(snapshot, texts));
    parts.join(" · ")
}

/// Formats the accounts with their servers.
pub(super) fn accounts(snapshot: &Snapshot, now: &Zoned, texts: &Texts) -> String {
    if snapshot.accounts.is_empty() {
        return text!(texts, "status-no-account");
    }
    let width = id_width(snapshot);
    let column = |id: &str, line: &str| format!("{}  {line}", pad(id, width));
    let mut lines = Vec::new();
    for account in &snapshot.accounts {
        lines.push(column(&account.user_id, &shown(account, now, texts)));
        lines.push(column("", &server(account, texts)));
        lines.extend(account.note.iter().map(|note| column("", note)));
    }
    lines.join("\n")
}

/// The confirmation of a choice.
pub(super) fn headline(snapshot: &Snapshot, now: &Zoned, texts: &Texts) -> String {
    let when = match (snapshot.until, snapshot.since) {
        (Some(until), _) => texts.until(until, now),
        (None, Some(since)) if snapshot.source != Source::None => texts.since(since, now),
        _ => return because(snapshot.presence, &snapshot.reason, texts),
    };
    let (presence, reason) = (texts.presence(snapshot.presence), &snapshot.reason);
    text!(texts, "status-because-when", presence = presence, reason = reason, when = when)
}

fn because(presence: Option<Presence>, reason: &str, texts: &Texts) -> String {
    text!(texts, "status-because", presence = texts.presence(presence), reason = reason)
}

fn troubles(snapshot: &Snapshot, texts: &Texts) -> impl Iterator<Item = String> {
    let troubles = snapshot.troubles.iter();
    troubles.map(|trouble| text!(texts, "status-trouble", trouble = trouble))
}

/// The end of a pause, if it has one.
fn pause_end(pause: PauseView, now: &Zoned, texts: &Texts) -> Option<String> {
    pause.until.map(|until| texts.until(until, now))
}

fn message_words(message: &MessageView, now: &Zoned, texts: &Texts) -> String {
    let said = format!("{} {}", message.emoji, message.text);
    match message.until.map(|until| texts.until(until, now)) {
        Some(until) => text!(texts, "status-message-until", message = said, until = until),
        None => said,
    }
}

/// What an account is to show, and whether others see it.
fn shown(account: &Account, now: &Zoned, texts: &Texts) -> String {
    let intended = match account.intended {
        Some(presence) => texts.presence(Some(presence)),
        None => text!(texts, "status-nothing"),
    };
    match account.connection {
        Connection::Connecting if account.problem.is_none() => {
            text!(texts, "status-connecting", intended = intended)
        }
        // A locked or absent secret store also prevents the connection.
        Connection::Connecting | Connection::Retrying => {
            let problem = account.problem.clone();
            let why = problem.unwrap_or_else(|| text!(texts, "status-trying-again"));
            text!(texts, "status-retrying", intended = intended, why = why)
        }
        Connection::NeedsLogin => {
            text!(texts, "status-needs-sign-in", user_id = &account.user_id)
        }
        Connection::Paused => match account.paused.and_then(|it| pause_end(it, now, texts)) {
            Some(until) => text!(texts, "status-paused-until", until = until),
            None => text!(texts, "status-paused"),
        },
        Connection::Syncing => seen(account, intended, texts),
    }
}

fn seen(account: &Account, intended: String, texts: &Texts) -> String {
    match (account.server.presence, account.seen_by_others) {
        (PresenceSupport::Off, _) => text!(texts, "status-seen-by-nobody", intended = intended),
        (_, None) => text!(texts, "status-not-confirmed", intended = intended),
        (_, Some(seen)) if account.intended == Some(seen) => match messages_differ(account) {
            true => text!(texts, "status-seen-with-other-message", intended = intended),
            false => text!(texts, "status-seen", intended = intended),
        },
        (_, seen) => {
            text!(texts, "status-seen-as", intended = intended, seen = texts.presence(seen))
        }
    }
}

fn messages_differ(account: &Account) -> bool {
    account.message.as_ref().map(|m| &m.text) != account.message_seen_by_others.as_ref()
}

/// The address of the server, and its known capabilities.
fn server(account: &Account, texts: &Texts) -> String {
    let url = account.homeserver.clone();
    let server = &account.server;
    let busy = server
        .busy
        .map(|has| text!(texts, "status-server-busy", busy = if has { "yes" } else { "no" }));
    let presence = match server.presence {
        PresenceSupport::On => None,
        PresenceSupport::Off => Some("off"),
        PresenceSupport::Unknown => Some("unknown"),
    };
    let presence = presence.map(|it| text!(texts, "status-server-presence", presence = it));
    let parts = [Some(url.unwrap_or_else(|| text!(texts, "status-no-server"))), busy, presence];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn id_width(snapshot: &Snapshot) -> usize {
    widest(snapshot.accounts.iter().map(|account| account.user_id.as_str()))
}

#[cfg(test)]
mod tests {
    use presently_ipc::snapshot::{ClaimView, MeetingView, Paused, Server};

    use super::super::samples::{account, snapshot};
    use super::*;

    fn now() -> Zoned {
        "2026-11-22T11:00:00+01:00[Europe/Berlin]".parse().expect("a zoned time")
    }

    #[test]
    fn two_accounts_and_a_trouble() {
        let message = MessageView {
            text: "Writing".to_owned(),
            emoji: "✍️".to_owned(),
            until: Some("2026-11-23T08:00:00Z".parse().expect("a time")),
        };
        let mut view = snapshot(vec![
            Account {
                message: Some(message.clone()),
                message_seen_by_others: Some("Writing".to_owned()),
                ..account("@me:example.org")
            },
            Account {
                seen_by_others: Some(Presence::Unavailable),
                note: Some("This server has no “busy”: shown as away".to_owned()),
                ..account("@me:old.example")
            },
        ]);
        view.message = Some(message);
        view.troubles.push("No tray host".to_owned());
        assert_eq!(
            full(&view, &now(), Texts::english()),
            "\
Busy: You chose it, until 17:30
Message: ✍️ Writing (until tomorrow 09:00)

@me:example.org  Busy, others see it
@me:old.example  Busy, others see Away
                 No message here
                 This server has no “busy”: shown as away

Trouble: No tray host"
        );
        assert_eq!(
            line(&view, &now(), Texts::english()),
            "Busy: You chose it, until 17:30 · ✍️ Writing (until tomorrow 09:00) · \
             @me:example.org Busy, others see it · @me:old.example Busy, others see Away · \
             Trouble: No tray host"
        );
    }

    #[test]
    fn each_state_of_an_account() {
        let me = || account("@me:example.org");
        let off = Server { presence: PresenceSupport::Off, ..me().server };
        let pause = PauseView {
            since: "2026-11-22T10:00:00Z".parse().expect("a time"),
            until: Some("2026-11-22T12:00:00Z".parse().expect("a time")),
        };
        let retrying = Account {
            connection: Connection::Retrying,
            problem: Some("the server does not answer".to_owned()),
            ..me()
        };
        for (account, wanted) in [
            (me(), "Busy, others see it"),
            (
                Account { message_seen_by_others: Some("Old".to_owned()), ..me() },
                "Busy, others see it with another message",
            ),
            (Account { seen_by_others: None, ..me() }, "Busy, not confirmed yet"),
            (Account { server: off, ..me() }, "Busy, which this server shows to nobody"),
            (Account { intended: None, ..me() }, "nothing, others see Busy"),
            (Account { connection: Connection::Connecting, ..me() }, "Busy, connecting"),
            (
                Account { connection: Connection::Connecting, ..retrying.clone() },
                "Busy, no connection: the server does not answer",
            ),
            (retrying, "Busy, no connection: the server does not answer"),
            (
                Account { connection: Connection::NeedsLogin, ..me() },
                "not signed in; `presently login @me:example.org`",
            ),
            (
                Account { connection: Connection::Paused, paused: Some(pause), ..me() },
                "paused until 13:00, others see you as offline",
            ),
        ] {
            assert_eq!(shown(&account, &now(), Texts::english()), wanted);
        }
    }

    #[test]
    fn paused_calls_are_said() {
        let mut view = snapshot(Vec::new());
        let since = "2026-11-22T10:00:00Z".parse().expect("a time");
        view.paused = Paused { calls: Some(PauseView { since, until: None }), ..Paused::default() };
        let wanted = "\n\nCall detection is paused; `presently resume calls`";
        assert!(full(&view, &now(), Texts::english()).ends_with(wanted));
        assert!(line(&view, &now(), Texts::english()).ends_with(" · Call detection is paused"));
    }

    #[test]
    fn the_next_meeting_and_longer_work_are_said() {
        let mut view = snapshot(Vec::new());
        let at = |time: &str| time.parse().expect("a time");
        view.next_meeting = Some(MeetingView {
            start: at("2026-11-23T09:00:00Z"),
            end: at("2026-11-23T09:30:00Z"),
            doubted: false,
        });
        let pause = PauseView { since: at("2026-11-22T10:00:00Z"), until: None };
        view.paused = Paused { hours: Some(pause), ..Paused::default() };
        let text = full(&view, &now(), Texts::english());
        let wanted = "\n\nNext meeting: 23 November, 10:00 – 10:30\n\n\
                      Your working hours do not apply; `presently resume hours`";
        assert!(text.ends_with(wanted), "{text}");
        // One that is on, and does not count.
        view.next_meeting = Some(MeetingView {
            start: at("2026-11-22T09:30:00Z"),
            end: at("2026-11-22T10:30:00Z"),
            doubted: true,
        });
        let text = full(&view, &now(), Texts::english());
        assert!(text.contains("until 11:30 does not count: no call is on"), "{text}");
        // One that counts is among the claims.
        view.next_meeting = view.next_meeting.map(|it| MeetingView { doubted: false, ..it });
        view.claims = vec![ClaimView {
            source: Source::Meeting,
            presence: Presence::Busy,
            reason: String::new(),
            reason_code: None,
            since: at("2026-11-22T09:30:00Z"),
            until: None,
        }];
        let text = full(&view, &now(), Texts::english());
        assert!(!text.to_lowercase().contains("meeting"), "{text}");
    }

    #[test]
    fn nothing_known_and_no_account() {
        let no_account = text!(Texts::english(), "status-no-account");
        let mut view = snapshot(Vec::new());
        view.presence = None;
        view.source = Source::None;
        view.reason = "There is no display to see input on".to_owned();
        view.since = None;
        view.until = None;
        assert_eq!(
            full(&view, &now(), Texts::english()),
            format!("Not known: There is no display to see input on\n\n{no_account}")
        );
        assert_eq!(accounts(&view, &now(), Texts::english()), no_account);
    }

    #[test]
    fn accounts_with_their_servers() {
        let other =
            Account { homeserver: None, note: Some("A note".to_owned()), ..account("@a:b") };
        let server =
            Server { busy: Some(false), presence: PresenceSupport::Unknown, ..other.server };
        let other = Account { server, ..other };
        assert_eq!(
            accounts(&snapshot(vec![account("@me:example.org"), other]), &now(), Texts::english()),
            "\
@me:example.org  Busy, others see it
                 https://example.org/, has busy
@a:b             Busy, others see it
                 server not known yet, no busy, presence not known yet
                 A note"
        );
    }
}
