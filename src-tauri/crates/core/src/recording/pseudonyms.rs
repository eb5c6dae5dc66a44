//! Placeholders for the names of programs in recordings.

use std::collections::BTreeMap;
use std::fmt;

use crate::Reading;
use crate::call::{Program, Use};
use crate::desk::SignalReading;
use crate::settings::CallSettings;

/// Replaces the names of programs by "program 1", "program 2" and so on.
///
/// A source may know a program's name, its file or both. Whether two sources
/// mean [the same program](Program::is) depends on which of these texts are
/// equal. So each text has its own placeholder throughout a recording, and two
/// texts of the same kind have the same placeholder only if they are equal.
/// Where that allows it, all texts of a program get the same placeholder, so
/// that a reader recognises the program.
#[derive(Clone, Debug, Default)]
pub struct Pseudonyms {
    names: Placeholders,
    binaries: Placeholders,
    ids: Placeholders,
    /// Programs that do not count. Each gets a placeholder that no other has.
    ignored: Vec<(Program, Number)>,
    last: Number,
}

/// The number in a placeholder.
type Number = usize;

/// The placeholders of one kind of text. No two texts have the same one.
#[derive(Clone, Default)]
struct Placeholders(BTreeMap<String, Number>);

impl fmt::Debug for Placeholders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Placeholders(…)")
    }
}

impl Pseudonyms {
    /// Replaces the names of programs in a reading. Also returns the
    /// placeholders of the programs that `settings` ignore.
    pub fn hide(
        &mut self,
        said: SignalReading,
        settings: &CallSettings,
    ) -> (SignalReading, Vec<String>) {
        let mut ignored = Vec::new();
        let mut hide = |reading: Reading<Vec<Use>>| {
            reading.map(|uses| {
                let hidden = uses.into_iter().map(|Use { device, program }| {
                    if !settings.ignore.iter().any(|entry| program.matches(entry)) {
                        return Use { device, program: self.counted(&program) };
                    }
                    let placeholder = self.ignored(program);
                    if !ignored.contains(&placeholder) {
                        ignored.push(placeholder.clone());
                    }
                    let program = Program { name: Some(placeholder), ..Program::default() };
                    Use { device, program }
                });
                hidden.collect()
            })
        };
        let said = match said {
            SignalReading::Microphone(reading) => SignalReading::Microphone(hide(reading)),
            SignalReading::Camera(reading) => SignalReading::Camera(hide(reading)),
            SignalReading::Screen(reading) => SignalReading::Screen(hide(reading)),
            other @ (SignalReading::Idle(_)
            | SignalReading::Lock(_)
            | SignalReading::Sleep(_)
            | SignalReading::Dnd(_)) => other,
        };
        (said, ignored)
    }

    /// The placeholders of a program that counts.
    fn counted(&mut self, program: &Program) -> Program {
        let Program { name, binary, id } = program;
        let mut kinds =
            [(&mut self.names, name), (&mut self.binaries, binary), (&mut self.ids, id)];
        let mut own = kinds.iter().find_map(|(known, text)| known.0.get(text.as_ref()?).copied());
        let [name, binary, id] = kinds.each_mut().map(|(known, text)| {
            let text = text.as_ref()?;
            let number = known.0.get(text).copied().unwrap_or_else(|| {
                // Another text of this kind may already have that number.
                let free = own.filter(|own| known.0.values().all(|taken| taken != own));
                let number = free.unwrap_or_else(|| next(&mut self.last));
                known.0.insert(text.clone(), number);
                number
            });
            own.get_or_insert(number);
            Some(placeholder(number))
        });
        Program { name, binary, id }
    }

    /// The placeholder of a program that does not count.
    fn ignored(&mut self, program: Program) -> String {
        let known = self.ignored.iter().find(|(known, _)| *known == program);
        let number = known.map(|(_, number)| *number).unwrap_or_else(|| {
            let number = next(&mut self.last);
            self.ignored.push((program, number));
            number
        });
        placeholder(number)
    }
}

fn next(last: &mut Number) -> Number {
    *last += 1;
    *last
}

fn placeholder(number: Number) -> String {
    format!("program {number}")
}
