//! What Evolution Data Server says about one of its sources: a key file
//! (<https://docs.gtk.org/glib/struct.KeyFile.html>).

use std::collections::HashMap;

use super::client::Listed;

/// A source: a calendar, or an account above it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Source {
    name: String,
    parent: Option<String>,
    is_disabled: bool,
    /// Where its events are from, if it is a calendar.
    backend: Option<String>,
    /// It is not ticked in the list of calendars.
    is_hidden: bool,
}

impl Source {
    /// Reads what is needed. The rest may be anything.
    pub(super) fn parse(text: &str) -> Self {
        let mut source = Self::default();
        let mut group = "";
        for line in text.lines() {
            let line = line.trim();
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                group = name;
                continue;
            }
            let Some((key, value)) = line.split_once('=') else { continue };
            let value = value.trim_start();
            match (group, key.trim_end()) {
                ("Data Source", "DisplayName") => source.name = unescaped(value),
                ("Data Source", "Parent") => source.parent = Some(unescaped(value)),
                ("Data Source", "Enabled") => source.is_disabled = value == "false",
                ("Calendar", "BackendName") => source.backend = Some(unescaped(value)),
                ("Calendar", "Selected") => source.is_hidden = value == "false",
                _ => {}
            }
        }
        source
    }
}

/// The calendars that are on, with every account above them, and ticked.
/// `not_read` are backends that do not count.
pub(super) fn calendars(sources: &HashMap<String, Source>, not_read: &[&str]) -> Vec<Listed> {
    let is_on = |source: &Source| {
        let mut above = Some(source);
        // No chain is longer than there are sources; this one may be a circle.
        for _ in 0..=sources.len() {
            match above {
                Some(source) if source.is_disabled => return false,
                Some(source) => {
                    above = source.parent.as_ref().and_then(|parent| sources.get(parent));
                }
                None => return true,
            }
        }
        false
    };
    let is_read = |source: &Source| {
        let backend = source.backend.as_deref();
        backend.is_some_and(|backend| !not_read.contains(&backend)) && !source.is_hidden
    };
    let mut calendars: Vec<Listed> = sources
        .iter()
        .filter(|(_, source)| is_read(source) && is_on(source))
        .map(|(uid, source)| Listed { uid: uid.clone(), name: source.name.clone() })
        .collect();
    calendars.sort_by(|a, b| (&a.name, &a.uid).cmp(&(&b.name, &b.uid)));
    calendars
}

fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => text.extend(match letters.next() {
                Some('s') => Some(' '),
                Some('n') => Some('\n'),
                Some('t') => Some('\t'),
                Some('r') => Some('\r'),
                other => other,
            }),
            letter => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the shape of what 3.46 sends.
    fn calendar(name: &str, more: &str) -> Source {
        Source::parse(&format!(
            "\n[Data Source]\nDisplayName={name}\nDisplayName[de]=Anders\nEnabled=true\n\
             Parent=account\n\n[Calendar]\nBackendName=caldav\nColor=#becedd\nSelected=true\n{more}"
        ))
    }

    #[test]
    fn calendars_that_are_on_are_read() {
        let account = Source::parse("[Data Source]\nEnabled=true\nParent=\n[Collection]\n");
        let off = Source::parse("[Data Source]\nEnabled=false\n");
        let in_circle = Source::parse("[Data Source]\nParent=circle\n[Calendar]\nBackendName=x\n");
        let below = |parent: &str| Source { parent: Some(parent.to_owned()), ..calendar("x", "") };
        let sources = HashMap::from(
            [
                ("work", calendar("Work\\sand\\splay", "")),
                ("hidden", calendar("Hidden", "Selected=false\n")),
                ("tasks", Source::parse("[Data Source]\n[Task List]\nBackendName=local\n")),
                ("birthdays", calendar("Birthdays", "BackendName=contacts\n")),
                ("above-off", below("off")),
                ("orphan", below("nobody")),
                ("circle", in_circle),
                ("account", account),
                ("off", off),
            ]
            .map(|(uid, source)| (uid.to_owned(), source)),
        );
        let names: Vec<_> = calendars(&sources, &["contacts"])
            .into_iter()
            .map(|listed| (listed.uid, listed.name))
            .collect();
        let expected = [("work", "Work and play"), ("orphan", "x")]
            .map(|(uid, name)| (uid.to_owned(), name.to_owned()));
        assert_eq!(names, expected);
    }
}
