//! The gate against a revision: builds both sides, measures them side by side, keeps what was measured, and says what it
//! means.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use harness::gate::{Circumstances, Counted, Field, Revision, Ruling, Session, Terms, Unmatched, Word};
use harness::machine::{Counters, State, System};
use harness::measure::{self, Bar, Measured, Request, Selected};
use harness::paired::{Conditions, Contest, Entrant, Injection, Lane, Rules, Sides, measure_floor};
use harness::probe::Greeting;
use harness::project::Project;
use harness::record::Instrument;
use harness::render::{Format, Table};
use harness::revision::{CargoOutput, Checkouts, Repository};
use harness::verdict::Limits;
use harness_probe::Options;

use super::{Gate, functions};
use crate::cli::{ALARM, Outcome, WARNING, command_line, exact, notice, print, show, writable};

/// Time is judged of this many workloads at most: each more makes all of them less sure in the same budget.
pub(in crate::cli) const MOST_TIMED: usize = 12;

/// Slices this short changed sides often enough for a machine that others use too: in trials 1 ms in 12 blocks a pair
/// was as good as 0.5 ms in 40, and better than longer ones.
pub(in crate::cli) const SLICE: Duration = Duration::from_millis(1);
pub(in crate::cli) const BLOCKS: u32 = 12;

/// This share of the budget goes to the base against itself: half of it before the rest, half of it after.
pub(in crate::cli) const FLOOR_SHARE: f64 = 0.1;

/// What was timed.
struct Timed {
    lanes: Vec<Lane>,
    /// The base against itself.
    floor: Vec<Lane>,
    machine: Option<Circumstances>,
}

/// A side that is ready to be measured.
pub(super) struct Ready<'a> {
    pub(super) measured: Measured<'a>,
    pub(super) greeting: Greeting,
}

impl Gate {
    pub(super) fn against_revision(self, base: &str, project: &Project) -> Result<Outcome> {
        let repository = Repository::open(project)?;
        let commit = repository.resolve(base)?;
        let head = repository.head()?;
        let created = measure::now();
        let out = self.out.clone().unwrap_or_else(|| named_by_time(project, &created));
        writable(&out)?;

        let instruments = self.instruments();
        let (format, all) = (self.format, self.all);
        let against = self.against;
        let request = self.selection.request(project, instruments);
        let needed = if against.times_only { Vec::new() } else { request.plan.instruments.clone() };
        let output = if request.quiet { CargoOutput::Nothing } else { CargoOutput::Progress };
        let checkouts = Checkouts::new(project, &repository);
        let checkout =
            checkouts.checkout(&commit, |config| measure::needed(config, &needed), output, &|told| notice(told))?;
        let limits = match against.times_only {
            true => String::new(),
            false => read_limits(&checkout.project)?,
        };
        let programs = measure::build(project, &needed, request.quiet)?;
        let of_base =
            Measured { project: &checkout.project, programs: &checkout.programs, commit: Some(&checkout.commit.id) };
        let of_head = Measured { project, programs: &programs, commit: None };
        let greet = |side: &'static str, measured: Measured<'_>| {
            measured.greet(request.time_limit).with_context(|| format!("the {side} side's probe does not answer"))
        };
        let base = Ready { greeting: greet("base", of_base)?, measured: of_base };
        let ready = Ready { greeting: greet("head", of_head)?, measured: of_head };

        let mut plan = request.plan.clone();
        if !against.counts_only {
            plan.instruments.push(Instrument::Clock);
        }
        let field = Field::of(&plan, &base.greeting.workloads, &ready.greeting.workloads)?;
        let entrants = match against.counts_only {
            true => Vec::new(),
            // The base says what is timed, as it says what the limits are: a change cannot leave itself out.
            false => timed(&field, &checkout.project.config.timed, &request.plan.phases)?,
        };
        let seed = against.seed.unwrap_or_else(seed_of_now);
        let threads = request.threads.unwrap_or(1);
        let terms = Terms {
            rules: Rules {
                minimum_effect: against.minimum_effect / 100.0,
                margin: against.margin / 100.0,
                ..Rules::default()
            },
            budget_seconds: against.budget as f64,
            floor_seconds: FLOOR_SHARE * against.budget as f64,
            seed,
            core: if threads == 1 { last_core() } else { None },
            threads,
            isa: request.isa.clone().unwrap_or_else(|| ready.greeting.isa.clone()),
            slice_nanoseconds: SLICE.as_nanos() as u64,
            warm: 1,
            injection: against.inject.map(|percent| Injection { share: percent / 100.0 }),
            layout_limit: against.layout_limit / 100.0,
            strict: against.strict,
        };
        let timed = time(&base, &ready, &entrants, &terms, &request)?;
        let counted = match against.times_only || field.common.is_empty() {
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
            lanes: timed.lanes,
            floor: timed.floor,
            machine: timed.machine,
            counted,
            unmatched: field.unmatched.iter().map(Unmatched::sentence).collect(),
        };
        session.write(&out)?;
        let ruling = Ruling::of(&session)?;
        let changed = functions::changed(&base, &ready, &ruling, &request, &out, exact(format));
        show_ruling(&session, &ruling, &changed, format, all)?;
        notice(&format!("wrote {}", out.display()));
        Ok(super::outcome(ruling.conclusion()))
    }

    /// What counts are taken: without valgrind, the heap's.
    fn instruments(&self) -> Vec<Instrument> {
        if !self.against.times_only && measure::valgrind_version().is_none() {
            notice(measure::VALGRIND_MISSING);
            return vec![Instrument::Dhat];
        }
        Instrument::COUNTED.to_vec()
    }
}

fn named_by_time(project: &Project, created: &str) -> PathBuf {
    project.records().join("gates").join(format!("{}.json", created.replace(':', "")))
}

fn read_limits(base: &Project) -> Result<String> {
    let path = base.baselines().join("limits.toml");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read the base's limits {}", path.display()))?;
    // Before minutes are spent measuring.
    Limits::parse(&text, &path)?;
    Ok(text)
}

fn timed(field: &Field, globs: &[String], phases: &[String]) -> Result<Vec<Entrant>> {
    let (entrants, beyond) = field.timed(globs, phases, MOST_TIMED)?;
    if beyond > 0 {
        notice(&format!("time is judged of the first {MOST_TIMED} workloads, {beyond} more only by their counts"));
    }
    if entrants.is_empty() {
        notice(
            "none of the selected workloads is in the timed suite (`timed` in harness.toml), so only counts are judged",
        );
    }
    Ok(entrants)
}

fn time(base: &Ready, head: &Ready, entrants: &[Entrant], terms: &Terms, request: &Request) -> Result<Timed> {
    if entrants.is_empty() {
        return Ok(Timed { lanes: Vec::new(), floor: Vec::new(), machine: None });
    }
    let of = |side: &Ready<'_>| side.measured.programs.command(&side.measured.project.config.probe);
    let conditions = Conditions {
        core: terms.core,
        options: Options { threads: terms.threads, isa: request.isa.clone() },
        slice: SLICE,
        warm: terms.warm,
        blocks: BLOCKS,
        time_limit: request.time_limit,
        injection: terms.injection,
    };
    let contest = Contest {
        sides: &Sides { base: &|| of(base), head: &|| of(head) },
        conditions: &conditions,
        rules: terms.rules,
        budget: Duration::from_secs_f64(terms.budget_seconds - terms.floor_seconds),
        seed: terms.seed,
    };
    let system = System::here();
    let (state, counters) = (State::of(&system), Counters::now(&system));
    // Another one with every seed.
    let itself = &entrants[terms.seed as usize % entrants.len()];
    let half = Duration::from_secs_f64(terms.floor_seconds / 2.0);
    let floor = |seed| measure_floor(&|| of(base), itself, &conditions, half, seed, &Bar::new());
    let mut before = floor(terms.seed)?;
    let lanes = contest.run(entrants, &Bar::new())?;
    let after = floor(terms.seed.wrapping_add(1))?;
    before.pairs.extend(after.pairs);
    before.failure = before.failure.or(after.failure);
    let machine = Circumstances { state, strain: counters.since(&system) };
    Ok(Timed { lanes, floor: vec![before], machine: Some(machine) })
}

fn count(base: &Ready, head: &Ready, field: &Field, request: &Request, limits: String) -> Result<Counted> {
    let counted = |one: &&Selected| request.plan.instruments.iter().any(|&instrument| one.takes(instrument));
    let selected: Vec<Selected> = field.common.iter().filter(counted).cloned().collect();
    let take = |side: &Ready<'_>| side.measured.take(&side.greeting, &selected, request, &Bar::new());
    Ok(Counted { base: take(base)?, head: take(head)?, limits })
}

/// The last core that this process may use: the first ones are where interrupts tend to go.
pub(in crate::cli) fn last_core() -> Option<usize> {
    let cores = rustix::thread::sched_getaffinity(None).ok()?;
    (0..rustix::thread::CpuSet::MAX_CPU).rev().find(|&core| cores.is_set(core))
}

pub(in crate::cli) fn seed_of_now() -> u64 {
    // Short enough to be typed again.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |gone| gone.as_millis() as u64 % 1_000_000_000)
}

/// What regressed, the times, what changed in the counts, what stayed open, the summary, and how to do it again.
fn show_ruling(session: &Session, ruling: &Ruling, changed: &[Table], format: Format, all: bool) -> Result<()> {
    let again = format!("reproduce with: {}", with_seed(session));
    let mut red: Vec<String> = ruling.times.iter().filter(|time| time.is_red).map(|time| time.sentence()).collect();
    red.extend(ruling.counts.iter().flat_map(|counts| counts.regressions()));
    let mut open: Vec<String> = ruling
        .times
        .iter()
        .filter(|time| !time.is_red && matches!(time.word, Word::Layout | Word::Failed | Word::Inconclusive))
        .map(|time| time.sentence())
        .collect();
    open.extend(ruling.counts.iter().flat_map(|counts| counts.unjudged()));
    open.extend(session.unmatched.iter().cloned());
    let better = ruling.times.iter().filter(|time| time.word == Word::Improved).map(|time| time.sentence());

    let mut tables = Vec::new();
    if !ruling.times.is_empty() {
        tables.push(ruling.times_table(exact(format)));
    }
    if let Some(counts) = &ruling.counts {
        let shown = if all || exact(format) { counts.clone() } else { counts.remarkable() };
        let table = shown.table(exact(format));
        tables.extend((!table.rows.is_empty()).then_some(table));
    }
    match format {
        Format::Json | Format::Csv => {
            if let Some(first) = tables.first_mut() {
                first.title = ruling.summary();
                first.notes = ruling.circumstances(session);
                first.notes.extend(session.unmatched.iter().cloned());
                first.notes.push(again.clone());
            }
            tables.extend_from_slice(changed);
            show(&tables, format)?;
            notice(&ruling.summary());
            notice(&again);
            Ok(())
        }
        Format::Markdown => {
            let mut notes = red;
            notes.extend(better);
            notes.extend(open.iter().map(|told| format!("open: {told}")));
            notes.extend(ruling.circumstances(session));
            notes.push(again);
            match tables.last_mut() {
                Some(last) => last.notes = notes,
                None => tables.push(Table { notes, ..Default::default() }),
            }
            tables[0].title = ruling.summary();
            tables.extend_from_slice(changed);
            show(&tables, format)
        }
        Format::Table => {
            let mut text = String::new();
            for told in red {
                text += &format!("{ALARM}regressed:{ALARM:#} {told}\n");
            }
            text += &format.render(&tables);
            for told in better {
                text += &format!("improved: {told}\n");
            }
            for told in open {
                text += &format!("{WARNING}open:{WARNING:#} {told}\n");
            }
            for told in ruling.circumstances(session) {
                text += &format!("{told}\n");
            }
            text += &format!("{}\n", ruling.summary());
            for table in changed {
                text += &format!("\n{}", format.render(std::slice::from_ref(table)));
            }
            text += &format!("{again}\n");
            print(&text)
        }
    }
}

/// The command line with the seed in it.
fn with_seed(session: &Session) -> String {
    let seed = format!("--seed {}", session.terms.seed);
    match session.lanes.is_empty() || session.command.contains("--seed") {
        true => session.command.clone(),
        false => format!("{} {seed}", session.command),
    }
}
