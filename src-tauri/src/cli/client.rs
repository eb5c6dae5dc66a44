//! Requests to the agent, as most commands need them.

use presently_core::Coded;
use presently_ipc::{Client, ClientError, Failure, Paths, Reply, Request, Snapshot};

use super::{Stop, texts};
use crate::localize;

/// The snapshot as the agent sends it.
pub(super) async fn snapshot(paths: &Paths) -> Result<Box<Snapshot>, ClientError> {
    Client::connect(paths).await?.status().await
}

/// The snapshot in the reader's language.
pub(super) async fn snapshot_to_read(paths: &Paths) -> Result<Snapshot, ClientError> {
    Ok(localize::snapshot(*snapshot(paths).await?, texts()))
}

/// Sends a request and returns the reply.
pub(super) async fn ask(paths: &Paths, request: Request) -> Result<Reply, ClientError> {
    let answer = Client::connect(paths).await?.request(request).await;
    answer.map_err(|error| match error {
        ClientError::Failed(failure) => ClientError::Failed(to_read(failure)),
        other => other,
    })
}

/// Sends a request for a change. Returns the first revision of the snapshot
/// that contains it.
pub(super) async fn done(paths: &Paths, request: Request) -> Result<u64, ClientError> {
    match ask(paths, request).await? {
        Reply::Done { revision } => Ok(revision),
        _ => Err(ClientError::Unknown),
    }
}

/// Sends a request for a change that prints nothing on success.
pub(super) async fn tell(paths: &Paths, request: Request) -> Result<(), Stop> {
    done(paths, request).await?;
    Ok(())
}

/// Keeps the agent's English sentence if this version does not know its code,
/// as with a newer agent.
fn to_read(failure: Failure) -> Failure {
    match failure.code().name() {
        "plain" => failure,
        _ => Failure { message_code: None, ..localize::failure(failure, texts()) },
    }
}
