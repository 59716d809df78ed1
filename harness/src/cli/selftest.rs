//! `harness selftest`: whether the harness itself tells the truth.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use harness::gate::{Counted, Field, Revision, SLICE, Session, Terms, pinned_core, seed_of_now};
use harness::measure::{self, Bar, Measured, Plan, Progress, Request, Selected, Silent};
use harness::paired::{Entrant, Rules, Sides};
use harness::probe::{Greeting, Probe};
use harness::programs::Programs;
use harness::project::Project;
use harness::record::{Environment, Instrument, Record, UNKNOWN};
use harness::render::Format;
use harness::revision::Repository;
use harness::selftest::{
    self, BackToBack, Change, Condition, Evidence, Hog, Hogs, Layouts, Scope, Trial, chart, findings, page, promises,
    swapped,
};
use harness::statistics::Random;
use harness::whole_file;
use harness_probe::Options;
use harness_probe::protocol::Reading;

use super::gate::MOST_TIMED;
use super::{Outcome, command_line, exact, notice, quiet, show};

/// Shows that the harness itself tells the truth
#[derive(Args)]
pub(crate) struct Selftest {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Gate(GateTest),
}

/// Gathers evidence of how often the time gate is wrong: on unchanged code, on code that moved, on known slowdowns
///
/// Each trial is decided as `harness gate --base` decides, and what it measured is added to the evidence, so that evidence can
/// be gathered in pieces. --replay measures nothing, and works all of it out again from what was kept.
#[derive(Args)]
struct GateTest {
    /// What differs between the two sides, separated by commas: null (one program on both), moved (functions linked in another
    /// order), inject:PERCENT (the head runs so much more than it reports)
    #[arg(
        long,
        value_name = "CHANGE",
        value_delimiter = ',',
        default_value = "null,moved,inject:0.5,inject:1,inject:2,inject:5"
    )]
    condition: Vec<Change>,
    /// Start programs that compute all the time, to be in the way
    #[arg(long, value_enum, default_value = "none")]
    hogs: Hogs,
    /// How much a trial judges [default: one workload of a slowdown, a short gate of unchanged code]
    #[arg(long, value_enum)]
    scope: Option<Scope>,
    /// Begin no trial after this long, such as 90s, 10m or 1h
    #[arg(long = "for", value_name = "TIME", value_parser = duration, conflicts_with = "replay")]
    time: Option<Duration>,
    /// End after this many trials [default without --for: one of each condition]
    #[arg(long, value_name = "NUMBER", conflicts_with = "replay")]
    trials: Option<usize>,
    /// Run criterion's bench of a workload twice in a row, this many times, by turns of the workloads, and keep what it calls
    /// the difference
    #[arg(long, value_name = "NUMBER", default_value_t = 0, conflicts_with = "replay")]
    criterion: usize,
    /// Work everything out again from the evidence, without measuring
    #[arg(long)]
    replay: bool,
    /// Folder of the evidence, with its page and its chart [default: reports/selftest]
    #[arg(long, value_name = "DIR")]
    evidence: Option<PathBuf>,
    /// How many orders of functions moved code is tried in
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    orders: u32,
    /// How many gates are replayed from the null pairs with labels swapped
    #[arg(long, value_name = "NUMBER", default_value_t = 5000)]
    swaps: usize,
    /// How the table is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Workloads that run longer are not what slowdowns are to be found in within seconds.
const LONGEST_RUN: Duration = Duration::from_millis(1);

/// What the labels of replayed gates are drawn from.
const SWAP_SEED: u64 = 42;

impl Selftest {
    pub(crate) fn run(self, project: &Project) -> Result<Outcome> {
        match self.what {
            What::Gate(gate) => gate.run(project),
        }
    }
}

impl GateTest {
    fn run(self, project: &Project) -> Result<Outcome> {
        let folder = self.evidence.clone().unwrap_or_else(|| project.reports().join("selftest"));
        let evidence = Evidence::new(folder.join("slices"));
        if !self.replay {
            self.measure(project, &evidence)?;
        }
        let trials = evidence.read()?;
        if trials.is_empty() {
            bail!("there is no evidence in {}; gather some without --replay", folder.display());
        }
        self.report(&trials, &evidence.criterion()?, &folder)?;
        Ok(Outcome::Fine)
    }

    /// Adds trials: always of the condition that has the fewest.
    fn measure(&self, project: &Project, evidence: &Evidence) -> Result<()> {
        let conditions: Vec<Condition> = self
            .condition
            .iter()
            .map(|&change| Condition { change, hogs: self.hogs, scope: self.scope.unwrap_or(change.scope()) })
            .collect();
        let most = match (self.trials, self.time) {
            // Whoever asks for criterion alone gets that.
            (None, None) if self.criterion > 0 => 0,
            (None, None) => conditions.len(),
            (trials, _) => trials.unwrap_or(usize::MAX),
        };
        let bench = Bench::new(project, if most > 0 { &conditions } else { &[] }, self.orders)?;
        let mut counts = conditions.iter().map(|one| evidence.count(one)).collect::<Result<Vec<_>, _>>()?;
        let _hog = Hog::start(self.hogs, pinned_core(1))?;
        let began = Instant::now();
        let mut random = Random::new(seed_of_now());
        let bar = Bar::new();
        bar.begin(self.time.map_or(most, |time| time.as_secs() as usize));
        let mut told = 0;
        for done in 0..most {
            if self.time.is_some_and(|time| began.elapsed() >= time) {
                break;
            }
            let next = (0..conditions.len()).min_by_key(|&place| counts[place]).unwrap_or_default();
            bar.step(&format!("{}, trial {}", conditions[next].change, counts[next] + 1));
            let trial = bench.trial(conditions[next], counts[next], &mut random)?;
            evidence.add(&trial)?;
            counts[next] += 1;
            let gone = began.elapsed().as_secs_f64();
            let (now, left) = match self.time {
                Some(time) => (gone as usize, time.as_secs_f64() - gone),
                None => (done + 1, gone / (done + 1) as f64 * (most - done - 1) as f64),
            };
            bar.advance(now - told, left);
            told = now;
        }
        bar.end();
        self.compare_by_criterion(project, &bench, evidence)
    }

    fn compare_by_criterion(&self, project: &Project, bench: &Bench, evidence: &Evidence) -> Result<()> {
        if self.criterion == 0 {
            return Ok(());
        }
        let programs = Programs::build(project, &[&project.config.criterion], quiet())?;
        let before = evidence.criterion()?.len();
        let start = || programs.command(&project.config.criterion);
        for place in before..before + self.criterion {
            let entrant = &bench.short[place % bench.short.len()];
            evidence.add_criterion(&BackToBack::take(&start, entrant, measure::now())?)?;
        }
        Ok(())
    }

    fn report(&self, trials: &[Trial], criterion: &[BackToBack], folder: &Path) -> Result<()> {
        let findings = findings(trials)?;
        let mut table = selftest::table(&findings);
        let plural = if trials.len() == 1 { "" } else { "s" };
        table.title = format!("{} trial{plural} in {}", trials.len(), folder.display());
        let tables = if exact(self.format) { vec![table] } else { vec![table, promises(&findings)] };
        show(&tables, self.format)?;
        let mut written = vec![];
        if let Some(chart) = chart(trials, &findings) {
            written.push(("gate.svg", chart.svg()?.into_bytes()));
            written.push(("gate.png", chart.png()?));
        }
        let swapped = swapped(trials, self.swaps, SWAP_SEED);
        written.push(("gate.md", page(trials, &swapped, criterion, "gate.svg")?.into_bytes()));
        for (name, content) in written {
            let path = folder.join(name);
            whole_file::write(&path, &content).with_context(|| format!("cannot write {}", path.display()))?;
        }
        notice(&format!("wrote {}", folder.join("gate.md").display()));
        Ok(())
    }
}

/// The builds that are held side by side, and what they are tried on.
struct Bench<'a> {
    project: &'a Project,
    layouts: Layouts,
    /// The counts of every layout, where code is moved and valgrind is there: a gate takes them, too.
    counts: Vec<Record>,
    limits: String,
    /// The timed suite.
    suite: Vec<Entrant>,
    /// Those of it that run for a millisecond at most.
    short: Vec<Entrant>,
    isa: String,
    revision: Revision,
    environment: Environment,
}

impl<'a> Bench<'a> {
    fn new(project: &'a Project, conditions: &[Condition], orders: u32) -> Result<Self> {
        let is_moved = conditions.iter().any(|one| one.change == Change::Moved);
        let counted = if is_moved && measure::valgrind_version().is_some() { &Instrument::COUNTED[..] } else { &[] };
        let layouts = match is_moved {
            true => Layouts::build(project, &measure::needed(&project.config, counted), orders, quiet())?,
            false => Layouts::unmoved(measure::build(project, &[], quiet())?),
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
        for entrant in &bench.suite {
            if bench.run_time(entrant)? <= LONGEST_RUN {
                bench.short.push(entrant.clone());
            }
        }
        if bench.short.is_empty() {
            bail!("no workload of the timed suite runs for {} ms at most", LONGEST_RUN.as_millis());
        }
        if !counted.is_empty() {
            bench.limits = super::gate::read_limits(project)?;
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
            command: command_line(),
            quiet: quiet(),
        };
        let record = measured.take(greeting, &selected, &request, &Bar::new())?;
        record.write(&note)?;
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
    fn trial(&self, condition: Condition, before: usize, random: &mut Random) -> Result<Trial> {
        let is_moved = condition.change == Change::Moved;
        let order = if is_moved { 1 + (before % (self.layouts.orders() as usize)) as u32 } else { 0 };
        // Time and counts with one instruction set, as a gate needs to tell that only the layout differs.
        let isa = self.counts.first().filter(|_| is_moved).and_then(counted_isa);
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
        let sides = Sides { base: &|| base.command(probe), head: &|| head.command(probe) };
        let terms = Terms {
            rules: Rules::default(),
            budget_seconds: condition.seconds(),
            seed: random.below(1_000_000_000) as u64,
            core: pinned_core(1),
            threads: 1,
            isa: isa.clone().unwrap_or_else(|| self.isa.clone()),
            slice_nanoseconds: SLICE.as_nanos() as u64,
            warm: 1,
            injection: condition.change.injection(),
            layout_limit: 0.02,
            strict: false,
        };
        let created = measure::now();
        let lanes = terms.time(&sides, &entrants, isa, measure::TIME_LIMIT, &Silent)?;
        Ok(Trial {
            schema: Trial::SCHEMA,
            condition,
            layout: is_moved.then_some(order),
            session: Session {
                created,
                command: command_line(),
                base: self.revision.clone(),
                head: self.revision.clone(),
                environment: self.environment.clone(),
                terms,
                lanes,
                counted,
                unmatched: Vec::new(),
            },
        })
    }
}

/// Every workload, with these instruments.
fn plan(instruments: Vec<Instrument>) -> Plan {
    Plan { filters: Vec::new(), phases: Vec::new(), instruments, quick: false, anchors: Vec::new() }
}

/// The instruction set that instructions were counted with.
fn counted_isa(counts: &Record) -> Option<String> {
    counts.rows.iter().find_map(|row| Some(row.reading(Instrument::Callgrind)?.isa.clone()))
}

/// Some of them, in an order that is drawn.
fn drawn(all: &[Entrant], most: usize, random: &mut Random) -> Vec<Entrant> {
    let mut left = all.to_vec();
    (0..most.min(all.len())).map(|_| left.swap_remove(random.below(left.len()))).collect()
}

/// `90s`, `10m`, `1h`, or a number of seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) => (number, &text[number.len()..]),
        None => (text, "s"),
    };
    let factor = match unit {
        "h" => 3600,
        "m" => 60,
        _ => 1,
    };
    match number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)) {
        Some(seconds @ 1..) => Ok(Duration::from_secs(seconds)),
        _ => Err("write a time such as 90s, 10m or 1h".to_owned()),
    }
}
