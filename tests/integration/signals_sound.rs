//! A real sound server, and the environment in which the signals find it.

use std::ops::{Deref, DerefMut};

use anyhow::Result;
use presently_signals::Environment;
use presently_world::sound;
pub(crate) use presently_world::sound::Kind;

/// A sound server, killed when dropped.
pub(crate) struct Sound(sound::Sound);

impl Sound {
    /// An environment without a sound server yet.
    pub(crate) async fn none(kind: Kind) -> Result<Self> {
        sound::Sound::none(kind).await.map(Self)
    }

    /// Starts one.
    pub(crate) async fn start(kind: Kind) -> Result<Self> {
        sound::Sound::start(kind).await.map(Self)
    }

    /// The environment in which Presently finds it.
    pub(crate) fn environment(&self) -> Environment {
        Environment {
            sound_socket: Some(self.socket()),
            video_socket: Some(self.video_socket()),
            ..Environment::default()
        }
    }
}

impl Deref for Sound {
    type Target = sound::Sound;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Sound {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}
