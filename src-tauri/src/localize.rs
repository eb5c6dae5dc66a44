//! Translation of what the agent sends. It sends English sentences with codes;
//! a reader shows the codes in its own language. The English of a code that
//! only a newer agent knows stays.

use std::path::Path;

use presently_core::account::Note;
use presently_core::{Code, Reason};
use presently_ipc::snapshot::{Account, Signal};
use presently_ipc::{Failure, Look, Reply, Snapshot};
use presently_text::{Locale, Texts};

use crate::settings::SettingsFile;

/// The texts in the language of the settings file, else of the environment. A
/// file that cannot be read is ignored.
pub fn texts(settings_file: &Path) -> Texts {
    let settings = SettingsFile::read(settings_file).unwrap_or_default();
    Texts::new(Locale::from_env(settings.language))
}

/// The snapshot in the reader's language.
pub fn snapshot(mut snapshot: Snapshot, texts: &Texts) -> Snapshot {
    reason(&mut snapshot.reason, snapshot.reason_code.as_ref(), texts);
    for claim in &mut snapshot.claims {
        reason(&mut claim.reason, claim.reason_code.as_ref(), texts);
    }
    lines(&mut snapshot.troubles, &snapshot.trouble_codes, texts);
    let signals = &mut snapshot.signals;
    for signal in [
        &mut signals.idle,
        &mut signals.microphone,
        &mut signals.camera,
        &mut signals.screen,
        &mut signals.lock,
        &mut signals.sleep,
        &mut signals.dnd,
    ] {
        let Signal { detail, detail_code, .. } = signal;
        *detail = texts.code_or(detail_code.as_ref(), detail);
    }
    for calendar in &mut snapshot.calendars {
        optional(&mut calendar.trouble, calendar.trouble_code.as_ref(), texts);
    }
    snapshot.accounts = snapshot.accounts.into_iter().map(|it| account(it, texts)).collect();
    snapshot
}

fn account(mut account: Account, texts: &Texts) -> Account {
    reason(&mut account.reason, account.reason_code.as_ref(), texts);
    if !account.notes.contains(&Note::Other) && !account.notes.is_empty() {
        account.note = texts.notes(&account.notes);
    }
    optional(&mut account.problem, account.problem_code.as_ref(), texts);
    optional(&mut account.unseen, account.unseen_code.as_ref(), texts);
    let room = account.profile_room_problem_code.as_ref();
    optional(&mut account.profile_room_problem, room, texts);
    account
}

/// What a user shows, in the reader's language.
pub fn look(mut look: Look, texts: &Texts) -> Look {
    lines(&mut look.notes, &look.note_codes, texts);
    look
}

/// A failure in the reader's language.
pub fn failure(mut failure: Failure, texts: &Texts) -> Failure {
    failure.message = texts.code_or(failure.message_code.as_ref(), &failure.message);
    failure
}

/// A reply in the reader's language. The report of `presently doctor` stays
/// English.
pub fn reply(reply: Reply, texts: &Texts) -> Reply {
    match reply {
        Reply::Snapshot(it) => Reply::Snapshot(Box::new(snapshot(*it, texts))),
        Reply::SignedIn { account: it } => {
            Reply::SignedIn { account: Box::new(account(*it, texts)) }
        }
        Reply::Look(it) => Reply::Look(Box::new(look(*it, texts))),
        Reply::Failed(it) => Reply::Failed(failure(it, texts)),
        other => other,
    }
}

fn reason(said: &mut String, code: Option<&Reason>, texts: &Texts) {
    match code {
        Some(Reason::Other) | None => {}
        Some(Reason::Unreadable { why }) => *said = texts.code_or(Some(why), said),
        Some(code) => *said = texts.reason(code),
    }
}

fn optional(said: &mut Option<String>, code: Option<&Code>, texts: &Texts) {
    if let Some(said) = said {
        *said = texts.code_or(code, said);
    }
}

/// Replaces lines by their translated codes. An older agent sends no codes.
fn lines(said: &mut [String], codes: &[Code], texts: &Texts) {
    for (said, code) in said.iter_mut().zip(codes) {
        *said = texts.code_or(Some(code), said);
    }
}

#[cfg(test)]
mod tests {
    use presently_text::{Hours, Language, Locale, Order};

    use super::*;
    use crate::example;

    fn german() -> Texts {
        let (hours, order) = (Hours::TwentyFour, Order::DayMonth);
        Texts::new(Locale { language: Language::German, hours, order })
    }

    #[test]
    fn what_is_said_is_said_in_the_language_of_who_reads_it() {
        let shown = snapshot(example::snapshot(), &german());
        assert_eq!(shown.reason, "Firefox verwendet das Mikrofon");
        assert_eq!(shown.claims[0].reason, shown.reason);
        assert_eq!(shown.accounts[0].reason, shown.reason);
        assert_eq!(
            shown.accounts[0].note.as_deref(),
            Some("Ein anderes Ihrer Geräte hält Sie auf „Beschäftigt“")
        );
        assert_eq!(shown.signals.idle.detail, "Eingabe");
    }

    #[test]
    fn what_only_a_newer_agent_knows_stays_in_its_english() {
        let mut newer = example::snapshot();
        newer.reason = "Mercury is in retrograde".to_owned();
        newer.reason_code = Some(Reason::Other);
        newer.trouble_codes = vec![Code::new("no-such-code")];
        let shown = snapshot(newer.clone(), &german());
        assert_eq!((shown.reason, shown.troubles), (newer.reason, newer.troubles));
    }

    #[test]
    fn english_is_as_the_agent_said_it() {
        let shown = snapshot(example::snapshot(), Texts::english());
        assert_eq!(shown.reason, example::snapshot().reason);
        assert_eq!(shown.accounts[0].note, example::snapshot().accounts[0].note);
    }
}
