use serde_json::json;

use super::*;
use crate::stub::{Asked, Stub, answer};

fn by(way: BrowserWay, stub: &Stub) -> BrowserSignIn {
    BrowserSignIn {
        user_id: "@me:example.org".to_owned(),
        homeserver: Some(stub.url.clone()),
        way,
        device_id: None,
        device_name: "Presently on a test".to_owned(),
    }
}

/// A homeserver with single sign-on and OAuth 2.0 that does not say to whom the
/// token belongs that it has issued.
fn forgetful(asked: &Asked) -> String {
    let host = asked.headers.lines().find_map(|line| line.strip_prefix("host: "));
    let here = format!("http://{}", host.unwrap_or_default());
    let body = match asked.what.as_str() {
        "GET /_matrix/client/versions" => json!({"versions": ["v1.1"]}),
        "GET /_matrix/client/v3/login" => json!({"flows": [{"type": "m.login.sso"}]}),
        "GET /_matrix/client/v1/auth_metadata" => json!({
            "issuer": format!("{here}/"),
            "authorization_endpoint": format!("{here}/authorize"),
            "token_endpoint": format!("{here}/token"),
            "registration_endpoint": format!("{here}/register"),
            "revocation_endpoint": format!("{here}/revoke"),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "fragment"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
        }),
        "POST /register" => return answer(201, "", r#"{"client_id": "presently"}"#),
        "POST /token" => json!({
            "access_token": "at", "refresh_token": "rt", "token_type": "Bearer",
            "expires_in": 300,
        }),
        "POST /revoke" => json!({}),
        _ => return answer(502, "", "{}"),
    };
    answer(200, "", &body.to_string())
}

#[tokio::test]
async fn what_the_browser_is_told_and_brings_shows_nowhere() {
    let stub = Stub::start(forgetful).await;
    let matrix = Matrix::new().expect("a client");
    let browsing = matrix.sign_in_by_browser(by(BrowserWay::Sso, &stub)).await.expect("offered");
    let back = browsing.redirect.url();
    let path = &back.path()[1..];
    assert!(browsing.url().contains(path));
    let shown = format!("{browsing:?}");
    assert!(shown.contains("@me:example.org") && !shown.contains(path), "{shown}");

    let query = Secret::new("loginToken=abc");
    let shown = format!("{:?}", CameBack { query, attempt: browsing.attempt });
    assert!(shown.contains("@me:example.org") && !shown.contains("abc"), "{shown}");
}

#[tokio::test]
async fn tokens_that_nobody_will_have_are_revoked() {
    let stub = Stub::start(forgetful).await;
    let matrix = Matrix::new().expect("a client");
    let begin = async || {
        let browsing = matrix.sign_in_by_browser(by(BrowserWay::OAuth, &stub)).await;
        let Browsing { url, attempt, .. } = browsing.expect("offered");
        let url = Url::parse(url.reveal()).expect("a page");
        let state = url.query_pairs().find(|(key, _)| key == "state").expect("a state").1;
        (state.into_owned(), attempt)
    };

    let (state, attempt) = begin().await;
    let query = Secret::new(format!("error=access_denied&state={state}"));
    let session = CameBack { query, attempt }.session().await;
    assert_eq!(session, Err(SignInError::Cancelled));
    assert!(stub.asked("POST /revoke").is_empty(), "there is nothing to revoke");

    let (state, attempt) = begin().await;
    let query = Secret::new(format!("code=abc&state={state}"));
    let session = CameBack { query, attempt }.session().await;
    assert!(matches!(session, Err(SignInError::Network(_))), "{session:?}");
    let revoked = stub.asked("POST /revoke");
    assert_eq!(revoked.len(), 1);
    assert!(revoked[0].body.contains("token=rt"), "{}", revoked[0].body);
}
