//! Tests of accounts through the API of presently-matrix, for cases that the
//! whole program would not show.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use presently_core::Presence;
use presently_core::account::{Everything, Intent, Marks, Note, View};
use presently_core::manual::Message;
use presently_matrix::account::{self, AccountEvent, Connection, Start};
use presently_matrix::{Matrix, Secret, Session, SignIn, SignInError};
use presently_world::process::{Logs, Process, command};
use presently_world::proxy::Proxy;
use presently_world::scratch::Scratch;
use presently_world::synapse::{Options, SOON, free_port};
use presently_world::{Client, Synapse, User, secs, within};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

use crate::scene::english;

pub(crate) fn sign_in(user: &User) -> SignIn {
    SignIn {
        user_id: user.user_id.clone(),
        homeserver: Some(user.homeserver.clone()),
        password: Secret::new(user.password.clone()),
        device_id: None,
        device_name: "Presently on a test".to_owned(),
    }
}

pub(crate) async fn signed_in(user: &User) -> Result<(Matrix, Session)> {
    let matrix = Matrix::new()?;
    let session = matrix.sign_in(sign_in(user)).await?;
    Ok((matrix, session))
}

#[tokio::test]
async fn a_server_that_lets_tokens_expire_gives_renewable_ones() -> Result<()> {
    let more = json!({
        "nonrefreshable_access_token_lifetime": "1h",
        "refreshable_access_token_lifetime": "1s",
    });
    let synapse = Synapse::start(Options { more, ..Options::default() }).await?;
    let (user, colleague) = synapse.person_and_colleague().await?;
    let (matrix, session) = signed_in(&user).await?;
    ensure!(session.refresh_token.is_some());
    // The token is void after a second and every request after that renews it.
    let mut account = Account::start(&matrix, session.clone(), online());
    colleague.wait_for(&user.user_id, |s| s.is("online"), SOON).await?;
    tokio::time::sleep(secs(2)).await;
    account.intent.send_replace(chosen(Presence::Busy));
    account.until("busy", |a| a.shows(Presence::Busy) && a.session.is_some()).await?;
    colleague.wait_for(&user.user_id, |s| s.is(presently_world::client::BUSY), SOON).await?;
    ensure!(account.session.as_ref().is_some_and(|s| s.access_token != session.access_token));
    account.leave().await;
    Ok(())
}

/// An account with its reports so far. Marks count as durable at once.
pub(crate) struct Account {
    pub(crate) handle: account::Handle,
    pub(crate) intent: watch::Sender<Intent>,
    pub(crate) events: mpsc::Receiver<(String, AccountEvent)>,
    pub(crate) view: Option<View>,
    pub(crate) problem: Option<String>,
    pub(crate) marks: Vec<Marks>,
    pub(crate) session: Option<Session>,
    pub(crate) needs_login: Option<String>,
}

impl Account {
    pub(crate) fn start(matrix: &Matrix, session: Session, intent: Intent) -> Self {
        let (intent, wanted) = watch::channel(intent);
        let (report, events) = mpsc::channel(8);
        let handle = account::spawn(matrix, session, Start::default(), wanted, report);
        Self {
            handle,
            intent,
            events,
            view: None,
            problem: None,
            marks: Vec::new(),
            session: None,
            needs_login: None,
        }
    }

    pub(crate) async fn until(&mut self, what: &str, wanted: impl Fn(&Self) -> bool) -> Result<()> {
        within(SOON, what, async {
            while !wanted(self) {
                let (_, event) = self.events.recv().await.context("the account ended")?;
                match event {
                    AccountEvent::View(view) => {
                        self.view = Some(view.account);
                        self.problem = view.problem.as_ref().map(english);
                    }
                    AccountEvent::Marks { marks, durable } => {
                        self.marks.push(marks);
                        let _ = durable.send(());
                    }
                    AccountEvent::Session { session, stored } => {
                        self.session = Some(session);
                        let _ = stored.send(());
                    }
                    AccountEvent::NeedsLogin { reason } => {
                        self.needs_login = Some(english(&reason));
                    }
                    AccountEvent::Abilities(_) => {}
                }
            }
            Ok(())
        })
        .await
        .with_context(|| format!("{:?} {:?} {:?}", self.view, self.marks, self.needs_login))
    }

    /// Leaves. Marks count as durable at once.
    pub(crate) async fn leave(self) {
        let Self { handle, mut events, .. } = self;
        let listening = async {
            while let Some((_, event)) = events.recv().await {
                if let AccountEvent::Marks { durable, .. } = event {
                    let _ = durable.send(());
                }
            }
        };
        // It ends with the account, which is what has something to report.
        tokio::join!(handle.leave(), listening);
    }

    pub(crate) fn shows(&self, presence: Presence) -> bool {
        let seen = self.view.as_ref().and_then(|v| v.seen.as_ref());
        seen.is_some_and(|s| s.presence == presence)
    }

    pub(crate) fn is(&self, connection: Connection) -> bool {
        self.view.as_ref().is_some_and(|v| v.connection == connection)
    }
}

#[expect(clippy::expect_used, reason = "in a test a panic is how it fails")]
fn intent(presence: Presence, manual: bool, message: Option<&str>) -> Intent {
    let message = message.map(|text| Message::new(text, None, None).expect("short"));
    let presence = Some(presence);
    Intent::Everything(Everything { presence, manual, message, ..Everything::default() })
}

pub(crate) fn online() -> Intent {
    intent(Presence::Online, false, None)
}

pub(crate) fn chosen(presence: Presence) -> Intent {
    intent(presence, true, None)
}

pub(crate) fn online_saying(message: &str) -> Intent {
    intent(Presence::Online, false, Some(message))
}

#[tokio::test]
async fn an_account_shows_what_is_meant_and_leaves() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let (user, colleague) = synapse.person_and_colleague().await?;
    let (matrix, session) = signed_in(&user).await?;
    let mut account = Account::start(&matrix, session, online());
    account.until("online", |a| a.shows(Presence::Online)).await?;
    colleague.wait_for(&user.user_id, |s| s.is("online"), SOON).await?;
    assert_eq!(account.marks, []);

    account.intent.send_replace(intent(Presence::Busy, true, Some("Back at 15:00")));
    account.until("busy", |a| a.shows(Presence::Busy)).await?;
    let busy = account.marks.iter().find(|marks| marks.busy).context("busy is not marked")?;
    assert_eq!(busy.messages, ["Back at 15:00"], "both are written before they are sent");
    let wanted = |s: &presently_world::Seen| {
        s.is(presently_world::client::BUSY) && s.message.as_deref() == Some("Back at 15:00")
    };
    colleague.wait_for(&user.user_id, wanted, SOON).await?;

    let leaving = std::time::Instant::now();
    account.leave().await;
    ensure!(leaving.elapsed() < account::LEAVE_TIMEOUT);
    colleague.wait_for(&user.user_id, |s| s.is("offline"), SOON).await?;
    Ok(())
}

#[tokio::test]
async fn a_device_that_overrules_us_is_named() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let user = synapse.user("alex").await?;
    let device = Client::login(&user).await?;
    let (matrix, session) = signed_in(&user).await?;
    let mut account = Account::start(&matrix, session, chosen(Presence::Unavailable));
    account.until("away", |a| a.shows(Presence::Unavailable)).await?;
    device.put_presence(presently_world::client::BUSY, None).await?;
    let theirs = Note::OtherDevice {
        presence: Presence::Busy,
        name: Some("A plain HTTP client".to_owned()),
    };
    let noted = |a: &Account, note: Option<&Note>| {
        a.view.as_ref().is_some_and(|v| v.notes.iter().collect::<Vec<_>>() == Vec::from_iter(note))
    };
    account.until("the other device", |a| noted(a, Some(&theirs))).await?;
    device.put_presence("offline", None).await?;
    account.until("the end of it", |a| noted(a, None) && a.shows(Presence::Unavailable)).await
}

#[tokio::test]
async fn busy_waits_until_its_mark_is_written() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let (user, colleague) = synapse.person_and_colleague().await?;
    let (matrix, session) = signed_in(&user).await?;
    let (intent, wanted) = watch::channel(online());
    let (report, mut events) = mpsc::channel(8);
    let _handle = account::spawn(&matrix, session, Start::default(), wanted, report);
    colleague.wait_for(&user.user_id, |s| s.is("online"), SOON).await?;
    intent.send_replace(chosen(Presence::Busy));
    let durable = within(SOON, "the mark", async {
        loop {
            if let (_, AccountEvent::Marks { marks: Marks { busy: true, .. }, durable }) =
                events.recv().await.context("ended")?
            {
                return Ok(durable);
            }
        }
    });
    let durable = durable.await?;
    colleague.holds(&user.user_id, |s| !s.is(presently_world::client::BUSY), secs(2)).await?;
    durable.send(()).ok().context("nobody waits for the mark")?;
    let listening = tokio::spawn(async move { while events.recv().await.is_some() {} });
    colleague.wait_for(&user.user_id, |s| s.is(presently_world::client::BUSY), SOON).await?;
    listening.abort();
    Ok(())
}

#[tokio::test]
async fn a_revoked_token_ends_in_one_request_for_a_sign_in() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let proxy = Proxy::before(synapse.port()).await?;
    let mut user = synapse.user("alex").await?;
    user.homeserver = proxy.url();
    let (matrix, session) = signed_in(&user).await?;
    let mut account = Account::start(&matrix, session, online());
    account.until("syncing", |a| a.is(Connection::Syncing)).await?;
    Client::login(&user).await?.logout_all().await?;
    account.until("the end", |a| a.is(Connection::NeedsLogin) && a.needs_login.is_some()).await?;
    let requests = proxy.traffic().requests;
    // Its task, which alone could try again, ends; its last words come before.
    let ended = async {
        while account.events.recv().await.is_some() {}
        Ok(())
    };
    within(SOON, "the end of its task", ended).await?;
    assert_eq!(proxy.traffic().requests, requests, "nothing is tried again");
    Ok(())
}

#[tokio::test]
async fn a_cut_line_is_said_and_mended_by_itself() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let proxy = Proxy::before(synapse.port()).await?;
    let (mut user, colleague) = synapse.person_and_colleague().await?;
    user.homeserver = proxy.url();
    let (matrix, session) = signed_in(&user).await?;
    let mut account = Account::start(&matrix, session, online());
    account.until("syncing", |a| a.is(Connection::Syncing)).await?;
    proxy.cut();
    account.until("retrying", |a| a.is(Connection::Retrying)).await?;
    let problem = account.problem.clone().unwrap_or_default();
    ensure!(problem.contains("127.0.0.1") && !problem.contains('\n'), "{problem}");
    account.intent.send_replace(chosen(Presence::Busy));
    proxy.mend();
    account.handle.reconnect();
    account.until("busy", |a| a.shows(Presence::Busy)).await?;
    colleague.wait_for(&user.user_id, |s| s.is(presently_world::client::BUSY), SOON).await?;
    Ok(())
}

#[tokio::test]
async fn a_certificate_that_nobody_signed_is_said() -> Result<()> {
    let scratch = Arc::new(Scratch::new()?);
    let logs = Logs::new(scratch.clone(), true);
    let (key, certificate) = (scratch.path().join("key.pem"), scratch.path().join("cert.pem"));
    let mut request = command("openssl");
    request.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]);
    request.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout"]);
    request.arg(&key).arg("-out").arg(&certificate).stdin(Stdio::null());
    let made = tokio::process::Command::from(request).output().await?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let port = free_port()?;
    let mut server = command("openssl");
    server.args(["s_server", "-www", "-accept", &format!("127.0.0.1:{port}"), "-key"]);
    server.arg(&key).arg("-cert").arg(&certificate).stdin(Stdio::null()).stdout(Stdio::null());
    let _server = Process::start("openssl", server, &logs).await?;
    within(SOON, "a TLS server", async {
        // It tells nobody when it listens.
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    })
    .await?;
    let user = User {
        user_id: "@alex:busy.example".to_owned(),
        password: "secret".to_owned(),
        homeserver: format!("https://127.0.0.1:{port}"),
    };
    let Err(error) = Matrix::new()?.sign_in(sign_in(&user)).await else {
        anyhow::bail!("signed in")
    };
    let expected = format!(
        "127.0.0.1:{port} has no valid certificate: nobody that this computer trusts has signed it"
    );
    ensure!(matches!(error, SignInError::Network(_)), "{error:?}");
    assert_eq!(english(&error), expected);
    Ok(())
}
