//! What trials are measured on: the builds of the probe, the workloads of the timed suite, and their counts.

use std::time::Duration;

use anyhow::{Result, bail};
use harness::gate::{Accepted, Counted, Field, LAYOUT_LIMIT, Revision, SLICE, Session, Terms, WARM, pinned_core};
use harness::measure::{self, Bar, Measured, Plan, Request, Selected, Silent};
use harness::paired::{Entrant, Rules, Sides};
use harness::probe::{Greeting, Probe};
use harness::project::{Program, Project};
use harness::record::{Environment, Instrument, Record, UNKNOWN};
use harness::revision::{Repository, Turn};
use harness::selftest::{Change, Condition, Layouts, Scope, Trial};
use harness::statistics::Random;
use harness_probe::Options;
use harness_probe::protocol::Reading;

use crate::cli::gate::{MOST_TIMED, base_limits};
use crate::cli::{notice, quiet};

/// Workloads that run longer are not what slowdowns are to be found in within seconds.
const LONGEST_RUN: Duration = Duration::from_millis(1);

/// How the evidence calls what it was measured by: its files are committed, and a folder of somebody's machine says nothing.
const COMMAND: &str = "cargo harness selftest gate";

/// The builds that are held side by side, and what they are tried on.
pub(super) struct Bench<'a> {
    project: &'a Project,
    layouts: Layouts,
    /// The counts of every layout, where code is moved and valgrind is there: a gate takes them, too.
    counts: Vec<Record>,
    limits: String,
    /// The timed suite.
    suite: Vec<Entrant>,
    /// Those of it that run for a millisecond at most.
    pub(super) short: Vec<Entrant>,
    isa: String,
    revision: Revision,
    environment: Environment,
}

impl<'a> Bench<'a> {
    /// Builds what the conditions need.
    pub(super) fn new(project: &'a Project, conditions: &[Condition], orders: u32) -> Result<Self> {
        let is_moved = conditions.iter().any(|one| one.change == Change::Moved);
        let counted = if is_moved && measure::valgrind_version().is_some() { &Instrument::COUNTED[..] } else { &[] };
        let layouts = match (&project.config.probe, is_moved) {
            (Program::Command(_), false) => Layouts::unmoved(measure::build(project, &[], quiet())?),
            // Set aside even if nothing is moved: evidence is gathered for hours, and whoever builds meanwhile must not
            // exchange a program under it.
            (_, is_moved) => {
                let orders = if is_moved { orders } else { 0 };
                Layouts::build(project, &measure::needed(&project.config, counted), orders, quiet())?
            }
        };
        let measured = Measured { project, programs: layouts.plain(), commit: None };
        let greeting = measured.greet(measure::TIME_LIMIT)?;
        let field = Field::of(&plan(vec![Instrument::Clock]), &greeting.workloads, &greeting.workloads)?;
        let (suite, _) = field.timed(&project.config.timed, &[], MOST_TIMED)?;
        if suite.is_empty() {
            bail!("no workload of the probe is in the timed suite (`timed` in harness.toml)");
        }
        let mut bench = Self {
            project,
            counts: Vec::new(),
            limits: String::new(),
            suite,
            short: Vec::new(),
            isa: greeting.isa.clone(),
            revision: match Repository::open(project).and_then(|repository| repository.head()) {
                Ok(head) => Revision { commit: head.commit.id, dirty: head.dirty },
                Err(_) => Revision { commit: UNKNOWN.to_owned(), dirty: true },
            },
            environment: measured.environment(&greeting),
            layouts,
        };
        let turn = Turn::wait(project, &|told| notice(told))?;
        for entrant in &bench.suite {
            if bench.run_time(entrant)? <= LONGEST_RUN {
                bench.short.push(entrant.clone());
            }
        }
        drop(turn);
        if bench.short.is_empty() {
            bail!("no workload of the timed suite runs for {} ms at most", LONGEST_RUN.as_millis());
        }
        if !counted.is_empty() {
            bench.limits = base_limits(project)?;
            bench.counts = (0..=orders).map(|order| bench.count(order, &greeting)).collect::<Result<_>>()?;
        }
        Ok(bench)
    }

    /// The instructions and the heap of a layout, counted now or when it was linked.
    fn count(&self, order: u32, greeting: &Greeting) -> Result<Record> {
        let note = self.layouts.note(order);
        if let Ok(record) = Record::read(&note) {
            return Ok(record);
        }
        let measured = Measured { project: self.project, programs: self.layouts.order(order), commit: None };
        let selected = |entrant: &Entrant| {
            let workload = greeting.workloads.iter().find(|one| one.id == entrant.workload)?.clone();
            Some(Selected { workload, phases: vec![entrant.phase.clone()] })
        };
        let selected: Vec<Selected> = self.suite.iter().filter_map(selected).collect();
        let request = Request {
            plan: plan(Instrument::COUNTED.to_vec()),
            threads: Some(1),
            isa: None,
            model: None,
            time_limit: measure::TIME_LIMIT,
            command: COMMAND.to_owned(),
            quiet: quiet(),
        };
        let record = measured.take(greeting, &selected, &request, &Bar::new())?;
        // What could not be counted may be counted the next time.
        if record.rows.iter().all(|row| row.failures.is_empty()) {
            record.write(&note)?;
        }
        Ok(record)
    }

    /// How long one run takes, roughly.
    fn run_time(&self, entrant: &Entrant) -> Result<Duration> {
        let options = Options { threads: 1, isa: None };
        let mut probe = Probe::start(self.layouts.plain().command(&self.project.config.probe), measure::TIME_LIMIT)?;
        probe.prepare(&entrant.workload, &entrant.phase, &options)?;
        let mut shortest = u64::MAX;
        for _ in 0..5 {
            if let Reading::Clock { nanoseconds, .. } = probe.run(1)? {
                shortest = shortest.min(nanoseconds);
            }
        }
        Ok(Duration::from_nanos(shortest))
    }

    /// Measures one trial; `before` is how many of its kind there are.
    pub(super) fn trial(&self, condition: Condition, before: usize, random: &mut Random) -> Result<Trial> {
        let is_moved = condition.change == Change::Moved;
        let order = if is_moved { 1 + (before % (self.layouts.orders() as usize)) as u32 } else { 0 };
        let counted = self.counts.get(order as usize).filter(|_| is_moved).map(|head| Counted {
            base: self.counts[0].clone(),
            head: head.clone(),
            limits: self.limits.clone(),
        });
        let entrants = match condition.scope {
            // By turns, so that each has its share.
            Scope::Workload => vec![self.short[before % self.short.len()].clone()],
            Scope::Short => drawn(&self.short, condition.scope.most(), random),
            Scope::Full => self.suite.clone(),
        };
        let probe = &self.project.config.probe;
        let (base, head) = (self.layouts.plain(), self.layouts.order(order));
        let sides = Sides { base: &|_| base.command(probe), head: &|_| head.command(probe), copies: 1 };
        let terms = Terms {
            rules: Rules::default(),
            budget_seconds: condition.seconds(),
            floor_seconds: 0.0,
            seed: random.below(1_000_000_000) as u64,
            core: pinned_core(1),
            threads: 1,
            isa: self.isa.clone(),
            slice_nanoseconds: SLICE.as_nanos() as u64,
            warm: WARM,
            injection: condition.change.injection(),
            layouts: harness::layout::Layouts::Single("the self-test starts one program".to_owned()),
            layout_limit: LAYOUT_LIMIT,
            strict: false,
        };
        let created = measure::now();
        let lanes = terms.time(&sides, &entrants, &terms.conditions(None, measure::TIME_LIMIT), &Silent)?;
        Ok(Trial {
            schema: Trial::SCHEMA,
            condition,
            layout: is_moved.then_some(order),
            session: Session {
                created,
                command: COMMAND.to_owned(),
                base: self.revision.clone(),
                head: self.revision.clone(),
                environment: self.environment.clone(),
                terms,
                lanes,
                floor: Vec::new(),
                machine: None,
                counted,
                uncounted: false,
                identical: harness::gate::Identical::default(),
                unmatched: Vec::new(),
                accepted: Accepted::default(),
                amended: Vec::new(),
            },
        })
    }
}

/// Every workload, with these instruments.
fn plan(instruments: Vec<Instrument>) -> Plan {
    Plan { filters: Vec::new(), phases: Vec::new(), instruments, quick: false, anchors: Vec::new() }
}

/// Some of them, in an order that is drawn.
fn drawn(all: &[Entrant], most: usize, random: &mut Random) -> Vec<Entrant> {
    let mut left = all.to_vec();
    (0..most.min(all.len())).map(|_| left.swap_remove(random.below(left.len()))).collect()
}
