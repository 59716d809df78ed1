//! `harness compare`: shows two or more sides next to each other, without a verdict.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use harness::collect;
use harness::project::{Config, Project, ProjectError};
use harness::terminal::{Status, exact, show};
use harness_judge::compare::{self, compare, narrow};
use harness_record::choice::Choice;
use harness_report::export::Results;
use harness_report::render::{Format, Table};
use harness_report::tables::compared_sides::{self, Compared};
use harness_report::tables::comparisons;

use super::command_line;
use super::commands::{self, CommandOptions};
use super::compared::{self, Loaded};
use super::exports::Exports;

/// Shows records, baselines or phases side by side
///
/// Each HEAD is compared with BASE. Counts are compared exactly. Times are compared only if they were measured in pairs, as the phases of one record
/// are. Times of two records are shown next to each other without a ratio, if they come from one machine.
///
/// With two commands after `--`, times these side by side, in pairs and with the sequential test of the gate, until a
/// difference is confirmed or excluded: `harness compare -- 'grep a b' 'rg a b'`. This needs no project. The exit status
/// is 0 whichever is faster, and 2 if a command fails.
#[derive(Args)]
#[command(after_help = compared::SYNTAX)]
pub(crate) struct Compare {
    /// Baseline: the side to compare with
    #[arg(value_name = "BASE", required_unless_present_any = ["commands", "words"])]
    base: Option<compared::Name>,
    /// Candidate: a side that is compared with BASE; several are shown next to each other
    #[arg(value_name = "HEAD", default_value = "newest")]
    heads: Vec<compared::Name>,
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
    #[command(flatten)]
    exports: Exports,
    /// Longest time of one run of a command, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = collect::TIME_LIMIT.as_secs(), value_parser = clap::value_parser!(u64).range(1..), help_heading = "Commands")]
    time_limit: u64,
    #[command(flatten)]
    commands: CommandOptions,
}

impl Compare {
    pub(crate) fn run(self, folder: &Path) -> Result<Status> {
        match self.commands.is_given() {
            true => self.compare_commands(),
            false => {
                let project = self.project(folder)?;
                self.compare_records(&project)
            }
        }
    }

    /// The project. Files can be compared anywhere.
    fn project(&self, folder: &Path) -> Result<Project> {
        let mut sides = self.base.iter().chain(&self.heads);
        Ok(match Project::find(folder) {
            Err(ProjectError::NotFound(_)) if sides.all(compared::Name::is_file) => Project {
                root: folder.to_owned(),
                config: Config::default(),
            },
            found => found?,
        })
    }

    /// Compares the commands of the command line, which need no project.
    fn compare_commands(self) -> Result<Status> {
        if !self.exports.is_empty() {
            bail!("--export applies to records; commands have none");
        }
        if let Some(base) = &self.base {
            bail!(
                "`{}` is a record and the words after `--` are a command; compare two of one kind",
                base.written()
            );
        }
        let time_limit = Duration::from_secs(self.time_limit);
        commands::compare(&self.commands, time_limit, self.format)
    }

    fn compare_records(self, project: &Project) -> Result<Status> {
        self.commands.refuse()?;
        self.exports.check()?;
        if self.heads.len() > 1 && !self.exports.is_empty() {
            bail!("--export writes one comparison; give one HEAD for each call");
        }
        let Some(base) = &self.base else {
            bail!("there is nothing to compare: name BASE, or two commands after `--`");
        };
        let (mut base, mut heads) = compared::load(base, &self.heads, project)?;
        let records = heads.iter_mut().map(|head| &mut head.record);
        narrow(
            &Choice::new(&self.filter, &[])?,
            &mut std::iter::once(&mut base.record)
                .chain(records)
                .collect::<Vec<_>>(),
        )?;
        let mut sides = Vec::new();
        for head in &heads {
            let mut comparisons = compare(base.side(), head.side());
            compare::only_metrics(&mut comparisons, &self.metric)?;
            sides.push(Compared {
                head: &head.name,
                comparisons,
            });
        }
        if let ([side], [head]) = (sides.as_slice(), heads.as_slice()) {
            self.export(&base, head, side)?;
        }
        if self.exports.print() {
            return Ok(Status::Fine);
        }
        let table = match sides.as_slice() {
            [only] => self.two(&base.name, only),
            sides => compared_sides::table(&base.name, sides, exact(self.format), self.all),
        };
        show(&[table], self.format)?;
        Ok(Status::Fine)
    }

    /// Writes the comparison of two sides in other formats.
    fn export(&self, base: &Loaded, head: &Loaded, side: &Compared<'_>) -> Result<()> {
        let title = format!("{} against {}", side.head, base.name);
        let document = comparisons::table(title, &side.comparisons, false);
        let document = Format::MARKDOWN.render(&[document]);
        let mut results =
            Results::of_comparisons(&side.comparisons, &head.record, command_line(), document);
        let revision = &base.record.environment.revision;
        results.base_revision.clone_from(revision);
        self.exports.write(&results)
    }

    /// The table of two sides, by default without equal figures.
    fn two(&self, base: &str, side: &Compared<'_>) -> Table {
        let exact = exact(self.format);
        let mut shown = side.comparisons.clone();
        if !exact && !self.all {
            shown.retain(|comparison| !comparison.equal());
        }
        let mut table = comparisons::table(format!("{} against {base}", side.head), &shown, exact);
        let all = side.comparisons.len();
        match all - shown.len() {
            0 if all == 0 => table
                .notes
                .push("The two sides have no figure in common.".to_owned()),
            0 => {}
            equal => table.notes.push(format!(
                "{equal} of {all} figures are equal and not shown; --all shows them."
            )),
        }
        table
    }
}
