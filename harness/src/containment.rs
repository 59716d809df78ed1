//! Containment of measured programs: their memory is limited, and everything that they started ends with them.
//!
//! A process group ends with one signal, but a program leaves its group by `setsid` and its parent by a second `fork`, as
//! daemons do. On Linux the harness therefore becomes the parent of all orphans below it (`PR_SET_CHILD_SUBREAPER`). When
//! no measured program runs any more, each child of the harness that it did not start itself is an orphan of one, and is
//! killed. Children that belong to the group of the harness are its own: a measured program has a session of its own, from
//! which no process can join a group of another session. Other systems have neither this call nor `/proc`; there only the group ends.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use std::{fs, thread};

use rustix::process::{
    Pid, Resource, Rlimit, Signal, WaitOptions, getpgrp, getpid, getrlimit, kill_process,
    setrlimit, setsid, waitpid,
};

use crate::keeper;

/// Marks a command as a measured program, and contains its limit of memory in bytes. The program does not get it.
pub(crate) const MARK: &str = "HARNESS_MEMORY_LIMIT";
/// The value without a limit.
const UNLIMITED: &str = "none";
/// Memory of valgrind for each byte of the program that it runs, and besides.
const OF_VALGRIND: (u64, u64) = (2, 1 << 30);
/// Times that orphans are sought: each time those appear whose parents were killed before.
const SEARCHES: usize = 50;
/// Pause between two searches.
const PAUSE: Duration = Duration::from_millis(5);

/// Measured programs that run.
static MEASURED: Mutex<Measured> = Mutex::new(Measured {
    running: 0,
    since: 0,
});

/// A program that the harness runs in the foreground. While this is alive, it is not taken for an orphan.
#[derive(Debug)]
pub(crate) struct Spared(i32);

static SPARED: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

struct Measured {
    running: usize,
    /// Start of the first of them, in ticks of the kernel.
    since: u64,
}

/// A line of `/proc/PID/stat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Process {
    id: i32,
    parent: i32,
    group: i32,
    /// In ticks of the kernel since it was booted.
    start: u64,
    ended: bool,
}

/// A measured program that runs. When it ends, [`Contained::end`] must be called.
#[derive(Debug)]
pub(crate) struct Contained(());

/// Marks a command as a measured program with this limit of memory, in bytes.
pub(crate) fn mark(command: &mut Command, memory: Option<u64>) {
    let limit = memory.map_or_else(|| UNLIMITED.to_owned(), |bytes| bytes.to_string());
    command.env(MARK, limit);
}

/// Raises the limit of a marked command that valgrind runs.
pub(crate) fn allow_valgrind(command: &mut Command) {
    if let Some(bytes) = marked(command).and_then(|limit| limit.parse::<u64>().ok()) {
        let (times, more) = OF_VALGRIND;
        mark(
            command,
            Some(bytes.saturating_mul(times).saturating_add(more)),
        );
    }
}

fn marked(command: &Command) -> Option<String> {
    let (_, value) = command
        .get_envs()
        .find(|(name, _)| *name == OsStr::new(MARK))?;
    Some(value?.to_string_lossy().into_owned())
}

/// Applies the limit of a marked command to the process that it will start, which will lead a session and a group; none
/// if the command is not marked.
pub(crate) fn apply(command: &mut Command) -> Option<Contained> {
    let limit = marked(command)?;
    command.env_remove(MARK);
    // A session of its own: no descendant can then join the group of the harness, or write to its terminal.
    // SAFETY: the closure calls only `setsid`, which may be called between `fork` and `exec`.
    unsafe { command.pre_exec(|| setsid().map(drop).map_err(io::Error::from)) };
    if let Ok(bytes) = limit.parse::<u64>() {
        // A limit that the harness itself has cannot be raised.
        let bytes = getrlimit(Resource::Data)
            .maximum
            .map_or(bytes, |own| own.min(bytes));
        let limit = Rlimit {
            current: Some(bytes),
            maximum: Some(bytes),
        };
        // SAFETY: the closure calls only `setrlimit`, which may be called between `fork` and `exec`.
        unsafe {
            command.pre_exec(move || setrlimit(Resource::Data, limit).map_err(io::Error::from));
        }
    }
    let mut measured = measured();
    if measured.running == 0 {
        measured.since = adopt_orphans();
    }
    measured.running += 1;
    Some(Contained(()))
}

impl Contained {
    /// Ends what measured programs left behind, unless another one still runs. `own` are children that the harness
    /// started by itself; they stay.
    pub(crate) fn end(self, own: &BTreeSet<i32>) {
        let mut measured = measured();
        measured.running = measured.running.saturating_sub(1);
        if measured.running == 0 {
            kill_orphans(own, measured.since);
        }
    }
}

impl Spared {
    pub(crate) fn new(id: Pid) -> Self {
        let id = id.as_raw_nonzero().get();
        spared().insert(id);
        Self(id)
    }
}

impl Drop for Spared {
    fn drop(&mut self) {
        spared().remove(&self.0);
    }
}

fn spared() -> MutexGuard<'static, BTreeSet<i32>> {
    SPARED
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn measured() -> MutexGuard<'static, Measured> {
    MEASURED
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Makes this process the parent of orphans below it. Returns the time, in ticks of the kernel.
fn adopt_orphans() -> u64 {
    #[cfg(target_os = "linux")]
    {
        // Without it, orphans escape, as on other systems.
        let _ = rustix::process::set_child_subreaper(Some(getpid()));
        // The kernel rounds down, so a process that starts now has this start or a later one.
        uptime().unwrap_or_default()
    }
    #[cfg(not(target_os = "linux"))]
    0
}

/// The time since the system was booted, in hundredths of a second: the ticks of `/proc` on Linux.
#[cfg(target_os = "linux")]
fn uptime() -> Option<u64> {
    let text = fs::read_to_string("/proc/uptime").ok()?;
    let (whole, hundredths) = text.split_ascii_whitespace().next()?.split_once('.')?;
    Some(whole.parse::<u64>().ok()? * 100 + hundredths.parse::<u64>().ok()?)
}

fn kill_orphans(own: &BTreeSet<i32>, since: u64) {
    for search in 0..SEARCHES {
        if search > 0 {
            thread::sleep(PAUSE);
        }
        let me = getpid().as_raw_nonzero().get();
        let mine = getpgrp().as_raw_nonzero().get();
        let all = processes();
        let is_orphan = |process: &&Process| {
            process.parent == me
                && process.start >= since
                && !own.contains(&process.id)
                && process.group != mine
                && process.id != keeper::id()
                && !spared().contains(&process.id)
        };
        let orphans: Vec<&Process> = all.iter().filter(is_orphan).collect();
        if orphans.is_empty() {
            return;
        }
        for orphan in orphans {
            for below in descendants_in(&all, orphan.id) {
                kill(below);
            }
            kill(orphan.id);
            // Removes it from the table of processes if it has ended already; otherwise the next search does.
            let _ = waitpid(Pid::from_raw(orphan.id), WaitOptions::NOHANG);
        }
    }
}

fn kill(id: i32) {
    if let Some(id) = Pid::from_raw(id) {
        // An error is ignored: it has ended meanwhile.
        let _ = kill_process(id, Signal::KILL);
    }
}

/// Kills the descendants of a process that are not in its group any more.
pub(crate) fn kill_descendants(of: Pid) {
    let of = of.as_raw_nonzero().get();
    descendants_in(&processes(), of).into_iter().for_each(kill);
}

fn descendants_in(all: &[Process], of: i32) -> Vec<i32> {
    let mut found = vec![of];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        let children = all
            .iter()
            .filter(|process| process.parent == parent && !process.ended);
        let new: Vec<i32> = children
            .map(|child| child.id)
            .filter(|id| !found.contains(id))
            .collect();
        found.extend(new);
        next += 1;
    }
    found.split_off(1)
}

/// All processes; none on a system without `/proc`.
fn processes() -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let id: i32 = entry.file_name().to_str()?.parse().ok()?;
            parsed(id, &fs::read_to_string(entry.path().join("stat")).ok()?)
        })
        .collect()
}

/// Reads the fields 3, 4, 5 and 22 of `/proc/PID/stat` (proc_pid_stat(5)). The second, a name in parentheses, may contain
/// anything.
fn parsed(id: i32, stat: &str) -> Option<Process> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    Some(Process {
        id,
        ended: matches!(*fields.first()?, "Z" | "X"),
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        start: fields.get(19)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_contain_parentheses_and_spaces() {
        let stat = "7 (a) b) S 3 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4242 1000 10";
        let expected = Process {
            id: 7,
            parent: 3,
            group: 7,
            start: 4242,
            ended: false,
        };
        assert_eq!(parsed(7, stat), Some(expected));
        assert_eq!(parsed(7, "7 (sh"), None);
    }

    #[test]
    fn descendants_are_found_at_every_depth() {
        let process = |id, parent| Process {
            id,
            parent,
            group: 0,
            start: 0,
            ended: false,
        };
        let all = [process(2, 1), process(3, 2), process(4, 3), process(5, 1)];
        assert_eq!(descendants_in(&all, 2), [3, 4]);
        assert_eq!(descendants_in(&all, 9), [] as [i32; 0]);
    }

    #[test]
    fn only_marked_commands_are_contained_and_none_gets_the_mark() {
        let mut plain = Command::new("true");
        assert!(apply(&mut plain).is_none());
        let mut marked_command = Command::new("true");
        mark(&mut marked_command, Some(1 << 30));
        allow_valgrind(&mut marked_command);
        assert_eq!(marked(&marked_command), Some((3_u64 << 30).to_string()));
        let contained = apply(&mut marked_command).expect("marked");
        assert_eq!(marked(&marked_command), None);
        contained.end(&BTreeSet::from([0]));
    }
}
