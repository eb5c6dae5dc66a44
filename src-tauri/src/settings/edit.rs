//! Changes of the file's text in every form that TOML allows: tables, inline
//! tables, dotted keys, arrays. Comments are kept. The functions return `None`
//! for a form they cannot change. The caller checks the result.

use std::ops::Range;

use presently_core::settings::VERSION;
use toml_edit::{
    ArrayOfTables, Document, DocumentMut, InlineTable, Item, RawString, Table, TableLike, Value,
};

mod array;

const ACCOUNT: &str = "account";
const USER_ID: &str = "user_id";

/// Sets one value.
pub(super) fn set(document: &Document<String>, key: &str, value: Value) -> Option<String> {
    let mut document = to_change(document);
    match key.split_once('.') {
        None => put(document.as_table_mut(), key, value)?,
        Some((section, inner)) => {
            let new = || Item::Table(Table::new());
            match document.entry(section).or_insert_with(new) {
                Item::Table(table) => put(table, inner, value)?,
                Item::Value(Value::InlineTable(table)) => put_inline(table, inner, value)?,
                _ => return None,
            }
        }
    }
    Some(document.to_string())
}

/// Sets values of an account.
pub(super) fn set_account(
    document: &Document<String>,
    user_id: &str,
    values: Vec<(&str, Value)>,
) -> Option<String> {
    let mut document = to_change(document);
    match document.get_mut(ACCOUNT)? {
        Item::ArrayOfTables(tables) => {
            let table = tables.iter_mut().find(|t| is_of(*t, user_id))?;
            values.into_iter().try_for_each(|(key, value)| put(table, key, value))?;
        }
        Item::Value(Value::Array(array)) => {
            let mut tables = array.iter_mut().filter_map(Value::as_inline_table_mut);
            let table = tables.find(|t| is_of(*t, user_id))?;
            values.into_iter().try_for_each(|(key, value)| put_inline(table, key, value))?;
        }
        _ => return None,
    }
    Some(document.to_string())
}

/// Adds an account.
pub(super) fn add_account(document: &Document<String>, user_id: &str) -> Option<String> {
    let mut document = to_change(document);
    let new = || Item::ArrayOfTables(ArrayOfTables::new());
    match document.entry(ACCOUNT).or_insert_with(new) {
        Item::ArrayOfTables(tables) => {
            let mut table = Table::new();
            table.insert(USER_ID, toml_edit::value(user_id));
            tables.push(table);
        }
        Item::Value(Value::Array(array)) => {
            let mut table = InlineTable::new();
            table.insert(USER_ID, user_id.into());
            array::push(array, table.into());
        }
        _ => return None,
    }
    Some(document.to_string())
}

/// Removes an account with all its settings.
pub(super) fn remove_account(document: &Document<String>, user_id: &str) -> Option<String> {
    match document.get(ACCOUNT) {
        None => Some(document.raw().to_owned()),
        Some(Item::ArrayOfTables(tables)) => {
            let mut text = document.raw().to_owned();
            let ours: Vec<&Table> = tables.iter().filter(|t| is_of(*t, user_id)).collect();
            // In reverse, so that earlier ranges stay valid.
            for table in ours.into_iter().rev() {
                text.replace_range(place(document.raw(), table)?, "");
            }
            Some(text)
        }
        Some(Item::Value(Value::Array(_))) => {
            let mut document = to_change(document);
            let array = document.get_mut(ACCOUNT)?.as_array_mut()?;
            let ours = |v: &Value| v.as_inline_table().is_some_and(|t| is_of(t, user_id));
            while let Some(index) = array::position(array, ours) {
                array::remove(array, index);
            }
            Some(document.to_string())
        }
        Some(_) => None,
    }
}

fn to_change(document: &Document<String>) -> DocumentMut {
    let mut document = document.clone().into_mut();
    if !document.contains_key("version") {
        document.insert("version", toml_edit::value(i64::from(VERSION)));
    }
    document
}

fn is_of(table: &dyn TableLike, user_id: &str) -> bool {
    table.get(USER_ID).and_then(Item::as_str) == Some(user_id)
}

/// Replaces a value and keeps its comments.
fn put(table: &mut dyn TableLike, key: &str, mut value: Value) -> Option<()> {
    value.decor_mut().clear();
    match table.get_mut(key) {
        Some(Item::Value(old)) => match (old, value) {
            (Value::Array(old), Value::Array(new)) => array::renew(old, &new),
            (old, mut new) => {
                new.decor_mut().clone_from(old.decor());
                *old = new;
            }
        },
        Some(Item::None) | None => {
            table.insert(key, Item::Value(value));
        }
        Some(_) => return None,
    }
    Some(())
}

/// Replaces a value in an inline table. A new key is added at the end.
fn put_inline(table: &mut InlineTable, key: &str, value: Value) -> Option<()> {
    if !table.contains_key(key)
        && let Some((_, last)) = table.iter_mut().last()
        && last.decor().suffix().and_then(RawString::as_str).is_some_and(|s| s.trim().is_empty())
    {
        let space = last.decor().suffix().cloned().unwrap_or_default();
        last.decor_mut().set_suffix("");
        put(table, key, value)?;
        table.get_mut(key)?.decor_mut().set_suffix(space);
        return Some(());
    }
    put(table, key, value)
}

/// The lines of a table in an array, from the comment directly above it to its
/// last value. Comments further up or below may concern other tables.
fn place(text: &str, table: &Table) -> Option<Range<usize>> {
    let header = table.span()?;
    let mut start = line_start(text, header.start);
    loop {
        let above = line_start(text, start.saturating_sub(1));
        let is_comment = text.get(above..start)?.trim_start().starts_with('#');
        if start == 0 || !is_comment {
            break;
        }
        start = above;
    }
    let last = last_value(table).unwrap_or(header.end).max(header.end);
    let rest = text.get(last..)?;
    let end = rest.find('\n').map_or(text.len(), |newline| last + newline + 1);
    // One group of blank lines is enough.
    let blank = text.get(end..).is_none_or(|below| below.is_empty() || below.starts_with('\n'));
    if blank && text.get(..start)?.ends_with("\n\n") {
        start -= 1;
    }
    Some(start..end)
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

/// The end of the last value of a table.
fn last_value(table: &dyn TableLike) -> Option<usize> {
    let ends = table.iter().filter_map(|(_, item)| match item {
        Item::Value(value) => value
            .span()
            .map(|span| span.end)
            .or_else(|| value.as_inline_table().and_then(|inner| last_value(inner))),
        Item::Table(inner) => last_value(inner).max(inner.span().map(|span| span.end)),
        Item::ArrayOfTables(_) | Item::None => None,
    });
    ends.max()
}
