//! The log goes to standard error; `PRESENTLY_LOG` sets its level.

use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, FilterExt, filter_fn};
use tracing_subscriber::prelude::*;

const SDK_OFF: &str = "matrix_sdk=off";

/// Starts the log.
pub(super) fn start() {
    let asked = EnvFilter::builder()
        .with_env_var("PRESENTLY_LOG")
        .with_default_directive(LevelFilter::WARN.into())
        .from_env_lossy()
        // The SDK logs every failed request, with the user id, as an error.
        // Presently reports failures itself.
        .add_directive(SDK_OFF.parse().unwrap_or_default());
    let log = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_filter(asked.and(filter_fn(may_be_logged)));
    tracing_subscriber::registry().with(log).init();
}

/// Whether an event may be logged. Below `info`, dependencies log requests with
/// headers and bodies, and their spans carry arguments such as tokens and
/// messages. So only Presently's own crates may log below `info`.
fn may_be_logged(metadata: &Metadata<'_>) -> bool {
    let ours = metadata.target().starts_with("presently");
    ours || (metadata.is_event() && *metadata.level() <= Level::INFO)
}
