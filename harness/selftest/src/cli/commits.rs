//! Trials of the whole gate on commits: makes them, adds their rows, and draws the page.

use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use harness::collect;
use harness::doctor::{self, Counters, System};
use harness::process::{self, Held};
use harness::project::Project;
use harness::terminal::notice;
use harness::timing::pinned_core;
use harness::vcs::{ELSEWHERE, MeasuringLock, ProjectClone, Repository};
use harness_judge::gate::GateVerdict;
use harness_record::Commit;
use harness_record::session::Session;
use harness_selftest::{COMMITS, LoadProcesses, Milli, Role, Row, Variant, changes, log, short};
use tempfile::TempDir;

use super::GateTest;
use super::trials::{self, Candidate};

/// Environment variables that would move the build of the clone to another folder.
const TARGETS: [&str; 2] = ["CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_BUILD_DIR"];

/// A variant with its commits.
struct Trial {
    variant: Variant,
    base: Commit,
    head: Commit,
}

/// The clone, the program, and a row to fill in.
struct Stage<'a> {
    test: &'a GateTest,
    project: &'a Project,
    clone: ProjectClone,
    /// Folder with a copy of this program, which no later build replaces, and the session of the running gate.
    scratch: TempDir,
    /// A row with the machine, the harness and the options of the gate.
    template: Row,
}

/// Adds trials and draws the page.
pub(super) fn gather(test: &GateTest, project: &Project) -> Result<()> {
    let path = rows_file(test, project);
    let (stage, trials) = Stage::new(test, project, &log::read(&path)?)?;
    let default = trials.len();
    trials::gather(test, trials, default, |next, print| {
        log::add(&path, &stage.run(&next.change, print)?)
    })?;
    replay(test, project)
}

/// Draws the page, the chart and the tables from the rows.
pub(super) fn replay(test: &GateTest, project: &Project) -> Result<()> {
    let path = rows_file(test, project);
    let rows = log::read(&path)?;
    if rows.is_empty() {
        bail!(
            "there are no trials in {}; make some without --replay",
            path.display()
        );
    }
    trials::draw(test, &test.folder(project.reports()), &COMMITS, &rows, "")
}

/// The file of rows.
pub(super) fn rows_file(test: &GateTest, project: &Project) -> PathBuf {
    test.folder(project.reports()).join(COMMITS.rows)
}

impl<'a> Stage<'a> {
    /// Makes the clone and all commits first, so that an invalid change is reported before hours of trials.
    fn new(
        test: &'a GateTest,
        project: &'a Project,
        rows: &[Row],
    ) -> Result<(Self, Vec<Candidate<Trial>>)> {
        let file = test
            .changes
            .clone()
            .unwrap_or_else(|| project.baselines().join(changes::FILE));
        let chosen: Vec<Variant> = changes::read(&file)?
            .iter()
            .flat_map(|change| change.variants())
            .collect();
        let all: Vec<String> = chosen.iter().map(Variant::name).collect();
        let only = &test.only;
        let is_chosen =
            |one: &Variant| only.is_empty() || only.iter().any(|glob| glob.matches(&one.name()));
        let chosen: Vec<Variant> = chosen.into_iter().filter(is_chosen).collect();
        if chosen.is_empty() {
            bail!(
                "no change of {} matches --only; there are {}",
                file.display(),
                all.join(", ")
            );
        }
        let repository = Repository::open(project)?;
        // Commits of rows do not count: the code, and so the base, is the same.
        let head = repository.head_outside(&project.config.reports)?;
        if head.dirty {
            notice(&format!(
                "uncommitted changes are ignored: the trials are of {}",
                head.commit
            ));
        }
        let clone = ProjectClone::open(project, &repository)?;
        let scratch = tempfile::Builder::new()
            .prefix("run-")
            .tempdir_in(project.root.join("target/harness-selftest"));
        let stage = Self {
            test,
            project,
            clone,
            scratch: scratch.context("cannot make a folder in target/harness-selftest")?,
            template: Row {
                machine: doctor::short_name(&System::here()),
                harness: short(&head.commit.id) + if head.dirty { "+" } else { "" },
                hogs: test.hogs,
                budget_seconds: test.gate_budget,
                ..Row::default()
            },
        };
        let own = std::env::current_exe().context("cannot find the folder of this program")?;
        let program = own.with_file_name(format!("harness{EXE_SUFFIX}"));
        fs::copy(&program, stage.program()).with_context(|| {
            format!(
                "cannot copy {} into target/harness-selftest; `cargo build --release --package harness` builds it",
                program.display()
            )
        })?;
        let mut trials = Vec::new();
        for variant in chosen {
            let (base, head) =
                stage
                    .commits(&variant, &repository, &head.commit)
                    .map_err(|error| {
                        error.context(format!(
                            "{}, change `{}`",
                            file.display(),
                            variant.change.name
                        ))
                    })?;
            let count = rows.iter().filter(|row| stage.is_of(row, &variant)).count();
            trials.push(Candidate {
                name: variant.name(),
                count,
                change: Trial {
                    variant,
                    base,
                    head,
                },
            });
        }
        Ok((stage, trials))
    }

    fn commits(
        &self,
        variant: &Variant,
        repository: &Repository,
        base: &Commit,
    ) -> Result<(Commit, Commit)> {
        match (&variant.change.base, &variant.change.head) {
            (Some(base), Some(head)) => Ok((repository.resolve(base)?, repository.resolve(head)?)),
            _ => Ok((
                base.clone(),
                self.clone.commit(base, &variant.name(), &variant.edits())?,
            )),
        }
    }

    /// True if a row counts for a variant: the same machine, harness and condition.
    fn is_of(&self, row: &Row, variant: &Variant) -> bool {
        let place = |row: &Row| (row.machine.clone(), row.harness.clone(), row.hogs);
        place(row) == place(&self.template)
            && row.change == variant.change.name
            && row.percent == variant.percent
    }

    fn program(&self) -> PathBuf {
        self.scratch.path().join("harness")
    }

    /// One gate on one commit.
    fn run(&self, trial: &Trial, print: &dyn Fn(&str)) -> Result<Row> {
        // The gate takes the lock of the clone; this one keeps others from measuring the project meanwhile.
        let _turn = MeasuringLock::wait(self.project, print)?;
        let Trial {
            variant,
            base,
            head,
        } = trial;
        self.clone.bring(base)?;
        self.clone.check_out(head)?;
        let (file, errors) = (
            self.scratch.path().join("session.json"),
            self.scratch.path().join("errors"),
        );
        let mut command = self.command(trial, &file);
        command.stderr(
            fs::File::create(&errors)
                .with_context(|| format!("cannot write {}", errors.display()))?,
        );
        let _hog = LoadProcesses::start(self.test.hogs, pinned_core(1))?;
        let system = System::here();
        let (load, counters) = (doctor::state(&system).load, Counters::now(&system));
        let (date, began) = (collect::now(), Instant::now());
        let status = {
            let _held = Held::new();
            process::foreground(&mut command).context("cannot start the gate")?
        };
        let (seconds, disturbance) = (began.elapsed().as_secs_f64(), counters.since(&system));
        if process::stopped() {
            print("finished trials are kept");
            bail!("interrupted");
        }
        let last = last_error(&errors);
        let exit = status.code().and_then(|code| u8::try_from(code).ok());
        let exit = exit.with_context(|| {
            format!(
                "the gate on `{}` was killed: {status}; {last}",
                variant.name()
            )
        })?;
        if exit > 1 {
            print(&format!(
                "the gate on `{}` ended with exit status {exit}: {last}",
                variant.name()
            ));
        }
        let mut row = Row {
            date: date.parse().context("the clock shows no date")?,
            steal_percent: disturbance.stolen.map(|share| Milli::of(100.0 * share)),
            load: load.map(|load| Milli::of(load.one)),
            base: short(&base.id),
            head: short(&head.id),
            change: variant.change.name.clone(),
            kind: variant.change.kind.clone(),
            percent: variant.percent,
            forced: variant.change.force,
            exit,
            seconds: Milli::of(seconds),
            ..self.template.clone()
        };
        // A gate that could not judge may have written no session.
        if file.is_file() {
            let session = Session::read(&file)?;
            row.fill(&session, &GateVerdict::of(&session)?, |workload| {
                Role::of(workload, variant)
            });
            fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
        }
        Ok(row)
    }

    /// The command of the gate in the clone.
    fn command(&self, trial: &Trial, out: &Path) -> Command {
        let root = self.clone.root();
        let mut command = Command::new(self.program());
        command.args(["gate", "--base", &trial.base.id, "--times-only"]);
        command
            .args(["--budget", &self.test.gate_budget.to_string()])
            .arg("--out")
            .arg(out);
        for glob in &trial.variant.change.filter {
            command.args(["--filter", glob]);
        }
        if trial.variant.change.force {
            command.arg("--force-timing");
        }
        for variable in TARGETS.into_iter().chain(ELSEWHERE) {
            command.env_remove(variable);
        }
        command
            .env("CARGO_TARGET_DIR", root.join("target"))
            .current_dir(root);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }
}

/// The last line that the gate wrote on standard error.
fn last_error(file: &Path) -> String {
    let bytes = fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let line = text
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("no message");
    line.trim().trim_start_matches("error: ").to_owned()
}
