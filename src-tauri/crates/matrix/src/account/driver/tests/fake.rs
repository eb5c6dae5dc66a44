//! A fake homeserver that supports busy as Synapse does, behind a connection
//! that can fail.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use presently_core::account::profile::{Field, Fields, Status, Step};
use presently_core::account::profile_room::RoomStep;
use presently_core::account::{Answer, Lane, Probed, Request, Seen, SyncRequest, sync};
use presently_core::{Code, Presence};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::account::homeserver::Homeserver;
use crate::account::in_flight::Pending;
use crate::request_error::RequestError;

/// How long a client waits for an answer that does not come.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The state of the connection to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Up,
    /// Each request fails at once.
    Refused,
    /// Requests and answers get lost, those in flight as well.
    Silent,
}

/// The state of the server.
pub(super) struct World {
    pub(super) shown: Seen,
    pub(super) status: Option<Status>,
    pub(super) call: Option<i64>,
    /// The events in the profile room, oldest first: event id and value.
    pub(super) room: Vec<(String, String)>,
    /// The request for the devices is never answered.
    pub(super) devices_hang: bool,
    /// The number of open syncs.
    pub(super) syncs: usize,
}

/// The server. Cheap to clone.
#[derive(Clone)]
pub(super) struct Fake {
    world: Arc<Mutex<World>>,
    line: watch::Sender<Line>,
    /// The lanes of all requests, in the order in which they were sent.
    asked: watch::Sender<Vec<Lane>>,
    /// How many times the presence has changed.
    news: watch::Sender<u64>,
}

impl Fake {
    pub(super) fn new(line: Line) -> Self {
        let world = World {
            shown: Seen { presence: Presence::Offline, message: None },
            status: None,
            call: None,
            room: Vec::new(),
            devices_hang: false,
            syncs: 0,
        };
        let world = Arc::new(Mutex::new(world));
        let asked = watch::Sender::new(Vec::new());
        Self { world, line: watch::Sender::new(line), asked, news: watch::Sender::new(1) }
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("no test has failed")
    }

    pub(super) fn set_line(&self, line: Line) {
        self.line.send_replace(line);
    }

    /// The lanes of all requests so far.
    pub(super) fn asked(&self) -> Vec<Lane> {
        self.asked.borrow().clone()
    }

    /// Waits until a request of this lane was sent.
    pub(super) async fn is_asked(&self, lane: Lane) {
        let mut asked = self.asked.subscribe();
        let is_asked = asked.wait_for(|asked| asked.contains(&lane));
        assert!(timeout(TIMEOUT * 4, is_asked).await.is_ok(), "{lane:?} is not asked for");
    }

    fn show(&self, change: impl FnOnce(&mut Seen)) {
        let mut world = self.world();
        let before = world.shown.clone();
        change(&mut world.shown);
        if world.shown != before {
            self.news.send_modify(|news| *news += 1);
        }
    }

    async fn answer(self, request: Request) -> Result<Answer, RequestError> {
        self.asked.send_modify(|asked| asked.push(request.lane()));
        let line = *self.line.borrow();
        let limit = match &request {
            Request::Sync(sync) => TIMEOUT + sync.timeout,
            _ => TIMEOUT,
        };
        match line {
            Line::Up => {}
            Line::Refused => return Err(unreachable("nobody listens there")),
            Line::Silent => {
                sleep(limit).await;
                return Err(unreachable("no answer in time"));
            }
        }
        match request {
            Request::Sync(sync) => self.sync(sync).await,
            Request::Devices if self.world().devices_hang => {
                sleep(limit).await;
                Err(unreachable("no answer in time"))
            }
            other => Ok(self.at_once(other)),
        }
    }

    async fn sync(&self, sync: SyncRequest) -> Result<Answer, RequestError> {
        let _open = OpenSync::new(self);
        let (mut line, mut news) = (self.line.subscribe(), self.news.subscribe());
        if !matches!(sync.set, Presence::Offline | Presence::Busy) {
            // Only a PUT ends busy.
            self.show(|shown| {
                if shown.presence != Presence::Busy {
                    shown.presence = sync.set;
                }
            });
        }
        let told: u64 = sync.since.as_ref().map_or(0, |since| since.parse().expect("ours"));
        let held = timeout_at(Instant::now() + sync.timeout, async {
            tokio::select! {
                _ = news.wait_for(|news| *news > told) => Line::Up,
                line = line.wait_for(|line| *line != Line::Up) => line.map_or(Line::Up, |l| *l),
            }
        });
        match held.await.unwrap_or(Line::Up) {
            Line::Up => {}
            Line::Refused => return Err(unreachable("the connection broke off")),
            Line::Silent => {
                sleep(TIMEOUT + sync.timeout).await;
                return Err(unreachable("no answer in time"));
            }
        }
        let next = *self.news.borrow();
        let Seen { presence, message } = self.world().shown.clone();
        let content = json!({"presence": presence.wire(), "status_msg": message});
        let ours = json!({"type": "m.presence", "sender": sync.query.user, "content": content});
        let events = if next > told { vec![ours] } else { Vec::new() };
        let body = json!({"next_batch": next.to_string(), "presence": {"events": events}});
        let body = body.to_string();
        let answer = sync::SyncAnswer::read(&sync.query, body.as_bytes()).expect("an answer");
        Ok(Answer::Synced(Box::new(answer)))
    }

    fn at_once(&self, request: Request) -> Answer {
        match request {
            Request::Put(put) => {
                self.show(|shown| {
                    *shown = Seen { presence: put.presence, message: put.message };
                });
                Answer::Done
            }
            Request::Read => Answer::Presence(Some(self.world().shown.clone())),
            Request::Devices => Answer::Devices { devices: Vec::new(), now: Timestamp::UNIX_EPOCH },
            Request::Probe => {
                let fields = Fields {
                    status: Some("m.status".to_owned()),
                    call: Some("m.call".to_owned()),
                    zone: None,
                    unstable: false,
                };
                Answer::Probed(Probed {
                    busy: true,
                    presence: Some(true),
                    fields: Some(fields),
                    ..Probed::default()
                })
            }
            Request::Profile(step) => self.profile(step),
            Request::Room(step) => self.room(step),
            Request::Sync(_) => unreachable!("held"),
        }
    }

    fn profile(&self, step: Step) -> Answer {
        let mut world = self.world();
        match step {
            Step::ReadStatus => return Answer::Status(world.status.clone()),
            Step::WriteStatus(status) => world.status = Some(status),
            Step::WriteCall(joined) => world.call = Some(joined),
            Step::Remove(Field::Status) => world.status = None,
            Step::Remove(Field::Call) => world.call = None,
            Step::WriteZone(_) | Step::Remove(Field::Zone) => {}
        }
        Answer::Done
    }

    fn room(&self, step: RoomStep) -> Answer {
        let mut world = self.world();
        match step {
            RoomStep::Find => Answer::Found(None),
            RoomStep::Create => Answer::Created("!room:here".to_owned()),
            RoomStep::Write { value, .. } => {
                let event = format!("${}", self.asked.borrow().len());
                world.room.push((event.clone(), value));
                Answer::Written(event)
            }
            RoomStep::Redact { event, .. } => {
                world.room.retain(|(there, _)| *there != event);
                Answer::Done
            }
        }
    }
}

impl Homeserver for Fake {
    fn carry_out(&self, request: Request, _: &Fields) -> Pending<Result<Answer, RequestError>> {
        Box::pin(self.clone().answer(request))
    }

    fn code(&self, error: &RequestError) -> Code {
        error.code("here")
    }
}

fn unreachable(why: &str) -> RequestError {
    RequestError::Unreachable(why.into())
}

/// Counts a sync as open until it is dropped.
struct OpenSync<'a>(&'a Fake);

impl<'a> OpenSync<'a> {
    fn new(fake: &'a Fake) -> Self {
        fake.world().syncs += 1;
        Self(fake)
    }
}

impl Drop for OpenSync<'_> {
    fn drop(&mut self) {
        if let Ok(mut world) = self.0.world.lock() {
            world.syncs -= 1;
        }
    }
}
