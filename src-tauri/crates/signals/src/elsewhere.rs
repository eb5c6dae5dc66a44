//! Stands in for the signals that have no backend on this system.

use presently_core::Code;
use tokio::sync::watch;

use crate::{Environment, Reading, Status};

/// Reports the signal as unsupported until all receivers are dropped.
pub(crate) async fn run<R>(_: Environment, out: watch::Sender<Status<R>>) {
    let why = Code::new("signal-unsupported");
    out.send_modify(|status| status.reading = Reading::Unsupported(why));
    out.closed().await;
}
