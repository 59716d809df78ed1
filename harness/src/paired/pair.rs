//! One pair of fresh processes, a base's and a head's, measured in turn.
//!
//! Memory is not all alike. A virtual machine's huge page that its host holds in scattered pieces can take 15 to 30 % longer to read
//! through than another, for hours, and Linux gives out first what was freed last: in pair after pair it is the same
//! page, and one of the two processes has it. So a pair is measured in two rounds where starting is cheap, which it is where a
//! run is short. Both processes are ended and started once more, in the same order, and each gets what the other one had, so that
//! it falls out of the mean of the two ratios. With such a page, found and freed last on purpose, single rounds were off by
//! 20 to 30 %, and their means by 1.1 % (24 pairs), which is what other noise does.

use std::process::Command;
use std::time::{Duration, Instant};

use harness_probe::Options;
use thiserror::Error;

use super::kernel_tick::Tick;
use super::process::{Process, running};
use super::{Round, Side, Slice};
use crate::gate::Injection;
use crate::probe::ProbeError;
use crate::statistics::{Random, shuffled};

/// Slices are taken for this many times as long as it took to start the processes and make them ready.
const WORTH: f64 = 2.0;
/// But no more blocks than this many times the fewest: what comes from the processes does not get smaller, and where other
/// programs slow the start down, a verdict must not wait for that.
const MOST_BLOCKS: usize = 4;
/// Where a single run takes longer than a slice should, there are fewer blocks in the same time, but as many as these: a
/// median of fewer is none.
const FEWEST_BLOCKS: usize = 4;
/// Iterations before a slice are worth their time if it has so many times as many; of fewer, those that find cold caches are in the
/// slice.
const WARM_WORTH: u64 = 10;
/// When a slice is given its place between two ticks, it is taken to last as long as its side's last one and this much longer, which
/// also is what the iterations before it take at most.
const LEEWAY: f64 = 1.125;
/// How many times the processes of a pair are started where that takes less time than the fewest slices.
const ROUNDS: usize = 2;
/// So many runs of each side come before the slices, by turns. A model whose weights are no longer in the caches, of which other programs
/// have their share, is a third slower at first.
const WARM_RUNS: usize = 10;
/// But no more once this has passed: longer runs find their caches soon enough.
const WARM_TIME: Duration = Duration::from_millis(20);

/// Starts the probe of each side. Each side has several copies of its program, which differ only in the place of the code:
/// in memory, in the page cache, or in the program itself. A pair draws one of each side, so that their average is compared.
#[derive(Clone, Copy)]
pub struct Sides<'a> {
    /// A command that starts the base's copy of this number.
    pub base: &'a dyn Fn(usize) -> Command,
    /// A command that starts the head's copy of this number.
    pub head: &'a dyn Fn(usize) -> Command,
    /// Copies of each side, numbered from 0.
    pub copies: usize,
}

/// How a pair is measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Conditions {
    /// The core that both processes are pinned to, unless their workload has threads of its own; none where several threads are asked for.
    pub core: Option<usize>,
    /// Threads and instruction set.
    pub options: Options,
    /// A slice runs at least this long; longer where a single run does not take much less.
    pub slice: Duration,
    /// Iterations before a slice that are not measured, where it has many more than these.
    pub warm: u64,
    /// Blocks of four slices, all rounds together. Where making the workload ready takes long, there are more of them: its processes
    /// are used for as long as they are worth. Where a single run takes longer than a slice, there are fewer.
    pub blocks: u32,
    /// How long a single answer of a probe may take.
    pub time_limit: Duration,
    /// A slowdown that is put into the head on purpose, to see whether it is found.
    pub injection: Option<Injection>,
}

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

/// State that one pair of a workload passes on to the next.
#[derive(Debug, Clone, PartialEq)]
pub struct PairState {
    /// Iterations of a slice; none before the first pair.
    iterations: Option<u64>,
    /// The part of an iteration that the injection still owes, 0 to 1.
    owed: f64,
    /// The copies that the base and the head have still to draw.
    decks: [Deck; 2],
}

impl PairState {
    /// Before the first pair.
    pub fn new(random: &mut Random) -> Self {
        Self { iterations: None, owed: random.share(), decks: [Deck::default(), Deck::default()] }
    }
}

/// Numbers of copies in a random order. Each is drawn once before any is drawn again.
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

/// Starts a process of each side, runs them in turn, checks both answers and ends them; all that once more where it is cheap.
///
/// # Errors
/// If a probe fails or its answer is wrong.
pub fn measure_pair(
    sides: &Sides<'_>,
    workload: &str,
    phase: &str,
    conditions: &Conditions,
    state: &mut PairState,
    random: &mut Random,
) -> Result<Vec<Round>, PairError> {
    let order = if random.coin() { [Side::Base, Side::Head] } else { [Side::Head, Side::Base] };
    // Both rounds start the same two copies: the second round is there to exchange memory, not programs.
    let [base, head] = &mut state.decks;
    let drawn = Drawn { base: base.draw(sides.copies, random), head: head.draw(sides.copies, random) };
    let mut rounds = Vec::new();
    let mut wanted = 1;
    while rounds.len() < wanted {
        let began = Instant::now();
        let both = Both::start(&|side| sides.command(side, drawn), order, workload, phase, conditions, state)?;
        let started = began.elapsed();
        let fewest = fewest_blocks(conditions, both.usual);
        if rounds.is_empty() {
            wanted = rounds_worth(started, fewest, both.usual);
        }
        let fewest = fewest.div_ceil(wanted).max(FEWEST_BLOCKS.min(fewest));
        rounds.push(both.measure(fewest, started.mul_f64(WORTH), conditions, state, random)?);
    }
    Ok(rounds)
}

/// The copies that a pair starts.
#[derive(Clone, Copy)]
struct Drawn {
    base: usize,
    head: usize,
}

/// How many rounds a pair has, if its processes took so long to start and its fewest blocks have slices that take so long.
fn rounds_worth(started: Duration, fewest: usize, slice: Duration) -> usize {
    let measuring = slice * 4 * fewest as u32;
    if started < measuring && fewest >= ROUNDS * FEWEST_BLOCKS { ROUNDS } else { 1 }
}

/// The two processes of a round.
struct Both {
    // In the order in which they were started, which is the order in which they are dropped, and so ended: what the second one
    // held is then given out first.
    processes: [Process; 2],
    iterations: u64,
    usual: Duration,
}

impl Both {
    /// One after the other, and on the one core, so that neither has the better memory: made ready on two cores, the one that
    /// began on the other core was 0.3 to 1.2 % faster, and made ready at the same time, who gets which page is chance.
    fn start(
        command: &dyn Fn(Side) -> Command,
        order: [Side; 2],
        workload: &str,
        phase: &str,
        conditions: &Conditions,
        state: &mut PairState,
    ) -> Result<Self, PairError> {
        let start = |side: Side| Process::start(side, command(side), workload, phase, conditions);
        let [first, second] = order;
        let mut processes = [start(first)?, start(second)?];
        let (mut iterations, mut usual) = (0, Duration::ZERO);
        for process in &mut processes {
            (iterations, usual) = process.iterations(conditions.slice, state.iterations)?.max((iterations, usual));
        }
        state.iterations = Some(iterations);
        let warming = Instant::now();
        for _ in 0..WARM_RUNS {
            processes.iter_mut().try_for_each(|process| process.run(1).map(drop))?;
            if warming.elapsed() > WARM_TIME {
                break;
            }
        }
        processes.iter_mut().for_each(|process| process.last = usual);
        Ok(Self { processes, iterations, usual })
    }

    /// At least so many blocks, and more until `worth` has passed.
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
        // By turns, so that what a slice owes to its place - whether its own caches are still warm, how long ago the tick was - is
        // the same for both sides after every second block.
        let mut outer = random.below(2);
        while blocks.len() < fewest || (blocks.len() < fewest * MOST_BLOCKS && ready.elapsed() < worth) {
            let mut slice = |place: usize| self.slice(place, conditions, state);
            blocks.push([slice(outer)?, slice(1 - outer)?, slice(1 - outer)?, slice(outer)?]);
            outer = 1 - outer;
        }
        self.processes.iter_mut().try_for_each(Process::check)?;
        Ok(blocks)
    }

    fn slice(&mut self, place: usize, conditions: &Conditions, state: &mut PairState) -> Result<Slice, PairError> {
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
        // The other side has had the caches since this one's last slice.
        if conditions.warm > 0 && iterations >= conditions.warm * WARM_WORTH {
            process.run(conditions.warm)?;
        }
        let (nanoseconds, waited) = process.run(iterations + hidden)?;
        process.last = running(nanoseconds, waited);
        Ok(Slice { side: process.side(), iterations, nanoseconds, waited })
    }
}

/// How many blocks take the time of those asked for, if a slice takes so long, which is longer than was asked for where a single
/// run is.
fn fewest_blocks(conditions: &Conditions, slice: Duration) -> usize {
    let most = conditions.blocks as usize;
    let fitting = conditions.slice.as_secs_f64() / slice.as_secs_f64() * most as f64;
    most.min((fitting.ceil() as usize).max(FEWEST_BLOCKS))
}

impl Sides<'_> {
    fn command(&self, side: Side, drawn: Drawn) -> Command {
        match side {
            Side::Base => (self.base)(drawn.base),
            Side::Head => (self.head)(drawn.head),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONDITIONS: Conditions = Conditions {
        core: None,
        options: Options { threads: 1, isa: None },
        slice: Duration::from_micros(800),
        warm: 1,
        blocks: 16,
        time_limit: Duration::from_secs(10),
        injection: None,
    };

    #[test]
    fn what_is_started_quickly_is_started_twice() {
        let rounds = |started, fewest| rounds_worth(Duration::from_millis(started), fewest, Duration::from_millis(1));
        assert_eq!((rounds(30, 32), rounds(127, 32), rounds(128, 32)), (2, 2, 1));
        assert_eq!((rounds(1, 8), rounds(1, 7)), (2, 1), "too few blocks to be halved");
    }

    /// What the one ends with is what the other begins with only if the order of both is kept.
    #[test]
    fn both_rounds_start_and_end_in_one_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        let probe = |side: &'static str| {
            let mut command = Command::new("sh");
            command.args(["-c", SLOW_PROBE, "sh", side]).arg(&log);
            command
        };
        let (base, head) = (|_| probe("base"), |_| probe("head"));
        let sides = Sides { base: &base, head: &head, copies: 1 };
        let conditions = Conditions { core: None, slice: Duration::from_secs(1), ..CONDITIONS };
        let mut orders = std::collections::BTreeSet::new();
        for seed in 0..8 {
            std::fs::write(&log, "").expect("an empty log");
            let mut random = Random::new(seed);
            let mut state = PairState::new(&mut random);
            let rounds = measure_pair(&sides, "w", "p", &conditions, &mut state, &mut random).expect("a pair");
            assert_eq!(rounds.len(), 2);
            assert!(rounds.iter().all(|blocks| (8..=32).contains(&blocks.len())));
            let told = std::fs::read_to_string(&log).expect("the log");
            let lines: Vec<&str> = told.lines().collect();
            let (round, again) = lines.split_at(4);
            assert_eq!(round, again);
            let (begun, ended) = round.split_at(2);
            let who = |lines: &[&str]| lines.iter().map(|line| line[6..].to_owned()).collect::<Vec<_>>();
            assert_eq!(who(begun), who(ended));
            orders.insert(who(begun));
        }
        assert_eq!(orders.len(), 2, "chance says who is first");
    }

    /// Says of every run that it took a second, and writes down when it starts and ends.
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
        let blocks = |micros| fewest_blocks(&CONDITIONS, Duration::from_micros(micros));
        assert_eq!([0, 500, 800, 900, 1600, 3200, 50_000].map(blocks), [16, 16, 16, 15, 8, 4, 4]);
        assert_eq!(fewest_blocks(&Conditions { blocks: 2, ..CONDITIONS }, Duration::from_secs(1)), 2);
    }
}
