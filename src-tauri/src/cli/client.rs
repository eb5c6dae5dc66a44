//! Asking the agent, as most commands do.

use presently_core::Coded;
use presently_ipc::{Client, ClientError, Failure, Paths, Reply, Request, Snapshot};

use super::{Stop, texts};
use crate::localize;

/// The snapshot, as the agent gives it.
pub(super) async fn snapshot(paths: &Paths) -> Result<Box<Snapshot>, ClientError> {
    Client::connect(paths).await?.status().await
}

/// The snapshot in the language of who reads it.
pub(super) async fn snapshot_to_read(paths: &Paths) -> Result<Snapshot, ClientError> {
    Ok(localize::snapshot(*snapshot(paths).await?, texts()))
}

/// Asks for something, and returns the answer.
pub(super) async fn ask(paths: &Paths, request: Request) -> Result<Reply, ClientError> {
    let answer = Client::connect(paths).await?.request(request).await;
    answer.map_err(|error| match error {
        ClientError::Failed(failure) => ClientError::Failed(to_read(failure)),
        other => other,
    })
}

/// Asks for something to be done; returns the revision from which on it
/// shows.
pub(super) async fn done(paths: &Paths, request: Request) -> Result<u64, ClientError> {
    match ask(paths, request).await? {
        Reply::Done { revision } => Ok(revision),
        _ => Err(ClientError::Unknown),
    }
}

/// Asks for something to be done that says nothing when it is.
pub(super) async fn tell(paths: &Paths, request: Request) -> Result<(), Stop> {
    done(paths, request).await?;
    Ok(())
}

/// What a newer agent says, with a code that this version does not know, is
/// kept in the agent's own English.
fn to_read(failure: Failure) -> Failure {
    match failure.code().name() {
        "plain" => failure,
        _ => Failure { message_code: None, ..localize::failure(failure, texts()) },
    }
}
