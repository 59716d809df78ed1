//! Locks between harnesses: file locks, which the system releases when the last process that holds them ends, however
//! it ends.

use std::cell::Cell;
use std::fs::{File, TryLockError};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};
use std::{io, thread};

use crate::file_error::{FileError, at};
use crate::process;
use crate::project::Project;
use crate::vcs::bases_folder;
use crate::vcs::error::CheckoutError;

/// Pause between two attempts to take a lock.
const LOOK: Duration = Duration::from_millis(50);

/// Exclusive right to measure in a project: two harnesses on one core would disturb each other, and a build or an
/// instruction count disturbs a measurement of time. No other harness that takes this lock measures while it is held.
#[derive(Debug)]
pub struct MeasuringLock(#[expect(dead_code, reason = "it is held, not used")] Lock);

impl MeasuringLock {
    /// Waits until no other harness measures in this project. `notify` is called once if there is a wait.
    ///
    /// A waiting harness also holds the lock of the next place in the queue. So a harness that takes one turn after the
    /// other for hours lets in those that arrived in between.
    ///
    /// # Errors
    /// If the locks cannot be made, or the user interrupted the wait.
    pub fn wait(project: &Project, notify: &dyn Fn(&str)) -> Result<Self, CheckoutError> {
        let folder = bases_folder::of(project);
        let take = || -> Result<Self, FileError> {
            let locks = bases_folder::prepare(&folder)?;
            let notified = Cell::new(false);
            let waiting = || {
                if !notified.replace(true) {
                    notify("waiting for another harness that measures here");
                }
            };
            let _next = Lock::wait(&locks.join("time.next.lock"), Hold::Alone, &waiting)?;
            Lock::wait(&locks.join("time.lock"), Hold::Alone, &waiting).map(Self)
        };
        take().map_err(|error| CheckoutError::from(error).of("a measurement", &folder))
    }
}

/// A lock. It is held until this value, and every program that inherited it, is gone.
#[derive(Debug)]
pub(super) struct Lock(File);

/// The mode of a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// Held by any number of readers.
    Shared,
    /// Held by one writer alone.
    Alone,
}

impl Lock {
    /// Waits for the lock of a file, which is created if needed. `waiting` is called once if the lock is not free at
    /// once.
    ///
    /// # Errors
    /// If the file cannot be created or locked; of kind `Interrupted` if the user interrupted the wait.
    pub(super) fn wait(path: &Path, hold: Hold, waiting: &dyn Fn()) -> Result<Self, FileError> {
        let mut notified = false;
        loop {
            if let Some(lock) = Self::attempt(path, hold).map_err(at("lock", path))? {
                return Ok(lock);
            }
            if !notified {
                waiting();
                notified = true;
            }
            if process::stopped() {
                return Err(at("lock", path)(io::ErrorKind::Interrupted.into()));
            }
            thread::sleep(LOOK);
        }
    }

    /// Takes the lock if it is free.
    ///
    /// # Errors
    /// If the file cannot be made or locked.
    pub(super) fn attempt(path: &Path, hold: Hold) -> io::Result<Option<Self>> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = match File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
        {
            // The folder was removed in between.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let taken = match hold {
            Hold::Shared => file.try_lock_shared(),
            Hold::Alone => file.try_lock(),
        };
        match taken {
            // A file that was removed after it was opened no longer locks anything.
            Ok(()) if file.metadata()?.nlink() == 0 => Ok(None),
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Runs a program to its end, without a time limit, under this lock: the program holds it, too, even if the harness
    /// ends first. If `echo` is true, its standard error is passed on as it arrives.
    ///
    /// # Errors
    /// If the program cannot be started or waited for.
    pub(super) fn run(&self, command: &mut Command, echo: bool) -> io::Result<Output> {
        command
            .stdin(self.shared_as_input()?)
            .stderr(Stdio::piped());
        let output = process::run_to_end(command, move |bytes| {
            if echo {
                // Output that cannot be written is kept all the same.
                let _ = io::stderr().write_all(bytes);
            }
        });
        // The command keeps a copy of the lock, which must not outlive the program.
        command.stdin(Stdio::null());
        output
    }

    /// The lock as the standard input of a program, which reads as empty: the program holds the lock, too, until it
    /// ends.
    fn shared_as_input(&self) -> io::Result<Stdio> {
        self.0.try_clone().map(Stdio::from)
    }

    /// Records the current time as that of the last use: the file's modification time.
    ///
    /// # Errors
    /// If the system refuses.
    pub(super) fn note_use(&self) -> io::Result<()> {
        self.0.set_modified(SystemTime::now())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::process::Child;
    use crate::project::Config;

    #[test]
    fn all_output_is_returned_and_the_lock_is_free_afterwards() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lock");
        let lock = Lock::attempt(&path, Hold::Alone)
            .expect("no error")
            .expect("free");
        let mut command = Command::new("sh");
        command.args(["-c", "cat; echo out; echo err >&2; exit 3"]);
        let Output {
            status,
            stdout,
            stderr,
        } = lock.run(&mut command, false).expect("it runs");
        assert_eq!(
            (status.code(), stdout.as_slice(), stderr.as_slice()),
            (Some(3), &b"out\n"[..], &b"err\n"[..])
        );
        drop(lock);
        assert!(
            Lock::attempt(&path, Hold::Alone)
                .expect("no error")
                .is_some()
        );
    }

    #[test]
    fn a_lock_has_many_shared_holders_or_one_exclusive_holder() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a/lock");
        let attempt = |hold| Lock::attempt(&path, hold).expect("no error");
        let (one, two) = (attempt(Hold::Shared), attempt(Hold::Shared));
        assert!(one.is_some() && two.is_some() && attempt(Hold::Alone).is_none());
        drop((one, two));
        let alone = attempt(Hold::Alone);
        assert!(alone.is_some() && attempt(Hold::Shared).is_none());
    }

    #[test]
    fn a_program_that_outlives_the_harness_holds_the_lock_until_it_ends() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lock");
        let lock = Lock::attempt(&path, Hold::Alone)
            .expect("no error")
            .expect("free");
        let mut command = Command::new("sleep");
        let mut program = Child::start(
            command
                .arg("1000")
                .stdin(lock.shared_as_input().expect("a file")),
        )
        .expect("runs");
        // The command keeps its own copy of what it passes on.
        drop((lock, command));
        assert!(
            Lock::attempt(&path, Hold::Alone)
                .expect("no error")
                .is_none()
        );
        program.end().expect("ended");
        let waited = std::cell::Cell::new(false);
        assert!(Lock::wait(&path, Hold::Alone, &|| waited.set(true)).is_ok());
    }

    #[test]
    fn a_waiting_harness_goes_before_the_one_that_has_just_measured() {
        let folder = tempfile::tempdir().expect("a folder");
        let project = Project {
            root: folder.path().to_owned(),
            config: Config::default(),
        };
        let wait = |notify: &dyn Fn(&str)| {
            MeasuringLock::wait(&project, notify).expect("it can be locked")
        };
        let first = wait(&|message| panic!("nothing holds the lock: {message}"));
        let (sender, order) = mpsc::channel();
        thread::scope(|scope| {
            let (name, other) = (sender.clone(), wait);
            scope.spawn(move || {
                let lock = other(&|_| ());
                name.send("waited").expect("received");
                drop(lock);
            });
            let next = File::options()
                .write(true)
                .open(bases_folder::of(&project).join("time.next.lock"))
                .expect("made");
            while next.try_lock().is_ok() {
                next.unlock().expect("unlocked");
                thread::yield_now();
            }
            drop(first);
            let _again = wait(&|_| ());
            sender.send("had measured").expect("received");
        });
        assert_eq!(
            order.try_iter().collect::<Vec<_>>(),
            ["waited", "had measured"]
        );
    }
}
