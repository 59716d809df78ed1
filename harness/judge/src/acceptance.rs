//! The acceptances that a gate applies, and the regressions that they excuse.

use harness_record::acceptance::{Acceptance, Acceptances, FILE, Loss, is_time};
use harness_record::suggestion::suggestion;
use jiff::civil::Date;

/// The acceptances of a gate, each with its validity.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ledger {
    lines: Vec<(Acceptance, Worth)>,
}

/// Validity of an acceptance in a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worth {
    /// It counts.
    Counts,
    /// Only the head has it, and it is not approved.
    Pending,
    /// It has expired.
    Expired,
    /// It is about time, and the base may already contain the slowdown.
    Spent,
}

/// Result of matching a loss with the acceptances.
#[derive(Debug, Clone, PartialEq)]
pub enum Coverage {
    /// Excused by this acceptance, possibly after others in a chain.
    Excused(Acceptance),
    /// Excused if the acceptances that only the head has counted.
    Pending(Acceptance),
    /// Excused until this acceptance expired.
    Expired(Acceptance),
    /// This acceptance of the base matches, but the base may already contain the slowdown.
    Spent(Acceptance),
    /// Not excused.
    None,
}

impl Ledger {
    /// Ledger of a gate against the stored baseline, on this day.
    pub fn stored(acceptances: Acceptances, today: Date) -> Self {
        Self::on(
            today,
            acceptances
                .lines()
                .iter()
                .map(|line| (line.clone(), Worth::Counts)),
        )
    }

    /// Ledger of lines on this day: of the lines that are not spent, some have expired.
    fn on(today: Date, lines: impl Iterator<Item = (Acceptance, Worth)>) -> Self {
        let expired = |line: &Acceptance| line.expires.is_some_and(|last| last < today);
        let lines = lines.map(
            |(line, worth)| match worth != Worth::Spent && expired(&line) {
                true => (line, Worth::Expired),
                false => (line, worth),
            },
        );
        Self {
            lines: lines.collect(),
        }
    }

    /// Ledger of a gate against a revision. Acceptances that only the head has count if `honour` is true, which means
    /// that a reviewer has approved them.
    ///
    /// A count is accepted from one level to another, so a line excuses nothing once the base is at the second level.
    /// Times have no levels that outlast a measurement. Therefore a line about time excuses the change that adds it, or
    /// a change against a base whose code did not change after the line was added. `earlier` is the acceptances at the
    /// last change of the base's code; none if unknown.
    pub fn between(
        base: Acceptances,
        earlier: Option<&Acceptances>,
        head: Acceptances,
        honour: bool,
        today: Date,
    ) -> Self {
        let of_base = base.lines().iter().map(|line| {
            let is_new = earlier.is_some_and(|earlier| !earlier.lines().contains(line));
            (
                line.clone(),
                if is_time(line.loss.metric) && !is_new {
                    Worth::Spent
                } else {
                    Worth::Counts
                },
            )
        });
        let new = head
            .lines()
            .iter()
            .filter(|line| !base.lines().contains(line));
        let of_head = new.map(|line| {
            (
                line.clone(),
                if honour {
                    Worth::Counts
                } else {
                    Worth::Pending
                },
            )
        });
        Self::on(today, of_base.chain(of_head))
    }

    /// Matches a loss with the acceptances. `within(level, value)` returns true if `value` is worse than `level` by at
    /// most the tolerance.
    pub fn covers(&self, loss: &Loss, within: impl Fn(f64, f64) -> bool) -> Coverage {
        let reached = |worths: &[Worth]| self.reach(loss, worths, &within);
        let excused = reached(&[Worth::Counts]).map(Coverage::Excused);
        excused
            .or_else(|| reached(&[Worth::Counts, Worth::Pending]).map(Coverage::Pending))
            .or_else(|| {
                reached(&[Worth::Counts, Worth::Pending, Worth::Expired]).map(Coverage::Expired)
            })
            .or_else(|| reached(&[Worth::Spent]).map(Coverage::Spent))
            .unwrap_or(Coverage::None)
    }

    /// Follows a chain of acceptances: each begins within the tolerance of the level at which the one before ends.
    /// Returns the last one if the chain covers the loss.
    fn reach(
        &self,
        loss: &Loss,
        worths: &[Worth],
        within: &impl Fn(f64, f64) -> bool,
    ) -> Option<Acceptance> {
        let about =
            |line: &&(Acceptance, Worth)| worths.contains(&line.1) && line.0.loss.same_figure(loss);
        let lines: Vec<&Acceptance> = self
            .lines
            .iter()
            .filter(about)
            .map(|(line, _)| line)
            .collect();
        let (mut level, mut last) = (loss.from, None);
        let further = |line: &&&Acceptance, level: f64| {
            within(level, line.loss.from) && loss.metric.worse(level, line.loss.to) > 0.0
        };
        while let Some(line) = lines.iter().find(|line| further(line, level)) {
            (level, last) = (line.loss.to, Some(*line));
        }
        last.filter(|_| within(level, loss.to)).cloned()
    }

    /// The acceptance that counts and accepts the figure up to a level that it does not exceed; none if there is none.
    /// It excuses the figure from its budget, which has no base to begin from.
    pub fn reached(&self, loss: &Loss) -> Option<Acceptance> {
        let reaches = |line: &Acceptance| {
            line.loss.same_figure(loss) && loss.metric.worse(line.loss.to, loss.to) <= 0.0
        };
        let counting = self
            .lines
            .iter()
            .filter(|(_, worth)| *worth == Worth::Counts);
        let mut lines = counting.map(|(line, _)| line);
        lines.find(|line| reaches(line)).cloned()
    }

    /// One sentence for each acceptance that is not approved yet.
    pub fn pending(&self) -> Vec<String> {
        let pending = self
            .lines
            .iter()
            .filter(|(_, worth)| *worth == Worth::Pending);
        let note = "added by this change, counts only with --honour-new-acceptances";
        pending
            .map(|(line, _)| format!("{}; {note}", line.sentence()))
            .collect()
    }

    /// One sentence for each acceptance that expired, or whose workload or phase is not in `known`.
    pub fn complaints(&self, known: &[(String, String)]) -> Vec<String> {
        let mut complaints = Vec::new();
        for (line, worth) in &self.lines {
            let Loss {
                workload, phase, ..
            } = &line.loss;
            if let (Worth::Expired, Some(day)) = (worth, line.expires) {
                complaints.push(format!(
                    "the acceptance of {} expired on {day}; fix the regression, or remove the line from {FILE}",
                    line.loss
                ));
            }
            if known.is_empty()
                || known
                    .iter()
                    .any(|(id, name)| id == workload && name == phase)
            {
                continue;
            }
            let hint = match known.iter().any(|(id, _)| id == workload) {
                false => {
                    let ids =
                        harness_record::distinct::distinct(known.iter().map(|(id, _)| id.as_str()));
                    format!(
                        "there is no workload `{workload}`; {}",
                        suggestion(workload, ids)
                    )
                }
                true => {
                    let phases = known
                        .iter()
                        .filter(|(id, _)| id == workload)
                        .map(|(_, name)| name.as_str());
                    format!(
                        "{workload} has no phase `{phase}`; {}",
                        suggestion(phase, phases)
                    )
                }
            };
            complaints.push(format!("{FILE} accepts {}, but {hint}", line.loss));
        }
        complaints
    }
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
        Loss {
            workload: "w".to_owned(),
            phase: "naive".to_owned(),
            metric,
            from,
            to,
            key,
        }
    }

    fn accepted(losses: &[Loss]) -> Acceptances {
        let mut acceptances = Acceptances::default();
        for loss in losses {
            let (accepted, reason) = (date(2026, 1, 2), "it pays".to_owned());
            acceptances.add(Acceptance {
                loss: loss.clone(),
                accepted,
                expires: Some(date(2026, 6, 30)),
                reason,
            });
        }
        acceptances
    }

    /// Name of the coverage of a loss, with a tolerance of 1 %.
    fn coverage(ledger: &Ledger, loss: &Loss) -> &'static str {
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
            // The base already has half of the loss.
            (1050.0, 1100.0, "excused"),
            // The base already has the loss: a further loss is not excused.
            (1100.0, 1210.0, "none"),
            // A loss of later improvements is not excused.
            (900.0, 1100.0, "none"),
            (991.0, 1100.0, "excused"),
        ] {
            assert_eq!(
                coverage(&ledger, &loss("instructions", from, to)),
                expected,
                "{from} to {to}"
            );
        }
        assert_eq!(
            coverage(&ledger, &loss("total-bytes", 1000.0, 1100.0)),
            "none"
        );
        let elsewhere = Loss {
            key: Some("another".to_owned()),
            ..loss("instructions", 1000.0, 1100.0)
        };
        assert_eq!(
            coverage(&ledger, &elsewhere),
            "none",
            "levels of one toolchain do not apply to another"
        );
    }

    #[test]
    fn lines_of_one_figure_add_up_where_they_meet() {
        let both = [
            loss("instructions", 1100.0, 1200.0),
            loss("instructions", 1000.0, 1100.0),
        ];
        let ledger = Ledger::stored(accepted(&both), TODAY);
        assert_eq!(
            coverage(&ledger, &loss("instructions", 1000.0, 1200.0)),
            "excused"
        );
        let apart = [
            loss("instructions", 1150.0, 1200.0),
            loss("instructions", 1000.0, 1100.0),
        ];
        let ledger = Ledger::stored(accepted(&apart), TODAY);
        assert_eq!(
            coverage(&ledger, &loss("instructions", 1000.0, 1200.0)),
            "none"
        );
    }

    #[test]
    fn acceptances_of_the_head_are_pending_until_they_are_honoured() {
        let new = accepted(&[loss("instructions", 1000.0, 1100.0)]);
        let between = |base: &Acceptances, head: &Acceptances, honour| {
            Ledger::between(base.clone(), None, head.clone(), honour, TODAY)
        };
        let (none, lost) = (Acceptances::default(), loss("instructions", 1000.0, 1100.0));
        assert_eq!(coverage(&between(&none, &new, false), &lost), "pending");
        assert_eq!(coverage(&between(&none, &new, true), &lost), "excused");
        assert_eq!(coverage(&between(&new, &new, false), &lost), "excused");
        assert_eq!(
            coverage(&between(&new, &none, false), &lost),
            "excused",
            "the base's rule judges the change"
        );
        // A wider version of a line of the base is a new line.
        let wider = accepted(&[loss("instructions", 1000.0, 2000.0)]);
        assert_eq!(
            coverage(
                &between(&new, &wider, false),
                &loss("instructions", 1000.0, 2000.0)
            ),
            "pending"
        );
        let expected = "w in phase naive: instructions 1,000 -> 1,100 (+10 %), because it pays; added by this change, \
                        counts only with --honour-new-acceptances";
        assert_eq!(between(&none, &new, false).pending(), [expected]);
        assert!(between(&new, &new, false).pending().is_empty());
    }

    #[test]
    fn a_time_is_excused_once() {
        let line = accepted(&[loss("time", 1.0, 1.05)]);
        let (none, lost) = (Acceptances::default(), loss("time", 1.0, 1.055));
        let coverage = |base: &Acceptances, earlier: Option<&Acceptances>, honour, lost: &Loss| {
            coverage(
                &Ledger::between(base.clone(), earlier, line.clone(), honour, TODAY),
                lost,
            )
        };
        assert_eq!(
            coverage(&none, None, true, &lost),
            "excused",
            "the change adds the line"
        );
        assert_eq!(
            coverage(&none, None, true, &loss("time", 1.0, 1.07)),
            "none"
        );
        assert_eq!(
            coverage(&line, Some(&none), false, &lost),
            "excused",
            "the base has changed nothing but the line"
        );
        assert_eq!(
            coverage(&line, Some(&none), false, &loss("time", 1.0, 1.07)),
            "none"
        );
        for earlier in [None, Some(&line)] {
            assert_eq!(
                coverage(&line, earlier, true, &lost),
                "spent",
                "the base may have the loss"
            );
        }
    }

    #[test]
    fn the_day_after_it_expires_there_is_a_complaint() {
        let ledger =
            |today| Ledger::stored(accepted(&[loss("instructions", 1000.0, 1100.0)]), today);
        let lost = loss("instructions", 1000.0, 1100.0);
        assert_eq!(coverage(&ledger(TODAY), &lost), "excused");
        assert!(ledger(TODAY).complaints(&[]).is_empty());
        let late = ledger(date(2026, 7, 1));
        assert_eq!(coverage(&late, &lost), "expired");
        let expected = "the acceptance of w in phase naive: instructions 1,000 -> 1,100 (+10 %) expired on 2026-06-30; \
                        fix the regression, or remove the line from accepted.csv";
        assert_eq!(late.complaints(&[]), [expected]);
    }

    #[test]
    fn complaints_about_unknown_names_suggest_the_nearest() {
        let ledger = Ledger::stored(accepted(&[loss("instructions", 1000.0, 1100.0)]), TODAY);
        let known = |workload: &str, phase: &str| [(workload.to_owned(), phase.to_owned())];
        assert!(ledger.complaints(&known("w", "naive")).is_empty());
        let place = "accepted.csv accepts w in phase naive: instructions 1,000 -> 1,100 (+10 %)";
        assert_eq!(
            ledger.complaints(&known("w", "naiv")),
            [format!(
                "{place}, but w has no phase `naive`; did you mean `naiv`?"
            )]
        );
        assert_eq!(
            ledger.complaints(&known("ww", "naive")),
            [format!(
                "{place}, but there is no workload `w`; did you mean `ww`?"
            )]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// No loss beyond the accepted levels is excused, whatever the lines are.
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
            // By definition: each level of the loss lies in the span of a line.
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
