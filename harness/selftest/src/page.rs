//! The page and the chart that are made of the evidence.

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
                // As the subtitle says.
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
            "{count} gates and verdicts on {}, the last on {}; verdicts on single workloads. What is red, and where the true \
             rates lie, is in the table; a gate is of so many workloads, a slowdown is looked for in one.",
            last.session.environment.machine(),
            last.session.created.split('T').next().unwrap_or_default(),
        ),
        axis: "share of the verdicts".to_owned(),
        parts,
        bars,
    }))
}

/// What the evidence says, in one sentence.
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

/// Gates on unchanged code that turned red, whatever else was asked for.
fn false_alarms(findings: &[Finding]) -> Rate {
    let unchanged = findings.iter().filter(|one| one.condition.change.is_none());
    unchanged
        .fold(Rate { count: 0, of: 0 }, |sum, one| Rate { count: sum.count + one.red.count, of: sum.of + one.red.of })
}

/// How often all gates on unchanged code were red, whatever the condition.
fn all_false_alarms(findings: &[Finding]) -> String {
    let red = false_alarms(findings);
    if red.of == 0 {
        return String::new();
    }
    let most = percent(red.interval().high);
    format!("\nOf all: {} of {} gates on unchanged code were red, so at most {most} % are.\n", red.count, red.of)
}

/// The page, in Markdown; `swapped` are the gates that were replayed with labels swapped, `criterion` is what that said of the
/// same workloads, and `chart` is the file of the chart, as seen from the page.
///
/// # Errors
/// If the limits that a trial carries make no sense.
pub fn page(trials: &[Trial], swapped: &Swapped, criterion: &[BackToBack], chart: &str) -> Result<String, GateError> {
    let findings = findings(trials)?;
    let headline = headline(&findings);
    let mut text = format!(
        "# Does the time gate lie?\n\n{headline}.\n\n![{headline}]({chart})\n\n\
         Made by `cargo harness selftest gate --replay` from the slices in `slices/`, and from nothing else. Each trial was \
         decided by the code that decides `harness gate --base`; pairs of processes on one core, in slices of at least {} us.\n\n",
        SLICE.as_micros()
    );
    text += "## Asked and measured\n\n";
    text += &Format::Markdown.render(&[promises(&findings)]);
    text += &all_false_alarms(&findings);
    text += "\n## Every condition\n\n";
    text += &Format::Markdown.render(&[table(&findings)]);
    text += "\nA count with its 90 % interval in percent (Clopper and Pearson), so that each end alone holds at 95 %. *Red* \
             counts gates where a gate was judged, all else counts verdicts on single workloads. *Unchanged*: both sides are \
             one program. ";
    text += &format!(
        "*Slower*: the head runs so many percent more than it reports. *Seconds* are of measuring, the median until a verdict; \
         a {} has {} at most, a {} {}.\n",
        Scope::Short.told(),
        budget(Scope::Short),
        Scope::Full.told(),
        budget(Scope::Full),
    );
    if let Some(share) = (Rate { count: swapped.red, of: swapped.gates }).share() {
        let ends = (Rate { count: swapped.red, of: swapped.gates }).interval();
        text += &format!(
            "\n## Replayed with labels swapped\n\nWhere both sides are one program, which process was called head is arbitrary. \
             Of {} gates over the {} recorded null pairs, with base and head swapped at random in each pair, {} turned red: \
             {} % [{}, {}], and {} of {} verdicts were *not slower*. These gates share their pairs, so they are no \
             independent trials of the machine; they test the decision on errors of its size and order.\n",
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
    text += &Format::Markdown.render(&[by_workload(trials)?]);
    let machines: std::collections::BTreeSet<String> =
        trials.iter().map(|trial| trial.session.environment.machine()).collect();
    let machines: Vec<String> = machines.into_iter().collect();
    text += &format!("\nMeasured on {}.\n", machines.join("; "));
    Ok(text)
}

/// What a gate on unchanged code may measure.
fn budget(scope: Scope) -> String {
    format!("{} s", Condition { change: Change::Null, hogs: BackgroundLoad::None, scope }.seconds())
}

fn of_criterion(said: &[BackToBack]) -> String {
    let rate = |words: &[Called]| {
        let rate = Rate { count: said.iter().filter(|one| words.contains(&one.called)).count(), of: said.len() };
        let ends = rate.interval();
        let share = percent(rate.share().unwrap_or_default());
        format!("{} of {}: {share} % [{}, {}]", rate.count, rate.of, percent(ends.low), percent(ends.high))
    };
    let changes: Vec<f64> = said.iter().map(|one| one.change).collect();
    let spread = deviation(&changes).map_or_else(String::new, |deviation| {
        format!(" Its estimate of the change, which was none, has an SD of {:.2} %.", 100.0 * deviation)
    });
    format!(
        "\n## Criterion beside it\n\nThe bench of one of the same workloads, run twice in a row and compared by criterion's own \
         rule (p < 0.05 and a noise threshold of 1 %), with nothing changed in between: called changed {}; called regressed \
         {}.{spread}\n",
        rate(&[Called::Regressed, Called::Improved]),
        rate(&[Called::Regressed]),
    )
}
