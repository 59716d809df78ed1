//! `harness list`: the workloads that can be measured.

use anyhow::Result;
use clap::Args;
use harness::collect;
use harness::project::Project;
use harness::terminal;
use harness_probe::{Instrument, Selection};
use harness_record::metric::{self, Quantity};
use harness_record::number::plain;
use harness_record::{Data, Record, Row};
use harness_report::render::{Cell, Column, Format, Table};

use harness::terminal::{Status, show};

/// Lists the workloads with their phases and instruments
#[derive(Args)]
pub(crate) struct List {
    /// Show the time that each phase takes to measure, from the newest record
    #[arg(long)]
    cost: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl List {
    pub(crate) fn run(self, project: &Project) -> Result<Status> {
        let workloads = collect::workloads(project, terminal::quiet())?;
        let newest = project.newest_record();
        let record = match (&newest, self.cost) {
            (Some(path), true) => Some(Record::read(path)?),
            _ => None,
        };
        let mut columns = vec![
            Column::left("workload", "workload"),
            Column::left("unit", "one run yields"),
            Column::left("instruments", "instruments"),
            Column::left("selection", "measured"),
        ];
        if self.cost {
            columns.extend([
                Column::left("phase", "phase"),
                Column::right("run_seconds", "one run"),
                Column::right("measured_seconds", "spent on timing"),
            ]);
        } else {
            columns.push(Column::left("phases", "phases"));
        }
        let mut table = Table::new(format!("{} workloads", workloads.len()), columns);
        for workload in &workloads {
            let instruments: Vec<_> = workload.instruments.iter().map(|one| one.name()).collect();
            let plural = if workload.unit.per_run == 1 { "" } else { "s" };
            let mut start = vec![
                Cell::text(&workload.id),
                Cell::text(format!("{} {}{plural}", workload.unit.per_run, workload.unit.name)),
                Cell::text(instruments.join(" ")),
                Cell::text(match workload.selection {
                    Selection::Quick => "always",
                    Selection::Standard => "without --quick",
                    Selection::OnDemand => "if --filter names it",
                }),
            ];
            if !self.cost {
                start.push(Cell::text(workload.phases.join(" ")));
                table.rows.push(start);
                continue;
            }
            for phase in &workload.phases {
                let row = record.as_ref().and_then(|record| record.row(&workload.id, phase));
                let run = row.and_then(|row| metric::by_name("time")?.figure(row)).map(|figure| figure.value);
                let mut cells = start.clone();
                cells.push(Cell::text(phase));
                cells.extend([run, row.map(spent)].map(|seconds| match seconds {
                    Some(seconds) => Cell::number(seconds, plain(Quantity::Seconds, seconds)),
                    None => Cell::missing(),
                }));
                table.rows.push(cells);
            }
        }
        if self.cost {
            table.notes.push(match newest {
                Some(path) => {
                    format!("From {}; without the time spent on counting instructions and heap.", path.display())
                }
                None => "There is no record yet to take costs from: `cargo harness run` writes one.".to_owned(),
            });
        }
        show(&[table], self.format)?;
        Ok(Status::Fine)
    }
}

/// Seconds that clock and criterion spent inside the workload.
fn spent(row: &Row) -> f64 {
    let nanoseconds: u64 = [Instrument::Clock, Instrument::Criterion]
        .into_iter()
        .filter_map(|instrument| row.reading(instrument))
        .map(|reading| match &reading.data {
            Data::Clock { runs, .. } => runs.iter().map(|run| run.nanoseconds).sum(),
            Data::Criterion { samples, .. } => samples.iter().map(|sample| sample.nanoseconds).sum(),
            _ => 0,
        })
        .sum();
    nanoseconds as f64 / 1e9
}
