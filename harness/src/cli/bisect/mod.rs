//! `harness bisect`: finds the commit that made a figure worse.

mod show;
mod site;

use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use harness::bisect::{Answer, Finding, Threshold, Trial, unlike};
use harness::collect::{self, Bar, Plan, Request};
use harness::process;
use harness::project::Project;
use harness::seconds::seconds;
use harness::terminal::{Status, notice};
use harness::timing::{conditions, seed_of_now};
use harness::vcs::{Repository, copies_folder};
use harness_abtest::Rules;
use harness_probe::Instrument;
use harness_probe::protocol::Description;
use harness_record::acceptance::judged;
use harness_record::limits::Limits;
use harness_record::metric::Metric;
use harness_record::suggestion::suggestion;
use harness_record::{Commit, Record, number};
use harness_report::render::Format;
use show::Tried;
use site::{Site, build};

use super::options::{ProbeOptions, available, judged_metrics, not_measured};
use super::ready::{Builder, Ready};

/// Finds the commit that made a metric worse, between a good revision and a bad one
///
/// Each candidate is built beside the checkout, which stays unchanged, and compared with GOOD. A count takes one run
/// and is judged by the limits of the gate. If instructions got worse from GOOD to BAD, they stand in for time, and the
/// output states so. Otherwise times are measured side by side, and a commit is bad if it has at least half of the
/// slowdown of BAD. Each measurement changes the probability of every commit to be the first bad one; doubtful commits are
/// measured again. Commits that do not build are skipped. A merge is tried as a whole; to search inside a guilty merge,
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
    /// Probability at which a commit counts as found, above 0.5 and at most 0.9999
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.95, value_parser = confidence)]
    confidence: f64,
    #[command(flatten)]
    probe: ProbeOptions,
    /// Output format of the list of tried commits
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The count that may stand in for time.
const STAND_IN: &str = "instructions";

/// Both ends of the search, built, and the workload and phase to measure.
struct Ends {
    good: Ready,
    bad: Ready,
    workload: Description,
    phase: String,
}

impl Bisect {
    pub(crate) fn run(self, project: &Project) -> Result<Status> {
        let wanted = self.wanted()?;
        let repository = Repository::open(project)?;
        let (good, bad) = (
            repository.resolve(&self.good)?,
            repository.resolve(&self.bad)?,
        );
        let commits = repository.commits(&good, &bad)?;
        if commits.is_empty() {
            bail!(
                "{} and {} are the same commit, {good}, so there is nothing to search",
                self.good,
                self.bad
            );
        }
        let mut request = self.request(project, &wanted)?;
        let builder = Builder::new(project, &repository, request.quiet);
        let site = Site {
            project,
            builder,
            good: &good,
            bad: &bad,
            time_limit: request.time_limit,
        };
        let mut ends = self.ends(&site, &mut request, is_time(&wanted))?;
        let place = format!("{} in phase {}", ends.workload.id, ends.phase);

        let counts = ends.counts(&request)?;
        let limits = if counts.is_some() {
            limits(ends.good.project(), project)?
        } else {
            Limits::default()
        };
        let (moved, unmoved) = moved(&counts, &wanted, &limits);
        match &moved {
            None if !is_time(&wanted) => bail!("{}", no_worse(&place, &bad, &unmoved)),
            Some((metric, _)) if is_time(&wanted) => {
                notice(&format!(
                    "{} got worse from GOOD to BAD, so they stand in for time",
                    metric.name()
                ));
            }
            None if counts.is_some() => {
                let seen = figures(&unmoved);
                notice(&format!(
                    "{STAND_IN} did not get worse from GOOD to BAD ({seen}), so times are compared"
                ));
                // Rebuilt without benches, as the candidates will be: with benches, cargo may enable other features of
                // the probe.
                (ends.good, ends.bad) = site.ends(&[])?;
            }
            _ => {}
        }
        // Candidates are built for and measured by one count only.
        request.plan.instruments = moved
            .iter()
            .map(|(metric, _)| metric.instrument())
            .collect();
        let conditions = conditions(1, request.isa.clone(), request.time_limit);
        let threshold = match (&moved, &counts) {
            (Some((metric, _)), Some((good, _))) => Threshold::Count {
                good,
                metric,
                limits: &limits,
            },
            _ => {
                let budget = Duration::from_secs(self.budget);
                Threshold::Time {
                    conditions: &conditions,
                    rules: Rules::default(),
                    budget,
                    seed: seed_of_now(),
                    slowdown: None,
                }
            }
        };
        let name = moved.as_ref().map_or("time", |(metric, _)| metric.name());
        let (workload, copies) = (&ends.workload, copies_folder(project));
        let (good_build, phase) = (build(&ends.good), ends.phase.as_str());
        let mut trial = Trial {
            good: good_build,
            workload,
            phase,
            request: &request,
            copies: &copies,
            threshold,
        };
        let answer = match moved {
            Some((_, answer)) => answer,
            None => site.tried(&trial, &ends.bad)?,
        };
        match answer.finding {
            Finding::Bad => {}
            Finding::Good => bail!(
                "BAD is not bad: {place} at {bad} is not slower than at GOOD ({})",
                answer.told
            ),
            Finding::Unclear | Finding::Skipped => bail!(
                "BAD cannot be compared with GOOD: {place} at {bad}: {}",
                answer.told
            ),
        }
        if let Some(threshold) = trial.threshold.aim(&answer) {
            let half = number::percent(threshold);
            notice(&format!(
                "BAD: {}; a commit with at least half of that change, {half}, is bad",
                answer.told
            ));
        }
        let start = site::start(&trial.threshold);
        let mut path = vec![
            Tried {
                commit: good.clone(),
                answer: start,
            },
            Tried {
                commit: bad.clone(),
                answer,
            },
        ];
        let search = site.search(&commits, &trial, self.confidence, &mut path)?;
        self.show(&commits, &search, &ends.phase, name, &path)
    }

    /// Builds both ends: first the probe, which lists the workloads, then the programs that count. If time can be
    /// compared instead, counts that cannot be taken are left out.
    fn ends(&self, site: &Site<'_>, request: &mut Request, is_time: bool) -> Result<Ends> {
        let (good, bad) = site.ends(&[])?;
        let (workload, phase) = self.place(&good.greeting.workloads)?;
        if let Some(why) = unlike(&bad.greeting.workloads, &workload, &phase) {
            bail!("BAD cannot be compared with GOOD: {why}");
        }
        let ends = |(good, bad)| Ends {
            good,
            bad,
            workload: workload.clone(),
            phase,
        };
        let instruments = &mut request.plan.instruments;
        instruments.retain(|instrument| workload.instruments.contains(instrument));
        if instruments.is_empty() {
            return Ok(ends((good, bad)));
        }
        match site.ends(instruments) {
            Err(why) if is_time && !process::stopped() => {
                notice(&format!("no counts are taken: {why:#}"));
                request.plan.instruments.clear();
                Ok(ends((good, bad)))
            }
            counting => counting.map(ends),
        }
    }

    /// The metrics that may identify the commit. Instructions may stand in for time, because they repeat. No other
    /// count may: a commit that allocates more need not be slower, and would be reported in place of the slow one.
    fn wanted(&self) -> Result<Vec<&'static Metric>> {
        let mut wanted = judged_metrics(&self.metric, "no commit can be found by it")?;
        if is_time(&wanted) {
            wanted.extend(judged().filter(|metric| metric.name() == STAND_IN));
        }
        Ok(wanted)
    }

    fn request(&self, project: &Project, wanted: &[&'static Metric]) -> Result<Request> {
        let counts = wanted.iter().filter(|metric| metric.portable());
        let mut instruments: Vec<Instrument> = counts.map(|metric| metric.instrument()).collect();
        instruments.sort();
        instruments.dedup();
        let missing = collect::missing(&project.config, &instruments);
        instruments.retain(|instrument| !missing.contains(instrument));
        if instruments.is_empty() && !is_time(wanted) {
            bail!(not_measured(&self.metric));
        }
        let instruments = available(instruments, !is_time(wanted))?;
        Ok(self.probe.request(
            Plan {
                instruments,
                ..Plan::default()
            },
            Some(1),
        ))
    }

    /// Returns the workload as GOOD describes it, and the chosen phase.
    fn place(&self, workloads: &[Description]) -> Result<(Description, String)> {
        let Some(workload) = workloads.iter().find(|one| one.id == self.workload) else {
            let ids = workloads.iter().map(|one| one.id.as_str());
            bail!(
                "GOOD has no workload `{}`; {}",
                self.workload,
                suggestion(&self.workload, ids)
            );
        };
        let phases = || workload.phases.iter().map(String::as_str);
        let Some(phase) = self.phase.as_deref().or(phases().next_back()) else {
            bail!("{} has no phase at GOOD", workload.id);
        };
        if !phases().any(|one| one == phase) {
            bail!(
                "GOOD has no phase `{phase}` of {}; {}",
                workload.id,
                suggestion(phase, phases())
            );
        }
        Ok((workload.clone(), phase.to_owned()))
    }
}

impl Ends {
    /// Counts both ends; none if the plan has no instrument that counts.
    fn counts(&self, request: &Request) -> Result<Option<(Record, Record)>> {
        if request.plan.instruments.is_empty() {
            return Ok(None);
        }
        let count =
            |of: &Ready| Trial::count(build(of), &self.workload, &self.phase, request, &Bar::new());
        Ok(Some((count(&self.good)?, count(&self.bad)?)))
    }
}

/// Reads a probability that a search can reach.
fn confidence(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|value| *value > 0.5 && *value <= 0.9999)
        .ok_or_else(|| "write a number such as 0.95, above 0.5 and at most 0.9999".to_owned())
}

/// A metric with its comparison.
type Compared = (&'static Metric, Answer);

/// Returns the first wanted count that got worse from GOOD to BAD, and the counts before it, which did not.
fn moved(
    counts: &Option<(Record, Record)>,
    wanted: &[&'static Metric],
    limits: &Limits,
) -> (Option<Compared>, Vec<Compared>) {
    let mut unmoved = Vec::new();
    let Some((good, bad)) = counts else {
        return (None, unmoved);
    };
    for &metric in wanted.iter().filter(|metric| metric.portable()) {
        let answer = Answer::by_count(good, bad, metric, limits);
        if answer.finding == Finding::Bad {
            return (Some((metric, answer)), unmoved);
        }
        unmoved.push((metric, answer));
    }
    (None, unmoved)
}

/// Returns the limits at GOOD, or those of the checkout if GOOD has no limits yet.
fn limits(good: &Project, project: &Project) -> Result<Limits> {
    let theirs = good.baselines();
    Ok(match Limits::text_in(&theirs)? {
        Some(_) => Limits::in_folder(&theirs)?,
        None => Limits::in_folder(&project.baselines())?,
    })
}

/// Returns true if time is among the metrics; counts can then only stand in for it.
fn is_time(wanted: &[&'static Metric]) -> bool {
    wanted.iter().any(|metric| !metric.portable())
}

/// Error message for a BAD whose counts are within the limits.
fn no_worse(place: &str, bad: &Commit, seen: &[Compared]) -> String {
    let figures = if seen.is_empty() {
        "no counts were taken".to_owned()
    } else {
        figures(seen)
    };
    format!(
        "BAD is not bad: {place} at {bad} is within GOOD's limits ({figures}); if GOOD is the worse one, exchange the \
         two"
    )
}

/// Lists the values at BAD of counts that did not get worse.
fn figures(seen: &[Compared]) -> String {
    let figures: Vec<String> = seen
        .iter()
        .map(|(metric, answer)| format!("{} {}", metric.name(), answer.told))
        .collect();
    figures.join(", ")
}
