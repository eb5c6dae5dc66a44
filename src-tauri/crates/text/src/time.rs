//! Moments and dates as the reader writes them. The current time and the time
//! zone are arguments. The window's page is tested with the same examples,
//! `tests/moments.json`.

use jiff::civil::{Date, Weekday};
use jiff::{SignedDuration, Timestamp, Zoned};

use crate::{Hours, Order, Texts, text};

impl Texts {
    /// A moment as seen from `now`. It is `17:30` for today, `tomorrow 09:00`,
    /// `Friday 09:00` within a week, and has the date otherwise.
    pub fn moment(&self, moment: Timestamp, now: &Zoned) -> String {
        let then = moment.to_zoned(now.time_zone().clone());
        let time = self.time(&then);
        match (then.date() - now.date()).get_days() {
            0 => time,
            1 => text!(self, "moment-tomorrow", time = time),
            -1 => text!(self, "moment-yesterday", time = time),
            2..=6 => self.on_weekday(&then),
            _ => self.on_date(&then, now.date()),
        }
    }

    /// An end as seen from `since`, the moment at which it was set. It does not
    /// depend on the current time, so it stays true while nothing changes. A
    /// time alone means the day of `since`.
    pub fn end(&self, end: Timestamp, since: &Zoned) -> String {
        let then = end.to_zoned(since.time_zone().clone());
        let midnight = since.tomorrow().and_then(|day| day.start_of_day());
        if midnight.is_ok_and(|midnight| midnight.timestamp() == end) {
            text!(self, "moment-midnight")
        } else if then.date() == since.date() {
            self.time(&then)
        } else if end.duration_since(since.timestamp()) < SignedDuration::from_hours(6 * 24) {
            self.on_weekday(&then)
        } else {
            self.on_date(&then, since.date())
        }
    }

    /// `until 17:30`.
    pub fn until(&self, moment: Timestamp, now: &Zoned) -> String {
        text!(self, "until", moment = self.moment(moment, now))
    }

    /// `since 17:30`.
    pub fn since(&self, moment: Timestamp, now: &Zoned) -> String {
        text!(self, "since", moment = self.moment(moment, now))
    }

    /// A time of day: `17:30` or `5:30 PM`.
    pub fn time(&self, then: &Zoned) -> String {
        let minute = format!("{:02}", then.minute());
        match self.locale.hours {
            Hours::TwentyFour => {
                text!(self, "time-24", hour = format!("{:02}", then.hour()), minute = minute)
            }
            Hours::Twelve => {
                let half = if then.hour() < 12 { "am" } else { "pm" };
                let hour = (then.hour() + 11) % 12 + 1;
                text!(self, "time-12", hour = hour.to_string(), minute = minute, half = half)
            }
        }
    }

    /// A date like `29 November`. It has the year where that is not the year of
    /// `today`.
    pub fn date(&self, date: Date, today: Date) -> String {
        let month = text!(self, "month", month = month_name(date));
        let day = date.day().to_string();
        if date.year() == today.year() {
            text!(self, "date", day = day, month = month, order = self.order())
        } else {
            let year = date.year().to_string();
            text!(self, "date-year", day = day, month = month, year = year, order = self.order())
        }
    }

    /// The order of day and month, by its name in the message files.
    fn order(&self) -> &'static str {
        match self.locale.order {
            Order::DayMonth => "day-month",
            Order::MonthDay => "month-day",
        }
    }

    /// A weekday and a time: `Friday 09:00`.
    pub fn on_weekday(&self, then: &Zoned) -> String {
        let weekday = text!(self, "weekday", weekday = weekday_name(then.weekday()));
        text!(self, "moment-weekday", weekday = weekday, time = self.time(then))
    }

    fn on_date(&self, then: &Zoned, today: Date) -> String {
        let date = self.date(then.date(), today);
        text!(self, "moment-date", date = date, order = self.order(), time = self.time(then))
    }
}

/// The name of a weekday in the message files.
fn weekday_name(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "monday",
        Weekday::Tuesday => "tuesday",
        Weekday::Wednesday => "wednesday",
        Weekday::Thursday => "thursday",
        Weekday::Friday => "friday",
        Weekday::Saturday => "saturday",
        Weekday::Sunday => "sunday",
    }
}

/// The name of a month in the message files.
fn month_name(date: Date) -> &'static str {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let month = usize::from(date.month().unsigned_abs());
    NAMES[(month + 11) % 12]
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use serde::Deserialize;

    use super::*;
    use crate::{Language, Locale};

    #[derive(Deserialize)]
    struct Examples {
        now: String,
        zone_hours: i8,
        moments: Vec<Example>,
    }

    #[derive(Deserialize)]
    struct Example {
        moment: Timestamp,
        language: String,
        twelve_hours: bool,
        month_first: bool,
        text: String,
    }

    #[test]
    fn moments_as_people_read_them() {
        let examples: Examples =
            serde_json::from_str(include_str!("../tests/moments.json")).expect("examples");
        let zone = TimeZone::fixed(jiff::tz::offset(examples.zone_hours));
        let now = examples.now.parse::<Timestamp>().expect("a time").to_zoned(zone);
        for example in examples.moments {
            let language = Language::ALL.into_iter().find(|l| l.name() == example.language);
            let texts = Texts::new(Locale {
                language: language.expect("a language"),
                hours: if example.twelve_hours { Hours::Twelve } else { Hours::TwentyFour },
                order: if example.month_first { Order::MonthDay } else { Order::DayMonth },
            });
            assert_eq!(texts.moment(example.moment, &now), example.text);
        }
    }

    #[test]
    fn an_end_means_the_day_on_which_it_began() {
        let since: Timestamp = "2026-11-22T10:00:00Z".parse().expect("a time");
        let since = since.to_zoned(TimeZone::UTC);
        for (end, wanted) in [
            ("2026-11-22T17:30:00Z", "17:30"),
            ("2026-11-23T00:00:00Z", "midnight"),
            ("2026-11-23T09:00:00Z", "Monday 09:00"),
            ("2026-11-29T09:00:00Z", "29 November 09:00"),
        ] {
            let end = end.parse().expect("a time");
            assert_eq!(Texts::english().end(end, &since), wanted);
        }
    }
}
