//! Background load: programs that compute all the time, as a disturbance of a measurement.

use std::io;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use harness::process::Child;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::condition::BackgroundLoad;

/// Programs that compute until this is dropped.
#[derive(Debug)]
pub struct LoadProcesses {
    _running: Vec<Child>,
}

impl LoadProcesses {
    /// Starts one process on each core that `hogs` selects; `measured` is the core of the measurement.
    ///
    /// # Errors
    /// If a process cannot be started, or `hogs` selects no core.
    pub fn start(hogs: BackgroundLoad, measured: Option<usize>) -> Result<Self> {
        let allowed =
            sched_getaffinity(None).context("cannot find the cores that this process may use")?;
        let cores: Vec<usize> = (0..CpuSet::MAX_CPU)
            .filter(|&core| allowed.is_set(core))
            .filter(|&core| match hogs {
                BackgroundLoad::None => false,
                BackgroundLoad::Other => Some(core) != measured,
                BackgroundLoad::Each => true,
            })
            .collect();
        if cores.is_empty() && hogs != BackgroundLoad::None {
            bail!(
                "there is no core besides the measured one, so --hogs other has nothing to start; use --hogs none or each"
            );
        }
        let start = |core: usize| -> io::Result<Child> {
            let mut command = Command::new("sh");
            command.args(["-c", "while :; do :; done"]);
            command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            let child = Child::start(&mut command)?;
            let mut cores = CpuSet::new();
            cores.set(core);
            sched_setaffinity(Some(child.id()), &cores)?;
            Ok(child)
        };
        let running = cores.into_iter().map(|core| {
            start(core)
                .with_context(|| format!("cannot start a program that computes on core {core}"))
        });
        Ok(Self {
            _running: running.collect::<Result<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn status(process: i32) -> Option<String> {
        fs::read_to_string(format!("/proc/{process}/status")).ok()
    }

    #[test]
    fn each_core_gets_one_that_stays_on_it_and_ends_when_told() {
        let hog = LoadProcesses::start(BackgroundLoad::Each, None).expect("sh is there");
        let processes: Vec<i32> = hog
            ._running
            .iter()
            .map(|child| child.id().as_raw_nonzero().get())
            .collect();
        assert_eq!(
            processes.len(),
            std::thread::available_parallelism().expect("some").get()
        );
        for &process in &processes {
            let status = status(process).expect("it runs");
            let cores = status
                .lines()
                .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
                .expect("listed");
            assert!(cores.trim().parse::<usize>().is_ok(), "{cores}");
        }
        drop(hog);
        assert!(
            processes
                .into_iter()
                .all(|process| status(process).is_none())
        );
        assert!(
            LoadProcesses::start(BackgroundLoad::None, Some(0))
                .expect("nothing to start")
                ._running
                .is_empty()
        );
    }
}
