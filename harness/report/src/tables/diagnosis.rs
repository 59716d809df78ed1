//! Tables of the state of a machine and of its noise floor.

use harness_judge::machine::{ALONE, Diagnosis, Finding, Grade, NoiseFloors, Tried};

use crate::render::{Cell, Column, Table, Tone};

/// Tables of the findings, and of the noise floor if it was measured.
pub fn tables(diagnosis: &Diagnosis) -> Vec<Table> {
    let floors = diagnosis.floors.as_ref().ok().map(floors_table);
    std::iter::once(findings_table(&diagnosis.findings)).chain(floors).collect()
}

/// One row for each finding.
fn findings_table(findings: &[Finding]) -> Table {
    let columns = vec![
        Column::left("what", "what"),
        Column::left("found", "found"),
        Column::left("grade", "grade"),
        Column::left("advice", "advice"),
    ];
    let mut table = Table::new("The machine", columns);
    let cells = |finding: &Finding| {
        let tone = match finding.grade {
            Grade::Good => Tone::Good,
            Grade::Warning => Tone::Notice,
            Grade::Bad => Tone::Bad,
        };
        vec![
            Cell::text(finding.what),
            Cell::text(&finding.found),
            Cell::text(finding.grade.name()).toned(tone),
            Cell::text(&finding.advice),
        ]
    };
    table.rows = findings.iter().map(cells).collect();
    table
}

/// One row for each measured workload.
fn floors_table(floors: &NoiseFloors) -> Table {
    let columns = vec![
        Column::left("workload", "workload"),
        Column::left("phase", "phase"),
        Column::right("pairs", "pairs"),
        Column::right("difference", "difference"),
        Column::right("difference_low", "from"),
        Column::right("difference_high", "to"),
        Column::right("pair_spread", "pair spread"),
        Column::right("found_in_a_gate", "a gate finds"),
        Column::right("found_alone", "alone"),
        Column::right("seconds_to_settle", "needs"),
    ];
    let mut table = Table::new("The noise floor: a build compared with itself", columns);
    let share = |share: Option<f64>, signed: bool| match share {
        Some(share) if signed => Cell::number(share, format!("{:+.2} %", 100.0 * share)),
        Some(share) => Cell::number(share, format!("{:.2} %", 100.0 * share)),
        None => Cell::missing(),
    };
    let cells = |Tried { floor, in_a_gate, alone, seconds }: &Tried| {
        let interval = floor.interval();
        let tone = if floor.differs() { Tone::Bad } else { Tone::Plain };
        vec![
            Cell::text(&floor.timed().workload),
            Cell::text(&floor.timed().phase),
            Cell::number(floor.pairs() as f64, floor.pairs().to_string()),
            share(floor.change(), true).toned(tone),
            share(interval.map(|ends| ends.low), true),
            share(interval.map(|ends| ends.high), true),
            share(floor.spread(), false),
            share(*in_a_gate, true),
            share(*alone, true),
            seconds.map_or_else(Cell::missing, |seconds| Cell::number(seconds, format!("{seconds:.1} s"))),
        ]
    };
    table.rows = floors.tried.iter().map(cells).collect();
    table.notes.push(format!(
        "a gate finds, alone: smallest slowdown that is found with probability 95 %, in a gate that has {:.1} s \
         for each of {} workloads, and of the workload alone within {ALONE:.0} s. needs: seconds of measuring \
         until the workload is shown not slower by 1 %, with probability 90 %.",
        floors.each_seconds, floors.workloads,
    ));
    table
}

#[cfg(test)]
mod tests {
    use harness_abtest::{NoiseFloor, Pair, Random, Rules, Side, Slice, TimedPhase, WorkloadPairs};

    use super::*;
    use crate::render::Format;

    /// Forty pairs of 0.3 s that scatter evenly by up to `scatter`, and whose heads take `shift` longer.
    fn floor(workload: &str, shift: f64, scatter: f64) -> NoiseFloor {
        let mut random = Random::new(5);
        let mut pair = || {
            let ratio = 1.0 + shift + scatter * (2.0 * random.share() - 1.0);
            let slice = |side| {
                let factor = if side == Side::Head { ratio } else { 1.0 };
                Slice { side, iterations: 10, nanoseconds: (1e8 * factor) as u64, waited: 0 }
            };
            Pair { seconds: 0.3, rounds: vec![vec![[Side::Base, Side::Head, Side::Head, Side::Base].map(slice)]] }
        };
        let pairs = (0..40).map(|_| pair()).collect();
        let timed = TimedPhase { workload: workload.to_owned(), phase: "optimized".to_owned() };
        NoiseFloor::of(&WorkloadPairs { timed, pairs, failure: None }, Rules::default(), 4)
    }

    fn diagnosis(floors: Vec<NoiseFloor>) -> Diagnosis {
        let finding = |what, found: &str, grade| Finding {
            what,
            found: found.to_owned(),
            grade,
            advice: "Wait until it has gone down.".to_owned(),
        };
        let findings = vec![finding("turbo", "off", Grade::Good), finding("load", "9.00 on 2 CPUs", Grade::Bad)];
        Diagnosis { findings, floors: Ok(NoiseFloors::new(floors, 4, 13.5)) }
    }

    #[test]
    fn findings_and_noise_floors_are_a_table_each() {
        let quiet = diagnosis(vec![floor("kernel/gelu", 0.0, 0.004), floor("kernel/softmax", 0.0, 0.006)]);
        insta::assert_snapshot!(anstream::adapter::strip_str(&Format::TABLE.render(&tables(&quiet))).to_string());
        let unmeasured = Diagnosis { floors: Err("there is no probe".to_owned()), ..diagnosis(Vec::new()) };
        assert_eq!(tables(&unmeasured).len(), 1);
    }
}
