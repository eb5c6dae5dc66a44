//! The snapshot in words. Pure: the same snapshot, time and zone give the
//! same text.

use jiff::Zoned;
use presently_core::{Presence, Source};
use presently_ipc::Snapshot;
use presently_ipc::snapshot::{Account, Connection, MessageView, PauseView, PresenceSupport};

use super::when::words;

/// What to do without an account.
const NO_ACCOUNT: &str =
    "No account yet; sign in with `presently login @you:example.org` or `presently window`";

/// Everything a person wants to know, on several lines.
pub(super) fn full(snapshot: &Snapshot, now: &Zoned) -> String {
    let mut lines = vec![headline(snapshot, now)];
    if let Some(message) = &snapshot.message {
        lines.push(format!("Message: {}", message_words(message, now)));
    }
    lines.push(String::new());
    if snapshot.accounts.is_empty() {
        lines.push(NO_ACCOUNT.to_owned());
    }
    let width = id_width(snapshot);
    for account in &snapshot.accounts {
        lines.push(format!("{:width$}  {}", account.user_id, shown(account, now)));
        let differs = account.source != snapshot.source || account.reason != snapshot.reason;
        let own = differs.then(|| because(account.intended, &account.reason));
        let message = (account.message != snapshot.message).then(|| match &account.message {
            Some(message) => format!("Message here: {}", message_words(message, now)),
            None => "No message here".to_owned(),
        });
        let room = account.profile_room_problem.clone();
        let details = [own, message, account.note.clone(), room];
        lines.extend(details.into_iter().flatten().map(|line| format!("{:width$}  {line}", "")));
    }
    if let Some(pause) = snapshot.paused.calls {
        lines.push(String::new());
        let until = pause_words(pause, now);
        lines.push(format!("Call detection is paused{until}; `presently resume calls`"));
    }
    if !snapshot.troubles.is_empty() {
        lines.push(String::new());
        lines.extend(snapshot.troubles.iter().map(|trouble| format!("Trouble: {trouble}")));
    }
    lines.join("\n")
}

/// The same on one line, for who follows it.
pub(super) fn line(snapshot: &Snapshot, now: &Zoned) -> String {
    let mut parts = vec![headline(snapshot, now)];
    parts.extend(snapshot.message.as_ref().map(|m| message_words(m, now)));
    parts.extend(snapshot.accounts.iter().map(|a| format!("{} {}", a.user_id, shown(a, now))));
    if let Some(pause) = snapshot.paused.calls {
        parts.push(format!("Call detection is paused{}", pause_words(pause, now)));
    }
    parts.extend(snapshot.troubles.iter().map(|trouble| format!("Trouble: {trouble}")));
    parts.join(" · ")
}

/// The accounts, with their servers.
pub(super) fn accounts(snapshot: &Snapshot, now: &Zoned) -> String {
    if snapshot.accounts.is_empty() {
        return NO_ACCOUNT.to_owned();
    }
    let width = id_width(snapshot);
    let mut lines = Vec::new();
    for account in &snapshot.accounts {
        lines.push(format!("{:width$}  {}", account.user_id, shown(account, now)));
        let server = account.homeserver.as_deref().unwrap_or("server not known yet");
        lines.push(format!("{:width$}  {server}{}", "", abilities(account)));
        lines.extend(account.note.iter().map(|note| format!("{:width$}  {note}", "")));
    }
    lines.join("\n")
}

/// What a choice was understood as.
pub(super) fn headline(snapshot: &Snapshot, now: &Zoned) -> String {
    let mut text = because(snapshot.presence, &snapshot.reason);
    if let Some(until) = snapshot.until {
        text.push_str(&format!(", until {}", words(until, now)));
    } else if let (Some(since), true) = (snapshot.since, snapshot.source != Source::None) {
        text.push_str(&format!(", since {}", words(since, now)));
    }
    text
}

fn because(presence: Option<Presence>, reason: &str) -> String {
    format!("{}: {reason}", presence.map_or("Not known", Presence::word))
}

/// How long a pause lasts, if an end was given.
fn pause_words(pause: PauseView, now: &Zoned) -> String {
    pause.until.map(|until| format!(" until {}", words(until, now))).unwrap_or_default()
}

fn message_words(message: &MessageView, now: &Zoned) -> String {
    let until = message.until.map(|until| format!(" (until {})", words(until, now)));
    format!("{} {}{}", message.emoji, message.text, until.unwrap_or_default())
}

/// What an account is to show, and whether others see it.
fn shown(account: &Account, now: &Zoned) -> String {
    let meant = account.intended.map_or("nothing", Presence::word);
    let problem = account.problem.as_deref();
    match account.connection {
        Connection::Connecting => format!("{meant}, connecting"),
        Connection::Retrying => {
            format!("{meant}, no connection: {}", problem.unwrap_or("trying again"))
        }
        Connection::NeedsLogin => {
            format!("not signed in; `presently login {}`", account.user_id)
        }
        Connection::Paused => {
            let until = account.paused.map(|pause| pause_words(pause, now));
            format!("paused{}, others see you as offline", until.unwrap_or_default())
        }
        Connection::Syncing => format!("{meant}, {}", seen(account)),
    }
}

fn seen(account: &Account) -> String {
    match (account.server.presence, account.seen_by_others) {
        (PresenceSupport::Off, _) => "which this server shows to nobody".to_owned(),
        (_, None) => "not confirmed yet".to_owned(),
        (_, Some(seen)) if account.intended == Some(seen) => match messages_differ(account) {
            true => "others see it with another message".to_owned(),
            false => "others see it".to_owned(),
        },
        (_, Some(seen)) => format!("others see {}", seen.word()),
    }
}

fn messages_differ(account: &Account) -> bool {
    account.message.as_ref().map(|m| &m.text) != account.message_seen_by_others.as_ref()
}

fn abilities(account: &Account) -> String {
    let server = &account.server;
    let busy = server.busy.map(|has| if has { "has busy" } else { "no busy" });
    let presence = match server.presence {
        PresenceSupport::On => None,
        PresenceSupport::Off => Some("presence turned off"),
        PresenceSupport::Unknown => Some("presence not known yet"),
    };
    [busy, presence].into_iter().flatten().map(|what| format!(", {what}")).collect()
}

fn id_width(snapshot: &Snapshot) -> usize {
    snapshot.accounts.iter().map(|a| a.user_id.chars().count()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use presently_ipc::snapshot::{Paused, Server};

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
            full(&view, &now()),
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
            line(&view, &now()),
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
            assert_eq!(shown(&account, &now()), wanted);
        }
    }

    #[test]
    fn paused_calls_are_said() {
        let mut view = snapshot(Vec::new());
        let since = "2026-11-22T10:00:00Z".parse().expect("a time");
        view.paused = Paused { calls: Some(PauseView { since, until: None }) };
        let wanted = "\n\nCall detection is paused; `presently resume calls`";
        assert!(full(&view, &now()).ends_with(wanted));
        assert!(line(&view, &now()).ends_with(" · Call detection is paused"));
    }

    #[test]
    fn nothing_known_and_no_account() {
        let mut view = snapshot(Vec::new());
        view.presence = None;
        view.source = Source::None;
        view.reason = "There is no display to see input on".to_owned();
        view.since = None;
        view.until = None;
        assert_eq!(
            full(&view, &now()),
            format!("Not known: There is no display to see input on\n\n{NO_ACCOUNT}")
        );
        assert_eq!(accounts(&view, &now()), NO_ACCOUNT);
    }

    #[test]
    fn accounts_with_their_servers() {
        let other =
            Account { homeserver: None, note: Some("A note".to_owned()), ..account("@a:b") };
        let server =
            Server { busy: Some(false), presence: PresenceSupport::Unknown, ..other.server };
        let other = Account { server, ..other };
        assert_eq!(
            accounts(&snapshot(vec![account("@me:example.org"), other]), &now()),
            "\
@me:example.org  Busy, others see it
                 https://example.org/, has busy
@a:b             Busy, others see it
                 server not known yet, no busy, presence not known yet
                 A note"
        );
    }
}
