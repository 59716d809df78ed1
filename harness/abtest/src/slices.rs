//! Estimates the time ratio of a pair of processes from its slices.
//!
//! Two processes take turns in short slices, in blocks of base, head, head, base or the mirror of it, so that a
//! steady drift of the machine cancels within a block. On a shared machine most of the scatter does not come from the
//! program. For some tens of milliseconds another user of the core's caches and units slows everything by a quarter,
//! or the hypervisor takes some microseconds out of a slice. The estimate must ignore that. It must include all time
//! that the program spends, rare slow iterations too: a median over slices would miss that every hundredth iteration
//! takes twice as long.
//!
//! The estimate therefore separates the two by size. Its bulk is the median of differences between slices that were
//! measured close together, which a slow stretch moves alike. To this it adds the mean of the remaining deviations,
//! where a slice counts in full up to 1.25 extra iterations and no further. This is a bounded influence as in Huber
//! ("Robust estimation of a location parameter", Annals of Mathematical Statistics 35, 1964), with the bound fixed in
//! iterations instead of derived from the noise. For slices of a thousand iterations the bound is small and the
//! estimate is nearly the median; for slices of one or two iterations it is nearly the ratio of sums.
//!
//! Limitation: a slowdown in fewer than half of the slices that costs more than 1.25 iterations each time counts as
//! 1.25 iterations.

use serde::{Deserialize, Serialize};

use crate::median;

/// The build that a slice belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The revision that is compared with.
    Base,
    /// The revision that is judged.
    Head,
}

impl Side {
    /// The name of the side in reports.
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
    /// The side whose process ran.
    pub side: Side,
    /// Iterations of the workload.
    pub iterations: u64,
    /// Wall time of all iterations, in nanoseconds.
    pub nanoseconds: u64,
    /// Nanoseconds of the wall time in which the process was ready to run and had no core; 0 if the system does not
    /// report it.
    #[serde(default)]
    pub waited: u64,
}

/// The estimate of one pair, or of one round of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PairEstimate {
    /// ln(head time / base time), finite.
    pub log_ratio: f64,
    /// Nanoseconds per iteration of the base.
    pub base: f64,
    /// Nanoseconds per iteration of the head.
    pub head: f64,
    /// Number of blocks that were used.
    pub blocks: usize,
    /// Number of blocks that were left out because a slice was impossibly short.
    pub left_out: usize,
}

/// Largest deviation of a slice from its expected time that counts in full, in iterations. An iteration that takes
/// twice as long is an effect of the workload; the slice may besides be disturbed by a quarter of an iteration.
const EXTRA_RUNS: f64 = 1.25;

/// A slice shorter than this share of its usual time is impossible: the system reported more waiting time than there
/// was.
const SHORTEST: f64 = 0.5;

/// Estimates the ratio of the two processes of a round from its blocks.
///
/// Waiting time is subtracted. Blocks with an impossibly short slice are left out; if that would leave out more than
/// half of the blocks, all blocks with running time stay. The remaining blocks give the median of the differences
/// within blocks and the bounded mean of the deviations, as the module documentation describes. None if either side
/// has no running time, or none in a complete block.
pub(super) fn round_estimate<B: AsRef<[Slice]>>(blocks: &[B]) -> Option<PairEstimate> {
    let usual = [Side::Base, Side::Head].map(|side| {
        let times = blocks
            .iter()
            .flat_map(|block| block.as_ref())
            .filter(|slice| slice.side == side);
        median(
            &times
                .filter(|slice| slice.iterations > 0)
                .map(Slice::per_run)
                .collect::<Vec<_>>(),
        )
    });
    let [Some(base), Some(head)] = usual else {
        return None;
    };
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
        all()
            .filter(|block| block.iter().all(Slice::has_time))
            .collect()
    };
    let bulk = median(
        &kept
            .iter()
            .copied()
            .flat_map(differences)
            .collect::<Vec<_>>(),
    )?;
    let slices = || kept.iter().copied().flatten();
    let level = median(
        &slices()
            .map(|slice| slice.per_run().ln() - slice.share_of(bulk))
            .collect::<Vec<_>>(),
    )?;
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

/// ln(head time / base time) of every pair of a head slice and a base slice of a block.
fn differences(block: &[Slice]) -> impl Iterator<Item = f64> {
    let of = move |side: Side| block.iter().filter(move |slice| slice.side == side);
    of(Side::Head).flat_map(move |head| {
        of(Side::Base).map(move |base| (head.per_run() / base.per_run()).ln())
    })
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

    /// The difference that applies to the side of this slice: all of it for the head, none for the base.
    fn share_of(&self, difference: f64) -> f64 {
        if self.side == Side::Head {
            difference
        } else {
            0.0
        }
    }

    /// [`EXTRA_RUNS`] as a share of this slice.
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

    /// Blocks that alternately begin with the base and the head. `time` returns the nanoseconds of a slice from its
    /// side and position.
    fn blocks(
        count: usize,
        iterations: u64,
        mut time: impl FnMut(Side, usize) -> u64,
    ) -> Vec<Block> {
        (0..count)
            .map(|block| {
                let [a, b] = if block % 2 == 0 {
                    [Side::Base, Side::Head]
                } else {
                    [Side::Head, Side::Base]
                };
                let mut place = 4 * block;
                [a, b, b, a].map(|side| {
                    let nanoseconds = time(side, place);
                    place += 1;
                    Slice {
                        side,
                        iterations,
                        nanoseconds,
                        waited: 0,
                    }
                })
            })
            .collect()
    }

    fn log_ratio(blocks: &[Block]) -> f64 {
        round_estimate(blocks)
            .expect("both sides have time")
            .log_ratio
    }

    fn steady(side: Side) -> u64 {
        if side == Side::Base { 500_000 } else { 510_000 }
    }

    #[test]
    fn a_steady_pair_gives_its_ratio() {
        let estimate =
            round_estimate(&blocks(20, 5, |side, _| steady(side))).expect("both sides have time");
        assert!((estimate.log_ratio - 1.02_f64.ln()).abs() < 1e-12);
        assert_eq!((estimate.base, estimate.head), (100_000.0, 102_000.0));
        assert_eq!((estimate.blocks, estimate.left_out), (20, 0));
    }

    #[test]
    fn a_slice_that_lost_its_core_adds_at_most_one_and_a_quarter_iterations() {
        for iterations in [1, 10, 1000] {
            let stolen = blocks(20, iterations, |side, place| {
                steady(side) + if place == 7 { 40_000_000 } else { 0 }
            });
            let estimate = round_estimate(&stolen).expect("both sides have time");
            let most = EXTRA_RUNS / (40.0 * iterations as f64);
            assert!(
                (estimate.log_ratio - 1.02_f64.ln()).abs() < most,
                "{iterations}: {estimate:?}"
            );
            assert_eq!((estimate.blocks, estimate.left_out), (20, 0));
        }
    }

    #[test]
    fn known_waiting_is_subtracted() {
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

    /// Another program uses the core's second hardware thread for some tens of milliseconds, from the middle of one
    /// block to the middle of another, and takes up to a fifth of the speed. It affects more slices of one side than
    /// of the other.
    #[test]
    fn a_stretch_of_slowness_does_not_move_it() {
        let mut random = Random::new(11);
        let stretch = |place: usize| {
            if (17..38).contains(&place) {
                0.15 + 0.05 * (place % 3) as f64
            } else {
                0.0
            }
        };
        let slowed = blocks(16, 500, |side, place| {
            (steady(side) as f64 * (1.0 + stretch(place) + 0.002 * random.share())) as u64
        });
        let sums = |side: Side| {
            let of_side = slowed.iter().flatten().filter(|slice| slice.side == side);
            of_side.map(|slice| slice.nanoseconds as f64).sum::<f64>()
        };
        let by_sums = (sums(Side::Head) / sums(Side::Base)).ln();
        assert!(
            (by_sums - 1.02_f64.ln()).abs() > 0.002,
            "the stretch is uneven: {by_sums}"
        );
        assert!(
            (log_ratio(&slowed) - 1.02_f64.ln()).abs() < 0.0005,
            "{}",
            log_ratio(&slowed)
        );
    }

    /// For example every hundredth iteration of the head takes twice as long: a median of slices of one iteration
    /// would never show it.
    #[test]
    fn rare_slow_runs_are_seen() {
        for (percent, iterations) in [
            (1.0, 1),
            (1.0, 8),
            (1.0, 40),
            (0.5, 150),
            (1.0, 1000),
            (5.0, 1),
            (5.0, 60),
            (50.0, 3),
        ] {
            let mut random = Random::new(3);
            let pairs = 200;
            let sum: f64 = (0..pairs)
                .map(|_| {
                    log_ratio(&blocks(60, iterations, |side, _| {
                        let wanted = iterations as f64
                            * (1.0
                                + if side == Side::Head {
                                    percent / 100.0
                                } else {
                                    0.0
                                });
                        let runs = wanted.floor()
                            + if random.share() < wanted.fract() {
                                1.0
                            } else {
                                0.0
                            };
                        (runs * 450_000.0 * (1.0 + 0.06 * (random.share() - 0.5))) as u64
                    }))
                })
                .sum();
            let seen = 100.0 * (sum / f64::from(pairs)).exp_m1();
            assert!(
                (seen / percent - 1.0).abs() < 0.1,
                "{percent} % over {iterations} runs a slice: {seen}"
            );
        }
    }

    /// A fifth of the head's slices take many iterations longer: 25 of 100, or three of one.
    #[test]
    fn rare_large_slowdowns_count_as_one_and_a_quarter_iterations() {
        for (iterations, longer) in [(100, 1_250_000), (1, 4_000_000)] {
            let mut of_head = 0;
            let burdened = blocks(50, iterations, |side, _| {
                of_head += u64::from(side == Side::Head);
                if side == Side::Head && of_head.is_multiple_of(5) {
                    longer
                } else {
                    1_000_000
                }
            });
            let seen = log_ratio(&burdened).exp_m1();
            assert!(
                (seen - 0.25 / iterations as f64).abs() < 1e-4,
                "{iterations}: {seen}"
            );
        }
    }

    #[test]
    fn steady_drift_cancels() {
        let drifting = blocks(40, 4, |_, place| 1_000_000 + 1_000 * place as u64);
        assert!(log_ratio(&drifting).abs() < 1e-12);
    }

    #[test]
    fn slices_that_are_often_short_are_not_left_out() {
        let ragged = blocks(20, 1, |side, place| {
            steady(side) * if place % 4 < 2 { 1 } else { 9 }
        });
        let estimate = round_estimate(&ragged).expect("both sides have time");
        assert_eq!((estimate.blocks, estimate.left_out), (20, 0));
    }

    #[test]
    fn no_time_is_no_estimate() {
        assert_eq!(round_estimate::<Block>(&[]), None);
        assert_eq!(round_estimate(&blocks(3, 0, |side, _| steady(side))), None);
        assert_eq!(round_estimate(&blocks(3, 1, |_, _| 0)), None);
        assert_eq!(
            round_estimate(&blocks(3, 1, |side, _| if side == Side::Base {
                0
            } else {
                5
            })),
            None
        );
        let one_side: Vec<Vec<Slice>> = vec![vec![Slice {
            side: Side::Base,
            iterations: 1,
            nanoseconds: 9,
            waited: 0,
        }]];
        assert_eq!(round_estimate(&one_side), None);
    }

    fn any_blocks() -> impl Strategy<Value = Vec<Block>> {
        let slice = (1..20_u64, 1_000..9_000_000_u64);
        prop::collection::vec((any::<bool>(), prop::array::uniform4(slice)), 1..30)
            .prop_map(in_blocks)
    }

    /// Realistic blocks: equal iterations in all slices, and times that differ by a third at most.
    fn likely_blocks() -> impl Strategy<Value = Vec<Block>> {
        (1..1000_u64).prop_flat_map(|iterations| {
            let slice = (Just(iterations), 800_000..1_070_000_u64);
            prop::collection::vec((any::<bool>(), prop::array::uniform4(slice)), 1..30)
                .prop_map(in_blocks)
        })
    }

    /// Input per block: true if the head is outside, then iterations and nanoseconds of each slice.
    fn in_blocks(blocks: Vec<(bool, [(u64, u64); 4])>) -> Vec<Block> {
        let side = |head: bool| if head { Side::Head } else { Side::Base };
        blocks
            .into_iter()
            .map(|(first, slices)| {
                let mut place = 0;
                slices.map(|(iterations, nanoseconds)| {
                    place += 1;
                    let is_outer = place == 1 || place == 4;
                    Slice {
                        side: side(first == is_outer),
                        iterations,
                        nanoseconds,
                        waited: 0,
                    }
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
