//! Repeats trials behind a progress bar, and draws the page of the trials so far.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use harness::collect::{Bar, Progress};
use harness::terminal::{notice, show};
use harness_record::atomic_file;
use harness_selftest::{Row, Series, chart, page, tables};

use super::GateTest;

/// Something that can be tried.
pub(super) struct Candidate<T> {
    /// Its name on the bar.
    pub(super) name: String,
    /// Number of its trials so far.
    pub(super) count: usize,
    /// The change or condition.
    pub(super) change: T,
}

/// Makes trials, always of the candidate that has the fewest, until there are enough of them or the time is over;
/// `default` is their number if the user names neither. `trial` makes one, and prints messages by its last argument.
pub(super) fn gather<T>(
    test: &GateTest,
    mut candidates: Vec<Candidate<T>>,
    default: usize,
    mut trial: impl FnMut(&Candidate<T>, &dyn Fn(&str)) -> Result<()>,
) -> Result<()> {
    let most = match (test.trials, test.time) {
        (None, None) => default,
        (trials, _) => trials.unwrap_or(usize::MAX),
    };
    let (began, bar) = (Instant::now(), Bar::new());
    bar.begin(test.time.map_or(most, |time| time.as_secs() as usize));
    let mut shown = 0;
    for done in 1..=most {
        if test.time.is_some_and(|time| began.elapsed() >= time) {
            break;
        }
        let next = candidates
            .iter_mut()
            .min_by_key(|one| one.count)
            .context("there is no change to try")?;
        bar.step(&format!("{}, trial {}", next.name, next.count + 1));
        trial(next, &|message| bar.kept_build(|| notice(message)))?;
        next.count += 1;
        let gone = began.elapsed().as_secs_f64();
        let (now, left) = match test.time {
            Some(time) => (gone as usize, time.as_secs_f64() - gone),
            None => (done, gone / done as f64 * (most - done) as f64),
        };
        bar.advance(now - shown, left);
        shown = now;
    }
    bar.end();
    Ok(())
}

/// Prints the tables, and writes the page and the chart to a folder.
pub(super) fn draw(
    test: &GateTest,
    folder: &Path,
    series: &Series,
    rows: &[Row],
    appendix: &str,
) -> Result<()> {
    show(&tables(rows), test.format)?;
    write(
        &folder.join(series.page),
        page(series, rows, appendix).as_bytes(),
    )?;
    if let Some(chart) = chart(rows) {
        write(&folder.join(series.chart), chart.to_svg().as_bytes())?;
    }
    notice(&format!("wrote {}", folder.join(series.page).display()));
    Ok(())
}

/// Writes a file atomically.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<()> {
    atomic_file::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}
