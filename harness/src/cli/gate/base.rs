//! The gate against a revision: builds both sides, measures them side by side, keeps the readings, and prints the
//! verdict.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use harness::collect::{self, Bar, Division, Request, Selected};
use harness::doctor::{self, Counters, System};
use harness::layout::SuitePools;
use harness::project::Project;
use harness::terminal::{Status, exact, notice, problem};
use harness::timing::{self, MOST_TIMED, MatchedWorkloads, Unmatched};
use harness::vcs::{MeasuringLock, Repository, copies_folder};
use harness_abtest::{Rules, Side, TimedPhase, WorkloadPairs};
use harness_judge::compare::{RecordView, compare};
use harness_judge::counts::judge;
use harness_judge::gate::GateVerdict;
use harness_probe::Instrument;
use harness_record::distinct::distinct;
use harness_record::limits::Limits;
use harness_record::machine::Circumstances;
use harness_record::session::{self, Counted, Identical, Revision, Session, Terms};
use harness_record::shard::{Part, Sharding};
use harness_report::export::Results;
use harness_report::gate::GateReport;

use super::recount::Counts;
use super::show::{measured, print_report, repeating};
use super::{Against, Gate, SuiteChoice, defaults, functions, missing, recount, rules, selection};
use crate::cli::options::{ShardOptions, available, configured};
use crate::cli::ready::{Builder, Ready};
use crate::cli::{command_line, named_by_time, writable};

/// Both sides, ready to be measured, and their common workloads.
struct Sides<'a> {
    base: Ready,
    head: Ready,
    field: MatchedWorkloads,
    request: &'a Request,
    against: &'a Against,
}

/// Readings of time.
#[derive(Default)]
struct Times {
    measured: Vec<WorkloadPairs>,
    /// The base compared with itself.
    floor: Vec<WorkloadPairs>,
    machine: Option<Circumstances>,
}

impl Gate {
    pub(super) fn against_revision(&self, base: &str, project: &Project) -> Result<Status> {
        let repository = Repository::open(project)?;
        let commit = repository.resolve(base)?;
        let head_revision = repository.head()?;
        let created = collect::now();
        let division = self.sharding.division(project)?;
        let default = match &division {
            Some(division) => ShardOptions::file(division.shard, project, &created),
            None => named_by_time(&project.records().join("gates"), &created),
        };
        writable(self.out.as_ref().unwrap_or(&default))?;

        let against = &self.against;
        let mut request = self.selection.request(project, self.instruments(project)?);
        request.division = division.clone();
        let counting = if against.times_only {
            &[][..]
        } else {
            &request.plan.instruments
        };
        // Held until everything is measured: another gate would rebuild the head during this one, and its load would
        // disturb the times.
        let turn = MeasuringLock::wait(project, &notice)?;
        let benches = against.bench_from.as_deref();
        let benches = benches.map(|rev| repository.resolve(rev)).transpose()?;
        let builder =
            || Builder::new(project, &repository, request.quiet).with_benches(benches.clone());
        selection::check(project, builder(), &request, counting, against)?;
        let builder = builder();
        let base = match missing::built(builder.revision(&commit, counting), against)? {
            Ok(base) => base,
            Err(why) => return self.head_alone(&why, &builder, &request, counting, &default),
        };
        missing::check_programs(&base.project().config, &project.config, against)?;
        let limits = if against.times_only {
            String::new()
        } else {
            rules::limits(base.project())?
        };
        let time_budgets = match against.counts_only {
            true => None,
            false => rules::time_budgets(base.project())?,
        };
        let mut accepted = rules::accepted(base.project(), &commit, project, &repository)?;
        accepted.honour = against.honour_new_acceptances;
        let mut amended = rules::amended(base.project(), project);
        amended.extend(defaults::amended(base.project(), project)?);
        amended.extend(benches.map(|commit| format!("benches of both sides: those of {commit}")));
        // Built like the base, in the same folder and by the same call, so that the two differ by their sources only.
        let builder = builder.with_environment_of(base.project());
        let head = builder.tree(counting)?;
        let base = match missing::answered(base.greet(request.time_limit), &commit, against)? {
            Ok(base) => base,
            Err(why) => return self.head_alone(&why, &builder, &request, counting, &default),
        };
        let head = head
            .greet(request.time_limit)
            .context("the head side's probe does not answer")?;
        accepted.known = rules::known([&base.greeting.workloads, &head.greeting.workloads]);

        let mut sides = Sides::new(base, head, &request, against)?;
        let environment = sides.head.environment();
        let differences = sides.base.environment().settings_differences(&environment);
        amended.extend(
            differences
                .iter()
                .map(|one| format!("setting of the build: {one}")),
        );
        let workloads = [&sides.base, &sides.head].map(|side| &side.greeting.workloads[..]);
        missing::check_removed(&sides.field, workloads, &against.taken(counting), against)?;
        let identical = sides.identical(counting)?;
        let mut timed_phases = match identical.time && division.is_none() {
            true => Vec::new(),
            false => sides.timed_phases()?,
        };
        let untimed = !identical.time && !against.counts_only && timed_phases.is_empty();
        let mut terms = sides.terms();
        let part = division.map(|division| sides.divide(&division, &timed_phases, counting));
        if let Some(part) = &part {
            terms.suite = Some(timed_phases.len()).filter(|_| !identical.time);
            terms.budget_seconds = part.budget_seconds(part.shard.number());
            terms.floor_seconds = session::FLOOR_SHARE * terms.budget_seconds;
            timed_phases.retain(|timed| !identical.time && part.has(&timed.workload));
        }
        let times = sides.time(&timed_phases, &mut terms, project)?;
        let counted = if identical.counts {
            None
        } else {
            sides.count(limits)?
        };
        let session = Session {
            created,
            command: command_line(),
            base: Revision {
                commit: commit.id,
                dirty: false,
            },
            head: Revision {
                commit: head_revision.commit.id,
                dirty: head_revision.dirty,
            },
            environment,
            terms,
            measured: times.measured,
            floor: times.floor,
            machine: times.machine,
            uncounted: counted.is_some() && sides.is_uncounted(),
            untimed,
            limits: time_budgets,
            counted,
            identical,
            unmatched: sides
                .field
                .unmatched
                .iter()
                .map(Unmatched::sentence)
                .collect(),
            accepted,
            amended,
            sharding: part.map(Sharding::Part),
        };
        let stored = session.store(self.out.as_deref(), &default);
        // The verdict is printed even if it cannot be stored: it took minutes to measure.
        let out = stored.as_ref().unwrap_or(&default);
        let verdict = GateVerdict::of(&session)?;
        let exact = exact(self.format);
        let functions =
            functions::changed([&sides.base, &sides.head], &verdict, &request, out, exact);
        drop(turn);
        let report = GateReport {
            verdict: &verdict,
            session: Some(&session),
            command: repeating(&session),
            functions: functions.tables,
            all: self.all,
        };
        print_report(&report, self.format, &self.exports)?;
        let mut results = Results::of_gate(&report, session.created.clone(), &session.environment);
        results.flame_graphs = functions.graphs;
        self.exports.write_of(project, results)?;
        notice(&format!("wrote {}", stored?.display()));
        if let Some(Sharding::Part(part)) = &session.sharding {
            measured(part.shard);
            return Ok(Status::Fine);
        }
        Ok(verdict.conclusion().into())
    }

    /// Instruments for counts. Without valgrind, everything else is still counted, so that a regression there is found.
    fn instruments(&self, project: &Project) -> Result<Vec<Instrument>> {
        let counting = Instrument::COUNTED.to_vec();
        if self.against.times_only {
            Ok(counting)
        } else {
            available(configured(project, counting), self.against.counts_only)
        }
    }
}

impl<'a> Sides<'a> {
    fn new(base: Ready, head: Ready, request: &'a Request, against: &'a Against) -> Result<Self> {
        // A forced instruction set replaces the one that a side chooses by itself.
        let [base, head] = [base, head].map(|side| side.forced(request.isa.as_ref()));
        let mut plan = request.plan.clone();
        plan.instruments
            .extend((!against.counts_only).then_some(Instrument::Clock));
        let field =
            MatchedWorkloads::of(&plan, &base.greeting.workloads, &head.greeting.workloads)?;
        Ok(Self {
            base,
            head,
            field,
            request,
            against,
        })
    }

    /// Finds the programs that are identical on both sides and need no measurement.
    fn identical(&self, counting: &[Instrument]) -> Result<Identical> {
        if self.against.force_timing || self.against.inject.is_some() {
            return Ok(Identical::default());
        }
        let time = self.is_identical(Instrument::Clock)?;
        // Without valgrind, or with --times-only, the programs that count were not all built.
        let configured = collect::configured(&self.head.project().config, &Instrument::COUNTED);
        let mut counts = time && configured.iter().all(|one| counting.contains(one));
        for &instrument in counting {
            counts = counts && self.is_identical(instrument)?;
        }
        Ok(Identical { time, counts })
    }

    /// True if the programs that an instrument runs are identical on both sides, in every suite.
    fn is_identical(&self, instrument: Instrument) -> Result<bool> {
        for workload in self.field.common.iter().map(|one| &one.workload.id) {
            let [base, head] =
                [&self.base, &self.head].map(|side| side.program(instrument, workload));
            let same = match (base, head) {
                (Some(base), Some(head)) => base.is_identical(&head)?,
                (None, None) => true,
                _ => false,
            };
            if !same {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn timed_phases(&self) -> Result<Vec<TimedPhase>> {
        if self.against.counts_only {
            return Ok(Vec::new());
        }
        let (globs, most) = match self.against.suite {
            // The base decides which workloads are timed, as it decides the limits: a change cannot exempt itself.
            SuiteChoice::Named => (&self.base.measured().project.config.timed[..], MOST_TIMED),
            SuiteChoice::Full => (&[][..], usize::MAX),
        };
        let (timed_phases, beyond) = self.field.timed(globs, &self.request.plan.phases, most)?;
        if !beyond.is_empty() {
            notice(&format!(
                "time is judged for the first {MOST_TIMED} workloads; only counts are judged of {} (`timed` in harness.toml and --filter choose)",
                timing::listed(&beyond)
            ));
        }
        if timed_phases.is_empty() {
            problem(missing::UNTIMED);
        }
        Ok(timed_phases)
    }

    /// Keeps the workloads of a shard, and returns the plan of the whole.
    fn divide(
        &mut self,
        division: &Division,
        timed: &[TimedPhase],
        counting: &[Instrument],
    ) -> Part {
        let each = self.against.budget * 1_000_000 / timed.len().max(1) as u64;
        let budget = |id: &str| {
            let phases = timed.iter().filter(|timed| timed.workload == id);
            each * phases.count() as u64
        };
        let all = &self.head.greeting.workloads;
        // Both sides are counted.
        let divided = division.divide(all, &self.field.common, counting, 2, budget);
        notice(&divided.sentence());
        self.field.common = divided.own(std::mem::take(&mut self.field.common));
        Part {
            timed: timed.to_vec(),
            budget_milliseconds: self.against.budget * 1000,
            ..divided.part
        }
    }

    fn terms(&self) -> Terms {
        let against = self.against;
        let threads = self.request.threads.unwrap_or(1);
        Terms {
            rules: Rules {
                minimum_effect: against.minimum_effect,
                margin: against.margin,
                ..Rules::default()
            },
            budget_seconds: against.budget as f64,
            floor_seconds: session::FLOOR_SHARE * against.budget as f64,
            seed: against.seed.unwrap_or_else(timing::seed_of_now),
            core: timing::pinned_core(threads),
            threads,
            isa: self.head.greeting.isa.clone(),
            slice_nanoseconds: timing::SLICE.as_nanos() as u64,
            warm: timing::WARM,
            injection: against.inject.map(|share| session::Injection { share }),
            layouts: session::Layouts::Untimed,
            layout_limit: against.layout_limit,
            strict: against.strict,
            suite: None,
        }
    }

    /// Times the phases, between two halves of the noise floor. Adds the layouts to the terms.
    fn time(
        &self,
        timed_phases: &[TimedPhase],
        terms: &mut Terms,
        project: &Project,
    ) -> Result<Times> {
        if timed_phases.is_empty() {
            return Ok(Times::default());
        }
        let workloads = distinct(timed_phases.iter().map(|timed| timed.workload.clone()));
        let workloads = workloads.into_iter().map(|id| {
            let [base, head] = [&self.base, &self.head].map(|side| side.timed(&id));
            (id, base, head)
        });
        let pools = SuitePools::make(&copies_folder(project), workloads, terms.seed)?;
        terms.layouts = pools.layouts();
        let conditions =
            timing::conditions_of(terms, self.request.isa.clone(), self.request.time_limit);
        let system = System::here();
        let (state, counters) = (doctor::state(&system), Counters::now(&system));
        // The seed selects the workload of the noise floor.
        let itself = &timed_phases[terms.seed as usize % timed_phases.len()];
        let half = Duration::from_secs_f64(terms.floor_seconds / 2.0);
        let floor = |seed| {
            pools.between(Side::Base, Side::Base, |sides| {
                timing::measure_noise_floor(sides, itself, &conditions, half, seed, &Bar::new())
            })
        };
        let mut before = floor(terms.seed)?;
        let measured = pools.between(Side::Base, Side::Head, |sides| {
            timing::time(terms, sides, timed_phases, &conditions, &Bar::new())
        })?;
        let after = floor(terms.seed.wrapping_add(1))?;
        before.pairs.extend(after.pairs);
        before.failure = before.failure.or(after.failure);
        let machine = Circumstances {
            state,
            disturbance: counters.since(&system),
        };
        Ok(Times {
            measured,
            floor: vec![before],
            machine: Some(machine),
        })
    }

    /// Counts both sides; none if nothing is to be counted.
    fn count(&self, limits: String) -> Result<Option<Counted>> {
        if self.against.times_only || self.field.common.is_empty() {
            return Ok(None);
        }
        let counted = |one: &&Selected| {
            self.request
                .plan
                .instruments
                .iter()
                .any(|&instrument| one.takes(instrument))
        };
        let selected: Vec<Selected> = self.field.common.iter().filter(counted).cloned().collect();
        let take = |side: &Ready| {
            side.measured()
                .take(&side.greeting, &selected, self.request, &Bar::new())
        };
        let (mut base, mut head) = (take(&self.base)?, take(&self.head)?);
        let judged = Limits::parse(&limits, Path::new("limits.toml"))?;
        let sides =
            [(&mut base, &self.base), (&mut head, &self.head)].map(|(record, ready)| Counts {
                record,
                ready: Some(ready),
            });
        recount::confirm(sides, self.request, |base, head| {
            judge(
                compare(RecordView::baseline(base), RecordView::baseline(head)),
                &judged,
            )
            .hold(&judged, head)
        })?;
        Ok(Some(Counted { base, head, limits }))
    }

    /// True if instructions should be judged but are not counted.
    fn is_uncounted(&self) -> bool {
        let instructions = Instrument::Callgrind;
        !self.request.plan.instruments.contains(&instructions)
            && self.field.common.iter().any(|one| one.takes(instructions))
    }
}
