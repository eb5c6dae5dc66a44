//! Reading of a settings file, one value at a time. A wrong value is reported
//! with its line and left out. The others apply.

use std::collections::BTreeMap;
use std::ops::Range;

use presently_core::duration::Span;
use presently_core::hours::WorkingDays;
use presently_core::settings::{AccountSettings, VERSION};
use presently_core::{Code, Coded as _, Settings};
use serde::de::DeserializeOwned;
use toml_edit::{ArrayOfTables, Document, DocumentMut, InlineTable, Item, Table, TableLike, Value};

/// A file that could be read, in whole or in part.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) document: Document<String>,
    pub(super) settings: Settings,
    /// The mistakes with their lines, in file order.
    pub(super) mistakes: Vec<Code>,
    /// Whether a newer version of this program wrote the file.
    pub(super) is_newer: bool,
}

impl Reading {
    /// Reads a text. A wrong value is replaced by the one in `before`.
    ///
    /// # Errors
    ///
    /// If nothing can be read.
    pub(super) fn of(text: &str, before: &Settings) -> Result<Self, Code> {
        let document = Document::parse(text.to_owned()).map_err(|e| {
            let what = Code::plain(first_line(e.message()));
            e.span().map_or(what.clone(), |span| on_line(text, span.start, what))
        })?;
        let mut reader =
            Reader { text, before, known: table(before), good: Table::new(), mistakes: Vec::new() };
        let mut is_newer = false;
        for (key, item) in document.iter() {
            let line = line_of(document.as_table(), key, item);
            match key {
                "version" => is_newer = reader.version(&line, item),
                "account" => reader.accounts(&line, item),
                _ => reader.section(&line, key, item),
            }
        }
        let Reader { good, mut mistakes, .. } = reader;
        mistakes.sort_by_key(|mistake| mistake.at);
        let mistakes =
            mistakes.into_iter().map(|mistake| on_line(text, mistake.at, mistake.what)).collect();
        let settings = from(good).map_err(|e| Code::plain(first_line(e.message())))?;
        Ok(Self { document, settings, mistakes, is_newer })
    }
}

/// Why `value` is not valid for `key`, which must exist.
pub(super) fn refusal(key: &str, value: &Value) -> Option<Code> {
    let known = table(&Settings::default());
    let mut parts = key.split('.');
    let (section, rest) = (parts.next()?, parts.next());
    let (mut trial, usual) = (Table::new(), known.get(section)?);
    let usual = match rest {
        Some(inner) => {
            trial.insert(section, nested(inner, Item::Value(value.clone())));
            usual.get(inner)?
        }
        None => {
            trial.insert(section, Item::Value(value.clone()));
            usual
        }
    };
    let error = from::<Settings>(trial).err()?;
    Some(wrong(key, &error, value, usual))
}

struct Mistake {
    /// The byte offset in the text.
    at: usize,
    what: Code,
}

struct Reader<'a> {
    text: &'a str,
    before: &'a Settings,
    /// All existing settings with their earlier values.
    known: Table,
    /// The valid values so far.
    good: Table,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn report(&mut self, place: &Range<usize>, what: Code) {
        self.mistakes.push(Mistake { at: place.start.min(self.text.len()), what });
    }

    fn unknown(&mut self, place: &Range<usize>, key: &str) {
        self.report(place, Code::new("settings-key-ignored").with("key", key));
    }

    /// Whether the file is from a newer version.
    fn version(&mut self, place: &Range<usize>, item: &Item) -> bool {
        match item.as_integer() {
            Some(version) if version > i64::from(VERSION) => {
                let version = u64::try_from(version).unwrap_or_default();
                self.report(place, Code::new("settings-version-newer").with("version", version));
                true
            }
            Some(0..) => false,
            _ => {
                self.report(place, Code::new("settings-version-wrong").with("version", VERSION));
                false
            }
        }
    }

    fn section(&mut self, place: &Range<usize>, key: &str, item: &Item) {
        let Some(known) = self.known.get(key).cloned() else { return self.unknown(place, key) };
        let Some(known) = known.as_table_like() else {
            let value = self.value(place, key, item, &known, |v| trial(key, v));
            self.good.insert(key, value);
            return;
        };
        let Some(section) = item.as_table_like() else {
            let sample = known.iter().next().map_or("", |(inner, _)| inner);
            let what = Code::new("settings-is-section").with("key", key).with("sample", sample);
            self.report(place, what);
            let before = self.known.get(key).cloned().unwrap_or_default();
            self.good.insert(key, before);
            return;
        };
        let mut good = Table::new();
        for (inner, item) in section.iter() {
            let (place, full) = (line_of(section, inner, item), format!("{key}.{inner}"));
            match known.get(inner) {
                None => self.unknown(&place, &full),
                Some(before) => {
                    let trial = |v: Item| trial(key, nested(inner, v));
                    let value = self.value(&place, &full, item, before, trial);
                    good.insert(inner, value);
                }
            }
        }
        self.good.insert(key, Item::Table(good));
    }

    /// The item if it is valid, else the earlier value.
    fn value(
        &mut self,
        place: &Range<usize>,
        key: &str,
        item: &Item,
        before: &Item,
        trial: impl Fn(Item) -> Result<(), toml_edit::de::Error>,
    ) -> Item {
        let Err(error) = trial(item.clone()) else { return item.clone() };
        let given = item.clone().into_value().unwrap_or_else(|_| Value::from(""));
        let why = wrong(key, &error, &given, before);
        let what = match before.as_value() {
            Some(Value::Array(_)) | None => {
                Code::new("settings-list-holds").with("why", why).with("key", key)
            }
            Some(value) => Code::new("settings-value-holds")
                .with("why", why)
                .with("key", key)
                .with("value", plain(value)),
        };
        let place = error.span().filter(|span| !span.is_empty()).unwrap_or(place.clone());
        self.report(&place, what);
        before.clone()
    }

    fn accounts(&mut self, place: &Range<usize>, item: &Item) {
        let entries: Vec<&dyn TableLike> = match item {
            Item::ArrayOfTables(tables) => tables.iter().map(|t| t as &dyn TableLike).collect(),
            Item::Value(Value::Array(array)) => {
                let tables = array.iter().map(|v| (v, v.as_inline_table()));
                let (good, bad): (Vec<_>, Vec<_>) = tables.partition(|(_, t)| t.is_some());
                for (value, _) in bad {
                    let place = value.span().unwrap_or(place.clone());
                    self.report(&place, Code::new("settings-account-ignored"));
                }
                good.into_iter().filter_map(|(_, t)| t.map(|t| t as &dyn TableLike)).collect()
            }
            one if one.is_table_like() => {
                self.report(place, Code::new("settings-account-brackets"));
                one.as_table_like().into_iter().collect()
            }
            _ => {
                self.report(place, Code::new("settings-accounts-hold"));
                let before = self.known.get("account").cloned().unwrap_or_default();
                self.good.insert("account", before);
                return;
            }
        };
        let mut found: Vec<Option<Table>> = Vec::new();
        let mut seen: BTreeMap<String, ()> = BTreeMap::new();
        for entry in entries {
            let place = place_of(entry).unwrap_or(place.clone());
            let Some(user_id) = self.user_id(&place, entry) else {
                found.push(None);
                continue;
            };
            if seen.insert(user_id.clone(), ()).is_some() {
                self.report(&place, Code::new("settings-account-twice"));
                continue;
            }
            found.push(Some(self.account(&user_id, entry)));
        }
        // An entry without a readable user id stands for an earlier account
        // that is not listed otherwise.
        let accounts = self.before.accounts.iter();
        let mut lost = accounts.filter(|a| !seen.contains_key(&a.user_id)).map(table);
        let mut accounts = ArrayOfTables::new();
        found.into_iter().filter_map(|f| f.or_else(|| lost.next())).for_each(|t| accounts.push(t));
        self.good.insert("account", Item::ArrayOfTables(accounts));
    }

    /// The user id of an entry.
    fn user_id(&mut self, place: &Range<usize>, entry: &dyn TableLike) -> Option<String> {
        let Some(item) = entry.get("user_id") else {
            self.report(place, Code::new("settings-no-user-id"));
            return None;
        };
        let user_id = item.as_str().filter(|id| id.starts_with('@') && id.contains(':'));
        if user_id.is_none() {
            let place = line_of(entry, "user_id", item);
            self.report(&place, Code::new("settings-bad-user-id"));
        }
        user_id.map(str::to_owned)
    }

    fn account(&mut self, user_id: &str, entry: &dyn TableLike) -> Table {
        let before = self.before.accounts.iter().find(|a| a.user_id == user_id).cloned();
        let known = table(&before.unwrap_or_else(|| AccountSettings::new(user_id)));
        let mut good = Table::new();
        good.insert("user_id", toml_edit::value(user_id));
        for (key, item) in entry.iter().filter(|(key, _)| *key != "user_id") {
            let place = line_of(entry, key, item);
            match known.get(key) {
                None => self.unknown(&place, &format!("account.{key}")),
                Some(before) => {
                    let trial = |v: Item| {
                        let mut trial = Table::new();
                        trial.insert("user_id", toml_edit::value(user_id));
                        trial.insert(key, v);
                        from::<AccountSettings>(trial).map(drop)
                    };
                    let value = self.value(&place, key, item, before, trial);
                    good.insert(key, value);
                }
            }
        }
        good
    }
}

fn trial(key: &str, item: Item) -> Result<(), toml_edit::de::Error> {
    let mut table = Table::new();
    table.insert(key, item);
    from::<Settings>(table).map(drop)
}

fn nested(key: &str, item: Item) -> Item {
    let mut table = Table::new();
    table.insert(key, item);
    Item::Table(table)
}

fn from<T: DeserializeOwned>(table: Table) -> Result<T, toml_edit::de::Error> {
    toml_edit::de::from_document(DocumentMut::from(table))
}

/// The serialized form, by key.
fn table<T: serde::Serialize>(what: &T) -> Table {
    toml_edit::ser::to_document(what).map(|d| d.as_table().clone()).unwrap_or_default()
}

/// The range of a key in the text.
fn line_of(table: &dyn TableLike, key: &str, item: &Item) -> Range<usize> {
    let key = table.key(key).and_then(toml_edit::Key::span);
    key.or_else(|| item.span()).unwrap_or_default()
}

/// The range of a table in the text.
fn place_of(table: &dyn TableLike) -> Option<Range<usize>> {
    let first = || table.iter().next().map(|(key, item)| line_of(table, key, item));
    first()
}

/// An error with the line of this offset.
fn on_line(text: &str, at: usize, what: Code) -> Code {
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    Code::new("settings-line").with("line", line).with("what", what)
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

/// Why a value is wrong, in words for a person. serde's messages name Rust types.
fn wrong(key: &str, error: &toml_edit::de::Error, given: &Value, usual: &Item) -> Code {
    let value = plain(given);
    let no_hours = |entry: &Value| entry.as_str()?.parse::<WorkingDays>().err();
    if key == "hours.work"
        && let Some(error) = given.as_array().and_then(|given| given.iter().find_map(no_hours))
    {
        return error.code();
    }
    match (usual.as_value(), given) {
        (Some(Value::Boolean(_)), given) if !given.is_bool() => {
            Code::new("settings-not-boolean").with("value", value)
        }
        (Some(Value::Array(_)), given) if !given.is_array() => {
            Code::new("settings-not-list").with("value", value)
        }
        (Some(Value::String(usual)), given) => {
            match (usual.value().parse::<Span>(), value.parse::<Span>(), given.is_str()) {
                (Ok(_), Err(error), _) => error.code(),
                (Ok(_), Ok(_), false) => Code::new("settings-unquoted").with("value", value),
                (Err(_), _, false) => Code::new("settings-not-word").with("value", value),
                (_, _, true) => unknown_value(error),
            }
        }
        _ => unknown_value(error),
    }
}

/// The error for a word that is none of the allowed ones.
fn unknown_value(error: &toml_edit::de::Error) -> Code {
    Code::plain(first_line(error.message()).replace("unknown variant", "unknown value"))
}

/// A value on one line, without quotes.
fn plain(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.value().clone(),
        Value::InlineTable(_) => InlineTable::new().to_string(),
        other => other.clone().decorated("", "").to_string(),
    };
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(40).collect()
}
