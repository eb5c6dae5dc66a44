use serde::{Deserialize, Serialize};

use crate::Secret;

/// What is needed to speak for an account: this is what the secret store
/// holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The Matrix user id.
    pub user_id: String,
    /// The device that the sign-in made, "Presently on HOST" to other
    /// clients.
    pub device_id: String,
    /// The base URL of the homeserver.
    pub homeserver: String,
    /// Goes with every request.
    pub access_token: Secret,
    /// Buys a new access token where the server lets them expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Secret>,
    /// The name that the server knows this program by, where the sign-in
    /// was by OAuth 2.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
}
