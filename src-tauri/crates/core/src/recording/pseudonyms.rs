//! Recordings without the names of programs.

use std::collections::BTreeMap;
use std::fmt;

use crate::Reading;
use crate::call::{Program, Use};
use crate::desk::SignalReading;
use crate::settings::CallSettings;

/// Placeholders for what programs are called: "program 1", "program 2".
///
/// One source knows a program's name, another only its file, and whether the
/// two mean [one program](Program::is) depends on which of their texts are
/// equal. So each text has a placeholder of its own, the same one throughout a
/// recording, and two of a kind are equal where the texts are. As far as that
/// allows, all texts of a program have the same one, for who reads it.
#[derive(Clone, Debug, Default)]
pub struct Pseudonyms {
    names: Placeholders,
    binaries: Placeholders,
    ids: Placeholders,
    /// What does not count is told apart from all else and is like nothing.
    ignored: Vec<(Program, Number)>,
    last: Number,
}

/// The number in a placeholder.
type Number = usize;

/// Those of one kind of text: no two texts have the same.
#[derive(Clone, Default)]
struct Placeholders(BTreeMap<String, Number>);

impl fmt::Debug for Placeholders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Placeholders(…)")
    }
}

impl Pseudonyms {
    /// What was said, with placeholders for names; and those placeholders
    /// that stand for programs which `settings` ignore.
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

    /// A program that counts.
    fn counted(&mut self, program: &Program) -> Program {
        let Program { name, binary, id } = program;
        let mut kinds =
            [(&mut self.names, name), (&mut self.binaries, binary), (&mut self.ids, id)];
        let mut own = kinds.iter().find_map(|(known, text)| known.0.get(text.as_ref()?).copied());
        let [name, binary, id] = kinds.each_mut().map(|(known, text)| {
            let text = text.as_ref()?;
            let number = known.0.get(text).copied().unwrap_or_else(|| {
                // Another text of this kind may have it already.
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
