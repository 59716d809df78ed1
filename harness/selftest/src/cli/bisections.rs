//! `harness selftest bisect`: how often `bisect` finds the right commit.

use anyhow::Result;
use clap::Args;
use harness::terminal::{Status, show};
use harness_report::render::Format;
use harness_selftest::bisections::{Bisections, bisection_table};

/// Simulates bisections by time, and counts how often the commit that is found is the right one
///
/// Pairs of times are drawn with several kinds of noise; everything else is as in `harness bisect`. The exit status is 0
/// if the table is printed, whatever it shows.
#[derive(Args)]
pub(super) struct Bisect {
    /// Number of bisections for each noise
    #[arg(long, value_name = "NUMBER", default_value_t = 400)]
    times: usize,
    /// Number of commits
    #[arg(long, value_name = "NUMBER", default_value_t = 16, value_parser = positive)]
    commits: usize,
    /// Slowdown of the first bad commit, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 2.0)]
    slower: f64,
    /// Number of pairs that the budget of one commit allows
    #[arg(long, value_name = "NUMBER", default_value_t = 60)]
    pairs: usize,
    /// Probability at which a commit counts as found
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.95)]
    confidence: f64,
    /// Seed of everything that is drawn
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Output format of the table
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Bisect {
    pub(super) fn run(self) -> Result<Status> {
        let Self {
            times,
            commits,
            pairs,
            confidence,
            seed,
            ..
        } = self;
        let table = bisection_table(&Bisections {
            times,
            commits,
            slowdown: self.slower / 100.0,
            pairs,
            confidence,
            seed,
        });
        show(&[table], self.format)?;
        Ok(Status::Fine)
    }
}

fn positive(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "write a whole number above 0".to_owned())
}
