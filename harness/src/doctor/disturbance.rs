//! CPU time that the host or the container's quota took away while something ran, from kernel counters that are read
//! before and after.

use harness_record::machine::Disturbance;

use crate::doctor::System;
use crate::doctor::frequency::megahertz;
use crate::doctor::load::{Ticks, own_ticks, ticks};
use crate::doctor::quota::{Periods, periods};

/// Counters of the kernel at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counters {
    ticks: Option<Ticks>,
    periods: Option<Periods>,
    own: Option<u64>,
    megahertz: Option<(f64, f64)>,
}

impl Counters {
    /// Reads the counters.
    pub fn now(system: &System) -> Self {
        Self {
            ticks: ticks(system),
            periods: periods(system),
            own: own_ticks(system),
            megahertz: megahertz(system),
        }
    }

    /// The disturbance since these counters were read.
    pub fn since(self, system: &System) -> Disturbance {
        self.until(Self::now(system))
    }

    fn until(self, later: Self) -> Disturbance {
        Disturbance {
            others: self.others(&later),
            megahertz: self
                .megahertz
                .zip(later.megahertz)
                .map(|(before, after)| (before.0.min(after.0), before.1.max(after.1))),
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

    /// Share of the CPU time that was used by processes other than this one and those that it started.
    fn others(&self, later: &Self) -> Option<f64> {
        let (before, after) = (self.ticks?, later.ticks?);
        let since = |read: fn(&Ticks) -> u64| read(&after).saturating_sub(read(&before));
        let used = since(|ticks| ticks.total)
            .saturating_sub(since(|ticks| ticks.idle))
            .saturating_sub(since(|ticks| ticks.stolen));
        let own = later.own?.saturating_sub(self.own?);
        Some(share(used.saturating_sub(own), since(|ticks| ticks.total)))
    }
}

fn share(part: u64, all: u64) -> f64 {
    if all == 0 {
        0.0
    } else {
        (part as f64 / all as f64).min(1.0)
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
                idle: 0,
                cpus: 1,
            }),
            ..Counters::default()
        };
        assert_eq!(ticks(100, 50).until(ticks(90, 10)).stolen, Some(0.0));
        assert_eq!(ticks(100, 50).until(ticks(110, 90)).stolen, Some(1.0));
    }

    #[test]
    fn time_of_other_programs_excludes_own_time_and_clock_rates_are_a_range() {
        let stat = |own: [u64; 4]| {
            let [user, system, children, of_system] = own;
            format!(
                "7 (a (b) c) R 1 7 7 0 -1 4 5 6 7 8 {user} {system} {children} {of_system} 20 0 1 0\n"
            )
        };
        let rates = |rates: [f64; 2]| rates.map(|rate| format!("cpu MHz\t\t: {rate}\n")).concat();
        let machine = Fixture::of(&[
            (
                "proc/stat",
                "cpu  100 0 0 800 0 0 0 100 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\n",
            ),
            ("proc/self/stat", &stat([1, 1, 10, 0])),
            ("proc/cpuinfo", &rates([2000.0, 3000.0])),
        ]);
        let before = Counters::now(&machine.system);
        machine.put(
            "proc/stat",
            "cpu  160 0 0 840 0 0 0 100 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\n",
        );
        machine.put("proc/self/stat", &stat([6, 6, 30, 10]));
        machine.put("proc/cpuinfo", &rates([2500.0, 3500.0]));
        let found = before.since(&machine.system);
        // 60 ticks were used, of which 40 by this process and its children.
        assert_eq!(found.others, Some(0.2));
        assert_eq!(found.megahertz, Some((2000.0, 3500.0)));
    }
}
