//! Sign-in through the browser, on real homeservers with stand-ins for their
//! identity services.

use anyhow::{Context as _, Result, bail, ensure};
use presently_core::Presence;
use presently_core::account::{Everything, Intent};
use presently_matrix::account::{self, AccountEvent, Connection, Start};
use presently_matrix::{BrowserSignIn, BrowserWay, Discovered, Matrix, Session, SignInError, Ways};
use presently_world::synapse::SOON;
use presently_world::{Synapse, within};
use tokio::sync::{mpsc, watch};

use crate::standin::{TOKEN_LIFE, browse, delegating_synapse, synapse_with_cas};

fn by(way: BrowserWay, user_id: &str, synapse: &Synapse) -> BrowserSignIn {
    BrowserSignIn {
        user_id: user_id.to_owned(),
        homeserver: Some(synapse.url()),
        way,
        device_id: None,
        device_name: "Presently on a test".to_owned(),
    }
}

/// The final page in the browser, and the session.
async fn through_browser(matrix: &Matrix, how: BrowserSignIn) -> Result<Session, SignInError> {
    let browsing = matrix.sign_in_by_browser(how).await?;
    let url = browsing.url().to_owned();
    let (page, session) = tokio::join!(browse(&url), browsing.finish());
    match page {
        Ok(page) => assert!(page.contains("You may close this page"), "{page}"),
        Err(error) => panic!("the browser: {error:#}"),
    }
    session
}

#[tokio::test]
async fn single_sign_on_brings_a_session() -> Result<()> {
    let synapse = synapse_with_cas().await?;
    let matrix = Matrix::new()?;
    let user_id = format!("@alex:{}", synapse.name());
    let Discovered { homeserver, ways } = matrix.discover(&user_id, Some(&synapse.url())).await?;
    assert_eq!(homeserver.trim_end_matches('/'), synapse.url());
    assert_eq!(ways, Ways { password: true, sso: true, oauth: false });

    let session = through_browser(&matrix, by(BrowserWay::Sso, &user_id, &synapse)).await?;
    assert_eq!(session.user_id, user_id);
    assert_eq!(session.client_id, None);
    matrix.sign_out(&session).await?;

    // Who comes back is not who was asked for.
    let sam = format!("@sam:{}", synapse.name());
    let other = through_browser(&matrix, by(BrowserWay::Sso, &sam, &synapse)).await;
    ensure!(matches!(other, Err(SignInError::WrongUser { .. })), "{other:?}");

    let oauth = matrix.sign_in_by_browser(by(BrowserWay::OAuth, &user_id, &synapse)).await;
    ensure!(matches!(oauth, Err(SignInError::OAuthNotOffered(_))), "{oauth:?}");
    Ok(())
}

#[tokio::test]
async fn what_a_homeserver_does_not_offer_is_said() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let matrix = Matrix::new()?;
    let user_id = format!("@alex:{}", synapse.name());
    let Discovered { homeserver, ways } = matrix.discover(&user_id, Some(&synapse.url())).await?;
    assert_eq!(homeserver.trim_end_matches('/'), synapse.url());
    assert_eq!(ways, Ways { password: true, ..Ways::default() });
    let sso = matrix.sign_in_by_browser(by(BrowserWay::Sso, &user_id, synapse)).await;
    ensure!(matches!(sso, Err(SignInError::SsoNotOffered(_))), "{sso:?}");
    Ok(())
}

#[tokio::test]
async fn oauth_signs_in_renews_and_signs_out() -> Result<()> {
    let (synapse, service) = delegating_synapse().await?;
    let matrix = Matrix::new()?;
    let user_id = format!("@alex:{}", synapse.name());
    let Discovered { homeserver, ways } = matrix.discover(&user_id, Some(&synapse.url())).await?;
    assert_eq!(homeserver.trim_end_matches('/'), synapse.url());
    assert_eq!(ways, Ways { oauth: true, ..Ways::default() });

    service.state().refuses = true;
    let refused = through_browser(&matrix, by(BrowserWay::OAuth, &user_id, &synapse)).await;
    assert_eq!(refused, Err(SignInError::Cancelled));
    service.state().refuses = false;

    let sam = format!("@sam:{}", synapse.name());
    let other = through_browser(&matrix, by(BrowserWay::OAuth, &sam, &synapse)).await;
    ensure!(matches!(other, Err(SignInError::WrongUser { .. })), "{other:?}");
    assert_eq!(service.state().revoked.len(), 1, "the wrong one was signed out again");

    let first = through_browser(&matrix, by(BrowserWay::OAuth, &user_id, &synapse)).await?;
    assert_eq!(first.client_id.as_deref(), Some("presently"));

    // The token dies, the account lives on with new ones.
    let online = Everything { presence: Some(Presence::Online), ..Everything::default() };
    let (_intent, wanted) = watch::channel(Intent::Everything(online));
    let (report, mut events) = mpsc::channel(8);
    tokio::time::sleep(TOKEN_LIFE).await;
    let handle = account::spawn(&matrix, first.clone(), Start::default(), wanted, report);
    let renewed = within(SOON, "new tokens and a sync", async {
        let mut renewed = None;
        loop {
            match events.recv().await.context("the account ended")?.1 {
                AccountEvent::Session { session, stored } => {
                    renewed = Some(session);
                    let _ = stored.send(());
                }
                AccountEvent::View(view) if view.account.connection == Connection::Syncing => {
                    return renewed.context("no new tokens");
                }
                AccountEvent::NeedsLogin { reason } => bail!(reason),
                _ => {}
            }
        }
    })
    .await?;
    ensure!(renewed.access_token != first.access_token);
    handle.leave().await;

    matrix.sign_out(&renewed).await?;
    assert_eq!(service.state().revoked.len(), 2);
    ensure!(service.state().refresh.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_refused_renewal_ends_the_session() -> Result<()> {
    let (synapse, service) = delegating_synapse().await?;
    let matrix = Matrix::new()?;
    let user_id = format!("@alex:{}", synapse.name());
    let session = through_browser(&matrix, by(BrowserWay::OAuth, &user_id, &synapse)).await?;
    service.state().refresh.clear();
    tokio::time::sleep(TOKEN_LIFE).await;
    let (_intent, wanted) = watch::channel(Intent::default());
    let (report, mut events) = mpsc::channel(8);
    let _handle = account::spawn(&matrix, session, Start::default(), wanted, report);
    within(SOON, "the end of the session", async {
        loop {
            match events.recv().await.context("the account ended")?.1 {
                AccountEvent::NeedsLogin { .. } => return Ok(()),
                AccountEvent::Session { .. } => bail!("a refused renewal brought tokens"),
                _ => {}
            }
        }
    })
    .await
}
