//! Instruction counts of a probe itself: callgrind runs the very program that is timed, and counts its measured regions
//! only.
//!
//! No second program is needed, and nothing of the protocol is counted: callgrind begins and stops counting at the one
//! function of the probe that does measured work.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use harness_probe::{Case, Options, REGION_FUNCTION};
use harness_record::Check;

use crate::probe::{Probe, ProbeError};
use crate::scratch::Scratch;
use crate::valgrind;

/// A probe that callgrind runs.
pub(super) struct CountedProbe<'a> {
    /// Creates the command that starts the timed probe.
    pub(super) probe: &'a (dyn Fn() -> Command + Sync),
    /// Time limit of one reply.
    pub(super) time_limit: Duration,
}

/// The count of one run.
pub(super) struct Counted {
    /// Instructions of the measured regions.
    pub(super) instructions: u64,
    /// The check of the answer, after counting.
    pub(super) check: Check,
    /// Instruction set of the kernels.
    pub(super) isa: String,
    /// Threads that compute.
    pub(super) threads: u32,
}

/// The output of callgrind for one run.
pub(super) struct Output {
    /// The text of its file.
    pub(super) text: String,
    /// The check of the answer, after counting.
    pub(super) check: Check,
    /// Instruction set of the kernels.
    pub(super) isa: String,
    /// Threads that compute.
    pub(super) threads: u32,
}

impl CountedProbe<'_> {
    /// Counts one run of a case, after a run that is not counted.
    ///
    /// # Errors
    /// One sentence, if it cannot be counted.
    pub(super) fn count(&self, case: &Case, isa: Option<&str>) -> Result<Counted, String> {
        let output = self.run(case, isa, &[])?;
        let instructions = total(&output.text).ok_or("callgrind left no total")?;
        if instructions == 0 {
            return Err(format!(
                "callgrind counted nothing in {case}: the program has no symbols (`strip` in its profile removes them), \
                 or the work is done by another process"
            ));
        }
        Ok(Counted {
            instructions,
            check: output.check,
            isa: output.isa,
            threads: output.threads,
        })
    }

    /// Runs a case once, after a run that is not counted, with further options of callgrind.
    ///
    /// # Errors
    /// One sentence, if it cannot be counted.
    pub(super) fn run(
        &self,
        case: &Case,
        isa: Option<&str>,
        options: &[&str],
    ) -> Result<Output, String> {
        let folder =
            Scratch::new().map_err(|error| format!("cannot make a temporary folder: {error}"))?;
        let command = self.under_callgrind(&folder, options);
        let failed = |error: ProbeError| format!("counting instructions failed: {error}");
        let mut probe = Probe::start(command, self.time_limit).map_err(failed)?;
        let requested = Options {
            threads: 1,
            isa: isa.map(str::to_owned),
        };
        let ready = probe
            .prepare(&case.workload, &case.phase, &requested)
            .map_err(failed)?;
        probe.warm_up().map_err(failed)?;
        probe.run(1).map_err(failed)?;
        let check = probe.check().map_err(failed)?;
        probe.finish().map_err(failed)?;
        let text = fs::read_to_string(output_file(folder.path()))
            .map_err(|error| format!("cannot read the output of callgrind: {error}"))?;
        Ok(Output {
            text,
            check,
            isa: ready.isa,
            threads: ready.threads,
        })
    }

    fn under_callgrind(&self, folder: &Scratch, options: &[&str]) -> Command {
        let toggle = format!("--toggle-collect={REGION_FUNCTION}");
        let file = output_file(folder.path());
        let out = format!("--callgrind-out-file={}", file.display());
        let options: Vec<&str> = ["--quiet", &toggle, &out]
            .into_iter()
            .chain(options.iter().copied())
            .collect();
        valgrind::under("callgrind", &options, &(self.probe)())
    }
}

fn output_file(folder: &Path) -> PathBuf {
    folder.join("callgrind.out")
}

/// The instructions of the whole file: the first number of its last `totals:` line. A file that counts another event first
/// is not the one that was requested.
fn total(text: &str) -> Option<u64> {
    let line = |name: &str| text.lines().rev().find_map(|line| line.strip_prefix(name));
    let first = line("events:")?.split_ascii_whitespace().next()?;
    let total = line("totals:")?.split_ascii_whitespace().next()?;
    (first == "Ir").then(|| total.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_that_of_the_last_line() {
        let text = "events: Ir Bc\nfn=(1) a\n1 5 2\nsummary: 5 2\ntotals: 221 7\n";
        assert_eq!(total(text), Some(221));
        assert_eq!(total("events: Ir\n"), None);
        assert_eq!(total("totals: 7\n"), None);
        assert_eq!(total("events: Ir\ntotals: many\n"), None);
        assert_eq!(total("events: Dr Ir\ntotals: 7 9\n"), None);
    }
}
