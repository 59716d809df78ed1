//! The file of exact values.

use std::collections::HashMap;

use harness_record::Check;
use harness_report::render::Table;

use crate::known::Known;
use crate::statistics::Computed;

/// The values that differ from those of the readings by more than the error of the quantile of t.
pub(crate) fn wrong(table: &Table, known: &Known<'_>) -> Vec<String> {
    let mut wrong = Vec::new();
    for cells in &table.rows {
        let columns = table.columns.iter().map(|column| column.key.as_str());
        let line: HashMap<&str, &serde_json::Value> =
            columns.zip(cells.iter().map(|cell| &cell.value)).collect();
        let text = |key: &str| line[key].as_str().unwrap_or_default();
        let (workload, phase, metric) = (text("workload"), text("phase"), text("metric"));
        let mut compare = |keys: [String; 3], computed: Option<Computed>| {
            let ends = computed.and_then(|computed| computed.ends).unzip();
            let computed = [computed.map(|computed| computed.value), ends.0, ends.1];
            for (key, computed) in keys.iter().zip(computed) {
                let shown = line[key.as_str()].as_f64();
                let is_equal = match (shown, computed) {
                    (Some(shown), Some(computed)) => {
                        (shown - computed).abs() <= 1e-5 * computed.abs()
                    }
                    (shown, computed) => shown.is_none() && computed.is_none(),
                };
                if !is_equal {
                    wrong.push(format!(
                        "{key} of {workload}, {phase}, {metric}: {shown:?} is not {computed:?}"
                    ));
                }
            }
        };
        compare(
            ["value", "low", "high"].map(str::to_owned),
            known.readings.figure(workload, phase, metric),
        );
        for anchor in known.anchors {
            let mut ratio = known.readings.ratio(workload, anchor, phase, metric);
            // The ratio of a phase to itself is certain.
            let own = known.readings.figure(workload, phase, metric);
            let is_right = known
                .readings
                .row(workload, phase)
                .is_some_and(|row| row.check == Check::Passed);
            if anchor == phase && is_right && own.is_some_and(|own| own.value != 0.0) {
                ratio = Some(Computed::exact(1.0));
            }
            compare(
                ["", "_low", "_high"].map(|part| format!("ratio_to_{anchor}{part}")),
                ratio,
            );
        }
    }
    wrong
}
