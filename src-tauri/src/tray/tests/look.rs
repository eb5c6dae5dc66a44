use super::super::look::Look;
use super::*;

#[test]
fn the_icon_tells_shape_and_origin() {
    let calls = |snapshot| Snapshot {
        paused: Paused { calls: Some(PauseView { since: time(NOW), until: None }), hours: None },
        ..snapshot
    };
    let call = Snapshot { presence: Some(Presence::Busy), source: Source::Call, ..snapshot() };
    let blind = Snapshot { presence: None, source: Source::None, ..snapshot() };
    let mut half = paused(None);
    half.accounts.push(snapshot().accounts[0].clone());
    for (snapshot, name) in [
        (snapshot(), "online"),
        (call, "busy"),
        (manual(Presence::Busy, None), "busy-manual"),
        (manual(Presence::Unavailable, None), "unavailable-manual"),
        (manual(Presence::Offline, None), "offline-manual"),
        (calls(snapshot()), "online-calls-paused"),
        (calls(manual(Presence::Online, None)), "online-manual"),
        (blind.clone(), "unknown"),
        (calls(blind), "unknown"),
        (paused(None), "paused"),
        (half, "online"),
        (Snapshot { accounts: vec![], ..snapshot() }, "online"),
    ] {
        let look = view(&snapshot, &zone(), Texts::english()).look;
        assert_eq!(look.name(), name);
        assert!(Look::ALL.contains(&look));
    }
}
