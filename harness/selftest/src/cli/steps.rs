//! `harness selftest steps`: how well `history` finds change points.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use harness::terminal::{Status, notice, show};
use harness_report::render::Format;
use harness_selftest::steps::{
    Scored, annotated, harness_steps, injected, long_series, otava_steps, sets, time_table,
};

use super::at_least_one;

/// Scores the change points of `history` against series whose steps are known
///
/// Injected series are drawn anew, always the same for one seed. Published series are those of the Turing Change Point
/// Dataset. The exit status is 0 if the tables are printed, whatever they show.
#[derive(Args)]
pub(super) struct Steps {
    /// Folder of a checkout of github.com/alan-turing-institute/TCPD [default: no published series]
    #[arg(long, value_name = "DIR")]
    annotated: Option<PathBuf>,
    /// Python program with Apache Otava, which is scored on the same series [default: it is not]
    #[arg(long, value_name = "FILE")]
    otava: Option<PathBuf>,
    /// Number of injected series of each kind
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = at_least_one)]
    times: usize,
    /// Seed of everything that is drawn
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Number of values of the series that are timed
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000, value_parser = at_least_one)]
    length: usize,
    /// Output format of the tables
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Steps {
    pub(super) fn run(self) -> Result<Status> {
        let mut series = match &self.annotated {
            Some(folder) => annotated(folder)?,
            None => Vec::new(),
        };
        series.extend(injected(self.times, self.seed));
        let mut methods = vec![Scored {
            name: "harness",
            found: series
                .iter()
                .map(|one| harness_steps(&one.values))
                .collect(),
        }];
        if let Some(python) = &self.otava {
            notice(&format!("Otava reads {} series", series.len()));
            methods.push(Scored {
                name: "Otava",
                found: otava_steps(python, &series)?,
            });
        }
        // The score of the answer "there is no step" is the least that a method has to exceed.
        methods.push(Scored {
            name: "no step",
            found: vec![Vec::new(); series.len()],
        });
        let mut tables = sets(&series, &methods);
        tables.push(time_table(&long_series(self.length, self.seed)));
        show(&tables, self.format)?;
        Ok(Status::Fine)
    }
}
