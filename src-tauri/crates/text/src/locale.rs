//! Which language the person reads, and how they write times: from the
//! variables of the environment by which every desktop says it (POSIX locales
//! and GNU gettext's `LANGUAGE`).

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
    /// English, the source of the others.
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

    /// Its files of messages.
    pub fn sources(self) -> impl Iterator<Item = &'static str> {
        let parts = [self.of_agent(), self.of_command_line(), self.of_window()];
        parts.into_iter().flatten().copied()
    }

    /// What the agent needs, which runs for days and reads no others.
    pub(crate) fn of_agent(self) -> &'static [&'static str] {
        match self {
            Self::English => sources!("en": "common" "signals" "matrix" "agent" "tray"),
            Self::German => sources!("de": "common" "signals" "matrix" "agent" "tray"),
        }
    }

    /// What the command line needs besides.
    pub(crate) fn of_command_line(self) -> &'static [&'static str] {
        match self {
            Self::English => sources!("en": "command"),
            Self::German => sources!("de": "command"),
        }
    }

    /// What the page alone asks for.
    fn of_window(self) -> &'static [&'static str] {
        match self {
            Self::English => sources!("en": "window"),
            Self::German => sources!("de": "window"),
        }
    }

    pub(crate) fn id(self) -> LanguageIdentifier {
        // A name that cannot be read would be English's plural rules.
        self.name().parse().unwrap_or_default()
    }

    /// The language of a locale's name, like `de_AT.UTF-8`.
    fn of(locale: &str) -> Option<Self> {
        let name = locale.split(['_', '-', '.', '@']).next()?;
        Self::ALL.into_iter().find(|language| language.name().eq_ignore_ascii_case(name))
    }
}

/// How many hours a clock has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hours {
    /// 5:30 PM.
    Twelve,
    /// 17:30.
    TwentyFour,
}

/// What comes first in a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// 29 November.
    DayMonth,
    /// November 29.
    MonthDay,
}

/// What somebody reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locale {
    /// In which language.
    pub language: Language,
    /// On which clock.
    pub hours: Hours,
    /// How dates are written.
    pub order: Order,
}

impl Locale {
    /// That of the environment, whose variables `get` reads, or of the
    /// setting `language` where it names one.
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

    /// That of this process's environment.
    pub fn from_env(setting: presently_core::settings::Language) -> Self {
        Self::new(setting, |name| std::env::var(name).ok())
    }
}

/// The first language of the list that there is, else that of the messages.
/// As in gettext the list counts for nothing in the locale C.
fn language(messages: Option<String>, list: Option<String>) -> Language {
    let messages = messages.filter(|name| name != "C" && name != "POSIX");
    let Some(messages) = messages else { return Language::English };
    let list = list.unwrap_or_default();
    let wanted = list.split(':').chain([messages.as_str()]);
    wanted.into_iter().find_map(Language::of).unwrap_or(Language::English)
}

/// How the locale of this name writes times and dates.
fn times(name: &str) -> (Hours, Order) {
    // The table has modifiers (`ca_ES@valencia`) and no encodings.
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
    // glibc's own forms: %r, %I and %p are for twelve hours.
    let time: &str = locale_match!(locale => LC_TIME::T_FMT);
    let twelve = ["%r", "%I", "%l", "%p"].iter().any(|part| time.contains(part));
    let date: &str = locale_match!(locale => LC_TIME::D_FMT);
    let place = |parts: &[&str]| parts.iter().filter_map(|part| date.find(part)).min();
    let month_first = date.contains("%D") || place(&["%m", "%b", "%B"]) < place(&["%d", "%e"]);
    (
        if twelve { Hours::Twelve } else { Hours::TwentyFour },
        // Where the year comes first, names of months are written after the
        // day all the same.
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
            // gettext takes no list in the locale C.
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
