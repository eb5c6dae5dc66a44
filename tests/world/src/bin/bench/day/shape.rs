//! The homeservers of a day, with an account and an agent on each, and the view
//! of a colleague.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use presently_world::{
    Agent, Client, Colleague, Limits, Method, Options, Synapse, User, World, secs, within,
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use super::Desk;
use super::truth::{Sight, View};
use crate::TIMEOUT;

/// The interval between readings of a profile, and between samples.
pub(crate) const LOOK: Duration = Duration::from_millis(50);
/// The type of the call membership event that Element writes.
const MEMBER: &str = "org.matrix.msc3401.call.member";
/// The duration of Element Web's polls, and their presence.
const ELEMENT: (Duration, &str) = (secs(30), "online");

/// One kind of homeserver or account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Its name on the command line and in the table.
    pub(crate) letter: char,
    pub(crate) title: &'static str,
    pub(crate) sight: Sight,
    /// Whether the profile counts as well.
    profile: bool,
    /// Whether the server has Synapse's own limits.
    limited: bool,
}

const fn shape(letter: char, title: &'static str, sight: Sight, profile: bool) -> Shape {
    Shape { letter, title, sight, profile, limited: false }
}

pub(crate) const SHAPES: [Shape; 5] = [
    shape('a', "busy, relaxed limits", Sight::Busy, false),
    shape('b', "without busy", Sight::Plain, false),
    shape('c', "presence turned off: the profile alone", Sight::Profile, true),
    Shape { limited: true, ..shape('d', "Synapse's own limits", Sight::Busy, false) },
    shape('e', "another client syncs as online and spreads busy", Sight::Held, true),
];

/// The content of the profile (status, call) with its time.
type Profiles = Arc<Mutex<Vec<(Instant, Option<String>, bool)>>>;

/// A task that ends when this is dropped.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The account on one homeserver.
pub(crate) struct Side {
    pub(crate) shape: Shape,
    agent: Agent,
    world: World,
    person: User,
    colleague: Colleague,
    room: String,
    profiles: Profiles,
    _tasks: Vec<Task>,
    _synapse: Synapse,
}

impl Side {
    /// Starts the homeserver and the agent, and signs in.
    pub(crate) async fn set(shape: Shape, desk: &Desk, session: &str) -> Result<Self> {
        // Sign-in and the profile readings must not be limited. Synapse allows
        // a burst of 500 profile readings, then one a second.
        let none = json!({"per_second": 1e6, "burst_count": 1_000_000});
        let login = json!({"address": none, "account": none, "failed_attempts": none});
        let synapse = Synapse::start(Options {
            name: format!("{}.example", shape.letter),
            busy: shape.sight != Sight::Plain,
            presence: shape.sight != Sight::Profile,
            limits: if shape.limited { Limits::Default } else { Limits::Relaxed },
            more: json!({"rc_login": login, "rc_profile": none}),
            ..Options::default()
        })
        .await?;
        let (person, colleague) = synapse.person_and_colleague().await?;
        let room = room_for_calls(&person, &colleague).await?;
        let (profiles, mut tasks) = (Profiles::default(), Vec::new());
        if shape.profile {
            let (client, whose) = (colleague.client().clone(), person.user_id.clone());
            tasks.push(Task(tokio::spawn(look(client, whose, profiles.clone()))));
        }
        if shape.sight == Sight::Held {
            let element = Client::login(&person).await?;
            tasks.push(Task(tokio::spawn(sync_as_element(element))));
        }

        let mut world = World::quiet()?;
        world.add_bus().await?;
        for (name, value) in desk.environment() {
            world.set_env(name, value);
        }
        world.set_env("XDG_SESSION_ID", session);
        world.write_settings(super::SETTINGS)?;
        let agent = world.agent().await?;
        world.sign_in(&person).await?;
        if shape.profile {
            world.presently(&["account", &person.user_id, "--call-field", "on"]).await?;
        }
        Ok(Self {
            shape,
            agent,
            world,
            person,
            colleague,
            room,
            profiles,
            _tasks: tasks,
            _synapse: synapse,
        })
    }

    /// Waits until the colleague sees what a present person shows.
    pub(crate) async fn settled(&self) -> Result<()> {
        let me = &self.person.user_id;
        let settled = async {
            if self.shape.sight == Sight::Profile {
                let off = |s: &Value| s["accounts"][0]["server"]["presence"] == "off";
                return self.world.status_when("presence is off", off, TIMEOUT).await.map(drop);
            }
            let online = |s: &Value| s["accounts"][0]["seen_by_others"] == "online";
            self.world.status_when("online", online, TIMEOUT).await?;
            self.colleague.wait_for(me, |seen| seen.is("online"), TIMEOUT).await.map(drop)
        };
        settled.await.context(self.shape.title)
    }

    /// Runs a command of `presently`.
    pub(crate) async fn say(&self, words: &[&str]) -> Result<()> {
        self.world.presently(words).await.map(drop)
    }

    /// Signs in a phone of the person. It is done only when needed, because a
    /// new device counts as one in use.
    pub(crate) async fn phone(&self) -> Result<Phone> {
        let client = Client::login(&self.person).await?;
        Ok(Phone { client, room: self.room.clone() })
    }

    /// The agent's process id.
    pub(crate) fn pid(&self) -> u32 {
        self.agent.process().pid()
    }

    /// Fails if the agent has ended.
    pub(crate) fn check(&self) -> Result<()> {
        let ended = self.agent.process().ended();
        ensure!(ended.is_none(), "{}: the agent ended\n{}", self.shape.title, self.agent.stderr());
        Ok(())
    }

    /// The views of the colleague so far, with their times.
    pub(crate) fn views(&self) -> Vec<(Instant, View)> {
        let profiles = self.profiles.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut profiles = profiles.into_iter().peekable();
        let (mut view, mut views) = (View::default(), Vec::new());
        let mine = |user_id: &str| user_id == self.person.user_id;
        let all = self.colleague.sightings();
        let mut sightings = all.into_iter().filter(|s| mine(&s.user_id)).peekable();
        loop {
            let profile_first = match (profiles.peek(), sightings.peek()) {
                (Some(profile), Some(sighting)) => profile.0 < sighting.at,
                (profile, _) => profile.is_some(),
            };
            let at = if profile_first {
                let Some((at, status, call)) = profiles.next() else { return views };
                (view.status, view.call) = (status, call);
                at
            } else {
                let Some(sighting) = sightings.next() else { return views };
                view.seen = Some(sighting.seen);
                sighting.at
            };
            views.push((at, view.clone()));
        }
    }
}

/// Another device of the person, which makes calls.
pub(crate) struct Phone {
    client: Client,
    room: String,
}

impl Phone {
    /// Joins or leaves a call.
    pub(crate) async fn call(&self, joined: bool) -> Result<()> {
        let member = json!({
            "application": "m.call", "call_id": "", "scope": "m.room", "device_id": "PHONE",
            "expires": 3_600_000, "focus_active": {"type": "livekit"},
        });
        let path = format!(
            "/_matrix/client/v3/rooms/{}/state/{MEMBER}/_{}_PHONE_m.call",
            self.room,
            self.client.user_id()
        );
        let content = if joined { member } else { json!({}) };
        self.client.ok(Method::PUT, &path, &content).await.map(drop)
    }
}

/// A room in which every member may write call memberships, as in Element Call.
/// The person joins it by a device that is signed out again.
async fn room_for_calls(person: &User, colleague: &Colleague) -> Result<String> {
    let body = json!({
        "preset": "private_chat", "invite": [person.user_id],
        "power_level_content_override": {"events": {MEMBER: 0}},
    });
    let made = colleague.client().ok(Method::POST, "/_matrix/client/v3/createRoom", &body).await?;
    let room = made["room_id"].as_str().context("no room")?.to_owned();
    let device = Client::login(person).await?;
    device.join(&room).await?;
    device.logout().await?;
    Ok(room)
}

/// Syncs as Element Web does while it is in front.
async fn sync_as_element(client: Client) {
    let (timeout, presence) = ELEMENT;
    let mut since: Option<String> = None;
    loop {
        match client.sync(since.as_deref(), presence, &json!({}), timeout).await {
            Ok(answer) => since = answer["next_batch"].as_str().map(str::to_owned).or(since),
            Err(_) => tokio::time::sleep(secs(1)).await,
        }
    }
}

/// Reads a profile repeatedly.
async fn look(client: Client, user_id: String, profiles: Profiles) {
    let path = format!("/_matrix/client/v3/profile/{user_id}");
    let mut pace = tokio::time::interval(LOOK);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        pace.tick().await;
        let answer = within(secs(5), "a profile", client.request(Method::GET, &path, &Value::Null));
        let Ok((200, profile)) = answer.await else { continue };
        let status = profile["org.matrix.msc4426.status"]["text"].as_str().map(str::to_owned);
        let call = profile["org.matrix.msc4426.call"].is_object();
        let mut all = profiles.lock().unwrap_or_else(PoisonError::into_inner);
        if all.last().is_none_or(|(_, s, c)| (s, *c) != (&status, call)) {
            all.push((Instant::now(), status, call));
        }
    }
}
