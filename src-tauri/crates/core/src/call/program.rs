//! A program, as far as the system knows it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is known about a program. It tells what the person does. So it is shown
/// to them and never logged, and its `Debug` prints nothing.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Program {
    /// The name that it gives itself ("Firefox").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name of its executable file, without the folder ("firefox-esr").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary: Option<String>,
    /// The id of its desktop entry ("org.mozilla.firefox").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Program(…)")
    }
}

impl Program {
    /// The name to show: the program's name, else its binary, else the id of
    /// its desktop entry. `None` if all of them are missing or empty.
    pub fn called(&self) -> Option<&str> {
        [&self.name, &self.binary, &self.id]
            .into_iter()
            .flatten()
            .map(|text| text.trim())
            .find(|text| !text.is_empty())
    }

    /// Whether both are the same program, as far as is known. One equal field
    /// is enough, because one source knows a program's name and another only
    /// its file.
    pub fn is(&self, other: &Program) -> bool {
        let same = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
        self == other
            || same(&self.binary, &other.binary)
            || same(&self.id, &other.id)
            || same(&self.name, &other.name)
    }

    /// Whether an entry of the ignore list means this program. It does if its
    /// words follow one another in the name, the binary or the id, regardless
    /// of case.
    pub fn matches(&self, entry: &str) -> bool {
        let wanted = words(entry);
        !wanted.is_empty()
            && [&self.name, &self.binary, &self.id]
                .into_iter()
                .flatten()
                .any(|text| words(text).windows(wanted.len()).any(|part| part == wanted.as_slice()))
    }
}

fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(name: &str, binary: &str, id: &str) -> Program {
        let text = |t: &str| (!t.is_empty()).then(|| t.to_owned());
        Program { name: text(name), binary: text(binary), id: text(id) }
    }

    #[test]
    fn whole_words_without_regard_to_case() {
        let obs = program("OBS Studio", "obs", "com.obsproject.Studio");
        let meter =
            program("PulseAudio Volume Control", "pavucontrol", "org.PulseAudio.pavucontrol");
        let jobs = program("Jobs", "jobs-app", "");
        for (program, entry, matches) in [
            (&obs, "obs", true),
            (&obs, "OBS studio", true),
            (&obs, "studio obs", false),
            (&obs, "obsp", false),
            (&meter, "pavucontrol", true),
            (&meter, "PAVUCONTROL", true),
            (&meter, "org.pulseaudio.pavucontrol", true),
            (&jobs, "obs", false),
            (&jobs, "jobs-app", true),
            (&jobs, "", false),
            (&jobs, " - ", false),
            (&program("", "", ""), "obs", false),
        ] {
            assert_eq!(program.matches(entry), matches, "{entry} in {:?}", program.called());
        }
    }

    #[test]
    fn the_same_program_by_two_sources() {
        let by_sound = program("Firefox", "firefox-esr", "");
        let by_file = program("", "firefox-esr", "");
        assert!(by_sound.is(&by_file) && by_file.is(&by_sound));
        assert!(!by_file.is(&program("", "zoom", "")));
        assert!(!program("Zoom", "", "").is(&by_file));
        assert!(program("", "", "").is(&program("", "", "")));
    }

    #[test]
    fn the_name_else_the_binary() {
        assert_eq!(program("Firefox", "firefox-esr", "").called(), Some("Firefox"));
        assert_eq!(program("", "firefox-esr", "").called(), Some("firefox-esr"));
        assert_eq!(program(" ", "", "").called(), None);
        assert_eq!(format!("{:?}", program("Firefox", "x", "y")), "Program(…)");
    }
}
