//! Decides if a machine can judge time, from its state and from the noise floor: a build compared with itself.

use harness_abtest::NoiseFloor;

use crate::machine::{Finding, Grade};

/// Largest acceptable minimum detectable effect of one workload within 15 seconds, as a share. Gates that find only
/// larger slowdowns get switched off.
pub const COARSE: f64 = 0.02;

/// Measuring time of one workload alone, in seconds.
pub const ALONE: f64 = 15.0;

/// The state and the noise floor of a machine.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// The graded properties of the machine.
    pub findings: Vec<Finding>,
    /// The noise floors, or the reason why they were not measured.
    pub floors: Result<NoiseFloors, String>,
}

/// Noise floors of some workloads, and the size of the gate that they are extrapolated to.
#[derive(Debug, Clone)]
pub struct NoiseFloors {
    /// The measured workloads.
    pub tried: Vec<Tried>,
    /// Number of workloads that the gate times.
    pub workloads: usize,
    /// Seconds that the gate has for each of them.
    pub each_seconds: f64,
}

/// The noise floor of a workload, and the minimum detectable effects that follow from it.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The noise floor: a build compared with itself.
    pub floor: NoiseFloor,
    /// Smallest slowdown that a gate would find, as a share.
    pub in_a_gate: Option<f64>,
    /// Smallest slowdown that [`ALONE`] seconds of measuring would find, as a share.
    pub alone: Option<f64>,
    /// Seconds of measuring until the workload is shown to be not slower.
    pub seconds: Option<f64>,
}

impl NoiseFloors {
    /// Extrapolates noise floors to a gate that times `workloads` workloads for `each_seconds` each.
    pub fn new(floors: Vec<NoiseFloor>, workloads: usize, each_seconds: f64) -> Self {
        let tried = floors.into_iter().map(|floor| {
            let (in_a_gate, alone) = (
                floor.minimum_detectable(each_seconds),
                floor.minimum_detectable(ALONE),
            );
            let seconds = floor.seconds_to_settle();
            Tried {
                floor,
                in_a_gate,
                alone,
                seconds,
            }
        });
        Self {
            tried: tried.collect(),
            workloads,
            each_seconds,
        }
    }

    /// The measuring time that a gate needs here until no workload is inconclusive, as the end of a sentence.
    fn forecast(&self) -> String {
        let gate = format!("a gate of {} workloads", self.workloads);
        let seconds: Option<Vec<f64>> = self.tried.iter().map(|tried| tried.seconds).collect();
        match seconds {
            None => {
                format!("{gate} would leave some of them inconclusive, however long it measures")
            }
            Some(seconds) => {
                let each = seconds.iter().sum::<f64>() / seconds.len().max(1) as f64;
                let (needed, has) = (
                    each * self.workloads as f64,
                    self.each_seconds * self.workloads as f64,
                );
                let enough = if needed <= has {
                    ""
                } else {
                    ", more than its budget (raise it with --budget)"
                };
                format!("{gate} needs about {needed:.0} s of measuring{enough}")
            }
        }
    }
}

impl Diagnosis {
    /// Returns true if time can be judged on this machine.
    pub fn can_judge(&self) -> bool {
        self.trouble().is_empty() && self.bad().is_empty()
    }

    /// The verdict in one sentence, with the reasons against the machine.
    pub fn sentence(&self) -> String {
        let (trouble, bad) = (self.trouble(), self.bad());
        if trouble.is_empty() && !bad.is_empty() {
            return format!(
                "TOO NOISY: check {} first; without it, the noise floor is low enough",
                bad.join(" and ")
            );
        }
        if trouble.is_empty() {
            let found = self
                .floors
                .iter()
                .flat_map(|floors| &floors.tried)
                .filter_map(|tried| tried.alone);
            let worst = found.fold(0.0, f64::max);
            return format!(
                "CAN JUDGE: a slowdown of {:.1} % of one workload would be found within {ALONE:.0} s; {}",
                100.0 * worst,
                self.floors
                    .as_ref()
                    .map_or_else(|_| String::new(), NoiseFloors::forecast)
            );
        }
        let because = match bad.as_slice() {
            [] => String::new(),
            bad => format!("; check {} first", bad.join(" and ")),
        };
        match self.floors {
            Ok(_) => format!("TOO NOISY: {}{because}", trouble.join("; ")),
            Err(_) => format!("NOT MEASURED: {}{because}", trouble.join("; ")),
        }
    }

    /// The bad findings, each of which makes times worthless as long as it lasts, whatever the noise floor was meanwhile.
    fn bad(&self) -> Vec<String> {
        let bad = self.findings.iter();
        let bad = bad.filter(|finding| finding.grade == Grade::Bad);
        bad.map(|finding| format!("{} ({})", finding.what, finding.found))
            .collect()
    }

    /// A clause for each reason in the noise floor why time cannot be judged.
    fn trouble(&self) -> Vec<String> {
        let tried = match &self.floors {
            Ok(floors) => &floors.tried,
            Err(reason) => return vec![reason.clone()],
        };
        let trouble = tried.iter().filter_map(|Tried { floor, alone, .. }| {
            let name = &floor.timed().workload;
            if let Some(failure) = floor.failure() {
                return Some(format!("{name} could not be measured: {failure}"));
            }
            let Some(change) = floor.change() else {
                return Some(format!("no pair of {name} could be measured in the budget"));
            };
            if floor.differs() {
                return Some(format!("{name} differs from itself by {:+.1} %", 100.0 * change));
            }
            match *alone {
                Some(found) if found <= COARSE => None,
                Some(found) => Some(format!(
                    "{name}: no slowdown below {:.1} % would be found within {ALONE:.0} s, and a gate needs at \
                     most {:.0} %",
                    100.0 * found,
                    100.0 * COARSE,
                )),
                None => Some(format!("{name}: no slowdown would be found within {ALONE:.0} s")),
            }
        });
        trouble.collect()
    }
}

#[cfg(test)]
mod tests {
    use harness_abtest::Rules;
    use harness_record::sample::scattered;

    use super::*;

    /// Forty pairs of 0.3 s that scatter evenly by up to `scatter`, and whose heads take `shift` longer.
    fn floor(workload: &str, shift: f64, scatter: f64) -> NoiseFloor {
        let pairs = scattered(workload, 5, 40, 0.3, (shift, scatter));
        NoiseFloor::of(&pairs, Rules::default(), 4)
    }

    fn diagnosis(floors: Vec<NoiseFloor>) -> Diagnosis {
        let finding = |what, found: &str, grade| Finding {
            what,
            found: found.to_owned(),
            grade,
            advice: "Wait until it has gone down.".to_owned(),
        };
        let findings = vec![
            finding("turbo", "off", Grade::Good),
            finding("load", "9.00 on 2 CPUs", Grade::Bad),
        ];
        Diagnosis {
            findings,
            floors: Ok(NoiseFloors::new(floors, 4, 13.5)),
        }
    }

    #[test]
    fn a_quiet_machine_can_judge_unless_a_finding_is_bad() {
        let mut machine = diagnosis(vec![
            floor("kernel/gelu", 0.0, 0.004),
            floor("kernel/softmax", 0.0, 0.006),
        ]);
        let busy = machine.sentence();
        assert!(
            !machine.can_judge()
                && busy.starts_with("TOO NOISY: check load (9.00 on 2 CPUs) first"),
            "{busy}"
        );
        machine.findings.retain(|one| one.grade != Grade::Bad);
        assert!(machine.can_judge(), "{}", machine.sentence());
        insta::assert_snapshot!("sentence", machine.sentence());
    }

    #[test]
    fn the_sentence_on_a_noisy_machine_names_bad_findings() {
        let noisy = diagnosis(vec![
            floor("kernel/gelu", 0.0, 0.004),
            floor("kernel/softmax", 0.0, 0.2),
        ]);
        let sentence = noisy.sentence();
        assert!(!noisy.can_judge());
        assert!(
            sentence.starts_with("TOO NOISY: kernel/softmax: no slowdown below "),
            "{sentence}"
        );
        assert!(
            sentence.ends_with("; check load (9.00 on 2 CPUs) first"),
            "{sentence}"
        );
    }

    #[test]
    fn a_build_that_differs_from_itself_makes_the_machine_too_noisy() {
        let sentence = diagnosis(vec![floor("kernel/gelu", 0.04, 0.004)]).sentence();
        assert!(
            sentence.starts_with("TOO NOISY: kernel/gelu differs from itself by +4.0 %"),
            "{sentence}"
        );
    }

    #[test]
    fn an_unmeasured_machine_is_not_judged() {
        let unmeasured = Diagnosis {
            floors: Err("there is no probe".to_owned()),
            ..diagnosis(Vec::new())
        };
        assert!(!unmeasured.can_judge());
        assert!(
            unmeasured
                .sentence()
                .starts_with("NOT MEASURED: there is no probe")
        );
    }
}
