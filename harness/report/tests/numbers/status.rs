//! Values of the status lines: the state of the machine, and counts of figures.

use harness_record::Check;

use crate::known::Known;
use crate::readings::METRICS;
use crate::statistics::Computed;
use crate::text::Text;

/// The lines that the summary lists below a status line.
const LISTED: f64 = 5.0;

/// The values that a status line may show.
pub(crate) fn candidates(known: &Known<'_>, text: &Text) -> Vec<Computed> {
    let record = known.readings.record;
    let has = |words: &[&str]| words.iter().any(|word| text.text.contains(word));
    let mut found = Vec::new();
    if let Some(machine) = &record.machine
        && has(&["stolen", "other programs", "quota", "GHz"])
    {
        let disturbance = machine.disturbance;
        let shares = [
            disturbance.stolen,
            disturbance.others,
            disturbance.throttled,
        ];
        found.extend(shares.into_iter().flatten());
        found.extend(
            disturbance
                .megahertz
                .into_iter()
                .flat_map(|(low, high)| [low / 1e3, high / 1e3]),
        );
    }
    let mut rest = -LISTED;
    let is_rest = text.text.ends_with("more, in index.html");
    if is_rest || has(&["timings within", "timings wider"]) {
        let rows = record.rows.iter();
        let times = rows.flat_map(|row| {
            METRICS[..8]
                .iter()
                .filter_map(|metric| known.readings.figure(&row.workload, &row.phase, metric))
        });
        let timed: Vec<Computed> = times.filter(|figure| figure.ends.is_some()).collect();
        let wide = timed
            .iter()
            .filter(|figure| (figure.high() - figure.low()) / 2.0 > 0.1 * figure.value);
        let wide = wide.count() as f64;
        found.extend([timed.len() as f64, wide, 0.1]);
        rest += wide;
    }
    if has(&["figures", "combinations"]) {
        let count = |is_swept: bool| {
            let rows = record
                .rows
                .iter()
                .filter(|row| row.workload.contains('=') == is_swept);
            let lines = rows.map(|row| {
                let value = |metric: &str| {
                    let figure = known.readings.figure(&row.workload, &row.phase, metric);
                    figure.map(|figure| figure.value)
                };
                // Extremes are left out; the total of a run of one unit, and no leak, add nothing.
                let adds = |metric: &&&str| match **metric {
                    "latency-min" | "latency-max" => false,
                    "leaked-bytes" => value("leaked-bytes") != Some(0.0),
                    "total-bytes" => value("total-bytes") != value("bytes-per-unit"),
                    "total-allocations" => {
                        value("total-allocations") != value("allocations-per-unit")
                    }
                    _ => true,
                };
                let shown = METRICS.iter().filter(adds);
                let figures = shown.filter(|metric| value(metric).is_some());
                // A metric of an instrument that failed has a line without a number.
                let failed = row
                    .failures
                    .iter()
                    .map(|failure| match failure.instrument.name() {
                        "callgrind" | "criterion" => 1,
                        "dhat" => 6,
                        _ => 0,
                    });
                figures.count() + failed.sum::<usize>()
            });
            lines.sum::<usize>() as f64
        };
        found.extend([count(false), count(true)]);
    }
    if is_rest || has(&["criterion and clock"]) {
        let value = |row: &harness_record::Row, metric: &str| {
            known.readings.figure(&row.workload, &row.phase, metric)
        };
        let cases = record
            .rows
            .iter()
            .filter_map(|row| Some((value(row, "time")?, value(row, "criterion-time")?.value)));
        let cases: Vec<(Computed, f64)> = cases.collect();
        let apart = cases.iter().filter(|(clock, criterion)| {
            let (low, high) = clock.ends.unwrap_or((clock.value, clock.value));
            *criterion < low / 1.1 || *criterion > high * 1.1
        });
        let apart = apart.count() as f64;
        found.extend([cases.len() as f64, apart]);
        rest += apart;
    }
    if is_rest || has(&["problem"]) {
        let of_row = |row: &harness_record::Row| {
            row.failures.len() + usize::from(row.check != Check::Passed)
        };
        if is_rest {
            found.push(rest);
        }
        let problems = record.rows.iter().map(of_row).sum::<usize>() as f64;
        found.extend([problems, problems - LISTED]);
    }
    found.into_iter().map(Computed::exact).collect()
}
