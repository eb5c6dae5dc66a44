//! Whether the notes of an account are true.

use std::time::Duration;

use presently_core::Presence::{self, Busy};
use presently_core::account::Note;
use presently_core::account::profile::{Field, Refused};

use crate::agent::Agent;
use crate::model::rank;
use crate::world::World;

/// The greatest age of what the list of devices says.
const LISTED: Duration = Duration::from_secs(11 * 60);
/// How long a refusal is reported after it ended.
const REFUSED: Duration = Duration::from_secs(3600 + 65);

/// Whether a note says why others see busy.
pub fn tell_of_busy(agent: &Agent) -> bool {
    agent
        .view
        .notes
        .iter()
        .any(|note| matches!(note, Note::OtherDevice { presence: Busy, .. } | Note::ServerHolds))
}

/// Whether a note says that the server refuses a field.
pub fn tell_of_refusal(agent: &Agent) -> bool {
    agent.view.notes.iter().any(|note| matches!(note, Note::FieldRefused(_)))
}

pub fn is_true(note: &Note, world: &World) -> bool {
    let (me, net) = (&world.me, &world.net);
    let (server, seen) = (&net.server, net.server.seen());
    match note {
        Note::PresenceOff => server.shape.off,
        Note::NoBusy => !server.shape.busy || server.shape.last_wins,
        Note::OtherDevice { presence, name } => {
            let says = |presence: Presence| seen.presence == presence;
            let held = server.is_held(me.device) || server.shape.last_wins;
            let by = name.as_deref().is_none_or(|name| {
                server.shape.last_wins || server.has_shown(name, *presence, net.now, LISTED)
            });
            let more = |meant: &Vec<Presence>| meant.iter().any(|m| rank(*m) < rank(*presence));
            says(*presence) && held && by && world.meant().as_ref().is_none_or(more)
        }
        Note::ServerHolds => seen.presence == Busy && !server.is_held_by_syncing(net.now, LISTED),
        Note::WouldBeHeld { name: Some(_) } => server.has_spreading_device(net.now, LISTED),
        Note::WouldBeHeld { name: None } => true,
        Note::MessageReplaced => {
            let there = seen.message.as_ref();
            let own = me.intent.message().map(|message| &message.text);
            let status = net.fields.status.as_ref().map(|status| &status.text);
            there != own && !server.shape.off || status != own
        }
        Note::FieldRefused(Refused { field, .. }) => {
            let refuses = net.fields.refuses[match field {
                Field::Status => 0,
                Field::Call => 1,
                Field::Zone => return false,
            }];
            refuses || net.now.since(net.fields.refused_until) < REFUSED
        }
        Note::CallUnknown => me.up_since.is_none(),
        // This version never reports it.
        Note::Other => false,
    }
}
