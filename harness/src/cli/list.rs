//! `harness list`: the workloads that can be measured.

use crate::cli::{call, lock_baselines};
use anyhow::{Result, bail};
use clap::Args;
use harness::collect;
use harness::project::Project;
use harness::terminal::{self, Status, exact, notice, show};
use harness_probe::protocol::Description;
use harness_probe::{Instrument, Selection};
use harness_record::metric::{self, Quantity};
use harness_record::number::plain;
use harness_record::shard::Costs;
use harness_record::{Data, Record, Row};
use harness_report::render::{Cell, Column, Format, Table};

/// Lists the workloads with their instruments
#[derive(Args)]
pub(crate) struct List {
    /// Show the phases of each workload, a line for each (json and csv always have them)
    #[arg(long)]
    phases: bool,
    /// Show the time that each phase takes to measure, from the newest record
    #[arg(long)]
    cost: bool,
    /// Store the costs in the newest record as baselines/costs.csv, by which --shard splits the suite; commit the file
    #[arg(long, requires = "cost")]
    save: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl List {
    pub(crate) fn run(self, project: &Project) -> Result<Status> {
        let workloads = collect::workloads(project, terminal::quiet())?;
        let newest = project.newest_record().filter(|_| self.cost);
        let record = newest.as_deref().map(Record::read).transpose()?;
        let by_phase = self.phases || self.cost;
        let mut table = Table::new(format!("{} workloads", workloads.len()), self.columns());
        for workload in &workloads {
            if !by_phase {
                let mut cells = cells(workload);
                cells.extend(exact(self.format).then(|| Cell::text(workload.phases.join(" "))));
                table.rows.push(cells);
                continue;
            }
            for phase in &workload.phases {
                let mut cells = cells(workload);
                cells.push(Cell::text(phase));
                if self.cost {
                    let row = record
                        .as_ref()
                        .and_then(|record| record.row(&workload.id, phase));
                    let run = row
                        .and_then(|row| metric::by_name("time")?.figure(row))
                        .map(|figure| figure.value);
                    cells.extend([run, row.map(spent)].map(seconds));
                }
                table.rows.push(cells);
            }
        }
        if self.cost {
            table.notes.push(match newest {
                Some(path) => {
                    format!(
                        "From {}; without the time spent on counting instructions and heap.",
                        path.display()
                    )
                }
                None => {
                    format!(
                        "There is no record yet to take costs from: `{}` writes one.",
                        call("run")
                    )
                }
            });
        }
        show(&[table], self.format)?;
        if self.save {
            save(record.as_ref(), project)?;
        }
        Ok(Status::Fine)
    }

    fn columns(&self) -> Vec<Column> {
        let mut columns = vec![
            Column::left("workload", "workload"),
            Column::left("unit", "one run yields"),
            Column::left("instruments", "instruments"),
            Column::left("selection", "measured"),
        ];
        if self.phases || self.cost {
            columns.push(Column::left("phase", "phase"));
        } else if exact(self.format) {
            columns.push(Column::left("phases", "phases"));
        }
        if self.cost {
            columns.push(Column::right("run_seconds", "one run"));
            columns.push(Column::right("measured_seconds", "spent on timing"));
        }
        columns
    }
}

/// Stores the costs in a record.
fn save(record: Option<&Record>, project: &Project) -> Result<()> {
    let Some(record) = record else {
        bail!(
            "there is no record to take costs from; `{}` writes one",
            call("run")
        );
    };
    if !record.is_whole() {
        bail!(
            "the newest record is of a part of the suite, and its costs would be too; `{}` measures all",
            call("run")
        );
    }
    let Some(costs) = Costs::of(record) else {
        bail!(
            "the newest record is of an earlier version and has no costs; `{}` writes one that has",
            call("run")
        );
    };
    let _lock = lock_baselines(project)?;
    notice(&format!(
        "wrote {}",
        costs.write(&project.baselines())?.display()
    ));
    Ok(())
}

fn cells(workload: &Description) -> Vec<Cell> {
    let Description {
        id,
        unit,
        instruments,
        selection,
        ..
    } = workload;
    // Those on demand measure almost every workload; `harness run --help` lists them.
    let instruments = instruments.iter().filter(|one| !one.is_on_demand());
    let instruments: Vec<_> = instruments.map(|one| one.name()).collect();
    let plural = if unit.per_run == 1 { "" } else { "s" };
    vec![
        Cell::text(id),
        Cell::text(format!("{} {}{plural}", unit.per_run, unit.name)),
        Cell::text(instruments.join(" ")),
        Cell::text(match selection {
            Selection::Quick => "always",
            Selection::Standard => "without --quick",
            Selection::OnDemand => "on demand",
        }),
    ]
}

fn seconds(seconds: Option<f64>) -> Cell {
    seconds.map_or_else(Cell::missing, |seconds| {
        Cell::number(seconds, plain(Quantity::Seconds, seconds))
    })
}

/// Seconds that clock and criterion spent inside the workload.
fn spent(row: &Row) -> f64 {
    let nanoseconds: u64 = [Instrument::Clock, Instrument::Criterion]
        .into_iter()
        .filter_map(|instrument| row.reading(instrument))
        .map(|reading| match &reading.data {
            Data::Clock { runs, .. } => runs.iter().map(|run| run.nanoseconds).sum(),
            Data::Criterion { samples, .. } => {
                samples.iter().map(|sample| sample.nanoseconds).sum()
            }
            _ => 0,
        })
        .sum();
    nanoseconds as f64 / 1e9
}
