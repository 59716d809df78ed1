//! The keeper: a process that ends what the harness started if the harness is killed (SIGKILL, or the kernel for want of
//! memory), because a killed process cannot do it by itself.
//!
//! The harness writes the groups that it starts and ends to a pipe. The keeper reads it to the end, which is that of the
//! harness, and kills the groups that are left, with their descendants outside the group.

use std::collections::BTreeSet;
use std::io::{BufRead, Write};
use std::os::unix::process::CommandExt;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, OnceLock};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::containment;

/// The pipe to the keeper; none where none can be started.
static PIPE: OnceLock<Option<Mutex<ChildStdin>>> = OnceLock::new();
/// The process of the keeper; 0 without one.
static ID: AtomicI32 = AtomicI32::new(0);
/// The command that starts the keeper.
static PROGRAM: OnceLock<&'static str> = OnceLock::new();

/// Makes this program start a keeper with its first child: itself, with the subcommand `name`, which must call [`keep`].
pub fn enable(name: &'static str) {
    // A second call has no effect.
    let _ = PROGRAM.set(name);
}

/// Registers a group that runs with the keeper.
pub(crate) fn started(group: Pid) {
    note('+', group);
}

/// Removes a group that has ended.
pub(crate) fn ended(group: Pid) {
    note('-', group);
}

/// The process of the keeper; 0 without one.
pub(crate) fn id() -> i32 {
    ID.load(Ordering::Relaxed)
}

fn note(sign: char, group: Pid) {
    let Some(name) = PROGRAM.get() else {
        return;
    };
    if let Some(pipe) = PIPE.get_or_init(|| start(name)) {
        let mut pipe = pipe.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // Without a keeper, the harness works as before.
        let _ = writeln!(pipe, "{sign}{}", group.as_raw_nonzero());
    }
}

fn start(name: &str) -> Option<Mutex<ChildStdin>> {
    let own = std::env::current_exe().ok()?;
    let mut command = Command::new(own);
    command
        .arg(name)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Signals of the terminal do not reach it.
        .process_group(0);
    let mut keeper = command.spawn().ok()?;
    ID.store(
        Pid::from_child(&keeper).as_raw_nonzero().get(),
        Ordering::Relaxed,
    );
    keeper.stdin.take().map(Mutex::new)
}

/// Reads groups until the end of the input, and kills those that have not ended by then.
pub fn keep(input: impl BufRead) {
    for group in left(input) {
        containment::kill_descendants(group);
        // An error is ignored: it has ended meanwhile.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// The groups that started and did not end.
fn left(input: impl BufRead) -> Vec<Pid> {
    let mut groups = BTreeSet::new();
    for line in input.lines().map_while(Result::ok) {
        let number = |text: &str| text.parse::<i32>().ok().filter(|&id| id > 1);
        match (line.strip_prefix('+'), line.strip_prefix('-')) {
            (Some(text), _) => groups.extend(number(text)),
            (_, Some(text)) => drop(number(text).map(|id| groups.remove(&id))),
            _ => {}
        }
    }
    groups.into_iter().filter_map(Pid::from_raw).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_not_ended_is_left() {
        let left: Vec<i32> = left(&b"+7\n+8\n-7\n+1\nrubbish\n+9\n-9\n"[..])
            .into_iter()
            .map(|group| group.as_raw_nonzero().get())
            .collect();
        assert_eq!(left, [8]);
    }
}
