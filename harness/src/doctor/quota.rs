//! The CPU quota of the container: the bandwidth limits of control groups, version 1 and 2.
//!
//! A process that has used up its quota is suspended until the next period (usually 100 ms), in the middle of whatever
//! it measures. Every group above its own can have a limit, and the tightest applies. Formats:
//! <https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files> and
//! <https://docs.kernel.org/scheduler/sched-bwc.html>.

use std::iter::successors;

use itertools::Itertools;

use crate::doctor::System;

/// Mount points of version 2 groups: alone, or beside groups of version 1.
const UNIFIED: [&str; 2] = ["sys/fs/cgroup", "sys/fs/cgroup/unified"];

/// The quota of this process in CPUs, the tightest of all its groups; none without a limit.
pub(super) fn quota(system: &System) -> Option<f64> {
    let quotas = folders(system).into_iter().filter_map(|folder| {
        let at = |name: &str| system.text(&format!("{folder}/{name}"));
        match at("cpu.max") {
            Some(max) => max_in(&max),
            // A quota of -1 means no limit.
            None => share(&at("cpu.cfs_quota_us")?, &at("cpu.cfs_period_us")?),
        }
    });
    quotas.min_by(f64::total_cmp)
}

/// Number of periods with a quota, and of those in which it was used up, in the group where that happened most often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Periods {
    pub(super) all: u64,
    pub(super) throttled: u64,
}

/// The periods so far; none if unknown.
pub(super) fn periods(system: &System) -> Option<Periods> {
    let found = folders(system)
        .into_iter()
        .filter_map(|folder| periods_in(&system.text(&format!("{folder}/cpu.stat"))?));
    found.max_by_key(|periods| (periods.throttled, periods.all))
}

/// The folders of the groups that can limit this process's CPU time, its own first.
fn folders(system: &System) -> Vec<String> {
    let groups = system.text("proc/self/cgroup").unwrap_or_default();
    let mut folders = Vec::new();
    for (controllers, path) in groups.lines().filter_map(group_in) {
        let mounts: Vec<String> = match controllers {
            "" => UNIFIED.map(str::to_owned).to_vec(),
            list if list.split(',').any(|name| name == "cpu") => {
                vec![
                    format!("sys/fs/cgroup/{list}"),
                    "sys/fs/cgroup/cpu".to_owned(),
                ]
            }
            _ => continue,
        };
        for mount in mounts {
            // In a container the path can be that of the host, of which only the top is mounted.
            let paths = successors(Some(path.trim_matches('/')), |path| {
                (!path.is_empty()).then(|| path.rsplit_once('/').map_or("", |(above, _)| above))
            });
            folders.extend(
                paths.map(|path| format!("{mount}/{path}").trim_end_matches('/').to_owned()),
            );
        }
    }
    folders.into_iter().unique().collect()
}

/// The controllers and the path of a line such as `4:cpu,cpuacct:/docker/1` or `0::/user.slice`. Paths with `..` are
/// rejected.
fn group_in(line: &str) -> Option<(&str, &str)> {
    let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
    let is_within = path.starts_with('/') && path.split('/').all(|part| part != "..");
    is_within.then_some((controllers, path))
}

/// Reads `QUOTA PERIOD` in microseconds; none for `max PERIOD`.
fn max_in(text: &str) -> Option<f64> {
    let (quota, period) = text.trim().split_once(' ')?;
    share(quota, period)
}

fn share(quota: &str, period: &str) -> Option<f64> {
    let (quota, period): (u64, u64) = (quota.trim().parse().ok()?, period.trim().parse().ok()?);
    (quota > 0 && period > 0).then(|| quota as f64 / period as f64)
}

fn periods_in(stat: &str) -> Option<Periods> {
    let value = |name: &str| {
        let line = stat
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        line.trim().parse().ok()
    };
    Some(Periods {
        all: value("nr_periods")?,
        throttled: value("nr_throttled")?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::doctor::system::fixture::Fixture;

    #[test]
    fn the_tightest_group_of_version_2_applies() {
        let machine = Fixture::of(&[
            ("proc/self/cgroup", "0::/kube/pod/box\n"),
            ("sys/fs/cgroup/kube/pod/box/cpu.max", "max 100000\n"),
            ("sys/fs/cgroup/kube/pod/cpu.max", "150000 100000\n"),
            ("sys/fs/cgroup/kube/cpu.max", "400000 100000\n"),
            (
                "sys/fs/cgroup/kube/pod/cpu.stat",
                "usage_usec 9\nnr_periods 40\nnr_throttled 3\nthrottled_usec 7\n",
            ),
        ]);
        assert_eq!(quota(&machine.system), Some(1.5));
        assert_eq!(
            periods(&machine.system),
            Some(Periods {
                all: 40,
                throttled: 3
            })
        );
    }

    #[test]
    fn version_1_is_read_where_a_container_sees_only_the_top_of_its_path() {
        let machine = Fixture::of(&[
            (
                "proc/self/cgroup",
                "9:name=systemd:/\n4:cpu,cpuacct:/docker/0123\n0::/\n",
            ),
            ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n"),
            ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
            (
                "sys/fs/cgroup/cpu,cpuacct/cpu.stat",
                "nr_periods 5\nnr_throttled 0\nthrottled_time 0\n",
            ),
        ]);
        assert_eq!(quota(&machine.system), Some(0.5));
        assert_eq!(
            periods(&machine.system),
            Some(Periods {
                all: 5,
                throttled: 0
            })
        );
        machine.put("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
        assert_eq!(quota(&machine.system), None);
    }

    #[test]
    fn without_groups_there_is_no_quota() {
        assert_eq!(quota(&Fixture::of(&[]).system), None);
        assert_eq!(periods(&Fixture::of(&[]).system), None);
        let outside = Fixture::of(&[
            ("proc/self/cgroup", "0::/../x\n"),
            ("sys/fs/x/cpu.max", "1 2\n"),
        ]);
        assert_eq!(quota(&outside.system), None);
    }

    proptest! {
        #[test]
        fn a_quota_is_its_share_of_the_period(quota in 1..1u64 << 40, period in 1..1u64 << 30) {
            prop_assert_eq!(max_in(&format!("{quota} {period}\n")), Some(quota as f64 / period as f64));
            prop_assert_eq!(share(&format!("{quota}\n"), &format!("{period}\n")), max_in(&format!("{quota} {period}")));
            prop_assert_eq!(max_in(&format!("max {period}\n")), None);
        }

        #[test]
        fn periods_are_found_among_other_lines(all in any::<u64>(), throttled in any::<u64>(), noise in "([a-z_]{1,9} [0-9]{1,9}\n){0,4}") {
            let text = format!("{noise}nr_periods {all}\nnr_throttled {throttled}\n");
            prop_assert_eq!(periods_in(&text), Some(Periods { all, throttled }));
        }

        #[test]
        fn no_text_panics(text in ".{0,60}|[0-9]{0,5} [0-9]{0,5}|[0-9]:[a-z,]{0,9}:/[a-z./]{0,20}") {
            prop_assert!(max_in(&text).is_none_or(|cpus| cpus > 0.0 && cpus.is_finite()));
            prop_assert!(group_in(&text).is_none_or(|(_, path)| !path.contains("/../")));
            prop_assert!(periods_in(&text).is_none() || text.contains("nr_periods"));
        }
    }
}
