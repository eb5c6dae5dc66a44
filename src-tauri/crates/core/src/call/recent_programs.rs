//! The programs that used a device last, to choose one that is not a call.

use super::{Program, Use};

/// The most programs that are remembered.
pub const RECENT_PROGRAMS: usize = 10;

/// The distinct programs that used a microphone, a camera or the screen last,
/// at most [`RECENT_PROGRAMS`]. They are kept in memory only, because they tell
/// what the person does.
#[derive(Clone, Debug, Default)]
pub struct RecentPrograms(Vec<Program>);

impl RecentPrograms {
    /// Puts the programs of these uses first. One without a name is of no use
    /// to the person.
    pub(crate) fn add(&mut self, uses: &[Use]) {
        for Use { program, .. } in uses.iter().filter(|used| used.program.called().is_some()) {
            self.0.retain(|known| !known.is(program));
            self.0.insert(0, program.clone());
        }
        self.0.truncate(RECENT_PROGRAMS);
    }

    /// Their names, those of the latest uses first, without those that an
    /// entry of `ignored` means.
    pub fn names(&self, ignored: &[String]) -> Vec<String> {
        let is_ignored = |program: &&Program| ignored.iter().any(|entry| program.matches(entry));
        let others = self.0.iter().filter(|program| !is_ignored(program));
        others.filter_map(|program| program.called().map(str::to_owned)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::CallDevice;
    use super::*;

    fn used(name: &str, binary: &str) -> Use {
        let text = |t: &str| (!t.is_empty()).then(|| t.to_owned());
        let program = Program { name: text(name), binary: text(binary), id: None };
        Use { device: CallDevice::Microphone, program }
    }

    #[test]
    fn each_once_the_latest_first() {
        let mut recent = RecentPrograms::default();
        recent.add(&[used("Firefox", "firefox-esr"), used("", "")]);
        recent.add(&[used("OBS Studio", "obs")]);
        recent.add(&[]);
        assert_eq!(recent.names(&[]), ["OBS Studio", "Firefox"]);
        // Another source knows the file alone.
        recent.add(&[used("", "firefox-esr")]);
        assert_eq!(recent.names(&[]), ["firefox-esr", "OBS Studio"]);
        assert_eq!(recent.names(&["obs".to_owned()]), ["firefox-esr"]);
    }

    #[test]
    fn no_more_than_can_be_looked_over() {
        let mut recent = RecentPrograms::default();
        for number in 0..100 {
            recent.add(&[used(&format!("Program {number}"), "")]);
        }
        let names = recent.names(&[]);
        assert_eq!(names.len(), RECENT_PROGRAMS);
        assert_eq!(names.first().map(String::as_str), Some("Program 99"));
    }
}
