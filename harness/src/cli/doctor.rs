//! `harness doctor`: says whether this machine can judge time, and makes it better at it while a command runs.

use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use harness::child;
use harness::gate::{FLOOR_SHARE, MatchedWorkloads, conditions, seed_of_now};
use harness::machine::{self, Counters, Diagnosis, NoiseFloors, System, Tasks};
use harness::measure::{self, Bar, Measured, Plan};
use harness::paired::{NoiseFloor, Rules, Sides, measure_noise_floor};
use harness::project::Project;
use harness::record::Instrument;
use harness::render::Format;
use harness::revision::MeasuringLock;

use super::gate::{BUDGET, MOST_TIMED};
use super::seconds::seconds_up_to;
use super::{ALARM, Status, notice, print, show};

/// So many workloads are held against themselves, half of the budget each.
const TRIED: usize = 2;

/// For so long it is watched who keeps the CPUs busy.
const WATCHED: Duration = Duration::from_millis(500);

/// Says whether this machine can judge time, and what to do about it
///
/// Looks at everything that makes times noisy, then measures the noise itself: two workloads of the timed suite, each
/// against itself, by the code that the gate measures with. Leaves with 0 if time can be judged here, with 2 if not.
///
/// With --tune it changes what it may - the frequency governor, turbo, huge pages - while a command runs, puts everything back
/// when that ends or is interrupted, and leaves with the command's status (with 2 if that is not 0, 1 or 2). COMMAND has no
/// standard input.
#[derive(Args)]
#[command(after_help = "Example: cargo harness doctor --tune -- cargo harness gate --base origin/main

HARNESS_SYSTEM_ROOT names a folder whose proc and sys are read and written instead of this machine's own, for trials.")]
pub(crate) struct Doctor {
    /// How long the noise is measured, in seconds, or such as 2m
    #[arg(long, value_name = "TIME", default_value_t = 10, value_parser = seconds_up_to(600), conflicts_with = "tune")]
    budget: u64,
    /// Change what can be changed for the better while COMMAND runs
    #[arg(long, requires = "command")]
    tune: bool,
    /// With --tune: give all processes of COMMAND one memory layout. That suits programs that are run once; the gate draws a
    /// layout for each pair of processes on purpose
    #[arg(long, requires = "tune")]
    fixed_layout: bool,
    /// How the results are printed
    #[arg(long, value_enum, default_value_t, conflicts_with = "tune")]
    format: Format,
    /// What to run, after --
    #[arg(last = true, value_name = "COMMAND", requires = "tune")]
    command: Vec<String>,
}

impl Doctor {
    pub(crate) fn run(self, project: &Project) -> Result<Status> {
        match self.tune {
            true => self.run_tuned(),
            false => self.diagnose(project),
        }
    }

    fn diagnose(&self, project: &Project) -> Result<Status> {
        let system = System::here();
        // Before the machine is looked at: building is the busiest thing it will do, and another harness is no finding.
        let built = measure::build(project, &[], super::quiet());
        let turn = MeasuringLock::wait(project, &|told| notice(told));
        let before = Tasks::now(&system);
        thread::sleep(WATCHED);
        let busy = machine::busiest(&before, &Tasks::now(&system));
        let (state, counters) = (machine::state(&system), Counters::now(&system));
        let floors = built.map_err(Into::into).and_then(|programs| {
            let _turn = turn?;
            self.floors(&Measured { project, programs: &programs, commit: None }, &project.config.timed)
        });
        if child::stopped() {
            bail!("interrupted");
        }
        let valgrind = measure::valgrind_version();
        let diagnosis = Diagnosis {
            findings: machine::findings(&state, &busy, &counters.since(&system), valgrind.as_deref()),
            floors: floors.map_err(|error| format!("the noise floor could not be measured: {error:#}")),
        };
        let mut tables = machine::diagnosis_table::tables(&diagnosis);
        match self.format {
            Format::Table => {
                show(&tables, self.format)?;
                print(&format!("\n{}\n", diagnosis.sentence()))?;
            }
            Format::Markdown => {
                tables.iter_mut().last().map(|last| last.notes.push(diagnosis.sentence())).unwrap_or_default();
                show(&tables, self.format)?;
            }
            Format::Json | Format::Csv => {
                show(&tables, self.format)?;
                notice(&diagnosis.sentence());
            }
        }
        Ok(if diagnosis.can_judge() { Status::Fine } else { Status::Unjudged })
    }

    /// Holds some workloads of the timed suite against themselves.
    fn floors(&self, measured: &Measured<'_>, timed: &[String]) -> Result<NoiseFloors> {
        let greeting = measured.greet(measure::TIME_LIMIT)?;
        let plan = Plan {
            filters: Vec::new(),
            phases: Vec::new(),
            instruments: vec![Instrument::Clock],
            quick: false,
            anchors: measured.project.config.anchors.clone(),
        };
        let field = MatchedWorkloads::of(&plan, &greeting.workloads, &greeting.workloads)?;
        let (timed_phases, _) = field.timed(timed, &[], MOST_TIMED)?;
        // The last ones of a suite are its smallest parts, whose noise is the machine's.
        let tried = &timed_phases[timed_phases.len().saturating_sub(TRIED)..];
        if tried.is_empty() {
            bail!("no workload is in the timed suite; `timed` in harness.toml says which are");
        }
        let conditions = conditions(1, None, measure::TIME_LIMIT);
        let budget = Duration::from_secs(self.budget) / tried.len() as u32;
        let build = |_| measured.programs.command(&measured.project.config.probe);
        let sides = Sides { base: &build, head: &build, copies: 1 };
        let floor = |timed| {
            let measured = measure_noise_floor(&sides, timed, &conditions, budget, seed_of_now(), &Bar::new())?;
            Ok(NoiseFloor::of(&measured, Rules::default(), timed_phases.len()))
        };
        let floors = tried.iter().map(floor).collect::<Result<_>>()?;
        let each_seconds = BUDGET as f64 * (1.0 - FLOOR_SHARE) / timed_phases.len() as f64;
        Ok(NoiseFloors::new(floors, timed_phases.len(), each_seconds))
    }

    fn run_tuned(&self) -> Result<Status> {
        // From before the first change, so that nothing ends the harness between a change and its end.
        let held = child::Held::new();
        let (tuned, untouched) = machine::tune(&System::here());
        for told in tuned.told().iter().chain(&untouched) {
            notice(told);
        }
        // It is a process group of its own, which may not read the terminal: it would wait for ever.
        let status = child::foreground(self.tuned_command().stdin(Stdio::null()));
        let (count, failed) = (tuned.told().len(), tuned.put_back());
        for told in &failed {
            anstream::eprintln!("{ALARM}error:{ALARM:#} {told}");
        }
        if failed.is_empty() && count > 0 {
            notice("All settings are as they were.");
        }
        drop(held);
        let status = status.with_context(|| format!("cannot run {}", self.command[0]))?;
        if child::stopped() {
            bail!("interrupted");
        }
        Ok(match status.code() {
            _ if !failed.is_empty() => Status::Unjudged,
            Some(0) => Status::Fine,
            Some(1) => Status::Regressed,
            _ => Status::Unjudged,
        })
    }

    /// The command, with one layout for all its processes where that is wanted and can be had.
    fn tuned_command(&self) -> Command {
        const FIXED: [&str; 2] = ["setarch", "--addr-no-randomize"];
        let start = |words: &[&str]| {
            let mut command = Command::new(words[0]);
            command.args(&words[1..]);
            command
        };
        let words: Vec<&str> = self.command.iter().map(String::as_str).collect();
        if !self.fixed_layout {
            return start(&words);
        }
        // A container may forbid it.
        let tried = start(&[&FIXED[..], &["true"]].concat()).stdin(Stdio::null()).stderr(Stdio::null()).status();
        match tried {
            Ok(status) if status.success() => {
                notice("The memory layout is one and the same for all processes of the command.");
                start(&[&FIXED[..], &words[..]].concat())
            }
            Ok(_) => {
                notice("The memory layout stays random: the system does not let it be fixed, as in some containers.");
                start(&words)
            }
            Err(_) => {
                notice(
                    "The memory layout stays random: `setarch` is missing (Debian, Ubuntu: apt-get install util-linux).",
                );
                start(&words)
            }
        }
    }
}
