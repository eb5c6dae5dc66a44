//! Compares the message files with each other and with the programs. Every
//! message that is used must exist in every language, with the same arguments.
//! Every message that exists must be used.

#![expect(clippy::expect_used, reason = "in a test a panic is how it fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fluent_syntax::ast::{
    Entry, Expression, InlineExpression, Pattern, PatternElement, Resource, VariantKey,
};
use fluent_syntax::parser::parse;
use presently_text::Language;
use regex_lite::Regex;

/// The arguments of each message.
type Messages = BTreeMap<String, BTreeSet<String>>;

#[test]
fn every_language_has_every_message_with_the_same_arguments() {
    let english = messages(Language::English);
    for language in Language::ALL {
        let other = messages(language);
        let names = |messages: &Messages| messages.keys().cloned().collect::<BTreeSet<_>>();
        let (names, wanted) = (names(&other), names(&english));
        assert_eq!(names.difference(&wanted).collect::<Vec<_>>(), [""; 0], "{language:?} alone");
        assert_eq!(wanted.difference(&names).collect::<Vec<_>>(), [""; 0], "not in {language:?}");
        for (name, arguments) in &other {
            assert!(
                arguments.is_subset(&english[name]) || english[name].is_subset(arguments),
                "{language:?}: {name} has the arguments {arguments:?}"
            );
        }
    }
}

#[test]
fn what_is_asked_for_is_there_and_what_is_there_is_asked_for() {
    let mut there = messages(Language::English);
    for language in Language::ALL {
        for (name, arguments) in messages(language) {
            there.entry(name).or_default().extend(arguments);
        }
    }
    let mut asked = BTreeSet::new();
    let mut wrong = Vec::new();
    for (path, source) in sources() {
        for (name, arguments) in asked_for(&source) {
            match there.get(&name) {
                None => wrong.push(format!("{path}: there is no message {name}")),
                Some(wanted) if *wanted != arguments => wrong
                    .push(format!("{path}: {name} is given {arguments:?} and takes {wanted:?}")),
                Some(_) => {}
            }
            asked.insert(name);
        }
    }
    let unused = there.keys().filter(|name| !asked.contains(*name));
    wrong.extend(unused.map(|name| format!("nobody asks for {name}")));
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// All messages of a language.
fn messages(language: Language) -> Messages {
    let mut messages = Messages::new();
    for source in language.sources() {
        let resource: Resource<&str> =
            parse(source).unwrap_or_else(|(_, errors)| panic!("{language:?}: {errors:?}"));
        for entry in resource.body {
            let Entry::Message(message) = entry else { continue };
            let name = message.id.name.to_owned();
            let mut arguments = BTreeSet::new();
            pattern(&message.value.expect("a message has a text"), &mut arguments);
            let before = messages.insert(name.clone(), arguments);
            assert!(before.is_none(), "{language:?} says {name} twice");
        }
    }
    messages
}

fn pattern(of: &Pattern<&str>, arguments: &mut BTreeSet<String>) {
    for element in &of.elements {
        if let PatternElement::Placeable { expression } = element {
            expressions(expression, arguments);
        }
    }
}

fn expressions(of: &Expression<&str>, arguments: &mut BTreeSet<String>) {
    match of {
        Expression::Inline(inline) => variable(inline, arguments),
        Expression::Select { selector, variants } => {
            variable(selector, arguments);
            for variant in variants {
                if let VariantKey::Identifier { name } = &variant.key {
                    assert!(!name.is_empty());
                }
                pattern(&variant.value, arguments);
            }
        }
    }
}

fn variable(of: &InlineExpression<&str>, arguments: &mut BTreeSet<String>) {
    match of {
        InlineExpression::VariableReference { id } => {
            arguments.insert(id.name.to_owned());
        }
        InlineExpression::Placeable { expression } => expressions(expression, arguments),
        _ => {}
    }
}

/// The messages that a source uses, with their arguments. Rust uses `text!(…,
/// "name", argument = …)` and `Code::new("name").with("argument", …)`. The
/// page's scripts use `t("name", { argument: … })`. Its HTML uses
/// `data-text="name"` and `data-ATTRIBUTE-text="name"`.
fn asked_for(source: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut found = Vec::new();
    let macros = Regex::new(r#"text!\(\s*[^",]*?,\s*"([a-z0-9-]+)""#).expect("a pattern");
    for call in macros.captures_iter(source) {
        let whole = call.get(0).expect("the match");
        let inside = until_closed(&source[whole.end()..]);
        let names = top_level(inside)
            .into_iter()
            .filter_map(|part| part.split_once(" = ").map(|(name, _)| name.trim().to_owned()));
        found.push((call[1].to_owned(), names.collect()));
    }
    let codes = Regex::new(r#"Code::new\(\s*"([a-z0-9-]+)",?\s*\)"#).expect("a pattern");
    let with = Regex::new(r#"^\s*\.with\(\s*"([a-z0-9_-]+)","#).expect("a pattern");
    for call in codes.captures_iter(source) {
        let mut rest = &source[call.get(0).expect("the match").end()..];
        let mut names = BTreeSet::new();
        while let Some(argument) = with.captures(rest) {
            names.insert(argument[1].to_owned());
            let after = &rest[argument.get(0).expect("the match").end()..];
            rest = &after[until_closed(after).len() + 1..];
        }
        found.push((call[1].to_owned(), names));
    }
    let page = Regex::new(r#"\bt\(\s*"([a-z0-9-]+)"(,\s*\{)?"#).expect("a pattern");
    for call in page.captures_iter(source) {
        let mut names = BTreeSet::new();
        if let Some(opening) = call.get(2) {
            let inside = until_closed(&source[opening.end()..]);
            names.extend(top_level(inside).into_iter().filter_map(|part| {
                let name = part.split(':').next().unwrap_or_default().trim();
                (!name.is_empty()).then(|| name.to_owned())
            }));
        }
        found.push((call[1].to_owned(), names));
    }
    let html = Regex::new(r#"data-(?:text|[a-z-]+-text)="([a-z0-9-]+)""#).expect("a pattern");
    found.extend(html.captures_iter(source).map(|name| (name[1].to_owned(), BTreeSet::new())));
    found
}

/// The text before the bracket that closes an earlier one.
fn until_closed(text: &str) -> &str {
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => return &text[..at],
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    panic!("a bracket is not closed: {text:.80}");
}

/// The parts between commas outside of brackets.
fn top_level(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut from, mut depth, mut quoted) = (0, 0_i32, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

/// All sources that may use messages, by path, without the test modules at
/// their ends.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let mut found = Vec::new();
    for folder in ["src-tauri/src", "src-tauri/crates", "ui/page"] {
        collect(&root.join(folder), &mut found);
    }
    assert!(found.len() > 100, "the sources are not there");
    found
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("readable");
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            // A name in a comment is no use of a message.
            let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            (path.display().to_string(), lines.collect::<Vec<_>>().join("\n"))
        })
        .collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !["tests", "target", "vendor", "locales"].contains(&name) {
                collect(&path, found);
            }
        } else if [".rs", ".js", ".html"].iter().any(|end| name.ends_with(end))
            && !name.ends_with("tests.rs")
        {
            found.push(path);
        }
    }
}
