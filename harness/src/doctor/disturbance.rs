//! CPU time that the host or the container's quota took away while something ran, from kernel counters that are read
//! before and after.

use harness_record::machine::Disturbance;

use crate::doctor::System;
use crate::doctor::load::{Ticks, ticks};
use crate::doctor::quota::{Periods, periods};

/// Counters of the kernel at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counters {
    ticks: Option<Ticks>,
    periods: Option<Periods>,
}

impl Counters {
    /// Reads the counters.
    pub fn now(system: &System) -> Self {
        Self {
            ticks: ticks(system),
            periods: periods(system),
        }
    }

    /// The disturbance since these counters were read.
    pub fn since(self, system: &System) -> Disturbance {
        self.until(Self::now(system))
    }

    fn until(self, later: Self) -> Disturbance {
        let share = |part: u64, all: u64| {
            if all == 0 {
                0.0
            } else {
                (part as f64 / all as f64).min(1.0)
            }
        };
        Disturbance {
            others: None,
            megahertz: None,
            stolen: self.ticks.zip(later.ticks).map(|(before, after)| {
                share(
                    after.stolen.saturating_sub(before.stolen),
                    after.total.saturating_sub(before.total),
                )
            }),
            throttled: self.periods.zip(later.periods).map(|(before, after)| {
                share(
                    after.throttled.saturating_sub(before.throttled),
                    after.all.saturating_sub(before.all),
                )
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::system::fixture::Fixture;

    #[test]
    fn shares_are_of_the_time_between() {
        let machine = Fixture::of(&[
            (
                "proc/stat",
                "cpu  100 0 0 800 0 0 0 100 0 0\ncpu0 100 0 0 800 0 0 0 100 0 0\n",
            ),
            ("proc/self/cgroup", "0::/\n"),
            ("sys/fs/cgroup/cpu.stat", "nr_periods 10\nnr_throttled 10\n"),
        ]);
        let before = Counters::now(&machine.system);
        assert_eq!(
            before.since(&machine.system),
            Disturbance {
                others: None,
                megahertz: None,
                stolen: Some(0.0),
                throttled: Some(0.0)
            }
        );
        machine.put(
            "proc/stat",
            "cpu  150 0 0 840 0 0 0 110 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\n",
        );
        machine.put("sys/fs/cgroup/cpu.stat", "nr_periods 20\nnr_throttled 12\n");
        assert_eq!(
            before.since(&machine.system),
            Disturbance {
                others: None,
                megahertz: None,
                stolen: Some(0.1),
                throttled: Some(0.2)
            }
        );
        assert_eq!(
            Counters::default().since(&machine.system),
            Disturbance::default()
        );
    }

    #[test]
    fn counters_that_run_backwards_give_shares_from_0_to_1() {
        let ticks = |total, stolen| Counters {
            ticks: Some(Ticks {
                total,
                stolen,
                cpus: 1,
            }),
            periods: None,
        };
        assert_eq!(ticks(100, 50).until(ticks(90, 10)).stolen, Some(0.0));
        assert_eq!(ticks(100, 50).until(ticks(110, 90)).stolen, Some(1.0));
    }
}
