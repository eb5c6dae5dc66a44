//! Tests that every form that TOML allows is changed in place and keeps its
//! comments.

use super::*;

#[test]
fn each_form_is_changed_where_it_stands() {
    for (before, after) in [
        ("idle = { after = \"90s\" } # x\n", "idle = { after = \"7m\" } # x\n"),
        ("idle = {} # x\n", "idle = { after = \"7m\" } # x\n"),
        ("# a\nidle.after = '5m' # b\n", "# a\nidle.after = \"7m\" # b\n"),
        ("\"idle\" . 'after' = \"5m\"\n", "\"idle\" . 'after' = \"7m\"\n"),
        ("\n[ idle ] # a\n", "\n[ idle ] # a\nafter = \"7m\"\n"),
        (
            "idle = {\n  # a\n  after = \"5m\", # b\n}\n",
            "idle = {\n  # a\n  after = \"7m\", # b\n}\n",
        ),
        ("# a\r\n[idle]\r\nafter = \"5m\" # b\r\n", "# a\r\n[idle]\r\nafter = \"7m\" # b\r\n"),
    ] {
        for mark in ["", "\u{feff}"] {
            let end = if before.contains('\r') { "\r\n" } else { "\n" };
            let file = |text: &str| format!("{mark}version = 1{end}{text}");
            let mut desk = Desk::new(file(before));
            desk.file.set("idle.after", "7m").expect(before);
            assert_eq!(desk.text(), file(after));
            assert_eq!(desk.file.show(Some("idle.after")).expect("known"), "7m\n");
        }
    }
}

#[test]
fn a_list_keeps_the_comments_at_what_stays() {
    let mut desk = Desk::new(
        "version = 1\n[call]\nignore = [\n  # mixer\n  \"a\", # one\n  \"b\", # two\n  \"c\" # \
         three\n]\n",
    );
    desk.file.set("call.ignore", "[\"a\", \"c\", \"d\"]").expect("valid");
    assert_eq!(
        desk.text(),
        "version = 1\n[call]\nignore = [\n  # mixer\n  \"a\", # one\n  \"c\", # three\n  \"d\"\n]\n"
    );
    desk.file.set("call.ignore", "[\"d\", \"a\"]").expect("valid");
    assert_eq!(desk.file.get().call.ignore, ["d", "a"]);
}

#[test]
fn accounts_in_an_array_are_added_changed_and_removed() {
    let file = |accounts: &str| format!("version = 1\naccount = {accounts} # x\n");
    let mut desk = Desk::new(file("[{user_id = \"@me:a\"}]"));
    desk.file.add_account("@me:b").expect("valid");
    let change = AccountChange { share: Some(Share::Nothing), ..Default::default() };
    desk.file.set_account("@me:a", change).expect("valid");
    let both = "[{user_id = \"@me:a\", share = \"nothing\"}, { user_id = \"@me:b\" }]";
    assert_eq!(desk.text(), file(both));
    desk.file.remove_account("@me:a").expect("valid");
    assert_eq!(desk.text(), file("[{ user_id = \"@me:b\" }]"));
    desk.file.remove_account("@me:b").expect("valid");
    assert_eq!(desk.text(), file("[]"));
    desk.file.add_account("@me:c").expect("valid");
    assert_eq!(desk.text(), file("[{ user_id = \"@me:c\" }]"));

    let one = "[\n  # work\n  { user_id = \"@me:a\" }, # one\n";
    let two = format!("{one}  # home\n  {{ user_id = \"@me:b\" }}, # two\n");
    let mut desk = Desk::new(file(&format!("{two}]")));
    desk.file.add_account("@me:c").expect("valid");
    assert_eq!(desk.text(), file(&format!("{two}  {{ user_id = \"@me:c\" }},\n]")));
    desk.file.remove_account("@me:c").expect("valid");
    assert_eq!(desk.text(), file(&format!("{two}]")));
    desk.file.remove_account("@me:b").expect("valid");
    assert_eq!(desk.text(), file(&format!("{one}]")));
}

#[test]
fn an_account_goes_with_what_is_said_of_it_and_nothing_else() {
    let head = "version = 1\n\n# All of mine:\n\n";
    let first = "# work\n[[account]]\nuser_id = \"@me:a\" # x\n";
    let rest = "# busy = \"never\"\n\n";
    let second = "# home\n[[account]] # y\nuser_id = \"@me:b\"\n\n";
    let end = "[idle]\nafter = \"2m\"\n# the end\n";
    let mut desk = Desk::new([head, first, rest, second, end].concat());
    desk.file.remove_account("@me:b").expect("valid");
    assert_eq!(desk.text(), [head, first, rest, end].concat());
    desk.file.remove_account("@me:a").expect("valid");
    assert_eq!(desk.text(), [head, rest, end].concat());
}

#[test]
fn what_has_no_form_of_ours_is_refused_with_what_to_do() {
    let refusal = ": this stands there in a form that cannot be changed; edit it there";
    for text in ["account = 5\n", "[account]\nuser_id = \"@me:a\"\n"] {
        let mut desk = Desk::new(text);
        let error = english(&desk.file.add_account("@me:b").expect_err(text));
        assert!(error.ends_with(refusal) && error.lines().count() == 1, "{error}");
        assert_eq!(desk.text(), text);
    }
    let error = Desk::new("idle = 5\n").file.set("idle.after", "7m").expect_err("no place");
    assert!(english(&error).ends_with(refusal), "{error}");
}
