//! The two message buses, each call with a deadline.

use std::path::PathBuf;
use std::time::Duration;

use futures_util::stream::{BoxStream, select_all};
use futures_util::{StreamExt as _, TryStreamExt as _};
use presently_core::{Code, Coded, coded_error};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zbus::message::Message;
use zbus::{Connection, MatchRule, MessageStream, OwnedVariant, Type};

use crate::Environment;
use crate::observe::{Observed, readings};
use crate::probe::{Readings, Refusal};

/// How long a service may take to answer.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Which bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Session,
    System,
}

impl Which {
    fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::System => "system",
        }
    }

    /// Where it listens.
    pub(crate) fn address(self, environment: &Environment) -> Result<String, Error> {
        let (told, fallback) = match self {
            Self::Session => {
                let own = environment.runtime_dir.as_ref().map(|folder| folder.join("bus"));
                (&environment.session_bus, own)
            }
            Self::System => {
                (&environment.system_bus, Some(PathBuf::from("/run/dbus/system_bus_socket")))
            }
        };
        let own = || fallback.map(|socket| format!("unix:path={}", socket.display()));
        told.clone().or_else(own).ok_or(Error::NoAddress)
    }

    /// The file that appears when it does, where there is one.
    pub(crate) fn socket(self, environment: &Environment) -> Option<PathBuf> {
        let address = self.address(environment).ok()?;
        let path = address.strip_prefix("unix:path=")?;
        Some(PathBuf::from(path.split([',', ';']).next()?))
    }
}

/// Why a bus, or something on it, is of no use.
#[derive(Debug)]
pub(crate) enum Error {
    /// Nobody says where the session bus is.
    NoAddress,
    /// The bus cannot be reached.
    Connect { bus: &'static str, why: String },
    /// The connection to the bus was lost.
    Lost { bus: &'static str },
    /// A service does not answer.
    Call { service: &'static str, question: &'static str, why: String },
}

impl Coded for Error {
    fn code(&self) -> Code {
        match self {
            Self::NoAddress => Code::new("bus-no-session"),
            Self::Connect { bus, why } => {
                Code::new("bus-unreachable").with("bus", *bus).with("why", why)
            }
            Self::Lost { bus } => Code::new("bus-lost").with("bus", *bus),
            Self::Call { service, question, why } => Code::new("bus-no-answer")
                .with("service", *service)
                .with("question", *question)
                .with("why", why),
        }
    }
}

coded_error!(Error);

impl Refusal for Error {
    /// Whether there is simply no such bus.
    fn is_absence(&self) -> bool {
        matches!(self, Self::NoAddress)
    }
}

/// An object on a bus, and the interface of it that is spoken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object<'a> {
    pub(crate) service: &'static str,
    pub(crate) path: &'a str,
    pub(crate) interface: &'static str,
}

/// A connection to one of the two.
#[derive(Clone, Debug)]
pub(crate) struct Bus {
    which: Which,
    connection: Connection,
}

impl Bus {
    /// Connects.
    pub(crate) async fn connect(which: Which, environment: &Environment) -> Result<Self, Error> {
        let address = which.address(environment)?;
        let connect = zbus::connection::Builder::address(address.as_str())
            .method_timeout(TIMEOUT)
            .build()
            .await;
        match connect {
            Ok(connection) => Ok(Self { which, connection }),
            Err(e) => Err(Error::Connect { bus: which.name(), why: e.to_string() }),
        }
    }

    /// That it was lost.
    pub(crate) fn lost(&self) -> Error {
        Error::Lost { bus: self.which.name() }
    }

    /// Calls a method.
    pub(crate) async fn call<R>(
        &self,
        object: Object<'_>,
        method: &'static str,
        arguments: &(impl Serialize + zbus::DynamicType + Sync),
    ) -> Result<R, Error>
    where
        R: DeserializeOwned + Type,
    {
        let Object { service, path, interface } = object;
        let answer = self
            .connection
            .call_method(Some(service), path, Some(interface), method, arguments)
            .await
            .and_then(|message| message.body().deserialize::<R>());
        answer.map_err(|e| Error::Call { service, question: method, why: e.to_string() })
    }

    /// Reads a property.
    pub(crate) async fn property<R>(
        &self,
        object: Object<'_>,
        name: &'static str,
    ) -> Result<R, Error>
    where
        R: TryFrom<OwnedVariant>,
        R::Error: std::fmt::Display,
    {
        let properties = Object { interface: "org.freedesktop.DBus.Properties", ..object };
        let value: OwnedVariant =
            self.call(properties, "Get", &(object.interface, name)).await.map_err(|e| match e {
                Error::Call { service, why, .. } => Error::Call { service, question: name, why },
                other => other,
            })?;
        R::try_from(value).map_err(|e| Error::Call {
            service: object.service,
            question: name,
            why: e.to_string(),
        })
    }

    /// Whether anybody has this name.
    pub(crate) async fn has_owner(&self, name: &'static str) -> Result<bool, Error> {
        self.call(DBUS, "NameHasOwner", &name).await
    }

    /// The messages that match any of the rules, as they come.
    pub(crate) async fn listen(&self, rules: Vec<Rule>) -> Result<Signals, Error> {
        let refused = |e: zbus::Error| Error::Call {
            service: DBUS.service,
            question: "AddMatch",
            why: e.to_string(),
        };
        let mut streams = Vec::new();
        for rule in rules {
            let rule = rule.map_err(refused)?;
            let stream = MessageStream::for_match_rule(rule, &self.connection, None).await;
            streams.push(stream.map_err(refused)?);
        }
        Ok(select_all(streams).boxed())
    }
}

/// Which messages to hear; the error is a slip in its text.
pub(crate) type Rule = zbus::Result<MatchRule<'static>>;

/// Messages that match; the end means that the bus is lost.
pub(crate) type Signals = BoxStream<'static, zbus::Result<Message>>;

const DBUS: Object<'static> = Object {
    service: "org.freedesktop.DBus",
    path: "/org/freedesktop/DBus",
    interface: "org.freedesktop.DBus",
};

/// A rule for a name that comes, goes or changes hands.
pub(crate) fn owner_of(name: &'static str) -> Rule {
    MatchRule::builder()
        .msg_type(zbus::message::Type::Signal)
        .sender(DBUS.service)
        .interface(DBUS.interface)
        .member("NameOwnerChanged")
        .arg(0, name)
        .build()
}

/// A rule for a signal of an interface, whoever sends it.
pub(crate) fn signal(interface: &'static str, member: &'static str) -> Rule {
    MatchRule::builder()
        .msg_type(zbus::message::Type::Signal)
        .interface(interface)
        .member(member)
        .build()
}

/// A rule for a signal that is believed without its being asked whether it is
/// true: only the object's own counts.
pub(crate) fn signal_of(object: Object<'_>, member: &'static str) -> Rule {
    MatchRule::builder()
        .msg_type(zbus::message::Type::Signal)
        .sender(object.service)
        .path(object.path.to_owned())
        .interface(object.interface)
        .member(member)
        .build()
}

/// A rule for the changes of an object's properties, as the object's
/// interface names them.
pub(crate) fn properties_of(object: Object<'_>) -> Rule {
    MatchRule::builder()
        .msg_type(zbus::message::Type::Signal)
        .interface("org.freedesktop.DBus.Properties")
        .member("PropertiesChanged")
        .path(object.path.to_owned())
        .arg(0, object.interface)
        .build()
}

/// Something on a bus that is read anew at each signal. What a signal says
/// is not believed: some come twice, some from two objects, some late.
pub(crate) trait Reread: Send + 'static {
    /// What it reads.
    type Reading: Clone + PartialEq + Send + 'static;
    /// Why it cannot.
    type Error: From<Error> + Send + 'static;

    /// Reads the state now.
    fn read(&self) -> impl Future<Output = Result<Self::Reading, Self::Error>> + Send;
}

/// The state now, and each change of it.
pub(crate) fn reread<T: Reread>(
    bus: Bus,
    signals: Signals,
    it: T,
) -> Readings<T::Reading, T::Error> {
    readings(OnBus { bus, signals, it })
}

struct OnBus<T> {
    bus: Bus,
    signals: Signals,
    it: T,
}

impl<T: Reread> Observed for OnBus<T> {
    type Reading = T::Reading;
    type Error = T::Error;

    async fn read(&mut self) -> Result<T::Reading, T::Error> {
        self.it.read().await
    }

    async fn event(&mut self) -> Result<(), T::Error> {
        let signal = self.signals.try_next().await.ok().flatten();
        signal.map(|_| ()).ok_or_else(|| self.bus.lost().into())
    }
}
