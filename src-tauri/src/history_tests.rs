use super::*;

const NAME: &str = "history.json";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("in range")
}

/// Records a presence at this second, and writes the file if that is due.
/// Returns whether it was.
async fn step(file: &mut HistoryFile, second: i64, presence: Presence) -> bool {
    file.record(Some(presence), Source::Manual, at(second));
    let is_due = file.is_due(at(second), false);
    if is_due {
        file.write(at(second)).await;
    }
    is_due
}

fn kept(path: &Path) -> Vec<(i64, i64)> {
    let second = |moment: Timestamp| moment.as_second() - at(0).as_second();
    let file = HistoryFile::open(path);
    assert_eq!(file.troubles().count(), 0);
    file.get().spans().iter().map(|span| (second(span.start), second(span.end))).collect()
}

#[tokio::test]
async fn it_is_written_when_something_has_changed_and_not_more_often() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("deep").join(NAME);
    let mut file = HistoryFile::open(&path);
    assert_eq!(file.due(at(0)), None, "nothing has changed");
    assert!(step(&mut file, 0, Presence::Online).await, "the first at once");
    assert_eq!(file.due(at(1)), Some(at(300)), "once more, so that it is more than a start");
    assert!(!step(&mut file, 10, Presence::Busy).await);
    assert!(!step(&mut file, 20, Presence::Online).await);
    assert_eq!(file.due(at(20)), Some(at(300)));
    assert!(step(&mut file, 300, Presence::Online).await);
    assert_eq!(kept(&path), [(0, 10), (10, 20), (20, 300)]);
    assert_eq!(file.due(at(301)), Some(at(600)));
    assert!(step(&mut file, 600, Presence::Online).await);
    assert_eq!(file.due(at(601)), None, "it goes on, and nobody needs to wake up");
    assert!(!step(&mut file, 5_000, Presence::Online).await);
    file.allow_write();
    assert_eq!(file.due(at(5_001)), None, "nor for anything else");
    assert!(step(&mut file, 5_001, Presence::Online).await, "but with it");
    // After a crash the last span ends at the last write.
    assert_eq!(kept(&path), [(0, 10), (10, 20), (20, 5_001)]);
    file.finish(at(6_000)).await;
    assert_eq!(kept(&path), [(0, 10), (10, 20), (20, 6_000)]);
}

#[tokio::test]
async fn before_a_sleep_it_does_not_wait() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut file = HistoryFile::open(&folder.path().join(NAME));
    step(&mut file, 0, Presence::Online).await;
    file.record(Some(Presence::Unavailable), Source::Lock, at(10));
    assert!(file.is_due(at(10), true) && !file.is_due(at(10), false));
    file.write(at(10)).await;
    assert!(!file.is_due(at(11), true), "once");
}

#[tokio::test]
async fn a_clock_that_was_set_back_makes_nobody_wait() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut file = HistoryFile::open(&folder.path().join(NAME));
    step(&mut file, 100_000, Presence::Online).await;
    assert!(step(&mut file, 0, Presence::Busy).await);
}

#[tokio::test]
async fn what_is_old_is_not_kept() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(NAME);
    let mut file = HistoryFile::open(&path);
    step(&mut file, 0, Presence::Online).await;
    step(&mut file, 1_000, Presence::Busy).await;
    let month = 30 * 24 * 3_600;
    step(&mut file, month + 1_000, Presence::Online).await;
    assert_eq!(kept(&path), [(1_000, month + 1_000)]);
}

#[tokio::test]
async fn a_broken_file_is_set_aside_and_said() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(NAME);
    for (broken, why) in [
        ("{ not json", "line 1"),
        (r#"{"version":2,"spans":[]}"#, "newer"),
        (r#"{"version":1,"spans":[[1,2,"busy"]]}"#, "line 1"),
    ] {
        std::fs::write(&path, broken).expect("writable");
        let mut file = HistoryFile::open(&path);
        let said: Vec<String> =
            file.troubles().map(|code| presently_text::Texts::english().code(code)).collect();
        assert!(said.len() == 1 && said[0].contains("json.broken"), "{said:?}");
        assert!(said[0].contains(why), "{said:?}");
        step(&mut file, 0, Presence::Online).await;
        file.finish(at(10)).await;
        assert_eq!(kept(&path), [(0, 10)]);
        let aside = std::fs::read_to_string(path.with_extension("json.broken"));
        assert_eq!(aside.ok().as_deref(), Some(broken));
        file.erase(at(20)).await.expect("erased");
        let left = std::fs::read_dir(folder.path()).expect("readable").count();
        assert_eq!((left, file.troubles().count()), (0, 0), "what was set aside is erased too");
    }
}

#[tokio::test]
async fn what_is_not_given_out_is_left_alone_and_taken_in_later() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(NAME);
    let mut file = HistoryFile::open(&path);
    step(&mut file, 0, Presence::Online).await;
    file.finish(at(10)).await;
    // A symbolic link to itself cannot be read, even by root.
    let away = folder.path().join("away");
    std::fs::rename(&path, &away).expect("writable");
    std::os::unix::fs::symlink(NAME, &path).expect("writable");
    let mut file = HistoryFile::open(&path);
    step(&mut file, 20, Presence::Busy).await;
    assert!(path.is_symlink() && file.troubles().count() > 0);
    std::fs::remove_file(&path).expect("writable");
    std::fs::rename(&away, &path).expect("writable");
    assert!(step(&mut file, 400, Presence::Busy).await);
    assert_eq!((kept(&path), file.troubles().count()), (vec![(0, 10), (20, 400)], 0));
}

#[tokio::test]
async fn what_cannot_be_written_is_said_and_tried_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(NAME);
    let mut file = HistoryFile::open(&path);
    // A folder at the path cannot be replaced by a file.
    std::fs::create_dir_all(path.join("x")).expect("writable");
    step(&mut file, 0, Presence::Online).await;
    assert_eq!((file.troubles().count(), file.due(at(1))), (1, Some(at(300))));
    assert!(file.erase(at(2)).await.is_err());
    std::fs::remove_dir_all(&path).expect("writable");
    step(&mut file, 300, Presence::Online).await;
    assert_eq!((kept(&path), file.troubles().count()), (vec![(0, 300)], 0));
}
