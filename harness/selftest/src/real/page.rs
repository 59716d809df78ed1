//! The page of the trials.

use harness_report::render::Format;

use crate::real::Row;
use crate::real::table::{headline, tables};

/// The command that draws the page.
const COMMAND: &str = "cargo harness selftest gate --condition real --replay";

/// The page in Markdown; `chart` is the path of the chart, relative to the page.
pub fn page(rows: &[Row], chart: &str) -> String {
    let title = headline(rows);
    let mut text = format!(
        "# Error rates of the time gate\n\n{title}.\n\n![{title}]({chart})\n\n\
         `{COMMAND}` draws this page from `real.csv`, and from nothing else. Each row of that file is one run of \
         `harness gate --base BASE --times-only` on a real commit in a clone of the project. The commits are listed in \
         `selftest.toml` in the folder of baselines; every trial counts.\n",
    );
    for mut table in tables(rows) {
        text += &format!("\n## {}\n\n", std::mem::take(&mut table.title));
        text += &Format::MARKDOWN.render(&[table]);
    }
    text += "\nBounds hold at 95 % each (Clopper and Pearson). *Red* is exit status 1 of the gate; *exit 2* is a gate that could not \
             judge. *Found* gates are red on a workload that the commit slows down by the stated percentage. *Identical* programs \
             were timed with `--force-timing`. Means and SDs are over the estimates of single workloads.\n";
    text
}

#[cfg(test)]
mod tests {
    use harness_abtest::Verdict;
    use harness_judge::gate::TimeOutcome;

    use super::*;
    use crate::real::row::tests::{slowdown, unchanged};

    #[test]
    fn the_page_has_every_table_once() {
        let rows = [
            unchanged(1, TimeOutcome::Verdict(Verdict::Regressed), 2.0),
            unchanged(0, TimeOutcome::Verdict(Verdict::NotSlower), 0.1),
            slowdown(5.0, 1, TimeOutcome::Verdict(Verdict::Regressed), 5.1),
        ];
        insta::assert_snapshot!(page(&rows, "gate.svg"));
    }
}
