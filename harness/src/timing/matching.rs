//! Matches the workloads of base and head. A workload is comparable if both sides have the same definition and expected
//! answer.

use harness_abtest::TimedPhase;
use harness_probe::Instrument;
use harness_probe::protocol::Description;
use harness_record::choice::{Choice, ChoiceError};
use itertools::Itertools;

use crate::collect::{Plan, PlanError, Selected};

/// The selected workloads of both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct MatchedWorkloads {
    /// Workloads and phases that both sides share.
    pub common: Vec<Selected>,
    /// Workloads and phases that cannot be compared.
    pub unmatched: Vec<Unmatched>,
}

/// A workload, or some of its phases, that cannot be compared with the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched {
    /// Id of the workload.
    pub workload: String,
    /// The affected phases.
    pub phases: Vec<String>,
    /// The reason, such as `new: the base does not have it`.
    pub why: &'static str,
}

const NEW: &str = "new: the base does not have it";
const REMOVED: &str = "removed: the head does not have it";
const REDEFINED: &str = "changed: its definition differs, so its numbers do not compare";
const OTHER_ANSWER: &str = "changed: its expected answer differs, so its numbers do not compare";

impl MatchedWorkloads {
    /// Matches the workloads that the plan selects from the two sides.
    ///
    /// # Errors
    /// If a filter or a phase of the plan matches nothing.
    pub fn of(plan: &Plan, base: &[Description], head: &[Description]) -> Result<Self, PlanError> {
        let find =
            |side: &'_ [Description], id: &str| side.iter().find(|one| one.id == id).cloned();
        let mut all = head.to_vec();
        for one in base {
            match all.iter_mut().find(|other| other.id == one.id) {
                Some(other) => {
                    let gone = one
                        .phases
                        .iter()
                        .filter(|phase| !other.phases.contains(phase))
                        .cloned()
                        .collect_vec();
                    // At the front, so that the last phase stays that of the head.
                    other.phases.splice(0..0, gone);
                }
                None => all.push(one.clone()),
            }
        }
        let mut field = Self {
            common: Vec::new(),
            unmatched: Vec::new(),
        };
        for Selected { workload, phases } in plan.select(&all)? {
            let mut apart = |phases: Vec<String>, why| {
                let workload = workload.id.clone();
                field
                    .unmatched
                    .extend((!phases.is_empty()).then_some(Unmatched {
                        workload,
                        phases,
                        why,
                    }));
            };
            match (find(head, &workload.id), find(base, &workload.id)) {
                (None, _) => apart(phases, REMOVED),
                (_, None) => apart(phases, NEW),
                (Some(ours), Some(theirs))
                    if ours.definition != theirs.definition || ours.unit != theirs.unit =>
                {
                    apart(phases, REDEFINED);
                }
                (Some(ours), Some(theirs)) if ours.answer != theirs.answer => {
                    apart(phases, OTHER_ANSWER)
                }
                (Some(ours), Some(theirs)) => {
                    let (here, gone): (Vec<_>, Vec<_>) = phases
                        .into_iter()
                        .partition(|phase| ours.phases.contains(phase));
                    let (both, new): (Vec<_>, Vec<_>) = here
                        .into_iter()
                        .partition(|phase| theirs.phases.contains(phase));
                    apart(new, NEW);
                    apart(gone, REMOVED);
                    // An instrument that is new at the head has nothing to be compared with.
                    let mut workload = ours;
                    workload
                        .instruments
                        .retain(|instrument| theirs.instruments.contains(instrument));
                    field.common.extend((!both.is_empty()).then_some(Selected {
                        workload,
                        phases: both,
                    }));
                }
            }
        }
        Ok(field)
    }

    /// Selects the workloads to time: common workloads that match `globs` and have a clock, in their last phase, or in
    /// every phase if `phases` names any. Returns at most `most` of them, and the ids of those left out.
    ///
    /// # Errors
    /// If a glob is invalid.
    pub fn timed(
        &self,
        globs: &[String],
        phases: &[String],
        most: usize,
    ) -> Result<(Vec<TimedPhase>, Vec<String>), ChoiceError> {
        let suite = Choice::new(globs, &[])?;
        let taken =
            |one: &&Selected| suite.workload(&one.workload.id) && one.takes(Instrument::Clock);
        let cases = self.common.iter().filter(taken).flat_map(|one| {
            // The last common phase: a phase that only the head has must not exclude the workload.
            let judged = if phases.is_empty() {
                one.phases.len().saturating_sub(1)
            } else {
                0
            };
            one.phases[judged..]
                .iter()
                .map(|phase| (&one.workload.id, phase))
        });
        let timed_phase = |(id, phase): (&String, &String)| TimedPhase {
            workload: id.clone(),
            phase: phase.clone(),
        };
        let mut timed_phases = cases.map(timed_phase).collect_vec();
        let beyond = timed_phases.split_off(most.min(timed_phases.len()));
        let left_out = beyond.into_iter().map(|one| one.workload).unique();
        Ok((timed_phases, left_out.collect()))
    }
}

/// Most workloads that [`listed`] names.
const NAMED: usize = 8;

/// Lists workloads in a sentence: the first few by id, and the number of the others.
pub fn listed(ids: &[String]) -> String {
    let named = ids.iter().take(NAMED).join(", ");
    match ids.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

impl Unmatched {
    /// True if only the base has it.
    pub fn is_removed(&self) -> bool {
        self.why == REMOVED
    }

    /// One sentence for the report.
    pub fn sentence(&self) -> String {
        let Self {
            workload,
            phases,
            why,
        } = self;
        format!("{workload} ({}) is {why}", phases.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use harness_probe::{Selection, Unit};

    use super::*;

    fn workload(id: &str, phases: &[&str]) -> Description {
        Description {
            id: id.to_owned(),
            about: String::new(),
            unit: Unit {
                name: "token".to_owned(),
                per_run: 1,
            },
            definition: "d".to_owned(),
            answer: "a".to_owned(),
            phases: phases.iter().map(|&phase| phase.to_owned()).collect(),
            instruments: vec![Instrument::Clock, Instrument::Dhat],
            selection: Selection::Standard,
        }
    }

    fn plan(phases: &[&str]) -> Plan {
        Plan {
            filters: Vec::new(),
            phases: phases.iter().map(|&phase| phase.to_owned()).collect(),
            instruments: vec![Instrument::Dhat],
            quick: false,
            anchors: Vec::new(),
        }
    }

    #[test]
    fn workloads_of_one_side_or_with_another_definition_are_listed_and_the_rest_compares() {
        let base = [
            workload("same", &["naive", "fast"]),
            workload("gone", &["naive"]),
            workload("other", &["naive"]),
            workload("answer", &["naive"]),
            workload("ladder", &["naive", "old"]),
        ];
        let mut head = [
            workload("same", &["naive", "fast"]),
            workload("young", &["naive"]),
            workload("other", &["naive"]),
            workload("answer", &["naive"]),
            workload("ladder", &["naive", "newest"]),
        ];
        head[2].definition.push('!');
        head[3].answer.push('!');
        let field = MatchedWorkloads::of(&plan(&[]), &base, &head).expect("something in common");
        let sentences: Vec<String> = field.unmatched.iter().map(Unmatched::sentence).collect();
        assert_eq!(
            sentences,
            [
                "young (naive) is new: the base does not have it",
                "other (naive) is changed: its definition differs, so its numbers do not compare",
                "answer (naive) is changed: its expected answer differs, so its numbers do not compare",
                "ladder (newest) is new: the base does not have it",
                "ladder (old) is removed: the head does not have it",
                "gone (naive) is removed: the head does not have it",
            ]
        );
        let common: Vec<(&str, usize)> = field
            .common
            .iter()
            .map(|one| (one.workload.id.as_str(), one.phases.len()))
            .collect();
        assert_eq!(common, [("same", 2), ("ladder", 1)]);
        // A new last phase does not exclude the workload from timing.
        let (timed, _) = field
            .timed(&["ladder".to_owned()], &[], 12)
            .expect("well-formed");
        assert_eq!(
            timed,
            [TimedPhase {
                workload: "ladder".to_owned(),
                phase: "naive".to_owned()
            }]
        );
    }

    #[test]
    fn time_is_judged_in_the_last_phase_unless_others_are_named() {
        let both = [
            workload("a", &["naive", "fast"]),
            workload("b", &["naive", "fast"]),
            workload("c", &["naive"]),
        ];
        let globs = ["a".to_owned(), "b".to_owned()];
        let names = |timed_phases: Vec<TimedPhase>| -> Vec<String> {
            timed_phases
                .into_iter()
                .map(|one| format!("{} {}", one.workload, one.phase))
                .collect()
        };
        let field = MatchedWorkloads::of(&plan(&[]), &both, &both).expect("all in common");
        let (all, beyond) = field.timed(&globs, &[], 12).expect("well-formed");
        assert_eq!(
            (names(all), beyond),
            (vec!["a fast".to_owned(), "b fast".to_owned()], Vec::new())
        );
        let (one, beyond) = field.timed(&globs, &[], 1).expect("well-formed");
        assert_eq!(
            (names(one), beyond),
            (vec!["a fast".to_owned()], vec!["b".to_owned()])
        );
        let naive = plan(&["naive"]);
        let field = MatchedWorkloads::of(&naive, &both, &both).expect("all in common");
        let (named, _) = field.timed(&globs, &naive.phases, 12).expect("well-formed");
        assert_eq!(names(named), ["a naive", "b naive"]);
    }
}
