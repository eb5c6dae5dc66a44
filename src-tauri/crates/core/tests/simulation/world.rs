//! One account: its homeserver, its agents, and the time that they share.

use std::time::Duration;

use presently_core::Presence;
use presently_core::account::Intent;
use presently_core::settings::BusyMode;

use crate::agent::Agent;
use crate::line::Line;
use crate::model::Server;
use crate::net::Net;
use crate::watch::Watch;

pub const DEVICE: &str = "presently";

pub struct World {
    pub net: Net,
    pub me: Agent,
    /// A second agent of the same person, on another machine.
    pub second: Option<Agent>,
    /// Checks what must hold at any time, if set.
    pub watch: Option<Watch>,
}

impl World {
    pub fn new(server: Server) -> Self {
        let me = Agent::new(DEVICE, server.shape.busy);
        let net = Net::new(server);
        Self { net, me, second: None, watch: None }
    }

    /// Lets time pass.
    pub fn run(&mut self, length: Duration) {
        let end = self.net.now + length;
        loop {
            if let Some(mut watch) = self.watch.take() {
                watch.overdue(self);
                self.happen();
                watch.look(self);
                self.watch = Some(watch);
            } else {
                self.happen();
            }
            if self.net.now >= end {
                return;
            }
            let second = self.second.as_ref().and_then(Agent::next);
            let next = [self.net.next(), self.me.next(), second].into_iter().flatten().min();
            let soonest = self.net.now + Duration::from_millis(1);
            self.net.now = next.unwrap_or(end).max(soonest).min(end);
        }
    }

    /// Carries out all that is due now.
    fn happen(&mut self) {
        self.net.tick();
        let agents = [Some(&mut self.me), self.second.as_mut()];
        for agent in agents.into_iter().flatten() {
            agent.live(&mut self.net);
        }
        // A change by one agent is news to the other.
        for agent in [Some(&mut self.me), self.second.as_mut()].into_iter().flatten() {
            agent.answer_held(&mut self.net);
        }
    }

    /// Kills the agent and starts it again at once. Only the marks are left.
    pub fn kill(&mut self) {
        self.me.die(Duration::ZERO, &mut self.net);
    }

    pub fn cut(&mut self, down: bool) {
        let line = if down { Line::Down } else { Line::Good };
        self.me.plug(line, &mut self.net);
    }

    /// The presences that others may see, the preferred one first. Busy is
    /// among them only if the server has it, and stands alone only if no other
    /// device would hold it. `None` if no presence is claimed.
    pub fn meant(&self) -> Option<Vec<Presence>> {
        let server = &self.net.server;
        let wanted = self.me.intent.presence().presence?;
        if wanted != Presence::Busy {
            return Some(vec![wanted]);
        }
        let mode = match &self.me.intent {
            Intent::Everything(shown) => shown.busy,
            _ => BusyMode::Never,
        };
        let spreads = server.has_spreading_device(self.net.now, SURELY_CLOSED);
        Some(match mode {
            BusyMode::Never => vec![Presence::Unavailable],
            _ if !server.shape.busy => vec![Presence::Unavailable],
            BusyMode::Always => vec![Presence::Busy],
            // Busy that was set before the other device was opened stays.
            BusyMode::Auto if spreads || self.second.is_some() => {
                vec![Presence::Busy, Presence::Unavailable]
            }
            BusyMode::Auto => vec![Presence::Busy],
        })
    }
}

/// After this time every agent knows that a device does not sync, because it
/// requests the list of devices every five minutes.
const SURELY_CLOSED: Duration = Duration::from_secs(5 * 60 + 5 * 60 + 60);
