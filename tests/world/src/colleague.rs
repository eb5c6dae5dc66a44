//! The colleague: another Matrix user, who shares a room with the person and
//! records what the homeserver reports about them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::client::{Client, Seen, User};
use crate::{Synapse, within};

/// A presence update, with its time.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// The time of the answer.
    pub at: Instant,
    /// The user it is about.
    pub user_id: String,
    /// The presence.
    pub seen: Seen,
}

/// A position in the list of sightings. Later sightings are new.
#[derive(Clone, Copy, Debug)]
pub struct Mark(usize);

type History = Arc<Mutex<Vec<Sighting>>>;

/// A user who watches others by long polls of /sync, without a presence of its
/// own (`set_presence=offline`).
#[derive(Debug)]
pub struct Colleague {
    client: Client,
    room: String,
    began: Instant,
    history: History,
    changed: watch::Receiver<usize>,
    polls: JoinHandle<()>,
}

impl Drop for Colleague {
    fn drop(&mut self) {
        self.polls.abort();
    }
}

impl Colleague {
    /// Creates a new user on a homeserver and starts to watch.
    pub async fn on(synapse: &Synapse) -> Result<Self> {
        let user = synapse.user("colleague").await?;
        Self::of(&user).await
    }

    /// Starts to watch as an existing user.
    pub async fn of(user: &User) -> Result<Self> {
        let client = Client::login(user).await?;
        let room = client.make_room().await?;
        let history = History::default();
        let (tell, changed) = watch::channel(0);
        // The initial sync comes before anybody is watched, so that every later
        // change is an update.
        let first = client.sync(None, "offline", &filter(), Duration::ZERO).await?;
        let since = first["next_batch"].as_str().context("no next_batch")?.to_owned();
        let polls = tokio::spawn(watch_others(client.clone(), since, history.clone(), tell));
        Ok(Self { client, room, began: Instant::now(), history, changed, polls })
    }

    /// The client, for requests from another user's view.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Starts to watch a person. They join the colleague's room by a device
    /// that never syncs and is signed out again.
    pub async fn meet(&self, person: &User) -> Result<()> {
        let device = Client::login(person).await?;
        device.join(&self.room).await?;
        device.logout().await
    }

    /// The current position.
    pub fn mark(&self) -> Mark {
        Mark(self.sightings().len())
    }

    /// All sightings.
    pub fn sightings(&self) -> Vec<Sighting> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The sightings after `mark`.
    pub fn since(&self, mark: Mark) -> Vec<Sighting> {
        self.sightings().split_off(mark.0)
    }

    /// The last sighting of a person.
    pub fn latest(&self, user_id: &str) -> Option<Seen> {
        self.sightings().into_iter().rev().find(|s| s.user_id == user_id).map(|s| s.seen)
    }

    /// The last sighting of a person before `mark`.
    pub fn latest_before(&self, mark: Mark, user_id: &str) -> Option<Seen> {
        let mut before = self.sightings();
        before.truncate(mark.0);
        before.into_iter().rfind(|s| s.user_id == user_id).map(|s| s.seen)
    }

    /// Waits until there are more than `count` sightings.
    pub async fn news(&self, count: usize) {
        let mut changed = self.changed.clone();
        if changed.wait_for(|n| *n > count).await.is_err() {
            std::future::pending().await
        }
    }

    /// Waits until the presence of a person satisfies `wanted`, which may be so
    /// already. Returns when that was seen.
    pub async fn wait_for(
        &self,
        user_id: &str,
        wanted: impl Fn(&Seen) -> bool,
        deadline: Duration,
    ) -> Result<Sighting> {
        let last = |all: &[Sighting]| all.iter().rposition(|s| s.user_id == user_id);
        let from = last(&self.sightings()).unwrap_or(0);
        self.wait_since(Mark(from), user_id, wanted, deadline).await
    }

    /// Waits for a sighting after `mark`.
    pub async fn wait_since(
        &self,
        mark: Mark,
        user_id: &str,
        wanted: impl Fn(&Seen) -> bool,
        deadline: Duration,
    ) -> Result<Sighting> {
        let mut changed = self.changed.clone();
        within(deadline, &format!("what {user_id} should show"), async {
            let mut next = mark.0;
            loop {
                changed.borrow_and_update();
                let all = self.sightings();
                for sighting in all.iter().skip(next) {
                    if sighting.user_id == user_id && wanted(&sighting.seen) {
                        return Ok(sighting.clone());
                    }
                }
                next = all.len();
                changed.changed().await.map_err(|_| anyhow!("the colleague's polls ended"))?;
            }
        })
        .await
        .with_context(|| self.story())
    }

    /// Checks for a while that the presence of a person satisfies `wanted`.
    pub async fn holds(
        &self,
        user_id: &str,
        wanted: impl Fn(&Seen) -> bool,
        time: Duration,
    ) -> Result<()> {
        match self.wait_for(user_id, |seen| !wanted(seen), time).await {
            Ok(sighting) => {
                Err(anyhow!("{user_id} showed {}", sighting.seen)).context(self.story())
            }
            Err(_) => Ok(()),
        }
    }

    /// The sightings as text, for a failure.
    fn story(&self) -> String {
        let mut text = String::from("the colleague saw:");
        for Sighting { at, user_id, seen } in self.sightings() {
            let seconds = at.saturating_duration_since(self.began).as_secs_f32();
            text += &format!("\n  {seconds:7.3} s  {user_id}  {seen}");
        }
        text += &format!("\n  {:7.3} s  now", self.began.elapsed().as_secs_f32());
        text
    }
}

/// Only presence and membership, because other events would only wake the poll.
fn filter() -> serde_json::Value {
    json!({
        "room": {"timeline": {"types": []}, "ephemeral": {"types": []}, "state": {"types": []}},
        "account_data": {"types": []},
        "presence": {"types": ["m.presence"]},
    })
}

async fn watch_others(
    client: Client,
    mut since: String,
    history: History,
    tell: watch::Sender<usize>,
) {
    loop {
        let poll = client.sync(Some(&since), "offline", &filter(), Duration::from_secs(50)).await;
        let Ok(answer) = poll else {
            // The homeserver is down. The pause is short, so that it does not
            // distort the measured time of recovery.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let at = Instant::now();
        if let Some(next) = answer["next_batch"].as_str() {
            since = next.to_owned();
        }
        let events = answer["presence"]["events"].as_array();
        let mut all = history.lock().unwrap_or_else(PoisonError::into_inner);
        for event in events.into_iter().flatten() {
            let user_id = event["sender"].as_str().unwrap_or_default();
            let seen = Seen::read(&event["content"]);
            // Homeservers repeat an unchanged presence about once a minute.
            let last = all.iter().rev().find(|s| s.user_id == user_id);
            if user_id != client.user_id() && last.is_none_or(|s| s.seen != seen) {
                all.push(Sighting { at, user_id: user_id.to_owned(), seen });
            }
        }
        let count = all.len();
        drop(all);
        tell.send_if_modified(|n| std::mem::replace(n, count) != count);
    }
}
