use serde::{Deserialize, Serialize};

use crate::Secret;

/// The credentials of an account, as the secret store holds them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The Matrix user id.
    pub user_id: String,
    /// The device of the sign-in, "Presently on HOST" in other clients.
    pub device_id: String,
    /// The base URL of the homeserver.
    pub homeserver: String,
    /// Authenticates every request.
    pub access_token: Secret,
    /// Obtains a new access token, if the server lets access tokens expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Secret>,
    /// The OAuth 2.0 client id, if the sign-in was by OAuth 2.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
}
