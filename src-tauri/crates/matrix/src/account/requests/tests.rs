use super::*;
use crate::api::tests::api;
use crate::stub::{Stub, answer};

async fn answered(request: Request, status: u16, body: String) -> Result<Answer, RequestError> {
    let stub = Stub::start(move |_| answer(status, "", &body)).await;
    carry_out(&api(&stub).await, &Fields::default(), request).await
}

#[tokio::test]
async fn one_odd_device_hides_no_other() {
    let devices = json!({"devices": [
        {"device_id": "OURS", "display_name": "Presently on desk", "last_seen_ts": 1_800_000_000_000_i64},
        {"device_id": 7},
        null,
        [],
        {"device_id": "NAMELESS", "display_name": {"a": 1}, "last_seen_ts": "yesterday"},
        {"device_id": "LATE", "display_name": "Late\n one", "last_seen_ts": i64::MAX},
        {"device_id": "EARLY", "display_name": null, "last_seen_ts": 1e300},
    ]});
    let answer = answered(Request::Devices, 200, devices.to_string()).await;
    let Ok(Answer::Devices { devices, .. }) = answer else { panic!("{answer:?}") };
    let read =
        |device: &Device| (device.id.clone(), device.name.clone(), device.last_seen.is_some());
    let read: Vec<_> = devices.iter().map(read).collect();
    let device =
        |id: &str, name: Option<&str>, seen| (id.to_owned(), name.map(str::to_owned), seen);
    assert_eq!(
        read,
        [
            device("OURS", Some("Presently on desk"), true),
            device("NAMELESS", None, false),
            device("LATE", Some("Late one"), false),
            device("EARLY", None, false),
        ]
    );
    for odd in ["{}", "[]", r#"{"devices": {}}"#, "", "null"] {
        let answer = answered(Request::Devices, 200, odd.to_owned()).await;
        assert_eq!(answer.err(), Some(RequestError::NotMatrix), "{odd}");
    }
}

#[tokio::test]
async fn a_presence_that_makes_no_sense_is_none() {
    let online = |message: Option<&str>| {
        Some(Seen { presence: Presence::Online, message: message.map(str::to_owned) })
    };
    for (body, seen) in [
        (json!({"presence": "online", "status_msg": "Writing"}), online(Some("Writing"))),
        (json!({"presence": "online", "status_msg": 7}), online(None)),
        (
            json!({"presence": "online", "last_active_ago": "long", "currently_active": []}),
            online(None),
        ),
        (json!({"presence": "Presence(0)"}), None),
        (json!({"presence": 0}), None),
        (json!({"presence": ""}), None),
        (json!({}), None),
        (json!([]), None),
    ] {
        let answer = answered(Request::Read, 200, body.to_string()).await;
        let Ok(Answer::Presence(read)) = answer else { panic!("{body}: {answer:?}") };
        assert_eq!(read, seen, "{body}");
    }
}

/// Each kind of request has a size limit for its answer.
#[tokio::test]
async fn no_answer_fills_the_memory() {
    for request in [Request::Read, Request::Devices, Request::Probe] {
        for status in [200, 404] {
            let body = format!(r#"{{"presence": "{}"}}"#, "x".repeat(17 << 20));
            let answer = answered(request.clone(), status, body).await;
            assert_eq!(answer.err(), Some(RequestError::TooLong), "{request:?} {status}");
        }
    }
}
