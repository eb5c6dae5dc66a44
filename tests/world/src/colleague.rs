//! The colleague: another Matrix user, who shares a room with the person and
//! sees what the homeserver tells others about them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::client::{Client, Seen, User};
use crate::{Synapse, within};

/// What was seen, and when.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// When the answer came.
    pub at: Instant,
    /// Who showed it.
    pub user_id: String,
    /// What they showed.
    pub seen: Seen,
}

/// A place in what a colleague saw: what comes after it is new.
#[derive(Clone, Copy, Debug)]
pub struct Mark(usize);

type History = Arc<Mutex<Vec<Sighting>>>;

/// A user who watches others by long polls of /sync. It never says anything
/// about itself (`set_presence=offline`).
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
    /// Makes a new user on a homeserver, who watches from now on.
    pub async fn on(synapse: &Synapse) -> Result<Self> {
        let user = synapse.user("colleague").await?;
        Self::of(&user).await
    }

    /// An existing user who watches from now on.
    pub async fn of(user: &User) -> Result<Self> {
        let client = Client::login(user).await?;
        let room = client.make_room().await?;
        let history = History::default();
        let (tell, changed) = watch::channel(0);
        // The first answer, before anybody is watched, so that every later
        // change is seen as one.
        let first = client.sync(None, "offline", &filter(), Duration::ZERO).await?;
        let since = first["next_batch"].as_str().context("no next_batch")?.to_owned();
        let polls = tokio::spawn(watch_others(client.clone(), since, history.clone(), tell));
        Ok(Self { client, room, began: Instant::now(), history, changed, polls })
    }

    /// Its connection, for what needs another user's view.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Begins to watch a person: they join the colleague's room, by a device
    /// that is signed out again and syncs nothing.
    pub async fn meet(&self, person: &User) -> Result<()> {
        let device = Client::login(person).await?;
        device.join(&self.room).await?;
        device.logout().await
    }

    /// This place in what was seen.
    pub fn mark(&self) -> Mark {
        Mark(self.sightings().len())
    }

    /// Everything that was seen.
    pub fn sightings(&self) -> Vec<Sighting> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was seen after `mark`.
    pub fn since(&self, mark: Mark) -> Vec<Sighting> {
        self.sightings().split_off(mark.0)
    }

    /// What was seen of a person last.
    pub fn latest(&self, user_id: &str) -> Option<Seen> {
        self.sightings().into_iter().rev().find(|s| s.user_id == user_id).map(|s| s.seen)
    }

    /// What had been seen of a person last at `mark`.
    pub fn latest_before(&self, mark: Mark, user_id: &str) -> Option<Seen> {
        let mut before = self.sightings();
        before.truncate(mark.0);
        before.into_iter().rfind(|s| s.user_id == user_id).map(|s| s.seen)
    }

    /// Waits until more than `count` sightings have been made.
    pub async fn news(&self, count: usize) {
        let mut changed = self.changed.clone();
        if changed.wait_for(|n| *n > count).await.is_err() {
            std::future::pending().await
        }
    }

    /// Waits until what a person shows satisfies `wanted`, which it may do
    /// already; returns when that was seen.
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

    /// Waits for something that is seen after `mark`.
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

    /// Watches for a while and fails if a person shows anything that does
    /// not satisfy `wanted`.
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

    /// What was seen, for a failure.
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

/// Presence and membership alone; other things would only wake it.
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
            // The homeserver is down, as in the tests of that: try again soon,
            // so that what is measured after its return is not our own pause.
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
            // Homeservers repeat what has not changed about once a minute.
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
