//! The setup of the demo: a person with two accounts, a colleague on both
//! homeservers, and the agent.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::colleague::Mark;
use crate::desk::{Desk, say};
use crate::world::{Agent, programs};
use crate::{Colleague, Options, Synapse, User, secs};

/// The time limit of a step. It is far more than a step takes, because the
/// machine may be slow. The time that a step takes is printed.
const TIMEOUT: Duration = secs(30);

/// An action of the person.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// No action: time passes.
    Nothing,
    /// Presses a key.
    Type,
    /// Runs a command of `presently`.
    Say(&'static [&'static str]),
    /// Presses a key and runs a command.
    TypeAndSay(&'static [&'static str]),
}

/// One of the person's two accounts.
#[derive(Debug)]
struct Side {
    person: User,
    colleague: Colleague,
    synapse: Synapse,
}

impl Side {
    async fn start(options: Options) -> Result<Self> {
        let synapse = Synapse::start(options).await?;
        let (person, colleague) = synapse.person_and_colleague().await?;
        Ok(Self { person, colleague, synapse })
    }
}

/// Everything the demo needs, signed in and running.
#[derive(Debug)]
pub struct Stage {
    agent: Agent,
    sides: [Side; 2],
    desk: Desk,
    began: Instant,
}

impl Stage {
    /// Starts everything. Without input for `idle` the person is away.
    pub async fn set(desk: Desk, idle: Duration) -> Result<Self> {
        say("Starting two private homeservers: busy.example has “busy”, plain.example has not.")?;
        let (busy, plain) =
            tokio::try_join!(Side::start(Options::default()), Side::start(Options::plain()))?;
        let sides = [busy, plain];
        let world = &desk.world;
        let secrets = if desk.private { "keyring" } else { "file" };
        world.write_settings(&format!(
            "secrets = \"{secrets}\"\n[idle]\nafter = \"{}s\"\n[autostart]\nenabled = false\n",
            idle.as_secs()
        ))?;
        let agent = world.agent().await?;
        for side in &sides {
            world.sign_in(&side.person).await?;
            say(&format!("{} is signed in.", side.person.user_id))?;
        }
        Ok(Self { agent, sides, desk, began: Instant::now() })
    }

    /// The command by which another terminal reaches this agent.
    pub fn command_line(&self) -> Result<String> {
        let run = self.desk.world.path().join("run");
        let program = programs()?.join("presently");
        Ok(format!("XDG_RUNTIME_DIR={} {}", run.display(), program.display()))
    }

    /// The private display, if there is one.
    pub fn private_display(&self) -> Option<&str> {
        self.desk.world.display().ok().map(crate::display::Display::name)
    }

    /// Performs an action and waits until the colleague sees `wanted` (on the
    /// homeserver with busy, and on the one without) and `message`.
    pub async fn step(
        &self,
        act: Act,
        title: &str,
        wanted: [&str; 2],
        message: Option<&str>,
    ) -> Result<()> {
        let clock = self.began.elapsed().as_secs_f32();
        say(&format!("{clock:6.1} s  {title}"))?;
        let world = &self.desk.world;
        let marks: Vec<Mark> = self.sides.iter().map(|s| s.colleague.mark()).collect();
        let acted = Instant::now();
        if matches!(act, Act::Type | Act::TypeAndSay(_)) {
            world.display()?.press_key().await?;
        }
        if let Act::Say(words) | Act::TypeAndSay(words) = act {
            world.presently(words).await?;
        }
        for ((side, mark), wanted) in self.sides.iter().zip(marks).zip(wanted) {
            self.watch(side, mark, acted, wanted, message).await.with_context(|| {
                format!("{title}: on {} the colleague should see {wanted}", side.synapse.name())
            })?;
        }
        Ok(())
    }

    async fn watch(
        &self,
        side: &Side,
        mark: Mark,
        acted: Instant,
        wanted: &str,
        message: Option<&str>,
    ) -> Result<()> {
        let (colleague, person) = (&side.colleague, &side.person.user_id);
        let right = |seen: &crate::Seen| seen.is(wanted) && seen.message.as_deref() == message;
        let name = side.synapse.name();
        // If nothing is to change, the view must stay for a while.
        if colleague.latest_before(mark, person).is_some_and(|seen| right(&seen)) {
            let kept = colleague.holds(person, right, secs(1)).await;
            kept.with_context(|| self.agent.stderr())?;
            let seen = colleague.latest(person).context("it was seen")?;
            return say(&format!("          {name:<14} still {seen}"));
        }
        let sighting = colleague.wait_since(mark, person, right, TIMEOUT).await;
        let sighting = sighting.with_context(|| self.agent.stderr())?;
        let delay = sighting.at.saturating_duration_since(acted).as_secs_f32();
        say(&format!("          {name:<14} {} after {delay:.3} s", sighting.seen))
    }

    /// Prints each change that the colleague sees, with the time since the
    /// agent's decision. Returns when the agent ends.
    pub async fn tell_changes(&self) -> Result<()> {
        let mut told = [0; 2];
        let mut decided = (Value::Null, Instant::now());
        let mut follow = self.desk.world.follow().await?;
        loop {
            tokio::select! {
                snapshot = follow.next() => match snapshot? {
                    Some(snapshot) => {
                        let intended = intended(&snapshot);
                        if intended != decided.0 {
                            decided = (intended, Instant::now());
                        }
                    }
                    None => return Ok(()),
                },
                () = self.sides[0].colleague.news(told[0]) => {}
                () = self.sides[1].colleague.news(told[1]) => {}
            }
            for (side, told) in self.sides.iter().zip(&mut told) {
                for sighting in side.colleague.sightings().into_iter().skip(*told) {
                    *told += 1;
                    let clock = sighting.at.saturating_duration_since(self.began).as_secs_f32();
                    let delay = sighting.at.saturating_duration_since(decided.1).as_secs_f32();
                    let name = side.synapse.name();
                    say(&format!(
                        "{clock:6.1} s  {name:<14} {} after {delay:.3} s",
                        sighting.seen
                    ))?;
                }
            }
        }
    }

    /// Ends the agent as the end of the session does, and waits until the
    /// colleague sees that.
    pub async fn end(&self) -> Result<()> {
        let marks: Vec<Mark> = self.sides.iter().map(|s| s.colleague.mark()).collect();
        let asked = Instant::now();
        self.agent.terminate().await?;
        for (side, mark) in self.sides.iter().zip(marks) {
            self.watch(side, mark, asked, "offline", None).await?;
        }
        Ok(())
    }
}

/// The presence that the agent intends for each account.
fn intended(snapshot: &Value) -> Value {
    let accounts = snapshot["accounts"].as_array().into_iter().flatten();
    accounts.map(|a| Value::from(vec![a["intended"].clone(), a["message"].clone()])).collect()
}
