//! What Evolution Data Server says about changes.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt as _;
use futures_util::stream::select_all;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use zbus::message::{Message, Type};
use zbus::{Connection, MatchRule, MessageStream, OwnedVariant};

use super::client::{CALENDAR, SOURCE, SOURCES};

/// All names of the service begin with it.
const NAMES: &str = "org.gnome.evolution.dataserver";

/// What has changed since it was asked last.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Other calendars are there, or they have other names.
    pub(super) sources: bool,
    /// The objects of calendars that hold something else.
    pub(super) paths: HashSet<String>,
    /// Services that have ended.
    pub(super) gone: HashSet<String>,
    /// Services that have started.
    pub(super) come: HashSet<String>,
    /// The bus is lost.
    pub(super) is_lost: bool,
}

/// Takes in the signals of the service at once, whatever is read meanwhile: the
/// connection would wait for a queue that is full.
#[derive(Debug)]
pub(super) struct Listener {
    shared: Arc<Shared>,
    /// Ends with this.
    _task: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Shared {
    changes: Mutex<Changes>,
    news: Notify,
}

impl Listener {
    /// Listens from when it returns. Must be called within a tokio runtime.
    pub(super) async fn new(bus: &Connection) -> zbus::Result<Self> {
        let signal = || MatchRule::builder().msg_type(Type::Signal);
        let properties =
            || signal().interface("org.freedesktop.DBus.Properties").member("PropertiesChanged");
        let objects = || signal().sender(SOURCES).interface("org.freedesktop.DBus.ObjectManager");
        let names = signal().sender("org.freedesktop.DBus").member("NameOwnerChanged");
        let rules = [
            names.arg0ns(NAMES),
            objects().member("InterfacesAdded"),
            objects().member("InterfacesRemoved"),
            properties().sender(SOURCES).arg(0, SOURCE),
            properties().arg(0, CALENDAR),
        ];
        let mut streams = Vec::new();
        for rule in rules {
            let rule = rule.build()?;
            streams.push(MessageStream::for_match_rule(rule, bus, None).await?);
        }
        let shared = Arc::new(Shared::default());
        let noted = Arc::clone(&shared);
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut messages = select_all(streams);
            while let Some(message) = messages.next().await {
                match message {
                    Ok(message) => noted.note(|changes| changes.add(&message)),
                    Err(_) => break,
                }
            }
            noted.note(|changes| {
                changes.is_lost = true;
                true
            });
        });
        Ok(Self { shared, _task: task })
    }

    /// Returns when something has changed since this was called last.
    pub(super) async fn changed(&self) {
        self.shared.news.notified().await;
    }

    /// What it is.
    pub(super) fn take(&self) -> Changes {
        std::mem::take(&mut self.shared.changes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shared {
    fn note(&self, add: impl FnOnce(&mut Changes) -> bool) {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        if add(&mut changes) {
            self.news.notify_one();
        }
    }
}

impl Changes {
    /// Returns whether the message says something.
    fn add(&mut self, message: &Message) -> bool {
        let header = message.header();
        match header.member().map(|member| member.as_str()) {
            Some("NameOwnerChanged") => {
                let owners = message.body().deserialize::<(String, String, String)>();
                let Ok((name, old, new)) = owners else { return false };
                self.sources |= name == SOURCES;
                if !old.is_empty() {
                    self.gone.insert(name.clone());
                }
                if !new.is_empty() {
                    self.come.insert(name);
                }
                true
            }
            Some("PropertiesChanged") => {
                let body = message.body();
                let properties = body.deserialize::<(
                    String,
                    std::collections::HashMap<String, OwnedVariant>,
                    Vec<String>,
                )>();
                let Ok((interface, changed, _)) = properties else { return false };
                let is_of_source = interface == SOURCE && changed.contains_key("Data");
                let path = header.path().filter(|_| changed.contains_key("Revision"));
                self.sources |= is_of_source;
                self.paths.extend(path.map(|path| path.to_string()));
                is_of_source || path.is_some()
            }
            _ => {
                self.sources = true;
                true
            }
        }
    }
}
