//! The text output of `presently doctor`.

use presently_ipc::snapshot::{Check, CheckState, Doctor};

use super::columns::{pad, widest};

/// Formats one paragraph for each check.
pub(super) fn text(doctor: &Doctor) -> String {
    let width = widest(doctor.checks.iter().map(|check| check.part.as_str()));
    let mut lines =
        vec![format!("Presently {} on {}", doctor.version, doctor.system), String::new()];
    for Check { part, state, summary, details } in &doctor.checks {
        lines.push(format!("{}  {}  {summary}", mark(*state), pad(part, width)));
        lines.extend(details.iter().map(|detail| format!("{:7}{:width$}  {detail}", "", "")));
    }
    lines.join("\n")
}

/// A label of five letters.
fn mark(state: CheckState) -> &'static str {
    match state {
        CheckState::Good => "good ",
        CheckState::Bad => "BAD  ",
        CheckState::Unsure => "?    ",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_below_each_other() {
        let check = |part: &str, state, summary: &str, details: &[&str]| Check {
            part: part.to_owned(),
            state,
            summary: summary.to_owned(),
            details: details.iter().map(|d| (*d).to_owned()).collect(),
        };
        let doctor = Doctor {
            version: "0.1.0".to_owned(),
            system: "Debian GNU/Linux 12, x11".to_owned(),
            checks: vec![
                check("idle", CheckState::Good, "x11-xsync: input", &["wayland: no compositor"]),
                check("tray host", CheckState::Bad, "there is none", &[]),
                check("camera", CheckState::Unsure, "not looked at", &[]),
            ],
        };
        assert_eq!(
            text(&doctor),
            "\
Presently 0.1.0 on Debian GNU/Linux 12, x11

good   idle       x11-xsync: input
                  wayland: no compositor
BAD    tray host  there is none
?      camera     not looked at"
        );
    }
}
