//! The gate against a revision: builds both sides, measures them side by side, keeps the readings, and prints the
//! verdict.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use harness::collect::{self, Bar, Measured, Request, Selected};
use harness::doctor::{self, Counters, System};
use harness::layout::{Pools, Timed};
use harness::probe::{Greeting, ProbeError};
use harness::project::Project;
use harness::timing::{
    self, MOST_TIMED, MatchedWorkloads, SLICE, Unmatched, WARM, conditions_of, measure_noise_floor, pinned_core,
    seed_of_now,
};
use harness::vcs::{CargoOutput, Checkouts, MeasuringLock, Repository, copies_folder};
use harness_abtest::{Rules, Side, TimedPhase, WorkloadPairs};
use harness_judge::gate::GateVerdict;
use harness_probe::Instrument;
use harness_probe::protocol::{OLDEST, VERSION};
use harness_record::Commit;
use harness_record::session::{
    Circumstances, Counted, FLOOR_SHARE, Identical, Injection, Layouts, Revision, Session, Terms,
};

use super::{Gate, SuiteChoice, functions, rules, show};
use crate::cli::{command_line, writable};
use harness::terminal::{Status, exact, notice};

/// Readings of time.
#[derive(Default)]
struct Times {
    measured: Vec<WorkloadPairs>,
    /// The base compared with itself.
    floor: Vec<WorkloadPairs>,
    machine: Option<Circumstances>,
}

/// A side that is ready to be measured.
pub(super) struct Ready<'a> {
    pub(super) measured: Measured<'a>,
    pub(super) greeting: Greeting,
}

impl Ready<'_> {
    fn timed(&self) -> Timed<'_> {
        Timed { programs: self.measured.programs, probe: &self.measured.project.config.probe }
    }

    /// The program that an instrument runs.
    fn counting(&self, instrument: Instrument) -> Timed<'_> {
        // The last one: the probe is always needed and comes first.
        let program = collect::needed(&self.measured.project.config, &[instrument]).pop();
        Timed { probe: program.unwrap_or(&self.measured.project.config.probe), ..self.timed() }
    }
}

impl Gate {
    pub(super) fn against_revision(self, base: &str, project: &Project) -> Result<Status> {
        let repository = Repository::open(project)?;
        let commit = repository.resolve(base)?;
        let head = repository.head()?;
        let created = collect::now();
        let named = self.out.is_some();
        let mut out = self.out.clone().unwrap_or_else(|| named_by_time(project, &created));
        writable(&out)?;

        let instruments = self.instruments()?;
        let (format, all) = (self.format, self.all);
        let against = self.against;
        let request = self.selection.request(project, instruments);
        let needed = if against.times_only { Vec::new() } else { request.plan.instruments.clone() };
        let output = if request.quiet { CargoOutput::Nothing } else { CargoOutput::Progress };
        // Held until everything is measured: another gate would rebuild the head during this one, and its load would
        // disturb the times.
        let turn = MeasuringLock::wait(project, &|message| notice(message))?;
        let checkouts = Checkouts::new(project, &repository);
        let checkout =
            checkouts.checkout(&commit, |config| collect::needed(config, &needed), output, &|told| notice(told))?;
        let limits = match against.times_only {
            true => String::new(),
            false => rules::limits(&checkout.project)?,
        };
        let mut accepted = rules::accepted(&checkout, project, against.honour_new_acceptances, &repository)?;
        let amended = rules::amended(&checkout.project, project);
        // Built like the base, in the same folder and by the same call, so that the two differ by their sources only.
        let of_tree = collect::needed(&project.config, &needed);
        let tree = checkouts.working_tree(project, &of_tree, output, &|message| notice(message))?;
        let of_base =
            Measured { project: &checkout.project, programs: &checkout.programs, commit: Some(&checkout.commit.id) };
        let of_head = Measured { project, programs: &tree.programs, commit: None };
        // A forced instruction set replaces the one that a side chooses by itself.
        let forced = |greeting: Greeting| Greeting { isa: request.isa.clone().unwrap_or(greeting.isa), ..greeting };
        let greeting = forced(of_base.greet(request.time_limit).map_err(|error| unanswered(&commit, error))?);
        let base = Ready { greeting, measured: of_base };
        let greeting = forced(of_head.greet(request.time_limit).context("the head side's probe does not answer")?);
        let ready = Ready { greeting, measured: of_head };
        accepted.known = rules::known([&base.greeting.workloads, &ready.greeting.workloads]);

        let mut plan = request.plan.clone();
        if !against.counts_only {
            plan.instruments.push(Instrument::Clock);
        }
        let field = MatchedWorkloads::of(&plan, &base.greeting.workloads, &ready.greeting.workloads)?;
        let is_forced = against.force_timing || against.inject.is_some();
        let identical = match is_forced {
            true => Identical::default(),
            false => unchanged(&base, &ready, &needed)?,
        };
        let timed_phases = match against.counts_only || identical.time {
            true => Vec::new(),
            false => match against.suite {
                // The base decides which workloads are timed, as it decides the limits: a change cannot exempt itself.
                SuiteChoice::Named => timed(&field, &checkout.project.config.timed, &request.plan.phases)?,
                SuiteChoice::Full => field.timed(&[], &request.plan.phases, usize::MAX)?.0,
            },
        };
        let seed = against.seed.unwrap_or_else(seed_of_now);
        let threads = request.threads.unwrap_or(1);
        let mut terms = Terms {
            rules: Rules {
                minimum_effect: against.minimum_effect / 100.0,
                margin: against.margin / 100.0,
                ..Rules::default()
            },
            budget_seconds: against.budget as f64,
            floor_seconds: FLOOR_SHARE * against.budget as f64,
            seed,
            core: pinned_core(threads),
            threads,
            isa: ready.greeting.isa.clone(),
            slice_nanoseconds: SLICE.as_nanos() as u64,
            warm: WARM,
            injection: against.inject.map(|percent| Injection { share: percent / 100.0 }),
            layouts: Layouts::Untimed,
            layout_limit: against.layout_limit / 100.0,
            strict: against.strict,
        };
        let times = match timed_phases.is_empty() {
            true => Times::default(),
            false => {
                let pools = Pools::make(&copies_folder(project), &base.timed(), &ready.timed(), seed)?;
                terms.layouts = pools.layouts().clone();
                time(&pools, &timed_phases, &terms, &request)?
            }
        };
        let counted = match against.times_only || field.common.is_empty() || identical.counts {
            true => None,
            false => Some(count(&base, &ready, &field, &request, limits)?),
        };
        let session = Session {
            created,
            command: command_line(),
            base: Revision { commit: commit.id.clone(), dirty: false },
            head: Revision { commit: head.commit.id, dirty: head.dirty },
            environment: ready.measured.environment(&ready.greeting),
            terms,
            measured: times.measured,
            floor: times.floor,
            machine: times.machine,
            uncounted: counted.is_some() && is_uncounted(&field, &request),
            counted,
            identical,
            unmatched: field.unmatched.iter().map(Unmatched::sentence).collect(),
            accepted,
            amended,
        };
        if !named {
            out = unused(out);
        }
        session.write(&out)?;
        let gate_verdict = GateVerdict::of(&session)?;
        let changed = functions::changed(&base, &ready, &gate_verdict, &request, &out, exact(format));
        drop(turn);
        show::gate_verdict(&session, &gate_verdict, &changed, format, all)?;
        notice(&format!("wrote {}", out.display()));
        Ok(super::outcome(gate_verdict.conclusion()))
    }

    /// Instruments for counts. Without valgrind, everything else is still counted, so that a regression there is found.
    fn instruments(&self) -> Result<Vec<Instrument>> {
        if self.against.times_only || collect::valgrind_version().is_some() {
            return Ok(Instrument::COUNTED.to_vec());
        }
        if self.against.counts_only {
            bail!(collect::VALGRIND_MISSING);
        }
        notice(collect::VALGRIND_MISSING);
        Ok(Instrument::COUNTED.into_iter().filter(|instrument| *instrument != Instrument::Callgrind).collect())
    }
}

fn named_by_time(project: &Project, created: &str) -> PathBuf {
    project.records().join("gates").join(format!("{}.json", created.replace(':', "")))
}

/// The path, or a free one with a number in it: another gate may have begun in the same second.
fn unused(path: PathBuf) -> PathBuf {
    let numbered = (2..).map(|number| path.with_extension(format!("{number}.json")));
    std::iter::once(path.clone()).chain(numbered).find(|path| !path.exists()).unwrap_or(path)
}

/// Error for a base whose probe does not answer. A base with another protocol is only older or newer, not broken.
fn unanswered(base: &Commit, error: ProbeError) -> anyhow::Error {
    match error {
        ProbeError::Version { found } => anyhow!(
            "the probe of {base} speaks protocol {found}, this harness speaks {OLDEST} to {VERSION}: choose a base that has this harness, or \
             compare the two with the harness of that revision"
        ),
        other => anyhow::Error::from(other).context("the base side's probe does not answer"),
    }
}

fn timed(field: &MatchedWorkloads, globs: &[String], phases: &[String]) -> Result<Vec<TimedPhase>> {
    let (timed_phases, beyond) = field.timed(globs, phases, MOST_TIMED)?;
    if beyond > 0 {
        notice(&format!(
            "time is judged for the first {MOST_TIMED} workloads; {beyond} more are judged by their counts only"
        ));
    }
    if timed_phases.is_empty() {
        notice(
            "none of the selected workloads is in the timed suite (`timed` in harness.toml), so only counts are judged",
        );
    }
    Ok(timed_phases)
}

/// Finds the programs that are identical on both sides and need no measurement.
fn unchanged(base: &Ready, head: &Ready, counting: &[Instrument]) -> Result<Identical> {
    let time = base.timed().is_identical(&head.timed())?;
    // Without valgrind, or with --times-only, the programs that count were not all built.
    let mut counts = time && Instrument::COUNTED.iter().all(|one| counting.contains(one));
    for &instrument in counting {
        let [base, head] = [base, head].map(|side| side.counting(instrument));
        counts = counts && base.is_identical(&head)?;
    }
    Ok(Identical { time, counts })
}

fn time(pools: &Pools, timed_phases: &[TimedPhase], terms: &Terms, request: &Request) -> Result<Times> {
    let conditions = conditions_of(terms, request.isa.clone(), request.time_limit);
    let system = System::here();
    let (state, counters) = (doctor::state(&system), Counters::now(&system));
    // The seed selects the workload of the noise floor.
    let itself = &timed_phases[terms.seed as usize % timed_phases.len()];
    let half = Duration::from_secs_f64(terms.floor_seconds / 2.0);
    let floor = |seed| {
        pools.between(Side::Base, Side::Base, |sides| {
            measure_noise_floor(sides, itself, &conditions, half, seed, &Bar::new())
        })
    };
    let mut before = floor(terms.seed)?;
    let measured = pools
        .between(Side::Base, Side::Head, |sides| timing::time(terms, sides, timed_phases, &conditions, &Bar::new()))?;
    let after = floor(terms.seed.wrapping_add(1))?;
    before.pairs.extend(after.pairs);
    before.failure = before.failure.or(after.failure);
    let machine = Circumstances { state, disturbance: counters.since(&system) };
    Ok(Times { measured, floor: vec![before], machine: Some(machine) })
}

/// True if instructions should be judged but are not counted.
fn is_uncounted(field: &MatchedWorkloads, request: &Request) -> bool {
    let instructions = Instrument::Callgrind;
    !request.plan.instruments.contains(&instructions) && field.common.iter().any(|one| one.takes(instructions))
}

fn count(base: &Ready, head: &Ready, field: &MatchedWorkloads, request: &Request, limits: String) -> Result<Counted> {
    let counted = |one: &&Selected| request.plan.instruments.iter().any(|&instrument| one.takes(instrument));
    let selected: Vec<Selected> = field.common.iter().filter(counted).cloned().collect();
    let take = |side: &Ready<'_>| side.measured.take(&side.greeting, &selected, request, &Bar::new());
    Ok(Counted { base: take(base)?, head: take(head)?, limits })
}
