//! A plain HTTP client for one Matrix user. It shares no code with Presently
//! and uses no Matrix library, so it shows what the homeserver sends.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::Method;
use serde_json::{Value, json};

/// The unstable identifier of busy (MSC3026).
pub const BUSY: &str = "org.matrix.msc3026.busy";

/// The credentials of a user.
#[derive(Clone, Debug)]
pub struct User {
    /// The full Matrix user id.
    pub user_id: String,
    /// The password.
    pub password: String,
    /// The base URL of the homeserver.
    pub homeserver: String,
}

/// The presence of a user, as a homeserver reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The presence, in its form on the wire.
    pub presence: String,
    /// The status message.
    pub message: Option<String>,
}

impl Seen {
    /// Reads the content of an `m.presence` event or the answer to a GET.
    pub fn read(content: &Value) -> Self {
        Self {
            presence: content["presence"].as_str().unwrap_or("?").to_owned(),
            message: content["status_msg"].as_str().map(str::to_owned),
        }
    }

    /// Whether the presence equals this one.
    pub fn is(&self, presence: &str) -> bool {
        self.presence == presence
    }
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.presence.trim_start_matches("org.matrix.msc3026."))?;
        match &self.message {
            Some(message) => write!(f, " “{message}”"),
            None => Ok(()),
        }
    }
}

/// One signed-in device of a user.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
    user_id: String,
}

impl Client {
    /// A client without an account.
    pub fn nobody(homeserver: &str) -> Result<Self> {
        Ok(Self {
            http: reqwest::Client::builder().no_proxy().build()?,
            base: homeserver.to_owned(),
            token: String::new(),
            user_id: "nobody".to_owned(),
        })
    }

    /// Signs in with the password.
    pub async fn login(user: &User) -> Result<Self> {
        Self::login_as(user, "A plain HTTP client").await
    }

    /// The same with this device name.
    pub async fn login_as(user: &User, device: &str) -> Result<Self> {
        let mut client = Self::nobody(&user.homeserver)?;
        client.user_id.clone_from(&user.user_id);
        let answer = client
            .ok(
                Method::POST,
                "/_matrix/client/v3/login",
                &json!({
                    "type": "m.login.password",
                    "identifier": {"type": "m.id.user", "user": user.user_id},
                    "password": user.password,
                    "initial_device_display_name": device,
                }),
            )
            .await?;
        client.token = answer["access_token"].as_str().context("no token")?.to_owned();
        Ok(client)
    }

    /// Registers a new user without a device.
    pub(crate) async fn register(base: &str, name: &str, password: &str) -> Result<Value> {
        let client = Self { user_id: name.to_owned(), ..Self::nobody(base)? };
        let body = json!({
            "username": name, "password": password, "inhibit_login": true,
            "auth": {"type": "m.login.dummy"},
        });
        client.ok(Method::POST, "/_matrix/client/v3/register", &body).await
    }

    /// The user id.
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// The access token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Makes one request. Returns the status and the answer (null if it is not
    /// JSON).
    pub async fn request(&self, method: Method, path: &str, body: &Value) -> Result<(u16, Value)> {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        if !self.token.is_empty() {
            request = request.header("Authorization", format!("Bearer {}", self.token));
        }
        if !body.is_null() {
            request = request.header("Content-Type", "application/json").body(body.to_string());
        }
        // Longer than any long poll of the tests.
        let answer = request.timeout(Duration::from_secs(90)).send().await?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await?;
        Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
    }

    /// Makes one request, which must succeed.
    pub async fn ok(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let (status, answer) = self.request(method.clone(), path, body).await?;
        if status != 200 {
            bail!("{method} {path} as {}: {status} {answer}", self.user_id);
        }
        Ok(answer)
    }

    /// Makes a GET request, which must succeed.
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.ok(Method::GET, path, &Value::Null).await
    }

    /// Sets this user's presence by PUT, with or without a message.
    pub async fn put_presence(&self, presence: &str, message: Option<&str>) -> Result<()> {
        let mut body = json!({"presence": presence});
        if let Some(message) = message {
            body["status_msg"] = message.into();
        }
        let path = format!("/_matrix/client/v3/presence/{}/status", self.user_id);
        self.ok(Method::PUT, &path, &body).await.map(drop)
    }

    /// Sets a field of this user's profile (MSC4133).
    pub async fn put_profile(&self, field: &str, value: Value) -> Result<()> {
        let path = format!("/_matrix/client/v3/profile/{}/{field}", self.user_id);
        self.ok(Method::PUT, &path, &json!({ field: value })).await.map(drop)
    }

    /// A field of a user's profile; null if it is absent.
    pub async fn profile_of(&self, user_id: &str, field: &str) -> Result<Value> {
        let path = format!("/_matrix/client/v3/profile/{user_id}/{field}");
        match self.request(Method::GET, &path, &Value::Null).await? {
            (200, mut answer) => Ok(answer[field].take()),
            (404, _) => Ok(Value::Null),
            (status, answer) => bail!("GET {path} as {}: {status} {answer}", self.user_id),
        }
    }

    /// The presence of `user_id`, as this user sees it.
    pub async fn presence_of(&self, user_id: &str) -> Result<Seen> {
        let path = format!("/_matrix/client/v3/presence/{user_id}/status");
        Ok(Seen::read(&self.get(&path).await?))
    }

    /// One sync, as any client makes them.
    pub async fn sync(
        &self,
        since: Option<&str>,
        set_presence: &str,
        filter: &Value,
        timeout: Duration,
    ) -> Result<Value> {
        let filter: String = filter.to_string().bytes().map(|b| format!("%{b:02x}")).collect();
        let mut path = format!(
            "/_matrix/client/v3/sync?set_presence={set_presence}&timeout={}&filter={filter}",
            timeout.as_millis()
        );
        if let Some(since) = since {
            path += &format!("&since={since}");
        }
        self.get(&path).await
    }

    /// The user's devices.
    pub async fn devices(&self) -> Result<Vec<Value>> {
        let answer = self.get("/_matrix/client/v3/devices").await?;
        Ok(answer["devices"].as_array().cloned().unwrap_or_default())
    }

    /// Creates a room that anybody may join, and returns its id.
    pub async fn make_room(&self) -> Result<String> {
        let body = json!({"preset": "public_chat"});
        let answer = self.ok(Method::POST, "/_matrix/client/v3/createRoom", &body).await?;
        Ok(answer["room_id"].as_str().context("no room")?.to_owned())
    }

    /// Joins a room.
    pub async fn join(&self, room: &str) -> Result<()> {
        let path = format!("/_matrix/client/v3/join/{room}");
        self.ok(Method::POST, &path, &json!({})).await.map(drop)
    }

    /// Ends every session of the user (`/logout/all`).
    pub async fn logout_all(&self) -> Result<()> {
        self.ok(Method::POST, "/_matrix/client/v3/logout/all", &json!({})).await.map(drop)
    }

    /// Signs this device out.
    pub async fn logout(self) -> Result<()> {
        self.ok(Method::POST, "/_matrix/client/v3/logout", &json!({})).await.map(drop)
    }
}
