//! CalDAV (RFC 4791): the calendars of an account, and their events in a window
//! of time. What is asked and answered is libdav's; the requests go out as those
//! to homeservers do.

use std::ops::Range;
use std::time::Duration;

use http::Uri;
use jiff::Timestamp;
use libdav::caldav::{
    CalendarComponent, FindCalendarHomeSet, GetCalendarResources, GetSupportedComponents,
    GetUserAddressSet, ListCalendarResources, TimeRange, UtcTimestamp,
};
use libdav::dav::{FindCollections, FindPropertyHrefs};
use libdav::requests::{DavRequest, ParseResponseError};
use libdav::{PropertyName, names};
use matrix_sdk::reqwest::header::{LOCATION, RETRY_AFTER};
use matrix_sdk::reqwest::{self, StatusCode};
use presently_core::{Code, Secret};
use url::Url;

use crate::HttpUnavailable;
use crate::address::{is_safe, name_of};
use crate::download::{DownloadError, body, header, why_not};
use crate::http::client;

/// The time limit for one request.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The most redirects of one request. They may lead to another server: that of
/// the account already knows the password.
const REDIRECTS: usize = 5;

/// The largest answer, in bytes.
const MAX_BYTES: usize = 20_000_000;

/// How many events are asked for at once.
const AT_ONCE: usize = 50;

/// Where a domain tells where its calendars are (RFC 6764, 5).
const WELL_KNOWN: &str = "/.well-known/caldav";

/// What changes with a calendar, where a server has no sync token
/// (<https://github.com/apple/ccs-calendarserver/blob/master/doc/Extensions/caldav-ctag.txt>).
const CTAG: PropertyName<'static, 'static> = PropertyName::new(names::CALENDAR_SERVER, "getctag");

/// An HTTP client for CalDAV. It costs memory: one is enough.
#[derive(Clone, Debug)]
pub struct CalDav {
    http: reqwest::Client,
}

/// An account on a CalDAV server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Where it is looked for.
    url: Url,
    user: String,
    password: Secret,
}

/// What an account has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The collection of its calendars (RFC 4791, 6.2.1).
    url: Url,
    /// The person's own e-mail addresses (RFC 6638, 2.4.1).
    pub addresses: Vec<String>,
}

/// A calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    /// Its address.
    pub url: Url,
    /// Its name for people.
    pub name: Option<String>,
    /// Something that is another whenever an event has changed (RFC 6578, 4).
    pub version: Option<String>,
}

impl Account {
    /// The account of an address with a user's name, like
    /// `https://me@cloud.example.org/`. `None` if this is none.
    pub fn new(address: &str, password: Secret) -> Option<Self> {
        let mut url = Url::parse(address).ok().filter(is_safe)?;
        let user = percent_decoded(url.username())?;
        if user.is_empty() || url.password().is_some() {
            return None;
        }
        url.set_username("").ok()?;
        Some(Self { url, user, password })
    }

    /// Its server, for messages to the person.
    fn server(&self) -> String {
        name_of(&self.url)
    }
}

/// Whether an address is that of a CalDAV account: it has a user's name and no
/// password.
pub fn is_account(address: &str) -> bool {
    Account::new(address, Secret::new("")).is_some()
}

/// The address with this user's name in it. `None` if it is no address.
pub fn with_user(address: &str, user: &str) -> Option<String> {
    let mut url = Url::parse(address).ok().filter(is_safe)?;
    url.set_username(user).ok()?;
    Some(url.into())
}

/// The address of an account without the user's name, and that name. `None` if
/// the address is that of no account.
pub fn user_of(address: &str) -> Option<(String, String)> {
    let account = Account::new(address, Secret::new(""))?;
    Some((account.url.into(), account.user))
}

fn percent_decoded(text: &str) -> Option<String> {
    // A query is decoded as a form, in which a plus is a space.
    let form = format!("user={}", text.replace('+', "%2B"));
    let (_, user) = url::form_urlencoded::parse(form.as_bytes()).next()?;
    Some(user.into_owned())
}

impl CalDav {
    /// Creates the client. The proxy comes from the environment.
    ///
    /// # Errors
    ///
    /// The proxy cannot be used, or TLS cannot be set up.
    pub fn new() -> Result<Self, HttpUnavailable> {
        // Redirects of other methods than GET are followed by hand.
        Ok(Self { http: client(reqwest::redirect::Policy::none())? })
    }

    /// Finds the calendars of an account (RFC 6764, 6), without DNS.
    ///
    /// # Errors
    ///
    /// There are none, or they cannot be had now.
    pub async fn discover(&self, account: &Account) -> Result<Home, DownloadError> {
        let principal = self.principal(account).await?;
        let request = FindCalendarHomeSet::new("/");
        let (found, at) = self.ask(account, &principal, &request).await?;
        let home = found.home_sets.first().and_then(|home| at.join(&home.to_string()).ok());
        let url = home.filter(is_safe).ok_or_else(|| no_calendars(account))?;
        let root = Uri::from_static("/");
        let addresses = match self.ask(account, &principal, &GetUserAddressSet::new(&root)).await {
            Ok((found, _)) => found.addresses,
            // Not every server has invitations.
            Err(_) => Vec::new(),
        };
        let mail = |address: &String| {
            let rest = address.get("mailto:".len()..)?;
            address.to_ascii_lowercase().starts_with("mailto:").then(|| rest.to_owned())
        };
        Ok(Home { url, addresses: addresses.iter().filter_map(mail).collect() })
    }

    /// The resource of the person (RFC 5397).
    async fn principal(&self, account: &Account) -> Result<Url, DownloadError> {
        let request = FindPropertyHrefs::new("/", &names::CURRENT_USER_PRINCIPAL);
        let paths = match account.url.path() {
            "/" => [WELL_KNOWN, "/"].map(str::to_owned).to_vec(),
            path => [path, WELL_KNOWN, "/"].map(str::to_owned).to_vec(),
        };
        for path in paths {
            let Ok(url) = account.url.join(&path) else { continue };
            match self.ask(account, &url, &request).await {
                Ok((found, at)) => {
                    let href = found.hrefs.first().and_then(|it| at.join(&it.to_string()).ok());
                    if let Some(principal) = href.filter(is_safe) {
                        return Ok(principal);
                    }
                }
                // It is not there.
                Err(error) if matches!(error.why.name(), "caldav-none" | "download-refused") => {}
                Err(error) => return Err(error),
            }
        }
        Err(no_calendars(account))
    }

    /// The calendars that may hold events.
    ///
    /// # Errors
    ///
    /// They cannot be had now.
    pub async fn collections(
        &self,
        account: &Account,
        home: &Home,
    ) -> Result<Vec<Collection>, DownloadError> {
        let request = FindCollections::new("/")
            .with_collection_type(&names::CALENDAR)
            .with_additional_properties(&[&names::DISPLAY_NAME, &names::SYNC_TOKEN, &CTAG]);
        let (found, at) = self.ask(account, &home.url, &request).await?;
        let mut collections = Vec::new();
        for collection in found.collections {
            let Some(url) = at.join(&collection.href).ok().filter(is_safe) else { continue };
            let [name, token, tag] = [0, 1, 2].map(|number| {
                collection.properties.get(number).and_then(|(_, value)| value.clone())
            });
            collections.push(Collection { url, name, version: token.or(tag) });
        }
        collections.sort_by(|a, b| (&a.name, &a.url).cmp(&(&b.name, &b.url)));
        Ok(collections)
    }

    /// Whether a calendar is for events, and not for tasks only.
    ///
    /// # Errors
    ///
    /// It is not known now.
    pub async fn is_for_events(
        &self,
        account: &Account,
        calendar: &Url,
    ) -> Result<bool, DownloadError> {
        let request = GetSupportedComponents::new("/");
        let (found, _) = self.ask(account, calendar, &request).await?;
        // Without a word, any component may be in it (RFC 4791, 5.2.3).
        let components = found.components;
        Ok(components.is_empty() || components.contains(&CalendarComponent::VEvent))
    }

    /// The events of a calendar that occur in a window of time: one iCalendar
    /// text for each, with its exceptions.
    ///
    /// # Errors
    ///
    /// They cannot be had now.
    pub async fn events(
        &self,
        account: &Account,
        calendar: &Url,
        window: Range<Timestamp>,
    ) -> Result<Vec<String>, DownloadError> {
        let at = |moment: Timestamp| moment.strftime("%Y%m%dT%H%M%SZ").to_string();
        let time: Result<(UtcTimestamp, UtcTimestamp), _> =
            at(window.start).parse().and_then(|start| Ok((start, at(window.end).parse()?)));
        let (start, end) = time.map_err(|_| no_calendars(account))?;
        let list = ListCalendarResources::new("/").with_component_and_time_range(
            CalendarComponent::VEvent,
            TimeRange::Between(start, end),
        );
        let (listed, _) = self.ask(account, calendar, &list).await?;
        let hrefs: Vec<String> = listed.resources.into_iter().map(|it| it.href).collect();
        let mut events = Vec::new();
        for hrefs in hrefs.chunks(AT_ONCE) {
            let request = GetCalendarResources::new("/").with_hrefs(hrefs);
            let (found, _) = self.ask(account, calendar, &request).await?;
            // One that is gone meanwhile has a status in the place of content.
            events.extend(found.resources.into_iter().filter_map(|it| Some(it.content.ok()?.data)));
        }
        Ok(events)
    }

    /// Sends a request to an address. Returns the answer, and the address that
    /// gave it.
    async fn ask<R>(
        &self,
        account: &Account,
        url: &Url,
        request: &R,
    ) -> Result<(R::Response, Url), DownloadError>
    where
        R: DavRequest<ParseError = ParseResponseError>,
    {
        let failed = |why| DownloadError { why, retry_after: None };
        // The address stands beside the request, because a redirect changes it.
        let prepared = request.prepare_request(Uri::from_static("https://calendar.invalid/"));
        let (parts, content) = prepared.map_err(|_| no_calendars(account))?.into_parts();
        let mut url = url.clone();
        for _ in 0..=REDIRECTS {
            let server = name_of(&url);
            let unreachable = |error: reqwest::Error| failed(why_not(&error, &server));
            let sent = self.http.request(parts.method.clone(), url.clone());
            let sent = sent.headers(parts.headers.clone()).timeout(TIMEOUT);
            let sent = sent.basic_auth(&account.user, Some(account.password.reveal()));
            let response = sent.body(content.clone()).send().await.map_err(unreachable)?;
            let status = response.status();
            let location = header(response.headers(), &LOCATION);
            if let Some(location) = location.filter(|_| status.is_redirection()) {
                let next = url.join(&location).ok().filter(is_safe);
                let refused = || Code::new("download-redirect").with("server", server.as_str());
                url = next.ok_or_else(|| failed(refused()))?;
                continue;
            }
            if !status.is_success() {
                let retry_after = header(response.headers(), &RETRY_AFTER);
                let seconds = retry_after.and_then(|text| text.trim().parse().ok());
                let why = refusal(status, &server);
                return Err(DownloadError { why, retry_after: seconds.map(Duration::from_secs) });
            }
            let content = body(response, MAX_BYTES, &server).await?;
            let head = http::Response::builder().status(status).body(());
            let parsed = head
                .ok()
                .and_then(|head| request.parse_response(&head.into_parts().0, &content).ok());
            return match parsed {
                Some(answer) => Ok((answer, url)),
                None => Err(no_calendars(account)),
            };
        }
        Err(failed(Code::new("download-redirect").with("server", account.server())))
    }
}

fn refusal(status: StatusCode, server: &str) -> Code {
    match status {
        StatusCode::UNAUTHORIZED => Code::new("caldav-password").with("server", server),
        status => Code::new("download-refused")
            .with("server", server)
            .with("status", status.as_u16().to_string()),
    }
}

fn no_calendars(account: &Account) -> DownloadError {
    DownloadError {
        why: Code::new("caldav-none").with("server", account.server()),
        retry_after: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_a_user_is_an_account() {
        for (address, user) in [
            ("https://me@cloud.example.org/", Some("me")),
            ("https://me%40example.org@cloud.example.org/dav/", Some("me@example.org")),
            ("https://a+b@cloud.example.org/", Some("a+b")),
            ("http://me@localhost:5232/", Some("me")),
            ("http://me@cloud.example.org/", None),
            ("https://cloud.example.org/me.ics", None),
            ("https://me:secret@cloud.example.org/me.ics", None),
            ("webcal://me@cloud.example.org/", None),
            ("~/Calendars/me@work", None),
        ] {
            let account = Account::new(address, Secret::new("x"));
            assert_eq!(account.as_ref().map(|it| it.user.as_str()), user, "{address}");
            assert_eq!(is_account(address), user.is_some(), "{address}");
            assert!(account.is_none_or(|it| it.url.username().is_empty()), "{address}");
        }
        let named = with_user("https://cloud.example.org/", "me@example.org");
        assert_eq!(named.as_deref(), Some("https://me%40example.org@cloud.example.org/"));
        assert_eq!(with_user("cloud.example.org", "me"), None);
        let (address, user) = user_of(&named.unwrap_or_default()).expect("an account");
        assert_eq!((&*address, &*user), ("https://cloud.example.org/", "me@example.org"));
    }
}
