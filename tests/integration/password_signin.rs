//! Sign-in with a password through the API of presently-matrix: the device that
//! it makes, each failure, and how the homeserver is found.

use anyhow::{Result, ensure};
use presently_matrix::{Matrix, Secret, SignIn, SignInError};
use presently_world::synapse::{Options, free_port};
use presently_world::{Client, Synapse, User};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::accounts::{sign_in, signed_in};
use crate::scene::english;

/// A server that sends the same answer to every request.
async fn answering(answer: &'static str) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    Ok(url)
}

#[tokio::test]
async fn a_sign_in_makes_a_device_and_a_sign_out_ends_it() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let user = synapse.user("alex").await?;
    let (matrix, session) = signed_in(&user).await?;
    assert_eq!(session.user_id, user.user_id);
    // This server's tokens last, so there is nothing to renew.
    assert_eq!(session.refresh_token, None);
    let other = Client::login(&user).await?;
    let names = |devices: Vec<serde_json::Value>| -> Vec<String> {
        devices.iter().filter_map(|d| d["display_name"].as_str().map(str::to_owned)).collect()
    };
    ensure!(names(other.devices().await?).contains(&"Presently on a test".to_owned()));

    let again = SignIn { device_id: Some(session.device_id.clone()), ..sign_in(&user) };
    let again = matrix.sign_in(again).await?;
    assert_eq!(again.device_id, session.device_id);

    matrix.sign_out(&again).await?;
    assert_eq!(other.devices().await?.len(), 1);
    // The server does not know it any more, and that is fine.
    matrix.sign_out(&again).await?;
    Ok(())
}

#[tokio::test]
async fn each_failed_sign_in_says_why() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let user = synapse.user("alex").await?;
    let matrix = Matrix::new()?;
    let attempt = async |change: fn(&mut SignIn)| {
        let mut how = sign_in(&user);
        change(&mut how);
        matrix.sign_in(how).await
    };

    let wrong = attempt(|how| how.password = Secret::new("guess")).await;
    assert_eq!(wrong, Err(SignInError::WrongPassword));

    let nobody = attempt(|how| how.user_id = "alex".to_owned()).await;
    ensure!(matches!(nobody, Err(SignInError::BadUserId(_))), "{nobody:?}");

    let away = attempt(|how| how.homeserver = Some("https://no-such-host.invalid".to_owned()));
    let away = away.await;
    ensure!(matches!(away, Err(SignInError::UnknownHomeserver(_))), "{away:?}");

    let exposed = attempt(|how| how.homeserver = Some("http://example.org".to_owned())).await;
    ensure!(matches!(exposed, Err(SignInError::InsecureHttp(_))), "{exposed:?}");

    // Synapse finds users without regard to case, and answers with another.
    let other = attempt(|how| how.user_id = how.user_id.replace("@a", "@A")).await;
    ensure!(matches!(other, Err(SignInError::WrongUser { .. })), "{other:?}");
    let device = Client::login(&user).await?;
    assert_eq!(device.devices().await?.len(), 1, "the wrong one was signed out again");
    Ok(())
}

#[tokio::test]
async fn what_is_no_matrix_server_is_called_so() -> Result<()> {
    let portal = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 20\r\n\
                  connection: close\r\n\r\n<html>Sign in</html>";
    let matrix = Matrix::new()?;
    let user = User {
        user_id: "@alex:busy.example".to_owned(),
        password: "secret".to_owned(),
        homeserver: answering(portal).await?,
    };
    let answer = matrix.sign_in(sign_in(&user)).await;
    ensure!(matches!(answer, Err(SignInError::NotAMatrixServer(_))), "{answer:?}");

    let fault = "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let user = User { homeserver: answering(fault).await?, ..user };
    let answer = matrix.sign_in(sign_in(&user)).await;
    ensure!(matches!(answer, Err(SignInError::Network(_))), "{answer:?}");

    let user = User { homeserver: format!("http://127.0.0.1:{}", free_port()?), ..user };
    let answer = matrix.sign_in(sign_in(&user)).await;
    let nobody = |e: &SignInError| english(e).ends_with("nobody listens there");
    ensure!(answer.as_ref().is_err_and(nobody), "{answer:?}");
    Ok(())
}

/// A homeserver that is found from its users' ids: its server name is one port
/// of this computer, it listens on another, and the first refers to it.
pub(crate) async fn referred_synapse() -> Result<Synapse> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let name = listener.local_addr()?.to_string();
    let synapse = Synapse::start(Options { name, ..Options::default() }).await?;
    let body = json!({"m.homeserver": {"base_url": synapse.url()}}).to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.unwrap_or_default();
            let answer = match request[..read].starts_with(b"GET /.well-known/matrix/client ") {
                true => format!("200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()),
                false => "404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
            };
            let _ = stream.write_all(format!("HTTP/1.1 {answer}").as_bytes()).await;
        }
    });
    Ok(synapse)
}

#[tokio::test]
async fn the_homeserver_is_found_from_the_user_id() -> Result<()> {
    let synapse = referred_synapse().await?;
    let user = synapse.user("alex").await?;
    let matrix = Matrix::new()?;
    let session = matrix.sign_in(SignIn { homeserver: None, ..sign_in(&user) }).await?;
    assert_eq!(session.homeserver.trim_end_matches('/'), synapse.url());
    Ok(())
}
