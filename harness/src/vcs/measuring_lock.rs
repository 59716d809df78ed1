//! The lock for measuring: two harnesses on one core would disturb each other, and a build or an instruction count
//! disturbs a measurement of time.

use std::cell::Cell;

use crate::file_error::FileError;
use crate::project::Project;
use crate::vcs::bases_folder;
use crate::vcs::error::CheckoutError;
use crate::vcs::lock::{Hold, Lock};

/// Exclusive right to measure in a project. No other harness that takes this lock measures while it is held.
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

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::sync::mpsc;
    use std::thread;

    use super::*;
    use crate::project::Config;

    #[test]
    fn a_waiting_harness_goes_before_the_one_that_has_just_measured() {
        let folder = tempfile::tempdir().expect("a folder");
        let project = Project { root: folder.path().to_owned(), config: Config::default() };
        let wait = |notify: &dyn Fn(&str)| MeasuringLock::wait(&project, notify).expect("it can be locked");
        let first = wait(&|message| panic!("nothing holds the lock: {message}"));
        let (sender, order) = mpsc::channel();
        thread::scope(|scope| {
            let (name, other) = (sender.clone(), wait);
            scope.spawn(move || {
                let lock = other(&|_| ());
                name.send("waited").expect("received");
                drop(lock);
            });
            let next =
                File::options().write(true).open(bases_folder::of(&project).join("time.next.lock")).expect("made");
            while next.try_lock().is_ok() {
                next.unlock().expect("unlocked");
                thread::yield_now();
            }
            drop(first);
            let _again = wait(&|_| ());
            sender.send("had measured").expect("received");
        });
        assert_eq!(order.try_iter().collect::<Vec<_>>(), ["waited", "had measured"]);
    }
}
