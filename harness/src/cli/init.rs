//! `harness init`: makes a cargo package measurable.

use std::path::Path;

use anyhow::Result;
use clap::Args;
use harness::init::{self, Choice, Ci, Deed, DropIn, Source};
use harness::terminal::{Status, print};

/// Makes a cargo package measurable: writes a bench with a first workload, harness.toml, limits and files for CI
///
/// Nothing that exists is overwritten. With --criterion or --divan, the existing benches of the package are measured as
/// they are: the dependency comes from a drop-in that this harness can measure.
#[derive(Args)]
pub(crate) struct Init {
    /// The package, if the workspace has several
    #[arg(long, value_name = "NAME")]
    package: Option<String>,
    /// Measure the package's criterion benches; only the line of the dependency changes
    #[arg(long)]
    criterion: bool,
    /// Measure the package's divan benches; only the line of the dependency changes
    #[arg(long, conflicts_with = "criterion")]
    divan: bool,
    /// Origin of the crates that the package will depend on: a git address, or the root of a checkout [default: the
    /// checkout that this harness was installed from]
    #[arg(long, value_name = "SOURCE", value_parser = |text: &str| Ok::<_, String>(Source::parse(text)))]
    harness_source: Option<Source>,
    /// The CI system that judges changes and measures every night
    #[arg(long, value_enum, default_value_t)]
    ci: Ci,
}

impl Init {
    pub(crate) fn run(self, folder: &Path) -> Result<Status> {
        let choice = Choice {
            package: self.package,
            drop_in: match (self.criterion, self.divan) {
                (true, _) => Some(DropIn::Criterion),
                (_, true) => Some(DropIn::Divan),
                _ => None,
            },
            source: self.harness_source.unwrap_or_default(),
            ci: self.ci,
        };
        let done = init::init(folder, &choice)?;
        let width = done
            .changes
            .iter()
            .map(|change| change.file.display().to_string().len())
            .max()
            .unwrap_or(0);
        let mut text = String::new();
        for change in &done.changes {
            let file = change.file.display().to_string();
            text += &format!(
                "{:8} {file:width$}  {}\n",
                change.deed.to_string(),
                change.content
            );
        }
        let is_new = |change: &&init::Change| change.deed != Deed::Kept;
        let command = super::typed([]);
        if !done.changes.iter().any(|change| is_new(&change)) {
            text += "\nEverything was there already.\n";
        }
        let run = format!("{command} run");
        let gate = format!("{command} gate --base REVISION");
        let width = gate.len();
        text += &format!(
            "\nNext:\n  {run:width$}  measure\n  {gate}  compare with a commit that has these files\n"
        );
        print(&text)?;
        Ok(Status::Fine)
    }
}
