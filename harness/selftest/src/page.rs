//! The page of the trials.

use harness_report::render::Format;

use crate::Row;
use crate::table::{headline, tables};

/// A kind of trials, with the names of its files and the texts of its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Series {
    /// The file of rows.
    pub rows: &'static str,
    /// The page.
    pub page: &'static str,
    /// The chart.
    pub chart: &'static str,
    title: &'static str,
    origin: &'static str,
    legend: &'static str,
}

/// Trials of the whole gate on commits.
pub const COMMITS: Series = Series {
    rows: "real.csv",
    page: "gate.md",
    chart: "gate.svg",
    title: "Error rates of the time gate",
    origin: "`cargo harness selftest gate --condition real --replay` draws this page from `real.csv`, and from nothing \
             else. Each row of that file is one run of `harness gate --base BASE --times-only` on a real commit in a \
             clone of the project. The commits are listed in `selftest.toml` in the folder of baselines; every trial \
             counts.",
    legend: "*Red* is exit status 1 of the gate; *exit 2* is a gate that could not judge. *Found* gates are red on a \
             workload that the commit slows down by the stated percentage. *Identical* programs were timed with \
             `--force-timing`.",
};

/// Trials of the decision on one program.
pub const ONE_PROGRAM: Series = Series {
    rows: "slices.csv",
    page: "slices.md",
    chart: "slices.svg",
    title: "Error rates of the time gate on one program",
    origin: "`cargo harness selftest gate --replay` draws this page from the sessions in `slices/` alone, and writes \
             their verdicts to `slices.csv`. Each trial compares one program with itself, in pairs of processes on one \
             core, and was judged by the code of `harness gate --base`.",
    legend: "*Red* is a gate that reports a slowdown; *exit 2* is a gate that could not judge. On *unchanged code* both \
             sides are the same; in a *slowdown* the head runs this percentage more than it reports. A gate of 4 has a \
             budget of 36 s for four workloads, a gate of all one of 60 s for the timed suite.",
};

/// The page in Markdown; `appendix` are further sections.
pub fn page(series: &Series, rows: &[Row], appendix: &str) -> String {
    let finding = headline(rows);
    let Series {
        title,
        chart,
        origin,
        legend,
        ..
    } = series;
    let mut text = format!("# {title}\n\n{finding}.\n\n![{finding}]({chart})\n\n{origin}\n");
    for mut table in tables(rows) {
        text += &format!("\n## {}\n\n", std::mem::take(&mut table.title));
        text += &Format::MARKDOWN.render(&[table]);
    }
    text += &format!(
        "\nBounds hold at 95 % each (Clopper and Pearson). {legend} Means and SDs are over the estimates of single \
         workloads.\n"
    );
    text + appendix
}

#[cfg(test)]
mod tests {
    use harness_abtest::Verdict;
    use harness_judge::gate::TimeOutcome;

    use super::*;
    use crate::row::tests::{slowdown, unchanged};

    #[test]
    fn the_page_has_every_table_once() {
        let rows = [
            unchanged(1, TimeOutcome::Verdict(Verdict::Regressed), 2.0),
            unchanged(0, TimeOutcome::Verdict(Verdict::NotSlower), 0.1),
            slowdown(5.0, 1, TimeOutcome::Verdict(Verdict::Regressed), 5.1),
        ];
        insta::assert_snapshot!(page(&COMMITS, &rows, ""));
    }

    #[test]
    fn trials_on_one_program_are_counted_by_their_scope() {
        let rows =
            [("null short", 0), ("null short", 0), ("null full", 1)].map(|(change, exit)| Row {
                change: change.to_owned(),
                kind: "null".to_owned(),
                ..unchanged(exit, TimeOutcome::Verdict(Verdict::NotSlower), 0.1)
            });
        let page = page(&ONE_PROGRAM, &rows, "\nThe end.\n");
        assert!(
            page.contains("| a CPU | none | gate of 4 | null | 2 | 2 | 0 |"),
            "{page}"
        );
        assert!(
            page.contains("| a CPU | none | gate of all | null | 1 | 1 | **1** |"),
            "{page}"
        );
        assert!(page.ends_with("\nThe end.\n"), "{page}");
    }
}
