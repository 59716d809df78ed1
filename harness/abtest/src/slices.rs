//! From the slices that a pair of processes measured to the one ratio that the pair stands for.
//!
//! Two processes take turns in short slices, in blocks that read base, head, head, base or the mirror of it, so that a
//! steady drift of the machine cancels within a block. On a shared machine most of what scatters is none of the program's:
//! for some tens of milliseconds whoever shares the core's caches and units makes everything a quarter slower, or the
//! hypervisor takes some microseconds out of a slice. The estimate must not follow that, and must see whatever the slices
//! spent that is the program's, rare slow runs included: a median of slices would not notice that every hundredth run
//! takes twice as long.
//!
//! So the two are told apart by size. The bulk of the difference is a median over slices that were measured next to each other,
//! which a stretch of slowness moves alike. To it comes the mean of what the slices spent beside that, in which a slice
//! counts in full as far as one and a quarter more runs would go, and not beyond (a step towards Huber's estimator of 1964,
//! with the bound set by what is measured instead of by the noise). Where a slice is a thousand runs, that is little, and the
//! estimate is nearly the median; where it is one or two, it is nearly the ratio of sums. What it cannot
//! see: a slowdown that is in fewer than half of the slices, and costs more than that each time, is seen as one run and a quarter.

use serde::{Deserialize, Serialize};

use crate::median;

/// Which build a slice belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The revision compared against.
    Base,
    /// The revision that is judged.
    Head,
}

impl Side {
    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Head => "head",
        }
    }
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

/// What one pair of processes says, or one round of it.
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
    /// Blocks left out because a slice of theirs was impossibly short.
    pub left_out: usize,
}

/// Runs' worth of time by which a slice's time may differ from the usual and count in full: a run that takes twice as long is the
/// workload's doing, and may beside that be disturbed by a quarter of a run.
const EXTRA_RUNS: f64 = 1.25;

/// A slice that seems to have run for less than this share of its usual time did not: the system told more waiting than there
/// was.
const SHORTEST: f64 = 0.5;

/// The ratio of the two processes of a round from its blocks of slices. Time in which a process waited for a core is taken off;
/// blocks with a slice that is impossibly short are left out (all that have time stay if that would be most of them); the rest
/// gives the median of the differences within blocks and the mean of what is beyond it, as the module tells. None if
/// either side has no time, or none that is in a whole block.
pub(super) fn round_estimate<B: AsRef<[Slice]>>(blocks: &[B]) -> Option<PairEstimate> {
    let usual = [Side::Base, Side::Head].map(|side| {
        let times = blocks.iter().flat_map(|block| block.as_ref()).filter(|slice| slice.side == side);
        median(&times.filter(|slice| slice.iterations > 0).map(Slice::per_run).collect::<Vec<_>>())
    });
    let [Some(base), Some(head)] = usual else { return None };
    let is_sound = |block: &&[Slice]| {
        block.iter().all(|slice| {
            let usual = if slice.side == Side::Base { base } else { head };
            slice.has_time() && slice.per_run() >= usual * SHORTEST
        })
    };
    let all = || blocks.iter().map(AsRef::as_ref);
    let sound: Vec<&[Slice]> = all().filter(is_sound).collect();
    let kept = if sound.len() * 2 >= blocks.len() {
        sound
    } else {
        all().filter(|block| block.iter().all(Slice::has_time)).collect()
    };
    let bulk = median(&kept.iter().copied().flat_map(differences).collect::<Vec<_>>())?;
    let slices = || kept.iter().copied().flatten();
    let level = median(&slices().map(|slice| slice.per_run().ln() - slice.share_of(bulk)).collect::<Vec<_>>())?;
    let mean = |side: Side| {
        let times = slices().filter(|slice| slice.side == side).map(|slice| {
            let (usual, most) = ((level + slice.share_of(bulk)).exp(), 1.0 + slice.extra());
            slice.per_run().clamp(usual / most, usual * most)
        });
        let times: Vec<f64> = times.collect();
        times.iter().sum::<f64>() / times.len() as f64
    };
    let (base, head) = (mean(Side::Base), mean(Side::Head));
    let log_ratio = (head / base).ln();
    log_ratio.is_finite().then_some(PairEstimate {
        log_ratio,
        base,
        head,
        blocks: kept.len(),
        left_out: blocks.len() - kept.len(),
    })
}

/// ln(head time / base time) of every slice of the head with every slice of the base of a block.
fn differences(block: &[Slice]) -> impl Iterator<Item = f64> {
    let of = move |side: Side| block.iter().filter(move |slice| slice.side == side);
    of(Side::Head).flat_map(move |head| of(Side::Base).map(move |base| (head.per_run() / base.per_run()).ln()))
}

impl Slice {
    fn running(&self) -> u64 {
        self.nanoseconds.saturating_sub(self.waited)
    }

    fn per_run(&self) -> f64 {
        self.running() as f64 / self.iterations as f64
    }

    fn has_time(&self) -> bool {
        self.iterations > 0 && self.running() > 0
    }

    /// Its side's part of the difference between the two.
    fn share_of(&self, difference: f64) -> f64 {
        if self.side == Side::Head { difference } else { 0.0 }
    }

    /// The share of it that the extra runs are.
    fn extra(&self) -> f64 {
        EXTRA_RUNS / self.iterations.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Random;

    type Block = [Slice; 4];

    /// Blocks in turn base-first and head-first; `time` gives the nanoseconds of a slice from its side and its place.
    fn blocks(count: usize, iterations: u64, mut time: impl FnMut(Side, usize) -> u64) -> Vec<Block> {
        (0..count)
            .map(|block| {
                let [a, b] = if block % 2 == 0 { [Side::Base, Side::Head] } else { [Side::Head, Side::Base] };
                let mut place = 4 * block;
                [a, b, b, a].map(|side| {
                    let nanoseconds = time(side, place);
                    place += 1;
                    Slice { side, iterations, nanoseconds, waited: 0 }
                })
            })
            .collect()
    }

    fn log_ratio(blocks: &[Block]) -> f64 {
        round_estimate(blocks).expect("both sides have time").log_ratio
    }

    fn steady(side: Side) -> u64 {
        if side == Side::Base { 500_000 } else { 510_000 }
    }

    #[test]
    fn a_steady_pair_gives_its_ratio() {
        let estimate = round_estimate(&blocks(20, 5, |side, _| steady(side))).expect("both sides have time");
        assert!((estimate.log_ratio - 1.02_f64.ln()).abs() < 1e-12);
        assert_eq!((estimate.base, estimate.head), (100_000.0, 102_000.0));
        assert_eq!((estimate.blocks, estimate.left_out), (20, 0));
    }

    #[test]
    fn a_slice_that_lost_its_core_moves_it_by_a_run_and_a_quarter() {
        for iterations in [1, 10, 1000] {
            let stolen = blocks(20, iterations, |side, place| steady(side) + if place == 7 { 40_000_000 } else { 0 });
            let estimate = round_estimate(&stolen).expect("both sides have time");
            let most = EXTRA_RUNS / (40.0 * iterations as f64);
            assert!((estimate.log_ratio - 1.02_f64.ln()).abs() < most, "{iterations}: {estimate:?}");
            assert_eq!((estimate.blocks, estimate.left_out), (20, 0));
        }
    }

    #[test]
    fn known_waiting_is_taken_off() {
        let mut hogged = blocks(20, 1, |side, _| steady(side));
        for slice in hogged.iter_mut().flatten().step_by(3) {
            slice.nanoseconds += 3_000_000;
            slice.waited = 3_000_000;
        }
        let estimate = round_estimate(&hogged).expect("both sides have time");
        assert!((estimate.log_ratio - 1.02_f64.ln()).abs() < 1e-12);
        assert_eq!(estimate.left_out, 0);
    }

    #[test]
    fn more_waiting_than_there_was_does_not_move_it() {
        let mut hogged = blocks(20, 10, |side, _| steady(side));
        hogged[7][2].waited = 2 * hogged[7][2].nanoseconds;
        let estimate = round_estimate(&hogged).expect("both sides have time");
        assert!((estimate.log_ratio - 1.02_f64.ln()).abs() < 1e-12);
        assert_eq!((estimate.blocks, estimate.left_out), (19, 1));
    }

    /// Somebody else is on the core's other half for some tens of milliseconds, from the middle of a block to the middle of
    /// another, and takes up to a fifth of it: more slices of the one side than of the other.
    #[test]
    fn a_stretch_of_slowness_does_not_move_it() {
        let mut random = Random::new(11);
        let stretch = |place: usize| if (17..38).contains(&place) { 0.15 + 0.05 * (place % 3) as f64 } else { 0.0 };
        let slowed = blocks(16, 500, |side, place| {
            (steady(side) as f64 * (1.0 + stretch(place) + 0.002 * random.share())) as u64
        });
        let sums = |side: Side| {
            let of_side = slowed.iter().flatten().filter(|slice| slice.side == side);
            of_side.map(|slice| slice.nanoseconds as f64).sum::<f64>()
        };
        let by_sums = (sums(Side::Head) / sums(Side::Base)).ln();
        assert!((by_sums - 1.02_f64.ln()).abs() > 0.002, "the stretch is uneven: {by_sums}");
        assert!((log_ratio(&slowed) - 1.02_f64.ln()).abs() < 0.0005, "{}", log_ratio(&slowed));
    }

    /// Every hundredth run of the head takes twice as long: a median of slices of one run would never see it.
    #[test]
    fn rare_slow_runs_are_seen() {
        for (percent, iterations) in
            [(1.0, 1), (1.0, 8), (1.0, 40), (0.5, 150), (1.0, 1000), (5.0, 1), (5.0, 60), (50.0, 3)]
        {
            let mut random = Random::new(3);
            let pairs = 200;
            let sum: f64 = (0..pairs)
                .map(|_| {
                    log_ratio(&blocks(60, iterations, |side, _| {
                        let wanted = iterations as f64 * (1.0 + if side == Side::Head { percent / 100.0 } else { 0.0 });
                        let runs = wanted.floor() + if random.share() < wanted.fract() { 1.0 } else { 0.0 };
                        (runs * 450_000.0 * (1.0 + 0.06 * (random.share() - 0.5))) as u64
                    }))
                })
                .sum();
            let seen = 100.0 * (sum / f64::from(pairs)).exp_m1();
            assert!((seen / percent - 1.0).abs() < 0.1, "{percent} % over {iterations} runs a slice: {seen}");
        }
    }

    /// A fifth of the head's slices take so much longer that it is many runs: 25 of 100, or three of one.
    #[test]
    fn what_is_rare_and_large_counts_as_a_run_and_a_quarter() {
        for (iterations, longer) in [(100, 1_250_000), (1, 4_000_000)] {
            let mut of_head = 0;
            let burdened = blocks(50, iterations, |side, _| {
                of_head += u64::from(side == Side::Head);
                if side == Side::Head && of_head.is_multiple_of(5) { longer } else { 1_000_000 }
            });
            let seen = log_ratio(&burdened).exp_m1();
            assert!((seen - 0.25 / iterations as f64).abs() < 1e-4, "{iterations}: {seen}");
        }
    }

    #[test]
    fn steady_drift_cancels() {
        let drifting = blocks(40, 4, |_, place| 1_000_000 + 1_000 * place as u64);
        assert!(log_ratio(&drifting).abs() < 1e-12);
    }

    #[test]
    fn what_is_common_is_not_left_out() {
        let ragged = blocks(20, 1, |side, place| steady(side) * if place % 4 < 2 { 1 } else { 9 });
        let estimate = round_estimate(&ragged).expect("both sides have time");
        assert_eq!((estimate.blocks, estimate.left_out), (20, 0));
    }

    #[test]
    fn no_time_is_no_estimate() {
        assert_eq!(round_estimate::<Block>(&[]), None);
        assert_eq!(round_estimate(&blocks(3, 0, |side, _| steady(side))), None);
        assert_eq!(round_estimate(&blocks(3, 1, |_, _| 0)), None);
        assert_eq!(round_estimate(&blocks(3, 1, |side, _| if side == Side::Base { 0 } else { 5 })), None);
        let one_side: Vec<Vec<Slice>> =
            vec![vec![Slice { side: Side::Base, iterations: 1, nanoseconds: 9, waited: 0 }]];
        assert_eq!(round_estimate(&one_side), None);
    }

    fn any_blocks() -> impl Strategy<Value = Vec<Block>> {
        let slice = (1..20_u64, 1_000..9_000_000_u64);
        prop::collection::vec((any::<bool>(), prop::array::uniform4(slice)), 1..30).prop_map(in_blocks)
    }

    /// As they are measured: the same runs in each, and times that differ by a third at most.
    fn likely_blocks() -> impl Strategy<Value = Vec<Block>> {
        (1..1000_u64).prop_flat_map(|iterations| {
            let slice = (Just(iterations), 800_000..1_070_000_u64);
            prop::collection::vec((any::<bool>(), prop::array::uniform4(slice)), 1..30).prop_map(in_blocks)
        })
    }

    /// Of each block whether the head is outside, and iterations and nanoseconds of its slices.
    fn in_blocks(blocks: Vec<(bool, [(u64, u64); 4])>) -> Vec<Block> {
        let side = |head: bool| if head { Side::Head } else { Side::Base };
        blocks
            .into_iter()
            .map(|(first, slices)| {
                let mut place = 0;
                slices.map(|(iterations, nanoseconds)| {
                    place += 1;
                    let is_outer = place == 1 || place == 4;
                    Slice { side: side(first == is_outer), iterations, nanoseconds, waited: 0 }
                })
            })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn swapping_the_sides_turns_the_ratio_over(blocks in prop_oneof![any_blocks(), likely_blocks()]) {
            let mut swapped = blocks.clone();
            for slice in swapped.iter_mut().flatten() {
                slice.side = if slice.side == Side::Base { Side::Head } else { Side::Base };
            }
            prop_assert!((log_ratio(&blocks) + log_ratio(&swapped)).abs() < 1e-12);
        }

        #[test]
        fn the_order_of_blocks_and_the_unit_of_time_do_not_matter(blocks in any_blocks(), unit in 1..1000_u64) {
            let mut other = blocks.clone();
            other.reverse();
            other.iter_mut().flatten().for_each(|slice| slice.nanoseconds *= unit);
            prop_assert!((log_ratio(&blocks) - log_ratio(&other)).abs() < 1e-9);
        }
    }
}
