//! The common setup: a person at a desk, signed in, and a colleague who watches.

use std::time::Duration;

use anyhow::{Context, Result};
use presently_core::Coded;
use presently_text::Texts;
use presently_world::proxy::Proxy;
use presently_world::{Agent, Client, Colleague, Seen, Synapse, User, World, secs, within};
use serde_json::Value;

/// How long a change may take before a test fails: far more than it takes,
/// because the machine may be busy.
pub(crate) const SOON: Duration = secs(20);

/// A code in English.
pub(crate) fn english(what: &impl Coded) -> String {
    Texts::english().error(what)
}

/// A person at a desk with one account, whose agent runs, and a colleague.
pub(crate) struct Scene {
    pub(crate) agent: Agent,
    pub(crate) world: World,
    pub(crate) person: User,
    pub(crate) colleague: Colleague,
}

/// Settings with a short threshold, tokens in a file.
pub(crate) fn settings(idle: &str) -> String {
    format!(
        "secrets = \"file\"\n[idle]\nafter = \"{idle}\"\n[autostart]\nenabled = false\n\
         [notify]\nenabled = false\n"
    )
}

impl Scene {
    /// A scene on this homeserver with a display. The person has just pressed a
    /// key and is seen as online; without input for `idle` they are away.
    pub(crate) async fn on(synapse: &Synapse, idle: &str) -> Result<Self> {
        let (person, colleague) = synapse.person_and_colleague().await?;
        Self::of(person, colleague, idle).await
    }

    /// The same with an existing person and colleague.
    pub(crate) async fn of(person: User, colleague: Colleague, idle: &str) -> Result<Self> {
        let mut world = World::new()?;
        world.add_display().await?;
        world.write_settings(&settings(idle))?;
        // What no log may hold is looked for in every log that tests make.
        world.set_env("PRESENTLY_LOG", "debug");
        Self::in_world(world, person, colleague).await
    }

    /// The same in a world with a display and settings.
    pub(crate) async fn in_world(world: World, person: User, colleague: Colleague) -> Result<Self> {
        let agent = world.agent().await?;
        world.sign_in(&person).await?;
        let scene = Self { agent, world, person, colleague };
        scene.press_key().await?;
        scene.sees("online").await?;
        Ok(scene)
    }

    /// A scene behind a proxy that the test controls.
    pub(crate) async fn behind_proxy(synapse: &Synapse, idle: &str) -> Result<(Self, Proxy)> {
        let proxy = Proxy::before(synapse.port()).await?;
        let (person, colleague) = synapse.person_and_colleague().await?;
        let person = User { homeserver: proxy.url(), ..person };
        Ok((Self::of(person, colleague, idle).await?, proxy))
    }

    /// Another device of the person with this name, not connected through the
    /// proxy.
    pub(crate) async fn device(&self, synapse: &Synapse, name: &str) -> Result<Client> {
        let person = User { homeserver: synapse.url(), ..self.person.clone() };
        Client::login_as(&person, name).await
    }

    /// The person presses a key.
    pub(crate) async fn press_key(&self) -> Result<()> {
        self.world.display()?.press_key().await
    }

    /// Runs a command, which must succeed.
    pub(crate) async fn say(&self, words: &[&str]) -> Result<String> {
        self.world.presently(words).await
    }

    /// Waits until the colleague sees this presence. It may be so already.
    pub(crate) async fn sees(&self, presence: &str) -> Result<()> {
        self.sees_that(|seen| seen.is(presence)).await
    }

    /// Waits until the colleague sees this presence with this message.
    pub(crate) async fn sees_with(&self, presence: &str, message: Option<&str>) -> Result<()> {
        self.sees_that(|seen| seen.is(presence) && seen.message.as_deref() == message).await
    }

    pub(crate) async fn sees_that(&self, wanted: impl Fn(&Seen) -> bool) -> Result<()> {
        match self.colleague.wait_for(&self.person.user_id, wanted, SOON).await {
            Ok(_) => Ok(()),
            // What the agent thinks tells most about it.
            Err(error) => Err(error.context(format!("{:#}", self.world.status().await?))),
        }
    }

    /// Checks for a while that the colleague sees only this presence.
    pub(crate) async fn keeps(&self, presence: &str, time: Duration) -> Result<()> {
        let wanted = |seen: &Seen| seen.is(presence);
        self.colleague.holds(&self.person.user_id, wanted, time).await
    }

    /// Waits until the account in the snapshot satisfies `wanted`.
    pub(crate) async fn account_when(
        &self,
        what: &str,
        wanted: impl Fn(&Value) -> bool,
        deadline: Duration,
    ) -> Result<Value> {
        let wanted = |snapshot: &Value| wanted(&snapshot["accounts"][0]);
        let snapshot = self.world.status_when(what, wanted, deadline).await?;
        Ok(snapshot["accounts"][0].clone())
    }

    /// Waits until a field of the person's profile satisfies `wanted`; null
    /// means that it is absent.
    pub(crate) async fn profile_when(
        &self,
        field: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<()> {
        let (reader, me) = (self.colleague.client(), &self.person.user_id);
        within(SOON, field, async {
            // Nobody is told of it: they look.
            while !wanted(&reader.profile_of(me, field).await?) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Ok(())
        })
        .await
        .with_context(|| self.agent.stderr())
    }

    /// Kills the agent, and starts it again after the time `meanwhile`.
    pub(crate) async fn kill_and_restart(
        &mut self,
        meanwhile: impl Future<Output = Result<()>>,
    ) -> Result<()> {
        self.agent.process().kill().await?;
        meanwhile.await?;
        self.agent = self.world.agent().await?;
        Ok(())
    }
}
