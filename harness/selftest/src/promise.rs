//! The promises of the gate, compared with the trials.

use harness_report::render::{Cell, Column, Table, Tone};

use crate::condition::{Change, Scope};
use crate::finding::{Finding, Rate};
use crate::table::percent;

/// The state of a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Borne {
    /// The 95 % bound of the rate keeps the limit.
    Shown,
    /// The measured value keeps the limit, but too few trials show it.
    Measured,
    /// The measured value does not keep the limit.
    Missed,
}

/// A limit that a rate has to keep.
enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

/// One row for each promise that has trials.
pub fn promises(findings: &[Finding]) -> Table {
    let columns = vec![
        Column::left("promise", "promise"),
        Column::left("measured", "measured"),
        Column::left("conclusion", "conclusion"),
    ];
    let mut table = Table::new("", columns);
    let unchanged = || findings.iter().filter(|one| one.condition.change.is_none());
    for one in unchanged() {
        let who = format!("{}, {}", super::table::told(one.condition), one.condition.scope.told());
        let hogs = match one.condition.hogs {
            super::BackgroundLoad::None => String::new(),
            hogs => format!(", a hog {}", hogs.told()),
        };
        let who = who + &hogs;
        table.rows.push(rate_row(format!("{who}: red in at most 1 % of gates"), one.red, &Limit::AtMost(0.01)));
        // A workload that was shown to be faster is not slower either.
        let assured = Rate { count: one.not_slower.count + one.improved.count, of: one.not_slower.of };
        let promise = format!("{who}: at least 90 % of workloads end not slower");
        let mut line = rate_row(promise, assured, &Limit::AtLeast(0.9));
        if one.improved.count > 0 {
            line[1].text += &format!("; {} of those faster", one.improved.count);
        }
        table.rows.push(line);
        if let Some(deviation) = one.deviation {
            let state = if deviation <= 0.005 { Borne::Measured } else { Borne::Missed };
            let measured = format!("{:.2} %", 100.0 * deviation);
            table.rows.push(row(format!("{who}: SD of the estimate at most 0.5 %"), measured, state));
        }
        if let (Scope::Full, Some(seconds)) = (one.condition.scope, one.trial_seconds) {
            let state = if seconds <= 60.0 { Borne::Measured } else { Borne::Missed };
            let measured = format!("{seconds:.0} s (median of {})", one.trials);
            table.rows.push(row(format!("{who}: a verdict within 60 s of measuring"), measured, state));
        }
    }
    for one in findings {
        let Change::Injected(slowdown) = one.condition.change else { continue };
        let hogs = match one.condition.hogs {
            super::BackgroundLoad::None => String::new(),
            hogs => format!(" with a hog {}", hogs.told()),
        };
        let seconds = one.condition.seconds();
        let wanted = match slowdown {
            5.0.. => Some(0.99),
            2.0.. => Some(0.99),
            1.0.. => Some(0.95),
            _ => None,
        };
        if let Some(wanted) = wanted {
            let promise = format!("+{slowdown} %{hogs}: found in at least {:.0} % within {seconds} s", 100.0 * wanted);
            table.rows.push(rate_row(promise, one.found, &Limit::AtLeast(wanted)));
        }
        if slowdown >= 1.0 {
            let promise = format!("+{slowdown} %{hogs}: called not slower in at most 1 %");
            table.rows.push(rate_row(promise, one.not_slower, &Limit::AtMost(0.01)));
        }
    }
    table.notes = vec![
        "Shown: the 95 % bound keeps the limit. Measured: the measured value keeps it, but too few trials show it. Missed: the \
         measured value does not keep it."
            .to_owned(),
    ];
    table
}

fn rate_row(promise: String, rate: Rate, limit: &Limit) -> Vec<Cell> {
    let (ends, share) = (rate.interval(), rate.share().unwrap_or_default());
    let (shown, kept, bound) = match limit {
        Limit::AtMost(most) => (ends.high <= *most, share <= *most, format!("at most {} %", percent(ends.high))),
        Limit::AtLeast(least) => (ends.low >= *least, share >= *least, format!("at least {} %", percent(ends.low))),
    };
    let state = match (shown, kept) {
        (true, _) => Borne::Shown,
        (false, true) => Borne::Measured,
        (false, false) => Borne::Missed,
    };
    row(promise, format!("{} of {} = {} %; {bound}", rate.count, rate.of, percent(share)), state)
}

fn row(promise: String, measured: String, state: Borne) -> Vec<Cell> {
    let state = match state {
        Borne::Shown => Cell::text("shown").toned(Tone::Good),
        Borne::Measured => Cell::text("measured"),
        Borne::Missed => Cell::text("missed").toned(Tone::Bad),
    };
    vec![Cell::text(promise), Cell::text(measured), state]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::findings;
    use crate::trial::tests::trial;

    #[test]
    fn what_is_faster_is_not_slower_and_told_apart() {
        let trials = [trial("null", &[-0.02; 40]), trial("null", &[0.0; 40])];
        let table = promises(&findings(&trials).expect("no limits"));
        let row = table.rows.iter().find(|row| row[0].text.ends_with("end not slower")).expect("a promise");
        assert!(row[1].text.starts_with("2 of 2 = 100 %") && row[1].text.ends_with("; 1 of those faster"), "{row:?}");
    }

    #[test]
    fn a_limit_is_shown_measured_or_missed() {
        let state = |count, of, limit: Limit| rate_row(String::new(), Rate { count, of }, &limit)[2].text.clone();
        assert_eq!(state(0, 300, Limit::AtMost(0.01)), "shown");
        assert_eq!(state(0, 297, Limit::AtMost(0.01)), "measured");
        assert_eq!(state(4, 300, Limit::AtMost(0.01)), "missed");
        assert_eq!(state(50, 50, Limit::AtLeast(0.99)), "measured");
        assert_eq!(state(59, 59, Limit::AtLeast(0.95)), "shown");
    }
}
