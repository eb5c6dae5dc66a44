use matrix_sdk::ruma::api::client::account::whoami;

use super::*;
use crate::Matrix;
use crate::stub::{Stub, answer};

pub(crate) async fn api(stub: &Stub) -> Api {
    let session = Session {
        user_id: "@me:example.org".to_owned(),
        device_id: "DEVICE".to_owned(),
        homeserver: stub.url.clone(),
        access_token: Secret::new("syt_secret"),
        refresh_token: None,
        client_id: None,
    };
    let matrix = Matrix::new().expect("a client");
    let (refreshed, _) = mpsc::unbounded_channel();
    Api::open(&matrix.http, session, refreshed).await.expect("it makes sense")
}

/// The `Date` header of a server whose clock is far behind.
const LONG_AGO: &str = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
const LIMITED: &str = r#"{"errcode": "M_LIMIT_EXCEEDED", "error": "x"}"#;

/// The SDK hides headers, so its answers are read by the clock that other
/// answers gave.
#[tokio::test]
async fn a_server_goes_by_its_own_clock() {
    let stub = Stub::start(|asked| {
        if asked.what.starts_with("GET /fine") {
            return answer(200, LONG_AGO, "{}");
        }
        let after = "retry-after: Sun, 06 Nov 1994 08:50:37 GMT\r\n";
        answer(429, &format!("{LONG_AGO}{after}"), LIMITED)
    })
    .await;
    let api = api(&stub).await;
    let minute = |error: RequestError, least: u64| match error {
        RequestError::Limited(Some(after)) => (least..=60).contains(&after.as_secs()),
        other => panic!("{other:?}"),
    };
    let sdk = async || {
        let asked = api.send(TIMEOUT, |c| c.send(whoami::v3::Request::new())).await;
        asked.map(drop).expect_err("too many requests")
    };
    assert_eq!(sdk().await, RequestError::Limited(Some(Duration::ZERO)), "by our own clock");

    api.get("fine", TIMEOUT).await.expect("an answer");
    let then: Timestamp = "1994-11-06T08:49:37Z".parse().expect("a time");
    let since = api.server_now().duration_since(then);
    assert!((0..30).contains(&since.as_secs()), "{since}");

    // The lower bound leaves time for a busy machine.
    assert!(minute(sdk().await, 30));
    assert!(minute(api.get("limited", TIMEOUT).await.expect_err("too many requests"), 60));
}
