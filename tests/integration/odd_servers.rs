//! Homeservers that differ from today's Synapse, each played by a small
//! stand-in that follows the server's source code.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};
use presently_world::synapse::free_port;
use presently_world::{Agent, User, World};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::scene::{SOON, settings};
use crate::standin::{Asked, Said, serve};

const ME: &str = "@me:odd.example";

/// How the server treats presence.
#[derive(Clone, Copy, Debug)]
enum Presence {
    /// It accepts and discards presence, and reports this one for every user.
    Thrown(&'static str),
    /// The last write of any device wins, and a profile write counts as activity.
    LastWord,
}

/// The properties of a server.
#[derive(Clone, Copy, Debug)]
struct Shape {
    versions: &'static str,
    presence: Presence,
    /// The path of profile fields, if supported.
    fields: Option<&'static str>,
}

const PLAIN: &str = r#"{"versions": ["v1.1", "v1.2"]}"#;
/// The `/versions` answer of a server with profile fields at the unstable path
/// of MSC4133.
const PROPOSED: &str = r#"{"versions": ["v1.13", "v1.14"],
    "unstable_features": {"uk.tcpip.msc4133": true, "org.matrix.msc3026.busy_presence": true}}"#;
const UNSTABLE: &str = "/_matrix/client/unstable/uk.tcpip.msc4133/profile/";

#[derive(Clone, Debug, Default, PartialEq)]
struct Shown {
    presence: String,
    message: Option<String>,
    /// Increases with each change.
    revision: u64,
}

struct Odd {
    shape: Shape,
    shown: watch::Sender<Shown>,
    fields: Mutex<BTreeMap<String, Value>>,
}

impl Odd {
    fn says(&self, presence: &str, message: Option<Option<&str>>) {
        self.shown.send_if_modified(|shown| {
            let before = shown.clone();
            presence.clone_into(&mut shown.presence);
            if let Some(message) = message {
                shown.message = message.map(str::to_owned);
            }
            let changed = *shown != before;
            shown.revision += u64::from(changed);
            changed
        });
    }

    fn content(&self) -> Value {
        match self.shape.presence {
            Presence::Thrown(said) => serde_json::from_str(said).unwrap_or_default(),
            Presence::LastWord => {
                let shown = self.shown.borrow();
                json!({"presence": shown.presence, "status_msg": shown.message})
            }
        }
    }

    async fn sync(&self, asked: &Asked) -> Said {
        let field = |name: &str| asked.fields.get(name).map(String::as_str);
        let tracks = matches!(self.shape.presence, Presence::LastWord);
        if tracks {
            self.says(field("set_presence").unwrap_or("online"), None);
        }
        let mut shown = self.shown.subscribe();
        let since = field("since").map(str::to_owned);
        if let Some(since) = &since {
            let held = field("timeout").and_then(|ms| ms.parse().ok()).unwrap_or_default();
            let news = shown.wait_for(|shown| shown.revision.to_string() != *since);
            let _ = timeout(Duration::from_millis(held), news).await;
        }
        let now = self.shown.borrow().revision.to_string();
        let news = tracks && since.as_ref() != Some(&now);
        let event = json!({"type": "m.presence", "sender": ME, "content": self.content()});
        let events = if news { vec![event] } else { Vec::new() };
        Said::json(&json!({"next_batch": now, "presence": {"events": events}}))
    }

    fn field(&self, asked: &Asked, name: &str) -> Said {
        let mut fields = self.fields.lock().unwrap_or_else(PoisonError::into_inner);
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        match asked.method.as_str() {
            "GET" => match fields.get(name) {
                Some(value) => return Said::json(&json!({name: value})),
                None => return Said::no(404, "M_NOT_FOUND"),
            },
            "PUT" => drop(fields.insert(name.to_owned(), body[name].clone())),
            _ => drop(fields.remove(name)),
        }
        if matches!(self.shape.presence, Presence::LastWord) {
            self.says("online", None);
        }
        Said::json(&json!({}))
    }

    async fn answer(self: Arc<Self>, asked: Asked) -> Said {
        let field = self.shape.fields.and_then(|place| asked.path.strip_prefix(place));
        if let Some((_, name)) = field.and_then(|rest| rest.split_once('/')) {
            return self.field(&asked, name);
        }
        let path = asked.path.strip_prefix("/_matrix/client/").unwrap_or_default();
        let path = path.strip_prefix("v3/").unwrap_or(path);
        match (asked.method.as_str(), path) {
            ("GET", "versions") => {
                Said::json(&serde_json::from_str(self.shape.versions).unwrap_or_default())
            }
            ("GET", "login") => Said::json(&json!({"flows": [{"type": "m.login.password"}]})),
            ("POST", "login") => Said::json(
                &json!({"user_id": ME, "access_token": "a-secret-token", "device_id": "OURS"}),
            ),
            ("GET", "devices") => Said::json(&json!({"devices": [{"device_id": "OURS"}]})),
            ("GET", "capabilities") => Said::json(&json!({"capabilities": {}})),
            ("GET", "sync") => self.sync(&asked).await,
            ("GET", of) if of.starts_with("presence/") => {
                let stranger = !of.contains("@me:");
                match self.shape.presence {
                    Presence::LastWord if stranger => Said::no(404, "M_NOT_FOUND"),
                    _ => Said::json(&self.content()),
                }
            }
            ("PUT", of) if of.starts_with("presence/") => {
                let said: Value = serde_json::from_str(&asked.body).unwrap_or_default();
                let presence = said["presence"].as_str().unwrap_or_default();
                self.says(presence, Some(said["status_msg"].as_str()));
                Said::json(&json!({}))
            }
            _ => Said::no(404, "M_UNRECOGNIZED"),
        }
    }
}

/// A person signed in on such a server.
struct There {
    odd: Arc<Odd>,
    world: World,
    _agent: Agent,
}

impl There {
    async fn on(shape: Shape) -> Result<Self> {
        let port = free_port()?;
        let shown = Shown { presence: "offline".to_owned(), ..Shown::default() };
        let shown = watch::Sender::new(shown);
        let odd = Arc::new(Odd { shape, shown, fields: Mutex::default() });
        let shared = odd.clone();
        serve(port, move |asked| shared.clone().answer(asked)).await?;
        let world = World::new()?;
        world.write_settings(&settings("5m"))?;
        let agent = world.agent().await?;
        let homeserver = format!("http://127.0.0.1:{port}");
        let (user_id, password) = (ME.to_owned(), "open".to_owned());
        world.sign_in(&User { user_id, password, homeserver }).await?;
        Ok(Self { odd, world, _agent: agent })
    }

    async fn account(&self) -> Result<Value> {
        Ok(self.world.status().await?["accounts"][0].take())
    }

    /// Checks that a command fails with the line that says why others do not
    /// see the change.
    async fn is_refused(&self, words: &[&str], why: &str) -> Result<()> {
        let output = self.world.try_presently(&[words, &["--wait=60s"]].concat()).await?;
        ensure!(output.status == Some(1) && output.stderr.lines().count() == 1, "{output:?}");
        ensure!(output.stderr.contains("others cannot see it"), "{output:?}");
        ensure!(output.stderr.contains(why), "{output:?}");
        Ok(())
    }

    fn fields(&self) -> BTreeMap<String, Value> {
        self.odd.fields.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Dendrite with presence disabled, its default, reports no presence. If its
/// presence fails, it reports everybody as unavailable.
#[tokio::test]
async fn presence_that_is_off_is_said_where_anybody_is_answered_for() -> Result<()> {
    let nothing = r#"{"presence": "", "last_active_ago": 1700000000000, "status_msg": ""}"#;
    for said in [nothing, r#"{"presence": "unavailable"}"#] {
        let presence = Presence::Thrown(said);
        let there = There::on(Shape { versions: PLAIN, presence, fields: None }).await?;
        there.is_refused(&["available"], "Nobody can see your presence").await?;
        let account = there.account().await?;
        ensure!(account["server"]["presence"] == "off", "{account:#}");
        ensure!(account["seen_by_others"].is_null(), "{account:#}");
        ensure!(account["note"] == "Presence is turned off on this server", "{account:#}");
        there.is_refused(&["message", "Back at 15:00"], "Nobody can see your message").await?;
        there.is_refused(&["busy"], "Nobody can see").await?;
    }
    Ok(())
}

/// continuwuity, conduwuit and Synapse before the fields were stable. With
/// presence disabled, others see only the status.
#[tokio::test]
async fn a_status_goes_to_the_path_of_the_proposal() -> Result<()> {
    let presence = Presence::Thrown(r#"{"presence": "offline"}"#);
    let there = There::on(Shape { versions: PROPOSED, presence, fields: Some(UNSTABLE) }).await?;
    let words = ["message", "Back at 15:00", "--emoji", "🍵", "--wait=60s"];
    there.world.presently(&words).await?;
    let status = json!({"text": "Back at 15:00", "emoji": "🍵"});
    let field = "org.matrix.msc4426.status".to_owned();
    assert_eq!(there.fields(), BTreeMap::from([(field, status)]));
    there.world.presently(&["message", "--clear", "--wait=60s"]).await?;
    assert_eq!(there.fields(), BTreeMap::new());
    Ok(())
}

#[tokio::test]
async fn a_status_that_no_path_takes_is_not_waited_for() -> Result<()> {
    let presence = Presence::Thrown(r#"{"presence": "offline"}"#);
    let there = There::on(Shape { versions: PROPOSED, presence, fields: None }).await?;
    there.is_refused(&["message", "Back at 15:00"], "Nobody can see your message").await?;
    let account = there.account().await?;
    ensure!(account["server"]["status_field"].is_null(), "{account:#}");
    Ok(())
}

#[tokio::test]
async fn who_is_invisible_stays_so_when_their_profile_is_written() -> Result<()> {
    let presence = Presence::LastWord;
    let there = There::on(Shape { versions: PROPOSED, presence, fields: Some(UNSTABLE) }).await?;
    there.world.presently(&["available", "--wait=60s"]).await?;
    ensure!(there.odd.shown.borrow().presence == "online");
    let mut shown = there.odd.shown.subscribe();
    let words = ["invisible", "--message", "Back tomorrow", "--wait=60s"];
    there.world.presently(&words).await?;
    let gone = |shown: &Shown| shown.presence == "offline";
    timeout(SOON, shown.wait_for(gone)).await??;
    ensure!(there.fields().contains_key("org.matrix.msc4426.status"), "{:?}", there.fields());
    let account = there.account().await?;
    ensure!(account["note"].is_null(), "{account:#}");
    // Nor is there a quarrel with ourselves: what is shown does not change.
    let now = there.odd.shown.borrow().revision;
    let more = shown.wait_for(|shown| shown.revision > now + 2);
    ensure!(timeout(Duration::from_secs(8), more).await.is_err(), "it goes on changing");
    ensure!(there.odd.shown.borrow().presence == "offline");
    Ok(())
}
