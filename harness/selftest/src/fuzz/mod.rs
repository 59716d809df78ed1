//! Fuzzing: damaged files of every kind must be read or refused, never cause a panic or take long.
//!
//! The files are those of the folder `corpus`, changed at random. What a reader accepts is then used as the harness uses it:
//! it is compared, judged and written again.

mod mutation;
mod readers;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use harness_abtest::Random;
use rustix::time::{ClockId, clock_gettime};

use mutation::mutated;
pub use readers::{READERS, Reader};

/// Longest processor time for one file; the longest file has some kilobytes. Other programs do not change it.
const LONGEST: Duration = Duration::from_secs(2);

/// What the cases of one reader found.
#[derive(Debug)]
pub struct Found {
    /// The reader.
    pub name: &'static str,
    /// Number of cases.
    pub cases: usize,
    /// Number of those that it accepted.
    pub accepted: usize,
    /// Time for all cases.
    pub seconds: f64,
    /// Files that caused a panic, took too long, or changed when they were written and read again.
    pub losses: Vec<String>,
}

/// Reads `cases` damaged files by one reader. The seed and the number of a case determine its file. A file that causes a
/// loss is kept in `kept`.
///
/// # Errors
/// If such a file cannot be written.
pub fn run(reader: &Reader, cases: usize, seed: u64, kept: &std::path::Path) -> Result<Found> {
    let began = Instant::now();
    let mut found = Found {
        name: reader.name,
        cases,
        accepted: 0,
        seconds: 0.0,
        losses: Vec::new(),
    };
    for number in 0..cases {
        let mut random = Random::new(seed ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let text = mutated(reader.corpus, &mut random);
        let start = processor_time();
        let outcome = catch_unwind(AssertUnwindSafe(|| (reader.read)(&text)));
        let took = processor_time().saturating_sub(start);
        let loss = match outcome {
            Err(_) => Some("a panic".to_owned()),
            Ok(_) if took > LONGEST => Some(format!("{took:.1?}")),
            Ok(Err(what)) => Some(what),
            Ok(Ok(is_accepted)) => {
                found.accepted += usize::from(is_accepted);
                None
            }
        };
        if let Some(what) = loss {
            let file: PathBuf =
                kept.join(format!("{}-{seed}-{number}", reader.name.replace(' ', "-")));
            std::fs::create_dir_all(kept).context("cannot make a folder")?;
            std::fs::write(&file, &text)
                .with_context(|| format!("cannot write {}", file.display()))?;
            found.losses.push(format!(
                "{}, case {number}: {what}; the file is {}",
                reader.name,
                file.display()
            ));
        }
    }
    found.seconds = began.elapsed().as_secs_f64();
    Ok(found)
}

/// Time that this thread has spent on a core.
fn processor_time() -> Duration {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(spent.tv_sec).unwrap_or_default(),
        u32::try_from(spent.tv_nsec).unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reader_accepts_its_corpus() {
        for reader in READERS {
            for text in reader.corpus {
                assert_eq!((reader.read)(text), Ok(true), "{}: {text}", reader.name);
            }
        }
    }

    #[test]
    fn no_reader_panics_on_damaged_files() {
        let folder = tempfile::tempdir().expect("a folder");
        for reader in READERS {
            let found = run(reader, 60, 1, folder.path()).expect("written");
            assert!(found.losses.is_empty(), "{:?}", found.losses);
        }
    }
}
