//! `harness compare`: shows two sides next to each other, without a verdict.

use anyhow::Result;
use clap::Args;
use harness::project::Project;
use harness::terminal::{Status, exact, show};
use harness_judge::compare::{self, compare, narrow};
use harness_record::choice::Choice;
use harness_report::render::Format;
use harness_report::tables::comparisons;

use super::compared;

/// Shows two records, baselines or phases side by side
///
/// Counts are compared exactly. Times are compared only if they were measured in pairs, as the phases of one record
/// are. Times of two records are shown next to each other without a ratio, if they come from one machine.
#[derive(Args)]
#[command(after_help = compared::SYNTAX)]
pub(crate) struct Compare {
    /// Baseline: the side to compare with
    #[arg(value_name = "BASE")]
    base: compared::Name,
    /// Candidate: the side that is compared with BASE
    #[arg(value_name = "HEAD", default_value = "newest")]
    head: compared::Name,
    /// Compare only workloads that match, such as 'parse/*'; may be given several times
    #[arg(long, value_name = "GLOB")]
    filter: Vec<String>,
    /// Compare only these metrics, separated by commas: names such as peak-bytes, or quantities or instruments such as heap
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    metric: Vec<String>,
    /// Show equal figures, too (json and csv always do)
    #[arg(long)]
    all: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Compare {
    pub(crate) fn run(self, project: &Project) -> Result<Status> {
        let (mut base, mut head) = compared::load(&self.base, &self.head, project)?;
        narrow(
            &Choice::new(&self.filter, &[])?,
            &mut [&mut base.record, &mut head.record],
        )?;
        let mut comparisons = compare(base.side(), head.side());
        compare::only_metrics(&mut comparisons, &self.metric)?;
        let exact = exact(self.format);
        let all = comparisons.len();
        if !exact && !self.all {
            comparisons.retain(|comparison| !comparison.equal());
        }
        let mut table = comparisons::table(
            format!("{} against {}", head.name, base.name),
            &comparisons,
            exact,
        );
        match all - comparisons.len() {
            0 if all == 0 => table
                .notes
                .push("The two sides have no figure in common.".to_owned()),
            0 => {}
            equal => table.notes.push(format!(
                "{equal} of {all} figures are equal and not shown; --all shows them."
            )),
        }
        show(&[table], self.format)?;
        Ok(Status::Fine)
    }
}
