//! Signing in: by password, or through the browser.

use presently_ipc::request::BrowserWay;
use presently_ipc::snapshot::Account;
use presently_ipc::{Client, ClientError, Paths, Reply, Request, Secret};

use super::commands::{ask, done};
use super::parts::Login;
use super::{Stop, output, password, terminal};
use crate::browser;

/// Said in one sentence before anything of it is written.
const CALLS: &str = "Show in your profile when you are in a call? \
Anyone on the network can read it, without signing in. [y/N] ";

/// Signs in, and asks what only the person can say.
pub(super) async fn run(paths: &Paths, login: Login) -> Result<(), Stop> {
    // Nobody should type a password for an agent that is not there.
    let snapshot = Client::connect(paths).await?.status().await?;
    let known = snapshot.accounts.iter().any(|a| a.user_id == login.user_id);
    let account = sign_in(paths, login).await?;
    let server = account.homeserver.map(|url| format!(" on {url}")).unwrap_or_default();
    output::people(&format!("Signed in as {}{server}", account.user_id))?;
    if known || !terminal::is_interactive() {
        return Ok(());
    }
    if terminal::read_shown(CALLS).await?.trim().to_lowercase().starts_with('y') {
        let user_id = account.user_id;
        let call_field = Some(true);
        let request = Request::AccountSet {
            user_id,
            share: None,
            busy: None,
            call_field,
            profile_room: None,
        };
        done(paths, request).await?;
    }
    Ok(())
}

async fn sign_in(paths: &Paths, login: Login) -> Result<Account, Stop> {
    if login.password_stdin {
        let password = password::from_stdin()?;
        return by_password(paths, login, password).await;
    }
    if let Some(way) = login.way() {
        return by_browser(paths, login, Some(way)).await;
    }
    let Login { user_id, homeserver, .. } = &login;
    let ways = Request::LoginWays { user_id: user_id.clone(), homeserver: homeserver.clone() };
    match ask(paths, ways).await? {
        Reply::Ways { password: true, .. } => {
            let password = password::ask(user_id).await?;
            by_password(paths, login, password).await
        }
        Reply::Ways { sso: false, oauth: false, .. } => Err(Stop::Failed(format!(
            "the server of {user_id} offers no way to sign in that Presently knows"
        ))),
        Reply::Ways { .. } => by_browser(paths, login, None).await,
        _ => Err(ClientError::Unknown.into()),
    }
}

async fn by_password(paths: &Paths, login: Login, password: Secret) -> Result<Account, Stop> {
    let Login { user_id, homeserver, .. } = login;
    signed_in(ask(paths, Request::Login { user_id, homeserver, password }).await?)
}

async fn by_browser(paths: &Paths, login: Login, way: Option<BrowserWay>) -> Result<Account, Stop> {
    let Login { user_id, homeserver, .. } = login;
    let begin = Request::LoginBrowser { user_id, homeserver, way };
    let Reply::Browse { url: Secret(url), ticket } = ask(paths, begin).await? else {
        return Err(ClientError::Unknown.into());
    };
    let what = match browser::open(&url) {
        Ok(()) => "Your browser opens to sign you in. If it does not, open this address in it:",
        // It must lead back to this computer.
        Err(_) => "To sign in, open this address in a browser on this computer:",
    };
    output::people(&format!("{what}\n\n{url}\n\nWaiting for you to come back; Ctrl-C gives up."))?;
    signed_in(ask(paths, Request::LoginFinish { ticket }).await?)
}

fn signed_in(reply: Reply) -> Result<Account, Stop> {
    match reply {
        Reply::SignedIn { account } => Ok(*account),
        _ => Err(ClientError::Unknown.into()),
    }
}
