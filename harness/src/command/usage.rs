//! The resources that a process used, as the system counts them.

use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use harness_probe::protocol::Reading;
use rustix::process::Pid;

use crate::process::Listed;

/// The resources of one process, with the children that it waited for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Time on a core outside the kernel.
    pub user_nanoseconds: u64,
    /// Time on a core inside the kernel.
    pub system_nanoseconds: u64,
    /// Largest resident memory of any one of the processes.
    pub peak_rss_bytes: u64,
    /// Pages that were made available without reading a file.
    pub minor_faults: u64,
    /// Pages that were read from a file.
    pub major_faults: u64,
    /// Times that it gave up the core to wait.
    pub voluntary_switches: u64,
    /// Times that it was taken off the core.
    pub involuntary_switches: u64,
}

impl Usage {
    /// Adds the resources of another run; the memory is the larger one.
    pub(super) fn add(&mut self, other: &Self) {
        self.user_nanoseconds += other.user_nanoseconds;
        self.system_nanoseconds += other.system_nanoseconds;
        self.peak_rss_bytes = self.peak_rss_bytes.max(other.peak_rss_bytes);
        self.minor_faults += other.minor_faults;
        self.major_faults += other.major_faults;
        self.voluntary_switches += other.voluntary_switches;
        self.involuntary_switches += other.involuntary_switches;
    }

    /// The reading of this many runs.
    pub(super) fn reading(&self, exit_status: Option<i32>) -> Reading {
        Reading::Process {
            user_nanoseconds: self.user_nanoseconds,
            system_nanoseconds: self.system_nanoseconds,
            peak_rss_bytes: self.peak_rss_bytes,
            minor_faults: self.minor_faults,
            major_faults: self.major_faults,
            voluntary_switches: self.voluntary_switches,
            involuntary_switches: self.involuntary_switches,
            exit_status,
        }
    }
}

/// Runs a command to its end. Returns its exit status, its wall time and the resources that it used. The peak of its memory
/// is at least the memory of this process at the start.
///
/// # Errors
/// If the command cannot be started or waited for.
pub fn run(command: &mut Command) -> io::Result<(ExitStatus, Duration, Usage)> {
    start_by_fork(command);
    let start = Instant::now();
    let (child, _listed) = Listed::spawn(command)?;
    let (status, usage) = wait(Pid::from_child(&child))?;
    Ok((ExitStatus::from_raw(status), start.elapsed(), usage))
}

/// Makes the standard library start the process by `fork`: otherwise the child shares the memory of the harness until it
/// starts its program, and the system counts that memory as its peak.
pub(super) fn start_by_fork(command: &mut Command) {
    // SAFETY: the closure does nothing.
    unsafe { command.pre_exec(|| Ok(())) };
}

/// Waits for a child. Returns its raw status and the resources that it used.
pub(super) fn wait(child: Pid) -> io::Result<(i32, Usage)> {
    let mut status = 0;
    // SAFETY: all fields of `rusage` are numbers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    loop {
        // SAFETY: both pointers lead to variables of the right types, which live until the call returns.
        let waited =
            unsafe { libc::wait4(child.as_raw_nonzero().get(), &mut status, 0, &mut usage) };
        if waited > 0 {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    let count = |number: libc::c_long| u64::try_from(number).unwrap_or(0);
    let nanoseconds = |time: libc::timeval| {
        let [seconds, micros] =
            [time.tv_sec, time.tv_usec].map(|part| u64::try_from(part).unwrap_or(0));
        seconds * 1_000_000_000 + micros * 1000
    };
    Ok((
        status,
        Usage {
            user_nanoseconds: nanoseconds(usage.ru_utime),
            system_nanoseconds: nanoseconds(usage.ru_stime),
            // Linux counts in KiB.
            peak_rss_bytes: count(usage.ru_maxrss) * 1024,
            minor_faults: count(usage.ru_minflt),
            major_faults: count(usage.ru_majflt),
            voluntary_switches: count(usage.ru_nvcsw),
            involuntary_switches: count(usage.ru_nivcsw),
        },
    ))
}
