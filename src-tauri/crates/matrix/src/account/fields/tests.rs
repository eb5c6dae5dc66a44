use presently_core::Presence;
use presently_core::account::{NonexistentUser, Request};

use super::*;
use crate::account::requests;
use crate::api::tests::api;
use crate::stub::{Asked, Stub, answer};

#[test]
fn an_endpoint_that_is_not_there_says_nothing_of_the_field() {
    for (status, code, not_set, no_endpoint) in [
        (404, "M_NOT_FOUND", true, false),
        (404, "M_UNRECOGNIZED", false, true),
        (405, "M_UNRECOGNIZED", false, true),
        (403, "M_NOT_FOUND", false, false),
        (400, "M_UNRECOGNIZED", false, false),
    ] {
        let (code, message) = (code.to_owned(), "No".to_owned());
        let error = RequestError::Refused { status, code, message };
        let sorted = (is_not_set(&error), is_no_endpoint(&error));
        assert_eq!(sorted, (not_set, no_endpoint), "{error:?}");
    }
    assert!(!is_not_set(&RequestError::NotMatrix) && !is_no_endpoint(&RequestError::NotMatrix));
}

const OLD: &str = r#"{"versions": ["v1.12"]}"#;
const FLAG: &str = r#"{"versions": ["v1.14"], "unstable_features": {"uk.tcpip.msc4133": true}}"#;
const STABLE_FLAG: &str = r#"{"versions": ["v1.12"], "unstable_features":
    {"uk.tcpip.msc4133": true, "uk.tcpip.msc4133.stable": true}}"#;
const NEW: &str = r#"{"versions": ["v1.2", "v1.16"]}"#;
/// Malformed entries are ignored.
const ODD: &str = r#"{"versions": [7, "v1.16", null], "unstable_features":
    {"org.matrix.msc3026.busy_presence": true, "other": "yes", "third": []}}"#;

#[test]
fn fields_are_known_and_found_by_what_the_server_says() {
    let (both, none) = ((true, true), (false, false));
    for (versions, capabilities, fields, unstable) in [
        (OLD, json!({}), none, true),
        (FLAG, json!({}), both, true),
        (STABLE_FLAG, json!({}), both, false),
        (NEW, json!({}), both, false),
        (ODD, json!({}), both, false),
        // Answers of real servers.
        (FLAG, json!({UNSTABLE_CAPABILITY: {"enabled": true}}), both, true),
        (OLD, json!({UNSTABLE_CAPABILITY: {"enabled": true}}), both, true),
        (OLD, json!({"m.profile_fields": {"enabled": true}}), both, false),
        (FLAG, json!({"m.profile_fields": {"enabled": true}}), both, true),
        (NEW, json!({"m.profile_fields": {"enabled": false}}), none, false),
        (
            NEW,
            json!({"m.profile_fields": {"enabled": true, "allowed": ["m.call"]}}),
            (false, true),
            false,
        ),
        (
            NEW,
            json!({"m.profile_fields": {"enabled": true, "allowed": [7, null, "m.status"]}}),
            (true, false),
            false,
        ),
        // A malformed capability counts as missing.
        (NEW, json!({"m.profile_fields": {"enabled": "no"}}), both, false),
        (NEW, json!({"m.profile_fields": 7, UNSTABLE_CAPABILITY: {"enabled": false}}), none, false),
        (NEW, json!([]), both, false),
        (
            NEW,
            json!({"m.profile_fields": {"enabled": true, "allowed": 7, "disallowed": {}}}),
            both,
            false,
        ),
    ] {
        let said = serde_json::from_str(versions).expect("JSON");
        let versions = Versions::read(&said).expect("versions");
        let known = known(&capabilities, &versions);
        let has = (known.status.is_some(), known.call.is_some());
        assert_eq!((has, known.unstable), (fields, unstable), "{said} {capabilities}");
    }
    for odd in [json!({}), json!([]), json!({"versions": "v1.16"}), Value::Null] {
        assert!(Versions::read(&odd).is_err(), "{odd}");
    }
}

const MISSING: &str = r#"{"errcode": "M_NOT_FOUND", "error": "No such field"}"#;
const UNRECOGNIZED: &str = r#"{"errcode": "M_UNRECOGNIZED", "error": "Unrecognized request"}"#;

/// A server with the feature flag of MSC4133. If `has`, it has profile fields,
/// at the unstable path only.
fn unstable(has: bool) -> impl Fn(&Asked) -> String + Send + 'static {
    move |asked| {
        let (method, path) = asked.what.split_once(' ').unwrap_or_default();
        let begins = |what| path.starts_with(what);
        match method {
            _ if begins("/_matrix/client/versions") => answer(200, "", FLAG),
            _ if begins("/_matrix/client/v3/capabilities") => answer(200, "", "{}"),
            "GET" if begins("/_matrix/client/v3/presence/") => answer(403, "", MISSING),
            "GET" if has && begins("/_matrix/client/unstable/uk.tcpip.msc4133/profile/") => {
                answer(404, "", MISSING)
            }
            "PUT" | "DELETE" if has && begins("/_matrix/client/unstable/uk.tcpip.msc4133/") => {
                answer(200, "", "{}")
            }
            _ => answer(404, "", UNRECOGNIZED),
        }
    }
}

#[tokio::test]
async fn fields_go_to_the_path_that_the_server_has() {
    let status = Status { text: "Back at 15:00".to_owned(), emoji: "🍵".to_owned() };
    for has in [true, false] {
        let stub = Stub::start(unstable(has)).await;
        let api = api(&stub).await;
        let probed = requests::carry_out(&api, &Fields::default(), Request::Probe).await;
        let Ok(Answer::Probed(probed)) = probed else { panic!("{probed:?}") };
        assert_eq!((probed.presence, probed.nobody), (Some(true), NonexistentUser::Refused));
        let fields = probed.fields.expect("it was asked");
        for step in [
            Step::ReadStatus,
            Step::WriteStatus(status.clone()),
            Step::WriteCall(300),
            Step::Remove(Field::Status),
            Step::Remove(Field::Call),
        ] {
            let answer = requests::carry_out(&api, &fields, Request::Profile(step.clone())).await;
            let right = match (&answer, has) {
                (Ok(Answer::Status(None)), true) => step == Step::ReadStatus,
                (Ok(Answer::Done), true) => step != Step::ReadStatus,
                (Ok(Answer::NoField), false) => true,
                _ => false,
            };
            assert!(right, "{has} {step:?}: {answer:?}");
        }
        let path = "/_matrix/client/unstable/uk.tcpip.msc4133/profile/@me:example.org";
        let wrote = stub.asked(&format!("PUT {path}/org.matrix.msc4426.status"));
        assert_eq!(wrote.len(), 1);
        let wrote: Value = serde_json::from_str(&wrote[0].body).expect("JSON");
        let field = json!({"text": "Back at 15:00", "emoji": "🍵"});
        assert_eq!(wrote, json!({"org.matrix.msc4426.status": field}));
        assert_eq!(stub.asked("PUT /_matrix/client/v3/profile").len(), 0);
    }
}

#[tokio::test]
async fn what_is_said_of_nobody_is_told_apart() {
    for (said, presence, nobody) in [
        (r#"{"presence": "offline"}"#, Some(false), NonexistentUser::Refused),
        (
            r#"{"presence": "", "last_active_ago": 1700000000000, "status_msg": ""}"#,
            None,
            NonexistentUser::Invalid,
        ),
        (r#"{"presence": 0}"#, None, NonexistentUser::Invalid),
        ("{}", None, NonexistentUser::Invalid),
        (r#"{"presence": "unavailable"}"#, None, NonexistentUser::Shown(Presence::Unavailable)),
    ] {
        let stub = Stub::start(move |asked: &Asked| match asked.what.contains("/presence/") {
            true => answer(200, "", said),
            false => answer(200, "", OLD),
        })
        .await;
        let api = api(&stub).await;
        let probed = requests::carry_out(&api, &Fields::default(), Request::Probe).await;
        let Ok(Answer::Probed(probed)) = probed else { panic!("{probed:?}") };
        assert_eq!((probed.presence, probed.nobody), (presence, nobody), "{said}");
        assert_eq!(stub.asked("GET").len(), 3);
    }
}
