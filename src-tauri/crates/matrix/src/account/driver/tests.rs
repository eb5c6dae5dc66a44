use std::sync::{Arc, Mutex};

use presently_core::Presence;
use presently_core::account::{Everything, Marks};
use presently_core::manual::Message;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::*;
use crate::account::{Handle, LEAVE_TIMEOUT, begin};
use crate::{Secret, Session};

mod fake;
mod outages;

use fake::{Fake, Line};

const USER: &str = "@me:here";
/// More turns than this without any time passing mean that the loop spins.
const AT_ONCE: u32 = 60;

/// Counts the turns of the loop.
#[derive(Clone, Default)]
struct Turns(Arc<Mutex<(u32, Option<Instant>, u32)>>);

impl Turns {
    fn count(&self) {
        let mut turns = self.0.lock().expect("no test has failed");
        let now = Instant::now();
        let at_once = if turns.1 == Some(now) { turns.2 + 1 } else { 1 };
        assert!(at_once <= AT_ONCE, "it spins");
        *turns = (turns.0 + 1, Some(now), at_once);
    }

    fn so_far(&self) -> u32 {
        self.0.lock().expect("no test has failed").0
    }
}

/// An account on a fake homeserver.
struct Stage {
    handle: Handle,
    intent: watch::Sender<Intent>,
    server: Fake,
    turns: Turns,
    refreshed: mpsc::UnboundedSender<Refreshed>,
}

impl Stage {
    /// Starts the account. Its reports go to `events`.
    fn new(line: Line, events: Events) -> Self {
        let (server, turns) = (Fake::new(line), Turns::default());
        let started = Instant::now();
        let counted = turns.clone();
        let wall = move || {
            counted.count();
            let start = Timestamp::from_second(1_800_000_000).expect("a time");
            start.checked_add(started.elapsed()).expect("a short test")
        };
        let clock = Clock { started, wall: Box::new(wall) };
        let start = Start { user: USER.to_owned(), device: "OURS".to_owned(), ..Start::default() };
        let (intent, wanted) = watch::channel(online());
        let (refreshed, tokens) = mpsc::unbounded_channel();
        let fake = server.clone();
        let handle = begin(wanted, |inputs| {
            tokio::spawn(Driver::new(fake, start, inputs, tokens, events, clock).run())
        });
        Self { handle, intent, server, turns, refreshed }
    }

    fn show(&self, change: impl FnOnce(&mut Everything)) {
        self.intent.send_modify(|intent| {
            let Intent::Everything(shown) = intent else { panic!("everything is shared") };
            change(shown);
        });
    }
}

fn online() -> Intent {
    Intent::Everything(Everything { presence: Some(Presence::Online), ..Everything::default() })
}

fn message(text: &str) -> Option<Message> {
    Some(Message::new(text, None, None).expect("short"))
}

/// Receives the reports of an account and confirms its marks at once. Returns
/// the channel of its reports and its views.
fn listen() -> (Events, watch::Receiver<Option<AccountView>>) {
    let (events, mut told) = mpsc::channel(8);
    let (view, views) = watch::channel(None);
    tokio::spawn(async move {
        while let Some((_, event)) = told.recv().await {
            match event {
                AccountEvent::View(new) => drop(view.send_replace(Some(*new))),
                AccountEvent::Marks { durable, .. } => drop(durable.send(())),
                _ => {}
            }
        }
    });
    (events, views)
}

/// Waits until the account and the server agree.
async fn settled(stage: &Stage, views: &mut watch::Receiver<Option<AccountView>>) {
    let wanted = |view: &Option<AccountView>| {
        view.as_ref().is_some_and(|view| {
            let account = &view.account;
            let is_up = account.connection == Connection::Syncing && view.problem.is_none();
            is_up
                && account.settled
                && account.profile_settled
                && stage.handle.has_applied_inputs(view)
        })
    };
    let done = timeout(Duration::from_secs(600), views.wait_for(wanted)).await.is_ok();
    assert!(done, "it does not settle: {:?}", views.borrow());
}

/// Waits for the next marks that the account asks to be written.
async fn marks(told: &mut mpsc::Receiver<(String, AccountEvent)>) -> (Marks, oneshot::Sender<()>) {
    let marks = async {
        loop {
            if let AccountEvent::Marks { marks, durable } = told.recv().await.expect("it runs").1 {
                return (marks, durable);
            }
        }
    };
    timeout(Duration::from_secs(600), marks).await.expect("nothing is to be written")
}

fn tokens(access: &str) -> Session {
    Session {
        user_id: USER.to_owned(),
        device_id: "OURS".to_owned(),
        homeserver: "https://here.example".to_owned(),
        access_token: Secret::new(access),
        refresh_token: None,
        client_id: None,
    }
}

/// Confirms all marks from now on and ignores the other reports.
fn obey(mut told: mpsc::Receiver<(String, AccountEvent)>) {
    tokio::spawn(async move {
        while let Some((_, event)) = told.recv().await {
            if let AccountEvent::Marks { durable, .. } = event {
                let _ = durable.send(());
            }
        }
    });
}

#[tokio::test(start_paused = true)]
async fn nothing_is_left_behind_before_its_marks_are_durable() {
    let (events, mut told) = mpsc::channel(8);
    let stage = Stage::new(Line::Up, events);
    stage.show(|shown| shown.call = Some(1_800_000_000));
    let (wanted, durable) = marks(&mut told).await;
    assert!(wanted.call);
    // On a retry the same marks are still being written.
    stage.handle.reconnect();
    let again = timeout(Duration::from_secs(60), marks(&mut told)).await;
    assert!(again.is_err(), "they are written once: {again:?}");
    assert!(!stage.server.asked().contains(&Lane::Profile), "its mark is not durable");
    durable.send(()).expect("it waits");
    obey(told);
    stage.server.is_asked(Lane::Profile).await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_marked_is_not_sent_and_tried_later() {
    let (events, mut told) = mpsc::channel(8);
    let stage = Stage::new(Line::Up, events);
    stage.show(|shown| {
        shown.presence = Some(Presence::Busy);
        shown.manual = true;
    });
    let (wanted, durable) = marks(&mut told).await;
    drop(durable);
    let began = Instant::now();
    let (again, durable) = marks(&mut told).await;
    assert_eq!(again, wanted);
    assert!(began.elapsed() >= Duration::from_millis(500), "it is no use at once");
    assert!(!stage.server.asked().contains(&Lane::Put));
    durable.send(()).expect("it waits");
    obey(told);
    stage.server.is_asked(Lane::Put).await;
}

#[tokio::test(start_paused = true)]
async fn renewed_tokens_wait_for_whoever_listens_late() {
    for leaves in [false, true] {
        let (events, mut told) = mpsc::channel(1);
        let stage = Stage::new(Line::Up, events);
        stage.server.is_asked(Lane::Sync).await;
        for access in ["first", "second"] {
            let (stored, _) = oneshot::channel();
            stage.refreshed.send((tokens(access), stored)).expect("it runs");
        }
        let Stage { handle, refreshed, .. } = stage;
        let leaving = async {
            // Tokens can be renewed for as long as this sender exists.
            drop(refreshed);
            if leaves {
                handle.leave().await;
            } else {
                sleep(Duration::from_secs(60)).await;
            }
        };
        let listening = async {
            sleep(Duration::from_secs(1)).await;
            let mut got = Vec::new();
            while got.len() < 2 {
                match told.recv().await.expect("it runs").1 {
                    AccountEvent::Session { session, .. } => got.push(session.access_token),
                    AccountEvent::Marks { durable, .. } => drop(durable.send(())),
                    _ => {}
                }
            }
            got
        };
        let (got, ()) = tokio::join!(timeout(Duration::from_secs(10), listening), leaving);
        assert_eq!(got.ok(), Some(vec![Secret::new("first"), Secret::new("second")]), "{leaves}");
    }
}

/// A token refresh may still be running after everything else was reported.
#[tokio::test(start_paused = true)]
async fn tokens_that_are_being_renewed_are_waited_for_at_the_end() {
    let (events, mut told) = mpsc::channel(8);
    let stage = Stage::new(Line::Up, events);
    stage.server.is_asked(Lane::Sync).await;
    let Stage { handle, refreshed, .. } = stage;
    let renewal = async move {
        sleep(Duration::from_millis(1500)).await;
        refreshed.send((tokens("new"), oneshot::channel().0)).expect("it is waited for");
    };
    let listening = async {
        while let Some((_, event)) = told.recv().await {
            match event {
                AccountEvent::Session { session, .. } => return Some(session.access_token),
                AccountEvent::Marks { durable, .. } => drop(durable.send(())),
                _ => {}
            }
        }
        None
    };
    let (got, (), ()) = tokio::join!(listening, renewal, handle.leave());
    assert_eq!(got, Some(Secret::new("new")));
}

#[tokio::test(start_paused = true)]
async fn leaving_says_goodbye_or_ends_in_time() {
    for line in [Line::Up, Line::Refused, Line::Silent] {
        let (events, mut views) = listen();
        let stage = Stage::new(Line::Up, events);
        stage.show(|shown| {
            shown.presence = Some(Presence::Busy);
            shown.manual = true;
            shown.call = Some(1_800_000_000);
        });
        settled(&stage, &mut views).await;
        stage.server.set_line(line);
        let Stage { handle, server, .. } = stage;
        let began = Instant::now();
        handle.leave().await;
        assert!(began.elapsed() <= LEAVE_TIMEOUT, "{line:?}");
        let world = server.world();
        let gone = world.shown.presence == Presence::Offline && world.call.is_none();
        assert_eq!(gone, line == Line::Up, "{line:?} {:?}", world.shown);
        assert_eq!(world.syncs, 0, "{line:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sync_that_is_replaced_ends_after_the_next_has_begun() {
    let (events, mut views) = listen();
    let stage = Stage::new(Line::Up, events);
    settled(&stage, &mut views).await;
    sleep(Duration::from_secs(60)).await;
    assert_eq!(stage.server.world().syncs, 1);
    stage.show(|shown| shown.presence = Some(Presence::Unavailable));
    let mut most = 0;
    let began = Instant::now();
    while most < 2 || stage.server.world().syncs > 1 {
        assert!(began.elapsed() < Duration::from_secs(30), "{most} at a time");
        sleep(Duration::from_millis(10)).await;
        most = most.max(stage.server.world().syncs);
    }
    assert_eq!(most, 2);
}
