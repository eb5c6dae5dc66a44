//! Tests with settings files in different forms.

use presently_text::Texts;

use super::*;

mod any_form;
mod forms;
mod mistakes;
#[cfg(target_os = "linux")]
mod watched;

/// A code in English.
fn english(what: &impl Coded) -> String {
    Texts::english().error(what)
}

/// A settings file in a temporary folder.
struct Desk {
    folder: tempfile::TempDir,
    file: SettingsFile,
}

impl Desk {
    fn new(text: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("settings.toml"), text).expect("writable");
        let file = open(&folder);
        Self { folder, file }
    }

    /// The content of the file.
    fn text(&self) -> String {
        std::fs::read_to_string(self.file.path()).expect("readable")
    }

    /// Edits the file as a person does.
    fn write(&mut self, text: impl AsRef<[u8]>) {
        std::fs::write(self.file.path(), text).expect("writable");
        self.file.reload();
    }

    /// Restarts the agent.
    fn restart(&mut self) {
        self.file = open(&self.folder);
    }

    fn user_ids(&self) -> Vec<&str> {
        self.file.get().accounts.iter().map(|a| a.user_id.as_str()).collect()
    }
}

fn open(folder: &tempfile::TempDir) -> SettingsFile {
    let last_good = folder.path().join("state/settings.last-good.toml");
    SettingsFile::open(&folder.path().join("settings.toml"), &last_good)
}

#[test]
fn a_change_keeps_the_comments() {
    let text = "# mine\nversion = 1\n[idle]\n# why\nafter = \"10m\" # long\n";
    let mut desk = Desk::new(text);
    desk.file.set("idle.after", "90s").expect("valid");
    desk.file.set("call.ignore", "[\"obs\"]").expect("valid");
    desk.file.add_account("@me:example.org").expect("valid");
    assert_eq!(
        desk.text(),
        "# mine\nversion = 1\n[idle]\n# why\nafter = \"90s\" # long\n\n[call]\n\
         ignore = [\"obs\"]\n\n[[account]]\nuser_id = \"@me:example.org\"\n"
    );
    desk.file.remove_account("@me:example.org").expect("valid");
    assert!(desk.file.get().accounts.is_empty());
    assert_eq!(desk.file.show(Some("idle.after")).expect("known"), "1m30s\n");
}

#[test]
fn an_account_is_changed_and_the_others_are_not() {
    let text = "version = 1\n\n# work\n[[account]]\nuser_id = \"@me:a\"\nbusy = \"never\" # mine\n\n\
                [[account]]\nuser_id = \"@me:b\"\n";
    let mut desk = Desk::new(text);
    let busy = AccountChange { busy: Some(BusyMode::Always), ..Default::default() };
    desk.file.set_account("@me:a", busy).expect("valid");
    let change =
        AccountChange { share: Some(Share::Message), call_field: Some(true), ..Default::default() };
    desk.file.set_account("@me:b", change).expect("valid");
    assert_eq!(
        desk.text(),
        "version = 1\n\n# work\n[[account]]\nuser_id = \"@me:a\"\nbusy = \"always\" # mine\n\n\
         [[account]]\nuser_id = \"@me:b\"\nshare = \"message\"\ncall_field = true\n"
    );
    assert_eq!(
        desk.file.account("@me:b").map(|a| (a.share, a.call_field)),
        Some((Share::Message, true))
    );
    let unknown = desk.file.set_account("@me:c", change);
    assert!(matches!(unknown, Err(SettingsError::UnknownAccount(_))), "{unknown:?}");
}

#[test]
fn wrong_keys_and_values_are_refused_in_words_for_people() {
    let mut desk = Desk::new("");
    for (key, value, line) in [
        (
            "idle.afer",
            "1m",
            "there is no setting “idle.afer”; `presently settings` shows all of them",
        ),
        (
            "idle.after",
            "soon",
            "idle.after: “soon” is not a duration; write it like 90s, 5m or 1h30m; nothing was \
             changed",
        ),
        (
            "idle.after",
            "5",
            "idle.after: “5” is not a duration; write it like 90s, 5m or 1h30m; nothing was changed",
        ),
        (
            "idle.after",
            "true",
            "idle.after: “true” is not a duration; write it like 90s, 5m or 1h30m; nothing was \
             changed",
        ),
        ("lock.away", "yes", "lock.away: yes is neither true nor false; nothing was changed"),
        ("lock.away", "1", "lock.away: 1 is neither true nor false; nothing was changed"),
        (
            "call.ignore",
            "obs",
            "call.ignore: obs is not a list; write it like [\"obs\", \"zoom\"]; nothing was changed",
        ),
        (
            "secrets",
            "fil",
            "secrets: unknown value `fil`, expected `keyring` or `file`; nothing was changed",
        ),
        (
            "idle",
            "{ after = \"1m\" }",
            "“idle” is a section; set one of its values, like idle.after; nothing was changed",
        ),
    ] {
        let error = desk.file.set(key, value).expect_err(value);
        assert_eq!(english(&error), line);
    }
    assert!(matches!(desk.file.set("version", "2"), Err(SettingsError::Invalid(_))));
    assert!(matches!(desk.file.set("account", "[]"), Err(SettingsError::Invalid(_))));
    assert_eq!(desk.text(), "");
}
