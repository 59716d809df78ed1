//! `harness doctor`: reports if this machine can judge time, and tunes it while a command runs.

use std::ffi::{OsStr, OsString};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use harness::collect::{self, Bar, Measured, Plan};
use harness::doctor::{self, Counters, System, Tasks};
use harness::process;
use harness::project::Project;
use harness::seconds::seconds_up_to;
use harness::terminal::{self, Status, failure, notice, paragraph, print, show};
use harness::timing::{
    BUDGET, MOST_TIMED, MatchedWorkloads, Sides, conditions, measure_noise_floor, seed_of_now,
};
use harness::valgrind;
use harness::vcs::MeasuringLock;
use harness_abtest::{NoiseFloor, Rules};
use harness_judge::machine::{Diagnosis, NoiseFloors, Valgrind, findings};
use harness_probe::Instrument;
use harness_record::session::FLOOR_SHARE;
use harness_report::render::{Audience, Format};
use harness_report::tables::diagnosis;

/// Number of workloads that are compared with themselves, each for half of the budget.
const TRIED: usize = 2;

/// Period in which busy processes are observed.
const WATCHED: Duration = Duration::from_millis(500);

/// Checks if this machine can judge time, and shows how to improve it
///
/// Examines everything that makes times noisy, and runs a small program under valgrind. Then measures the noise floor: two workloads of the timed suite, each
/// compared with itself by the code of the gate. Exits with 0 if time can be judged here, with 2 if not.
///
/// With --tune, changes the settings that it is allowed to change (frequency governor, turbo, huge pages) while a
/// command runs. Restores them when the command ends or is interrupted, and exits with the status of the command (with
/// 2 if that is not 0, 1 or 2). COMMAND has no standard input.
#[derive(Args)]
#[command(
    after_help = "Example: harness doctor --tune -- harness gate --base origin/main

For tests, HARNESS_SYSTEM_ROOT names a folder whose proc and sys are used instead of those of this machine."
)]
pub(crate) struct Doctor {
    /// Budget for measuring the noise floor, in seconds, or such as 2m
    #[arg(long, value_name = "TIME", default_value_t = 10, value_parser = seconds_up_to(600), conflicts_with = "tune")]
    budget: u64,
    /// Improve the settings of the machine while COMMAND runs
    #[arg(long, requires = "command")]
    tune: bool,
    /// With --tune: give all processes of COMMAND the same memory layout. Not for the gate, which draws a layout for
    /// each pair of processes on purpose
    #[arg(long, requires = "tune")]
    fixed_layout: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t, conflicts_with = "tune")]
    format: Format,
    /// Command to run, after --
    #[arg(last = true, value_name = "COMMAND", requires = "tune")]
    command: Vec<OsString>,
}

impl Doctor {
    pub(crate) fn run(self, project: &Project) -> Result<Status> {
        if self.tune {
            self.run_tuned()
        } else {
            self.diagnose(project)
        }
    }

    fn diagnose(&self, project: &Project) -> Result<Status> {
        let system = System::here();
        // First build and wait for other harnesses, so that neither appears among the busy processes.
        let built = collect::build(project, &[], terminal::quiet());
        let turn = MeasuringLock::wait(project, &notice);
        let before = Tasks::now(&system);
        thread::sleep(WATCHED);
        let busy = doctor::busiest(&before, &Tasks::now(&system));
        let (state, counters) = (doctor::state(&system), Counters::now(&system));
        let floors = built.map_err(Into::into).and_then(|programs| {
            let _turn = turn?;
            self.floors(&Measured {
                project,
                programs: &programs,
                commit: None,
            })
        });
        if process::stopped() {
            bail!("interrupted");
        }
        let disturbance = counters.since(&system);
        let valgrind = valgrind::version().map(|version| Valgrind {
            version,
            works: valgrind::try_out(),
        });
        let diagnosis = Diagnosis {
            findings: findings(&state, &busy, &disturbance, valgrind.as_ref()),
            floors: floors
                .map_err(|error| format!("the noise floor could not be measured: {error:#}")),
        };
        let mut tables = diagnosis::tables(&diagnosis);
        if let (Audience::Document, Some(last)) = (self.format.audience(), tables.last_mut()) {
            last.notes.push(diagnosis.sentence());
        }
        show(&tables, self.format)?;
        match self.format.audience() {
            Audience::Terminal => print(&format!("\n{}", paragraph(&diagnosis.sentence())))?,
            Audience::Document => {}
            Audience::Program => notice(&diagnosis.sentence()),
        }
        Ok(if diagnosis.can_judge() {
            Status::Fine
        } else {
            Status::Unjudged
        })
    }

    /// Measures the noise floor: compares some workloads of the timed suite with themselves.
    fn floors(&self, measured: &Measured<'_>) -> Result<NoiseFloors> {
        let config = &measured.project.config;
        let greeting = measured.greet(collect::TIME_LIMIT)?;
        let plan = Plan {
            instruments: vec![Instrument::Clock],
            anchors: config.anchors.clone(),
            ..Plan::default()
        };
        let field = MatchedWorkloads::of(&plan, &greeting.workloads, &greeting.workloads)?;
        let (timed_phases, _) = field.timed(&config.timed, &[], MOST_TIMED)?;
        // The last workloads of a suite are its smallest: their noise is that of the machine.
        let tried = &timed_phases[timed_phases.len().saturating_sub(TRIED)..];
        if tried.is_empty() {
            bail!("no workload is in the timed suite; list some as `timed` in harness.toml");
        }
        let conditions = conditions(1, None, collect::TIME_LIMIT);
        let budget = Duration::from_secs(self.budget) / tried.len() as u32;
        let build = |workload: &str, _| measured.probe(&greeting, workload);
        let sides = Sides {
            base: &build,
            head: &build,
            copies: &|_| 1,
        };
        let floor = |timed| {
            let measured = measure_noise_floor(
                &sides,
                timed,
                &conditions,
                budget,
                seed_of_now(),
                &Bar::new(),
            )?;
            Ok(NoiseFloor::of(
                &measured,
                Rules::default(),
                timed_phases.len(),
            ))
        };
        let floors = tried.iter().map(floor).collect::<Result<_>>()?;
        let each_seconds = BUDGET as f64 * (1.0 - FLOOR_SHARE) / timed_phases.len() as f64;
        Ok(NoiseFloors::new(floors, timed_phases.len(), each_seconds))
    }

    fn run_tuned(&self) -> Result<Status> {
        // Held before the first change, so that an interruption cannot end the harness before the settings are
        // restored.
        let held = process::Held::new();
        let (tuned, untouched) = doctor::tune(&System::here());
        tuned
            .told()
            .iter()
            .chain(&untouched)
            .for_each(|message| notice(message));
        // The command is a process group of its own. It must not read from the terminal, or it would be stopped for
        // ever.
        let status = process::foreground(self.tuned_command().stdin(Stdio::null()));
        let (count, failed) = (tuned.told().len(), tuned.put_back());
        failed.iter().for_each(|message| failure(message));
        if failed.is_empty() && count > 0 {
            notice("All settings are as they were.");
        }
        drop(held);
        let status = status.with_context(|| format!("cannot run {}", self.command[0].display()))?;
        if process::stopped() {
            bail!("interrupted");
        }
        Ok(if failed.is_empty() {
            status.into()
        } else {
            Status::Unjudged
        })
    }

    /// The command; with --fixed-layout all its processes get the same memory layout, if the system allows it.
    fn tuned_command(&self) -> Command {
        const FIXED: [&str; 2] = ["setarch", "--addr-no-randomize"];
        let start = |words: &[&OsStr]| {
            let mut command = Command::new(words[0]);
            command.args(&words[1..]);
            command
        };
        let fixed = FIXED.map(OsStr::new);
        let mut words: Vec<&OsStr> = self.command.iter().map(OsString::as_os_str).collect();
        if self.fixed_layout {
            // A container may forbid it.
            let tried = start(&[&fixed[..], &[OsStr::new("true")]].concat())
                .stdin(Stdio::null())
                .stderr(Stdio::null())
                .status();
            let is_possible = tried.as_ref().is_ok_and(ExitStatus::success);
            notice(match tried {
                Ok(_) if is_possible => "All processes of the command have the same memory layout.",
                Ok(_) => {
                    "The memory layout stays random: the system forbids a fixed one, as some containers do."
                }
                Err(_) => {
                    "The memory layout stays random: `setarch` is missing (Debian, Ubuntu: apt-get install util-linux)."
                }
            });
            words.splice(0..0, fixed.into_iter().filter(|_| is_possible));
        }
        start(&words)
    }
}
