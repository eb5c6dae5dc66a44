//! Changes of arrays. A comment on the same line as an element belongs to it,
//! even after the comma.

use toml_edit::{Array, RawString, Value};

/// Appends an element, on its own line if the others have one.
pub(super) fn push(array: &mut Array, mut value: Value) {
    let rest = rest(array);
    let indent = array.iter().last().and_then(|last| {
        let prefix = text(last.decor().prefix());
        Some(prefix.get(prefix.rfind('\n')?..)?.to_owned())
    });
    let (prefix, below) = match indent {
        // A comment after the last element stays on its line.
        Some(indent) => match rest.trim_end() {
            "" => (indent, rest),
            comments => (format!("{comments}{indent}"), "\n".to_owned()),
        },
        None if rest.contains('#') => (format!("{}\n  ", rest.trim_end()), "\n".to_owned()),
        None if array.is_empty() => (String::new(), rest),
        None => (" ".to_owned(), rest),
    };
    value.decor_mut().set_prefix(if prefix.trim_start_matches(' ').starts_with('#') {
        format!(" {}", prefix.trim_start_matches(' '))
    } else {
        prefix
    });
    value.decor_mut().set_suffix("");
    array.push_formatted(value);
    array.set_trailing(below);
}

/// The index of the first matching element.
pub(super) fn position(array: &Array, is: impl Fn(&Value) -> bool) -> Option<usize> {
    array.iter().position(is)
}

/// Removes an element with the comments above it and on its line.
pub(super) fn remove(array: &mut Array, index: usize) {
    let Some(old) = array.get(index) else { return };
    let prefix = text(old.decor().prefix());
    // A comment on the line of the previous element belongs to that one.
    let (behind, _) = split(&prefix);
    let behind = behind.trim_end().to_owned();
    if index + 1 == array.len() {
        let rest = rest(array);
        let (_, below) = split(&rest);
        let below = if below.is_empty() && !behind.is_empty() { "\n" } else { below };
        array.remove(index);
        array.set_trailing(format!("{behind}{below}"));
        if array.is_empty() {
            array.set_trailing_comma(false);
        }
        return;
    }
    array.remove(index);
    if let Some(next) = array.get_mut(index) {
        let prefix = text(next.decor().prefix());
        let below = match split(&prefix).1 {
            "" if behind.is_empty() && index == 0 => "",
            "" if behind.is_empty() => " ",
            "" => "\n ",
            below => below,
        };
        next.decor_mut().set_prefix(format!("{behind}{below}"));
    }
}

/// Makes the array equal to `new`. Elements that stay keep their comments.
pub(super) fn renew(old: &mut Array, new: &Array) {
    let same = |a: &Value, b: &Value| match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    };
    let is_gone = |o: &Value| !new.iter().any(|n| same(o, n));
    while let Some(gone) = position(old, is_gone) {
        remove(old, gone);
    }
    let in_order = old.len() <= new.len() && old.iter().zip(new).all(|(o, n)| same(o, n));
    if in_order {
        for value in new.iter().skip(old.len()) {
            let mut value = value.clone();
            value.decor_mut().clear();
            push(old, value);
        }
        return;
    }
    let decor = old.decor().clone();
    old.clone_from(new);
    old.decor_mut().clone_from(&decor);
}

/// Takes the text after the last element, including that after its comma.
fn rest(array: &mut Array) -> String {
    let trailing = text(Some(array.trailing()));
    let last = array.iter_mut().last().map(Value::decor_mut);
    let suffix = last.map(|decor| {
        let suffix = text(decor.suffix());
        decor.set_suffix("");
        suffix
    });
    [suffix.unwrap_or_default(), trailing].concat()
}

/// Splits the text at the end of its first line.
fn split(text: &str) -> (&str, &str) {
    text.split_at(text.find('\n').unwrap_or(text.len()))
}

fn text(raw: Option<&RawString>) -> String {
    raw.and_then(RawString::as_str).unwrap_or_default().to_owned()
}
