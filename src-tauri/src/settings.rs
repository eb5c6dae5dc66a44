//! The settings file: reading it, changing it while its comments are kept, and
//! reading it again after an edit.

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use presently_core::settings::{AccountSettings, BusyMode, Share};
use presently_core::{Code, Coded, Settings, coded_error};
use presently_ipc::settings::SettingView;
use toml_edit::{Document, DocumentMut, Item, Value};

use reading::Reading;
use text::FileText;

mod edit;
mod last_good;
mod reading;
mod text;
mod view;
mod watch;

pub use watch::{Watch, WatchError};

/// The settings and their file. Where the file cannot be read, the earlier
/// settings stay in force.
#[derive(Clone, Debug)]
pub struct SettingsFile {
    path: PathBuf,
    /// The file that keeps the settings in force for the next start.
    last_good: PathBuf,
    /// The settings in that file, if known.
    kept: Option<Settings>,
    settings: Settings,
    troubles: Vec<Code>,
    /// Why the file cannot be changed, if so.
    edit_refusal: Option<Code>,
}

/// A change of an account's settings. A `None` leaves a value as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// What the account shows.
    pub share: Option<Share>,
    /// Whether busy is shown as busy on this account.
    pub busy: Option<BusyMode>,
    /// Whether to write the call field to the profile while in a call.
    pub call_field: Option<bool>,
    /// Whether to keep a profile room (MSC3032).
    pub profile_room: Option<bool>,
}

/// Why a setting was not changed.
#[derive(Debug)]
pub enum SettingsError {
    /// There is no setting of this name.
    UnknownKey(String),
    /// There is no account of this user.
    UnknownAccount(String),
    /// The new value is not valid.
    Invalid(Code),
    /// The file cannot be read, so a change could lose its content.
    Broken(Code),
    /// The form of the file does not allow an automatic change.
    UneditableForm {
        /// The path of the file.
        path: PathBuf,
        /// The reason.
        why: Code,
    },
    /// The file cannot be written.
    Write {
        /// The path of the file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
}

impl Coded for SettingsError {
    fn code(&self) -> Code {
        match self {
            Self::UnknownKey(key) => Code::new("settings-no-key").with("key", key),
            Self::UnknownAccount(user_id) => no_account(user_id),
            Self::Invalid(why) => Code::new("nothing-changed").with("why", why.clone()),
            Self::Broken(why) => Code::new("settings-mend-first").with("why", why.clone()),
            Self::UneditableForm { path, why } => {
                Code::new("settings-by-hand").with("path", shown(path)).with("why", why.clone())
            }
            Self::Write { path, source } => Code::new("settings-unsaved")
                .with("path", shown(path))
                .with("why", source.to_string()),
        }
    }
}

coded_error!(SettingsError);

/// The error for a user without an account.
pub fn no_account(user_id: &str) -> Code {
    Code::new("account-unknown").with("user_id", user_id)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

impl SettingsFile {
    /// Reads the file. A missing file counts as an empty one. What cannot be
    /// read keeps its last good value, which is stored in `last_good`.
    pub fn open(path: &Path, last_good: &Path) -> Self {
        let kept = last_good::read(last_good);
        let mut file = Self {
            path: path.to_owned(),
            last_good: last_good.to_owned(),
            settings: kept.clone().unwrap_or_default(),
            kept,
            troubles: Vec::new(),
            edit_refusal: None,
        };
        file.reload();
        file
    }

    /// The settings in force.
    pub fn get(&self) -> &Settings {
        &self.settings
    }

    /// What is wrong with the file.
    pub fn troubles(&self) -> &[Code] {
        &self.troubles
    }

    /// Why neither the file can be edited nor an account added, if so.
    pub fn edit_refusal(&self) -> Option<&Code> {
        self.edit_refusal.as_ref()
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the settings without changing anything. A missing file counts as
    /// an empty one.
    ///
    /// # Errors
    ///
    /// The first mistake in the file.
    pub fn read(path: &Path) -> Result<Settings, Code> {
        let (_, reading) = read(path, &Settings::default())?;
        match reading.mistakes.into_iter().next() {
            Some(mistake) => Err(in_file(path, mistake)),
            None => Ok(reading.settings),
        }
    }

    /// Reads the file again. Returns whether anything changed, including new
    /// mistakes.
    pub fn reload(&mut self) -> bool {
        let before = (self.settings.clone(), self.troubles.clone());
        match read(&self.path, &self.settings) {
            Ok((_, reading)) => self.take(reading),
            Err(why) => {
                self.troubles = vec![match self.kept {
                    Some(_) => Code::new("settings-last-good").with("why", why.clone()),
                    None => Code::new("settings-defaults").with("why", why.clone()),
                }];
                self.edit_refusal = Some(why);
            }
        }
        before != (self.settings.clone(), self.troubles.clone())
    }

    /// Puts the new settings in force and stores them for the next start.
    fn take(&mut self, reading: Reading) {
        self.troubles =
            reading.mistakes.into_iter().map(|mistake| in_file(&self.path, mistake)).collect();
        self.settings = reading.settings;
        self.edit_refusal =
            reading.is_newer.then(|| Code::new("settings-newer").with("path", shown(&self.path)));
        if self.kept.as_ref() == Some(&self.settings) {
            return;
        }
        match last_good::keep(&self.last_good, &self.settings) {
            Ok(()) => self.kept = Some(self.settings.clone()),
            Err(error) => {
                self.troubles.push(
                    Code::new("settings-not-kept")
                        .with("path", shown(&self.last_good))
                        .with("why", error.to_string()),
                );
            }
        }
    }

    /// All settings in force as TOML, or the value of one key.
    ///
    /// # Errors
    ///
    /// If there is no such key.
    pub fn show(&self, key: Option<&str>) -> Result<String, SettingsError> {
        let document = document(&self.settings)?;
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

    /// All settings in force with their defaults.
    pub fn view(&self) -> Vec<SettingView> {
        view::view(&self.settings)
    }

    /// Changes one setting. The value is TOML or a bare word.
    ///
    /// # Errors
    ///
    /// If the key or the value is not valid, or the file cannot be changed.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingsError> {
        // The settings in force contain every key.
        self.show(Some(key))?;
        if key == "version" || key.starts_with("account") {
            let path = shown(&self.path);
            let why = Code::new("settings-not-this-way").with("key", key).with("path", path);
            return Err(SettingsError::Invalid(why));
        }
        self.reload();
        let mut wanted = document(&self.settings)?;
        if let Some(section) = wanted.get(key).and_then(Item::as_table_like) {
            let inner = section.iter().next().map_or("", |(inner, _)| inner);
            let why = Code::new("settings-set-section").with("key", key).with("sample", inner);
            return Err(SettingsError::Invalid(why));
        }
        let word = Value::from(value.trim());
        let value = match Value::from_str(value) {
            // No setting is an integer, but a duration may begin with one.
            Ok(value) if !value.is_integer() => value,
            _ => word,
        };
        if let Some(why) = reading::refusal(key, &value) {
            let why = Code::new("settings-of-key").with("key", key).with("why", why);
            return Err(SettingsError::Invalid(why));
        }
        if let Some(item) = key.split('.').try_fold(wanted.as_item_mut(), |i, k| i.get_mut(k)) {
            *item = Item::Value(value.clone());
        }
        let wanted = toml_edit::de::from_document(wanted)
            .map_err(|e: toml_edit::de::Error| SettingsError::Invalid(Code::plain(e.message())))?;
        self.edit(None, wanted, |document| edit::set(document, key, value))
    }

    /// Adds an account unless it exists.
    ///
    /// # Errors
    ///
    /// If the file cannot be changed.
    pub fn add_account(&mut self, user_id: &str) -> Result<(), SettingsError> {
        self.reload();
        if self.account(user_id).is_some() {
            return Ok(());
        }
        let mut wanted = self.settings.clone();
        wanted.accounts.push(AccountSettings::new(user_id));
        self.edit(None, wanted, |document| edit::add_account(document, user_id))
    }

    /// Changes the settings of an account.
    ///
    /// # Errors
    ///
    /// If there is no such account, or the file cannot be changed.
    pub fn set_account(
        &mut self,
        user_id: &str,
        change: AccountChange,
    ) -> Result<(), SettingsError> {
        self.reload();
        let mut wanted = self.settings.clone();
        let account = wanted.accounts.iter_mut().find(|a| a.user_id == user_id);
        let account = account.ok_or_else(|| SettingsError::UnknownAccount(user_id.to_owned()))?;
        let mut values: Vec<(&str, Value)> = Vec::new();
        if let Some(share) = change.share {
            account.share = share;
            values.push(("share", share.name().into()));
        }
        if let Some(busy) = change.busy {
            account.busy = busy;
            values.push(("busy", busy.name().into()));
        }
        if let Some(call_field) = change.call_field {
            account.call_field = call_field;
            values.push(("call_field", call_field.into()));
        }
        if let Some(profile_room) = change.profile_room {
            account.profile_room = profile_room;
            values.push(("profile_room", profile_room.into()));
        }
        self.edit(None, wanted, |document| edit::set_account(document, user_id, values))
    }

    /// Removes an account with its settings.
    ///
    /// # Errors
    ///
    /// If there is no such account, or the file cannot be changed.
    pub fn remove_account(&mut self, user_id: &str) -> Result<(), SettingsError> {
        self.reload();
        let mut wanted = self.settings.clone();
        wanted.accounts.retain(|a| a.user_id != user_id);
        // The removed account must not replace an entry that cannot be read.
        let before = wanted.clone();
        self.edit(Some(before), wanted, |document| edit::remove_account(document, user_id))
    }

    /// The settings of an account.
    pub fn account(&self, user_id: &str) -> Option<&AccountSettings> {
        self.settings.accounts.iter().find(|a| a.user_id == user_id)
    }

    /// Changes the file so that it gives the wanted settings. The result is
    /// parsed before it is written. A change with another effect, or none, is
    /// refused. A value that cannot be read is taken from `before`, else from
    /// the settings in force.
    fn edit(
        &mut self,
        before: Option<Settings>,
        wanted: Settings,
        change: impl FnOnce(&Document<String>) -> Option<String>,
    ) -> Result<(), SettingsError> {
        let before = before.as_ref().unwrap_or(&self.settings);
        let (file, now) = read(&self.path, &self.settings).map_err(SettingsError::Broken)?;
        if let Some(why) = &self.edit_refusal {
            return Err(SettingsError::Broken(why.clone()));
        }
        let by_hand = |why| SettingsError::UneditableForm { path: self.path.clone(), why };
        let text = change(&now.document).ok_or_else(|| by_hand(Code::new("settings-form")))?;
        let next = Reading::of(&text, before).map_err(SettingsError::Invalid)?;
        if next.settings != wanted || next.mistakes.len() > now.mistakes.len() {
            return Err(by_hand(Code::new("settings-entangled")));
        }
        presently_durable::write(&self.path, &file.encode(&text))
            .map_err(|source| SettingsError::Write { path: self.path.clone(), source })?;
        self.take(next);
        Ok(())
    }
}

fn document(settings: &Settings) -> Result<DocumentMut, SettingsError> {
    toml_edit::ser::to_document(settings)
        .map_err(|e| SettingsError::Invalid(Code::plain(e.to_string())))
}

/// An error with the path of the file.
fn in_file(path: &Path, what: Code) -> Code {
    Code::new("settings-file").with("path", shown(path)).with("what", what)
}

/// The text of the file and its settings, or why it cannot be read.
fn read(path: &Path, before: &Settings) -> Result<(FileText, Reading), Code> {
    let read = || {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                return Err(Code::plain(e.to_string()));
            }
            // A dangling symbolic link is an error, not an empty file.
            Err(_) if path.is_symlink() => {
                return Err(Code::new("settings-dangling"));
            }
            Err(_) => Vec::new(),
        };
        // An editor that has just begun to write, or a full disk, leaves an
        // empty file. It must not turn into defaults, which share more.
        if path.exists() && bytes.is_empty() && *before != Settings::default() {
            return Err(Code::new("settings-empty"));
        }
        let file = FileText::decode(bytes)?;
        let reading = Reading::of(&file.text, before)?;
        Ok((file, reading))
    };
    read().map_err(|why| in_file(path, why))
}

#[cfg(test)]
mod tests;
