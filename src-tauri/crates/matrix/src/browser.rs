//! Signing in through the browser: single sign-on of the homeserver, or
//! OAuth 2.0 (MSC2964, MSC2965, MSC2966, MSC4191).

use std::time::Duration;

use matrix_sdk::authentication::oauth::error::{OAuthAuthorizationCodeError, OAuthDiscoveryError};
use matrix_sdk::authentication::oauth::registration::{
    ApplicationType, ClientMetadata, Localized, OAuthGrantType,
};
use matrix_sdk::authentication::oauth::{ClientRegistrationData, OAuthError};
use matrix_sdk::ruma::api::client::device::update_device;
use matrix_sdk::ruma::api::client::session::login;
use matrix_sdk::ruma::serde::Raw;
use matrix_sdk::ruma::{OwnedUserId, UserId};
use matrix_sdk::utils::UrlOrQuery;
use matrix_sdk::{Client, Error, reqwest};
use presently_core::Code;
use url::{Url, form_urlencoded};

use crate::address::{is_safe, name_of};
use crate::api::{self, TIMEOUT};
use crate::homeserver;
use crate::redirect::Redirect;
use crate::request_error::{RequestError, one_line};
use crate::revocation;
use crate::sign_in::{login_types, only_for, session};
use crate::sign_in_error::{SignInError, sign_in_error};
use crate::{Matrix, Secret, Session};

/// How long the person may take in the browser.
const BROWSER_TIMEOUT: Duration = Duration::from_secs(10 * 60);
/// The page about this client to which the server's consent page links
/// (`client_uri`, which is required and must be https). It is the package's
/// homepage, or `PRESENTLY_HOMEPAGE` at build time.
const CLIENT_URI: &str = match option_env!("PRESENTLY_HOMEPAGE") {
    Some(page) => page,
    None => env!("CARGO_PKG_HOMEPAGE"),
};
const _: () = assert!(
    matches!(CLIENT_URI.as_bytes(), [b'h', b't', b't', b'p', b's', b':', b'/', b'/', _, ..]),
    "PRESENTLY_HOMEPAGE must be a page by https"
);

/// The homeserver of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovered {
    /// Its base URL.
    pub homeserver: String,
    /// The sign-in methods that it offers.
    pub ways: Ways,
}

/// The sign-in methods that a homeserver offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// By password: [`Matrix::sign_in`].
    pub password: bool,
    /// By [`Matrix::sign_in_by_browser`] with [`BrowserWay::Sso`].
    pub sso: bool,
    /// By [`Matrix::sign_in_by_browser`] with [`BrowserWay::OAuth`].
    pub oauth: bool,
}

impl Ways {
    /// The preferred method through the browser. It is OAuth 2.0 if offered,
    /// because its tokens can be renewed and revoked.
    pub fn browser(self) -> Option<BrowserWay> {
        match self {
            Self { oauth: true, .. } => Some(BrowserWay::OAuth),
            Self { sso: true, .. } => Some(BrowserWay::Sso),
            _ => None,
        }
    }
}

/// A sign-in method through the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrowserWay {
    /// The homeserver's single sign-on.
    Sso,
    /// OAuth 2.0.
    OAuth,
}

/// The parameters of a sign-in through the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserSignIn {
    /// The Matrix user id. A session of any other user is refused.
    pub user_id: String,
    /// The base URL of the homeserver. Without it, it is discovered from the
    /// user id.
    pub homeserver: Option<String>,
    /// The method.
    pub way: BrowserWay,
    /// The device of an earlier sign-in whose session has ended, to be used
    /// again. If this sign-in fails, the device may be signed out.
    pub device_id: Option<String>,
    /// The name of the device in other clients: "Presently on HOST".
    pub device_name: String,
}

/// A sign-in that waits for the person in the browser. Dropping it cancels it.
#[derive(Debug)]
pub struct Browsing {
    /// Secret, because it contains the path of the redirect and the user id.
    url: Secret,
    redirect: Redirect,
    attempt: Attempt,
}

/// A sign-in whose person has come back from the browser.
#[derive(Debug)]
pub struct CameBack {
    /// Secret, because it contains a code or a token.
    query: Secret,
    attempt: Attempt,
}

#[derive(Debug)]
struct Attempt {
    client: Client,
    matrix: Matrix,
    base: Url,
    user: OwnedUserId,
    how: BrowserSignIn,
}

impl Matrix {
    /// Finds the homeserver of a user, and asks it which sign-in methods it
    /// offers. `given` is its base URL, if the person has named it.
    ///
    /// # Errors
    ///
    /// The user id is malformed, or the homeserver is not found or does not
    /// answer.
    pub async fn discover(
        &self,
        user_id: &str,
        given: Option<&str>,
    ) -> Result<Discovered, SignInError> {
        let user = UserId::parse(user_id.trim())
            .map_err(|_| SignInError::BadUserId(user_id.to_owned()))?;
        let base = homeserver::find(&self.http, &user, given).await?;
        let client = api::client(&self.http, base.as_str())
            .await
            .map_err(|_| SignInError::BadHomeserver(base.to_string()))?;
        let types = login_types(&self.http, &base).await?;
        let has = |way: &str| types.iter().any(|t| t == way);
        let oauth = client.oauth().server_metadata().await.is_ok();
        let ways = Ways { password: has("m.login.password"), sso: has("m.login.sso"), oauth };
        Ok(Discovered { homeserver: base.to_string(), ways })
    }

    /// Begins a sign-in through the browser: open [`Browsing::url`] there, then
    /// wait for [`Browsing::finish`].
    ///
    /// # Errors
    ///
    /// The homeserver is not found or does not offer this method, or the
    /// listener for the redirect cannot be opened.
    pub async fn sign_in_by_browser(&self, how: BrowserSignIn) -> Result<Browsing, SignInError> {
        let user = UserId::parse(how.user_id.trim())
            .map_err(|_| SignInError::BadUserId(how.user_id.clone()))?;
        let base = homeserver::find(&self.http, &user, how.homeserver.as_deref()).await?;
        let host = name_of(&base);
        let client = api::client(&self.http, base.as_str())
            .await
            .map_err(|_| SignInError::BadHomeserver(base.to_string()))?;
        let redirect =
            Redirect::listen().await.map_err(|e| SignInError::NoListener(e.to_string()))?;
        let url = match how.way {
            BrowserWay::Sso => sso_url(&self.http, &base, &host, &redirect).await?,
            BrowserWay::OAuth => oauth_url(&client, &host, &redirect, &user, &how).await?,
        };
        // A browser will open the page: a file or another program's URL is
        // refused.
        if !is_safe(&url) {
            let why = Code::new("sign-in-unsafe-page").with("host", host);
            return Err(SignInError::Refused(why.into()));
        }
        let attempt = Attempt { client, matrix: self.clone(), base, user, how };
        Ok(Browsing { url: Secret::new(url), redirect, attempt })
    }
}

impl Browsing {
    /// The page to open in the browser.
    pub fn url(&self) -> &str {
        self.url.reveal()
    }

    /// Waits for the person, at most ten minutes. The future can be dropped
    /// without harm: there is no session yet.
    ///
    /// # Errors
    ///
    /// [`SignInError::NobodyCame`] after ten minutes, or
    /// [`SignInError::NoListener`].
    pub async fn came_back(self) -> Result<CameBack, SignInError> {
        let Self { redirect, attempt, .. } = self;
        let query = tokio::time::timeout(BROWSER_TIMEOUT, redirect.answer())
            .await
            .map_err(|_| SignInError::NobodyCame)?
            .map_err(|e| SignInError::NoListener(e.to_string()))?;
        Ok(CameBack { query, attempt })
    }

    /// Waits for the person and returns the session, which the caller stores.
    ///
    /// # Errors
    ///
    /// Those of [`Self::came_back`] and of [`CameBack::session`].
    pub async fn finish(self) -> Result<Session, SignInError> {
        self.came_back().await?.session().await
    }
}

impl CameBack {
    /// Completes the sign-in and returns the session, which the caller stores.
    ///
    /// # Errors
    ///
    /// The server refuses or fails, or it signed in another user.
    pub async fn session(self) -> Result<Session, SignInError> {
        let Self { query, attempt: Attempt { client, matrix, base, user, how } } = self;
        match how.way {
            BrowserWay::Sso => finish_sso(&matrix, &client, &base, &user, &how, &query).await,
            BrowserWay::OAuth => finish_oauth(&matrix, &client, &base, &user, &how, &query).await,
        }
    }
}

async fn sso_url(
    http: &reqwest::Client,
    base: &Url,
    host: &str,
    redirect: &Redirect,
) -> Result<Url, SignInError> {
    if !login_types(http, base).await?.iter().any(|t| t == "m.login.sso") {
        return Err(SignInError::SsoNotOffered(host.to_owned()));
    }
    let path = "_matrix/client/v3/login/sso/redirect";
    let mut url = Url::parse(&format!("{}/{path}", base.as_str().trim_end_matches('/')))
        .map_err(|_| SignInError::BadHomeserver(base.to_string()))?;
    url.query_pairs_mut().append_pair("redirectUrl", redirect.url().as_str());
    Ok(url)
}

async fn finish_sso(
    matrix: &Matrix,
    client: &Client,
    base: &Url,
    user: &UserId,
    how: &BrowserSignIn,
    query: &Secret,
) -> Result<Session, SignInError> {
    let token = form_urlencoded::parse(query.reveal().as_bytes())
        .find_map(|(key, value)| (key == "loginToken").then(|| value.into_owned()))
        .ok_or(SignInError::Cancelled)?;
    let info = login::v3::LoginInfo::Token(login::v3::Token::new(token));
    let mut request = login::v3::Request::new(info);
    request.device_id = how.device_id.as_deref().map(Into::into);
    request.initial_device_display_name = Some(how.device_name.clone());
    // The login token is valid once, so a refreshable token cannot be requested
    // in a second login.
    request.refresh_token = true;
    let sending = client.send(request).with_request_config(api::config(TIMEOUT));
    let answer = sending.await.map_err(|error| {
        match sign_in_error(RequestError::from(error), &name_of(base)) {
            SignInError::WrongPassword => SignInError::Cancelled,
            other => other,
        }
    })?;
    session(matrix, base, user, answer).await
}

async fn oauth_url(
    client: &Client,
    host: &str,
    redirect: &Redirect,
    user: &UserId,
    how: &BrowserSignIn,
) -> Result<Url, SignInError> {
    let client_uri = Url::parse(CLIENT_URI).map_err(|_| SignInError::NoHomepage)?;
    let mut metadata = ClientMetadata::new(
        ApplicationType::Native,
        vec![OAuthGrantType::AuthorizationCode {
            redirect_uris: vec![redirect.url_without_port()],
        }],
        Localized::new(client_uri, []),
    );
    metadata.client_name = Some(Localized::new("Presently".to_owned(), []));
    let metadata = Raw::new(&metadata).map_err(|e| SignInError::Refused(e.to_string().into()))?;
    let data = client
        .oauth()
        .login(
            redirect.url(),
            how.device_id.as_deref().map(Into::into),
            Some(ClientRegistrationData::new(metadata)),
            None,
        )
        .user_id_hint(user)
        .build()
        .await
        .map_err(|error| oauth_error(&error, host))?;
    Ok(data.url)
}

async fn finish_oauth(
    matrix: &Matrix,
    client: &Client,
    base: &Url,
    user: &UserId,
    how: &BrowserSignIn,
    query: &Secret,
) -> Result<Session, SignInError> {
    let host = name_of(base);
    let oauth = client.oauth();
    let finished = oauth.finish_login(UrlOrQuery::Query(query.reveal().to_owned())).await;
    if let (Err(_), Some(id)) = (&finished, oauth.client_id()) {
        // The failure may come after the tokens were issued, so they are
        // revoked on a best-effort basis.
        let _ = revocation::revoke(client, &matrix.http, id).await;
    }
    finished.map_err(|error| match error {
        Error::OAuth(error) => oauth_error(&error, &host),
        Error::Http(error) => sign_in_error(RequestError::from(*error), &host),
        other => SignInError::Refused(one_line(&other.to_string()).into()),
    })?;
    let full = oauth.full_session().ok_or(SignInError::Cancelled)?;
    let session = Session {
        user_id: full.user.meta.user_id.to_string(),
        device_id: full.user.meta.device_id.to_string(),
        homeserver: base.to_string(),
        access_token: Secret::new(full.user.tokens.access_token),
        refresh_token: full.user.tokens.refresh_token.map(Secret::new),
        client_id: Some(full.client_id.as_str().to_owned()),
    };
    let session = only_for(matrix, user, session).await?;
    // The server names the device after the program only. A failure to rename
    // it is ignored.
    let mut name = update_device::v3::Request::new(full.user.meta.device_id);
    name.display_name = Some(how.device_name.clone());
    let _ = client.send(name).with_request_config(api::config(TIMEOUT)).await;
    Ok(session)
}

fn oauth_error(error: &OAuthError, host: &str) -> SignInError {
    match error {
        OAuthError::Discovery(OAuthDiscoveryError::NotSupported) => {
            SignInError::OAuthNotOffered(host.to_owned())
        }
        OAuthError::Discovery(OAuthDiscoveryError::Http(error)) => {
            sign_in_error(RequestError::from(error), host)
        }
        OAuthError::AuthorizationCode(
            OAuthAuthorizationCodeError::Cancelled | OAuthAuthorizationCodeError::RedirectUri(_),
        ) => SignInError::Cancelled,
        OAuthError::AuthorizationCode(OAuthAuthorizationCodeError::InvalidState) => {
            SignInError::Refused(Code::new("sign-in-other-answer").into())
        }
        other => {
            let why = one_line(&other.to_string());
            SignInError::Network(Code::new("sign-in-failed").with("host", host).with("why", why))
        }
    }
}

#[cfg(test)]
mod tests;
