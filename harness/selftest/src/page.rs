//! The page and the chart of the evidence.

use harness::timing::SLICE;
use harness_judge::gate::GateError;
use harness_report::render::Format;
use harness_report::render::chart::{Chart, Part, ShareBar, ShareChart};

use crate::condition::{BackgroundLoad, Change, Condition, Scope};
use crate::criterion::{BackToBack, Called};
use crate::finding::{Finding, Rate, deviation, findings};
use crate::promise::promises;
use crate::swap::Swapped;
use crate::table::{by_workload, percent, table, told};
use crate::trial::Trial;

/// The verdicts of every condition as bars; none without trials.
pub fn chart(trials: &[Trial], findings: &[Finding]) -> Option<Chart> {
    let last = trials.iter().max_by_key(|trial| &trial.session.created)?;
    let part = |name: &str, place| Part { name: name.to_owned(), place };
    let parts =
        vec![part("slower", Some(5)), part("inconclusive", None), part("not slower", Some(3)), part("faster", Some(2))];
    let bar = |finding: &Finding| {
        let share = |rate: Rate| rate.share().unwrap_or_default();
        let seconds = finding.seconds.map_or_else(String::new, |seconds| format!(", {seconds:.1} s each"));
        ShareBar {
            group: match finding.condition.hogs {
                BackgroundLoad::None => "Nothing else that computes",
                BackgroundLoad::Other => "A hog on the other core",
                BackgroundLoad::Each => "A hog on each core",
            }
            .to_owned(),
            name: match finding.condition {
                // The subtitle states that a slowdown is measured in one workload.
                Condition { change: Change::Injected(_), scope: Scope::Workload, .. } => told(finding.condition),
                condition => format!("{}, {}", told(condition), condition.scope.told()),
            },
            shares: [finding.found, finding.inconclusive, finding.not_slower, finding.improved].map(share).to_vec(),
            label: format!("{} verdicts{seconds}", finding.found.of),
        }
    };
    let mut in_groups: Vec<&Finding> = findings.iter().collect();
    let (title, count) = (headline(findings), findings.iter().map(|finding| finding.trials).sum::<usize>());
    in_groups.sort_by_key(|finding| finding.condition.hogs);
    let bars = in_groups.into_iter().map(bar).collect();
    Some(Chart::Shares(ShareChart {
        title,
        subtitle: format!(
            "{count} gates and verdicts on {}, the last on {}; verdicts on single workloads. The table has the \
             red gates and the intervals of the true rates. \"Gate of 4\" judges four workloads; a slowdown is measured in one.",
            last.session.environment.machine(),
            last.session.created.split('T').next().unwrap_or_default(),
        ),
        axis: "share of the verdicts".to_owned(),
        parts,
        bars,
    }))
}

/// The main finding, in one sentence.
fn headline(findings: &[Finding]) -> String {
    let red = false_alarms(findings);
    let mut sentences = Vec::new();
    if red.of > 0 {
        sentences.push(format!("{} of {} gates on unchanged code turned red", red.count, red.of));
    }
    let one = |slowdown: f64| {
        let of_it = findings.iter().filter(move |one| one.condition.change == Change::Injected(slowdown));
        let (count, of) = of_it.fold((0, 0), |(count, of), one| (count + one.found.count, of + one.found.of));
        (of > 0).then(|| format!("+{slowdown} % was found in {count} of {of}"))
    };
    sentences.extend([1.0, 2.0, 5.0].into_iter().find_map(one));
    sentences.join("; ")
}

/// Red gates on unchanged code, under all conditions.
fn false_alarms(findings: &[Finding]) -> Rate {
    let unchanged = findings.iter().filter(|one| one.condition.change.is_none());
    unchanged
        .fold(Rate { count: 0, of: 0 }, |sum, one| Rate { count: sum.count + one.red.count, of: sum.of + one.red.of })
}

/// Sentence on the red gates on unchanged code, under all conditions.
fn all_false_alarms(findings: &[Finding]) -> String {
    let red = false_alarms(findings);
    if red.of == 0 {
        return String::new();
    }
    let most = percent(red.interval().high);
    format!(
        "\nIn total, {} of {} gates on unchanged code were red; the true rate is at most {most} %.\n",
        red.count, red.of
    )
}

/// The page, in Markdown. `swapped` has the gates that were replayed with swapped labels, `criterion` the verdicts of
/// criterion on the same workloads, and `chart` is the path of the chart, relative to the page.
///
/// # Errors
/// If the limits in a trial are invalid.
pub fn page(trials: &[Trial], swapped: &Swapped, criterion: &[BackToBack], chart: &str) -> Result<String, GateError> {
    let findings = findings(trials)?;
    let headline = headline(&findings);
    let mut text = format!(
        "# Error rates of the time gate on one program\n\n{headline}.\n\n![{headline}]({chart})\n\n\
         `cargo harness selftest gate --replay` draws this page from the slices in `slices/` alone. Each trial was \
         judged by the code of `harness gate --base`: pairs of processes on one core, in slices of at least {} µs.\n\n",
        SLICE.as_micros()
    );
    text += "## Promised and measured\n\n";
    text += &Format::MARKDOWN.render(&[promises(&findings)]);
    text += &all_false_alarms(&findings);
    text += "\n## Every condition\n\n";
    text += &Format::MARKDOWN.render(&[table(&findings)]);
    text += "\nCounts have 90 % intervals in percent (Clopper and Pearson), so that each end alone holds at 95 %. *Red* counts \
             gates if a gate was judged; all other columns count verdicts on single workloads. *Unchanged*: both sides are \
             the same program. ";
    text += &format!(
        "*Slower*: the head runs this percentage more than it reports. *Seconds*: median time of measuring until a verdict; \
         a {} has a budget of {}, a {} one of {}.\n",
        Scope::Short.told(),
        budget(Scope::Short),
        Scope::Full.told(),
        budget(Scope::Full),
    );
    if let Some(share) = (Rate { count: swapped.red, of: swapped.gates }).share() {
        let ends = (Rate { count: swapped.red, of: swapped.gates }).interval();
        text += &format!(
            "\n## Replayed with labels swapped\n\nIf both sides are the same program, the labels base and head are arbitrary. \
             Of {} gates over the {} recorded null pairs, with base and head swapped at random in each pair, {} turned red: \
             {} % [{}, {}], and {} of {} verdicts were *not slower*. These gates share their pairs, so they are not \
             independent trials of the machine; they test the decision on errors of the same size and order.\n",
            swapped.gates,
            swapped.pairs,
            swapped.red,
            percent(share),
            percent(ends.low),
            percent(ends.high),
            swapped.not_slower,
            swapped.verdicts,
        );
    }
    if !criterion.is_empty() {
        text += &of_criterion(criterion);
    }
    text += "\n## By workload\n\n";
    text += &Format::MARKDOWN.render(&[by_workload(trials)?]);
    let machines: std::collections::BTreeSet<String> =
        trials.iter().map(|trial| trial.session.environment.machine()).collect();
    let machines: Vec<String> = machines.into_iter().collect();
    text += &format!("\nMeasured on {}.\n", machines.join("; "));
    Ok(text)
}

/// Budget of a gate on unchanged code.
fn budget(scope: Scope) -> String {
    format!("{} s", Condition { change: Change::Null, hogs: BackgroundLoad::None, scope }.seconds())
}

fn of_criterion(verdicts: &[BackToBack]) -> String {
    let rate = |words: &[Called]| {
        let rate =
            Rate { count: verdicts.iter().filter(|one| words.contains(&one.called)).count(), of: verdicts.len() };
        let ends = rate.interval();
        let share = percent(rate.share().unwrap_or_default());
        format!("{} of {}: {share} % [{}, {}]", rate.count, rate.of, percent(ends.low), percent(ends.high))
    };
    let changes: Vec<f64> = verdicts.iter().map(|one| one.change).collect();
    let spread = deviation(&changes).map_or_else(String::new, |deviation| {
        format!(" The estimates of the change, which is 0, have an SD of {:.2} %.", 100.0 * deviation)
    });
    format!(
        "\n## Criterion for comparison\n\nThe bench of one of the same workloads was run twice in a row, with nothing changed in \
         between, and compared by criterion's own rule (p < 0.05 and a noise threshold of 1 %). Reported as changed: {}; as \
         regressed: {}.{spread}\n",
        rate(&[Called::Regressed, Called::Improved]),
        rate(&[Called::Regressed]),
    )
}
