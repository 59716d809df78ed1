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
    let is_rest = text.text.ends_with("more, in index.html");
    if is_rest || has(&["times within", "times wider", "times are"]) {
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
        if is_rest {
            found.push(wide - LISTED);
        }
    }
    if has(&["figures", "combinations"]) {
        let count = |is_swept: bool| {
            let rows = record
                .rows
                .iter()
                .filter(|row| row.workload.contains('=') == is_swept);
            let lines = rows.map(|row| {
                let figures = METRICS.iter().filter(|metric| {
                    known
                        .readings
                        .figure(&row.workload, &row.phase, metric)
                        .is_some()
                });
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
    if is_rest || has(&["problem"]) {
        let of_row = |row: &harness_record::Row| {
            row.failures.len() + usize::from(row.check != Check::Passed)
        };
        let problems = record.rows.iter().map(of_row).sum::<usize>() as f64;
        found.extend([problems, problems - LISTED]);
    }
    found.into_iter().map(Computed::exact).collect()
}
