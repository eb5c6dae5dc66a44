//! The messages of one language.

use std::fmt;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_syntax::ast::Pattern;
use presently_core::code::Arg;
use presently_core::{Code, Coded, Presence};

use crate::{Hours, Language, Locale, Order, text};

type Bundle = FluentBundle<FluentResource>;

/// The messages of one language, and how its reader writes times.
#[derive(Clone, Copy)]
pub struct Texts {
    messages: &'static Messages,
    pub(crate) locale: Locale,
}

/// The messages of a language. Each part is read when one of its messages is
/// first needed.
struct Messages {
    language: Language,
    of_agent: OnceLock<Bundle>,
    of_command_line: OnceLock<Bundle>,
}

impl Messages {
    /// The messages of a language, shared by the whole process. English is
    /// always needed besides the person's language, because JSON contains it.
    fn of(language: Language) -> &'static Self {
        static ENGLISH: Messages = Messages::new(Language::English);
        static GERMAN: Messages = Messages::new(Language::German);
        match language {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
        }
    }

    const fn new(language: Language) -> Self {
        Self { language, of_agent: OnceLock::new(), of_command_line: OnceLock::new() }
    }

    /// The bundle that has a message, and its text.
    fn find(&self, name: &str) -> Option<(&Bundle, &Pattern<&str>)> {
        let language = self.language;
        let agent = self.of_agent.get_or_init(|| read(language, language.of_agent()));
        if let Some(message) = agent.get_message(name) {
            return Some((agent, message.value()?));
        }
        let command_line = || read(language, language.of_command_line());
        let command_line = self.of_command_line.get_or_init(command_line);
        Some((command_line, command_line.get_message(name)?.value()?))
    }
}

fn read(language: Language, sources: &[&str]) -> Bundle {
    let mut bundle = FluentBundle::new_concurrent(vec![language.id()]);
    // Some terminals and panels show the characters that isolate text
    // directions as boxes. Both languages run left to right.
    bundle.set_use_isolating(false);
    for source in sources {
        // Messages that cannot be read are left out; the tests read every file.
        let resource = match FluentResource::try_new((*source).to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        bundle.add_resource_overriding(resource);
    }
    bundle
}

impl Texts {
    /// The texts for a reader with this locale.
    pub fn new(locale: Locale) -> Self {
        Self { messages: Messages::of(locale.language), locale }
    }

    /// English with 24 hours, for JSON and bug reports.
    pub fn english() -> &'static Self {
        static ENGLISH: OnceLock<Texts> = OnceLock::new();
        ENGLISH.get_or_init(|| {
            Self::new(Locale {
                language: Language::English,
                hours: Hours::TwentyFour,
                order: Order::DayMonth,
            })
        })
    }

    /// The reader's language, and how they write times.
    pub fn locale(&self) -> Locale {
        self.locale
    }

    /// The message of this name; use it through [`text!`]. Where the message is
    /// missing, its name and its arguments are returned.
    pub fn message(&self, name: &str, args: &[(&str, Arg)]) -> String {
        let args = args.iter().map(|(name, value)| (*name, value));
        self.known(name, args.clone()).unwrap_or_else(|| {
            let args: Vec<String> = args.map(|(_, value)| self.argument(value)).collect();
            format!("{name} {}", args.join(" ")).trim_end().to_owned()
        })
    }

    /// The code as a sentence without its full stop.
    pub fn code(&self, code: &Code) -> String {
        self.known(code.name(), code.args()).unwrap_or_else(|| code.to_string())
    }

    /// The error as a sentence without its full stop.
    pub fn error(&self, error: &impl Coded) -> String {
        self.code(&error.code())
    }

    /// The code as a sentence; `otherwise` where only a newer version knows the
    /// code.
    pub fn code_or(&self, code: Option<&Code>, otherwise: &str) -> String {
        let known = code.and_then(|code| self.known(code.name(), code.args()));
        known.unwrap_or_else(|| otherwise.to_owned())
    }

    /// The name of a presence, as a word of its own.
    pub fn presence(&self, presence: Option<Presence>) -> String {
        text!(self, "presence", presence = presence.map_or("unknown", Presence::name))
    }

    /// Formats a message; `None` where there is none of this name.
    fn known<'a>(
        &self,
        name: &str,
        args: impl Iterator<Item = (&'a str, &'a Arg)>,
    ) -> Option<String> {
        let (bundle, pattern) = self.messages.find(name)?;
        let mut values = FluentArgs::new();
        for (name, value) in args {
            values.set(name.to_owned(), self.value(value));
        }
        // An argument that is missing is shown as its name in braces.
        let text = bundle.format_pattern(pattern, Some(&values), &mut Vec::new());
        Some(text.into_owned())
    }

    fn value(&self, argument: &Arg) -> FluentValue<'static> {
        match argument {
            Arg::Number(number) => FluentValue::from(*number),
            other => FluentValue::from(self.argument(other)),
        }
    }

    fn argument(&self, argument: &Arg) -> String {
        match argument {
            Arg::Number(number) => number.to_string(),
            Arg::Text(text) => text.clone(),
            Arg::Code(code) => self.code(code),
        }
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Texts").field(&self.locale).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The agent runs for days, so it must not keep messages that only others
    /// use.
    #[test]
    fn each_part_is_read_when_it_is_asked_for() {
        let messages = Messages::new(Language::English);
        assert!(messages.find("presence").is_some());
        assert!(messages.of_command_line.get().is_none());
        assert!(messages.find("history-empty").is_some());
        assert!(messages.find("window-why").is_none(), "the page reads its own");
    }

    #[test]
    fn a_cause_is_said_within_its_effect() {
        let cause = Code::new("not-a-duration").with("text", "5 parsecs");
        let effect = Code::new("plain").with("text", cause);
        assert_eq!(
            Texts::english().code(&effect),
            "“5 parsecs” is not a duration; write it like 90s, 5m or 1h30m"
        );
    }

    #[test]
    fn a_code_that_only_another_version_knows_is_said_in_its_own_english() {
        let code = Code::new("sun-spots").with("n", 3_u64);
        assert_eq!(Texts::english().code_or(Some(&code), "3 sun spots"), "3 sun spots");
        assert_eq!(Texts::english().code(&code), "sun-spots n=3");
    }
}
