//! Tests that every kind of edit is noticed once it is complete.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use super::*;

/// Far longer than a notification takes.
const SOON: Duration = Duration::from_secs(20);

const NEW: &str = "idle.after = \"7m\"\naccount = [{ user_id = \"@me:a\" }]\n";

/// A settings file, and another folder with a second one.
fn two_folders() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (config, dots) = (folder.path().join("config"), folder.path().join("dots"));
    for place in [&config, &dots] {
        std::fs::create_dir(place).expect("writable");
        std::fs::write(place.join("settings.toml"), NEW.replace("7m", "5m")).expect("writable");
    }
    (folder, config, dots)
}

/// Checks that the `edit` is noticed and its result is read.
async fn is_seen(file: &Path, what: &str, edit: impl FnOnce() + Send + 'static) {
    let mut watch = Watch::new(file).expect("inotify");
    let mut settings = SettingsFile::open(file, &file.with_extension("kept"));
    let editing = tokio::task::spawn_blocking(edit);
    // The first notification must follow the complete edit, or an account would
    // be missing. The short time-out checks that `edited` can be cancelled.
    let seen = async {
        while tokio::time::timeout(Duration::from_millis(7), watch.edited()).await.is_err() {}
    };
    tokio::time::timeout(SOON, seen).await.unwrap_or_else(|_| panic!("{what}"));
    editing.await.expect("it was edited");
    settings.reload();
    let now = settings.get();
    assert_eq!((now.idle.after.to_string().as_str(), now.accounts.len()), ("7m", 1), "{what}");
    assert_eq!(settings.troubles(), &[] as &[Code], "{what}");
}

fn write(path: &Path) {
    std::fs::write(path, NEW).expect("writable");
}

fn replace(path: &Path) {
    let new = path.with_extension("new");
    write(&new);
    std::fs::rename(new, path).expect("writable");
}

/// Vim with `backupcopy=no`.
fn back_up(path: &Path) {
    std::fs::rename(path, path.with_extension("toml~")).expect("writable");
    write(path);
    std::fs::remove_file(path.with_extension("toml~")).expect("writable");
}

fn make_anew(path: &Path) {
    std::fs::remove_file(path).expect("writable");
    std::thread::sleep(Duration::from_millis(300));
    write(path);
}

fn link(target: &Path, path: &Path) {
    std::fs::remove_file(path).expect("writable");
    symlink(target, path).expect("writable");
}

type Edit = (&'static str, fn(&Path));
const EDITS: [Edit; 4] =
    [("written", write), ("replaced", replace), ("backed up", back_up), ("made anew", make_anew)];

#[tokio::test]
async fn each_way_to_edit_is_noticed() {
    for (how, edit) in EDITS {
        let (_folder, config, _) = two_folders();
        let file = config.join("settings.toml");
        is_seen(&file.clone(), how, move || edit(&file)).await;
    }
}

#[tokio::test]
async fn so_it_is_behind_links() {
    for (how, edit) in EDITS {
        let (folder, config, dots) = two_folders();
        let (file, real) = (config.join("settings.toml"), dots.join("settings.toml"));
        // One link points to another, and one is relative.
        link(&folder.path().join("between"), &file);
        symlink("dots/settings.toml", folder.path().join("between")).expect("writable");
        is_seen(&file, how, move || edit(&real)).await;
    }
    // The folder itself is the link.
    for (how, edit) in EDITS {
        let (_folder, config, dots) = two_folders();
        std::fs::remove_dir_all(&config).expect("writable");
        symlink("dots", &config).expect("writable");
        is_seen(&config.join("settings.toml"), how, move || {
            edit(&dots.join("settings.toml"));
        })
        .await;
    }
}

#[tokio::test]
async fn so_are_links_that_lead_elsewhere() {
    let (_folder, config, dots) = two_folders();
    let (file, real) = (config.join("settings.toml"), dots.join("settings.toml"));
    write(&real);
    is_seen(&file, "a link in the file's place", {
        let file = file.clone();
        move || link(&real, &file)
    })
    .await;
    std::fs::write(&file, NEW.replace("7m", "5m")).expect("writable");
    let other = dots.join("other.toml");
    write(&other);
    is_seen(&file.clone(), "a link to another", move || link(&other, &file)).await;
    let (folder, config, dots) = two_folders();
    write(&dots.join("settings.toml"));
    let linked = folder.path().join("linked");
    symlink(&config, &linked).expect("writable");
    is_seen(&linked.join("settings.toml"), "another folder", move || link(&dots, &linked)).await;
}

#[tokio::test]
async fn so_is_a_folder_that_comes_back() {
    let (_folder, config, _) = two_folders();
    let file = config.join("settings.toml");
    is_seen(&file.clone(), "the folder", move || {
        std::fs::remove_dir_all(&config).expect("writable");
        std::fs::create_dir(&config).expect("writable");
        write(&file);
    })
    .await;
}

#[tokio::test]
async fn what_was_found_later_is_watched_too() {
    let (_folder, config, dots) = two_folders();
    let (file, real) = (config.join("settings.toml"), dots.join("settings.toml"));
    let mut watch = Watch::new(&file).expect("inotify");
    let edits: [&dyn Fn(); 3] = [&|| link(&real, &file), &|| replace(&real), &|| write(&real)];
    for edit in edits {
        edit();
        tokio::time::timeout(SOON, watch.edited()).await.expect("it is noticed");
    }
}

#[test]
fn our_own_changes_keep_the_link() {
    let (_folder, config, dots) = two_folders();
    let (file, real) = (config.join("settings.toml"), dots.join("settings.toml"));
    link(Path::new("../dots/settings.toml"), &file);
    let mut settings = SettingsFile::open(&file, &config.join("kept"));
    settings.set("idle.after", "9m").expect("set");
    assert!(file.is_symlink() && !real.is_symlink());
    assert!(std::fs::read_to_string(&real).is_ok_and(|text| text.contains("\"9m\"")));
    // A dangling link also stays a link.
    std::fs::remove_file(&real).expect("writable");
    presently_durable::write(&file, b"version = 1\n").expect("writable");
    assert!(file.is_symlink() && real.is_file());
}
