//! One pair of fresh processes, a base's and a head's, measured in turn.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use harness_probe::Options;
use harness_probe::protocol::Reading;
use rustix::io::Errno;
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_setaffinity};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::tick::Tick;
use super::{Side, Slice};
use crate::probe::{Probe, ProbeError};
use crate::statistics::Random;

/// Slices are taken for this many times as long as it took to start the processes and make them ready.
const WORTH: f64 = 2.0;
/// But no more blocks than this many times the fewest: what comes from the processes does not get smaller, and where other
/// programs slow the start down, a verdict must not wait for that.
const MOST_BLOCKS: usize = 2;
/// Where a single run takes longer than a slice should, there are fewer blocks in the same time, but as many as these, or the
/// outliers would be most of them.
const FEWEST_BLOCKS: usize = 4;
/// A slice has as many runs as these where [`LONGEST`] has room for them: of fewer, one run more or less is too much.
const FEWEST_RUNS: u64 = 8;
/// What lies between two ticks of a kernel that ticks 250 times a second, but for the leeway.
const LONGEST: Duration = Duration::from_micros(3200);
/// Iterations before a slice are worth their time if it has so many times as many; of fewer, those that find cold caches are in the
/// slice.
const WARM_WORTH: u64 = 10;
/// When a slice is given its place between two ticks, it is taken to last as long as its side's last one and this much longer, which
/// also is what the iterations before it take at most.
const LEEWAY: f64 = 1.125;
/// Iterations that a slice may have at most; more mean that nothing is measured.
const MOST_ITERATIONS: u64 = 1 << 30;

/// Starts the probe of each side.
pub struct Sides<'a> {
    /// The base's.
    pub base: &'a (dyn Fn() -> Command + Sync),
    /// The head's.
    pub head: &'a (dyn Fn() -> Command + Sync),
}

/// How a pair is measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Conditions {
    /// The core that both processes are pinned to; none for workloads that compute on several threads.
    pub core: Option<usize>,
    /// Threads and instruction set.
    pub options: Options,
    /// A slice runs at least this long; longer where a single run does not take much less.
    pub slice: Duration,
    /// Iterations before a slice that are not measured, where it has many more than these.
    pub warm: u64,
    /// Blocks of four slices. Where making the workload ready takes long, there are more of them: its processes are used
    /// for as long as they are worth. Where a single run takes longer than a slice, there are fewer.
    pub blocks: u32,
    /// How long a single answer of a probe may take.
    pub time_limit: Duration,
    /// A slowdown that is put into the head on purpose, to see whether it is found.
    pub injection: Option<Injection>,
}

/// A slowdown that is put in honestly: the head runs this share more iterations than it reports, rounded at random.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Injection {
    /// 0.01 for one percent.
    pub share: f64,
}

/// Four slices: base, head, head, base, or the mirror of it.
pub type Block = [Slice; 4];

/// A pair that could not be measured.
#[derive(Debug, Error)]
pub enum PairError {
    /// A side's probe did not do as it should.
    #[error("{side} side: {source}")]
    Probe {
        /// Whose.
        side: &'static str,
        /// What went wrong.
        source: ProbeError,
    },
    /// A side gave a wrong answer.
    #[error("{side} side: wrong answer: {wrong}")]
    Answer {
        /// Whose.
        side: &'static str,
        /// What differs.
        wrong: String,
    },
}

/// What one pair of a workload leaves to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Legacy {
    /// How many iterations a slice had; none before the first pair.
    iterations: Option<u64>,
    /// The part of an iteration that the injection still owes, 0 to 1.
    owed: f64,
}

impl Legacy {
    /// Before the first pair.
    pub fn new(random: &mut Random) -> Self {
        Self { iterations: None, owed: random.share() }
    }
}

/// Starts a process of each side, runs them in turn, checks both answers and ends them.
///
/// # Errors
/// If a probe fails or its answer is wrong.
pub fn measure_pair(
    sides: &Sides<'_>,
    workload: &str,
    phase: &str,
    conditions: &Conditions,
    legacy: &mut Legacy,
    random: &mut Random,
) -> Result<Vec<Block>, PairError> {
    let tick = Tick::of_this_machine();
    let began = Instant::now();
    // Which process comes first into being decides where its memory lies.
    let base_first = random.coin();
    let start = |side: Side| Lane::start(side, sides.command(side), workload, phase, conditions);
    // Both at a time and on the one core, so that neither has the better memory: made ready on two cores, the one that
    // began on the other core was 0.3 to 1.2 % faster, which doubled the scatter of some pairs.
    let (first, second) = if base_first { (Side::Base, Side::Head) } else { (Side::Head, Side::Base) };
    let (first, second) = thread::scope(|scope| {
        let first = scope.spawn(|| start(first));
        let second = start(second);
        (first.join().expect("starting a probe does not panic"), second)
    });
    let (mut base, mut head) = if base_first { (first?, second?) } else { (second?, first?) };
    // Once more: threads that a probe began while it was being pinned may have been missed.
    base.pin(conditions.core)?;
    head.pin(conditions.core)?;
    let expected = legacy.iterations;
    let (first, second) = if base_first { (&mut base, &mut head) } else { (&mut head, &mut base) };
    let (iterations, usual) =
        first.iterations(conditions.slice, expected)?.max(second.iterations(conditions.slice, expected)?);
    legacy.iterations = Some(iterations);
    let fewest = fewest_blocks(conditions, iterations, usual);
    base.last = usual;
    head.last = usual;
    let worth = began.elapsed().mul_f64(WORTH);
    let mut slice = |side: Side| -> Result<Slice, PairError> {
        let lane = if side == Side::Base { &mut base } else { &mut head };
        let mut hidden = 0;
        if let (Side::Head, Some(injection)) = (side, conditions.injection) {
            legacy.owed += injection.share * iterations as f64;
            hidden = legacy.owed.floor() as u64;
            legacy.owed -= legacy.owed.floor();
        }
        if let Some(tick) = tick {
            tick.make_room(lane.last.mul_f64(LEEWAY));
        }
        // The other side has had the caches since this one's last slice.
        if conditions.warm > 0 && iterations >= conditions.warm * WARM_WORTH {
            lane.run(conditions.warm)?;
        }
        let (nanoseconds, waited) = lane.run(iterations + hidden)?;
        lane.last = running(nanoseconds, waited);
        Ok(Slice { side, iterations, nanoseconds, waited })
    };
    let mut blocks = Vec::with_capacity(fewest);
    let ready = Instant::now();
    let most = fewest * MOST_BLOCKS;
    // By turns, so that what a slice owes to its place - whether its own caches are still warm, how long ago the tick was - is the
    // same for both sides after every second block.
    let mut base_is_outer = random.coin();
    while blocks.len() < fewest || (blocks.len() < most && ready.elapsed() < worth) {
        let (outer, inner) = if base_is_outer { (Side::Base, Side::Head) } else { (Side::Head, Side::Base) };
        blocks.push([slice(outer)?, slice(inner)?, slice(inner)?, slice(outer)?]);
        base_is_outer = !base_is_outer;
    }
    base.check()?;
    head.check()?;
    Ok(blocks)
}

/// How many blocks take the time of those asked for, if a slice is so many iterations and takes so long. Only where iterations are
/// few does a slice have to be longer than was asked for.
fn fewest_blocks(conditions: &Conditions, iterations: u64, slice: Duration) -> usize {
    let most = conditions.blocks as usize;
    if iterations > FEWEST_RUNS {
        return most;
    }
    let fitting = conditions.slice.as_secs_f64() / slice.as_secs_f64() * most as f64;
    most.min((fitting.ceil() as usize).max(FEWEST_BLOCKS))
}

/// This many iterations and the time they take, or more where they are few and [`LONGEST`] has room.
fn enough_runs(iterations: u64, taken: Duration) -> (u64, Duration) {
    let each = taken.as_secs_f64() / iterations as f64;
    let room = (LONGEST.as_secs_f64() / each) as u64;
    let wanted = iterations.max(FEWEST_RUNS.min(room));
    (wanted, taken.mul_f64(wanted as f64 / iterations as f64))
}

/// What is left of nanoseconds without those in which the process waited for a core.
fn running(nanoseconds: u64, waited: u64) -> Duration {
    // No run takes no time; then the waiting was told wrong.
    Duration::from_nanos(if waited < nanoseconds { nanoseconds - waited } else { nanoseconds })
}

impl Sides<'_> {
    fn command(&self, side: Side) -> Command {
        match side {
            Side::Base => (self.base)(),
            Side::Head => (self.head)(),
        }
    }
}

struct Lane {
    side: Side,
    probe: Probe,
    /// How long its last slice ran.
    last: Duration,
}

impl Lane {
    fn start(
        side: Side,
        command: Command,
        workload: &str,
        phase: &str,
        conditions: &Conditions,
    ) -> Result<Self, PairError> {
        let failed = |source| PairError::Probe { side: side.name(), source };
        let probe = Probe::start(command, conditions.time_limit).map_err(failed)?;
        let mut lane = Self { side, probe, last: Duration::ZERO };
        lane.pin(conditions.core)?;
        lane.probe.prepare(workload, phase, &conditions.options).map_err(failed)?;
        Ok(lane)
    }

    /// Keeps the process on one core, with all the threads that it has started and will start.
    fn pin(&self, core: Option<usize>) -> Result<(), PairError> {
        let Some(core) = core else { return Ok(()) };
        let mut cores = CpuSet::new();
        cores.set(core);
        let process = self.probe.id();
        // Where the system does not list them, the thread that computes is the first one, which has the process's number.
        let threads = fs::read_dir(format!("/proc/{}/task", process.as_raw_nonzero())).into_iter().flatten();
        let threads = threads.filter_map(|entry| Pid::from_raw(entry.ok()?.file_name().to_str()?.parse().ok()?));
        for thread in threads.chain([process]) {
            match sched_setaffinity(Some(thread), &cores) {
                // A thread that has ended since it was listed needs no core.
                Err(Errno::SRCH) if thread != process => {}
                done => done.map_err(|error| {
                    self.failed(ProbeError::Refused(format!("the probe cannot be pinned to core {core}: {error}")))
                })?,
            }
        }
        Ok(())
    }

    /// How many iterations a slice needs, found by doubling, and how long they take; that warms caches and pools, too. What is
    /// `expected` is only tried: a workload that was measured before need not be found out again in every process.
    fn iterations(&mut self, slice: Duration, expected: Option<u64>) -> Result<(u64, Duration), PairError> {
        if let Some(iterations) = expected {
            let taken = self.try_out(iterations)?;
            let longest = if iterations <= FEWEST_RUNS { slice.max(LONGEST) } else { slice };
            if taken * 2 >= slice && (taken <= longest * 2 || iterations == 1) {
                return Ok((iterations, taken));
            }
        }
        let mut iterations = 1;
        loop {
            let taken = self.try_out(iterations)?;
            if taken >= slice {
                return Ok(enough_runs(iterations, taken));
            }
            let nanoseconds = taken.as_nanos() as u64;
            if iterations >= MOST_ITERATIONS {
                let nothing = format!("{iterations} iterations took {nanoseconds} ns: the workload does nothing");
                return Err(self.failed(ProbeError::Refused(nothing)));
            }
            let wanted = slice.as_nanos() as u64 * iterations / nanoseconds.max(1) * 9 / 8 + 1;
            iterations = wanted.clamp(iterations + 1, iterations * 100).min(MOST_ITERATIONS);
        }
    }

    /// How long so many iterations take once they are warm: the shorter of two times, unless that would take too long to find out.
    fn try_out(&mut self, iterations: u64) -> Result<Duration, PairError> {
        let mut once = || self.run(iterations).map(|(nanoseconds, waited)| running(nanoseconds, waited));
        let first = once()?;
        if first > LONGEST * 10 { Ok(first) } else { Ok(first.min(once()?)) }
    }

    /// Nanoseconds, and how many of them it waited for a core.
    fn run(&mut self, iterations: u64) -> Result<(u64, u64), PairError> {
        match self.probe.run(iterations).map_err(|error| self.failed(error))? {
            Reading::Clock { nanoseconds, waited, .. } if nanoseconds > 0 => Ok((nanoseconds, waited)),
            Reading::Clock { .. } => Err(self.failed(ProbeError::Refused("the probe's clock stands still".to_owned()))),
            _ => Err(self.failed(ProbeError::Refused(
                "the probe that is to be timed reads something else; harness.toml names the wrong program".to_owned(),
            ))),
        }
    }

    fn check(&mut self) -> Result<(), PairError> {
        match self.probe.check().map_err(|error| self.failed(error))? {
            None => Ok(()),
            Some(wrong) => Err(PairError::Answer { side: self.side.name(), wrong }),
        }
    }

    fn failed(&self, source: ProbeError) -> PairError {
        PairError::Probe { side: self.side.name(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_runs_become_more_where_there_is_room() {
        let micros = Duration::from_micros;
        assert_eq!(enough_runs(100, micros(900)), (100, micros(900)));
        assert_eq!(enough_runs(2, micros(920)), (6, micros(2760)));
        assert_eq!(enough_runs(4, micros(1000)), (8, micros(2000)));
        assert_eq!(enough_runs(1, micros(5000)), (1, micros(5000)));
    }

    #[test]
    fn longer_slices_are_fewer() {
        let conditions = Conditions {
            core: None,
            options: Options { threads: 1, isa: None },
            slice: Duration::from_micros(800),
            warm: 1,
            blocks: 16,
            time_limit: Duration::from_secs(1),
            injection: None,
        };
        let blocks = |micros| fewest_blocks(&conditions, 8, Duration::from_micros(micros));
        assert_eq!([0, 500, 800, 900, 1600, 3200, 50_000].map(blocks), [16, 16, 16, 15, 8, 4, 4]);
        assert_eq!(fewest_blocks(&conditions, 9, Duration::from_micros(1600)), 16, "that was an accident");
        assert_eq!(fewest_blocks(&Conditions { blocks: 2, ..conditions }, 1, Duration::from_secs(1)), 2);
    }

    #[test]
    fn waiting_that_is_told_wrong_is_not_taken_off() {
        assert_eq!(running(900, 200), Duration::from_nanos(700));
        assert_eq!(running(900, 900), Duration::from_nanos(900));
    }
}
