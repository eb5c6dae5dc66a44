//! Do-not-disturb on Linux. GNOME keeps it in its settings (dconf). KDE and
//! dunst have it as a property of their notification service on the session
//! bus.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use presently_core::Code;
use presently_core::dnd::Dnd;
use tokio::process::Command;
use tokio::sync::watch;
use tokio::time::timeout;
use zbus::Message;

use crate::bus::{Bus, Error, Object, Reread, Which, owner_of, properties_of, reread, signal};
use crate::probe::{Backend, Opening, follow};
use crate::status::Absorb;
use crate::{Environment, Reading, Status};

/// How long `gsettings` may take to answer.
const TIMEOUT: Duration = Duration::from_secs(3);

const NOTIFICATIONS: &str = "org.freedesktop.Notifications";
const NOTIFICATIONS_PATH: &str = "/org/freedesktop/Notifications";
const GNOME: &str = "org.gnome.Shell";
/// The GSettings schema and key that say whether GNOME shows notifications.
const BANNERS: (&str, &str) = ("org.gnome.desktop.notifications", "show-banners");
const BANNERS_PATH: &str = "/org/gnome/desktop/notifications/show-banners";

/// KDE: the property `Inhibited`.
const KDE: Object<'static> =
    Object { service: NOTIFICATIONS, path: NOTIFICATIONS_PATH, interface: NOTIFICATIONS };

/// dunst: the property `paused`.
const DUNST: Object<'static> =
    Object { service: NOTIFICATIONS, path: NOTIFICATIONS_PATH, interface: "org.dunstproject.cmd0" };

/// What the session bus says about do-not-disturb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// No supported desktop or notification service is running.
    Nobody,
    /// The name of the service, and whether do-not-disturb is on.
    Reported(&'static str, bool),
}

impl Absorb<Seen> for Status<Dnd> {
    fn absorb(&mut self, status: Status<Seen>) {
        let (backend, reading) = match status.reading {
            Reading::Known(Seen::Reported(backend, on)) => {
                let since = self.reading.known().filter(|before| before.on == on);
                let since = since.map_or_else(Timestamp::now, |before| before.since);
                (Some(backend), Reading::Known(Dnd { on, since }))
            }
            Reading::Known(Seen::Nobody) => (None, Reading::Unsupported(Code::new("dnd-none"))),
            Reading::Unknown(why) => (None, Reading::Unknown(why)),
            Reading::Unsupported(why) => (None, Reading::Unsupported(why)),
        };
        let Status { tried, last_event, note, .. } = status;
        *self = Self { backend, reading, tried, last_event, note };
    }
}

/// Watches do-not-disturb until all receivers are dropped.
pub(super) async fn run(environment: Environment, out: watch::Sender<Status<Dnd>>) {
    let backends: [Box<dyn Backend<_, _>>; 1] = [Box::new(Desktop(environment))];
    follow(|why| Code::new("dnd-unseen").with("why", why), &backends, &out).await;
}

struct Desktop(Environment);

impl Backend<Seen, Error> for Desktop {
    fn name(&self) -> &'static str {
        "session-bus"
    }

    fn socket(&self) -> Option<PathBuf> {
        Which::Session.socket(&self.0)
    }

    fn open(&self) -> Opening<'_, Seen, Error> {
        Box::pin(async {
            let bus = Bus::connect(Which::Session, &self.0).await?;
            let rules = vec![
                owner_of(NOTIFICATIONS),
                owner_of(GNOME),
                properties_of(KDE),
                properties_of(DUNST),
                signal("ca.desrt.dconf.Writer", "Notify"),
            ];
            let signals = bus.listen(rules).await?;
            let signals = signals.try_filter(|message| std::future::ready(concerns(message)));
            let session = Session { bus: bus.clone(), environment: self.0.clone() };
            Ok(reread(bus, signals.boxed(), session))
        })
    }
}

/// Whether a message can change do-not-disturb. dconf reports changes of all
/// settings, and only one of its keys matters here.
fn concerns(message: &Message) -> bool {
    let body = message.body();
    match body.deserialize::<(&str, Vec<&str>, &str)>() {
        Ok((prefix, changes, _)) => {
            changes.iter().any(|change| touches(&format!("{prefix}{change}")))
        }
        // The message is no dconf signal, so the state is read again.
        Err(_) => true,
    }
}

/// Whether a change of this dconf path changes whether notifications are shown.
/// The path is a key, or a folder that ends in `/`.
fn touches(path: &str) -> bool {
    path == BANNERS_PATH || path.ends_with('/') && BANNERS_PATH.starts_with(path)
}

struct Session {
    bus: Bus,
    environment: Environment,
}

impl Reread for Session {
    type Reading = Seen;
    type Error = Error;

    async fn read(&self) -> Result<Seen, Error> {
        if self.bus.has_owner(GNOME).await?
            && let Some(shown) = self.banners().await
        {
            return Ok(Seen::Reported("gnome", !shown));
        }
        if self.bus.has_owner(NOTIFICATIONS).await? {
            // The owner of the name has one of the two properties or neither.
            for (name, object, property) in [("kde", KDE, "Inhibited"), ("dunst", DUNST, "paused")]
            {
                if let Ok(on) = self.bus.property(object, property).await {
                    return Ok(Seen::Reported(name, on));
                }
            }
        }
        Ok(Seen::Nobody)
    }
}

impl Session {
    /// Whether GNOME shows notifications. dconf offers no method on the bus
    /// that reads a value, and a value can come from several layers.
    /// `gsettings` resolves them.
    async fn banners(&self) -> Option<bool> {
        let mut tool = Command::new("gsettings");
        tool.args(["get", BANNERS.0, BANNERS.1]).kill_on_drop(true);
        tool.stdin(Stdio::null()).stderr(Stdio::null());
        if let Some(bus) = &self.environment.session_bus {
            tool.env("DBUS_SESSION_BUS_ADDRESS", bus);
        }
        if let Some(folder) = &self.environment.configuration {
            tool.env("XDG_CONFIG_HOME", folder);
        }
        if let Some(folder) = &self.environment.runtime_dir {
            tool.env("XDG_RUNTIME_DIR", folder);
        }
        let said = timeout(TIMEOUT, tool.output()).await.ok()?.ok()?;
        match said.stdout.trim_ascii() {
            b"true" => Some(true),
            b"false" => Some(false),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_settings_matter() {
        for (path, matters) in [
            ("/org/gnome/desktop/notifications/show-banners", true),
            ("/org/gnome/desktop/notifications/", true),
            ("/", true),
            ("/org/gnome/desktop/notifications/show-in-lock-screen", false),
            ("/org/gnome/desktop/notifications", false),
            ("/org/gnome/shell/", false),
            ("", false),
        ] {
            assert_eq!(touches(path), matters, "{path}");
        }
    }

    #[test]
    fn since_when_it_is_on() {
        let told = |on| Status {
            backend: Some("session-bus"),
            reading: Reading::Known(Seen::Reported("kde", on)),
            ..Status::not_read_yet()
        };
        let mut status = Status::<Dnd>::not_read_yet();
        status.absorb(told(true));
        let first = status.clone();
        status.absorb(told(true));
        assert_eq!(status, first, "said twice");
        assert_eq!(status.backend, Some("kde"));
        status.absorb(told(false));
        assert_eq!(status.reading.known().map(|dnd| dnd.on), Some(false));
        status.absorb(Status { reading: Reading::Known(Seen::Nobody), ..Status::not_read_yet() });
        assert_eq!(status.reading, Reading::Unsupported(Code::new("dnd-none")));
    }
}
