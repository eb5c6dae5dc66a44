//! The cost of an outage of one of three homeservers, and the time of recovery
//! after it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use presently_world::bench::Usage;
use presently_world::client::BUSY;
use presently_world::desk::say;
use presently_world::{Agent, Colleague, Options, Seen, Synapse, User, World, secs, within};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::{TIMEOUT, desk};

/// The time for the requests after a sign-in or a recovery to end.
const SETTLE: Duration = secs(30);
/// The duration of the reference measurement before the first outage.
const BEFORE: Duration = secs(60);
/// The interval between figures during an outage.
const TURN: Duration = secs(60);
/// The time limit for recovery.
const RETURN: Duration = secs(600);
/// The duration of the measurement after recovery.
const AFTER: Duration = secs(60);
const LOOK: Duration = Duration::from_millis(50);
const MESSAGE: &str = "Back at 15:00";

/// One of the three accounts.
struct Side {
    synapse: Synapse,
    person: User,
    colleague: Colleague,
}

impl Side {
    async fn start(name: &str) -> Result<Self> {
        let options = Options { name: format!("{name}.example"), ..Options::default() };
        let synapse = Synapse::start(options).await?;
        let (person, colleague) = synapse.person_and_colleague().await?;
        Ok(Self { synapse, person, colleague })
    }

    /// The presence that the colleague reads now. Their long poll would not
    /// repeat what it reported before the outage.
    async fn seen(&self) -> Result<Seen> {
        let seen = self.colleague.client().presence_of(&self.person.user_id);
        within(secs(5), "a presence", seen).await
    }
}

/// The person with three accounts.
struct Stage {
    agent: Agent,
    world: World,
    sides: [Side; 3],
}

pub(crate) async fn all(time: Duration) -> Result<()> {
    say("Three accounts on three homeservers, of which the third goes")?;
    let (one, two, three) =
        tokio::try_join!(Side::start("one"), Side::start("two"), Side::start("three"))?;
    let world = desk("30m").await?;
    let agent = world.agent().await?;
    let stage = Stage { agent, world, sides: [one, two, three] };
    for side in &stage.sides {
        stage.world.sign_in(&side.person).await?;
    }
    stage.world.display()?.press_key().await?;
    stage.world.presently(&["message", MESSAGE]).await?;
    stage.all_show("online").await?;
    sleep(SETTLE).await;
    say("\nBefore it goes, active and with a message that stands")?;
    stage.costs(BEFORE).await?;

    say("\nIt is gone; nothing new is said")?;
    stage.sides[2].synapse.stop().await?;
    stage.costs(time).await?;
    stage.comes_back("online").await?;

    sleep(SETTLE).await;
    say("\nIt is gone, and “presently busy” is said")?;
    stage.sides[2].synapse.stop().await?;
    let said = Instant::now();
    stage.world.presently(&["busy"]).await?;
    let ms = |since: Instant| since.elapsed().as_secs_f64() * 1e3;
    say(&format!("  the command took {:.0} ms", ms(said)))?;
    for side in &stage.sides[..2] {
        let busy = |seen: &Seen| seen.is(BUSY);
        let seen = side.colleague.wait_for(&side.person.user_id, busy, TIMEOUT).await?;
        let after = seen.at.saturating_duration_since(said).as_secs_f64() * 1e3;
        say(&format!("  {} shows it after {after:.0} ms", side.synapse.name()))?;
    }
    stage.costs(time).await?;
    stage.comes_back(BUSY).await
}

impl Stage {
    /// Waits until each account shows this presence and the message.
    async fn all_show(&self, presence: &str) -> Result<()> {
        for side in &self.sides {
            let me = &side.person.user_id;
            let right = |seen: &Seen| is_right(seen, presence);
            side.colleague.wait_for(me, right, TIMEOUT).await?;
        }
        Ok(())
    }

    /// The resources that the agent uses from now on, for each minute and in
    /// total.
    async fn costs(&self, time: Duration) -> Result<()> {
        let pid = self.agent.process().pid();
        let usage = || Usage::of(pid).with_context(|| self.agent.stderr());
        let (first, begin) = (usage()?, Instant::now());
        let (mut before, mut since) = (first, begin);
        while begin.elapsed() < time {
            sleep(TURN.min(time.saturating_sub(begin.elapsed()))).await;
            let after = usage()?;
            let until = begin.elapsed().as_secs_f64();
            say(&format!("  {until:5.0} s  {}", used(before, after, since.elapsed())))?;
            (before, since) = (after, Instant::now());
        }
        say(&format!("  in all   {}", used(first, usage()?, begin.elapsed())))
    }

    /// Restarts the third homeserver on its port and reports the time of
    /// recovery.
    async fn comes_back(&self, presence: &str) -> Result<()> {
        let side = &self.sides[2];
        let me = side.person.user_id.as_str();
        // The snapshots of the agent.
        let mut follow = self.world.follow().await?;
        let started = Instant::now();
        side.synapse.resume().await?;
        let back = Instant::now();
        let ms = |at: Instant| at.saturating_duration_since(back).as_secs_f64() * 1e3;
        say(&format!(
            "  it answers again {:.1} s after its start",
            started.elapsed().as_secs_f64()
        ))?;

        let word = presence.trim_start_matches("org.matrix.msc3026.");
        let agent = async {
            while let Some(snapshot) = follow.next().await? {
                let accounts = snapshot["accounts"].as_array().cloned().unwrap_or_default();
                let account = accounts.into_iter().find(|a| a["user_id"] == me);
                let account = account.unwrap_or(Value::Null);
                if account["connection"] == "syncing" && account["seen_by_others"] == word {
                    return Ok(Instant::now());
                }
            }
            anyhow::bail!("the agent is gone")
        };
        let colleague = async {
            while !side.seen().await.is_ok_and(|seen| is_right(&seen, presence)) {
                sleep(LOOK).await;
            }
            Ok(Instant::now())
        };
        // A restarted homeserver reports its stored presence until a time-out.
        // Both views must be right.
        let both = async { tokio::try_join!(agent, colleague) };
        let Ok(both) = timeout(RETURN, both).await else {
            let seen = side.seen().await?;
            return say(&format!("  not right again within {RETURN:?}: {seen} is seen"));
        };
        let (agent, colleague) = both?;
        let right = agent.max(colleague);
        say(&format!("  right again {:.0} ms after that:", ms(right)))?;
        say(&format!("    {:.0} ms until the colleague sees it", ms(colleague)))?;
        say(&format!("    {:.0} ms until the agent has read it back", ms(agent)))?;

        let (mut looks, mut wrong) = (0, Vec::new());
        while right.elapsed() < AFTER {
            let seen = side.seen().await?;
            looks += 1;
            if !is_right(&seen, presence) {
                wrong.push(seen.to_string());
            }
            sleep(LOOK).await;
        }
        let count = wrong.len();
        wrong.dedup();
        let what = if count == 0 { String::new() } else { format!(": {}", wrong.join(", ")) };
        say(&format!("  in the minute after that {count} of {looks} looks were wrong{what}"))
    }
}

fn is_right(seen: &Seen, presence: &str) -> bool {
    seen.is(presence) && seen.message.as_deref() == Some(MESSAGE)
}

fn used(before: Usage, after: Usage, time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let cpu = (after.cpu - before.cpu).as_secs_f64() / seconds * 1e2;
    let switches = (after.switches.saturating_sub(before.switches)) as f64 / seconds * 60.0;
    format!("{cpu:.2} % CPU, {switches:.0} voluntary context switches a minute")
}
