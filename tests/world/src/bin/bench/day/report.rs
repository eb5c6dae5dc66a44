//! Evaluation: for how much of a day others saw the truth, and how soon.

use std::time::{Duration, Instant};

use anyhow::Result;
use presently_world::desk::say;

use super::shape::{LOOK, Shape};
use super::truth::{Change, View};

/// The minimum duration of a wrong view that is reported.
const TOLD: Duration = Duration::from_millis(250);

/// The view that a colleague had of a day.
pub(crate) struct Report {
    shape: Shape,
    /// The fraction of samples that were true, from 0 to 1.
    share: f64,
    /// The delay of each change, or `None` if the view was already true.
    lags: Vec<Option<Lag>>,
    /// The wrong views: offset, duration and description.
    untruths: Vec<(Duration, Duration, String)>,
}

#[derive(Clone, Copy)]
struct Lag {
    lag: Duration,
    /// Whether the next change came before this one was seen.
    missed: bool,
}

impl Report {
    /// Compares the views with the truth, from the first change to `end`.
    pub(crate) fn of(
        shape: Shape,
        changes: &[Change],
        views: &[(Instant, View)],
        end: Instant,
    ) -> Self {
        let begin = changes[0].at;
        let nothing = View::default();
        let view = |at: Instant| {
            views.iter().rev().find(|(since, _)| *since <= at).map_or(&nothing, |(_, view)| view)
        };
        let change = |at: Instant| changes.iter().rev().find(|c| c.at <= at).unwrap_or(&changes[0]);
        let is_true = |at: Instant| view(at).tells(change(at).truth, shape.sight);

        let samples = (end.duration_since(begin).as_millis() / LOOK.as_millis()).max(1) as u32;
        let right = (0..samples).filter(|n| is_true(begin + LOOK * *n)).count();
        let share = right as f64 / f64::from(samples);

        let lags = changes.iter().enumerate().map(|(n, change)| {
            let next = changes.get(n + 1).map_or(end, |next| next.at);
            if is_true(change.at) {
                return None;
            }
            let later = views.iter().filter(|(at, _)| *at > change.at && *at < next);
            let mut true_since = later.filter(|(_, v)| v.tells(change.truth, shape.sight));
            let seen = true_since.next().map(|(at, _)| *at);
            let lag = seen.unwrap_or(next).duration_since(change.at);
            Some(Lag { lag, missed: seen.is_none() })
        });
        let lags = lags.collect();

        // A view lasts until the next view or change.
        let mut edges: Vec<Instant> = changes.iter().map(|c| c.at).collect();
        edges.extend(views.iter().map(|(at, _)| *at).filter(|at| (begin..end).contains(at)));
        edges.sort_unstable();
        let mut untruths: Vec<(Duration, Duration, String)> = Vec::new();
        for (n, at) in edges.iter().enumerate() {
            let lasts = edges.get(n + 1).unwrap_or(&end).duration_since(*at);
            if lasts >= TOLD && !is_true(*at) {
                let what = format!("{} was seen, the truth was {:?}", view(*at), change(*at).truth);
                untruths.push((at.duration_since(begin), lasts, what));
            }
        }
        Self { shape, share, lags, untruths }
    }

    fn worst(&self) -> Option<Duration> {
        self.lags.iter().flatten().map(|lag| lag.lag).max()
    }
}

/// Prints the figures of all shapes.
pub(crate) fn tell(reports: &[Report], changes: &[Change]) -> Result<()> {
    say("\nWhat a colleague saw was the truth, as far as it can be seen there")?;
    for Report { shape, share, .. } in reports {
        say(&format!("  {}  {:6.2} %  {}", shape.letter, share * 1e2, shape.title))?;
    }
    let row = |cells: &mut dyn Iterator<Item = String>| -> String {
        cells.map(|cell| format!("{cell:>8}")).collect()
    };
    say("\nms until it was seen, beyond the person's own delays (-: no difference to see,")?;
    say(">: not before the next change)")?;
    let letters = row(&mut reports.iter().map(|r| r.shape.letter.to_string()));
    say(&format!("{:46}{letters}", ""))?;
    for (n, change) in changes.iter().enumerate().skip(1) {
        let at = change.at.duration_since(changes[0].at).as_secs_f64();
        let lags = row(&mut reports.iter().map(|report| match report.lags[n] {
            Some(Lag { lag, missed }) => {
                format!("{}{}", if missed { ">" } else { "" }, lag.as_millis())
            }
            None => "-".to_owned(),
        }));
        say(&format!("{at:7.1} s  {:<35}{lags}", change.what))?;
    }
    let worst = row(&mut reports.iter().map(|report| {
        report.worst().map_or_else(|| "-".to_owned(), |worst| worst.as_millis().to_string())
    }));
    say(&format!("{:<46}{worst}", "  the worst"))?;

    say(&format!("\nUntruths of {} ms and longer", TOLD.as_millis()))?;
    for report in reports {
        for (at, lasts, what) in &report.untruths {
            let (at, lasts) = (at.as_secs_f64(), lasts.as_secs_f64());
            say(&format!("  {}  at {at:5.1} s for {lasts:.2} s: {what}", report.shape.letter))?;
        }
    }
    Ok(())
}
