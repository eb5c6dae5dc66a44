//! A mistake in the file affects only its value, is reported with its line, and
//! loses no account.

use presently_core::settings::Secrets;

use super::*;

/// The mistakes in the file, in English.
fn troubles(desk: &Desk) -> Vec<String> {
    desk.file.troubles().iter().map(english).collect()
}

/// The only mistake in the file.
fn trouble(desk: &Desk) -> String {
    let troubles = troubles(desk);
    assert_eq!(troubles.len(), 1, "{troubles:?}");
    troubles.concat()
}

const GOOD: &str = "version = 1\n[idle]\nafter = \"10m\"\n[[account]]\nuser_id = \"@me:a\"\n\
                    share = \"nothing\"\n";

#[test]
fn only_the_bad_value_is_left_out_at_the_start() {
    let mut desk = Desk::new(
        "version = 1\nsecrets = \"file\"\nshiny = true\n[idle]\nafter = \"5\"\nafer = 1\n\
         [lock]\naway = 3\n[call]\nignore = [\n\"a\",\n2]\nexit = 7\n[dnd]\nbusy = true\n\
         [[account]]\nuser_id = \"@me:a\"\nbusy = \"sometimes\"\nshare = \"message\"\n\
         [[account]]\nuser_id = \"@me:b\"\ncall = 1\n",
    );
    let path = desk.file.path().display().to_string();
    let troubles = troubles(&desk);
    let lines: Vec<&str> = troubles.iter().filter_map(|line| line.strip_prefix(&path)).collect();
    assert_eq!(
        lines,
        [
            ": line 3: there is no setting “shiny”; it is ignored",
            ": line 5: “5” is not a duration; write it like 90s, 5m or 1h30m; until it is mended, \
             idle.after is 5m",
            ": line 6: there is no setting “idle.afer”; it is ignored",
            ": line 8: 3 is neither true nor false; until it is mended, lock.away is true",
            ": line 12: invalid type: integer `2`, expected a string; what was in call.ignore \
             before holds",
            ": line 13: “7” is not a duration; write it like 90s, 5m or 1h30m; until it is \
             mended, call.exit is 10s",
            ": line 18: unknown value `sometimes`, expected one of `auto`, `always`, `never`; \
             until it is mended, busy is auto",
            ": line 22: there is no setting “account.call”; it is ignored",
        ]
    );
    let now = desk.file.get();
    assert!(now.dnd.busy && now.lock.away && now.secrets == Secrets::File);
    assert_eq!(desk.user_ids(), ["@me:a", "@me:b"]);
    assert_eq!(desk.file.account("@me:a").map(|a| a.share), Some(Share::Message));
    // Valid settings can be changed, and wrong ones corrected.
    desk.file.set("dnd.busy", "false").expect("valid");
    desk.file.set("idle.after", "7m").expect("valid");
    desk.file.add_account("@me:c").expect("valid");
    desk.file.remove_account("@me:b").expect("valid");
    assert_eq!(desk.file.troubles().len(), 6, "{:?}", desk.file.troubles());
    assert_eq!(desk.user_ids(), ["@me:a", "@me:c"]);
    assert_eq!(desk.file.show(Some("idle.after")).expect("known"), "7m\n");
}

#[test]
fn a_slip_leaves_what_was_in_force_when_edited_and_at_the_start() {
    let mut desk = Desk::new(GOOD);
    for (text, line, of) in [
        (GOOD.replace("\"10m\"", "5"), "line 3", "idle.after is 10m"),
        (GOOD.replace("after", "afer"), "line 3", "idle.afer"),
        (GOOD.replace("\"nothing\"", "\"nothin\""), "line 6", "share is nothing"),
        (GOOD.replace("user_id", "user"), "line 5", "no user_id"),
        (GOOD.replace("\"@me:a\"", "\"me\""), "line 5", "no user id"),
        (GOOD.replace("[[account]]", "[account]"), "line 4", "[[account]]"),
        (GOOD.replace("[idle]", "[idle"), "line 2", "the last good settings are in force"),
        (GOOD.replace("version = 1", "version = 2"), "line 1", "newer"),
        (GOOD.replace("version = 1", "version = \"1\""), "line 1", "number"),
    ] {
        for restarted in [false, true] {
            desk.write(&text);
            if restarted {
                desk.restart();
            }
            let troubles = troubles(&desk);
            assert!(troubles.iter().any(|t| t.contains(line) && t.contains(of)), "{troubles:?}");
            assert_eq!(desk.user_ids(), ["@me:a"], "{text}");
            let share = desk.file.account("@me:a").map(|a| a.share);
            assert_eq!(share, Some(Share::Nothing), "nobody sees more than they should: {text}");
            desk.write(GOOD);
            assert_eq!(desk.file.troubles(), &[] as &[Code]);
        }
    }
}

#[test]
fn where_nothing_can_be_read_the_last_good_ones_stand_in() {
    let mut desk = Desk::new(GOOD);
    for bad in [&b"[idle\n"[..], b"after = \xff\n", b"a = 1\na = 2\n"] {
        desk.write(bad);
        desk.restart();
        let trouble = trouble(&desk);
        assert!(trouble.contains("line ") && trouble.lines().count() == 1, "{trouble}");
        assert!(trouble.ends_with("the last good settings are in force"), "{trouble}");
        assert_eq!(desk.file.show(Some("idle.after")).expect("known"), "10m\n");
        assert_eq!(desk.user_ids(), ["@me:a"]);
        // A file with a syntax error is never overwritten.
        let refused = desk.file.set("idle.after", "1m").expect_err("broken");
        let refused = english(&refused);
        assert!(refused.ends_with("; mend it first") && refused.lines().count() == 1, "{refused}");
        assert!(desk.file.add_account("@me:b").is_err() && desk.file.edit_refusal().is_some());
        desk.file.add_account("@me:a").expect("it is known");
        assert_eq!(std::fs::read(desk.file.path()).ok().as_deref(), Some(bad));
    }
    // A full disk leaves an empty file. It says nothing about an account.
    desk.write("");
    assert!(trouble(&desk).contains("it is empty; remove it"), "{}", trouble(&desk));
    desk.restart();
    assert_eq!((desk.user_ids(), desk.file.troubles().len()), (vec!["@me:a"], 1));
    // A dangling symbolic link, as into an unmounted file system, is not an
    // empty file.
    std::fs::remove_file(desk.file.path()).expect("it was there");
    std::os::unix::fs::symlink("nowhere/settings.toml", desk.file.path()).expect("writable");
    desk.restart();
    assert_eq!((desk.user_ids(), desk.file.troubles().len()), (vec!["@me:a"], 1));
    // A removed file counts as an empty one.
    std::fs::remove_file(desk.file.path()).expect("it was there");
    desk.restart();
    assert_eq!((desk.user_ids(), desk.file.troubles().len()), (vec![], 0));
}

#[test]
fn without_anything_from_before_that_is_said() {
    let desk = Desk::new("[idle\n");
    let trouble = trouble(&desk);
    assert!(trouble.ends_with("so the defaults are in force"), "{trouble}");
}

#[test]
fn the_last_good_ones_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new(GOOD);
    let kept = desk.folder.path().join("state/settings.last-good.toml");
    let mode = std::fs::metadata(&kept).expect("it was written").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(kept).expect("readable");
    assert!(text.contains("user_id = \"@me:a\""), "{text}");
}

#[test]
fn an_account_is_listed_once() {
    let desk = Desk::new(GOOD.to_owned() + "[[account]]\nuser_id = \"@me:a\"\n");
    assert_eq!(desk.user_ids(), ["@me:a"]);
    let trouble = trouble(&desk);
    assert!(trouble.contains("line 8: this account is listed before"), "{trouble}");
}

#[test]
fn a_file_of_a_newer_version_is_read_as_far_as_it_is_known() {
    let mut desk = Desk::new(GOOD.replace("version = 1", "version = 2\nnew = true"));
    assert_eq!((desk.user_ids(), desk.file.troubles().len()), (vec!["@me:a"], 2));
    assert!(matches!(desk.file.set("idle.after", "1m"), Err(SettingsError::Broken(_))));
}
