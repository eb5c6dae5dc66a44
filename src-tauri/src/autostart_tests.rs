use std::os::unix::fs::symlink;

use super::*;

/// A folder with empty programs at these paths, and links from the first to the
/// second path of each pair.
fn machine(programs: &[&str], links: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().canonicalize().expect("it is there");
    let make = |path: &Path| {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
    };
    for program in programs {
        make(&root.join(program));
        std::fs::write(root.join(program), "").expect("writable");
    }
    for (from, to) in links {
        make(&root.join(from));
        symlink(root.join(to), root.join(from)).expect("writable");
    }
    (folder, root)
}

#[test]
fn a_program_is_started_by_the_path_that_leads_to_it() {
    let bin = &["usr/bin"][..];
    let local = &["home/me/bin", "usr/bin"][..];
    let link = &[("home/me/bin/presently", "opt/presently/presently")][..];
    let home = &[("home", "var/home")][..];
    let nix = &[("nix/profile", "nix/store/1")][..];
    let farm = &[("profile/bin/presently", "store/1/bin/presently")][..];
    let renamed = &[("usr/bin/presently", "opt/presently-1.2")][..];
    type Row<'a> =
        (&'a str, &'a str, &'a [&'a str], &'a [(&'a str, &'a str)], &'a [&'a str], Option<&'a str>);
    let table: &[Row<'_>] = &[
        ("in PATH", "usr/bin/presently", &[], &[], bin, Some("usr/bin/presently")),
        ("where it was built", "src/target/debug/presently", &[], &[], local, None),
        (
            "another of its name is in PATH",
            "src/target/debug/presently",
            &["usr/bin/presently"],
            &[],
            bin,
            None,
        ),
        ("replaced", "usr/bin/presently (deleted)", &[], &[], bin, Some("usr/bin/presently")),
        ("a link", "opt/presently/presently", &[], link, local, Some("home/me/bin/presently")),
        ("a link, not in PATH", "opt/presently/presently", &[], link, bin, None),
        (
            "a linked home",
            "var/home/me/bin/presently",
            &[],
            home,
            local,
            Some("home/me/bin/presently"),
        ),
        (
            "a linked folder",
            "nix/store/1/bin/presently",
            &[],
            nix,
            &["nix/profile/bin"],
            Some("nix/profile/bin/presently"),
        ),
        (
            "hidden by a script",
            "store/1/bin/.presently-wrapped",
            &["store/1/bin/presently"],
            farm,
            &["profile/bin"],
            Some("profile/bin/presently"),
        ),
        ("of another name", "opt/presently-1.2", &[], renamed, bin, Some("usr/bin/presently")),
        ("no PATH", "usr/bin/presently", &[], &[], &[], None),
    ];
    for (name, program, more, links, path, wanted) in table {
        let real = program.trim_end_matches(" (deleted)");
        let (_folder, root) = machine(&[&[real], *more].concat(), links);
        let path = std::env::join_paths(path.iter().map(|p| root.join(p))).expect("no colons");
        let autostart = Autostart::of(Some(&root.join(program)), &path, &root);
        let wanted =
            wanted.map(|w| root.join(w)).ok_or_else(|| NotInstalled::NotInPath(root.join(real)));
        assert_eq!(autostart.program, wanted, "{name}");
    }
}

fn installed(program: &str) -> (tempfile::TempDir, Autostart) {
    let (folder, root) = machine(&[program], &[]);
    let program = root.join(program);
    let path = program.parent().expect("a folder").as_os_str().to_owned();
    let autostart = Autostart::of(Some(&program), &path, &root);
    (folder, autostart)
}

#[test]
fn what_is_there_decides_what_is_written() {
    const HIDDEN: &str = "[Desktop Entry]\nExec=\"/old/presently\" run\nX-Presently-Written=true\n\
                          Hidden=true\n";
    const FOREIGN: &str = "[Desktop Entry]\nExec=presently run --no-tray\n";
    let (_folder, autostart) = installed("usr/bin/presently");
    let program = autostart.program.clone().expect("installed");
    let exec = format!("Exec=\"{}\" run", program.display());
    let try_exec = format!("TryExec={}", program.display());
    let ours = format!(
        "[Desktop Entry]\nType=Application\nName=Presently\nComment=Keeps your Matrix presence \
         true\n{exec}\n{try_exec}\nIcon=presently\nTerminal=false\nStartupNotify=false\n\
         X-Presently-Written=true\n"
    );
    let old = ours
        .replace(&exec, "Exec=\"/old/presently\" run")
        .replace(&try_exec, "TryExec=/old/presently");
    let hidden = HIDDEN.replace("Exec=\"/old/presently\" run", &exec);
    // The file at first, its state, and the file after the entry was enabled
    // and then disabled.
    let table = [
        ("nothing", None, Standing::Absent, ours.as_str(), None),
        ("it is true", Some(ours.as_str()), Standing::Ours, &ours, None),
        ("the program moved", Some(&old), Standing::Ours, &ours, None),
        ("turned off by the desktop", Some(HIDDEN), Standing::TurnedOff, &hidden, None),
        ("the person's", Some(FOREIGN), Standing::Foreign, FOREIGN, Some(FOREIGN)),
        ("the person's, empty", Some(""), Standing::Foreign, "", Some("")),
    ];
    for (name, before, standing, on, off) in table {
        let _ = std::fs::remove_dir_all(autostart.entry.parent().expect("a folder"));
        if let Some(before) = before {
            presently_durable::write(&autostart.entry, before.as_bytes()).expect("writable");
        }
        let read = || std::fs::read_to_string(&autostart.entry).ok();
        assert_eq!(autostart.standing().ok(), Some(standing), "{name}");
        autostart.enable().expect(name);
        assert_eq!(read().as_deref(), Some(on), "{name}");
        autostart.disable().expect(name);
        assert_eq!(read().as_deref(), off, "{name}");
    }
}

#[test]
fn a_program_that_is_not_installed_removes_an_entry_and_writes_none() {
    let (_folder, autostart) = installed("usr/bin/presently");
    let here = Autostart {
        program: Err(NotInstalled::NotInPath("/src/presently".into())),
        ..autostart.clone()
    };
    here.enable().expect("nothing to do");
    assert!(!here.entry.exists());
    autostart.enable().expect("writable");
    let text = std::fs::read(&here.entry).expect("written");
    here.enable().expect("left");
    assert_eq!(std::fs::read(&here.entry).ok(), Some(text));
    here.disable().expect("removable");
    assert!(!here.entry.exists());
}

#[test]
fn a_place_that_takes_no_entry_is_an_error_only_to_be_switched_on() {
    let (_folder, autostart) = installed("usr/bin/presently");
    let folder = autostart.entry.parent().expect("a folder");
    std::fs::write(folder, "a file in the folder's place").expect("writable");
    assert!(autostart.enable().is_err());
    autostart.disable().expect("there is none");
    // The folder cannot be created any more.
    std::fs::remove_file(folder).expect("removable");
    std::fs::create_dir(folder).expect("writable");
    symlink("/nonexistent/x", &autostart.entry).expect("writable");
    assert_eq!(autostart.standing().ok(), Some(Standing::Foreign));
}

#[test]
fn paths_are_quoted() {
    assert_eq!(quoted("/opt/my apps/50%/x"), "\"/opt/my apps/50%%/x\"");
    assert_eq!(quoted("a$b"), "\"a\\\\$b\"");
}
