//! Tables of the state of a machine and of its noise floor.

use harness_abtest::NoiseFloor;
use harness_judge::machine::{ALONE, Diagnosis, Finding, Grade, NoiseFloors};

use crate::render::{Cell, Table, Tone};

/// Tables of the findings, and of the noise floor if it was measured.
pub fn tables(diagnosis: &Diagnosis) -> Vec<Table> {
    let floors = diagnosis.floors.as_ref().ok().map(floors_table);
    std::iter::once(findings_table(&diagnosis.findings))
        .chain(floors)
        .collect()
}

/// One row for each finding.
fn findings_table(findings: &[Finding]) -> Table {
    let tone = |grade| match grade {
        Grade::Good => Tone::Good,
        Grade::Warning => Tone::Notice,
        Grade::Bad => Tone::Bad,
    };
    Table::of("The machine", findings)
        .left("what", "what", |finding| finding.what)
        .left("found", "found", |finding| &finding.found)
        .left("grade", "grade", |finding| {
            Cell::text(finding.grade.name()).toned(tone(finding.grade))
        })
        .left("advice", "advice", |finding| &finding.advice)
        .table
}

/// One row for each measured workload.
fn floors_table(floors: &NoiseFloors) -> Table {
    let percent = |share: f64| Cell::number(share, format!("{:.2} %", 100.0 * share));
    let signed = |share: f64| Cell::number(share, format!("{:+.2} %", 100.0 * share));
    let change = |floor: &NoiseFloor| {
        Cell::from(floor.change().map(signed)).toned(if floor.differs() {
            Tone::Bad
        } else {
            Tone::Plain
        })
    };
    let seconds = |seconds: f64| Cell::number(seconds, format!("{seconds:.1} s"));
    Table::of("The noise floor: a build compared with itself", &floors.tried)
        .left("workload", "workload", |tried| &tried.floor.timed().workload)
        .left("phase", "phase", |tried| &tried.floor.timed().phase)
        .right("pairs", "pairs", |tried| tried.floor.pairs())
        .right("difference", "difference", |tried| change(&tried.floor))
        .right("difference_low", "from", |tried| tried.floor.interval().map(|ends| signed(ends.low)))
        .right("difference_high", "to", |tried| tried.floor.interval().map(|ends| signed(ends.high)))
        .right("pair_spread", "pair spread", |tried| tried.floor.spread().map(percent))
        .right("found_in_a_gate", "a gate finds", |tried| tried.in_a_gate.map(signed))
        .right("found_alone", "alone", |tried| tried.alone.map(signed))
        .right("seconds_to_settle", "needs", |tried| tried.seconds.map(seconds))
        .notes([format!(
            "a gate finds, alone: smallest slowdown that is found with probability 95 %, in a gate that has {:.1} s \
             for each of {} workloads, and of the workload alone within {ALONE:.0} s. needs: seconds of measuring \
             until the workload is shown not slower by 1 %, with probability 90 %.",
            floors.each_seconds, floors.workloads,
        )])
}

#[cfg(test)]
mod tests {
    use harness_abtest::{NoiseFloor, Rules};
    use harness_record::sample::scattered;

    use super::*;
    use crate::render::Format;

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
    fn findings_and_noise_floors_are_a_table_each() {
        let quiet = diagnosis(vec![
            floor("kernel/gelu", 0.0, 0.004),
            floor("kernel/softmax", 0.0, 0.006),
        ]);
        insta::assert_snapshot!(
            anstream::adapter::strip_str(&Format::TABLE.render(&tables(&quiet))).to_string()
        );
        let unmeasured = Diagnosis {
            floors: Err("there is no probe".to_owned()),
            ..diagnosis(Vec::new())
        };
        assert_eq!(tables(&unmeasured).len(), 1);
    }
}
