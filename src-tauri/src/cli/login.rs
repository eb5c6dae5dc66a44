//! `presently login`: sign-in by password or through the browser.

use presently_core::Code;
use presently_ipc::request::BrowserWay;
use presently_ipc::snapshot::Account;
use presently_ipc::{ClientError, Paths, Reply, Request, Secret};
use presently_text::text;

use super::client::{ask, done, snapshot};
use super::parts::Login;
use super::{Stop, output, password, terminal, texts};
use crate::browser;

/// Signs in and asks the questions that only the person can answer.
pub(super) async fn run(paths: &Paths, login: Login) -> Result<(), Stop> {
    // Checks that an agent runs before the person types a password.
    let snapshot = snapshot(paths).await?;
    let known = snapshot.accounts.iter().any(|a| a.user_id == login.user_id);
    let account = sign_in(paths, login).await?;
    let user_id = &account.user_id;
    output::people(&match &account.homeserver {
        Some(url) => text!(texts(), "signed-in-as-on", user_id = user_id, server = url),
        None => text!(texts(), "signed-in-as", user_id = user_id),
    })?;
    if known || !terminal::is_interactive() {
        return Ok(());
    }
    // The person must agree before anything is published.
    let answer = terminal::read_shown(&text!(texts(), "login-show-calls")).await?;
    if is_yes(&answer, &text!(texts(), "yes-letter")) {
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

/// Whether the answer is yes, in the language of the question or in English.
fn is_yes(answer: &str, letter: &str) -> bool {
    let answer = answer.trim().to_lowercase();
    answer.starts_with(letter) || answer.starts_with('y')
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
        Reply::Ways { sso: false, oauth: false, .. } => {
            Err(Code::new("login-no-way").with("user_id", user_id).into())
        }
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
    let Reply::Browse { url, ticket } = ask(paths, begin).await? else {
        return Err(ClientError::Unknown.into());
    };
    let what = match browser::open(url.reveal()) {
        Ok(()) => text!(texts(), "login-browser-opens"),
        // The redirect leads to this computer, so another machine's browser
        // does not work.
        Err(_) => text!(texts(), "login-open-yourself"),
    };
    let waiting = text!(texts(), "login-waiting");
    output::people(&format!("{what}\n\n{}\n\n{waiting}", url.reveal()))?;
    signed_in(ask(paths, Request::LoginFinish { ticket }).await?)
}

fn signed_in(reply: Reply) -> Result<Account, Stop> {
    match reply {
        Reply::SignedIn { account } => Ok(*account),
        _ => Err(ClientError::Unknown.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn yes_is_said_in_either_language() {
        for (answer, wanted) in [
            ("j\n", true),
            ("Ja\n", true),
            ("y", true),
            ("", false),
            ("n\n", false),
            ("nein", false),
        ] {
            assert_eq!(is_yes(answer, "j"), wanted, "{answer:?}");
        }
        assert!(!is_yes("j", "y"));
    }
}
