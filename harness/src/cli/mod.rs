//! The command line: one file per subcommand, wiring only.

mod accept;
mod baseline;
mod bisect;
mod commands;
mod compare;
mod compared;
mod completions;
mod config;
mod doctor;
mod explain;
mod exports;
mod gate;
mod history;
mod import;
mod init;
mod keep;
mod list;
mod man;
mod merge;
mod options;
mod parse;
mod profile;
mod readings;
mod ready;
mod report;
mod run;
mod selftest;
mod settings;
mod triage;
mod typed;
mod watch;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, CommandFactory, Parser, Subcommand};
use harness::keeper;
use harness::project::Project;
use harness::terminal::colour::When;
use harness::terminal::{Status, notice};
use harness_record::atomic_file;
use harness_record::folder_lock::FolderLock;

pub(crate) use parse::arguments;
use typed::{call, command_line, typed};

/// Measures time, instructions and heap of workloads, and reports changes.
#[derive(Parser)]
#[command(
    version,
    after_help = "Exit status: 0 fine, 1 a regression was found, 2 could not judge (bad input, missing tool or baseline, failed probe)."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    _output: OutputOptions,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command. They decide about messages of the parser, too, so [`parse`] reads them from its matches and
/// applies them before the command runs.
#[derive(Args)]
#[command(next_help_heading = "Output")]
struct OutputOptions {
    /// Colour; without it, NO_COLOR, CLICOLOR_FORCE, CARGO_TERM_COLOR and CLICOLOR decide, and then the terminal
    #[arg(long, global = true, value_enum, value_name = "WHEN")]
    color: Option<When>,
    /// Print results and errors only
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Also print each program that is started, such as cargo and valgrind, and its duration
    #[arg(long, short, global = true)]
    verbose: bool,
}

/// Defines the enum of the subcommands and runs the chosen one.
///
/// The type of a subcommand derives [`clap::Args`]. It has a method `run(self, &Project) -> Result<Status>`, or, in the
/// first group, `run(self, &Path) -> Result<Status>` with the current folder, because it does not always need a project.
macro_rules! commands {
    (anywhere { $($free:ident($free_arguments:ty)),* $(,)? } in_a_project { $($name:ident($arguments:ty)),+ $(,)? }) => {
        #[derive(Subcommand)]
        enum Command {
            $($free($free_arguments),)*
            $($name($arguments)),+
        }

        impl Command {
            fn run(self, folder: &Path) -> Result<Status> {
                match self {
                    $(Self::$free(command) => command.run(folder),)*
                    $(Self::$name(command) => command.run(&Project::find(folder)?)),+
                }
            }
        }
    };
}

// The registry, in the order of the help. A new subcommand needs its file, its `mod` line, and a line here.
commands! {
    anywhere {
        Init(init::Init),
        Run(run::Run),
        Compare(compare::Compare),
        Import(import::Import),
        CommandProbe(commands::CommandProbe),
        Keep(keep::Keep),
        Config(config::Config),
        Completions(completions::Completions),
        Man(man::Man),
    }
    in_a_project {
    Watch(watch::Watch),
    List(list::List),
    Baseline(baseline::Stored),
    Gate(gate::Gate),
    Merge(merge::Merge),
    Explain(explain::Explain),
    Accept(accept::Accept),
    Bisect(bisect::Bisect),
    Doctor(doctor::Doctor),
    Report(report::Report),
    Profile(profile::Profile),
    History(history::History),
    Triage(triage::Triage),
    Selftest(selftest::Selftest),
    }
}

impl Arguments {
    /// Runs the chosen command.
    pub(crate) fn run(self) -> Result<Status> {
        // The probe of commands is itself a child of a harness, and nothing may disturb what it times.
        if !matches!(self.command, Command::CommandProbe(_) | Command::Keep(_)) {
            keeper::enable("keep");
        }
        let here = std::env::current_dir().context("cannot find the current folder")?;
        self.command.run(&here)
    }
}

/// The program without the subcommands that only the harness itself starts.
fn visible() -> clap::Command {
    let all = Arguments::command();
    let inner: Vec<clap::Command> = all
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .cloned()
        .collect();
    clap::Command::new("harness")
        .version(env!("CARGO_PKG_VERSION"))
        .about(all.get_about().cloned().unwrap_or_default())
        .after_help(all.get_after_help().cloned().unwrap_or_default())
        .args(all.get_arguments().cloned())
        .subcommand_required(true)
        .subcommands(inner)
}

/// Returns an error if a path cannot be written, before minutes are spent on measuring.
fn writable(path: &Path) -> Result<()> {
    atomic_file::try_writing(path)
        .with_context(|| format!("cannot write {}, so nothing was measured", path.display()))
}

/// The exclusive right to change the files of the project's baselines: what a command read of them is then still there
/// when it writes.
fn lock_baselines(project: &Project) -> anyhow::Result<FolderLock> {
    let folder = project.baselines();
    let waiting = || {
        notice(&format!(
            "waiting for another harness that changes {}",
            folder.display()
        ));
    };
    Ok(FolderLock::take(&folder, &waiting)?)
}

/// File of a measurement, named by the time of its creation.
fn named_by_time(folder: &Path, created: &str) -> PathBuf {
    folder.join(format!("{}.json", created.replace(':', "")))
}

/// Turns text into a part of a file name: characters that need quotes or could lead to another folder become dashes.
fn file_name(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_.@=".contains(c) {
                c
            } else {
                '-'
            }
        })
        .collect()
}
