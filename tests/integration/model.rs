//! Tests that the model homeserver of the core's simulation behaves like the
//! real one: the same steps must give the same states on both.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use presently_core::account::Seen;
use presently_core::{Mono, Presence};
use presently_world::{Client, Limits, Method, Options, Synapse, note, secs};
use serde_json::{Value, json};

use server::{PutAnswer, Server, Shape};

#[path = "../../src-tauri/crates/core/tests/simulation/model/mod.rs"]
#[allow(dead_code, missing_docs, unreachable_pub)]
mod server;

const SYNCS: [Presence; 3] = [Presence::Online, Presence::Unavailable, Presence::Offline];
const DEVICES: [&str; 2] = ["A", "B"];

/// One user with two devices, on the real homeserver and on the model.
struct Both {
    model: Server,
    began: Instant,
    devices: [(Client, String); 2],
    story: Vec<String>,
}

impl Both {
    async fn of(synapse: &Synapse, shape: Shape) -> Result<Self> {
        let user = synapse.user("twin").await?;
        let (model, began) = (Server::new(shape), Instant::now());
        // A later sign-in would end an earlier device's long sync.
        let clients = [Client::login(&user).await?, Client::login(&user).await?];
        let devices = clients.map(async |client| {
            let first = client.sync(None, "offline", &nothing(), Duration::ZERO).await?;
            Ok::<_, anyhow::Error>((client, next_batch(&first)?))
        });
        let [a, b] = devices;
        Ok(Self { model, began, devices: [a.await?, b.await?], story: Vec::new() })
    }

    fn now(&self) -> Mono {
        Mono(0) + self.began.elapsed()
    }

    async fn put(
        &mut self,
        device: usize,
        presence: Presence,
        message: Option<&str>,
    ) -> Result<()> {
        let client = &self.devices[device].0;
        let mut body = json!({"presence": presence.wire()});
        if let Some(message) = message {
            body["status_msg"] = message.into();
        }
        let path = format!("/_matrix/client/v3/presence/{}/status", client.user_id());
        let now = self.now();
        let (status, answer) = client.request(Method::PUT, &path, &body).await?;
        let modelled = self.model.put(DEVICES[device], presence, message.map(str::to_owned), now);
        let name = DEVICES[device];
        self.story.push(format!("{name} PUT {presence:?} {message:?}: {status}, {modelled:?}"));
        let alike = match modelled {
            PutAnswer::Ok => status == 200,
            PutAnswer::BusyRefused => status == 400,
            PutAnswer::Limited(wait) => {
                let real = answer["retry_after_ms"].as_u64().map(Duration::from_millis);
                // The two looked at their clocks at different moments.
                status == 429 && real.is_some_and(|real| real.abs_diff(wait) < secs(2))
            }
        };
        ensure!(alike, "{answer} is another answer\n{}", self.story.join("\n"));
        self.same().await
    }

    /// A sync that is answered at once.
    async fn sync(&mut self, device: usize, set: Presence) -> Result<()> {
        let now = self.now();
        let (client, since) = &mut self.devices[device];
        let answer = client.sync(Some(since), set.wire(), &nothing(), Duration::ZERO).await?;
        *since = next_batch(&answer)?;
        self.model.sync(DEVICES[device], set, now);
        self.model.sync_ended(DEVICES[device], now);
        self.story.push(format!("{} sync {set:?}", DEVICES[device]));
        self.same().await
    }

    async fn same(&mut self) -> Result<()> {
        let client = &self.devices[0].0;
        let real = client.presence_of(client.user_id()).await?;
        let presence = Presence::from_wire(&real.presence).context("an unknown presence")?;
        let real = Seen { presence, message: real.message };
        self.model.tick(self.now());
        let modelled = self.model.seen();
        self.story.push(format!("    {real:?} at {:?}", self.began.elapsed()));
        ensure!(real == modelled, "the model says {modelled:?}\n{}", self.story.join("\n"));
        Ok(())
    }

    /// Restores the initial state: both devices are offline.
    async fn begin_again(&mut self) -> Result<()> {
        self.story.clear();
        self.put(0, Presence::Offline, None).await?;
        self.put(1, Presence::Offline, None).await
    }
}

fn next_batch(answer: &Value) -> Result<String> {
    Ok(answer["next_batch"].as_str().context("no next_batch")?.to_owned())
}

fn nothing() -> Value {
    json!({"room": {"rooms": []}, "account_data": {"types": []}, "presence": {"types": []}})
}

const FREE: Shape = Shape { busy: true, last_wins: false, pace: Duration::ZERO, off: false };

#[tokio::test]
async fn two_devices_are_combined_alike() -> Result<()> {
    let mut both = Both::of(Synapse::busy().await?, FREE).await?;
    for first in Presence::ALL {
        for second in Presence::ALL {
            both.begin_again().await?;
            both.put(0, first, Some("In a call")).await?;
            both.put(1, second, None).await?;
        }
        for device in 0..2 {
            for set in SYNCS {
                both.begin_again().await?;
                both.put(0, first, Some("In a call")).await?;
                both.sync(device, set).await?;
                both.put(0, Presence::Online, None).await?;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn any_steps_of_two_devices_end_alike() -> Result<()> {
    for (synapse, busy) in [(Synapse::busy().await?, true), (Synapse::plain().await?, false)] {
        let mut both = Both::of(synapse, Shape { busy, ..FREE }).await?;
        for seed in 1..=6_u64 {
            both.begin_again().await?;
            both.story.push(format!("busy {busy}, seed {seed}"));
            let (began, mut dice) = (Instant::now(), seed);
            // A device that is silent for longer would be gone.
            while both.story.len() < 80 && began.elapsed() < secs(20) {
                let device = roll(&mut dice, 2);
                let message = [None, Some("one"), Some("two")][roll(&mut dice, 3)];
                match roll(&mut dice, 7) {
                    n @ 0..4 => both.put(device, Presence::ALL[n], message).await?,
                    n => both.sync(device, SYNCS[n - 4]).await?,
                }
            }
        }
    }
    Ok(())
}

/// The next number below `sides` (SplitMix64).
fn roll(dice: &mut u64, sides: u64) -> usize {
    *dice = dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *dice;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from((z ^ (z >> 31)) % sides).unwrap_or(0)
}

#[tokio::test]
async fn both_rate_limits_are_alike() -> Result<()> {
    let options = Options { limits: Limits::Default, ..Options::default() };
    let synapse = Synapse::start(options).await?;
    // The first syncs of its devices have used that limit.
    let mut both = Both::of(&synapse, Shape { pace: secs(10), ..FREE }).await?;
    let pause = || tokio::time::sleep(Duration::from_millis(10_500));
    pause().await;
    both.sync(0, Presence::Online).await?;
    both.put(0, Presence::Unavailable, Some("kept")).await?;
    both.put(0, Presence::Online, None).await?;
    both.sync(1, Presence::Online).await?;
    both.put(1, Presence::Busy, None).await?;
    pause().await;
    // One that says nothing counts, too.
    both.sync(0, Presence::Offline).await?;
    both.sync(0, Presence::Online).await?;
    both.put(1, Presence::Busy, None).await?;
    pause().await;
    both.sync(0, Presence::Online).await?;
    both.put(1, Presence::Online, Some("held")).await?;
    both.put(0, Presence::Unavailable, None).await?;
    pause().await;
    both.put(0, Presence::Unavailable, None).await
}

/// The last action of a device before it falls silent.
#[derive(Clone, Copy, Debug)]
enum Last {
    Sync(Presence),
    Put(Presence),
    /// A sync that stays open for 47 seconds.
    LongSync(Presence),
}

#[tokio::test]
async fn silence_ends_alike() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let cases = [
        Last::Sync(Presence::Online),
        Last::Sync(Presence::Unavailable),
        Last::Put(Presence::Online),
        Last::Put(Presence::Unavailable),
        Last::Put(Presence::Busy),
        Last::LongSync(Presence::Online),
        Last::LongSync(Presence::Unavailable),
    ];
    futures_util::future::try_join_all(cases.map(async |last| {
        let mut both = Both::of(synapse, FREE).await?;
        silence(&mut both, last).await.with_context(|| format!("{last:?}"))
    }))
    .await
    .map(drop)
}

async fn silence(both: &mut Both, last: Last) -> Result<()> {
    let began = Instant::now();
    let until = |s| tokio::time::sleep(secs(s).saturating_sub(began.elapsed()));
    match last {
        Last::Sync(set) => both.sync(0, set).await?,
        Last::Put(presence) => both.put(0, presence, None).await?,
        Last::LongSync(set) => {
            let now = both.now();
            both.model.sync(DEVICES[0], set, now);
            let (client, since) = both.devices[0].clone();
            let poll = async {
                client.sync(Some(&since), set.wire(), &nothing(), secs(47)).await.map(drop)
            };
            let meanwhile = async {
                until(25).await;
                both.same().await?;
                until(43).await;
                both.same().await
            };
            tokio::try_join!(poll, meanwhile)?;
            let now = both.now();
            both.model.sync_ended(DEVICES[0], now);
        }
    }
    for seconds in [25, 44, 58, 75] {
        // Timers of the real one fire every five seconds.
        if began.elapsed() < secs(seconds) {
            until(seconds).await;
            both.same().await?;
        }
    }
    Ok(())
}

/// After a restart, a server attributes its stored presence to an unknown
/// device. That device counts with the others until it times out.
#[tokio::test]
async fn a_restart_is_alike() -> Result<()> {
    let synapse = Synapse::start(Options::default()).await?;
    let mut all = Vec::new();
    for before in Presence::ALL {
        let mut both = Both::of(&synapse, FREE).await?;
        both.sync(0, Presence::Online).await?;
        both.put(0, before, Some("before")).await?;
        all.push((before, both));
    }
    synapse.stop().await?;
    for (_, both) in &mut all {
        let now = both.now();
        both.model.restart(now);
    }
    synapse.resume().await?;
    let (away, back, gone) = (Presence::Unavailable, Presence::Online, Presence::Offline);
    for (before, mut both) in all {
        if before != Presence::Busy && both.began.elapsed() > secs(25) {
            note("the restart took so long that all but busy may be forgotten: not compared");
            break;
        }
        both.same().await?;
        for (device, presence) in [(0, away), (1, back), (1, gone)] {
            both.put(device, presence, Some("after")).await?;
            both.sync(device, away).await?;
        }
    }
    Ok(())
}
