//! The benchmark matrix: throughput and instructions of every measured combination, for each phase.

use harness_record::distinct::distinct;
use harness_record::metric::{self, Better, Metric};
use harness_record::{Row, number};

use super::parameters::{Parameters, parameters};
use super::{Group, Groups};
use crate::ReportData;
use crate::charts::Named;
use crate::render::chart::{Chart, HeatCell, HeatMap};
use crate::render::{Cell, Table};

/// The metrics that are shown, with the names and headings of their charts.
const SHOWN: [(&str, &str, &str); 2] = [
    (
        "tokens-per-second",
        "matrix-tokens-per-second",
        "Tokens/s of every combination",
    ),
    (
        "instructions",
        "matrix-instructions",
        "Instructions of every combination",
    ),
];

pub(super) fn chart_names() -> impl Iterator<Item = &'static str> {
    SHOWN.into_iter().map(|(_, name, _)| name)
}

/// The combinations that have figures of a metric, and the phases.
struct Grid<'a> {
    report_data: &'a ReportData,
    metric: &'static Metric,
    combinations: Vec<Parameters<'a>>,
    phases: Vec<&'a str>,
}

pub(super) fn groups(report_data: &ReportData) -> Groups {
    let group = |(metric, name, heading): (&str, _, _)| {
        let grid = Grid::new(report_data, metric::by_name(metric)?)?;
        let chart = Some(Named {
            name,
            heading,
            chart: grid.chart(),
        });
        let table = grid.table();
        Some((grid.verdict(), Group { chart, table }))
    };
    let (says, groups): (Vec<Option<String>>, Vec<Group>) =
        SHOWN.into_iter().filter_map(group).unzip();
    Groups {
        says: says.into_iter().flatten().collect(),
        groups,
        missing: None,
    }
}

impl<'a> Grid<'a> {
    fn new(report_data: &'a ReportData, metric: &'static Metric) -> Option<Self> {
        let all = report_data
            .record
            .workloads()
            .into_iter()
            .filter_map(parameters)
            .filter(|one| one.pairs.len() > 1);
        // Keep combinations for which the instrument ran, even if it failed: their cells are shown as missing.
        let instrument = metric.instrument();
        let attempted =
            |row: &Row| row.reading(instrument).is_some() || row.failure(instrument).is_some();
        let rows = &report_data.record.rows;
        let combinations: Vec<Parameters<'a>> = all
            .filter(|one| {
                rows.iter()
                    .any(|row| row.workload == one.id && attempted(row))
            })
            .collect();
        let has = |phase: &&str| {
            combinations
                .iter()
                .any(|one| report_data.row(one.id, phase).is_some())
        };
        let phases = report_data
            .record
            .phases()
            .into_iter()
            .filter(has)
            .collect();
        (!combinations.is_empty()).then_some(Self {
            report_data,
            metric,
            combinations,
            phases,
        })
    }

    fn figure(&self, one: &Parameters<'_>, phase: &str) -> Option<metric::Figure> {
        self.report_data.figure(one.id, phase, self.metric)
    }

    /// The sentence that counts the combinations in which the last phase is best.
    fn verdict(&self) -> Option<String> {
        let (last, others) = self.phases.split_last()?;
        let (most, is_best): (_, fn(f64, f64) -> bool) = match self.metric.better() {
            Better::Higher => ("most", |value, other| value >= other),
            Better::Lower => ("fewest", |value, other| value <= other),
        };
        let best = |one: &&Parameters<'_>| {
            let value = |phase: &&str| Some(self.figure(one, phase)?.value);
            let others: Vec<f64> = others.iter().filter_map(value).collect();
            // Without other phases there is no comparison.
            let beats_all = |value: f64| {
                !others.is_empty() && others.iter().all(|&other| is_best(value, other))
            };
            value(last).is_some_and(beats_all)
        };
        let (count, all) = (
            self.combinations.iter().filter(best).count(),
            self.combinations.len(),
        );
        Some(format!(
            "{last} has the {most} {} in {count} of {all} combinations.",
            self.title()
        ))
    }

    /// The name of the metric, with the unit of the workloads.
    fn title(&self) -> String {
        let first = self.combinations.first();
        self.report_data
            .title(self.metric, first.map_or("", |one| one.id))
    }

    fn table(&self) -> Table {
        let keys = distinct(
            self.combinations
                .iter()
                .flat_map(|one| one.pairs.iter().map(|(key, _)| *key)),
        );
        let mut table = Table::of(
            format!("{} of every combination", self.title()),
            &self.combinations,
        );
        for key in keys {
            table = table.left(key, key, |one| {
                let value = one
                    .pairs
                    .iter()
                    .find(|(name, _)| *name == key)
                    .map_or("", |(_, value)| *value);
                value
                    .parse()
                    .map_or_else(|_| Cell::text(value), |size| Cell::number(size, value))
            });
        }
        for phase in &self.phases {
            table = table.right(phase, phase, |one| {
                self.figure(one, phase)
                    .map(|figure| Cell::figure(self.metric, &figure))
            });
        }
        let workloads = self.combinations.iter().map(|one| one.id);
        table.notes([self
            .report_data
            .provenance_of(self.metric.instrument(), workloads)])
    }

    /// A heat map: combinations as rows, phases as columns.
    fn chart(&self) -> Chart {
        let rows = self.combinations.iter().map(|one| {
            let cells = self.phases.iter().map(|phase| {
                let value = self.figure(one, phase).map(|figure| figure.value);
                let text = value
                    .map(|value| number::plain(self.metric.quantity(), value).replace(' ', ""));
                HeatCell {
                    value,
                    text: text.unwrap_or_else(|| "-".to_owned()),
                }
            });
            let name: Vec<String> = one
                .pairs
                .iter()
                .map(|(key, value)| format!("{key} {value}"))
                .collect();
            (name.join(", "), cells.collect())
        });
        let title = self.verdict().unwrap_or_else(|| self.title());
        let measured = self
            .report_data
            .rows_of(self.combinations.iter().map(|one| one.id));
        let name = self.combinations[0].name;
        Chart::new(
            title.trim_end_matches('.'),
            self.report_data
                .subtitle(name, &measured, self.metric.instrument(), ""),
            HeatMap {
                axis: self.metric.title().to_owned(),
                columns: self
                    .phases
                    .iter()
                    .map(|phase| (*phase).to_owned())
                    .collect(),
                rows: rows.collect(),
            },
        )
    }
}
