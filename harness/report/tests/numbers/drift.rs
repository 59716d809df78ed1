//! A record of a difficult run: the machine drifts and has a slow hour, rounds have several slices, some workloads have too
//! few rounds for an interval, and an instrument is missing.

use harness_record::{Data, Record, Run};

/// Makes the run of a record difficult.
pub(crate) fn made_difficult(record: &mut Record) {
    for row in &mut record.rows {
        let rounds = match row.workload.as_str() {
            "medium/decode@32" | "growth/batch@sequences=4" => 2,
            "medium/decode@81" | "kernel/softmax/1x512" => 1,
            "medium/inference" => 3,
            _ => 9,
        };
        for reading in &mut row.readings {
            if let Data::Clock { runs, .. } = &mut reading.data {
                runs.retain(|run| run.round < rounds);
                *runs = runs.iter().flat_map(slices).collect();
            }
        }
        if (row.workload.as_str(), row.phase.as_str()) == ("small/inference", "pooled") {
            row.readings
                .retain(|reading| !matches!(reading.data, Data::Clock { .. }));
        }
    }
}

/// Three slices of the round of a run. Every phase has the same drift.
fn slices(run: &Run) -> Vec<Run> {
    let drift = (f64::from(run.round) * 0.9).sin() * 0.08;
    let slow = if (4..6).contains(&run.round) {
        0.3
    } else {
        0.0
    };
    let slice = |own: f64| {
        let factor = (drift + slow + own).exp();
        let slower = |nanoseconds: u64| (nanoseconds as f64 * factor) as u64;
        Run {
            nanoseconds: slower(run.nanoseconds) + 1000,
            tokens_at: run.tokens_at.iter().map(|at| slower(*at)).collect(),
            ..run.clone()
        }
    };
    [0.004, -0.006, 0.05].map(slice).to_vec()
}
