//! Measures one pair: a fresh process of the base and one of the head, run in turn.
//!
//! Physical pages differ in speed. On a virtual machine, a huge page that the host holds in scattered pieces can take
//! 15 to 30 % longer to read than another, for hours. Linux hands out first the pages that were freed last, so pair
//! after pair gets the same slow page, and one of the two processes has it.
//!
//! If starting is cheap compared with measuring, a pair is therefore measured in two rounds: both processes are ended
//! and started again in the same order. Each then gets the pages that the other one had, and the slow page cancels in
//! the mean of the two log ratios. With such a page, found and freed last on purpose, single rounds were off by 20 to
//! 30 % and their means by 1.1 % (24 pairs), which is no more than other noise.

use std::process::Command;
use std::time::{Duration, Instant};

use harness_abtest::{Random, Round, Side, Slice, TimedPhase, shuffled};
use harness_probe::Options;
use harness_record::session::Injection;
use thiserror::Error;

use crate::probe::ProbeError;
use crate::timing::kernel_tick::Tick;
use crate::timing::process::{Process, running};

/// Slices are measured for this many times the time that starting and preparing the processes took.
const WORTH: f64 = 2.0;
/// Limit on blocks, as a multiple of the minimum. Noise of the processes does not shrink with more blocks, and a
/// start that other programs slow down must not delay the verdict.
const MOST_BLOCKS: usize = 4;
/// If a single iteration is longer than the slice, fewer blocks fill the same time, but at least this many: a median
/// of fewer means little.
const FEWEST_BLOCKS: usize = 4;
/// The same if each iteration is a process of its own: two slices of one process then have no more in common than two
/// slices of different ones, so more pairs tell more than more blocks.
const FEWEST_BLOCKS_OF_PROCESSES: usize = 1;
/// Unmeasured iterations before a slice are worth their time if the slice has this many times as many. In a shorter
/// slice, the iterations that find cold caches are measured.
const WARM_WORTH: u64 = 10;
/// Expected length of a slice, as a multiple of the last slice of its side. The excess is also the most that the
/// unmeasured iterations before it take.
const LEEWAY: f64 = 1.125;
/// Number of rounds of a pair if starting takes less time than the minimum of slices.
const ROUNDS: usize = 2;
/// Iterations of each side, in turn, before the first slice. A model whose weights other programs evicted from the
/// caches is a third slower at first.
const WARM_RUNS: usize = 10;
/// Time limit of these iterations: longer iterations warm the caches sooner.
const WARM_TIME: Duration = Duration::from_millis(20);

/// Commands that start the probe of a workload on each side. Each side has several copies of its program, which differ only in the
/// place of the code: in memory, in the page cache, or within the program. Each pair draws one copy of each side, so
/// the comparison averages over the copies.
#[derive(Clone, Copy)]
pub struct Sides<'a> {
    /// Returns a command that starts the base's copy of this number for a workload.
    pub base: &'a dyn Fn(&str, usize) -> Command,
    /// Returns a command that starts the head's copy of this number for a workload.
    pub head: &'a dyn Fn(&str, usize) -> Command,
    /// Returns the number of copies of each side for a workload; they are numbered from 0.
    pub copies: &'a dyn Fn(&str) -> usize,
}

/// Conditions under which a pair is measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Conditions {
    /// The core that both processes are pinned to, unless their workload starts threads of its own; none if several
    /// threads are requested.
    pub core: Option<usize>,
    /// Threads and instruction set.
    pub options: Options,
    /// Minimum length of a slice. Slices are longer if a single iteration takes about as long or longer.
    pub slice: Duration,
    /// Unmeasured iterations before each slice that has many more iterations than these.
    pub warm: u64,
    /// Minimum number of blocks, over all rounds. There are more if preparing the workload takes long, to make use of
    /// the processes, and fewer if a single iteration takes longer than a slice.
    pub blocks: u32,
    /// Time limit of a single response of the probe.
    pub time_limit: Duration,
    /// An artificial slowdown of the head, to test that it is found.
    pub injection: Option<Injection>,
}

/// A pair that could not be measured: the probe of a side failed, or gave a wrong answer.
#[derive(Debug, Error)]
#[error("{side} side: {source}")]
pub struct PairError {
    /// Name of the side.
    pub side: &'static str,
    /// The cause.
    pub source: ProbeError,
}

/// State that one pair of a workload passes on to the next.
#[derive(Debug, Clone, PartialEq)]
pub struct PairState {
    /// Iterations of a slice; none before the first pair.
    iterations: Option<u64>,
    /// Iterations and usual length of a slice, if each iteration is a process of its own; none before the first pair.
    slice_of_processes: Option<(u64, Duration)>,
    /// Fraction of an iteration that the injection has yet to add, 0 to 1.
    owed: f64,
    /// Copies of the base and of the head that are still to be drawn.
    decks: [Deck; 2],
}

impl PairState {
    /// State before the first pair.
    pub fn new(random: &mut Random) -> Self {
        Self {
            iterations: None,
            slice_of_processes: None,
            owed: random.share(),
            decks: [Deck::default(), Deck::default()],
        }
    }
}

/// Copy numbers in random order. Each is drawn once before any is drawn again.
#[derive(Debug, Clone, Default, PartialEq)]
struct Deck(Vec<usize>);

impl Deck {
    fn draw(&mut self, copies: usize, random: &mut Random) -> usize {
        if self.0.is_empty() {
            self.0 = shuffled(copies.max(1), random);
        }
        self.0.pop().unwrap_or_default()
    }
}

/// Measures one pair: starts a process of each side, runs them in turn, checks both answers and ends them. Repeats
/// this for a second round if starting is cheap (see the module documentation).
///
/// # Errors
/// If a probe fails or its answer is wrong.
pub fn measure_pair(
    sides: &Sides<'_>,
    timed: &TimedPhase,
    conditions: &Conditions,
    state: &mut PairState,
    random: &mut Random,
) -> Result<Vec<Round>, PairError> {
    let order = if random.coin() {
        [Side::Base, Side::Head]
    } else {
        [Side::Head, Side::Base]
    };
    // Both rounds start the same two copies: the second round exchanges memory, not programs.
    let (workload, copies) = (&timed.workload, (sides.copies)(&timed.workload));
    let [base, head] = state.decks.each_mut().map(|deck| deck.draw(copies, random));
    let command = |side| match side {
        Side::Base => (sides.base)(workload, base),
        Side::Head => (sides.head)(workload, head),
    };
    let mut rounds = Vec::new();
    let mut wanted = 1;
    while rounds.len() < wanted {
        let began = Instant::now();
        let both = Both::start(&command, order, timed, conditions, state)?;
        let started = began.elapsed();
        let least = both.fewest_blocks();
        let fewest = fewest_blocks(conditions, both.usual, least);
        if rounds.is_empty() {
            wanted = rounds_worth(started, fewest, both.usual);
        }
        let fewest = fewest.div_ceil(wanted).max(least.min(fewest));
        rounds.push(both.measure(fewest, started.mul_f64(WORTH), conditions, state, random)?);
    }
    Ok(rounds)
}

/// Returns the number of rounds of a pair, from the time its processes took to start, its minimum of blocks and the
/// length of a slice.
fn rounds_worth(started: Duration, fewest: usize, slice: Duration) -> usize {
    let measuring = slice * 4 * fewest as u32;
    if started < measuring && fewest >= ROUNDS * FEWEST_BLOCKS {
        ROUNDS
    } else {
        1
    }
}

/// The two processes of a round.
struct Both {
    // In the order of their start, which is also the order in which they are dropped and so ended: the memory of the
    // second one is handed out first.
    processes: [Process; 2],
    iterations: u64,
    usual: Duration,
}

impl Both {
    /// Starts the processes one after the other on the same core, so that neither gets the better memory. Measured
    /// alternatives: if they were prepared on two cores, the one that began on the other core was 0.3 to 1.2 %
    /// faster; if they were prepared at the same time, chance decided which process got which page.
    fn start(
        command: &dyn Fn(Side) -> Command,
        order: [Side; 2],
        timed: &TimedPhase,
        conditions: &Conditions,
        state: &mut PairState,
    ) -> Result<Self, PairError> {
        let start = |side: Side| Process::start(side, command(side), timed, conditions);
        let [first, second] = order;
        let mut processes = [start(first)?, start(second)?];
        // Runs that are processes of their own warm up nothing but the files that they read. The first pair does that.
        if let (true, Some((iterations, usual))) = (
            processes.iter().all(|process| process.starts_processes),
            state.slice_of_processes,
        ) {
            return Ok(Self {
                processes,
                iterations,
                usual,
            });
        }
        let (mut iterations, mut usual) = (0, Duration::ZERO);
        for process in &mut processes {
            (iterations, usual) = process
                .iterations(conditions.slice, state.iterations)?
                .max((iterations, usual));
        }
        state.iterations = Some(iterations);
        state.slice_of_processes = Some((iterations, usual));
        let warming = Instant::now();
        for _ in 0..WARM_RUNS {
            processes
                .iter_mut()
                .try_for_each(|process| process.run(1).map(drop))?;
            if warming.elapsed() > WARM_TIME {
                break;
            }
        }
        processes
            .iter_mut()
            .for_each(|process| process.last = usual);
        Ok(Self {
            processes,
            iterations,
            usual,
        })
    }

    /// The smallest number of blocks of slices that are longer than requested.
    fn fewest_blocks(&self) -> usize {
        match self
            .processes
            .iter()
            .all(|process| process.starts_processes)
        {
            true => FEWEST_BLOCKS_OF_PROCESSES,
            false => FEWEST_BLOCKS,
        }
    }

    /// Measures at least `fewest` blocks, and more until `worth` has passed.
    fn measure(
        mut self,
        fewest: usize,
        worth: Duration,
        conditions: &Conditions,
        state: &mut PairState,
        random: &mut Random,
    ) -> Result<Round, PairError> {
        let ready = Instant::now();
        let mut blocks = Vec::with_capacity(fewest);
        // The outer side alternates, so that effects of a slice's position (whether its own caches are still warm,
        // the time since the tick) are equal for both sides after every second block.
        let mut outer = random.below(2);
        while blocks.len() < fewest
            || (blocks.len() < fewest * MOST_BLOCKS && ready.elapsed() < worth)
        {
            let mut slice = |place: usize| self.slice(place, conditions, state);
            blocks.push([
                slice(outer)?,
                slice(1 - outer)?,
                slice(1 - outer)?,
                slice(outer)?,
            ]);
            outer = 1 - outer;
        }
        self.processes.iter_mut().try_for_each(Process::check)?;
        Ok(blocks)
    }

    fn slice(
        &mut self,
        place: usize,
        conditions: &Conditions,
        state: &mut PairState,
    ) -> Result<Slice, PairError> {
        let (process, iterations) = (&mut self.processes[place], self.iterations);
        let mut hidden = 0;
        if let (Side::Head, Some(injection)) = (process.side(), conditions.injection) {
            state.owed += injection.share * iterations as f64;
            hidden = state.owed.floor() as u64;
            state.owed -= state.owed.floor();
        }
        if let Some(tick) = Tick::of_this_machine() {
            tick.make_room(process.last.mul_f64(LEEWAY));
        }
        // The other side has used the caches since this side's last slice.
        if conditions.warm > 0 && iterations >= conditions.warm * WARM_WORTH {
            process.run(conditions.warm)?;
        }
        let (nanoseconds, waited) = process.run(iterations + hidden)?;
        process.last = running(nanoseconds, waited);
        Ok(Slice {
            side: process.side(),
            iterations,
            nanoseconds,
            waited,
        })
    }
}

/// Returns the number of blocks that take as long as the requested blocks. Slices are longer than requested if a
/// single iteration is, but at least `least`.
fn fewest_blocks(conditions: &Conditions, slice: Duration, least: usize) -> usize {
    let most = conditions.blocks as usize;
    let fitting = conditions.slice.as_secs_f64() / slice.as_secs_f64() * most as f64;
    most.min((fitting.ceil() as usize).max(least))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONDITIONS: Conditions = Conditions {
        core: None,
        options: Options {
            threads: 1,
            isa: None,
        },
        slice: Duration::from_micros(800),
        warm: 1,
        blocks: 16,
        time_limit: Duration::from_secs(10),
        injection: None,
    };

    #[test]
    fn a_pair_that_starts_quickly_has_two_rounds() {
        let rounds = |started, fewest| {
            rounds_worth(
                Duration::from_millis(started),
                fewest,
                Duration::from_millis(1),
            )
        };
        assert_eq!(
            (rounds(30, 32), rounds(127, 32), rounds(128, 32)),
            (2, 2, 1)
        );
        assert_eq!(
            (rounds(1, 8), rounds(1, 7)),
            (2, 1),
            "too few blocks to be halved"
        );
    }

    /// The processes exchange their memory only if both rounds keep the order.
    #[test]
    fn both_rounds_start_and_end_in_one_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        let probe = |side: &'static str| {
            let mut command = Command::new("sh");
            command.args(["-c", SLOW_PROBE, "sh", side]).arg(&log);
            command
        };
        let base = |_: &str, _| probe("base");
        let head = |_: &str, _| probe("head");
        let sides = Sides {
            base: &base,
            head: &head,
            copies: &|_| 1,
        };
        let conditions = Conditions {
            core: None,
            slice: Duration::from_secs(1),
            ..CONDITIONS
        };
        let mut orders = std::collections::BTreeSet::new();
        for seed in 0..8 {
            std::fs::write(&log, "").expect("an empty log");
            let mut random = Random::new(seed);
            let mut state = PairState::new(&mut random);
            let timed = TimedPhase {
                workload: "w".to_owned(),
                phase: "p".to_owned(),
            };
            let rounds =
                measure_pair(&sides, &timed, &conditions, &mut state, &mut random).expect("a pair");
            assert_eq!(rounds.len(), 2);
            assert!(rounds.iter().all(|blocks| (8..=32).contains(&blocks.len())));
            let log_text = std::fs::read_to_string(&log).expect("the log");
            let lines: Vec<&str> = log_text.lines().collect();
            let (round, again) = lines.split_at(4);
            assert_eq!(round, again);
            let (begun, ended) = round.split_at(2);
            let who = |lines: &[&str]| {
                lines
                    .iter()
                    .map(|line| line[6..].to_owned())
                    .collect::<Vec<_>>()
            };
            assert_eq!(who(begun), who(ended));
            orders.insert(who(begun));
        }
        assert_eq!(orders.len(), 2, "the order is random");
    }

    /// A probe that reports a second for every run, and logs its start and end.
    const SLOW_PROBE: &str = r#"
        echo "start $1" >> "$2"
        while read -r line; do
            case $line in
                *prepare*) echo '{"reply":"prepared","isa":"plain"}' ;;
                *check*) echo '{"reply":"checked","wrong":null}' ;;
                *) echo '{"reply":"ran","reading":{"meter":"clock","nanoseconds":1000000000,"tokens_at":[]}}' ;;
            esac
        done
        echo "ended $1" >> "$2"
    "#;

    #[test]
    fn longer_slices_are_fewer() {
        let blocks =
            |micros| fewest_blocks(&CONDITIONS, Duration::from_micros(micros), FEWEST_BLOCKS);
        assert_eq!(
            [0, 500, 800, 900, 1600, 3200, 50_000].map(blocks),
            [16, 16, 16, 15, 8, 4, 4]
        );
        assert_eq!(
            fewest_blocks(
                &Conditions {
                    blocks: 2,
                    ..CONDITIONS
                },
                Duration::from_secs(1),
                FEWEST_BLOCKS
            ),
            2
        );
        let second = Duration::from_secs(1);
        assert_eq!(
            fewest_blocks(&CONDITIONS, second, FEWEST_BLOCKS_OF_PROCESSES),
            1
        );
    }
}
