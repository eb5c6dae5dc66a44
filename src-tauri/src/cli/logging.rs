//! The log: to standard error, as much as `PRESENTLY_LOG` asks for.

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
        // It writes every failed request as an error, with the user id. What
        // failed is ours to say.
        .add_directive(SDK_OFF.parse().unwrap_or_default());
    let log = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_filter(asked.and(filter_fn(may_be_logged)));
    tracing_subscriber::registry().with(log).init();
}

/// Below info, other people's crates write requests with their headers and
/// bodies, and their spans carry arguments: tokens and messages among them.
/// So whatever is asked for, only ours say more than info.
fn may_be_logged(metadata: &Metadata<'_>) -> bool {
    let ours = metadata.target().starts_with("presently");
    ours || (metadata.is_event() && *metadata.level() <= Level::INFO)
}
