use matrix_sdk::reqwest::header::{DATE, HeaderName, HeaderValue};

use super::*;

fn api(status: u16, body: &str) -> RequestError {
    answered(status, &[], body)
}

fn answered(status: u16, headers: &[(HeaderName, &str)], body: &str) -> RequestError {
    let header = |(name, value): &(HeaderName, &str)| {
        (name.clone(), HeaderValue::from_str(value).expect("a header"))
    };
    let headers = headers.iter().map(header).collect();
    RequestError::answer(StatusCode::from_u16(status).expect("a status"), headers, body.into())
}

#[test]
fn answers_are_sorted_by_what_they_mean() {
    let limited = r#"{"errcode": "M_LIMIT_EXCEEDED", "error": "x", "retry_after_ms": 7300}"#;
    assert_eq!(api(429, limited), RequestError::Limited(Some(Duration::from_millis(7300))));
    assert_eq!(api(429, "slow down"), RequestError::Limited(None));
    assert_eq!(
        api(401, r#"{"errcode": "M_UNKNOWN_TOKEN", "error": "x", "soft_logout": true}"#),
        RequestError::UnknownToken
    );
    assert_eq!(api(502, "<html>"), RequestError::Server(502));
    assert_eq!(api(500, r#"{"errcode": "M_UNKNOWN", "error": "x"}"#), RequestError::Server(500));
    assert_eq!(api(404, "<html>portal</html>"), RequestError::NotMatrix);
    assert_eq!(api(511, "<html>portal</html>"), RequestError::CaptivePortal);
    assert_eq!(
        api(400, r#"{"errcode": "M_UNKNOWN", "error": "Invalid\n presence"}"#),
        RequestError::Refused {
            status: 400,
            code: "M_UNKNOWN".to_owned(),
            message: "Invalid presence".to_owned()
        }
    );
}

#[test]
fn one_odd_value_hides_no_other() {
    let refused = |status, code: &str, message: &str| RequestError::Refused {
        status,
        code: code.to_owned(),
        message: message.to_owned(),
    };
    for (status, body, wanted) in [
        (
            401,
            r#"{"errcode": "M_UNKNOWN_TOKEN", "soft_logout": "yes"}"#,
            RequestError::UnknownToken,
        ),
        (401, r#"{"errcode": "M_UNKNOWN_TOKEN", "error": 7}"#, RequestError::UnknownToken),
        (404, r#"{"errcode": "M_NOT_FOUND"}"#, refused(404, "M_NOT_FOUND", "M_NOT_FOUND")),
        (
            403,
            r#"{"errcode": "M_FORBIDDEN", "error": []}"#,
            refused(403, "M_FORBIDDEN", "M_FORBIDDEN"),
        ),
        (403, r#"{"errcode": 7, "error": "no"}"#, RequestError::NotMatrix),
        (403, "[]", RequestError::NotMatrix),
        (500, r#"{"errcode": "M_UNKNOWN"}"#, RequestError::Server(500)),
    ] {
        assert_eq!(api(status, body), wanted, "{status} {body}");
    }
    // A malformed wait is ignored, and a long one is cut.
    for wait in [r#""soon""#, "-1", "null", "[]", "{}", "1e300", "99999999999999999999999"] {
        let body =
            format!(r#"{{"errcode": "M_LIMIT_EXCEEDED", "error": "x", "retry_after_ms": {wait}}}"#);
        let RequestError::Limited(after) = api(429, &body) else { panic!("{body}") };
        assert!(after.is_none_or(|after| after <= LONGEST_WAIT), "{body}: {after:?}");
    }
}

#[test]
fn nobody_waits_for_longer_than_an_hour() {
    const LIMIT: &str = r#"{"errcode": "M_LIMIT_EXCEEDED", "error": "x"}"#;
    let hour = RequestError::Limited(Some(Duration::from_secs(3600)));
    let body = |wait: u64| LIMIT.replace("\"x\"", &format!("\"x\", \"retry_after_ms\": {wait}"));
    assert_eq!(
        api(429, &body(3_599_999)),
        RequestError::Limited(Some(Duration::from_millis(3_599_999)))
    );
    assert_eq!(api(429, &body((1 << 53) - 1)), hour);
    for after in ["3601", "18446744073709551615", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        for body in [LIMIT, "<html>"] {
            assert_eq!(answered(429, &[(RETRY_AFTER, after)], body), hour, "{after}");
        }
    }
    // The limit holds by the server's clock as well.
    let date = (DATE, "Sun, 06 Nov 1994 08:00:00 GMT");
    let after = (RETRY_AFTER, "Sun, 06 Nov 1994 10:00:00 GMT");
    assert_eq!(answered(429, &[date, after], LIMIT), hour);
}

#[test]
fn a_date_to_wait_for_is_by_the_clock_that_named_it() {
    let limited = |headers: &[_]| match answered(429, headers, "slow down") {
        RequestError::Limited(after) => after.map(|after| after.as_secs()),
        other => panic!("{other:?}"),
    };
    let (date, after) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:50:07 GMT");
    assert_eq!(limited(&[(DATE, date), (RETRY_AFTER, after)]), Some(30));
    assert_eq!(limited(&[(DATE, after), (RETRY_AFTER, date)]), Some(0));
    // Without a valid `Date` our own clock counts, by which the date is past.
    assert_eq!(limited(&[(RETRY_AFTER, after)]), Some(0));
    assert_eq!(limited(&[(DATE, "yesterday"), (RETRY_AFTER, after)]), Some(0));
    assert_eq!(limited(&[(RETRY_AFTER, "30")]), Some(30));
    assert_eq!(limited(&[(RETRY_AFTER, "soon")]), None);
}

#[test]
fn a_hostile_message_stays_on_one_short_line() {
    let line = one_line(&format!("a\r\n\x1b[31mb\t{}", "x".repeat(1000)));
    assert!(line.starts_with("a [31mb x"), "{line}");
    assert!(line.chars().count() <= 161 && !line.contains(char::is_control));
}
