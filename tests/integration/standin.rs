//! Small stand-ins for the identity services of a homeserver: a CAS server for
//! single sign-on, and an authentication service for OAuth 2.0.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use presently_world::Synapse;
use presently_world::synapse::{Options, free_port};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A request to a stand-in.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The query parameters and form fields.
    pub(crate) fields: HashMap<String, String>,
    pub(crate) body: String,
}

/// An answer: the status, the content, and the target of a redirect.
pub(crate) struct Said(u16, String, Option<String>);

impl Said {
    pub(crate) fn json(value: &Value) -> Self {
        Self(200, value.to_string(), None)
    }

    /// An error in the format of a homeserver.
    pub(crate) fn no(status: u16, errcode: &str) -> Self {
        Self(status, json!({"errcode": errcode, "error": "No"}).to_string(), None)
    }

    fn go_to(url: String) -> Self {
        Self(302, String::new(), Some(url))
    }
}

/// Serves HTTP on a loopback port until the test ends.
pub(crate) async fn serve<F>(
    port: u16,
    answer: impl Fn(Asked) -> F + Clone + Send + 'static,
) -> Result<()>
where
    F: Future<Output = Said> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let Ok(asked) = read_request(&mut stream).await else { return };
                let Said(status, body, location) = answer(asked).await;
                let location = location.map(|to| format!("location: {to}\r\n")).unwrap_or_default();
                let head = format!(
                    "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n{location}\
                     content-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            });
        }
    });
    Ok(())
}

async fn read_request(stream: &mut TcpStream) -> Result<Asked> {
    let mut bytes = Vec::new();
    let head = loop {
        ensure!(stream.read_buf(&mut bytes).await? > 0, "a request broke off");
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break String::from_utf8(bytes.drain(..end + 4).collect())?;
        }
    };
    let length = head.lines().find_map(|line| {
        line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned)
    });
    let length = length.map_or(Ok(0), |n| n.parse::<usize>())?;
    while bytes.len() < length {
        ensure!(stream.read_buf(&mut bytes).await? > 0, "a request broke off");
    }
    let body = String::from_utf8(bytes)?;
    let mut words = head.split(' ');
    let method = words.next().context("no method")?.to_owned();
    let target = words.next().context("no target")?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut fields = read_fields(query);
    fields.extend(read_fields(&body));
    Ok(Asked { method, path: path.to_owned(), fields, body })
}

fn read_fields(text: &str) -> HashMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (decoded(key), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let hex = tail.get(..2).and_then(|h| std::str::from_utf8(h).ok());
        match (first, hex.and_then(|h| u8::from_str_radix(h, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            (b'+', _) => bytes.push(b' '),
            (other, _) => bytes.push(*other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02x}")).collect()
}

/// Makes one HTTP request over the loopback. Returns the status, the redirect
/// target and the content.
async fn http(
    method: &str,
    url: &str,
    token: &str,
    body: &str,
) -> Result<(u16, Option<String>, String)> {
    let rest = url.strip_prefix("http://").with_context(|| format!("not plain HTTP: {url}"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host).await?;
    let request = format!(
        "{method} /{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    let status = head.split(' ').nth(1).context("no status")?.parse()?;
    let location = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("location").then(|| value.to_owned())
    });
    Ok((status, location, body.to_owned()))
}

/// A minimal browser: it follows redirects.
pub(crate) async fn browse(url: &str) -> Result<String> {
    let mut url = url.to_owned();
    for _ in 0..10 {
        let (status, location, body) = http("GET", &url, "", "").await?;
        match location {
            Some(to) => url = to,
            None if status == 200 => return Ok(body),
            None => bail!("{url}: {status} {body}"),
        }
    }
    bail!("sent round in circles: {url}")
}

/// A homeserver whose single sign-on accepts everybody as alex.
pub(crate) async fn synapse_with_cas() -> Result<Synapse> {
    let port = free_port()?;
    serve(port, |asked| async move {
        match asked.path.as_str() {
            "/login" => Said::go_to(format!("{}&ticket=one", asked.fields["service"])),
            "/proxyValidate" => Said(
                200,
                "<cas:serviceResponse xmlns:cas=\"http://www.yale.edu/tp/cas\">\
                 <cas:authenticationSuccess><cas:user>alex</cas:user>\
                 </cas:authenticationSuccess></cas:serviceResponse>"
                    .to_owned(),
                None,
            ),
            _ => Said(404, String::new(), None),
        }
    })
    .await?;
    let more = json!({
        "cas_config": {"enabled": true, "server_url": format!("http://127.0.0.1:{port}")},
        "sso": {"client_whitelist": ["http://127.0.0.1:"]},
    });
    Synapse::start(Options { more, ..Options::default() }).await
}

const SHARED_SECRET: &str = "between-the-two-of-them";
/// The lifetime of an access token of the stand-in.
pub(crate) const TOKEN_LIFE: Duration = Duration::from_secs(2);

/// An authentication service for one user: registration, authorization code
/// with PKCE, refresh with rotation, introspection and revocation.
#[derive(Default)]
pub(crate) struct Service {
    state: Mutex<ServiceState>,
}

#[derive(Default)]
pub(crate) struct ServiceState {
    /// Whether the person refuses consent.
    pub(crate) refuses: bool,
    redirect_uris: Vec<String>,
    /// By authorization code: the challenge, the redirect URI and the scope.
    codes: HashMap<String, (String, String, String)>,
    /// By refresh token: the scope. Each token can be used once.
    pub(crate) refresh: HashMap<String, String>,
    /// By access token: the scope, and the time of issue.
    access: HashMap<String, (String, Instant)>,
    pub(crate) revoked: HashSet<String>,
    count: u32,
}

impl Service {
    pub(crate) fn state(&self) -> std::sync::MutexGuard<'_, ServiceState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(self: Arc<Self>, here: String, homeserver: String, asked: Asked) -> Said {
        let field = |name: &str| asked.fields.get(name).cloned().unwrap_or_default();
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/.well-known/openid-configuration") => Said::json(&json!({
                "issuer": format!("{here}/"),
                "authorization_endpoint": format!("{here}/authorize"),
                "token_endpoint": format!("{here}/token"),
                "registration_endpoint": format!("{here}/register"),
                "revocation_endpoint": format!("{here}/revoke"),
                "account_management_uri": format!("{here}/account"),
                "response_types_supported": ["code"],
                "response_modes_supported": ["query", "fragment"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "code_challenge_methods_supported": ["S256"],
            })),
            ("POST", "/register") => {
                let metadata: Value = serde_json::from_str(&asked.body).unwrap_or_default();
                // Required, and by https alone.
                let about = metadata["client_uri"].as_str().unwrap_or_default();
                if !about.starts_with("https://") {
                    let error = json!({"error": "invalid_client_metadata"});
                    return Said(400, error.to_string(), None);
                }
                let uris = metadata["redirect_uris"].as_array().cloned().unwrap_or_default();
                let uris = uris.iter().filter_map(|u| u.as_str().map(str::to_owned)).collect();
                self.state().redirect_uris = uris;
                Said(201, json!({"client_id": "presently"}).to_string(), None)
            }
            ("GET", "/authorize") => self.authorize(&field),
            ("POST", "/token") => {
                let granted = match field("grant_type").as_str() {
                    "authorization_code" => self.redeem(&field),
                    _ => self.state().refresh.remove(&field("refresh_token")),
                };
                let Some(scope) = granted else {
                    return Said(400, json!({"error": "invalid_grant"}).to_string(), None);
                };
                // The real one keeps the homeserver's devices too.
                let device = scope.rsplit(':').next().unwrap_or_default();
                let device = json!({"localpart": "alex", "device_id": device}).to_string();
                let url = format!("{homeserver}/_synapse/mas/upsert_device");
                let _ = http("POST", &url, SHARED_SECRET, &device).await;
                Said::json(&self.grant(scope))
            }
            ("POST", "/oauth2/introspect") => Said::json(&self.introspect(&field("token"))),
            ("POST", "/revoke") => {
                let mut state = self.state();
                state.refresh.remove(&field("token"));
                state.revoked.insert(field("token"));
                Said(200, String::new(), None)
            }
            _ => Said(404, String::new(), None),
        }
    }

    fn authorize(&self, field: &impl Fn(&str) -> String) -> Said {
        let mut state = self.state();
        let redirect = field("redirect_uri");
        let without_port = redirect.split(':').take(2).collect::<Vec<_>>().join(":")
            + redirect.rsplit_once('/').map_or("", |(before, _)| &redirect[before.len()..]);
        let registered = state.redirect_uris.contains(&without_port);
        if !registered || field("code_challenge_method") != "S256" {
            return Said(400, format!("{redirect}: {:?}", state.redirect_uris), None);
        }
        let back = format!("{redirect}?state={}", encoded(&field("state")));
        if state.refuses {
            return Said::go_to(format!("{back}&error=access_denied"));
        }
        state.count += 1;
        let code = format!("code{}", state.count);
        state.codes.insert(code.clone(), (field("code_challenge"), redirect, field("scope")));
        Said::go_to(format!("{back}&code={code}"))
    }

    fn redeem(&self, field: &impl Fn(&str) -> String) -> Option<String> {
        let (challenge, redirect, scope) = self.state().codes.remove(&field("code"))?;
        let verified = challenge_of(&field("code_verifier")) == challenge;
        (verified && redirect == field("redirect_uri")).then_some(scope)
    }

    fn grant(&self, scope: String) -> Value {
        let mut state = self.state();
        state.count += 1;
        let (access, refresh) = (format!("at{}", state.count), format!("rt{}", state.count));
        state.access.insert(access.clone(), (scope.clone(), Instant::now()));
        state.refresh.insert(refresh.clone(), scope.clone());
        json!({
            "access_token": access, "refresh_token": refresh, "token_type": "Bearer",
            "expires_in": TOKEN_LIFE.as_secs(), "scope": scope,
        })
    }

    fn introspect(&self, token: &str) -> Value {
        let state = self.state();
        let Some((scope, given)) = state.access.get(token) else { return json!({"active": false}) };
        let left = TOKEN_LIFE.saturating_sub(given.elapsed());
        if left.is_zero() {
            return json!({"active": false});
        }
        json!({"active": true, "scope": scope, "username": "alex", "expires_in": left.as_secs()})
    }
}

/// The code challenge of RFC 7636: the verifier's SHA-256 hash in base64url
/// without padding.
fn challenge_of(verifier: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let hash = Sha256::digest(verifier.as_bytes());
    let mut text = String::new();
    for three in hash.chunks(3) {
        let bits =
            three.iter().fold(0u32, |bits, b| bits << 8 | u32::from(*b)) << (8 * (3 - three.len()));
        for digit in 0..=three.len() {
            text.push(char::from(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize]));
        }
    }
    text
}

/// A homeserver that delegates sign-in to an authentication service, with the
/// user alex.
pub(crate) async fn delegating_synapse() -> Result<(Synapse, Arc<Service>)> {
    let port = free_port()?;
    let here = format!("http://127.0.0.1:{port}");
    let more = json!({
        "matrix_authentication_service":
            {"enabled": true, "endpoint": here, "secret": SHARED_SECRET},
        "enable_registration": false,
        "password_config": {"enabled": false},
    });
    let synapse = Synapse::start(Options { more, ..Options::default() }).await?;
    let service = Arc::new(Service::default());
    let (shared, homeserver) = (service.clone(), synapse.url());
    serve(port, move |asked| shared.clone().answer(here.clone(), homeserver.clone(), asked))
        .await?;
    let url = format!("{}/_synapse/mas/provision_user", synapse.url());
    let (status, _, body) =
        http("POST", &url, SHARED_SECRET, &json!({"localpart": "alex"}).to_string()).await?;
    ensure!(status == 201 || status == 200, "{status} {body}");
    Ok((synapse, service))
}
