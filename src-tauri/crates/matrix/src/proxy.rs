//! The proxy that the environment names.
//!
//! The variables are those of curl: `https_proxy`, else `all_proxy`, each also
//! in capitals, and `no_proxy` for the exceptions. `http_proxy` is ignored.
//! Plain http is used on this computer only, and such requests never go through
//! a proxy, which could read a password in them.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use matrix_sdk::reqwest;
use presently_core::code::Arg;
use presently_core::{Code, Coded, coded_error};
use tower_layer::Layer;
use tower_service::Service;
use url::Url;

use crate::address::name_of;

/// Requests to this computer never go through the proxy.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// Why the proxy that the environment names cannot be used. The value of the
/// variable is not repeated, because it may contain a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadProxy {
    /// The value of this variable is no proxy URL.
    NotMatrix(&'static str),
    /// The value of this variable has an unsupported scheme.
    OtherKind(&'static str),
}

impl Coded for BadProxy {
    fn code(&self) -> Code {
        match *self {
            Self::NotMatrix(variable) => Code::new("proxy-malformed").with("variable", variable),
            Self::OtherKind(variable) => Code::new("proxy-other-kind").with("variable", variable),
        }
    }
}

coded_error!(BadProxy);

/// A proxy for all requests that leave this computer.
#[derive(Clone)]
pub(crate) struct Forward {
    variable: &'static str,
    url: Url,
    bypass: String,
}

impl Forward {
    /// The proxy that this process's environment names.
    pub(crate) fn from_process() -> Result<Option<Self>, BadProxy> {
        Self::of(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    fn of(look: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, BadProxy> {
        let set = |name: &'static str| {
            let value = look(name).map(|value| value.trim().to_owned());
            value.filter(|value| !value.is_empty()).map(|value| (name, value))
        };
        let first = |names: [&'static str; 2]| names.into_iter().find_map(set);
        let all = || first(["all_proxy", "ALL_PROXY"]);
        let Some((variable, value)) = first(["https_proxy", "HTTPS_PROXY"]).or_else(all) else {
            return Ok(None);
        };
        let value = if value.contains("://") { value } else { format!("http://{value}") };
        let url = Url::parse(&value).map_err(|_| BadProxy::NotMatrix(variable))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(BadProxy::OtherKind(variable));
        }
        let named = first(["no_proxy", "NO_PROXY"]).map(|(_, named)| named + ",");
        let bypass = named.unwrap_or_default() + LOOPBACK;
        Ok(Some(Self { variable, url, bypass }))
    }

    /// The setting for the HTTP client.
    pub(crate) fn proxy(&self) -> reqwest::Result<reqwest::Proxy> {
        let bypass = reqwest::NoProxy::from_string(&self.bypass);
        Ok(reqwest::Proxy::https(self.url.as_str())?.no_proxy(bypass))
    }

    /// Its URL without user name and password, for messages.
    fn name(&self) -> String {
        format!("{}://{}", self.url.scheme(), name_of(&self.url))
    }
}

impl fmt::Debug for Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Forward").field(&self.name()).finish()
    }
}

/// How a connection failed at the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It cannot be reached.
    Unreachable,
    /// It requires a user name and a password, or different ones (407).
    Login,
    /// It refused the connection, for a reason of its own or the server's.
    Closed,
}

/// A connection that failed at the proxy.
#[derive(Debug)]
pub(crate) struct ProxyError {
    forward: Forward,
    pub(crate) fault: Fault,
    source: Box<dyn Error + Send + Sync>,
}

impl ProxyError {
    /// The code that tells the person. `why` is why the proxy cannot be
    /// reached.
    pub(crate) fn code(&self, why: Arg) -> Code {
        let (name, variable) = (self.forward.name(), self.forward.variable);
        match self.fault {
            Fault::Unreachable => Code::new("proxy-unreachable")
                .with("proxy", name)
                .with("why", why)
                .with("variable", variable),
            Fault::Login if self.forward.url.username().is_empty() => {
                Code::new("proxy-wants-password")
                    .with("proxy", name)
                    .with("variable", variable)
                    .with("scheme", self.forward.url.scheme())
                    .with("address", name_of(&self.forward.url))
            }
            Fault::Login => {
                Code::new("proxy-refuses-password").with("proxy", name).with("variable", variable)
            }
            // The library does not tell whether the proxy or the server is the
            // cause.
            Fault::Closed => {
                Code::new("proxy-closed").with("proxy", name).with("variable", variable)
            }
        }
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy {} failed", self.forward.name())
    }
}

/// The cause of a failed connection is searched for in this chain of sources.
impl Error for ProxyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.source.as_ref())
    }
}

/// Adds the proxy to connection errors, which do not name it.
#[derive(Clone, Debug)]
pub(crate) struct Naming(pub(crate) Arc<Forward>);

impl<S> Layer<S> for Naming {
    type Service = Named<S>;

    fn layer(&self, inner: S) -> Named<S> {
        Named { inner, forward: Arc::clone(&self.0) }
    }
}

/// A connector that names the proxy in its errors.
#[derive(Clone, Debug)]
pub(crate) struct Named<S> {
    inner: S,
    forward: Arc<Forward>,
}

type BoxError = Box<dyn Error + Send + Sync>;

impl<S, R> Service<R> for Named<S>
where
    S: Service<R, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future =
        std::pin::Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send + 'static>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let (connecting, forward) = (self.inner.call(request), Arc::clone(&self.forward));
        Box::pin(async move {
            connecting.await.map_err(|source| match fault(source.as_ref()) {
                Some(fault) => ProxyError { forward: (*forward).clone(), fault, source }.into(),
                None => source,
            })
        })
    }
}

/// How a connection failed at the proxy. `None` if no proxy was used. The error
/// is recognised by its text, because the library's type is private.
fn fault(error: &(dyn Error + 'static)) -> Option<Fault> {
    let words = error.to_string();
    Some(match words.strip_prefix("tunnel error: ")? {
        "proxy authorization required" => Fault::Login,
        "failed to create underlying connection" | "io error establishing tunnel" => {
            Fault::Unreachable
        }
        _ => Fault::Closed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Result<Option<Forward>, BadProxy> {
        Forward::of(|name| {
            variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_names_it_as_for_curl() {
        for (variables, wanted) in [
            (&[][..], None),
            (&[("https_proxy", "")], None),
            // Plain http stays on this computer.
            (&[("http_proxy", "http://a:1"), ("HTTP_PROXY", "http://a:1")], None),
            (&[("https_proxy", "http://a.example:3128/")], Some("http://a.example:3128")),
            (&[("HTTPS_PROXY", "https://a.example")], Some("https://a.example")),
            (&[("https_proxy", "a.example:3128")], Some("http://a.example:3128")),
            (&[("ALL_PROXY", "a"), ("https_proxy", "b")], Some("http://b")),
            (&[("ALL_PROXY", "a"), ("all_proxy", "b")], Some("http://b")),
            (&[("all_proxy", "http://[::1]:3128")], Some("http://[::1]:3128")),
        ] {
            let found = of(variables).expect("it makes sense").map(|forward| forward.name());
            assert_eq!(found.as_deref(), wanted, "{variables:?}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_told_and_not_repeated() {
        let why = |value| of(&[("all_proxy", value)]).expect_err(value);
        for value in ["http://", "http://me:secret@:80", "a b:1"] {
            assert_eq!(why(value), BadProxy::NotMatrix("all_proxy"), "{value}");
        }
        for value in ["ftp://a", "socks5://me:secret@a:1080"] {
            assert_eq!(why(value), BadProxy::OtherKind("all_proxy"), "{value}");
        }
    }

    #[test]
    fn nobody_is_shown_the_password() {
        let forward = of(&[("https_proxy", "http://me:secret@a.example:3128")]);
        let forward = forward.expect("it makes sense").expect("it is set");
        let error = ProxyError { fault: Fault::Login, source: "x".into(), forward };
        for words in [format!("{error:?}"), error.to_string(), error.code("x".into()).to_string()] {
            assert!(words.contains("a.example:3128") && !words.contains("secret"), "{words}");
        }
    }

    #[test]
    fn this_computer_needs_no_proxy() {
        let forward = of(&[("https_proxy", "http://a"), ("no_proxy", "b.example")]);
        let forward = forward.expect("it makes sense").expect("it is set");
        assert_eq!(forward.bypass, "b.example,localhost,127.0.0.0/8,::1");
    }
}
