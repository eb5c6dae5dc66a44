//! The lock as the desktop's screen saver knows it: not every desktop tells
//! logind.

use std::path::PathBuf;

use crate::Environment;
use crate::bus::{Bus, Error, Object, Reread, Rule, Which, owner_of, reread, signal};
use crate::probe::{Backend, Opening};

/// Each has the method `GetActive` and the signal `ActiveChanged`, after the
/// freedesktop.org idle inhibition draft. "Active" is blanked or locked:
/// nobody reads the screen.
const SAVERS: [Object<'static>; 5] = [
    saver("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"),
    saver("org.freedesktop.ScreenSaver", "/ScreenSaver"),
    saver("org.cinnamon.ScreenSaver", "/org/cinnamon/ScreenSaver"),
    saver("org.mate.ScreenSaver", "/org/mate/ScreenSaver"),
    saver("org.xfce.ScreenSaver", "/org/xfce/ScreenSaver"),
];

const fn saver(name: &'static str, path: &'static str) -> Object<'static> {
    Object { service: name, path, interface: name }
}

/// What the screen savers say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Saver {
    /// There is none.
    Nobody,
    /// None of them is active.
    Open(&'static str),
    /// This one is.
    Active(&'static str),
}

/// The screen savers of the session.
pub(super) struct ScreenSavers(pub(super) Environment);

impl Backend<Saver, Error> for ScreenSavers {
    fn name(&self) -> &'static str {
        "screensaver"
    }

    fn socket(&self) -> Option<PathBuf> {
        Which::Session.socket(&self.0)
    }

    fn open(&self) -> Opening<'_, Saver, Error> {
        Box::pin(async {
            let bus = Bus::connect(Which::Session, &self.0).await?;
            let signals = bus.listen(rules()).await?;
            Ok(reread(bus.clone(), signals, Session(bus)))
        })
    }
}

fn rules() -> Vec<Rule> {
    SAVERS
        .iter()
        .flat_map(|saver| [owner_of(saver.service), signal(saver.interface, "ActiveChanged")])
        .collect()
}

struct Session(Bus);

impl Reread for Session {
    type Reading = Saver;
    type Error = Error;

    async fn read(&self) -> Result<Saver, Error> {
        let mut seen = Saver::Nobody;
        for saver in SAVERS {
            // To ask one that is not there might start it.
            if !self.0.has_owner(saver.service).await? {
                continue;
            }
            // Some have the name and not the method.
            match self.0.call::<bool>(saver, "GetActive", &()).await {
                Ok(true) => return Ok(Saver::Active(saver.service)),
                Ok(false) if seen == Saver::Nobody => seen = Saver::Open(saver.service),
                Ok(false) | Err(_) => (),
            }
        }
        Ok(seen)
    }
}
