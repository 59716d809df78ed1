//! From the slices that a pair of processes measured to the one ratio that the pair stands for.
//!
//! Two processes take turns in short slices, in blocks that read base, head, head, base or the mirror of it, so that a
//! steady drift of the machine cancels within a block. The estimate has to be two things at once. It must see whatever the
//! bulk of the slices spent, rare slow runs included: a median of slices would not notice that every hundredth run takes
//! twice as long. And a slice that lost its core must not move it. So it is a ratio of sums, over the blocks in which
//! no slice took longer than a slow run or two can explain.

use serde::{Deserialize, Serialize};

use crate::statistics::median;

/// Which build a slice belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The revision compared against.
    Base,
    /// The revision that is judged.
    Head,
}

/// A short stretch in which one of the two processes ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// Which process.
    pub side: Side,
    /// Runs of the workload.
    pub iterations: u64,
    /// Wall time of all of them, nanoseconds.
    pub nanoseconds: u64,
    /// Nanoseconds of it in which the process was ready to run and had no core; 0 where the system does not tell.
    #[serde(default)]
    pub waited: u64,
}

/// What one pair of processes says.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PairEstimate {
    /// ln(head time / base time), finite.
    pub log_ratio: f64,
    /// Nanoseconds a run of the base.
    pub base: f64,
    /// Nanoseconds a run of the head.
    pub head: f64,
    /// Blocks it rests on.
    pub blocks: usize,
    /// Blocks left out because a slice of theirs took far too long.
    pub left_out: usize,
}

/// Runs' worth of time that a slice may take beyond its own before its block is left out: a run that takes twice as long
/// is the workload's doing, more is not.
const EXTRA_RUNS: f64 = 2.0;

/// However many runs a slice has, it may take this share longer.
const EXTRA_SHARE: f64 = 0.25;

/// The pair's ratio from its blocks of slices: time in which a process waited for a core is taken off, blocks with a slice
/// that is far longer than its side's median are left out (all stay if that would be most of them: what is common is not
/// an outlier), and the rest is a ratio of sums. None if either side has no time.
pub fn pair_estimate<B: AsRef<[Slice]>>(blocks: &[B]) -> Option<PairEstimate> {
    let usual = [Side::Base, Side::Head].map(|side| {
        let times = blocks.iter().flat_map(|block| block.as_ref()).filter(|slice| slice.side == side);
        median(&times.filter(|slice| slice.iterations > 0).map(Slice::per_run).collect::<Vec<_>>())
    });
    let [Some(base), Some(head)] = usual else { return None };
    let is_sound = |block: &&B| {
        block.as_ref().iter().all(|slice| {
            let usual = if slice.side == Side::Base { base } else { head };
            let extra = EXTRA_SHARE.max(EXTRA_RUNS / slice.iterations.max(1) as f64);
            slice.iterations > 0 && slice.per_run() <= usual * (1.0 + extra)
        })
    };
    let sound: Vec<&B> = blocks.iter().filter(is_sound).collect();
    let kept = if sound.len() * 2 >= blocks.len() { sound } else { blocks.iter().collect() };
    let [base, head] = [Side::Base, Side::Head].map(|side| mean_run(&kept, side));
    let log_ratio = (head / base).ln();
    log_ratio.is_finite().then_some(PairEstimate {
        log_ratio,
        base,
        head,
        blocks: kept.len(),
        left_out: blocks.len() - kept.len(),
    })
}

/// Nanoseconds a run over all slices of a side.
fn mean_run<B: AsRef<[Slice]>>(blocks: &[&B], side: Side) -> f64 {
    let (mut time, mut runs) = (0, 0);
    for slice in blocks.iter().flat_map(|block| block.as_ref()).filter(|slice| slice.side == side) {
        time += slice.running();
        runs += slice.iterations;
    }
    time as f64 / runs as f64
}

impl Slice {
    fn running(&self) -> u64 {
        self.nanoseconds.saturating_sub(self.waited)
    }

    fn per_run(&self) -> f64 {
        self.running() as f64 / self.iterations as f64
    }
}
