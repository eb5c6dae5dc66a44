//! Fuzzes a line of the local socket, as the agent and as a client reads it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use presently_ipc::{Reply, Request};

fuzz_target!(|line: &[u8]| {
    match Request::read(line) {
        Ok(request) => {
            let written = serde_json::to_vec(&request).expect("a request is written");
            assert!(!written.contains(&b'\n'), "{request:?} is not one line");
            assert_eq!(Request::read(&written), Ok(request));
        }
        // The message is printed on one line, so it is short and has no control
        // characters.
        Err(failure) => {
            let message = failure.message;
            assert!(!message.contains(char::is_control) && message.len() < 300, "{message:?}");
        }
    }
    if let Ok(reply) = serde_json::from_slice::<Reply>(line) {
        let written = serde_json::to_vec(&reply).expect("a reply is written");
        assert!(!written.contains(&b'\n'), "{reply:?} is not one line");
        let again = serde_json::from_slice::<Reply>(&written).expect("what was written is read");
        assert_eq!(again, reply);
    }
});
