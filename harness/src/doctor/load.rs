//! CPU use of other programs.

use harness_record::machine::{Busy, Load};
use itertools::Itertools;

use crate::doctor::System;

/// The current load; none if unknown.
pub(super) fn load(system: &System) -> Option<Load> {
    load_in(&system.text("proc/loadavg")?)
}

fn load_in(text: &str) -> Option<Load> {
    let mut words = text.split_whitespace();
    let mut next = || {
        words
            .next()?
            .parse()
            .ok()
            .filter(|load: &f64| load.is_finite() && *load >= 0.0)
    };
    Some(Load {
        one: next()?,
        five: next()?,
        fifteen: next()?,
    })
}

/// CPU time of all CPUs since the machine started, in ticks of the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Ticks {
    /// Total, idle time included.
    pub(super) total: u64,
    /// Time in which a CPU was ready to run, but the host ran something else (steal).
    pub(super) stolen: u64,
    /// Time in which a CPU did nothing, or waited for a disk.
    pub(super) idle: u64,
    /// Number of CPUs in the sum.
    pub(super) cpus: u32,
}

/// The CPU time so far; none if unknown.
pub(super) fn ticks(system: &System) -> Option<Ticks> {
    ticks_in(&system.text("proc/stat")?)
}

/// Parses the line `cpu user nice system idle iowait irq softirq steal guest guest_nice`. User time includes guest time
/// already; `man 5 proc_stat`.
fn ticks_in(stat: &str) -> Option<Ticks> {
    const IDLE: usize = 3;
    const WAITING: usize = 4;
    const STEAL: usize = 7;
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let times: Vec<u64> = line.split_whitespace().map(str::parse).try_collect().ok()?;
    let total = times
        .iter()
        .take(STEAL + 1)
        .try_fold(0_u64, |sum, time| sum.checked_add(*time))?;
    let is_cpu = |line: &&str| {
        line.strip_prefix("cpu")
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let cpus = stat.lines().filter(is_cpu).count() as u32;
    Some(Ticks {
        total,
        stolen: *times.get(STEAL)?,
        idle: times.get(IDLE)?.checked_add(*times.get(WAITING)?)?,
        cpus,
    })
}

/// CPU time of this process and of the processes that it started and that have ended, in ticks; none if unknown.
pub(super) fn own_ticks(system: &System) -> Option<u64> {
    own_ticks_in(&system.text("proc/self/stat")?)
}

/// Sums the fields `utime`, `stime`, `cutime` and `cstime` (14 to 17 in `man 5 proc_pid_stat`). The second field is a name
/// in parentheses, which may contain spaces and parentheses.
fn own_ticks_in(stat: &str) -> Option<u64> {
    const BEFORE_UTIME: usize = 11;
    let (_, after_name) = stat.rsplit_once(')')?;
    let times = after_name.split_whitespace().skip(BEFORE_UTIME).take(4);
    let times: Vec<u64> = times.map(str::parse).try_collect().ok()?;
    (times.len() == 4).then(|| {
        times
            .iter()
            .fold(0, |sum: u64, time| sum.saturating_add(*time))
    })
}

/// All processes and the CPU time they have used, at one moment.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tasks: Vec<Task>,
    ticks: Ticks,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Task {
    id: u32,
    /// Start time, in ticks since boot. It identifies a process together with its number: numbers are reused, and names
    /// change.
    started: u64,
    name: String,
    ticks: u64,
}

impl Tasks {
    /// Lists all processes except this one.
    pub fn now(system: &System) -> Self {
        let ids = system
            .names("proc")
            .into_iter()
            .filter_map(|name| name.parse::<u32>().ok());
        let others = ids.filter(|id| *id != std::process::id());
        let stats = others.filter_map(|id| task_in(&system.text(&format!("proc/{id}/stat"))?));
        Self {
            tasks: stats.collect(),
            ticks: ticks(system).unwrap_or_default(),
        }
    }
}

/// The processes that used more than a twentieth of a CPU between two moments, the busiest first.
pub fn busiest(before: &Tasks, after: &Tasks) -> Vec<Busy> {
    const NOTED: f64 = 0.05;
    let elapsed = after.ticks.total.saturating_sub(before.ticks.total) as f64
        / f64::from(after.ticks.cpus.max(1));
    let used = |task: &Task| {
        // A process that is new has used all its time since `before`.
        let earlier = before
            .tasks
            .iter()
            .find(|earlier| (earlier.id, earlier.started) == (task.id, task.started));
        task.ticks
            .saturating_sub(earlier.map_or(0, |earlier| earlier.ticks)) as f64
            / elapsed.max(1.0)
    };
    let busy = after.tasks.iter().map(|task| Busy {
        name: task.name.clone(),
        cpus: used(task),
    });
    busy.filter(|busy| busy.cpus > NOTED)
        .sorted_by(|a, b| b.cpus.total_cmp(&a.cpus))
        .collect()
}

/// Parses `PID (NAME) STATE ...`. The name may contain anything, parentheses included. The 14th and 15th field are
/// times, the 22nd is the start; `man 5 proc_pid_stat`.
fn task_in(stat: &str) -> Option<Task> {
    let (id, rest) = stat.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(") ")?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut field = |skipped: usize| fields.nth(skipped)?.parse::<u64>().ok();
    let ticks = field(0)?.checked_add(field(0)?)?;
    Some(Task {
        id: id.parse().ok()?,
        started: field(6)?,
        name: name.to_owned(),
        ticks,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::doctor::system::fixture::Fixture;

    fn stat(id: u32, name: &str, ticks: u64) -> String {
        format!("{id} ({name}) R 1 1 1 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 1 0 5 0 0\n")
    }

    #[test]
    fn busy_processes_are_listed_with_the_busiest_first() {
        let machine = Fixture::of(&[
            (
                "proc/stat",
                "cpu  100 0 0 900 0 0 0 0 0 0\ncpu0 50 0 0 450 0 0 0 0 0 0\ncpu1 50 0 0 450 0 0 0 0 0 0\n",
            ),
            ("proc/7/stat", &stat(7, "idle", 30)),
            ("proc/8/stat", &stat(8, "renamed", 10)),
            ("proc/loadavg", ""),
        ]);
        let before = Tasks::now(&machine.system);
        // 100 ticks of each CPU go by.
        machine.put(
            "proc/stat",
            "cpu  200 0 0 1000 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0 0 0\n",
        );
        machine.put("proc/8/stat", &stat(8, "a (hog)", 60));
        machine.put("proc/9/stat", &stat(9, "young", 100));
        let busy = busiest(&before, &Tasks::now(&machine.system));
        let listed: Vec<(&str, f64)> = busy
            .iter()
            .map(|busy| (busy.name.as_str(), busy.cpus))
            .collect();
        assert_eq!(listed, [("young", 1.0), ("a (hog)", 0.5)]);
        assert!(busiest(&Tasks::default(), &Tasks::default()).is_empty());
    }

    proptest! {
        #[test]
        fn a_load_is_read(one in 0.0..1e4f64, five in 0.0..1e4f64, fifteen in 0.0..1e4f64, rest in "( [0-9]+/[0-9]+ [0-9]+)?") {
            let load = Load { one, five, fifteen };
            prop_assert_eq!(load_in(&format!("{one} {five} {fifteen}{rest}\n")), Some(load));
        }

        #[test]
        fn guests_are_not_counted_twice(times in prop::array::uniform10(0..1u64 << 40), cpus in 1..9u32) {
            let line = |name: String| format!("{name} {}\n", times.map(|time| time.to_string()).join(" "));
            let lines = (0..cpus).map(|cpu| line(format!("cpu{cpu}"))).collect::<String>();
            let read = ticks_in(&format!("{}{lines}intr 5\n", line("cpu ".to_owned())));
            prop_assert_eq!(read, Some(Ticks { total: times[..8].iter().sum(), stolen: times[7], idle: times[3] + times[4], cpus }));
        }

        #[test]
        fn a_process_is_read_whatever_it_is_called(id in 1..1u32 << 22, name in "[^\0]{0,15}", ticks in 0..1u64 << 40) {
            prop_assert_eq!(task_in(&stat(id, &name, ticks)), Some(Task { id, started: 5, name, ticks }));
        }

        #[test]
        fn no_text_panics(text in ".{0,60}|cpu [0-9 ]{0,60}|[0-9]{1,4} \\(.{0,9}\\) R [0-9 ]{0,60}") {
            prop_assert!(load_in(&text).is_none_or(|load| load.one >= 0.0));
            prop_assert!(ticks_in(&text).is_none_or(|ticks| ticks.stolen <= ticks.total));
            prop_assert!(task_in(&text).is_none_or(|task| text.contains(&task.name)));
        }
    }
}
