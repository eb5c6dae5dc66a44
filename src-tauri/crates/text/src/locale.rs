//! The person's language and how they write times. Both come from the
//! environment variables that every desktop sets (POSIX locales and GNU
//! gettext's `LANGUAGE`).

use pure_rust_locales::{Locale as Posix, locale_match};
use unic_langid::LanguageIdentifier;

macro_rules! sources {
    ($language:literal: $($file:literal)*) => {
        &[$(include_str!(concat!("../locales/", $language, "/", $file, ".ftl"))),*]
    };
}

/// A language that Presently speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// English, the reference for the others.
    English,
    /// German.
    German,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its ISO 639 code.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The contents of its message files.
    pub fn sources(self) -> impl Iterator<Item = &'static str> {
        let parts = [self.of_agent(), self.of_command_line(), self.of_window()];
        parts.into_iter().flatten().copied()
    }

    /// The files that the agent needs. It runs for days, so it reads no others.
    pub(crate) fn of_agent(self) -> &'static [&'static str] {
        match self {
            Self::English => sources!("en": "common" "signals" "matrix" "agent" "tray"),
            Self::German => sources!("de": "common" "signals" "matrix" "agent" "tray"),
        }
    }

    /// The files that the command line needs in addition.
    pub(crate) fn of_command_line(self) -> &'static [&'static str] {
        match self {
            Self::English => sources!("en": "command"),
            Self::German => sources!("de": "command"),
        }
    }

    /// The files that only the page needs.
    fn of_window(self) -> &'static [&'static str] {
        match self {
            Self::English => sources!("en": "window"),
            Self::German => sources!("de": "window"),
        }
    }

    pub(crate) fn id(self) -> LanguageIdentifier {
        // A name that cannot be parsed would get English's plural rules.
        self.name().parse().unwrap_or_default()
    }

    /// The language of a locale's name, like `de_AT.UTF-8`.
    fn of(locale: &str) -> Option<Self> {
        let name = locale.split(['_', '-', '.', '@']).next()?;
        Self::ALL.into_iter().find(|language| language.name().eq_ignore_ascii_case(name))
    }
}

/// Whether a clock has 12 or 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hours {
    /// 5:30 PM.
    Twelve,
    /// 17:30.
    TwentyFour,
}

/// The order of day and month in a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// 29 November.
    DayMonth,
    /// November 29.
    MonthDay,
}

/// The language that a person reads, and how they write times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locale {
    /// The language of messages.
    pub language: Language,
    /// How times of day are written.
    pub hours: Hours,
    /// How dates are written.
    pub order: Order,
}

impl Locale {
    /// The locale of the environment, whose variables `get` reads. The language
    /// is that of `setting`, where it names one.
    pub fn new(
        setting: presently_core::settings::Language,
        get: impl Fn(&str) -> Option<String>,
    ) -> Self {
        use presently_core::settings::Language as Setting;

        let get = |name: &str| get(name).filter(|value| !value.is_empty());
        let category = |name: &str| get("LC_ALL").or_else(|| get(name)).or_else(|| get("LANG"));
        let language = match setting {
            Setting::En => Language::English,
            Setting::De => Language::German,
            Setting::Auto => language(category("LC_MESSAGES"), get("LANGUAGE")),
        };
        let (hours, order) = times(&category("LC_TIME").unwrap_or_default());
        Self { language, hours, order }
    }

    /// The locale of this process's environment.
    pub fn from_env(setting: presently_core::settings::Language) -> Self {
        Self::new(setting, |name| std::env::var(name).ok())
    }
}

/// The first language of `LANGUAGE` that Presently speaks, else that of the
/// locale. As in gettext, `LANGUAGE` is ignored in the locale C.
fn language(messages: Option<String>, list: Option<String>) -> Language {
    let messages = messages.filter(|name| name != "C" && name != "POSIX");
    let Some(messages) = messages else { return Language::English };
    let list = list.unwrap_or_default();
    let wanted = list.split(':').chain([messages.as_str()]);
    wanted.into_iter().find_map(Language::of).unwrap_or(Language::English)
}

/// How this locale writes times and dates.
fn times(name: &str) -> (Hours, Order) {
    // The names in the table have modifiers (`ca_ES@valencia`) and no
    // encodings.
    let (before, modifier) = match name.split_once('@') {
        Some((before, modifier)) => (before, format!("@{modifier}")),
        None => (name, String::new()),
    };
    let plain = before.split('.').next().unwrap_or_default();
    let known = Posix::try_from(format!("{plain}{modifier}").as_str())
        .or_else(|_| Posix::try_from(plain))
        .ok()
        .filter(|locale| *locale != Posix::POSIX);
    let Some(locale) = known else { return (Hours::TwentyFour, Order::DayMonth) };
    // Formats of glibc: %r, %I, %l and %p stand for twelve hours.
    let time: &str = locale_match!(locale => LC_TIME::T_FMT);
    let twelve = ["%r", "%I", "%l", "%p"].iter().any(|part| time.contains(part));
    let date: &str = locale_match!(locale => LC_TIME::D_FMT);
    let place = |parts: &[&str]| parts.iter().filter_map(|part| date.find(part)).min();
    let month_first = date.contains("%D") || place(&["%m", "%b", "%B"]) < place(&["%d", "%e"]);
    (
        if twelve { Hours::Twelve } else { Hours::TwentyFour },
        // A format that begins with the year is for digits only. Dates with the
        // name of a month have the day first there as well.
        if month_first && !date.starts_with("%Y") && !date.starts_with("%F") {
            Order::MonthDay
        } else {
            Order::DayMonth
        },
    )
}

#[cfg(test)]
mod tests {
    use presently_core::settings::Language as Setting;

    use super::*;

    #[test]
    fn what_a_desktop_says() {
        use Hours::{Twelve, TwentyFour};
        use Language::{English, German};
        use Order::{DayMonth, MonthDay};

        for (variables, language, hours, order) in [
            ("", English, TwentyFour, DayMonth),
            ("LANG=C", English, TwentyFour, DayMonth),
            ("LANG=C.UTF-8", English, TwentyFour, DayMonth),
            ("LANG=de_DE.UTF-8", German, TwentyFour, DayMonth),
            ("LANG=de_AT@euro", German, TwentyFour, DayMonth),
            ("LANG=en_US.UTF-8", English, Twelve, MonthDay),
            ("LANG=en_GB.UTF-8", English, TwentyFour, DayMonth),
            ("LANG=fr_FR.UTF-8", English, TwentyFour, DayMonth),
            ("LANG=fr_FR.UTF-8 LANGUAGE=fr:de:en", German, TwentyFour, DayMonth),
            ("LANG=en_US.UTF-8 LC_TIME=de_DE.UTF-8", English, TwentyFour, DayMonth),
            ("LANG=en_US.UTF-8 LC_MESSAGES=de_DE.UTF-8", German, Twelve, MonthDay),
            ("LANG=de_DE.UTF-8 LC_ALL=C", English, TwentyFour, DayMonth),
            // gettext ignores `LANGUAGE` in the locale C.
            ("LC_ALL=C LANGUAGE=de", English, TwentyFour, DayMonth),
            ("LANG=en_US.UTF-8 LANGUAGE=", English, Twelve, MonthDay),
            ("LANG=xx_YY.UTF-8", English, TwentyFour, DayMonth),
            ("LANG=@", English, TwentyFour, DayMonth),
        ] {
            let get = |name: &str| {
                let mut pairs = variables.split(' ').filter_map(|pair| pair.split_once('='));
                pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
            };
            let locale = Locale::new(Setting::Auto, get);
            assert_eq!(locale, Locale { language, hours, order }, "{variables}");
        }
    }

    #[test]
    fn the_setting_names_the_language_and_leaves_the_clock() {
        let get = |name: &str| (name == "LANG").then(|| "en_US.UTF-8".to_owned());
        let locale = Locale::new(Setting::De, get);
        assert_eq!((locale.language, locale.hours), (Language::German, Hours::Twelve));
    }
}
