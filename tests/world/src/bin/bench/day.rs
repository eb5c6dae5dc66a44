//! A working day, compressed to four minutes: what colleagues on several kinds
//! of homeserver see of it, and how soon.

mod report;
mod shape;
mod truth;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use presently_world::desk::say;
use presently_world::display::{Display, Keyboard};
use presently_world::logind::{Logind, Session};
use presently_world::process::Logs;
use presently_world::scratch::Scratch;
use presently_world::secs;
use presently_world::sound::{Kind, Sound};
use tokio::time::sleep;

use report::Report;
use shape::{LOOK, SHAPES, Shape, Side};
use truth::{Change, SAID, Truth};

/// The delays in the person's settings, scaled to the day.
const IDLE: Duration = secs(8);
const ENTER: Duration = secs(1);
const EXIT: Duration = secs(2);
const SETTINGS: &str = "secrets = \"file\"\n[idle]\nafter = \"8s\"\n\
    [call]\nenter = \"1s\"\nexit = \"2s\"\n\
    [autostart]\nenabled = false\n[notify]\nenabled = false\n";
/// The interval between key presses while the person types.
const KEYS: Duration = Duration::from_millis(400);
/// The time after which a rate limit of one change in ten seconds no longer
/// counts the sign-in.
const SETTLE: Duration = secs(15);

/// The environment that all agents share.
pub(crate) struct Desk {
    display: Display,
    sound: Sound,
    logind: Logind,
}

impl Desk {
    async fn new() -> Result<Self> {
        let logs = Logs::new(Arc::new(Scratch::new()?), false);
        let (display, sound, logind) = tokio::try_join!(
            Display::start(&logs),
            Sound::quiet(Kind::PulseAudio),
            Logind::quiet()
        )?;
        Ok(Self { display, sound, logind })
    }

    /// The variables by which an agent finds it.
    fn environment(&self) -> [(&'static str, String); 4] {
        [
            ("DISPLAY", self.display.name().to_owned()),
            ("DBUS_SYSTEM_BUS_ADDRESS", self.logind.address().to_owned()),
            ("PULSE_SERVER", self.sound.socket().display().to_string()),
            ("PIPEWIRE_REMOTE", self.sound.video_socket().display().to_string()),
        ]
    }
}

/// The kind of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// The first day after the sign-in. The server's rate limit is not known
    /// yet, so no two changes come within ten seconds.
    First,
    /// A later day, with two changes within ten seconds.
    Later,
}

/// Runs the day on the shapes with these letters, at the same time.
pub(crate) async fn all(which: Which, letters: Option<&str>) -> Result<()> {
    let chosen = |shape: &&Shape| letters.is_none_or(|all| all.contains(shape.letter));
    let shapes: Vec<Shape> = SHAPES.iter().filter(chosen).copied().collect();
    ensure!(!shapes.is_empty(), "there are these:{}", names(&SHAPES));
    say(&format!("{which:?} day at a desk, with an agent for each of{}", names(&shapes)))?;
    let desk = Desk::new().await?;
    let session = desk.logind.session().await?;
    let mut sides = Vec::new();
    for shape in shapes {
        let side = Side::set(shape, &desk, &session.id).await;
        sides.push(side.context(shape.title)?);
    }
    let mut day = Day { keyboard: desk.display.keyboard().await?, changes: Vec::new(), sides };
    day.begin().await?;
    if which == Which::Later {
        day.short_break(&session).await?;
    }
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    say(&format!("It takes about four minutes; the load of this machine is {load} now"))?;
    let end = day.play(&desk, &session).await?;
    // The colleagues learn the last changes a little later.
    sleep(secs(1)).await;
    let report = |side: &Side| Report::of(side.shape, &day.changes, &side.views(), end);
    report::tell(&day.sides.iter().map(report).collect::<Vec<_>>(), &day.changes)
}

fn names(shapes: &[Shape]) -> String {
    shapes.iter().map(|shape| format!("\n  {}  {}", shape.letter, shape.title)).collect()
}

struct Day {
    keyboard: Keyboard,
    sides: Vec<Side>,
    changes: Vec<Change>,
}

impl Day {
    /// Types until every account is settled.
    async fn begin(&mut self) -> Result<()> {
        let Self { keyboard, sides, .. } = self;
        let settled = try_join_all(sides.iter().map(Side::settled));
        let typing = async {
            loop {
                keyboard.press_key()?;
                sleep(KEYS).await;
            }
        };
        tokio::select! {
            done = settled => done.map(drop),
            broken = typing => broken,
        }?;
        self.types(SETTLE).await.map(drop)
    }

    /// Two changes within ten seconds.
    async fn short_break(&mut self, session: &Session<'_>) -> Result<()> {
        session.set_locked(true).await?;
        sleep(secs(3)).await;
        session.set_locked(false).await?;
        // The second change may be delayed by the rate limit and must not delay
        // the next one.
        self.types(SETTLE * 2).await.map(drop)
    }

    /// Types for a while and returns the time of the last key press.
    async fn types(&mut self, time: Duration) -> Result<Instant> {
        let end = Instant::now() + time;
        loop {
            let pressed = Instant::now();
            self.keyboard.press_key()?;
            let left = end.saturating_duration_since(Instant::now());
            sleep(left.min(KEYS)).await;
            if left <= KEYS {
                return Ok(pressed);
            }
        }
    }

    /// Records that this is the truth from `at` on.
    fn is_so(&mut self, at: Instant, what: &'static str, truth: Truth) -> Result<()> {
        if let Some(first) = self.changes.first() {
            say(&format!("{:7.1} s  {what}", at.duration_since(first.at).as_secs_f64()))?;
        }
        self.changes.push(Change { at, what, truth });
        self.sides.iter().try_for_each(Side::check)
    }

    async fn play(&mut self, desk: &Desk, session: &Session<'_>) -> Result<Instant> {
        self.is_so(Instant::now(), "typing", Truth::Here)?;
        self.types(secs(20)).await?;
        say("            (thinking, below the threshold)")?;
        sleep(secs(5)).await;
        let last = self.types(secs(6)).await?;

        self.is_so(last + IDLE, "lunch: no input for 8 s", Truth::Away)?;
        sleep(secs(30)).await;
        self.is_so(Instant::now(), "back from lunch", Truth::Here)?;
        self.types(secs(15)).await?;

        let begun = Instant::now();
        let call = desk.sound.record("Firefox", &["--device=mic"]).await?;
        self.is_so(begun + ENTER, "a call, 1 s after it began", Truth::Call)?;
        // A listener does not type.
        sleep(secs(23)).await;
        self.types(secs(2)).await?;
        let ended = Instant::now();
        call.kill().await?;
        self.is_so(ended + EXIT, "the call is over for 2 s", Truth::Here)?;
        self.types(secs(15)).await?;

        let locked = Instant::now();
        session.set_locked(true).await?;
        self.is_so(locked, "the screen is locked", Truth::Away)?;
        sleep(secs(20)).await;
        // The key press stands for the password.
        self.keyboard.press_key()?;
        sleep(KEYS).await;
        let unlocked = Instant::now();
        session.set_locked(false).await?;
        self.is_so(unlocked, "it is unlocked", Truth::Here)?;
        self.types(secs(14)).await?;

        let said = Instant::now();
        let words = ["busy", "--for", "20s", "--message", SAID];
        try_join_all(self.sides.iter().map(|side| side.say(&words))).await?;
        self.is_so(said, "presently busy --for 20s --message ...", Truth::Busy)?;
        let end = said + secs(20);
        self.types(end.saturating_duration_since(Instant::now())).await?;
        self.is_so(end, "its end", Truth::Here)?;
        self.types(secs(13)).await?;

        let told = Instant::now();
        desk.logind.suspend().await?;
        self.is_so(told, "told to sleep", Truth::Away)?;
        self.let_it_sleep(desk, told).await?;
        sleep(secs(15)).await;
        desk.logind.wake().await?;
        let woken = Instant::now();
        self.keyboard.press_key()?;
        self.is_so(woken, "woken, and a key", Truth::Here)?;
        self.types(secs(13)).await?;

        let phones = try_join_all(self.sides.iter().map(Side::phone)).await?;
        let joined = Instant::now();
        try_join_all(phones.iter().map(|phone| phone.call(true))).await?;
        self.is_so(joined, "a call on another device", Truth::CallElsewhere)?;
        self.types(secs(20)).await?;
        let left = Instant::now();
        try_join_all(phones.iter().map(|phone| phone.call(false))).await?;
        self.is_so(left, "its end", Truth::Here)?;
        self.types(secs(15)).await?;
        Ok(Instant::now())
    }

    /// Measures how long each agent delays the requested sleep.
    async fn let_it_sleep(&self, desk: &Desk, told: Instant) -> Result<()> {
        let mut waiting: Vec<&Side> = self.sides.iter().collect();
        while !waiting.is_empty() && told.elapsed() < secs(6) {
            let delaying = desk.logind.delaying().await?;
            let (wait, ready) = waiting.into_iter().partition(|s| delaying.contains(&s.pid()));
            waiting = wait;
            for Side { shape: Shape { letter, .. }, .. } in ready {
                let after = told.elapsed().as_millis();
                say(&format!("            ({letter} lets it sleep after {after} ms)"))?;
            }
            sleep(LOOK).await;
        }
        desk.logind.asleep().await
    }
}
