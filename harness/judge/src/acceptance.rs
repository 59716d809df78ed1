//! Which acceptances count in a gate, and what they excuse.

use harness_record::acceptance::{Acceptance, Acceptances, FILE, Loss, is_time, worse};
use harness_record::suggestion::suggestion;
use jiff::civil::Date;

/// The acceptances of a gate, each with what it is worth there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ledger {
    lines: Vec<(Acceptance, Worth)>,
}

/// What an acceptance is worth in a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worth {
    /// It excuses.
    Counts,
    /// Only the head has it, and no reviewer has approved.
    Pending,
    /// Its day is over.
    Expired,
    /// It is about time, and the base may have the loss already.
    Spent,
}

/// What the acceptances say of a loss.
#[derive(Debug, Clone, PartialEq)]
pub enum Coverage {
    /// It is excused, by this one or others before it.
    Excused(Acceptance),
    /// It would be, if those that only the head has counted.
    Pending(Acceptance),
    /// It was, until this one expired.
    Expired(Acceptance),
    /// This one of the base is about as much, but the base may have the loss already.
    Spent(Acceptance),
    /// It is not.
    None,
}

impl Ledger {
    /// The acceptances beside a stored baseline, on this day.
    pub fn stored(acceptances: Acceptances, today: Date) -> Self {
        let lines = acceptances.lines().iter().cloned().map(|line| {
            let worth = if expired(&line, today) { Worth::Expired } else { Worth::Counts };
            (line, worth)
        });
        Self { lines: lines.collect() }
    }

    /// The acceptances of a base, and those that only the head has, which count if a reviewer has approved them.
    ///
    /// A count is accepted from one level to another, so that a line excuses nothing once the base is at the other level. Times have no
    /// levels that outlast a measurement. So a line about time excuses the change that brings it along, or what is held against a
    /// base that has got nothing but lines since: `earlier` has those that were there when anything else of the base changed
    /// last; none if that is not known.
    pub fn between(
        base: Acceptances,
        earlier: Option<&Acceptances>,
        head: Acceptances,
        honour: bool,
        today: Date,
    ) -> Self {
        let new: Vec<Acceptance> = head.lines().iter().cloned().filter(|line| !base.lines().contains(line)).collect();
        let of_base = base.lines().iter().cloned().map(|line| {
            let is_new = earlier.is_some_and(|earlier| !earlier.lines().contains(&line));
            let worth = if is_time(line.loss.metric) && !is_new { Worth::Spent } else { Worth::Counts };
            (line, worth)
        });
        let of_head = new.into_iter().map(|line| (line, if honour { Worth::Counts } else { Worth::Pending }));
        let lines = of_base.chain(of_head).map(|(line, worth)| match expired(&line, today) && worth != Worth::Spent {
            true => (line, Worth::Expired),
            false => (line, worth),
        });
        Self { lines: lines.collect() }
    }

    /// What the acceptances say of a loss. `within(level, value)` says whether a value is at most a tolerance worse than a
    /// level.
    pub fn covers(&self, loss: &Loss, within: impl Fn(f64, f64) -> bool) -> Coverage {
        let reached = |worths: &[Worth]| self.reach(loss, worths, &within);
        if let Some(line) = reached(&[Worth::Counts]) {
            return Coverage::Excused(line);
        }
        if let Some(line) = reached(&[Worth::Counts, Worth::Pending]) {
            return Coverage::Pending(line);
        }
        if let Some(line) = reached(&[Worth::Counts, Worth::Pending, Worth::Expired]) {
            return Coverage::Expired(line);
        }
        reached(&[Worth::Spent]).map_or(Coverage::None, Coverage::Spent)
    }

    /// The last of the acceptances by which the loss is excused, if it is: each one that begins within reach of where the
    /// others ended carries on to its own level.
    fn reach(&self, loss: &Loss, worths: &[Worth], within: &impl Fn(f64, f64) -> bool) -> Option<Acceptance> {
        let about = |line: &&(Acceptance, Worth)| worths.contains(&line.1) && line.0.loss.same_figure(loss);
        let lines: Vec<&Acceptance> = self.lines.iter().filter(about).map(|(line, _)| line).collect();
        let (mut level, mut last) = (loss.from, None);
        let further = |line: &&&Acceptance, level: f64| {
            within(level, line.loss.from) && worse(loss.metric, level, line.loss.to) > 0.0
        };
        while let Some(line) = lines.iter().find(|line| further(line, level)) {
            (level, last) = (line.loss.to, Some(*line));
        }
        last.filter(|_| within(level, loss.to)).cloned()
    }

    /// One sentence for each acceptance that waits for a reviewer.
    pub fn pending(&self) -> Vec<String> {
        let pending = self.lines.iter().filter(|(_, worth)| *worth == Worth::Pending);
        pending
            .map(|(line, _)| {
                format!("{}; only this change has it, and it counts under --honour-new-acceptances", line.sentence())
            })
            .collect()
    }

    /// One sentence for each acceptance that expired, or names a workload or phase that is not among the known ones.
    pub fn complaints(&self, known: &[(String, String)]) -> Vec<String> {
        let mut told = Vec::new();
        for (line, worth) in &self.lines {
            let Loss { workload, phase, .. } = &line.loss;
            if let (Worth::Expired, Some(day)) = (worth, line.expires) {
                told.push(format!(
                    "the acceptance of {} expired on {day} and excuses nothing; mend the loss, or remove the line from {FILE}",
                    line.loss
                ));
            }
            if known.is_empty() || known.iter().any(|(id, name)| id == workload && name == phase) {
                continue;
            }
            let hint = match known.iter().any(|(id, _)| id == workload) {
                false => {
                    let ids = harness_record::distinct::distinct(known.iter().map(|(id, _)| id.as_str()));
                    format!("there is no workload `{workload}`; {}", suggestion(workload, ids))
                }
                true => {
                    let phases = known.iter().filter(|(id, _)| id == workload).map(|(_, name)| name.as_str());
                    format!("{workload} has no phase `{phase}`; {}", suggestion(phase, phases))
                }
            };
            told.push(format!("{FILE} accepts {}, but {hint}", line.loss));
        }
        told
    }
}

fn expired(acceptance: &Acceptance, today: Date) -> bool {
    acceptance.expires.is_some_and(|last| last < today)
}

#[cfg(test)]
mod tests {
    use harness_record::metric::by_name;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn loss(metric: &str, from: f64, to: f64) -> Loss {
        let metric = by_name(metric).expect("a metric");
        let key = (!is_time(metric)).then(|| "key".to_owned());
        Loss { workload: "w".to_owned(), phase: "naive".to_owned(), metric, from, to, key }
    }

    fn accepted(losses: &[Loss]) -> Acceptances {
        let mut acceptances = Acceptances::default();
        for loss in losses {
            let (accepted, reason) = (date(2026, 1, 2), "it pays".to_owned());
            acceptances.add(Acceptance { loss: loss.clone(), accepted, expires: Some(date(2026, 6, 30)), reason });
        }
        acceptances
    }

    /// The words for what is said of instructions that went from one level to another, with 1 % of tolerance.
    fn said(ledger: &Ledger, loss: &Loss) -> &'static str {
        match ledger.covers(loss, |level, value| value <= level * 1.01) {
            Coverage::Excused(_) => "excused",
            Coverage::Pending(_) => "pending",
            Coverage::Expired(_) => "expired",
            Coverage::Spent(_) => "spent",
            Coverage::None => "none",
        }
    }

    const TODAY: Date = date(2026, 6, 30);

    #[test]
    fn the_accepted_level_is_excused_and_a_further_loss_is_not() {
        let ledger = Ledger::stored(accepted(&[loss("instructions", 1000.0, 1100.0)]), TODAY);
        for (from, to, expected) in [
            (1000.0, 1100.0, "excused"),
            (1000.0, 1050.0, "excused"),
            (1000.0, 1111.0, "excused"),
            (1000.0, 1112.0, "none"),
            // Half of it came from elsewhere.
            (1050.0, 1100.0, "excused"),
            // The base has it already: nothing more is excused.
            (1100.0, 1210.0, "none"),
            // What was gained since is not given away again.
            (900.0, 1100.0, "none"),
            (991.0, 1100.0, "excused"),
        ] {
            assert_eq!(said(&ledger, &loss("instructions", from, to)), expected, "{from} to {to}");
        }
        assert_eq!(said(&ledger, &loss("total-bytes", 1000.0, 1100.0)), "none");
        let elsewhere = Loss { key: Some("another".to_owned()), ..loss("instructions", 1000.0, 1100.0) };
        assert_eq!(said(&ledger, &elsewhere), "none", "levels of one toolchain say nothing of another");
    }

    #[test]
    fn lines_of_one_figure_add_up_where_they_meet() {
        let both = [loss("instructions", 1100.0, 1200.0), loss("instructions", 1000.0, 1100.0)];
        let ledger = Ledger::stored(accepted(&both), TODAY);
        assert_eq!(said(&ledger, &loss("instructions", 1000.0, 1200.0)), "excused");
        let apart = [loss("instructions", 1150.0, 1200.0), loss("instructions", 1000.0, 1100.0)];
        let ledger = Ledger::stored(accepted(&apart), TODAY);
        assert_eq!(said(&ledger, &loss("instructions", 1000.0, 1200.0)), "none");
    }

    #[test]
    fn what_only_the_head_accepts_is_pending_until_it_is_honoured() {
        let new = accepted(&[loss("instructions", 1000.0, 1100.0)]);
        let between = |base: &Acceptances, head: &Acceptances, honour| {
            Ledger::between(base.clone(), None, head.clone(), honour, TODAY)
        };
        let (none, lost) = (Acceptances::default(), loss("instructions", 1000.0, 1100.0));
        assert_eq!(said(&between(&none, &new, false), &lost), "pending");
        assert_eq!(said(&between(&none, &new, true), &lost), "excused");
        assert_eq!(said(&between(&new, &new, false), &lost), "excused");
        assert_eq!(said(&between(&new, &none, false), &lost), "excused", "the base's rule judges the change");
        // A change that widens a line of the base has written a new one.
        let wider = accepted(&[loss("instructions", 1000.0, 2000.0)]);
        assert_eq!(said(&between(&new, &wider, false), &loss("instructions", 1000.0, 2000.0)), "pending");
        let told = between(&none, &new, false).pending();
        assert_eq!(
            told,
            [
                "w in phase naive: instructions 1,000 -> 1,100 (+10 %), because it pays; only this change has it, and it counts \
              under --honour-new-acceptances"
            ]
        );
        assert!(between(&new, &new, false).pending().is_empty());
    }

    #[test]
    fn a_time_is_excused_once() {
        let line = accepted(&[loss("time", 1.0, 1.05)]);
        let (none, lost) = (Acceptances::default(), loss("time", 1.0, 1.055));
        let said = |base: &Acceptances, earlier: Option<&Acceptances>, honour, lost: &Loss| {
            said(&Ledger::between(base.clone(), earlier, line.clone(), honour, TODAY), lost)
        };
        assert_eq!(said(&none, None, true, &lost), "excused", "the change brings the line");
        assert_eq!(said(&none, None, true, &loss("time", 1.0, 1.07)), "none");
        assert_eq!(said(&line, Some(&none), false, &lost), "excused", "the base has got nothing but the line");
        assert_eq!(said(&line, Some(&none), false, &loss("time", 1.0, 1.07)), "none");
        for earlier in [None, Some(&line)] {
            assert_eq!(said(&line, earlier, true, &lost), "spent", "the base may have the loss");
        }
    }

    #[test]
    fn the_day_after_it_expires_it_is_complained_of() {
        let ledger = |today| Ledger::stored(accepted(&[loss("instructions", 1000.0, 1100.0)]), today);
        let lost = loss("instructions", 1000.0, 1100.0);
        assert_eq!(said(&ledger(TODAY), &lost), "excused");
        assert!(ledger(TODAY).complaints(&[]).is_empty());
        let late = ledger(date(2026, 7, 1));
        assert_eq!(said(&late, &lost), "expired");
        assert_eq!(
            late.complaints(&[]),
            [
                "the acceptance of w in phase naive: instructions 1,000 -> 1,100 (+10 %) expired on 2026-06-30 and excuses \
              nothing; mend the loss, or remove the line from accepted.csv"
            ]
        );
    }

    #[test]
    fn unknown_names_are_complained_of_with_the_nearest() {
        let ledger = Ledger::stored(accepted(&[loss("instructions", 1000.0, 1100.0)]), TODAY);
        let known = |workload: &str, phase: &str| [(workload.to_owned(), phase.to_owned())];
        assert!(ledger.complaints(&known("w", "naive")).is_empty());
        let place = "accepted.csv accepts w in phase naive: instructions 1,000 -> 1,100 (+10 %)";
        assert_eq!(
            ledger.complaints(&known("w", "naiv")),
            [format!("{place}, but w has no phase `naive`; did you mean `naiv`?")]
        );
        assert_eq!(
            ledger.complaints(&known("ww", "naive")),
            [format!("{place}, but there is no workload `w`; did you mean `ww`?")]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// Whatever was accepted, nothing beyond its worst level is excused, and no base better than its best one.
        #[test]
        fn nothing_beyond_what_was_accepted_is_excused(
            lines in prop::collection::vec((0..100_u32, 1..50_u32), 0..6), from in 0..100_u32, more in 1..100_u32,
        ) {
            let lines: Vec<Loss> = lines
                .into_iter()
                .map(|(from, more)| loss("total-bytes", f64::from(from), f64::from(from + more)))
                .collect();
            let lost = loss("total-bytes", f64::from(from), f64::from(from + more));
            let ledger = Ledger::stored(accepted(&lines), TODAY);
            let excused = matches!(ledger.covers(&lost, |level, value| value <= level), Coverage::Excused(_));
            // By definition: every level between the two lies in the span of some line.
            let spanned = (from..from + more).all(|level| {
                let level = f64::from(level);
                lines.iter().any(|line| line.from <= level && level < line.to)
            });
            if excused {
                prop_assert!(spanned);
            }
        }
    }
}
