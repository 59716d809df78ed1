//! Resources of a process, as the system counts them: peak resident memory, time on a core, page faults and context
//! switches. Each reading has its own process.
//!
//! Linux counts time on a core in hundredths of a second, so a probe runs its workload until some tens of them have
//! passed. The probe of commands reads the processes that it starts by itself, which is exact.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use harness_probe::protocol::{Description, Reading as Read};
use harness_probe::{Instrument, Options};
use harness_record::metric::process as counts;
use harness_record::{Data, Reading};
use rustix::param::clock_ticks_per_second;
use rustix::process::Pid;

use crate::collect::instrument::{Definition, InstrumentReader, Settings, Taken, each_phase};
use crate::probe::{Preparation, Probe, ProbeError};

/// Minimum duration of all runs together.
const RUNS: Duration = Duration::from_millis(200);
/// Maximum number of runs of one request, as a multiple of the last one.
const GROWTH: u64 = 16;

/// Reads the resources of processes.
pub(crate) struct Process<'a> {
    /// Creates the command that starts the probe.
    pub probe: &'a (dyn Fn() -> Command + Sync),
    /// Budgets and conditions.
    pub settings: &'a Settings,
}

pub(super) const DEFINITION: Definition = Definition {
    instrument: Instrument::Process,
    program: |suite| Some(suite.process()),
    reader: |measurement| {
        Some(Box::new(Process {
            probe: measurement.process,
            settings: measurement.settings,
        }))
    },
};

impl InstrumentReader for Process<'_> {
    fn instrument(&self) -> Instrument {
        Instrument::Process
    }

    fn expected_seconds(&self, runs: &[Option<f64>]) -> f64 {
        let seconds = |run: &Option<f64>| RUNS.as_secs_f64().max(run.unwrap_or_default());
        runs.iter().map(seconds).sum()
    }

    fn read(&self, workload: &Description, phases: &[String], step: &dyn Fn(&str)) -> Vec<Taken> {
        let read = |phase: &str| {
            self.count(workload, phase)
                .unwrap_or_else(|error| Taken::failed(error.to_string()))
        };
        each_phase(phases, step, read)
    }
}

impl Process<'_> {
    fn count(&self, workload: &Description, phase: &str) -> Result<Taken, ProbeError> {
        let mut probe = Probe::start((self.probe)(), self.settings.time_limit)?;
        let options = Options {
            threads: self.settings.threads,
            isa: self.settings.isa.clone(),
        };
        let Preparation { isa, threads, .. } = probe.prepare(&workload.id, phase, &options)?;
        let id = probe.id();
        let before = Resources::of_process(id)?;
        let (mut commands, mut status, mut iterations, mut next) = (None, None, 0, 1);
        let began = Instant::now();
        while began.elapsed() < RUNS {
            let reading = probe.run(next)?;
            if let Some(more) = Resources::of_commands(&reading) {
                commands = Some(more.and(commands.unwrap_or_default()));
            }
            if let Read::Process { exit_status, .. } = reading {
                status = exit_status.and_then(|status| u64::try_from(status).ok());
            }
            iterations += next;
            let each = began.elapsed().as_secs_f64() / iterations as f64;
            let left = RUNS.saturating_sub(began.elapsed()).as_secs_f64();
            next = ((left / each.max(1e-9)) as u64).clamp(1, next * GROWTH);
        }
        let resources = match commands {
            Some(commands) => commands,
            None => Resources::of_process(id)?.since(&before),
        };
        let check = probe.check()?;
        let mut values = resources.values(iterations);
        values.extend(status.map(|status| (counts::EXIT_STATUS.to_owned(), status)));
        let data = Data::Counts {
            counted_by: Instrument::Process,
            values,
        };
        Ok(Taken {
            reading: Ok(Reading { isa, threads, data }),
            check: Some(check),
        })
    }
}

/// The resources of a process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Resources {
    user_nanoseconds: u64,
    system_nanoseconds: u64,
    peak_rss_bytes: u64,
    minor_faults: u64,
    major_faults: u64,
    voluntary_switches: u64,
    involuntary_switches: u64,
}

impl Resources {
    /// The resources that commands used; none if the probe runs no commands.
    fn of_commands(reading: &Read) -> Option<Self> {
        match *reading {
            Read::Process {
                user_nanoseconds,
                system_nanoseconds,
                peak_rss_bytes,
                minor_faults,
                major_faults,
                voluntary_switches,
                involuntary_switches,
                ..
            } => Some(Self {
                user_nanoseconds,
                system_nanoseconds,
                peak_rss_bytes,
                minor_faults,
                major_faults,
                voluntary_switches,
                involuntary_switches,
            }),
            _ => None,
        }
    }

    /// The resources that a process has used since it started.
    fn of_process(id: Pid) -> Result<Self, ProbeError> {
        let id = id.as_raw_nonzero();
        let read = |file: &str| fs::read_to_string(format!("/proc/{id}/{file}"));
        let files = read("stat").and_then(|stat| Ok((stat, read("status")?)));
        files
            .ok()
            .and_then(|(stat, status)| Self::parse(&stat, &status, clock_ticks_per_second()))
            .ok_or_else(|| {
                ProbeError::Refused(
                    "the system does not report the resources of the probe in /proc".to_owned(),
                )
            })
    }

    /// Reads Linux's files `stat` and `status` of a process.
    fn parse(stat: &str, status: &str, ticks_per_second: u64) -> Option<Self> {
        // The name of the program comes second, in parentheses, and may contain blanks.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        // The number of a field in proc_pid_stat(5); the first one after the name has number 3.
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        let nanoseconds = |number| Some(field(number)? * (1_000_000_000 / ticks_per_second.max(1)));
        let line = |name: &str| {
            let rest = status.lines().find_map(|line| line.strip_prefix(name))?;
            rest.trim_start_matches(':')
                .split_ascii_whitespace()
                .next()?
                .parse::<u64>()
                .ok()
        };
        Some(Self {
            user_nanoseconds: nanoseconds(14)?,
            system_nanoseconds: nanoseconds(15)?,
            peak_rss_bytes: line("VmHWM")? * 1024,
            minor_faults: field(10)?,
            major_faults: field(12)?,
            voluntary_switches: line("voluntary_ctxt_switches")?,
            involuntary_switches: line("nonvoluntary_ctxt_switches")?,
        })
    }

    /// The sum of both; the memory is the larger one.
    fn and(self, other: Self) -> Self {
        Self {
            user_nanoseconds: self.user_nanoseconds + other.user_nanoseconds,
            system_nanoseconds: self.system_nanoseconds + other.system_nanoseconds,
            peak_rss_bytes: self.peak_rss_bytes.max(other.peak_rss_bytes),
            minor_faults: self.minor_faults + other.minor_faults,
            major_faults: self.major_faults + other.major_faults,
            voluntary_switches: self.voluntary_switches + other.voluntary_switches,
            involuntary_switches: self.involuntary_switches + other.involuntary_switches,
        }
    }

    /// What was used since an earlier moment; the memory is the peak since the start of the process.
    fn since(self, before: &Self) -> Self {
        Self {
            user_nanoseconds: self
                .user_nanoseconds
                .saturating_sub(before.user_nanoseconds),
            system_nanoseconds: self
                .system_nanoseconds
                .saturating_sub(before.system_nanoseconds),
            peak_rss_bytes: self.peak_rss_bytes,
            minor_faults: self.minor_faults.saturating_sub(before.minor_faults),
            major_faults: self.major_faults.saturating_sub(before.major_faults),
            voluntary_switches: self
                .voluntary_switches
                .saturating_sub(before.voluntary_switches),
            involuntary_switches: self
                .involuntary_switches
                .saturating_sub(before.involuntary_switches),
        }
    }

    /// The values of a record.
    fn values(&self, iterations: u64) -> BTreeMap<String, u64> {
        let values = [
            (counts::ITERATIONS, iterations),
            (counts::USER, self.user_nanoseconds),
            (counts::SYSTEM, self.system_nanoseconds),
            (counts::PEAK_RSS, self.peak_rss_bytes),
            (counts::MINOR_FAULTS, self.minor_faults),
            (counts::MAJOR_FAULTS, self.major_faults),
            (counts::VOLUNTARY_SWITCHES, self.voluntary_switches),
            (counts::INVOLUNTARY_SWITCHES, self.involuntary_switches),
        ];
        values.map(|(name, value)| (name.to_owned(), value)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "17 (a (b) c) S 1 17 17 0 -1 4194304 100 0 7 0 25 5 0 0 20 0 1 0 10 1000 20";
    const STATUS: &str = "Name:\ta\nVmHWM:\t    2048 kB\nvoluntary_ctxt_switches:\t3\nnonvoluntary_ctxt_switches:\t4\n";

    #[test]
    fn the_files_of_linux_are_read() {
        let expected = Resources {
            user_nanoseconds: 250_000_000,
            system_nanoseconds: 50_000_000,
            peak_rss_bytes: 2048 << 10,
            minor_faults: 100,
            major_faults: 7,
            voluntary_switches: 3,
            involuntary_switches: 4,
        };
        assert_eq!(Resources::parse(STAT, STATUS, 100), Some(expected));
        assert_eq!(Resources::parse(STAT, "Name:\ta\n", 100), None);
        assert_eq!(Resources::parse("17 (a) S 1", STATUS, 100), None);
    }

    #[test]
    fn memory_is_a_peak_and_everything_else_a_sum() {
        let one = Resources::parse(STAT, STATUS, 100).expect("readable");
        let both = one.and(one);
        assert_eq!(both.user_nanoseconds, 500_000_000);
        assert_eq!(both.peak_rss_bytes, one.peak_rss_bytes);
        assert_eq!(both.since(&one), one);
    }

    #[test]
    fn this_process_uses_resources() {
        let used = Resources::of_process(rustix::process::getpid()).expect("linux");
        assert!(used.peak_rss_bytes > 0 && used.minor_faults > 0, "{used:?}");
    }
}
