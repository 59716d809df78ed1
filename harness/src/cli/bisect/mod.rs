//! `harness bisect`: finds the commit that made a figure worse.

mod counts;
mod show;
mod site;

use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use counts::{STAND_IN, figures, is_time, limits, moved, no_worse};
use harness::bisect::{Answer, Finding, Next, Search, Threshold, Trial, unlike};
use harness::collect::{self, Bar, Plan, Request};
use harness::process;
use harness::project::Project;
use harness::terminal;
use harness::timing::{conditions, seed_of_now};
use harness::vcs::{CargoOutput, Checkouts, Repository, copies_folder};
use harness_abtest::{Interval, Rules};
use harness_judge::compare::metrics;
use harness_probe::Instrument;
use harness_probe::protocol::Description;
use harness_record::acceptance::judged;
use harness_record::limits::Limits;
use harness_record::metric::Metric;
use harness_record::suggestion::suggestion;
use harness_record::{Commit, Record, number};
use harness_report::render::Format;
use show::{Tried, told, word};
use site::{Built, Site};

use super::command_line;
use harness::seconds::seconds;
use harness::terminal::{Status, notice};

/// Finds the commit that made a metric worse, between a good revision and a bad one
///
/// Each candidate is built beside the checkout, which stays unchanged, and compared with GOOD. A count takes one run
/// and is judged by the limits of the gate. If instructions got worse from GOOD to BAD, they stand in for time, and the
/// output states so. Otherwise times are measured side by side, and a commit is bad if it has at least half of the
/// slowdown of BAD. Commits that do not build are skipped. A merge is tried as a whole; to search inside a guilty merge,
/// give its parents as GOOD and BAD.
///
/// Exit status: 0 if the commit was found, 2 if not.
#[derive(Args)]
pub(crate) struct Bisect {
    /// Good revision
    #[arg(value_name = "GOOD")]
    good: String,
    /// Later, bad revision
    #[arg(value_name = "BAD", default_value = "HEAD")]
    bad: String,
    /// Workload to measure
    #[arg(long, value_name = "ID")]
    workload: String,
    /// Metric that got worse: time, instructions, heap, or a name such as peak-bytes
    #[arg(long, value_name = "NAME")]
    metric: String,
    /// Phase of the workload [default: its last one]
    #[arg(long, value_name = "NAME")]
    phase: Option<String>,
    /// Budget for measuring the time of one commit, in seconds, or such as 90s or 2m
    #[arg(long, value_name = "TIME", default_value_t = 30, value_parser = seconds)]
    budget: u64,
    /// Force this instruction set, such as avx2
    #[arg(long, value_name = "ISA")]
    isa: Option<String>,
    /// Longest wait for one answer of a probe, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = collect::TIME_LIMIT.as_secs(), value_parser = clap::value_parser!(u64).range(1..))]
    time_limit: u64,
    /// Output format of the list of tried commits
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Both ends of the search, built, and the workload and phase to measure.
struct Ends {
    good: Built,
    bad: Built,
    workload: Description,
    phase: String,
}

impl Bisect {
    pub(crate) fn run(self, project: &Project) -> Result<Status> {
        let wanted = self.wanted()?;
        let repository = Repository::open(project)?;
        let (good, bad) = (repository.resolve(&self.good)?, repository.resolve(&self.bad)?);
        let commits = repository.commits(&good, &bad)?;
        if commits.is_empty() {
            bail!("{} and {} are the same commit, {good}, so there is nothing to search", self.good, self.bad);
        }
        let mut request = self.request(&wanted)?;
        let output = if request.quiet { CargoOutput::Nothing } else { CargoOutput::Progress };
        let checkouts = Checkouts::new(project, &repository);
        let mut site = Site { project, checkouts, instruments: Vec::new(), time_limit: request.time_limit, output };
        let mut ends = self.ends(&mut site, &mut request, is_time(&wanted), (&good, &bad))?;
        let place = format!("{} in phase {}", ends.workload.id, ends.phase);

        let counts = ends.counts(&request)?;
        let limits = match counts {
            Some(_) => limits(&ends.good, project)?,
            None => Limits::default(),
        };
        let (moved, unmoved) = moved(&counts, &wanted, &limits);
        if moved.is_none() && !is_time(&wanted) {
            bail!("{}", no_worse(&place, &bad, &unmoved));
        }
        // Candidates are built for and measured by one count only.
        request.plan.instruments = moved.iter().map(|metric| metric.instrument()).collect();
        site.instruments = request.plan.instruments.clone();
        let conditions = conditions(1, self.isa.clone(), Duration::from_secs(self.time_limit));
        let (name, threshold, start) = match (moved, &counts) {
            (Some(metric), Some((base, _))) => {
                if is_time(&wanted) {
                    notice(&format!("{} got worse from GOOD to BAD, so they stand in for time", metric.name()));
                }
                let start = base.rows.first().and_then(|row| metric.figure(row)).map(|figure| figure.value);
                (metric.name(), Threshold::Count { good: base, metric, limits: &limits }, start)
            }
            _ => {
                if counts.is_some() {
                    let seen = figures(&unmoved);
                    notice(&format!("{STAND_IN} did not get worse from GOOD to BAD ({seen}), so times are compared"));
                    // Rebuilt without benches, as the candidates will be: with benches, cargo may enable other features
                    // of the probe.
                    (ends.good, ends.bad) = (site.end("GOOD", &good)?, site.end("BAD", &bad)?);
                }
                let (rules, budget) = (Rules::default(), Duration::from_secs(self.budget));
                let time = Threshold::Time { conditions: &conditions, rules, budget, seed: seed_of_now() };
                ("time", time, Some(1.0))
            }
        };
        let Ends { good: of_good, bad: of_bad, workload, phase } = &ends;
        let copies = copies_folder(project);
        let mut trial = Trial { good: of_good.side(), workload, phase, request: &request, copies: &copies, threshold };
        let answer = match (&trial.threshold, &counts) {
            (Threshold::Count { good, metric, limits }, Some((_, head))) => {
                Answer::by_count(good, head, metric, limits)
            }
            _ => site.tried(&trial, of_bad)?,
        };
        match answer.finding {
            Finding::Bad => {}
            Finding::Good => bail!("BAD is not bad: {place} at {bad} is not slower than at GOOD ({})", answer.told),
            Finding::Skipped => bail!("BAD cannot be compared with GOOD: {place} at {bad}: {}", answer.told),
        }
        if let Some(threshold) = trial.threshold.aim(&answer) {
            let half = number::percent(threshold);
            notice(&format!("BAD: {}; a commit with at least half of that change, {half}, is bad", answer.told));
        }
        let start = Answer {
            finding: Finding::Good,
            told: start.map(|v| told(name, v)).unwrap_or_default(),
            value: start,
            // GOOD is exactly as slow as itself.
            interval: (name == "time").then_some(Interval { low: 1.0, high: 1.0, level: 1.0 }),
        };
        let mut path = vec![Tried { commit: good, answer: start }, Tried { commit: bad, answer }];
        let end = search(&commits, &trial, &site, &mut path)?;
        self.show(&commits, end, &place, name, &path)
    }

    /// Builds both ends: first the probe, which lists the workloads, then the programs that count. If time can be
    /// compared instead, counts that cannot be taken are left out.
    fn ends(
        &self,
        site: &mut Site<'_>,
        request: &mut Request,
        is_time: bool,
        ends: (&Commit, &Commit),
    ) -> Result<Ends> {
        let (good, bad) = (site.end("GOOD", ends.0)?, site.end("BAD", ends.1)?);
        let (workload, phase) = self.place(&good.greeting.workloads)?;
        if let Some(why) = unlike(&bad.greeting.workloads, &workload, &phase) {
            bail!("BAD cannot be compared with GOOD: {why}");
        }
        request.plan.instruments.retain(|instrument| workload.instruments.contains(instrument));
        if request.plan.instruments.is_empty() {
            return Ok(Ends { good, bad, workload, phase });
        }
        site.instruments = request.plan.instruments.clone();
        match site.end("GOOD", ends.0).and_then(|good| Ok((good, site.end("BAD", ends.1)?))) {
            Ok((good, bad)) => Ok(Ends { good, bad, workload, phase }),
            Err(why) if is_time && !process::stopped() => {
                notice(&format!("no counts are taken: {why:#}"));
                request.plan.instruments.clear();
                Ok(Ends { good, bad, workload, phase })
            }
            Err(error) => Err(error),
        }
    }

    /// The metrics that may identify the commit. Instructions may stand in for time, because they repeat. No other
    /// count may: a commit that allocates more need not be slower, and would be reported in place of the slow one.
    fn wanted(&self) -> Result<Vec<&'static Metric>> {
        let named = metrics(std::slice::from_ref(&self.metric))?;
        let judged: Vec<&'static Metric> = judged().collect();
        let mut wanted: Vec<_> = judged.iter().copied().filter(|metric| named.contains(metric)).collect();
        if wanted.is_empty() {
            let known: Vec<&str> = judged.iter().map(|metric| metric.name()).collect();
            bail!(
                "the gate never judges `{}`, so no commit can be found by it; it judges {}",
                self.metric,
                known.join(", ")
            );
        }
        if is_time(&wanted) {
            wanted.extend(judged.iter().copied().filter(|metric| metric.name() == STAND_IN));
        }
        Ok(wanted)
    }

    fn request(&self, wanted: &[&'static Metric]) -> Result<Request> {
        let mut instruments: Vec<Instrument> =
            wanted.iter().filter(|metric| metric.portable()).map(|metric| metric.instrument()).collect();
        instruments.sort();
        instruments.dedup();
        if instruments.contains(&Instrument::Callgrind) && collect::valgrind_version().is_none() {
            if !is_time(wanted) {
                bail!(collect::VALGRIND_MISSING);
            }
            notice(collect::VALGRIND_MISSING);
            instruments.retain(|instrument| *instrument != Instrument::Callgrind);
        }
        let nothing = Vec::new;
        let plan = Plan { filters: nothing(), phases: nothing(), instruments, quick: false, anchors: nothing() };
        Ok(Request {
            plan,
            threads: Some(1),
            isa: self.isa.clone(),
            model: None,
            time_limit: Duration::from_secs(self.time_limit),
            command: command_line(),
            quiet: terminal::quiet(),
        })
    }

    /// Returns the workload as GOOD describes it, and the chosen phase.
    fn place(&self, workloads: &[Description]) -> Result<(Description, String)> {
        let Some(workload) = workloads.iter().find(|one| one.id == self.workload) else {
            let ids = workloads.iter().map(|one| one.id.as_str());
            bail!("GOOD has no workload `{}`; {}", self.workload, suggestion(&self.workload, ids));
        };
        let phases = || workload.phases.iter().map(String::as_str);
        match &self.phase {
            Some(phase) if !phases().any(|one| one == phase) => {
                bail!("GOOD has no phase `{phase}` of {}; {}", workload.id, suggestion(phase, phases()))
            }
            Some(phase) => Ok((workload.clone(), phase.clone())),
            None => match phases().next_back() {
                Some(last) => Ok((workload.clone(), last.to_owned())),
                None => bail!("{} has no phase at GOOD", workload.id),
            },
        }
    }
}

impl Ends {
    /// Counts both ends; none if the plan has no instrument that counts.
    fn counts(&self, request: &Request) -> Result<Option<(Record, Record)>> {
        if request.plan.instruments.is_empty() {
            return Ok(None);
        }
        let count = |of: &Built| Trial::count(of.side(), &self.workload, &self.phase, request, &Bar::new());
        Ok(Some((count(&self.good)?, count(&self.bad)?)))
    }
}

/// Tries commits until the search ends, and prints each result at once.
fn search(commits: &[Commit], trial: &Trial<'_>, site: &Site<'_>, path: &mut Vec<Tried>) -> Result<Next> {
    let mut search = Search::new(commits.len());
    loop {
        let number = match search.next() {
            Next::Try(number) => number,
            over => return Ok(over),
        };
        let commit = &commits[number];
        notice(&format!("about {} more to try; now {commit}", search.trials_left()));
        let answer = match site.ready(commit)? {
            Err(why) => Answer::skipped(why),
            Ok(built) => site.tried(trial, &built)?,
        };
        notice(&format!("{}: {}", word(answer.finding), answer.told));
        search.answer(number, answer.finding);
        path.push(Tried { commit: commit.clone(), answer });
    }
}
