//! `harness selftest bisect`: how often `bisect` finds the right commit.

use anyhow::Result;
use clap::Args;
use harness::terminal::{Status, show};
use harness_report::render::Format;
use harness_selftest::bisections::{Bisections, bisection_table};

use super::at_least_one;

/// Simulates bisections by time, and counts how often the commit that is found is the right one
///
/// Pairs of times are drawn with several kinds of noise; everything else is as in `harness bisect`. The exit status is 0
/// if the table is printed, whatever it shows.
#[derive(Args)]
pub(super) struct Bisect {
    /// Number of bisections for each noise
    #[arg(long, value_name = "NUMBER", default_value_t = 400, value_parser = at_least_one)]
    times: usize,
    /// Number of commits
    #[arg(long, value_name = "NUMBER", default_value_t = 16, value_parser = at_least_one)]
    commits: usize,
    /// Slowdown of the first bad commit, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 2.0, allow_negative_numbers = true, value_parser = slowdown)]
    slower: f64,
    /// Number of pairs that the budget of one commit allows
    #[arg(long, value_name = "NUMBER", default_value_t = 60, value_parser = at_least_one)]
    pairs: usize,
    /// Probability at which a commit counts as found
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.95, value_parser = probability)]
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

fn slowdown(text: &str) -> Result<f64, String> {
    between(text, 0.0, 1000.0)
}

fn probability(text: &str) -> Result<f64, String> {
    between(text, 0.0, 1.0)
}

/// A number between the two, which are no values themselves.
fn between(text: &str, low: f64, high: f64) -> Result<f64, String> {
    let number = text.parse().ok();
    let number = number.filter(|&number| low < number && number < high);
    number.ok_or_else(|| format!("write a number above {low} and below {high}"))
}
