//! Property tests: in every form of a file, a change has its effect and nothing
//! else changes.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const IDLE: &[&str] = &[
    "",
    "#i1\nidle.after = \"90s\" #i2\n",
    "#i1\n'idle' . \"after\" = '90s' #i2\n",
    "#i1\nidle = { after = \"90s\" } #i2\n",
    "#i1\nidle = {} #i2\n",
    "#i1\nidle = {\n #i3\n after = \"90s\", #i2\n}\n",
    "#i1\nidle = {\n #i3\n after = \"90s\" #i2\n }\n",
    "#i1\n[idle] #i2\n#i3\nafter = \"\"\"90s\"\"\" #i4\n",
    "#i1\n[idle] #i2\n#i3\n",
];

// Comments marked #c, within a list, are removed with its elements and not
// counted.
const CALL: &[&str] = &[
    "",
    "#k1\ncall.ignore = [ #c2\n 'x', #c3\n #c4\n \"y\" #c5\n] #k6\n",
    "#k1\ncall = { enabled = true, ignore = [\"x\"] } #k2\n",
    "#k1\n[call] #k2\nenabled = true #k3\nignore = [\n \"x\",\n \"y\", #c4\n]\n#k5\n",
];

// Comments marked #o, about the first account, are removed with it.
const ACCOUNTS: &[&str] = &[
    "",
    "#a0\naccount = [] #a1\n",
    "#a0\naccount = [ #a1\n] #a2\n",
    "#a0\naccount = [{ user_id = \"@me:a\" }, { user_id = \"@me:b\", busy = \"never\" }] #a1\n",
    "#a0\naccount = [\n { user_id = \"@me:a\" }, #o1\n { user_id = \"@me:b\" } #a1\n]\n",
    "#a0\naccount = [\n { user_id = \"@me:a\" } #o1\n , { user_id = \"@me:b\" }\n, ] #a1\n",
    "#a0\n\n#o0\n[[account]] #o1\n#o2\nuser_id = \"@me:a\" #o3\n#a1\n\n[[account]]\nuser_id = \"@me:b\"\n",
    "[[account]]\nuser_id = \"@me:b\"\n#a1\n\n#a2\n\n[[account]]\nuser_id = '@me:a'\nshare = \"message\"\n",
];

#[derive(Clone, Copy, Debug)]
enum Change {
    Idle,
    Ignore(&'static [&'static str]),
    Lock,
    Add,
    Share,
    Remove,
}

const CHANGES: &[Change] = &[
    Change::Idle,
    Change::Ignore(&[]),
    Change::Ignore(&["x"]),
    Change::Ignore(&["y"]),
    Change::Ignore(&["x", "y", "z"]),
    Change::Ignore(&["z", "x"]),
    Change::Lock,
    Change::Add,
    Change::Share,
    Change::Remove,
];

prop_compose! {
    fn a_file()(
        idle in select(IDLE),
        call in select(CALL),
        accounts in select(ACCOUNTS),
        [version, mark, returns, newline, reverse] in any::<[bool; 5]>(),
    ) -> String {
        let mut parts = [idle, call, accounts];
        if reverse {
            parts.reverse();
        }
        // TOML requires keys without a header to come first.
        parts.sort_by_key(|part| part.starts_with('[') || part.contains("\n["));
        let version = if version { "#v0\nversion = 1 #v1\n\n" } else { "#v0\n" };
        let mut text = [version, &parts.concat()].concat();
        if !newline {
            text.truncate(text.trim_end().len());
        }
        let text = if returns { text.replace('\n', "\r\n") } else { text };
        if mark { format!("\u{feff}{text}") } else { text }
    }
}

/// Applies a change and returns the expected settings.
fn change(file: &mut SettingsFile, change: Change) -> Settings {
    let mut wanted = file.get().clone();
    match change {
        Change::Idle => {
            file.set("idle.after", "7m").expect("set");
            wanted.idle.after = "7m".parse().expect("a duration");
        }
        Change::Ignore(list) => {
            file.set("call.ignore", &format!("{list:?}")).expect("set");
            wanted.call.ignore = list.iter().map(|&s| s.to_owned()).collect();
        }
        Change::Lock => {
            file.set("lock.away", "false").expect("set");
            wanted.lock.away = false;
        }
        Change::Add => {
            file.add_account("@me:c").expect("added");
            if wanted.accounts.iter().all(|a| a.user_id != "@me:c") {
                wanted.accounts.push(AccountSettings::new("@me:c"));
            }
        }
        Change::Share => {
            let share = Some(Share::Nothing);
            let set = file.set_account("@me:a", AccountChange { share, ..Default::default() });
            let ours = wanted.accounts.iter_mut().find(|a| a.user_id == "@me:a");
            assert_eq!(set.is_ok(), ours.is_some());
            ours.into_iter().for_each(|a| a.share = Share::Nothing);
        }
        Change::Remove => {
            file.remove_account("@me:a").expect("removed");
            wanted.accounts.retain(|a| a.user_id != "@me:a");
        }
    }
    wanted
}

/// The comments that must be kept.
fn comments(text: &str) -> Vec<&str> {
    let found = text.lines().filter_map(|line| line.get(line.find('#')?..));
    let found = found.map(str::trim_end).filter(|c| !c.starts_with("#c") && !c.starts_with("#o"));
    let mut found: Vec<&str> = found.collect();
    found.sort_unstable();
    found
}

proptest! {
    // Few cases, because every change is written durably.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_set_is_got_and_all_else_is_as_before(
        text in a_file(),
        changes in prop::collection::vec(select(CHANGES), 1..5),
    ) {
        let mut desk = Desk::new(&text);
        prop_assert_eq!(desk.file.troubles(), &[] as &[Code]);
        for one in changes {
            let wanted = change(&mut desk.file, one);
            prop_assert_eq!(desk.file.get(), &wanted);
        }
        let wanted = desk.file.get().clone();
        desk.restart();
        prop_assert_eq!(desk.file.get(), &wanted);
        prop_assert_eq!(desk.file.troubles(), &[] as &[Code]);
        let now = desk.text();
        prop_assert_eq!(comments(&text), comments(&now), "{}", now);
        prop_assert_eq!(text.starts_with('\u{feff}'), now.starts_with('\u{feff}'));
        let lone = now.matches('\n').count() - now.matches("\r\n").count();
        prop_assert!(!text.contains("\r\n") || lone == 0, "{:?}", now);
    }
}
