//! The settings file: read, changed with its comments kept, and read again
//! when somebody edits it.

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use presently_core::Settings;
use presently_core::settings::{AccountSettings, BusyMode, Share, VERSION};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, Value};

use crate::durable;

mod watch;

pub use watch::{Watch, WatchError};

/// The settings and their file. A broken file leaves the last good ones in
/// force.
#[derive(Debug)]
pub struct SettingsFile {
    path: PathBuf,
    document: DocumentMut,
    settings: Settings,
    trouble: Option<String>,
}

/// What is to be changed of an account's settings; what is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// What it is told.
    pub share: Option<Share>,
    /// Whether busy is shown as busy there.
    pub busy: Option<BusyMode>,
    /// Write the call field while in a call.
    pub call_field: Option<bool>,
    /// Keep a profile room (MSC3032).
    pub profile_room: Option<bool>,
}

/// Why a setting is not changed.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// No such setting.
    #[error("there is no setting “{0}”; `presently settings` shows all of them")]
    UnknownKey(String),
    /// No such account.
    #[error("there is no account {0} here; `presently accounts` lists them")]
    UnknownAccount(String),
    /// It would not be valid.
    #[error("{0}; nothing was changed")]
    Invalid(String),
    /// The file on disk is broken, so changing it would lose what is there.
    #[error("{0}; mend it first")]
    Broken(String),
    /// It cannot be written.
    #[error("cannot save {path}: {source}; nothing was changed", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl SettingsFile {
    /// Reads the file; none is like an empty one.
    pub fn open(path: &Path) -> Self {
        let mut file = Self {
            path: path.to_owned(),
            document: DocumentMut::new(),
            settings: Settings::default(),
            trouble: None,
        };
        file.reload();
        file
    }

    /// The settings in force.
    pub fn get(&self) -> &Settings {
        &self.settings
    }

    /// What is wrong with the file, in one line.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Its place.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The settings in a file, for one who changes nothing; none is like an
    /// empty one. What is wrong with it is said in one line.
    pub fn read(path: &Path) -> Result<Settings, String> {
        read(path).map(|(_, settings)| settings)
    }

    /// Reads the file again. True if something changed, be it for the worse.
    pub fn reload(&mut self) -> bool {
        let before = (self.settings.clone(), self.trouble.clone());
        match read(&self.path) {
            Ok((document, settings)) => {
                self.document = document;
                self.settings = settings;
                self.trouble = None;
            }
            Err(why) => {
                self.trouble = Some(format!("{why}; the last good settings are in force"));
            }
        }
        before != (self.settings.clone(), self.trouble.clone())
    }

    /// All settings in force as TOML, or the value of one key.
    pub fn show(&self, key: Option<&str>) -> Result<String, SettingsError> {
        let document = toml_edit::ser::to_document(&self.settings)
            .map_err(|e| SettingsError::Invalid(e.to_string()))?;
        let Some(key) = key else { return Ok(document.to_string()) };
        let unknown = || SettingsError::UnknownKey(key.to_owned());
        let mut item = document.as_item();
        for part in key.split('.') {
            item = item.get(part).ok_or_else(unknown)?;
        }
        Ok(match item {
            Item::Value(Value::String(s)) => format!("{}\n", s.value()),
            Item::Value(value) => format!("{}\n", value.to_string().trim()),
            Item::Table(table) => table.to_string(),
            other => other.to_string(),
        })
    }

    /// Changes one setting. The value is TOML or a bare word.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingsError> {
        // What is in force names every setting that there is.
        self.show(Some(key))?;
        if key == "version" || key.starts_with("account") {
            return Err(SettingsError::Invalid(format!(
                "“{key}” is not changed this way: use `presently account`, or edit {}",
                self.path.display()
            )));
        }
        let value = Value::from_str(value).unwrap_or_else(|_| Value::from(value.trim().to_owned()));
        self.edit(|document| {
            let mut table = document.as_table_mut();
            let mut parts = key.split('.').peekable();
            while let Some(part) = parts.next() {
                if parts.peek().is_none() {
                    return put(table, part, value.clone());
                }
                let next = table.entry(part).or_insert_with(|| Item::Table(Table::new()));
                match next.as_table_mut() {
                    Some(inner) => table = inner,
                    None => return,
                }
            }
        })
    }

    /// Adds an account, if it is not there.
    pub fn add_account(&mut self, user_id: &str) -> Result<(), SettingsError> {
        if self.settings.accounts.iter().any(|a| a.user_id == user_id) {
            return Ok(());
        }
        let mut added = false;
        self.edit(|document| {
            let accounts = document
                .entry("account")
                .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
            if let Some(accounts) = accounts.as_array_of_tables_mut() {
                let mut table = Table::new();
                table.insert("user_id", toml_edit::value(user_id));
                accounts.push(table);
                added = true;
            }
        })?;
        if added { Ok(()) } else { Err(self.by_hand()) }
    }

    /// Changes the settings of an account.
    pub fn set_account(
        &mut self,
        user_id: &str,
        change: AccountChange,
    ) -> Result<(), SettingsError> {
        self.reload();
        if self.trouble.is_none() && self.account(user_id).is_none() {
            return Err(SettingsError::UnknownAccount(user_id.to_owned()));
        }
        let mut found = false;
        self.edit(|document| {
            let accounts = document.get_mut("account").and_then(Item::as_array_of_tables_mut);
            let ours = |t: &&mut Table| t.get("user_id").and_then(Item::as_str) == Some(user_id);
            for table in accounts.into_iter().flat_map(ArrayOfTables::iter_mut).filter(ours) {
                found = true;
                let values = [
                    ("share", change.share.map(|share| share.name().into())),
                    ("busy", change.busy.map(|busy| busy.name().into())),
                    ("call_field", change.call_field.map(Value::from)),
                    ("profile_room", change.profile_room.map(Value::from)),
                ];
                for (key, value) in values {
                    if let Some(value) = value {
                        put(table, key, value);
                    }
                }
            }
        })?;
        if found { Ok(()) } else { Err(self.by_hand()) }
    }

    /// The accounts stand there in a form that is not ours.
    fn by_hand(&self) -> SettingsError {
        let path = self.path.display();
        SettingsError::Invalid(format!("{path} lists the accounts in another form: edit it there"))
    }

    /// Removes an account with its settings.
    pub fn remove_account(&mut self, user_id: &str) -> Result<(), SettingsError> {
        self.edit(|document| {
            if let Some(accounts) =
                document.get_mut("account").and_then(Item::as_array_of_tables_mut)
            {
                accounts.retain(|t| t.get("user_id").and_then(Item::as_str) != Some(user_id));
            }
        })
    }

    /// The settings of an account.
    pub fn account(&self, user_id: &str) -> Option<&AccountSettings> {
        self.settings.accounts.iter().find(|a| a.user_id == user_id)
    }

    fn edit(&mut self, change: impl FnOnce(&mut DocumentMut)) -> Result<(), SettingsError> {
        self.reload();
        if let Some(trouble) = &self.trouble {
            return Err(SettingsError::Broken(trouble.clone()));
        }
        let mut next = self.document.clone();
        if !next.contains_key("version") {
            next.insert("version", toml_edit::value(i64::from(VERSION)));
        }
        change(&mut next);
        let text = next.to_string();
        let (document, settings) = parse(&text).map_err(SettingsError::Invalid)?;
        durable::write(&self.path, text.as_bytes())
            .map_err(|source| SettingsError::Write { path: self.path.clone(), source })?;
        self.document = document;
        self.settings = settings;
        Ok(())
    }
}

/// Changes a value and keeps the comment beside it.
fn put(table: &mut Table, key: &str, mut value: Value) {
    if let Some(old) = table.get(key).and_then(Item::as_value) {
        *value.decor_mut() = old.decor().clone();
    }
    table.insert(key, Item::Value(value));
}

fn read(path: &Path) -> Result<(DocumentMut, Settings), String> {
    let read = match std::fs::read_to_string(path) {
        Ok(text) => parse(&text),
        Err(e) if e.kind() == io::ErrorKind::NotFound => parse(""),
        Err(e) => Err(e.to_string()),
    };
    read.map_err(|why| format!("{}: {why}", path.display()))
}

/// One line about what is wrong, with the line of the file where it is.
fn parse(text: &str) -> Result<(DocumentMut, Settings), String> {
    let line = |span: Option<std::ops::Range<usize>>| {
        span.and_then(|s| text.get(..s.start))
            .map_or(String::new(), |before| format!("line {}: ", before.matches('\n').count() + 1))
    };
    let first = |message: &str| message.lines().next().unwrap_or_default().to_owned();
    let document = DocumentMut::from_str(text)
        .map_err(|e| format!("{}{}", line(e.span()), first(e.message())))?;
    let settings: Settings = toml_edit::de::from_str(text)
        .map_err(|e| format!("{}{}", line(e.span()), first(e.message())))?;
    if settings.version > VERSION {
        return Err(format!("version {} is from a newer Presently", settings.version));
    }
    Ok((document, settings))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, SettingsFile) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, text).expect("writable");
        let file = SettingsFile::open(&path);
        (folder, file)
    }

    #[test]
    fn a_change_keeps_the_comments() {
        let text = "# mine\nversion = 1\n[idle]\nafter = \"10m\" # long\n";
        let (_folder, mut file) = file(text);
        file.set("idle.after", "90s").expect("valid");
        file.set("call.ignore", "[\"obs\"]").expect("valid");
        file.add_account("@me:example.org").expect("valid");
        let now = std::fs::read_to_string(file.path()).expect("readable");
        assert_eq!(
            now,
            "# mine\nversion = 1\n[idle]\nafter = \"90s\" # long\n\n[call]\nignore = [\"obs\"]\n\n\
             [[account]]\nuser_id = \"@me:example.org\"\n"
        );
        file.remove_account("@me:example.org").expect("valid");
        assert!(file.get().accounts.is_empty());
        assert_eq!(file.show(Some("idle.after")).expect("known"), "1m30s\n");
    }

    #[test]
    fn an_account_is_changed_and_the_others_are_not() {
        let text = "version = 1\n\n# work\n[[account]]\nuser_id = \"@me:a\"\nbusy = \"never\" # mine\n\n\
                    [[account]]\nuser_id = \"@me:b\"\n";
        let (_folder, mut file) = file(text);
        let busy = AccountChange { busy: Some(BusyMode::Always), ..Default::default() };
        file.set_account("@me:a", busy).expect("valid");
        let change = AccountChange {
            share: Some(Share::Message),
            call_field: Some(true),
            ..Default::default()
        };
        file.set_account("@me:b", change).expect("valid");
        let now = std::fs::read_to_string(file.path()).expect("readable");
        assert_eq!(
            now,
            "version = 1\n\n# work\n[[account]]\nuser_id = \"@me:a\"\nbusy = \"always\" # mine\n\n\
             [[account]]\nuser_id = \"@me:b\"\nshare = \"message\"\ncall_field = true\n"
        );
        assert_eq!(
            file.account("@me:b").map(|a| (a.share, a.call_field)),
            Some((Share::Message, true))
        );
        let unknown = file.set_account("@me:c", change);
        assert!(matches!(unknown, Err(SettingsError::UnknownAccount(_))), "{unknown:?}");

        let (_folder, mut file) = self::file("account = [{user_id = \"@me:a\"}]\n");
        for inline in [file.set_account("@me:a", change), file.add_account("@me:b")] {
            assert!(matches!(inline, Err(SettingsError::Invalid(_))), "{inline:?}");
        }
    }

    #[test]
    fn a_broken_file_is_reported_with_its_line_and_changes_nothing() {
        let (_folder, mut file) = file("version = 1\n[idle]\nafter = \"10m\"\n");
        for (text, line) in [
            ("version = 1\n[idle]\nafter = 5\n", "line 3"),
            ("version = 1\n[idle]\nafer = \"5m\"\n", "line 3"),
            ("version = 1\n[idle\n", "line 2"),
        ] {
            std::fs::write(file.path(), text).expect("writable");
            file.reload();
            assert!(file.trouble().is_some_and(|t| t.contains(line)), "{:?}", file.trouble());
            assert_eq!(file.get().idle.after.to_string(), "10m", "the last good one");
            assert!(matches!(file.set("idle.after", "1m"), Err(SettingsError::Broken(_))));
            assert_eq!(std::fs::read_to_string(file.path()).ok().as_deref(), Some(text));
        }
    }

    #[test]
    fn wrong_keys_and_values_are_refused() {
        let (_folder, mut file) = file("");
        assert!(matches!(file.set("idle.afer", "1m"), Err(SettingsError::UnknownKey(_))));
        assert!(matches!(file.set("idle.after", "soon"), Err(SettingsError::Invalid(_))));
        assert!(matches!(file.set("version", "2"), Err(SettingsError::Invalid(_))));
        assert_eq!(std::fs::read_to_string(file.path()).ok().as_deref(), Some(""));
    }
}
