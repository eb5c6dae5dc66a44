use std::sync::atomic::{AtomicU32, Ordering};

use std::time::Duration;

use super::*;
use crate::stub::{Stub, answer};

/// A homeserver whose tokens expire. `logins` are its answers to the first and
/// the second login.
async fn expiring(logins: [String; 2]) -> Stub {
    let count = AtomicU32::new(0);
    Stub::start(move |asked| match asked.what.as_str() {
        "GET /_matrix/client/versions" => answer(200, "", r#"{"versions": ["v1.1"]}"#),
        "GET /_matrix/client/v3/login" => {
            answer(200, "", r#"{"flows": [{"type": "m.login.password"}]}"#)
        }
        "POST /_matrix/client/v3/login" => match count.fetch_add(1, Ordering::Relaxed) {
            0 => logins[0].clone(),
            _ => logins[1].clone(),
        },
        _ => answer(200, "", "{}"),
    })
    .await
}

fn login(device: &str, token: &str) -> String {
    let body = format!(
        r#"{{"user_id": "@me:example.org", "device_id": "{device}", "access_token": "{token}",
            "expires_in_ms": 300000}}"#
    );
    answer(200, "", &body)
}

async fn sign_in(stub: &Stub) -> Result<Session, SignInError> {
    let how = SignIn {
        user_id: "@me:example.org".to_owned(),
        homeserver: Some(stub.url.clone()),
        password: Secret::new("secret"),
        device_id: None,
        device_name: "Presently on a test".to_owned(),
    };
    Matrix::new().expect("a client").sign_in(how).await
}

#[tokio::test]
async fn a_token_that_can_be_renewed_is_for_the_same_device() {
    let stub = expiring([login("ONE", "first"), login("ONE", "second")]).await;
    let session = sign_in(&stub).await.expect("signed in");
    assert_eq!((session.device_id.as_str(), session.access_token.reveal()), ("ONE", "second"));
    let logins = stub.asked("POST /_matrix/client/v3/login");
    let body = |at: usize| logins[at].body.clone();
    assert!(!body(0).contains("device_id") && !body(0).contains(r#""refresh_token":true"#));
    assert!(body(1).contains(r#""device_id":"ONE""#) && body(1).contains("refresh_token"));
    assert_eq!(stub.signed_out(), [""; 0]);
}

#[tokio::test]
async fn a_first_device_is_signed_out_when_the_second_login_fails() {
    let limited = r#"{"errcode": "M_LIMIT_EXCEEDED", "error": "x", "retry_after_ms": 7000}"#;
    let stub = expiring([login("ONE", "first"), answer(429, "", limited)]).await;
    let retry = Duration::from_secs(7);
    assert_eq!(sign_in(&stub).await, Err(SignInError::RateLimited { retry }));
    assert_eq!(stub.signed_out(), ["first"]);
}

#[tokio::test]
async fn a_first_device_is_signed_out_when_the_second_login_makes_another() {
    let stub = expiring([login("ONE", "first"), login("TWO", "second")]).await;
    assert_eq!(sign_in(&stub).await.map(|session| session.device_id), Ok("TWO".to_owned()));
    assert_eq!(stub.signed_out(), ["first"]);
}

#[tokio::test]
async fn one_odd_way_to_log_in_hides_no_other() {
    for (status, body, wanted) in [
        (200, r#"{"flows": [7, {}, {"type": 7}, {"type": "m.login.password"}]}"#, Ok(1)),
        (200, r#"{"flows": []}"#, Ok(0)),
        (404, r#"{"errcode": "M_UNRECOGNIZED", "error": "No"}"#, Ok(0)),
        (200, r#"{"flows": 7}"#, Err(())),
        (200, "<html>", Err(())),
        (503, "{}", Err(())),
    ] {
        let stub = Stub::start(move |_| answer(status, "", body)).await;
        let (http, base) = (Matrix::new().expect("a client").http, Url::parse(&stub.url));
        let types = login_types(&http, &base.expect("a URL")).await;
        let count = types.as_ref().map(Vec::len).map_err(drop);
        assert_eq!(count, wanted, "{status} {body}: {types:?}");
    }
}

#[tokio::test]
async fn no_list_of_ways_fills_the_memory() {
    let body = format!(r#"{{"flows": [], "more": "{}"}}"#, "x".repeat(1 << 20));
    let stub = Stub::start(move |_| answer(200, "", &body)).await;
    let (http, base) = (Matrix::new().expect("a client").http, Url::parse(&stub.url));
    assert!(login_types(&http, &base.expect("a URL")).await.is_err());
}
