//! Finds the times at which the kernel's timer interrupts a core, so that slices can lie between two interrupts.
//!
//! A tick takes tens of microseconds of a virtual machine's core, which is some percent of a short slice. Every slice
//! should therefore contain no tick: otherwise chance decides which slices are longer. Another program that shares
//! the core is scheduled at a tick, so a slice between two ticks is not split.
//!
//! Linux ticks on all cores at the same time (unless it was booted with `skew_tick`) and updates the coarse clock at
//! each tick. The resolution of that clock is the period, and the moment at which its value changes is the end of a
//! tick. If a kernel ticks 1000 times a second, no slice fits between two ticks, and slices are not aligned.

use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};

/// Time reserved for a tick itself and for the delay between the request of a slice and its start, in nanoseconds.
const MARGIN: u64 = 100_000;

/// Periods of kernels that tick 100 to 1000 times a second, in nanoseconds. Other values are rejected: a system that
/// only resembles Linux may report anything.
const PERIODS: std::ops::RangeInclusive<u64> = 1_000_000..=10_000_000;

/// Number of ticks that are observed.
const WATCHED: usize = 5;

/// Longest wait for one tick, in periods.
const PATIENCE: u64 = 10;

/// The times at which ticks end: `end` plus all multiples of `period`, in nanoseconds of the monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tick {
    period: u64,
    end: u64,
}

impl Tick {
    /// Returns the tick of this machine, or none if the system does not reveal it. The first call measures it, which
    /// takes some periods.
    pub(super) fn of_this_machine() -> Option<Self> {
        static FOUND: OnceLock<Option<Tick>> = OnceLock::new();
        *FOUND.get_or_init(Self::find)
    }

    fn find() -> Option<Self> {
        let period = nanoseconds(clock_getres(ClockId::MonotonicCoarse));
        if !PERIODS.contains(&period) {
            return None;
        }
        Self::from_moments(
            period,
            &(0..WATCHED)
                .map(|_| next_change(period))
                .collect::<Option<Vec<_>>>()?,
        )
    }

    /// Computes the tick from moments at which the end of a tick was observed. Some are late because another program
    /// had the core, so this takes the moment whose distances to the others, modulo the period, have the smallest
    /// sum.
    fn from_moments(period: u64, moments: &[u64]) -> Option<Self> {
        let apart = |a: u64, b: u64| (a % period).abs_diff(b % period);
        let away = |end: u64| {
            moments
                .iter()
                .map(|&other| apart(end, other).min(period - apart(end, other)))
                .sum::<u64>()
        };
        let end = moments.iter().copied().min_by_key(|&end| away(end))? % period;
        Some(Self { period, end })
    }

    /// Sleeps until a slice of this length will not be interrupted. Returns at once if the slice is too long for a
    /// period.
    pub(super) fn make_room(&self, slice: Duration) {
        let slice = u64::try_from(slice.as_nanos()).unwrap_or(u64::MAX);
        thread::sleep(Duration::from_nanos(self.wait(now(), slice)));
    }

    /// Time to wait at `now` before a slice of length `slice`, all in nanoseconds.
    fn wait(&self, now: u64, slice: u64) -> u64 {
        let gone = (now + self.period - self.end) % self.period;
        let needed = slice.saturating_add(MARGIN);
        if needed > self.period || gone + needed <= self.period {
            0
        } else {
            self.period - gone
        }
    }
}

/// Returns the moment at which the coarse clock changes; none if it stands still.
fn next_change(period: u64) -> Option<u64> {
    let (began, before) = (now(), clock_gettime(ClockId::MonotonicCoarse));
    loop {
        let changed = clock_gettime(ClockId::MonotonicCoarse) != before;
        let moment = now();
        if changed || moment > began + PATIENCE * period {
            return changed.then_some(moment);
        }
    }
}

fn now() -> u64 {
    nanoseconds(clock_gettime(ClockId::Monotonic))
}

fn nanoseconds(time: Timespec) -> u64 {
    u64::try_from(time.tv_sec * 1_000_000_000 + time.tv_nsec).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PERIOD: u64 = 4_000_000;

    #[test]
    fn a_slice_waits_only_if_a_tick_would_interrupt_it() {
        let tick = Tick {
            period: PERIOD,
            end: 30_000,
        };
        assert_eq!(tick.wait(30_000, 800_000), 0);
        assert_eq!(tick.wait(7 * PERIOD + 3_130_000, 800_000), 0);
        assert_eq!(tick.wait(7 * PERIOD + 3_130_001, 800_000), 899_999);
        assert_eq!(tick.wait(10_000, 800_000), 20_000);
    }

    #[test]
    fn a_slice_too_long_for_a_period_does_not_wait() {
        let tick = Tick {
            period: PERIOD,
            end: 0,
        };
        assert_eq!(tick.wait(3_900_000, PERIOD - MARGIN), 100_000);
        assert_eq!(tick.wait(3_900_000, PERIOD - MARGIN + 1), 0);
        assert_eq!(tick.wait(3_900_000, u64::MAX), 0);
    }

    /// How far the ticks of this machine are from the phase that was found, in nanoseconds; none on other systems.
    fn delays() -> Option<(Tick, Vec<u64>)> {
        let tick = Tick::of_this_machine()?;
        let moments = (0..20).filter_map(|_| next_change(tick.period));
        let late = moments.map(|moment| (moment + tick.period - tick.end) % tick.period);
        let late = late.collect();
        Some((tick, late))
    }

    #[test]
    fn ticks_of_this_machine_keep_their_phase() {
        // While other programs use all cores, ticks may be observed late, so one attempt in ten is enough.
        let mut attempts = (0..10).filter_map(|_| delays()).peekable();
        if attempts.peek().is_none() {
            return;
        }
        let keeps_phase = |(tick, late): (Tick, Vec<u64>)| {
            assert!(
                PERIODS.contains(&tick.period) && tick.end < tick.period,
                "{tick:?}"
            );
            let margin = tick.period / 8;
            let soon = late
                .iter()
                .filter(|&&late| late < margin || late > tick.period - margin);
            soon.count() * 2 > late.len()
        };
        assert!(attempts.any(keeps_phase), "no attempt found the phase");
    }

    proptest! {
        #[test]
        fn one_late_moment_does_not_matter(
            end in 0..PERIOD,
            late in prop::collection::vec(0..100_000_u64, 3..9),
            place in 0..9_usize,
            latest in 0..PERIOD,
        ) {
            // One moment is late by an arbitrary time.
            let mut late = late;
            let place = place % late.len();
            late[place] = latest;
            let moments: Vec<u64> = late.iter().zip(5..).map(|(late, at)| at * PERIOD + end + late).collect();
            let found = Tick::from_moments(PERIOD, &moments).expect("moments").end;
            prop_assert!((found + PERIOD - end) % PERIOD < 100_000 || PERIOD - latest < 200_000, "{} {:?}", found, late);
        }

        #[test]
        fn after_waiting_the_slice_fits(end in 0..PERIOD, now in 0..100 * PERIOD, slice in 0..PERIOD - MARGIN) {
            let tick = Tick { period: PERIOD, end };
            let begin = now + tick.wait(now, slice);
            let gone = (begin + PERIOD - end) % PERIOD;
            prop_assert!(gone + slice + MARGIN <= PERIOD, "{} {}", begin, gone);
        }
    }
}
