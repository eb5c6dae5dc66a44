//! The parts of a calendar's text, so that a broken one costs no other.

use crate::{Fault, Problem};

/// The parts that are read.
#[derive(Debug, Default)]
pub(crate) struct Blocks<'a> {
    pub(crate) events: Vec<Block<'a>>,
    pub(crate) time_zones: Vec<Block<'a>>,
    /// The calendar's name (X-WR-CALNAME). Some calendars have the address of
    /// their owner there.
    pub(crate) name: Option<&'a str>,
    pub(crate) problems: Vec<Problem>,
}

/// A component with all that is in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<'a> {
    /// Its first line, from 1.
    pub(crate) line: usize,
    pub(crate) text: &'a str,
}

/// Finds the components of one or more calendars that follow each other.
///
/// # Errors
///
/// The text is no calendar.
pub(crate) fn split(text: &str) -> Result<Blocks<'_>, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut blocks = Blocks::default();
    // The component of the calendar that is open: its name, line and offset.
    let mut open: Option<(String, usize, usize)> = None;
    let mut depth = 0;
    let mut is_open = false;
    let mut offset = 0;
    let mut last = 0;
    for (line, raw) in text.split_inclusive('\n').enumerate().map(|(index, raw)| (index + 1, raw)) {
        let begin = offset;
        offset += raw.len();
        let content = raw.trim_end();
        if content.is_empty() {
            continue;
        }
        last = line;
        let name = |keyword: &str| {
            let (head, name) = content.split_once(':')?;
            head.eq_ignore_ascii_case(keyword).then(|| name.trim().to_ascii_uppercase())
        };
        if !is_open {
            match name("BEGIN").as_deref() {
                Some("VCALENDAR") => is_open = true,
                _ => return Err(Problem { line, fault: Fault::NoCalendar }),
            }
            continue;
        }
        if let Some(component) = name("BEGIN") {
            if depth == 0 {
                open = Some((component, line, begin));
            }
            depth += 1;
        } else if let Some(component) = name("END") {
            match depth {
                0 => is_open = component != "VCALENDAR",
                // The calendar ends, and a component in it does not.
                _ if component == "VCALENDAR" => {
                    let line = open.take().map_or(line, |(_, line, _)| line);
                    blocks.problems.push(Problem { line, fault: Fault::Syntax });
                    (depth, is_open) = (0, false);
                }
                _ => {
                    depth -= 1;
                    if depth == 0
                        && let Some((component, line, start)) = open.take()
                    {
                        let block = Block { line, text: &text[start..offset] };
                        match component.as_str() {
                            "VEVENT" => blocks.events.push(block),
                            "VTIMEZONE" => blocks.time_zones.push(block),
                            _ => {}
                        }
                    }
                }
            }
        } else if depth == 0 && blocks.name.is_none() {
            let named = content.split_once(':').filter(|(head, _)| {
                head.split(';').next().is_some_and(|key| key.eq_ignore_ascii_case("X-WR-CALNAME"))
            });
            blocks.name = named.map(|(_, name)| name.trim());
        }
    }
    if last == 0 {
        return Err(Problem { line: 1, fault: Fault::NoCalendar });
    }
    if is_open {
        blocks.problems.push(Problem { line: last, fault: Fault::CutOff });
    }
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> (Vec<usize>, Vec<Problem>) {
        let blocks = split(text).expect("a calendar");
        (blocks.events.iter().map(|block| block.line).collect(), blocks.problems)
    }

    #[test]
    fn the_parts_of_a_calendar_are_found() {
        let text = "\u{feff}BEGIN:VCALENDAR\r\nX-WR-CALNAME;X=1:me@example.org\r\n\
                    BEGIN:VTIMEZONE\r\nBEGIN:STANDARD\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n\
                    begin:vevent\r\nBEGIN:VALARM\r\nEND:VALARM\r\nEND:VEVENT\r\n\
                    BEGIN:VTODO\r\nEND:VTODO\r\nEND:VCALENDAR\r\n\r\n\
                    BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VEVENT\nEND:VCALENDAR";
        let blocks = split(text).expect("a calendar");
        assert_eq!(blocks.name, Some("me@example.org"));
        assert_eq!(blocks.time_zones.len(), 1);
        assert_eq!(events(text), (vec![7, 16], vec![]));
        assert!(blocks.events[0].text.starts_with("begin:vevent"));
        assert!(blocks.events[0].text.ends_with("END:VEVENT\r\n"));
    }

    #[test]
    fn what_is_broken_is_named_by_its_line() {
        let fault = |line, fault| Problem { line, fault };
        for text in ["", "\n\n", "<html>", "BEGIN:VCARD\nEND:VCARD\n"] {
            assert!(split(text).is_err_and(|it| it.fault == Fault::NoCalendar), "{text}");
        }
        let cut = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VEVENT\nBEGIN:VEVENT\nDTST";
        assert_eq!(events(cut), (vec![2], vec![fault(5, Fault::CutOff)]));
        let open = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\nBEGIN:VCALENDAR\n\
                    BEGIN:VEVENT\nEND:VEVENT\nEND:VCALENDAR\n";
        assert_eq!(events(open), (vec![5], vec![fault(2, Fault::Syntax)]));
    }
}
